//! A person's own passkeys.

use super::sign_in::Count;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::power::change::Change;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{EntryId, Millis, PowerKind, Refusal};
use keys::power::{Passkey, PowerBody as _, Warrant};
use store::{AdmissionKind, Seals};

/// One of a person's passkeys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnPasskey {
    /// Its name here.
    pub id: [u8; 16],
    /// The credential's id, so that an authenticator makes no second one.
    pub credential: Vec<u8>,
    /// What its owner calls it.
    pub label: String,
    /// The check words of its public key.
    pub check: String,
    /// When it was registered.
    pub added: Millis,
    /// When it last signed in, if it has.
    pub used: Option<Millis>,
    /// Does it wait for a security officer?
    pub waits: bool,
}

impl Vault {
    /// Whoever asks sees their own passkeys, those that wait among them, oldest first.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn own_passkeys(&self, scope: &Scope) -> Result<Vec<OwnPasskey>, VaultError> {
        let snapshot = self.power(scope.tenant).await?;
        let own = |passkey: &Passkey| passkey.person == scope.person.id;
        let mut all = Vec::new();
        for (id, passkey) in snapshot.all::<Passkey>().filter(|(_, passkey)| own(passkey)) {
            let row = self.store.admission(scope.tenant, super::key(AdmissionKind::Counter, id)).await?;
            let used = row.and_then(|row| Count::decode(&row.body)).map(|count| count.used);
            all.push(described(id, passkey, used, false));
        }
        for row in self.all_admissions(scope.tenant, AdmissionKind::Enrolment).await? {
            let genuine = self.seals.tag(scope.tenant, "admission", &row.material()) == row.tag;
            let waiting = Passkey::decode(&row.body).filter(|_| genuine && self.clock.now() < row.expires);
            all.extend(waiting.filter(own).map(|passkey| described(row.key.id, passkey, None, true)));
        }
        all.sort_by_key(|passkey| (passkey.added, passkey.id));
        Ok(all)
    }

    /// Takes one's own passkey back. Its sessions end with it.
    ///
    /// # Errors
    /// With their entries: `NotFound` for none of one's own; `LastOfficer` for the last one of the last security officer.
    pub async fn drop_passkey(&self, scope: &Scope, id: [u8; 16]) -> Result<EntryId, VaultError> {
        let act = self.act(scope, Kind::PasskeyDropped)?;
        let snapshot = self.load_power(scope.tenant).await?;
        let own = snapshot.get::<Passkey>(&id).is_some_and(|passkey| passkey.person == scope.person.id);
        if !own {
            return Err(self.logged(act, Refusal::NotFound).await);
        }
        let change = Change::Drop((PowerKind::Passkey, id));
        self.change_power(&snapshot, &Warrant::Narrowing, vec![change], act).await
    }
}

fn described(id: [u8; 16], passkey: Passkey, used: Option<Millis>, waits: bool) -> OwnPasskey {
    let check = passkey.check_words();
    let Passkey { credential, label, added, .. } = passkey;
    OwnPasskey { id, credential, label, check, added, used, waits }
}
