//! What drills showed counts for two days, by security's word alone, and not once somebody edits it.

use crate::help::assert_refused;
use domain::Refusal;
use testkit::{FIRST, SECOND, TestWorld, block_on};
use vault::{AlarmKind, DrillName, DrillPlace, DrillResult, DrillVerdict, EVIDENCE_MS, Kind};

fn result(drill: &str, verdict: DrillVerdict) -> DrillResult {
    DrillResult { drill: DrillName::parse(drill).unwrap(), verdict, place: DrillPlace::Deployment }
}

fn tell(world: &TestWorld, verdict: DrillVerdict) {
    let scope = world.scope(&world.staff.security);
    block_on(world.vault.tell_drills(&scope, vec![result("reveal-on-hold", verdict)], None)).unwrap();
}

fn holds(world: &TestWorld) -> bool {
    let posture = block_on(world.vault.posture(&world.scope(&world.staff.security))).unwrap();
    posture.evidence.iter().all(|evidence| evidence.holds(world.vault.now())) && posture.evidence.len() == 1
}

fn alarmed(world: &TestWorld) -> bool {
    block_on(world.vault.settle_evidence(FIRST)).unwrap();
    world.vault.alarms(FIRST).iter().any(|alarm| alarm.kind == AlarmKind::DefencePierced)
}

#[test]
fn a_result_is_an_entry_and_counts_for_two_days_whatever_the_clock_does() {
    let world = TestWorld::new(1_700);
    tell(&world, DrillVerdict::Held);
    assert!(holds(&world) && !alarmed(&world));
    world.sequence(FIRST);
    let told: Vec<_> = world.log(FIRST).into_iter().filter_map(|line| line.body).collect();
    let told: Vec<_> = told.iter().filter(|body| body.kind == Kind::DrillTold).collect();
    let note = told[0].drill.as_deref().unwrap();
    assert_eq!((told.len(), note.drill.as_str(), note.verdict, note.place), (1, "reveal-on-hold", 1, 1));
    assert_eq!(note.expires.0, told[0].at.0 + EVIDENCE_MS);
    world.clock.advance(EVIDENCE_MS - 1);
    assert!(holds(&world));
    world.clock.advance(1);
    assert!(!holds(&world), "it turns red by itself");
    world.clock.advance(-EVIDENCE_MS - 1);
    assert!(!holds(&world), "what is of later than now proves nothing");
}

#[test]
fn an_attack_that_got_through_is_an_alarm_until_it_was_refused() {
    let world = TestWorld::new(1_701);
    tell(&world, DrillVerdict::Pierced);
    assert!(!holds(&world) && alarmed(&world));
    // Whoever keeps the drill from being tried again, or waits, ends nothing.
    tell(&world, DrillVerdict::ProvesNothing);
    world.clock.advance(100 * 24 * 3_600_000);
    block_on(world.vault.sweep_admissions()).unwrap();
    assert!(!holds(&world) && alarmed(&world));
    tell(&world, DrillVerdict::Held);
    assert!(holds(&world) && !alarmed(&world));
}

#[test]
fn an_edited_result_counts_for_nothing() {
    let world = TestWorld::new(1_702);
    tell(&world, DrillVerdict::ProvesNothing);
    assert_eq!(world.edit("UPDATE admission SET expires = expires - 1 WHERE kind = 31"), 1);
    let posture = block_on(world.vault.posture(&world.scope(&world.staff.security))).unwrap();
    assert_eq!((posture.evidence.len(), posture.edited), (0, 1));
    assert!(alarmed(&world));
}

#[test]
fn what_got_through_isnt_hidden_by_an_older_result_or_by_none() {
    let world = TestWorld::new(1_704);
    let edited = || block_on(world.vault.posture(&world.scope(&world.staff.security))).unwrap().edited;
    for (number, bad) in [DrillVerdict::Pierced, DrillVerdict::ProvesNothing].into_iter().enumerate() {
        tell(&world, DrillVerdict::Held);
        let held = world.database().keep("admission");
        tell(&world, bad);
        let pierced = world.database().keep("admission");
        assert!(alarmed(&world) == (number == 0) && edited() == 0);
        world.database().put_back(&held);
        assert!(alarmed(&world) && edited() == 1, "an older result was put back");
        world.edit("DELETE FROM admission WHERE kind = 31");
        assert!(alarmed(&world) && edited() == 1, "it was taken out");
        world.database().put_back(&pierced);
        assert!(alarmed(&world) == (number == 0) && edited() == 0);
        // Whose record is gone is tried again, and then all is told anew.
        world.edit("DELETE FROM admission WHERE kind = 31");
        tell(&world, DrillVerdict::Held);
        assert!(holds(&world) && !alarmed(&world));
        tell(&world, bad);
        world.database().put_back(&held);
        tell(&world, DrillVerdict::Held);
        assert!(holds(&world) && !alarmed(&world));
    }
}

/// As many don't hold as before, by older rows of others, or of the same drill.
#[test]
fn no_older_result_takes_the_place_of_a_newer_one() {
    let world = TestWorld::new(1_705);
    let edited = || block_on(world.vault.posture(&world.scope(&world.staff.security))).unwrap().edited;
    tell(&world, DrillVerdict::ProvesNothing);
    let older = world.database().keep("admission");
    tell(&world, DrillVerdict::Pierced);
    world.database().put_back(&older);
    assert!(alarmed(&world) && edited() == 1, "it stands for something else");
    tell(&world, DrillVerdict::Held);
    assert!(holds(&world) && !alarmed(&world));
    let older = world.database().keep("admission");
    tell(&world, DrillVerdict::Held);
    world.database().put_back(&older);
    assert!(alarmed(&world) && edited() == 1, "even one that says the same");
}

#[test]
fn only_security_tells_and_it_sees_nothing() {
    let world = TestWorld::new(1_703);
    let staff = &world.staff;
    for member in [&staff.agent, &staff.it] {
        let held = vec![result("reveal-on-hold", DrillVerdict::Held)];
        let refused = block_on(world.vault.tell_drills(&world.scope(member), held, None));
        assert_refused(&world, refused, Refusal::RoleNotAllowed);
        let refused = block_on(world.vault.posture(&world.scope(member)));
        assert_refused(&world, refused, Refusal::RoleNotAllowed);
    }
    tell(&world, DrillVerdict::Held);
    assert!(holds(&world));
    block_on(world.vault.settle_evidence(SECOND)).unwrap();
    assert!(world.vault.alarms(SECOND).is_empty(), "it is another company's");
}

#[test]
fn names_are_words() {
    for bad in ["", "Reveal", "a b", "ä", "a_b", &"a".repeat(65)] {
        assert!(DrillName::parse(bad).is_none(), "{bad}");
    }
    assert!(DrillName::parse("reveal-on-hold").is_some());
}
