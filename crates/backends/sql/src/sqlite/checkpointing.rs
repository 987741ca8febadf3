//! Copies SQLite's log into the database file on a thread of its own, so that the writer doesn't stop for it.

use super::connect;
use super::folding::fold_if_many;
use super::writer::Writer;
use rusqlite::Connection;
use std::cell::Cell;
use std::fs::File;
use std::mem::ManuallyDrop;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

/// From how many frames (pages of 4 KB) in the log on it is copied.
const FRAMES: i32 = 2_000;

thread_local! {
    /// Frames in the log after the last commit of this thread; SQLite tells them to a function without a state.
    static IN_LOG: Cell<i32> = const { Cell::new(0) };
}

/// The thread, and how to wake it.
pub(super) struct Checkpointing {
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointing {
    /// Starts the thread for the database at `path`.
    pub(super) fn start(path: &Path, writer: Arc<Writer>) -> rusqlite::Result<Self> {
        let connection = connect(path, false)?;
        // Never closed: closing any descriptor of a file drops the locks that this process has on it (POSIX).
        let database = ManuallyDrop::new(File::open(path));
        // Replaces SQLite's own checkpoint, which runs inside a commit.
        writer.lock().wal_hook(Some(|_, pages| {
            IN_LOG.set(pages);
            Ok(())
        }));
        let (wake, woken) = sync_channel(1);
        let name = "checkpoint".to_owned();
        let thread = std::thread::Builder::new()
            .name(name)
            .spawn(move || {
                let sync = || database.as_ref().map(File::sync_data);
                while woken.recv().is_ok() {
                    let _ = checkpoint(&connection);
                    let _ = sync();
                    let held = writer.lock();
                    let _ = checkpoint(&connection);
                    drop(held);
                    let _ = fold_if_many(&writer);
                }
            })
            .ok();
        Ok(Self { wake: Some(wake), thread })
    }

    /// To be called by whoever has just committed with the writer.
    pub(super) fn committed(&self) {
        if IN_LOG.get() >= FRAMES
            && let Some(wake) = &self.wake
        {
            // Full means that it is awake already.
            let _ = wake.try_send(());
        }
    }
}

impl Drop for Checkpointing {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}
