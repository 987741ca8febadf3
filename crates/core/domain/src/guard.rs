//! Why a customer is guarded: looked up by the curious, or easily hurt. Whoever serves is told that a second person is
//! needed, never which of these it is.

/// A reason, from a closed list: free text would say more of the customer than the log should keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Guard {
    /// Known to many: looked up out of curiosity, or for somebody who pays.
    WellKnown = 1,
    /// In danger if found, or easily deceived.
    Vulnerable = 2,
    /// Works here, or lives with somebody who does.
    OwnStaff = 3,
    /// Somebody says that a change to their contacts wasn't the customer's: their page may be in another's hands.
    Contested = 4,
}

impl Guard {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::WellKnown, Self::Vulnerable, Self::OwnStaff, Self::Contested];

    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::WellKnown => "well_known",
            Self::Vulnerable => "vulnerable",
            Self::OwnStaff => "own_staff",
            Self::Contested => "contested",
        }
    }

    /// The name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::WellKnown => "well known",
            Self::Vulnerable => "vulnerable",
            Self::OwnStaff => "own staff",
            Self::Contested => "a change that wasn't theirs",
        }
    }

    /// The reason with this stable name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|guard| guard.slug() == slug)
    }

    /// The reason with this number, as rows and entries have it.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|guard| *guard as u8 == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_name_and_number() {
        for guard in Guard::ALL {
            assert_eq!((Guard::from_slug(guard.slug()), Guard::from_code(guard as u8)), (Some(guard), Some(guard)));
        }
        assert_eq!((Guard::from_slug("well known"), Guard::from_code(0)), (None, None));
    }
}
