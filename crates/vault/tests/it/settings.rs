//! Whoever runs the nodes writes their settings; whoever watches sees when they change.

use crate::governance::Governed;
use testkit::{FIRST, TestWorld, block_on};
use vault::{AlarmKind, Kind, Vault};

const DAY: i64 = 24 * 3_600_000;

fn alarmed(vault: &Vault) -> bool {
    vault.alarms(FIRST).iter().any(|alarm| alarm.kind == AlarmKind::SettingsChanged)
}

fn marks(world: &TestWorld) -> Vec<Option<u64>> {
    let begun =
        world.log(FIRST).into_iter().filter_map(|line| line.body).filter(|body| body.kind == Kind::ServingBegun);
    begun.map(|body| body.detail).collect()
}

#[test]
fn other_settings_are_an_alarm_on_every_node_for_seven_days() {
    let governed = Governed::new(890);
    let world = &governed.call.world;
    let (vault, other) = (&world.vault, world.another_node());
    let serve = |settings: &str| block_on(vault.log_serving(settings)).unwrap();
    serve("courier a");
    serve("courier a");
    assert!(!alarmed(vault), "nothing changed");
    serve("courier b");
    assert!(alarmed(vault));
    block_on(other.settle_settings(FIRST)).unwrap();
    assert!(alarmed(&other));
    let marks = marks(world);
    // Entries of one moment stand in any order.
    let kinds = marks.iter().collect::<std::collections::BTreeSet<_>>();
    assert!(marks.len() == 3 && kinds.len() == 2, "{marks:?}");
    world.clock.advance(7 * DAY - 1);
    serve("courier b");
    assert!(alarmed(vault), "the same settings again take nothing back");
    world.clock.advance(1);
    block_on(vault.settle_settings(FIRST)).unwrap();
    assert!(!alarmed(vault));
}

#[test]
fn an_edited_mark_is_a_change() {
    let governed = Governed::new(891);
    let world = &governed.call.world;
    block_on(world.vault.log_serving("courier a")).unwrap();
    // One row of each tenant.
    assert_eq!(world.edit("UPDATE admission SET body = zeroblob(40) WHERE kind = 24"), 2);
    block_on(world.vault.settle_settings(FIRST)).unwrap();
    assert!(alarmed(&world.vault));
}

#[test]
fn before_officers_govern_settings_are_whose_they_are() {
    let world = TestWorld::new(892);
    for settings in ["courier a", "courier b"] {
        block_on(world.vault.log_serving(settings)).unwrap();
        assert!(!alarmed(&world.vault));
    }
}
