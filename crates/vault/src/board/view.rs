//! What a member of the board sees, and the alarm where the line is broken.

use super::GRACE_MS;
use super::cases::BoardCase;
use super::file::{BoardWhat, ProvenFile};
use super::key::Fingerprint;
use super::paper::BoardPaper;
use super::rows::{BoardMailed, Kept, Shelf};
use crate::alarm::AlarmKind;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::{Kind, open_opening};
use crate::receipt::ReceiptAnswer;
use crate::wiring::Vault;
use domain::{EntryId, Millis, Refusal, TenantId};
use store::StoreError;

/// A file, as the list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardFileLine {
    /// Its number.
    pub number: u64,
    /// What it is.
    pub what: BoardWhat,
    /// The first moment that it tells of.
    pub from: Millis,
    /// The first that it doesn't.
    pub until: Millis,
    /// When the next report was due then.
    pub next: Millis,
    /// When it was made.
    pub made: Millis,
    /// Was that later than due?
    pub late: bool,
    /// SHA-256 of its text.
    pub file: [u8; 32],
    /// Its entry in the log.
    pub entry: EntryId,
    /// How far it came by mail.
    pub mailed: BoardMailed,
}

/// A member's key, as the page has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardKeyLine {
    /// What the member is called.
    pub name: String,
    /// What names the key.
    pub fingerprint: Fingerprint,
    /// Since when it counts.
    pub since: Millis,
    /// Is it that of whoever looks?
    pub own: bool,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardView {
    /// The files, the newest first.
    pub files: Vec<BoardFileLine>,
    /// Numbers of which the row was taken out, or edited.
    pub missing: Vec<u64>,
    /// Do rows name one another as they must, and is no key edited?
    pub sound: bool,
    /// When the next report is due; none before the first.
    pub due: Option<Millis>,
    /// Is it late?
    pub late: bool,
    /// Material cases that stand, with their clocks.
    pub cases: Vec<BoardCase>,
    /// The newest report.
    pub report: Option<BoardPaper>,
    /// What waits for a decision now.
    pub asked: Vec<String>,
    /// The members' keys.
    pub keys: Vec<BoardKeyLine>,
    /// The passkeys of whoever looks: credential id and relying party.
    pub passkeys: Vec<(Vec<u8>, String)>,
    /// Days in a period.
    pub period_days: i64,
    /// The entry of this reading.
    pub receipt: EntryId,
}

/// A file's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoardFileAnswer {
    /// With its proof.
    Ready(String),
    /// Its entry gets its place in a moment.
    Pending,
    /// The row was taken out or edited: what the log has under this number isn't here any more.
    Gone,
}

impl Vault {
    /// May they use the board line? What the rules say now.
    #[must_use]
    pub fn uses_board_line(&self, scope: &Scope) -> bool {
        self.may(scope, policy::Act::UseBoardLine).is_ok()
    }

    /// Everything for a member of the board. One entry per reading.
    ///
    /// # Errors
    /// The refusal with its entry for others; if the store fails.
    pub async fn board_view(&self, scope: &Scope) -> Result<BoardView, VaultError> {
        let act = self.permitted(scope, policy::Act::UseBoardLine, Kind::BoardRead).await?;
        let receipt = self.commit_plain(act).await?;
        let tenant = scope.tenant;
        let (shelf, (keys, edited)) = (self.board_shelf(tenant).await?, self.board_keys(tenant).await?);
        let (power, now) = (self.power(tenant).await?, self.clock.now());
        let (due, late) = self.board_due(tenant, &shelf, keys.iter().map(|key| key.since).min()).await?;
        let keys = keys.into_iter().map(|key| BoardKeyLine {
            name: power.name(key.person).unwrap_or_default().to_owned(),
            fingerprint: key.key.fingerprint(),
            since: key.since,
            own: key.person == scope.person(),
        });
        let newest = shelf.reports().next_back();
        Ok(BoardView {
            report: newest.and_then(|kept| self.open_paper(tenant, kept)),
            cases: self.board_cases(tenant).await?.iter().map(|case| case.shown(now)).collect(),
            asked: self.board_asked(tenant).await?,
            passkeys: self.board_passkeys(scope).await?,
            period_days: self.board_period(tenant) / super::DAY_MS,
            sound: edited == 0 && !shelf.is_broken(),
            keys: keys.collect(),
            files: shelf.kept.values().rev().map(line).collect(),
            missing: shelf.missing,
            due,
            late,
            receipt,
        })
    }

    /// A file with its proof, for a member of the board. One entry per reading.
    ///
    /// # Errors
    /// The refusal with its entry for others, and `NotFound` for a number that there never was; if the store fails.
    pub async fn board_file(&self, scope: &Scope, number: u64) -> Result<BoardFileAnswer, VaultError> {
        let act = self.permitted(scope, policy::Act::UseBoardLine, Kind::BoardRead).await?.detail(number);
        let shelf = self.board_shelf(scope.tenant).await?;
        let known = shelf.kept.contains_key(&number) || shelf.missing.contains(&number);
        if !known {
            return Err(self.logged(act, Refusal::NotFound).await);
        }
        self.commit_plain(act).await?;
        match shelf.kept.get(&number) {
            Some(kept) => self.proven_text(scope.tenant, kept).await,
            None => Ok(BoardFileAnswer::Gone),
        }
    }

    pub(super) async fn proven_text(&self, tenant: TenantId, kept: &Kept) -> Result<BoardFileAnswer, VaultError> {
        let Some(text) = self.board_text(tenant, kept).await? else { return Ok(BoardFileAnswer::Gone) };
        let Some(row) = self.store.entry(tenant, kept.entry).await? else { return Ok(BoardFileAnswer::Gone) };
        let Some(opening) = open_opening(&self.keys(tenant)?.audit, row.id, &row.audit) else {
            return Ok(BoardFileAnswer::Gone);
        };
        match self.receipt(tenant, kept.entry).await? {
            ReceiptAnswer::Pending => Ok(BoardFileAnswer::Pending),
            ReceiptAnswer::Ready(receipt) => Ok(BoardFileAnswer::Ready(ProvenFile::text(&text, &opening, &receipt))),
        }
    }

    /// When the next report is due, and whether that is past: by the clock, or by what the log has since the last one, where the clock was
    /// set back. A last one of the future is none.
    async fn board_due(
        &self,
        tenant: TenantId,
        shelf: &Shelf,
        begun: Option<Millis>,
    ) -> Result<(Option<Millis>, bool), VaultError> {
        let now = self.clock.now();
        let Some(last) = shelf.reports().next_back() else {
            return Ok((None, begun.is_some_and(|begun| now.since(begun) > GRACE_MS)));
        };
        let past = |now: Millis| now.since(last.note.next) > GRACE_MS;
        let ahead = last.made.since(now) > GRACE_MS;
        let late = past(now) || ahead || self.logged_past(tenant, last.entry, past).await?;
        Ok((Some(last.note.next), late))
    }

    /// Is the latest entry of a time that is past, and in the log behind this one? Entries of when the clock was ahead lie before it.
    async fn logged_past(
        &self,
        tenant: TenantId,
        entry: EntryId,
        past: impl Fn(Millis) -> bool,
    ) -> Result<bool, VaultError> {
        let latest = self.store.entries_between(tenant, EntryId([0; 16]), EntryId([u8::MAX; 16]), 1).await?;
        let Some(latest) = latest.first().filter(|row| past(row.id.minted())) else { return Ok(false) };
        let place = self.store.entry(tenant, entry).await?.and_then(|row| row.index);
        Ok(latest.index.is_none_or(|index| place.is_some_and(|place| index > place)))
    }

    /// Raises the alarm where a report is late or a row of the line was taken out or edited, or takes it back. For a thread of each
    /// node.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn settle_board(&self, tenant: TenantId) -> Result<(), VaultError> {
        let stands = match self.is_board_line_broken(tenant).await {
            // A row that can't be read as one was edited as well.
            Err(VaultError::Store(StoreError::Damaged(_))) => true,
            broken => broken?,
        };
        self.alarms.set(tenant, AlarmKind::BoardLineBroken, stands, self.clock.now());
        self.raise_for_board(tenant).await
    }

    async fn is_board_line_broken(&self, tenant: TenantId) -> Result<bool, VaultError> {
        self.look_at_board_log(tenant).await?;
        let (shelf, (keys, edited)) = (self.board_shelf(tenant).await?, self.board_keys(tenant).await?);
        let (_, late) = self.board_due(tenant, &shelf, keys.iter().map(|key| key.since).min()).await?;
        let text = match shelf.newest() {
            Some(kept) => self.board_text(tenant, kept).await?.is_some(),
            None => true,
        };
        // With the first file comes the row in which nodes raise alarms.
        let unheard = !shelf.kept.is_empty() && self.board_raised(tenant).await?.is_none();
        Ok(edited > 0 || late || shelf.is_broken() || !text || unheard)
    }
}

fn line(kept: &Kept) -> BoardFileLine {
    let note = &kept.note;
    BoardFileLine {
        number: note.number,
        what: kept.what(),
        from: note.from,
        until: note.until,
        next: note.next,
        made: kept.made,
        late: kept.late,
        file: note.file,
        entry: kept.entry,
        mailed: kept.mailed,
    }
}
