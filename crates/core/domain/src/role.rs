//! Who a person is to the system.

/// What a person is here for. One person, one role, in one tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Serves customers in live interactions.
    Agent,
    /// Leads agents; takes interactions as well.
    TeamLeader,
    /// Watches disclosures; reads the log by right.
    SecurityOfficer,
    /// Runs the machines; reads nothing.
    ItOperator,
    /// Answers customers' rights: erasure.
    DataProtectionOfficer,
    /// A machine client that brings data in; sees nothing.
    Integrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] = [
        Self::Agent,
        Self::TeamLeader,
        Self::SecurityOfficer,
        Self::ItOperator,
        Self::DataProtectionOfficer,
        Self::Integrator,
    ];

    /// The stable name, as in the API and in rows.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::TeamLeader => "team_leader",
            Self::SecurityOfficer => "security_officer",
            Self::ItOperator => "it_operator",
            Self::DataProtectionOfficer => "data_protection_officer",
            Self::Integrator => "integrator",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.slug() == slug)
    }

    /// The name a person reads.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Agent => "Agent",
            Self::TeamLeader => "Team leader",
            Self::SecurityOfficer => "Security officer",
            Self::ItOperator => "IT operator",
            Self::DataProtectionOfficer => "Data protection officer",
            Self::Integrator => "Integrator",
        }
    }

    /// Does this role handle interactions with customers?
    #[must_use]
    pub fn serves(self) -> bool {
        matches!(self, Self::Agent | Self::TeamLeader)
    }
}
