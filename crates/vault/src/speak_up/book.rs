//! The book: which reports there are. One sealed row; each act on a report writes it, and is counted, so that a report that is taken out, or a
//! book that is put back, is missed. It has a hash of what each row says: an older row of a report's own is none any more.

use super::body::{emptied, filled, fixed};
use super::{Case, DAY_MS, NEVER};
use crate::alarm::AlarmKind;
use crate::error::VaultError;
use crate::wiring::{Act, Vault};
use domain::time::fresh;
use domain::{Counter, Millis, Refusal, ReportId, Room, TenantId};
use minicbor::{Decoder, Encoder};
use std::collections::BTreeMap;
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, Spend, Tag, Turn};

const KEY: AdmissionKey = AdmissionKey { kind: AdmissionKind::SpokenBook, id: [0; 16] };
const BOOK: &[u8] = b"rf1/report book";
/// For how long it is told that something was edited, in milliseconds.
const TOLD_MS: i64 = 30 * DAY_MS;
/// How often the book and its count are read until nothing came between.
const TRIES: u32 = 3;

/// The beginning of the hash of what a report's row says.
pub(super) type Print = [u8; 16];

/// The book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Book {
    /// How often it was written.
    written: u64,
    /// When something was last found edited.
    broken: Option<Millis>,
    /// The reports: from when on each may be swept, and what its row says.
    reports: BTreeMap<ReportId, (Millis, Print)>,
    tag: Option<Tag>,
}

impl Book {
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(32 + 48 * self.reports.len());
        let mut e = Encoder::new(&mut out);
        // Writing to a vector can't fail: the error type has no values.
        let _: Result<(), minicbor::encode::Error<core::convert::Infallible>> = (|| {
            e.array(3)?.u64(self.written)?.i64(self.broken.map_or(i64::MIN, |at| at.0))?;
            e.array(self.reports.len() as u64)?;
            for (id, (until, print)) in &self.reports {
                e.array(3)?.bytes(&id.0)?.i64(until.0)?.bytes(print)?;
            }
            Ok(())
        })();
        out
    }

    fn read(bytes: &[u8], tag: Tag) -> Result<Self, minicbor::decode::Error> {
        let mut d = Decoder::new(bytes);
        d.array()?;
        let written = d.u64()?;
        let broken = Some(d.i64()?).filter(|at| *at != i64::MIN).map(Millis);
        let mut reports = BTreeMap::new();
        for _ in 0..d.array()?.unwrap_or(0) {
            d.array()?;
            reports.insert(ReportId(fixed(&mut d)?), (Millis(d.i64()?), fixed(&mut d)?));
        }
        Ok(Self { written, broken, reports, tag: Some(tag) })
    }

    /// Something was found edited at this moment.
    pub(super) fn break_at(&mut self, at: Millis) {
        self.broken = Some(at);
    }

    /// This report is in it, as its row says it from now on.
    pub(super) fn enter(&mut self, case: &Case) {
        self.reports.insert(case.id, (case.expires(), case.print()));
    }

    /// Somebody goes on with this report, as its row was read: is it what was last written?
    pub(super) fn goes_on(&mut self, read: &Case, now: Millis) {
        if !self.says(read) {
            self.break_at(now);
        }
    }

    /// Does the book say of this report what its row says? What it doesn't know yet, or any more, it says nothing against.
    fn says(&self, case: &Case) -> bool {
        self.reports.get(&case.id).is_none_or(|(_, print)| *print == case.print())
    }
}

/// What there is.
pub(super) struct Shelf {
    /// Every genuine report.
    pub(super) cases: Vec<Case>,
    /// The names of rows that were edited.
    pub(super) edited: Vec<ReportId>,
    /// Is a report gone, or does the book not say what was counted?
    pub(super) gone: bool,
}

impl Shelf {
    pub(super) fn is_damaged(&self) -> bool {
        self.gone || !self.edited.is_empty()
    }
}

impl Vault {
    /// The book, to be written. One that was edited is begun anew with the reports that there are, and says so.
    pub(super) async fn report_book(&self, tenant: TenantId) -> Result<Book, VaultError> {
        let now = self.clock.now();
        let row = self.store.admission(tenant, KEY).await?;
        let counted = self.reports_written(tenant).await?;
        let seen = row.as_ref().map(|row| row.tag);
        let mut book = match row.as_ref().and_then(|row| self.book_of(tenant, row)) {
            Some(book) if Some(book.written) == counted => book,
            None if row.is_none() && counted == Some(0) => Book::default(),
            _ => {
                let mut book = Book { broken: Some(now), tag: seen, ..Book::default() };
                for row in self.all_admissions(tenant, AdmissionKind::SpokenReport).await? {
                    self.case_of(tenant, &row).iter().for_each(|case| book.enter(case));
                }
                book.written = counted.unwrap_or_default();
                book
            }
        };
        book.reports.retain(|_, (until, _)| *until > now);
        Ok(book)
    }

    fn book_of(&self, tenant: TenantId, row: &AdmissionRow) -> Option<Book> {
        let plain = self.is_genuine(tenant, row).then(|| self.open_text(tenant, BOOK, &KEY.id, &row.body).ok())??;
        Book::read(emptied(&plain)?, row.tag).ok()
    }

    /// How often the book was written, as the log counts; none where the count was edited.
    async fn reports_written(&self, tenant: TenantId) -> Result<Option<u64>, VaultError> {
        let counter = Counter::reports();
        let row = self.store.budget(tenant, counter).await?;
        Ok(row.map_or(Some(0), |row| (row.tag == row.tag_by(&*self.seals, tenant, &counter)).then_some(row.total)))
    }

    /// The act writes the book, if it still is what was seen, and is counted.
    pub(super) fn book_written(&self, act: Act, mut book: Book) -> Result<Act, VaultError> {
        let unchanged = Condition::Admission { key: KEY, tag: book.tag, otherwise: Refusal::ReportsMoved };
        book.written += 1;
        let body = self.seal_text(act.tenant, BOOK, &KEY.id, &filled(&book.encode()))?;
        let row = AdmissionRow { key: KEY, body, expires: NEVER, tag: [0; 16] };
        let (turn, at, otherwise) = (Turn::Spend(1), act.draft.id.minted(), Refusal::BudgetExhausted);
        let counted = Spend { counter: Counter::reports(), purpose: None, turn, at, room: Room::ANY, otherwise };
        Ok(act.when(unchanged).effect(Effect::PutAdmission(row)).spend(counted))
    }

    /// The act puts this report into the place of what was seen of it.
    pub(super) fn case_written(&self, act: Act, case: &Case, seen: Option<Tag>) -> Result<Act, VaultError> {
        let key = Case::key(case.id);
        let unchanged = Condition::Admission { key, tag: seen, otherwise: Refusal::ReportsMoved };
        let row = self.case_row(act.tenant, case)?;
        Ok(act.when(unchanged).effect(Effect::PutAdmission(row)))
    }

    /// Every report; and was one edited, taken out or put back? Read again where something happened in between.
    pub(super) async fn shelf(&self, tenant: TenantId) -> Result<Shelf, VaultError> {
        let mut tries = 0;
        loop {
            let before = self.reports_written(tenant).await?;
            let row = self.store.admission(tenant, KEY).await?;
            let rows = self.all_admissions(tenant, AdmissionKind::SpokenReport).await?;
            tries += 1;
            if self.reports_written(tenant).await? != before && tries < TRIES {
                continue;
            }
            let (mut cases, mut edited) = (Vec::with_capacity(rows.len()), Vec::new());
            for row in &rows {
                match self.case_of(tenant, row) {
                    Some(case) => cases.push(case),
                    None => edited.push(ReportId(row.key.id)),
                }
            }
            let gone = match row.as_ref().map(|row| self.book_of(tenant, row)) {
                None => before != Some(0),
                Some(None) => true,
                Some(Some(book)) => self.misses(&book, before, &cases, &edited),
            };
            return Ok(Shelf { cases, edited, gone });
        }
    }

    fn misses(&self, book: &Book, counted: Option<u64>, cases: &[Case], edited: &[ReportId]) -> bool {
        let now = self.clock.now();
        let told = book.broken.is_some_and(|at| now.since(at) < TOLD_MS);
        let there = |id: &ReportId| cases.iter().any(|case| case.id == *id) || edited.contains(id);
        let missing = book.reports.iter().any(|(id, (until, _))| *until > now && !there(id));
        let older = cases.iter().any(|case| !book.says(case));
        told || Some(book.written) != counted || missing || older
    }

    /// Raises the alarms over reports, or takes them back, on this node, and turns the box where it is time. For a thread of each node.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn settle_reports(&self, tenant: TenantId) -> Result<(), VaultError> {
        let whole = self.turn_box(tenant).await?;
        let shelf = self.shelf(tenant).await?;
        let now = self.latest(tenant).await?;
        // What is about security is told to those outside it, on their page.
        let late = shelf.cases.iter().any(|case| !case.about_security && case.is_overdue(now));
        self.alarms.set(tenant, AlarmKind::ReportsOverdue, late, self.clock.now());
        // It changes with a turn alone: the log keeps its moments, and by any other one could read when somebody tried to report.
        let at = self.clock.now();
        self.speaking.tells_crowds(tenant, at, || fresh(&*self.entropy));
        self.alarms.set(tenant, AlarmKind::ReportsFull, self.speaking.is_flooded(tenant, at), at);
        self.alarms.set(tenant, AlarmKind::ReportsEdited, shelf.is_damaged() || !whole, self.clock.now());
        Ok(())
    }
}
