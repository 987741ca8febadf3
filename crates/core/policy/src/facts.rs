//! What a decision rests on: who asks, for which act, and how things stand.

use domain::{Binding, FieldKind, Purpose, Role};

/// What a person signed in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Device {
    /// A session on a page.
    Page,
    /// A bearer token, used by a program.
    Program,
}

impl Device {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Page, Self::Program];

    /// The name in rules.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Program => "program",
        }
    }
}

/// Who asks, and when and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker<'a> {
    /// What for they are here.
    pub role: Role,
    /// Are they new here?
    pub probation: bool,
    /// Their team; empty for none.
    pub team: &'a str,
    /// What they signed in with.
    pub device: Device,
    /// The hour of the day, 0 to 23, in UTC.
    pub hour: u8,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// One value, for a purpose.
    Reveal(FieldKind, Purpose),
    /// Whether a caller's answer fits.
    Verify(FieldKind),
    /// The masked record.
    View,
    /// A blind search.
    Search,
    /// Saying which hit is on the line.
    Claim,
    /// A one-time code to the customer's device.
    SendCode,
    /// A note in the record.
    WriteNote,
    /// Reading who did what.
    ReadLog,
    /// Erasing a customer.
    Erase,
    /// Handing a customer their statement.
    GiveStatement,
}

impl Act {
    /// Every act, with every field and purpose.
    pub fn all() -> impl Iterator<Item = Self> {
        let reveals = FieldKind::ALL
            .into_iter()
            .flat_map(|field| Purpose::ALL.into_iter().map(move |purpose| Self::Reveal(field, purpose)));
        let others = [
            Self::View,
            Self::Search,
            Self::Claim,
            Self::SendCode,
            Self::WriteNote,
            Self::ReadLog,
            Self::Erase,
            Self::GiveStatement,
        ];
        reveals.chain(FieldKind::ALL.into_iter().map(Self::Verify)).chain(others)
    }

    /// The action's name in rules.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Reveal(..) => "reveal",
            Self::Verify(_) => "verify",
            Self::View => "view",
            Self::Search => "search",
            Self::Claim => "claim",
            Self::SendCode => "send_code",
            Self::WriteNote => "write_note",
            Self::ReadLog => "read_log",
            Self::Erase => "erase",
            Self::GiveStatement => "give_statement",
        }
    }

    /// Is it done within an interaction?
    #[must_use]
    pub fn serves(self) -> bool {
        !matches!(self, Self::ReadLog | Self::Erase | Self::GiveStatement)
    }
}

/// How the interaction stands in which it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ground {
    /// It is going on, and the asker handles it.
    pub live: bool,
    /// It belongs to the customer whose record this is.
    pub customer: bool,
    /// The customer isn't on hold.
    pub talking: bool,
    /// How surely it is the customer's.
    pub binding: Binding,
}

/// Who has approved this one act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Approvals {
    /// The asker.
    pub own: bool,
    /// How many others.
    pub others: u8,
}

/// How things stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Situation {
    /// The interaction.
    pub ground: Ground,
    /// What is left of the asker's allowance for this kind of act.
    pub left: u32,
    /// Who agreed.
    pub approvals: Approvals,
}

impl Situation {
    /// The one in which most is allowed, without anybody's approval.
    pub const BEST: Self = Self {
        ground: Ground { live: true, customer: true, talking: true, binding: Binding::Proven },
        left: u32::MAX,
        approvals: Approvals { own: false, others: 0 },
    };

    /// The same, approved by somebody else as well.
    #[must_use]
    pub fn approved(self) -> Self {
        Self { approvals: Approvals { others: self.approvals.others.saturating_add(1), ..self.approvals }, ..self }
    }
}

/// All that a decision rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts<'a> {
    /// Who asks.
    pub asker: Asker<'a>,
    /// For what.
    pub act: Act,
    /// How things stand.
    pub situation: Situation,
}
