//! How a session begins.

use super::binding::{DEVICE_KEY, DeviceKey, agreed};
use super::body::Body;
use super::cookie::Cookie;
use super::{SessionId, Way};
use crate::auth::{Scope, token_digest};
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::time::fresh;
use domain::{PersonId, Refusal, Role, TenantId};
use policy::Device;
use store::{AdmissionRow, Condition, Effect, PersonRow};
use zeroize::Zeroizing;

/// A session that has just begun.
pub struct NewSession {
    /// Its name.
    pub id: SessionId,
    /// The cookie, told once.
    pub cookie: Zeroizing<String>,
    /// Whose role.
    pub role: Role,
    /// Ringfence's public key, for the browser to agree on the session's key with; none where it isn't bound.
    pub public: Option<[u8; DEVICE_KEY]>,
}

/// What a sign-in rests on: its session ends with it.
#[derive(Clone, Copy)]
pub struct Proof {
    pub(crate) way: Way,
    pub(crate) rests_on: Option<[u8; 32]>,
}

impl Vault {
    /// Signs a person in on a page, by bearer token. Logged.
    ///
    /// # Errors
    /// As [`Vault::authenticate`]; `Unauthenticated` where tokens don't sign in; `Refused(NotThisDevice)`, with its entry,
    /// for a browser without a key where sessions are bound.
    pub async fn sign_in(&self, token: &str, device: Option<DeviceKey>) -> Result<NewSession, VaultError> {
        let digest = token_digest(token);
        let scope = self.by_digest(digest, [0; 16], Device::Page).await?;
        if !self.settings(scope.tenant).sign_in.tokens {
            return Err(VaultError::Unauthenticated);
        }
        self.begin(&scope, Proof { way: Way::Token, rests_on: Some(digest) }, device).await
    }

    /// Signs in as an invented person, where the configuration lets one choose. Logged.
    ///
    /// # Errors
    /// `Unauthenticated` where it doesn't, or for an unknown person; `Refused(NotThisDevice)` as in [`Vault::sign_in`].
    pub async fn pick_role(
        &self,
        tenant: TenantId,
        person: PersonId,
        device: Option<DeviceKey>,
    ) -> Result<NewSession, VaultError> {
        if !self.config.role_picker {
            return Err(VaultError::Unauthenticated);
        }
        let scope = self.by_person(tenant, person, [0; 16]).await?;
        self.begin(&scope, Proof { way: Way::Chosen, rests_on: None }, device).await
    }

    /// The people one may choose from; nobody where the configuration doesn't let one choose.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn pickable(&self, tenant: TenantId) -> Result<Vec<PersonRow>, VaultError> {
        if !self.config.role_picker {
            return Ok(Vec::new());
        }
        let snapshot = self.power(tenant).await?;
        let here = snapshot.everybody().into_iter().filter(|row| snapshot.person(row.id).is_some());
        Ok(here.map(|row| PersonRow::clone(row)).collect())
    }

    /// Begins a session: its row and the sign-in's entry in one commit.
    pub(crate) async fn begin(
        &self,
        scope: &Scope,
        proof: Proof,
        device: Option<DeviceKey>,
    ) -> Result<NewSession, VaultError> {
        self.begin_with(scope, proof, device, Vec::new(), Vec::new()).await
    }

    /// The same, where the sign-in itself has conditions and effects.
    pub(crate) async fn begin_with(
        &self,
        scope: &Scope,
        proof: Proof,
        device: Option<DeviceKey>,
        when: Vec<Condition>,
        effects: Vec<Effect>,
    ) -> Result<NewSession, VaultError> {
        let mut act = self.act(scope, Kind::SignIn)?.detail(proof.way as u64);
        let rules = self.settings(scope.tenant).sessions();
        if rules.bound && device.is_none() {
            return Err(self.logged(act, Refusal::NotThisDevice).await);
        }
        let (tenant, id) = (scope.tenant, SessionId(fresh(&*self.entropy)));
        let cookie = Cookie { tenant, id: id.0, secret: Zeroizing::new(fresh(&*self.entropy)) };
        let public = match device {
            Some(DeviceKey(key)) => {
                Some(agreed(&self.keys(tenant)?.session, &id.0, &key).ok_or(VaultError::Unauthenticated)?.public)
            }
            None => None,
        };
        let now = self.clock.now();
        let body = Body {
            person: scope.person.id,
            secret: token_digest_of(&cookie.secret),
            device: device.map(|DeviceKey(key)| key),
            begun: now,
            seen: now,
            way: proof.way,
            rests_on: proof.rests_on,
            ended: false,
        };
        let expires = now.plus(rules.absolute_ms);
        let row = AdmissionRow { key: id.key(), body: body.encode(), expires, tag: [0; 16] };
        act.when.extend(when);
        act.effects.extend(effects);
        self.commit_plain(act.effect(Effect::PutAdmission(row))).await?;
        Ok(NewSession { id, cookie: cookie.print(), role: scope.role(), public })
    }
}

/// SHA-256 of a secret of 256 random bits, which needs no slow hash.
pub(super) fn token_digest_of(secret: &[u8; 32]) -> [u8; 32] {
    keys::hash(&[secret])
}
