//! Nodes whose clocks are ten minutes apart, and two sequencers.

use crate::desk::{Desk, Node, is_anas};
use crate::{Chance, SeedOnFailure, long, seeds, threads, trouble};
use domain::{BudgetKind, Counter, Refusal};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use store::StoreError;
use testkit::{FIRST, block_on, tenant_config};
use vault::{Sequencer, VaultError};

const TEN_MINUTES: i64 = 10 * 60_000;

#[test]
fn an_hours_allowance_is_the_same_whatever_the_nodes_clocks_say() {
    let _beside = crate::beside();
    const LIMIT: u32 = 20;
    let desk = Desk::with(904, LIMIT);
    let nodes = [TEN_MINUTES, 0, -TEN_MINUTES].map(|ahead| desk.node(2, ahead));
    let given = AtomicU32::new(0);
    threads(&mut Chance(904), 6, |thread, _| {
        let vault = &nodes[thread as usize % nodes.len()].vault;
        let scope = desk.agent(vault);
        for turn in 0.. {
            match block_on(vault.reveal(&scope, &desk.command(&format!("{thread}-{turn}")))) {
                Ok(revealed) => {
                    assert!(is_anas(revealed));
                    given.fetch_add(1, Ordering::SeqCst);
                }
                Err(VaultError::Refused { refusal: Refusal::BudgetExhausted, .. }) => return,
                Err(error) => panic!("{error:?}"),
            }
        }
    });
    let counter = Counter::person(BudgetKind::Information, desk.world.staff.agent.id);
    let row = block_on(desk.world.store.budget(FIRST, counter)).unwrap().unwrap();
    assert_eq!((row.total, given.load(Ordering::SeqCst)), (LIMIT.into(), LIMIT), "one allowance, exactly");
    desk.holds(&[]);
}

#[test]
fn a_countdown_is_never_longer_than_configured() {
    let _beside = crate::beside();
    let desk = Desk::with(905, 100);
    let [fast, slow] = [TEN_MINUTES, -TEN_MINUTES].map(|ahead| desk.node(1, ahead));
    let reveal = |node: &Node, key: &str| block_on(node.vault.reveal(&desk.agent(&node.vault), &desk.command(key)));
    let first = reveal(&fast, "fast first").ok().unwrap();
    let again = reveal(&slow, "fast first").ok().unwrap();
    assert_eq!(again.remask_in_s, first.remask_in_s, "by the slow clock the first one lies in the future");
    assert!(is_anas(reveal(&slow, "slow first").ok().unwrap()));
    let late = reveal(&fast, "slow first").err().unwrap();
    assert!(matches!(late, VaultError::Refused { refusal: Refusal::RedeliveryOver, .. }), "{late:?}");
}

/// One node's sequencer: works, and sleeps for a while now and then.
fn sequence(desk: &Desk, node: &Node, holder: u8, chance: &mut Chance, see: impl Fn()) -> usize {
    let mut sequencer = Sequencer::new(&node.vault, &tenant_config(FIRST), [holder; 16]).unwrap();
    let (mut published, mut asleep) = (0, 0);
    for _ in 0..60 {
        // Time passes for everybody, whatever each one's clock says it is.
        let passed = 100 + chance.below(500) as i64;
        desk.world.clock.advance(passed);
        node.clock.advance(passed);
        std::thread::park_timeout(std::time::Duration::from_millis(2));
        if asleep > 0 {
            asleep -= 1;
            continue;
        }
        match block_on(sequencer.tick()) {
            Ok(count) => published += count,
            Err(VaultError::Store(StoreError::Unavailable)) => {}
            Err(error) => panic!("{error:?}"),
        }
        see();
        asleep = if chance.once_in(8) { 10 } else { 0 };
    }
    published
}

fn two_sequencers(seed: u64) -> [usize; 2] {
    let desk = Desk::with(seed, 1_000_000);
    desk.world.sequence(FIRST);
    let nodes = [TEN_MINUTES, -TEN_MINUTES].map(|ahead| desk.node(2, ahead));
    let mut chance = Chance(seed);
    nodes.iter().for_each(|node| node.proxy.rule(trouble(chance.fork(), 2_000)));
    let seen = Mutex::new(vec![desk.checkpoint()]);
    let published = [AtomicUsize::new(0), AtomicUsize::new(0)];
    threads(&mut chance, 3, |thread, chance| {
        if thread == 2 {
            let scope = desk.agent(&desk.world.vault);
            (0..150).for_each(|turn| {
                drop(block_on(desk.world.vault.reveal(&scope, &desk.command(&format!("{turn}")))));
            });
            return;
        }
        let node = &nodes[thread as usize];
        let see = || seen.lock().unwrap().push(desk.checkpoint());
        published[thread as usize].store(sequence(&desk, node, 10 + thread as u8, chance, see), Ordering::SeqCst);
    });
    nodes.iter().for_each(|node| node.proxy.heal());
    desk.world.clock.advance(2 * TEN_MINUTES);
    desk.holds(&seen.into_inner().unwrap());
    published.map(AtomicUsize::into_inner)
}

#[test]
fn two_sequencers_with_clocks_apart_and_cut_connections_never_fork_the_log() {
    let _beside = crate::beside();
    let mut both = [0; 2];
    let seeds = seeds(if long() { 60 } else { 3 });
    for &seed in &seeds {
        let _says = SeedOnFailure(seed);
        both.iter_mut().zip(two_sequencers(seed)).for_each(|(sum, published)| *sum += published);
    }
    println!("published by the fast and by the slow clock: {both:?}");
    assert!(seeds.len() == 1 || both.iter().all(|published| *published > 0), "{both:?}");
}
