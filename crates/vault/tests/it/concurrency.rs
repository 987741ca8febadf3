//! Many at once, through the door and beside it: no allowance is ever overspent.

use crate::help::{Call, acts};
use domain::{BudgetKind, Counter, FieldKind};
use std::sync::atomic::{AtomicU32, Ordering};
use testkit::{FIRST, TestWorld, block_on};
use vault::VaultConfig;

#[test]
fn eight_threads_on_two_nodes_spend_one_allowance_exactly() {
    let limit = 25;
    let limits = acts(limit);
    let call = Call::on(TestWorld::with(180, VaultConfig { limits, ..VaultConfig::default() }));
    let other_node = call.world.another_node();
    let given = AtomicU32::new(0);
    std::thread::scope(|threads| {
        for thread in 0..8 {
            let vault = if thread % 2 == 0 { &call.world.vault } else { &other_node };
            let (call, given) = (&call, &given);
            threads.spawn(move || {
                let scope = block_on(vault.authenticate(&call.world.staff.agent.token)).unwrap();
                for _ in 0..10 {
                    if block_on(vault.reveal(&scope, &call.command(FieldKind::Name))).is_ok() {
                        given.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    assert_eq!(given.load(Ordering::SeqCst), limit);
    let counter = Counter::person(BudgetKind::Information, call.world.staff.agent.id);
    let row = block_on(call.world.store.budget(FIRST, counter)).unwrap().unwrap();
    assert_eq!(row.total, u64::from(limit));
    let log = call.world.log(FIRST);
    let reveals = log.iter().filter_map(|line| line.body.as_ref()).filter(|body| body.kind == vault::Kind::Reveal);
    let (done, refused): (Vec<_>, Vec<_>) = reveals.partition(|body| body.decision.is_ok());
    assert_eq!((done.len() as u32, refused.len() as u32), (limit, 80 - limit));
}
