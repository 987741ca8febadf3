//! Who is asking. A [`Scope`] comes from here only.

use crate::error::VaultError;
use crate::private::entry::Kind;
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

/// How somebody signed in: the `detail` of the sign-in's entry.
#[derive(Clone, Copy)]
enum Way {
    /// A bearer token, on a page.
    Page = 1,
    /// A chosen role, where the configuration lets one choose.
    Chosen = 2,
    /// A bearer token, by a program.
    Bearer = 3,
}

/// A signed-in person, within one tenant, under one version of people and rules.
#[derive(Clone)]
pub struct Scope {
    pub(crate) tenant: TenantId,
    pub(crate) person: Arc<PersonRow>,
    pub(crate) power: u64,
    pub(crate) session: [u8; 16],
    pub(crate) device: Device,
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

/// A sign-in that a page may go on with. It stands for nothing once the person's row is gone or changed.
#[derive(Clone)]
pub struct Session {
    tenant: TenantId,
    person: PersonId,
    id: [u8; 16],
    token: Option<[u8; 32]>,
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

    async fn by_digest(&self, digest: [u8; 32], session: [u8; 16], device: Device) -> Result<Scope, VaultError> {
        let known = lock(&self.staff.known).get(&digest).cloned();
        if let Some((person, power)) = known
            && self.power(person.tenant).await? == power
        {
            return Ok(Scope { tenant: person.tenant, person, power, session, device });
        }
        let row = self.store.person_by_token(digest).await?.ok_or(VaultError::Unauthenticated)?;
        let person = Arc::new(self.known(row).await?);
        let power = self.power_now(person.tenant).await?;
        lock(&self.staff.known).insert(digest, (Arc::clone(&person), power));
        Ok(Scope { tenant: person.tenant, person, power, session, device })
    }

    /// Signs a person in on a page, by bearer token. Logged.
    ///
    /// # Errors
    /// As [`Vault::authenticate`].
    pub async fn sign_in(&self, token: &str) -> Result<Session, VaultError> {
        let digest = token_digest(token);
        let scope = self.by_digest(digest, short(&digest), Device::Page).await?;
        self.begin(&scope, Some(digest), Way::Page).await
    }

    /// Signs in as an invented person, where the configuration lets one choose. Logged.
    ///
    /// # Errors
    /// `Unauthenticated` where it doesn't, or for an unknown person.
    pub async fn pick_role(&self, tenant: TenantId, person: PersonId) -> Result<Session, VaultError> {
        if !self.config.role_picker {
            return Err(VaultError::Unauthenticated);
        }
        let scope = self.by_person(tenant, person, [0; 16]).await?;
        self.begin(&scope, None, Way::Chosen).await
    }

    /// The people one may choose from; nobody where the configuration doesn't let one choose.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn pickable(&self, tenant: TenantId) -> Result<Vec<PersonRow>, VaultError> {
        if self.config.role_picker { Ok(self.store.persons(tenant).await?) } else { Ok(Vec::new()) }
    }

    async fn log_sign_in(&self, scope: &Scope, way: Way) -> Result<(), VaultError> {
        self.commit_plain(self.act(scope, Kind::SignIn)?.detail(way as u64)).await.map(drop)
    }

    /// Logs that a page's session was ended by who had it. One that runs out leaves no entry: nobody acts.
    ///
    /// # Errors
    /// If the store fails; the session is over all the same.
    pub async fn sign_out(&self, session: &Session) -> Result<(), VaultError> {
        let mut act = self.bare_act(session.tenant, Kind::SignOut)?;
        act.draft.person = Some(session.person);
        self.commit_plain(act).await.map(drop)
    }

    async fn begin(&self, scope: &Scope, token: Option<[u8; 32]>, way: Way) -> Result<Session, VaultError> {
        self.log_sign_in(scope, way).await?;
        let id = domain::time::fresh(&*self.entropy);
        Ok(Session { tenant: scope.tenant, person: scope.person.id, id, token })
    }

    /// The scope of a page's session, as the person's row stands now.
    ///
    /// # Errors
    /// `Unauthenticated` once the person is gone or has another token.
    pub async fn resume(&self, session: &Session) -> Result<Scope, VaultError> {
        match session.token {
            Some(digest) => self.by_digest(digest, session.id, Device::Page).await,
            None => self.by_person(session.tenant, session.person, session.id).await,
        }
    }

    async fn by_person(&self, tenant: TenantId, person: PersonId, session: [u8; 16]) -> Result<Scope, VaultError> {
        let row = self.store.person(tenant, person).await?.ok_or(VaultError::Unauthenticated)?;
        let person = Arc::new(self.known(row).await?);
        let power = self.power(tenant).await?;
        Ok(Scope { tenant, person, power, session, device: Device::Page })
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
