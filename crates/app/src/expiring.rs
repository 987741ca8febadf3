//! One thread that destroys what has expired, of all tenants, in small steps beside what is served.

use crate::ambient::SystemEntropy;
use crate::failure::Failure;
use crate::rounds::Rounds;
use std::sync::Arc;
use std::time::Duration;
use vault::{Expirer, ExpiryStep, Vault};

/// After the start: whoever waits to be served comes first.
const FIRST: Duration = Duration::from_secs(60);
/// Between two steps.
const PAUSE: Duration = Duration::from_millis(2);
/// For each step of a sweep, which takes some ten milliseconds: whoever is being served has most of a processor's time, however many
/// tenants are swept at once. Not while another tenant's customers are looked at: what has expired doesn't wait for sweeps.
const SWEEPING: Duration = Duration::from_millis(40);
/// It is done once a day; a look now and then is enough.
const IDLE: Duration = Duration::from_secs(60);
const AFTER_FAILURE: Duration = Duration::from_secs(10);

/// The running thread; it stops when dropped.
pub struct Expiring {
    _rounds: Rounds,
}

impl Expiring {
    /// Starts it for all tenants of the vault.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn start(vault: &Arc<Vault>) -> Result<Self, Failure> {
        let holder = domain::time::fresh(&SystemEntropy);
        let mut expirers: Vec<Expirer> =
            vault.tenants().iter().map(|tenant| Expirer::new(vault, tenant.id, holder)).collect();
        let mut begun = false;
        let rounds = Rounds::start("retention", async move |_| {
            if std::mem::replace(&mut begun, true) { round(&mut expirers).await } else { FIRST }
        })?;
        Ok(Self { _rounds: rounds })
    }
}

async fn round(expirers: &mut [Expirer]) -> Duration {
    let (mut wait, mut sweeping) = (IDLE, Duration::ZERO);
    for expirer in expirers {
        let next = match expirer.tick().await {
            Ok(ExpiryStep::Idle) => IDLE,
            Ok(ExpiryStep::More) => PAUSE,
            Ok(ExpiryStep::Swept) => {
                sweeping += SWEEPING;
                continue;
            }
            Err(error) => {
                tracing::error!(%error, "what has expired can't be destroyed; it is tried again");
                AFTER_FAILURE
            }
        };
        wait = wait.min(next);
    }
    if sweeping.is_zero() { wait } else { wait.min(sweeping) }
}
