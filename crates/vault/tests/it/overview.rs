//! What everybody has spent, as who watches sees it.

use crate::help::{Call, acts, assert_refused};
use domain::{Allowance, FieldKind, Limits, PerWindow, Refusal};
use testkit::{FIRST, TestWorld, block_on};
use vault::{AllBudgets, Kind, SpendingState, VaultConfig};

fn call(seed: u64) -> Call {
    let limits = Limits { tenant: Allowance::of(PerWindow::hourly(1_000)), ..acts(5) };
    Call::on(TestWorld::with(seed, VaultConfig { limits, ..VaultConfig::default() }))
}

fn read(call: &Call) -> AllBudgets {
    block_on(call.world.vault.all_budgets(&call.world.scope(&call.world.staff.security))).unwrap()
}

fn readings(call: &Call) -> usize {
    call.world.sequence(FIRST);
    call.world.log(FIRST).iter().filter(|line| line.body.as_ref().unwrap().kind == Kind::BudgetsRead).count()
}

#[test]
fn who_spent_the_largest_share_comes_first_and_each_reading_is_an_entry() {
    let call = call(1_400);
    for _ in 0..4 {
        drop(call.reveal(&call.command(FieldKind::Name)).unwrap());
    }
    let before = readings(&call);
    let found = read(&call);
    let people = &found.overview.people;
    let agent = &people.first[0];
    assert_eq!((agent.whose.person, agent.state), (call.world.staff.agent.id, SpendingState::Low));
    assert_eq!((agent.left[0].left, agent.left[0].limit, agent.share()), (1, 5, 800_000));
    assert_eq!((people.low, people.spent, people.edited), (1, 0, 0));
    assert!(people.first.iter().all(|one| one.whose.role.serves()), "who serves nobody has nothing to spend");
    assert!(people.first[1..].iter().all(|one| one.share() == 0));
    assert_eq!(found.limits.person.all.hour, 5);
    // What this node holds of what everybody shares isn't spent: four points are.
    let together = &found.overview.tenant.left[0];
    assert_eq!((together.limit, together.left), (1_000, 996));
    assert_eq!(readings(&call), before + 1);
    let refused = block_on(call.world.vault.all_budgets(&call.world.scope(&call.world.staff.agent)));
    assert_refused(&call.world, refused, Refusal::RoleNotAllowed);
    let refused = block_on(call.world.vault.all_budgets(&call.world.scope(&call.world.staff.it)));
    assert_refused(&call.world, refused, Refusal::RoleNotAllowed);
}

#[test]
fn rows_are_read_once_in_five_seconds_however_many_ask() {
    let call = call(1_401);
    let low = |found: AllBudgets| (found.overview.people.low, found.overview.people.spent);
    assert_eq!(low(read(&call)), (0, 0));
    for _ in 0..4 {
        drop(call.reveal(&call.command(FieldKind::Name)).unwrap());
    }
    call.world.clock.advance(4_999);
    assert_eq!(low(read(&call)), (0, 0), "still what was read before");
    call.world.clock.advance(1);
    assert_eq!(low(read(&call)), (1, 0));
    // A clock that is set back doesn't keep it for longer.
    drop(call.reveal(&call.command(FieldKind::Name)).unwrap());
    call.world.clock.advance(-1);
    assert_eq!(low(read(&call)), (0, 1));
    assert_eq!(readings(&call), 4);
}

#[test]
fn a_row_that_was_edited_comes_before_all_others() {
    let call = call(1_402);
    drop(call.reveal(&call.command(FieldKind::Name)).unwrap());
    assert_eq!(call.world.edit("UPDATE budget SET total = total + 1 WHERE substr(counter, 1, 1) = x'01'"), 1);
    let people = &read(&call).overview.people;
    assert_eq!((people.first[0].whose.person, people.edited), (call.world.staff.agent.id, 1));
    assert_eq!(people.first[0].state, SpendingState::Edited);
}
