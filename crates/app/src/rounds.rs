//! Background work: a thread that does one round after another until it is dropped.

use crate::failure::Failure;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Which round it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Others follow.
    Next,
    /// The program stops after it.
    Last,
}

/// The running thread; it stops when dropped, after a last round.
pub(crate) struct Rounds {
    stop: Arc<AtomicBool>,
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
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let no_thread = |error: std::io::Error| {
            Failure::there(format!("no thread for the {name}: {}", error.kind()), "check the machine's limits")
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(no_thread)?;
        let work = move || {
            runtime.block_on(async {
                loop {
                    let last = stopped.load(Ordering::SeqCst);
                    let wait = round(if last { Turn::Last } else { Turn::Next }).await;
                    if last {
                        return;
                    }
                    std::thread::park_timeout(wait);
                }
            });
        };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(work).map_err(no_thread)?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Rounds {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A thread that panicked has said so itself; nothing is left to stop.
            drop(thread.join());
        }
    }
}
