//! Budgets: how much one person, team or tenant may learn in a window of time, in points of information; and how many
//! attempts one interaction, customer's record or person has.

use crate::ids::PersonId;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BudgetKind {
    /// Points of information: whatever told somebody something ([`crate::Weights`]).
    Information,
    /// Answers of a caller that were checked, against one record or in one interaction.
    Verify,
    /// One-time codes sent.
    Code,
    /// Second people asked for.
    Approval,
    /// How often somebody was drawn as a second person.
    Drawn,
    /// How often they said yes.
    Agreed,
    /// How often they said no; and, of a value in an interaction, whether somebody did.
    Declined,
    /// How many seconds their answers took together.
    Pondered,
    /// Values shown in one case; closing it spends the rest.
    Case,
}

impl BudgetKind {
    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Information => "information",
            Self::Verify => "verify",
            Self::Code => "code",
            Self::Approval => "approval",
            Self::Drawn => "drawn",
            Self::Agreed => "agreed",
            Self::Declined => "declined",
            Self::Pondered => "pondered",
            Self::Case => "case",
        }
    }

    /// 1 to 3 were reveals, views and searches by the hour, and are never used again.
    fn code(self) -> u8 {
        match self {
            Self::Verify => 4,
            Self::Code => 5,
            Self::Information => 6,
            Self::Approval => 7,
            Self::Drawn => 8,
            Self::Agreed => 9,
            Self::Declined => 10,
            Self::Pondered => 11,
            Self::Case => 12,
        }
    }
}

/// Whose allowance it is. The name's eighteen bytes are the counter's key in a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Counter([u8; 18]);

const PERSON: u8 = 1;
const INTERACTION: u8 = 2;
const CUSTOMER: u8 = 3;
const TEAM: u8 = 4;
const TENANT: u8 = 5;
const MISMATCH: u8 = 6;
const OWN_SIDE: u8 = 8;
const REPORTS: u8 = 10;

/// What waits for somebody, and is counted where it begins and where it ends: so a row of it that is taken out of a database, or put
/// back there, is missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending {
    /// A glass that was broken waits for its review.
    Glass,
    /// A request by right waits for its answer.
    Request,
    /// An attack that wasn't refused in a drill, or couldn't be tried, waits for a drill that holds.
    Drill,
    /// A change that officers signed waits for more of them, or for its time.
    Proposal,
}

impl Pending {
    /// Beside the other subjects of counters.
    fn code(self) -> u8 {
        match self {
            Self::Glass => 7,
            Self::Request => 9,
            Self::Drill => 11,
            Self::Proposal => 12,
        }
    }
}

impl Counter {
    /// A person's own.
    #[must_use]
    pub fn person(kind: BudgetKind, person: PersonId) -> Self {
        Self::new(PERSON, kind.code(), &person.0)
    }

    /// That of one interaction, by a pseudonym that dies with its customer's key: counters stand in log entries.
    #[must_use]
    pub fn interaction(kind: BudgetKind, pseudonym: [u8; 16]) -> Self {
        Self::new(INTERACTION, kind.code(), &pseudonym)
    }

    /// That of one customer's record, whoever asks; by a pseudonym as well.
    #[must_use]
    pub fn customer(kind: BudgetKind, pseudonym: [u8; 16]) -> Self {
        Self::new(CUSTOMER, kind.code(), &pseudonym)
    }

    /// That of a team, by a digest of its name.
    #[must_use]
    pub fn team(team: [u8; 16]) -> Self {
        Self::new(TEAM, BudgetKind::Information.code(), &team)
    }

    /// That of everybody in the tenant.
    #[must_use]
    pub fn tenant() -> Self {
        Self::new(TENANT, BudgetKind::Information.code(), &[0; 16])
    }

    /// How often a counter was found to say less than the log, and how often that was mended: while these differ, nothing
    /// is disclosed.
    #[must_use]
    pub fn mismatches(mended: bool) -> Self {
        Self::new(MISMATCH, u8::from(mended), &[0; 16])
    }

    /// How many such things began to wait, and how many of them ended: as many wait as these differ by.
    #[must_use]
    pub fn pending(what: Pending, ended: bool) -> Self {
        Self::new(what.code(), u8::from(ended), &[0; 16])
    }

    /// The same of one of them, by its name.
    #[must_use]
    pub fn pending_one(what: Pending, id: &[u8; 16], ended: bool) -> Self {
        Self::new(what.code(), u8::from(ended), id)
    }

    /// How often the record of one of them was written: so an older one that is put back is missed.
    #[must_use]
    pub fn pending_turns(what: Pending, id: &[u8; 16]) -> Self {
        Self::new(what.code(), 2, id)
    }

    /// How often the book of reports was written: so one that is put back is missed.
    #[must_use]
    pub fn reports() -> Self {
        Self::new(REPORTS, 0, &[0; 16])
    }

    /// That of everybody on the customers' own side, whoever they are.
    #[must_use]
    pub fn own_side(kind: BudgetKind) -> Self {
        Self::new(OWN_SIDE, kind.code(), &[0; 16])
    }

    /// Is it one of which nodes hold parts, rather than one that each disclosure counts in its own transaction?
    #[must_use]
    pub fn is_allotted(&self) -> bool {
        matches!(self.0[0], TEAM | TENANT)
    }

    /// Whose it is, if it is a person's own.
    #[must_use]
    pub fn owner(&self) -> Option<PersonId> {
        let (head, id) = self.0.split_first_chunk::<2>()?;
        Some(PersonId(id.try_into().ok()?)).filter(|_| head[0] == PERSON)
    }

    /// How far back its movements matter: of attempts for an hour, of what is learnt, of a case, and of a no, for a month.
    #[must_use]
    pub fn matters(&self) -> Window {
        let one_of = |kinds: [BudgetKind; 2]| kinds.map(BudgetKind::code).contains(&self.0[1]);
        if one_of([BudgetKind::Case, BudgetKind::Declined]) {
            Window::Month
        } else if matches!(self.0[0], INTERACTION | CUSTOMER | OWN_SIDE)
            || one_of([BudgetKind::Code, BudgetKind::Approval])
        {
            Window::Hour
        } else {
            Window::Month
        }
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

    /// Of a counter of acts by the clock hour, from before information was counted: the counter that it goes on in, and
    /// what it counted.
    #[must_use]
    pub fn goes_on_in(&self) -> Option<(Self, Counted)> {
        let mut next = self.0;
        next[1] = BudgetKind::Information.code();
        match (self.0[0], self.0[1]) {
            (PERSON | TEAM | TENANT, 1) => Some((Self(next), Counted::Reveals)),
            (PERSON | TEAM | TENANT, 2) => Some((Self(next), Counted::Views)),
            (PERSON | TEAM | TENANT, 3) => Some((Self(next), Counted::Searches)),
            (PERSON, 4) => Some((Self(next), Counted::Answers)),
            (_, 4 | 5) => Some((*self, Counted::Attempts)),
            _ => None,
        }
    }

    fn new(subject: u8, kind: u8, id: &[u8; 16]) -> Self {
        let mut key = [0; 18];
        key[0] = subject;
        key[1] = kind;
        key[2..].copy_from_slice(id);
        Self(key)
    }
}

/// What a counter by the clock hour counted, before information was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Values shown: one each, or three where they were sensitive.
    Reveals,
    /// Masked records.
    Views,
    /// Searches.
    Searches,
    /// Answers checked.
    Answers,
    /// Attempts, which are counted still.
    Attempts,
}

/// A window of time that slides: an allowance of it holds in any such stretch, wherever it begins. So there is no edge at
/// which twice as much could be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Window {
    /// Sixty minutes, in steps of ten.
    Hour,
    /// 24 hours, in steps of one.
    Day,
    /// Thirty days, in steps of one.
    Month,
}

/// The shortest step of any window, in milliseconds: what a node is allotted of a shared allowance is for one of these.
pub const STEP_MS: i64 = 600_000;
const HOUR_MS: i64 = 3_600_000;

impl Window {
    /// Every window, the shortest first.
    pub const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Month];

    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "30_days",
        }
    }

    /// The name in a sentence, after "in any".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Hour => "60 minutes",
            Self::Day => "24 hours",
            Self::Month => "30 days",
        }
    }

    /// How finely it is counted, in milliseconds.
    #[must_use]
    pub fn step_ms(self) -> i64 {
        match self {
            Self::Hour => STEP_MS,
            Self::Day => HOUR_MS,
            Self::Month => 24 * HOUR_MS,
        }
    }

    /// How many whole steps it has.
    #[must_use]
    pub fn steps(self) -> i64 {
        match self {
            Self::Hour => 6,
            Self::Day => 24,
            Self::Month => 30,
        }
    }

    /// How long it is, in milliseconds.
    #[must_use]
    pub fn length_ms(self) -> i64 {
        self.steps() * self.step_ms()
    }
}

/// How much per window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PerWindow {
    /// In any sixty minutes.
    pub hour: u32,
    /// In any 24 hours.
    pub day: u32,
    /// In any thirty days.
    pub month: u32,
}

impl PerWindow {
    /// No limit.
    pub const ANY: Self = Self { hour: u32::MAX, day: u32::MAX, month: u32::MAX };

    /// A limit of any sixty minutes only.
    #[must_use]
    pub const fn hourly(hour: u32) -> Self {
        Self { hour, ..Self::ANY }
    }

    /// That of one window.
    #[must_use]
    pub fn of(&self, window: Window) -> u32 {
        match window {
            Window::Hour => self.hour,
            Window::Day => self.day,
            Window::Month => self.month,
        }
    }

    /// A limit of any 24 hours only.
    #[must_use]
    pub const fn daily(day: u32) -> Self {
        Self { day, ..Self::ANY }
    }

    /// The same with each changed.
    #[must_use]
    pub fn map(self, mut change: impl FnMut(u32) -> u32) -> Self {
        Self { hour: change(self.hour), day: change(self.day), month: change(self.month) }
    }
}

/// The limits that one act must keep: for everything, and for its purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Room {
    /// For whatever purpose.
    pub all: PerWindow,
    /// For this act's purpose.
    pub purpose: PerWindow,
}

impl Room {
    /// No limit.
    pub const ANY: Self = Self { all: PerWindow::ANY, purpose: PerWindow::ANY };

    /// A limit of any 24 hours, whatever for.
    #[must_use]
    pub const fn daily(day: u32) -> Self {
        Self { all: PerWindow::daily(day), purpose: PerWindow::ANY }
    }

    /// A limit of any sixty minutes, whatever for.
    #[must_use]
    pub const fn hourly(hour: u32) -> Self {
        Self { all: PerWindow::hourly(hour), purpose: PerWindow::ANY }
    }
}

/// Which limit an act would break first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shortage {
    /// In which window.
    pub window: Window,
    /// Is it the limit for the act's purpose, rather than that for everything?
    pub purpose: bool,
}
