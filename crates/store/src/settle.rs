//! What committing means, as a pure function: facts and intents in, outcomes and changes out.
//!
//! INVARIANT: every intent leaves exactly one entry, or is a replay that leaves none. INVARIANT: an intent whose
//! conditions fail changes nothing but its refusal's entry, its customer's counter and a wrong code's count.

mod casework;
mod spending;

use crate::facts::Facts;
use crate::intent::{Condition, Decision, Effect, FieldRef, Intent, Numbers, RequestKey};
use crate::rows::{
    BudgetRow, CodeRow, CustomerRow, EntryRow, FieldRow, InteractionRow, RequestRow, StateRow, decode_events,
    encode_events,
};
use crate::shown::Shown;
use domain::interaction::{Event, Happening, fold};
use domain::{Binding, CustomerId, EntryId, InteractionId, Millis, Phase, Refusal, TenantId};
use spending::Movement;

/// How many wrong codes one code survives.
const CODE_TRIES: u32 = 5;
/// An act is noted in the interaction at most this often, in milliseconds: it only counts for the idle timeout.
const ACTIVE_STEP_MS: i64 = 60_000;

/// What a committed intent hands back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The entry.
    pub entry: EntryId,
    /// What only the transaction knew.
    pub numbers: Numbers,
    /// The sealed values read in the transaction, in the intent's order, each with its customer's keys.
    pub read: Vec<(CustomerId, CustomerRow, FieldRow)>,
}

/// What became of an intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done, and its entry is durable.
    Committed(Commit),
    /// The key was used before; nothing was done.
    Replayed {
        /// The entry of the first time.
        entry: EntryId,
        /// When that was.
        at: Millis,
        /// What was answered.
        answer: u32,
        /// Is it the same request, in the same session?
        same: bool,
    },
    /// Not done; the refusal's entry is durable.
    Refused {
        /// Why.
        refusal: Refusal,
        /// The refusal's entry.
        entry: EntryId,
    },
    /// Not done, and nothing is written: a second person is missing, for whom whoever asked tentatively will look.
    Missing(Refusal),
    /// The connection was lost at the commit: it may or may not have happened. Nothing may be disclosed on it.
    Unknown,
}

/// The result of settling a batch: outcomes in order, and what to write besides the changed facts.
#[derive(Debug, Default)]
pub struct Settled {
    /// One per intent.
    pub outcomes: Vec<Outcome>,
    /// New log entries.
    pub entries: Vec<(TenantId, EntryRow)>,
    /// Changes that need no facts, in order, each with its tenant.
    pub effects: Vec<(TenantId, Effect)>,
}

/// Settles intents one after another on the facts. Each sees what those before it changed.
pub fn settle(facts: &mut Facts, intents: Vec<Intent>, now: Millis) -> Settled {
    let mut settled = Settled::default();
    for intent in intents {
        let outcome = settle_one(facts, intent, now, &mut settled);
        settled.outcomes.push(outcome);
    }
    settled
}

fn settle_one(facts: &mut Facts, intent: Intent, now: Millis, settled: &mut Settled) -> Outcome {
    if let Some(replay) = replayed(facts, &intent) {
        return replay;
    }
    let decision = decide(facts, &intent, now);
    if let Err(refusal) = decision
        && intent.tentative
        && refusal.wants_a_second_person()
    {
        return Outcome::Missing(refusal);
    }
    let done = decision.and_then(|movements| Ok((gather(facts, &intent)?, movements)));
    let state = counted(facts, &intent);
    let (read, movements) = done.map_or_else(|refusal| (Err(refusal), Vec::new()), |(read, moved)| (Ok(read), moved));
    let numbers = Numbers {
        decision: read.as_ref().map(|_| ()).map_err(|refusal| *refusal),
        n: state.map(|before| before.n + 1),
        previous: state.and_then(|before| before.last),
        versions: read.iter().flatten().map(|(_, _, field)| field.version).collect(),
        allotted: read.as_ref().ok().and_then(|_| spending::allotted(&intent, &movements)),
        casework: casework::within(facts, &intent),
        spent: match read.is_ok() {
            true => movements.iter().filter_map(Movement::told).chain(spending::restored(&intent)).collect(),
            false => Vec::new(),
        },
    };
    spending::apply(facts, &intent, movements);
    let inscribed = intent.scribe.inscribe(&numbers);
    raise_counter(facts, &intent, state, &inscribed.leaf);
    let row = EntryRow {
        id: intent.entry,
        leaf: inscribed.leaf,
        audit: inscribed.audit,
        customer: inscribed.customer,
        index: None,
    };
    settled.entries.push((intent.tenant, row));
    match read {
        Ok(read) => {
            remember(facts, &intent, now);
            touch(facts, &intent, now);
            let entry = intent.entry;
            apply_all(facts, intent, now, settled);
            Outcome::Committed(Commit { entry, numbers, read })
        }
        Err(refusal) => Outcome::Refused { refusal, entry: intent.entry },
    }
}

fn replayed(facts: &mut Facts, intent: &Intent) -> Option<Outcome> {
    let RequestKey { key, content, session, .. } = intent.request?;
    let seen = facts.requests.slot(&(intent.tenant, key))?.row?;
    let same = seen.content == content && seen.session == session;
    Some(Outcome::Replayed { entry: seen.entry, at: seen.at, answer: seen.answer, same })
}

fn remember(facts: &mut Facts, intent: &Intent, now: Millis) {
    if let Some(RequestKey { key, content, session, answer }) = intent.request {
        let row = RequestRow { content, session, entry: intent.entry, at: now, answer };
        facts.requests.put(&(intent.tenant, key), row);
    }
}

/// What the intent moves of allowances, if all that it needs holds.
fn decide(facts: &mut Facts, intent: &Intent, now: Millis) -> Result<Vec<Movement>, Refusal> {
    counter_is_genuine(facts, intent)?;
    for condition in &intent.when {
        holds(facts, intent.tenant, condition, now)?;
    }
    intent.spend.iter().map(|spend| spending::weigh(facts, intent.tenant, spend)).collect()
}

/// A customer whose entry counter was edited: nothing is done about them until security has looked.
fn counter_is_genuine(facts: &mut Facts, intent: &Intent) -> Decision {
    let Some(customer) = intent.customer else { return Ok(()) };
    let tampered = facts.states.slot(&(intent.tenant, customer)).is_some_and(|slot| slot.tampered);
    require(!tampered, Refusal::Tampered)
}

fn holds(facts: &mut Facts, tenant: TenantId, condition: &Condition, now: Millis) -> Decision {
    match *condition {
        Condition::Never(refusal) => Err(refusal),
        Condition::Unguarded { customer, otherwise } => {
            let slot = facts.states.slot(&(tenant, customer)).ok_or(otherwise)?;
            require(!slot.tampered, Refusal::Tampered)?;
            require(slot.row.is_none_or(|row| row.guard.is_none()), otherwise)
        }
        Condition::FewShown { customer, interaction, mark, most, otherwise } => {
            let began = interaction_row(facts, tenant, interaction)?.started;
            let slot = facts.states.slot(&(tenant, customer)).ok_or(otherwise)?;
            require(!slot.tampered, Refusal::Tampered)?;
            let shown = Shown::within(slot.row.and_then(|row| row.shown), began);
            require(shown.has(mark) || shown.count() < most, otherwise)
        }
        Condition::Unheld(customer) => {
            let slot = facts.states.slot(&(tenant, customer)).ok_or(Refusal::LegalHold)?;
            require(!slot.tampered, Refusal::Tampered)?;
            require(slot.row.is_none_or(|row| row.hold.is_none()), Refusal::LegalHold)
        }
        Condition::Unlimited { customer, limit, otherwise } => {
            let slot = facts.states.slot(&(tenant, customer)).ok_or(otherwise)?;
            require(!slot.tampered, Refusal::Tampered)?;
            require(slot.row.is_none_or(|row| !row.is_limited(limit)), otherwise)
        }
        Condition::Answers { customer, key, tag, n, otherwise } => {
            holds(facts, tenant, &Condition::Admission { key, tag, otherwise }, now)?;
            let slot = facts.states.slot(&(tenant, customer)).ok_or(otherwise)?;
            require(!slot.tampered, Refusal::Tampered)?;
            require(slot.row.is_some_and(|row| row.answers == n), Refusal::Tampered)
        }
        Condition::Untouched { customer, n } => {
            let slot = facts.states.slot(&(tenant, customer)).ok_or(Refusal::NewContact)?;
            require(!slot.tampered, Refusal::Tampered)?;
            require(slot.row.is_some_and(|row| row.n == n), Refusal::NewContact)
        }
        Condition::PowerVersion(version) => {
            let slot = facts.powers.slot(&tenant).ok_or(Refusal::PowerChanged)?;
            require(slot.row.map_or(0, |row| row.seq) == version, Refusal::PowerChanged)
        }
        Condition::Handles { interaction, person, talking, timeouts } => {
            let row = interaction_row(facts, tenant, interaction)?;
            require(row.person == Some(person), Refusal::NoLiveInteraction)?;
            require(matches!(row.phase, Phase::Connected | Phase::Held), Refusal::NoLiveInteraction)?;
            require(!timeouts.expired(row.channel, row.started, row.active, now), Refusal::NoLiveInteraction)?;
            require(!talking || row.phase == Phase::Connected, Refusal::OnHold)
        }
        Condition::BoundTo { interaction, customer, at_least } => {
            let row = interaction_row(facts, tenant, interaction)?;
            require(row.customer == Some(customer), Refusal::WrongCustomer)?;
            require(row.binding >= at_least || !row.channel.is_in_touch(), Refusal::BindingTooWeak)
        }
        Condition::OnChannel { interaction, channels } => {
            let row = interaction_row(facts, tenant, interaction)?;
            require(channels.contain(row.channel), Refusal::ChannelNotAllowed)
        }
        Condition::OnTheLine { interaction, otherwise } => {
            let row = interaction_row(facts, tenant, interaction)?;
            require(row.channel.is_in_touch(), otherwise)
        }
        Condition::Unopened(interaction) => {
            let slot = facts.interactions.slot(&(tenant, interaction)).ok_or(Refusal::CaseOver)?;
            require(slot.row.is_none(), Refusal::CaseOver)
        }
        Condition::FreeFor { interaction, customer } => {
            let row = interaction_row(facts, tenant, interaction)?;
            require(row.customer.is_none_or(|bound| bound == customer), Refusal::AlreadyBound)
        }
        Condition::CodeIs { interaction, mac } => code_is(facts, tenant, interaction, mac, now),
        Condition::NextClose(number) => {
            let last = facts.closes.slot(&tenant).and_then(|slot| slot.row).unwrap_or(0);
            require(last.checked_add(1) == Some(number), Refusal::CloseTaken)
        }
        Condition::Admission { key, tag, otherwise } => {
            let slot = facts.admissions.slot(&(tenant, key)).ok_or(otherwise)?;
            require(!slot.tampered, Refusal::Tampered)?;
            // A row that an earlier intent of the batch put there has no tag yet: it isn't what was decided on.
            require(!slot.changed && slot.row.as_ref().map(|row| row.tag) == tag, otherwise)
        }
        Condition::CustomerExists(customer) => {
            require(has(facts.customers.slot(&(tenant, customer))), Refusal::NotFound)
        }
        Condition::FieldAbsent(field) => require(!has(facts.fields.slot(&(tenant, field))), Refusal::KeyReused),
        Condition::FieldVersion(field, version) => {
            let row = facts.fields.slot(&(tenant, field)).and_then(|slot| slot.row.as_ref());
            require(row.is_some_and(|row| row.version == version), Refusal::NotFound)
        }
    }
}

fn require(condition: bool, otherwise: Refusal) -> Decision {
    condition.then_some(()).ok_or(otherwise)
}

fn has<V>(slot: Option<&mut crate::facts::Slot<V>>) -> bool {
    slot.is_some_and(|slot| slot.row.is_some())
}

fn interaction_row(facts: &mut Facts, tenant: TenantId, id: InteractionId) -> Result<&mut InteractionRow, Refusal> {
    let slot = facts.interactions.slot(&(tenant, id)).ok_or(Refusal::NoLiveInteraction)?;
    require(!slot.tampered, Refusal::Tampered)?;
    slot.row.as_mut().ok_or(Refusal::NoLiveInteraction)
}

fn code_is(facts: &mut Facts, tenant: TenantId, interaction: InteractionId, mac: [u8; 16], now: Millis) -> Decision {
    let phase = interaction_row(facts, tenant, interaction)?.phase;
    require(matches!(phase, Phase::Connected | Phase::Held), Refusal::NoLiveInteraction)?;
    let slot = facts.codes.slot(&(tenant, interaction)).ok_or(Refusal::CodeWrong)?;
    require(!slot.tampered, Refusal::Tampered)?;
    let row = slot.row.as_mut().ok_or(Refusal::CodeWrong)?;
    let counts = !row.used && row.wrong < CODE_TRIES && now <= row.expires;
    if counts && row.mac != mac {
        row.wrong += 1;
        slot.changed = true;
        return Err(Refusal::CodeWrong);
    }
    require(counts, Refusal::CodeWrong)
}

fn gather(facts: &mut Facts, intent: &Intent) -> Result<Vec<(CustomerId, CustomerRow, FieldRow)>, Refusal> {
    intent.read.iter().map(|field| gather_one(facts, intent.tenant, *field)).collect()
}

fn gather_one(
    facts: &mut Facts,
    tenant: TenantId,
    field: FieldRef,
) -> Result<(CustomerId, CustomerRow, FieldRow), Refusal> {
    let customer =
        facts.customers.slot(&(tenant, field.customer)).and_then(|slot| slot.row.clone()).ok_or(Refusal::NotFound)?;
    let sealed = facts.fields.slot(&(tenant, field)).and_then(|slot| slot.row.clone()).ok_or(Refusal::NotFound)?;
    Ok((field.customer, customer, sealed))
}

/// The customer's state that this entry goes on from. A state whose tag fails stays as it is, and the entry carries
/// no number: the row is evidence.
fn counted(facts: &mut Facts, intent: &Intent) -> Option<StateRow> {
    let key = (intent.tenant, intent.customer?);
    if !has(facts.customers.slot(&key)) {
        return None;
    }
    let slot = facts.states.slot(&key)?;
    (!slot.tampered).then(|| slot.row.unwrap_or(StateRow::BLANK))
}

/// The counter rises for refusals too: an attempt is also something the customer may know of.
fn raise_counter(facts: &mut Facts, intent: &Intent, before: Option<StateRow>, leaf: &[u8; 65]) {
    if let (Some(customer), Some(before)) = (intent.customer, before) {
        let head = intent.scribe.link(&before.head, leaf);
        facts
            .states
            .put(&(intent.tenant, customer), StateRow { n: before.n + 1, head, last: Some(intent.entry), ..before });
    }
}

fn touch(facts: &mut Facts, intent: &Intent, now: Millis) {
    for condition in &intent.when {
        let Condition::Handles { interaction, .. } = condition else { continue };
        let Some(slot) = facts.interactions.slot(&(intent.tenant, *interaction)) else { continue };
        if let Some(row) = slot.row.as_mut().filter(|row| now.since(row.active) > ACTIVE_STEP_MS) {
            row.active = now;
            slot.changed = true;
        }
    }
}

fn apply_all(facts: &mut Facts, intent: Intent, now: Millis, settled: &mut Settled) {
    for effect in intent.effects {
        match effect {
            Effect::Happened { interaction, reference, event } => {
                happened(facts, intent.tenant, interaction, &reference, event, now)
            }
            Effect::Bind { interaction, customer, binding } => {
                bind(facts, intent.tenant, interaction, customer, binding)
            }
            Effect::OpenCase { interaction, person, customer, reason } => {
                let key = (intent.tenant, interaction);
                casework::open(facts, key, person, customer, reason, now)
            }
            Effect::EndCase { interaction } => casework::end(facts, (intent.tenant, interaction), now),
            Effect::Prove { interaction } => prove(facts, intent.tenant, interaction),
            Effect::RestoreBudget { counter, total, history } => {
                let row = BudgetRow { total, history, last: intent.entry, tag: [0; 16] };
                facts.budgets.put(&(intent.tenant, counter), row);
            }
            Effect::SendCode { interaction, mac, expires } => {
                let row = CodeRow { mac, expires, wrong: 0, used: false, tag: [0; 16] };
                facts.codes.put(&(intent.tenant, interaction), row);
            }
            Effect::Guard(customer, guard) => {
                mark(facts, (intent.tenant, customer), |row| row.guard = guard);
                settled.effects.push((intent.tenant, effect));
            }
            Effect::Hold(customer, hold) => {
                mark(facts, (intent.tenant, customer), |row| row.hold = hold);
                settled.effects.push((intent.tenant, effect));
            }
            Effect::Limit(customer, limit, on) => {
                let others = |row: &StateRow| row.limits & !limit.bit();
                mark(facts, (intent.tenant, customer), |row| row.limits = others(row) | (u8::from(on) * limit.bit()));
                settled.effects.push((intent.tenant, effect));
            }
            Effect::Answered(customer, n) => {
                mark(facts, (intent.tenant, customer), |row| row.answers = n);
                settled.effects.push((intent.tenant, effect));
            }
            Effect::Show { customer, interaction, mark } => show(facts, intent.tenant, (customer, interaction), mark),
            Effect::PutAdmission(row) => facts.admissions.put(&(intent.tenant, row.key), row),
            Effect::SetPower(head, _) => {
                facts.powers.put(&intent.tenant, head);
                settled.effects.push((intent.tenant, effect));
            }
            _ => {
                show_later_intents(facts, intent.tenant, &effect);
                settled.effects.push((intent.tenant, effect));
            }
        }
    }
}

/// A state whose tag fails stays as it is.
fn mark(facts: &mut Facts, key: (TenantId, CustomerId), how: impl FnOnce(&mut StateRow)) {
    if let Some(slot) = facts.states.slot(&key).filter(|slot| !slot.tampered)
        && let Some(row) = &mut slot.row
    {
        how(row);
        slot.changed = true;
    }
}

fn show(facts: &mut Facts, tenant: TenantId, (customer, interaction): (CustomerId, InteractionId), field: u8) {
    let Ok(began) = interaction_row(facts, tenant, interaction).map(|row| row.started) else { return };
    mark(facts, (tenant, customer), |row| row.shown = Some(Shown::within(row.shown, began).and(field)));
}

/// An engine writes these effects itself; intents later in the batch must see them as well.
fn show_later_intents(facts: &mut Facts, tenant: TenantId, effect: &Effect) {
    match effect {
        Effect::PutCustomer(customer, row) => facts.customers.put_with(&(tenant, *customer), || row.clone()),
        Effect::RewrapCustomer(customer, row) if has(facts.customers.slot(&(tenant, *customer))) => {
            facts.customers.put(&(tenant, *customer), row.clone());
        }
        Effect::PutField(customer, row) => {
            let field = FieldRef { customer: *customer, field: row.field, instance: row.instance };
            facts.fields.put_with(&(tenant, field), || row.clone());
        }
        Effect::RewrapField { customer, row, before } => {
            let field = FieldRef { customer: *customer, field: row.field, instance: row.instance };
            if let Some(slot) = facts.fields.slot(&(tenant, field))
                && let Some(kept) =
                    slot.row.as_mut().filter(|kept| kept.version == row.version && kept.sealed == *before)
            {
                kept.clone_from(row);
            }
        }
        Effect::DropField(field) => facts.fields.clear(|key, _| *key == (tenant, *field)),
        Effect::PutClose(row) => facts.closes.put(&tenant, row.number),
        Effect::Erase { customer, .. } | Effect::Expire(customer) => {
            facts.customers.clear(|key, _| *key == (tenant, *customer));
            facts.states.clear(|key, _| *key == (tenant, *customer));
            facts.fields.clear(|(owner, field), _| *owner == tenant && field.customer == *customer);
            facts.interactions.clear(|(owner, _), row| *owner == tenant && names(row, *customer));
        }
        _ => {}
    }
}

/// Is it this customer's, or does one of its events name them as the caller?
fn names(row: &InteractionRow, customer: CustomerId) -> bool {
    row.named().any(|named| named == customer)
}

fn happened(facts: &mut Facts, tenant: TenantId, id: InteractionId, reference: &str, event: Event, now: Millis) {
    let event = without_erased_caller(facts, tenant, event);
    let Some(slot) = facts.interactions.slot(&(tenant, id)) else { return };
    // No source opened a case, so what one says of it means nothing.
    if slot.tampered || slot.row.as_ref().is_some_and(|row| !row.channel.is_in_touch()) {
        return;
    }
    let before = slot.row.take();
    let mut events = before.as_ref().and_then(|row| decode_events(&row.events)).unwrap_or_default();
    let repeated = events.iter().any(|seen| seen.id == event.id);
    if !repeated {
        events.push(event);
    }
    slot.row = if repeated { before } else { fold_into(before, id, reference, &events, now) };
    slot.changed = !repeated || slot.changed;
}

/// The caller was looked up before this transaction; a customer who was erased meanwhile must not be named again.
fn without_erased_caller(facts: &mut Facts, tenant: TenantId, event: Event) -> Event {
    match event.what {
        Happening::Connected { channel, person, caller: Some(caller) }
            if !has(facts.customers.slot(&(tenant, caller))) =>
        {
            Event { what: Happening::Connected { channel, person, caller: None }, ..event }
        }
        _ => event,
    }
}

fn fold_into(
    before: Option<InteractionRow>,
    id: InteractionId,
    reference: &str,
    events: &[Event],
    now: Millis,
) -> Option<InteractionRow> {
    let state = fold(events)?;
    let (customer, binding) = before.map_or((None, Binding::None), |row| (row.customer, row.binding));
    let (customer, binding) = rebind(customer, binding, state.caller);
    Some(InteractionRow {
        id,
        reference: reference.to_owned(),
        channel: state.channel,
        phase: state.phase,
        person: state.person,
        customer,
        binding,
        started: state.started,
        ended: state.ended,
        active: now,
        events: encode_events(events),
        tag: [0; 16],
    })
}

/// What the callers named by the events do to a binding. A customer who was only *matched* goes when the events no
/// longer agree on one; one whom a person claimed or a code proved stays.
fn rebind(customer: Option<CustomerId>, binding: Binding, caller: Option<CustomerId>) -> (Option<CustomerId>, Binding) {
    match (binding, caller) {
        (Binding::None, Some(_)) | (Binding::Matched, _) => {
            (caller, if caller.is_some() { Binding::Matched } else { Binding::None })
        }
        (Binding::Claimed, Some(_)) if caller == customer => (customer, Binding::Matched),
        _ => (customer, binding),
    }
}

fn bind(facts: &mut Facts, tenant: TenantId, id: InteractionId, customer: CustomerId, binding: Binding) {
    let Some(slot) = facts.interactions.slot(&(tenant, id)) else { return };
    if let Some(row) = slot.row.as_mut().filter(|row| row.channel.is_in_touch()) {
        row.customer = Some(customer);
        row.binding = row.binding.max(binding);
        slot.changed = true;
    }
}

fn prove(facts: &mut Facts, tenant: TenantId, id: InteractionId) {
    if let Some(slot) = facts.codes.slot(&(tenant, id))
        && let Some(row) = &mut slot.row
    {
        row.used = true;
        slot.changed = true;
    }
    if let Some(slot) = facts.interactions.slot(&(tenant, id))
        && let Some(row) = &mut slot.row
        && row.customer.is_some()
        && row.channel.is_in_touch()
    {
        row.binding = Binding::Proven;
        slot.changed = true;
    }
}

#[cfg(test)]
mod tests;
