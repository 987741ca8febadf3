//! The server's disk, awaited beside the next batch.
//!
//! A COMMIT waits until the server's write-ahead log is on its disk, with all rows still locked. Where whoever asked is
//! told later anyway, the COMMIT needn't wait (`synchronous_commit = off`): its locks are free at once, and a transaction
//! of nothing but a mark in that log, made afterwards on a connection of its own, waits instead. The log is written in
//! order, so when the mark is durable, everything committed before it is. One mark is enough for all who wait.
//!
//! This holds for one life of one server: a server that crashes forgets what was not on its disk yet, and comes back. Its
//! connections don't. So the line for marks is there before the transaction begins, leads to the same server, as each mark
//! says again, and is never made anew: if it breaks, nobody knows what became of the transaction. Behind a pooler, which may
//! change servers behind one connection, commits wait as ever.

use super::connect::Connector;
use super::failure::makes_none;
use super::session::{Server, Session};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio_postgres::{Error, Row};

/// A mark in the write-ahead log, in a transaction of its own (PostgreSQL has it since 9.6, for any user); whether its COMMIT waits
/// for the disk, as settings may change at any time; and when the server was started.
pub(super) const MARK: &str = "SELECT current_setting('synchronous_commit') <> 'off' AND current_setting('fsync') <> 'off', \
    (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::BIGINT, pg_logical_emit_message(true, 'ringfence', '')";

/// How long a server that gave no line is left alone.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a mark may take, and making the line: then nobody knows, and the line is given up.
const DEADLINE: Duration = Duration::from_secs(10);

/// A connection to one life of one server, for marks only.
pub(super) struct Line {
    session: Session,
    server: Server,
    /// How many have asked.
    asked: AtomicU64,
    /// How many of them the last mark served.
    served: Mutex<u64>,
    given_up: AtomicBool,
    driver: Handle,
}

impl Line {
    /// Ready once everything is on the disk that the server had committed when this was called; `false` where nobody knows.
    /// It goes on by itself, so that nobody waits for a waiter that does something else meanwhile.
    pub(super) async fn durable(self: Arc<Self>) -> bool {
        let own = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let driver = self.driver.clone();
        driver.spawn(async move { self.marked_for(own).await }).await.unwrap_or(false)
    }

    async fn marked_for(&self, own: u64) -> bool {
        let mut served = self.served.lock().await;
        if *served >= own {
            return true;
        }
        let all = self.asked.load(Ordering::SeqCst);
        let marked = tokio::time::timeout(DEADLINE, mark(&self.session)).await;
        if !self.given_up.load(Ordering::SeqCst) && matches!(marked, Ok(Ok(Some(server))) if server == self.server) {
            *served = all;
            return true;
        }
        self.given_up.store(true, Ordering::SeqCst);
        self.session.give_up();
        false
    }

    fn stands(&self) -> bool {
        !self.session.is_closed() && !self.given_up.load(Ordering::SeqCst)
    }
}

/// Makes a mark; gives the server on whose disk it is, if it is there.
async fn mark(session: &Session) -> Result<Option<Server>, Error> {
    let row = session.ask(MARK, &[]).await?.pop();
    Ok(row.as_ref().and_then(marked_on))
}

/// On which server's disk a mark is; `None` if it isn't.
pub(super) fn marked_on(row: &Row) -> Option<Server> {
    let waited: bool = row.try_get(0).ok()?;
    row.try_get(1).ok().filter(|_| waited).map(Server)
}

/// The line, if there is one: it is made beside the work of whoever first wants it.
#[derive(Default)]
pub(super) struct Disk(Lock<Standing>);

#[derive(Default)]
enum Standing {
    #[default]
    None,
    Making,
    Line(Arc<Line>),
    /// This server makes no marks.
    Without(Server),
}

impl Disk {
    /// A line to this server that stands now. `None`: commits must wait for the disk themselves.
    pub(super) fn line(self: &Arc<Self>, server: Server, connector: &Connector, driver: &Handle) -> Option<Arc<Line>> {
        let mut standing = self.standing();
        match &*standing {
            Standing::Line(line) if line.stands() => return (line.server == server).then(|| line.clone()),
            Standing::Making => return None,
            Standing::Without(known) if *known == server => return None,
            _ => *standing = Standing::Making,
        }
        let (disk, connector, own) = (Arc::clone(self), connector.clone(), driver.clone());
        driver.spawn(async move {
            let made = tokio::time::timeout(DEADLINE, make(&connector, own)).await.unwrap_or(Standing::None);
            if matches!(made, Standing::None) {
                tokio::time::sleep(PAUSE).await;
            }
            *disk.standing() = made;
        });
        None
    }

    fn standing(&self) -> std::sync::MutexGuard<'_, Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn make(connector: &Connector, driver: Handle) -> Standing {
    let Ok(connected) = connector.connect().await else { return Standing::None };
    let Ok(session) = Session::on(connected, false).await else { return Standing::None };
    let Some(server) = session.server else { return Standing::None };
    let made = async {
        session.prepare([(MARK, &[] as &[_])].into_iter()).await?;
        mark(&session).await
    };
    match made.await {
        Ok(Some(there)) if there == server => Standing::Line(Arc::new(Line {
            session,
            server,
            asked: AtomicU64::new(0),
            served: Mutex::new(0),
            given_up: AtomicBool::new(false),
            driver,
        })),
        Err(error) if makes_none(&error) => Standing::Without(server),
        _ => Standing::None,
    }
}
