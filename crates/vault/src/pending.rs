//! What waits for somebody, held against what the log counts.
//!
//! A row of such a thing has a tag, so an edited one is known. One that is taken out of the database, or put back there as it once was,
//! isn't known by its tag: two counters say how many began to wait and how many ended, another how often a record was written, and they are
//! recounted from the log.

use crate::error::VaultError;
use crate::wiring::{Act, Vault};
use domain::{Counter, Pending, Refusal, Room, TenantId};
use std::collections::HashMap;
use store::{AdmissionKind, AdmissionRow, Spend, Turn};

/// How often rows and counts are read until nothing came between.
const TRIES: u32 = 3;

/// The rows of a kind, and how many of them the log says are waiting; none where its counts were edited.
pub(crate) struct Counted {
    pub(crate) rows: Vec<AdmissionRow>,
    pub(crate) counted: Option<u64>,
}

fn kind_of(what: Pending) -> AdmissionKind {
    match what {
        Pending::Glass => AdmissionKind::Glass,
        Pending::Request => AdmissionKind::RightsRequest,
        Pending::Drill => AdmissionKind::Drill,
        Pending::Proposal => AdmissionKind::Proposal,
    }
}

impl Act {
    /// With this act one more begins to wait, or ends.
    pub(crate) fn counts(self, what: Pending, ended: bool) -> Self {
        self.moves(Counter::pending(what, ended))
    }

    /// The same, counted for itself as well: so that it can end after its row is gone.
    pub(crate) fn counts_one(self, what: Pending, id: &[u8; 16], ended: bool) -> Self {
        self.counts(what, ended).moves(Counter::pending_one(what, id, ended))
    }

    /// With this act its record is written once more.
    pub(crate) fn counts_turn(self, what: Pending, id: &[u8; 16]) -> Self {
        self.moves(Counter::pending_turns(what, id))
    }

    fn moves(self, counter: Counter) -> Self {
        let (turn, otherwise, at) = (Turn::Spend(1), Refusal::BudgetExhausted, self.draft.id.minted());
        self.spend(Spend { counter, purpose: None, turn, at, room: Room::ANY, otherwise })
    }
}

impl Vault {
    /// What is kept and what is counted of it. Read again where something happened in between.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) async fn counted(&self, tenant: TenantId, what: Pending) -> Result<Counted, VaultError> {
        let pair = [false, true].map(|ended| Counter::pending(what, ended));
        let mut before = self.differ_by(tenant, pair).await?;
        let mut tries = 0;
        loop {
            let rows = self.all_admissions(tenant, kind_of(what)).await?;
            let counted = self.differ_by(tenant, pair).await?;
            tries += 1;
            if before == counted || tries >= TRIES {
                return Ok(Counted { rows, counted });
            }
            before = counted;
        }
    }

    /// Does this one wait, as the log counts? Where that was edited it does.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) async fn one_waits(&self, tenant: TenantId, what: Pending, id: &[u8; 16]) -> Result<bool, VaultError> {
        let pair = [false, true].map(|ended| Counter::pending_one(what, id, ended));
        Ok(self.differ_by(tenant, pair).await? != Some(0))
    }

    /// How often the log counts that the records of these were written, in their order; none where that was edited.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) async fn turns(
        &self,
        tenant: TenantId,
        what: Pending,
        ids: &[[u8; 16]],
    ) -> Result<Vec<Option<u64>>, VaultError> {
        let counters: Vec<Counter> = ids.iter().map(|id| Counter::pending_turns(what, id)).collect();
        let rows: HashMap<_, _> = self.store.budgets_of(tenant, counters.clone()).await?.into_iter().collect();
        let turns = |counter: &Counter| match rows.get(counter) {
            None => Some(0),
            Some(row) => (row.tag == row.tag_by(&*self.seals, tenant, counter)).then_some(row.total),
        };
        Ok(counters.iter().map(turns).collect())
    }

    /// By how much the first of two counters is ahead; none where one was edited.
    async fn differ_by(&self, tenant: TenantId, [began, ended]: [Counter; 2]) -> Result<Option<u64>, VaultError> {
        let rows = self.store.budgets_of(tenant, vec![began, ended]).await?;
        if rows.iter().any(|(counter, row)| row.tag != row.tag_by(&*self.seals, tenant, counter)) {
            return Ok(None);
        }
        let total = |of| rows.iter().find(|(counter, _)| *counter == of).map_or(0, |(_, row)| row.total);
        Ok(total(began).checked_sub(total(ended)))
    }
}
