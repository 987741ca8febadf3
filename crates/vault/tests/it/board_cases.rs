//! What the board is told of what others had rather it weren't: reports and requests that are edited, drills that nobody tells of.

use crate::board::Board;
use crate::speaking::{saying, settle, speak, turn};
use testkit::{FIRST, TestWorld, block_on};
use vault::{AlarmKind, BoardWhat, DrillName, DrillPlace, DrillResult, DrillVerdict};

const PERIOD_MS: i64 = 30 * 24 * 3_600_000;

fn tell(world: &TestWorld, drills: &[&str]) {
    let held = drills.iter().map(|drill| DrillResult {
        drill: DrillName::parse(drill).unwrap(),
        verdict: DrillVerdict::Held,
        place: DrillPlace::Deployment,
    });
    let security = world.scope(&world.staff.security);
    block_on(world.vault.tell_drills(&security, held.collect(), None)).unwrap();
}

/// What the report of this number says of drills.
fn said(board: &Board, number: u64) -> String {
    let html = board.proven(number).file.open(&board.secret).unwrap().html.clone();
    let (_, measure) = html.split_once("drills_holding").unwrap();
    let (_, said) = measure.split_once("said: \"").unwrap();
    said.split_once('"').unwrap().0.to_owned()
}

#[test]
fn drills_that_nobody_tells_of_count_as_not_held() {
    let mut board = Board::new(1_930);
    board.tick();
    assert_eq!(said(&board, 1), "0 of 4 hold");
    board.world.clock.advance(PERIOD_MS);
    tell(&board.world, &["reveal-on-hold"]);
    board.tick();
    assert_eq!(said(&board, 2), "1 of 4 hold; the oldest 0 hours ago");
    board.world.clock.advance(PERIOD_MS);
    // One that the program doesn't have stands for none that it has.
    tell(&board.world, &["reveal-on-hold", "event-forged", "event-stale", "of-somebody-elses"]);
    board.tick();
    assert_eq!(said(&board, 3), "3 of 4 hold; the oldest 0 hours ago");
}

#[test]
fn a_report_that_is_suppressed_is_a_note_to_the_board() {
    let mut board = Board::new(1_931);
    settle(&board.world);
    speak(&board.world, saying("Somebody photographs the screen."));
    turn(&board.world);
    while board.tick() > 0 {}
    let before = board.view().files.len() as u64;
    assert!(board.view().cases.is_empty());
    assert_eq!(board.world.edit("DELETE FROM admission WHERE kind = 33"), 1);
    settle(&board.world);
    assert!(board.world.vault.alarms(FIRST).iter().any(|alarm| alarm.kind == AlarmKind::ReportsEdited));
    assert_eq!((board.tick(), board.tick()), (1, 0));
    let note = board.proven(before + 1);
    assert_eq!(note.file.head.what, BoardWhat::Incident);
    let told = note.file.open(&board.secret).unwrap().html.clone();
    assert!(told.contains(AlarmKind::ReportsEdited.what()), "{told}");
    assert_eq!(board.view().cases[0].told, Some(before + 1));
}
