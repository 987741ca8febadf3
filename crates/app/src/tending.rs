//! One thread that turns every tenant's shelf by the clock, and sweeps out the sessions and the like that have run out, in
//! small steps beside what is served.

use crate::failure::Failure;
use crate::rounds::Rounds;
use std::sync::Arc;
use std::time::Duration;
use vault::{ShelfKeeper, Vault};

/// Between two batches of customers: most of the time is left to those who are being served.
const PAUSE: Duration = Duration::from_millis(50);
/// Shelves live for days; a look now and then is enough.
const IDLE: Duration = Duration::from_secs(600);
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// The running thread; it stops when dropped.
pub struct Tending {
    _rounds: Rounds,
}

impl Tending {
    /// Starts it for all tenants of the vault.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn start(vault: &Arc<Vault>) -> Result<Self, Failure> {
        let mut keepers: Vec<ShelfKeeper> =
            vault.tenants().iter().map(|tenant| ShelfKeeper::new(vault, tenant.id)).collect();
        let vault = Arc::clone(vault);
        let rounds = Rounds::start("shelves", async move |_| round(&vault, &mut keepers).await)?;
        Ok(Self { _rounds: rounds })
    }
}

async fn round(vault: &Vault, keepers: &mut [ShelfKeeper]) -> Duration {
    let mut wait = IDLE;
    for keeper in keepers {
        let next = match keeper.tick().await {
            Ok(true) => PAUSE,
            Ok(false) => IDLE,
            Err(error) => {
                tracing::error!(%error, "the shelf can't be turned; it is tried again");
                AFTER_FAILURE
            }
        };
        wait = wait.min(next);
    }
    if wait == IDLE
        && let Err(error) = vault.sweep_admissions().await
    {
        tracing::warn!(%error, "sessions that have run out couldn't be swept; it is tried again");
    }
    wait
}
