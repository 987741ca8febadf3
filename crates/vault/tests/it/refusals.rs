//! Every way in which a reveal or a view is refused: each leaves an entry that says so, and no value.

use crate::help::{Call, HOUR_OVER_MS, acts, assert_refused, value};
use domain::{CustomerId, FieldKind, InteractionId, Purpose, Refusal};
use testkit::{FIRST, PHONE, TestWorld, block_on, name_and_phone};
use vault::{Heard, RevealCommand, VaultConfig};

#[test]
fn without_an_interaction() {
    let call = Call::new(10);
    let command = RevealCommand { interaction: InteractionId([9; 16]), ..call.command(FieldKind::Name) };
    assert_refused(&call.world, call.reveal(&command), Refusal::NoLiveInteraction);
}

#[test]
fn in_another_persons_interaction() {
    let call = Call::new(11);
    let other = call.world.scope(&call.world.staff.other_agent);
    let result = block_on(call.world.vault.reveal(&other, &call.command(FieldKind::Name)));
    assert_refused(&call.world, result, Refusal::NoLiveInteraction);
    let result = block_on(call.world.vault.view(&other, call.interaction, call.customer));
    assert_refused(&call.world, result, Refusal::NoLiveInteraction);
}

#[test]
fn after_a_transfer_only_the_new_person_sees() {
    let call = Call::new(12);
    call.world.clock.advance(1_000);
    call.hear(Heard::Transferred(call.world.staff.leader.id)).unwrap();
    assert_refused(&call.world, call.reveal(&call.command(FieldKind::Name)), Refusal::NoLiveInteraction);
    let leader = call.world.scope(&call.world.staff.leader);
    value(block_on(call.world.vault.reveal(&leader, &call.command(FieldKind::Name))));
}

#[test]
fn after_the_end() {
    let call = Call::new(13);
    call.world.clock.advance(1_000);
    call.hear(Heard::Ended).unwrap();
    assert_refused(&call.world, call.reveal(&call.command(FieldKind::Name)), Refusal::NoLiveInteraction);
}

#[test]
fn on_hold_until_they_talk_again() {
    let call = Call::new(14);
    call.world.clock.advance(1_000);
    call.hear(Heard::Held).unwrap();
    assert_refused(&call.world, call.reveal(&call.command(FieldKind::Name)), Refusal::OnHold);
    let agent = call.world.scope(&call.world.staff.agent);
    block_on(call.world.vault.view(&agent, call.interaction, call.customer)).unwrap();
    call.world.clock.advance(1_000);
    call.hear(Heard::Resumed).unwrap();
    value(call.reveal(&call.command(FieldKind::Name)));
}

#[test]
fn after_the_idle_time_but_not_while_work_goes_on() {
    let call = Call::new(15);
    let idle = call.world.vault.config().timeouts.idle_ms;
    for _ in 0..3 {
        call.world.clock.advance(idle);
        value(call.reveal(&call.command(FieldKind::Name)));
    }
    call.world.clock.advance(idle + 1);
    assert_refused(&call.world, call.reveal(&call.command(FieldKind::Name)), Refusal::NoLiveInteraction);
}

#[test]
fn after_the_absolute_time_however_busy() {
    let call = Call::new(16);
    let timeouts = call.world.vault.config().timeouts;
    let mut passed = 0;
    while passed + timeouts.idle_ms <= timeouts.absolute_ms {
        call.world.clock.advance(timeouts.idle_ms);
        passed += timeouts.idle_ms;
        value(call.reveal(&call.command(FieldKind::Name)));
    }
    call.world.clock.advance(timeouts.absolute_ms - passed + 1);
    assert_refused(&call.world, call.reveal(&call.command(FieldKind::Name)), Refusal::NoLiveInteraction);
}

#[test]
fn for_another_customer() {
    let call = Call::new(17);
    let other = call.world.add(name_and_phone("Oda Other", "+442079460777"));
    let command = RevealCommand { customer: other, ..call.command(FieldKind::Name) };
    assert_refused(&call.world, call.reveal(&command), Refusal::WrongCustomer);
    let nobody = RevealCommand { customer: CustomerId([8; 16]), ..call.command(FieldKind::Name) };
    assert_refused(&call.world, call.reveal(&nobody), Refusal::WrongCustomer);
}

#[test]
fn with_a_binding_that_is_too_weak() {
    let call = Call::new(18);
    let born = call.command(FieldKind::DateOfBirth);
    assert_refused(&call.world, call.reveal(&born), Refusal::BindingTooWeak);
    // Where a second person is missing as well, what the interaction lacks is told first.
    let nobody = call.world.call(&call.world.staff.agent, None);
    let account = RevealCommand { interaction: nobody, ..call.command(FieldKind::BankAccount) };
    assert_refused(&call.world, call.reveal(&account), Refusal::WrongCustomer);
}

#[test]
fn for_a_purpose_that_does_not_need_it() {
    let call = Call::new(19);
    let command = RevealCommand { purpose: Purpose::Payment, ..call.command(FieldKind::Phone) };
    assert_refused(&call.world, call.reveal(&command), Refusal::PurposeNotAllowed);
}

#[test]
fn a_card_always() {
    let call = Call::new(20);
    call.prove();
    for purpose in Purpose::ALL {
        let command = RevealCommand { purpose, ..call.command(FieldKind::Card) };
        assert_refused(&call.world, call.reveal(&command), Refusal::NeverShown);
    }
}

#[test]
fn a_field_that_is_not_there() {
    let call = Call::new(21);
    let command = RevealCommand { instance: 2, ..call.command(FieldKind::Name) };
    assert_refused(&call.world, call.reveal(&command), Refusal::NotFound);
}

#[test]
fn every_role_that_does_not_serve() {
    let call = Call::new(22);
    for member in call.world.staff.all().into_iter().filter(|member| !member.role.serves()) {
        let scope = call.world.scope(member);
        let vault = &call.world.vault;
        let result = block_on(vault.reveal(&scope, &call.command(FieldKind::Name)));
        assert_refused(&call.world, result, Refusal::RoleNotAllowed);
        let result = block_on(vault.view(&scope, call.interaction, call.customer));
        assert_refused(&call.world, result, Refusal::RoleNotAllowed);
        let term = domain::field::query_phone(PHONE).unwrap();
        let result = block_on(vault.search(&scope, call.interaction, &term));
        assert_refused(&call.world, result, Refusal::RoleNotAllowed);
        let result = block_on(vault.verify(&scope, &call.said(FieldKind::Name, "Ana Diaz")));
        assert_refused(&call.world, result, Refusal::RoleNotAllowed);
        let result = block_on(vault.note(&scope, call.interaction, call.customer, "said hello", None));
        assert_refused(&call.world, result, Refusal::RoleNotAllowed);
    }
}

#[test]
fn when_the_hours_allowance_is_spent_until_an_hour_has_passed() {
    let limits = acts(3);
    let call = Call::on(TestWorld::with(23, VaultConfig { limits, ..VaultConfig::default() }));
    let command = call.command(FieldKind::Name);
    value(call.reveal(&command));
    value(call.reveal(&command));
    let agent = call.world.scope(&call.world.staff.agent);
    let view = || block_on(call.world.vault.view(&agent, call.interaction, call.customer));
    view().unwrap();
    assert_refused(&call.world, view(), Refusal::BudgetExhausted);
    assert_refused(&call.world, call.reveal(&command), Refusal::BudgetExhausted);

    call.world.clock.advance(HOUR_OVER_MS);
    let again = call.world.call(&call.world.staff.agent, Some(PHONE));
    value(call.reveal(&RevealCommand { interaction: again, ..command }));
}

#[test]
fn what_costs_more_than_is_left() {
    let limits = acts(2);
    let call = Call::on(TestWorld::with(24, VaultConfig { limits, ..VaultConfig::default() }));
    call.prove();
    assert_refused(&call.world, call.reveal(&call.command(FieldKind::DateOfBirth)), Refusal::BudgetExhausted);
    value(call.reveal(&call.command(FieldKind::Name)));
}

#[test]
fn a_refusal_counts_in_the_customers_entries_too() {
    let call = Call::new(25);
    let n = || {
        let lines = call.world.log(FIRST);
        let alias = lines.iter().filter_map(|line| line.body.as_ref()?.alias).next();
        lines
            .iter()
            .filter(|line| alias.is_some() && line.body.as_ref().is_some_and(|body| body.alias == alias))
            .count()
    };
    value(call.reveal(&call.command(FieldKind::Name)));
    let before = n();
    assert_refused(&call.world, call.reveal(&call.command(FieldKind::Card)), Refusal::NeverShown);
    assert_eq!(n(), before + 1);
}
