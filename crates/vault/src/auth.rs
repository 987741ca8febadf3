//! Who is asking. A [`Scope`] comes from here only.

use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::session::{Once, Way};
use crate::wiring::Vault;
use aws_lc_rs::digest::{SHA256, digest};
use domain::{Millis, PersonId, Refusal, Role, TenantId};
use policy::Device;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::{PersonRow, Seals};

/// For how long, in milliseconds, a person's row is believed without looking at the version of people and rules.
/// Each commit checks that version again, so this bounds reads only.
const BELIEVED_MS: i64 = 250;

/// A program's session with a bearer token ends after so long without a request, in milliseconds; as a page's does.
const BEARER_IDLE_MS: i64 = 60 * 60_000;

/// A signed-in person, within one tenant, under one version of people and rules.
#[derive(Clone)]
pub struct Scope {
    pub(crate) tenant: TenantId,
    pub(crate) person: Arc<PersonRow>,
    pub(crate) power: u64,
    pub(crate) session: [u8; 16],
    pub(crate) device: Device,
    /// The request that it is of, if that may count once.
    pub(crate) once: Option<Once>,
}

impl Scope {
    /// The tenant.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Who.
    #[must_use]
    pub fn person(&self) -> PersonId {
        self.person.id
    }

    /// Name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.person.name
    }

    /// Team.
    #[must_use]
    pub fn team(&self) -> &str {
        &self.person.team
    }

    /// Role.
    #[must_use]
    pub fn role(&self) -> Role {
        self.person.role
    }
}

type Known = HashMap<[u8; 32], (Arc<PersonRow>, u64)>;

/// People as last seen.
#[derive(Default)]
pub(crate) struct Staff {
    known: Mutex<Known>,
    seen: Mutex<HashMap<TenantId, (Millis, u64)>>,
    /// When each token was last used by a program.
    used: Mutex<HashMap<[u8; 32], Millis>>,
}

impl Staff {
    pub(crate) fn forget(&self) {
        lock(&self.known).clear();
        lock(&self.seen).clear();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// SHA-256 of a bearer token: a random 256-bit secret needs no slow hash.
pub(crate) fn token_digest(token: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    out
}

impl Vault {
    /// Who has this bearer token. Its first use on this node, and the first after an hour without one, is a sign-in
    /// with its entry. A token that nobody holds names no tenant: there is no log that its entry could go to.
    ///
    /// # Errors
    /// `Unauthenticated` for an unknown token; `Refused(Tampered)`, with its entry, for a person's row that was edited.
    pub async fn authenticate(&self, token: &str) -> Result<Scope, VaultError> {
        let digest = token_digest(token);
        let scope = self.by_digest(digest, short(&digest), Device::Program).await?;
        let now = self.clock.now();
        let last = lock(&self.staff.used).insert(digest, now);
        if last.is_none_or(|last| now.since(last) >= BEARER_IDLE_MS)
            && let Err(error) = self.log_sign_in(&scope, Way::Bearer).await
        {
            lock(&self.staff.used).remove(&digest);
            return Err(error);
        }
        Ok(scope)
    }

    pub(crate) async fn by_digest(
        &self,
        digest: [u8; 32],
        session: [u8; 16],
        device: Device,
    ) -> Result<Scope, VaultError> {
        let known = lock(&self.staff.known).get(&digest).cloned();
        if let Some((person, power)) = known
            && self.power(person.tenant).await? == power
        {
            return Ok(Scope { tenant: person.tenant, person, power, session, device, once: None });
        }
        let row = self.store.person_by_token(digest).await?.ok_or(VaultError::Unauthenticated)?;
        let person = Arc::new(self.known(row).await?);
        let power = self.power_now(person.tenant).await?;
        lock(&self.staff.known).insert(digest, (Arc::clone(&person), power));
        Ok(Scope { tenant: person.tenant, person, power, session, device, once: None })
    }

    async fn log_sign_in(&self, scope: &Scope, way: Way) -> Result<(), VaultError> {
        self.commit_plain(self.act(scope, Kind::SignIn)?.detail(way as u64)).await.map(drop)
    }

    pub(crate) async fn by_person(
        &self,
        tenant: TenantId,
        person: PersonId,
        session: [u8; 16],
    ) -> Result<Scope, VaultError> {
        let row = self.store.person(tenant, person).await?.ok_or(VaultError::Unauthenticated)?;
        let person = Arc::new(self.known(row).await?);
        let power = self.power(tenant).await?;
        Ok(Scope { tenant, person, power, session, device: Device::Page, once: None })
    }

    /// The row of who signs in; an edited one is refused, and the log says so.
    async fn known(&self, row: PersonRow) -> Result<PersonRow, VaultError> {
        let (tenant, id) = (row.tenant, row.id);
        match self.genuine(row) {
            Err(VaultError::Refused { refusal, .. }) => {
                let mut act = self.bare_act(tenant, Kind::SignIn)?;
                act.draft.person = Some(id);
                Err(self.logged(act, refusal).await)
            }
            other => other,
        }
    }

    pub(crate) fn genuine(&self, row: PersonRow) -> Result<PersonRow, VaultError> {
        let tag = self.seals.tag(row.tenant, "person", &row.material());
        (tag == row.tag).then_some(row).ok_or(VaultError::refused(Refusal::Tampered))
    }

    /// Do the people and rules of this scope still stand? What goes on for long asks this before each thing it gives.
    pub async fn still_holds(&self, scope: &Scope) -> bool {
        self.power(scope.tenant).await.is_ok_and(|version| version == scope.power)
    }

    async fn power(&self, tenant: TenantId) -> Result<u64, VaultError> {
        let now = self.clock.now();
        let seen = lock(&self.staff.seen).get(&tenant).copied();
        match seen {
            Some((at, version)) if now.since(at) < BELIEVED_MS => Ok(version),
            _ => self.power_now(tenant).await,
        }
    }

    async fn power_now(&self, tenant: TenantId) -> Result<u64, VaultError> {
        // Whoever asks is a person, and adding one made the row: without it somebody took it away.
        let Some(row) = self.store.power(tenant).await? else {
            return Err(self.logged(self.bare_act(tenant, Kind::SignIn)?, Refusal::Tampered).await);
        };
        let version = row.version;
        lock(&self.staff.seen).insert(tenant, (self.clock.now(), version));
        Ok(version)
    }
}

pub(crate) fn short(digest: &[u8; 32]) -> [u8; 16] {
    let mut out = [0; 16];
    out.copy_from_slice(&digest[..16]);
    out
}
