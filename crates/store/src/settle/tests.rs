//! Properties of settling, over random facts and random batches.

mod memory;
mod random;

use crate::conformance::help::{ADA, ANA, CALL, NOW, OpenSeals, TENANT, happened, intent};
use crate::{Effect, Intent, InteractionRow, Outcome, decode_events};
use domain::interaction::{Event, fold};
use domain::{Binding, CustomerId, Refusal};
use memory::Memory;
use proptest::prelude::*;
use random::{LIMIT, batches, events};

/// What a refused intent may change: its entry, its customer's counter, a wrong code's count.
fn without_excuses(memory: &Memory) -> Memory {
    let mut rest = memory.clone();
    rest.entries.clear();
    rest.states.clear();
    rest.codes.values_mut().for_each(|code| (code.wrong, code.tag) = (0, [0; 16]));
    rest
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_intent_that_is_no_replay_leaves_exactly_one_entry(batches in batches()) {
        let mut memory = Memory::furnished();
        for batch in batches {
            let before = memory.entries.len();
            let ids: Vec<_> = batch.iter().map(|intent| intent.entry).collect();
            let outcomes = memory.commit(NOW, batch);
            prop_assert_eq!(outcomes.len(), ids.len());
            let expected: Vec<_> = outcomes.iter().zip(&ids).filter(|(outcome, _)| !matches!(outcome, Outcome::Replayed { .. })).map(|(_, id)| *id).collect();
            let written: Vec<_> = memory.entries[before..].iter().map(|(_, row)| row.id).collect();
            prop_assert_eq!(written, expected);
        }
    }

    #[test]
    fn no_allowance_is_overspent(batches in batches()) {
        let mut memory = Memory::furnished();
        for batch in batches {
            memory.commit(NOW, batch);
            prop_assert!(memory.budgets.values().all(|row| row.total <= u64::from(LIMIT)));
        }
    }

    #[test]
    fn a_refused_intent_changes_nothing_else(batches in batches()) {
        let mut memory = Memory::furnished();
        for intent in batches.into_iter().flatten() {
            let before = memory.clone();
            let (customer, code) = (intent.customer, intent.effects.iter().any(|effect| matches!(effect, Effect::Prove { .. })));
            let outcome = memory.commit(NOW, vec![intent]).remove(0);
            if let Outcome::Refused { .. } = outcome {
                prop_assert_eq!(without_excuses(&memory), without_excuses(&before));
                let moved: Vec<_> = memory.states.iter().filter(|(key, row)| before.states.get(key) != Some(row)).collect();
                prop_assert!(moved.iter().all(|(key, _)| Some(key.1) == customer), "{:?}", moved);
                prop_assert!(moved.iter().all(|(key, row)| row.n == before.states.get(key).map_or(0, |row| row.n) + 1));
                prop_assert!(code || memory.codes == before.codes);
            }
            if let Outcome::Replayed { .. } = outcome {
                prop_assert_eq!(&memory, &before);
            }
        }
    }

    #[test]
    fn a_batch_is_its_intents_one_after_another(batch in batches()) {
        let (mut together, mut apart) = (Memory::furnished(), Memory::furnished());
        for intents in batch {
            let erased = random::erased(&intents);
            let singly: Vec<Intent> = intents.iter().map(random::copy).collect();
            let outcomes = together.commit(NOW, intents);
            let one_by_one: Vec<_> = singly.into_iter().map(|intent| apart.commit(NOW, vec![intent]).remove(0)).collect();
            prop_assert_eq!(outcomes, one_by_one);
            if !erased.is_empty() {
                // An interaction that was bound in the erasure's own batch may stay, as it was before: unbound.
                let existing = |customer: &CustomerId| together.customers.contains_key(&(TENANT, *customer));
                let gone = erased.iter().filter(|customer| !existing(customer));
                prop_assert!(gone.into_iter().all(|customer| !together.interactions.values().any(|row| super::names(row, *customer))));
                together.interactions.clear();
                apart.interactions.clear();
            }
            prop_assert_eq!(&together, &apart);
        }
    }

    #[test]
    fn events_reach_the_same_interaction_in_every_order_and_with_repetitions(
        (given, arriving) in events().prop_flat_map(|events| {
            let repeated: Vec<Event> = events.iter().chain(&events).copied().collect();
            (Just(events), Just(repeated).prop_shuffle())
        }),
        grouping in 1..5_usize,
    ) {
        let (mut straight, mut shuffled) = (Memory::with_customers(), Memory::with_customers());
        for (number, event) in (1..).zip(&given) {
            straight.commit(NOW, vec![Intent { effects: vec![happened(CALL, *event)], ..intent(number) }]);
        }
        for (number, group) in (1..).zip(arriving.chunks(grouping)) {
            let effects = group.iter().map(|event| happened(CALL, *event)).collect();
            shuffled.commit(NOW, vec![Intent { effects, ..intent(number) }]);
        }
        let row = |memory: &Memory| memory.interactions.get(&(TENANT, CALL)).cloned();
        let (straight, shuffled) = (row(&straight), row(&shuffled));
        prop_assert_eq!(straight.as_ref().map(meaning), shuffled.as_ref().map(meaning));
        let state = fold(&given);
        prop_assert_eq!(state.map(|state| (state.phase, state.person, state.caller, state.started, state.ended)),
            shuffled.map(|row| (row.phase, row.person, row.customer, row.started, row.ended)));
    }

    #[test]
    fn edited_rows_are_refused(which in 0..4_usize, batches in batches()) {
        let mut memory = Memory::furnished();
        batches.into_iter().for_each(|batch| drop(memory.commit(NOW, batch)));
        let mut memory = memory.refurnished();
        memory.commit(NOW, vec![random::everything(900)]);
        let honest = memory.clone().commit(NOW, vec![random::everything(901)]).remove(0);
        prop_assert!(matches!(honest, Outcome::Committed(_)), "{:?}", honest);
        memory.tamper(which);
        let before = without_excuses(&memory);
        let outcome = memory.commit(NOW, vec![random::everything(901)]).remove(0);
        prop_assert!(matches!(outcome, Outcome::Refused { refusal: Refusal::Tampered, .. }), "{:?}", outcome);
        prop_assert_eq!(without_excuses(&memory), before);
    }
}

/// All that an interaction says, without the order in which it was told and when that was.
fn meaning(row: &InteractionRow) -> InteractionRow {
    let mut events = decode_events(&row.events).unwrap();
    events.sort_by_key(|event| event.id);
    InteractionRow { events: crate::encode_events(&events), tag: [0; 16], ..row.clone() }
}

#[test]
fn a_settled_row_carries_its_own_tag() {
    let mut memory = Memory::furnished();
    memory.commit(NOW, vec![random::everything(900)]);
    let mut facts = memory.facts(&crate::Wanted::by(&[random::everything(901)]));
    facts.check(&OpenSeals);
    assert!(!facts.interactions.slot(&(TENANT, CALL)).unwrap().tampered);
    assert!(!facts.states.slot(&(TENANT, ANA)).unwrap().tampered);
    assert_eq!(memory.interactions[&(TENANT, CALL)].person, Some(ADA));
    assert_eq!(memory.interactions[&(TENANT, CALL)].binding, Binding::Proven);
}

#[test]
fn a_callers_number_binds_more_surely_to_the_customer_whom_staff_claimed_and_to_nobody_else() {
    let (ana, ben) = (Some(ANA), Some(CustomerId([9; 16])));
    for (customer, binding, caller, then) in [
        (None, Binding::None, ana, (ana, Binding::Matched)),
        (None, Binding::None, None, (None, Binding::None)),
        (ana, Binding::Matched, None, (None, Binding::None)),
        (ana, Binding::Matched, ben, (ben, Binding::Matched)),
        (ana, Binding::Claimed, ana, (ana, Binding::Matched)),
        (ana, Binding::Claimed, ben, (ana, Binding::Claimed)),
        (ana, Binding::Claimed, None, (ana, Binding::Claimed)),
        (ana, Binding::Proven, ben, (ana, Binding::Proven)),
        (ana, Binding::Proven, None, (ana, Binding::Proven)),
    ] {
        assert_eq!(super::rebind(customer, binding, caller), then, "{customer:?} {binding:?} {caller:?}");
    }
}
