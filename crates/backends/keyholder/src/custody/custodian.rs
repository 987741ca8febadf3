//! A custodian: who keeps a share, and the key that it is sealed to.

use super::sheet::{self, Kind, Said, SheetError, Value};
use aws_lc_rs::digest::{SHA256, digest};
use keys::words::words;
use keys::xwing::{PRIVATE, PUBLIC, Private, Public};
use zeroize::Zeroizing;

const TITLE: &str = "custodian";
/// First line of a private key's file.
const HEAD: &str = "ringfence custodian key v1";
const LONGEST_NAME: usize = 60;

/// Why a custodian's key can't be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A name that can't stand on a line.
    #[error("a custodian's name is one line of 1 to 60 letters")]
    Name,
    /// It isn't one, or was changed.
    #[error("that isn't a custodian's private key, or it was changed")]
    NotAKey,
    /// The library refused.
    #[error("no key can be made")]
    Make,
}

/// A custodian's name and public key. Not secret; that it is theirs is for people to compare, by its check words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custodian {
    name: String,
    pub(crate) key: Public,
}

impl Custodian {
    pub(crate) fn new(name: String, key: Public) -> Result<Self, KeyError> {
        let fits = (1..=LONGEST_NAME).contains(&name.chars().count())
            && name.trim() == name
            && !name.chars().any(char::is_control);
        if fits { Ok(Self { name, key }) } else { Err(KeyError::Name) }
    }

    /// Reads the printable form.
    ///
    /// # Errors
    /// What isn't right, and where.
    pub fn read(text: &str) -> Result<Self, SheetError> {
        let mut said = Said::read(TITLE, &[("custodian", Kind::Text), ("key", Kind::Bytes(PUBLIC))], text)?;
        let name = said.text()?;
        Self::new(name, Public(Box::new(said.bytes()?))).map_err(|_| SheetError::Value("custodian"))
    }

    /// The printable form.
    #[must_use]
    pub fn text(&self) -> String {
        let key = Value::Bytes(self.key.0.to_vec());
        sheet::write(TITLE, &[("custodian", Value::Text(self.name.clone())), ("key", key)])
    }

    /// Who.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What two people compare, by telephone or on paper: 160 bits of the public key's SHA-256, in eight words.
    #[must_use]
    pub fn check_words(&self) -> String {
        words(&self.fingerprint()).join(" ")
    }

    pub(crate) fn fingerprint(&self) -> [u8; 20] {
        short(&[b"rf1/custodian", self.key.0.as_slice()])
    }
}

/// The first 20 bytes of a SHA-256.
pub(crate) fn short(parts: &[&[u8]]) -> [u8; 20] {
    let mut out = [0; 20];
    out.copy_from_slice(&digest(&SHA256, &parts.concat()).as_ref()[..20]);
    out
}

/// A custodian's own private key, with their name. Wiped when dropped.
pub struct CustodianKey {
    name: String,
    pub(crate) private: Private,
}

impl CustodianKey {
    /// A new one.
    ///
    /// # Errors
    /// If that can't be a name, or the library makes no key.
    pub fn generate(name: &str) -> Result<Self, KeyError> {
        let key = Self { name: name.to_owned(), private: Private::generate().map_err(|_| KeyError::Make)? };
        key.public()?;
        Ok(key)
    }

    /// Reads its file's text.
    ///
    /// # Errors
    /// If it isn't one, or isn't whole.
    pub fn read(text: &str) -> Result<Self, KeyError> {
        let mut lines = text.lines();
        if lines.next() != Some(HEAD) {
            return Err(KeyError::NotAKey);
        }
        let (name, hex) = lines.next().zip(lines.next()).ok_or(KeyError::NotAKey)?;
        if hex.len() != 2 * PRIVATE || !hex.is_ascii() || lines.next().is_some() {
            return Err(KeyError::NotAKey);
        }
        let byte = |at: usize| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).map_err(|_| KeyError::NotAKey);
        let mut bytes = Zeroizing::new(Vec::with_capacity(PRIVATE));
        for at in 0..PRIVATE {
            bytes.push(byte(at)?);
        }
        let private = Private::from_bytes(&bytes).map_err(|_| KeyError::NotAKey)?;
        let key = Self { name: name.to_owned(), private };
        key.public()?;
        Ok(key)
    }

    /// What goes into its file: a first line, the name, and the key in hexadecimal.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(3 * PRIVATE));
        text.push_str(&format!("{HEAD}\n{}\n", self.name));
        for byte in self.private.bytes() {
            for half in [byte >> 4, byte & 15] {
                text.extend(char::from_digit(half.into(), 16));
            }
        }
        text.push('\n');
        text
    }

    /// Its public half.
    ///
    /// # Errors
    /// If the name is none.
    pub fn public(&self) -> Result<Custodian, KeyError> {
        Custodian::new(self.name.clone(), self.private.public().map_err(|_| KeyError::NotAKey)?)
    }
}
