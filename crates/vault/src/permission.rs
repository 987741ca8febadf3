//! What the rules say to a signed-in person, and how that becomes an act's conditions.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::wiring::{Act, Vault};
use domain::interaction::Timeouts;
use domain::{Channels, CustomerId, InteractionId, PersonId, Refusal, Standing};
use policy::{Asker, Denial, Device, Needs, Ways};
use std::sync::Arc;
use store::{Condition, PersonRow};

/// What is needed, as conditions: of an interaction, of who handles it, and of the customer whose record it is, if it
/// is one's.
fn conditions(
    needs: &Needs,
    (interaction, person, customer): (InteractionId, PersonId, Option<CustomerId>),
    timeouts: Timeouts,
) -> Vec<Condition> {
    let handles = Condition::Handles { interaction, person, talking: needs.talking, timeouts };
    let bound = customer.map(|customer| Condition::BoundTo { interaction, customer, at_least: needs.binding });
    let channels = needs.channels;
    let reached = (channels != Channels::ALL).then_some(Condition::OnChannel { interaction, channels });
    let on_the_line = needs.on_the_line.map(|otherwise| Condition::OnTheLine { interaction, otherwise });
    let unguarded = customer.filter(|_| needs.unguarded);
    let unguarded = unguarded.map(|customer| Condition::Unguarded { customer, otherwise: Refusal::GuardedRecord });
    core::iter::once(handles).chain(bound).chain(on_the_line).chain(unguarded).chain(reached).collect()
}

const HOUR_MS: i64 = 3_600_000;

impl Vault {
    /// May this person do this, and on what conditions?
    pub(crate) fn needs(&self, scope: &Scope, act: policy::Act) -> Result<Needs, Denial> {
        self.governance(scope.tenant).rules.needs(&self.asker(&scope.person, scope.device), act)
    }

    /// A person as the rules see them at this moment.
    pub(crate) fn asker<'a>(&self, person: &'a PersonRow, device: Device) -> Asker<'a> {
        let hour = u8::try_from(self.clock.now().0.div_euclid(HOUR_MS).rem_euclid(24)).unwrap_or(0);
        let probation = self.standing_of(person).is_probation();
        Asker { role: person.role, probation, team: &person.team, device, hour }
    }

    pub(crate) fn standing_of(&self, person: &PersonRow) -> Standing {
        Standing::of(person.id, self.clock.now(), self.settings(person.tenant).probation_days)
    }

    /// In which ways may this person do this, alone or with a second person?
    pub(crate) fn ways(&self, scope: &Scope, act: policy::Act) -> Arc<Ways> {
        self.governance(scope.tenant).rules.ways(&self.asker(&scope.person, scope.device), act)
    }

    /// May they, whatever the conditions? Enough for acts that rest on no interaction.
    pub(crate) fn may(&self, scope: &Scope, act: policy::Act) -> Result<(), Denial> {
        self.needs(scope, act).map(drop)
    }

    /// May this person read the log? What the rules say now; each reading asks again.
    #[must_use]
    pub fn reads_log(&self, scope: &Scope) -> bool {
        self.may(scope, policy::Act::ReadLog).is_ok()
    }

    /// May this person see alarms? What the rules say now.
    #[must_use]
    pub fn reads_alarms(&self, scope: &Scope) -> bool {
        self.may(scope, policy::Act::ReadAlarms).is_ok()
    }

    /// The conditions of what is needed, in the interaction and, where there is one, on its customer. Nothing is done
    /// for a customer without a live interaction and, on a record, without its being theirs, whatever the rules say.
    pub(crate) fn on_ground(
        &self,
        act: Act,
        scope: &Scope,
        needs: &Needs,
        interaction: InteractionId,
        customer: Option<CustomerId>,
    ) -> Act {
        let whose = (interaction, scope.person.id, customer);
        conditions(needs, whose, self.settings(scope.tenant).timeouts()).into_iter().fold(act, Act::when)
    }
}

impl Vault {
    /// Logs a denial; gives it with its entry and the rule's words.
    pub(crate) async fn logged_denial(&self, act: Act, denial: &Denial) -> VaultError {
        self.logged(act.denied(denial), denial.refusal()).await
    }
}

impl Act {
    /// The decision was no: only the refusal's entry is written, and its words are the rule's.
    pub(crate) fn denied(mut self, denial: &Denial) -> Self {
        if let Denial::Rule(rule) = denial {
            self.rule = Some(Arc::clone(rule));
        }
        self.when(Condition::Never(denial.refusal()))
    }
}

#[cfg(test)]
mod tests;
