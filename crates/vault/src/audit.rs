//! The log, read by right: security opens audit halves; each reading is an entry itself.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::feed::Disclosure;
use crate::log_query::LogQuery;
use crate::private::entry::{AuditBody, Kind, open_audit};
use crate::wiring::{Act, Vault};
use domain::{EntryId, PersonId, Refusal, Role, TenantId};
use keys::power::spelled;
use std::sync::Arc;
use store::{EntryRow, PersonRow};
use tokio::sync::broadcast;

/// One line of the readable log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// The entry: also its receipt's id.
    pub entry: EntryId,
    /// Its place.
    pub place: u64,
    /// Its audit half; `None` if the row was edited (the leaf in the tree then proves it).
    pub body: Option<AuditBody>,
}

/// Where to go on reading: below this entry.
pub type Cursor = EntryId;

/// One line that a question found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundLine {
    /// The entry: also its receipt's id.
    pub entry: EntryId,
    /// Its place in the log; none for a moment after it was written.
    pub place: Option<u64>,
    /// Its audit half; `None` if the row was edited.
    pub body: Option<AuditBody>,
}

/// What a question found so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPage {
    /// The lines, newest first.
    pub lines: Vec<FoundLine>,
    /// Where to go on; `None` if everything was looked at. May be there after few lines, or none: then the limit of
    /// bodies opened for one question was met.
    pub next: Option<Cursor>,
    /// The question's own entry.
    pub receipt: EntryId,
}

/// How many bodies one question opens at most.
const MOST_OPENED: u32 = 5_000;
/// How many rows are fetched at once.
const CHUNK: u32 = 500;

/// A way through the log, newest first.
struct Scan {
    query: LogQuery,
    /// The question's own entry, which isn't part of the answer.
    own: EntryId,
    from: EntryId,
    before: EntryId,
    over: bool,
}

impl Scan {
    /// What is asked is answered as it stood in the millisecond in which its own entry was written.
    fn new(query: LogQuery, own: EntryId, cursor: Option<Cursor>) -> Self {
        let asked = EntryId::earliest(own.minted().plus(1));
        let before = [cursor, query.bound()].into_iter().flatten().fold(asked, EntryId::min);
        Self { from: query.lowest(), before, query, own, over: false }
    }
}

/// An export on its way: what has been fetched so far is all that is in memory.
pub struct LogExport {
    vault: Arc<Vault>,
    scope: Scope,
    scan: Scan,
    receipt: EntryId,
}

impl LogExport {
    /// The export's own entry.
    #[must_use]
    pub fn receipt(&self) -> EntryId {
        self.receipt
    }

    /// The next lines, newest first; `None` at the end.
    ///
    /// # Errors
    /// `Refused(PowerChanged)` once people or rules have changed, or if the store fails: then the export isn't whole.
    pub async fn next(&mut self) -> Result<Option<Vec<FoundLine>>, VaultError> {
        loop {
            if self.scan.over {
                return Ok(None);
            }
            if !self.vault.still_holds(&self.scope).await {
                return Err(VaultError::refused(Refusal::PowerChanged));
            }
            let (lines, _) = self.vault.step(self.scope.tenant, &mut self.scan, CHUNK, CHUNK).await?;
            if !lines.is_empty() {
                return Ok(Some(lines));
            }
        }
    }
}

/// Somebody who works here, or did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffFound {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// Their team; empty for none.
    pub team: String,
    /// Have they left?
    pub left: bool,
}

/// Why a live stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// Its reader went away.
    Left = 1,
    /// People or rules changed.
    RightsChanged = 2,
    /// The page's session ended: signed out of, or run out.
    SignedOut = 3,
    /// The node stops.
    Stopped = 4,
}

impl Vault {
    /// Lines of the log that fit, newest first. The question's own entry is durable before any body is opened.
    ///
    /// # Errors
    /// The refusal with its entry for who isn't security.
    pub async fn read_log(
        &self,
        scope: &Scope,
        query: &LogQuery,
        cursor: Option<Cursor>,
        limit: u32,
    ) -> Result<LogPage, VaultError> {
        let receipt = self.commit_plain(self.reading(scope, Kind::LogRead)?.detail(query.mark())).await?;
        let mut scan = Scan::new(query.clone(), receipt, cursor);
        let mut lines = Vec::new();
        let mut left = MOST_OPENED;
        while !scan.over && left > 0 && lines.len() < limit as usize {
            let wanted = limit - lines.len() as u32;
            let rows = if query.is_open() { wanted } else { CHUNK.min(left) };
            let (found, opened) = self.step(scope.tenant, &mut scan, rows, wanted).await?;
            lines.extend(found);
            left = left.saturating_sub(opened);
        }
        Ok(LogPage { lines, next: (!scan.over).then_some(scan.before), receipt })
    }

    /// Begins to export the lines that fit, below `cursor` where an export broke off. One entry, durable before
    /// anything is given.
    ///
    /// # Errors
    /// The refusal with its entry for who isn't security.
    pub async fn export_log(
        self: &Arc<Self>,
        scope: Scope,
        query: LogQuery,
        cursor: Option<Cursor>,
    ) -> Result<LogExport, VaultError> {
        let receipt = self.commit_plain(self.reading(&scope, Kind::LogExported)?.detail(query.mark())).await?;
        Ok(LogExport { vault: Arc::clone(self), scope, scan: Scan::new(query, receipt, cursor), receipt })
    }

    /// Opens at most `rows` bodies, until `wanted` fit; gives what fits and how many were opened.
    async fn step(
        &self,
        tenant: TenantId,
        scan: &mut Scan,
        rows: u32,
        wanted: u32,
    ) -> Result<(Vec<FoundLine>, u32), VaultError> {
        // Others get their turn between two chunks.
        tokio::task::yield_now().await;
        let fetched = self.store.entries_between(tenant, scan.from, scan.before, rows).await?;
        let mut lines = Vec::new();
        let mut opened = 0;
        for row in &fetched {
            if lines.len() == wanted as usize {
                return Ok((lines, opened));
            }
            let LogLine { entry, body, .. } = self.line(tenant, row)?;
            opened += 1;
            scan.before = entry;
            if entry != scan.own && scan.query.fits(body.as_ref()) {
                lines.push(FoundLine { entry, place: row.index, body });
            }
        }
        scan.over = fetched.len() < rows as usize;
        Ok((lines, opened))
    }

    /// Opens a live stream. Its opening is an entry; [`Vault::unwatch`] logs its end.
    ///
    /// # Errors
    /// The refusal with its entry for who isn't security.
    pub async fn watch(&self, scope: &Scope) -> Result<broadcast::Receiver<Arc<Disclosure>>, VaultError> {
        let receiver = self.feed.watch();
        self.commit_plain(self.reading(scope, Kind::StreamOpened)?).await?;
        Ok(receiver)
    }

    /// Logs the end of a live stream, under whatever rules hold by now: that it ended is so.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn unwatch(&self, scope: &Scope, end: StreamEnd) -> Result<(), VaultError> {
        let mut act = self.bare_act(scope.tenant, Kind::StreamClosed)?.detail(end as u64);
        act.draft.person = Some(scope.person.id);
        act.draft.power = scope.power;
        self.commit_plain(act).await.map(drop)
    }

    /// The names of staff, for who reads the log: part of that reading, which has its entry.
    ///
    /// # Errors
    /// `Refused(RoleNotAllowed)` with its entry for others.
    pub async fn staff_names(&self, scope: &Scope) -> Result<Vec<(PersonId, String)>, VaultError> {
        if let Err(denial) = self.may(scope, policy::Act::ReadLog) {
            return Err(self.logged_denial(self.act(scope, Kind::PeopleRead)?, &denial).await);
        }
        let snapshot = self.power(scope.tenant).await?;
        Ok(snapshot.everybody().into_iter().map(|row| (row.id, row.name.clone())).collect())
    }

    /// People whose name has that in it, or whose id it is, by name, at most `limit`; who has exactly that name alone, where somebody
    /// has. Who has left is among them. An entry of its own.
    ///
    /// # Errors
    /// The refusal with its entry for who isn't security.
    pub async fn find_staff(&self, scope: &Scope, text: &str, limit: usize) -> Result<Vec<StaffFound>, VaultError> {
        self.commit_plain(self.reading(scope, Kind::PeopleRead)?).await?;
        let snapshot = self.power(scope.tenant).await?;
        let (id, wanted) = (PersonId::parse(text), spelled(text));
        let name = |row: &PersonRow| spelled(&row.name);
        let mut fits = snapshot.everybody();
        fits.retain(|row| id.map_or_else(|| name(row).contains(&wanted), |id| row.id == id));
        if fits.iter().any(|row| name(row) == wanted) {
            fits.retain(|row| name(row) == wanted);
        }
        let found = |row: &Arc<PersonRow>| StaffFound {
            person: row.id,
            name: row.name.clone(),
            role: row.role,
            team: row.team.clone(),
            left: snapshot.has_left(row.id),
        };
        Ok(fits.into_iter().take(limit).map(found).collect())
    }

    /// An act of reading, or its refusal.
    pub(crate) fn reading(&self, scope: &Scope, kind: Kind) -> Result<Act, VaultError> {
        let act = self.act(scope, kind)?;
        Ok(match self.may(scope, policy::Act::ReadLog) {
            Ok(()) => act,
            Err(denial) => act.denied(&denial),
        })
    }

    fn line(&self, tenant: TenantId, row: &EntryRow) -> Result<LogLine, VaultError> {
        let body = open_audit(&self.keys(tenant)?.audit, row.id, &row.leaf, &row.audit);
        Ok(LogLine { entry: row.id, place: row.index.unwrap_or(0), body })
    }

    /// Audit halves by falling place, from below `before`, for recounting: empty at the end. For the local operator's
    /// checks; shows counters and ids of staff, no customer.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn audit_page(
        &self,
        operator: &crate::wiring::Operator,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<LogLine>, VaultError> {
        let rows = self.store.entries(operator.tenant, before, limit).await?;
        rows.iter().map(|row| self.line(operator.tenant, row)).collect()
    }

    /// All of them at once, for a log that is known to be small.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn audit_bodies(&self, operator: &crate::wiring::Operator) -> Result<Vec<LogLine>, VaultError> {
        let mut lines: Vec<LogLine> = Vec::new();
        loop {
            let page = self.audit_page(operator, lines.last().map(|line| line.place), 1_000).await?;
            if page.is_empty() {
                return Ok(lines);
            }
            lines.extend(page);
        }
    }

    /// The audit halves of entries that have no place yet, for recounting: after a crash the newest may lack theirs.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn pending_bodies(&self, operator: &crate::wiring::Operator) -> Result<Vec<LogLine>, VaultError> {
        let mut lines = Vec::new();
        for pending in self.store.pending(operator.tenant, None, u32::MAX).await? {
            if let Some(row) = self.store.entry(operator.tenant, pending.entry).await? {
                lines.push(self.line(operator.tenant, &row)?);
            }
        }
        Ok(lines)
    }
}
