//! A repeated request: a logged re-delivery while its countdown runs, in its session, for the same content.

use crate::help::{Call, assert_refused, shown, value};
use domain::{FieldKind, Refusal};
use testkit::{FIRST, NAME, block_on};
use vault::{Heard, Kind, RevealCommand};

fn keyed(call: &Call) -> RevealCommand {
    RevealCommand { key: Some("a-key".into()), ..call.command(FieldKind::Name) }
}

#[test]
fn within_the_countdown_is_delivered_again_under_its_own_entry_and_spends_once() {
    let call = Call::new(30);
    let command = keyed(&call);
    let first = call.reveal(&command).ok().unwrap();
    call.world.clock.advance(5_000);
    let again = call.reveal(&command).ok().unwrap();
    assert_ne!(first.receipt, again.receipt);
    assert_eq!(again.remask_in_s, first.remask_in_s - 5);
    let body = call.world.line(FIRST, again.receipt).body.unwrap();
    assert_eq!((body.kind, body.decision), (Kind::Redelivery, Ok(())));
    assert!(body.spent.is_empty(), "the allowance is spent once");
    assert_eq!(shown(again), format!("\"{NAME}\""));
    drop(first);
}

#[test]
fn in_the_last_second_still_says_one_second() {
    let call = Call::new(31);
    let command = keyed(&call);
    value(call.reveal(&command));
    call.world.clock.advance(19_999);
    assert_eq!(call.reveal(&command).ok().unwrap().remask_in_s, 1);
}

#[test]
fn after_the_countdown_is_refused() {
    let call = Call::new(32);
    let command = keyed(&call);
    value(call.reveal(&command));
    call.world.clock.advance(20_000);
    assert_refused(&call.world, call.reveal(&command), Refusal::RedeliveryOver);
}

#[test]
fn with_other_content_is_refused() {
    let call = Call::new(33);
    value(call.reveal(&keyed(&call)));
    for other in [
        RevealCommand { field: FieldKind::Order, ..keyed(&call) },
        RevealCommand { purpose: domain::Purpose::Callback, ..keyed(&call) },
        RevealCommand { instance: 2, ..keyed(&call) },
    ] {
        assert_refused(&call.world, call.reveal(&other), Refusal::KeyReused);
    }
}

#[test]
fn in_another_session_is_refused_and_another_persons_same_key_is_another_key() {
    let call = Call::new(34);
    let command = keyed(&call);
    value(call.reveal(&command));
    let page = crate::sessions::Page::begin(&call.world, &call.world.vault, &call.world.staff.agent);
    let elsewhere = page.get(&call.world.vault, "/desk").unwrap();
    let result = block_on(call.world.vault.reveal(&elsewhere, &command));
    assert_refused(&call.world, result, Refusal::KeyReused);

    call.world.clock.advance(1_000);
    call.hear(Heard::Transferred(call.world.staff.other_agent.id)).unwrap();
    let other = call.world.scope(&call.world.staff.other_agent);
    let revealed = block_on(call.world.vault.reveal(&other, &command)).ok().unwrap();
    assert_eq!(call.world.line(FIRST, revealed.receipt).body.unwrap().kind, Kind::Reveal);
}

#[test]
fn needs_its_ground_again() {
    let call = Call::new(35);
    let command = keyed(&call);
    value(call.reveal(&command));
    call.world.clock.advance(1_000);
    call.hear(Heard::Ended).unwrap();
    assert_refused(&call.world, call.reveal(&command), Refusal::NoLiveInteraction);
}

#[test]
fn a_key_whose_request_was_refused_is_still_free() {
    let call = Call::new(36);
    let card = RevealCommand { field: FieldKind::Card, ..keyed(&call) };
    assert_refused(&call.world, call.reveal(&card), Refusal::NeverShown);
    value(call.reveal(&keyed(&call)));
}

/// The first sixteen bytes of SHA-256, as hexadecimal digits: all that a request's row is named and known by.
fn digest(parts: &[&[u8]]) -> String {
    keys::hash(parts)[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Rows of requests have no tag: whoever writes one must get nothing by it.
#[test]
fn a_row_that_somebody_wrote_shows_nothing_that_was_not_shown_and_no_longer() {
    let call = Call::new(36);
    let (person, command) = (call.world.staff.agent.id, keyed(&call));
    value(call.reveal(&command));
    let hour = 3_600_000;
    assert_eq!(call.world.edit(&format!("UPDATE request SET at = at + {hour}")), 1);
    call.world.clock.advance(25_000);
    assert_refused(&call.world, call.reveal(&command), Refusal::RedeliveryOver);

    // The row of a reveal that there was, under the name and with the content of one that there wasn't.
    let other = RevealCommand { key: Some("another".into()), ..call.command(FieldKind::PostalAddress) };
    value(call.reveal(&RevealCommand { key: Some("b-key".into()), ..call.command(FieldKind::Name) }));
    let name = digest(&[b"reveal", &person.0, b"another"]);
    let content = digest(&[
        &call.customer.0,
        &call.interaction.0,
        &other.field.code().to_be_bytes(),
        &other.instance.to_be_bytes(),
        other.purpose.slug().as_bytes(),
    ]);
    let key = digest(&[b"reveal", &person.0, b"b-key"]);
    let forged = format!("UPDATE request SET id = x'{name}', content = x'{content}' WHERE id = x'{key}'");
    assert_eq!(call.world.edit(&forged), 1);
    assert_refused(&call.world, call.reveal(&other), Refusal::Tampered);
    value(call.reveal(&RevealCommand { key: Some("c-key".into()), ..other }));
}
