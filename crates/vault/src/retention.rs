//! Retention that runs by itself: once a day, customers whose values have all expired by the data plan in force are destroyed,
//! keys first, each with an entry of its own. Nothing is opened for it: what points at them from an index or from an
//! interaction's events is found afterwards, as it points at nobody.
//!
//! What it counts from are times that the store can answer for: a customer's id says when they were taken in, and their keys
//! open under that id only; interactions carry a tag. Who edits one makes the customer doubtful, and those stay.
//!
//! The first run, and one after a long time without any, is a rehearsal: it says what is due and destroys nothing, the next day's
//! does. So neither an update nor a clock that was set years ahead destroys before anybody could see it coming.
//!
//! One node at a time does it, by lease, in small steps. It may be stopped at any moment and begun again: what is destroyed
//! isn't met again, and a run counts once its last step is committed.

mod run;

use crate::error::VaultError;
use crate::private::entry::{EntryKeys, Kind};
use crate::wiring::Vault;
use domain::{CustomerId, FieldKind, InteractionId, Millis, Refusal, TenantId};
use futures_util::future::join_all;
use keys::{HolderError, Shelved};
use plan::{Date, Known, Plan};
pub use run::RetentionRun;
use std::sync::Arc;
use store::{Condition, Effect, Holding, IndexPlace, Job, Seals};

/// How long a lease lasts without renewal, in milliseconds.
const LEASE_MS: i64 = 60_000;
/// Customers looked at in one step: if all of them go, that is two or three transactions of the door's.
const BATCH: u32 = 256;
/// After so long without a run, in milliseconds, the next one destroys nothing and only says what is due.
const UNSEEN_MS: i64 = 31 * 24 * 3_600_000;
/// Rows looked at in one step of a sweep.
const SWEPT: u32 = 2_000;

/// What a step leaves to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiryStep {
    /// It isn't time, somebody else does it, or there is no plan that can be relied on.
    Idle,
    /// There is more to do.
    More,
}

/// Destroys what has expired of one tenant's.
pub struct Expirer {
    vault: Arc<Vault>,
    tenant: TenantId,
    holder: [u8; 16],
    leased_until: Option<Millis>,
    /// When the last run began, once it is known.
    last: Option<Millis>,
    stage: Stage,
}

#[derive(Clone, Copy)]
enum Stage {
    Waiting,
    Walking(RetentionRun, Option<CustomerId>),
    Index(RetentionRun, Option<IndexPlace>),
    Interactions(RetentionRun, Option<InteractionId>),
}

/// Somebody who goes.
struct Going {
    customer: CustomerId,
    shelved: Shelved,
    values: usize,
}

/// What becomes of a customer.
enum Fate {
    Stays,
    Goes(Going),
    /// Two officers said so.
    Held,
    /// A row that says when was edited.
    Doubtful,
}

impl Expirer {
    /// For a tenant; `holder` names this node in the lease.
    #[must_use]
    pub fn new(vault: &Arc<Vault>, tenant: TenantId, holder: [u8; 16]) -> Self {
        Self { vault: Arc::clone(vault), tenant, holder, leased_until: None, last: None, stage: Stage::Waiting }
    }

    /// One step.
    ///
    /// # Errors
    /// If the store or the key holder fails; the next step goes on where this one stood.
    pub async fn tick(&mut self) -> Result<ExpiryStep, VaultError> {
        if matches!(self.stage, Stage::Waiting) && !self.is_due().await? {
            return Ok(ExpiryStep::Idle);
        }
        if !self.may().await? {
            self.stage = Stage::Waiting;
            return Ok(ExpiryStep::Idle);
        }
        self.stage = match self.stage {
            Stage::Waiting => {
                let now = self.vault.now();
                let rehearsed = self.last.is_none_or(|last| now.since(last) > UNSEEN_MS);
                Stage::Walking(RetentionRun::begun(now, rehearsed), None)
            }
            Stage::Walking(run, after) => match self.walk(run, after).await? {
                None => return self.rest(),
                Some((run, None)) => Stage::Index(run, None),
                Some((run, after)) => Stage::Walking(run, after),
            },
            Stage::Index(run, after) => match self.vault.store.sweep_index(self.tenant, after, SWEPT).await?.next {
                None => Stage::Interactions(run, None),
                after => Stage::Index(run, after),
            },
            Stage::Interactions(run, after) => {
                let swept = self.vault.store.sweep_interactions(self.tenant, after, SWEPT).await?;
                if swept.next.is_none() {
                    self.vault.keep_run(self.tenant, &run).await?;
                    self.last = Some(run.begun);
                    return self.rest();
                }
                Stage::Interactions(run, swept.next)
            }
        };
        Ok(ExpiryStep::More)
    }

    fn rest(&mut self) -> Result<ExpiryStep, VaultError> {
        self.stage = Stage::Waiting;
        Ok(ExpiryStep::Idle)
    }

    /// Once in each day of UTC.
    async fn is_due(&mut self) -> Result<bool, VaultError> {
        let today = plan::day_of(self.vault.now());
        let earlier = |last: Option<Millis>| last.is_none_or(|last| plan::day_of(last) < today);
        if earlier(self.last) {
            self.last = self.vault.last_retention(self.tenant).await?.map(|run| run.begun);
        }
        Ok(earlier(self.last))
    }

    async fn may(&mut self) -> Result<bool, VaultError> {
        let now = self.vault.now();
        if self.leased_until.is_none_or(|until| now >= until) {
            let fence = self.vault.store.lease(Job::Expire(self.tenant), self.holder, now, LEASE_MS).await?;
            self.leased_until = fence.map(|_| now.plus(LEASE_MS / 2));
        }
        Ok(self.leased_until.is_some())
    }

    /// Looks at the next customers and destroys those of whom everything has expired. Nothing, where no plan can be relied on;
    /// nobody to go on after, at the end.
    async fn walk(
        &mut self,
        mut run: RetentionRun,
        after: Option<CustomerId>,
    ) -> Result<Option<(RetentionRun, Option<CustomerId>)>, VaultError> {
        let in_force = match self.vault.plan_in_force(self.tenant).await {
            Err(VaultError::Refused { .. }) => return Ok(None),
            in_force => in_force?,
        };
        let plan = in_force.planned.plan();
        let found = self.vault.store.holdings(self.tenant, after, BATCH).await?;
        // By id is by age: behind somebody who is too young for everything there are only younger ones.
        let old =
            |one: &Holding| plan.soonest(plan::day_of(one.customer.minted())).is_some_and(|day| day <= in_force.day);
        let next = found.last().filter(|last| old(last)).map(|last| last.customer);
        let mut going = Vec::new();
        for one in found {
            run.looked_at += 1;
            match self.fate(plan, in_force.day, one) {
                Fate::Stays => {}
                Fate::Goes(one) => going.push(one),
                Fate::Held => run.held += 1,
                Fate::Doubtful => run.doubtful += 1,
            }
        }
        let gone = match run.rehearsed {
            true => Gone::rehearsed(&going),
            false => self.vault.expire(self.tenant, in_force.version, going).await?,
        };
        (run.customers, run.values) = (run.customers + gone.customers, run.values + gone.values);
        run.doubtful += gone.doubtful;
        Ok(Some((run, next)))
    }

    fn fate(&self, plan: &Plan, today: Date, one: Holding) -> Fate {
        let (tenant, seals) = (self.tenant, &self.vault.seals);
        let state = one.state.tag == one.state.tag_by(&**seals, tenant, one.customer);
        let genuine = |row: &store::InteractionRow| row.tag == seals.tag(tenant, "interaction", &row.material());
        if !state || !one.interactions.iter().all(genuine) {
            tracing::error!(tenant = tenant.0, customer = %one.customer, "a row that says how long a customer is kept was edited; they stay");
            return Fate::Doubtful;
        }
        let collected = one.customer.minted();
        let contact = one.interactions.iter().map(|row| row.active).max().unwrap_or(collected);
        let known = Known { collected: plan::day_of(collected), contact: plan::day_of(contact) };
        let expired = |field: &u16| {
            let day = FieldKind::from_code(*field).and_then(|kind| plan.expires(plan::Kind::Field(kind), &known));
            day.is_some_and(|day| day <= today)
        };
        if !one.fields.iter().all(expired) {
            return Fate::Stays;
        }
        if one.state.hold.is_some() {
            return Fate::Held;
        }
        let shelved = Shelved { epoch: one.keys.epoch, wrapped: one.keys.wrapped };
        Fate::Goes(Going { customer: one.customer, shelved, values: one.fields.len() })
    }
}

/// What a step destroyed.
#[derive(Default)]
struct Gone {
    customers: u64,
    values: u64,
    doubtful: u64,
}

impl Gone {
    /// Who would go.
    fn rehearsed(going: &[Going]) -> Self {
        let values = going.iter().map(|one| one.values as u64).sum();
        Self { customers: going.len() as u64, values, doubtful: 0 }
    }
}

impl Vault {
    /// Destroys these, each in one transaction with its entry.
    async fn expire(&self, tenant: TenantId, power: u64, going: Vec<Going>) -> Result<Gone, VaultError> {
        let mut gone = Gone::default();
        if going.is_empty() {
            return Ok(gone);
        }
        let keys = self.keys_of(tenant, &going).await?;
        let mut acts = Vec::with_capacity(going.len());
        for (one, keys) in going.iter().zip(keys) {
            let Some(keys) = keys else {
                gone.doubtful += 1;
                continue;
            };
            let act = self.bare_act(tenant, Kind::Expired)?.about(one.customer, None, 0, Some(keys));
            let act = act.when(Condition::PowerVersion(power)).when(Condition::CustomerExists(one.customer));
            let act = act.when(Condition::Unheld(one.customer));
            let act = act.detail(one.values as u64).effect(Effect::Expire(one.customer));
            acts.push(async move { (one, self.commit_plain(act).await) });
        }
        for (one, done) in join_all(acts).await {
            match done {
                Ok(_) => {
                    self.kept_keys.forget(tenant, one.customer);
                    gone.customers += 1;
                    gone.values += one.values as u64;
                }
                // Erased meanwhile, or another plan is in force since: the next look tells.
                Err(VaultError::Refused {
                    refusal: Refusal::NotFound | Refusal::PowerChanged | Refusal::LegalHold,
                    ..
                }) => {}
                Err(VaultError::Refused { .. }) => gone.doubtful += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(gone)
    }

    /// Entry keys in one round trip; none for a row that doesn't open: it was edited, and is evidence.
    async fn keys_of(&self, tenant: TenantId, going: &[Going]) -> Result<Vec<Option<Arc<EntryKeys>>>, VaultError> {
        let asked: Vec<(CustomerId, &Shelved)> = going.iter().map(|one| (one.customer, &one.shelved)).collect();
        let all = match self.holder.entry_keys(tenant, &asked).await {
            Err(HolderError::NotOnShelf) => {
                let mut all = Vec::with_capacity(asked.len());
                for one in &asked {
                    all.push(match self.holder.entry_keys(tenant, std::slice::from_ref(one)).await {
                        Err(HolderError::NotOnShelf) => None,
                        keys => keys?.pop(),
                    });
                }
                all
            }
            keys => keys?.into_iter().map(Some).collect(),
        };
        Ok(all.into_iter().map(|view| view.map(|view| Arc::new(EntryKeys::new(view)))).collect())
    }
}
