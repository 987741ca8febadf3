//! A plan that was read: every name in it is known, and every date is one.

use crate::keep::Keep;
use crate::kind::{Act, Kind, purpose_words};
use crate::mask::MaskForm;
use crate::words::Words;
use domain::{Binding, Purpose, Role, Suite};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Whose plan it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The company that answers for the data.
    pub company: String,
    /// Where customers ask: an address, a telephone number.
    pub contact: String,
    /// Its data protection officer.
    pub officer: String,
    /// The authority that customers may complain to.
    pub authority: String,
}

/// On what legal ground (GDPR art. 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// The customer agreed (a).
    Consent,
    /// It is needed for what the customer ordered (b).
    Contract,
    /// A law says so (c).
    LegalObligation,
    /// Somebody's life depends on it (d).
    VitalInterests,
    /// A public task (e).
    PublicTask,
    /// The company's interest weighs more than the customer's (f).
    LegitimateInterests,
}

impl Basis {
    /// Each of them.
    pub const ALL: [Self; 6] = [
        Self::Consent,
        Self::Contract,
        Self::LegalObligation,
        Self::VitalInterests,
        Self::PublicTask,
        Self::LegitimateInterests,
    ];

    /// The name in plans.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Contract => "contract",
            Self::LegalObligation => "legal_obligation",
            Self::VitalInterests => "vital_interests",
            Self::PublicTask => "public_task",
            Self::LegitimateInterests => "legitimate_interests",
        }
    }

    /// Must a plan say which law, or which interest?
    #[must_use]
    pub const fn needs_reason(self) -> bool {
        matches!(self, Self::LegalObligation | Self::LegitimateInterests | Self::PublicTask)
    }
}

/// Where data comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The customer gave it.
    Customer,
    /// The shop or another system of the company's brings it in.
    Company,
    /// Staff wrote it.
    Staff,
    /// It is worked out from other data.
    Derived,
    /// The customer's device or browser.
    Device,
}

impl Origin {
    /// Each of them.
    pub const ALL: [Self; 5] = [Self::Customer, Self::Company, Self::Staff, Self::Derived, Self::Device];

    /// The name in plans.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Company => "company",
            Self::Staff => "staff",
            Self::Derived => "derived",
            Self::Device => "device",
        }
    }
}

/// From when on retention counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum After {
    /// When it was taken in.
    Collected,
    /// When the customer was last in touch.
    LastContact,
    /// The last order.
    LastOrder,
    /// The end of the contract.
    ContractEnd,
}

impl After {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Collected, Self::LastContact, Self::LastOrder, Self::ContractEnd];

    /// The name in plans.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Collected => "collected",
            Self::LastContact => "last_contact",
            Self::LastOrder => "last_order",
            Self::ContractEnd => "contract_end",
        }
    }
}

/// How something is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protection {
    /// The suite of its envelopes, as in docs/cryptography.md.
    pub suite: Suite,
    /// What its mask leaves.
    pub mask: MaskForm,
    /// How surely the interaction must be the customer's.
    pub binding: Binding,
    /// What showing it costs of an allowance, in points.
    pub weight: u32,
}

/// First day and last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    /// The first.
    pub starts: Date,
    /// The last.
    pub ends: Date,
}

impl Dates {
    /// Is this day one of them?
    #[must_use]
    pub fn hold(self, day: Date) -> bool {
        self.starts <= day && day <= self.ends
    }

    pub(crate) fn meet(self, other: Self) -> bool {
        self.starts <= other.ends && other.starts <= self.ends
    }
}

/// What an entry is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Data that is held.
    Data(Kind),
    /// A use of what other entries hold, or of what they come to.
    Derived {
        /// What is done.
        act: Act,
        /// Of which entries.
        from: BTreeSet<String>,
    },
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Names it in its plan.
    pub id: String,
    /// What it is about.
    pub what: What,
    /// What a customer reads it as.
    pub words: Words,
    /// What for: names of purposes.
    pub purposes: BTreeSet<String>,
    /// On what ground.
    pub basis: Basis,
    /// Which law, or which interest.
    pub because: Option<Words>,
    /// Who answers for it.
    pub owner: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Who may see it, or use it.
    pub roles: BTreeSet<Role>,
    /// Who works on it for the company.
    pub sub_processors: BTreeSet<String>,
    /// How it is protected.
    pub protection: Protection,
    /// How long it is kept.
    pub keep: Keep,
    /// From when on that counts.
    pub after: After,
    /// From when until when.
    pub dates: Dates,
    /// Looked ahead to: its data isn't there yet.
    pub future: bool,
    /// What must exist before it starts.
    pub needs: BTreeSet<String>,
    /// Where it stands in the file.
    pub line: usize,
}

/// A company that works on data for this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubProcessor {
    /// Its name, or what customers read it as.
    pub name: Words,
    /// In which country.
    pub country: String,
    /// What it does.
    pub does: Words,
    /// What protects data there, if that is outside the European Economic Area.
    pub safeguard: Option<Words>,
}

/// A protection that isn't a field's own: it must exist before something starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Safeguard {
    /// What it is.
    pub words: Words,
    /// By when it is there.
    pub ready: Date,
    /// Is it there?
    pub in_place: bool,
    /// Where it stands in the file.
    pub line: usize,
}

/// What a milestone demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// To be prepared by then.
    Prepare,
    /// Not to be chosen any more from then on.
    Deprecated,
    /// Not to be used any more from then on.
    Disallowed,
}

impl Level {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Prepare, Self::Deprecated, Self::Disallowed];

    /// The name in plans.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Deprecated => "deprecated",
            Self::Disallowed => "disallowed",
        }
    }
}

/// Which algorithms a milestone speaks of, as far as the program can look for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Covers {
    /// RSA and elliptic curves of 112 bits, such as RSA-2048, where nothing post-quantum is beside them.
    QuantumVulnerable112,
    /// All public-key cryptography that a quantum computer breaks, where nothing post-quantum is beside it.
    QuantumVulnerable,
    /// Envelopes of a suite, and older ones.
    Suite(Suite),
}

impl Covers {
    /// Each of them.
    pub const ALL: [Self; 4] = [
        Self::QuantumVulnerable112,
        Self::QuantumVulnerable,
        Self::Suite(Suite::AesGcm),
        Self::Suite(Suite::ChaChaPoly),
    ];

    /// The name in plans.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::QuantumVulnerable112 => "quantum_vulnerable_112",
            Self::QuantumVulnerable => "quantum_vulnerable",
            Self::Suite(Suite::AesGcm) => "suite_1",
            Self::Suite(Suite::ChaChaPoly) => "suite_2",
        }
    }

    /// Does this speak of what `weak` is?
    #[must_use]
    pub fn includes(self, weak: Self) -> bool {
        match (self, weak) {
            (Self::QuantumVulnerable, Self::QuantumVulnerable112) => true,
            (Self::Suite(newest), Self::Suite(suite)) => suite <= newest,
            _ => self == weak,
        }
    }
}

/// A day by which cryptography must have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Milestone {
    /// Names it.
    pub id: String,
    /// The day.
    pub on: Date,
    /// What it demands.
    pub level: Level,
    /// Of which algorithms.
    pub of: String,
    /// The same for the program to look for; none where it can't.
    pub covers: Option<Covers>,
    /// In words.
    pub words: Words,
    /// Who says so.
    pub source: String,
    /// Where it stands in the file.
    pub line: usize,
}

/// Something that is made anew again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Names it.
    pub id: String,
    /// What.
    pub words: Words,
    /// How often.
    pub every: Keep,
}

/// A whole plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Whose.
    pub head: Head,
    /// Purposes beside the program's own, by name.
    pub purposes: BTreeMap<String, Words>,
    /// What some of them are in the Fides language, by name.
    pub fides: BTreeMap<String, &'static str>,
    /// By name.
    pub sub_processors: BTreeMap<String, SubProcessor>,
    /// By name.
    pub safeguards: BTreeMap<String, Safeguard>,
    /// In the order of the file.
    pub entries: Vec<Entry>,
    /// By day.
    pub milestones: Vec<Milestone>,
    /// In the order of the file.
    pub rotations: Vec<Rotation>,
    /// Characters that make a text read differently from what it is, each with its line.
    pub deceptive: BTreeSet<(usize, char)>,
}

impl Plan {
    /// The milestones whose day is over and that speak of what is `weak`: it shouldn't be in use any more. The worst first.
    pub fn outlived(&self, weak: Covers, today: Date) -> impl Iterator<Item = &Milestone> {
        let mut over: Vec<_> =
            self.milestones.iter().filter(|one| one.on < today && one.level > Level::Prepare).collect();
        over.retain(|one| one.covers.is_some_and(|covers| covers.includes(weak)));
        over.sort_by_key(|one| core::cmp::Reverse(one.level));
        over.into_iter()
    }

    /// What a customer reads a purpose as; nothing for one that the plan doesn't know.
    #[must_use]
    pub fn purpose(&self, slug: &str) -> Option<Words> {
        self.purposes.get(slug).cloned().or_else(|| Purpose::from_slug(slug).map(purpose_words))
    }

    /// The entry of that name.
    #[must_use]
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// Which kinds an entry is about, through whatever it is derived from.
    #[must_use]
    pub fn kinds(&self, entry: &Entry) -> BTreeSet<Kind> {
        let (mut kinds, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![entry]);
        while let Some(entry) = open.pop() {
            match &entry.what {
                What::Data(kind) => drop(kinds.insert(*kind)),
                What::Derived { from, .. } => {
                    open.extend(from.iter().filter(|id| seen.insert(*id)).filter_map(|id| self.entry(id)));
                }
            }
        }
        kinds
    }

    /// Is everything there that an entry needs?
    #[must_use]
    pub fn is_protected(&self, entry: &Entry) -> bool {
        entry.needs.iter().all(|id| self.safeguards.get(id).is_some_and(|safeguard| safeguard.in_place))
    }
}
