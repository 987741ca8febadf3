//! Turning the shelf: customers' keys move to the newest shelf key, and the old one is destroyed once nobody lies on
//! it. That is what makes an erasure true for backups.

use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::{Operator, Vault};
use domain::CustomerId;
use keys::Shelved;
use store::{CustomerRow, Effect};

/// How many customers move in one transaction.
const BATCH: u32 = 1_000;

/// What a turn did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShelfTurn {
    /// Customers moved.
    pub moved: u64,
    /// Shelf keys destroyed.
    pub destroyed: Vec<u32>,
}

impl Vault {
    /// Moves every customer to the key holder's newest shelf and destroys the older shelf keys. May be stopped and
    /// begun again at any time.
    ///
    /// # Errors
    /// If the store or the key holder fails.
    pub async fn turn_shelf(&self, operator: &Operator, newest: u32) -> Result<ShelfTurn, VaultError> {
        let mut turn = ShelfTurn::default();
        let mut after = None;
        loop {
            let rows = self.store.customers(operator.tenant, after, BATCH).await?;
            let Some((last, _)) = rows.last() else { break };
            after = Some(*last);
            let old: Vec<(CustomerId, Shelved)> = rows
                .into_iter()
                .filter(|(_, row)| row.epoch < newest)
                .map(|(id, row)| (id, Shelved { epoch: row.epoch, wrapped: row.wrapped }))
                .collect();
            turn.moved += self.move_up(operator, &old).await?;
        }
        for key in self.store.wrapped_keys().await? {
            if key.tenant != operator.tenant || key.epoch == 0 || key.epoch >= newest {
                continue;
            }
            // The entry first: what is gone can't be logged into being there again.
            self.log_key(operator, Kind::KeyDestroyed, key.epoch).await?;
            if self.store.destroy_shelf(key.tenant, key.epoch).await? {
                turn.destroyed.push(key.epoch);
            }
        }
        Ok(turn)
    }

    async fn move_up(&self, operator: &Operator, old: &[(CustomerId, Shelved)]) -> Result<u64, VaultError> {
        if old.is_empty() {
            return Ok(0);
        }
        let asked: Vec<(CustomerId, &Shelved)> = old.iter().map(|(id, shelved)| (*id, shelved)).collect();
        let turned = self.holder.turn(operator.tenant, &asked).await?;
        let mut act = self.bare_act(operator.tenant, Kind::ShelfTurned)?.detail(old.len() as u64);
        for ((customer, _), shelved) in old.iter().zip(turned) {
            act.effects.push(Effect::RewrapCustomer(
                *customer,
                CustomerRow { epoch: shelved.epoch, wrapped: shelved.wrapped },
            ));
        }
        self.commit_plain(act).await?;
        Ok(old.len() as u64)
    }
}
