//! A connection that breaks at any statement of a commit: nothing half done, and where nobody can know, that is said.

use domain::{BudgetKind, Counter, EntryId, Millis, PersonId, Refusal, TenantId};
use sql::Postgres;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::{Inscribed, Intent, Numbers, Outcome, RequestKey, Scribe, Seals, Spend, Store, Tag};
use testkit::block_on;
use testkit::postgres::{PostgresServer, address};

const TENANT: TenantId = TenantId(1);
const NOW: Millis = Millis(1_767_225_600_000);

/// Where a connection breaks: after so many messages of the client since the transaction began, before or after the
/// server got the last of them.
#[derive(Clone, Copy, Debug)]
enum Break {
    Never,
    /// COMMIT doesn't reach the server.
    BeforeCommit,
    /// COMMIT reaches the server, its answer doesn't come back.
    AfterCommit,
    /// The n-th piece that the client sends in a transaction gets lost.
    AtPiece(usize),
}

/// Stands between a store and its server.
struct Proxy {
    port: u16,
    how: Arc<Mutex<Break>>,
    broken: Arc<AtomicUsize>,
}

impl Proxy {
    fn start(socket: PathBuf) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (how, broken) = (Arc::new(Mutex::new(Break::Never)), Arc::new(AtomicUsize::new(0)));
        let (seen, counted) = (Arc::clone(&how), Arc::clone(&broken));
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), UnixStream::connect(&socket).unwrap());
                let (how, broken) = (Arc::clone(&seen), Arc::clone(&counted));
                let (mut down, mut up) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                std::thread::spawn(move || drop(std::io::copy(&mut down, &mut up)));
                std::thread::spawn(move || carry(client, server, &how, &broken));
            }
        });
        Self { port, how, broken }
    }

    fn will(&self, how: Break) {
        *self.how.lock().unwrap() = how;
    }
}

fn carry(mut client: TcpStream, mut server: UnixStream, how: &Mutex<Break>, broken: &AtomicUsize) {
    let mut buffer = vec![0; 1 << 16];
    let mut pieces = 0;
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        let piece = &buffer[..length];
        let has = |word: &[u8]| piece.windows(word.len()).any(|window| window == word);
        pieces = if has(b"BEGIN") { 1 } else { pieces + 1 };
        let (cut, deliver) = match *how.lock().unwrap() {
            Break::Never => (false, true),
            Break::BeforeCommit => (has(b"COMMIT\0"), false),
            Break::AfterCommit => (has(b"COMMIT\0"), true),
            Break::AtPiece(at) => (pieces == at, false),
        };
        if cut {
            // The answer must not come back: the client's side breaks first.
            drop(client.shutdown(Shutdown::Both));
            broken.fetch_add(1, Ordering::SeqCst);
        }
        if (deliver || !cut) && server.write_all(piece).is_err() {
            break;
        }
        if cut {
            break;
        }
    }
    drop(server.shutdown(Shutdown::Write));
}

struct Open;

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
    Counter::person(BudgetKind::Reveal, PersonId([7; 16]))
}

/// One that spends, under a key of its own.
fn spending(number: u8, key: u8) -> Intent {
    Intent {
        tenant: TENANT,
        request: Some(RequestKey { key: [key; 16], content: [1; 16], session: [1; 16], answer: 1 }),
        customer: None,
        when: Vec::new(),
        spend: vec![Spend { counter: counter(), cost: 1, limit: 1_000, otherwise: Refusal::BudgetExhausted }],
        effects: Vec::new(),
        read: Vec::new(),
        entry: EntryId([number; 16]),
        scribe: Arc::new(Open),
    }
}

#[test]
fn a_connection_that_is_lost_leaves_nothing_half_done_and_says_so() {
    let server = PostgresServer::start();
    let database = server.database();
    let proxy = Proxy::start(server.socket().join(".s.PGSQL.5432"));
    let behind = address(&format!("postgres://postgres@127.0.0.1:{}/{database}?sslmode=disable", proxy.port));
    let store = block_on(Postgres::create(&behind, 2)).unwrap();
    let commit = |intent| block_on(store.commit(NOW, vec![intent], &Open)).map(|mut all| all.remove(0));
    let ways = [Break::BeforeCommit, Break::AfterCommit, Break::AtPiece(1), Break::AtPiece(2)];
    for (number, how) in (1_u8..).zip(ways) {
        let (entry, key) = (number * 2, number);
        proxy.will(how);
        let before = proxy.broken.load(Ordering::SeqCst);
        let lost = commit(spending(entry, key));
        assert_eq!(proxy.broken.load(Ordering::SeqCst), before + 1, "{how:?}: the connection didn't break");
        match how {
            Break::BeforeCommit | Break::AfterCommit => assert_eq!(lost, Ok(Outcome::Unknown), "{how:?}"),
            // The last piece of this transaction is its COMMIT.
            _ => assert!(matches!(lost, Err(_) | Ok(Outcome::Unknown)), "{how:?}: {lost:?}"),
        }
        proxy.will(Break::Never);
        if matches!(how, Break::AfterCommit) {
            // The server has it; a retry that came before the server is done would be the one that counts.
            let there = || block_on(store.entry(TENANT, EntryId([entry; 16]))).unwrap().is_some();
            (0..3_000).take_while(|_| !there()).for_each(|_| std::thread::park_timeout(Duration::from_millis(10)));
        }
        // The retry finds out which it was, and is done once in any case.
        let retried = commit(spending(entry + 1, key)).unwrap();
        let happened = matches!(how, Break::AfterCommit);
        match retried {
            Outcome::Replayed { entry: first, same: true, .. } if happened => assert_eq!(first, EntryId([entry; 16])),
            Outcome::Committed(_) if !happened => {}
            other => panic!("{how:?}: {other:?}"),
        }
        let spent = block_on(store.budget(TENANT, counter(), NOW)).unwrap().unwrap();
        assert_eq!(spent.used, u32::from(number), "{how:?}");
        assert_eq!(block_on(store.pending(TENANT, 100)).unwrap().len(), usize::from(number));
    }
}
