//! Security's side: what the identity provider wishes, in words, and the answer to it.

use super::Listed;
use super::propose::{keeping, unchanged};
use super::record::Record;
use super::wish::{Wish, called, wishes, words};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::power::Snapshot;
use crate::power::change::Change;
use crate::power::plan::{AskedRow, Plan};
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{Millis, PersonId, Refusal, Role, TenantId};
use keys::power::Login;
use store::{Effect, Page, PersonRow};

/// What waits for security's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Names it.
    pub id: PersonId,
    /// What would be done, in words, one sentence each.
    pub says: Vec<String>,
    /// The role that would be given, where one is proposed.
    pub role: Option<Role>,
    /// When the provider last said something of it.
    pub at: Millis,
}

impl Vault {
    /// What waits, by its name. The reading is an entry.
    ///
    /// # Errors
    /// The refusal with its entry for who doesn't decide; if the store fails.
    pub async fn proposals(
        &self,
        scope: &Scope,
        after: Option<PersonId>,
        limit: u32,
    ) -> Result<Page<Proposal, PersonId>, VaultError> {
        let act = self.permitted(scope, policy::Act::DecideProposal, Kind::DirectoryRead).await?;
        self.commit_plain(act).await?;
        let snapshot = self.power_now(scope.tenant).await?;
        let all = self.listed(scope, &snapshot).await?;
        let rest = all.iter().filter(|one| after.is_none_or(|after| one.id > after));
        let waits = rest.filter_map(|one| proposal(one, &snapshot)).take(limit as usize + 1).collect();
        Ok(Page::cut(waits, limit, |one: &Proposal| one.id))
    }

    /// Declines a proposal: what the provider said is set back to what is. Logged.
    ///
    /// # Errors
    /// The refusal with its entry for who doesn't decide, and if something else was said in this moment;
    /// `Refused(NotFound)` for what doesn't wait.
    pub async fn decline_proposal(&self, scope: &Scope, id: PersonId) -> Result<(), VaultError> {
        let act = self.permitted(scope, policy::Act::DecideProposal, Kind::ProposalDeclined).await?;
        let snapshot = self.power_now(scope.tenant).await?;
        let seen = self.waiting_proposal(scope, id, &snapshot).await?;
        let act = act.upon(seen.record.person);
        let act = keeping(act, seen.id, &declined(&seen.record, &snapshot, self.clock.now()), seen.tag);
        self.commit_plain(act).await.map(drop)
    }

    /// What applying a proposal comes to: `NotFound` for what doesn't wait, `RoleMissing` where neither the provider nor
    /// security named a role, `NameTaken` for a subject that somebody else here is.
    pub(crate) async fn plan_proposal(
        &self,
        scope: &Scope,
        snapshot: &Snapshot,
        id: PersonId,
        role: Option<Role>,
        issuer: Option<&str>,
    ) -> Result<Plan, VaultError> {
        let seen = self.waiting_proposal(scope, id, snapshot).await?;
        let changes = changes(&seen, snapshot, scope.tenant, role, issuer).map_err(VaultError::refused)?;
        let words = proposal(&seen, snapshot).map(|one| one.says.join(" ")).unwrap_or_default();
        let words = match role.filter(|_| seen.record.user.role.is_none()) {
            Some(role) => format!("{words} The role is {}.", role.label()),
            None => words,
        };
        let mut record = seen.record.clone();
        record.user.active = true;
        record.user.role = record.user.role.or(role);
        let person = record.person;
        let asked = seen.tag.map(|tag| AskedRow {
            seen: tag,
            unchanged: unchanged(seen.id, Some(tag)),
            kept: Some(Effect::PutAdmission(record.row(seen.id))),
        });
        Ok(Plan { person: Some(person), words, changes, asked })
    }

    async fn waiting_proposal(&self, scope: &Scope, id: PersonId, snapshot: &Snapshot) -> Result<Listed, VaultError> {
        let seen = self.one_listed(scope, snapshot, id).await?.filter(|one| proposal(one, snapshot).is_some());
        seen.ok_or(VaultError::refused(Refusal::NotFound))
    }
}

fn proposal(one: &Listed, snapshot: &Snapshot) -> Option<Proposal> {
    let (wishes, _) = wishes(&one.record, snapshot);
    let says: Vec<String> = wishes.iter().map(|wish| words(wish, one, snapshot)).collect();
    let role = one.record.user.role;
    (!says.is_empty()).then_some(Proposal { id: one.id, says, role, at: one.record.changed })
}

/// The change of power that grants what is wished.
fn changes(
    seen: &Listed,
    snapshot: &Snapshot,
    tenant: TenantId,
    role: Option<Role>,
    issuer: Option<&str>,
) -> Result<Vec<Change>, Refusal> {
    let Record { user, person, .. } = &seen.record;
    let (wishes, _) = wishes(&seen.record, snapshot);
    let joins = wishes.contains(&Wish::Join);
    let mut row = match snapshot.person(*person) {
        Some(row) => PersonRow::clone(row),
        None => PersonRow {
            id: *person,
            tenant,
            role: user.role.or(role).ok_or(Refusal::RoleMissing)?,
            name: called(user).to_owned(),
            team: user.team.clone().unwrap_or_default(),
            token: None,
            tag: [0; 16],
        },
    };
    for wish in wishes {
        match wish {
            Wish::Join => {}
            Wish::Name(name) => row.name = name,
            Wish::Role(role) => row.role = role,
            Wish::Team(team) => row.team = team,
        }
    }
    let login = issuer.zip(user.external_id.as_deref()).filter(|_| joins).map(|(issuer, subject)| {
        let id = Login::id(issuer, subject);
        if snapshot.is_anothers(&id, row.id) {
            return Err(Refusal::NameTaken);
        }
        Ok(Change::put(id, &Login { issuer: issuer.to_owned(), subject: subject.to_owned(), person: row.id }))
    });
    let login = login.transpose()?;
    Ok(core::iter::once(Change::Person(row)).chain(login).collect())
}

/// The record as it would be had the provider said what is.
fn declined(record: &Record, snapshot: &Snapshot, now: Millis) -> Record {
    let mut record = Record { changed: now, ..record.clone() };
    match snapshot.person(record.person) {
        None => (record.wanted, record.user.active) = (false, false),
        Some(row) => {
            record.user.display_name = Some(row.name.clone());
            record.user.role = Some(row.role);
            record.user.team = Some(row.team.clone()).filter(|team| !team.is_empty());
        }
    }
    record
}
