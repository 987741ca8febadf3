//! The one connection that writes, in turns.
//!
//! A mutex alone goes to whoever asks first, and that is the thread which has just let go of it and wants it again: under
//! load the door's, batch after batch, while the sequencer waits. Here everybody queues for being next: who has just
//! written can't pass the one who is.

use rusqlite::Connection;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) struct Writer {
    next: Mutex<()>,
    connection: Mutex<Connection>,
}

impl Writer {
    pub(super) fn new(connection: Connection) -> Self {
        Self { next: Mutex::new(()), connection: Mutex::new(connection) }
    }

    /// The connection, once it is this thread's turn.
    pub(super) fn lock(&self) -> MutexGuard<'_, Connection> {
        let next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        // A panic while writing rolled its transaction back: the connection is as good as before.
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        drop(next);
        connection
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    #[test]
    fn who_waits_comes_before_who_has_just_written() {
        let writer = Writer::new(Connection::open_in_memory().unwrap());
        let (over, turns) = (AtomicBool::new(false), AtomicU64::new(0));
        std::thread::scope(|threads| {
            threads.spawn(|| {
                while !over.load(Ordering::SeqCst) {
                    let held = writer.lock();
                    let count = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 20000) SELECT count(*) FROM c";
                    assert_eq!(held.query_row(count, [], |row| row.get::<_, u32>(0)).unwrap(), 20_000);
                    turns.fetch_add(1, Ordering::SeqCst);
                    drop(held);
                }
            });
            while turns.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            for _ in 0..50 {
                let before = turns.load(Ordering::SeqCst);
                drop(writer.lock());
                let passed = turns.load(Ordering::SeqCst) - before;
                assert!(passed <= 3, "{passed} turns of somebody else came first");
            }
            over.store(true, Ordering::SeqCst);
        });
    }
}
