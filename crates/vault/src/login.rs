//! Sign-ins through an identity provider: for agents, and only from a device that a team leader and security enrolled. IT, who
//! holds the provider, can make an identity there; it can make no agent. Whoever decides comes with a passkey alone.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::power::Snapshot;
use crate::private::entry::Kind;
use crate::reveal::hashed;
use crate::session::{Body, DeviceKey, NewSession, Proof, Way};
use crate::wiring::Vault;
use domain::{PersonId, Refusal, TenantId};
use keys::power::{Device, Login};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect};

/// For how long an answer's state is remembered, in milliseconds: longer than a sign-in may take.
const REMEMBERED_MS: i64 = 20 * 60_000;

/// What a sign-in came to.
pub enum LoggedIn {
    /// A session.
    Session(NewSession),
    /// The device isn't enrolled yet. The code names its request to those who enrol it.
    DeviceAsked(String),
}

/// What an identity provider said of who signs in, and from where.
pub struct Arrival<'a> {
    /// The provider.
    pub issuer: &'a str,
    /// Its name for the person.
    pub subject: &'a str,
    /// What bound the answer to this browser; it counts once.
    pub state: &'a str,
    /// The browser's key.
    pub device: Option<DeviceKey>,
}

impl Snapshot {
    /// Is a provider's subject somebody else who is here? One subject is one human: they have one account.
    pub(crate) fn is_anothers(&self, login: &[u8; 16], person: PersonId) -> bool {
        let known = self.get::<Login>(login).map(|login| login.person);
        known.is_some_and(|known| known != person && self.person(known).is_some())
    }
}

impl Vault {
    /// Signs in whom a provider's subject is. Logged.
    ///
    /// # Errors
    /// `Refused` with its entry: `LoginUnknown` for a subject that security made nobody of, or somebody who serves no
    /// customers, or decides; `NotThisDevice` for a browser without a key; `RequestReplayed` for an answer that was used.
    pub async fn log_in(&self, tenant: TenantId, arrival: &Arrival<'_>) -> Result<LoggedIn, VaultError> {
        let snapshot = self.power_now(tenant).await?;
        let mut act = self.bare_act(tenant, Kind::SignIn)?.detail(Way::Login as u64);
        let id = Login::id(arrival.issuer, arrival.subject);
        let login = snapshot
            .get::<Login>(&id)
            .filter(|login| (login.issuer.as_str(), login.subject.as_str()) == (arrival.issuer, arrival.subject));
        let row = login.and_then(|login| snapshot.person(login.person)).filter(|row| row.role.comes_by_provider());
        let Some(row) = row.filter(|_| snapshot.sound) else {
            return Err(self.logged(act, Refusal::LoginUnknown).await);
        };
        act.draft.person = Some(row.id);
        let Some(device) = arrival.device else {
            return Err(self.logged(act, Refusal::NotThisDevice).await);
        };
        let enrolled = snapshot.get::<Device>(&device.id());
        if enrolled.is_none_or(|known| known.person != row.id || known.key != device.bytes()) {
            return self.ask_for_device(tenant, row.id, device).await.map(LoggedIn::DeviceAsked);
        }
        let scope = self.by_person(tenant, row.id, [0; 16]).await?;
        let (unused, used) = self.once(AdmissionKind::Challenge, hashed(&[b"oidc state", arrival.state.as_bytes()]));
        let proof = Proof { way: Way::Login, rests_on: Some(keys::hash(&[&id])) };
        let begun = self.begin_with(&scope, proof, Some(device), vec![unused], vec![used]).await?;
        Ok(LoggedIn::Session(begun))
    }

    /// Who signed in through a provider, if login and device still stand, and their role still is one that may: an agent who is
    /// made a team leader decides nothing in the session that the provider opened.
    pub(crate) async fn logged_in(
        &self,
        tenant: TenantId,
        session: [u8; 16],
        body: &Body,
    ) -> Result<Scope, VaultError> {
        let snapshot = self.power(tenant).await?;
        let login = snapshot
            .all::<Login>()
            .any(|(id, login)| login.person == body.person && body.rests_on == Some(keys::hash(&[&id])));
        let device = body.device.is_some_and(|key| {
            let known = snapshot.get::<Device>(&DeviceKey(key).id());
            known.is_some_and(|known| known.person == body.person && known.key == key)
        });
        let role = snapshot.person(body.person).is_some_and(|row| row.role.comes_by_provider());
        if !login || !device || !role {
            return Err(VaultError::Unauthenticated);
        }
        self.by_person(tenant, body.person, session).await
    }

    /// That a name is used now and never again, for as long as it is remembered.
    fn once(&self, kind: AdmissionKind, id: [u8; 16]) -> (Condition, Effect) {
        let key = AdmissionKey { kind, id };
        let expires = self.clock.now().plus(REMEMBERED_MS);
        let row = AdmissionRow { key, body: Vec::new(), expires, tag: [0; 16] };
        let unused = Condition::Admission { key, tag: None, otherwise: Refusal::RequestReplayed };
        (unused, Effect::PutAdmission(row))
    }
}
