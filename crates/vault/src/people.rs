//! People: who there is, and their bearer tokens, kept as digests.

use crate::auth::token_digest;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::{Operator, Vault};
use domain::duty::grantable;
use domain::time::fresh;
use domain::{PersonId, Refusal, Role};
use store::{Condition, Effect, PersonRow, Seals};
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
    /// `Refused(ForbiddenPair)` with its entry; `Refused(PowerChanged)` if somebody else was added in this moment; if the
    /// store fails.
    pub async fn add_person(&self, operator: &Operator, new: NewPerson) -> Result<PersonId, VaultError> {
        let version = self.store.power(operator.tenant).await?.map_or(0, |row| row.version);
        let held = self.roles_of(operator, &new.name).await?;
        if grantable(new.role, &held, &[]).is_err() {
            let act = self.bare_act(operator.tenant, Kind::PersonChanged)?;
            return Err(self.logged(act, Refusal::ForbiddenPair).await);
        }
        let id = PersonId::mint(&*self.clock, &*self.entropy);
        let row = PersonRow {
            id,
            tenant: operator.tenant,
            role: new.role,
            name: new.name,
            team: new.team,
            token: None,
            tag: [0; 16],
        };
        self.put_person_under(row, Kind::PersonChanged, Some(version)).await?;
        Ok(id)
    }

    /// The roles of everybody of this name, however it is spaced and cased.
    async fn roles_of(&self, operator: &Operator, name: &str) -> Result<Vec<Role>, VaultError> {
        let plain = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let (rows, name) = (self.store.persons(operator.tenant).await?, plain(name));
        Ok(rows.into_iter().filter(|row| plain(&row.name) == name).map(|row| row.role).collect())
    }

    /// Gives a person a new bearer token; the old one ends. Only its digest is kept.
    ///
    /// # Errors
    /// `Refused(NotFound)` for an unknown person, `Refused(Tampered)` for an edited row; each with its entry.
    pub async fn issue_token(&self, operator: &Operator, person: PersonId) -> Result<Zeroizing<String>, VaultError> {
        let row = self.found_person(operator, person, Kind::TokenIssued).await?;
        let bytes: [u8; 32] = fresh(&*self.entropy);
        let mut token = Zeroizing::new(String::with_capacity(68));
        token.push_str("rft_");
        bytes.iter().for_each(|byte| token.push_str(&format!("{byte:02x}")));
        self.put_person(PersonRow { token: Some(token_digest(&token)), ..row }, Kind::TokenIssued).await?;
        Ok(token)
    }

    /// Ends a person's token.
    ///
    /// # Errors
    /// As [`Vault::issue_token`].
    pub async fn revoke_token(&self, operator: &Operator, person: PersonId) -> Result<(), VaultError> {
        let row = self.found_person(operator, person, Kind::TokenRevoked).await?;
        self.put_person(PersonRow { token: None, ..row }, Kind::TokenRevoked).await
    }

    /// Everyone of a tenant, by name. The reading is an entry.
    ///
    /// # Errors
    /// If the store fails; `Refused(Tampered)` with its entry if a row was edited.
    pub async fn people(&self, operator: &Operator) -> Result<Vec<PersonRow>, VaultError> {
        let rows = self.store.persons(operator.tenant).await?;
        let edited = rows.iter().find(|row| self.genuine((*row).clone()).is_err()).map(|row| row.id);
        let mut act = self.bare_act(operator.tenant, Kind::PeopleRead)?;
        if edited.is_some() {
            act.draft.person = edited;
            return Err(self.logged(act, Refusal::Tampered).await);
        }
        self.commit_plain(act).await?;
        Ok(rows)
    }

    /// A person's genuine row, or the refusal with its entry.
    async fn found_person(&self, operator: &Operator, person: PersonId, kind: Kind) -> Result<PersonRow, VaultError> {
        let row = self.store.person(operator.tenant, person).await?;
        let refusal = match row.map(|row| self.genuine(row)) {
            Some(Ok(row)) => return Ok(row),
            Some(Err(_)) => Refusal::Tampered,
            None => Refusal::NotFound,
        };
        let mut act = self.bare_act(operator.tenant, kind)?;
        act.draft.person = Some(person);
        Err(self.logged(act, refusal).await)
    }

    async fn put_person(&self, row: PersonRow, kind: Kind) -> Result<(), VaultError> {
        self.put_person_under(row, kind, None).await
    }

    /// The same, if people and rules still have this version.
    async fn put_person_under(&self, mut row: PersonRow, kind: Kind, version: Option<u64>) -> Result<(), VaultError> {
        row.tag = self.seals.tag(row.tenant, "person", &row.material());
        let mut act = self.bare_act(row.tenant, kind)?;
        act.draft.person = Some(row.id);
        act.when.extend(version.map(Condition::PowerVersion));
        self.commit_plain(act.effect(Effect::PutPerson(row))).await?;
        self.staff.forget();
        Ok(())
    }
}
