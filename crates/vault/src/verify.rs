//! Verify the caller: the agent types what the caller says; the vault says whether it fits and shows nothing.

use crate::allotments::Drawn;
use crate::auth::Scope;
use crate::budgets::history;
use crate::error::VaultError;
use crate::private::entry::{EntryKeys, Kind};
use crate::private::release::{Committed, Done, Use};
use crate::wiring::{Act, Vault};
use domain::field::FieldError;
use domain::{BudgetKind, Counter, CustomerId, EntryId, FieldKind, InteractionId, Refusal, Window};
use store::{FieldRef, Turn};
use zeroize::Zeroizing;

/// What is to be checked.
pub struct VerifyCommand {
    /// Whose record.
    pub customer: CustomerId,
    /// In which interaction.
    pub interaction: InteractionId,
    /// Kind of field.
    pub field: FieldKind,
    /// Which of several.
    pub instance: u32,
    /// What the caller said.
    pub said: Zeroizing<String>,
}

/// What the check said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Does it fit?
    pub matched: bool,
    /// How many more answers may be checked in this interaction.
    pub attempts_left: u32,
    /// The attempt's entry.
    pub receipt: EntryId,
    /// Why what was said can't be read, if so: then it fits nothing, and no attempt was spent.
    pub hint: Option<FieldError>,
}

/// The counters of attempts, by their pseudonyms.
struct Counters {
    interaction: Counter,
    customer: Counter,
}

impl Counters {
    /// Without a customer's keys there is no such customer, and the act is refused before anything is counted.
    fn of(keys: Option<&EntryKeys>, interaction: InteractionId, customer: CustomerId) -> Self {
        let name = |subject: &[u8; 16]| keys.map(|keys| keys.counter(subject)).unwrap_or_default();
        Self {
            interaction: Counter::interaction(BudgetKind::Verify, name(&interaction.0)),
            customer: Counter::customer(BudgetKind::Verify, name(&customer.0)),
        }
    }
}

/// Does what was said fit the value? It is opened for this, and shown to nobody.
pub(crate) fn fits(value: Committed, said: &str) -> Result<bool, VaultError> {
    value.derive(&Use::Matches(said))
}

impl Vault {
    /// Checks a caller's answer. The attempt is spent and logged before the value is touched; what came of it is an
    /// entry too.
    ///
    /// # Errors
    /// The refusal with its entry, or why nothing could be done.
    pub async fn verify(&self, scope: &Scope, command: &VerifyCommand) -> Result<Verified, VaultError> {
        let act = self.verify_act(scope, command).await?;
        if let Err(hint) = domain::field::comparable(command.field, &command.said) {
            let receipt = self.commit_plain(Act { read: Vec::new(), ..act }.unpaid()).await?;
            let attempts_left = self.attempts_left(scope, command).await?;
            return Ok(Verified { matched: false, attempts_left, receipt, hint: Some(hint) });
        }
        // What a wrong answer costs more must be there before it is known that it is one.
        let more = self.fails_for_more(scope);
        let held = match self.allotments.hold(scope.tenant, &self.shares(&scope.person, None, more)).await? {
            Ok(held) => held,
            Err(refusal) => return Err(self.logged(act, refusal).await),
        };
        let done = self.commit(act).await;
        if done.is_err() {
            held.put_back();
            return Err(done.err().unwrap_or(VaultError::Unknown));
        }
        let Ok(Done::Committed { entry, values, .. }) = done else { return Err(VaultError::Unknown) };
        let committed = values.into_iter().next().ok_or(VaultError::Damaged)?;
        let matched = fits(committed, &command.said)?;
        self.log_result(scope, command, matched, held).await?;
        Ok(Verified { matched, attempts_left: self.attempts_left(scope, command).await?, receipt: entry, hint: None })
    }

    /// By how much a wrong answer costs more than a right one.
    fn fails_for_more(&self, scope: &Scope) -> u32 {
        let weights = self.weights(scope.tenant);
        weights.verify_fail.saturating_sub(weights.verify_pass)
    }

    async fn verify_act(&self, scope: &Scope, command: &VerifyCommand) -> Result<Act, VaultError> {
        let VerifyCommand { customer, interaction, field, instance, .. } = *command;
        let keys = self.entry_keys(scope.tenant, customer).await?;
        let names = Counters::of(keys.as_deref(), interaction, customer);
        let act =
            self.act(scope, Kind::Verification)?.about(customer, Some(interaction), instance, keys).field(field.code());
        let needs = match self.needs(scope, policy::Act::Verify(field)) {
            Ok(needs) => needs,
            Err(denial) => return Ok(act.denied(&denial)),
        };
        let agreed = self.planned_for_staff(scope.tenant, customer, (field, plan::Act::Check, None)).await?;
        let act = act.agreed(agreed);
        if act.is_stopped() {
            return Ok(act);
        }
        // Of what is shared, the dearer half is held back until it is known.
        let cheap = self.weights(scope.tenant).verify_pass.max(needs.cost);
        let own = self.own(&act, scope, None, Turn::Spend(cheap.saturating_add(self.fails_for_more(scope))));
        let limits = self.limits(scope.tenant);
        let attempt = |counter, limit| Self::attempt(&act, counter, limit, Refusal::AttemptsExhausted);
        let call = attempt(names.interaction, limits.verify_per_interaction);
        let record = attempt(names.customer, limits.verify_per_customer);
        let answer = FieldRef { customer, field: field.code(), instance };
        let mut act = self.on_ground(act, scope, &needs, interaction, Some(customer));
        act.when.extend(self.vouching(scope.tenant, answer).await?);
        Ok(act.spend(own).spend(call).spend(record).draw(self.shares(&scope.person, None, cheap)).read(answer))
    }

    /// What came of it: the person gets back what a right answer doesn't cost; a wrong one costs others their part too.
    async fn log_result(
        &self,
        scope: &Scope,
        command: &VerifyCommand,
        matched: bool,
        held: Drawn,
    ) -> Result<(), VaultError> {
        let keys = self.entry_keys(scope.tenant, command.customer).await?;
        let mut act = self
            .act(scope, Kind::VerificationResult)?
            .about(command.customer, Some(command.interaction), command.instance, keys)
            .field(command.field.code())
            .detail(u64::from(matched));
        if matched {
            let back = self.own(&act, scope, None, Turn::Back(self.fails_for_more(scope)));
            act = act.spend(back);
            held.put_back();
        } else {
            act.draft.drawn.extend(held.pieces());
        }
        self.commit_plain(act).await.map(drop)
    }

    async fn attempts_left(&self, scope: &Scope, command: &VerifyCommand) -> Result<u32, VaultError> {
        let (now, limits) = (self.clock.now(), self.limits(scope.tenant));
        let keys = self.entry_keys(scope.tenant, command.customer).await?;
        let names = Counters::of(keys.as_deref(), command.interaction, command.customer);
        let mut left = u32::MAX;
        for (counter, limit) in
            [(names.interaction, limits.verify_per_interaction), (names.customer, limits.verify_per_customer)]
        {
            let row = self.store.budget(scope.tenant, counter).await?;
            let used = history(row.as_ref()).used(now, Window::Hour, None);
            left = left.min(limit.saturating_sub(used));
        }
        Ok(left)
    }
}
