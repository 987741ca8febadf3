//! Moving what is stored to a later suite: nothing fails to be read meanwhile, nobody goes back, and an older envelope that is
//! put back opens nowhere.

use crate::governance::Governed;
use crate::help::{Call, value};
use domain::{FieldKind, Suite};
use keys::{Header, KeyHolder, Suites};
use std::collections::BTreeMap;
use testkit::{FIRST, NAME, SECOND, TestWorld, block_on, name_and_phone};
use vault::{AlarmKind, Governing, IntakeBatch, Kind, PowerWish, Retirement, Rewrapping, VaultError};

const BOTH: Suites = Suites { seals: Suite::ChaChaPoly, opens: Suite::ChaChaPoly };

/// The shipped plan with suite 2 for everything.
fn suite_2() -> PowerWish {
    let toml = plan::DEFAULT.replace("suite = 1", "suite = 2");
    PowerWish::Governing(Governing::Plan { toml })
}

/// How many values lie in which suite.
fn census(world: &TestWorld) -> BTreeMap<Option<u16>, u64> {
    let mut found = BTreeMap::new();
    for one in block_on(world.store.field_census(FIRST)).unwrap() {
        *found.entry(Header::suite_of(&one.head)).or_default() += one.count;
    }
    found
}

fn begin(world: &TestWorld) -> Rewrapping {
    block_on(world.vault.begin_rewrap(&world.vault.operator(FIRST))).unwrap()
}

/// Walks once through everything; gives how many moved.
fn walk(world: &TestWorld) -> (u64, u64) {
    let mut walk = begin(world);
    while block_on(walk.step()).unwrap() {}
    (walk.moved, walk.unopened)
}

fn retire(world: &TestWorld) -> Retirement {
    block_on(world.vault.retire_suites(&world.vault.operator(FIRST))).unwrap()
}

/// What the log says of suites.
fn told(world: &TestWorld) -> Vec<(Kind, Option<u64>)> {
    let suites = |kind: &Kind| matches!(kind, Kind::SuiteRaised | Kind::FieldsRewrapped | Kind::SuiteRetired);
    let mut told: Vec<_> = world.log(FIRST).into_iter().filter_map(|line| line.body).collect();
    told.retain(|body| suites(&body.kind));
    told.reverse();
    told.into_iter().map(|body| (body.kind, body.detail)).collect()
}

fn people(world: &TestWorld, how_many: usize) {
    let records = (0..how_many).map(|_| name_and_phone("Liv Living", "+442079460333")).collect();
    let batch = IntakeBatch { import: [1; 16], rows_done: how_many as u64, records, staged: false };
    block_on(world.vault.take_in(&world.vault.operator(FIRST), batch)).unwrap();
}

/// The envelope of Ana's name, as whoever has the database sees it.
fn name_row(call: &Call) -> store::FieldRow {
    let rows = block_on(call.world.store.fields(FIRST, call.customer)).unwrap();
    rows.into_iter().find(|row| row.field == FieldKind::Name.code()).unwrap()
}

/// Puts an envelope into the database behind everybody's back.
fn put_back(call: &Call, sealed: &[u8]) {
    let hex = |bytes: &[u8]| format!("x'{}'", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let (sealed, customer) = (hex(sealed), hex(&call.customer.0));
    let field = FieldKind::Name.code();
    let statement = format!("UPDATE field SET sealed = {sealed} WHERE customer = {customer} AND field = {field}");
    assert_eq!(call.world.edit(&statement), 1);
}

#[test]
fn everything_moves_to_the_planned_suite_and_still_opens_and_each_step_is_an_entry() {
    let mut governed = Governed::new(900);
    people(&governed.call.world, 30);
    let before = census(&governed.call.world);
    assert_eq!(before.keys().collect::<Vec<_>>(), [&Some(1)]);
    assert_eq!(walk(&governed.call.world), (0, 0), "nothing else is planned");
    governed.make(suite_2());
    let all = before[&Some(1)];
    assert_eq!(walk(&governed.call.world), (all, 0));
    assert_eq!(census(&governed.call.world), BTreeMap::from([(Some(2), all)]));
    assert_eq!(governed.name().unwrap(), format!("\"{NAME}\""));
    assert_eq!(walk(&governed.call.world), (0, 0), "what has moved is passed over");
    assert_eq!(retire(&governed.call.world), Retirement::Done(Suite::ChaChaPoly));
    assert_eq!(retire(&governed.call.world), Retirement::Done(Suite::ChaChaPoly));
    governed.call.world.restart();
    assert_eq!(governed.name().unwrap(), format!("\"{NAME}\""));
    let steps = [(Kind::SuiteRaised, Some(2)), (Kind::FieldsRewrapped, Some(all)), (Kind::SuiteRetired, Some(2))];
    assert_eq!(told(&governed.call.world), steps);
    let holder = &governed.call.world.holder;
    assert_eq!(block_on(holder.suites(FIRST)), Ok(BOTH));
    assert_eq!(block_on(holder.suites(SECOND)), Ok(Suites::FIRST), "the other tenant keeps its own");
}

#[test]
fn a_new_value_is_sealed_as_its_kind_is_planned_and_mask_sheets_with_the_latest() {
    let governed = Governed::new(901);
    let one = plan::DEFAULT.replacen("suite = 1", "suite = 2", 1);
    governed.make(PowerWish::Governing(Governing::Plan { toml: one }));
    let new = governed.call.world.add(name_and_phone("Liv Living", "+442079460333"));
    let rows = block_on(governed.call.world.store.fields(FIRST, new)).unwrap();
    let suites: Vec<_> = rows.iter().map(|row| (row.field, Header::suite_of(&row.sealed[..3]))).collect();
    let (name, phone) = (FieldKind::Name.code(), FieldKind::Phone.code());
    assert_eq!(suites, [(0, Some(2)), (name, Some(2)), (phone, Some(1))]);
    walk(&governed.call.world);
    let suites = block_on(governed.call.world.holder.suites(FIRST)).unwrap();
    assert_eq!(suites, Suites::FIRST, "a kind is still planned with the first");
}

#[test]
fn an_envelope_of_a_retired_suite_that_is_put_back_opens_nowhere_and_raises_an_alarm() {
    let mut governed = Governed::new(902);
    let old = name_row(&governed.call);
    governed.make(suite_2());
    walk(&governed.call.world);
    let new = name_row(&governed.call);
    put_back(&governed.call, &old.sealed);
    assert!(governed.name().is_ok(), "until it is retired it opens");
    assert_eq!(retire(&governed.call.world), Retirement::Left(1), "nothing that opens is given up");
    assert_eq!(walk(&governed.call.world), (1, 0));
    assert_eq!(retire(&governed.call.world), Retirement::Done(Suite::ChaChaPoly));
    assert!(governed.name().is_ok());

    put_back(&governed.call, &old.sealed);
    for _ in 0..2 {
        let refused = governed.name();
        assert!(matches!(refused, Err(VaultError::Damaged)), "{refused:?}");
        let alarms = governed.vault().alarms(FIRST);
        assert!(alarms.iter().any(|alarm| alarm.kind == AlarmKind::SuitePutBack), "{alarms:?}");
        governed.call.world.restart();
    }
    assert_eq!(walk(&governed.call.world), (0, 1), "the way up doesn't launder it");
    // Nor does it open as one of the suite in force.
    let mut relabelled = old.sealed.clone();
    relabelled[1..3].copy_from_slice(&2_u16.to_be_bytes());
    put_back(&governed.call, &relabelled);
    assert!(matches!(governed.name(), Err(VaultError::Damaged)));
    put_back(&governed.call, &new.sealed);
    assert!(governed.name().is_ok());
}

#[test]
fn nobody_goes_back_to_an_older_suite_whatever_is_planned_then() {
    let governed = Governed::new(903);
    governed.make(suite_2());
    walk(&governed.call.world);
    governed.make(PowerWish::Governing(Governing::Plan { toml: String::new() }));
    let new = governed.call.world.add(name_and_phone("Liv Living", "+442079460333"));
    let rows = block_on(governed.call.world.store.fields(FIRST, new)).unwrap();
    assert!(rows.iter().all(|row| Header::suite_of(&row.sealed[..3]) == Some(2)));
    assert_eq!(walk(&governed.call.world), (0, 0), "what is sealed later stays");
    let lowered = block_on(governed.call.world.holder.raise_suites(FIRST, Suites::FIRST));
    assert_eq!(lowered.map(|suites| suites.seals), Ok(Suite::ChaChaPoly));
}

#[test]
fn an_edited_value_holds_no_other_back_and_stays_as_it_is() {
    let governed = Governed::new(904);
    people(&governed.call.world, 3);
    let mut edited = name_row(&governed.call).sealed;
    *edited.last_mut().unwrap() ^= 1;
    put_back(&governed.call, &edited);
    governed.make(suite_2());
    let (moved, unopened) = walk(&governed.call.world);
    assert_eq!(unopened, 1);
    assert_eq!(census(&governed.call.world), BTreeMap::from([(Some(1), 1), (Some(2), moved)]));
    assert_eq!(name_row(&governed.call).sealed, edited, "it is evidence");
    assert_eq!(retire(&governed.call.world), Retirement::Done(Suite::ChaChaPoly));
}

#[test]
fn goes_on_after_a_kill_at_any_step_and_every_value_can_be_read_at_each() {
    let mut governed = Governed::new(905);
    // More values than two steps look at.
    people(&governed.call.world, 800);
    governed.make(suite_2());
    let all: u64 = census(&governed.call.world).values().sum();
    let mut moved = 0;
    for steps in [0, 1, 2, 1, 3] {
        let mut walk = begin(&governed.call.world);
        for _ in 0..steps {
            block_on(walk.step()).unwrap();
            let phone = governed.call.reveal(&governed.call.command(FieldKind::Phone));
            assert!(value(phone).contains("44"));
            assert!(governed.name().is_ok());
        }
        moved += walk.moved;
        governed.call.world.restart();
    }
    assert_eq!((moved, census(&governed.call.world)), (all, BTreeMap::from([(Some(2), all)])), "each moved once");
}

#[test]
fn a_value_that_was_replaced_or_erased_meanwhile_stays_so() {
    let governed = Governed::new(906);
    let world = &governed.call.world;
    governed.make(suite_2());
    let gone = world.add(name_and_phone("Liv Living", "+442079460333"));
    let read = block_on(world.store.sealed_values(FIRST, None, 100)).unwrap();
    assert!(read.iter().any(|(customer, ..)| *customer == gone));
    crate::erasure::erased(world, gone).unwrap();
    let before = census(world);
    walk(world);
    assert!(block_on(world.store.fields(FIRST, gone)).unwrap().is_empty());
    assert_eq!(before.values().sum::<u64>(), census(world).values().sum::<u64>());
}
