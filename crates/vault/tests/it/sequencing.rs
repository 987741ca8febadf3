//! The sequencer: resumes, never forks, and its receipts verify.

use crate::help::{Call, failure, value};
use domain::FieldKind;
use testkit::{FIRST, TestWorld, block_on};
use transparency::{Checkpoint, TilePath, consistency_proof, verify_checkpoint, verify_consistency, verify_receipt};
use vault::{ReceiptAnswer, Vault, VaultError};

pub(crate) fn checkpoint(vault: &Vault) -> Checkpoint {
    let head = block_on(vault.log_head(FIRST)).unwrap();
    verify_checkpoint(&head.checkpoint, &vault::origin_keys(vault, &vault.tenants()[0]).unwrap()).unwrap()
}

/// The later log contains the earlier one, as a stranger checks it from the tiles.
pub(crate) fn assert_grown(vault: &Vault, old: &Checkpoint, new: &Checkpoint) {
    if old.size == 0 || old.size == new.size {
        assert!(old.size == 0 || old.root == new.root);
        return;
    }
    let mut tiles: Vec<(TilePath, Vec<u8>)> = Vec::new();
    let proof = loop {
        let mut missing = None;
        let find = |path: TilePath| {
            let found = tiles.iter().find(|(known, _)| *known == path).map(|(_, data)| data.clone());
            missing = missing.or(found.is_none().then_some(path));
            found
        };
        match (consistency_proof(old.size, new.size, find), missing) {
            (Ok(proof), _) => break proof,
            (Err(_), Some(path)) => tiles.push((path, block_on(vault.log_tile(FIRST, path)).unwrap().unwrap())),
            (Err(error), None) => panic!("{error:?}"),
        }
    };
    verify_consistency(old.size, &old.root, new.size, &new.root, &proof).unwrap();
}

fn assert_every_receipt_verifies(world: &TestWorld) {
    let keys = world.log_keys(FIRST);
    let size = checkpoint(&world.vault).size;
    let rows = block_on(world.store.entries(FIRST, None, 10_000)).unwrap();
    assert_eq!(rows.len() as u64, size);
    for row in rows {
        let ReceiptAnswer::Ready(receipt) = block_on(world.vault.receipt(FIRST, row.id)).unwrap() else {
            panic!("the entry is sequenced")
        };
        let verified = verify_receipt(&receipt, &row.leaf, &keys).unwrap();
        assert_eq!(Some(verified.index), row.index);
        let mut edited = row.leaf;
        edited[40] ^= 1;
        assert!(verify_receipt(&receipt, &edited, &keys).is_err());
    }
}

#[test]
fn an_entry_is_pending_and_then_has_a_receipt() {
    let call = Call::new(130);
    let revealed = call.reveal(&call.command(FieldKind::Name)).ok().unwrap();
    let answer = block_on(call.world.vault.receipt(FIRST, revealed.receipt)).unwrap();
    assert_eq!(answer, ReceiptAnswer::Pending);
    call.world.sequence(FIRST);
    assert_every_receipt_verifies(&call.world);
    let unknown = failure(block_on(call.world.vault.receipt(FIRST, domain::EntryId([1; 16]))));
    assert_eq!(
        unknown,
        VaultError::Refused { refusal: domain::Refusal::NotFound, entry: None, rule: None, spent: None, plan: None }
    );
}

#[test]
fn a_sequencer_that_died_is_followed_by_one_that_goes_on() {
    let call = Call::new(131);
    let mut old = checkpoint_after(&call.world);
    for round in 0..6 {
        for _ in 0..=round * 30 {
            let _customer = call.world.add(testkit::name_and_phone("Ann Other", "+442079460222"));
        }
        let mut sequencer = call.world.sequencer(FIRST, round);
        call.world.clock.advance(2_000);
        assert!(block_on(sequencer.tick()).unwrap() > 0);
        drop(sequencer);
        let new = checkpoint(&call.world.vault);
        assert_grown(&call.world.vault, &old, &new);
        old = new;
    }
    assert!(old.size > 256, "more than one tile");
    assert_every_receipt_verifies(&call.world);
}

fn checkpoint_after(world: &TestWorld) -> Checkpoint {
    world.sequence(FIRST);
    world.clock.advance(2_000);
    checkpoint(&world.vault)
}

#[test]
fn of_two_sequencers_one_publishes_at_a_time_and_they_never_fork() {
    let call = Call::new(132);
    let mut both = [call.world.sequencer(FIRST, 1), call.world.sequencer(FIRST, 2)];
    let mut published = [0_usize; 2];
    let mut old = None;
    for step in 0..40_usize {
        value_if_allowed(&call);
        let turn = (step / 3) % 2;
        published[turn] += block_on(both[turn].tick()).unwrap();
        if let Some(old) = &old {
            assert_grown(&call.world.vault, old, &checkpoint(&call.world.vault));
        }
        old = Some(checkpoint(&call.world.vault));
        call.world.clock.advance(if step % 5 == 4 { 1_600 } else { 200 });
    }
    assert!(published.iter().all(|count| *count > 0), "each had its turn: {published:?}");
    call.world.clock.advance(2_000);
    call.world.sequence(FIRST);
    assert_every_receipt_verifies(&call.world);
}

fn value_if_allowed(call: &Call) {
    drop(call.reveal(&call.command(FieldKind::Name)));
}

#[test]
fn two_sequencers_in_two_threads_never_fork() {
    let call = Call::new(133);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|threads| {
        for node in [1, 2] {
            let (world, done) = (&call.world, &done);
            threads.spawn(move || {
                let mut sequencer = world.sequencer(FIRST, node);
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    block_on(sequencer.tick()).unwrap();
                }
            });
        }
        for _ in 0..60 {
            value_if_allowed(&call);
            call.world.clock.advance(400);
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    call.world.clock.advance(2_000);
    call.world.sequence(FIRST);
    assert_every_receipt_verifies(&call.world);
}

#[test]
fn tiles_that_do_not_fit_the_signed_checkpoint_stop_the_log() {
    let call = Call::new(134);
    call.world.sequence(FIRST);
    value(call.reveal(&call.command(FieldKind::Name)));
    assert!(call.world.edit("UPDATE tile SET data = zeroblob(length(data)) WHERE tenant = 1 AND level = 0") > 0);
    let before = block_on(call.world.vault.log_head(FIRST)).unwrap();
    let mut sequencer = call.world.sequencer(FIRST, 1);
    assert_eq!(failure(block_on(sequencer.tick())), VaultError::Damaged);
    assert_eq!(block_on(call.world.vault.log_head(FIRST)).unwrap(), before);
}

#[test]
fn an_edited_checkpoint_stops_the_log() {
    let call = Call::new(135);
    call.world.sequence(FIRST);
    value(call.reveal(&call.command(FieldKind::Name)));
    call.world.edit("UPDATE log_head SET size = size - 1 WHERE tenant = 1");
    let mut sequencer = call.world.sequencer(FIRST, 1);
    assert_eq!(failure(block_on(sequencer.tick())), VaultError::Damaged);
}

#[test]
fn each_tenants_log_is_its_own() {
    let call = Call::new(136);
    call.world.sequence(FIRST);
    call.world.sequence(testkit::SECOND);
    let second = block_on(call.world.vault.log_head(testkit::SECOND)).unwrap();
    assert!(verify_checkpoint(&second.checkpoint, &call.world.log_keys(testkit::SECOND)).is_ok());
    assert!(verify_checkpoint(&second.checkpoint, &call.world.log_keys(FIRST)).is_err());
}
