//! Security's side: what the identity provider wishes, in words, and the answer to it.

use super::Listed;
use super::propose::keeping;
use super::record::Record;
use super::wish::{Wish, called, wishes, words};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::power::Snapshot;
use crate::power::change::Change;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{Millis, PersonId, Refusal, Role, TenantId};
use keys::power::{Login, Warrant, power_challenge};
use store::PersonRow;

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

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Do it, by this right.
    Apply(Warrant),
    /// Don't; what the provider said is set back to what is.
    Decline,
}

/// What an officer signs to approve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The version of power that it would make.
    pub seq: u64,
    /// The challenge of the passkey's assertion.
    pub challenge: [u8; 32],
}

impl Vault {
    /// What waits. The reading is an entry.
    ///
    /// # Errors
    /// The refusal with its entry for who doesn't decide; if the store fails.
    pub async fn proposals(&self, scope: &Scope) -> Result<Vec<Proposal>, VaultError> {
        let act = self.permitted(scope, policy::Act::DecideProposal, Kind::DirectoryRead).await?;
        self.commit_plain(act).await?;
        let snapshot = self.power_now(scope.tenant).await?;
        let all = self.listed(scope, &snapshot).await?;
        Ok(all.iter().filter_map(|one| proposal(one, &snapshot)).collect())
    }

    /// What an officer would sign to have it done, with this role where the provider proposed none.
    ///
    /// # Errors
    /// As [`Vault::decide_proposal`].
    pub async fn draft_proposal(
        &self,
        scope: &Scope,
        id: PersonId,
        role: Option<Role>,
        issuer: Option<&str>,
    ) -> Result<Draft, VaultError> {
        let act = self.permitted(scope, policy::Act::DecideProposal, Kind::DirectoryRead).await?;
        let snapshot = self.power_now(scope.tenant).await?;
        let seen = self.waiting_proposal(scope, id, &snapshot).await?;
        let changes = match changes(&seen, &snapshot, scope.tenant, role, issuer) {
            Ok(changes) => changes,
            Err(refusal) => return Err(self.logged(act, refusal).await),
        };
        self.commit_plain(act).await?;
        let covered: Vec<_> = changes.iter().map(Change::covered).collect();
        let (seq, root) = (snapshot.seq + 1, snapshot.powers().after(&covered).root());
        Ok(Draft { seq, challenge: power_challenge(scope.tenant, seq, &root) })
    }

    /// Answers a proposal. Logged: applied as a change of a person, declined as that.
    ///
    /// # Errors
    /// The refusal with its entry: for who doesn't decide, `RoleMissing` where neither the provider nor security named a
    /// role, `ForbiddenPair`, and as the key holder judges the right to it; `Refused(NotFound)` for what doesn't wait.
    pub async fn decide_proposal(
        &self,
        scope: &Scope,
        id: PersonId,
        decision: Decision,
        role: Option<Role>,
        issuer: Option<&str>,
    ) -> Result<(), VaultError> {
        let kind = if decision == Decision::Decline { Kind::ProposalDeclined } else { Kind::PersonChanged };
        let act = self.permitted(scope, policy::Act::DecideProposal, kind).await?;
        let snapshot = self.power_now(scope.tenant).await?;
        let seen = self.waiting_proposal(scope, id, &snapshot).await?;
        let act = act.upon(seen.record.person);
        match decision {
            Decision::Decline => {
                let act = keeping(act, seen.id, &declined(&seen.record, &snapshot, self.clock.now()), seen.tag);
                self.commit_plain(act).await.map(drop)
            }
            Decision::Apply(warrant) => {
                let changes = match changes(&seen, &snapshot, scope.tenant, role, issuer) {
                    Ok(changes) => changes,
                    Err(refusal) => return Err(self.logged(act, refusal).await),
                };
                let mut record = seen.record.clone();
                record.user.active = true;
                record.user.role = record.user.role.or(role);
                let act = keeping(act, seen.id, &record, seen.tag);
                self.change_power(&snapshot, &warrant, changes, act).await.map(drop)
            }
        }
    }

    async fn waiting_proposal(&self, scope: &Scope, id: PersonId, snapshot: &Snapshot) -> Result<Listed, VaultError> {
        let all = self.listed(scope, snapshot).await?;
        let seen = all.into_iter().find(|one| one.id == id && proposal(one, snapshot).is_some());
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
        let login = Login { issuer: issuer.to_owned(), subject: subject.to_owned(), person: row.id };
        Change::put(Login::id(issuer, subject), &login)
    });
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
