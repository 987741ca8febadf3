//! Budgets: how much one person, interaction, customer's record, team or tenant may disclose in a window of time.

use crate::ids::PersonId;
use crate::time::Millis;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BudgetKind {
    /// Values shown to a person.
    Reveal,
    /// Masked records looked at.
    View,
    /// Blind searches.
    Search,
    /// Answers of a caller that were checked.
    Verify,
    /// One-time codes sent.
    Code,
}

impl BudgetKind {
    /// Those that a person sees the rest of.
    pub const ALL: [Self; 5] = [Self::Reveal, Self::View, Self::Search, Self::Verify, Self::Code];

    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Reveal => "reveal",
            Self::View => "view",
            Self::Search => "search",
            Self::Verify => "verify",
            Self::Code => "code",
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Reveal => 1,
            Self::View => 2,
            Self::Search => 3,
            Self::Verify => 4,
            Self::Code => 5,
        }
    }
}

/// Whose allowance it is. The name's eighteen bytes are the counter's key in a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Counter([u8; 18]);

impl Counter {
    /// A person's own.
    #[must_use]
    pub fn person(kind: BudgetKind, person: PersonId) -> Self {
        Self::new(1, kind, &person.0)
    }

    /// That of one interaction, by a pseudonym that dies with its customer's key: counters stand in log entries.
    #[must_use]
    pub fn interaction(kind: BudgetKind, pseudonym: [u8; 16]) -> Self {
        Self::new(2, kind, &pseudonym)
    }

    /// That of one customer's record, whoever asks; by a pseudonym as well.
    #[must_use]
    pub fn customer(kind: BudgetKind, pseudonym: [u8; 16]) -> Self {
        Self::new(3, kind, &pseudonym)
    }

    /// That of a team, by a digest of its name.
    #[must_use]
    pub fn team(kind: BudgetKind, team: [u8; 16]) -> Self {
        Self::new(4, kind, &team)
    }

    /// That of everybody in the tenant.
    #[must_use]
    pub fn tenant(kind: BudgetKind) -> Self {
        Self::new(5, kind, &[0; 16])
    }

    /// Is it one of which nodes hold parts, rather than one that each disclosure counts in its own transaction?
    #[must_use]
    pub fn is_allotted(&self) -> bool {
        matches!(self.0[0], 4 | 5)
    }

    /// The key's bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 18] {
        &self.0
    }

    /// The counter with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 18]) -> Self {
        Self(bytes)
    }

    fn new(subject: u8, kind: BudgetKind, id: &[u8; 16]) -> Self {
        let mut key = [0; 18];
        key[0] = subject;
        key[1] = kind.code();
        key[2..].copy_from_slice(id);
        Self(key)
    }
}

/// Length of a budget's window, in milliseconds.
pub const WINDOW_MS: i64 = 3_600_000;

/// The window that `now` falls in, by its first millisecond.
#[must_use]
pub fn window_of(now: Millis) -> Millis {
    Millis(now.0 - now.0.rem_euclid(WINDOW_MS))
}

/// How much is allowed, per hour where nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Values shown to one person.
    pub reveal_per_hour: u32,
    /// Masked records looked at by one person.
    pub view_per_hour: u32,
    /// Searches by one person.
    pub search_per_hour: u32,
    /// Answers checked by one person.
    pub verify_per_hour: u32,
    /// One-time codes sent by one person.
    pub code_per_hour: u32,
    /// Answers checked in one interaction.
    pub verify_per_interaction: u32,
    /// Answers checked against one customer's record, per hour.
    pub verify_per_customer: u32,
    /// One-time codes sent in one interaction.
    pub code_per_interaction: u32,
    /// Values shown to one team.
    pub reveal_per_team: u32,
    /// Masked records looked at by one team.
    pub view_per_team: u32,
    /// Searches by one team.
    pub search_per_team: u32,
    /// Values shown to everybody together.
    pub reveal_per_tenant: u32,
    /// Masked records looked at by everybody together.
    pub view_per_tenant: u32,
    /// Searches by everybody together.
    pub search_per_tenant: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            reveal_per_hour: 40,
            view_per_hour: 120,
            search_per_hour: 60,
            verify_per_hour: 120,
            code_per_hour: 40,
            verify_per_interaction: 5,
            verify_per_customer: 10,
            code_per_interaction: 3,
            // Some twenty values an hour are ordinary work: that of 250 seats, and of 12,500.
            reveal_per_team: 5_000,
            view_per_team: 10_000,
            search_per_team: 5_000,
            reveal_per_tenant: 250_000,
            view_per_tenant: 500_000,
            search_per_tenant: 250_000,
        }
    }
}

impl Limits {
    /// One person's limit for a kind, per hour.
    #[must_use]
    pub fn of(&self, kind: BudgetKind) -> u32 {
        match kind {
            BudgetKind::Reveal => self.reveal_per_hour,
            BudgetKind::View => self.view_per_hour,
            BudgetKind::Search => self.search_per_hour,
            BudgetKind::Verify => self.verify_per_hour,
            BudgetKind::Code => self.code_per_hour,
        }
    }
    /// One team's limit for a kind, per hour; `None` where teams aren't counted.
    #[must_use]
    pub fn of_team(&self, kind: BudgetKind) -> Option<u32> {
        match kind {
            BudgetKind::Reveal => Some(self.reveal_per_team),
            BudgetKind::View => Some(self.view_per_team),
            BudgetKind::Search => Some(self.search_per_team),
            BudgetKind::Verify | BudgetKind::Code => None,
        }
    }

    /// Everybody's limit for a kind, per hour; `None` where they aren't counted together.
    #[must_use]
    pub fn of_tenant(&self, kind: BudgetKind) -> Option<u32> {
        match kind {
            BudgetKind::Reveal => Some(self.reveal_per_tenant),
            BudgetKind::View => Some(self.view_per_tenant),
            BudgetKind::Search => Some(self.search_per_tenant),
            BudgetKind::Verify | BudgetKind::Code => None,
        }
    }
}
