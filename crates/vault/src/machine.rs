//! Machine clients: a private key that stays where it is, an assertion signed with it, and an access token for five minutes
//! (RFC 6749, 4.4; RFC 7523).
//!
//! A token isn't kept: it says whose it is, under which version of power and until when, under a tag that nodes alone can
//! make. Any change of power ends all of them, and the client asks again.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::reveal::hashed;
use crate::session::Way;
use crate::wiring::Vault;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::time::fresh;
use domain::{Millis, PersonId, Refusal, Role, TenantId};
use identity::assertion::{check, claimed_client};
use identity::jose::PublicKey;
use keys::power::Client;
use policy::Device;
use std::sync::Arc;
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, Seals};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// How long a token lasts, in seconds.
pub(crate) const TOKEN_S: u32 = 300;
/// For how long an assertion's name is remembered, in milliseconds: longer than any assertion counts.
const REMEMBERED_MS: i64 = 10 * 60_000;
/// What a token begins with.
const PREFIX: &str = "rfm_";
/// What a token says: tenant, person, version, end, and chance; and its tag.
const SAID: usize = 4 + 16 + 8 + 8 + 12;
const TAG: usize = 16;

/// An access token.
pub struct AccessToken {
    /// To be sent as a bearer token.
    pub token: Zeroizing<String>,
    /// For how many seconds it counts.
    pub expires_in: u32,
}

struct Said {
    tenant: TenantId,
    person: PersonId,
    power: u64,
    until: Millis,
}

impl Vault {
    /// Gives a client a token for its assertion, once for each assertion on all nodes together. Logged as a sign-in.
    ///
    /// # Errors
    /// `Unauthenticated` for an assertion that doesn't count or a client that isn't known; `Refused(RequestReplayed)`, with
    /// its entry, for one that was used.
    pub async fn grant_token(&self, assertion: &str, audiences: &[&str]) -> Result<AccessToken, VaultError> {
        let claimed = claimed_client(assertion).as_deref().and_then(PersonId::parse);
        let person = claimed.ok_or(VaultError::Unauthenticated)?;
        for tenant in &self.tenants {
            let snapshot = self.power_now(tenant.id).await?;
            let Some(client) = snapshot.get::<Client>(&person.0) else { continue };
            let key = PublicKey::parse(&client.key).map_err(|_| VaultError::Damaged)?;
            let told = check(assertion, &key, audiences, self.clock.now()).map_err(|_| VaultError::Unauthenticated)?;
            let scope = self.machine(tenant.id, person, [0; 16]).await?;
            let id = hashed(&[b"assertion", &tenant.id.bytes(), &person.0, told.jti.as_bytes()]);
            let row = AdmissionRow {
                key: AdmissionKey { kind: AdmissionKind::Challenge, id },
                body: Vec::new(),
                expires: self.clock.now().plus(REMEMBERED_MS),
                tag: [0; 16],
            };
            let unused = Condition::Admission { key: row.key, tag: None, otherwise: Refusal::RequestReplayed };
            let act = self.act(&scope, Kind::SignIn)?.detail(Way::Client as u64);
            self.commit_plain(act.when(unused).effect(Effect::PutAdmission(row))).await?;
            return Ok(self.access_token(&scope));
        }
        Err(VaultError::Unauthenticated)
    }

    fn access_token(&self, scope: &Scope) -> AccessToken {
        let until = self.clock.now().plus(i64::from(TOKEN_S) * 1_000);
        let chance: [u8; 12] = fresh(&*self.entropy);
        let mut bytes = Zeroizing::new(Vec::with_capacity(SAID + TAG));
        bytes.extend_from_slice(&scope.tenant.bytes());
        bytes.extend_from_slice(&scope.person().0);
        bytes.extend_from_slice(&scope.power.to_be_bytes());
        bytes.extend_from_slice(&until.0.to_be_bytes());
        bytes.extend_from_slice(&chance);
        let tag = self.seals.tag(scope.tenant, "access_token", &bytes);
        bytes.extend_from_slice(&tag);
        let mut token = Zeroizing::new(PREFIX.to_owned());
        URL_SAFE_NO_PAD.encode_string(&*bytes, &mut token);
        AccessToken { token, expires_in: TOKEN_S }
    }

    /// Who has this access token; `None` if it isn't one at all.
    pub(crate) async fn by_access_token(&self, token: &str) -> Option<Result<Scope, VaultError>> {
        let text = token.strip_prefix(PREFIX)?;
        Some(match self.read_token(text) {
            Some((said, session)) => self.machine_of(&said, session).await,
            None => Err(VaultError::Unauthenticated),
        })
    }

    async fn machine_of(&self, said: &Said, session: [u8; 16]) -> Result<Scope, VaultError> {
        if said.until.since(self.clock.now()) <= 0 {
            return Err(VaultError::Unauthenticated);
        }
        let scope = self.machine(said.tenant, said.person, session).await?;
        if scope.power == said.power { Ok(scope) } else { Err(VaultError::Unauthenticated) }
    }

    fn read_token(&self, text: &str) -> Option<(Said, [u8; 16])> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == SAID + TAG)?);
        let (said, tag) = bytes.split_at(SAID);
        let tenant = TenantId(u32::from_be_bytes(said[..4].try_into().ok()?));
        self.keys(tenant).ok()?;
        if !bool::from(self.seals.tag(tenant, "access_token", said).ct_eq(tag)) {
            return None;
        }
        let person = PersonId(said[4..20].try_into().ok()?);
        let power = u64::from_be_bytes(said[20..28].try_into().ok()?);
        let until = Millis(i64::from_be_bytes(said[28..36].try_into().ok()?));
        Some((Said { tenant, person, power, until }, hashed(&[b"access_token", said])))
    }

    /// A client's scope, if it still is one.
    async fn machine(&self, tenant: TenantId, person: PersonId, session: [u8; 16]) -> Result<Scope, VaultError> {
        let snapshot = self.power(tenant).await?;
        let known = snapshot.person(person).filter(|row| row.role == Role::Integrator);
        match known.filter(|_| snapshot.sound && snapshot.get::<Client>(&person.0).is_some()) {
            Some(row) => Ok(Scope {
                tenant,
                person: Arc::clone(row),
                power: snapshot.seq,
                session,
                device: Device::Program,
                once: None,
            }),
            None => Err(VaultError::Unauthenticated),
        }
    }
}
