//! Whose request this is, by its cookie and its browser's signature.

use super::begin::token_digest_of;
use super::binding::{Misfit, SignedRequest, agreed, check, forgotten};
use super::body::Body;
use super::cookie::Cookie;
use super::memory::Seen;
use super::{SessionId, Way};
use crate::auth::{Scope, short};
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{Millis, Refusal, TenantId};
use keys::power::Passkey;
use policy::Device;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, Seals};
use subtle::ConstantTimeEq as _;

/// A session's use is noted in its row at most this often, in milliseconds: it only counts for the idle timeout.
const SEEN_STEP_MS: i64 = 60_000;

/// A request that may count once: its nonce goes into the store with the first act it brings about, so that no other
/// node takes it again.
#[derive(Clone)]
pub(crate) struct Once {
    nonce: [u8; 16],
    until: Millis,
    spent: Arc<AtomicBool>,
}

impl Once {
    /// Condition and effect, for the request's first act.
    pub(crate) fn spend(&self) -> Option<(Condition, Effect)> {
        if self.spent.swap(true, Ordering::Relaxed) {
            return None;
        }
        let key = AdmissionKey { kind: AdmissionKind::Challenge, id: self.nonce };
        let row = AdmissionRow { key, body: Vec::new(), expires: self.until, tag: [0; 16] };
        let unused = Condition::Admission { key, tag: None, otherwise: Refusal::RequestReplayed };
        Some((unused, Effect::PutAdmission(row)))
    }

    /// Was it spent by an act already?
    pub(crate) fn is_spent(&self) -> bool {
        self.spent.load(Ordering::Relaxed)
    }

    /// The act that spent it was tentative, and nothing was written: the next one is the first.
    pub(crate) fn give_back(&self) {
        self.spent.store(false, Ordering::Relaxed);
    }
}

impl Vault {
    /// The scope of a page's session, as the person's row stands now.
    ///
    /// # Errors
    /// `Unauthenticated` once the session or the person is gone; with its entry, at most one a minute,
    /// `Refused(NotThisDevice)` without the signature of the browser that signed in, `Refused(RequestReplayed)` for
    /// a signed request that was sent before and may change something; `Refused(Tampered)` for an edited row.
    pub async fn resume(&self, cookie: &str, signed: Option<&SignedRequest<'_>>) -> Result<Scope, VaultError> {
        let (scope, seen) = self.resumed(cookie, signed).await?;
        self.note_use(scope.tenant, &seen).await?;
        Ok(scope)
    }

    /// The same for what a page asks by itself while nobody is there: it isn't a use, so that the session ends in its time, and
    /// nobody counts as present who only left a page open.
    ///
    /// # Errors
    /// As [`Vault::resume`].
    pub async fn resume_unattended(
        &self,
        cookie: &str,
        signed: Option<&SignedRequest<'_>>,
    ) -> Result<Scope, VaultError> {
        self.resumed(cookie, signed).await.map(|(scope, _)| scope)
    }

    async fn resumed(&self, cookie: &str, signed: Option<&SignedRequest<'_>>) -> Result<(Scope, Seen), VaultError> {
        let cookie = Cookie::read(cookie).ok_or(VaultError::Unauthenticated)?;
        let (tenant, id) = (cookie.tenant, SessionId(cookie.id));
        let seen = self.session(tenant, id).await?.ok_or(VaultError::Unauthenticated)?;
        if !bool::from(token_digest_of(&cookie.secret).ct_eq(&seen.body.secret)) {
            return Err(VaultError::Unauthenticated);
        }
        let scope = self.holder_of(tenant, id, &seen.body).await?;
        if !self.lives(&seen, &scope) {
            return Err(VaultError::Unauthenticated);
        }
        let once = self.bound(&scope, &seen, signed).await?;
        Ok((Scope { once, ..scope }, seen))
    }

    /// Does a scope's session still live? A program's has none to end. Asking isn't using it.
    pub async fn session_lives(&self, scope: &Scope) -> bool {
        let Some(id) = scope.session_id() else { return true };
        let seen = self.session(scope.tenant, id).await;
        seen.is_ok_and(|seen| seen.is_some_and(|seen| self.lives(&seen, scope)))
    }

    fn lives(&self, seen: &Seen, scope: &Scope) -> bool {
        let (body, now) = (&seen.body, self.clock.now());
        let rules = self.settings(scope.tenant).sessions();
        !body.ended
            && now.since(body.seen) < rules.idle_of(scope.role())
            && now.since(body.begun) < rules.absolute_ms
            && now < seen.row.expires
            && (body.device.is_some() || !rules.bound)
    }

    /// A session as it stands, or as it stood a quarter of a second ago.
    pub(super) async fn session(&self, tenant: TenantId, id: SessionId) -> Result<Option<Seen>, VaultError> {
        let (name, now) = ((tenant, id.0), self.clock.now());
        if let Some(seen) = self.sessions.fresh(&name, now) {
            return Ok(Some(seen));
        }
        if self.keys(tenant).is_err() {
            return Ok(None);
        }
        let Some(row) = self.store.admission(tenant, id.key()).await? else { return Ok(None) };
        let known = self.sessions.last(&name).filter(|seen| seen.row.tag == row.tag);
        let seen = match known {
            Some(seen) => seen,
            None => self.read_session(tenant, id, row).await?,
        };
        self.sessions.keep(name, seen.clone(), now);
        Ok(Some(seen))
    }

    async fn read_session(&self, tenant: TenantId, id: SessionId, row: AdmissionRow) -> Result<Seen, VaultError> {
        let genuine = self.seals.tag(tenant, "admission", &row.material()) == row.tag;
        let Some(body) = Body::decode(&row.body).filter(|_| genuine) else {
            let act = self.bare_act(tenant, Kind::SessionMisused)?.detail(id.mark());
            return Err(self.logged(act, Refusal::Tampered).await);
        };
        let key = match &body.device {
            Some(device) => agreed(&self.keys(tenant)?.session, &id.0, device).map(|agreed| Arc::new(agreed.key)),
            None => None,
        };
        Ok(Seen { row: Arc::new(row), body: Arc::new(body), key })
    }

    /// The person, if what the sign-in rested on still stands.
    async fn holder_of(&self, tenant: TenantId, id: SessionId, body: &Body) -> Result<Scope, VaultError> {
        match (body.way, body.rests_on) {
            // As it counts now: a session that began while power was in doubt has no more of it than this.
            (Way::Token, Some(digest)) if self.settings(tenant).sign_in.tokens => {
                self.by_digest(digest, id.0, Device::Page).await
            }
            (Way::Token | Way::Bearer | Way::Client, _) => Err(VaultError::Unauthenticated),
            (Way::Passkey, Some(credential)) => {
                let passkey = self.power(tenant).await?.get::<Passkey>(&short(&credential));
                passkey.filter(|passkey| passkey.person == body.person).ok_or(VaultError::Unauthenticated)?;
                self.by_person(tenant, body.person, id.0).await
            }
            (Way::Passkey, None) => Err(VaultError::Unauthenticated),
            (Way::Chosen, _) if !self.config.role_picker => Err(VaultError::Unauthenticated),
            (Way::Chosen, _) => self.by_person(tenant, body.person, id.0).await,
            (Way::Login, _) => self.logged_in(tenant, id.0, body).await,
        }
    }

    /// Did the browser that signed in send this? What may be sent once comes back as such.
    async fn bound(
        &self,
        scope: &Scope,
        seen: &Seen,
        signed: Option<&SignedRequest<'_>>,
    ) -> Result<Option<Once>, VaultError> {
        let Some(key) = &seen.key else { return Ok(None) };
        let (name, now) = ((scope.tenant, scope.session), self.clock.now());
        let Some(signed) = signed.filter(|signed| check(key, signed, now).is_ok()) else {
            let late = signed.is_some_and(|signed| check(key, signed, now) == Err(Misfit::Late));
            return Err(self.misused(scope, if late { Refusal::SignatureLate } else { Refusal::NotThisDevice }).await);
        };
        if !signed.unsafe_method {
            return Ok(None);
        }
        let until = forgotten(signed.created);
        if !self.sessions.use_nonce(&name, signed.nonce, until, now) {
            return Err(self.misused(scope, Refusal::RequestReplayed).await);
        }
        Ok(Some(Once { nonce: signed.nonce, until, spent: Arc::default() }))
    }

    /// The refusal of a request that isn't its browser's. An entry of it tells security, at most one a minute.
    async fn misused(&self, scope: &Scope, refusal: Refusal) -> VaultError {
        let name = (scope.tenant, scope.session);
        if refusal == Refusal::SignatureLate || !self.sessions.tells(&name, self.clock.now()) {
            return VaultError::refused(refusal);
        }
        match self.act(scope, Kind::SessionMisused) {
            Ok(act) => self.logged(act.detail(SessionId(scope.session).mark()), refusal).await,
            Err(error) => error,
        }
    }

    /// Notes that it was in use. Where somebody changed the row meanwhile, such as ended it, that stands.
    async fn note_use(&self, tenant: TenantId, seen: &Seen) -> Result<(), VaultError> {
        let now = self.clock.now();
        if now.since(seen.body.seen) < SEEN_STEP_MS {
            return Ok(());
        }
        let body = Body { seen: now, ..(*seen.body).clone() };
        let mut row = AdmissionRow { body: body.encode(), ..(*seen.row).clone() };
        row.tag = self.seals.tag(tenant, "admission", &row.material());
        let name = (tenant, row.key.id);
        if self.store.renew_admission(tenant, row.clone(), seen.row.tag).await? {
            let seen = Seen { row: Arc::new(row), body: Arc::new(body), key: seen.key.clone() };
            self.sessions.keep(name, seen, now);
        } else {
            self.sessions.doubt(&name);
        }
        Ok(())
    }
}
