//! Signed notes: text, a blank line, signature lines (C2SP signed-note).

use std::fmt;

use crate::encoding::{base64, from_base64};
use crate::error::Error;

/// The longest note that is read, in bytes.
pub const MAX_NOTE_BYTES: usize = 256 * 1024;

/// The most signature lines that are read; signed-note demands at least 16.
pub const MAX_SIGNATURES: usize = 64;

/// What a signature line starts with: an em dash and a space.
const LINE_START: &str = "\u{2014} ";

/// One signature line. It says who claims to have signed; only a key can tell whether that is so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    key_id: u32,
    signature: Vec<u8>,
}

impl NoteSignature {
    /// A line from its parts. `signature` is what follows the key id: for cosignatures with its timestamp.
    ///
    /// # Errors
    /// [`Error::Note`] for a name with spaces, control characters or a plus, or an empty name or signature.
    pub fn new(name: &str, key_id: u32, signature: Vec<u8>) -> Result<Self, Error> {
        if !is_name(name) {
            return Err(Error::Note("a key name is empty or has a space, control character or plus"));
        }
        if signature.is_empty() {
            return Err(Error::Note("a signature is empty"));
        }
        Ok(Self { name: name.to_owned(), key_id, signature })
    }

    /// The name of the key.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id of the key: with the name it says which key is meant, and it isn't a secure hash.
    #[must_use]
    pub fn key_id(&self) -> u32 {
        self.key_id
    }

    /// The bytes after the key id.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    fn parse(line: &str) -> Result<Self, Error> {
        const WRONG: Error = Error::Note("a signature line isn't dash, name and Base 64");
        let rest = line.strip_prefix(LINE_START).ok_or(WRONG)?;
        let (name, encoded) = rest.split_once(' ').ok_or(WRONG)?;
        let blob = from_base64(encoded).ok_or(WRONG)?;
        let (key_id, signature) = blob.split_first_chunk().ok_or(WRONG)?;
        Self::new(name, u32::from_be_bytes(*key_id), signature.to_vec())
    }
}

impl fmt::Display for NoteSignature {
    /// The line with its newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blob = [self.key_id.to_be_bytes().as_slice(), &self.signature].concat();
        writeln!(f, "{LINE_START}{} {}", self.name, base64(&blob))
    }
}

/// A text with its signature lines, well-formed but not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    /// A note from its parts.
    ///
    /// # Errors
    /// [`Error::Note`] unless `text` ends in a newline and has no other control characters below U+0020, there
    /// is a signature, and the limits [`MAX_NOTE_BYTES`] and [`MAX_SIGNATURES`] hold.
    pub fn new(text: &str, signatures: Vec<NoteSignature>) -> Result<Self, Error> {
        if !text.ends_with('\n') {
            return Err(Error::Note("the text doesn't end in a newline"));
        }
        check_characters(text)?;
        if signatures.is_empty() {
            return Err(Error::Note("there is no signature"));
        }
        if signatures.len() > MAX_SIGNATURES {
            return Err(Error::Note("there are too many signatures"));
        }
        let note = Self { text: text.to_owned(), signatures };
        check_length(note.to_string().len())?;
        Ok(note)
    }

    /// Reads a note. Printing it gives the same text back.
    ///
    /// # Errors
    /// [`Error::Note`] as for [`Note::new`], and if the blank line or a proper signature line is missing.
    pub fn parse(note: &str) -> Result<Self, Error> {
        check_length(note.len())?;
        // The text's last newline is the first of the two; lines of signatures are never empty.
        let blank = note.rfind("\n\n").ok_or(Error::Note("there is no blank line"))?;
        let (text, rest) = note.split_at(blank + 1);
        let lines = rest
            .strip_prefix('\n')
            .and_then(|lines| lines.strip_suffix('\n'))
            .ok_or(Error::Note("the signatures don't end in a newline"))?;
        if lines.split('\n').count() > MAX_SIGNATURES {
            return Err(Error::Note("there are too many signatures"));
        }
        let signatures = lines.split('\n').map(NoteSignature::parse).collect::<Result<_, _>>()?;
        Self::new(text, signatures)
    }

    /// The text that is signed, with its final newline.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines, in order.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// The note with one more signature line, such as a witness's.
    ///
    /// # Errors
    /// [`Error::Note`] if that exceeds a limit.
    pub fn with_signature(mut self, signature: NoteSignature) -> Result<Self, Error> {
        self.signatures.push(signature);
        Self::new(&self.text, self.signatures)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| signature.fmt(f))
    }
}

/// Whether signed-note allows `name` for a key.
pub(crate) fn is_name(name: &str) -> bool {
    let forbidden = |character: char| character.is_whitespace() || character < ' ' || character == '+';
    !name.is_empty() && !name.contains(forbidden)
}

fn check_characters(text: &str) -> Result<(), Error> {
    if text.chars().any(|character| character < ' ' && character != '\n') {
        return Err(Error::Note("there is a control character"));
    }
    Ok(())
}

fn check_length(bytes: usize) -> Result<(), Error> {
    if bytes > MAX_NOTE_BYTES {
        return Err(Error::Note("it is too long"));
    }
    Ok(())
}
