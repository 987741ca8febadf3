//! Verify the caller: match or not, few attempts, nothing stored is shown.

use crate::help::{Call, acts, assert_refused};
use domain::{FieldKind, Limits, Refusal};
use testkit::{DATE_OF_BIRTH, FIRST, PHONE, TestWorld, block_on};
use vault::{Kind, VaultConfig, VaultError, VerifyCommand};

fn verify(call: &Call, field: FieldKind, said: &str) -> Result<vault::Verified, VaultError> {
    let agent = call.world.scope(&call.world.staff.agent);
    block_on(call.world.vault.verify(&agent, &call.said(field, said)))
}

#[test]
fn says_match_or_not_and_logs_both_attempt_and_result() {
    let call = Call::new(40);
    let right = verify(&call, FieldKind::DateOfBirth, "29 Feb 1984").unwrap();
    assert!(right.matched);
    assert_eq!(right.attempts_left, 4);
    call.world.clock.advance(1);
    let wrong = verify(&call, FieldKind::DateOfBirth, "1984-02-28").unwrap();
    assert!(!wrong.matched);
    assert_eq!(wrong.attempts_left, 3);
    call.world.clock.advance(1);
    assert!(verify(&call, FieldKind::Email, "ANA.DIAZ@example.org").unwrap().matched);

    let log = call.world.log(FIRST);
    let bodies: Vec<_> = log.iter().rev().filter_map(|line| line.body.as_ref()).collect();
    let details = |kind| bodies.iter().filter(|body| body.kind == kind).map(|body| body.detail).collect::<Vec<_>>();
    assert_eq!(details(Kind::Verification), vec![None; 3]);
    assert_eq!(details(Kind::VerificationResult), vec![Some(1), Some(0), Some(1)]);
}

#[test]
fn what_cannot_be_read_costs_no_attempt() {
    let call = Call::new(41);
    let unread = verify(&call, FieldKind::DateOfBirth, "dunno").unwrap();
    assert!(!unread.matched && unread.hint.is_some(), "{unread:?}");
    assert_eq!(unread.attempts_left, 5);
    assert_eq!(verify(&call, FieldKind::DateOfBirth, DATE_OF_BIRTH).unwrap().attempts_left, 4);
}

#[test]
fn attempts_per_interaction_run_out() {
    let call = Call::new(42);
    for left in (0..5).rev() {
        assert_eq!(verify(&call, FieldKind::DateOfBirth, "1999-01-01").unwrap().attempts_left, left);
    }
    let result = verify(&call, FieldKind::DateOfBirth, DATE_OF_BIRTH);
    assert_refused(&call.world, result, Refusal::AttemptsExhausted);
}

#[test]
fn attempts_per_customer_run_out_across_interactions_and_people() {
    let limits = Limits { verify_per_customer: 6, ..Limits::default() };
    let call = Call::on(TestWorld::with(43, VaultConfig { limits, ..VaultConfig::default() }));
    for _ in 0..5 {
        verify(&call, FieldKind::DateOfBirth, "1999-01-01").unwrap();
    }
    let second = call.world.call(&call.world.staff.leader, Some(PHONE));
    let leader = call.world.scope(&call.world.staff.leader);
    let said = || VerifyCommand { interaction: second, ..call.said(FieldKind::DateOfBirth, DATE_OF_BIRTH) };
    assert_eq!(block_on(call.world.vault.verify(&leader, &said())).unwrap().attempts_left, 0);
    let result = block_on(call.world.vault.verify(&leader, &said()));
    assert_refused(&call.world, result, Refusal::AttemptsExhausted);
}

#[test]
fn attempts_per_person_run_out() {
    let limits = acts(1);
    let call = Call::on(TestWorld::with(44, VaultConfig { limits, ..VaultConfig::default() }));
    verify(&call, FieldKind::DateOfBirth, "1999-01-01").unwrap();
    let result = verify(&call, FieldKind::DateOfBirth, DATE_OF_BIRTH);
    assert_refused(&call.world, result, Refusal::BudgetExhausted);
}

#[test]
fn numbers_of_cards_and_accounts_and_notes_are_not_for_checking() {
    let call = Call::new(45);
    for field in [FieldKind::Card, FieldKind::BankAccount, FieldKind::Note] {
        assert_refused(&call.world, verify(&call, field, "4111111111111111"), Refusal::PurposeNotAllowed);
    }
}
