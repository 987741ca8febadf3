//! Whose a user name is in the provider's list: a row for each name says which listing took it last. So a new name is looked up by
//! itself, and no two take one at once.
//!
//! A row alone takes nothing: what it names must still be listed, under that name. So it needn't be put right when somebody is
//! renamed or taken off.

use super::record::{self, FOR_GOOD};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::power::Snapshot;
use crate::private::entry::Kind;
use crate::reveal::hashed;
use crate::wiring::{Act, Vault};
use domain::{PersonId, Refusal, Role, TenantId};
use identity::scim::User;
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, Seals};

/// Says that each listing of before has its name's row.
const ALL: [u8; 16] = [0; 16];
/// How many rows are written at once.
const AT_ONCE: usize = 500;

/// A name that is free, as it was looked up.
pub(super) struct Free {
    unchanged: Condition,
    taken: AdmissionRow,
}

impl Free {
    /// The act that takes it, if nobody does meanwhile.
    pub(super) fn by(self, act: Act) -> Act {
        act.when(self.unchanged).effect(Effect::PutAdmission(self.taken))
    }
}

fn key(id: [u8; 16]) -> AdmissionKey {
    AdmissionKey { kind: AdmissionKind::ListingName, id }
}

/// Whatever its case.
fn plain(user: &User) -> String {
    user.user_name.to_lowercase()
}

fn row_id(name: &str) -> [u8; 16] {
    hashed(&[b"listing name", name.as_bytes()])
}

fn row(id: [u8; 16], listing: &[u8]) -> AdmissionRow {
    AdmissionRow { key: key(id), body: listing.to_vec(), expires: FOR_GOOD, tag: [0; 16] }
}

impl Vault {
    /// Looks up whether this listing may have the user name that is said of it: `NameTaken` where somebody else has it, `Tampered`
    /// where its row was edited.
    pub(super) async fn name_is_free(
        &self,
        scope: &Scope,
        snapshot: &Snapshot,
        user: &User,
        listing: PersonId,
    ) -> Result<Free, VaultError> {
        self.names_are_kept(scope).await?;
        let (tenant, name) = (scope.tenant, plain(user));
        let id = row_id(&name);
        let seen = self.store.admission(tenant, key(id)).await?;
        let genuine = |row: &AdmissionRow| self.seals.tag(tenant, "admission", &row.material()) == row.tag;
        if seen.as_ref().is_some_and(|row| !genuine(row)) {
            return Err(VaultError::refused(Refusal::Tampered));
        }
        let last = seen.as_ref().and_then(|row| row.body.as_slice().try_into().ok()).map(PersonId);
        let taken = match last.filter(|last| *last != listing) {
            Some(last) => self.is_called(tenant, last, &name).await?,
            None => false,
        };
        if taken || self.is_unlisted(snapshot, &name, listing).await? {
            return Err(VaultError::refused(Refusal::NameTaken));
        }
        let tag = seen.map(|row| row.tag);
        let unchanged = Condition::Admission { key: key(id), tag, otherwise: Refusal::NameTaken };
        Ok(Free { unchanged, taken: row(id, &listing.0) })
    }

    /// Is somebody listed under this name? An edited row isn't believed.
    async fn is_called(&self, tenant: TenantId, listing: PersonId, name: &str) -> Result<bool, VaultError> {
        let row = self.store.admission(tenant, record::key(listing)).await?;
        let record = row.and_then(|row| self.genuine_record(tenant, &row));
        Ok(record.is_some_and(|record| !record.gone && plain(&record.user) == name))
    }

    /// Is it the name of somebody who is here and whom the provider has said nothing of? They are listed under their id.
    async fn is_unlisted(&self, snapshot: &Snapshot, name: &str, own: PersonId) -> Result<bool, VaultError> {
        let Some(person) = PersonId::parse(name).filter(|person| *person != own) else { return Ok(false) };
        let here = snapshot.person(person).is_some_and(|row| row.role != Role::Integrator);
        Ok(here && self.store.admission(snapshot.tenant, record::key(person)).await?.is_none())
    }

    /// Once for a tenant: writes the rows of the names that were listed before there were any. With an entry, as all are read.
    async fn names_are_kept(&self, scope: &Scope) -> Result<(), VaultError> {
        if self.store.admission(scope.tenant, key(ALL)).await?.is_some() {
            return Ok(());
        }
        let mut rows = Vec::new();
        for listing in self.all_admissions(scope.tenant, AdmissionKind::Listing).await? {
            let record = self.genuine_record(scope.tenant, &listing).filter(|record| !record.gone);
            rows.extend(record.map(|record| row(row_id(&plain(&record.user)), &listing.key.id)));
        }
        rows.push(row(ALL, &[]));
        for some in rows.chunks(AT_ONCE) {
            let act = self.act(scope, Kind::DirectoryRead)?;
            let effects = some.iter().cloned().map(Effect::PutAdmission);
            self.commit_plain(effects.fold(act, Act::effect)).await?;
        }
        Ok(())
    }
}
