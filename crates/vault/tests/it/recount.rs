//! The budgets, counted anew from the log's audit halves, are the budgets' rows; and each counter is one chain.

use crate::help::Call;
use domain::field::query_phone;
use domain::{Counter, EntryId, FieldKind};
use std::collections::{BTreeMap, HashMap};
use testkit::{FIRST, PHONE, TestWorld, block_on};
use vault::Heard;

/// What the log says of one counter .
#[derive(Debug, PartialEq, Eq)]
struct Counted {
    used: u64,
    last: EntryId,
}

/// Follows every counter's chain through the log.
fn recount(world: &TestWorld) -> BTreeMap<Counter, Counted> {
    let mut counts: BTreeMap<Counter, Counted> = BTreeMap::new();
    let mut links: HashMap<(Counter, EntryId), (EntryId, u64)> = HashMap::new();
    for line in world.log(FIRST) {
        let body = line.body.unwrap();
        for spent in body.spent {
            let key = (spent.counter, spent.previous);
            let twice = links.insert(key, (line.entry, spent.total));
            assert_eq!(twice, None, "two entries follow the same one");
        }
    }
    let starts: Vec<_> = links.keys().filter(|(_, previous)| *previous == EntryId([0; 16])).copied().collect();
    let mut followed = 0;
    for (counter, mut previous) in starts {
        while let Some((entry, used)) = links.get(&(counter, previous)) {
            counts.insert(counter, Counted { used: *used, last: *entry });
            previous = *entry;
            followed += 1;
        }
    }
    assert_eq!(followed, links.len(), "every movement hangs on its counter's chain");
    counts
}

/// The store's rows.
fn rows(world: &TestWorld) -> BTreeMap<Counter, Counted> {
    let rows = block_on(world.store.budgets(FIRST)).unwrap();
    let counted = |row: store::BudgetRow| Counted { used: row.total, last: row.last };
    rows.into_iter().map(|(counter, row)| (counter, counted(row))).collect()
}

fn busy(seed: u64) -> Call {
    let call = Call::new(seed);
    for round in 0..3 {
        let interaction = call.world.call(&call.world.staff.agent, Some(PHONE));
        let agent = call.world.scope(&call.world.staff.agent);
        let vault = &call.world.vault;
        block_on(vault.view(&agent, interaction, call.customer)).unwrap();
        block_on(vault.search(&agent, interaction, &query_phone(PHONE).unwrap())).unwrap();
        for field in [FieldKind::Name, FieldKind::Phone, FieldKind::Card] {
            let command = vault::RevealCommand { interaction, key: Some(format!("{round}")), ..call.command(field) };
            drop(block_on(vault.reveal(&agent, &command)));
            drop(block_on(vault.reveal(&agent, &command)));
        }
        let said = vault::VerifyCommand { interaction, ..call.said(FieldKind::Name, "Ana Diaz") };
        block_on(vault.verify(&agent, &said)).unwrap();
        call.world.hear(FIRST, &call.world.reference(FIRST, interaction), Heard::Ended).unwrap();
        call.world.clock.advance(domain::budget::STEP_MS * 3);
    }
    call
}

#[test]
fn gives_the_rows() {
    let call = busy(120);
    let (counted, rows) = (recount(&call.world), rows(&call.world));
    assert!(counted.len() >= 6, "{}", counted.len());
    assert_eq!(counted, rows);
}

#[test]
fn shows_a_counter_that_was_deleted_from_the_database() {
    let call = busy(121);
    assert!(call.world.edit("DELETE FROM budget WHERE total > 1") > 0);
    assert_ne!(recount(&call.world), rows(&call.world));
}
