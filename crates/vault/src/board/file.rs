//! The sealed file: what leaves towards the board, in text.
//!
//! A head in clear (which log, number, period, when the next is due, the file before it), one line for each member's key, and what was
//! sealed. Its SHA-256 is in the log; behind it stand the opened audit half and the receipt of that entry. So whoever has the log's
//! keys checks it offline, and whoever has a member's key reads it.

use super::key::{BoardPublic, BoardSecret, Fingerprint};
use crate::private::entry::{AuditBody, BoardNote, Kind, Opening};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Millis;
use keys::xwing::{self, SEALED};
use keys::{Key32, hash};
use transparency::{OriginKeys, Receipt, VerifiedReceipt, verify_receipt};
use zeroize::Zeroizing;

const HEAD: &str = "ringfence board file v1";
/// What stands before the opened audit half.
const OPENING: &str = "\nopening ";
/// The longest file that is read, in bytes.
pub const LONGEST_BOARD_FILE: usize = 4 << 20;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum BoardWhat {
    /// The report of a period.
    Report = 1,
    /// One page about a material case.
    Incident = 2,
}

impl BoardWhat {
    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Incident => "incident",
        }
    }

    /// The one of that name.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        [Self::Report, Self::Incident].into_iter().find(|what| what.slug() == slug)
    }

    /// The one with this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        [Self::Report, Self::Incident].into_iter().find(|what| *what as u8 == code)
    }
}

/// Why a file isn't believed, or doesn't open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BoardFileError {
    /// It isn't one.
    #[error("this isn't a board file: {0}")]
    Form(&'static str),
    /// Its log entry says something else.
    #[error("the file was altered: it isn't what the log has under its number")]
    Altered,
    /// The proof doesn't hold.
    #[error("its proof doesn't hold: {0}")]
    Proof(#[from] transparency::Error),
    /// It is sealed to others.
    #[error("the file isn't sealed to your key")]
    NotToYou,
    /// It doesn't open.
    #[error("the file doesn't open with your key: what was sealed to it was edited")]
    Sealed,
}

/// What a file says in clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardHead {
    /// The log's origin.
    pub log: String,
    /// Its number: from 1, without a gap.
    pub number: u64,
    /// What it is.
    pub what: BoardWhat,
    /// The first moment that it tells of.
    pub from: Millis,
    /// The first that it doesn't.
    pub until: Millis,
    /// When the next report is due.
    pub next: Millis,
    /// SHA-256 of the file before it; zeros of the first.
    pub previous: [u8; 32],
}

impl BoardHead {
    fn text(&self) -> String {
        let Self { log, number, what, from, until, next, previous } = self;
        let (what, previous) = (what.slug(), hex(previous));
        format!(
            "{HEAD}\nlog {log}\nnumber {number}\nkind {what}\nfrom {}\nuntil {}\nnext {}\nprevious {previous}\n",
            from.0, until.0, next.0
        )
    }

    fn read<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Option<Self> {
        (lines.next()? == HEAD).then_some(())?;
        let mut line = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        let log = line("log")?.to_owned();
        let number = line("number")?.parse().ok().filter(|number| *number > 0)?;
        let what = BoardWhat::from_slug(line("kind")?)?;
        let mut moment = |name: &str| Some(Millis(line(name)?.parse().ok()?));
        let (from, until, next) = (moment("from")?, moment("until")?, moment("next")?);
        let previous = unhex(line("previous")?)?;
        Some(Self { log, number, what, from, until, next, previous })
    }

    /// What its log entry says beside the file's hash.
    #[must_use]
    pub(super) fn note(&self, file: [u8; 32]) -> BoardNote {
        let Self { number, what, from, until, next, previous, .. } = self;
        BoardNote {
            number: *number,
            what: *what as u8,
            from: *from,
            until: *until,
            next: *next,
            file,
            previous: *previous,
        }
    }
}

/// What is sealed: the same paper twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// A page for a browser, whole in itself.
    pub html: String,
    /// The same for a printer.
    pub pdf: Vec<u8>,
}

/// A sealed file, before its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardFile {
    /// What it says in clear.
    pub head: BoardHead,
    keys: Vec<(Fingerprint, Box<[u8; SEALED]>)>,
    sealed: Vec<u8>,
}

impl BoardFile {
    /// Seals a paper to these keys, under a key that is used once.
    pub(super) fn seal(head: BoardHead, to: &[&BoardPublic], paper: &Printed, key: &Key32) -> Option<Self> {
        let context = context(&head);
        let seal = |public: &&BoardPublic| {
            let sealed = xwing::seal(&public.0, &context, key.bytes()).ok()?;
            Some((public.fingerprint(), Box::new(sealed)))
        };
        let keys = to.iter().map(seal).collect::<Option<_>>()?;
        let mut sealed = Zeroizing::new(Vec::with_capacity(paper.html.len() + paper.pdf.len() + 64));
        sealed.extend_from_slice(&(paper.html.len() as u64).to_be_bytes());
        sealed.extend_from_slice(paper.html.as_bytes());
        sealed.extend_from_slice(&paper.pdf);
        cipher(key)?.seal_in_place_append_tag(zero(), Aad::from(context), &mut *sealed).ok()?;
        Some(Self { head, keys, sealed: sealed.to_vec() })
    }

    /// Its text, of which the log has the SHA-256.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = self.head.text();
        for (print, sealed) in &self.keys {
            text.push_str(&format!("to {} {}\n", hex(print), STANDARD.encode(sealed.as_slice())));
        }
        text.push_str("sealed ");
        STANDARD.encode_string(&self.sealed, &mut text);
        text.push('\n');
        text
    }

    /// Reads its text.
    ///
    /// # Errors
    /// If it isn't one, letter by letter.
    pub fn parse(text: &str) -> Result<Self, BoardFileError> {
        if text.len() > LONGEST_BOARD_FILE {
            return Err(BoardFileError::Form("it is too long"));
        }
        let mut lines = text.lines();
        let head = BoardHead::read(&mut lines).ok_or(BoardFileError::Form("its head isn't one"))?;
        let (mut keys, mut sealed) = (Vec::new(), None);
        for line in lines {
            match (line.strip_prefix("to ").and_then(read_to), line.strip_prefix("sealed ")) {
                (Some(one), _) if sealed.is_none() => keys.push(one),
                (_, Some(bytes)) if sealed.is_none() => sealed = STANDARD.decode(bytes).ok(),
                _ => return Err(BoardFileError::Form("there is a line that isn't one of its own")),
            }
        }
        let file = Self { head, keys, sealed: sealed.ok_or(BoardFileError::Form("there is nothing sealed in it"))? };
        if file.text() == text { Ok(file) } else { Err(BoardFileError::Form("it isn't written as files are")) }
    }

    /// To whose keys it is sealed.
    pub fn to(&self) -> impl Iterator<Item = &Fingerprint> {
        self.keys.iter().map(|(print, _)| print)
    }

    /// Opens it.
    ///
    /// # Errors
    /// If it is sealed to others, or was edited.
    pub fn open(&self, secret: &BoardSecret) -> Result<Printed, BoardFileError> {
        let print = secret.public().ok_or(BoardFileError::Sealed)?.fingerprint();
        let (_, sealed) = self.keys.iter().find(|(to, _)| *to == print).ok_or(BoardFileError::NotToYou)?;
        let context = context(&self.head);
        let key = xwing::open(&secret.0, &context, sealed).map_err(|_| BoardFileError::Sealed)?;
        let mut bytes = Zeroizing::new(self.sealed.clone());
        let cipher = cipher(&Key32::new(*key)).ok_or(BoardFileError::Sealed)?;
        let plain = cipher.open_in_place(zero(), Aad::from(context), &mut bytes).map_err(|_| BoardFileError::Sealed)?;
        let paper = plain.split_first_chunk::<8>().and_then(|(length, rest)| {
            let (html, pdf) = rest.split_at_checked(usize::try_from(u64::from_be_bytes(*length)).ok()?)?;
            Some(Printed { html: core::str::from_utf8(html).ok()?.to_owned(), pdf: pdf.to_vec() })
        });
        paper.ok_or(BoardFileError::Sealed)
    }
}

/// A file with its proof, as it reaches a member.
pub struct ProvenFile {
    /// The file.
    pub file: BoardFile,
    /// SHA-256 of its text.
    pub hash: [u8; 32],
    /// Its place in the log.
    pub place: VerifiedReceipt,
    /// The signed checkpoint that its proof leads to.
    pub checkpoint: String,
    /// When its entry says that it was made.
    pub made: Millis,
}

impl ProvenFile {
    /// The whole text: file, opened audit half, receipt.
    pub(super) fn text(file: &str, opening: &Opening, receipt: &str) -> String {
        let opened = [opening.ra.as_slice(), &opening.customer, &opening.audit].concat();
        format!("{file}{}{}\n{receipt}", &OPENING[1..], STANDARD.encode(opened))
    }

    /// Which log a text says that it is of. Nothing is checked.
    ///
    /// # Errors
    /// If it isn't a file.
    pub fn origin(text: &str) -> Result<String, BoardFileError> {
        BoardHead::read(&mut text.lines()).map(|head| head.log).ok_or(BoardFileError::Form("its head isn't one"))
    }

    /// Checks a text against the keys of its log: that entry is in the log, and says exactly this file.
    ///
    /// # Errors
    /// What doesn't hold.
    pub fn check(text: &str, keys: &OriginKeys) -> Result<Self, BoardFileError> {
        if text.len() > LONGEST_BOARD_FILE {
            return Err(BoardFileError::Form("it is too long"));
        }
        let at = text.find(OPENING).ok_or(BoardFileError::Form("there is no proof behind it"))?;
        let (body, rest) = text.split_at(at + 1);
        let (opened, receipt) =
            rest[OPENING.len() - 1..].split_once('\n').ok_or(BoardFileError::Form("there is no proof behind it"))?;
        let opening = STANDARD.decode(opened).ok().and_then(|bytes| read_opening(&bytes));
        let opening = opening.ok_or(BoardFileError::Form("its opened entry isn't one"))?;
        let file = BoardFile::parse(body)?;
        let parsed = Receipt::parse(receipt)?;
        let leaf = parsed.extra.ok_or(BoardFileError::Form("its receipt has no leaf"))?;
        let place = verify_receipt(receipt, &leaf, keys)?;
        let said: AuditBody = opening.told(&leaf).ok_or(BoardFileError::Altered)?;
        let hash = hash(&[body.as_bytes()]);
        let same = said.kind == Kind::BoardReport
            && said.decision.is_ok()
            && said.board.as_deref() == Some(&file.head.note(hash))
            && file.head.log == keys.origin();
        if !same {
            return Err(BoardFileError::Altered);
        }
        Ok(Self { file, hash, place, checkpoint: parsed.checkpoint, made: said.at })
    }
}

fn read_opening(bytes: &[u8]) -> Option<Opening> {
    let (ra, rest) = bytes.split_first_chunk()?;
    let (customer, audit) = rest.split_first_chunk()?;
    Some(Opening { ra: *ra, customer: *customer, audit: audit.to_vec() })
}

fn read_to(line: &str) -> Option<(Fingerprint, Box<[u8; SEALED]>)> {
    let (print, sealed) = line.split_once(' ')?;
    let sealed: [u8; SEALED] = STANDARD.decode(sealed).ok()?.try_into().ok()?;
    Some((unhex(print)?, Box::new(sealed)))
}

/// What a seal holds: the head, so that what was sealed fits one number of one log.
fn context(head: &BoardHead) -> Vec<u8> {
    [b"rf1/board/file".as_slice(), &hash(&[head.text().as_bytes()])].concat()
}

fn cipher(key: &Key32) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, key.bytes()).ok().map(LessSafeKey::new)
}

/// Each key seals one file.
fn zero() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (text.len() == 2 * N && text.bytes().all(digit)).then_some(())?;
    let mut out = [0; N];
    for (at, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> (BoardFile, BoardSecret, Printed) {
        let secret = BoardSecret::generate().unwrap();
        let head = BoardHead {
            log: "log.example".to_owned(),
            number: 3,
            what: BoardWhat::Report,
            from: Millis(1),
            until: Millis(2),
            next: Millis(3),
            previous: [7; 32],
        };
        let paper = Printed { html: "<p>One page</p>".to_owned(), pdf: b"%PDF-1.7".to_vec() };
        let file = BoardFile::seal(head, &[&secret.public().unwrap()], &paper, &Key32::new([9; 32])).unwrap();
        (file, secret, paper)
    }

    #[test]
    fn a_file_comes_back_and_opens_for_its_member_only() {
        let (file, secret, paper) = sealed();
        let read = BoardFile::parse(&file.text()).unwrap();
        assert_eq!((&read, read.open(&secret)), (&file, Ok(paper)));
        assert!(!file.text().contains("One page"));
        let stranger = BoardSecret::generate().unwrap();
        assert_eq!(file.open(&stranger), Err(BoardFileError::NotToYou));
    }

    #[test]
    fn what_was_sealed_fits_its_head_and_its_own_bytes() {
        let (file, secret, _) = sealed();
        let other = BoardFile { head: BoardHead { number: 4, ..file.head.clone() }, ..file.clone() };
        assert_eq!(other.open(&secret), Err(BoardFileError::Sealed));
        let mut bent = file.clone();
        bent.sealed[12] ^= 1;
        assert_eq!(bent.open(&secret), Err(BoardFileError::Sealed));
        let mut bent = file;
        bent.keys[0].1[SEALED - 1] ^= 1;
        assert_eq!(bent.open(&secret), Err(BoardFileError::Sealed));
    }

    #[test]
    fn other_spellings_are_refused() {
        let text = sealed().0.text();
        for bad in [
            String::new(),
            text.replace("number 3", "number 03"),
            text.replace("number 3", "number 0"),
            text.replace("kind report", "kind letter"),
            text.replace("sealed ", "sealed  "),
            format!("{text}\n"),
            format!("{text}more\n"),
            text.trim_end().to_owned(),
            text.replace("previous 0707", "previous 07"),
        ] {
            assert!(BoardFile::parse(&bad).is_err(), "{bad}");
        }
    }
}
