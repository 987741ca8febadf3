//! Legal holds: a customer who is needed for a claim, an authority or as evidence of fraud is neither expired nor erased. Two
//! officers, of data protection or of security, must ask for the same, and two for its end.
//!
//! The mark lies in the customer's row under the tag of their state. What the first officer asked lies in a row of its own,
//! which names no customer: its name is a digest, and whoever is the second names the customer again.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::power::Snapshot;
use crate::private::entry::Kind;
use crate::reveal::hashed;
use crate::wiring::{Act, Vault};
use domain::{CustomerId, EntryId, Hold, Millis, PersonId, Refusal};
use policy::Device;
use std::sync::Arc;
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, PersonRow, Seals, Tag};

/// How long the first officer's word waits for the second's, in milliseconds.
const WAITS_MS: i64 = 7 * 24 * 3_600_000;

/// What an officer's asking came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The entry.
    pub receipt: EntryId,
    /// Until when it waits for a second officer; none where this one was the second, and it is so now.
    pub waits_until: Option<Millis>,
}

/// What the first officer asked.
struct Asked {
    /// The reason, or nothing where a hold is to end.
    hold: Option<Hold>,
    officer: PersonId,
    tag: Tag,
}

impl Asked {
    /// `reason or 0 ‖ officer[16]`
    fn body(hold: Option<Hold>, officer: PersonId) -> Vec<u8> {
        [[code(hold)].as_slice(), &officer.0].concat()
    }

    fn read(row: &AdmissionRow) -> Option<Self> {
        let (code, officer) = row.body.split_first()?;
        let hold = if *code == 0 { None } else { Some(Hold::from_code(*code)?) };
        Some(Self { hold, officer: PersonId(officer.try_into().ok()?), tag: row.tag })
    }
}

fn code(hold: Option<Hold>) -> u8 {
    hold.map_or(0, |hold| hold as u8)
}

impl Vault {
    /// Asks that a customer be held for a reason, or that they be held no longer; it is so once a second officer asks for the
    /// same within seven days. Logged with the reason, also in the customer's own half of the log.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules, `NotFound` for no such customer, `Tampered` where their row was edited,
    /// `PowerChanged` where somebody else asked in this very moment.
    pub async fn hold(&self, scope: &Scope, customer: CustomerId, hold: Option<Hold>) -> Result<Holding, VaultError> {
        let keys = self.entry_keys(scope.tenant, customer).await?;
        let about = |kind| -> Result<Act, VaultError> {
            Ok(self.act(scope, kind)?.about(customer, None, 0, keys.clone()).detail(code(hold).into()))
        };
        if let Err(denial) = self.may_hold(scope) {
            return Err(self.logged_denial(about(Kind::HoldAsked)?, &denial).await);
        }
        let key =
            AdmissionKey { kind: AdmissionKind::HoldAsked, id: hashed(&[b"hold", &scope.tenant.bytes(), &customer.0]) };
        let before = self.store.admission(scope.tenant, key).await?;
        let tag = before.as_ref().map(|row| row.tag);
        let unchanged = Condition::Admission { key, tag, otherwise: Refusal::PowerChanged };
        let exists = Condition::CustomerExists(customer);
        let now = self.clock.now();
        let asked = before.filter(|row| row.expires.since(now) > 0 && self.is_genuine(scope, row));
        let power = self.load_power(scope.tenant).await?;
        let first = asked.as_ref().and_then(Asked::read).filter(|first| first.hold == hold);
        let Some(first) = first.filter(|first| self.counts_as_first(&power, first.officer, scope.person())) else {
            let row = AdmissionRow {
                key,
                body: Asked::body(hold, scope.person()),
                expires: now.plus(WAITS_MS),
                tag: [0; 16],
            };
            let act = about(Kind::HoldAsked)?.when(exists).when(unchanged).effect(Effect::PutAdmission(row));
            let receipt = self.commit_plain(act).await?;
            return Ok(Holding { receipt, waits_until: Some(now.plus(WAITS_MS)) });
        };
        debug_assert_eq!(Some(first.tag), tag, "the row that the commit holds on to");
        let answered = AdmissionRow { key, body: Vec::new(), expires: now, tag: [0; 16] };
        let kind = if hold.is_some() { Kind::HoldPlaced } else { Kind::HoldLifted };
        let act = about(kind)?.upon(first.officer).when(exists).when(unchanged);
        let act = act.effect(Effect::Hold(customer, hold)).effect(Effect::PutAdmission(answered));
        Ok(Holding { receipt: self.commit_plain(act).await?, waits_until: None })
    }

    /// Officers are who erases and who changes people and rights, as the rules say.
    fn may_hold(&self, scope: &Scope) -> Result<(), policy::Denial> {
        self.may(scope, policy::Act::Erase).or_else(|_| self.may(scope, policy::Act::ChangePower))
    }

    /// Does the first one's word count beside the second's? They must be another human, and still one who may.
    fn counts_as_first(&self, power: &Snapshot, first: PersonId, second: PersonId) -> bool {
        let may = |person: &PersonRow, act| {
            let ways = power.governance.rules.ways(&self.asker(person, Device::Page), act);
            ways.approved.is_some() || ways.alone.is_ok()
        };
        let still = |person: &Arc<PersonRow>| may(person, policy::Act::Erase) || may(person, policy::Act::ChangePower);
        power.person(first).is_some_and(still) && !power.same_human(first, second)
    }

    fn is_genuine(&self, scope: &Scope, row: &AdmissionRow) -> bool {
        row.tag == self.seals.tag(scope.tenant, "admission", &row.material())
    }
}
