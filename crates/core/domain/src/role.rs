//! Who a person is to the system.

/// What a person is here for. One person, one role, in one tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Serves customers in live interactions.
    Agent,
    /// Leads agents; takes interactions as well.
    TeamLeader,
    /// Judges how customers were served; sees no value and no log.
    QualityAnalyst,
    /// Watches disclosures; reads the log by right; answers for the rules.
    SecurityOfficer,
    /// Watches disclosures for the security officer; reads the log by right, changes nothing.
    SecurityAnalyst,
    /// Runs the machines; reads nothing.
    ItOperator,
    /// Answers customers' rights: erasure.
    DataProtectionOfficer,
    /// Chief executive or member of the board: answers for all of it, and reads nothing in stock.
    BoardMember,
    /// Checks from outside: reads the log by right, changes nothing.
    Auditor,
    /// A machine client that brings data in; sees nothing.
    Integrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 10] = [
        Self::Agent,
        Self::TeamLeader,
        Self::QualityAnalyst,
        Self::SecurityOfficer,
        Self::SecurityAnalyst,
        Self::ItOperator,
        Self::DataProtectionOfficer,
        Self::BoardMember,
        Self::Auditor,
        Self::Integrator,
    ];

    /// The stable name, as in the API and in rows.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::TeamLeader => "team_leader",
            Self::QualityAnalyst => "quality_analyst",
            Self::SecurityOfficer => "security_officer",
            Self::SecurityAnalyst => "security_analyst",
            Self::ItOperator => "it_operator",
            Self::DataProtectionOfficer => "data_protection_officer",
            Self::BoardMember => "board_member",
            Self::Auditor => "auditor",
            Self::Integrator => "integrator",
        }
    }

    /// Does somebody of this role say yes or no to what others do? Whoever came to be taken for them would be a second person.
    #[must_use]
    pub fn decides(self) -> bool {
        match self {
            Self::TeamLeader
            | Self::SecurityOfficer
            | Self::SecurityAnalyst
            | Self::DataProtectionOfficer
            | Self::BoardMember => true,
            Self::Agent | Self::QualityAnalyst | Self::ItOperator | Self::Auditor | Self::Integrator => false,
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
            Self::QualityAnalyst => "Quality analyst",
            Self::SecurityOfficer => "Security officer",
            Self::SecurityAnalyst => "Security analyst",
            Self::ItOperator => "IT operator",
            Self::DataProtectionOfficer => "Data protection officer",
            Self::BoardMember => "CEO or board member",
            Self::Auditor => "Auditor",
            Self::Integrator => "Integrator",
        }
    }

    /// Does this role handle interactions with customers?
    #[must_use]
    pub fn serves(self) -> bool {
        matches!(self, Self::Agent | Self::TeamLeader)
    }

    /// May an identity provider say who of this role is there? Whoever holds it can say so of anybody, so of nobody who decides.
    #[must_use]
    pub fn comes_by_provider(self) -> bool {
        self.serves() && !self.decides()
    }
}
