//! With what an agent works, a device or a passkey: their team leader agrees to it first, then security lets it count.

use crate::auth::Scope;
use crate::power::Snapshot;
use crate::power::change::Change;
use crate::power::plan::Plan;
use domain::{Refusal, Role};
use keys::power::{Passkey, PowerBody as _, PowerChange};

impl Scope {
    /// Do they lead a team?
    pub(crate) fn leads(&self) -> bool {
        self.role() == Role::TeamLeader
    }
}

impl Snapshot {
    /// The change, if the agent's team leader, who still leads them, agreed to it. The key holder asks the same.
    pub(crate) fn with_leader(&self, change: Change) -> Result<Change, Refusal> {
        let passed_over = self.powers().pass_over_a_leader(&[change.covered()]);
        if passed_over { Err(Refusal::TwoPeopleNeeded) } else { Ok(change) }
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
