//! Signing in with a passkey.

use super::challenge::said;
use super::row_id;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::session::{DeviceKey, NewSession, Proof, Way};
use crate::wiring::Vault;
use domain::{Millis, Refusal, TenantId};
use keys::power::{Assertion, Passkey};
use keys::webauthn::{Party, asserted};
use store::{AdmissionKind, AdmissionRow, Condition, Effect, Seals};

/// Longer than any passkey lives: the counter's row isn't swept.
const NEVER: Millis = Millis(i64::MAX / 4);

/// How far a passkey has counted, and when it was last used: `counter u32 ‖ ms i64`.
#[derive(Clone, Copy)]
pub(super) struct Count {
    pub(super) counter: u32,
    pub(super) used: Millis,
}

impl Count {
    fn encode(self) -> Vec<u8> {
        [self.counter.to_be_bytes().as_slice(), &self.used.0.to_be_bytes()].concat()
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (counter, used) = bytes.split_first_chunk()?;
        Some(Self { counter: u32::from_be_bytes(*counter), used: Millis(i64::from_be_bytes(used.try_into().ok()?)) })
    }
}

impl Vault {
    /// Signs in whoever holds a passkey; it says who that is. `handle` is what the authenticator keeps of the person,
    /// as it was given at the registration. Logged.
    ///
    /// # Errors
    /// `Unauthenticated` for a passkey that nobody here has; with its entry: `PasskeyRefused` for an answer that doesn't
    /// fit, `RequestReplayed` for a challenge that was answered before, `PasskeyCopied` for a counter that went back,
    /// `NotThisDevice` for a browser without a key where sessions are bound.
    pub async fn sign_in_with_passkey(
        &self,
        party: &Party<'_>,
        assertion: &Assertion,
        handle: &[u8],
        device: Option<DeviceKey>,
    ) -> Result<NewSession, VaultError> {
        let id = row_id(&assertion.credential);
        let (tenant, passkey) = self.passkey(id).await?.ok_or(VaultError::Unauthenticated)?;
        let scope = self.by_person(tenant, passkey.person, [0; 16]).await?;
        let challenge = said(&assertion.client_data);
        let answered = self.answered(&challenge)?;
        let fits = asserted(&passkey, assertion, &challenge, party);
        let (Some(answered), Ok(counter), true) = (answered, fits, handle.is_empty() || handle == passkey.person.0)
        else {
            return Err(self.logged(self.act(&scope, Kind::SignIn)?, Refusal::PasskeyRefused).await);
        };
        let (unchanged, counted) = match self.count(tenant, id, counter).await? {
            Ok(counted) => counted,
            Err(refusal) => return Err(self.logged(self.act(&scope, Kind::SignIn)?, refusal).await),
        };
        let (unused, used) = answered.spend();
        let proof = Proof { way: Way::Passkey, rests_on: Some(keys::hash(&[&assertion.credential])) };
        self.begin_with(&scope, proof, device, vec![unused, unchanged], vec![used, counted]).await
    }

    /// A passkey of any tenant.
    async fn passkey(&self, id: [u8; 16]) -> Result<Option<(TenantId, Passkey)>, VaultError> {
        for tenant in &self.tenants {
            if let Some(passkey) = self.power(tenant.id).await?.get::<Passkey>(&id) {
                return Ok(Some((tenant.id, passkey)));
            }
        }
        Ok(None)
    }

    /// Goes on from where the passkey had counted (6.1.1): a copy of it would count anew. Zeros mean that it doesn't count.
    async fn count(
        &self,
        tenant: TenantId,
        id: [u8; 16],
        counter: u32,
    ) -> Result<Result<(Condition, Effect), Refusal>, VaultError> {
        let key = super::key(AdmissionKind::Counter, id);
        let row = self.store.admission(tenant, key).await?;
        if row.as_ref().is_some_and(|row| self.seals.tag(tenant, "admission", &row.material()) != row.tag) {
            return Ok(Err(Refusal::Tampered));
        }
        let before = row.as_ref().and_then(|row| Count::decode(&row.body)).map_or(0, |count| count.counter);
        if counter <= before && (counter, before) != (0, 0) {
            return Ok(Err(Refusal::PasskeyCopied));
        }
        let body = Count { counter, used: self.clock.now() }.encode();
        let tag = row.map(|row| row.tag);
        let unchanged = Condition::Admission { key, tag, otherwise: Refusal::PasskeyCopied };
        Ok(Ok((unchanged, Effect::PutAdmission(AdmissionRow { key, body, expires: NEVER, tag: [0; 16] }))))
    }
}
