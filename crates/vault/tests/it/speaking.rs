//! Speaking up, as attackers would have it: who has the whole database, the log and a proxy looks for the reporter; floods; takes
//! a report out or alters it; reads in security what is about security; guesses codes.

use crate::help::{Call, assert_refused, failure};
use domain::{CustomerId, Found, Hold, Millis, Refusal};
use store::{AdmissionKey, AdmissionKind};
use testkit::{FIRST, Member, TestWorld, block_on};
use vault::{
    AlarmKind, AlarmTeller, CleanFile, Followed, Kind, NewReport, ReceiptCode, ReportLine, ReportMove, ReportedBy,
    Speaker, TURN_MS, VaultError,
};
use zeroize::Zeroizing;

const DAY_MS: i64 = 24 * 3_600_000;

/// A world in which the box stands.
pub(crate) fn world(seed: u64) -> TestWorld {
    let world = TestWorld::new(seed);
    settle(&world);
    world
}

pub(crate) fn settle(world: &TestWorld) {
    block_on(world.vault.settle_reports(FIRST)).unwrap();
}

/// On to the next hour at which the box is turned.
pub(crate) fn turn(world: &TestWorld) {
    world.clock.set(world.vault.next_turn());
    settle(world);
}

pub(crate) fn saying(text: &str) -> NewReport {
    NewReport::saying(text)
}

fn about_security(text: &str) -> NewReport {
    NewReport { about_security: true, ..saying(text) }
}

pub(crate) fn speak(world: &TestWorld, new: NewReport) -> ReceiptCode {
    block_on(world.vault.speak_up(FIRST, new)).ok().unwrap()
}

pub(crate) fn follow(world: &TestWorld, code: &ReceiptCode) -> Result<Followed, VaultError> {
    block_on(world.vault.follow(FIRST, code))
}

pub(crate) fn seen(world: &TestWorld, by: &Member, outside: bool) -> Vec<ReportLine> {
    block_on(world.vault.reports(&world.scope(by), outside, (None, 50))).unwrap().items
}

pub(crate) fn texts(lines: &[ReportLine]) -> Vec<&str> {
    lines.iter().map(|line| line.followed.text.as_str()).collect()
}

pub(crate) fn step(world: &TestWorld, by: &Member, line: &ReportLine, step: &ReportMove) -> Result<(), VaultError> {
    block_on(world.vault.handle_report(&world.scope(by), line.id, step)).map(drop)
}

pub(crate) fn refused<T>(result: Result<T, VaultError>) -> Refusal {
    match failure(result) {
        VaultError::Refused { refusal, .. } => refusal,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn stands(world: &TestWorld, kind: AlarmKind) -> bool {
    settle(world);
    world.vault.alarms(FIRST).iter().any(|alarm| alarm.kind == kind)
}

#[test]
fn who_speaks_up_without_a_name_is_answered_by_their_code_alone() {
    let world = world(3_001);
    let (security, analyst) = (&world.staff.security, &world.staff.analyst);
    let code = speak(&world, saying("My leader asks me to read addresses out."));
    let waiting = follow(&world, &code).ok().unwrap();
    assert_eq!((waiting.entry, waiting.lines.len()), (None, 0));
    assert!(seen(&world, security, false).is_empty(), "it waits in the box");
    block_on(world.vault.add_to_report(FIRST, &code, "On Mondays.")).unwrap();
    turn(&world);

    let lines = seen(&world, security, false);
    assert_eq!((texts(&lines), lines[0].by), (vec!["My leader asks me to read addresses out."], ReportedBy::Nobody));
    assert_eq!(lines[0].followed.lines[0].text.as_str(), "On Mondays.");
    step(&world, analyst, &lines[0], &ReportMove::Say("Which team is it?".to_owned())).unwrap();
    block_on(world.vault.add_to_report(FIRST, &code, "The night shift.")).unwrap();
    assert_eq!(follow(&world, &code).ok().unwrap().lines.len(), 3, "what waits in the box is shown to them");
    turn(&world);
    let lines = seen(&world, security, false);
    assert_eq!(lines[0].followed.lines[2].text.as_str(), "The night shift.");
    let close = ReportMove::Close(Found::Stopped, Some("It has ended. Thank you.".to_owned()));
    step(&world, security, &lines[0], &close).unwrap();
    let followed = follow(&world, &code).ok().unwrap();
    assert_eq!(followed.outcome.map(|(found, _)| found), Some(Found::Stopped));
    let by: Vec<Speaker> = followed.lines.iter().map(|line| line.by).collect();
    assert_eq!(by, [Speaker::Reporter, Speaker::Security, Speaker::Reporter, Speaker::Security]);
    let more = block_on(world.vault.add_to_report(FIRST, &code, "And more."));
    assert_eq!(refused(more), Refusal::ReportOver);
}

#[test]
fn what_staff_report_with_a_name_is_logged_at_once_and_told_to_them() {
    let call = Call::new(3_002);
    let world = &call.world;
    settle(world);
    let agent = world.scope(&world.staff.agent);
    let new = NewReport { interaction: Some(call.interaction), ..saying("The caller reads from a list.") };
    let spoken = block_on(world.vault.report(&agent, new)).unwrap();
    let body = world.line(FIRST, spoken.receipt.unwrap()).body.unwrap();
    assert!(body.kind == Kind::Report && body.told.is_some());
    assert!(world.tables_holding(b"reads from a list").is_empty());
    let lines = seen(world, &world.staff.security, false);
    assert_eq!((lines[0].by, lines[0].frozen), (ReportedBy::Person(world.staff.agent.id), true));
    step(world, &world.staff.security, &lines[0], &ReportMove::Acknowledge).unwrap();
    block_on(world.vault.add_to_own_report(&agent, spoken.id, "They called again.")).unwrap();
    let own = block_on(world.vault.own_reports(&agent)).unwrap();
    assert_eq!((own.len(), own[0].followed.lines.len()), (1, 1));
    assert!(own[0].followed.acknowledged.is_some());
    let other = world.scope(&world.staff.other_agent);
    assert!(block_on(world.vault.own_reports(&other)).unwrap().is_empty());
    let theirs = block_on(world.vault.add_to_own_report(&other, spoken.id, "Mine?"));
    assert_eq!(refused(theirs), Refusal::NotFound);
}

fn held(world: &TestWorld, customer: CustomerId) -> Option<Hold> {
    block_on(world.store.state(FIRST, customer)).unwrap().unwrap().hold
}

#[test]
fn a_report_keeps_the_evidence_around_it_until_it_is_closed() {
    let call = Call::new(3_003);
    let world = &call.world;
    settle(world);
    let report = |text| {
        let new = NewReport { interaction: Some(call.interaction), ..saying(text) };
        block_on(world.vault.report(&world.scope(&world.staff.agent), new)).unwrap()
    };
    let new = NewReport { interaction: Some(call.interaction), ..saying("I hold whom I like.") };
    block_on(world.vault.report(&world.scope(&world.staff.other_agent), new)).unwrap();
    assert_eq!(held(world, call.customer), None, "it isn't their interaction");
    report("first");
    report("second");
    assert_eq!(held(world, call.customer), Some(Hold::Reported));
    assert_refused(world, crate::erasure::erased(world, call.customer), Refusal::LegalHold);
    let mut lines = seen(world, &world.staff.security, false);
    lines.retain(|line| line.frozen);
    let close = ReportMove::Close(Found::Explained, None);
    step(world, &world.staff.security, &lines[0], &close).unwrap();
    assert_eq!(held(world, call.customer), Some(Hold::Reported), "another report needs it");
    step(world, &world.staff.security, &lines[1], &close).unwrap();
    assert_eq!(held(world, call.customer), None);
    crate::erasure::erased(world, call.customer).unwrap();
}

#[test]
fn security_neither_reads_nor_counts_what_is_about_security() {
    let world = world(3_004);
    let agent = world.scope(&world.staff.agent);
    let before = world.log(FIRST).len();
    let code = speak(&world, about_security("The officer sells look-ups."));
    let spoken = block_on(world.vault.report(&agent, about_security("The analyst does as well."))).unwrap();
    world.sequence(FIRST);
    assert_eq!(spoken.receipt, None, "no entry says who reported it");
    assert_eq!(world.log(FIRST).len(), before);
    turn(&world);
    for by in [&world.staff.security, &world.staff.analyst] {
        let list = block_on(world.vault.reports(&world.scope(by), false, (None, 50))).unwrap();
        assert!(list.items.is_empty() && list.edited.is_empty() && !list.damaged);
        let outside = block_on(world.vault.reports(&world.scope(by), true, (None, 50)));
        assert_refused(&world, outside, Refusal::RoleNotAllowed);
    }
    let lines = seen(&world, &world.staff.protection, true);
    assert_eq!(lines.len(), 2);
    assert_eq!(texts(&seen(&world, &world.staff.auditor, true)).len(), 2);
    assert_eq!(refused(step(&world, &world.staff.security, &lines[0], &ReportMove::Acknowledge)), Refusal::NotFound);
    for line in &lines {
        step(&world, &world.staff.protection, line, &ReportMove::Say("Thank you.".to_owned())).unwrap();
    }
    assert_eq!(follow(&world, &code).ok().unwrap().lines[0].by, Speaker::Outside);
    assert_eq!(block_on(world.vault.own_reports(&agent)).unwrap().len(), 1);
    // The log says the same of a reading and of a step, and nothing of how many there are.
    world.sequence(FIRST);
    for body in world.log(FIRST).into_iter().filter_map(|line| line.body) {
        let tells = matches!(body.kind, Kind::ReportStep | Kind::ReportAnswered | Kind::ReportsRead | Kind::Report);
        assert!(!tells || body.person == Some(world.staff.security.id) || body.person == Some(world.staff.analyst.id));
        assert!(body.kind != Kind::ReportsOutside || body.detail.is_none());
        assert!(body.kind != Kind::ReportsTaken || (body.detail.is_none() && body.person.is_none()));
    }
    world.clock.advance(40 * DAY_MS);
    assert!(!stands(&world, AlarmKind::ReportsOverdue), "an alarm would count them");
    assert!(seen(&world, &world.staff.protection, true).iter().all(|line| line.overdue));
}

#[test]
fn who_has_the_whole_database_and_the_log_finds_nothing_that_links() {
    let world = world(3_005);
    let at = world.vault.now();
    world.clock.set(Millis(at.0.div_euclid(TURN_MS) * TURN_MS + TURN_MS + 1_234_567));
    settle(&world);
    let (before, entries) = (world.database().rows("admission").len(), world.database().rows("entry").len());
    let said = ["one of the first", "one of the second", "one of the third", "a long one: ".repeat(90).leak()];
    let codes: Vec<ReceiptCode> = said
        .iter()
        .map(|text| {
            world.clock.advance(61_001);
            speak(&world, saying(text))
        })
        .collect();
    // No row more, no entry more: one row is another one of the same size.
    let rows = world.database().rows("admission");
    assert_eq!((rows.len(), world.database().rows("entry").len()), (before, entries));
    turn(&world);
    // Where a moment of theirs, or their code, could stand, there is none of it.
    for code in &codes {
        let printed = code.print();
        assert!(world.tables_holding(printed.as_bytes()).is_empty());
        assert!(world.tables_holding(printed.replace('-', "").as_bytes()).is_empty());
    }
    for number in 1..=4_i64 {
        let moment = at_of(&world, number);
        assert!(world.tables_holding(&moment.to_be_bytes()).is_empty(), "{moment}");
        assert!(world.database().rows("admission").iter().all(|row| !row.contains(&moment.to_string())));
    }
    let lengths = world.database().number("SELECT COUNT(DISTINCT length(body)) FROM admission WHERE kind = 33");
    assert_eq!(lengths, 1, "a long one is as long as a short one");
    let whens = world.database().number("SELECT COUNT(DISTINCT expires) FROM admission WHERE kind = 33");
    assert_eq!(whens, 1);
    // All of them came with one entry, which names nobody, and their names don't say what came first.
    world.sequence(FIRST);
    let taken: Vec<_> = world.log(FIRST).into_iter().filter_map(|line| line.body).collect();
    let taken: Vec<_> = taken.iter().filter(|body| body.kind == Kind::ReportsTaken).collect();
    assert!(taken.iter().all(|body| body.person.is_none() && body.at.0 % TURN_MS == 0 || body.told.is_some()));
    let lines = seen(&world, &world.staff.security, false);
    assert_eq!(lines.len(), said.len());
    assert!(lines.iter().all(|line| line.followed.day.0 % DAY_MS == 0));
    let read: Vec<ReceiptCode> = codes.iter().filter(|code| follow(&world, code).is_ok()).cloned().collect();
    assert_eq!(read.len(), 4);
}

/// The moment at which the report of this number was made in the test above.
fn at_of(world: &TestWorld, number: i64) -> i64 {
    world.vault.now().0 - TURN_MS + 1_234_567 + number * 61_001
}

#[test]
fn turning_the_box_says_nothing_of_what_is_in_it() {
    let (empty, full) = (world(3_006), world(3_006));
    speak(&full, saying("A long report about everything. ".repeat(20).as_str()));
    let shapes = |world: &TestWorld| {
        turn(world);
        world.sequence(FIRST);
        let bodies = world.log(FIRST).into_iter().filter_map(|line| line.body);
        let taken = bodies.filter(|body| body.kind == Kind::ReportsTaken);
        taken.map(|body| (body.detail, body.person, body.told.is_some(), body.spent.len())).collect::<Vec<_>>()
    };
    let shape = shapes(&empty);
    assert!(shape.len() >= 2 && shape == shapes(&full), "{shape:?}");
}

#[test]
fn a_write_to_the_box_says_neither_that_somebody_spoke_up_nor_how_much_they_said() {
    let world = world(3_020);
    let key = AdmissionKey { kind: AdmissionKind::SpeakUpBox, id: [0; 16] };
    let sealed = || block_on(world.store.admission(FIRST, key)).unwrap().unwrap().body;
    let first = sealed();
    block_on(world.vault.cover_reports(FIRST)).unwrap();
    let covered = sealed();
    let code = speak(&world, saying(&"It is all at once. ".repeat(200)));
    let spoken = sealed();
    assert_eq!([first.len(), covered.len()], [spoken.len(); 2]);
    assert!(first != covered && covered != spoken);
    block_on(world.vault.cover_reports(FIRST)).unwrap();
    assert!(follow(&world, &code).is_ok() && !stands(&world, AlarmKind::ReportsEdited));
    turn(&world);
    assert_eq!(seen(&world, &world.staff.security, false).len(), 1);
}

#[test]
fn a_flood_is_bounded_and_leaves_the_way_with_a_name_open() {
    let world = world(3_007);
    let came = |_: &i32| block_on(world.vault.speak_up(FIRST, saying("x"))).is_ok();
    assert_eq!((0..55).filter(came).count(), 50);
    assert_eq!(refused(block_on(world.vault.speak_up(FIRST, saying("y"))).map(drop)), Refusal::BoxFull);
    let agent = world.scope(&world.staff.agent);
    assert!(block_on(world.vault.report(&agent, saying("in my name"))).is_ok());
    world.clock.advance(3_600_000);
    assert!(block_on(world.vault.speak_up(FIRST, saying("z"))).is_ok(), "an hour later there is room");
}

#[test]
fn who_floods_new_reports_keeps_nobody_with_a_code_from_going_on() {
    let world = world(3_021);
    let code = speak(&world, saying("mine"));
    while block_on(world.vault.speak_up(FIRST, saying("x"))).is_ok() {}
    assert!(!world.vault.hears_words(FIRST));
    block_on(world.vault.add_to_report(FIRST, &code, "On Mondays.")).unwrap();
    let without = world_code(&world, 0);
    for _ in 0..31 {
        let tried = block_on(world.vault.add_to_report(FIRST, &without, "x"));
        assert_eq!(refused(tried), Refusal::ReceiptUnknown, "who has no report takes no place");
    }
    block_on(world.vault.add_to_report(FIRST, &code, "On Tuesdays.")).unwrap();
    turn(&world);
    let found = seen(&world, &world.staff.security, false);
    assert!(found.iter().any(|line| line.followed.lines.len() == 2));
}

#[test]
fn one_report_does_not_fill_the_way_of_all_that_is_added() {
    let world = world(3_022);
    let (one, other) = (speak(&world, saying("x")), speak(&world, saying("mine")));
    let adds = |code: &ReceiptCode| block_on(world.vault.add_to_report(FIRST, code, "more"));
    assert_eq!((0..40).filter(|_| adds(&one).is_ok()).count(), 10);
    assert_eq!(refused(adds(&one)), Refusal::BoxFull);
    assert!(adds(&other).is_ok(), "what was refused took no place");
    turn(&world);
    assert!(adds(&one).is_ok(), "the next stretch has room for it");
    let list = block_on(world.vault.reports(&world.scope(&world.staff.security), false, (None, 50))).unwrap();
    assert_eq!((list.turned_away, list.crowded), (0, false), "that one of them says a lot is told to nobody");
}

#[test]
fn a_flood_is_told_to_both_sides_at_turns_alone_and_of_one_attempt_nothing() {
    let world = world(3_017);
    turn(&world);
    let told = |by: &Member, outside| {
        let list = block_on(world.vault.reports(&world.scope(by), outside, (None, 50))).unwrap();
        (list.turned_away, list.crowded)
    };
    let (security, protection) = (&world.staff.security, &world.staff.protection);
    let nothing = || {
        assert!(!stands(&world, AlarmKind::ReportsFull));
        assert_eq!((told(security, false), told(protection, true)), ((0, false), (0, false)));
    };
    // Whoever floods leaves one place; the next one takes it, and one more is turned away.
    (0..50).for_each(|_| drop(speak(&world, saying("x"))));
    assert!(!world.vault.hears_words(FIRST));
    nothing();
    turn(&world);
    nothing();

    let away = |many: u32| (0..many).for_each(|_| assert!(!world.vault.hears_words(FIRST)));
    (0..50).for_each(|_| drop(speak(&world, saying("x"))));
    away(70);
    let agent = world.scope(&world.staff.agent);
    let named = |_: &i32| block_on(world.vault.report(&agent, about_security("x"))).is_ok();
    assert_eq!((0..90).filter(named).count(), 20);
    nothing();
    world.clock.set(Millis(world.vault.next_turn().0 - 1));
    nothing();
    turn(&world);
    assert!(stands(&world, AlarmKind::ReportsFull));
    let (own, all) = (told(security, false), told(protection, true));
    assert!(own.1 && all.1, "those outside have no alarms, so their page says it");
    assert!((30..=70).contains(&own.0) && own.0.is_multiple_of(10), "by tens, and never more than there were: {own:?}");
    assert!((30..=70).contains(&(all.0 - own.0)), "security counts none about security: {own:?}, {all:?}");

    // One attempt more, and nothing changes until the next turn.
    (0..50).for_each(|_| drop(speak(&world, saying("x"))));
    away(1);
    world.clock.set(Millis(world.vault.next_turn().0 - 1));
    assert!(stands(&world, AlarmKind::ReportsFull));
    assert_eq!((told(security, false), told(protection, true)), (own, all));
    turn(&world);
    assert!(!stands(&world, AlarmKind::ReportsFull), "it is over");
    assert_eq!(told(security, false), (own.0, false));
    (0..2).for_each(|_| turn(&world));
    assert_eq!(told(protection, true), (all.0, false));
    turn(&world);
    nothing();
}

#[test]
fn a_flood_at_one_node_is_shown_to_those_outside_by_every_node() {
    let world = world(3_018);
    turn(&world);
    (0..50).for_each(|_| drop(speak(&world, saying("x"))));
    (0..70).for_each(|_| assert!(!world.vault.hears_words(FIRST)));
    let other = world.another_node();
    let scope = world.scope(&world.staff.protection);
    let shown = || {
        let list = block_on(other.reports(&scope, true, (None, 50))).unwrap();
        (list.turned_away, list.crowded)
    };
    turn(&world);
    assert_eq!(shown(), (0, false), "only that node knows, and hasn't said so yet");
    block_on(AlarmTeller::new(&world.vault, FIRST, [1; 16]).tick()).unwrap();
    assert_eq!(shown(), (0, true), "the figure is each node's own");
}

#[test]
fn whoever_guesses_codes_keeps_nobody_from_their_answer() {
    let world = world(3_008);
    let right = speak(&world, saying("mine"));
    for at in 0..100_u8 {
        let other = world_code(&world, at);
        assert_eq!(refused(follow(&world, &other).map(drop)), Refusal::ReceiptUnknown);
    }
    assert!(follow(&world, &right).is_ok());
}

/// A code that is well formed and no report's.
fn world_code(world: &TestWorld, at: u8) -> ReceiptCode {
    const LETTERS: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let random: [u8; 19] = world.vault.secret();
    let mut text: String = random.iter().map(|byte| char::from(LETTERS[usize::from((byte ^ at) & 31)])).collect();
    text.push('0');
    let tried = LETTERS.iter().find_map(|last| {
        text.pop();
        text.push(char::from(*last));
        ReceiptCode::parse(&text)
    });
    tried.unwrap()
}

#[test]
fn what_is_about_security_keeps_its_evidence_from_the_turn_on() {
    let call = Call::new(3_018);
    let world = &call.world;
    settle(world);
    let new = NewReport { interaction: Some(call.interaction), ..about_security("The officer sells look-ups.") };
    block_on(world.vault.report(&world.scope(&world.staff.agent), new)).unwrap();
    assert_eq!(held(world, call.customer), None, "a hold at once would tell who reported");
    turn(world);
    assert_eq!(held(world, call.customer), Some(Hold::Reported));
    let lines = seen(world, &world.staff.protection, true);
    assert!(lines[0].frozen);
    step(world, &world.staff.protection, &lines[0], &ReportMove::Close(Found::Explained, None)).unwrap();
    assert_eq!(held(world, call.customer), None);
}

#[test]
fn what_handlers_call_a_reporter_leads_to_no_list_and_no_other_report() {
    let world = world(3_019);
    let agent = world.scope(&world.staff.agent);
    for text in ["first", "second"] {
        block_on(world.vault.report(&agent, saying(text))).unwrap();
    }
    let lines = seen(&world, &world.staff.security, false);
    let names: Vec<&str> = lines.iter().filter_map(|line| line.alias.as_deref()).collect();
    assert!(names.len() == 2 && names[0] != names[1]);
    let id = world.staff.agent.id.to_string();
    assert!(names.iter().all(|name| !id.ends_with(&name[2..]) && !id.contains(&name[2..])), "{names:?} {id}");
    assert_eq!(seen(&world, &world.staff.security, false)[0].alias, lines[0].alias, "it stays");
    speak(&world, saying("third"));
    turn(&world);
    let none = seen(&world, &world.staff.security, false).into_iter().filter(|line| line.alias.is_none());
    assert_eq!(none.count(), 1);
}

#[test]
fn a_receipt_proves_that_the_report_is_in_the_log_as_it_was_written() {
    let world = world(3_011);
    let file = CleanFile::of(b"who, when, where").unwrap();
    let text = "It is in the log.";
    let new = NewReport { files: vec![file], ..saying(text) };
    let code = speak(&world, new);
    let proof = |code| block_on(world.vault.report_proof(FIRST, code)).unwrap();
    assert_eq!(proof(&code), None, "it waits in the box");
    turn(&world);
    world.sequence(FIRST);
    let proof = proof(&code).unwrap();
    let receipt = transparency::Receipt::parse(&proof.receipt).unwrap();
    let leaf = receipt.extra.unwrap();
    assert!(proof.proves(text, &leaf));
    assert!(!proof.proves("It is in the log!", &leaf));
    let mut other = proof.clone();
    other.list.remove(0);
    assert!(!other.proves(text, &leaf));
    let lines = seen(&world, &world.staff.security, false);
    let read = block_on(world.vault.report_file(&world.scope(&world.staff.security), lines[0].id, 0)).ok().unwrap();
    assert_eq!(read.bytes.as_slice(), b"who, when, where");
    let agents = block_on(world.vault.report_file(&world.scope(&world.staff.agent), lines[0].id, 0));
    assert_eq!(refused(agents.map(drop)), Refusal::RoleNotAllowed);
}

#[test]
fn clocks_run_by_days_and_the_board_is_told() {
    let world = world(3_012);
    let since = Millis(0);
    let agent = world.scope(&world.staff.agent);
    for text in ["first", "second"] {
        block_on(world.vault.report(&agent, saying(text))).unwrap();
    }
    assert!(!stands(&world, AlarmKind::ReportsOverdue));
    let lines = seen(&world, &world.staff.security, false);
    step(&world, &world.staff.security, &lines[0], &ReportMove::Acknowledge).unwrap();
    world.clock.advance(3 * DAY_MS);
    assert!(stands(&world, AlarmKind::ReportsOverdue));
    let measured = || block_on(world.vault.reports_measured(FIRST, since, world.vault.now())).unwrap();
    let now = measured();
    assert_eq!((now.came, now.in_time, now.median_days, now.overdue, now.edited), (2, 1, Some(0), 1, false));
    step(&world, &world.staff.security, &lines[1], &ReportMove::Acknowledge).unwrap();
    assert!(!stands(&world, AlarmKind::ReportsOverdue));
    world.clock.advance(29 * DAY_MS);
    assert!(stands(&world, AlarmKind::ReportsOverdue), "nobody said what came of it");
    for line in &lines {
        step(&world, &world.staff.security, line, &ReportMove::Close(Found::Unclear, None)).unwrap();
    }
    assert!(!stands(&world, AlarmKind::ReportsOverdue));
    assert_eq!(measured().overdue, 0);
}

#[test]
fn nobody_but_handlers_goes_on_with_reports() {
    let world = world(3_013);
    let agent = world.scope(&world.staff.agent);
    let spoken = block_on(world.vault.report(&agent, saying("mine"))).unwrap();
    for by in [&world.staff.agent, &world.staff.leader, &world.staff.it, &world.staff.board] {
        let scope = world.scope(by);
        for outside in [false, true] {
            let read = block_on(world.vault.reports(&scope, outside, (None, 5)));
            assert_refused(&world, read, Refusal::RoleNotAllowed);
        }
        let done = block_on(world.vault.handle_report(&scope, spoken.id, &ReportMove::Acknowledge));
        assert_refused(&world, done, Refusal::RoleNotAllowed);
    }
    let empty = Zeroizing::new(String::new());
    assert!(ReceiptCode::parse(&empty).is_none());
}
