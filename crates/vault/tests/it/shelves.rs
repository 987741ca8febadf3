//! Turning the shelf: old keys go, values stay, and what was erased before stays shut in old copies too.

use crate::help::{Call, value};
use domain::FieldKind;
use keys::{HolderError, KeyHolder, Shelved};
use store::Store;
use testkit::{FIRST, NAME, SECOND, block_on};
use vault::{Kind, ShelfTurn};

#[test]
fn destroys_the_old_key_and_every_value_still_opens() {
    let mut call = Call::new(140);
    call.world.add_shelf(FIRST, 2);
    let operator = call.world.vault.operator(FIRST);
    let turn = block_on(call.world.vault.turn_shelf(&operator, 2)).unwrap();
    assert_eq!(turn, ShelfTurn { moved: 1, destroyed: vec![1] });
    assert_eq!(block_on(call.world.store.customer(FIRST, call.customer)).unwrap().unwrap().epoch, 2);
    let left: Vec<_> =
        block_on(call.world.store.wrapped_keys()).unwrap().iter().map(|key| (key.tenant, key.epoch)).collect();
    assert_eq!(left, [(FIRST, 0), (FIRST, 2), (SECOND, 0), (SECOND, 1)], "the other tenant keeps its own");

    call.world.restart();
    assert_eq!(value(call.reveal(&call.command(FieldKind::Name))), format!("\"{NAME}\""));
    let turned =
        call.world.log(FIRST).into_iter().filter_map(|line| line.body).find(|body| body.kind == Kind::ShelfTurned);
    assert_eq!(turned.unwrap().detail, Some(1));
    let again = block_on(call.world.vault.turn_shelf(&operator, 2)).unwrap();
    assert_eq!(again, ShelfTurn::default());
}

#[test]
fn an_erased_customers_row_from_an_old_backup_does_not_open() {
    let mut call = Call::new(141);
    let _living = call.world.add(testkit::name_and_phone("Liv Living", "+442079460333"));
    let backup = block_on(call.world.store.customer(FIRST, call.customer)).unwrap().unwrap();
    let backup = Shelved { epoch: backup.epoch, wrapped: backup.wrapped };
    let opens = |call: &Call| block_on(call.world.holder.entry_keys(FIRST, &[(call.customer, &backup)])).map(drop);
    assert_eq!(opens(&call), Ok(()), "until the shelf is turned a backup still opens");

    let protection = call.world.scope(&call.world.staff.protection);
    block_on(call.world.vault.erase(&protection, call.customer)).unwrap();
    call.world.add_shelf(FIRST, 2);
    block_on(call.world.vault.turn_shelf(&call.world.vault.operator(FIRST), 2)).unwrap();
    call.world.restart();
    assert_eq!(opens(&call), Err(HolderError::NotOnShelf));
}

#[test]
fn a_key_that_somebody_lies_under_is_not_destroyed() {
    let call = Call::new(142);
    assert!(!block_on(call.world.store.destroy_shelf(FIRST, 1)).unwrap());
    assert!(!block_on(call.world.store.destroy_shelf(FIRST, 0)).unwrap(), "never the tenant's own key");
    value(call.reveal(&call.command(FieldKind::Name)));
}
