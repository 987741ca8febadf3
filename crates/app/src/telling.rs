//! Threads that tell others of the log, one for each, so that nobody waits for somebody else; and one that writes alarms down.

use crate::ambient::SystemEntropy;
use crate::config::Config;
use crate::failure::Failure;
use crate::rounds::{Rounds, Turn};
use std::sync::Arc;
use std::time::Duration;
use vault::{AlarmTeller, DigestOutlet, DigestTeller, Outlet, OutletStep, Teller, TenantConfig, Vault};

/// While there is more to be told: others are served beside it.
const PAUSE: Duration = Duration::from_millis(10);
const IDLE: Duration = Duration::from_millis(500);
const AFTER_FAILURE: Duration = Duration::from_secs(2);
/// Between two looks at which alarms stand.
const ALARMS: Duration = Duration::from_secs(1);

/// A tenant with somebody whom its log is told.
pub type To<T> = (TenantConfig, Arc<T>);

/// Whom logs are told.
#[derive(Default)]
pub struct Told {
    outlets: Vec<To<dyn Outlet>>,
    digests: Vec<To<dyn DigestOutlet>>,
}

impl Told {
    /// Those of a configuration.
    ///
    /// # Errors
    /// If one of them can't be used.
    pub fn by(config: &Config) -> Result<Self, Failure> {
        Ok(Self { outlets: config.outlets()?, digests: config.digests()? })
    }
}

/// The running threads; they stop when dropped.
pub struct Telling {
    _rounds: Vec<Rounds>,
}

impl Telling {
    /// Starts them for all tenants of the vault and these of them.
    ///
    /// # Errors
    /// If a thread can't be started.
    pub fn start(vault: &Arc<Vault>, told: Told) -> Result<Self, Failure> {
        let holder = domain::time::fresh(&SystemEntropy);
        let mut rounds = vec![alarms(vault, holder)?];
        for (tenant, outlet) in told.outlets {
            let mut teller = Teller::new(vault, tenant, outlet, holder);
            rounds.push(Rounds::start("outlet", async move |turn| round(&mut teller, turn).await)?);
        }
        if !told.digests.is_empty() {
            rounds.push(digests(vault, told.digests, holder)?);
        }
        Ok(Self { _rounds: rounds })
    }
}

async fn round(teller: &mut Teller, turn: Turn) -> Duration {
    if turn == Turn::Last {
        return IDLE;
    }
    match teller.tick().await {
        Ok(OutletStep::Idle) => IDLE,
        Ok(OutletStep::More) => PAUSE,
        Err(error) => {
            tracing::warn!(%error, "an outlet can't be told; it is tried again");
            AFTER_FAILURE
        }
    }
}

/// All of them on one thread: none is so urgent that it couldn't wait for another.
fn digests(vault: &Arc<Vault>, digests: Vec<To<dyn DigestOutlet>>, holder: [u8; 16]) -> Result<Rounds, Failure> {
    let mut tellers: Vec<DigestTeller> =
        digests.into_iter().map(|(tenant, outlet)| DigestTeller::new(vault, tenant, outlet, holder)).collect();
    Rounds::start("digests", async move |turn| {
        for teller in tellers.iter_mut().filter(|_| turn != Turn::Last) {
            if let Err(error) = teller.tick().await {
                tracing::warn!(%error, "a digest can't be made; it is tried again");
            }
        }
        ALARMS
    })
}

fn alarms(vault: &Arc<Vault>, holder: [u8; 16]) -> Result<Rounds, Failure> {
    let mut tellers: Vec<AlarmTeller> =
        vault.tenants().iter().map(|tenant| AlarmTeller::new(vault, tenant.id, holder)).collect();
    let vault = Arc::clone(vault);
    Rounds::start("alarms", async move |_| {
        for tenant in vault.tenants() {
            if let Err(error) = vault.settle_outlets(tenant.id).await {
                tracing::warn!(%error, "how outlets stand can't be looked at; it is tried again");
            }
        }
        for teller in &mut tellers {
            if let Err(error) = teller.tick().await {
                tracing::warn!(%error, "alarms can't be written down; it is tried again");
            }
        }
        ALARMS
    })
}
