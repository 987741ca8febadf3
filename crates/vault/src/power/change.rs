//! Changing power: one way for every kind of row.

use super::load::{person_body, sealed};
use super::{Snapshot, duties};
use crate::error::VaultError;
use crate::limits_form::Budgets;
use crate::private::entry::Kind;
use crate::wiring::{Act, Operator, Vault};
use domain::{EntryId, PowerKey, PowerKind, Refusal};
use keys::HolderError;
use keys::power::{LimitsText, PowerBody, PowerChange, PowerProposal, PowerSeal, SettingsText, THE_ONE, Warrant};
use store::{Condition, Effect, PersonRow, PowerEdit, PowerRow, Seals};

/// A row to be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A person, new or changed.
    Person(PersonRow),
    /// Another row, new or changed.
    Put(PowerKey, Vec<u8>),
    /// A row goes.
    Drop(PowerKey),
}

impl Change {
    /// A row with this content.
    pub fn put<B: PowerBody>(id: [u8; 16], body: &B) -> Self {
        Self::Put((B::KIND, id), body.encode())
    }

    /// As the root covers it.
    pub(crate) fn covered(&self) -> PowerChange {
        match self {
            Self::Person(row) => ((PowerKind::Person, row.id.0), Some(person_body(row))),
            Self::Put(key, body) => (*key, Some(body.clone())),
            Self::Drop(key) => (*key, None),
        }
    }
}

impl Vault {
    /// Changes power, from the version that was looked at: sealed by the key holder, which judges the right to it, and
    /// committed with the act's entry.
    ///
    /// # Errors
    /// `Refused` with its entry: `PowerChanged` if it isn't the newest version any more; `OfficerNeeded`, `NotApproved`,
    /// `LastOfficer` by the key holder; `ForbiddenPair` or `ManagedByIt` if powers would meet that must not; `PowerTampered` while power is in doubt. If store or key holder fail.
    pub(crate) async fn change_power(
        &self,
        from: &Snapshot,
        warrant: &Warrant,
        changes: Vec<Change>,
        act: Act,
    ) -> Result<EntryId, VaultError> {
        if !from.sound {
            return Err(self.logged(act, Refusal::PowerTampered).await);
        }
        let changes = self.with_formers(from, self.with_configured(from, warrant, changes));
        let covered: Vec<PowerChange> = changes.iter().map(Change::covered).collect();
        if let Err(refusal) = duties::checked(&from.powers, &covered) {
            return Err(self.logged(act, refusal).await);
        }
        let seal = match self.sealed_by_holder(from, warrant, &covered).await {
            Ok(seal) => seal,
            Err(VaultError::Refused { refusal, .. }) => return Err(self.logged(act, refusal).await),
            Err(error) => return Err(error),
        };
        let kept = self.earlier_kept(from, &changes);
        let edits = changes.into_iter().map(|change| self.edit(from, change)).collect();
        let act = act.when(Condition::PowerVersion(from.seq)).effect(Effect::SetPower(sealed(&seal), edits));
        let act = kept.into_iter().fold(act, |act, (new, text)| act.when(new).effect(text));
        let committed = self.commit_plain(act).await;
        self.power.forget(from.tenant);
        let entry = committed?;
        // From here on an older version is noticed. Where this fails, or another node was quicker, the next look does it.
        let _ = self.holder.check_power(from.tenant, Some(seal)).await;
        Ok(entry)
    }

    /// Shows the key holder a change that was signed and must wait: it counts the time from now on by its own clock.
    ///
    /// # Errors
    /// As [`Vault::change_power`], without an entry.
    pub(super) async fn announce(
        &self,
        from: &Snapshot,
        warrant: &Warrant,
        changes: Vec<Change>,
    ) -> Result<(), VaultError> {
        let changes = self.with_formers(from, changes);
        let covered: Vec<PowerChange> = changes.iter().map(Change::covered).collect();
        match self.sealed_by_holder(from, warrant, &covered).await {
            // Nothing comes of a seal that isn't committed.
            Ok(_) | Err(VaultError::Holder(HolderError::TooSoon)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn sealed_by_holder(
        &self,
        from: &Snapshot,
        warrant: &Warrant,
        changes: &[PowerChange],
    ) -> Result<PowerSeal, VaultError> {
        let proposal = PowerProposal { from: from.seq, before: &from.powers, changes, warrant };
        let error = match self.holder.seal_power(from.tenant, &proposal).await {
            Ok(seal) => return Ok(seal),
            Err(error) => error,
        };
        let refusal = match error {
            HolderError::OtherPower => Refusal::PowerChanged,
            HolderError::Unwarranted => Refusal::OfficerNeeded,
            HolderError::NotApproved => Refusal::NotApproved,
            HolderError::LastOfficer => Refusal::LastOfficer,
            other => return Err(other.into()),
        };
        self.power.forget(from.tenant);
        Err(VaultError::refused(refusal))
    }

    /// The operator sets a tenant up: gives power to people before any security officer has a passkey. Logged.
    ///
    /// # Errors
    /// As [`Vault::change_power`].
    pub async fn set_up_power(&self, operator: &Operator, changes: Vec<Change>) -> Result<EntryId, VaultError> {
        let snapshot = self.load_power(operator.tenant).await?;
        let act = self.bare_act(operator.tenant, Kind::PowerChanged)?;
        self.change_power(&snapshot, &Warrant::Setup, changes, act).await
    }

    /// With the first passkey, the limits and settings of the configuration are sealed as they are: whoever may edit that file
    /// changes none afterwards.
    fn with_configured(&self, from: &Snapshot, warrant: &Warrant, mut changes: Vec<Change>) -> Vec<Change> {
        let passkey = changes.iter().any(|change| matches!(change, Change::Put((PowerKind::Passkey, _), _)));
        if *warrant == Warrant::Setup && passkey {
            let unsigned = self.unsigned(from.tenant);
            let limits = Change::put(THE_ONE, &LimitsText { toml: Budgets::of(&unsigned.limits).toml() });
            let settings = Change::put(THE_ONE, &SettingsText { toml: unsigned.settings.toml() });
            for change in [limits, settings] {
                let key = change.covered().0;
                if !from.powers().0.contains_key(&key) && changes.iter().all(|other| other.covered().0 != key) {
                    changes.push(change);
                }
            }
        }
        changes
    }

    /// With the rows that say who stops being an officer, of this moment.
    fn with_formers(&self, from: &Snapshot, mut changes: Vec<Change>) -> Vec<Change> {
        let covered: Vec<PowerChange> = changes.iter().map(Change::covered).collect();
        let formers = from.powers.formers_made_by(&covered, self.clock.now());
        changes.extend(formers.into_iter().filter_map(|(key, body)| Some(Change::Put(key, body?))));
        changes
    }

    /// With the tags by which an edited row is found later.
    fn edit(&self, from: &Snapshot, change: Change) -> PowerEdit {
        match change {
            Change::Person(mut row) => {
                row.tag = self.seals.tag(from.tenant, "person", &row.material());
                PowerEdit::Person(row)
            }
            Change::Put((kind, id), body) => {
                let mut row = PowerRow { kind, id, body, tag: [0; 16] };
                row.tag = self.seals.tag(from.tenant, "power_row", &row.material());
                PowerEdit::Put(row)
            }
            Change::Drop((kind, id)) => PowerEdit::Drop(kind, id),
        }
    }
}
