//! Notes are sealed like any field and grow the mask sheet.

use crate::help::{Call, assert_refused, value};
use domain::{FieldKind, Purpose, Refusal};
use testkit::{block_on, name_and_phone};
use vault::{RevealCommand, VaultError};

#[test]
fn are_kept_sealed_masked_and_can_be_revealed() {
    let call = Call::new(70);
    let agent = call.world.scope(&call.world.staff.agent);
    let write = |text| block_on(call.world.vault.note(&agent, call.interaction, call.customer, text, None));
    assert_eq!(write("prefers the side door").unwrap().instance, 1);
    assert_eq!(write("asked for a refund").unwrap().instance, 2);

    let record = block_on(call.world.vault.view(&agent, call.interaction, call.customer)).unwrap();
    let notes: Vec<_> = record.fields.iter().filter(|field| field.masked.field == FieldKind::Note).collect();
    assert_eq!(notes.iter().map(|note| note.masked.instance).collect::<Vec<_>>(), [1, 2]);
    assert!(notes.iter().all(|note| !note.masked.mask.contains("refund")));
    assert_eq!(record.fields.len(), 11, "the other masks stay");

    for (instance, text) in [(1, "prefers the side door"), (2, "asked for a refund")] {
        let command = RevealCommand { instance, purpose: Purpose::Complaint, ..call.command(FieldKind::Note) };
        assert_eq!(value(call.reveal(&command)), format!("\"{text}\""));
    }
    assert!(call.world.tables_holding(b"side door").is_empty());
}

#[test]
fn cannot_hold_a_card_number() {
    let call = Call::new(71);
    let agent = call.world.scope(&call.world.staff.agent);
    let result =
        block_on(call.world.vault.note(&agent, call.interaction, call.customer, "card 4111 1111 1111 1111", None));
    assert!(matches!(result, Err(VaultError::Input(_))), "{result:?}");
}

#[test]
fn need_the_interactions_own_customer() {
    let call = Call::new(72);
    let other = call.world.add(name_and_phone("Oda Other", "+442079460777"));
    let agent = call.world.scope(&call.world.staff.agent);
    let result = block_on(call.world.vault.note(&agent, call.interaction, other, "hello", None));
    assert_refused(&call.world, result, Refusal::WrongCustomer);
}

#[test]
fn two_in_the_same_moment_are_both_kept() {
    let call = Call::new(79);
    let agent = call.world.scope(&call.world.staff.agent);
    let barrier = std::sync::Barrier::new(4);
    let mut instances: Vec<u32> = std::thread::scope(|scope| {
        let write = |text: &'static str| {
            let (agent, call, barrier) = (&agent, &call, &barrier);
            scope.spawn(move || {
                barrier.wait();
                (0..5)
                    .map(|_| block_on(call.world.vault.note(agent, call.interaction, call.customer, text, None)))
                    .map(|noted| noted.unwrap().instance)
                    .collect::<Vec<_>>()
            })
        };
        let writing = ["one", "two", "three", "four"].map(write);
        writing.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    instances.sort_unstable();
    assert_eq!(instances, (1..=20).collect::<Vec<u32>>());
    let record = block_on(call.world.vault.view(&agent, call.interaction, call.customer)).unwrap();
    assert_eq!(record.fields.iter().filter(|field| field.masked.field == FieldKind::Note).count(), 20);
}
