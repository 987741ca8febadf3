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
fn written_at_once_none_is_lost() {
    let call = Call::new(73);
    let agent = call.world.scope(&call.world.staff.agent);
    let write = |text: &'static str| {
        let (vault, agent) = (call.world.vault.clone(), agent.clone());
        let (interaction, customer) = (call.interaction, call.customer);
        async move { vault.note(&agent, interaction, customer, text, None).await }
    };
    let written = block_on(async {
        let set: Vec<_> = ["one", "two", "three", "four"].map(|text| tokio::spawn(write(text))).into();
        let mut written = Vec::new();
        for note in set {
            written.extend(note.await.unwrap().map(|note| note.instance));
        }
        written
    });
    let mut distinct = written.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), written.len(), "two notes were told the same place: {written:?}");
    let record = block_on(call.world.vault.view(&agent, call.interaction, call.customer)).unwrap();
    assert_eq!(record.fields.iter().filter(|field| field.masked.field == FieldKind::Note).count(), written.len());
}
