//! Checkpoints: a log's signed statement of its size and root (C2SP tlog-checkpoint).

use std::fmt;
use std::str::FromStr;

use crate::encoding::{base64, decimal, hash_from_base64};
use crate::error::Error;
use crate::keys::{MAX_NAME_BYTES, SignatureType, VerifierKey};
use crate::merkle::{Hash, empty_root};
use crate::note::Note;
use crate::signer::{NoteSigner, sign_note};

/// What a log states: the root of its tree at a size. Extension lines are neither written nor accepted, since
/// ML-DSA-44 signatures wouldn't cover them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's identity, 1 to 255 bytes without control characters, such as `log.example/centre`.
    pub origin: String,
    /// The number of leaves.
    pub size: u64,
    /// The root at that size.
    pub root: Hash,
}

impl Checkpoint {
    /// The note text: origin, size and root, a line each.
    #[must_use]
    pub fn encode(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, base64(&self.root))
    }

    /// Reads a note text. Encoding it gives the same text back.
    ///
    /// # Errors
    /// [`Error::Checkpoint`] for anything but three proper lines, or a root that an empty tree can't have.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let lines: Vec<&str> =
            text.strip_suffix('\n').ok_or(Error::Checkpoint("it doesn't end in a newline"))?.splitn(4, '\n').collect();
        let [origin, size, root] = lines.as_slice() else {
            return Err(Error::Checkpoint("it doesn't have exactly three lines"));
        };
        check_origin(origin)?;
        let size = decimal(size).ok_or(Error::Checkpoint("the size isn't a plain decimal"))?;
        let root = hash_from_base64(root).ok_or(Error::Checkpoint("the root isn't a hash"))?;
        if size == 0 && root != empty_root() {
            return Err(Error::Checkpoint("the root isn't that of an empty tree"));
        }
        Ok(Self { origin: (*origin).to_owned(), size, root })
    }
}

fn check_origin(origin: &str) -> Result<(), Error> {
    if !(1..=MAX_NAME_BYTES).contains(&origin.len()) {
        return Err(Error::Checkpoint("the origin must be 1 to 255 bytes long"));
    }
    if origin.chars().any(|character| character < ' ') {
        return Err(Error::Checkpoint("the origin has a control character"));
    }
    Ok(())
}

/// The two keys that together speak for a log. Printed and read as two lines: Ed25519 first, then ML-DSA-44.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginKeys {
    ed25519: VerifierKey,
    ml_dsa_44: VerifierKey,
}

impl OriginKeys {
    /// The keys of one log; both carry its origin as their name.
    ///
    /// # Errors
    /// [`Error::OriginKeys`] if a key has the wrong type (0x01 and 0x06 are needed) or the names differ.
    pub fn new(ed25519: VerifierKey, ml_dsa_44: VerifierKey) -> Result<Self, Error> {
        let kinds = (ed25519.kind(), ml_dsa_44.kind());
        if kinds != (SignatureType::Ed25519, SignatureType::MlDsa44) {
            return Err(Error::OriginKeys("they must be an Ed25519 and an ML-DSA-44 key"));
        }
        if ed25519.name() != ml_dsa_44.name() {
            return Err(Error::OriginKeys("their names differ"));
        }
        Ok(Self { ed25519, ml_dsa_44 })
    }

    /// The log's origin.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.ed25519.name()
    }

    /// The Ed25519 key, type 0x01.
    #[must_use]
    pub fn ed25519(&self) -> &VerifierKey {
        &self.ed25519
    }

    /// The ML-DSA-44 key, type 0x06.
    #[must_use]
    pub fn ml_dsa_44(&self) -> &VerifierKey {
        &self.ml_dsa_44
    }
}

impl fmt::Display for OriginKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}", self.ed25519, self.ml_dsa_44)
    }
}

impl FromStr for OriginKeys {
    type Err = Error;

    /// Reads the two lines; the last newline may be missing.
    ///
    /// # Errors
    /// [`Error::OriginKeys`], [`Error::VerifierKey`] or [`Error::KeyName`].
    fn from_str(text: &str) -> Result<Self, Error> {
        let (first, second) = text
            .strip_suffix('\n')
            .unwrap_or(text)
            .split_once('\n')
            .ok_or(Error::OriginKeys("they must be two lines"))?;
        Self::new(first.parse()?, second.parse()?)
    }
}

/// Signs a checkpoint as its log: with every signer, in order, and without a statement of time (zero).
///
/// # Errors
/// Those of [`sign_checkpoint_at`].
pub fn sign_checkpoint(checkpoint: &Checkpoint, signers: &[&NoteSigner]) -> Result<String, Error> {
    sign_checkpoint_at(checkpoint, 0, signers)
}

/// Signs a checkpoint; cosignature types (0x04, 0x06) state that it was the largest tree seen at `time`, in
/// seconds since 1970.
///
/// # Errors
/// [`Error::Checkpoint`] if the checkpoint couldn't be read back as it is; those of [`sign_note`].
pub fn sign_checkpoint_at(checkpoint: &Checkpoint, time: u64, signers: &[&NoteSigner]) -> Result<String, Error> {
    let text = checkpoint.encode();
    Checkpoint::parse(&text)?;
    sign_note(&text, time, signers)
}

/// Reads a checkpoint that its log signed with both keys. Lines of other keys are ignored, as signed-note
/// demands; a missing line of the log, or one that doesn't verify, is an error.
///
/// # Errors
/// [`Error::Note`], [`Error::Checkpoint`], [`Error::OtherOrigin`], [`Error::SignatureMissing`],
/// [`Error::SignatureWrong`].
pub fn verify_checkpoint(note: &str, keys: &OriginKeys) -> Result<Checkpoint, Error> {
    let note = Note::parse(note)?;
    let checkpoint = Checkpoint::parse(note.text())?;
    if checkpoint.origin != keys.origin() {
        return Err(Error::OtherOrigin(checkpoint.origin));
    }
    require_signature(&note, &keys.ed25519)?;
    require_signature(&note, &keys.ml_dsa_44)?;
    Ok(checkpoint)
}

/// Reads a checkpoint that `key`, such as a witness's, signed; with the time it states (zero: none). Says
/// nothing about the log's own signatures: that is [`verify_checkpoint`].
///
/// # Errors
/// Those of [`verify_checkpoint`] but for the origin.
pub fn verify_cosignature(note: &str, key: &VerifierKey) -> Result<(Checkpoint, u64), Error> {
    let note = Note::parse(note)?;
    let checkpoint = Checkpoint::parse(note.text())?;
    let time = require_signature(&note, key)?;
    Ok((checkpoint, time.unwrap_or(0)))
}

fn require_signature(note: &Note, key: &VerifierKey) -> Result<Option<u64>, Error> {
    let missing = || Error::SignatureMissing { name: key.name().to_owned(), kind: key.kind() };
    signature_of(note, key)?.ok_or_else(missing)
}

/// Checks every line under the key's name and id. Returns the first one's time, or nothing if there is no line.
pub(crate) fn signature_of(note: &Note, key: &VerifierKey) -> Result<Option<Option<u64>>, Error> {
    let mut times = note
        .signatures()
        .iter()
        .filter(|line| line.name() == key.name() && line.key_id() == key.id())
        .map(|line| key.verify(note.text(), line.signature()));
    let time = times.next().transpose()?;
    times.try_for_each(|other| other.map(drop))?;
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

    #[test]
    fn the_example_of_the_specification() {
        let text = format!("example.com/behind-the-sofa\n20852163\n{ROOT}\n");
        let checkpoint = Checkpoint::parse(&text).unwrap();
        assert_eq!(checkpoint.origin, "example.com/behind-the-sofa");
        assert_eq!(checkpoint.size, 20_852_163);
        assert_eq!(checkpoint.encode(), text);
    }

    #[test]
    fn other_spellings_are_refused() {
        let long = "o".repeat(256);
        for wrong in [
            String::new(),
            "\n".into(),
            format!("o\n1\n{ROOT}"),
            format!("o\n1\n{ROOT}\n\n"),
            format!("o\n1\n{ROOT}\nextension\n"),
            format!("\n1\n{ROOT}\n"),
            format!("o\n01\n{ROOT}\n"),
            format!("o\n\n{ROOT}\n"),
            format!("o\n+1\n{ROOT}\n"),
            format!("o\n18446744073709551616\n{ROOT}\n"),
            format!("o\r\n1\n{ROOT}\n"),
            format!("o\n1\n{ROOT} \n"),
            format!("o\n1\n{}\n", &ROOT[..43]),
            "o\n1\nAAAA\n".into(),
            format!("o\n0\n{ROOT}\n"),
            format!("{long}\n1\n{ROOT}\n"),
        ] {
            assert!(Checkpoint::parse(&wrong).is_err(), "{wrong:?}");
        }
    }
}
