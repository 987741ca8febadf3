//! One thread that recounts what was spent from the log, while it grows.

use crate::ambient::SystemEntropy;
use crate::failure::Failure;
use crate::rounds::Rounds;
use std::sync::Arc;
use std::time::Duration;
use vault::{RecountStep, Recounter, Vault};

/// While there is more to be read: most of the time is left to those who are being served.
const PAUSE: Duration = Duration::from_millis(20);
const IDLE: Duration = Duration::from_millis(500);
const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// The running thread; it stops when dropped.
pub struct Recounting {
    _rounds: Rounds,
}

impl Recounting {
    /// Starts it for all tenants of the vault.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn start(vault: &Arc<Vault>) -> Result<Self, Failure> {
        let holder = domain::time::fresh(&SystemEntropy);
        let mut recounters: Vec<Recounter> =
            vault.tenants().iter().map(|tenant| Recounter::new(vault, tenant.id, holder)).collect();
        let rounds = Rounds::start("recount", async move |_| round(&mut recounters).await)?;
        Ok(Self { _rounds: rounds })
    }
}

async fn round(recounters: &mut [Recounter]) -> Duration {
    let mut wait = IDLE;
    for recounter in recounters {
        let next = match recounter.tick().await {
            Ok(RecountStep::Idle) => IDLE,
            Ok(RecountStep::More) => PAUSE,
            Err(error) => {
                tracing::error!(%error, "what was spent can't be recounted; it is tried again");
                AFTER_FAILURE
            }
        };
        wait = wait.min(next);
    }
    wait
}
