//! One-time codes: sent to the customer's own device by a carrier, entered by the customer outside the agent's
//! hands. The agent never sees one.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::private::release::Done;
use crate::reveal::hashed;
use crate::wiring::{Act, Vault};
use domain::time::fresh;
use domain::{BudgetKind, Counter, CustomerId, EntryId, FieldKind, InteractionId, Millis, Refusal, TenantId};
use keys::derive::{mac, short};
use plan::Language;
use store::{Condition, Effect, FieldRef, InteractionRow, RequestKey};
use zeroize::Zeroizing;

/// How many codes are tried for one customer in any sixty minutes, by whatever interactions: three codes, five times each.
const ENTERED_PER_CUSTOMER: u32 = 15;
/// How long a code counts, in milliseconds.
const LIFE_MS: i64 = 5 * 60_000;

/// Takes a code to the customer's own number, which it shows to nobody.
pub trait Courier: Send + Sync {
    /// Delivers; blocking, with a deadline of its own.
    ///
    /// # Errors
    /// If it couldn't be handed over.
    fn deliver(&self, message: &SendCode<'_>) -> Result<(), CourierError>;

    /// Tells a number that was on file that another takes its place, or that another account does; blocking, likewise. A courier of
    /// codes alone can't.
    ///
    /// # Errors
    /// As [`Courier::deliver`].
    fn warn(&self, _notice: &ValueChanged<'_>) -> Result<(), CourierError> {
        Err(CourierError)
    }
}

/// What a number on file is told. It has no link: a number may have been somebody else's for long, and whoever holds the link of a
/// correction can shut the customer's page.
pub struct ValueChanged<'a> {
    /// What is replaced: that number, or a bank account.
    pub field: FieldKind,
    /// The number that was on file, E.164.
    pub to: &'a str,
    /// The company in whose name it is written.
    pub company: &'a str,
    /// Where customers ask.
    pub contact: &'a str,
    /// In which language.
    pub language: Language,
    /// When.
    pub at: Millis,
    /// The message's id, for its receiver to know a repetition by.
    pub id: EntryId,
}

/// What a courier is given.
pub struct SendCode<'a> {
    /// The source's name for the interaction.
    pub reference: &'a str,
    /// The code.
    pub code: &'a str,
    /// The customer's number on file, E.164.
    pub to: &'a str,
    /// Where the customer enters it: on their own page there, or, where none is named, on the keypad or device of the interaction.
    pub page: Option<&'a str>,
    /// When.
    pub at: Millis,
    /// The message's id, for its receiver to know a repetition by.
    pub id: EntryId,
}

/// A code that couldn't be handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the code couldn't be handed to the courier; try again, or check its address in the configuration")]
pub struct CourierError;

/// A code on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeSent {
    /// When it stops counting.
    pub expires: Millis,
    /// Was the courier given it?
    pub sent: bool,
    /// The entry.
    pub receipt: EntryId,
}

impl Vault {
    /// Sends a one-time code to the number on file of the interaction's customer.
    ///
    /// # Errors
    /// The refusal with its entry, or why nothing could be done.
    pub async fn send_code(
        &self,
        scope: &Scope,
        interaction: InteractionId,
        courier: std::sync::Arc<dyn Courier>,
    ) -> Result<CodeSent, VaultError> {
        let Some((row, customer)) = self.served(scope, interaction).await? else {
            return Err(self.no_one_to_send_to(scope, Kind::Code).await);
        };
        let code = self.digits::<6>();
        let expires = self.clock.now().plus(LIFE_MS);
        let digest = self.code_digest(scope.tenant, interaction, &code)?;
        let act = self.code_act(scope, (interaction, customer), Kind::Code).await?.effect(Effect::SendCode {
            interaction,
            mac: digest,
            expires,
        });
        let Done::Committed { entry, values, .. } = self.commit(act).await? else { return Err(VaultError::Unknown) };
        let to = values.into_iter().next().ok_or(VaultError::Damaged)?.open()?;
        let at = self.clock.now();
        let deliver = move || {
            let send = |to: &str| {
                courier.deliver(&SendCode { reference: &row.reference, code: &code, to, page: None, at, id: entry })
            };
            to.to_carrier(send)
        };
        let sent = matches!(tokio::task::spawn_blocking(deliver).await, Ok(Ok(())));
        Ok(CodeSent { expires, sent, receipt: entry })
    }

    /// The interaction, and the customer who is bound to it.
    pub(crate) async fn served(
        &self,
        scope: &Scope,
        interaction: InteractionId,
    ) -> Result<Option<(InteractionRow, CustomerId)>, VaultError> {
        let row = self.store.interaction(scope.tenant, interaction).await?;
        Ok(row.and_then(|row| row.customer.map(|customer| (row, customer))))
    }

    /// Nobody is bound to the interaction yet, or there is none: refused, and logged.
    pub(crate) async fn no_one_to_send_to(&self, scope: &Scope, kind: Kind) -> VaultError {
        let act = match self.act(scope, kind) {
            Ok(act) => act,
            Err(error) => return error,
        };
        match self.may(scope, policy::Act::SendCode) {
            Err(denial) => self.logged_denial(act, &denial).await,
            Ok(()) => self.logged(act, Refusal::NoLiveInteraction).await,
        }
    }

    /// The act that uses the customer's number to send them a code.
    pub(crate) async fn code_act(
        &self,
        scope: &Scope,
        (interaction, customer): (InteractionId, CustomerId),
        kind: Kind,
    ) -> Result<Act, VaultError> {
        let keys = self.entry_keys(scope.tenant, customer).await?;
        let phone = FieldKind::Phone.code();
        let name = keys.as_ref().map(|keys| keys.counter(&interaction.0)).unwrap_or_default();
        let act = self.act(scope, kind)?.about(customer, Some(interaction), 1, keys).field(phone);
        let needs = match self.needs(scope, policy::Act::SendCode) {
            Ok(needs) => needs,
            Err(denial) => return Ok(act.denied(&denial)),
        };
        let sends = (FieldKind::Phone, plan::Act::Send, None);
        // A code for their own page serves the customer alone.
        let agreed = match kind {
            Kind::OwnClaim => self.planned_for(scope.tenant, customer, sends).await?,
            _ => self.planned_for_staff(scope.tenant, customer, sends).await?,
        };
        let act = act.agreed(agreed);
        if act.is_stopped() {
            return Ok(act);
        }
        let limits = self.limits(scope.tenant);
        let person = Counter::person(BudgetKind::Code, scope.person.id);
        let own = self.standing(scope).limit(limits.code_per_hour);
        let own = Self::attempt(&act, person, own, Refusal::BudgetExhausted);
        let call = Counter::interaction(BudgetKind::Code, name);
        let call = Self::attempt(&act, call, limits.code_per_interaction, Refusal::AttemptsExhausted);
        let number = FieldRef { customer, field: phone, instance: 1 };
        let mut act = self.on_ground(act, scope, &needs, interaction, Some(customer)).spend(own).spend(call);
        act.when.extend(self.vouching(scope.tenant, number).await?);
        Ok(act.read(number))
    }

    /// The customer entered a code on their own keypad or device, as a signed event tells. A wrong one is counted and
    /// logged; to the event's source both are taken, so it doesn't deliver again, and if it does, a code counts once.
    ///
    /// It is counted before it is tried, and by a counter that is recounted from the log: how often a code was wrong stands in a row as
    /// well, and whoever has the database and an event source's secret could put that back after each guess. Where a node died between
    /// the two, or another is at it, the message that comes again is tried and not counted again: it is the same guess.
    pub(crate) async fn code_entered(
        &self,
        tenant: TenantId,
        interaction: InteractionId,
        message: [u8; 16],
        code: &str,
    ) -> Result<(), VaultError> {
        let digest = self.code_digest(tenant, interaction, code)?;
        let once = |key| Some(RequestKey { key, content: digest, session: [0; 16], answer: 0 });
        let row = self.store.interaction(tenant, interaction).await?;
        let mut tries =
            Act { request: once(hashed(&[b"tried", &message])), ..self.bare_act(tenant, Kind::CodeEntered)? };
        let mut counts = Act { request: once(message), ..self.bare_act(tenant, Kind::Event)? };
        if let Some(customer) = row.and_then(|row| row.customer) {
            let keys = self.entry_keys(tenant, customer).await?;
            let name = keys.as_deref().map(|keys| self.own_name(keys, b"keypad")).unwrap_or_default();
            let counter = Counter::customer(BudgetKind::Verify, name);
            let entered = Self::attempt(&counts, counter, ENTERED_PER_CUSTOMER, Refusal::AttemptsExhausted);
            counts = counts.spend(entered);
            tries = tries.about(customer, Some(interaction), 0, keys);
        }
        match self.commit(counts).await {
            Ok(Done::Committed { .. } | Done::Replayed { .. }) => {}
            Err(VaultError::Refused { refusal: Refusal::AttemptsExhausted, .. }) => return Ok(()),
            Err(error) => return Err(error),
        }
        let request = tries.request;
        let tries = tries.when(Condition::CodeIs { interaction, mac: digest }).effect(Effect::Prove { interaction });
        match self.commit_plain(tries).await {
            Ok(_) | Err(VaultError::Refused { refusal: Refusal::NoLiveInteraction, .. }) => Ok(()),
            // A refused act keeps nothing, so that it was tried is remembered by an act of its own.
            Err(VaultError::Refused { refusal: Refusal::CodeWrong, .. }) => {
                let tried = Act { request, ..self.bare_act(tenant, Kind::Event)? };
                self.commit_plain(tried).await.map(drop)
            }
            Err(error) => Err(error),
        }
    }

    /// So many digits, each equally likely: bytes from 250 up are drawn again.
    pub(crate) fn digits<const N: usize>(&self) -> Zeroizing<String> {
        let mut code = Zeroizing::new(String::with_capacity(N));
        while code.len() < N {
            let [byte] = fresh(&*self.entropy);
            if byte < 250 {
                code.push(char::from(b'0' + byte % 10));
            }
        }
        code
    }

    /// `MAC(X(row, "rf1/code"), interaction ‖ code)[..16]`: the code itself is kept nowhere.
    fn code_digest(&self, tenant: TenantId, interaction: InteractionId, code: &str) -> Result<[u8; 16], VaultError> {
        Ok(short(mac(&self.keys(tenant)?.code, &[&interaction.0, code.as_bytes()])))
    }
}
