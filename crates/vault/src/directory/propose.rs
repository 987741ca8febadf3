//! What the identity provider may do: wish, and take away.

use super::Listed;
use super::record::{Record, key};
use super::room::{Place, waits};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::power::Snapshot;
use crate::power::change::Change;
use crate::private::entry::Kind;
use crate::wiring::{Act, Vault};
use domain::{PersonId, Refusal};
use identity::scim::User;
use keys::power::{Left, Warrant};
use store::{Condition, Effect, Tag};

impl Vault {
    /// Keeps somebody new as a proposal: whatever it says, they aren't active. Logged.
    ///
    /// # Errors
    /// The refusal with its entry: for who doesn't keep the list, `NameTaken` for a user name that somebody has, `ProposalsFull` where
    /// as much waits for security as may.
    pub async fn propose_person(&self, scope: &Scope, user: User) -> Result<Listed, VaultError> {
        let act = self.permitted(scope, policy::Act::KeepDirectory, Kind::PersonProposed).await?;
        let snapshot = self.power_now(scope.tenant).await?;
        let (id, now) = (PersonId::mint(&*self.clock, &*self.entropy), self.clock.now());
        let free = match self.name_is_free(scope, &snapshot, &user, id).await {
            Err(VaultError::Refused { refusal, .. }) => return Err(self.logged(act, refusal).await),
            free => free?,
        };
        let wanted = user.active;
        let place = if wanted { self.place_for_a_proposal(&snapshot).await? } else { None };
        if wanted && place.is_none() {
            return Err(self.logged(act, Refusal::ProposalsFull).await);
        }
        let user = User { active: false, ..user };
        let record = Record { user, wanted, person: id, created: now, changed: now, gone: false };
        let committed = self.commit_plain(free.by(keeping(act.upon(id), id, &record, None))).await;
        settled(place, committed)?;
        self.found(scope, id).await
    }

    /// Keeps what is said of somebody now. That they left counts at once; everything else is a proposal. Logged.
    ///
    /// # Errors
    /// The refusal with its entry: for who doesn't keep the list, `NameTaken`, `LastOfficer` for the last one who could
    /// approve anything, `PowerChanged` if something else was said of them in this moment, `ProposalsFull` as above.
    pub async fn repropose_person(&self, scope: &Scope, seen: &Listed, user: User) -> Result<Listed, VaultError> {
        let snapshot = self.power_now(scope.tenant).await?;
        let leaves = seen.record.user.active && !user.active;
        let kind = if leaves { leaving(&snapshot, &seen.record) } else { Kind::PersonProposed };
        let act = self.permitted(scope, policy::Act::KeepDirectory, kind).await?;
        let record = self.said_now(&snapshot, &seen.record, user);
        let one_more = !leaves && waits(&record, &snapshot) && !waits(&seen.record, &snapshot);
        let user = &record.user;
        let renamed = user.user_name.to_lowercase() != seen.record.user.user_name.to_lowercase();
        // Of whom something is said for the first time, the name is kept from then on. That somebody left waits for no name.
        let free = if renamed || (seen.tag.is_none() && !leaves) {
            match self.name_is_free(scope, &snapshot, user, seen.id).await {
                Err(VaultError::Refused { refusal, .. }) => return Err(self.logged(act, refusal).await),
                free => Some(free?),
            }
        } else {
            None
        };
        let place = if one_more { self.place_for_a_proposal(&snapshot).await? } else { None };
        if one_more && place.is_none() {
            return Err(self.logged(act, Refusal::ProposalsFull).await);
        }
        let act = match free {
            Some(free) => free.by(act),
            None => act,
        };
        if leaves {
            self.leave(&snapshot, seen, record, act).await?;
        } else {
            let committed = self.commit_plain(keeping(act.upon(record.person), seen.id, &record, seen.tag)).await;
            settled(place, committed)?;
        }
        self.found(scope, seen.id).await
    }

    /// The record of somebody with what is said of them now.
    fn said_now(&self, snapshot: &Snapshot, before: &Record, user: User) -> Record {
        let wanted = if before.user.active == user.active { before.wanted } else { user.active };
        // Whoever left and comes back is a new person: that somebody left is never taken back.
        let comes_back = wanted && !before.wanted && snapshot.has_left(before.person);
        let person = if comes_back { PersonId::mint(&*self.clock, &*self.entropy) } else { before.person };
        Record { user, wanted, person, changed: self.clock.now(), ..before.clone() }
    }

    /// Takes somebody off the list: they have left, at once. Logged.
    ///
    /// # Errors
    /// As [`Vault::repropose_person`].
    pub async fn retire_person(&self, scope: &Scope, seen: &Listed) -> Result<(), VaultError> {
        let snapshot = self.power_now(scope.tenant).await?;
        let kind = leaving(&snapshot, &seen.record);
        let act = self.permitted(scope, policy::Act::KeepDirectory, kind).await?;
        let user = User { active: false, ..seen.record.user.clone() };
        let record = Record { user, wanted: false, gone: true, changed: self.clock.now(), ..seen.record.clone() };
        self.leave(&snapshot, seen, record, act).await
    }

    /// Marks the person as left, where there is one, in the commit that keeps the record.
    async fn leave(&self, snapshot: &Snapshot, seen: &Listed, record: Record, act: Act) -> Result<(), VaultError> {
        let person = seen.record.person;
        let act = keeping(act.upon(person), seen.id, &record, seen.tag);
        if snapshot.person(person).is_none() && snapshot.sound {
            return self.commit_plain(act).await.map(drop);
        }
        let left = Change::put(person.0, &Left { at: self.clock.now() });
        self.change_power(snapshot, &Warrant::Narrowing, vec![left], act).await.map(drop)
    }

    async fn found(&self, scope: &Scope, id: PersonId) -> Result<Listed, VaultError> {
        let snapshot = self.power_now(scope.tenant).await?;
        self.one_listed(scope, &snapshot, id).await?.ok_or(VaultError::refused(Refusal::PowerChanged))
    }
}

/// The place, if it took one, is free again where it was refused.
fn settled<T>(place: Option<Place<'_>>, committed: Result<T, VaultError>) -> Result<T, VaultError> {
    match place {
        Some(place) => place.after(committed),
        None => committed,
    }
}

/// What the entry tells of: a leaving, or that a proposal is taken back.
fn leaving(snapshot: &Snapshot, record: &Record) -> Kind {
    if snapshot.person(record.person).is_some() { Kind::PersonLeft } else { Kind::PersonProposed }
}

/// The act that keeps a record, if the row still is the one that was seen.
pub(super) fn keeping(act: Act, id: PersonId, record: &Record, seen: Option<Tag>) -> Act {
    act.when(unchanged(id, seen)).effect(Effect::PutAdmission(record.row(id)))
}

/// The row still is the one that was seen.
pub(super) fn unchanged(id: PersonId, seen: Option<Tag>) -> Condition {
    Condition::Admission { key: key(id), tag: seen, otherwise: Refusal::PowerChanged }
}
