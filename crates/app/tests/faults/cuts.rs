//! The connection is lost at every message of a disclosure and of a publication, in both directions, before and after.

use crate::desk::{Desk, Kept, Node, answered, is_anas};
use crate::long;
use crate::wait::{PATIENCE, until};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use store::StoreError;
use testkit::{Act, FIRST, Side, block_on, tenant_config};
use transparency::Checkpoint;
use vault::{Sequencer, VaultError};

/// The type of a message with a row.
const ROW: u8 = b'D';

/// Where a session is cut.
#[derive(Clone, Debug)]
struct Cut {
    from: Side,
    turn: u64,
    act: Act,
    /// Did the exchange come that far?
    made: Arc<AtomicBool>,
}

impl Cut {
    /// Tries the node's messages not arriving, arriving as the last, and the server's not arriving; in the long form
    /// also the server's arriving as the last.
    fn disclosing() -> Vec<(Side, Act)> {
        let mut ways = vec![(Side::Client, Act::CutBefore)];
        ways.extend(Self::publishing());
        ways
    }

    /// The same without what differs only in who was quicker, in the short form.
    fn publishing() -> Vec<(Side, Act)> {
        let mut ways = vec![(Side::Client, Act::CutAfter), (Side::Server, Act::CutBefore)];
        if long() {
            ways.push((Side::Server, Act::CutAfter));
        }
        ways
    }

    /// Tries each way at the first message, the second, and so on until there is none any more. Gives how many.
    fn all(ways: Vec<(Side, Act)>, mut attempt: impl FnMut(Self)) -> u64 {
        let mut attempts = 0;
        for (from, act) in ways {
            for turn in 0.. {
                let made = Arc::new(AtomicBool::new(false));
                attempt(Self { from, turn, act, made: Arc::clone(&made) });
                attempts += 1;
                if !made.load(Ordering::SeqCst) {
                    break;
                }
            }
        }
        attempts
    }

    fn set(&self, node: &Node) {
        let (cut, mut turn) = (self.clone(), 0);
        node.proxy.rule(move |message| {
            // A log that grows has ever more rows; one is as good as another.
            if message.from != cut.from || message.kind == ROW {
                return Act::Pass;
            }
            turn += 1;
            if turn != cut.turn + 1 {
                return Act::Pass;
            }
            cut.made.store(true, Ordering::SeqCst);
            cut.act
        });
    }
}

/// The node lets its dead connection go, and has a live one.
fn reconnect(node: &Node) {
    node.proxy.heal();
    until("the node is connected", PATIENCE, || block_on(node.vault.log_head(FIRST)).is_ok());
}

#[test]
fn a_disclosure_cut_at_any_message_is_whole_or_not_there_and_its_key_resolves_it() {
    let _beside = crate::beside();
    let desk = Desk::with(901, 1_000_000);
    let (node, other) = (desk.node(1, 0), desk.world.another_node());
    let (scope, other_scope) = (desk.agent(&node.vault), desk.agent(&other));
    [&node.vault, &other].iter().for_each(|vault| desk.warm(vault));
    let reveal = |key: &str| block_on(node.vault.reveal(&scope, &desk.command(key)));
    let (mut met, mut number): (BTreeMap<&str, u32>, u64) = Default::default();
    let cuts = Cut::all(Cut::disclosing(), |cut| {
        reconnect(&node);
        number += 1;
        let (key, before) = (format!("key-{number}"), desk.kept());
        cut.set(&node);
        let result = reveal(&key);
        node.proxy.settle();
        node.proxy.heal();
        let after = desk.kept();
        let done = Kept { spent: before.spent + 1, entries: before.entries + 1 };
        let case = match result {
            Ok(revealed) => {
                assert_eq!(after, done, "{cut:?}: a value left, spent and written once");
                assert!(block_on(desk.world.store.entry(FIRST, revealed.receipt)).unwrap().is_some());
                assert!(is_anas(revealed));
                "disclosed"
            }
            Err(VaultError::Unknown) if after == done => "unknown, and it happened",
            Err(VaultError::Unknown) => {
                assert_eq!(after, before, "{cut:?}");
                "unknown, and it didn't happen"
            }
            Err(VaultError::Store(StoreError::Unavailable)) => {
                assert_eq!(after, before, "{cut:?}: whoever says that nothing was done did nothing");
                "undone"
            }
            Err(error) => panic!("{cut:?}: {error:?}"),
        };
        *met.entry(case).or_default() += 1;
        // The same key, at this node or at another: the value, and spent once.
        let again = || match number % 2 {
            0 => reveal(&key),
            _ => block_on(other.reveal(&other_scope, &desk.command(&key))),
        };
        assert!(is_anas(answered("the key resolves it", again)), "{cut:?}");
        assert_eq!(desk.kept().spent, done.spent, "{cut:?}: a key is spent once");
    });
    println!("a reveal, cut at {cuts} places: {met:?}");
    assert!(cuts > 60, "a whole transaction goes through the proxy");
    for case in ["disclosed", "unknown, and it happened", "unknown, and it didn't happen", "undone"] {
        assert!(met.contains_key(case), "no cut led to: {case}");
    }
    desk.holds(&[]);
}

/// A pooler has words for a server it lost, but they say nothing about the transaction.
#[test]
fn a_pooler_that_lost_the_server_after_commit_leaves_it_unknown() {
    let _beside = crate::beside();
    let desk = Desk::with(903, 1_000_000);
    let node = desk.node(1, 0);
    let scope = desk.agent(&node.vault);
    desk.warm(&node.vault);
    for turn in 0..10 {
        let (key, before) = (format!("key-{turn}"), desk.kept());
        reconnect(&node);
        let mut committing = false;
        node.proxy.rule(move |message| {
            committing |= message.is_commit();
            if committing && message.from == Side::Server { Act::Lose } else { Act::Pass }
        });
        let result = block_on(node.vault.reveal(&scope, &desk.command(&key)));
        node.proxy.settle();
        assert_eq!(result.err(), Some(VaultError::Unknown));
        assert_eq!(desk.kept(), Kept { spent: before.spent + 1, entries: before.entries + 1 }, "it happened");
        reconnect(&node);
        assert!(is_anas(block_on(node.vault.reveal(&scope, &desk.command(&key))).ok().unwrap()));
        assert_eq!(desk.kept().spent, before.spent + 1, "a key is spent once");
    }
}

/// One publication's work by a sequencer that has just come up.
struct Publishing<'a> {
    desk: &'a Desk,
    node: &'a Node,
    seen: Vec<Checkpoint>,
}

impl Publishing<'_> {
    /// Time goes on until whoever has the lease has it no more.
    fn lease_runs_out(&self) {
        self.desk.world.clock.advance(2_000);
        self.node.clock.advance(2_000);
    }

    /// A new sequencer on the node behind the proxy.
    fn sequencer(&self) -> Sequencer {
        self.lease_runs_out();
        Sequencer::new(&self.node.vault, &tenant_config(FIRST), [7; 16]).unwrap()
    }

    fn see(&mut self) {
        self.seen.push(self.desk.checkpoint());
    }
}

#[test]
fn a_publication_cut_at_any_message_forks_nothing_and_another_node_goes_on() {
    let _beside = crate::beside();
    let desk = Desk::with(902, 1_000_000);
    let node = desk.node(1, 0);
    let (vault, scope) = (Arc::clone(&desk.world.vault), desk.agent(&desk.world.vault));
    let write = |key: String| assert!(is_anas(block_on(vault.reveal(&scope, &desk.command(&key))).ok().unwrap()));
    desk.warm(&vault);
    desk.world.sequence(FIRST);
    let mut publishing = Publishing { desk: &desk, node: &node, seen: vec![desk.checkpoint()] };
    let (mut met, mut number): (BTreeMap<&str, u32>, u64) = Default::default();
    let cuts = Cut::all(Cut::publishing(), |cut| {
        number += 1;
        // Another node has the log, and this one's connection lives.
        publishing.lease_runs_out();
        desk.world.sequence(FIRST);
        reconnect(&node);
        write(format!("key-{number}"));
        let mut sequencer = publishing.sequencer();
        // The act, and now and then grants for a new step of what all nodes share.
        let (size, waiting) = (desk.checkpoint().size, desk.kept().entries as u64);
        cut.set(&node);
        let result = block_on(sequencer.tick());
        node.proxy.settle();
        node.proxy.heal();
        publishing.see();
        let grown = desk.checkpoint().size - size;
        let case = match (result, grown) {
            (Ok(told), grown) if (told as u64, grown) == (waiting, waiting) => "published",
            (Err(VaultError::Store(StoreError::Unavailable)), 0) => "not published",
            (Err(VaultError::Store(StoreError::Unavailable)), grown) if grown == waiting => "published unheard",
            (result, grown) => panic!("{cut:?}: {result:?}, and the log has grown by {grown} of {waiting}"),
        };
        *met.entry(case).or_default() += 1;
        // The same sequencer goes on by itself, from what is there.
        write(format!("next-{number}"));
        let all = desk.checkpoint().size + desk.kept().entries as u64;
        answered("the sequencer goes on", || block_on(sequencer.tick()));
        assert_eq!(desk.checkpoint().size, all, "{cut:?}");
        publishing.see();
    });
    println!("a publication, cut at {cuts} places: {met:?}");
    assert!(cuts > 100, "a whole publication goes through the proxy");
    for case in ["published", "not published", "published unheard"] {
        assert!(met.contains_key(case), "no cut led to: {case}");
    }
    desk.holds(&publishing.seen);
}
