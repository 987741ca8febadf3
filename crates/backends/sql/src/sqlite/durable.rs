//! When a commit is on the disk.
//!
//! The writer runs with `synchronous = NORMAL`: SQLite writes a commit to its log and syncs that log only before it
//! copies it into the database file. The sync that makes a commit durable is done here, by whoever waits for it,
//! while the writer goes on: one sync serves every commit that was written before it began, so commits group by
//! themselves and the writer never waits for the disk. Nobody is told of a commit before its sync.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// How far the log is written and synced, in commits.
pub(super) struct Durability {
    log: File,
    path: PathBuf,
    written: AtomicU64,
    synced: Mutex<Synced>,
}

#[derive(Default)]
struct Synced {
    upto: u64,
    /// After a failed sync nobody can say what the disk holds, and a later one that succeeds says nothing about it.
    failed: bool,
}

impl Durability {
    /// For the log of the database at `path`, which a connection has opened before.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let mut name = path.as_os_str().to_owned();
        name.push("-wal");
        let path = PathBuf::from(name);
        let log = File::options().append(true).open(&path)?;
        Ok(Self { log, path, written: AtomicU64::new(0), synced: Mutex::default() })
    }

    /// A commit was written; gives its number. Called under the writer's lock.
    pub(super) fn written(&self) -> u64 {
        self.written.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Returns once the commit of this number is on the disk.
    pub(super) fn reach(&self, number: u64) -> io::Result<()> {
        let mut synced = self.synced.lock().unwrap_or_else(PoisonError::into_inner);
        if synced.failed {
            return Err(io::Error::other("an earlier sync failed"));
        }
        if synced.upto < number {
            let upto = self.written.load(Ordering::SeqCst);
            synced.failed = true;
            self.log.sync_data()?;
            self.is_still_there()?;
            *synced = Synced { upto, failed: false };
        }
        Ok(())
    }

    /// SQLite goes on writing to a log that somebody deleted or moved away; after a restart nothing of that is found.
    fn is_still_there(&self) -> io::Result<()> {
        let name = |file: &Metadata| (file.dev(), file.ino());
        let (open, named) = (self.log.metadata()?, fs::metadata(&self.path)?);
        if name(&open) == name(&named) { Ok(()) } else { Err(io::Error::other("the log was taken away")) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Sqlite;
    use std::fs;

    #[test]
    fn what_goes_into_a_log_that_was_taken_away_is_not_durable() {
        for moved in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            let store = Sqlite::create(dir.path()).unwrap();
            let log = dir.path().join("ringfence.db-wal");
            let number = store.durability.written();
            assert!(store.durability.reach(number).is_ok());
            if moved {
                fs::rename(&log, dir.path().join("elsewhere")).unwrap();
                fs::write(&log, b"").unwrap();
            } else {
                fs::remove_file(&log).unwrap();
            }
            let number = store.durability.written();
            assert!(store.durability.reach(number).is_err());
            assert!(store.durability.reach(number).is_err(), "nor by asking again");
        }
    }
}
