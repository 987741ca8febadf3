//! A connection that breaks at any statement of a commit: nothing half done, and where nobody can know, that is said.

use domain::{BudgetKind, Counter, EntryId, Millis, PersonId, Refusal, Room, TenantId};
use sql::Postgres;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use store::{Inscribed, Intent, Numbers, Outcome, RequestKey, Scribe, Seals, Spend, Store, Tag, Turn};
use testkit::postgres::{PostgresServer, address};
use testkit::{Act, Message, Proxy, Side, block_on};

pub(crate) const TENANT: TenantId = TenantId(1);
pub(crate) const NOW: Millis = Millis(1_767_225_600_000);

/// Where a connection breaks.
#[derive(Clone, Copy, Debug)]
enum Break {
    /// COMMIT doesn't reach the server.
    BeforeCommit,
    /// COMMIT reaches the server, its answer doesn't come back.
    AfterCommit,
    /// The transaction doesn't begin.
    AtBegin,
    /// The first change gets lost.
    AtChange,
}

impl Break {
    fn at(self, message: &Message<'_>) -> Act {
        let says = |word: &[u8]| message.body.windows(word.len()).any(|window| window == word);
        match self {
            Self::BeforeCommit if message.is_commit() => Act::CutBefore,
            Self::AfterCommit if message.is_commit() => Act::CutAfter,
            Self::AtBegin if message.from == Side::Client && says(b"BEGIN") => Act::CutBefore,
            Self::AtChange if message.from == Side::Client && says(b"INSERT INTO entry") => Act::CutBefore,
            _ => Act::Pass,
        }
    }
}

pub(crate) struct Open;

impl Seals for Open {
    fn tag(&self, _: TenantId, table: &'static str, material: &[u8]) -> Tag {
        let sum = material
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3));
        let mut tag = [table.len() as u8; 16];
        tag[8..].copy_from_slice(&sum.to_be_bytes());
        tag
    }
}

impl Scribe for Open {
    fn inscribe(&self, numbers: &Numbers) -> Inscribed {
        Inscribed { leaf: [1; 65], audit: format!("{numbers:?}").into_bytes(), customer: Vec::new() }
    }

    fn link(&self, head: &[u8; 32], _: &[u8; 65]) -> [u8; 32] {
        *head
    }
}

fn counter() -> Counter {
    Counter::person(BudgetKind::Information, PersonId([7; 16]))
}

/// One that spends, under a key of its own.
pub(crate) fn spending(number: u8, key: u8) -> Intent {
    Intent {
        tenant: TENANT,
        request: Some(RequestKey { key: [key; 16], content: [1; 16], session: [1; 16], answer: 1 }),
        customer: None,
        when: Vec::new(),
        spend: vec![Spend {
            counter: counter(),
            purpose: None,
            turn: Turn::Spend(1),
            at: NOW,
            room: Room::hourly(1_000),
            otherwise: Refusal::BudgetExhausted,
        }],
        effects: Vec::new(),
        read: Vec::new(),
        tentative: false,
        entry: EntryId([number; 16]),
        scribe: Arc::new(Open),
    }
}

#[test]
fn a_connection_that_is_lost_leaves_nothing_half_done_and_says_so() {
    let server = PostgresServer::start();
    let database = server.database();
    let proxy = Proxy::before(&server);
    let store = block_on(Postgres::create(&address(&proxy.address(&database)), 2)).unwrap();
    let commit = |intent| block_on(store.commit(NOW, vec![intent], &Open)).map(|mut all| all.remove(0));
    let ways = [Break::BeforeCommit, Break::AfterCommit, Break::AtBegin, Break::AtChange];
    for (number, how) in (1_u8..).zip(ways) {
        let (entry, key) = (number * 2, number);
        let broken = Arc::new(AtomicBool::new(false));
        let breaks = Arc::clone(&broken);
        proxy.rule(move |message| {
            let act = how.at(message);
            breaks.fetch_or(act != Act::Pass, Ordering::SeqCst);
            act
        });
        let lost = commit(spending(entry, key));
        assert!(broken.load(Ordering::SeqCst), "{how:?}: the connection didn't break");
        match how {
            Break::BeforeCommit | Break::AfterCommit => assert_eq!(lost, Ok(Outcome::Unknown), "{how:?}"),
            // The COMMIT is sent with the changes.
            _ => assert!(matches!(lost, Err(_) | Ok(Outcome::Unknown)), "{how:?}: {lost:?}"),
        }
        // A retry that came before the server is done would be the one that counts.
        proxy.settle();
        proxy.heal();
        // The retry finds out which it was, and is done once in any case.
        let retried = commit(spending(entry + 1, key)).unwrap();
        let happened = matches!(how, Break::AfterCommit);
        match retried {
            Outcome::Replayed { entry: first, same: true, .. } if happened => assert_eq!(first, EntryId([entry; 16])),
            Outcome::Committed(_) if !happened => {}
            other => panic!("{how:?}: {other:?}"),
        }
        let spent = block_on(store.budget(TENANT, counter())).unwrap().unwrap();
        assert_eq!(spent.total, u64::from(number), "{how:?}");
        assert_eq!(block_on(store.pending(TENANT, None, 100)).unwrap().len(), usize::from(number));
    }
}
