//! Turning the shelf: old keys go, values stay, and what was erased before stays shut in old copies too.

use crate::help::{Call, value};
use domain::FieldKind;
use keys::{HolderError, KeyHolder, Shelved};
use testkit::{FIRST, NAME, SECOND, START, block_on, name_and_phone};
use vault::{Kind, ShelfKeeper, ShelfTurn};

const DAY: i64 = 24 * 3_600_000;

/// The epochs of a tenant's shelf keys.
fn shelves(call: &Call, tenant: domain::TenantId) -> Vec<u32> {
    call.world.keyring().shelves(tenant).map(|shelf| shelf.epoch).collect()
}

fn epoch(call: &Call) -> u32 {
    block_on(call.world.store.customer(FIRST, call.customer)).unwrap().unwrap().epoch
}

/// What the log says of shelves, by moment and name.
fn told(call: &Call) -> Vec<(Kind, Option<u64>)> {
    let shelf = |kind: &Kind| matches!(kind, Kind::KeyMade | Kind::ShelfTurned | Kind::KeyDestroyed);
    let mut told: Vec<_> = call.world.log(FIRST).into_iter().filter_map(|line| line.body).collect();
    told.retain(|body| shelf(&body.kind));
    told.sort_by_key(|body| (body.at, body.kind.slug()));
    told.into_iter().map(|body| (body.kind, body.detail)).collect()
}

fn tick_to_rest(keeper: &mut ShelfKeeper) -> usize {
    (1..).find(|_| !block_on(keeper.tick()).unwrap()).unwrap()
}

#[test]
fn by_hand_destroys_the_old_key_and_every_value_still_opens() {
    let mut call = Call::new(140);
    let operator = call.world.vault.operator(FIRST);
    let turn = block_on(call.world.vault.turn_shelf(&operator)).unwrap();
    assert_eq!(turn, ShelfTurn { shelf: 2, moved: 1, destroyed: vec![1], waiting: vec![] });
    assert_eq!(epoch(&call), 2);
    assert_eq!((shelves(&call, FIRST), shelves(&call, SECOND)), (vec![2], vec![1]), "the other tenant keeps its own");

    call.world.restart();
    assert_eq!(value(call.reveal(&call.command(FieldKind::Name))), format!("\"{NAME}\""));
    let expected = [(Kind::KeyDestroyed, Some(1)), (Kind::KeyMade, Some(2)), (Kind::ShelfTurned, Some(1))];
    assert_eq!(told(&call), expected);
    let again = block_on(call.world.vault.turn_shelf(&operator)).unwrap();
    assert_eq!(again, ShelfTurn { shelf: 3, moved: 1, destroyed: vec![2], waiting: vec![] });
}

#[test]
fn an_erased_customers_row_from_an_old_backup_does_not_open() {
    let mut call = Call::new(141);
    let _living = call.world.add(name_and_phone("Liv Living", "+442079460333"));
    let backup = block_on(call.world.store.customer(FIRST, call.customer)).unwrap().unwrap();
    let backup = Shelved { epoch: backup.epoch, wrapped: backup.wrapped };
    let opens = |call: &Call| block_on(call.world.holder.entry_keys(FIRST, &[(call.customer, &backup)])).map(drop);
    assert_eq!(opens(&call), Ok(()), "until the shelf is turned a backup still opens");

    crate::erasure::erased(&call.world, call.customer).unwrap();
    block_on(call.world.vault.turn_shelf(&call.world.vault.operator(FIRST))).unwrap();
    assert_eq!(opens(&call), Err(HolderError::NotOnShelf), "not in the process that destroyed it");
    call.world.restart();
    assert_eq!(opens(&call), Err(HolderError::NotOnShelf), "nor in the next");
}

#[test]
fn by_the_clock_turns_weekly_and_an_erased_customer_is_unreadable_within_the_days_that_were_named() {
    let mut call = Call::new(143);
    let living = call.world.add(name_and_phone("Liv Living", "+442079460333"));
    let backup = block_on(call.world.store.customer(FIRST, call.customer)).unwrap().unwrap();
    let backup = Shelved { epoch: backup.epoch, wrapped: backup.wrapped };
    let named = crate::erasure::erased(&call.world, call.customer).unwrap().backups_unreadable_by;

    let mut keeper = ShelfKeeper::new(&call.world.vault, FIRST);
    let mut unreadable = None;
    for hour in 1..=15 * 24 {
        call.world.clock.set(START.plus(hour * 3_600_000));
        tick_to_rest(&mut keeper);
        if hour == 7 * 24 - 1 {
            assert_eq!(shelves(&call, FIRST), [1], "a week isn't over");
        }
        if hour == 7 * 24 {
            assert_eq!(shelves(&call, FIRST), [1, 2], "the old key stays for some days");
            assert_eq!(block_on(call.world.store.customer(FIRST, living)).unwrap().unwrap().epoch, 2);
        }
        let opens = block_on(call.world.holder.entry_keys(FIRST, &[(call.customer, &backup)]));
        if opens.is_err() && unreadable.is_none() {
            unreadable = Some(hour);
        }
    }
    assert_eq!(unreadable, Some(13 * 24));
    assert!(START.plus(13 * DAY) < named, "before the day that the erasure named");
    let expected = [
        (Kind::KeyMade, Some(2)),
        (Kind::ShelfTurned, Some(1)),
        (Kind::KeyDestroyed, Some(1)),
        (Kind::KeyMade, Some(3)),
        (Kind::ShelfTurned, Some(1)),
    ];
    assert_eq!(told(&call), expected);
    call.world.restart();
    assert!(crate::erasure::erased(&call.world, living).is_ok(), "the living still opens");
}

#[test]
fn goes_on_after_a_kill_at_any_step() {
    // More customers than one step moves.
    let mut call = Call::new(144);
    let operator = call.world.vault.operator(FIRST);
    let records = (0..600).map(|_| name_and_phone("Liv Living", "+442079460333")).collect();
    let batch = vault::IntakeBatch { import: [1; 16], rows_done: 600, records, staged: false };
    block_on(call.world.vault.take_in(&operator, batch)).unwrap();
    call.world.clock.set(START.plus(7 * DAY));
    // After so many steps everything starts anew: before anybody moved, amid the customers, at their end.
    for steps in [1, 1, 2, 3, 4] {
        let mut keeper = ShelfKeeper::new(&call.world.vault, FIRST);
        for _ in 0..steps {
            block_on(keeper.tick()).unwrap();
        }
        call.world.restart();
    }
    assert!(block_on(call.world.store.shelf_is_empty(FIRST, 1)).unwrap());
    assert_eq!(shelves(&call, FIRST), [1, 2]);
    let moved: u64 = told(&call).iter().filter(|(kind, _)| *kind == Kind::ShelfTurned).filter_map(|(_, n)| *n).sum();
    assert_eq!(moved, 601, "each customer moved once");

    call.world.clock.set(START.plus(13 * DAY));
    tick_to_rest(&mut ShelfKeeper::new(&call.world.vault, FIRST));
    assert_eq!(shelves(&call, FIRST), [2]);
    let fresh = call.world.call(&call.world.staff.agent, Some(testkit::PHONE));
    let command = vault::RevealCommand { interaction: fresh, ..call.command(FieldKind::Name) };
    assert_eq!(value(call.reveal(&command)), format!("\"{NAME}\""));
}

#[test]
fn a_key_that_somebody_lies_under_is_not_destroyed_and_one_edited_row_holds_nobody_else_back() {
    let call = Call::new(142);
    let living = call.world.add(name_and_phone("Liv Living", "+442079460333"));
    let edited = format!("x'{}'", call.customer.0.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let statement = format!("UPDATE customer SET wrapped = zeroblob(92) WHERE id = {edited}");
    assert_eq!(call.world.edit(&statement), 1);
    let mut keeper = ShelfKeeper::new(&call.world.vault, FIRST);
    for day in 7..14 {
        call.world.clock.set(START.plus(day * DAY));
        tick_to_rest(&mut keeper);
    }
    assert_eq!(shelves(&call, FIRST), [1, 2]);
    assert_eq!(block_on(call.world.store.customer(FIRST, living)).unwrap().unwrap().epoch, 2);
    assert_eq!(epoch(&call), 1);
    assert_eq!(block_on(call.world.holder.destroy_shelf(FIRST, 2)), Ok(false), "the newest is never destroyed");
}

#[test]
fn no_file_but_the_keyring_holds_a_shelf_or_tenant_key_in_any_form() {
    let call = Call::new(145);
    block_on(call.world.vault.turn_shelf(&call.world.vault.operator(FIRST))).unwrap();
    let ring = std::fs::read(call.world.directory().join("root.keyring")).unwrap();
    // What is wrapped lies at the end of each entry: 60 bytes behind tenant, epoch and date.
    let entries = &ring[ring.len() - 32 - 4 * 76..ring.len() - 32];
    for wrapped in entries.chunks(76).map(|entry| &entry[16..]) {
        for file in std::fs::read_dir(call.world.directory()).unwrap().map(|file| file.unwrap().path()) {
            let holds = std::fs::read(&file).unwrap().windows(wrapped.len()).any(|window| window == wrapped);
            assert_eq!(holds, file.ends_with("root.keyring"), "{}", file.display());
        }
    }
}
