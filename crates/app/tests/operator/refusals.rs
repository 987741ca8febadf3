//! Refusals that come before anything is asked of the store leave an entry as well.

use domain::{Clock as _, Refusal, Role};
use std::sync::Arc;
use testkit::{FIRST, PHONE, Pocket, TestWorld, ana, block_on};
use vault::{Heard, Kind, Vault, VaultError};
use zeroize::Zeroizing;

/// The result is this refusal, and its entry says so.
#[track_caller]
fn assert_logged<T>(world: &TestWorld, result: Result<T, VaultError>, kind: Kind, expected: Refusal) {
    let Err(VaultError::Refused { refusal, entry: Some(entry), .. }) = result else {
        panic!("no refusal with an entry")
    };
    let body = world.line(FIRST, entry).body.expect("the entry opens");
    assert_eq!((refusal, body.kind, body.decision), (expected, kind, Err(expected)));
}

#[test]
fn events_that_name_who_does_not_serve_or_whose_caller_lies_on_an_edited_row() {
    let world = TestWorld::new(400);
    let _ = world.add(ana());
    let of = |member| world.connect(FIRST, "new", member, Some(PHONE));
    assert_logged(&world, of(&world.staff.security), Kind::Event, Refusal::RoleNotAllowed);
    assert_logged(&world, of(&world.second_staff.agent), Kind::Event, Refusal::NotFound);
    let moved = Heard::Transferred(world.staff.it.id);
    assert_logged(&world, world.hear(FIRST, "new", moved), Kind::Event, Refusal::RoleNotAllowed);
    assert!(world.edit("UPDATE blind_index SET tag = zeroblob(16)") > 0);
    assert_logged(&world, of(&world.staff.agent), Kind::Event, Refusal::Tampered);
}

#[test]
fn an_edited_person_at_sign_in() {
    let world = TestWorld::new(401);
    world.edit("UPDATE person SET role = 'security_officer' WHERE role = 'agent' AND tenant = 1");
    let node: Arc<Vault> = world.another_node();
    let token = &world.staff.agent.token;
    assert_logged(&world, block_on(node.authenticate(token)).map(drop), Kind::SignIn, Refusal::PowerTampered);
    assert_logged(&world, block_on(node.sign_in(token, None)).map(drop), Kind::SignIn, Refusal::PowerTampered);
}

#[test]
fn a_notes_key_used_for_another_note() {
    let world = TestWorld::new(402);
    let customer = world.add(ana());
    let interaction = world.call(&world.staff.agent, Some(PHONE));
    let agent = world.scope(&world.staff.agent);
    let write = |text| block_on(world.vault.note(&agent, interaction, customer, text, Some("once")));
    let first = write("prefers the side door").unwrap();
    assert_eq!(write("prefers the side door").unwrap(), first);
    assert_logged(&world, write("prefers the front door"), Kind::Note, Refusal::KeyReused);
}

#[test]
fn interactions_for_a_role_that_sees_none() {
    let world = TestWorld::new(403);
    let operator = world.scope(&world.staff.it);
    assert_eq!(operator.role(), Role::ItOperator);
    let listed = block_on(world.vault.interactions(&operator, true, None, 10));
    assert_logged(&world, listed, Kind::InteractionsRead, Refusal::RoleNotAllowed);
}

#[test]
fn a_wrong_code_delivered_again_counts_once() {
    let world = TestWorld::new(404);
    let _ = world.add(ana());
    let interaction = world.call(&world.staff.agent, Some(PHONE));
    let agent = world.scope(&world.staff.agent);
    let pocket = Arc::new(Pocket::default());
    block_on(world.vault.send_code(&agent, interaction, Arc::clone(&pocket) as _)).unwrap();
    let right = pocket.last().code;
    let wrong = if right == "000000" { "000001" } else { "000000" };
    let reference = world.reference(FIRST, interaction);
    let deliver = |message: &str, code: &str| {
        let heard = Heard::CodeEntered(Zeroizing::new(code.to_owned()));
        block_on(world.vault.hear(FIRST, "telephony", &reference, message, world.clock.now(), heard)).unwrap();
    };
    deliver("wrong-once", wrong);
    let entries = world.log(FIRST).len();
    for _ in 0..9 {
        deliver("wrong-once", wrong);
    }
    assert_eq!(world.log(FIRST).len(), entries, "a repetition leaves no entry");
    deliver("right", &right);
    let row = block_on(world.vault.interaction(&agent, interaction)).unwrap();
    assert_eq!(row.binding, domain::Binding::Proven, "nine repetitions used up the code");
}
