//! Commits that don't wait for the server's disk themselves: nobody is told of one that a crash takes back.

use crate::lost::{NOW, Open, TENANT, spending};
use domain::EntryId;
use sql::Postgres;
use std::collections::BTreeSet;
use store::{Intent, Outcome, Store};
use testkit::postgres::{PostgresServer, address};
use testkit::{Act, Proxy, block_on};

/// Enough for a batch whose COMMIT doesn't wait.
const MANY: u8 = 16;
/// Nothing gets to the disk by the server's own pace.
const LAZY: &str = "-c wal_writer_delay=10s -c log_statement=all";

fn batch(number: u8) -> Vec<Intent> {
    (0..MANY).map(|act| entry(number, act)).map(|id| Intent { entry: id, request: None, ..spending(0, 0) }).collect()
}

fn entry(number: u8, act: u8) -> EntryId {
    let mut id = [number; 16];
    id[15] = act;
    EntryId(id)
}

/// Commits until the COMMIT of a batch doesn't wait: the line to the disk is made beside the first ones.
fn warm(server: &PostgresServer, store: &Postgres) {
    let waits = (200..=255).take_while(|number| {
        block_on(store.commit(NOW, batch(*number), &Open)).unwrap();
        !server.log().contains("SET LOCAL synchronous_commit = off")
    });
    assert!(waits.count() < 56, "every commit waited for the disk");
}

/// What is there after a crash, once the server answers on a new connection.
fn pending(store: &Postgres) -> BTreeSet<EntryId> {
    let leaves = (0..1_000).find_map(|_| block_on(store.pending(TENANT, None, 10_000)).ok());
    leaves.expect("the server answers").into_iter().map(|leaf| leaf.entry).collect()
}

#[test]
fn a_commit_that_a_crash_took_back_was_told_to_nobody() {
    let server = PostgresServer::start_with(LAZY);
    let store = block_on(Postgres::create(&address(&server.address(&server.database())), 2)).unwrap();
    warm(&server, &store);
    block_on(async {
        let taken = store.commit_next(NOW, batch(1), &Open).await;
        server.restart("immediate");
        let outcomes = taken.await.unwrap();
        assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Unknown), "{outcomes:?}");
    });
    let left = pending(&store);
    assert!(!left.contains(&entry(1, 0)), "the crash didn't take it back, so this test shows nothing");
    assert!(left.contains(&entry(200, 0)), "what was told of is there");
}

#[test]
fn one_wait_for_the_disk_is_for_all_that_was_committed_before() {
    let server = PostgresServer::start_with(LAZY);
    let store = block_on(Postgres::create(&address(&server.address(&server.database())), 2)).unwrap();
    warm(&server, &store);
    block_on(async {
        let first = store.commit_next(NOW, batch(1), &Open).await;
        let second = store.commit_next(NOW, batch(2), &Open).await;
        assert!(second.await.unwrap().iter().all(|outcome| matches!(outcome, Outcome::Committed(_))));
        server.restart("immediate");
        // It lies on the disk; but who asks after the crash can't know.
        assert!(first.await.unwrap().iter().all(|outcome| *outcome == Outcome::Unknown));
    });
    assert!(pending(&store).is_superset(&[entry(1, 0), entry(2, 0)].into()));
}

#[test]
fn a_line_that_breaks_leaves_its_batch_unknown_and_the_next_ones_wait_themselves() {
    let server = PostgresServer::start_with(LAZY);
    let database = server.database();
    let proxy = Proxy::before(&server);
    let store = block_on(Postgres::create(&address(&proxy.address(&database)), 2)).unwrap();
    warm(&server, &store);
    block_on(async {
        let taken = store.commit_next(NOW, batch(1), &Open).await;
        proxy.rule(|_| Act::CutBefore);
        assert!(taken.await.unwrap().iter().all(|outcome| *outcome == Outcome::Unknown));
    });
    proxy.settle();
    proxy.heal();
    let after = (0..1_000).find_map(|_| block_on(store.commit(NOW, batch(2), &Open)).ok()).expect("the server answers");
    assert!(after.iter().all(|outcome| matches!(outcome, Outcome::Committed(_))), "{after:?}");
    assert!(pending(&store).is_superset(&[entry(1, 0), entry(2, 0)].into()));
}
