//! Who is asking. A [`Scope`] comes from here only.

use crate::error::VaultError;
use crate::power::Snapshot;
use crate::private::entry::Kind;
use crate::session::{Once, Way};
use crate::wiring::Vault;
use aws_lc_rs::digest::{SHA256, digest};
use domain::{Millis, PersonId, Refusal, Role, TenantId};
use policy::Device;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::PersonRow;

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

/// When each token was last used by a program.
#[derive(Default)]
pub(crate) struct Used(Mutex<HashMap<[u8; 32], Millis>>);

impl Used {
    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Millis>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
    /// `Unauthenticated` for an unknown token; `Refused(PowerTampered)`, with its entry, while people and rights are in doubt.
    pub async fn authenticate(&self, token: &str) -> Result<Scope, VaultError> {
        if let Some(scope) = self.by_access_token(token).await {
            return scope;
        }
        let digest = token_digest(token);
        let scope = self.by_digest(digest, short(&digest), Device::Program).await?;
        let now = self.clock.now();
        let last = self.used.lock().insert(digest, now);
        if last.is_none_or(|last| now.since(last) >= BEARER_IDLE_MS)
            && let Err(error) = self.log_sign_in(&scope, Way::Bearer).await
        {
            self.used.lock().remove(&digest);
            return Err(error);
        }
        Ok(scope)
    }

    /// Looked for among the people as they were last seen, so that who is known costs no question; then everywhere, as of
    /// now.
    pub(crate) async fn by_digest(
        &self,
        digest: [u8; 32],
        session: [u8; 16],
        device: Device,
    ) -> Result<Scope, VaultError> {
        if let Some(tenant) = self.power.tenant_of(&digest) {
            let snapshot = self.power(tenant).await?;
            if let Some(person) = snapshot.holds_token(&digest) {
                return self.scope_of(&snapshot, person, session, device).await;
            }
        }
        let mut blind = None;
        for tenant in &self.tenants {
            let snapshot = self.power_now(tenant.id).await?;
            blind = blind.or((!snapshot.sound && snapshot.everybody().is_empty()).then_some(tenant.id));
            if let Some(person) = snapshot.holds_token(&digest) {
                return self.scope_of(&snapshot, person, session, device).await;
            }
        }
        match blind {
            // It may be somebody of a tenant whose rows can't be read at all.
            Some(tenant) => Err(self.logged(self.bare_act(tenant, Kind::SignIn)?, Refusal::PowerTampered).await),
            None => Err(VaultError::Unauthenticated),
        }
    }

    /// Who this is by now. Where power is in doubt, only those get in who watch; the others' attempts are entries.
    async fn scope_of(
        &self,
        snapshot: &Snapshot,
        person: PersonId,
        session: [u8; 16],
        device: Device,
    ) -> Result<Scope, VaultError> {
        let tenant = snapshot.tenant;
        if let Some(row) = snapshot.person(person) {
            return Ok(Scope { tenant, person: Arc::clone(row), power: snapshot.seq, session, device, once: None });
        }
        if snapshot.sound {
            return Err(VaultError::Unauthenticated);
        }
        let mut act = self.bare_act(tenant, Kind::SignIn)?;
        act.draft.person = Some(person);
        Err(self.logged(act, Refusal::PowerTampered).await)
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
        let snapshot = self.power(tenant).await?;
        self.scope_of(&snapshot, person, session, Device::Page).await
    }

    /// Do the people and rules of this scope still stand? What goes on for long asks this before each thing it gives.
    pub async fn still_holds(&self, scope: &Scope) -> bool {
        let now = self.power(scope.tenant).await;
        now.is_ok_and(|now| now.seq == scope.power && now.person(scope.person.id).is_some())
    }
}

pub(crate) fn short(digest: &[u8; 32]) -> [u8; 16] {
    let mut out = [0; 16];
    out.copy_from_slice(&digest[..16]);
    out
}
