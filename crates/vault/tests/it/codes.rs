//! One-time codes: to the customer's own number, entered outside the agent's hands.

use crate::help::{Call, assert_refused, value};
use domain::{Binding, FieldKind, Refusal};
use std::sync::Arc;
use testkit::{FIRST, PHONE, Pocket, block_on};
use vault::{CodeSent, Courier, CourierError, Heard, Kind, SendCode, VaultError};
use zeroize::Zeroizing;

fn send(call: &Call, pocket: &Arc<Pocket>) -> Result<CodeSent, VaultError> {
    let agent = call.world.scope(&call.world.staff.agent);
    block_on(call.world.vault.send_code(&agent, call.interaction, Arc::clone(pocket) as _))
}

/// The customer enters a code. The source isn't told what came of it; the log and the binding are.
fn enter(call: &Call, code: &str) -> Result<(), Refusal> {
    call.hear(Heard::CodeEntered(Zeroizing::new(code.to_owned()))).unwrap();
    last_entered(call)
}

/// What the newest entry about an entered code says. Entries of one millisecond have no order: time moves on first.
fn last_entered(call: &Call) -> Result<(), Refusal> {
    call.world.clock.advance(1);
    let lines = call.world.log(FIRST);
    let bodies = lines.iter().filter_map(|line| line.body.as_ref()).filter(|body| body.kind == Kind::CodeEntered);
    bodies.max_by_key(|body| body.at).unwrap().decision
}

/// Another code than this one.
fn wrong(code: &str) -> String {
    let digit = |c: char| char::from(b'0' + (c as u8 - b'0' + 1) % 10);
    code.chars().map(digit).collect()
}

#[test]
fn the_right_code_proves_once() {
    let call = Call::new(50);
    let pocket = Arc::new(Pocket::default());
    let sent = send(&call, &pocket).unwrap();
    assert!(sent.sent);
    let code = pocket.last();
    assert_eq!(code.to, PHONE);
    assert_eq!(code.reference, call.world.reference(FIRST, call.interaction));
    assert!(code.code.len() == 6 && code.code.bytes().all(|byte| byte.is_ascii_digit()));

    assert_refused(&call.world, call.reveal(&call.command(FieldKind::DateOfBirth)), Refusal::BindingTooWeak);
    enter(&call, &code.code).unwrap();
    let agent = call.world.scope(&call.world.staff.agent);
    assert_eq!(block_on(call.world.vault.interaction(&agent, call.interaction)).unwrap().binding, Binding::Proven);
    value(call.reveal(&call.command(FieldKind::DateOfBirth)));
    assert_eq!(enter(&call, &code.code), Err(Refusal::CodeWrong), "once only");
}

#[test]
fn after_five_wrong_ones_the_right_one_counts_no_more_until_a_new_one_is_sent() {
    let call = Call::new(51);
    let pocket = Arc::new(Pocket::default());
    send(&call, &pocket).unwrap();
    let code = pocket.last().code;
    for _ in 0..5 {
        assert_eq!(enter(&call, &wrong(&code)), Err(Refusal::CodeWrong));
    }
    assert_eq!(enter(&call, &code), Err(Refusal::CodeWrong));
    send(&call, &pocket).unwrap();
    enter(&call, &pocket.last().code).unwrap();
}

#[test]
fn four_wrong_ones_are_survived() {
    let call = Call::new(52);
    let pocket = Arc::new(Pocket::default());
    send(&call, &pocket).unwrap();
    let code = pocket.last().code;
    for _ in 0..4 {
        assert_eq!(enter(&call, &wrong(&code)), Err(Refusal::CodeWrong));
    }
    enter(&call, &code).unwrap();
}

#[test]
fn a_late_code_does_not_count() {
    let call = Call::new(53);
    let pocket = Arc::new(Pocket::default());
    let sent = send(&call, &pocket).unwrap();
    call.world.clock.set(sent.expires.plus(1));
    assert_eq!(enter(&call, &pocket.last().code), Err(Refusal::CodeWrong));
}

#[test]
fn a_code_proves_its_own_interaction_only() {
    let call = Call::new(54);
    let pocket = Arc::new(Pocket::default());
    send(&call, &pocket).unwrap();
    let other = call.world.call(&call.world.staff.other_agent, Some(PHONE));
    let reference = call.world.reference(FIRST, other);
    let entered = Heard::CodeEntered(Zeroizing::new(pocket.last().code));
    call.world.hear(FIRST, &reference, entered).unwrap();
    assert_eq!(last_entered(&call), Err(Refusal::CodeWrong));
}

#[test]
fn codes_per_interaction_run_out() {
    let call = Call::new(55);
    let pocket = Arc::new(Pocket::default());
    for _ in 0..3 {
        send(&call, &pocket).unwrap();
    }
    assert_refused(&call.world, send(&call, &pocket), Refusal::AttemptsExhausted);
    assert_eq!(pocket.count(), 3);
}

#[test]
fn without_an_interaction_or_a_customer_nothing_is_sent_and_that_is_logged() {
    let call = Call::new(56);
    let pocket = Arc::new(Pocket::default());
    let agent = call.world.scope(&call.world.staff.agent);
    let vault = &call.world.vault;
    let nowhere = domain::InteractionId([3; 16]);
    let result = block_on(vault.send_code(&agent, nowhere, Arc::clone(&pocket) as _));
    assert_refused(&call.world, result, Refusal::NoLiveInteraction);
    let unbound = call.world.call(&call.world.staff.agent, None);
    let result = block_on(vault.send_code(&agent, unbound, Arc::clone(&pocket) as _));
    assert_refused(&call.world, result, Refusal::NoLiveInteraction);
    assert_eq!(pocket.count(), 0);
}

#[test]
fn a_courier_that_fails_is_told_of_and_the_attempt_stays_logged() {
    struct Broken;
    impl Courier for Broken {
        fn deliver(&self, _: &SendCode<'_>) -> Result<(), CourierError> {
            Err(CourierError)
        }
    }
    let call = Call::new(57);
    let agent = call.world.scope(&call.world.staff.agent);
    let sent = block_on(call.world.vault.send_code(&agent, call.interaction, Arc::new(Broken))).unwrap();
    assert!(!sent.sent);
    assert_eq!(call.world.line(FIRST, sent.receipt).body.unwrap().kind, Kind::Code);
}

#[test]
fn a_repeated_delivery_of_the_right_code_changes_nothing() {
    let call = Call::new(58);
    let pocket = Arc::new(Pocket::default());
    send(&call, &pocket).unwrap();
    let reference = call.world.reference(FIRST, call.interaction);
    let deliver = || {
        let heard = Heard::CodeEntered(Zeroizing::new(pocket.last().code));
        let now = domain::Clock::now(&*call.world.clock);
        block_on(call.world.vault.hear(FIRST, "telephony", &reference, "entered-once", now, heard)).unwrap();
    };
    deliver();
    let entries = call.world.log(FIRST).len();
    deliver();
    assert_eq!(call.world.log(FIRST).len(), entries);
    assert_eq!(last_entered(&call), Ok(()));
}

/// How often a code was wrong stands in its row, which somebody with the database can put back after each guess; here a new code does.
#[test]
fn fifteen_tries_an_hour_are_all_there_are_for_a_customer_whatever_the_rows_say() {
    let call = Call::new(59);
    let pocket = Arc::new(Pocket::default());
    for _ in 0..3 {
        send(&call, &pocket).unwrap();
        (0..5).for_each(|_| assert_eq!(enter(&call, &wrong(&pocket.last().code)), Err(Refusal::CodeWrong)));
    }
    assert_eq!(call.world.edit("UPDATE code SET expires = expires"), 1, "the row is there");
    let other = call.world.call(&call.world.staff.agent, Some(PHONE));
    let again = Call { interaction: other, customer: call.customer, world: call.world };
    send(&again, &pocket).unwrap();
    again.hear(Heard::CodeEntered(Zeroizing::new(pocket.last().code))).unwrap();
    let agent = again.world.scope(&again.world.staff.agent);
    let binding = || block_on(again.world.vault.interaction(&agent, other)).unwrap().binding;
    assert_eq!(binding(), Binding::Matched, "the right one isn't tried");
    again.world.clock.advance(crate::help::HOUR_OVER_MS);
    let later = again.world.call(&again.world.staff.agent, Some(PHONE));
    let again = Call { interaction: later, customer: again.customer, world: again.world };
    send(&again, &pocket).unwrap();
    enter(&again, &pocket.last().code).unwrap();
}
