//! Background work: a thread that does one round after another until it is dropped.

use crate::failure::Failure;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::Notify;

/// Which round it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Others follow.
    Next,
    /// The program stops after it.
    Last,
}

#[derive(Default)]
struct Stop {
    asked: AtomicBool,
    told: Notify,
}

/// The running thread; it stops when dropped, after a last round.
pub(crate) struct Rounds {
    stop: Arc<Stop>,
    thread: Option<JoinHandle<()>>,
}

impl Rounds {
    /// Starts a thread of that name; each round says how long to wait for the next.
    ///
    /// # Errors
    /// If no thread can be started.
    pub(crate) fn start(
        name: &str,
        mut round: impl AsyncFnMut(Turn) -> Duration + Send + 'static,
    ) -> Result<Self, Failure> {
        let stop = Arc::<Stop>::default();
        let stopped = Arc::clone(&stop);
        let no_thread = |error: std::io::Error| {
            Failure::there(format!("no thread for the {name}: {}", error.kind()), "check the machine's limits")
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(no_thread)?;
        let work = move || {
            runtime.block_on(async {
                loop {
                    let last = stopped.asked.load(Ordering::SeqCst);
                    let wait = round(if last { Turn::Last } else { Turn::Next }).await;
                    if last {
                        return;
                    }
                    // Not asleep: this thread's connections to a database are driven meanwhile.
                    let _ = tokio::time::timeout(wait, stopped.told.notified()).await;
                }
            });
        };
        let title = name.to_owned();
        let work = move || {
            if catch_unwind(AssertUnwindSafe(work)).is_err() {
                // A node without it would go on answering while nothing gets its place in the log, say: whoever supervises
                // the process starts it again.
                tracing::error!(thread = title, "background work broke down; the process ends");
                std::process::abort();
            }
        };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(no_thread)?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Rounds {
    fn drop(&mut self) {
        self.stop.asked.store(true, Ordering::SeqCst);
        // Kept for a thread that is in the middle of a round.
        self.stop.told.notify_one();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    /// Says to this very test, run as a process of its own, that it is the one to break down.
    const BREAK: &str = "RINGFENCE_TEST_BREAKS_DOWN";

    /// POSIX's number for it.
    const SIGABRT: i32 = 6;

    #[test]
    fn work_that_breaks_down_takes_the_process_with_it() {
        if std::env::var_os(BREAK).is_some() {
            let _rounds = Rounds::start("work", async |_| unreachable!("broken on purpose")).unwrap();
            std::thread::park_timeout(Duration::from_secs(60));
            return;
        }
        let name = "rounds::tests::work_that_breaks_down_takes_the_process_with_it";
        let mut again = Command::new(std::env::current_exe().unwrap());
        let ended = again.args(["--exact", name]).env(BREAK, "1").output().unwrap().status;
        assert_eq!(ended.signal(), Some(SIGABRT), "{ended}");
    }
}
