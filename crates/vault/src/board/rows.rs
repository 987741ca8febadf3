//! What is kept of each file: a row that says all of it in short, its text in a row of its own.

use super::file::BoardWhat;
use super::paper::BoardPaper;
use super::{NEVER, genuine};
use crate::error::VaultError;
use crate::private::entry::BoardNote;
use crate::wiring::Vault;
use domain::{EntryId, Millis, TenantId};
use keys::hash;
use minicbor::{Decoder, Encoder};
use std::collections::BTreeMap;
use store::{AdmissionKey, AdmissionKind, AdmissionRow};

/// For how long texts are kept, in milliseconds: three years.
const KEPT_MS: i64 = 3 * 366 * 24 * 3_600_000;
/// What a paper is sealed for.
const PAPER: &[u8] = b"rf1/board/paper";

/// How far a file has come by mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum BoardMailed {
    /// Nobody wants it by mail, or it is on its way.
    NotYet = 0,
    /// To everybody who wants it so.
    Sent = 1,
    /// The mail server didn't take it; it is tried again.
    Failed = 2,
}

impl BoardMailed {
    fn from_code(code: u8) -> Option<Self> {
        [Self::NotYet, Self::Sent, Self::Failed].into_iter().find(|state| *state as u8 == code)
    }

    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::NotYet => "not_yet",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }
}

/// What is kept of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) note: BoardNote,
    pub(super) made: Millis,
    pub(super) late: bool,
    pub(super) entry: EntryId,
    pub(super) mailed: BoardMailed,
    /// The paper, sealed for the page.
    pub(super) paper: Vec<u8>,
    pub(super) tag: [u8; 16],
}

impl Kept {
    pub(super) fn what(&self) -> BoardWhat {
        BoardWhat::from_code(self.note.what).unwrap_or(BoardWhat::Incident)
    }

    pub(super) fn key(number: u64) -> AdmissionKey {
        AdmissionKey { kind: AdmissionKind::BoardReport, id: u128::from(number).to_be_bytes() }
    }

    /// `[[number, kind, from, until, next, file, previous], made, late, entry, mailed, paper]`.
    pub(super) fn row(&self) -> AdmissionRow {
        let mut body = Vec::new();
        // Writing to a vector can't fail: the error type has no values.
        let _: Result<(), minicbor::encode::Error<core::convert::Infallible>> =
            self.write(&mut Encoder::new(&mut body));
        AdmissionRow { key: Self::key(self.note.number), body, expires: NEVER, tag: [0; 16] }
    }

    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        e.array(6)?;
        self.note.write(e)?;
        e.i64(self.made.0)?.bool(self.late)?.bytes(&self.entry.0)?.u8(self.mailed as u8)?.bytes(&self.paper)?;
        Ok(())
    }

    fn read(row: &AdmissionRow) -> Option<Self> {
        let mut d = Decoder::new(&row.body);
        d.array().ok()?;
        let note = BoardNote::read(&mut d).ok()??;
        let (made, late) = (Millis(d.i64().ok()?), d.bool().ok()?);
        let entry = EntryId(d.bytes().ok()?.try_into().ok()?);
        let mailed = BoardMailed::from_code(d.u8().ok()?)?;
        let paper = d.bytes().ok()?.to_vec();
        (row.key == Self::key(note.number)).then_some(Self { note, made, late, entry, mailed, paper, tag: row.tag })
    }
}

/// The row of a file's text.
pub(super) fn text_row(number: u64, text: &str, made: Millis) -> AdmissionRow {
    AdmissionRow { key: text_key(number), body: text.as_bytes().to_vec(), expires: made.plus(KEPT_MS), tag: [0; 16] }
}

fn text_key(number: u64) -> AdmissionKey {
    AdmissionKey { kind: AdmissionKind::BoardFile, id: u128::from(number).to_be_bytes() }
}

/// Every genuine row, and the numbers of which there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Shelf {
    pub(super) kept: BTreeMap<u64, Kept>,
    /// Numbers whose rows were taken out, or edited.
    pub(super) missing: Vec<u64>,
}

impl Shelf {
    pub(super) fn newest(&self) -> Option<&Kept> {
        self.kept.values().next_back()
    }

    pub(super) fn reports(&self) -> impl DoubleEndedIterator<Item = &Kept> {
        self.kept.values().filter(|kept| kept.what() == BoardWhat::Report)
    }

    /// Does every file name the one before it?
    fn is_chained(&self) -> bool {
        self.kept
            .values()
            .zip(self.kept.values().skip(1))
            .all(|(one, next)| one.note.number + 1 != next.note.number || next.note.previous == one.note.file)
    }

    /// Is a row missing, edited, or from another chain?
    pub(super) fn is_broken(&self) -> bool {
        !self.missing.is_empty() || !self.is_chained()
    }
}

impl Vault {
    pub(super) async fn board_shelf(&self, tenant: TenantId) -> Result<Shelf, VaultError> {
        let (mut kept, mut missing) = (BTreeMap::new(), Vec::new());
        for row in self.all_admissions(tenant, AdmissionKind::BoardReport).await? {
            match Kept::read(&row).filter(|_| genuine(self, tenant, &row)) {
                Some(one) => drop(kept.insert(one.note.number, one)),
                // The number that the row had, as far as its name says one.
                None => missing.extend(u64::try_from(u128::from_be_bytes(row.key.id))),
            }
        }
        // What a case was told in, and what the log had of late, was there.
        missing.extend(self.board_told(tenant).await?);
        missing.extend(self.board_logged(tenant).files);
        let last = kept.last_key_value().map_or(0, |(number, _)| *number);
        missing.extend(1..last);
        missing.retain(|number| !kept.contains_key(number));
        missing.sort_unstable();
        missing.dedup();
        Ok(Shelf { kept, missing })
    }

    pub(super) fn open_paper(&self, tenant: TenantId, kept: &Kept) -> Option<BoardPaper> {
        let bytes = self.open_text(tenant, PAPER, &kept.entry.0, &kept.paper).ok()?;
        BoardPaper::decode(&bytes)
    }

    pub(super) fn seal_paper(
        &self,
        tenant: TenantId,
        entry: EntryId,
        paper: &BoardPaper,
    ) -> Result<Vec<u8>, VaultError> {
        self.seal_text(tenant, PAPER, &entry.0, &paper.encode())
    }

    /// A file's text; none if its row is gone, or isn't what its log entry says.
    pub(super) async fn board_text(&self, tenant: TenantId, kept: &Kept) -> Result<Option<String>, VaultError> {
        let row = self.store.admission(tenant, text_key(kept.note.number)).await?;
        let same = row.filter(|row| genuine(self, tenant, row) && hash(&[&row.body]) == kept.note.file);
        Ok(same.and_then(|row| String::from_utf8(row.body).ok()))
    }
}
