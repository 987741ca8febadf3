//! Can a node serve? Looked at once a second, however often it is asked.

use testkit::{FIRST, SECOND, TestWorld, block_on};
use vault::Unready;

#[test]
fn a_node_whose_power_was_edited_is_not_ready_and_an_answer_counts_for_a_second() {
    let world = TestWorld::new(8_510);
    let ready = || block_on(world.vault.can_serve());
    assert_eq!(ready(), Ok(()));
    assert_eq!(world.edit("UPDATE person SET role = 'agent' WHERE tenant = 1 AND role = 'it_operator'"), 1);
    assert_eq!(block_on(world.another_node().can_serve()), Err(Unready::Power));
    block_on(world.vault.load_power(FIRST)).unwrap();
    world.clock.advance(999);
    assert_eq!(ready(), Ok(()));
    world.clock.advance(1);
    assert_eq!(ready(), Err(Unready::Power));
}

#[test]
fn entries_that_wait_too_long_for_their_places_are_told() {
    let world = TestWorld::new(8_511);
    let _connected = world.call(&world.staff.agent, None);
    let ready = || block_on(world.vault.can_serve());
    assert_eq!(ready(), Ok(()));
    world.clock.advance(10_001);
    assert_eq!(ready(), Err(Unready::Log));
    for tenant in [FIRST, SECOND] {
        world.sequence(tenant);
    }
    world.clock.advance(1_000);
    assert_eq!(ready(), Ok(()));
}
