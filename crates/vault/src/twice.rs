//! What nobody does alone: two officers ask for the same, each by themselves, within seven days.
//!
//! What the first one asked lies in a row of its own, which names no customer: its name is a digest, and whoever is the second
//! names the customer again.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::power::Snapshot;
use crate::reveal::hashed;
use crate::wiring::{Act, Vault};
use domain::{EntryId, Millis, PersonId, Refusal, TenantId};
use policy::Device;
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, PersonRow, Seals};

/// How long the first officer's word waits for the second's, in milliseconds.
const WAITS_MS: i64 = 7 * 24 * 3_600_000;

/// What an officer's asking for a mark, or for its end, came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MarkSet {
    /// The entry.
    pub receipt: EntryId,
    /// Until when it waits for a second officer; none where it is so now.
    pub waits_until: Option<Millis>,
}

/// What is asked for, of whom.
pub(crate) struct Wish {
    /// What kind of row keeps the first one's word.
    pub(crate) kind: AdmissionKind,
    /// A customer's id, or a request's.
    pub(crate) of: [u8; 16],
    /// What exactly: only the same counts as the same.
    pub(crate) code: u8,
}

impl Wish {
    fn key(&self, tenant: TenantId) -> AdmissionKey {
        // The digests of holds were there first.
        let what: &[u8] = match self.kind {
            AdmissionKind::UnguardAsked => b"unguard",
            AdmissionKind::AnswerAsked => b"answer",
            AdmissionKind::EraseAsked => b"erase",
            AdmissionKind::UnlimitAsked => b"unlimit",
            _ => b"hold",
        };
        AdmissionKey { kind: self.kind, id: hashed(&[what, &tenant.bytes(), &self.of]) }
    }

    /// Nobody has asked any more.
    pub(crate) fn forgotten(&self, tenant: TenantId, now: Millis) -> Effect {
        Effect::PutAdmission(AdmissionRow { key: self.key(tenant), body: Vec::new(), expires: now, tag: [0; 16] })
    }

    /// `code ‖ officer[16] ‖ browser[16]`
    fn body(&self, officer: PersonId, browser: Option<[u8; 16]>) -> Vec<u8> {
        let browser = browser.as_ref().map_or(&[][..], |browser| browser);
        [&[self.code], officer.0.as_slice(), browser].concat()
    }

    /// Who asked for this, as a row says it, and at which browser, by the digest of its key. One of before programs were refused, that
    /// a program asked, counts for nothing.
    fn asked_by(&self, row: &AdmissionRow) -> Option<(PersonId, [u8; 16])> {
        let (officer, browser) = row.body.strip_prefix(&[self.code])?.split_first_chunk()?;
        Some((PersonId(*officer), browser.try_into().ok()?))
    }
}

/// Whose word it is, and what the commit keeps of it.
pub(crate) struct Word {
    /// Who asked first, where this is the second one who asks.
    pub(crate) first: Option<PersonId>,
    /// Until when the first one's waits.
    pub(crate) until: Millis,
    unchanged: Condition,
    kept: AdmissionRow,
}

impl Word {
    /// The act counts it, if nobody else asked in this very moment.
    pub(crate) fn on(self, act: Act) -> Act {
        act.when(self.unchanged).effect(Effect::PutAdmission(self.kept))
    }
}

impl Vault {
    /// Whether somebody is the first or the second to ask. The first must be another human, and still one for whom one of these
    /// acts is permitted.
    ///
    /// # Errors
    /// `Refused(NotASecondOfficer)`, without an entry, at the browser at which the first one asked, and for a program: nobody can tell
    /// at which device it runs. If the store fails.
    pub(crate) async fn word(&self, scope: &Scope, wish: &Wish, acts: &[policy::Act]) -> Result<Word, VaultError> {
        let (key, now) = (wish.key(scope.tenant), self.clock.now());
        let before = self.store.admission(scope.tenant, key).await?;
        let tag = before.as_ref().map(|row| row.tag);
        let unchanged = Condition::Admission { key, tag, otherwise: Refusal::PowerChanged };
        let genuine = |row: &AdmissionRow| row.tag == self.seals.tag(scope.tenant, "admission", &row.material());
        let asked = before.filter(|row| row.expires.since(now) > 0 && genuine(row));
        let power = self.load_power(scope.tenant).await?;
        let first = asked.and_then(|row| wish.asked_by(&row));
        let first = first.filter(|(first, _)| self.counts_as_first(&power, *first, scope.person(), acts));
        let browser = self.device_of(scope).await?;
        if browser.is_none() || first.is_some_and(|(_, theirs)| Some(theirs) == browser) {
            return Err(VaultError::refused(Refusal::NotASecondOfficer));
        }
        let first = first.map(|(first, _)| first);
        let until = now.plus(WAITS_MS);
        let kept = match first {
            Some(_) => AdmissionRow { key, body: Vec::new(), expires: now, tag: [0; 16] },
            None => AdmissionRow { key, body: wish.body(scope.person(), browser), expires: until, tag: [0; 16] },
        };
        Ok(Word { first, until, unchanged, kept })
    }

    /// The word of who may do it first, or of who only agrees: that one isn't the first. What is refused is an entry, of this act.
    pub(crate) async fn first_or_second(
        &self,
        scope: &Scope,
        wish: &Wish,
        first: policy::Act,
        act: Act,
    ) -> Result<Word, VaultError> {
        let word = match self.word(scope, wish, &[first]).await {
            Err(VaultError::Refused { refusal, .. }) => return Err(self.logged(act, refusal).await),
            word => word?,
        };
        match self.may(scope, first) {
            Err(denial) if word.first.is_none() => Err(self.logged_denial(act, &denial).await),
            _ => Ok(word),
        }
    }

    fn counts_as_first(&self, power: &Snapshot, first: PersonId, second: PersonId, acts: &[policy::Act]) -> bool {
        let may = |person: &PersonRow, act: policy::Act| {
            let ways = power.governance.rules.ways(&self.asker(person, Device::Page), act);
            ways.approved.is_some() || ways.alone.is_ok()
        };
        let still = power.person(first).is_some_and(|person| acts.iter().any(|act| may(person, *act)));
        still && !power.same_human(first, second)
    }
}
