//! Who was erased doesn't come in again by an old file; who came back of their own accord does, and so do the others of a household.

use crate::correcting::corrected;
use crate::erasure::erased;
use crate::help::Call;
use crate::own_side::signed_in;
use crate::retention::{DAY, YEAR, is_there, run_at};
use domain::FieldKind;
use domain::field::{SearchTerm, query_email, query_phone};
use keys::KeyHolder;
use plan::Date;
use testkit::{EMAIL, FIRST, NAME, PHONE, SECOND, TestWorld, ana, block_on, name_and_phone, record};
use vault::{IntakeBatch, Kind, NewRecord};

const IMPORT: [u8; 16] = [5; 16];

/// Imports these; how many were taken in, and which were set aside.
fn import(world: &TestWorld, records: Vec<NewRecord>) -> (usize, Vec<usize>) {
    let operator = world.vault.operator(FIRST);
    let batch = IntakeBatch { import: IMPORT, rows_done: records.len() as u64, records, staged: true };
    let taken = block_on(world.vault.take_in(&operator, batch)).unwrap();
    block_on(world.vault.finish_intake(&operator)).unwrap();
    (taken.customers.len(), taken.set_aside.into_iter().collect())
}

fn found(world: &TestWorld, term: &SearchTerm) -> usize {
    let call = world.call(&world.staff.agent, None);
    block_on(world.vault.search(&world.scope(&world.staff.agent), call, term)).unwrap().hits.len()
}

/// The same record, made so many days from now.
fn made(world: &TestWorld, days: i64, record: NewRecord) -> NewRecord {
    let since: Option<Date> = Some(plan::day_of(world.vault.now().plus(days * DAY)));
    NewRecord { since, ..record }
}

fn called(name: &str) -> NewRecord {
    record(&[(FieldKind::Name, name), (FieldKind::Email, EMAIL)])
}

#[test]
fn who_was_erased_is_set_aside_and_not_found() {
    let call = Call::new(940);
    let world = &call.world;
    erased(world, call.customer).unwrap();
    let new = name_and_phone("New Nora", "+442079460777");
    let records = vec![ana(), new, called("Diaz, Ana"), name_and_phone("Dr Ana Diaz", PHONE)];
    assert_eq!(import(world, records), (1, vec![0, 2, 3]), "by either, however it is written");
    assert_eq!((found(world, &query_phone(PHONE).unwrap()), found(world, &query_email(EMAIL).unwrap())), (0, 0));
    assert_eq!(found(world, &query_phone("+442079460777").unwrap()), 1);
    let progress = block_on(world.vault.intake_progress(&world.vault.operator(FIRST), IMPORT)).unwrap();
    assert_eq!(progress, 4, "they count as done");
    let told = world.log(FIRST).into_iter().filter_map(|line| line.body).find(|body| body.kind == Kind::Import);
    assert_eq!(told.unwrap().detail, Some(1), "the entry counts those who came in");
    assert_ne!(world.add_in(SECOND, ana()), call.customer, "another company's customers are its own");
}

#[test]
fn what_is_kept_names_nobody_and_holds_no_digest_of_the_index() {
    let call = Call::new(941);
    let world = &call.world;
    let digests = [query_phone(PHONE).unwrap(), query_email(EMAIL).unwrap()].map(|term| {
        let asked = [(term.index.code(), term.normalised.as_bytes())];
        block_on(world.holder.index(FIRST, &asked)).unwrap()[0]
    });
    assert!(digests.iter().all(|digest| world.tables_holding(digest) == ["blind_index"]));
    erased(world, call.customer).unwrap();
    assert_eq!(world.database().number("SELECT count(*) FROM admission WHERE kind = 16"), 2, "an address and a number");
    for kept in digests.iter().chain([&call.customer.0]) {
        assert_eq!(world.tables_holding(kept), Vec::<String>::new());
    }
}

#[test]
fn a_record_of_a_later_day_comes_in_and_an_older_one_never_does() {
    let call = Call::new(942);
    let world = &call.world;
    erased(world, call.customer).unwrap();
    world.clock.advance(DAY);
    let all = [-2, -1, 0, 1].map(|days| made(world, days, ana()));
    assert_eq!(
        import(world, all.into()),
        (1, vec![0, 1, 3]),
        "of the same day it can be the old one, and none is of tomorrow"
    );
    assert_eq!(found(world, &query_phone(PHONE).unwrap()), 1);
    // What an old file holds of them is as old as before.
    assert_eq!(import(world, vec![ana(), made(world, -1, ana())]), (0, vec![0, 1]));
    assert_eq!(found(world, &query_phone(PHONE).unwrap()), 1);
}

#[test]
fn the_others_of_a_household_come_in_until_they_are_erased_too() {
    let call = Call::new(943);
    let world = &call.world;
    erased(world, call.customer).unwrap();
    let nameless = || record(&[(FieldKind::Email, EMAIL)]);
    assert_eq!(import(world, vec![called("Bea Diaz"), nameless()]), (1, vec![1]), "nobody knows whose it is");
    let agent = world.scope(&world.staff.agent);
    let interaction = world.call(&world.staff.agent, None);
    let hits = block_on(world.vault.search(&agent, interaction, &query_email(EMAIL).unwrap())).unwrap().hits;
    erased(world, hits[0].customer).unwrap();
    let all = vec![called("Bea Diaz"), called("Ana Diaz"), nameless(), called("Cleo Diaz")];
    assert_eq!(import(world, all), (1, vec![0, 1, 2]), "one doesn't take the other's place");
}

#[test]
fn whoever_had_no_name_is_met_by_every_name() {
    let call = Call::new(944);
    let world = &call.world;
    let numbers = ["+442079460601", "+442079460602"];
    let nameless = world.add(record(&numbers.map(|number| (FieldKind::Phone, number))));
    erased(world, nameless).unwrap();
    let records = numbers.map(|number| name_and_phone("Any Body", number)).into();
    assert_eq!(import(world, records), (0, vec![0, 1]), "each of several numbers counts");
}

#[test]
fn a_row_that_was_edited_counts_and_no_record_is_later() {
    let call = Call::new(945);
    let world = &call.world;
    erased(world, call.customer).unwrap();
    world.clock.advance(DAY);
    assert_eq!(world.edit("UPDATE admission SET expires = 0 WHERE kind = 16"), 2, "as if they had run out");
    assert_eq!(import(world, vec![ana(), made(world, 0, ana())]), (0, vec![0, 1]));
    assert_eq!(world.edit("UPDATE admission SET body = x'00' WHERE kind = 16"), 2);
    assert_eq!(import(world, vec![ana(), made(world, 0, ana())]), (0, vec![0, 1]));
}

#[test]
fn after_three_years_nothing_is_kept() {
    let call = Call::new(946);
    let world = &call.world;
    erased(world, call.customer).unwrap();
    let (at, old) = (world.vault.now(), || name_and_phone(NAME, PHONE));
    world.clock.set(at.plus(3 * YEAR - 1));
    assert_eq!(import(world, vec![old()]), (0, vec![0]));
    world.clock.set(at.plus(3 * YEAR));
    assert_eq!(import(world, vec![old()]), (1, vec![]));
}

#[test]
fn who_expired_is_set_aside_too_and_so_is_everybody_with_their_number() {
    let world = TestWorld::new(947);
    let olga = || name_and_phone("Old Olga", PHONE);
    let old = world.add(olga());
    run_at(&world, 3 * YEAR);
    assert!(!is_there(&world, old));
    world.clock.advance(DAY);
    let records = vec![olga(), name_and_phone("Other Otto", PHONE), made(&world, 0, olga())];
    assert_eq!(import(&world, records), (1, vec![0, 1]), "nothing was opened, so no name is known");
}

#[test]
fn who_erased_themselves_is_set_aside_too() {
    let call = Call::new(948);
    let (scope, _) = signed_in(&call.world);
    block_on(call.world.vault.forget_me(&scope)).unwrap();
    assert_eq!(import(&call.world, vec![ana()]), (0, vec![0]));
}

/// What an old file holds is what they were called, and reached by, before.
#[test]
fn who_corrected_their_name_number_or_address_is_set_aside_by_the_old_ones_too() {
    let others =
        [(FieldKind::Name, "Ana Neumann"), (FieldKind::Phone, "+442079460778"), (FieldKind::Email, "new@example.org")];
    for (seed, what) in (949..).zip(others) {
        let call = Call::new(seed);
        let world = &call.world;
        let (scope, _) = signed_in(world);
        corrected(world, &scope, what);
        erased(world, call.customer).unwrap();
        let by_each = vec![name_and_phone(NAME, PHONE), called(NAME)];
        assert_eq!(import(world, by_each), (0, vec![0, 1]), "{what:?}");
    }
}

/// By the shipped plan an order is kept for longer than what somebody is reached by.
#[test]
fn of_whom_only_an_order_is_left_is_set_aside_too() {
    let call = Call::new(953);
    let world = &call.world;
    run_at(world, 4 * YEAR);
    assert!(is_there(world, call.customer), "the order is there");
    assert_eq!(import(world, vec![name_and_phone(NAME, PHONE), called(NAME)]), (0, vec![0, 1]));
}
