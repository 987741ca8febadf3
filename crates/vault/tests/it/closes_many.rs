//! A close over very many customers: how long it takes, what it holds in memory, and that nobody waits for it.

#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "it measures")]

use domain::{CustomerId, EntryId, Refusal};
use keys::KeyHolder;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use store::{CustomerRow, Effect, Inscribed, Intent, Numbers, Scribe, Seals, Tag};
use testkit::{FIRST, START, TestWorld, block_on, name_and_phone};
use transparency::{check_list, list_pages};
use vault::{CloseStep, LogCloser, VaultConfig, VaultError};

/// How many are taken in at once.
const BATCH: u64 = 5_000;

struct Plain;

impl Seals for Plain {
    fn tag(&self, _: domain::TenantId, _: &'static str, _: &[u8]) -> Tag {
        [0; 16]
    }
}

impl Scribe for Plain {
    fn inscribe(&self, _: &Numbers) -> Inscribed {
        Inscribed { leaf: [1; 65], audit: Vec::new(), customer: Vec::new() }
    }

    fn link(&self, head: &[u8; 32], _: &[u8; 65]) -> [u8; 32] {
        *head
    }
}

fn id(number: u64) -> CustomerId {
    let mut id = [1; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    CustomerId(id)
}

/// Customers with keys of their own, and with entries, as far as their rows say.
fn fill(world: &TestWorld, customers: u64) {
    for first in (0..customers).step_by(BATCH as usize) {
        let ids: Vec<CustomerId> = (first..customers.min(first + BATCH)).map(id).collect();
        let enrolled = block_on(world.holder.enrol(FIRST, &ids)).unwrap();
        let put = |(id, keys): (&CustomerId, keys::Enrolled)| {
            Effect::PutCustomer(*id, CustomerRow { epoch: keys.shelved.epoch, wrapped: keys.shelved.wrapped })
        };
        let intent = Intent {
            tenant: FIRST,
            request: None,
            customer: None,
            when: Vec::new(),
            spend: Vec::new(),
            effects: ids.iter().zip(enrolled).map(put).collect(),
            read: Vec::new(),
            tentative: false,
            entry: EntryId::mint(&*world.clock, &*world.entropy),
            scribe: Arc::new(Plain),
        };
        block_on(world.store.commit(START, vec![intent], &Plain)).unwrap();
    }
    world.edit("UPDATE customer SET n = 3, head = zeroblob(32)");
}

/// Mebibytes that this process holds, and has held at most.
fn memory() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let of = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    };
    (of("VmRSS:"), of("VmHWM:"))
}

/// Acts of others, one after another, until told to stop: how long each took.
fn acts(world: &TestWorld, ana: CustomerId, stop: &AtomicBool) -> Vec<Duration> {
    let agent = world.scope(&world.staff.agent);
    let mut took = Vec::new();
    loop {
        let begun = Instant::now();
        let refused = block_on(world.vault.give_statement(&agent, ana)).map(drop);
        assert!(matches!(refused, Err(VaultError::Refused { refusal: Refusal::RoleNotAllowed, .. })));
        took.push(begun.elapsed());
        if stop.load(Ordering::Relaxed) {
            break;
        }
        std::thread::park_timeout(Duration::from_millis(5));
    }
    took.sort_unstable();
    took
}

/// Tells the others to stop, also where the test fails.
struct Stops<'a>(&'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_close_over_many_customers_keeps_nobody_waiting() {
    let customers = if std::env::var_os("RINGFENCE_LONG").is_some() { 1_000_000 } else { 20_000 };
    let world = TestWorld::with(310, VaultConfig { close_every_s: 60, ..VaultConfig::default() });
    fill(&world, customers);
    let ana = world.add(name_and_phone("Ana Diaz", "+447400123456"));
    acts(&world, ana, &AtomicBool::new(true));
    world.sequence(FIRST);
    world.clock.set(START.plus(120_000));
    let before = memory();
    let (stop, begun) = (AtomicBool::new(false), Instant::now());
    let (took, mut steps) = std::thread::scope(|threads| {
        let others = threads.spawn(|| acts(&world, ana, &stop));
        let stops = Stops(&stop);
        let mut closer = LogCloser::new(&world.vault, FIRST, [1; 16]);
        let mut sequencer = world.sequencer(FIRST, 1);
        let mut steps = Vec::new();
        loop {
            let begun = Instant::now();
            let step = block_on(closer.tick()).unwrap();
            steps.push(begun.elapsed());
            match step {
                CloseStep::Idle => break,
                CloseStep::Waits => drop(block_on(sequencer.tick()).unwrap()),
                CloseStep::More => {}
            }
        }
        drop(stops);
        (others.join().unwrap(), steps)
    });
    let all = begun.elapsed();
    let after = memory();
    steps.sort_unstable();
    println!(
        "{customers} customers: closed in {:.1} s, {} steps, the longest {:?}; {} acts beside it, median {:?}, 99th of a hundred {:?}, longest {:?}; memory {} MiB before, {} at most",
        all.as_secs_f32(),
        steps.len(),
        steps.last().unwrap(),
        took.len(),
        took[took.len() / 2],
        took[took.len() * 99 / 100],
        took.last().unwrap(),
        before.0,
        after.1
    );
    assert!(after.1 - before.0 < 200, "memory doesn't grow with the list: {before:?}, {after:?}");
    world.sequence(FIRST);
    let close = block_on(world.store.closes(FIRST, None, 1)).unwrap().remove(0);
    assert_eq!(close.size, customers + 1);
    let begun = Instant::now();
    let page = |page| block_on(world.store.close_page(FIRST, 1, page)).unwrap();
    check_list(close.size, &close.root, &[0; 32], page).unwrap();
    println!("its {} pages are checked in {:?}", list_pages(close.size), begun.elapsed());
}
