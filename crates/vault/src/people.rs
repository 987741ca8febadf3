//! People: who there is, and their bearer tokens, kept as digests.

use crate::auth::{Scope, token_digest};
use crate::error::VaultError;
use crate::power::Snapshot;
use crate::power::access::Access;
use crate::power::change::Change;
use crate::power::wish::PowerWish;
use crate::private::entry::Kind;
use crate::wiring::{Operator, Vault};
use domain::time::fresh;
use domain::{Millis, PersonId, Refusal, Role};
use keys::power::{Client, Device, Left, Login, Passkey, Reporting, Warrant};
use std::collections::HashMap;
use std::sync::Arc;
use store::{Page, PersonRow};
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

/// A person, for who watches over power.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonLine {
    /// Who.
    pub person: PersonId,
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Team.
    pub team: String,
    /// Their manager.
    pub reports_to: Option<PersonId>,
    /// What that manager is called.
    pub manager: Option<String>,
    /// Do they have a bearer token?
    pub token: bool,
    /// Was it given while the tenant was set up, to a person, and has no officer confirmed it since for the role that they have?
    pub unconfirmed: bool,
    /// When they were added.
    pub since: Millis,
    /// Are they new, with smaller allowances?
    pub probation: bool,
    /// How many passkeys they have.
    pub passkeys: usize,
    /// How many devices they may work from.
    pub devices: usize,
    /// How many logins at an identity provider they have.
    pub logins: usize,
    /// Do they have a machine client's key?
    pub key: bool,
    /// Since when they have left.
    pub left: Option<Millis>,
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

    /// Marks a person as having left, for ever: they can't sign in and have no power. It needs nobody's approval.
    ///
    /// # Errors
    /// `Refused` with its entry: `NotFound` for who isn't there, `LastOfficer` for the last officer with a passkey.
    pub async fn person_left(&self, operator: &Operator, person: PersonId) -> Result<(), VaultError> {
        let snapshot = self.load_power(operator.tenant).await?;
        let mut act = self.bare_act(operator.tenant, Kind::PersonLeft)?;
        act.draft.person = Some(person);
        let wish = PowerWish::Left { person };
        match wish.changes(&snapshot, person, self.clock.now()) {
            Ok(changes) => self.change_power(&snapshot, &Warrant::Narrowing, changes, act).await.map(drop),
            Err(refusal) => Err(self.logged(act, refusal).await),
        }
    }

    /// The operator says how somebody gets in: a client's key, a login. Logged as a change of power.
    ///
    /// # Errors
    /// `Refused` with its entry: `NotFound` for who isn't there, `RoleNotAllowed` for a role that gets in another way,
    /// `NameTaken` for a subject that somebody else is, `OfficerNeeded` once security officers have passkeys.
    pub async fn set_access(&self, operator: &Operator, access: &Access) -> Result<(), VaultError> {
        let snapshot = self.load_power(operator.tenant).await?;
        let mut act = self.bare_act(operator.tenant, Kind::PowerChanged)?;
        act.draft.person = Some(access.person());
        match access.changes(&snapshot, self.clock.now()) {
            Ok(changes) => self.change_power(&snapshot, &Warrant::Setup, changes, act).await.map(drop),
            Err(refusal) => Err(self.logged(act, refusal).await),
        }
    }

    /// May this person read who there is? What the rules say now; each reading asks again.
    #[must_use]
    pub fn reads_people(&self, scope: &Scope) -> bool {
        self.may(scope, policy::Act::ReadPeople).is_ok()
    }

    /// May this person draft changes of power? What the rules say now; each change asks again.
    #[must_use]
    pub fn changes_power(&self, scope: &Scope) -> bool {
        self.may(scope, policy::Act::ChangePower).is_ok()
    }

    /// Who there is and was, by id, for who watches over power; with `named`, whose name, team or role has that in it. The reading
    /// is an entry.
    ///
    /// # Errors
    /// The refusal with its entry for others; `PowerTampered` while people and rights are in doubt.
    pub async fn read_people(
        &self,
        scope: &Scope,
        named: Option<&str>,
        after: Option<PersonId>,
        limit: u32,
    ) -> Result<Page<PersonLine, PersonId>, VaultError> {
        let act = self.act(scope, Kind::PeopleRead)?;
        if let Err(denial) = self.may(scope, policy::Act::ReadPeople) {
            return Err(self.logged_denial(act, &denial).await);
        }
        let snapshot = self.power(scope.tenant).await?;
        if !snapshot.sound {
            return Err(self.logged(act, Refusal::PowerTampered).await);
        }
        self.commit_plain(act).await?;
        let means = Means::of(&snapshot);
        let unconfirmed = snapshot.powers().unconfirmed_tokens();
        let mut everybody = snapshot.everybody();
        everybody.sort_by_key(|row| row.id);
        let wanted = named.map(str::to_lowercase);
        // A role's whole name means those who have it.
        let role = Role::ALL.into_iter().find(|role| wanted.as_deref() == Some(&role.label().to_lowercase()));
        let fits = |row: &PersonRow| {
            if let Some(role) = role {
                return row.role == role;
            }
            let has = |text: &str, wanted: &str| text.to_lowercase().contains(wanted);
            wanted
                .as_deref()
                .is_none_or(|wanted| has(&row.name, wanted) || has(&row.team, wanted) || has(row.role.label(), wanted))
        };
        let rest = everybody.into_iter().filter(|row| after.is_none_or(|after| row.id > after) && fits(row));
        let line = |row: &Arc<PersonRow>| {
            let number = |of: &HashMap<PersonId, usize>| of.get(&row.id).copied().unwrap_or(0);
            let reports_to = snapshot.get::<Reporting>(&row.id.0).map(|reporting| reporting.to);
            PersonLine {
                person: row.id,
                name: row.name.clone(),
                role: row.role,
                team: row.team.clone(),
                reports_to,
                manager: reports_to.and_then(|id| snapshot.name(id)).map(str::to_owned),
                token: row.token.is_some(),
                unconfirmed: unconfirmed.contains(&row.id),
                since: row.id.minted(),
                probation: self.standing_of(row).is_probation(),
                passkeys: number(&means.passkeys),
                devices: number(&means.devices),
                logins: number(&means.logins),
                key: snapshot.get::<Client>(&row.id.0).is_some(),
                left: snapshot.get::<Left>(&row.id.0).map(|left| left.at),
            }
        };
        let lines = rest.take(limit as usize + 1).map(line).collect();
        Ok(Page::cut(lines, limit, |line: &PersonLine| line.person))
    }
}

/// By what people get in, counted.
struct Means {
    passkeys: HashMap<PersonId, usize>,
    devices: HashMap<PersonId, usize>,
    logins: HashMap<PersonId, usize>,
}

impl Means {
    fn of(snapshot: &Snapshot) -> Self {
        Self {
            passkeys: counted(snapshot.all::<Passkey>().map(|(_, passkey)| passkey.person)),
            devices: counted(snapshot.all::<Device>().map(|(_, device)| device.person)),
            logins: counted(snapshot.all::<Login>().map(|(_, login)| login.person)),
        }
    }
}

fn counted(all: impl Iterator<Item = PersonId>) -> HashMap<PersonId, usize> {
    all.fold(HashMap::new(), |mut counted, person| {
        *counted.entry(person).or_default() += 1;
        counted
    })
}
