//! Reports and their box in the hands of who writes to the database: altered, taken out, put back as they were.

use crate::speaking::{follow, refused, saying, seen, settle, speak, stands, step, texts, turn, world};
use domain::Refusal;
use testkit::{FIRST, TestWorld, block_on};
use vault::{AlarmKind, ReportMove};

const DAY_MS: i64 = 24 * 3_600_000;

#[test]
fn a_report_that_is_altered_or_taken_out_is_missed() {
    let world = world(3_009);
    let code = speak(&world, saying("Somebody photographs the screen."));
    let other = speak(&world, saying("Another thing."));
    turn(&world);
    assert!(!stands(&world, AlarmKind::ReportsEdited));
    let kept = world.database().keep("admission");
    assert_eq!(world.edit("UPDATE admission SET body = substr(body, 1, 40) WHERE kind = 33"), 2);
    assert_eq!(refused(follow(&world, &code).map(drop)), Refusal::Tampered);
    assert!(stands(&world, AlarmKind::ReportsEdited));
    let list = block_on(world.vault.reports(&world.scope(&world.staff.security), false, (None, 50))).unwrap();
    assert!(list.damaged && list.edited.len() == 2 && list.items.is_empty());
    world.database().put_back(&kept);
    assert!(!stands(&world, AlarmKind::ReportsEdited));

    assert!(world.edit("DELETE FROM admission WHERE kind = 33") == 2);
    assert!(stands(&world, AlarmKind::ReportsEdited));
    assert_eq!(refused(follow(&world, &other).map(drop)), Refusal::ReceiptUnknown);
    world.database().put_back(&kept);
    // An older book, with the reports that it knows, isn't what the log counts.
    let line = &seen(&world, &world.staff.security, false)[0];
    step(&world, &world.staff.security, line, &ReportMove::Acknowledge).unwrap();
    assert!(!stands(&world, AlarmKind::ReportsEdited));
    world.database().put_back(&kept);
    assert!(stands(&world, AlarmKind::ReportsEdited));
}

#[test]
fn a_box_that_is_emptied_behind_our_back_is_missed() {
    let world = world(3_010);
    let kept = world.database().keep("admission");
    speak(&world, saying("It will be gone."));
    world.database().put_back(&kept);
    assert!(stands(&world, AlarmKind::ReportsEdited), "an older box was put back");
    assert_eq!(world.edit("DELETE FROM admission WHERE kind = 32"), 1);
    assert!(stands(&world, AlarmKind::ReportsEdited), "it was taken out");
    assert!(stands(&world, AlarmKind::ReportsEdited), "and that is told for days");
    assert!(block_on(world.vault.speak_up(FIRST, saying("There is a new one."))).is_ok());
}

#[test]
fn an_older_box_that_was_put_back_is_told_of_though_reports_go_on_coming() {
    let world = world(3_014);
    let kept = world.database().keep("admission");
    speak(&world, saying("It will be gone."));
    world.database().put_back(&kept);
    // It is as often written as the one that this node saw.
    let code = speak(&world, saying("It comes in spite of that."));
    assert!(follow(&world, &code).is_ok() && stands(&world, AlarmKind::ReportsEdited));
    turn(&world);
    assert_eq!(texts(&seen(&world, &world.staff.security, false)), ["It comes in spite of that."]);
    assert!(stands(&world, AlarmKind::ReportsEdited), "it is told for days");
    world.clock.advance(31 * DAY_MS);
    settle(&world);
    settle(&world);
    assert!(!stands(&world, AlarmKind::ReportsEdited));
}

/// Puts the rows of one kind back as they were.
fn only_put_back(world: &TestWorld, kind: u8, done: impl FnOnce()) {
    world.database().run(&format!("CREATE TABLE older AS SELECT * FROM admission WHERE kind = {kind}"));
    done();
    world.edit(&format!("DELETE FROM admission WHERE kind = {kind}"));
    world.edit("INSERT INTO admission SELECT * FROM older");
    world.database().run("DROP TABLE older");
}

#[test]
fn a_box_whose_reports_are_rows_already_takes_none_of_the_others_with_it() {
    let world = world(3_015);
    let code = speak(&world, saying("first"));
    block_on(world.vault.add_to_report(FIRST, &code, "more of it")).unwrap();
    only_put_back(&world, 32, || turn(&world));
    speak(&world, saying("second"));
    turn(&world);
    let lines = seen(&world, &world.staff.security, false);
    let mut said = texts(&lines);
    said.sort_unstable();
    assert_eq!(said, ["first", "second"]);
    assert!(lines.iter().all(|line| line.followed.lines.len() <= 1), "nothing is said twice");
    assert!(stands(&world, AlarmKind::ReportsEdited));
}

#[test]
fn a_box_of_a_clock_that_was_ahead_is_turned() {
    let world = world(3_016);
    let now = world.vault.now();
    world.clock.advance(400 * DAY_MS);
    settle(&world);
    world.clock.set(now);
    speak(&world, saying("It doesn't wait for a year."));
    turn(&world);
    assert_eq!(seen(&world, &world.staff.security, false).len(), 1);
}

#[test]
fn an_older_row_of_a_report_is_missed_also_once_somebody_goes_on_with_it() {
    let world = world(3_017);
    let agent = world.scope(&world.staff.agent);
    let spoken = block_on(world.vault.report(&agent, saying("first"))).unwrap();
    let line = &seen(&world, &world.staff.security, false)[0];
    let acknowledged = || step(&world, &world.staff.security, line, &ReportMove::Acknowledge).unwrap();
    acknowledged();
    block_on(world.vault.add_to_own_report(&agent, spoken.id, "one more")).unwrap();
    assert!(!stands(&world, AlarmKind::ReportsEdited));
    only_put_back(&world, 33, || block_on(world.vault.add_to_own_report(&agent, spoken.id, "gone")).map(drop).unwrap());
    assert!(stands(&world, AlarmKind::ReportsEdited));
    acknowledged();
    assert!(stands(&world, AlarmKind::ReportsEdited), "the book remembers it");
}
