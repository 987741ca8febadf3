//! A no stands for the value, whoever asks next and whatever becomes of its row; and nobody asks or agrees in bulk.

use crate::four::{Four, hired};
use crate::help::{Call, HOUR_OVER_MS, assert_refused, failure};
use crate::sessions::Page;
use domain::{Limits, Purpose, Refusal, Role};
use testkit::{FIRST, PHONE, TestWorld, block_on};
use vault::{
    AlarmKind, ApprovalId, ApprovalState, Heard, RecountStep, Recounter, RevealCommand, VaultConfig, VaultError,
};

#[test]
fn a_no_stands_and_silence_is_one() {
    let four = Four::new(801);
    let (world, page) = (four.world(), four.page());
    let id = four.ask().unwrap();
    four.answer(&page, id, false).unwrap();
    assert_refused(world, four.call.reveal(&four.account()), Refusal::ApprovalDeclined);
    assert_refused(world, four.ask(), Refusal::ApprovalDeclined);
    assert_refused(world, four.answer(&page, id, true), Refusal::ApprovalOver);
    assert_eq!(four.state(), ApprovalState::Declined);

    // Silence is a no that doesn't stand.
    let interaction = world.call(&world.staff.agent, Some(PHONE));
    let other = RevealCommand { interaction, ..four.account() };
    let ask = || block_on(four.vault().ask_approval(&four.agent(), &other)).map(|asked| asked.id);
    let id = ask().unwrap();
    world.clock.advance(120_000);
    assert_refused(world, four.answer(&page, id, true), Refusal::ApprovalOver);
    assert_refused(world, four.call.reveal(&other), Refusal::ApprovalNeeded);
    assert_eq!(ask().unwrap(), id, "after silence it may be asked again");
    four.answer(&page, id, true).unwrap();
    world.clock.advance(60_000);
    assert_refused(world, four.call.reveal(&other), Refusal::ApprovalNeeded);
}

#[test]
fn a_no_to_a_value_stands_whatever_it_is_asked_for_next() {
    let four = Four::new(808);
    let (world, page) = (four.world(), four.page());
    let ask = |purpose| {
        let command = RevealCommand { purpose, ..four.account() };
        block_on(four.vault().ask_approval(&four.agent(), &command)).map(|asked| asked.id)
    };
    let first = ask(Purpose::Payment).unwrap();
    four.answer(&page, first, false).unwrap();
    assert_refused(world, ask(Purpose::Correction), Refusal::ApprovalDeclined);
    assert_refused(world, ask(Purpose::Payment), Refusal::ApprovalDeclined);
    // Silence and another value are no no.
    let card = RevealCommand { interaction: world.call(&world.staff.agent, Some(PHONE)), ..four.account() };
    assert!(block_on(four.vault().ask_approval(&four.agent(), &card)).is_ok(), "another interaction");
}

#[test]
fn nobody_asks_for_several_purposes_at_once_until_somebody_agrees() {
    let four = Four::new(811);
    let (world, page) = (four.world(), four.page());
    let correction = RevealCommand { purpose: Purpose::Correction, ..four.account() };
    let other = || block_on(four.vault().ask_approval(&four.agent(), &correction)).map(|asked| asked.id);
    let first = four.ask().unwrap();
    assert_refused(world, other(), Refusal::NotYetApproved);
    four.answer(&page, first, true).unwrap();
    assert_refused(world, other(), Refusal::NotYetApproved);
    // Once it was used, the next question is another.
    four.call.reveal(&four.account()).unwrap();
    let second = other().unwrap();
    four.answer(&page, second, false).unwrap();
    assert_refused(world, four.call.reveal(&correction), Refusal::ApprovalDeclined);
    assert_refused(world, four.ask(), Refusal::ApprovalDeclined);
}

#[test]
fn a_no_stands_for_whoever_takes_the_call_over() {
    let four = Four::new(812);
    let (world, page) = (four.world(), four.page());
    let first = four.ask().unwrap();
    four.answer(&page, first, false).unwrap();
    four.call.hear(Heard::Transferred(world.staff.other_agent.id)).unwrap();
    let colleague = world.scope(&world.staff.other_agent);
    let asked = block_on(four.vault().ask_approval(&colleague, &four.account()));
    assert_refused(world, asked.map(drop), Refusal::ApprovalDeclined);
    // Nor does it help to edit the no in the database.
    assert_eq!(world.edit("UPDATE admission SET expires = expires + 1 WHERE kind = 15"), 1);
    let asked = block_on(four.vault().ask_approval(&colleague, &four.account()));
    assert_refused(world, asked.map(drop), Refusal::Tampered);
}

#[test]
fn asking_in_bulk_is_stopped() {
    let limits = Limits { approval_per_hour: 2, ..Limits::default() };
    let world = TestWorld::with(810, VaultConfig { limits, ..VaultConfig::default() });
    let four = Four::on(Call::on(world));
    let _page = four.page();
    let ask = || {
        let interaction = four.world().call(&four.world().staff.agent, Some(PHONE));
        let command = RevealCommand { interaction, ..four.account() };
        block_on(four.vault().ask_approval(&four.agent(), &command)).map(drop)
    };
    ask().unwrap();
    ask().unwrap();
    assert_refused(four.world(), ask(), Refusal::ApprovalsExhausted);
}

#[test]
fn who_agrees_in_bulk_is_stopped_and_where_all_have_nobody_is_drawn() {
    let limits = Limits { approval_per_hour: 1_000, agreed_per_hour: 2, ..Limits::default() };
    let four = Four::on(Call::on(TestWorld::with(813, VaultConfig { limits, ..VaultConfig::default() })));
    let (world, page) = (four.world(), four.page());
    let ask = || {
        let interaction = world.call(&world.staff.agent, Some(PHONE));
        let command = RevealCommand { interaction, ..four.account() };
        block_on(four.vault().ask_approval(&four.agent(), &command)).map(|asked| asked.id)
    };
    let [first, second, third, fourth] = [0; 4].map(|_| ask().unwrap());
    four.answer(&page, first, true).unwrap();
    four.answer(&page, second, true).unwrap();
    assert_refused(world, four.answer(&page, third, true), Refusal::AgreedTooOften);
    four.answer(&page, third, false).unwrap();
    assert_refused(world, ask().map(drop), Refusal::NobodyToApprove);
    // Somebody else has yeses of their own, and isn't drawn more often for it.
    let officer = hired(world, "Olga Officer", Role::SecurityOfficer, "");
    let there = Page::begin(world, four.vault(), &officer);
    let scope = there.get(four.vault(), "/approvals").unwrap();
    let asked: Vec<ApprovalId> = (0..24).map(|_| ask().unwrap()).collect();
    world.clock.advance(1_001);
    let theirs = block_on(four.vault().own_approvals(&scope)).unwrap().to_answer.len();
    assert!((4..=20).contains(&theirs), "of two who are there each is drawn about as often: {theirs}");
    let own: Vec<ApprovalId> =
        block_on(four.vault().own_approvals(&scope)).unwrap().to_answer.iter().map(|line| line.id).collect();
    assert!(own.iter().all(|id| asked.contains(id)));
    four.answer(&there, own[0], true).unwrap();
    world.clock.advance(60_000);
    assert_refused(world, four.answer(&page, fourth, true), Refusal::AgreedTooOften);
    // Windows slide by steps.
    world.clock.advance(2 * 60 * 60_000);
    let page = four.page();
    let id = ask().unwrap();
    four.answer(&page, id, true).unwrap();
    drop((page, there));
}

/// Rows of values, of questions, and of the counters in which a no is.
const VALUES: &str = "admission WHERE kind = 15";
const QUESTIONS: &str = "admission WHERE kind = 10";
const NOES: &str = "budget WHERE substr(counter, 1, 2) = x'020a'";

fn delete(world: &TestWorld, rows: &str) {
    assert_eq!(world.edit(&format!("DELETE FROM {rows}")), 1, "{rows}");
}

fn keep_value(world: &TestWorld) {
    let kept = "INSERT INTO admission SELECT tenant, 99, id, body, expires, tag FROM admission WHERE kind = 15";
    assert_eq!(world.edit(kept), 1);
}

fn put_value_back(world: &TestWorld) {
    delete(world, VALUES);
    assert_eq!(world.edit("UPDATE admission SET kind = 15 WHERE kind = 99"), 1);
}

#[test]
fn a_no_outlasts_its_row_deleted_or_put_back_as_it_was() {
    for older in [false, true] {
        let four = Four::new(820);
        let (world, page) = (four.world(), four.page());
        let id = four.ask().unwrap();
        keep_value(world);
        four.answer(&page, id, false).unwrap();
        match older {
            true => put_value_back(world),
            false => delete(world, VALUES),
        }
        delete(world, QUESTIONS);
        assert_refused(world, four.ask(), Refusal::ApprovalDeclined);
        let correction = RevealCommand { purpose: Purpose::Correction, ..four.account() };
        let asked = block_on(four.vault().ask_approval(&four.agent(), &correction));
        assert_refused(world, asked.map(drop), Refusal::ApprovalDeclined);
        four.call.hear(Heard::Transferred(world.staff.other_agent.id)).unwrap();
        let colleague = world.scope(&world.staff.other_agent);
        let asked = block_on(four.vault().ask_approval(&colleague, &four.account()));
        assert_refused(world, asked.map(drop), Refusal::ApprovalDeclined);
        // Another call about the same value has no no.
        let interaction = world.call(&world.staff.agent, Some(PHONE));
        let other = RevealCommand { interaction, ..four.account() };
        block_on(four.vault().ask_approval(&four.agent(), &other)).unwrap();
    }
}

#[test]
fn a_yes_from_before_a_no_opens_nothing_once_the_values_row_is_put_back() {
    let four = Four::new(821);
    let (world, page) = (four.world(), four.page());
    let agreed = four.ask().unwrap();
    four.answer(&page, agreed, true).unwrap();
    keep_value(world);
    four.call.hear(Heard::Transferred(world.staff.other_agent.id)).unwrap();
    let colleague = world.scope(&world.staff.other_agent);
    let second = block_on(four.vault().ask_approval(&colleague, &four.account())).unwrap().id;
    four.answer(&page, second, false).unwrap();
    four.call.hear(Heard::Transferred(world.staff.agent.id)).unwrap();
    put_value_back(world);
    assert_refused(world, four.call.reveal(&four.account()), Refusal::ApprovalDeclined);
}

#[test]
fn a_no_that_is_taken_out_with_its_counter_stops_disclosure() {
    for asked_again in [false, true] {
        let four = Four::new(822);
        let (world, page) = (four.world(), four.page());
        let mut recounter = Recounter::new(&world.vault, FIRST, [7; 16]);
        let mut recount = || {
            world.sequence(FIRST);
            while block_on(recounter.tick()).unwrap() == RecountStep::More {}
            world.vault.alarms(FIRST).iter().any(|alarm| alarm.kind == AlarmKind::SpendingDisagrees)
        };
        let id = four.ask().unwrap();
        four.answer(&page, id, false).unwrap();
        assert!(!recount());
        [VALUES, QUESTIONS, NOES].iter().for_each(|rows| delete(world, rows));
        if asked_again {
            let id = four.ask().unwrap();
            four.answer(&page, id, true).unwrap();
        } else {
            // A no counts for longer than an hour.
            world.clock.advance(2 * 60 * 60_000);
        }
        assert!(recount(), "noticed");
        assert_refused(world, four.call.reveal(&four.account()), Refusal::SpendingDisagrees);
    }
}

#[test]
fn a_question_that_finds_nobody_counts_as_one() {
    let limits = Limits { approval_per_hour: 2, ..Limits::default() };
    let four = Four::on(Call::on(TestWorld::with(823, VaultConfig { limits, ..VaultConfig::default() })));
    let world = four.world();
    for _ in 0..2 {
        assert_refused(world, four.ask(), Refusal::NobodyToApprove);
    }
    assert_refused(world, four.ask(), Refusal::ApprovalsExhausted);
    let page = four.page();
    assert_refused(world, four.ask(), Refusal::ApprovalsExhausted);
    // An asking that isn't theirs costs nothing, and is told first.
    world.clock.advance(HOUR_OVER_MS);
    drop(page);
    let interaction = world.call(&world.staff.other_agent, Some(PHONE));
    let others = RevealCommand { interaction, ..four.account() };
    for _ in 0..3 {
        let refused = failure(block_on(four.vault().ask_approval(&four.agent(), &others)));
        let VaultError::Refused { refusal, entry: Some(_), .. } = refused else { panic!("{refused:?}") };
        assert!(!matches!(refusal, Refusal::NobodyToApprove | Refusal::ApprovalsExhausted), "{refusal:?}");
    }
}
