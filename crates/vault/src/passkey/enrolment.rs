//! New passkeys that wait for a security officer, and the officer's approval: made with a passkey, for exactly this change.

use super::row_id;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::power::Snapshot;
use crate::power::change::Change;
use crate::power::plan::{AskedRow, Plan};
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{EntryId, Millis, PersonId, Refusal, Role};
use keys::power::{Assertion, Passkey, PowerBody as _, Warrant, power_challenge};
use store::{AdmissionKind, AdmissionRow, Condition, Effect, Seals};

/// A passkey that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its name.
    pub id: [u8; 16],
    /// Whose it would be.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// What they call it.
    pub label: String,
    /// When it was registered.
    pub added: Millis,
    /// What the officer signs.
    pub challenge: [u8; 32],
    /// How many officers must sign. More than one do it as a change of power: [`Asked::Passkey`](crate::Asked).
    pub signatures: usize,
}

/// Everything that waits, and with which passkeys this officer may approve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingList {
    /// The passkeys, oldest first.
    pub items: Vec<Waiting>,
    /// The officer's own credentials.
    pub credentials: Vec<Vec<u8>>,
}

impl Vault {
    /// What waits for approval.
    ///
    /// # Errors
    /// The refusal with its entry for whom the rules don't let.
    pub async fn enrolments(&self, scope: &Scope) -> Result<WaitingList, VaultError> {
        let act = self.act(scope, Kind::PeopleRead)?;
        if let Err(denial) = self.may(scope, policy::Act::Enrol) {
            return Err(self.logged_denial(act, &denial).await);
        }
        self.commit_plain(act).await?;
        let snapshot = self.load_power(scope.tenant).await?;
        let own = |passkey: &Passkey| passkey.person == scope.person.id;
        let credentials = snapshot.powers().officers().filter(own).map(|passkey| passkey.credential).collect();
        let rows = self.all_admissions(scope.tenant, AdmissionKind::Enrolment).await?;
        let mut items: Vec<_> = rows.iter().filter_map(|row| self.waiting(&snapshot, row)).collect();
        items.sort_by_key(|waiting| (waiting.added, waiting.id));
        Ok(WaitingList { items, credentials })
    }

    fn waiting(&self, snapshot: &Snapshot, row: &AdmissionRow) -> Option<Waiting> {
        let passkey = self.genuine_enrolment(snapshot, row)?;
        let person = snapshot.person(passkey.person)?;
        let (change, challenge) = change_of(snapshot, &passkey);
        Some(Waiting {
            id: row.key.id,
            person: person.id,
            name: person.name.clone(),
            role: person.role,
            label: passkey.label,
            added: passkey.added,
            challenge,
            signatures: self.officers_needed(snapshot, &change),
        })
    }

    fn genuine_enrolment(&self, snapshot: &Snapshot, row: &AdmissionRow) -> Option<Passkey> {
        let tag = self.seals.tag(snapshot.tenant, "admission", &row.material());
        (tag == row.tag && self.clock.now() < row.expires).then(|| Passkey::decode(&row.body))?
    }

    /// Lets a passkey count, with a security officer's approval.
    ///
    /// # Errors
    /// With their entries: what the rules say; `NotFound` for nothing that waits; `NotApproved` by the key holder;
    /// `PowerChanged` if power changed meanwhile; `TwoOfficersNeeded` for the passkey of somebody who decides, where there are two.
    pub async fn approve_enrolment(
        &self,
        scope: &Scope,
        id: [u8; 16],
        assertion: Assertion,
    ) -> Result<EntryId, VaultError> {
        let act = self.act(scope, Kind::PasskeyAdded)?;
        if let Err(denial) = self.may(scope, policy::Act::Enrol) {
            return Err(self.logged_denial(act, &denial).await);
        }
        let snapshot = self.load_power(scope.tenant).await?;
        let key = super::key(AdmissionKind::Enrolment, id);
        let row = self.store.admission(scope.tenant, key).await?;
        let found = row.and_then(|row| Some((self.genuine_enrolment(&snapshot, &row)?, row)));
        let Some((passkey, row)) = found.filter(|(passkey, _)| snapshot.person(passkey.person).is_some()) else {
            return Err(self.logged(act, Refusal::NotFound).await);
        };
        let (change, _) = change_of(&snapshot, &passkey);
        if self.officers_needed(&snapshot, &change) > 1 {
            return Err(self.logged(act.upon(passkey.person), Refusal::TwoOfficersNeeded).await);
        }
        let waits = Condition::Admission { key, tag: Some(row.tag), otherwise: Refusal::NotFound };
        let done = Effect::PutAdmission(AdmissionRow { body: Vec::new(), ..row });
        let warrant = Warrant::Officers(vec![assertion]);
        self.change_power(&snapshot, &warrant, vec![change], act.when(waits).effect(done)).await
    }
}

impl Vault {
    fn officers_needed(&self, snapshot: &Snapshot, change: &Change) -> usize {
        let powers = snapshot.powers();
        powers.officers_needed(&[change.covered()], &powers.formers(self.clock.now()))
    }

    /// What letting a waiting passkey count comes to; `NotFound` for none that waits.
    pub(crate) async fn plan_passkey(&self, snapshot: &Snapshot, id: [u8; 16]) -> Result<Plan, VaultError> {
        let key = super::key(AdmissionKind::Enrolment, id);
        let row = self.store.admission(snapshot.tenant, key).await?;
        let found = row.and_then(|row| Some((self.genuine_enrolment(snapshot, &row)?, row)));
        let found = found.and_then(|(passkey, row)| Some((snapshot.person(passkey.person)?, passkey, row)));
        let (person, passkey, row) = found.ok_or(VaultError::refused(Refusal::NotFound))?;
        let words = format!(
            "Let a passkey of {}, {}, count that was registered on {} as “{}”. Make sure that it is really theirs.",
            person.name,
            person.role.label().to_lowercase(),
            plan::day_of(passkey.added),
            passkey.label,
        );
        let asked = AskedRow {
            seen: row.tag,
            unchanged: Condition::Admission { key, tag: Some(row.tag), otherwise: Refusal::PowerChanged },
            kept: Some(Effect::PutAdmission(AdmissionRow { body: Vec::new(), ..row })),
        };
        let (change, _) = change_of(snapshot, &passkey);
        Ok(Plan { person: Some(person.id), words, changes: vec![change], asked: Some(asked) })
    }
}

/// The change that lets it count, and what an officer signs for it.
fn change_of(snapshot: &Snapshot, passkey: &Passkey) -> (Change, [u8; 32]) {
    let change = Change::put(row_id(&passkey.credential), passkey);
    let root = snapshot.powers().after(&[change.covered()]).root();
    (change, power_challenge(snapshot.tenant, snapshot.seq + 1, &root))
}

impl Vault {
    /// May they let others' passkeys count? What the rules say; each approval asks again.
    #[must_use]
    pub fn approves_passkeys(&self, scope: &Scope) -> bool {
        self.may(scope, policy::Act::Enrol).is_ok()
    }

    /// Does nobody here have the passkey with which power is approved? Then whoever runs the machine still sets it up.
    ///
    /// # Errors
    /// If store or key holder fail.
    pub async fn needs_officer(&self, tenant: domain::TenantId) -> Result<bool, VaultError> {
        Ok(self.power(tenant).await?.powers().officers().next().is_none())
    }
}
