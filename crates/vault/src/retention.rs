//! Retention that runs by itself: once a day, customers whose values have all expired by the data plan in force are destroyed,
//! keys first, each with an entry of its own. Nothing is opened for it: what points at them from an index or from an
//! interaction's events is found afterwards, as it points at nobody. Of others what has expired is destroyed (`parts.rs`).
//!
//! What it counts from are times that the store can answer for: a customer's id says when they were taken in, and their keys
//! open under that id only; interactions carry a tag. Who edits one makes the customer doubtful, and those stay.
//!
//! The first run, and one after a long time without any, is a rehearsal: it says what is due and destroys nothing; the next one
//! does, a whole day later. So neither an update nor a clock that was set years ahead destroys before anybody could see it
//! coming. A run goes by the day on which it began.
//!
//! One node at a time does it, by lease, in small steps. It may be stopped at any moment and begun again: what is destroyed
//! isn't met again, and a run counts once its last step is committed.

mod parts;
mod run;

use crate::contact::corrected_at;
use crate::error::VaultError;
use crate::private::entry::{EntryKeys, Kind};
use crate::wiring::{Act, Vault};
use domain::{CustomerId, FieldKind, InteractionId, Millis, Refusal, TenantId, UseLimit};
use futures_util::future::join_all;
use keys::{HolderError, Shelved};
use parts::{Parting, Taken};
use plan::{Date, Known, Plan};
pub use run::RetentionRun;
use std::sync::Arc;
use store::{Condition, Effect, HeldValue, Holding, IndexPlace, Job, Seals};

/// How long a lease lasts without renewal, in milliseconds.
const LEASE_MS: i64 = 60_000;
/// Customers looked at in one step: if all of them go, that is two or three transactions of the door's.
const BATCH: u32 = 256;
const DAY_MS: i64 = 24 * 3_600_000;
/// After so long without a run, in milliseconds, the next one destroys nothing and only says what is due.
const UNSEEN_MS: i64 = 7 * DAY_MS;
/// A run that takes longer than this, in milliseconds, is begun anew: the clock was set, or the machine stood still.
const LONGEST_MS: i64 = DAY_MS;
/// Rows looked at in one step of a sweep.
const SWEPT: u32 = 2_000;

/// What a step leaves to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpiryStep {
    /// It isn't time, somebody else does it, or there is no plan that can be relied on.
    Idle,
    /// There is more to do.
    More,
    /// There is, and nobody's data waits for it: rows were looked at that name nobody any more.
    Swept,
}

/// Destroys what has expired of one tenant's.
pub struct Expirer {
    vault: Arc<Vault>,
    tenant: TenantId,
    holder: [u8; 16],
    leased_until: Option<Millis>,
    /// The last run, once it is known.
    last: Option<RetentionRun>,
    stage: Stage,
    taken: Taken,
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
    /// Entries about them when they were looked at.
    n: u64,
    shelved: Shelved,
    values: usize,
}

/// What becomes of a customer.
enum Fate {
    Stays,
    Goes(Going),
    /// Some of their values do.
    Parts(Parting),
    /// Two officers said so.
    Held,
    /// A row that says when was edited.
    Doubtful,
}

impl Expirer {
    /// For a tenant; `holder` names this node in the lease.
    #[must_use]
    pub fn new(vault: &Arc<Vault>, tenant: TenantId, holder: [u8; 16]) -> Self {
        Self {
            vault: Arc::clone(vault),
            tenant,
            holder,
            leased_until: None,
            last: None,
            stage: Stage::Waiting,
            taken: Taken::default(),
        }
    }

    /// One step.
    ///
    /// # Errors
    /// If the store or the key holder fails; the next step goes on where this one stood.
    pub async fn tick(&mut self) -> Result<ExpiryStep, VaultError> {
        if matches!(self.stage, Stage::Waiting) && !self.is_due().await? {
            return Ok(ExpiryStep::Idle);
        }
        if !self.may().await? || self.stage.is_stale(self.vault.now()) {
            return self.rest();
        }
        let step = self.stage.step();
        self.stage = match self.stage {
            Stage::Waiting => {
                let now = self.vault.now();
                self.taken = Taken::default();
                Stage::Walking(RetentionRun::begun(now, is_rehearsal(self.last.as_ref(), now)), None)
            }
            Stage::Walking(run, after) => match self.walk(run, after).await? {
                None => return self.rest(),
                Some((run, None)) => Stage::Index(run, None),
                Some((run, after)) => Stage::Walking(run, after),
            },
            Stage::Index(run, after) => match self.sweep_index(after).await? {
                None => Stage::Interactions(run, None),
                after => Stage::Index(run, after),
            },
            Stage::Interactions(run, after) => {
                let swept = self.vault.store.sweep_interactions(self.tenant, after, SWEPT).await?;
                if swept.next.is_none() {
                    self.vault.keep_run(self.tenant, &run).await?;
                    self.taken.told(self.tenant);
                    self.last = Some(run);
                    return self.rest();
                }
                Stage::Interactions(run, swept.next)
            }
        };
        Ok(step)
    }

    /// A row of the index is all that is left by which an old file's record of somebody who expired is known: in its place stays a digest.
    async fn sweep_index(&self, after: Option<IndexPlace>) -> Result<Option<IndexPlace>, VaultError> {
        let leave = |place: &IndexPlace| self.vault.tombstone_at(self.tenant, place);
        Ok(self.vault.store.sweep_index(self.tenant, after, SWEPT, &leave).await?.next)
    }

    fn rest(&mut self) -> Result<ExpiryStep, VaultError> {
        self.stage = Stage::Waiting;
        Ok(ExpiryStep::Idle)
    }

    async fn is_due(&mut self) -> Result<bool, VaultError> {
        let now = self.vault.now();
        if is_due(self.last.as_ref(), now) {
            self.last = self.vault.last_retention(self.tenant).await?;
        }
        Ok(is_due(self.last.as_ref(), now))
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
        let (plan, today) = (in_force.planned.plan(), plan::day_of(run.begun));
        let found = self.vault.store.holdings(self.tenant, after, BATCH).await?;
        // By id is by age: behind somebody who is too young for everything there are only younger ones.
        let old = |one: &Holding| plan.soonest(plan::day_of(one.customer.minted())).is_some_and(|day| day <= today);
        let next = found.last().filter(|last| old(last)).map(|last| last.customer);
        let (mut going, mut parting) = (Vec::new(), Vec::new());
        for one in found {
            run.looked_at += 1;
            match self.fate(plan, today, one) {
                Fate::Stays => {}
                Fate::Goes(one) => going.push(one),
                Fate::Parts(one) => parting.push(one),
                Fate::Held => run.held += 1,
                Fate::Doubtful => run.doubtful += 1,
            }
        }
        let gone = match run.rehearsed {
            true => Gone::rehearsed(&going, &parting),
            false => {
                let parting = self.taken.of(parting);
                let parts = self.vault.expire_parts(self.tenant, in_force.version, parting).await?;
                self.vault.expire(self.tenant, in_force.version, going).await?.and(&parts)
            }
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
            // Which one, `verify` says: a customer's id doesn't belong in a log file.
            tracing::error!(tenant = tenant.0, "a row that says how long a customer is kept was edited; they stay");
            return Fate::Doubtful;
        }
        let collected = one.customer.minted();
        // In a case nobody was in touch.
        let contacts = one.interactions.iter().filter(|row| row.channel.is_in_touch());
        let contact = contacts.map(|row| row.active).max().unwrap_or(collected);
        let expired = |value: &&HeldValue| {
            let came = came_at(value, collected, contact);
            let known = Known { collected: plan::day_of(came), contact: plan::day_of(contact) };
            let day = FieldKind::from_code(value.field).and_then(|kind| plan.expires(plan::Kind::Field(kind), &known));
            day.is_some_and(|day| day <= today)
        };
        let gone: Vec<HeldValue> = one.values.iter().filter(expired).copied().collect();
        // Of whom there is no value nothing has expired: somebody took the rows away, or they were just taken in.
        if gone.is_empty() {
            return Fate::Stays;
        }
        if one.state.hold.is_some() || one.state.is_limited(UseLimit::Restricted) {
            return Fate::Held;
        }
        let shelved = Shelved { epoch: one.keys.epoch, wrapped: one.keys.wrapped };
        let going = Going { customer: one.customer, n: one.state.n, shelved, values: gone.len() };
        match gone.len() == one.values.len() {
            true => Fate::Goes(going),
            false => Fate::Parts(Parting { going, held: one.values, gone }),
        }
    }
}

/// When a value came in. What a customer corrected tells it by its version; a note was written in a contact, so it is no younger than the
/// last one; everything else came in with the customer.
fn came_at(value: &HeldValue, collected: Millis, contact: Millis) -> Millis {
    match corrected_at(value.version) {
        Some(at) => at.max(collected),
        None if value.field == FieldKind::Note.code() => contact.max(collected),
        None => collected,
    }
}

/// An act that rests on nobody's needing the customer, and on their being as they were when they were looked at.
fn unneeded(act: Act, customer: CustomerId, (power, n): (u64, u64)) -> Act {
    act.when(Condition::PowerVersion(power))
        .when(Condition::CustomerExists(customer))
        .when(Condition::Unheld(customer))
        .when(crate::rights::unrestricted(customer))
        .when(Condition::Untouched { customer, n })
}

impl Stage {
    /// What a step from here is.
    fn step(self) -> ExpiryStep {
        match self {
            Self::Waiting | Self::Walking(..) => ExpiryStep::More,
            Self::Index(..) | Self::Interactions(..) => ExpiryStep::Swept,
        }
    }

    /// Has it taken longer than any run does, or begun at a time that is still to come?
    fn is_stale(self, now: Millis) -> bool {
        match self {
            Self::Waiting => false,
            Self::Walking(run, _) | Self::Index(run, _) | Self::Interactions(run, _) => {
                !(0..=LONGEST_MS).contains(&now.since(run.begun))
            }
        }
    }
}

/// Once in each day of UTC, and a whole day after a rehearsal. A run that is dated in the future counts as none: the clock was
/// ahead.
fn is_due(last: Option<&RetentionRun>, now: Millis) -> bool {
    last.is_none_or(|last| match now.since(last.begun) {
        ..0 => true,
        past if last.rehearsed => past >= DAY_MS,
        _ => plan::day_of(last.begun) < plan::day_of(now),
    })
}

/// Does the next run only count?
fn is_rehearsal(last: Option<&RetentionRun>, now: Millis) -> bool {
    last.is_none_or(|last| !(0..=UNSEEN_MS).contains(&now.since(last.begun)))
}

/// What a step destroyed.
#[derive(Default)]
struct Gone {
    customers: u64,
    values: u64,
    doubtful: u64,
}

impl Gone {
    /// Who and what would go.
    fn rehearsed(going: &[Going], parting: &[Parting]) -> Self {
        let all = going.iter().chain(parting.iter().map(|one| &one.going));
        Self { customers: going.len() as u64, values: all.map(|one| one.values as u64).sum(), doubtful: 0 }
    }

    fn and(self, other: &Self) -> Self {
        Self {
            customers: self.customers + other.customers,
            values: self.values + other.values,
            doubtful: self.doubtful + other.doubtful,
        }
    }

    /// Was it done? Where not, it is counted as doubtful, or the next run tells.
    fn is_done<T>(&mut self, done: Result<T, VaultError>) -> Result<bool, VaultError> {
        match done {
            Ok(_) => return Ok(true),
            // Erased or in touch meanwhile, or another plan is in force since.
            Err(VaultError::Refused {
                refusal:
                    Refusal::NotFound
                    | Refusal::PowerChanged
                    | Refusal::LegalHold
                    | Refusal::UseRestricted
                    | Refusal::NewContact,
                ..
            }) => {}
            // A row of theirs was edited: it is evidence.
            Err(VaultError::Refused { .. } | VaultError::Damaged | VaultError::Holder(HolderError::NotOnShelf)) => {
                self.doubtful += 1;
            }
            Err(error) => return Err(error),
        }
        Ok(false)
    }
}

impl Vault {
    /// Destroys these, each in one transaction with its entry.
    async fn expire(&self, tenant: TenantId, power: u64, going: Vec<Going>) -> Result<Gone, VaultError> {
        let mut gone = Gone::default();
        if going.is_empty() {
            return Ok(gone);
        }
        let keys = self.keys_of(tenant, &going.iter().collect::<Vec<_>>()).await?;
        let mut acts = Vec::with_capacity(going.len());
        for (one, keys) in going.iter().zip(keys) {
            let Some(keys) = keys else {
                gone.doubtful += 1;
                continue;
            };
            let act = self.bare_act(tenant, Kind::Expired)?.about(one.customer, None, 0, Some(keys));
            let act = unneeded(act, one.customer, (power, one.n));
            let act = act.detail(one.values as u64).effect(Effect::Expire(one.customer));
            acts.push(async move { (one, self.commit_plain(act).await) });
        }
        for (one, done) in join_all(acts).await {
            if gone.is_done(done)? {
                self.kept_keys.forget(tenant, one.customer);
                gone.customers += 1;
                gone.values += one.values as u64;
            }
        }
        Ok(gone)
    }

    /// Entry keys in one round trip; none for a row that doesn't open: it was edited, and is evidence.
    async fn keys_of(&self, tenant: TenantId, going: &[&Going]) -> Result<Vec<Option<Arc<EntryKeys>>>, VaultError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;
    /// Four minutes before midnight.
    const LATE: Millis = Millis(1_767_225_600_000 - 4 * 60_000);

    fn run(rehearsed: bool) -> RetentionRun {
        RetentionRun::begun(LATE, rehearsed)
    }

    #[test]
    fn a_rehearsal_leaves_a_whole_day_and_a_run_the_rest_of_one() {
        assert!(is_due(None, LATE) && is_rehearsal(None, LATE));
        for (rehearsed, first) in [(true, DAY_MS), (false, 4 * 60_000)] {
            let last = run(rehearsed);
            assert!(!is_due(Some(&last), LATE.plus(first - 1)), "{rehearsed}");
            assert!(is_due(Some(&last), LATE.plus(first)), "{rehearsed}");
            assert!(!is_rehearsal(Some(&last), LATE.plus(first)));
        }
        assert!(!is_rehearsal(Some(&run(false)), LATE.plus(UNSEEN_MS)));
        assert!(is_rehearsal(Some(&run(false)), LATE.plus(UNSEEN_MS + 1)));
    }

    #[test]
    fn a_clock_that_was_ahead_stops_nothing_and_destroys_nothing() {
        let (last, now) = (run(false), LATE.plus(-HOUR_MS));
        assert!(is_due(Some(&last), now) && is_rehearsal(Some(&last), now));
        for stage in [Stage::Walking(last, None), Stage::Index(last, None), Stage::Interactions(last, None)] {
            assert!(stage.is_stale(now) && stage.is_stale(LATE.plus(LONGEST_MS + 1)));
            assert!(!stage.is_stale(LATE) && !stage.is_stale(LATE.plus(LONGEST_MS)));
        }
    }
}
