//! Turning the shelf: customers' keys move to the newest shelf key, and an old one is destroyed once nobody lies on
//! it. That is what makes an erasure true for backups.
//!
//! It may be stopped at any moment and begun again: a new key is durable before anything lies on it, a customer is
//! moved in one transaction with its entry, and a key goes only after the store has said that nobody needs it.

use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::{Operator, Vault};
use domain::{CustomerId, TenantId};
use keys::{HolderError, SHELF_SETTLES_MS, ShelfAge, Shelved};
use std::sync::Arc;
use store::{CustomerRow, Effect};

/// How many customers move in one transaction: the door's writer is busy with it for some milliseconds.
const BATCH: u32 = 250;
/// A shelf key takes customers for a week, in milliseconds. With the six days for which it is kept then, that is less than an
/// erasure promises (`erase.rs`).
const TURN_MS: i64 = 7 * 24 * 3_600_000;

/// What a turn did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShelfTurn {
    /// The new shelf key.
    pub shelf: u32,
    /// Customers moved.
    pub moved: u64,
    /// Shelf keys destroyed.
    pub destroyed: Vec<u32>,
    /// Shelf keys that nobody lies on any more, and that a separate key holder keeps for their six days.
    pub waiting: Vec<u32>,
}

impl Vault {
    /// Makes a new shelf key, moves every customer to it and destroys the older ones: at once, or, where a key holder of its own
    /// has them, those whose time has come by its clock; a server destroys the others later. Nobody else may be taking customers in
    /// meanwhile, in whatever process.
    ///
    /// # Errors
    /// If the store or the key holder fails.
    pub async fn turn_shelf(&self, operator: &Operator) -> Result<ShelfTurn, VaultError> {
        let tenant = operator.tenant;
        let (newest, _) = self.shelves(tenant).await?;
        let mut turn = ShelfTurn { shelf: self.begin_shelf(tenant, newest).await?, ..ShelfTurn::default() };
        let mut after = None;
        loop {
            let step = self.move_up(tenant, turn.shelf, after).await?;
            turn.moved += step.moved;
            after = step.last;
            if after.is_none() {
                break;
            }
        }
        let (newest, old) = self.shelves(tenant).await?;
        let keeps = self.holder.standing(tenant).await?.apart.is_some();
        for (shelf, next) in successions(newest, &old) {
            if !self.store.shelf_is_empty(tenant, shelf.epoch).await? {
                continue;
            }
            // Not even asked: to a key holder that is an attempt on the data, and an alarm.
            if keeps && !self.has_settled(next) {
                turn.waiting.push(shelf.epoch);
            } else if self.end_shelf(tenant, shelf.epoch).await? {
                turn.destroyed.push(shelf.epoch);
            }
        }
        Ok(turn)
    }

    /// Was this shelf key made so long ago that the one before it can go?
    fn has_settled(&self, next: ShelfAge) -> bool {
        self.now() >= next.made.plus(SHELF_SETTLES_MS)
    }

    /// The newest shelf, and the older ones that are still there.
    async fn shelves(&self, tenant: TenantId) -> Result<(ShelfAge, Vec<ShelfAge>), VaultError> {
        let mut shelves = self.holder.shelves(tenant).await?;
        let newest = shelves.pop().ok_or(HolderError::UnknownTenant)?;
        Ok((newest, shelves))
    }

    /// A shelf key's beginning and end are entries, written before the act: one too many rather than none.
    async fn begin_shelf(&self, tenant: TenantId, newest: ShelfAge) -> Result<u32, VaultError> {
        let next = u64::from(newest.epoch) + 1;
        self.commit_plain(self.bare_act(tenant, Kind::KeyMade)?.detail(next)).await?;
        Ok(self.holder.new_shelf(tenant, newest.epoch, self.clock.now()).await?)
    }

    async fn end_shelf(&self, tenant: TenantId, epoch: u32) -> Result<bool, VaultError> {
        self.commit_plain(self.bare_act(tenant, Kind::KeyDestroyed)?.detail(epoch.into())).await?;
        Ok(self.holder.destroy_shelf(tenant, epoch).await?)
    }

    /// Moves those of the next customers who lie on an older shelf.
    async fn move_up(&self, tenant: TenantId, newest: u32, after: Option<CustomerId>) -> Result<Step, VaultError> {
        let rows = self.store.customers(tenant, after, BATCH).await?;
        let last = rows.last().map(|(id, _)| *id);
        let old: Vec<(CustomerId, Shelved)> = rows
            .into_iter()
            .filter(|(_, row)| row.epoch < newest)
            .map(|(id, row)| (id, Shelved { epoch: row.epoch, wrapped: row.wrapped }))
            .collect();
        let turned = self.turned(tenant, &old).await?;
        let moved = turned.len() as u64;
        if moved > 0 {
            let mut act = self.bare_act(tenant, Kind::ShelfTurned)?.detail(moved);
            act.effects = turned;
            self.commit_plain(act).await?;
        }
        Ok(Step { moved, last })
    }

    /// A row that doesn't open stays where it is, and keeps its shelf key with it: one edited row mustn't keep all
    /// others there.
    async fn turned(&self, tenant: TenantId, old: &[(CustomerId, Shelved)]) -> Result<Vec<Effect>, VaultError> {
        let asked: Vec<(CustomerId, &Shelved)> = old.iter().map(|(id, shelved)| (*id, shelved)).collect();
        let turned = match self.holder.turn(tenant, &asked).await {
            Err(HolderError::NotOnShelf) => self.turned_one_by_one(tenant, &asked).await?,
            turned => asked.iter().map(|(customer, _)| *customer).zip(turned?).collect(),
        };
        let rewrap = |(customer, shelved): (CustomerId, Shelved)| {
            Effect::RewrapCustomer(customer, CustomerRow { epoch: shelved.epoch, wrapped: shelved.wrapped })
        };
        Ok(turned.into_iter().map(rewrap).collect())
    }

    async fn turned_one_by_one(
        &self,
        tenant: TenantId,
        asked: &[(CustomerId, &Shelved)],
    ) -> Result<Vec<(CustomerId, Shelved)>, VaultError> {
        let mut turned = Vec::with_capacity(asked.len());
        for one in asked {
            match self.holder.turn(tenant, std::slice::from_ref(one)).await {
                Ok(shelved) => turned.extend(shelved.into_iter().map(|shelved| (one.0, shelved))),
                Err(HolderError::NotOnShelf) => {
                    tracing::error!(
                        tenant = tenant.0,
                        epoch = one.1.epoch,
                        "a customer's key row doesn't open: it was edited or moved, and keeps its shelf key from being destroyed"
                    );
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(turned)
    }
}

/// Each old shelf, with the one that was made after it.
fn successions(newest: ShelfAge, old: &[ShelfAge]) -> impl Iterator<Item = (ShelfAge, ShelfAge)> {
    let next = old.iter().skip(1).copied().chain([newest]);
    old.iter().copied().zip(next)
}

struct Step {
    moved: u64,
    /// Where the next step goes on; `None` at the end.
    last: Option<CustomerId>,
}

/// Turns a tenant's shelf by the clock, in small steps beside everything else: a new shelf key each week, customers
/// moved in batches, old keys destroyed six days after the next was made, once nobody lies on them. So whoever was
/// erased is unreadable in every copy within the days that the erasure names.
pub struct ShelfKeeper {
    vault: Arc<Vault>,
    tenant: TenantId,
    walk: Option<Walk>,
}

/// The way through all customers.
struct Walk {
    after: Option<CustomerId>,
}

impl ShelfKeeper {
    /// The keeper of a tenant's shelf.
    #[must_use]
    pub fn new(vault: &Arc<Vault>, tenant: TenantId) -> Self {
        Self { vault: Arc::clone(vault), tenant, walk: None }
    }

    /// One step; says whether there is more to do right away.
    ///
    /// # Errors
    /// If the store or the key holder fails; the next step goes on where this one stood.
    pub async fn tick(&mut self) -> Result<bool, VaultError> {
        let (newest, old) = self.vault.shelves(self.tenant).await?;
        if self.vault.now() >= newest.made.plus(TURN_MS) {
            self.vault.begin_shelf(self.tenant, newest).await?;
            self.walk = None;
            return Ok(true);
        }
        if self.walk.is_none() && self.anyone_left(newest, &old).await? {
            self.walk = Some(Walk { after: None });
        }
        let Some(walk) = &mut self.walk else { return Ok(false) };
        walk.after = self.vault.move_up(self.tenant, newest.epoch, walk.after).await?.last;
        if walk.after.is_none() {
            self.walk = None;
        }
        Ok(self.walk.is_some())
    }

    /// Does anybody lie on an old shelf? The keys of those where nobody does are destroyed when it is time.
    async fn anyone_left(&self, newest: ShelfAge, old: &[ShelfAge]) -> Result<bool, VaultError> {
        let mut anyone = false;
        for (shelf, next) in successions(newest, old) {
            if !self.vault.store.shelf_is_empty(self.tenant, shelf.epoch).await? {
                anyone = true;
            } else if self.vault.has_settled(next) {
                self.vault.end_shelf(self.tenant, shelf.epoch).await?;
            }
        }
        Ok(anyone)
    }
}
