//! A proxy in front of a PostgreSQL server that a test holds in its hand: it knows where each message of the protocol
//! (version 3) begins and ends, asks a rule what to do with it, and does that.

use crate::postgres::{PostgresServer, address};
use crate::wait::block_on;
use sql::Postgres;
use std::collections::BTreeMap;
use std::io::{BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;
use store::Store;
use tempfile::TempDir;

/// The name of a server's socket in its folder.
const SOCKET: &str = ".s.PGSQL.5432";
/// How long a session's end at the server may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who sent a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The node.
    Client,
    /// PostgreSQL.
    Server,
}

/// A whole message.
pub struct Message<'a> {
    /// Who sent it.
    pub from: Side,
    /// Its type's letter; zero for a session's first, which has none.
    pub kind: u8,
    /// What follows its length.
    pub body: &'a [u8],
}

impl Message<'_> {
    /// Does the client ask for the transaction to be committed?
    #[must_use]
    pub fn is_commit(&self) -> bool {
        (self.from, self.kind, self.body) == (Side::Client, b'Q', b"COMMIT\0".as_slice())
    }
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// It goes on.
    Pass,
    /// It goes on later.
    Wait(Duration),
    /// The session's two connections are cut; it doesn't arrive.
    CutBefore,
    /// It arrives; then they are cut.
    CutAfter,
    /// Instead of the server's message comes what PgBouncer says when it lost the server; then they are cut.
    Lose,
}

/// An error of the class "connection exception", as PgBouncer writes it.
const LOST: &[u8] = b"E\0\0\0\x30SFATAL\0VFATAL\0C08P01\0Mserver conn crashed?\0\0";

type Rule = Box<dyn FnMut(&Message<'_>) -> Act + Send>;

struct State {
    rule: Rule,
    refusing: bool,
    stopping: bool,
    opened: u64,
    /// The sessions whose server side isn't closed yet.
    sessions: BTreeMap<u64, Arc<Session>>,
}

struct Session {
    client: UnixStream,
    server: UnixStream,
    /// Is the client's side gone?
    cut: Mutex<bool>,
}

impl Session {
    /// Nothing that the server says from now on comes back.
    fn hush(&self) {
        *self.cut.lock().unwrap() = true;
    }

    /// The client is gone; the server finishes what it was sent and then sees that.
    fn cut(&self) {
        self.hush();
        // Either may be closed already.
        drop(self.client.shutdown(Shutdown::Both));
        drop(self.server.shutdown(Shutdown::Write));
    }

    fn is_cut(&self) -> bool {
        *self.cut.lock().unwrap()
    }
}

struct Shared {
    state: Mutex<State>,
    ended: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn judge(&self, from: Side, message: &[u8], kind: u8) -> Act {
        let mut state = self.lock();
        let body = &message[if kind == 0 { 4 } else { 5 }..];
        (state.rule)(&Message { from, kind, body })
    }
}

/// A running proxy; its sessions end with it.
pub struct Proxy {
    folder: TempDir,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Listens on a socket of its own, in front of that server.
    ///
    /// # Panics
    /// If it can't listen.
    #[must_use]
    pub fn before(server: &PostgresServer) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join(SOCKET)).unwrap();
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                rule: Box::new(|_| Act::Pass),
                refusing: false,
                stopping: false,
                opened: 0,
                sessions: BTreeMap::new(),
            }),
            ended: Condvar::new(),
        });
        let (ours, upstream) = (Arc::clone(&shared), server.socket().join(SOCKET));
        std::thread::spawn(move || accept(&listener, &ours, &upstream));
        Self { folder, shared }
    }

    /// The address of a database behind it.
    #[must_use]
    pub fn address(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&user=postgres", self.folder.path().display())
    }

    /// A store on a database behind it.
    ///
    /// # Panics
    /// If it can't be opened.
    #[must_use]
    pub fn store(&self, database: &str, connections: usize) -> Arc<dyn Store> {
        Arc::new(block_on(Postgres::open(&address(&self.address(database)), connections)).unwrap())
    }

    /// What becomes of every message from now on.
    pub fn rule(&self, rule: impl FnMut(&Message<'_>) -> Act + Send + 'static) {
        self.shared.lock().rule = Box::new(rule);
    }

    /// Lets everything pass again, and new sessions in.
    pub fn heal(&self) {
        self.rule(|_| Act::Pass);
        self.shared.lock().refusing = false;
    }

    /// Lets no new session in, until it is healed.
    pub fn refuse(&self) {
        self.shared.lock().refusing = true;
    }

    /// Cuts every session.
    pub fn cut_all(&self) {
        self.shared.lock().sessions.values().for_each(|session| session.cut());
    }

    /// Waits until the server has ended every session that was cut: it will do nothing more on their account.
    ///
    /// # Panics
    /// If it doesn't.
    pub fn settle(&self) {
        let dying = |state: &mut State| state.sessions.values().any(|session| session.is_cut());
        let (state, timeout) = self.shared.ended.wait_timeout_while(self.shared.lock(), PATIENCE, dying).unwrap();
        drop(state);
        assert!(!timeout.timed_out(), "the server doesn't end a session that was cut");
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.lock().stopping = true;
        self.cut_all();
        // Wakes the listening thread, which then sees that it is to stop.
        drop(UnixStream::connect(self.folder.path().join(SOCKET)));
    }
}

fn accept(listener: &UnixListener, shared: &Arc<Shared>, upstream: &PathBuf) {
    for client in listener.incoming() {
        let state = shared.lock();
        if state.stopping {
            return;
        }
        let refusing = state.refusing;
        drop(state);
        // A client that isn't let in, or a server that isn't there: closed.
        let (Ok(client), false) = (client, refusing) else { continue };
        if let Ok(server) = UnixStream::connect(upstream) {
            open(shared, client, server);
        }
    }
}

fn open(shared: &Arc<Shared>, client: UnixStream, server: UnixStream) {
    let session = Arc::new(Session { client, server, cut: Mutex::new(false) });
    let mut state = shared.lock();
    state.opened += 1;
    let number = state.opened;
    state.sessions.insert(number, Arc::clone(&session));
    drop(state);
    let (ours, theirs) = (Arc::clone(shared), Arc::clone(&session));
    std::thread::spawn(move || {
        // An end, or an error that is one.
        drop(carry(&ours, &theirs, Side::Client));
        theirs.cut();
    });
    let ours = Arc::clone(shared);
    std::thread::spawn(move || {
        drop(carry(&ours, &session, Side::Server));
        session.cut();
        drop(session.server.shutdown(Shutdown::Both));
        ours.lock().sessions.remove(&number);
        ours.ended.notify_all();
    });
}

/// Carries messages from one side to the other. What the server says to a client that is gone is read and dropped.
fn carry(shared: &Shared, session: &Session, from: Side) -> Result<()> {
    let (source, mut sink) = match from {
        Side::Client => (&session.client, &session.server),
        Side::Server => (&session.server, &session.client),
    };
    let mut source = BufReader::new(source);
    let mut first = from == Side::Client;
    loop {
        let (message, kind) = message(&mut source, first)?;
        first = false;
        if session.is_cut() {
            continue;
        }
        match shared.judge(from, &message, kind) {
            Act::Pass => {}
            Act::Wait(time) => std::thread::park_timeout(time),
            Act::CutBefore => {
                session.cut();
                continue;
            }
            Act::CutAfter => {
                // The server may be quicker than this thread: its answer would be through before the cut.
                session.hush();
                sink.write_all(&message)?;
                session.cut();
                continue;
            }
            Act::Lose => {
                sink.write_all(LOST)?;
                session.cut();
                continue;
            }
        }
        if !session.is_cut() {
            sink.write_all(&message)?;
        }
    }
}

/// The next message's bytes and its type: a letter, then the length of what follows with the length itself.
fn message(source: &mut impl Read, first: bool) -> Result<(Vec<u8>, u8)> {
    let mut head = vec![0; if first { 4 } else { 5 }];
    source.read_exact(&mut head)?;
    let letters = head.len() - 4;
    let length = u32::from_be_bytes([head[letters], head[letters + 1], head[letters + 2], head[letters + 3]]) as usize;
    let rest = length.checked_sub(4).ok_or_else(|| Error::from(ErrorKind::InvalidData))?;
    let kind = if first { 0 } else { head[0] };
    let end = head.len();
    head.resize(end + rest, 0);
    source.read_exact(&mut head[end..])?;
    Ok((head, kind))
}
