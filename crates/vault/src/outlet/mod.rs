//! What leaves for other machines and for people who watch: webhooks, a collector's events, digests. The log is what they are made
//! from: each outlet reads it by place, and a row of its own says how far it was told. So nothing is lost by a crash, and what was
//! told but not noted is told again, under the same id.
//!
//! One node at a time carries to an outlet, by lease; whoever lost it moves nothing, as the row isn't any more what they read. An
//! outlet is used only if officers agreed to it, by the words that settings have for it.

mod cursor;
mod digest;
mod standing;
mod tell;

use crate::error::VaultError;
use crate::private::entry::{AuditBody, Kind, open_audit};
use crate::wiring::{TenantConfig, Vault};
use cursor::{BEGINS_MS, Cursor};
pub use digest::{DigestOutlet, DigestTeller, DigestText, Tallied};
use domain::{EntryId, Millis};
pub use standing::{OutletState, Standing};
use std::sync::Arc;
use store::{EntryRow, Job, Seals as _};
pub use tell::{AlarmTeller, alarm_of};

/// How long a lease lasts without renewal, in milliseconds: longer than the longest delivery.
const LEASE_MS: i64 = 30_000;
/// How many entries are read at once.
const CHUNK: u64 = 256;

/// An entry, as an outlet may tell it: no value, no name, and no customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happening {
    /// The entry: the same however often it is told.
    pub entry: EntryId,
    /// Its place in the log.
    pub place: u64,
    /// Its audit half; none if the row was edited.
    pub body: Option<AuditBody>,
    /// The customer, by a name that this outlet alone knows them by.
    pub customer: Option<[u8; 8]>,
}

/// Why an outlet didn't take what it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutletError {
    /// Not now: it is tried again.
    Later(&'static str),
    /// Never again: it said so itself.
    Gone,
}

/// A way out.
pub trait Outlet: Send + Sync {
    /// Its words in the settings, by which officers agree to it.
    fn name(&self) -> &str;
    /// How many it takes at once.
    fn at_once(&self) -> usize;
    /// Does it tell of these at all?
    fn tells(&self, happening: &Happening) -> bool;
    /// Hands over those that it tells of, oldest first: all, or none that count. Blocks for seconds at most.
    ///
    /// # Errors
    /// Why it took nothing.
    fn deliver(&self, tenant: &TenantConfig, now: Millis, happenings: &[Happening]) -> Result<(), OutletError>;
}

/// What a step was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutletStep {
    /// Nothing is to be told, or another node does it, or it waits.
    Idle,
    /// There is more to be told.
    More,
}

/// Carries one tenant's log to one outlet.
pub struct Teller {
    vault: Arc<Vault>,
    tenant: TenantConfig,
    outlet: Arc<dyn Outlet>,
    lease: Lease,
}

/// The right to tell, as this node has it.
struct Lease {
    job: Job,
    holder: [u8; 16],
    until: Option<Millis>,
}

impl Lease {
    fn new(job: Job, holder: [u8; 16]) -> Self {
        Self { job, holder, until: None }
    }

    /// Does this node have it? It is renewed once half of it is over.
    async fn held(&mut self, vault: &Vault) -> Result<bool, VaultError> {
        let now = vault.now();
        if self.until.is_none_or(|until| now >= until) {
            let fence = vault.store.lease(self.job, self.holder, now, LEASE_MS).await?;
            self.until = fence.map(|_| now.plus(LEASE_MS / 2));
        }
        Ok(self.until.is_some())
    }
}

/// An outlet's row, and its lease.
fn id_of(name: &str) -> [u8; 16] {
    let hash = keys::hash(&[b"outlet", name.as_bytes()]);
    std::array::from_fn(|at| hash[at])
}

impl Teller {
    /// One for an outlet; `holder` names this node in the lease.
    #[must_use]
    pub fn new(vault: &Arc<Vault>, tenant: TenantConfig, outlet: Arc<dyn Outlet>, holder: [u8; 16]) -> Self {
        let lease = Lease::new(Job::Tell(tenant.id, id_of(outlet.name())), holder);
        Self { vault: Arc::clone(vault), tenant, outlet, lease }
    }

    /// One step: reads what is new and hands over what of it is to be told.
    ///
    /// # Errors
    /// If the store fails; then it is tried again.
    pub async fn tick(&mut self) -> Result<OutletStep, VaultError> {
        let (vault, tenant, id) = (Arc::clone(&self.vault), self.tenant.id, id_of(self.outlet.name()));
        if !vault.agrees_to_outlet(tenant, self.outlet.name()).await? || !self.lease.held(&vault).await? {
            return Ok(OutletStep::Idle);
        }
        let Some(mut cursor) = vault.cursor(tenant, id).await? else {
            vault.begin_cursor(tenant, id, false).await?;
            return Ok(OutletStep::More);
        };
        let size = vault.store.head(tenant).await?.size;
        if !cursor.is_genuine() || cursor.next > size {
            // Nothing is lost by what somebody wrote there: it begins again, and is an alarm.
            vault.begin_cursor(tenant, id, true).await?;
            return Ok(OutletStep::More);
        }
        if cursor.gone || cursor.rests(vault.now()) || cursor.next == size {
            return Ok(OutletStep::Idle);
        }
        self.carry(&mut cursor, id, size).await
    }

    async fn carry(&mut self, cursor: &mut Cursor, id: [u8; 16], size: u64) -> Result<OutletStep, VaultError> {
        let until = size.min(cursor.next + CHUNK);
        let mut told: Vec<Happening> = Vec::new();
        for row in self.vault.places(&self.tenant, cursor.next, until).await? {
            let happening = self.vault.happening(&self.tenant, id, &row)?;
            if self.outlet.tells(&happening) {
                told.push(happening);
            }
        }
        for batch in told.chunks(self.outlet.at_once().max(1)) {
            // Deliveries may be slow: the lease is as long as one of them, not as all.
            if !self.lease.held(&self.vault).await? {
                return Ok(OutletStep::Idle);
            }
            let next = batch.last().map_or(cursor.next, |last| last.place + 1);
            match self.outlet.deliver(&self.tenant, self.vault.now(), batch) {
                Ok(()) => cursor.told(next, self.vault.now()),
                Err(OutletError::Gone) => cursor.gone = true,
                Err(OutletError::Later(why)) => {
                    cursor.failed(self.vault.now(), u16::from_be_bytes(self.vault.secret()));
                    tracing::warn!(
                        tenant = self.tenant.slug,
                        why,
                        "an outlet doesn't take what it is told; it is tried again"
                    );
                }
            }
            // Only whoever still has what they read moves it on.
            if !self.vault.keep_cursor(self.tenant.id, cursor).await? || cursor.gone || cursor.failures > 0 {
                return Ok(OutletStep::Idle);
            }
        }
        if cursor.next < until {
            cursor.told(until, self.vault.now());
            self.vault.keep_cursor(self.tenant.id, cursor).await?;
        }
        Ok(if until < size { OutletStep::More } else { OutletStep::Idle })
    }
}

impl Vault {
    /// Is this outlet one of those that count? While people and rights are in doubt, those count that this node knew before; one that
    /// has just begun knows its file's word only, and tells nobody.
    ///
    /// # Errors
    /// As [`Vault::power`].
    pub async fn agrees_to_outlet(&self, tenant: domain::TenantId, name: &str) -> Result<bool, VaultError> {
        let power = self.power(tenant).await?;
        let known = power.sound || !Arc::ptr_eq(&power.governance, self.unsigned(tenant));
        Ok(known && power.governance.settings.parties.outlets.contains(name))
    }

    /// Entries by rising place.
    async fn places(&self, tenant: &TenantConfig, from: u64, until: u64) -> Result<Vec<EntryRow>, VaultError> {
        let limit = u32::try_from(until - from).unwrap_or(u32::MAX);
        let mut rows = self.store.entries(tenant.id, Some(until), limit).await?;
        rows.retain(|row| row.index.is_some_and(|place| place >= from));
        rows.reverse();
        Ok(rows)
    }

    fn happening(&self, tenant: &TenantConfig, outlet: [u8; 16], row: &EntryRow) -> Result<Happening, VaultError> {
        let body = open_audit(&self.keys(tenant.id)?.audit, row.id, &row.leaf, &row.audit);
        let alias = body.as_ref().and_then(|body| body.alias);
        let handle = alias.map(|alias| {
            let tag = self.seals.tag(tenant.id, "outlet", &[outlet.as_slice(), &alias.to_be_bytes()].concat());
            std::array::from_fn(|at| tag[at])
        });
        Ok(Happening { entry: row.id, place: row.index.unwrap_or(0), body, customer: handle })
    }

    /// The place from which on a new outlet is told: what happened in the last seven days. Entries lie by place nearly as they were
    /// made, so that halving finds it.
    async fn begins(&self, tenant: domain::TenantId) -> Result<u64, VaultError> {
        let since = self.now().plus(-BEGINS_MS);
        let (mut low, mut high) = (0, self.store.head(tenant).await?.size);
        while low < high {
            let middle = low + (high - low) / 2;
            let row = self.store.entries(tenant, Some(middle + 1), 1).await?.pop();
            if row.is_some_and(|row| row.id.minted() < since) { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }

    /// Begins to tell an outlet, or begins again. An entry, so that a row that somebody took out shows.
    async fn begin_cursor(&self, tenant: domain::TenantId, id: [u8; 16], edited: bool) -> Result<(), VaultError> {
        let next = self.begins(tenant).await?;
        let now = self.now();
        let act = self.bare_act(tenant, Kind::OutletBegun)?.detail(next);
        self.commit_plain(
            act.effect(store::Effect::PutAdmission(Cursor::begin(id, next, now, edited.then_some(now)).row())),
        )
        .await
        .map(drop)
    }
}
