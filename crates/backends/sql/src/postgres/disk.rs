//! The server's disk, awaited beside the next batch.
//!
//! A COMMIT waits until the server's write-ahead log is on its disk, with all rows still locked. Where whoever asked is
//! told later anyway, the COMMIT needn't wait (`synchronous_commit = off`): its locks are free at once, and a transaction
//! of nothing but a mark in that log, made afterwards on a connection of its own, waits instead. The log is written in
//! order, so when the mark is durable, everything committed before it is. One mark is enough for all who wait.
//!
//! This holds for one life of one server: a server that crashes forgets what was not on its disk yet, and comes back. Its
//! connections don't. So the line for marks is there before the transaction begins, leads to the same server, and is never
//! made anew: if it breaks, nobody knows what became of the transaction. Behind a pooler, which may change servers behind one
//! connection, commits wait as ever.

use super::connect::Connector;
use super::session::{Server, Session};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio_postgres::Error;

/// A mark in the write-ahead log, in a transaction of its own; PostgreSQL has it since 9.6, for any user.
pub(super) const MARK: &str = "SELECT pg_logical_emit_message(true, 'ringfence', '')";

/// How long a server that gave no line is left alone.
const PAUSE: Duration = Duration::from_secs(1);

/// A connection to one life of one server, for marks only.
pub(super) struct Line {
    session: Session,
    server: Server,
    /// How many have asked.
    asked: AtomicU64,
    /// How many of them the last mark served.
    served: Mutex<u64>,
}

impl Line {
    /// Ready once everything is on the disk that the server had committed when this was called. An error: nobody knows.
    pub(super) async fn durable(&self) -> Result<(), Error> {
        let own = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut served = self.served.lock().await;
        if *served >= own {
            return Ok(());
        }
        let all = self.asked.load(Ordering::SeqCst);
        self.session.ask(MARK, &[]).await?;
        *served = all;
        Ok(())
    }
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
            Standing::Line(line) if !line.session.is_closed() => return (line.server == server).then(|| line.clone()),
            Standing::Making => return None,
            Standing::Without(known) if *known == server => return None,
            _ => *standing = Standing::Making,
        }
        let (disk, connector) = (Arc::clone(self), connector.clone());
        driver.spawn(async move {
            let made = make(&connector).await;
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

async fn make(connector: &Connector) -> Standing {
    let Ok(client) = connector.connect().await else { return Standing::None };
    let Ok(session) = Session::on(client, false).await else { return Standing::None };
    let Some(server) = session.server else { return Standing::None };
    let made = async {
        session.prepare([(MARK, &[] as &[_])].into_iter()).await?;
        session.ask(MARK, &[]).await
    };
    match made.await {
        Ok(_) => Standing::Line(Arc::new(Line { session, server, asked: AtomicU64::new(0), served: Mutex::new(0) })),
        Err(_) if session.is_closed() => Standing::None,
        Err(_) => Standing::Without(server),
    }
}
