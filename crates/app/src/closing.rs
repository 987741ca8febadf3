//! One thread that closes every tenant's log by the clock, in small steps beside what is served.

use crate::ambient::SystemEntropy;
use crate::failure::Failure;
use crate::rounds::Rounds;
use std::sync::Arc;
use std::time::Duration;
use vault::{CloseStep, LogCloser, Vault};

/// Between two steps: most of the time is left to those who are being served.
const PAUSE: Duration = Duration::from_millis(2);
/// While the sequencer gives entries their places.
const WAITING: Duration = Duration::from_millis(50);
/// The longest time between two looks at the clock.
const IDLE: Duration = Duration::from_secs(10);
const AFTER_FAILURE: Duration = Duration::from_secs(10);

/// The running thread; it stops when dropped.
pub struct Closing {
    _rounds: Rounds,
}

impl Closing {
    /// Starts it for all tenants of the vault.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn start(vault: &Arc<Vault>) -> Result<Self, Failure> {
        let holder = domain::time::fresh(&SystemEntropy);
        let mut closers: Vec<LogCloser> =
            vault.tenants().iter().map(|tenant| LogCloser::new(vault, tenant.id, holder)).collect();
        let vault = Arc::clone(vault);
        let rounds = Rounds::start("closes", async move |_| {
            let idle = IDLE.min(Duration::from_secs(vault.closes_every_s().into()) / 10);
            round(&mut closers, idle).await
        })?;
        Ok(Self { _rounds: rounds })
    }
}

async fn round(closers: &mut [LogCloser], idle: Duration) -> Duration {
    let mut wait = idle;
    for closer in closers {
        let next = match closer.tick().await {
            Ok(CloseStep::Idle) => idle,
            Ok(CloseStep::Waits) => WAITING,
            Ok(CloseStep::More) => PAUSE,
            Err(error) => {
                tracing::error!(%error, "the log can't be closed; it is tried again");
                AFTER_FAILURE
            }
        };
        wait = wait.min(next);
    }
    wait
}
