//! Budgets that are edited, deleted or set back while the vault serves: noticed from the log, disclosure stops, and a mend
//! counts again what the log says. Honest histories never look like that.

use crate::help::{Call, HOUR_OVER_MS, acts, assert_refused, failure, value};
use domain::budget::STEP_MS;
use domain::field::query_phone;
use domain::{
    Allowance, BudgetKind, Counter, FieldKind, History, Limits, PerWindow, Purpose, Refusal, Weights, Window,
};
use testkit::{FIRST, PHONE, TestWorld, block_on};
use vault::{AlarmKind, Kind, RecountStep, Recounter, RevealCommand, VaultConfig, VaultError};

fn call(seed: u64, limits: Limits) -> Call {
    Call::on(TestWorld::with(seed, VaultConfig { limits, ..VaultConfig::default() }))
}

fn recounter(call: &Call) -> Recounter {
    Recounter::new(&call.world.vault, FIRST, [7; 16])
}

/// Gives entries their places and recounts until there is nothing more to be read.
fn recount(call: &Call, recounter: &mut Recounter) {
    call.world.sequence(FIRST);
    while block_on(recounter.tick()).unwrap() == RecountStep::More {}
}

fn alarmed(call: &Call) -> bool {
    call.world.vault.alarms(FIRST).iter().any(|alarm| alarm.kind == AlarmKind::SpendingDisagrees)
}

fn name(call: &Call) -> Result<String, VaultError> {
    call.reveal(&call.command(FieldKind::Name)).map(crate::help::shown)
}

fn entries(call: &Call, kind: Kind) -> usize {
    call.world.sequence(FIRST);
    call.world.log(FIRST).iter().filter(|line| line.body.as_ref().unwrap().kind == kind).count()
}

const OWN: &str = "counter = (SELECT counter FROM budget WHERE substr(counter, 1, 1) = x'01' LIMIT 1)";

/// Keeps the row as it is now, to be put back.
fn keep(call: &Call) {
    call.world.database().run("CREATE TABLE kept AS SELECT * FROM budget");
}

fn put_back(call: &Call) {
    call.world.edit("DELETE FROM budget");
    assert!(call.world.edit("INSERT INTO budget SELECT * FROM kept") > 0);
}

fn is_noticed_and_mended(call: &Call, recounter: &mut Recounter) {
    recount(call, recounter);
    assert!(alarmed(call), "noticed");
    assert_refused(&call.world, name(call), Refusal::SpendingDisagrees);
    let agent = call.world.scope(&call.world.staff.agent);
    let term = query_phone(PHONE).unwrap();
    let search = block_on(call.world.vault.search(&agent, call.interaction, &term));
    assert!(matches!(failure(search), VaultError::Refused { refusal: Refusal::SpendingDisagrees, .. }));
    assert!(entries(call, Kind::SpendingDisagrees) > 0);
    // Another node learns of it, also one that starts now.
    let other = call.world.another_node();
    block_on(other.refresh_spending(FIRST)).unwrap();
    assert!(other.alarms(FIRST).iter().any(|alarm| alarm.kind == AlarmKind::SpendingDisagrees));

    let operator = call.world.vault.operator(FIRST);
    assert!(block_on(call.world.vault.mend_budgets(&operator)).unwrap() > 0);
    recount(call, recounter);
    assert!(!alarmed(call), "mended");
    block_on(other.refresh_spending(FIRST)).unwrap();
    assert!(other.alarms(FIRST).is_empty());
    // One that begins to read now finds nothing wrong either.
    let mut anew = Recounter::new(&other, FIRST, [8; 16]);
    call.world.clock.advance(10_000);
    recount(call, &mut anew);
    assert!(!alarmed(call) && other.alarms(FIRST).is_empty());
    assert_eq!(block_on(call.world.vault.mend_budgets(&operator)).unwrap(), 0);
}

#[test]
fn a_budget_that_is_deleted_gives_nothing_and_stops_disclosure() {
    let call = call(800, acts(5));
    let mut recounter = recounter(&call);
    for _ in 0..5 {
        name(&call).unwrap();
    }
    recount(&call, &mut recounter);
    assert!(!alarmed(&call));
    assert_eq!(call.world.edit(&format!("DELETE FROM budget WHERE {OWN}")), 1);
    is_noticed_and_mended(&call, &mut recounter);
    assert_refused(&call.world, name(&call), Refusal::BudgetExhausted);
}

#[test]
fn an_older_row_put_back_is_noticed_also_after_it_was_spent_on() {
    for more in [0, 1, 3] {
        let call = call(801 + more, acts(6));
        let mut recounter = recounter(&call);
        name(&call).unwrap();
        keep(&call);
        for _ in 0..2 {
            name(&call).unwrap();
        }
        recount(&call, &mut recounter);
        put_back(&call);
        // As much as before, or more: the row says no less than the log by then, but two entries moved from one total.
        for _ in 0..more {
            name(&call).unwrap();
        }
        is_noticed_and_mended(&call, &mut recounter);
        let spent = 3 + more;
        let left = (0..9).take_while(|_| name(&call).is_ok()).count() as u64;
        assert_eq!(left, 6 - spent, "everything that was shown counts");
    }
}

#[test]
fn a_row_that_was_put_back_while_nobody_served_is_noticed_at_the_start() {
    let mut call = call(810, acts(9));
    name(&call).unwrap();
    keep(&call);
    name(&call).unwrap();
    call.world.sequence(FIRST);
    put_back(&call);
    call.world.restart();
    let mut recounter = recounter(&call);
    is_noticed_and_mended(&call, &mut recounter);
}

#[test]
fn an_edited_row_is_noticed_before_anybody_spends_on_it() {
    let call = call(811, acts(9));
    let mut recounter = recounter(&call);
    name(&call).unwrap();
    recount(&call, &mut recounter);
    assert_eq!(call.world.edit(&format!("UPDATE budget SET total = 0 WHERE {OWN}")), 1);
    is_noticed_and_mended(&call, &mut recounter);
    name(&call).unwrap();
}

#[test]
fn the_count_of_mismatches_put_back_takes_no_alarm_back() {
    let call = call(812, acts(9));
    let mut recounter = recounter(&call);
    name(&call).unwrap();
    recount(&call, &mut recounter);
    keep(&call);
    call.world.edit(&format!("DELETE FROM budget WHERE {OWN}"));
    recount(&call, &mut recounter);
    assert!(alarmed(&call));
    put_back(&call);
    recount(&call, &mut recounter);
    assert!(alarmed(&call), "this node remembers, and the log does");
    let operator = call.world.vault.operator(FIRST);
    block_on(call.world.vault.mend_budgets(&operator)).unwrap();
    recount(&call, &mut recounter);
    assert!(!alarmed(&call));
}

#[test]
fn honest_histories_raise_nothing() {
    for seed in 820..824 {
        let mut call = call(seed, Limits { team: small(40), tenant: small(60), ..acts(20) });
        let mut recounter = recounter(&call);
        let mut chance = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for _ in 0..60 {
            chance = chance.rotate_left(23).wrapping_mul(0xd134_2543_de82_ef95) ^ 7;
            let agent = call.world.scope(&call.world.staff.agent);
            match chance >> 60 {
                0..6 => drop(name(&call)),
                6..8 => drop(block_on(call.world.vault.verify(&agent, &call.said(FieldKind::Name, "Bo")))),
                8 => drop(block_on(call.world.vault.verify(&agent, &call.said(FieldKind::Name, testkit::NAME)))),
                9 => drop(block_on(call.world.vault.search(&agent, call.interaction, &query_phone(PHONE).unwrap()))),
                10 => call.world.clock.advance(STEP_MS / 3),
                11 => {
                    call.world.clock.advance(HOUR_OVER_MS);
                    call.interaction = call.world.call(&call.world.staff.agent, Some(PHONE));
                }
                12 => call.world.restart(),
                13 => block_on(call.world.another_node().return_allotments()).unwrap(),
                14 => recounter = Recounter::new(&call.world.vault, FIRST, [9; 16]),
                _ => recount(&call, &mut recounter),
            }
        }
        call.world.clock.advance(5_000);
        let mut last = Recounter::new(&call.world.vault, FIRST, [1; 16]);
        recount(&call, &mut last);
        assert!(!alarmed(&call), "seed {seed}");
        assert_eq!(entries(&call, Kind::SpendingDisagrees), 0, "seed {seed}");
    }
}

fn small(hour: u32) -> Allowance {
    Allowance::of(PerWindow::hourly(hour))
}

#[test]
fn five_purposes_are_no_five_allowances() {
    let person = Allowance::of(PerWindow::hourly(6)).with(Purpose::Delivery, PerWindow::hourly(3));
    let call = call(830, Limits { weights: Weights::EVEN, person, ..Limits::default() });
    let reveal = |purpose| call.reveal(&RevealCommand { purpose, ..call.command(FieldKind::Name) });
    for _ in 0..3 {
        value(reveal(Purpose::Delivery));
    }
    let spent = match failure(reveal(Purpose::Delivery)) {
        VaultError::Refused { refusal: Refusal::PurposeExhausted, spent: Some(spent), .. } => spent,
        other => panic!("{other:?}"),
    };
    assert!(spent.purpose && spent.window == Window::Hour);
    assert_eq!(spent.free_at, Some(testkit::START.plus(HOUR_OVER_MS)));
    for purpose in [Purpose::Callback, Purpose::Correspondence, Purpose::Complaint] {
        value(reveal(purpose));
    }
    assert_refused(&call.world, reveal(Purpose::Correction), Refusal::BudgetExhausted);
}

#[test]
fn lists_of_numbers_are_not_tried_for_long() {
    let call = call(831, Limits::default());
    let agent = call.world.scope(&call.world.staff.agent);
    let mut tried = 0;
    loop {
        let term = query_phone(&format!("+447400{tried:06}")).unwrap();
        match block_on(call.world.vault.search(&agent, call.interaction, &term)) {
            Ok(found) => assert!(found.hits.is_empty()),
            Err(VaultError::Refused { refusal: Refusal::BudgetExhausted, .. }) => break,
            Err(error) => panic!("{error:?}"),
        }
        tried += 1;
    }
    assert_eq!(tried, 320 / 3, "a miss weighs three");
}

#[test]
fn a_wrong_answer_costs_more_than_a_right_one_and_is_paid_for_before_it_is_known() {
    let limits = Limits { verify_per_interaction: 99, verify_per_customer: 99, person: small(9), ..Limits::default() };
    let call = call(832, limits);
    let agent = call.world.scope(&call.world.staff.agent);
    let verify = |said| block_on(call.world.vault.verify(&agent, &call.said(FieldKind::DateOfBirth, said)));
    let used = || {
        let counter = Counter::person(BudgetKind::Information, call.world.staff.agent.id);
        let row = block_on(call.world.store.budget(FIRST, counter)).unwrap().unwrap();
        History::decode(&row.history).unwrap().used(testkit::START, Window::Hour, None)
    };
    assert!(verify(testkit::DATE_OF_BIRTH).unwrap().matched);
    assert_eq!(used(), 1);
    assert!(!verify("1999-01-01").unwrap().matched);
    assert_eq!(used(), 5);
    assert!(verify(testkit::DATE_OF_BIRTH).is_ok() && used() == 6);
    assert_refused(&call.world, verify(testkit::DATE_OF_BIRTH), Refusal::BudgetExhausted);
}

#[test]
fn a_clock_set_forward_and_back_gives_one_allowance_more_and_never_two() {
    let call = call(833, acts(4));
    let spend = || (0..9).take_while(|_| name(&call).is_ok()).count();
    assert_eq!(spend(), 4);
    let mut given = 4;
    for _ in 0..3 {
        call.world.clock.set(testkit::START.plus(2 * HOUR_OVER_MS));
        let call_then = call.world.call(&call.world.staff.agent, Some(PHONE));
        let command = RevealCommand { interaction: call_then, ..call.command(FieldKind::Name) };
        given += (0..9).take_while(|_| call.reveal(&command).is_ok()).count();
        call.world.clock.set(testkit::START);
        given += spend();
    }
    assert_eq!(given, 8, "what the furthest clock gave, once");
}

#[test]
fn an_update_within_the_hour_gives_no_second_allowance() {
    let call = call(834, Limits::default());
    name(&call).unwrap();
    // As a version from before would have left it: rows of the hour, and none of windows that slide.
    let counter: String = {
        let mut bytes = *Counter::person(BudgetKind::Information, call.world.staff.agent.id).bytes();
        bytes[1] = 1;
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let since = testkit::START.0;
    let old = format!("INSERT INTO hourly_budget VALUES (1, x'{counter}', {since}, 40, zeroblob(16), zeroblob(16))");
    assert_eq!(call.world.edit(&old), 1);
    for _ in 0..3 {
        block_on(call.world.vault.carry_budgets_over(FIRST)).unwrap();
    }
    assert_refused(&call.world, name(&call), Refusal::BudgetExhausted);
    assert_eq!(entries(&call, Kind::BudgetCarried), 1, "once");
}
