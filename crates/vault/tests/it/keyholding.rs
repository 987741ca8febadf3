//! A vault whose keys are with a key holder that keeps watch: what it is told, and what it stops.

use crate::help::Call;
use domain::{Clock, FieldKind, TenantId};
use keyholder::{Alarms, Ceilings, InProcess, KeyringFile, RootKey, Watched};
use keys::HolderError;
use std::sync::Arc;
use testkit::{FIRST, SECOND, TestWorld, block_on, tenant_config};
use vault::{AlarmKind, ShelfKeeper, Unready, Vault, VaultError};

/// A call whose vault asks a key holder with a directory of its own, which has been up for a while.
fn watched(seed: u64, dir: &std::path::Path) -> Call {
    watched_by(seed, dir, |holder| holder).0
}

/// The same, with the key holder as somebody else made it of this one.
pub(crate) fn watched_by(
    seed: u64,
    dir: &std::path::Path,
    made: impl FnOnce(Watched) -> Watched,
) -> (Call, Arc<Watched>) {
    let mut call = Call::new(seed);
    let world = &mut call.world;
    // What was written before is in the log.
    [FIRST, SECOND].into_iter().for_each(|tenant: TenantId| world.sequence(tenant));
    let key_file = world.directory().join("root.key");
    let file = KeyringFile::new(&key_file, RootKey::load(&key_file).unwrap());
    let keys =
        InProcess::open(file, Arc::clone(&world.clock) as _, Arc::clone(&world.entropy) as _, vault::waits()).unwrap();
    let clock = Arc::clone(&world.clock);
    let holder = Watched::open(keys, dir, Ceilings { person: 100, tenant: 100 }, Arc::clone(&clock) as _).unwrap();
    let holder = Arc::new(made(holder));
    world.vault = node(world, &holder);
    world.clock.advance(3_000);
    (call, holder)
}

/// A node of that world, whose keys are with this holder.
pub(crate) fn node(world: &TestWorld, holder: &Arc<Watched>) -> Arc<Vault> {
    let opened = Vault::open(
        Arc::clone(&world.store),
        Arc::clone(holder) as _,
        Arc::clone(&world.clock) as _,
        Arc::clone(&world.entropy) as _,
        vec![tenant_config(FIRST), tenant_config(SECOND)],
        world.config.clone(),
    );
    Arc::new(block_on(opened).unwrap())
}

fn reveal(call: &Call) -> Result<(), VaultError> {
    call.reveal(&call.command(FieldKind::Name)).map(drop)
}

#[test]
fn a_node_is_ready_once_a_key_holder_that_has_just_started_releases_keys() {
    let dir = tempfile::tempdir().unwrap();
    let call = watched(78, dir.path());
    // Two seconds after its start, to the millisecond.
    call.world.clock.advance(-1_000);
    assert_eq!(block_on(call.world.vault.can_serve()), Err(Unready::Settling));
    assert_eq!(reveal(&call), Err(VaultError::Holder(HolderError::Stale)));
    call.world.clock.advance(1_000);
    assert_eq!(block_on(call.world.vault.can_serve()), Ok(()));
    reveal(&call).unwrap();
}

#[test]
fn a_node_that_publishes_nothing_gets_no_more_keys_and_one_that_does_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let call = watched(71, dir.path());
    reveal(&call).unwrap();
    call.world.clock.advance(31_000);
    let refused = reveal(&call).err();
    assert!(matches!(refused, Some(VaultError::Holder(HolderError::Unpublished))), "{refused:?}");
    // The sequencer comes to work and tells of it.
    call.world.sequence(FIRST);
    reveal(&call).unwrap();
}

#[test]
fn what_a_dead_sequencer_published_and_told_nobody_of_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let call = watched(72, dir.path());
    call.world.sequence(FIRST);
    reveal(&call).unwrap();
    // Published by a node that is with another key holder, so that this one isn't told.
    let other = call.world.another_node();
    let mut sequencer = vault::Sequencer::new(&other, &tenant_config(FIRST), [9; 16]).unwrap();
    while block_on(sequencer.tick()).unwrap() > 0 {}
    block_on(sequencer.give_back()).unwrap();
    call.world.clock.advance(31_000);
    assert!(reveal(&call).is_err());
    let mut sequencer = call.world.sequencer(FIRST, 1);
    for _ in 0..3 {
        block_on(sequencer.tick()).unwrap();
        call.world.clock.advance(1);
    }
    reveal(&call).unwrap();
}

/// Of two nodes the one to which nothing came for minutes doesn't know that the other went on with the log.
#[test]
fn a_node_that_another_has_overtaken_tells_of_no_old_end() {
    let dir = tempfile::tempdir().unwrap();
    let call = watched(80, dir.path());
    let [mut one, mut other] = [1, 2].map(|node| call.world.sequencer(FIRST, node));
    let place = |sequencer: &mut vault::Sequencer| while block_on(sequencer.tick()).unwrap() > 0 {};
    place(&mut one);
    // Its lease runs out, and the other takes it with nothing to do.
    call.world.clock.advance(5_000);
    place(&mut other);
    reveal(&call).unwrap();
    place(&mut other);
    for _ in 0..80 {
        call.world.clock.advance(2_500);
        place(&mut one);
        reveal(&call).unwrap();
        place(&mut other);
    }
    assert_eq!(Alarms::open(dir.path()).unwrap().all().unwrap().len(), 0);
}

#[test]
fn a_key_holder_that_never_heard_of_a_long_log_hears_it_from_where_a_node_begins_to_serve() {
    let dir = tempfile::tempdir().unwrap();
    let call = watched(79, dir.path());
    // Of before it, told by nobody.
    let other = call.world.another_node();
    let scope = call.world.scope(&call.world.staff.security);
    for _ in 0..300 {
        block_on(other.sessions(&scope)).unwrap();
    }
    let publish = || {
        let mut sequencer = vault::Sequencer::new(&other, &tenant_config(FIRST), [9; 16]).unwrap();
        while block_on(sequencer.tick()).unwrap() > 0 {}
        block_on(sequencer.give_back()).unwrap();
    };
    publish();
    block_on(call.world.vault.introduce_log(&tenant_config(FIRST))).unwrap();
    // Released, and published by a node that tells nobody; then some hundreds more.
    reveal(&call).unwrap();
    for _ in 0..600 {
        block_on(other.sessions(&scope)).unwrap();
    }
    publish();
    call.world.clock.advance(31_000);
    let refused = reveal(&call).err();
    assert!(matches!(refused, Some(VaultError::Holder(HolderError::Unpublished))), "{refused:?}");
    call.world.sequence(FIRST);
    reveal(&call).unwrap();
}

#[test]
fn the_person_of_the_entry_and_the_customers_counter_are_what_the_holder_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let call = watched(73, dir.path());
    let receipt = call.reveal(&call.command(FieldKind::Name)).unwrap().receipt;
    let journal = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let journal = journal.into_iter().find(|path| path.extension().is_some_and(|end| end == "log")).unwrap();
    let bytes = std::fs::read(journal).unwrap();
    let line = bytes.chunks(72).next_back().unwrap();
    assert_eq!(line[13..29], receipt.0);
    assert_eq!(line[29..45], call.world.staff.agent.id.0);
    assert_eq!(line[45..61], call.customer.0);
    assert!(u64::from_be_bytes(line[61..69].try_into().unwrap()) > 0);
    let at = i64::from_be_bytes(line[5..13].try_into().unwrap());
    assert_eq!(at, call.world.clock.now().0);
}

/// The command has nobody's clock to wait by, and asks for nothing that the key holder would take for an attempt on the data.
#[test]
fn a_shelf_that_is_turned_by_hand_waits_with_a_key_holder_of_its_own_and_the_server_ends_it() {
    const DAY_MS: i64 = 24 * 3_600_000;
    let dir = tempfile::tempdir().unwrap();
    let call = watched(74, dir.path());
    let shelves = || call.world.keyring().shelves(FIRST).map(|shelf| shelf.epoch).collect::<Vec<_>>();
    let turn = block_on(call.world.vault.turn_shelf(&call.world.vault.operator(FIRST))).unwrap();
    assert_eq!((turn.moved, turn.destroyed, turn.waiting), (1, vec![], vec![1]));
    assert_eq!(shelves(), [1, 2]);
    assert_eq!(Alarms::open(dir.path()).unwrap().all().unwrap(), []);
    reveal(&call).unwrap();
    call.world.sequence(FIRST);
    let mut keeper = ShelfKeeper::new(&call.world.vault, FIRST);
    call.world.clock.advance(6 * DAY_MS - 1);
    while block_on(keeper.tick()).unwrap() {}
    assert_eq!(shelves(), [1, 2]);
    call.world.clock.advance(1);
    while block_on(keeper.tick()).unwrap() {}
    assert_eq!(shelves(), [2]);
    assert_eq!(Alarms::open(dir.path()).unwrap().all().unwrap(), []);
}

#[test]
fn the_key_holders_alarm_is_shown_to_who_watches_until_somebody_acknowledges_it_there() {
    let dir = tempfile::tempdir().unwrap();
    let call = watched(75, dir.path());
    let shown = || {
        block_on(call.world.vault.settle_holder_alarm(FIRST)).unwrap();
        let board = call.world.scope(&call.world.staff.board);
        let shown = call.world.vault.alarms_shown(&board).unwrap();
        shown.iter().any(|alarm| alarm.kind == AlarmKind::HolderAlarmed)
    };
    assert!(!shown());
    reveal(&call).unwrap();
    call.world.clock.advance(31_000);
    assert!(reveal(&call).is_err(), "nothing was published");
    assert!(shown());
    assert!(call.world.vault.alarms(SECOND).is_empty(), "another tenant's is nobody else's");
    Alarms::open(dir.path()).unwrap().acknowledge().unwrap();
    assert!(!shown());
}
