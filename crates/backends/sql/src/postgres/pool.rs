//! Connections: at most so many, so many may wait for one, and beyond that the answer is no at once.
//!
//! Connections for questions are driven by a thread of the pool's own and go to whoever asks. One for transactions is driven
//! by the runtime in which it was made and goes to those who work there: between two threads, each message would have to
//! wake the other one up.
//!
//! A server that is stopped, or whose disk hangs, still acknowledges what it is sent. So whoever waits for it waits for so
//! long at most: then the connection is closed, and the answer is that the store doesn't answer.

use super::connect::{Connected, Connector};
use super::disk::{Disk, Line};
use super::failure::explain;
use super::session::{Server, Session};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use store::StoreError;
use tokio::runtime::{Handle, Id};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
use tokio::time::Timeout;
use tokio_postgres::Error;

/// How many may wait for a connection, per connection.
const WAITING: usize = 64;
/// Of how many connections one is kept from questions, so that a crowd of them doesn't push out those of transactions:
/// a connection that has to be made anew costs as much as some hundred statements.
const KEPT_FROM_QUESTIONS: usize = 3;

/// How long a connection may be waited for, and the answer to a question that is found by key.
pub(super) const QUESTION: Duration = Duration::from_secs(10);
/// How long one round trip of a transaction may take: longer than the server lets it wait for a lock, which it says itself.
pub(super) const TRANSACTION: Duration = Duration::from_secs(20);
/// How long a question may take that reads or sweeps a whole table, as chores, `verify` and `doctor` do.
pub(super) const SCAN: Duration = Duration::from_secs(60 * 60);

/// The pool.
pub(super) struct Pool {
    connector: Connector,
    free: Mutex<Vec<(Home, Session)>>,
    room: Semaphore,
    /// The part of the room that questions may fill.
    questions: Semaphore,
    queue: Semaphore,
    disk: Arc<Disk>,
    driver: Driver,
}

/// Where a connection is driven: in a runtime, or by the pool. Not a thread: one may run several runtimes in turn, and a
/// connection of a runtime that rests would never answer.
type Home = Option<Id>;

fn here() -> Home {
    Handle::try_current().ok().map(|runtime| runtime.id())
}

/// A connection, lent. It goes back when it is dropped, unless it may be in the middle of a transaction: then it is
/// closed, and the server rolls back.
pub(super) struct Lent<'a> {
    session: Option<Session>,
    home: Home,
    pool: &'a Pool,
    _room: SemaphorePermit<'a>,
    _question: Option<SemaphorePermit<'a>>,
    /// Is a transaction open, as far as anybody knows?
    pub(super) open: bool,
}

impl Pool {
    pub(super) fn new(connector: Connector, connections: usize) -> std::io::Result<Self> {
        let connections = connections.max(1);
        Ok(Self {
            connector,
            free: Mutex::default(),
            room: Semaphore::new(connections),
            questions: Semaphore::new(connections - connections / KEPT_FROM_QUESTIONS),
            queue: Semaphore::new(connections * (1 + WAITING)),
            disk: Arc::default(),
            driver: Driver::start()?,
        })
    }

    /// A connection for a question; waits for one if there is a place to wait.
    pub(super) async fn lend(&self) -> Result<Lent<'_>, StoreError> {
        self.lend_at(None).await
    }

    /// A connection for a transaction, driven in this runtime.
    pub(super) async fn lend_here(&self) -> Result<Lent<'_>, StoreError> {
        self.lend_at(here()).await
    }

    async fn lend_at(&self, home: Home) -> Result<Lent<'_>, StoreError> {
        self.timed(home, QUESTION, self.take(home)).await.unwrap_or(Err(StoreError::Unavailable))
    }

    /// By the clock of where the connection is driven: those who ask questions may have none.
    fn timed<F: Future>(&self, home: Home, patience: Duration, waited_for: F) -> Timeout<F> {
        let _there = home.is_none().then(|| self.driver.handle.enter());
        tokio::time::timeout(patience, waited_for)
    }

    async fn take(&self, home: Home) -> Result<Lent<'_>, StoreError> {
        let place = self.queue.try_acquire().map_err(|_| StoreError::Unavailable)?;
        let question = match home {
            None => Some(self.questions.acquire().await.map_err(|_| StoreError::Unavailable)?),
            Some(_) => None,
        };
        let room = self.room.acquire().await.map_err(|_| StoreError::Unavailable)?;
        drop(place);
        let session = match self.free(home) {
            Some(session) => session,
            None => self.session(home).await.map_err(|error| error.map_or(StoreError::Unavailable, |e| explain(&e)))?,
        };
        Ok(Lent { session: Some(session), home, pool: self, _room: room, _question: question, open: false })
    }

    /// One that is driven there. Otherwise there is room for a new one afterwards, whatever lies elsewhere.
    fn free(&self, home: Home) -> Option<Session> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.retain(|(_, session)| !session.is_closed());
        if let Some(at) = free.iter().rposition(|(of, _)| *of == home) {
            return Some(free.remove(at).1);
        }
        while free.len() > self.room.available_permits() {
            let spare = most_spare(&free);
            free.remove(spare);
        }
        None
    }

    /// A line to the disk of the server that a transaction is to run on, beside the pool's connections.
    pub(super) fn line(&self, server: Option<Server>) -> Option<Arc<Line>> {
        self.disk.line(server?, &self.connector, &self.driver.handle)
    }

    async fn session(&self, home: Home) -> Result<Session, Option<Error>> {
        let connected = match home {
            Some(_) => self.connector.connect().await?,
            None => self.connect().await?,
        };
        Session::on(connected, home.is_some()).await.map_err(Some)
    }

    /// A new connection, driven until it is dropped. No error means that it took too long, or the driver is gone.
    pub(super) async fn connect(&self) -> Result<Connected, Option<Error>> {
        let connector = self.connector.clone();
        self.driver.handle.spawn(async move { connector.connect().await }).await.map_err(|_| None)?
    }
}

impl Lent<'_> {
    /// What the server says in time; otherwise the connection is closed, whatever it still does there.
    pub(super) async fn within<T>(&self, patience: Duration, asked: impl Future<Output = T>) -> Result<T, StoreError> {
        let answer = self.pool.timed(self.home, patience, asked).await;
        answer.map_err(|_| {
            self.give_up();
            StoreError::Unavailable
        })
    }
}

/// The longest unused connection of the home that has most of them lying idle.
fn most_spare(free: &[(Home, Session)]) -> usize {
    let idle = |home: Home| free.iter().filter(|(of, _)| *of == home).count();
    let most = free.iter().map(|(home, _)| idle(*home)).max().unwrap_or(0);
    free.iter().position(|(home, _)| idle(*home) == most).unwrap_or(0)
}

impl std::ops::Deref for Lent<'_> {
    type Target = Session;

    #[expect(clippy::expect_used, reason = "it is taken by drop only")]
    fn deref(&self) -> &Session {
        self.session.as_ref().expect("lent until dropped")
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(session) = self.session.take().filter(|session| !self.open && !session.is_closed()) {
            self.pool.free.lock().unwrap_or_else(PoisonError::into_inner).push((self.home, session));
        }
    }
}

/// The thread in which the connections' input and output happens.
struct Driver {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Driver {
    fn start() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new().name("postgresql".into()).spawn(move || {
            drop(runtime.block_on(stopped));
        })?;
        Ok(Self { handle, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // The pool may be dropped by a task of its own.
            drop(thread.join());
        }
    }
}
