//! Very many who expire at once: how long it takes, and that nobody waits for it.

#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "it measures")]

use crate::help::{Call, value};
use crate::retention::{DAY, YEAR, after, is_there, last, run};
use domain::FieldKind;
use std::time::{Duration, Instant};
use testkit::{FIRST, NAME, PHONE, block_on, name_and_phone};

/// `RINGFENCE_MANY=100000` for the whole hundred thousand; prints how long it took, and what was served meanwhile.
#[test]
fn many_go_while_others_are_served() {
    let many: u32 = std::env::var("RINGFENCE_MANY").map_or(600, |many| many.parse().unwrap());
    let call = Call::generous(911);
    let operator = call.world.vault.operator(FIRST);
    for batch in 0..many.div_ceil(200) {
        let record = |at: u32| name_and_phone("Old Olga", &format!("+44207{:07}", 1_000_000 + batch * 200 + at));
        let records = (0..200.min(many - batch * 200)).map(record).collect();
        let batch = vault::IntakeBatch { import: [9; 16], rows_done: 0, records, staged: true };
        block_on(call.world.vault.take_in(&operator, batch)).unwrap();
    }
    block_on(call.world.vault.finish_intake(&operator)).unwrap();
    after(&call.world, 3 * YEAR - DAY);
    let rehearsed = Instant::now();
    run(&call.world.vault);
    println!("{many} customers counted in {:.1?}", rehearsed.elapsed());
    after(&call.world, 3 * YEAR);
    let interaction = call.world.call(&call.world.staff.agent, Some(PHONE));
    let began = Instant::now();
    let (mut served, mut slowest) = (0_u32, Duration::ZERO);
    std::thread::scope(|scope| {
        let work = scope.spawn(|| run(&call.world.vault));
        while !work.is_finished() {
            let asked = Instant::now();
            let command = vault::RevealCommand { interaction, ..call.command(FieldKind::Name) };
            assert_eq!(value(call.reveal(&command)), format!("\"{NAME}\""));
            (served, slowest) = (served + 1, slowest.max(asked.elapsed()));
        }
    });
    let took = began.elapsed();
    println!("{many} customers in {took:.1?}; {served} values shown meanwhile, the slowest in {slowest:.1?}");
    let run = last(&call.world).unwrap();
    assert_eq!((run.customers, run.values, run.doubtful), (many.into(), u64::from(many) * 2, 0));
    assert!(served > 0 && is_there(&call.world, call.customer));
}
