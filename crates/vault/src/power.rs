//! Power: who there is, and everything that grants something to people, as one whole. A node loads it whole, checks it
//! whole against what the key holder sealed, and serves it from memory until its version moves.
//!
//! Rows are used through a checked load only. What doesn't fit isn't used: then only those who watch get in, to see why,
//! and nothing is disclosed.

pub(crate) mod access;
pub(crate) mod asked;
pub(crate) mod change;
mod doubt;
pub(crate) mod draft;
pub(crate) mod duties;
pub(crate) mod earlier;
pub(crate) mod governance;
pub(crate) mod governing;
mod kept;
mod load;
pub(crate) mod plan;
pub(crate) mod proof;
mod proposal;
pub(crate) mod reach;
pub(crate) mod replay;
mod told;
pub(crate) mod trial;
pub(crate) mod wish;

use domain::duty::Duty;
use domain::{Millis, PersonId, Role, TenantId};
use governance::Governance;
use keys::Powers;
use keys::power::{PowerBody, plain};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{PersonRow, PowerHead};

/// For how long, in milliseconds, a version is believed to be the newest without a look. Each commit checks it again, so
/// this bounds reads only.
pub(crate) const BELIEVED_MS: i64 = 250;

/// All power of a tenant in one version.
#[derive(Clone)]
pub struct Snapshot {
    pub(crate) tenant: TenantId,
    pub(crate) seq: u64,
    /// Is it what the key holder sealed, in a database without code of somebody else's?
    pub(crate) sound: bool,
    /// Is there such code? It can swallow what is written.
    foreign_code: bool,
    head: Option<PowerHead>,
    powers: Powers,
    pub(crate) people: BTreeMap<PersonId, Arc<PersonRow>>,
    tokens: HashMap<[u8; 32], PersonId>,
    pub(crate) governance: Arc<Governance>,
}

impl Snapshot {
    fn new(
        tenant: TenantId,
        head: Option<PowerHead>,
        people: Vec<PersonRow>,
        powers: Powers,
        governance: Arc<Governance>,
    ) -> Self {
        let tokens = people.iter().filter_map(|row| Some((row.token?, row.id))).collect();
        let people = people.into_iter().map(|row| (row.id, Arc::new(row))).collect();
        let seq = head.map_or(0, |head| head.seq);
        Self { tenant, seq, sound: true, foreign_code: false, head, powers, people, tokens, governance }
    }

    /// Its version: how often power was changed.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Somebody who may sign in and act: who hasn't left. In doubt, only those who watch.
    #[must_use]
    pub fn person(&self, id: PersonId) -> Option<&Arc<PersonRow>> {
        self.people.get(&id).filter(|row| !self.powers.has_left(id) && (self.sound || watches(row.role)))
    }

    /// Everybody who was ever there, by name.
    #[must_use]
    pub fn everybody(&self) -> Vec<&Arc<PersonRow>> {
        let mut all: Vec<_> = self.people.values().collect();
        all.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
        all
    }

    /// The name of somebody who was ever there.
    #[must_use]
    pub fn name(&self, id: PersonId) -> Option<&str> {
        self.people.get(&id).map(|row| row.name.as_str())
    }

    /// Are these the same person, or of the same name? Who has the same name is taken for the same human.
    pub(crate) fn same_human(&self, one: PersonId, other: PersonId) -> bool {
        let name = |id| self.name(id).map(plain);
        one == other || name(one) == name(other)
    }

    /// All rows of one kind.
    pub fn all<B: PowerBody>(&self) -> impl Iterator<Item = ([u8; 16], B)> {
        self.powers.all()
    }

    /// One row.
    #[must_use]
    pub fn get<B: PowerBody>(&self, id: &[u8; 16]) -> Option<B> {
        self.powers.get(id)
    }

    /// Has this person left?
    #[must_use]
    pub fn has_left(&self, person: PersonId) -> bool {
        self.powers.has_left(person)
    }

    /// All rows, as the root covers them.
    #[must_use]
    pub fn powers(&self) -> &Powers {
        &self.powers
    }

    /// Whose token has this digest, whether or not they may use it.
    pub(crate) fn holds_token(&self, digest: &[u8; 32]) -> Option<PersonId> {
        self.tokens.get(digest).copied()
    }
}

/// Whoever must learn that power is in doubt. None of them is shown anything of a customer's.
fn watches(role: Role) -> bool {
    matches!(role.duty(), Duty::Watching | Duty::Governing | Duty::Auditing)
}

/// What a node knows of every tenant's power.
#[derive(Default)]
pub(crate) struct KnownPower {
    known: Mutex<HashMap<TenantId, (Millis, Arc<Snapshot>)>>,
    /// Of whose doubt there is an entry.
    told: Mutex<HashSet<TenantId>>,
}

impl KnownPower {
    fn lock(&self) -> MutexGuard<'_, HashMap<TenantId, (Millis, Arc<Snapshot>)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, tenant: TenantId) -> Option<(Millis, Arc<Snapshot>)> {
        self.lock().get(&tenant).cloned()
    }

    /// Of two that were read at once, the later version stays: acts are decided by it and committed under it.
    fn keep(&self, now: Millis, snapshot: &Arc<Snapshot>) {
        let mut known = self.lock();
        let later = known.get(&snapshot.tenant).is_some_and(|(_, known)| known.sound && known.seq > snapshot.seq);
        if !later || !snapshot.sound {
            known.insert(snapshot.tenant, (now, Arc::clone(snapshot)));
        }
    }

    /// What a tenant's people go by, as last seen.
    pub(crate) fn governance(&self, tenant: TenantId) -> Option<Arc<Governance>> {
        self.lock().get(&tenant).map(|(_, known)| Arc::clone(&known.governance))
    }

    fn is_told(&self, tenant: TenantId) -> bool {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).contains(&tenant)
    }

    fn told(&self, tenant: TenantId, yes: bool) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if yes {
            told.insert(tenant);
        } else {
            told.remove(&tenant);
        }
    }

    /// The next one who asks looks.
    pub(crate) fn forget(&self, tenant: TenantId) {
        if let Some((at, _)) = self.lock().get_mut(&tenant) {
            *at = Millis(0);
        }
    }

    /// The tenant one of whose people had this token when it was last looked at.
    pub(crate) fn tenant_of(&self, digest: &[u8; 32]) -> Option<TenantId> {
        let known = self.lock();
        let found = known.values().find(|(_, snapshot)| snapshot.holds_token(digest).is_some());
        found.map(|(_, snapshot)| snapshot.tenant)
    }
}
