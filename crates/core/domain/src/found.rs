//! What security found of something that was reported.

/// One of a few answers, so that nothing is told beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Found {
    /// There was a good reason for it.
    Explained = 1,
    /// It was wrong, and was stopped.
    Stopped = 2,
    /// It was a mistake, and was put right.
    Mistake = 3,
    /// It couldn't be found out.
    Unclear = 4,
}

impl Found {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Explained, Self::Stopped, Self::Mistake, Self::Unclear];

    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Explained => "explained",
            Self::Stopped => "stopped",
            Self::Mistake => "mistake",
            Self::Unclear => "unclear",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|found| found.slug() == slug)
    }

    /// The one with this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|found| *found as u8 == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_find_their_answer() {
        for found in Found::ALL {
            assert_eq!(Found::from_slug(found.slug()), Some(found));
            assert_eq!(Found::from_code(found as u8), Some(found));
        }
        assert_eq!((Found::from_slug(""), Found::from_code(0)), (None, None));
    }
}
