//! With what an agent works, a device or a passkey: their team leader agrees to it first, then security lets it count.

use crate::auth::Scope;
use crate::power::Snapshot;
use crate::power::change::Change;
use crate::power::plan::Plan;
use domain::{PersonId, Refusal, Role};
use keys::power::{Passkey, PowerBody as _, PowerChange};

impl Scope {
    /// Do they lead a team?
    pub(crate) fn leads(&self) -> bool {
        self.role() == Role::TeamLeader
    }
}

impl Snapshot {
    /// The change about this person, if their team leader, who still leads them, agreed to it. The key holder asks the same.
    pub(crate) fn with_leader(&self, person: PersonId, change: Change) -> Result<Change, Refusal> {
        let passed_over = self.powers().pass_over_a_leader(&[change.covered()]);
        if passed_over { Err(self.without_a_yes(person)) } else { Ok(change) }
    }

    /// What is said where no leader of this person's team has agreed: whether there is one at all makes the difference.
    pub(crate) fn without_a_yes(&self, person: PersonId) -> Refusal {
        if self.is_led(person) { Refusal::TwoPeopleNeeded } else { Refusal::LeaderMissing }
    }

    /// Does anybody lead this person?
    pub(crate) fn is_led(&self, person: PersonId) -> bool {
        let mut leaders = self.people.values().filter(|row| row.role == Role::TeamLeader);
        leaders.any(|leader| self.powers().leads(leader.id, person))
    }
}

impl Plan {
    /// Who comes to be an agent brings no passkey to which no team leader agreed: it ends.
    pub(crate) fn with_leaders(mut self, snapshot: &Snapshot) -> Self {
        let covered: Vec<PowerChange> = self.changes.iter().map(Change::covered).collect();
        let gone = snapshot.powers().newly_without_leader(&covered);
        if !gone.is_empty() {
            let words = if gone.len() == 1 { "The passkey ends" } else { "The passkeys end" };
            self.words = format!("{} {words}: an agent's counts only with the team leader's yes.", self.words);
        }
        self.changes.extend(gone.into_iter().map(|id| Change::Drop((Passkey::KIND, id))));
        self
    }
}
