//! People: who there is, and their bearer tokens, kept as digests.

use crate::auth::token_digest;
use crate::error::VaultError;
use crate::power::Snapshot;
use crate::power::change::Change;
use crate::private::entry::Kind;
use crate::wiring::{Operator, Vault};
use domain::duty::grantable;
use domain::time::fresh;
use domain::{PersonId, Refusal, Role};
use keys::power::Warrant;
use store::PersonRow;
use zeroize::Zeroizing;

/// A person to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPerson {
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Team.
    pub team: String,
}

impl Vault {
    /// Adds a person. Logged, and a new version of people and rules. Who has the same name is taken for the same human:
    /// roles whose powers must not meet are refused.
    ///
    /// # Errors
    /// `Refused(ForbiddenPair)` with its entry; `Refused(PowerChanged)` if power was changed in this moment;
    /// `Refused(OfficerNeeded)` once security officers have passkeys; if the store fails.
    pub async fn add_person(&self, operator: &Operator, new: NewPerson) -> Result<PersonId, VaultError> {
        let snapshot = self.load_power(operator.tenant).await?;
        let mut act = self.bare_act(operator.tenant, Kind::PersonChanged)?;
        if grantable(new.role, &roles_of(&snapshot, &new.name), &[]).is_err() {
            return Err(self.logged(act, Refusal::ForbiddenPair).await);
        }
        let id = PersonId::mint(&*self.clock, &*self.entropy);
        let NewPerson { name, role, team } = new;
        let row = PersonRow { id, tenant: operator.tenant, role, name, team, token: None, tag: [0; 16] };
        act.draft.person = Some(id);
        self.change_power(&snapshot, &Warrant::Setup, vec![Change::Person(row)], act).await?;
        Ok(id)
    }

    /// Gives a person a new bearer token; the old one ends. Only its digest is kept.
    ///
    /// # Errors
    /// `Refused` with its entry: `NotFound` for an unknown person, `OfficerNeeded` once security officers have passkeys.
    pub async fn issue_token(&self, operator: &Operator, person: PersonId) -> Result<Zeroizing<String>, VaultError> {
        let bytes: [u8; 32] = fresh(&*self.entropy);
        let mut token = Zeroizing::new(String::with_capacity(68));
        token.push_str("rft_");
        bytes.iter().for_each(|byte| token.push_str(&format!("{byte:02x}")));
        self.put_token(operator, person, Some(token_digest(&token)), Kind::TokenIssued).await?;
        Ok(token)
    }

    /// Ends a person's token.
    ///
    /// # Errors
    /// `Refused(NotFound)` with its entry for an unknown person.
    pub async fn revoke_token(&self, operator: &Operator, person: PersonId) -> Result<(), VaultError> {
        self.put_token(operator, person, None, Kind::TokenRevoked).await
    }

    async fn put_token(
        &self,
        operator: &Operator,
        person: PersonId,
        token: Option<[u8; 32]>,
        kind: Kind,
    ) -> Result<(), VaultError> {
        let snapshot = self.load_power(operator.tenant).await?;
        let mut act = self.bare_act(operator.tenant, kind)?;
        act.draft.person = Some(person);
        let row = snapshot.everybody().into_iter().find(|row| row.id == person);
        let Some(row) = row.filter(|_| snapshot.sound) else {
            let refusal = if snapshot.sound { Refusal::NotFound } else { Refusal::PowerTampered };
            return Err(self.logged(act, refusal).await);
        };
        let row = PersonRow { token, ..PersonRow::clone(row) };
        let warrant = if token.is_some() { Warrant::Setup } else { Warrant::Narrowing };
        self.change_power(&snapshot, &warrant, vec![Change::Person(row)], act).await.map(drop)
    }

    /// Everyone of a tenant, by name. The reading is an entry.
    ///
    /// # Errors
    /// If the store fails; `Refused(PowerTampered)` with its entry while people and rights are in doubt.
    pub async fn people(&self, operator: &Operator) -> Result<Vec<PersonRow>, VaultError> {
        let snapshot = self.load_power(operator.tenant).await?;
        let act = self.bare_act(operator.tenant, Kind::PeopleRead)?;
        if !snapshot.sound {
            return Err(self.logged(act, Refusal::PowerTampered).await);
        }
        self.commit_plain(act).await?;
        Ok(snapshot.everybody().into_iter().map(|row| PersonRow::clone(row)).collect())
    }
}

/// The roles of everybody of this name, however it is spaced and cased.
fn roles_of(snapshot: &Snapshot, name: &str) -> Vec<Role> {
    let plain = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let name = plain(name);
    snapshot.everybody().into_iter().filter(|row| plain(&row.name) == name).map(|row| row.role).collect()
}
