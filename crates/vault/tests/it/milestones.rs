//! An algorithm that is in use after its day in the data plan raises an alarm, and none before.

use crate::governance::Governed;
use domain::{Clock as _, Millis};
use testkit::{FIRST, block_on};
use vault::{AlarmKind, Governing, PowerWish};

/// The first moment of 2031, the last of 2031, the first of 2032, the first of 2036.
const MOMENTS: [(i64, bool); 4] =
    [(1_924_992_000_000, false), (1_956_527_999_999, false), (1_956_528_000_000, true), (2_082_758_400_000, true)];

fn stands(governed: &Governed) -> bool {
    block_on(governed.vault().settle_milestones(FIRST)).unwrap();
    governed.vault().alarms(FIRST).iter().any(|alarm| alarm.kind == AlarmKind::AlgorithmOutlived)
}

/// The officers' passkeys sign with Ed25519 alone: deprecated after 2031 by the NCSC's timeline.
#[test]
fn a_passkey_raises_the_alarm_from_the_day_after_its_milestone() {
    let governed = Governed::new(910);
    assert!(!stands(&governed));
    for (at, expected) in MOMENTS {
        governed.call.world.clock.set(Millis(at));
        assert_eq!(stands(&governed), expected, "{at}");
    }
    let later =
        plan::DEFAULT.replace("on = 2031-12-31", "on = 2040-12-31").replace("on = 2035-12-31", "on = 2040-12-31");
    let shipped = governed.call.world.clock.now();
    governed.call.world.clock.set(testkit::START);
    governed.make(PowerWish::Governing(Governing::Plan { toml: later }));
    governed.call.world.clock.set(shipped);
    assert!(!stands(&governed), "the plan's day, not the program's");
}

#[test]
fn a_suite_raises_the_alarm_until_it_is_retired() {
    let governed = Governed::new(911);
    let entry = "\n[[milestone]]\nid = \"old_suite\"\non = 2026-02-01\nlevel = \"disallowed\"\nof = \"suite 1\"\ncovers = \"suite_1\"\n\
        words = { en = \"suite 1 gone\", de = \"Suite 1 abgeschafft\" }\nsource = \"security\"\n";
    let toml = plan::DEFAULT.replace("suite = 1", "suite = 2") + entry;
    governed.make(PowerWish::Governing(Governing::Plan { toml }));
    assert!(!stands(&governed));
    governed.call.world.clock.set(Millis(1_769_990_400_000));
    assert!(stands(&governed), "2026-02-02");
    let (world, vault) = (&governed.call.world, &governed.call.world.vault);
    let operator = vault.operator(FIRST);
    let mut walk = block_on(vault.begin_rewrap(&operator)).unwrap();
    while block_on(walk.step()).unwrap() {}
    assert!(stands(&governed), "moved, and it would still open");
    block_on(world.vault.retire_suites(&operator)).unwrap();
    assert!(!stands(&governed));
}
