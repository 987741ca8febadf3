//! Random intents about few things, so that they meet.

use crate::conformance::help::{
    ADA, ANA, BEN, BO, CALL, NOW, Parrot, TENANT, TIMEOUTS, connected, customer_row, doing, entry, event, field_row,
    happened, intent, own, person_row, set_power,
};
use crate::{Condition, Effect, FieldRef, FieldRow, Intent, PowerEdit, RequestKey, Spend, Turn};
use domain::interaction::{Event, Happening};
use domain::{Binding, CustomerId, InteractionId, PersonId, Refusal, Room};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::sync::Arc;

pub(super) const LIMIT: u32 = 4;
const RIGHT: [u8; 16] = [7; 16];

/// A call of Ana's that Ada took, a code, one person.
pub(super) fn furniture() -> Vec<Intent> {
    vec![
        doing(9_001, vec![happened(CALL, event(1, 0, connected(ADA, Some(ANA))))]),
        doing(9_002, vec![Effect::SendCode { interaction: CALL, mac: RIGHT, expires: NOW.plus(1_000) }]),
        doing(9_003, vec![set_power(1, vec![PowerEdit::Person(person_row(ADA, "Ada", None))])]),
    ]
}

/// An intent that rests on a row of every tagged kind, and can be done again.
pub(super) fn everything(number: u64) -> Intent {
    let resend = Effect::SendCode { interaction: CALL, mac: RIGHT, expires: NOW.plus(1_000) };
    Intent {
        customer: Some(ANA),
        when: vec![
            Condition::PowerVersion(1),
            Condition::Handles { interaction: CALL, person: ADA, talking: true, timeouts: TIMEOUTS },
            Condition::BoundTo { interaction: CALL, customer: ANA, at_least: Binding::Claimed },
            Condition::CodeIs { interaction: CALL, mac: RIGHT },
        ],
        spend: vec![spend(ADA, 1)],
        ..doing(number, vec![Effect::Prove { interaction: CALL }, resend])
    }
}

impl core::fmt::Debug for Intent {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { request, customer, when, spend, effects, read, entry, .. } = self;
        write!(f, "{entry}: {request:?} {customer:?} when {when:?} spend {spend:?} do {effects:?} read {read:?}")
    }
}

fn spend(person: PersonId, cost: u32) -> Spend {
    Spend {
        counter: own(person),
        purpose: None,
        turn: Turn::Spend(cost),
        at: NOW,
        room: Room::hourly(LIMIT),
        otherwise: Refusal::BudgetExhausted,
    }
}

pub(super) fn copy(intent: &Intent) -> Intent {
    Intent {
        tenant: intent.tenant,
        request: intent.request,
        customer: intent.customer,
        when: intent.when.clone(),
        spend: intent.spend.clone(),
        effects: intent.effects.clone(),
        read: intent.read.clone(),
        tentative: intent.tentative,
        entry: intent.entry,
        scribe: Arc::clone(&intent.scribe),
    }
}

/// The customers whom some of these intents would erase.
pub(super) fn erased(intents: &[Intent]) -> Vec<CustomerId> {
    let erases = |effect: &Effect| match effect {
        Effect::Erase { customer, .. } => Some(*customer),
        _ => None,
    };
    intents.iter().flat_map(|intent| &intent.effects).filter_map(erases).collect()
}

/// Up to five batches of up to six intents, with entry ids of their own.
pub(super) fn batches() -> impl Strategy<Value = Vec<Vec<Intent>>> {
    vec(vec(any_intent(), 0..6), 1..5).prop_map(|mut batches| {
        for (number, intent) in (1..).zip(batches.iter_mut().flatten()) {
            intent.entry = entry(number);
            intent.scribe = Arc::new(Parrot(number));
        }
        batches
    })
}

pub(super) fn events() -> impl Strategy<Value = Vec<Event>> {
    vec((0..60_i64, happening()), 1..7)
        .prop_map(|list| list.into_iter().zip(1..).map(|((after, what), id)| event(id, after, what)).collect())
}

fn customer() -> impl Strategy<Value = CustomerId> + Clone {
    select(vec![ANA, BEN])
}

fn person() -> impl Strategy<Value = PersonId> + Clone {
    select(vec![ADA, BO])
}

fn interaction() -> impl Strategy<Value = InteractionId> + Clone {
    select(vec![CALL, InteractionId([2; 16])])
}

fn mac() -> impl Strategy<Value = [u8; 16]> {
    select(vec![RIGHT, [8; 16]])
}

fn field() -> impl Strategy<Value = FieldRef> {
    (customer(), 0..4_u16).prop_map(|(customer, field)| FieldRef { customer, field, instance: u32::from(field > 0) })
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        (person(), option::of(customer())).prop_map(|(person, caller)| connected(person, caller)),
        person().prop_map(|person| Happening::Transferred { person }),
        Just(Happening::Held),
        Just(Happening::Resumed),
        Just(Happening::Ended),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        1 => Just(Condition::Never(Refusal::OnHold)),
        2 => (0..4_u64).prop_map(Condition::PowerVersion),
        4 => (interaction(), person(), any::<bool>())
            .prop_map(|(interaction, person, talking)| Condition::Handles { interaction, person, talking, timeouts: TIMEOUTS }),
        3 => (interaction(), customer(), select(vec![Binding::Claimed, Binding::Matched, Binding::Proven]))
            .prop_map(|(interaction, customer, at_least)| Condition::BoundTo { interaction, customer, at_least }),
        2 => (interaction(), customer()).prop_map(|(interaction, customer)| Condition::FreeFor { interaction, customer }),
        2 => customer().prop_map(Condition::CustomerExists),
        2 => field().prop_map(Condition::FieldAbsent),
        2 => (field(), 1..4_u64).prop_map(|(field, version)| Condition::FieldVersion(field, version)),
    ]
}

/// Effects with the conditions that a vault never asks for them without.
fn effect() -> impl Strategy<Value = (Vec<Condition>, Effect)> {
    let alone = |effect| (Vec::new(), effect);
    prop_oneof![
        3 => (interaction(), 1..9_u8, 0..60_i64, happening()).prop_map(move |(call, id, after, what)| alone(happened(call, event(id, after, what)))),
        2 => (interaction(), customer()).prop_map(|(interaction, customer)| {
            let exists = Condition::CustomerExists(customer);
            let free = Condition::FreeFor { interaction, customer };
            (vec![exists, free], Effect::Bind { interaction, customer, binding: Binding::Claimed })
        }),
        2 => (interaction(), mac()).prop_map(|(interaction, mac)| (vec![Condition::CodeIs { interaction, mac }], Effect::Prove { interaction })),
        1 => (interaction(), mac()).prop_map(move |(interaction, mac)| alone(Effect::SendCode { interaction, mac, expires: NOW.plus(1_000) })),
        2 => (customer(), 0..4_u16, 1..4_u64).prop_map(|(customer, field, version)| {
            (vec![Condition::CustomerExists(customer)], Effect::PutField(customer, field_row(field, version)))
        }),
        1 => field().prop_map(move |field| alone(Effect::DropField(field))),
        1 => customer().prop_map(move |customer| alone(Effect::RewrapCustomer(customer, customer_row(2)))),
        1 => (customer(), 0..4_u16, 1..4_u64).prop_map(move |(customer, field, version)| {
            let before = field_row(field, version).sealed;
            alone(Effect::RewrapField { customer, row: rewrapped(field, version), before })
        }),
        1 => (person(), 0..3_u64).prop_map(|(person, version)| {
            let edit = PowerEdit::Person(person_row(person, "A", None));
            (vec![Condition::PowerVersion(version)], set_power(version + 1, vec![edit]))
        }),
    ]
}

fn rewrapped(field: u16, version: u64) -> FieldRow {
    FieldRow { sealed: b"anew".to_vec(), ..field_row(field, version) }
}

fn request() -> impl Strategy<Value = RequestKey> {
    (1..4_u8, 1..3_u8, 1..3_u8).prop_map(|(key, content, session)| RequestKey {
        key: [key; 16],
        content: [content; 16],
        session: [session; 16],
        answer: 0,
    })
}

fn any_intent() -> impl Strategy<Value = Intent> {
    let spends = vec((person(), 0..3_u32).prop_map(|(person, cost)| spend(person, cost)), 0..2);
    let parts = (
        option::of(request()),
        option::of(customer()),
        vec(condition(), 0..2),
        spends,
        vec(effect(), 0..3),
        vec(field(), 0..2),
    );
    let working = parts.prop_map(|(request, customer, mut when, spend, effects, read)| {
        let mut done = Vec::new();
        for (conditions, effect) in effects {
            when.extend(conditions);
            done.push(effect);
        }
        Intent { tenant: TENANT, request, customer, when, spend, effects: done, read, ..intent(0) }
    });
    // As a vault asks for it: an act of its own.
    let erasing = customer().prop_map(|customer| Intent {
        customer: Some(customer),
        when: vec![Condition::CustomerExists(customer)],
        effects: vec![Effect::Erase { customer, index: Vec::new() }],
        ..intent(0)
    });
    prop_oneof![12 => working, 1 => erasing]
}
