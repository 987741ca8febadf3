//! Why a customer is kept although their time is over, or they asked to be erased: the customer is told which of these it is.

/// A reason for a legal hold, from a closed list: it is told to the customer, so it says nothing of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Hold {
    /// A claim is made, defended or prepared (GDPR art. 17 (3) (e)).
    Litigation = 1,
    /// An authority or a court ordered it.
    Authority = 2,
    /// What is kept shows a fraud.
    FraudEvidence = 3,
    /// Somebody reported something that concerns it; until the report is closed.
    Reported = 4,
}

impl Hold {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Litigation, Self::Authority, Self::FraudEvidence, Self::Reported];

    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Litigation => "litigation",
            Self::Authority => "authority",
            Self::FraudEvidence => "fraud_evidence",
            Self::Reported => "reported",
        }
    }

    /// The name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Litigation => "a legal claim",
            Self::Authority => "an authority's order",
            Self::FraudEvidence => "evidence of fraud",
            Self::Reported => "an open report",
        }
    }

    /// The reason with this stable name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hold| hold.slug() == slug)
    }

    /// The reason with this number, as rows and entries have it.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|hold| *hold as u8 == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_name_and_number() {
        for hold in Hold::ALL {
            assert_eq!((Hold::from_slug(hold.slug()), Hold::from_code(hold as u8)), (Some(hold), Some(hold)));
        }
        assert_eq!((Hold::from_slug("fraud evidence"), Hold::from_code(0)), (None, None));
    }
}
