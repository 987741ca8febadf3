//! The receipt code: the only key to a report without a name. 95 bits, and one letter more by which slips of the pen are noticed.

use crate::error::VaultError;
use crate::wiring::Vault;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use domain::time::fresh;
use domain::{Refusal, ReportId, TenantId};
use keys::derive::mac;
use zeroize::{Zeroize as _, Zeroizing};

/// Letters and digits that nobody mistakes for others.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Of five bits each; the last one is the check.
const LENGTH: usize = 20;
/// Memory of the slow hash in KiB, and rounds: what RFC 9106 and OWASP ask for at least.
const MEMORY_KIB: u32 = 19 << 10;
const ROUNDS: u32 = 2;

/// A receipt code.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceiptCode(Zeroizing<[u8; LENGTH]>);

impl ReceiptCode {
    /// One that nobody can predict.
    #[must_use]
    pub(super) fn draw(entropy: &dyn domain::Entropy) -> Self {
        let random: [u8; LENGTH] = fresh(entropy);
        let mut values = Zeroizing::new(random.map(|byte| byte & 31));
        values[LENGTH - 1] = check(&values[..LENGTH - 1]);
        Self(values)
    }

    /// The code that somebody typed: spaces and dashes don't matter, nor do small letters, O for 0, I and L for 1. None for what isn't one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut values = Zeroizing::new([0; LENGTH]);
        let mut at = 0;
        for letter in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'-') {
            let letter = match letter.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                letter => letter,
            };
            let value = LETTERS.iter().position(|known| *known == letter)?;
            *values.get_mut(at)? = u8::try_from(value).ok()?;
            at += 1;
        }
        (at == LENGTH && values[LENGTH - 1] == check(&values[..LENGTH - 1])).then_some(Self(values))
    }

    /// In four groups of five.
    #[must_use]
    pub fn print(&self) -> Zeroizing<String> {
        let mut out = Zeroizing::new(String::with_capacity(LENGTH + 3));
        for (at, value) in self.0.iter().enumerate() {
            if at > 0 && at % 5 == 0 {
                out.push('-');
            }
            out.push(char::from(LETTERS[usize::from(*value & 31)]));
        }
        out
    }

    /// What blinds the report's hash in the log: whoever has the code can compute it.
    pub(super) fn nonce(&self) -> [u8; 32] {
        keys::hash(&[b"rf1/report nonce", &*self.0])
    }
}

/// A sum in which each place weighs otherwise, so that two letters that were swapped are noticed.
fn check(values: &[u8]) -> u8 {
    let sum: u32 = (1_u32..).zip(values).map(|(weight, value)| weight * u32::from(*value)).sum();
    u8::try_from(sum % 31).unwrap_or(0)
}

/// Argon2id of a code.
fn slow(code: &[u8], salt: &[u8]) -> Option<[u8; 16]> {
    let params = Params::new(MEMORY_KIB, ROUNDS, 1, Some(16)).ok()?;
    let mut memory = vec![Block::default(); params.block_count()];
    let mut out = [0; 16];
    let hashed = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into_with_memory(
        code,
        salt,
        &mut out,
        &mut memory,
    );
    memory.iter_mut().for_each(|block| block.as_mut().zeroize());
    hashed.ok().map(|()| out)
}

impl Vault {
    /// The name of the report that has this code: its slow hash. A few are computed at a time, on threads of their own, so that
    /// nobody at work waits for them.
    ///
    /// # Errors
    /// `BoxFull` where too many wait; `Busy` if no thread can be started.
    pub(super) async fn name_of(&self, tenant: TenantId, code: &ReceiptCode) -> Result<ReportId, VaultError> {
        let _one = self.speaking.hashing().await.ok_or(VaultError::refused(Refusal::BoxFull))?;
        let salt = mac(&self.keys(tenant)?.claim, &[b"speak-up salt"]);
        let (told, hears) = tokio::sync::oneshot::channel();
        let code = code.clone();
        let works = move || {
            let _ = told.send(slow(&*code.0, &salt));
        };
        std::thread::Builder::new().name("speak-up".to_owned()).spawn(works).map_err(|_| VaultError::Busy)?;
        let name = hears.await.ok().flatten().ok_or(VaultError::Busy)?;
        Ok(ReportId(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(fill: u8) -> ReceiptCode {
        let mut values = [fill & 31; LENGTH];
        values[3] = 9;
        values[LENGTH - 1] = check(&values[..LENGTH - 1]);
        ReceiptCode(Zeroizing::new(values))
    }

    #[test]
    fn a_code_has_enough_to_guess_and_is_read_as_people_write_it() {
        const { assert!((LENGTH - 1) * 5 >= 80) };
        let printed = code(20).print();
        assert_eq!(printed.len(), LENGTH + 3);
        assert!(ReceiptCode::parse(&printed) == Some(code(20)));
        assert!(ReceiptCode::parse(&printed.to_lowercase().replace('-', " ")) == Some(code(20)));
        let mut swapped = printed.to_string().into_bytes();
        swapped.swap(2, 3);
        assert!(ReceiptCode::parse(core::str::from_utf8(&swapped).unwrap()).is_none());
        for wrong in ["", "0000", &format!("{}0", *printed), "not a code at all, is it"] {
            assert!(ReceiptCode::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn the_slow_hash_is_argon2id_and_the_salts() {
        let one = slow(b"code", b"eight or more").unwrap();
        assert_eq!(slow(b"code", b"eight or more"), Some(one));
        assert_ne!(slow(b"code", b"another salt"), Some(one));
        assert_ne!(slow(b"c0de", b"eight or more"), Some(one));
    }
}
