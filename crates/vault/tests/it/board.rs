//! The board line: each way of holding a report back, changing it, reading it or delaying it is noticed.

use crate::help::assert_refused;
use domain::Refusal;
use testkit::{Authenticator, FIRST, TestWorld, block_on};
use vault::{
    AlarmKind, Algorithm, BoardClerk, BoardFileAnswer, BoardFileError, BoardKeySet, BoardPaper, BoardPress,
    BoardSecret, BoardSide, BoardView, BoardWhat, Change, DrillName, DrillPlace, DrillResult, DrillVerdict, Kind,
    NewBoardKey, Printed, ProvenFile, VaultError,
};

const HOUR_MS: i64 = 3_600_000;
const PERIOD_MS: i64 = 30 * 24 * HOUR_MS;

/// What a paper says, as it stands.
pub(crate) struct Plain;

impl BoardPress for Plain {
    fn print(&self, paper: &BoardPaper) -> Printed {
        Printed { html: format!("{paper:?}"), pdf: b"%PDF-1.7".to_vec() }
    }
}

/// The drills that the program has.
pub(crate) fn drills() -> Vec<DrillName> {
    ["reveal-on-hold", "event-forged", "event-stale", "ask-as-nobody"]
        .iter()
        .filter_map(|name| DrillName::parse(name))
        .collect()
}

/// A board with one member, who has a passkey and a key of their own.
pub(crate) struct Board {
    pub(crate) world: TestWorld,
    pub(crate) secret: BoardSecret,
    passkey: Authenticator,
    clerk: BoardClerk,
}

impl Board {
    pub(crate) fn new(seed: u64) -> Self {
        let world = TestWorld::new(seed);
        let passkey = Authenticator::named(Algorithm::EdDsa, "bea");
        let operator = world.vault.operator(FIRST);
        let officer = Authenticator::named(Algorithm::EdDsa, "sam");
        let keys = vec![
            Change::put([1; 16], &officer.passkey(world.staff.security.id)),
            Change::put([2; 16], &passkey.passkey(world.staff.board.id)),
        ];
        block_on(world.vault.set_up_power(&operator, keys)).unwrap();
        let clerk = BoardClerk::new(&world.vault, FIRST, [7; 16], drills());
        let board = Self { world, secret: BoardSecret::generate().unwrap(), passkey, clerk };
        board.register(&board.secret).unwrap();
        board
    }

    fn register(&self, secret: &BoardSecret) -> Result<BoardKeySet, VaultError> {
        let scope = self.world.scope(&self.world.staff.board);
        let mut new = NewBoardKey { key: secret.public().unwrap(), address: None, assertion: None };
        let BoardKeySet::Sign(challenge) = block_on(self.world.vault.set_board_key(&scope, &new))? else { panic!() };
        new.assertion = Some(self.passkey.assert(&challenge));
        block_on(self.world.vault.set_board_key(&scope, &new))
    }

    pub(crate) fn tick(&mut self) -> usize {
        let made = block_on(self.clerk.tick(&Plain)).unwrap();
        self.world.sequence(FIRST);
        made
    }

    pub(crate) fn view(&self) -> BoardView {
        block_on(self.world.vault.board_view(&self.world.scope(&self.world.staff.board))).unwrap()
    }

    fn file(&self, number: u64) -> BoardFileAnswer {
        block_on(self.world.vault.board_file(&self.world.scope(&self.world.staff.board), number)).unwrap()
    }

    fn text(&self, number: u64) -> String {
        match self.file(number) {
            BoardFileAnswer::Ready(text) => text,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn proven(&self, number: u64) -> ProvenFile {
        ProvenFile::check(&self.text(number), &self.world.log_keys(FIRST)).unwrap()
    }

    fn alarmed(&self) -> bool {
        block_on(self.world.vault.settle_board(FIRST)).unwrap();
        self.world.vault.alarms(FIRST).iter().any(|alarm| alarm.kind == AlarmKind::BoardLineBroken)
    }

    /// How often the log tells that a report was taken out.
    fn told_missing(&self) -> usize {
        let lines = self.world.log(FIRST);
        lines.iter().filter_map(|line| line.body.as_ref()).filter(|body| body.kind == Kind::BoardMissing).count()
    }
}

#[test]
fn a_report_comes_each_period_numbered_chained_and_sealed_to_the_member() {
    let mut board = Board::new(1_900);
    assert_eq!((board.tick(), board.tick()), (1, 0), "the first at once, and one only");
    board.world.clock.advance(PERIOD_MS - 1);
    assert_eq!(board.tick(), 0);
    board.world.clock.advance(1);
    assert_eq!(board.tick(), 1);
    let [first, second] = [1, 2].map(|number| board.proven(number));
    assert_eq!((first.file.head.what, second.file.head.number), (BoardWhat::Report, 2));
    assert_eq!((first.file.head.previous, second.file.head.previous), ([0; 32], first.hash));
    assert_eq!(second.file.head.from, first.file.head.until);
    assert_eq!(second.file.head.next.0, second.file.head.until.0 + PERIOD_MS);
    let paper = second.file.open(&board.secret).unwrap();
    assert!(paper.html.contains("plan_overdue") && paper.html.contains("trend: [Some("), "{}", paper.html);
    assert!(!board.text(2).contains("plan_overdue"));
    let stranger = BoardSecret::generate().unwrap();
    assert_eq!(second.file.open(&stranger).err(), Some(BoardFileError::NotToYou));
    let view = board.view();
    assert_eq!((view.files.len(), view.late, view.sound, view.missing.len()), (2, false, true, 0));
    assert!(!board.alarmed());
}

#[test]
fn nobody_else_reads_or_writes_the_line_and_nobody_of_it_does() {
    let mut board = Board::new(1_901);
    board.tick();
    let staff = &board.world.staff;
    for member in [&staff.it, &staff.agent, &staff.auditor, &staff.integrator, &staff.analyst, &staff.security] {
        let scope = board.world.scope(member);
        assert_refused(&board.world, block_on(board.world.vault.board_view(&scope)), Refusal::RoleNotAllowed);
        assert_refused(&board.world, block_on(board.world.vault.board_file(&scope, 1)), Refusal::RoleNotAllowed);
        let written = block_on(board.world.vault.write_board(&scope, BoardSide::Board, "Send me the reports."));
        assert_refused(&board.world, written, Refusal::RoleNotAllowed);
        if member.id != staff.security.id {
            let read = block_on(board.world.vault.read_board(&scope)).map(|thread| thread.receipt);
            assert_refused(&board.world, read, Refusal::RoleNotAllowed);
            let answered = block_on(board.world.vault.write_board(&scope, BoardSide::Security, "All is well."));
            assert_refused(&board.world, answered, Refusal::RoleNotAllowed);
        }
    }
    // What is in the database tells nobody.
    for hidden in ["plan_overdue", "not measured:"] {
        assert!(board.world.tables_holding(hidden.as_bytes()).is_empty(), "{hidden}");
    }
}

#[test]
fn a_row_that_is_taken_out_is_missing_for_good_and_the_chain_goes_on_behind_it() {
    let mut board = Board::new(1_902);
    board.tick();
    board.world.clock.advance(PERIOD_MS);
    board.tick();
    let second = board.proven(2);
    // The newest one: from the rows alone it never was.
    assert_eq!(
        board.world.edit("DELETE FROM admission WHERE kind IN (38, 39) AND id = x'00000000000000000000000000000002'"),
        2
    );
    assert_eq!(board.tick(), 1, "the one before it says that another is due");
    assert_eq!(board.told_missing(), 1);
    let third = board.proven(3);
    assert_eq!(third.file.head.previous, second.hash, "it names the one that was taken out");
    let view = board.view();
    assert_eq!((view.missing.as_slice(), view.sound), ([2].as_slice(), false));
    assert!(board.alarmed());
    assert_eq!(board.file(2), BoardFileAnswer::Gone);
}

#[test]
fn all_rows_taken_out_bring_no_second_number_one() {
    let mut board = Board::new(1_903);
    board.tick();
    board.world.edit("DELETE FROM admission WHERE kind IN (38, 39)");
    assert_eq!(board.tick(), 1);
    assert_eq!(board.told_missing(), 1);
    assert_eq!(board.view().files[0].number, 2);
    assert!(board.alarmed());
}

#[test]
fn an_edited_row_or_file_counts_for_nothing() {
    for (seed, statement) in [
        (1_904, "UPDATE admission SET expires = expires - 1 WHERE kind = 38"),
        (1_905, "UPDATE admission SET expires = expires - 1 WHERE kind = 39"),
        (1_906, "UPDATE admission SET body = CAST(body || x'0a' AS BLOB) WHERE kind = 39"),
    ] {
        let mut board = Board::new(seed);
        board.tick();
        assert!(!board.alarmed());
        assert_eq!(board.world.edit(statement), 1, "{statement}");
        assert!(board.alarmed(), "{statement}");
        assert_eq!(board.file(1), BoardFileAnswer::Gone, "{statement}");
    }
}

#[test]
fn a_row_that_is_none_any_more_is_an_alarm_too() {
    let mut board = Board::new(1_915);
    board.tick();
    // Text where bytes belong: the engine can't read it as a row.
    if matches!(board.world.database(), testkit::TestDatabase::File(_)) {
        assert_eq!(board.world.edit("UPDATE admission SET body = 'x' WHERE kind = 38"), 1);
        assert!(board.alarmed());
    }
}

#[test]
fn a_stopped_clerk_is_late_by_the_clock_and_by_the_logs_own_time() {
    let mut board = Board::new(1_907);
    board.tick();
    board.world.clock.advance(PERIOD_MS + 6 * HOUR_MS);
    assert!(!board.view().late && !board.alarmed());
    board.world.clock.advance(1);
    assert!(board.view().late && board.alarmed());
    // Setting the clock back makes it no less late: the log has entries of after it.
    board.world.clock.advance(-2 * PERIOD_MS);
    assert!(board.view().late && board.alarmed());
    board.world.clock.advance(2 * PERIOD_MS);
    board.tick();
    let report = board.view().files.into_iter().find(|file| file.what == BoardWhat::Report).unwrap();
    let newest = board.proven(report.number);
    assert!(newest.file.open(&board.secret).unwrap().html.contains("late: true"));
    assert!(!board.view().late && !board.alarmed());
}

#[test]
fn a_clock_that_was_ahead_stops_no_report() {
    let mut board = Board::new(1_908);
    board.tick();
    board.world.clock.advance(12 * PERIOD_MS);
    assert_eq!(board.tick(), 1);
    board.world.clock.advance(-11 * PERIOD_MS);
    assert_eq!((board.tick(), board.tick()), (1, 0), "that one is of later than now");
    board.world.clock.advance(PERIOD_MS);
    assert_eq!(board.tick(), 1);
}

#[test]
fn another_key_takes_the_members_own_passkey_and_an_old_signature_is_none() {
    let mut board = Board::new(1_909);
    let scope = board.world.scope(&board.world.staff.board);
    let other = BoardSecret::generate().unwrap();
    let mut new = NewBoardKey { key: other.public().unwrap(), address: None, assertion: None };
    let BoardKeySet::Sign(challenge) = block_on(board.world.vault.set_board_key(&scope, &new)).unwrap() else {
        panic!()
    };
    new.assertion = Some(Authenticator::named(Algorithm::EdDsa, "sam").assert(&challenge));
    assert_refused(&board.world, block_on(board.world.vault.set_board_key(&scope, &new)), Refusal::GlassUnsigned);
    new.assertion = Some(board.passkey.assert(&challenge));
    block_on(board.world.vault.set_board_key(&scope, &new)).unwrap();
    // Once the next key is there, what was signed for this one brings it back no more.
    board.register(&BoardSecret::generate().unwrap()).unwrap();
    assert_refused(&board.world, block_on(board.world.vault.set_board_key(&scope, &new)), Refusal::GlassUnsigned);
    // A key that somebody writes into the database isn't sealed to, and is an alarm.
    board.tick();
    assert_eq!(board.world.edit("UPDATE admission SET body = CAST(body || x'00' AS BLOB) WHERE kind = 40"), 1);
    assert!(board.alarmed() && board.view().keys.is_empty());
    let staff = &board.world.staff;
    let refused = block_on(board.world.vault.set_board_key(&board.world.scope(&staff.it), &new));
    assert_refused(&board.world, refused, Refusal::RoleNotAllowed);
}

#[test]
fn a_file_proves_itself_and_an_altered_one_does_not() {
    let mut board = Board::new(1_910);
    board.tick();
    let (text, keys) = (board.text(1), board.world.log_keys(FIRST));
    assert!(ProvenFile::check(&text, &keys).is_ok());
    let next = board.proven(1).file.head.next;
    for altered in [
        text.replacen(&format!("next {}", next.0), &format!("next {}", next.0 + PERIOD_MS), 1),
        text.replacen("number 1", "number 2", 1),
        text.replacen("sealed A", "sealed B", 1).replacen("sealed a", "sealed b", 1),
        text.replacen("kind report", "kind incident", 1),
    ] {
        if altered != text {
            assert!(matches!(ProvenFile::check(&altered, &keys), Err(BoardFileError::Altered)), "{altered}");
        }
    }
    assert!(ProvenFile::check(&text[..text.len() / 2], &keys).is_err());
    let other = board.world.log_keys(testkit::SECOND);
    assert!(ProvenFile::check(&text, &other).is_err(), "another company's log vouches for nothing here");
}

#[test]
fn a_material_case_is_told_once_within_a_day_and_its_clock_is_seen() {
    let mut board = Board::new(1_911);
    board.tick();
    let security = board.world.scope(&board.world.staff.security);
    let drill = DrillName::parse("reveal-on-hold").unwrap();
    let pierced = DrillResult { drill, verdict: DrillVerdict::Pierced, place: DrillPlace::Deployment };
    block_on(board.world.vault.tell_drills(&security, vec![pierced], None)).unwrap();
    let waiting = board.view().cases;
    assert_eq!((waiting.len(), waiting[0].told, waiting[0].late), (1, None, false));
    board.world.clock.advance(24 * HOUR_MS + 1);
    assert!(board.view().cases[0].late, "nobody made the note");
    assert_eq!((board.tick(), board.tick()), (1, 0));
    let told = &board.view().cases[0];
    assert_eq!((told.told, told.late), (Some(2), false));
    let note = board.proven(2);
    assert_eq!((note.file.head.what, note.file.head.previous), (BoardWhat::Incident, board.proven(1).hash));
    assert_eq!(
        note.file.head.next,
        board.proven(1).file.head.next,
        "when the next report is due, a note doesn't change"
    );
    assert!(note.file.open(&board.secret).unwrap().html.contains("An attack got through"));
    // What is taken out of the database is told again, rather than never.
    board.world.edit("DELETE FROM admission WHERE kind = 42");
    assert_eq!(board.tick(), 1);
}

#[test]
fn a_note_that_is_taken_out_is_told_anew_and_its_number_stays_missing() {
    let mut board = Board::new(1_916);
    board.tick();
    let security = board.world.scope(&board.world.staff.security);
    let drill = DrillName::parse("reveal-on-hold").unwrap();
    let pierced = DrillResult { drill, verdict: DrillVerdict::Pierced, place: DrillPlace::Deployment };
    block_on(board.world.vault.tell_drills(&security, vec![pierced], None)).unwrap();
    assert_eq!((board.tick(), board.tick()), (1, 0));
    assert!(!board.alarmed());
    let newest = "DELETE FROM admission WHERE kind IN (38, 39) AND id = x'00000000000000000000000000000002'";
    assert_eq!(board.world.edit(newest), 2);
    assert!(board.alarmed(), "that the case was told in it is still known");
    assert_eq!((board.view().missing.as_slice(), board.view().cases[0].told), ([2].as_slice(), None));
    assert_eq!(board.tick(), 2, "that case, and the broken line");
    assert_eq!(board.view().missing, [2]);
    assert_eq!(board.view().cases.iter().filter(|case| case.told.is_some()).count(), 2);
}

#[test]
fn whatever_is_taken_out_together_the_log_still_has_it() {
    for (seed, kinds, made) in [(1_917, "40", 0), (1_918, "38, 39, 42", 1), (1_919, "38, 39, 40, 41, 42", 1)] {
        let mut board = Board::new(seed);
        board.tick();
        assert!(!board.alarmed() && board.view().sound);
        assert!(board.world.edit(&format!("DELETE FROM admission WHERE kind IN ({kinds})")) > 0);
        board.world.restart();
        board.clerk = BoardClerk::new(&board.world.vault, FIRST, [9; 16], drills());
        board.world.clock.advance(2 * HOUR_MS);
        assert!(board.alarmed() && !board.view().sound, "{kinds}");
        // The clerk goes on, whoever can read it: what there is to tell is told under the next number.
        assert!(board.tick() >= made, "{kinds}");
        assert!(board.alarmed(), "{kinds}");
    }
}

#[test]
fn what_only_another_node_knows_is_told_by_the_clerk() {
    let mut board = Board::new(1_920);
    board.tick();
    let other = board.world.another_node();
    let settle = || block_on(other.settle_board(FIRST)).unwrap();
    settle();
    assert_eq!(board.tick(), 0);
    board.world.edit("UPDATE admission SET expires = expires - 1 WHERE kind = 39");
    settle();
    board.world.edit("UPDATE admission SET expires = expires + 1 WHERE kind = 39");
    assert!(board.world.vault.alarms(FIRST).is_empty(), "the clerk's node doesn't know");
    assert_eq!((board.tick(), board.tick()), (1, 0));
    assert_eq!(board.view().cases.len(), 1);
    // It is over, and was told: it isn't told again.
    for _ in 0..2 {
        board.world.clock.advance(3 * HOUR_MS);
        settle();
    }
    assert!(board.view().cases.is_empty());
    board.world.clock.advance(8 * 24 * HOUR_MS);
    assert_eq!(board.tick(), 0);
    // Without the row in which nodes tell of it, the line is broken.
    assert_eq!(
        board.world.edit("DELETE FROM admission WHERE kind = 42 AND id = x'00000000000000000000000000000000'"),
        1
    );
    assert!(board.alarmed());
    assert_eq!((board.tick(), board.alarmed()), (1, false));
}

#[test]
fn two_nodes_make_one_report() {
    let mut board = Board::new(1_912);
    let mut other = BoardClerk::new(&board.world.vault, FIRST, [8; 16], drills());
    assert_eq!((board.tick(), block_on(other.tick(&Plain)).unwrap()), (1, 0));
    assert_eq!(board.view().files.len(), 1);
}

#[test]
fn the_board_and_security_write_to_one_another_and_what_is_taken_out_is_missed() {
    let mut board = Board::new(1_913);
    board.tick();
    let (member, officer) =
        (board.world.scope(&board.world.staff.board), board.world.scope(&board.world.staff.security));
    let vault = &board.world.vault;
    block_on(vault.write_board(&member, BoardSide::Board, "Why did it get through?")).unwrap();
    block_on(vault.write_board(&officer, BoardSide::Security, "A rule was wrong for an hour.")).unwrap();
    for scope in [&member, &officer] {
        let thread = block_on(vault.read_board(scope)).unwrap();
        let texts: Vec<(u64, &str)> = thread.messages.iter().map(|one| (one.number, one.text.as_str())).collect();
        assert_eq!(texts, [(1, "Why did it get through?"), (2, "A rule was wrong for an hour.")]);
    }
    assert!(board.world.tables_holding(b"Why did it get through").is_empty());
    board.world.edit("DELETE FROM admission WHERE kind = 41 AND id = x'00000000000000000000000000000001'");
    assert_eq!(block_on(vault.read_board(&member)).unwrap().missing, [1]);
    board.world.edit("DELETE FROM admission WHERE kind = 41");
    board.world.clock.advance(PERIOD_MS);
    board.tick();
    let paper = board.proven(2).file.open(&board.secret).unwrap();
    assert!(paper.html.contains("2 of the messages"), "{}", paper.html);
}

#[test]
fn before_anybody_has_a_key_nothing_is_made() {
    let world = TestWorld::new(1_914);
    let mut clerk = BoardClerk::new(&world.vault, FIRST, [7; 16], drills());
    assert_eq!(block_on(clerk.tick(&Plain)).unwrap(), 0);
    let view = block_on(world.vault.board_view(&world.scope(&world.staff.board))).unwrap();
    assert!(view.files.is_empty() && view.due.is_none() && !view.late && view.sound);
    world.clock.advance(3 * PERIOD_MS);
    block_on(world.vault.settle_board(FIRST)).unwrap();
    assert!(world.vault.alarms(FIRST).iter().all(|alarm| alarm.kind != AlarmKind::BoardLineBroken));
}
