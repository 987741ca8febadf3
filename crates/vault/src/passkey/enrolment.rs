//! New passkeys that wait: an agent's for the yes of their team leader, and each for a security officer's approval, made with a
//! passkey for exactly this change.

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
    /// The check words of its public key: its owner, who sees them too, reads them out to whoever lets it count.
    pub check: String,
    /// When it was registered.
    pub added: Millis,
    /// What the officer signs.
    pub challenge: [u8; 32],
    /// How many officers must sign. More than one do it as a change of power: [`Asked::Passkey`](crate::Asked).
    pub signatures: usize,
    /// Does it need the yes of their team leader first? An agent's does.
    pub needs_leader: bool,
    /// Who gave it, by name, and still leads them.
    pub agreed_by: Option<String>,
    /// Does it need that, and nobody leads them who could give it?
    pub leader_missing: bool,
}

/// An agreement's detail in the log, where it is to a passkey and not to a device.
const TO_A_PASSKEY: u64 = 1;

/// Everything that waits, and with which passkeys this officer may approve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingList {
    /// The passkeys, oldest first.
    pub items: Vec<Waiting>,
    /// The officer's own credentials.
    pub credentials: Vec<Vec<u8>>,
}

impl Vault {
    /// What waits: all of it for security, that of their own team's agents for a team leader.
    ///
    /// # Errors
    /// The refusal with its entry for whom the rules don't let.
    pub async fn enrolments(&self, scope: &Scope) -> Result<WaitingList, VaultError> {
        let asked = if scope.leads() { policy::Act::EnrolDevice } else { policy::Act::Enrol };
        let act = self.permitted(scope, asked, Kind::PeopleRead).await?;
        self.commit_plain(act).await?;
        let snapshot = self.load_power(scope.tenant).await?;
        let own = |passkey: &Passkey| passkey.person == scope.person.id;
        let credentials = snapshot.powers().officers().filter(own).map(|passkey| passkey.credential).collect();
        let rows = self.all_admissions(scope.tenant, AdmissionKind::Enrolment).await?;
        let mut items: Vec<_> = rows.iter().filter_map(|row| self.waiting(&snapshot, row)).collect();
        let led = |one: &Waiting| one.needs_leader && snapshot.powers().leads(scope.person(), one.person);
        items.retain(|one| !scope.leads() || led(one));
        items.sort_by_key(|waiting| (waiting.added, waiting.id));
        Ok(WaitingList { items, credentials })
    }

    fn waiting(&self, snapshot: &Snapshot, row: &AdmissionRow) -> Option<Waiting> {
        let passkey = self.genuine_enrolment(snapshot, row)?;
        let person = snapshot.person(passkey.person)?;
        let (change, challenge) = change_of(snapshot, &passkey);
        let leads = |leader: &PersonId| snapshot.powers().leads(*leader, passkey.person);
        let leader = passkey.leader.filter(leads).and_then(|leader| snapshot.name(leader));
        Some(Waiting {
            id: row.key.id,
            person: person.id,
            name: person.name.clone(),
            role: person.role,
            check: passkey.check_words(),
            label: passkey.label,
            added: passkey.added,
            challenge,
            signatures: self.officers_needed(snapshot, &change),
            needs_leader: snapshot.powers().is_agent(passkey.person),
            agreed_by: leader.map(str::to_owned),
            leader_missing: snapshot.powers().is_agent(passkey.person) && !snapshot.is_led(passkey.person),
        })
    }

    fn genuine_enrolment(&self, snapshot: &Snapshot, row: &AdmissionRow) -> Option<Passkey> {
        let tag = self.seals.tag(snapshot.tenant, "admission", &row.material());
        (tag == row.tag && self.clock.now() < row.expires).then(|| Passkey::decode(&row.body))?
    }

    /// A team leader agrees to the passkey of an agent of theirs. Security lets it count then. Logged.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules, and `RoleNotAllowed` for who leads no team; `NotFound` for none of an agent's that
    /// waits; `TwoPeopleNeeded` for another team's leader, `LeaderMissing` where their own team has none.
    pub async fn agree_to_passkey(&self, scope: &Scope, id: [u8; 16]) -> Result<(), VaultError> {
        let act = self.permitted(scope, policy::Act::EnrolDevice, Kind::DeviceAgreed).await?.detail(TO_A_PASSKEY);
        if !scope.leads() {
            return Err(self.logged(act, Refusal::RoleNotAllowed).await);
        }
        let snapshot = self.power_now(scope.tenant).await?;
        let found = self.waiting_passkey(&snapshot, id).await?;
        let Some((passkey, row)) = found.filter(|(passkey, _)| snapshot.powers().is_agent(passkey.person)) else {
            return Err(self.logged(act, Refusal::NotFound).await);
        };
        let act = act.upon(passkey.person);
        if !snapshot.powers().leads(scope.person(), passkey.person) {
            return Err(self.logged(act, snapshot.without_a_yes(passkey.person)).await);
        }
        let unchanged = Condition::Admission { key: row.key, tag: Some(row.tag), otherwise: Refusal::PowerChanged };
        let agreed = Passkey { leader: Some(scope.person()), ..passkey };
        let kept = Effect::PutAdmission(AdmissionRow { body: agreed.encode(), ..row });
        self.commit_plain(act.when(unchanged).effect(kept)).await.map(drop)
    }

    /// Lets a passkey count, with a security officer's approval.
    ///
    /// # Errors
    /// With their entries: what the rules say; `NotFound` for nothing that waits; `TwoPeopleNeeded` for an agent's to which no team
    /// leader of theirs agreed, `LeaderMissing` where there is none; `NotApproved` by the key holder; `PowerChanged` if power changed meanwhile; `TwoOfficersNeeded` for
    /// the passkey of somebody who decides, where there are two.
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
        let Some((passkey, row)) = self.waiting_passkey(&snapshot, id).await? else {
            return Err(self.logged(act, Refusal::NotFound).await);
        };
        let change = match snapshot.with_leader(passkey.person, change_of(&snapshot, &passkey).0) {
            Ok(change) => change,
            Err(refusal) => return Err(self.logged(act.upon(passkey.person), refusal).await),
        };
        if self.officers_needed(&snapshot, &change) > 1 {
            return Err(self.logged(act.upon(passkey.person), Refusal::TwoOfficersNeeded).await);
        }
        let waits = Condition::Admission { key: row.key, tag: Some(row.tag), otherwise: Refusal::NotFound };
        let done = Effect::PutAdmission(AdmissionRow { body: Vec::new(), ..row });
        let warrant = Warrant::Officers(vec![assertion]);
        self.change_power(&snapshot, &warrant, vec![change], act.when(waits).effect(done)).await
    }

    /// Declines a passkey that waits: it never counts. For whoever could let it: security, and the team leader of an agent. Logged.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound` for none that waits, and for a team leader none of their own team's agents.
    pub async fn decline_enrolment(&self, scope: &Scope, id: [u8; 16]) -> Result<(), VaultError> {
        let asked = if scope.leads() { policy::Act::EnrolDevice } else { policy::Act::Enrol };
        let act = self.permitted(scope, asked, Kind::PasskeyDeclined).await?;
        let snapshot = self.power_now(scope.tenant).await?;
        let powers = snapshot.powers();
        let theirs = |person| !scope.leads() || powers.is_agent(person) && powers.leads(scope.person(), person);
        let found = self.waiting_passkey(&snapshot, id).await?.filter(|(passkey, _)| theirs(passkey.person));
        let Some((passkey, row)) = found else { return Err(self.logged(act, Refusal::NotFound).await) };
        let waits = Condition::Admission { key: row.key, tag: Some(row.tag), otherwise: Refusal::NotFound };
        let done = Effect::PutAdmission(AdmissionRow { body: Vec::new(), ..row });
        self.commit_plain(act.upon(passkey.person).when(waits).effect(done)).await.map(drop)
    }
}

impl Vault {
    fn officers_needed(&self, snapshot: &Snapshot, change: &Change) -> usize {
        let powers = snapshot.powers();
        powers.officers_needed(&[change.covered()], &powers.formers(self.clock.now()))
    }

    /// A passkey that waits, of somebody who is there.
    async fn waiting_passkey(
        &self,
        snapshot: &Snapshot,
        id: [u8; 16],
    ) -> Result<Option<(Passkey, AdmissionRow)>, VaultError> {
        let row = self.store.admission(snapshot.tenant, super::key(AdmissionKind::Enrolment, id)).await?;
        let found = row.and_then(|row| Some((self.genuine_enrolment(snapshot, &row)?, row)));
        Ok(found.filter(|(passkey, _)| snapshot.person(passkey.person).is_some()))
    }

    /// What letting a waiting passkey count comes to; `NotFound` for none that waits, `TwoPeopleNeeded` for an agent's to which no
    /// team leader of theirs agreed, `LeaderMissing` where there is none.
    pub(crate) async fn plan_passkey(&self, snapshot: &Snapshot, id: [u8; 16]) -> Result<Plan, VaultError> {
        let found = self.waiting_passkey(snapshot, id).await?;
        let found = found.and_then(|(passkey, row)| Some((snapshot.person(passkey.person)?, passkey, row)));
        let (person, passkey, row) = found.ok_or(VaultError::refused(Refusal::NotFound))?;
        let change = change_of(snapshot, &passkey).0;
        let change = snapshot.with_leader(passkey.person, change).map_err(VaultError::refused)?;
        let words = format!(
            "Let a passkey of {}, {}, count that was registered on {} as “{}”, with the check words {}. Make sure that it is really theirs.",
            person.name,
            person.role.label().to_lowercase(),
            plan::day_of(passkey.added),
            passkey.label,
            passkey.check_words(),
        );
        let asked = AskedRow {
            seen: row.tag,
            unchanged: Condition::Admission { key: row.key, tag: Some(row.tag), otherwise: Refusal::PowerChanged },
            kept: Some(Effect::PutAdmission(AdmissionRow { body: Vec::new(), ..row })),
        };
        Ok(Plan { person: Some(person.id), words, changes: vec![change], asked: Some(asked) })
    }
}

/// The change that lets it count, and what an officer signs for it.
fn change_of(snapshot: &Snapshot, passkey: &Passkey) -> (Change, [u8; 32]) {
    // Who isn't an agent any more needs no leader.
    let leader = passkey.leader.filter(|_| snapshot.powers().is_agent(passkey.person));
    let change = Change::put(row_id(&passkey.credential), &Passkey { leader, ..passkey.clone() });
    let root = snapshot.powers().after(&[change.covered()]).root();
    (change, power_challenge(snapshot.tenant, snapshot.seq + 1, &root))
}

impl Vault {
    /// May they let others' passkeys count? What the rules say; each approval asks again.
    #[must_use]
    pub fn approves_passkeys(&self, scope: &Scope) -> bool {
        self.may(scope, policy::Act::Enrol).is_ok()
    }

    /// May they agree to their team's new passkeys?
    #[must_use]
    pub fn agrees_to_passkeys(&self, scope: &Scope) -> bool {
        scope.leads() && self.may(scope, policy::Act::EnrolDevice).is_ok()
    }

    /// Does nobody here have the passkey with which power is approved? Then whoever runs the machine still sets it up.
    ///
    /// # Errors
    /// If store or key holder fail.
    pub async fn needs_officer(&self, tenant: domain::TenantId) -> Result<bool, VaultError> {
        Ok(self.power(tenant).await?.powers().officers().next().is_none())
    }
}
