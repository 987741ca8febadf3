//! Verify the caller: the agent types what the caller says; the vault says whether it fits and shows nothing.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::{EntryKeys, Kind};
use crate::private::release::{Done, Use};
use crate::wiring::{Act, Vault};
use domain::budget::window_of;
use domain::field::FieldError;
use domain::{BudgetKind, Counter, CustomerId, EntryId, FieldKind, InteractionId, Refusal};
use store::{FieldRef, Spend};
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
        let Done::Committed { entry, values } = self.commit(act).await? else { return Err(VaultError::Unknown) };
        let committed = values.into_iter().next().ok_or(VaultError::Damaged)?;
        let matched = committed.derive(&Use::Matches(&command.said))?;
        self.log_result(scope, command, matched).await?;
        Ok(Verified { matched, attempts_left: self.attempts_left(scope, command).await?, receipt: entry, hint: None })
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
        let limits = &self.config.limits;
        let spend = |counter, limit, otherwise| Spend { counter, cost: needs.cost, limit, otherwise };
        Ok(self
            .on_ground(act, scope, &needs, interaction, Some(customer))
            .spend(spend(
                Counter::person(BudgetKind::Verify, scope.person.id),
                self.limit(scope, BudgetKind::Verify),
                Refusal::BudgetExhausted,
            ))
            .spend(spend(names.interaction, limits.verify_per_interaction, Refusal::AttemptsExhausted))
            .spend(spend(names.customer, limits.verify_per_customer, Refusal::AttemptsExhausted))
            .read(FieldRef { customer, field: field.code(), instance }))
    }

    async fn log_result(&self, scope: &Scope, command: &VerifyCommand, matched: bool) -> Result<(), VaultError> {
        let keys = self.entry_keys(scope.tenant, command.customer).await?;
        let act = self
            .act(scope, Kind::VerificationResult)?
            .about(command.customer, Some(command.interaction), command.instance, keys)
            .field(command.field.code())
            .detail(u64::from(matched));
        self.commit_plain(act).await.map(drop)
    }

    async fn attempts_left(&self, scope: &Scope, command: &VerifyCommand) -> Result<u32, VaultError> {
        let window = window_of(self.clock.now());
        let limits = &self.config.limits;
        let keys = self.entry_keys(scope.tenant, command.customer).await?;
        let names = Counters::of(keys.as_deref(), command.interaction, command.customer);
        let mut left = u32::MAX;
        for (counter, limit) in [
            (names.interaction, limits.verify_per_interaction),
            (names.customer, limits.verify_per_customer),
            (Counter::person(BudgetKind::Verify, scope.person.id), self.limit(scope, BudgetKind::Verify)),
        ] {
            let used = self.store.budget(scope.tenant, counter, window).await?.map_or(0, |row| row.used);
            left = left.min(limit.saturating_sub(used));
        }
        Ok(left)
    }
}
