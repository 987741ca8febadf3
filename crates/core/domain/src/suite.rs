//! Suites of envelopes: which algorithms seal one value.

/// How a value is sealed. The number stands in every envelope, in data plans and in the key holder's file; a later suite has a
/// higher one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum Suite {
    /// HKDF-Expand with SHA-256, AES-256-GCM, and a commitment to key and place.
    AesGcm = 1,
    /// HKDF-Expand with SHA-512, ChaCha20-Poly1305, and the same commitment: nothing of it is in suite 1.
    ChaChaPoly = 2,
}

impl Suite {
    /// Each of them, the oldest first.
    pub const ALL: [Self; 2] = [Self::AesGcm, Self::ChaChaPoly];

    /// The first one: what there is where nothing else was ever said.
    pub const FIRST: Self = Self::AesGcm;

    /// The number.
    #[must_use]
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// The suite of that number, if this program knows it.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.code() == code)
    }
}

impl core::fmt::Display for Suite {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.code().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_name_suites_and_later_ones_are_higher() {
        assert!(Suite::ALL.is_sorted());
        assert!(Suite::ALL.into_iter().all(|suite| Suite::from_code(suite.code()) == Some(suite)));
        assert_eq!((Suite::from_code(0), Suite::from_code(3)), (None, None));
        assert_eq!(Suite::ChaChaPoly.to_string(), "2");
    }
}
