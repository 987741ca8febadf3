//! Connections: at most so many, so many may wait for one, and beyond that the answer is no at once.
//!
//! They are driven by a thread of their own, so that whoever asks may wait in any runtime or none.

use super::connect::Connector;
use super::failure::explain;
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use store::StoreError;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
use tokio_postgres::{Client, Error};

/// How many may wait for a connection, per connection.
const WAITING: usize = 64;

/// The pool.
pub(super) struct Pool {
    connector: Connector,
    free: Mutex<Vec<Client>>,
    room: Semaphore,
    queue: Semaphore,
    driver: Driver,
}

/// A connection, lent. It goes back when it is dropped, unless it may be in the middle of a transaction: then it is
/// closed, and the server rolls back.
pub(super) struct Lent<'a> {
    client: Option<Client>,
    pool: &'a Pool,
    _room: SemaphorePermit<'a>,
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
            queue: Semaphore::new(connections * (1 + WAITING)),
            driver: Driver::start()?,
        })
    }

    /// A connection; waits for one if there is a place to wait.
    pub(super) async fn lend(&self) -> Result<Lent<'_>, StoreError> {
        let place = self.queue.try_acquire().map_err(|_| StoreError::Unavailable)?;
        let room = self.room.acquire().await.map_err(|_| StoreError::Unavailable)?;
        drop(place);
        let client = match self.free() {
            Some(client) => client,
            None => {
                self.connect().await.map_err(|error| error.map_or(StoreError::Unavailable, |error| explain(&error)))?
            }
        };
        Ok(Lent { client: Some(client), pool: self, _room: room, open: false })
    }

    fn free(&self) -> Option<Client> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(client) = free.pop() {
            if !client.is_closed() {
                return Some(client);
            }
        }
        None
    }

    /// A new connection, driven until it is dropped. No error means that it took too long, or the driver is gone.
    pub(super) async fn connect(&self) -> Result<Client, Option<Error>> {
        let connector = self.connector.clone();
        self.driver.handle.spawn(async move { connector.connect().await }).await.map_err(|_| None)?
    }
}

impl std::ops::Deref for Lent<'_> {
    type Target = Client;

    #[expect(clippy::expect_used, reason = "it is taken by drop only")]
    fn deref(&self) -> &Client {
        self.client.as_ref().expect("lent until dropped")
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(client) = self.client.take().filter(|client| !self.open && !client.is_closed()) {
            self.pool.free.lock().unwrap_or_else(PoisonError::into_inner).push(client);
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
