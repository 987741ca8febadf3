//! A customer's statement: their own key of the log, and the entries about them. A data protection officer hands it
//! over. It is an opening: its own entry, also about the customer, is durable before any other is opened.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::{AuditBody, CustomerBody, EntryKeys, Kind, open_audit_with_digest};
use crate::wiring::Vault;
use domain::{CustomerId, EntryId, Hold, Refusal, TenantId};
use keys::Key32;
use std::collections::HashMap;
use store::{Condition, EntryRow};

/// How many rows are fetched at once.
const CHUNK: u32 = 500;

/// One entry about the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// Which of the customer's, from 1.
    pub n: u64,
    /// The entry.
    pub entry: EntryId,
    /// Its place in the log; none for a moment after it was written.
    pub place: Option<u64>,
    /// The customer's half with its `rc`, and `H(ra ‖ A)`: enough to check it against the leaf. `None` where a row was
    /// edited.
    pub half: Option<([u8; 32], CustomerBody, [u8; 32])>,
    /// What the audit half says; to be believed, as the customer can't open it. `None` where a row was edited.
    pub audit: Option<AuditBody>,
}

/// What is handed over.
pub struct Statement {
    /// The statement's own entry.
    pub receipt: EntryId,
    /// `V_c`.
    pub key: Key32,
    /// Why the customer is under a legal hold, if they are.
    pub hold: Option<Hold>,
    /// The entries about the customer, first to last; the last is the statement's own.
    pub lines: Vec<StatementLine>,
}

impl Vault {
    /// Gives a customer's statement.
    ///
    /// # Errors
    /// The refusal with its entry for who isn't the data protection officer, or if there is no such customer.
    pub async fn give_statement(&self, scope: &Scope, customer: CustomerId) -> Result<Statement, VaultError> {
        let keys = self.entry_keys(scope.tenant, customer).await?;
        let act = self.act(scope, Kind::StatementGiven)?.about(customer, None, 0, keys.clone());
        let act = match self.may(scope, policy::Act::GiveStatement) {
            Ok(()) => act.when(Condition::CustomerExists(customer)),
            Err(denial) => act.denied(&denial),
        };
        let receipt = self.commit_plain(act).await?;
        let keys = keys.ok_or(VaultError::refused(Refusal::NotFound))?;
        let lines = self.lines_about(scope.tenant, &keys, receipt).await?;
        let hold = self.store.state(scope.tenant, customer).await?.and_then(|state| state.hold);
        Ok(Statement { receipt, key: keys.view.key().clone(), hold, lines })
    }

    /// The entries with the customer's labels, up to the one that says how many there are.
    pub(crate) async fn lines_about(
        &self,
        tenant: TenantId,
        keys: &EntryKeys,
        own: EntryId,
    ) -> Result<Vec<StatementLine>, VaultError> {
        let row = self.store.entry(tenant, own).await?.ok_or(VaultError::Damaged)?;
        let (_, body) = keys.open(row.id, &row.customer).ok_or(VaultError::Damaged)?;
        self.lines_before(tenant, keys, (EntryId([0xff; 16]), body.n), u32::MAX).await
    }

    /// The first `n` entries with the customer's labels that are older than one, as far as they are among so many of the log's rows before it.
    pub(crate) async fn lines_before(
        &self,
        tenant: TenantId,
        keys: &EntryKeys,
        (mut before, n): (EntryId, u64),
        most_rows: u32,
    ) -> Result<Vec<StatementLine>, VaultError> {
        let mut wanted: HashMap<[u8; 32], u64> = (1..=n).map(|n| (keys.view.label(n), n)).collect();
        let mut lines = Vec::with_capacity(wanted.len());
        let mut looked_at = 0_u32;
        while !wanted.is_empty() && looked_at < most_rows {
            looked_at = looked_at.saturating_add(CHUNK);
            // Others get their turn between two chunks.
            tokio::task::yield_now().await;
            let rows = self.store.entries_between(tenant, EntryId([0; 16]), before, CHUNK).await?;
            let Some(last) = rows.last() else { break };
            before = last.id;
            for row in &rows {
                let label = row.leaf[1..].first_chunk().and_then(|label| wanted.remove(label));
                if let Some(n) = label.filter(|_| row.leaf[0] == 1) {
                    lines.push(self.statement_line(tenant, keys, n, row)?);
                }
            }
        }
        lines.sort_unstable_by_key(|line| line.n);
        Ok(lines)
    }

    pub(crate) fn statement_line(
        &self,
        tenant: TenantId,
        keys: &EntryKeys,
        n: u64,
        row: &EntryRow,
    ) -> Result<StatementLine, VaultError> {
        let audit = open_audit_with_digest(&self.keys(tenant)?.audit, row.id, &row.leaf, &row.audit);
        let half = keys.open(row.id, &row.customer).zip(audit.as_ref());
        Ok(StatementLine {
            n,
            entry: row.id,
            place: row.index,
            half: half.map(|((rc, body), (_, digest))| (rc, body, *digest)),
            audit: audit.map(|(audit, _)| audit),
        })
    }
}
