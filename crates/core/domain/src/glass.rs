//! Break-glass: showing one value in an emergency in which the ordinary way isn't open. Why, and what those who reviewed it
//! made of it: closed lists, as free text would say more of the customer than the log should keep.

/// For how many days a broken glass may go without a review. Over a long weekend somebody is there; and nobody has forgotten
/// yet what it was about.
pub const REVIEW_DAYS: i64 = 5;

/// Why the glass is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Emergency {
    /// Somebody's life or health.
    Life = 1,
    /// Somebody's home or belongings.
    Property = 2,
    /// Police, fire brigade or ambulance need it now.
    Authority = 3,
    /// The customer needs it now, and nobody is there by whom it could be done in the ordinary way.
    NobodyThere = 4,
}

impl Emergency {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Life, Self::Property, Self::Authority, Self::NobodyThere];

    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Life => "life",
            Self::Property => "property",
            Self::Authority => "authority",
            Self::NobodyThere => "nobody_there",
        }
    }

    /// The name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Life => "life or health in danger",
            Self::Property => "home or belongings in danger",
            Self::Authority => "police, fire brigade or ambulance need it now",
            Self::NobodyThere => "the customer needs it now and nobody is there who could serve",
        }
    }

    /// The reason with this stable name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.slug() == slug)
    }

    /// The reason with this number, as rows and entries have it.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| *reason as u8 == code)
    }
}

/// What a review came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Finding {
    /// It was an emergency, and that value was needed.
    Justified = 1,
    /// It wasn't, or wasn't.
    NotJustified = 2,
}

impl Finding {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Justified, Self::NotJustified];

    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Justified => "justified",
            Self::NotJustified => "not_justified",
        }
    }

    /// The finding with this stable name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|finding| finding.slug() == slug)
    }

    /// The finding with this number, as rows and entries have it.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|finding| *finding as u8 == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_name_and_number() {
        for reason in Emergency::ALL {
            let same = (Some(reason), Some(reason));
            assert_eq!((Emergency::from_slug(reason.slug()), Emergency::from_code(reason as u8)), same);
        }
        for finding in Finding::ALL {
            let same = (Some(finding), Some(finding));
            assert_eq!((Finding::from_slug(finding.slug()), Finding::from_code(finding as u8)), same);
        }
        assert_eq!((Emergency::from_slug("boredom"), Emergency::from_code(0)), (None, None));
        assert_eq!((Finding::from_slug(""), Finding::from_code(3)), (None, None));
    }
}
