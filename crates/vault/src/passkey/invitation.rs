//! One-time codes with which people register their first passkey: 256 random bits, kept as a digest, for an hour.

use super::INVITATION_MS;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::session::Cookie;
use crate::wiring::{Operator, Vault};
use domain::time::fresh;
use domain::{PersonId, Refusal, Role, TenantId};
use store::{AdmissionKind, AdmissionRow, Condition, Effect, PersonRow, Seals};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// Who was invited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// The tenant.
    pub tenant: TenantId,
    /// Who.
    pub person: PersonId,
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Does the passkey count at once? Otherwise a security officer approves it first.
    pub at_once: bool,
}

/// An invitation that counts.
pub(super) struct Open {
    pub(super) invited: Invited,
    row: AdmissionRow,
}

impl Open {
    /// Used up, once.
    pub(super) fn spend(self) -> (Condition, Effect) {
        let key = self.row.key;
        let unused = Condition::Admission { key, tag: Some(self.row.tag), otherwise: Refusal::InvitationOver };
        (unused, Effect::PutAdmission(AdmissionRow { body: Vec::new(), ..self.row }))
    }
}

impl Vault {
    /// Invites a person to register a passkey: gives the code, which is told once. An earlier one ends.
    ///
    /// # Errors
    /// `Refused(NotFound)` with its entry for nobody here.
    pub async fn invite(&self, operator: &Operator, person: PersonId) -> Result<Zeroizing<String>, VaultError> {
        let tenant = operator.tenant;
        let mut act = self.bare_act(tenant, Kind::Invited)?;
        act.draft.person = Some(person);
        if self.load_power(tenant).await?.person(person).is_none() {
            return Err(self.logged(act, Refusal::NotFound).await);
        }
        let code = Cookie { tenant, id: person.0, secret: Zeroizing::new(fresh(&*self.entropy)) };
        let row = AdmissionRow {
            key: super::key(AdmissionKind::Invitation, person.0),
            body: keys::hash(&[&*code.secret]).to_vec(),
            expires: self.clock.now().plus(INVITATION_MS),
            tag: [0; 16],
        };
        self.commit_plain(act.effect(Effect::PutAdmission(row))).await?;
        Ok(code.print())
    }

    /// Whom a code invites.
    ///
    /// # Errors
    /// `Refused(InvitationOver)` for a code that was used, replaced or made up, or that is older than an hour; with its entry where
    /// it names somebody.
    pub async fn invited(&self, code: &str) -> Result<Invited, VaultError> {
        Ok(self.open_invitation(code).await?.invited)
    }

    pub(super) async fn open_invitation(&self, code: &str) -> Result<Open, VaultError> {
        let over = VaultError::refused(Refusal::InvitationOver);
        let Some(code) = Cookie::read(code).filter(|code| self.keys(code.tenant).is_ok()) else { return Err(over) };
        let snapshot = self.power(code.tenant).await?;
        let Some(person) = snapshot.person(PersonId(code.id)) else { return Err(over) };
        let row = self.store.admission(code.tenant, super::key(AdmissionKind::Invitation, code.id)).await?;
        let row = row.filter(|row| self.seals.tag(code.tenant, "admission", &row.material()) == row.tag);
        let counts = |row: &AdmissionRow| {
            row.expires > self.clock.now() && bool::from(row.body.ct_eq(&keys::hash(&[&*code.secret])))
        };
        match row.filter(counts) {
            Some(row) => {
                let at_once = snapshot.powers().officers().next().is_none();
                Ok(Open { invited: told(code.tenant, person, at_once), row })
            }
            None => {
                let mut act = self.bare_act(code.tenant, Kind::PasskeyOffered)?;
                act.draft.person = Some(person.id);
                Err(self.logged(act, Refusal::InvitationOver).await)
            }
        }
    }
}

fn told(tenant: TenantId, person: &PersonRow, at_once: bool) -> Invited {
    Invited { tenant, person: person.id, name: person.name.clone(), role: person.role, at_once }
}
