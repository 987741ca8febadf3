//! Typed ids: sixteen bytes each, printed as a prefix and 32 lower-case hex digits, so that one kind can't be
//! passed for another and a reader sees what an id names.

use crate::time::{Clock, Entropy, Millis, fresh};
use core::fmt;

/// A tenant's number; its public name (slug) is configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(pub u32);

impl TenantId {
    /// The four bytes that bind a tenant into keys and tags (big-endian).
    #[must_use]
    pub fn bytes(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// A new id that sorts by time (UUIDv7, RFC 9562) and can't be guessed (74 random bits).
            pub fn mint(clock: &dyn Clock, entropy: &dyn Entropy) -> Self {
                Self(sortable(clock.now(), entropy))
            }

            /// The smallest id that could be minted at this moment: ids at or above it are of it or later.
            #[must_use]
            pub fn earliest(at: Millis) -> Self {
                let millis = u64::try_from(at.0).unwrap_or(0).min((1 << 48) - 1);
                let mut id = [0; 16];
                id[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
                Self(id)
            }

            /// When it was minted.
            #[must_use]
            pub fn minted(self) -> Millis {
                let mut millis = [0; 8];
                millis[2..].copy_from_slice(&self.0[..6]);
                Millis(i64::from_be_bytes(millis))
            }

            /// Reads the printed form; `None` for anything else.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                from_hex(text.strip_prefix($prefix)?).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                write_hex(f, &self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

id!(
    /// A member of staff or a machine client.
    PersonId, "per_"
);
id!(
    /// A customer (data subject) of one tenant.
    CustomerId, "cus_"
);
id!(
    /// A call, chat or ticket.
    InteractionId, "int_"
);
id!(
    /// A log entry; it is also the receipt's id.
    EntryId, "ent_"
);
id!(
    /// A report of something suspicious.
    ReportId, "rep_"
);

fn sortable(now: Millis, entropy: &dyn Entropy) -> [u8; 16] {
    let millis = u64::try_from(now.0).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &fresh::<10>(entropy)).into_uuid().into_bytes()
}

fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8; 16]) -> fmt::Result {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = [0_u8; 32];
    for (pair, byte) in out.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    f.write_str(core::str::from_utf8(&out).map_err(|_| fmt::Error)?)
}

fn from_hex(text: &str) -> Option<[u8; 16]> {
    let text: &[u8; 32] = text.as_bytes().try_into().ok()?;
    let mut out = [0; 16];
    for (byte, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(out)
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct At(i64);

    impl Clock for At {
        fn now(&self) -> Millis {
            Millis(self.0)
        }
    }

    struct Same(u8);

    impl Entropy for Same {
        fn fill(&self, out: &mut [u8]) {
            out.fill(self.0);
        }
    }

    #[test]
    fn an_id_carries_its_moment() {
        for (at, chance) in [(0, 0), (1_767_225_600_123, 0), (1_767_225_600_123, 0xff)] {
            let id = EntryId::mint(&At(at), &Same(chance));
            assert_eq!(id.minted(), Millis(at));
            assert!(EntryId::earliest(Millis(at)) <= id && id < EntryId::earliest(Millis(at + 1)));
        }
        assert_eq!(EntryId::earliest(Millis(-5)), EntryId::earliest(Millis(0)));
        assert_eq!(EntryId::earliest(Millis(i64::MAX)).minted(), Millis((1 << 48) - 1));
    }

    #[test]
    fn one_printed_form_and_no_other() {
        let id = CustomerId(*b"0123456789abcdef");
        let printed = id.to_string();
        assert_eq!(printed, "cus_30313233343536373839616263646566");
        assert_eq!(CustomerId::parse(&printed), Some(id));
        for wrong in [
            "",
            "cus_",
            "per_30313233343536373839616263646566",
            "cus_3031323334353637383961626364656G",
            "cus_30313233343536373839616263646566 ",
        ] {
            assert_eq!(CustomerId::parse(wrong), None, "{wrong:?}");
        }
        assert_eq!(CustomerId::parse(&printed.to_uppercase()), None);
    }
}
