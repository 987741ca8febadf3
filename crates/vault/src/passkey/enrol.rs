//! A new passkey: by invitation, or beside one that the person has.

use super::challenge::said;
use super::row_id;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::power::change::Change;
use crate::private::entry::Kind;
use crate::wiring::{Act, Vault};
use domain::time::fresh;
use domain::{PersonId, Refusal, TenantId};
use keys::power::{Passkey, PowerBody as _, Warrant};
use keys::webauthn::{Party, registered};
use store::{AdmissionKind, AdmissionRow, Effect};

/// How long a new passkey waits for a security officer, in milliseconds.
const WAITS_MS: i64 = 7 * 24 * 3_600_000;

/// What a browser gives of a new passkey.
#[derive(Clone, Debug)]
pub struct NewPasskey {
    /// `clientDataJSON`.
    pub client_data: Vec<u8>,
    /// The attestation object.
    pub attestation: Vec<u8>,
    /// What its owner calls it.
    pub label: String,
}

/// What became of a new passkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enrolled {
    /// One can sign in with it.
    AtOnce,
    /// A security officer approves it first, who compares these words with what its owner reads out.
    Waiting {
        /// The check words of its public key.
        check: String,
    },
}

impl Vault {
    /// Registers the passkey of whoever holds an invitation, which is used up by it. While no security officer has a passkey,
    /// the operator is setting the tenant up, and it counts at once.
    ///
    /// # Errors
    /// With their entries: `InvitationOver`; `PasskeyRefused` for an answer that doesn't fit; `RequestReplayed` for a challenge
    /// that was answered before.
    pub async fn enrol_invited(&self, code: &str, party: &Party<'_>, new: &NewPasskey) -> Result<Enrolled, VaultError> {
        let open = self.open_invitation(code).await?;
        let (tenant, person) = (open.invited.tenant, open.invited.person);
        let mut act = self.bare_act(tenant, Kind::PasskeyOffered)?;
        act.draft.person = Some(person);
        let (unused, used) = open.spend();
        self.enrol(tenant, person, party, new, act.when(unused).effect(used)).await
    }

    /// Registers one more passkey of a signed-in person.
    ///
    /// # Errors
    /// As [`Vault::enrol_invited`], without an invitation.
    pub async fn enrol_another(
        &self,
        scope: &Scope,
        party: &Party<'_>,
        new: &NewPasskey,
    ) -> Result<Enrolled, VaultError> {
        let act = self.act(scope, Kind::PasskeyOffered)?;
        self.enrol(scope.tenant, scope.person.id, party, new, act).await
    }

    async fn enrol(
        &self,
        tenant: TenantId,
        person: PersonId,
        party: &Party<'_>,
        new: &NewPasskey,
        act: Act,
    ) -> Result<Enrolled, VaultError> {
        let challenge = said(&new.client_data);
        let fits = registered(&new.client_data, &new.attestation, &challenge, party);
        let (Some(answered), Ok(fresh_one)) = (self.answered(&challenge)?, fits) else {
            return Err(self.logged(act, Refusal::PasskeyRefused).await);
        };
        let passkey = Passkey {
            person,
            credential: fresh_one.credential,
            algorithm: fresh_one.algorithm,
            public_key: fresh_one.public_key,
            rp_id: party.rp_id.to_owned(),
            state: Vec::new(),
            label: new.label.clone(),
            added: self.clock.now(),
            leader: None,
        };
        let (unused, used) = answered.spend();
        let act = act.when(unused).effect(used);
        let snapshot = self.load_power(tenant).await?;
        let id = row_id(&passkey.credential);
        // Nobody's passkey is replaced: an authenticator makes a new id each time.
        if snapshot.get::<Passkey>(&id).is_some() {
            return Err(self.logged(act, Refusal::PasskeyRefused).await);
        }
        if snapshot.powers().officers().next().is_none() {
            self.change_power(&snapshot, &Warrant::Setup, vec![Change::put(id, &passkey)], act.detail(1)).await?;
            return Ok(Enrolled::AtOnce);
        }
        let row = AdmissionRow {
            key: super::key(AdmissionKind::Enrolment, fresh(&*self.entropy)),
            body: passkey.encode(),
            expires: self.clock.now().plus(WAITS_MS),
            tag: [0; 16],
        };
        self.commit_plain(act.effect(Effect::PutAdmission(row))).await?;
        Ok(Enrolled::Waiting { check: passkey.check_words() })
    }
}
