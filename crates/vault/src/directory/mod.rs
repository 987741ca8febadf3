//! People as the company's identity provider lists them. IT holds that provider; so what it says is a wish, which gives
//! no power until security agrees, with one exception: that somebody left counts at once.
//!
//! A record is what was said last. What waits for security isn't kept: it is what differs between record and power.

mod decide;
mod names;
mod propose;
pub(crate) mod record;
pub(crate) mod room;
mod wish;

pub use decide::Proposal;
pub use room::MOST_WAITING;

use crate::alarm::AlarmKind;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::power::Snapshot;
use crate::private::entry::Kind;
use crate::wiring::{Act, Vault};
use domain::{PersonId, Refusal, Role, TenantId};
use identity::scim::{Shown, User};
use record::Record;
use std::collections::HashSet;
use store::{AdmissionKind, AdmissionRow, Seals, Tag};

/// Somebody in the list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// As the provider is shown them.
    pub shown: Shown,
    id: PersonId,
    record: Record,
    /// The row's tag; none where there is no row yet.
    tag: Option<Tag>,
}

impl Vault {
    /// Everybody, as the provider is shown them, by when they were first named. The reading is an entry.
    ///
    /// # Errors
    /// The refusal with its entry for who doesn't keep the list; if the store fails. An edited row is left out, with an alarm.
    pub async fn directory(&self, scope: &Scope) -> Result<Vec<Listed>, VaultError> {
        let act = self.permitted(scope, policy::Act::KeepDirectory, Kind::DirectoryRead).await?;
        self.commit_plain(act).await?;
        let snapshot = self.power_now(scope.tenant).await?;
        self.listed(scope, &snapshot).await
    }

    /// One of them. The reading is an entry.
    ///
    /// # Errors
    /// As [`Vault::directory`]; `Refused(Tampered)` for who has an edited row, `Refused(NotFound)` for nobody.
    pub async fn directory_entry(&self, scope: &Scope, id: PersonId) -> Result<Listed, VaultError> {
        let act = self.permitted(scope, policy::Act::KeepDirectory, Kind::DirectoryRead).await?;
        self.commit_plain(act).await?;
        let snapshot = self.power_now(scope.tenant).await?;
        self.one_listed(scope, &snapshot, id).await?.ok_or(VaultError::refused(Refusal::NotFound))
    }

    /// One of them, by their own row alone. Only who has none is looked for among all: another's row may speak of them.
    async fn one_listed(&self, scope: &Scope, snapshot: &Snapshot, id: PersonId) -> Result<Option<Listed>, VaultError> {
        let Some(row) = self.store.admission(scope.tenant, record::key(id)).await? else {
            let all = if snapshot.person(id).is_some() { self.listed(scope, snapshot).await? } else { Vec::new() };
            return Ok(all.into_iter().find(|one| one.id == id));
        };
        let record = self.genuine_record(scope.tenant, &row).ok_or(VaultError::refused(Refusal::Tampered))?;
        Ok((!record.gone).then(|| listed(id, record, Some(row.tag), snapshot)))
    }

    fn genuine_record(&self, tenant: TenantId, row: &AdmissionRow) -> Option<Record> {
        let genuine = self.seals.tag(tenant, "admission", &row.material()) == row.tag;
        Record::decode(&row.body).filter(|_| genuine)
    }

    /// May this person keep the list at all? Only a refusal is an entry.
    ///
    /// # Errors
    /// The refusal with its entry.
    pub async fn keeps_directory(&self, scope: &Scope) -> Result<(), VaultError> {
        self.permitted(scope, policy::Act::KeepDirectory, Kind::DirectoryRead).await.map(drop)
    }

    /// An act that the rules permit this person, or the refusal with its entry.
    pub(crate) async fn permitted(&self, scope: &Scope, act: policy::Act, kind: Kind) -> Result<Act, VaultError> {
        let put = self.act(scope, kind)?;
        match self.may(scope, act) {
            Ok(()) => Ok(put),
            Err(denial) => Err(self.logged_denial(put, &denial).await),
        }
    }

    async fn listed(&self, scope: &Scope, snapshot: &Snapshot) -> Result<Vec<Listed>, VaultError> {
        let (mut all, mut edited) = (Vec::new(), Vec::new());
        for row in self.all_admissions(scope.tenant, AdmissionKind::Listing).await? {
            let id = PersonId(row.key.id);
            match self.genuine_record(scope.tenant, &row) {
                Some(record) if record.gone => {}
                Some(record) => all.push(listed(id, record, Some(row.tag), snapshot)),
                None => edited.push(id),
            }
        }
        // Of an edited row nothing is believed, also not that the person isn't listed.
        self.alarms.set(scope.tenant, AlarmKind::ListingEdited, !edited.is_empty(), self.clock.now());
        let named: HashSet<PersonId> = all.iter().map(|one| one.record.person).chain(edited).collect();
        let others = snapshot.everybody().into_iter().filter(|row| {
            // Machines aren't in a company's list of people, and who left before being listed never was.
            row.role != Role::Integrator && !named.contains(&row.id) && snapshot.person(row.id).is_some()
        });
        all.extend(others.map(|row| {
            let user = User {
                user_name: row.id.to_string(),
                display_name: Some(row.name.clone()),
                role: Some(row.role),
                team: Some(row.team.clone()).filter(|team| !team.is_empty()),
                active: true,
                external_id: None,
            };
            let at = row.id.minted();
            let record = Record { user, wanted: true, person: row.id, created: at, changed: at, gone: false };
            listed(row.id, record, None, snapshot)
        }));
        all.sort_by_key(|one| one.id);
        Ok(all)
    }
}

fn listed(id: PersonId, record: Record, tag: Option<Tag>, snapshot: &Snapshot) -> Listed {
    let (_, standing) = wish::wishes(&record, snapshot);
    let Record { created, changed, .. } = record;
    let shown = Shown { id: id.to_string(), user: record.user.clone(), standing, created, changed };
    Listed { shown, id, record, tag }
}
