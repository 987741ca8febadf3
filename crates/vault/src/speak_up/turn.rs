//! The box: what was said without a name and isn't in the log yet. One sealed row, which is written again as a whole with each thing that
//! comes, without an entry; so neither rows nor entries say when something came, or what came first. At fixed hours it is turned: with one
//! entry, whether anything was in it or not, filled up with hashes of nothing, so that nobody can count what was in it.

use super::body::{emptied, filled_in_steps, fixed};
use super::book::Book;
use super::clean::{CleanFile, FileKind};
use super::flood::Flow;
use super::{Case, Line, NEVER, ReportedBy, Speaker, TURN_MS, day_of, told};
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::{Act, Vault};
use domain::time::fresh;
use domain::{Millis, Refusal, ReportId, TenantId};
use minicbor::{Decoder, Encoder};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, Seals, Tag};
use zeroize::Zeroizing;

const KEY: AdmissionKey = AdmissionKey { kind: AdmissionKind::SpeakUpBox, id: [0; 16] };
const BOX: &[u8] = b"rf1/speak-up box";
/// How many bytes of files it holds at most. Words go on coming in then.
const MOST_BYTES: usize = 16 << 20;
/// The list of hashes in an entry is as long as a whole multiple of this.
const CROWD: usize = 16;
/// How often it is tried again where another node wrote it in this moment.
const TRIES: u8 = 16;

/// Something in the box.
pub(super) enum Item {
    /// A report with its files.
    Report(Box<Case>, Vec<CleanFile>),
    /// What whoever reported says more.
    Line(ReportId, Line),
}

impl Item {
    /// In whose part of the box it is. What is said more is in one part, whoever says it: a line doesn't tell.
    fn part(&self) -> Flow {
        match self {
            Self::Report(case, _) if case.by != ReportedBy::Nobody => Flow::NamedWords,
            Self::Report(..) => Flow::Words,
            Self::Line(..) => Flow::Added,
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Report(_, files) => files.iter().map(|file| file.bytes.len()).sum(),
            Self::Line(..) => 0,
        }
    }
}

/// The box, opened.
pub(super) struct Opened {
    /// How often it was written.
    written: u64,
    /// Which stretch of time it collects: the number of turns since 1970.
    stretch: i64,
    pub(super) items: Vec<Item>,
    tag: Option<Tag>,
}

impl Opened {
    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(64 << 10));
        // Writing to a vector can't fail: the error type has no values.
        let _: Result<(), minicbor::encode::Error<core::convert::Infallible>> =
            self.write(&mut Encoder::new(&mut *out));
        out
    }

    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        e.array(3)?.u64(self.written)?.i64(self.stretch)?.array(self.items.len() as u64)?;
        for item in &self.items {
            match item {
                Item::Report(case, files) => {
                    e.array(3)?.bytes(&case.id.0)?.bytes(&case.encode())?.array(files.len() as u64)?;
                    for file in files {
                        e.array(2)?.u8(file.kind as u8)?.bytes(&file.bytes)?;
                    }
                }
                Item::Line(id, line) => {
                    e.array(4)?.bytes(&id.0)?.u8(line.by as u8)?.i64(line.day.0)?.str(&line.text)?;
                }
            }
        }
        Ok(())
    }

    fn decode(bytes: &[u8], tag: Tag) -> Option<Self> {
        Self::read(&mut Decoder::new(bytes), tag).ok()
    }

    fn read(d: &mut Decoder<'_>, tag: Tag) -> Result<Self, minicbor::decode::Error> {
        let wrong = || minicbor::decode::Error::message("not a box");
        d.array()?;
        let (written, stretch) = (d.u64()?, d.i64()?);
        let mut items = Vec::new();
        for _ in 0..d.array()?.unwrap_or(0) {
            let parts = d.array()?;
            let id = ReportId(fixed(d)?);
            if parts == Some(4) {
                d.u8()?;
                let day = Millis(d.i64()?);
                let text = Zeroizing::new(d.str()?.to_owned());
                items.push(Item::Line(id, Line { by: Speaker::Reporter, day, text }));
                continue;
            }
            let case = Case::decode(id, d.bytes()?).ok_or_else(wrong)?;
            let mut files = Vec::new();
            for _ in 0..d.array()?.unwrap_or(0) {
                d.array()?;
                let kind = FileKind::from_code(d.u8()?).ok_or_else(wrong)?;
                files.push(CleanFile { kind, bytes: Zeroizing::new(d.bytes()?.to_vec()) });
            }
            items.push(Item::Report(Box::new(case), files));
        }
        Ok(Self { written, stretch, items, tag: Some(tag) })
    }

    /// The report of this name in it, with what was said more.
    pub(super) fn waiting(&self, id: ReportId) -> Option<Case> {
        let found = self.items.iter().find_map(|item| match item {
            Item::Report(case, _) if case.id == id => Some((**case).clone()),
            _ => None,
        })?;
        Some(self.with_lines(found))
    }

    /// How much waits here to be added to this report.
    pub(super) fn lines_of(&self, id: ReportId) -> usize {
        self.items.iter().filter(|item| matches!(item, Item::Line(of, _) if *of == id)).count()
    }

    /// Is there more in it than it holds, with this last one?
    fn is_too_full(&self) -> bool {
        let Some(last) = self.items.last() else { return false };
        let (part, held) = (last.part(), self.items.iter().map(Item::size).sum::<usize>());
        let beside = self.items.iter().filter(|item| item.part() == part).count();
        beside > part.in_box() || (last.size() > 0 && held > MOST_BYTES)
    }

    /// The report with what waits here to be added to it.
    pub(super) fn with_lines(&self, mut case: Case) -> Case {
        for item in &self.items {
            if let Item::Line(id, line) = item
                && *id == case.id
            {
                case.lines.push(line.clone());
            }
        }
        case
    }
}

impl Vault {
    /// The box; none if there is none, or it was edited.
    pub(super) async fn opened_box(&self, tenant: TenantId) -> Result<Option<Opened>, VaultError> {
        let row = self.store.admission(tenant, KEY).await?;
        Ok(row.and_then(|row| {
            let plain =
                self.is_genuine(tenant, &row).then(|| self.open_text(tenant, BOX, &KEY.id, &row.body).ok())??;
            Opened::decode(emptied(&plain)?, row.tag)
        }))
    }

    fn box_row(&self, tenant: TenantId, opened: &Opened) -> Result<AdmissionRow, VaultError> {
        let body = self.seal_text(tenant, BOX, &KEY.id, &filled_in_steps(&opened.encode()))?;
        let mut row = AdmissionRow { key: KEY, body, expires: NEVER, tag: [0; 16] };
        row.tag = self.seals.tag(tenant, "admission", &row.material());
        Ok(row)
    }

    /// Puts something into the box, durably and without an entry. It came this way.
    pub(super) async fn put_in_box(&self, tenant: TenantId, way: Flow, item: Item) -> Result<(), VaultError> {
        let turn = self.speaking.turn.lock().await;
        self.put_in_turn((tenant, &turn), way, item).await
    }

    /// The same, for who holds the turn already.
    pub(super) async fn put_in_turn(
        &self,
        (tenant, _turn): (TenantId, &tokio::sync::MutexGuard<'_, ()>),
        way: Flow,
        item: Item,
    ) -> Result<(), VaultError> {
        let mut item = Some(item);
        for _ in 0..TRIES {
            let Some(mut opened) = self.opened_box(tenant).await? else { return Err(VaultError::Busy) };
            let Some(before) = opened.tag else { return Err(VaultError::Busy) };
            // One that was put back still takes it in. The next round tells of it: an entry now would tell that somebody spoke up.
            self.speaking.sees_box(tenant, opened.written, before);
            let Some(new) = item.take() else { return Err(VaultError::Busy) };
            opened.items.push(new);
            if opened.is_too_full() {
                self.speaking.turns_away(tenant, way, self.clock.now());
                return Err(VaultError::refused(Refusal::BoxFull));
            }
            if self.write_box(tenant, &mut opened, before).await? {
                return Ok(());
            }
            item = opened.items.pop();
        }
        Err(VaultError::Busy)
    }

    /// Writes the box anew with nothing else in it. Done at random times, so that whoever watches the database can't tell by a write
    /// that somebody spoke up just then.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn cover_reports(&self, tenant: TenantId) -> Result<(), VaultError> {
        let _turn = self.speaking.turn.lock().await;
        let Some(mut opened) = self.opened_box(tenant).await? else { return Ok(()) };
        let Some(before) = opened.tag else { return Ok(()) };
        self.speaking.sees_box(tenant, opened.written, before);
        self.write_box(tenant, &mut opened, before).await.map(drop)
    }

    /// False where another node wrote it meanwhile.
    async fn write_box(&self, tenant: TenantId, opened: &mut Opened, before: Tag) -> Result<bool, VaultError> {
        opened.written += 1;
        let row = self.box_row(tenant, opened)?;
        let tag = row.tag;
        let written = self.store.renew_admission(tenant, row, before).await?;
        if written {
            self.speaking.wrote_box(tenant, opened.written, tag);
        }
        Ok(written)
    }

    /// Turns the box if it is time, and makes one where there is none. False where one that this node saw was taken out, edited or put back.
    pub(super) async fn turn_box(&self, tenant: TenantId) -> Result<bool, VaultError> {
        let _turn = self.speaking.turn.lock().await;
        let stretch = self.clock.now().0.div_euclid(TURN_MS);
        let row = self.store.admission(tenant, KEY).await?;
        let opened = self.opened_box(tenant).await?;
        let Some(opened) = opened else {
            let seen = row.as_ref().map(|row| row.tag);
            let saw = self.speaking.saw_box(tenant);
            let whole = row.is_none() && saw.is_none();
            let fresh = Opened { written: saw.unwrap_or_default(), stretch, items: Vec::new(), tag: seen };
            return self.emptied_box(tenant, fresh, stretch, !whole).await.map(|()| whole);
        };
        let whole = opened.tag.is_none_or(|tag| self.speaking.sees_box(tenant, opened.written, tag));
        if !whole {
            self.box_broken(tenant).await?;
        }
        // Far ahead: a clock was, and would keep what is in it for as long.
        let ahead = opened.stretch > stretch.saturating_add(1) && self.speaking.turns_ahead(tenant, stretch);
        if opened.stretch < stretch || ahead {
            self.emptied_box(tenant, opened, stretch, false).await?;
        }
        Ok(whole)
    }

    /// That a box was put back is kept in the book. The box isn't turned: whoever puts one back must not choose when.
    async fn box_broken(&self, tenant: TenantId) -> Result<(), VaultError> {
        let mut act = self.bare_act(tenant, Kind::ReportsTaken)?;
        let mut list: Vec<[u8; 32]> = Vec::new();
        list.resize_with(CROWD, || fresh(&*self.entropy));
        act.draft.told = Some(told(&list));
        let mut book = self.report_book(tenant).await?;
        book.break_at(self.clock.now());
        match self.commit_plain(self.book_written(act, book)?).await {
            Ok(_) => self.speaking.told_box(tenant),
            // Another node wrote the book: it is told in the next round.
            Err(VaultError::Refused { refusal: Refusal::ReportsMoved, .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Everything in the box becomes rows, in one commit with one entry. Where something else moved than the box, it is tried again.
    async fn emptied_box(
        &self,
        tenant: TenantId,
        mut opened: Opened,
        stretch: i64,
        broken: bool,
    ) -> Result<(), VaultError> {
        for _ in 0..TRIES {
            let before = opened.tag;
            let (act, written, tag) = self.turning(tenant, opened, stretch, broken).await?;
            let refused = match self.commit_plain(act).await {
                Ok(_) => {
                    self.speaking.wrote_box(tenant, written, tag);
                    return Ok(());
                }
                Err(error @ VaultError::Refused { refusal: Refusal::ReportsMoved, .. }) => error,
                Err(error) => return Err(error),
            };
            let row = self.store.admission(tenant, KEY).await?;
            if row.map(|row| row.tag) != before {
                // Another node turned it.
                return Ok(());
            }
            opened = match self.opened_box(tenant).await? {
                Some(again) => again,
                None if broken => Opened { written: written - 1, stretch, items: Vec::new(), tag: before },
                None => return Err(refused),
            };
        }
        Err(VaultError::Busy)
    }

    /// The act that turns the box; how often the new one was written, and its tag. Rows go in by their names, which are random.
    async fn turning(
        &self,
        tenant: TenantId,
        opened: Opened,
        stretch: i64,
        broken: bool,
    ) -> Result<(Act, u64, Tag), VaultError> {
        let Opened { written, items, tag, .. } = opened;
        let now = self.clock.now();
        let mut act = self.bare_act(tenant, Kind::ReportsTaken)?;
        let mut book = self.report_book(tenant).await?;
        let (mut new, mut lines) = (BTreeMap::new(), Vec::new());
        let mut twice = false;
        for item in items {
            match item {
                // One that was turned before, in a box that was put back.
                Item::Report(case, _) if self.store.admission(tenant, Case::key(case.id)).await?.is_some() => {
                    twice = true;
                }
                Item::Report(case, files) => drop(new.insert(case.id, (*case, files))),
                Item::Line(id, line) => lines.push((id, line)),
            }
        }
        if broken || twice {
            book.break_at(now);
        }
        let mut old: BTreeMap<ReportId, Case> = BTreeMap::new();
        for (id, line) in lines {
            match new.get_mut(&id) {
                Some((case, _)) => case.lines.push(line),
                None => self.added((tenant, twice), &mut book, &mut old, (id, line)).await?,
            }
        }
        let mut list: Vec<[u8; 32]> = new.values().map(|(case, _)| case.mark()).collect();
        list.resize_with((list.len() + 1).next_multiple_of(CROWD), || fresh(&*self.entropy));
        list.sort_unstable();
        act.draft.told = Some(told(&list));
        let mut holds = BTreeMap::new();
        for (id, (mut case, files)) in new {
            (case.list, case.entry) = (list.clone(), act.draft.id);
            if let ReportedBy::Person(person) = case.by {
                let (customer, hold) = self.to_freeze((tenant, person), case.interaction).await?;
                case.frozen = customer;
                holds.extend(customer.zip(hold));
            }
            book.enter(&case);
            act = self.case_written(act, &case, None)?;
            for effect in self.file_rows(tenant, id, &files, NEVER)? {
                act = act.effect(effect);
            }
        }
        for (customer, hold) in holds {
            act = act.when(Condition::CustomerExists(customer)).effect(hold);
        }
        for case in old.values() {
            book.enter(case);
            act = self.case_written(act, case, Some(case.tag))?;
        }
        let empty = Opened { written: written + 1, stretch, items: Vec::new(), tag };
        let unchanged = Condition::Admission { key: KEY, tag, otherwise: Refusal::ReportsMoved };
        let row = self.box_row(tenant, &empty)?;
        let tag = row.tag;
        let act = self.book_written(act.when(unchanged).effect(Effect::PutAdmission(row)), book)?;
        Ok((act, written + 1, tag))
    }

    /// What was said more goes to its report, if that is still there; from a box that was put back only what isn't there yet.
    async fn added(
        &self,
        (tenant, twice): (TenantId, bool),
        book: &mut Book,
        old: &mut BTreeMap<ReportId, Case>,
        (id, line): (ReportId, Line),
    ) -> Result<(), VaultError> {
        let case = match old.entry(id) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(place) => {
                let row = self.store.admission(tenant, Case::key(id)).await?;
                let Some(case) = row.and_then(|row| self.case_of(tenant, &row)) else { return Ok(()) };
                book.goes_on(&case, self.clock.now());
                place.insert(case)
            }
        };
        if !twice || !case.lines.contains(&line) {
            case.lines.push(line);
        }
        Ok(())
    }

    /// What somebody who reported says more, on this day.
    pub(super) fn said_line(&self, by: Speaker, text: &str) -> Line {
        Line { by, day: day_of(self.clock.now()), text: Zeroizing::new(text.to_owned()) }
    }
}
