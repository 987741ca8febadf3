//! The clerk: makes the report of each period and the note of each material case by itself, on the node that has the lease.
//!
//! What it rests on is the log: before it makes anything it reads what was logged since the last file. A file that the log has and the
//! database hasn't was taken out: that is an entry and an alarm, its number stays missing, and the chain goes on behind it.

use super::cases::Case;
use super::figures::{Gathered, measures};
use super::file::{BoardFile, BoardHead, BoardWhat};
use super::key::Registered;
use super::paper::{BoardPaper, BoardPress};
use super::rows::{BoardMailed, Kept, Shelf, text_row};
use super::{DAY_MS, GRACE_MS};
use crate::error::VaultError;
use crate::evidence::{DrillName, Posture};
use crate::private::entry::{AuditBody, BoardNote, Kind, open_audit};
use crate::wiring::Vault;
use domain::{EntryId, Finding, Millis, Refusal, TenantId};
use keys::{Key32, hash};
use std::sync::Arc;
use store::{Condition, Effect, Job};

/// How long a lease lasts without renewal, in milliseconds.
const LEASE_MS: i64 = 60_000;
/// How many rows are fetched at once.
const CHUNK: u32 = 500;
/// How many earlier reports a trend shows.
const TREND: usize = 5;

/// Makes the files of one tenant's board.
pub struct BoardClerk {
    vault: Arc<Vault>,
    tenant: TenantId,
    holder: [u8; 16],
    drills: Vec<DrillName>,
    leased_until: Option<Millis>,
}

/// What the log has between two moments.
#[derive(Default)]
struct Read {
    gathered: Gathered,
    /// Every file that it tells of, with its entry.
    files: Vec<(EntryId, BoardNote)>,
    /// Messages that it tells of.
    messages: Vec<EntryId>,
}

impl BoardClerk {
    /// For a tenant; `holder` names this node in the lease, `drills` are all that this program has, as what somebody tells of doesn't
    /// say what there should be.
    #[must_use]
    pub fn new(vault: &Arc<Vault>, tenant: TenantId, holder: [u8; 16], drills: Vec<DrillName>) -> Self {
        Self { vault: Arc::clone(vault), tenant, holder, drills, leased_until: None }
    }

    /// Makes what is due; says how many files that were.
    ///
    /// # Errors
    /// If the store or the key holder fails; the next round tries again.
    pub async fn tick(&mut self, press: &dyn BoardPress) -> Result<usize, VaultError> {
        if !self.may().await? {
            return Ok(0);
        }
        self.vault.board_round(self.tenant, press, &self.drills).await
    }

    async fn may(&mut self) -> Result<bool, VaultError> {
        let now = self.vault.now();
        if self.leased_until.is_none_or(|until| now >= until || until.since(now) > LEASE_MS) {
            let fence = self.vault.store.lease(Job::Board(self.tenant), self.holder, now, LEASE_MS).await?;
            self.leased_until = fence.map(|_| now.plus(LEASE_MS / 2));
        }
        Ok(self.leased_until.is_some())
    }
}

impl Vault {
    async fn board_round(
        &self,
        tenant: TenantId,
        press: &dyn BoardPress,
        drills: &[DrillName],
    ) -> Result<usize, VaultError> {
        self.look_at_board_log(tenant).await?;
        let (keys, gone) = self.board_keys(tenant).await?;
        let shelf = self.board_shelf(tenant).await?;
        // Nobody of the board was ever told how to read one.
        if keys.is_empty() && gone == 0 && shelf.kept.is_empty() && shelf.missing.is_empty() {
            return Ok(0);
        }
        let now = self.clock.now();
        let mut made = 0;
        if report_due(&shelf, now) {
            self.make_report(tenant, press, (&keys, &shelf, drills), now).await?;
            made += 1;
        }
        for case in self.untold_cases(tenant).await? {
            let shelf = self.board_shelf(tenant).await?;
            self.make_note(tenant, press, (&keys, &shelf), &case).await?;
            made += 1;
        }
        Ok(made)
    }

    async fn make_report(
        &self,
        tenant: TenantId,
        press: &dyn BoardPress,
        (keys, shelf, drills): (&[Registered], &Shelf, &[DrillName]),
        now: Millis,
    ) -> Result<(), VaultError> {
        let period = self.board_period(tenant);
        let last = shelf.reports().rfind(|kept| kept.note.until <= now);
        let from = last.map_or(now.plus(-period), |kept| kept.note.until);
        let late = last.is_some_and(|kept| now.since(kept.note.next) > GRACE_MS);
        // Of the first, the whole log is looked through: there may have been one whose row is gone.
        let since = if shelf.kept.is_empty() { Millis(0) } else { from };
        let read = self.read_board_log(tenant, since, from).await?;
        let head = self.after(tenant, shelf, &read).await?;
        let company = self.governance(tenant).planned.plan().head.company.clone();
        let mut paper = BoardPaper::new(BoardWhat::Report, &company, (from, now, now.plus(period)));
        paper.late = late;
        let gathered = self.with_standing(tenant, read.gathered.clone(), (from, now), drills).await?;
        paper.measures = measures(&gathered);
        paper.incidents = self.board_incidents(tenant, shelf, &read, from).await?;
        paper.asked = self.board_asked(tenant).await?;
        let reports: Vec<&Kept> = shelf.reports().rev().take(TREND).collect();
        let earlier: Vec<BoardPaper> = reports.iter().rev().filter_map(|kept| self.open_paper(tenant, kept)).collect();
        self.keep_file(tenant, press, keys, (head, paper.with_trend(&earlier), Vec::new())).await
    }

    async fn make_note(
        &self,
        tenant: TenantId,
        press: &dyn BoardPress,
        (keys, shelf): (&[Registered], &Shelf),
        case: &Case,
    ) -> Result<(), VaultError> {
        let Some(newest) = shelf.newest() else { return Ok(()) };
        let now = self.clock.now();
        let read = self.read_board_log(tenant, newest.made.min(now), now).await?;
        let head = self.after(tenant, shelf, &read).await?;
        // When the next report is due, a note doesn't change.
        let next = shelf.reports().next_back().map_or(newest.note.next, |report| report.note.next);
        let company = self.governance(tenant).planned.plan().head.company.clone();
        let mut paper = BoardPaper::new(BoardWhat::Incident, &company, (case.since, now, next));
        paper.late = case.is_late(now);
        paper.incidents = vec![case.what.to_owned()];
        paper.asked = vec![case.next.to_owned()];
        self.keep_file(tenant, press, keys, (head, paper, vec![case.told_in(head.0, now)])).await
    }

    /// The number of the next file, and the hash of the one before it, as rows and log say together.
    async fn after(&self, tenant: TenantId, shelf: &Shelf, read: &Read) -> Result<(u64, [u8; 32]), VaultError> {
        let mut newest = shelf.newest().map_or((0, [0; 32]), |kept| (kept.note.number, kept.note.file));
        for (entry, note) in &read.files {
            if shelf.kept.get(&note.number).is_none_or(|kept| kept.entry != *entry) {
                tracing::error!(
                    tenant = tenant.0,
                    number = note.number,
                    "ALARM: a board report was taken out of the database"
                );
                self.commit_plain(self.bare_act(tenant, Kind::BoardMissing)?.detail(note.number)).await?;
            }
            if note.number > newest.0 {
                newest = (note.number, note.file);
            }
        }
        Ok((newest.0 + 1, newest.1))
    }

    /// Seals it, and keeps it with its entry.
    async fn keep_file(
        &self,
        tenant: TenantId,
        press: &dyn BoardPress,
        keys: &[Registered],
        ((number, previous), mut paper, more): ((u64, [u8; 32]), BoardPaper, Vec<Effect>),
    ) -> Result<(), VaultError> {
        paper.number = number;
        let log = self.tenants.iter().find(|one| one.id == tenant).map(|one| one.origin.clone()).unwrap_or_default();
        let (from, until, next) = (paper.from(), paper.until(), paper.next());
        let head = BoardHead { log, number, what: paper.what(), from, until, next, previous };
        let to: Vec<_> = keys.iter().map(|one| &one.key).collect();
        let key = Key32::new(self.secret());
        let file = BoardFile::seal(head, &to, &press.print(&paper), &key).ok_or(VaultError::Damaged)?;
        let text = file.text();
        let note = file.head.note(hash(&[text.as_bytes()]));
        let mut act = self.bare_act(tenant, Kind::BoardReport)?.detail(number);
        let (made, entry) = (act.draft.at, act.draft.id);
        let sealed = self.seal_paper(tenant, entry, &paper)?;
        let kept = Kept {
            note: note.clone(),
            made,
            late: paper.late,
            entry,
            mailed: BoardMailed::NotYet,
            paper: sealed,
            tag: [0; 16],
        };
        act.draft.board = Some(Box::new(note));
        let new = Condition::Admission { key: Kept::key(number), tag: None, otherwise: Refusal::RequestReplayed };
        let act = act.when(new).effect(Effect::PutAdmission(kept.row()));
        let mut act = act.effect(Effect::PutAdmission(text_row(number, &text, made)));
        if self.board_raised(tenant).await?.is_none() {
            act = act.effect(Effect::PutAdmission(self.raised_row(tenant, &[])));
        }
        self.commit_plain(more.into_iter().fold(act, |act, effect| act.effect(effect))).await.map(drop)
    }

    /// What was logged since a moment; figures are counted from `from` on.
    async fn read_board_log(&self, tenant: TenantId, since: Millis, from: Millis) -> Result<Read, VaultError> {
        let (mut read, mut before) = (Read::default(), EntryId([0xff; 16]));
        let audit = &self.keys(tenant)?.audit;
        loop {
            // Others get their turn between two chunks.
            tokio::task::yield_now().await;
            let rows = self.store.entries_between(tenant, EntryId::earliest(since), before, CHUNK).await?;
            for row in &rows {
                match open_audit(audit, row.id, &row.leaf, &row.audit) {
                    None => read.gathered.lost += 1,
                    Some(body) => read.take(row.id, &body, from),
                }
            }
            match rows.last().filter(|_| rows.len() == CHUNK as usize) {
                Some(last) => before = last.id,
                None => return Ok(read),
            }
        }
    }

    /// What stands now beside what was counted.
    async fn with_standing(
        &self,
        tenant: TenantId,
        counted: Gathered,
        (from, now): (Millis, Millis),
        drills: &[DrillName],
    ) -> Result<Gathered, VaultError> {
        let (holding, oldest_drill) = holding(&self.evidence(tenant).await?, drills, now);
        let overdue = match self.plan_in_force(tenant).await {
            Err(VaultError::Refused { .. }) => 1,
            in_force => in_force
                .map(|plan| plan.planned.plan().counts_from(plan.day).err().map_or(0, |faults| faults.all().len()))?,
        };
        Ok(Gathered {
            drills: (holding, drills.len() as u64),
            oldest_drill,
            people: self.culture_measured(tenant, from, now).await?.figures,
            spoken: self.reports_measured(tenant, from, now).await?,
            pack: self.built_pack(tenant).await?.map(|pack| pack.at),
            overdue: overdue as u64,
            now,
            ..counted
        })
    }

    /// What happened in a period, in sentences.
    async fn board_incidents(
        &self,
        tenant: TenantId,
        shelf: &Shelf,
        read: &Read,
        from: Millis,
    ) -> Result<Vec<String>, VaultError> {
        let notes = shelf.kept.values().filter(|kept| kept.what() == BoardWhat::Incident && kept.made >= from);
        let mut all: Vec<String> = notes
            .filter_map(|kept| self.open_paper(tenant, kept))
            .flat_map(|paper| paper.incidents.into_iter().map(move |what| format!("Note {}: {what}", paper.number)))
            .collect();
        if shelf.is_broken() {
            let numbers = shelf.missing.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
            all.push(format!("Earlier reports were taken out of the database, or changed there: {numbers}."));
        }
        let missing = self.messages_missing(tenant, &read.messages).await?;
        if missing > 0 {
            all.push(format!(
                "{missing} of the messages between board and security were taken out of the database, or changed there."
            ));
        }
        Ok(all)
    }
}

impl Read {
    fn take(&mut self, entry: EntryId, body: &AuditBody, from: Millis) {
        if body.decision.is_err() {
            return;
        }
        match (body.kind, body.board.as_deref()) {
            (Kind::BoardReport, Some(note)) => self.files.push((entry, note.clone())),
            (Kind::BoardMessage, _) => self.messages.push(entry),
            _ => {}
        }
        if entry.minted() < from {
            return;
        }
        let it = &mut self.gathered;
        match body.kind {
            Kind::Event => it.contacts += body.detail.unwrap_or(0),
            Kind::Reveal => it.values += 1,
            Kind::GlassBroken => (it.values, it.glass) = (it.values + 1, it.glass + 1),
            Kind::GlassReviewed => it.justified += u64::from(body.detail == Some(Finding::Justified as u64)),
            Kind::EntryLost => it.lost += 1,
            _ => {}
        }
    }
}

/// How many of these drills hold, and when the oldest of those was tried. One that was never told of, or was edited, doesn't hold; one
/// that this program doesn't have makes nothing look better.
fn holding(told: &Posture, drills: &[DrillName], now: Millis) -> (u64, Option<Millis>) {
    let holds = told.evidence.iter().filter(|one| one.holds(now) && drills.contains(&one.result.drill));
    (holds.clone().count() as u64, holds.map(|one| one.at).min())
}

/// Is a report due? Also if the newest is dated in the future: the clock was ahead, or is behind now.
fn report_due(shelf: &Shelf, now: Millis) -> bool {
    shelf.reports().next_back().is_none_or(|kept| kept.note.next <= now || kept.made.since(now) > GRACE_MS)
}

impl Vault {
    /// How long a period is, in milliseconds.
    pub(super) fn board_period(&self, tenant: TenantId) -> i64 {
        i64::from(self.settings(tenant).board_report_days.max(1)) * DAY_MS
    }
}
