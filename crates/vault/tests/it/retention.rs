//! Retention by itself: who goes, who stays, what is left, and what doesn't bring them back.

use crate::help::{Call, assert_refused};
use crate::sessions::at_a_page;
use domain::field::query_phone;
use domain::{CustomerId, FieldKind, Millis, Refusal};
use keys::{HolderError, KeyHolder, Shelved};
use std::sync::Arc;
use testkit::{FIRST, PHONE, START, TestWorld, block_on, name_and_phone};
use transparency::verify_receipt;
use vault::{CertificateAnswer, Expirer, ExpiryStep, Kind, RetentionRun, ShelfKeeper, Vault, destroyed};

pub(crate) const DAY: i64 = 24 * 3_600_000;
pub(crate) const YEAR: i64 = 366 * DAY;
const OTHER_PHONE: &str = "+442079460333";

/// Ticks until nothing is left to do; gives the steps that it took.
pub(crate) fn run(vault: &Arc<Vault>) -> usize {
    rest(&mut Expirer::new(vault, FIRST, [1; 16]))
}

fn rest(expirer: &mut Expirer) -> usize {
    (0..).find(|_| block_on(expirer.tick()).unwrap() == ExpiryStep::Idle).unwrap()
}

/// The day's run at this time, after that of the day before: where none was for long, that one is a rehearsal.
pub(crate) fn run_at(world: &TestWorld, time: i64) {
    for time in [time - DAY, time] {
        after(world, time);
        run(&world.vault);
    }
}

pub(crate) fn last(world: &TestWorld) -> Option<RetentionRun> {
    block_on(world.vault.last_retention(FIRST)).unwrap()
}

pub(crate) fn is_there(world: &TestWorld, customer: CustomerId) -> bool {
    block_on(world.store.customer(FIRST, customer)).unwrap().is_some()
}

pub(crate) fn after(world: &TestWorld, time: i64) {
    world.clock.set(START.plus(time));
}

/// How many entries of a kind there are, and what they say.
fn told(world: &TestWorld, kind: Kind) -> Vec<Option<u64>> {
    let bodies = world.log(FIRST).into_iter().filter_map(|line| line.body);
    bodies.filter(|body| body.kind == kind && body.decision.is_ok()).map(|body| body.detail).collect()
}

#[test]
fn who_expired_goes_with_everything_and_who_has_not_stays() {
    let world = TestWorld::new(900);
    let old = world.add(name_and_phone("Old Olga", PHONE));
    after(&world, 2 * YEAR);
    let young = world.add(name_and_phone("Young Yan", OTHER_PHONE));
    run(&world.vault);
    assert!(is_there(&world, old) && is_there(&world, young), "three years after the last order, says the plan");

    run_at(&world, 3 * YEAR);
    assert!(!is_there(&world, old) && is_there(&world, young));
    assert_eq!(world.tables_holding(&old.0), Vec::<String>::new(), "these tables still name the customer");
    assert_eq!(told(&world, Kind::Expired), [Some(2)], "a name and a phone number");
    assert_eq!(told(&world, Kind::RetentionRun), [Some(1), Some(0), Some(0)], "two rehearsals before");
    let now = world.vault.now();
    let expected =
        RetentionRun { begun: now, rehearsed: false, looked_at: 2, customers: 1, values: 2, held: 0, doubtful: 0 };
    assert_eq!(last(&world), Some(expected));

    let agent = world.scope(&world.staff.agent);
    let call = world.call(&world.staff.agent, Some(PHONE));
    assert_eq!(block_on(world.vault.interaction(&agent, call)).unwrap().customer, None);
    assert!(block_on(world.vault.search(&agent, call, &query_phone(PHONE).unwrap())).unwrap().hits.is_empty());
    let found = block_on(world.vault.search(&agent, call, &query_phone(OTHER_PHONE).unwrap())).unwrap();
    assert_eq!(found.hits.iter().map(|hit| hit.customer).collect::<Vec<_>>(), [young]);
    assert!(world.log(FIRST).iter().all(|line| line.body.is_some()), "every audit half still opens against its leaf");
}

#[test]
fn the_first_run_and_one_after_a_leap_of_the_clock_destroy_nothing() {
    let world = TestWorld::new(912);
    let old = world.add(name_and_phone("Old Olga", PHONE));
    after(&world, 3 * YEAR);
    let young = world.add(name_and_phone("Young Yan", OTHER_PHONE));
    run(&world.vault);
    let rehearsal = last(&world).unwrap();
    assert_eq!((rehearsal.rehearsed, rehearsal.customers, rehearsal.values), (true, 1, 2), "it says who is due");
    assert!(is_there(&world, old) && told(&world, Kind::Expired).is_empty());
    after(&world, 3 * YEAR + DAY);
    run(&world.vault);
    assert!(!is_there(&world, old) && !last(&world).unwrap().rehearsed);

    after(&world, 7 * YEAR);
    run(&world.vault);
    assert!(is_there(&world, young) && last(&world).unwrap().rehearsed, "four years from one day to the next");
    after(&world, 7 * YEAR + DAY);
    run(&world.vault);
    assert!(!is_there(&world, young));
}

#[test]
fn one_run_a_day_and_no_other_however_many_nodes_there_are() {
    let world = TestWorld::new(901);
    let customer = world.add(name_and_phone("Old Olga", PHONE));
    after(&world, 3 * YEAR - DAY);
    run(&world.vault);
    after(&world, 3 * YEAR);
    let other = world.another_node();
    let (mut one, mut two) = (Expirer::new(&world.vault, FIRST, [1; 16]), Expirer::new(&other, FIRST, [2; 16]));
    loop {
        let steps = [block_on(one.tick()).unwrap(), block_on(two.tick()).unwrap()];
        if steps == [ExpiryStep::Idle; 2] {
            break;
        }
    }
    assert_eq!(run(&other), 0, "it was done today");
    assert!(!is_there(&world, customer));
    assert_eq!((told(&world, Kind::Expired).len(), told(&world, Kind::RetentionRun).len()), (1, 2));
    after(&world, 3 * YEAR + DAY);
    assert!(run(&other) > 0, "the next day has its own");
}

#[test]
fn whoever_was_in_touch_is_kept_from_then_on() {
    let world = TestWorld::new(902);
    let customer = world.add(name_and_phone("In Touch", PHONE));
    after(&world, 2 * YEAR);
    let _call = world.call(&world.staff.agent, Some(PHONE));
    run_at(&world, 3 * YEAR);
    assert!(is_there(&world, customer));
    run_at(&world, 5 * YEAR);
    assert!(!is_there(&world, customer));
    assert_eq!(world.tables_holding(&customer.0), Vec::<String>::new(), "their call has gone too");
}

#[test]
fn what_is_kept_longest_keeps_the_customer() {
    let call = Call::new(903);
    run_at(&call.world, 4 * YEAR);
    assert!(is_there(&call.world, call.customer), "an order is kept for ten years");
    run_at(&call.world, 11 * YEAR);
    assert!(!is_there(&call.world, call.customer));
}

#[test]
fn of_whom_there_is_no_value_nothing_has_expired() {
    let world = TestWorld::new(913);
    let empty = world.add(name_and_phone("Empty Emil", PHONE));
    let other = world.add(name_and_phone("Other Otto", OTHER_PHONE));
    assert_eq!(world.edit(&format!("DELETE FROM field WHERE customer = x'{}'", hex(&empty.0))), 3);
    run_at(&world, 3 * YEAR);
    assert!(is_there(&world, empty) && !is_there(&world, other));
    let run = last(&world).unwrap();
    assert_eq!((run.looked_at, run.customers, run.doubtful), (2, 1, 0));
}

#[test]
fn the_sweep_leaves_the_interactions_of_whoever_is_there() {
    let world = TestWorld::new(914);
    let gone = world.add(name_and_phone("Gone Gisa", "+442079460444"));
    let held = world.add(name_and_phone("Held Hella", PHONE));
    let calls = |phone| world.call(&world.staff.agent, Some(phone));
    let (of_held, of_gone) = (calls(PHONE), calls("+442079460444"));
    for officer in [&world.staff.protection, &world.staff.security] {
        block_on(world.vault.hold(&at_a_page(&world, officer), held, Some(domain::Hold::Litigation))).unwrap();
    }
    after(&world, 2 * YEAR);
    let living = world.add(name_and_phone("Living Lisa", OTHER_PHONE));
    let of_living = calls(OTHER_PHONE);
    run_at(&world, 3 * YEAR + 2 * DAY);
    assert!(is_there(&world, held) && is_there(&world, living) && !is_there(&world, gone));
    for (call, customer) in [(of_held, Some(held)), (of_living, Some(living)), (of_gone, None)] {
        let row = block_on(world.store.interaction(FIRST, call)).unwrap();
        assert_eq!(row.and_then(|row| row.customer), customer);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn an_edited_row_neither_keeps_nor_destroys_unnoticed() {
    let world = TestWorld::new(904);
    let edited = world.add(name_and_phone("Edited Edda", PHONE));
    let moved = world.add(name_and_phone("Moved Moritz", OTHER_PHONE));
    let _call = world.call(&world.staff.agent, Some(PHONE));
    assert_eq!(world.edit("UPDATE interaction SET active = active + 400000000000"), 1);
    let row = block_on(world.store.customer(FIRST, moved)).unwrap().unwrap();
    // Younger by its id: then its keys don't open under it.
    let mut younger = moved.0;
    younger[0] = younger[0].wrapping_add(1);
    let renamed = format!("UPDATE customer SET id = x'{}' WHERE id = x'{}'", hex(&younger), hex(&moved.0));
    assert_eq!(world.edit(&renamed), 1);
    let shelved = Shelved { epoch: row.epoch, wrapped: row.wrapped };
    let opened = block_on(world.holder.entry_keys(FIRST, &[(CustomerId(younger), &shelved)]));
    assert_eq!(opened.map(drop), Err(HolderError::NotOnShelf));

    run_at(&world, 3 * YEAR);
    assert!(is_there(&world, edited), "a row that says when was edited: the customer stays for security to look");
    assert_eq!(last(&world).unwrap().doubtful, 2);
    assert_eq!(told(&world, Kind::Expired), []);
}

#[test]
fn a_customer_whose_keys_do_not_open_is_not_counted_as_destroyed() {
    let world = TestWorld::new(905);
    let broken = world.add(name_and_phone("Bro Ken", PHONE));
    let fine = world.add(name_and_phone("Fi Ne", OTHER_PHONE));
    let hex: String = broken.0.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(world.edit(&format!("UPDATE customer SET wrapped = zeroblob(92) WHERE id = x'{hex}'")), 1);
    run_at(&world, 3 * YEAR);
    assert!(is_there(&world, broken) && !is_there(&world, fine));
    let run = last(&world).unwrap();
    assert_eq!((run.customers, run.doubtful), (1, 1));
}

#[test]
fn nothing_is_destroyed_by_a_plan_that_somebody_edited() {
    let world = TestWorld::new(906);
    let customer = world.add(name_and_phone("Old Olga", PHONE));
    after(&world, 3 * YEAR);
    assert!(world.edit("UPDATE person SET name = 'Mallory'") > 0);
    assert_eq!(run(&world.another_node()), 1, "begun, and left");
    assert!(is_there(&world, customer));
    assert_eq!(last(&world), None);
}

#[test]
fn a_run_that_was_cut_off_is_done_by_the_next() {
    let world = TestWorld::new(907);
    let customer = world.add(name_and_phone("Old Olga", PHONE));
    after(&world, 3 * YEAR - DAY);
    run(&world.vault);
    after(&world, 3 * YEAR);
    let mut cut = Expirer::new(&world.vault, FIRST, [1; 16]);
    assert_eq!(block_on(cut.tick()).unwrap(), ExpiryStep::More, "begun");
    assert_eq!(block_on(cut.tick()).unwrap(), ExpiryStep::More, "destroyed, and not swept");
    assert!(!is_there(&world, customer));
    assert!(!world.tables_holding(&customer.0).is_empty(), "the index still points there");
    drop(cut);
    world.clock.advance(120_000);
    rest(&mut Expirer::new(&world.another_node(), FIRST, [2; 16]));
    assert_eq!(world.tables_holding(&customer.0), Vec::<String>::new());
    assert_eq!(told(&world, Kind::Expired).len(), 1, "and not destroyed twice");
}

#[test]
fn nothing_brings_back_who_expired() {
    let mut world = TestWorld::new(908);
    let customer = world.add(name_and_phone("Old Olga", PHONE));
    let agent = world.scope(&world.staff.agent);
    let _look = world.call(&world.staff.agent, Some(PHONE));
    let backup = block_on(world.store.customer(FIRST, customer)).unwrap().unwrap();
    let fields = block_on(world.store.fields(FIRST, customer)).unwrap();
    assert_eq!(fields.len(), 3);
    let mut keeper = ShelfKeeper::new(&world.vault, FIRST);
    run_at(&world, 3 * YEAR);
    assert!(!is_there(&world, customer));

    // The caches of this node and of the next.
    let statement = world.scope(&world.staff.protection);
    let asked = block_on(world.vault.give_statement(&statement, customer)).map(drop);
    assert_refused(&world, asked, Refusal::NotFound);
    // An old file doesn't. Who came back later is somebody new: another id, other keys, and none of the old entries.
    let olga = || name_and_phone("Old Olga", PHONE);
    let old = block_on(world.vault.add_customer(&world.vault.operator(FIRST), olga()));
    assert_refused(&world, old, Refusal::ErasedBefore);
    world.clock.advance(DAY);
    let later = Some(plan::day_of(world.vault.now()));
    let again = world.add(vault::NewRecord { since: later, ..olga() });
    assert_ne!(again, customer);
    let given = block_on(world.vault.give_statement(&statement, again)).unwrap();
    assert_eq!(given.lines.len(), 1, "nothing but the statement itself is told of them");

    // A restore: the row opens until the shelf key is destroyed, and never again after that.
    let shelved = Shelved { epoch: backup.epoch, wrapped: backup.wrapped };
    for day in 0..15 {
        after(&world, 3 * YEAR + day * DAY);
        while block_on(keeper.tick()).unwrap() {}
    }
    let opens = |world: &TestWorld| block_on(world.holder.entry_keys(FIRST, &[(customer, &shelved)])).map(drop);
    assert_eq!(opens(&world), Err(HolderError::NotOnShelf));
    world.restart();
    assert_eq!(opens(&world), Err(HolderError::NotOnShelf));
    drop(agent);
}

#[test]
fn a_certificate_says_what_went_and_proves_it() {
    let call = Call::new(909);
    let expired = call.world.add(name_and_phone("Old Olga", OTHER_PHONE));
    let protection = call.world.scope(&call.world.staff.protection);
    let erased = crate::erasure::erased(&call.world, call.customer).unwrap();
    call.world.sequence(FIRST);
    let CertificateAnswer::Ready(asked) =
        block_on(call.world.vault.erasure_certificate(&protection, erased.receipt)).unwrap()
    else {
        panic!("the entry has its place")
    };
    let leaf = block_on(call.world.store.entry(FIRST, erased.receipt)).unwrap().unwrap().leaf;
    verify_receipt(&asked.proof, &leaf, &call.world.log_keys(FIRST)).unwrap();
    let told = destroyed(&asked.opening.told(&leaf).unwrap()).unwrap();
    assert_eq!((told, told.expired, told.values), (asked.destroyed, false, None));
    assert_eq!(told.backups_unreadable_by, told.at.plus(14 * DAY));
    assert!(!asked.backups_unreadable, "the shelf key is still there");
    let mut edited = asked.opening.clone();
    *edited.audit.last_mut().unwrap() ^= 1;
    assert_eq!(edited.told(&leaf), None);

    run_at(&call.world, 3 * YEAR);
    assert!(!is_there(&call.world, expired));
    let line =
        call.world.log(FIRST).into_iter().find(|line| line.body.as_ref().unwrap().kind == Kind::Expired).unwrap();
    for day in 0..15 {
        after(&call.world, 3 * YEAR + day * DAY);
        let mut keeper = ShelfKeeper::new(&call.world.vault, FIRST);
        while block_on(keeper.tick()).unwrap() {}
    }
    let auditor = call.world.scope(&call.world.staff.security);
    let CertificateAnswer::Ready(by_itself) =
        block_on(call.world.vault.erasure_certificate(&auditor, line.entry)).unwrap()
    else {
        panic!("the entry has its place")
    };
    let Millis(at) = by_itself.destroyed.at;
    assert_eq!((by_itself.destroyed.expired, by_itself.destroyed.values, at), (true, Some(2), START.plus(3 * YEAR).0));
    assert!(by_itself.backups_unreadable);
}

#[test]
fn there_is_no_certificate_of_what_was_no_erasure() {
    let call = Call::new(910);
    let revealed = call.reveal(&call.command(FieldKind::Name)).ok().unwrap();
    let protection = call.world.scope(&call.world.staff.protection);
    let asked = block_on(call.world.vault.erasure_certificate(&protection, revealed.receipt)).map(drop);
    assert_refused(&call.world, asked, Refusal::NotFound);
    crate::erasure::erased(&call.world, call.customer).unwrap();
    let mut first = call.world.log(FIRST).into_iter().filter_map(|line| {
        let body = line.body?;
        (body.kind == Kind::Erasure && body.detail.is_none()).then_some(line.entry)
    });
    let step = first.next_back().unwrap();
    let asked = block_on(call.world.vault.erasure_certificate(&protection, step)).map(drop);
    assert_refused(&call.world, asked, Refusal::NotFound);
    let agent = call.world.scope(&call.world.staff.agent);
    let asked = block_on(call.world.vault.erasure_certificate(&agent, step)).map(drop);
    assert_refused(&call.world, asked, Refusal::RoleNotAllowed);
}
