//! Rows that were just used, kept beside the writer's connection: an agent's next act is about the same interaction,
//! customer and allowance. They stand for what is in the database as long as nobody else has committed to it, which
//! SQLite tells (`PRAGMA data_version`), and are checked against their tags like rows that were read.

use domain::{Counter, CustomerId, InteractionId, TenantId};
use rusqlite::Connection;
use std::collections::HashMap;
use std::hash::Hash;
use store::{BudgetRow, CustomerRow, Effect, Facts, InteractionRow, StateRow, Table};

/// How many rows of a kind are kept at most; then the kind begins anew.
const KEPT: usize = 50_000;

#[derive(Default)]
pub(super) struct Recent {
    version: i64,
    pub(super) interactions: HashMap<(TenantId, InteractionId), InteractionRow>,
    pub(super) budgets: HashMap<(TenantId, Counter), BudgetRow>,
    pub(super) customers: HashMap<(TenantId, CustomerId), CustomerRow>,
    pub(super) states: HashMap<(TenantId, CustomerId), StateRow>,
}

impl Recent {
    /// Forgets everything if another connection has committed since. To be called inside the transaction.
    pub(super) fn refresh(&mut self, transaction: &Connection) -> rusqlite::Result<()> {
        let version = transaction.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if version != self.version {
            *self = Self { version, ..Self::default() };
        }
        Ok(())
    }

    /// Keeps what a transaction that has been committed read and changed.
    pub(super) fn keep(&mut self, facts: Facts, effects: &[(TenantId, Effect)]) {
        let moves = |(_, effect): &(_, Effect)| {
            matches!(effect, Effect::Erase { .. } | Effect::Expire(_) | Effect::RewrapCustomer(..))
        };
        if effects.iter().any(moves) {
            *self = Self { version: self.version, ..Self::default() };
            return;
        }
        fill(&mut self.interactions, facts.interactions);
        fill(&mut self.budgets, facts.budgets);
        fill(&mut self.customers, facts.customers);
        fill(&mut self.states, facts.states);
    }
}

fn fill<K: Eq + Hash + Ord, V>(kept: &mut HashMap<K, V>, used: Table<K, V>) {
    if kept.len() >= KEPT {
        kept.clear();
    }
    kept.extend(used.into_genuine());
}
