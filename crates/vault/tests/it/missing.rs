//! Entries that are taken out of the database between their commit and their place are missed; others aren't.

use crate::help::Call;
use domain::{EntryId, FieldKind};
use testkit::{FIRST, block_on};
use vault::{Kind, Loss, Sequencer, Vault};

/// A world whose queue is empty, with one entry that waits.
fn waiting(seed: u64) -> (Call, Sequencer, EntryId) {
    let call = Call::new(seed);
    let mut sequencer = call.world.sequencer(FIRST, 1);
    while block_on(sequencer.tick()).unwrap() > 0 {}
    let entry = call.reveal(&call.command(FieldKind::Name)).ok().unwrap().receipt;
    (call, sequencer, entry)
}

fn kinds(vault: &Vault) -> Vec<&'static str> {
    vault.alarms(FIRST).iter().map(|alarm| alarm.kind.slug()).collect()
}

fn edit(call: &Call, entry: EntryId, statement: &str) {
    let id = entry.0.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(call.world.edit(&statement.replace(":entry", &format!("x'{id}'"))), 1, "{statement}");
}

#[test]
fn what_another_node_placed_is_not_missed() {
    let (call, mut own, entry) = waiting(160);
    let other = call.world.another_node();
    call.world.clock.advance(2_000);
    let mut sequencer = Sequencer::new(&other, &other.tenants()[0], [2; 16]).unwrap();
    assert!(block_on(sequencer.tick()).unwrap() > 0);
    block_on(own.tick()).unwrap();
    call.world.clock.advance(60_000);
    assert_eq!((kinds(&call.world.vault), kinds(&other)), (vec![], vec![]));
    assert!(call.world.line(FIRST, entry).body.is_some());
}

#[test]
fn entries_that_nobody_places_are_an_alarm_until_somebody_does() {
    let (call, mut sequencer, _) = waiting(161);
    assert_eq!(kinds(&call.world.vault), [""; 0]);
    call.world.clock.advance(10_001);
    assert_eq!(kinds(&call.world.vault), ["log_stalled"]);
    block_on(sequencer.tick()).unwrap();
    assert_eq!(kinds(&call.world.vault), [""; 0]);
}

#[test]
fn each_way_to_take_an_entry_out_is_noticed_and_logged_once() {
    let ways: [(&[&str], Loss); 5] = [
        (&["DELETE FROM pending WHERE entry = :entry"], Loss::Gone),
        (&["DELETE FROM pending WHERE entry = :entry", "DELETE FROM entry WHERE id = :entry"], Loss::Gone),
        (&["DELETE FROM entry WHERE id = :entry"], Loss::Gone),
        (&["UPDATE pending SET leaf = zeroblob(65) WHERE entry = :entry"], Loss::Changed),
        (
            &[
                "DELETE FROM pending WHERE entry = :entry",
                "INSERT INTO placed SELECT tenant, 9999, id FROM entry WHERE id = :entry",
            ],
            Loss::Changed,
        ),
    ];
    for (seed, (statements, expected)) in (170..).zip(ways) {
        let (call, mut sequencer, entry) = waiting(seed);
        statements.iter().for_each(|statement| edit(&call, entry, statement));
        for _ in 0..3 {
            block_on(sequencer.tick()).unwrap();
            call.world.clock.advance(600);
        }
        assert_eq!(kinds(&call.world.vault), ["entry_lost"], "{statements:?}");
        let told = std::sync::Mutex::new(Vec::new());
        let tell = |entry, loss| told.lock().unwrap().push((entry, loss));
        for _ in 0..2 {
            block_on(call.world.vault.log_losses(FIRST, tell)).unwrap();
        }
        assert_eq!(*told.lock().unwrap(), [(entry, expected)], "{statements:?}");
        // The loss is an entry, and it and others get their places.
        assert!(block_on(sequencer.tick()).unwrap() > 0, "{statements:?}");
        let lines = block_on(call.world.vault.audit_page(&call.world.vault.operator(FIRST), None, 1)).unwrap();
        let body = lines[0].body.clone();
        if statements.len() < 2 || !statements[1].contains("9999") {
            assert_eq!(
                body.map(|body| (body.kind, body.detail)),
                Some((Kind::EntryLost, Some(entry.minted().0 as u64)))
            );
        }
    }
}
