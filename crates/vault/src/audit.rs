//! The log, read by right: security opens audit halves; each reading is an entry itself.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::feed::Disclosure;
use crate::private::entry::{AuditBody, Kind, open_audit};
use crate::wiring::{Act, Vault};
use domain::{EntryId, PersonId, TenantId};
use std::sync::Arc;
use store::{Condition, EntryRow};
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

/// Where to go on reading: below this place.
pub type Cursor = u64;

impl Vault {
    /// Lines of the log, newest first.
    ///
    /// # Errors
    /// The refusal with its entry for who isn't security.
    pub async fn read_log(
        &self,
        scope: &Scope,
        before: Option<Cursor>,
        limit: u32,
    ) -> Result<(Vec<LogLine>, Option<Cursor>), VaultError> {
        let rows = self.store.entries(scope.tenant, before, limit).await?;
        self.commit_plain(self.reading(scope, Kind::LogRead, rows.len())?).await?;
        let next = rows.last().and_then(|row| row.index).filter(|place| *place > 0 && rows.len() == limit as usize);
        let lines = rows.iter().map(|row| self.line(scope.tenant, row)).collect::<Result<_, _>>()?;
        Ok((lines, next))
    }

    /// Opens a live stream. Its opening is an entry; [`Vault::unwatch`] logs its end.
    ///
    /// # Errors
    /// The refusal with its entry for who isn't security.
    pub async fn watch(&self, scope: &Scope) -> Result<broadcast::Receiver<Arc<Disclosure>>, VaultError> {
        let receiver = self.feed.watch();
        self.commit_plain(self.reading(scope, Kind::StreamOpened, 0)?).await?;
        Ok(receiver)
    }

    /// Logs the end of a live stream.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn unwatch(&self, scope: &Scope) -> Result<(), VaultError> {
        self.commit_plain(self.reading(scope, Kind::StreamClosed, 0)?).await.map(drop)
    }

    /// The names of staff, for who reads the log.
    ///
    /// # Errors
    /// `Refused(RoleNotAllowed)` for others.
    pub async fn staff_names(&self, scope: &Scope) -> Result<Vec<(PersonId, String)>, VaultError> {
        policy::read_log(scope.role()).map_err(VaultError::refused)?;
        Ok(self.store.persons(scope.tenant).await?.into_iter().map(|row| (row.id, row.name)).collect())
    }

    fn reading(&self, scope: &Scope, kind: Kind, lines: usize) -> Result<Act, VaultError> {
        let act = self.act(scope, kind)?.detail(lines as u64);
        Ok(match policy::read_log(scope.role()) {
            Ok(()) => act,
            Err(refusal) => act.when(Condition::Never(refusal)),
        })
    }

    fn line(&self, tenant: TenantId, row: &EntryRow) -> Result<LogLine, VaultError> {
        let body = open_audit(&self.keys(tenant)?.audit, row.id, &row.leaf, &row.audit);
        Ok(LogLine { entry: row.id, place: row.index.unwrap_or(0), body })
    }

    /// Every entry's audit half, oldest last, for recounting. For the local operator's checks; shows counters and
    /// ids of staff, no customer.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn audit_bodies(&self, operator: &crate::wiring::Operator) -> Result<Vec<LogLine>, VaultError> {
        let mut lines = Vec::new();
        let mut before = None;
        loop {
            let rows = self.store.entries(operator.tenant, before, 1_000).await?;
            let Some(last) = rows.last() else { return Ok(lines) };
            before = last.index;
            for row in &rows {
                lines.push(self.line(operator.tenant, row)?);
            }
        }
    }

    /// The audit halves of entries that have no place yet, for recounting: after a crash the newest may lack theirs.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn pending_bodies(&self, operator: &crate::wiring::Operator) -> Result<Vec<LogLine>, VaultError> {
        let mut lines = Vec::new();
        for pending in self.store.pending(operator.tenant, u32::MAX).await? {
            if let Some(row) = self.store.entry(operator.tenant, pending.entry).await? {
                lines.push(self.line(operator.tenant, &row)?);
            }
        }
        Ok(lines)
    }
}
