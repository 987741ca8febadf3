//! Moving a tenant's sealed values to the suites that the data plan names, while everybody goes on reading and writing.
//!
//! A value is opened and sealed anew inside the key holder: no node learns it, so nothing is disclosed. Each batch is one
//! transaction with its entry, and a value moves only if it still is what was read. It may be stopped at any moment and begun
//! again: what has moved is passed over.
//!
//! Three steps, in this order. The key holder *raises* what is sealed, so that nobody writes an older suite any more. Values
//! *move*. Once none is left that opens, older suites are *retired*: from then on an older envelope that is put back opens
//! nowhere. That also goes for backups from before, so it is asked for by itself.

use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::{Operator, Vault};
use domain::{FieldKind, Suite, TenantId};
use keys::{Header, HolderError, Place, RewrapRequest, SealRequest, Shelved, Suites};
use plan::{Date, Plan};
use std::sync::Arc;
use store::{CustomerRow, Effect, FieldRef, FieldRow, SealedValue};

/// How many values are looked at in one step. The door's writer is busy with them for some tens of milliseconds.
const BATCH: u32 = 1_000;

/// A walk through all sealed values of a tenant.
pub struct Rewrapping {
    vault: Arc<Vault>,
    tenant: TenantId,
    after: Option<FieldRef>,
    /// Values looked at.
    pub looked: u64,
    /// Values that moved.
    pub moved: u64,
    /// Values that open in no suite, by edit, move or retirement. They stay as they are: they are evidence.
    pub unopened: u64,
}

/// What became of older suites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retirement {
    /// None older than this opens any more.
    Done(Suite),
    /// So many values are left that would be lost.
    Left(u64),
}

/// What is to move, and to which suite at least.
struct Outdated {
    place: Place,
    shelved: Shelved,
    row: FieldRow,
    suite: Suite,
}

impl Vault {
    /// A request for the key of a new value, by the plan in force.
    pub(crate) fn to_seal<'a>(&self, shelved: &'a Shelved, place: Place) -> SealRequest<'a> {
        let governance = self.governance(place.tenant);
        let suite = suite_of(governance.planned.plan(), place.field, plan::day_of(self.clock.now()));
        SealRequest { shelved, place, suite }
    }

    /// Begins to move a tenant's values to the suites of the plan in force: from now on nothing is sealed with an older one than
    /// the oldest that it names. That is an entry, before it is so.
    ///
    /// # Errors
    /// `PowerTampered` while power is in doubt, `RulesUnusable` where this program can't use what officers signed; if store or
    /// key holder fail.
    pub async fn begin_rewrap(self: &Arc<Self>, operator: &Operator) -> Result<Rewrapping, VaultError> {
        let tenant = operator.tenant;
        let oldest = self.oldest_planned(tenant).await?;
        let now = self.holder.suites(tenant).await?;
        if now.seals < oldest {
            self.commit_plain(self.bare_act(tenant, Kind::SuiteRaised)?.detail(oldest.code().into())).await?;
            self.holder.raise_suites(tenant, Suites { seals: oldest, ..now }).await?;
        }
        Ok(Rewrapping::new(self, tenant))
    }

    /// Retires the suites that are older than any in the plan in force, unless values are left in them that still open. That is an
    /// entry, before it is so.
    ///
    /// Nobody may still be sealing with an older one, nor be about to open what was just moved: whoever asks has waited some
    /// seconds since the last value moved.
    ///
    /// # Errors
    /// As [`Vault::begin_rewrap`].
    pub async fn retire_suites(self: &Arc<Self>, operator: &Operator) -> Result<Retirement, VaultError> {
        let tenant = operator.tenant;
        let oldest = self.oldest_planned(tenant).await?;
        let now = self.holder.suites(tenant).await?;
        let opens = oldest.min(now.seals);
        if opens <= now.opens {
            return Ok(Retirement::Done(now.opens));
        }
        let mut walk = Rewrapping::new(self, tenant);
        let mut left = 0;
        loop {
            let older = |_: &Plan, head: &Header, _: u16| head.suite < opens;
            let (outdated, more) = walk.look(&older).await?;
            left += walk.anew(outdated).await?.len() as u64;
            if !more {
                break;
            }
        }
        if left > 0 {
            return Ok(Retirement::Left(left));
        }
        self.commit_plain(self.bare_act(tenant, Kind::SuiteRetired)?.detail(opens.code().into())).await?;
        Ok(Retirement::Done(self.holder.raise_suites(tenant, Suites { opens, ..now }).await?.opens))
    }

    /// A tenant's suites, as the key holder keeps them.
    ///
    /// # Errors
    /// If it fails.
    pub async fn suites(&self, operator: &Operator) -> Result<Suites, VaultError> {
        Ok(self.holder.suites(operator.tenant).await?)
    }

    async fn oldest_planned(&self, tenant: TenantId) -> Result<Suite, VaultError> {
        let in_force = self.plan_in_force(tenant).await?;
        Ok(in_force.planned.plan().oldest_suite(in_force.day))
    }
}

impl Rewrapping {
    fn new(vault: &Arc<Vault>, tenant: TenantId) -> Self {
        Self { vault: Arc::clone(vault), tenant, after: None, looked: 0, moved: 0, unopened: 0 }
    }

    /// Moves those of the next values that are of an older suite than the plan's; says whether there are more.
    ///
    /// # Errors
    /// If store or key holder fail; the next step goes on where this one stood.
    pub async fn step(&mut self) -> Result<bool, VaultError> {
        let day = plan::day_of(self.vault.now());
        let older = move |plan: &Plan, head: &Header, field: u16| head.suite < suite_of(plan, field, day);
        let (outdated, more) = self.look(&older).await?;
        let effects = self.anew(outdated).await?;
        let moved = effects.len() as u64;
        if moved > 0 {
            let mut act = self.vault.bare_act(self.tenant, Kind::FieldsRewrapped)?.detail(moved);
            act.effects = effects;
            self.vault.commit_plain(act).await?;
        }
        self.moved += moved;
        Ok(more)
    }

    /// The outdated ones among the next values, and whether more come behind them.
    async fn look(
        &mut self,
        is_older: &(dyn Fn(&Plan, &Header, u16) -> bool + Send + Sync),
    ) -> Result<(Vec<Outdated>, bool), VaultError> {
        let values = self.vault.store.sealed_values(self.tenant, self.after, BATCH).await?;
        let last = values.last().map(|(customer, _, row)| reference(*customer, row));
        let more = values.len() == BATCH as usize;
        self.looked += values.len() as u64;
        let governance = self.vault.governance(self.tenant);
        let (plan, day) = (governance.planned.plan(), plan::day_of(self.vault.now()));
        let mut outdated = Vec::new();
        for (customer, keys, row) in values {
            let Some(head) = Header::parse(&row.sealed) else {
                self.unopened += 1;
                continue;
            };
            if is_older(plan, &head, row.field) {
                let suite = suite_of(plan, row.field, day);
                outdated.push(Outdated::of(self.tenant, (customer, keys, row), suite));
            }
        }
        self.after = last.or(self.after);
        Ok((outdated, more))
    }

    /// What moves these values. One that doesn't open stays: one edited row mustn't keep all others back.
    async fn anew(&mut self, outdated: Vec<Outdated>) -> Result<Vec<Effect>, VaultError> {
        if outdated.is_empty() {
            return Ok(Vec::new());
        }
        let requests: Vec<RewrapRequest<'_>> = outdated.iter().map(Outdated::request).collect();
        let answers = self.vault.holder.rewrap(&requests).await?;
        let mut effects = Vec::with_capacity(answers.len());
        for (old, sealed) in outdated.into_iter().zip(answers) {
            match sealed {
                Ok(sealed) => effects.push(old.replaced(sealed)),
                Err(HolderError::Damaged | HolderError::NotOnShelf | HolderError::Retired) => self.unopened += 1,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(effects)
    }
}

impl Outdated {
    fn of(tenant: TenantId, (customer, keys, row): SealedValue, suite: Suite) -> Self {
        let CustomerRow { epoch, wrapped } = keys;
        let place = Place { tenant, customer, field: row.field, instance: row.instance, version: row.version };
        Self { place, shelved: Shelved { epoch, wrapped }, row, suite }
    }

    fn request(&self) -> RewrapRequest<'_> {
        RewrapRequest { shelved: &self.shelved, place: self.place, envelope: &self.row.sealed, suite: self.suite }
    }

    fn replaced(self, sealed: Vec<u8>) -> Effect {
        let Place { customer, .. } = self.place;
        let FieldRow { field, instance, version, sealed: before } = self.row;
        Effect::RewrapField { customer, row: FieldRow { field, instance, version, sealed }, before }
    }
}

fn reference(customer: domain::CustomerId, row: &FieldRow) -> FieldRef {
    FieldRef { customer, field: row.field, instance: row.instance }
}

/// With which suite a value of a kind is sealed at least; mask sheets go with the latest.
fn suite_of(plan: &Plan, field: u16, day: Date) -> Suite {
    plan.suite_of(FieldKind::from_code(field).map(plan::Kind::Field), day)
}
