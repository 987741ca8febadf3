//! Breaking the glass: the value is shown, once, to the officer who asked.

use super::{Glass, GlassId, GlassState, Signing, Stage};
use crate::alarm::AlarmKind;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::power::Snapshot;
use crate::private::entry::Kind;
use crate::private::release::Done;
use crate::reveal::{Revealed, hashed};
use crate::wiring::{Act, Vault};
use domain::{BudgetKind, Counter, Pending, PersonId, Refusal};
use keys::power::Assertion;
use policy::Needs;
use store::{Condition, FieldRef};

impl Vault {
    /// Shows the value, once, to the officer who asked and signs for it now, if a second one has agreed. From the same commit on
    /// an alarm stands until it was reviewed. There is no re-delivery: what got lost on its way is asked for anew.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound` for no request of theirs, or no such value; `Tampered`; `NotYetAgreed`
    /// where no agreement counts (any more); `GlassOver` once it was used or its time has passed; `GlassUnsigned`; `Unplanned`; a
    /// spent allowance; what stops every disclosure. No value leaves on any of them.
    pub async fn break_glass(
        &self,
        scope: &Scope,
        id: GlassId,
        assertion: Option<Assertion>,
    ) -> Result<Revealed, VaultError> {
        let (act, glass) = self.on_glass(scope, id, Kind::GlassBroken, policy::Act::BreakGlass).await?;
        let act = act.detail(glass.reason as u64);
        if glass.asker != scope.person() {
            return Err(self.logged(act, Refusal::NotFound).await);
        }
        let needs = match self.glass_needs(scope, glass.field) {
            Ok(needs) => needs,
            Err(denial) => return Err(self.logged_denial(act, &denial).await),
        };
        let power = self.load_power(scope.tenant).await?;
        let second = match self.agreed(&power, &glass, act.draft.at) {
            Ok(second) => second,
            Err(refusal) => return Err(self.logged(act, refusal).await),
        };
        let challenge = glass.challenge(scope.tenant, Signing::Break);
        let signer = assertion.and_then(|assertion| power.signer(&assertion, &challenge));
        if signer != Some(scope.person()) {
            return Err(self.logged(act.upon(second), Refusal::GlassUnsigned).await);
        }
        let act = self.glass_act(act.upon(second), scope, glass, second, &needs);
        let done = self.commit(act).await?;
        self.alarms.set(scope.tenant, AlarmKind::GlassBroken, true, self.clock.now());
        let Done::Committed { values, .. } = done else { return Err(VaultError::Unknown) };
        self.revealed(values, self.settings(scope.tenant).remask_s)
    }

    /// Who agreed, if that counts now: their passkey and their role still do.
    fn agreed(&self, power: &Snapshot, glass: &Glass, now: domain::Millis) -> Result<PersonId, Refusal> {
        match (glass.state(now), &glass.stage) {
            (GlassState::Asked, _) => Err(Refusal::NotYetAgreed),
            (GlassState::Agreed, Stage::Agreed { second, assertion }) => {
                let signed = power.signer(assertion, &glass.challenge(power.tenant, Signing::Agree)) == Some(*second);
                let counts = signed && self.may_agree(power, glass, *second);
                counts.then_some(*second).ok_or(Refusal::NotYetAgreed)
            }
            _ => Err(Refusal::GlassOver),
        }
    }

    /// Spends, reads, uses the request up and counts it, all or nothing.
    fn glass_act(&self, act: Act, scope: &Scope, glass: Glass, second: PersonId, needs: &Needs) -> Act {
        if !self.is_planned(scope.tenant, glass.field, plan::Act::Show, None) {
            return act.unplanned((glass.field, plan::Act::Show, None));
        }
        let Some(keys) = act.draft.keys.clone() else { return act.when(Condition::Never(Refusal::NotFound)) };
        let cost = self.weights(scope.tenant).reveal(glass.field).max(needs.cost);
        let field = FieldRef { customer: glass.customer, field: glass.field.code(), instance: glass.instance };
        let act = self.informing(act, scope, None, cost).read(field);
        // A row that somebody puts back says yes again. What was spent is recounted from the log, so this stays spent.
        let once = Counter::interaction(BudgetKind::Approval, keys.counter(&hashed(&[b"glass", &glass.id.0])));
        let once = Self::attempt(&act, once, 1, Refusal::GlassOver);
        let act = act.spend(once).counts(Pending::Glass, false);
        glass.turn(act, Stage::Broken { second })
    }
}
