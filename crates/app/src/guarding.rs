//! One thread that looks about each second whether people and rights are what the key holder sealed and what alarms it has, takes
//! over the steps of its ceremonies, makes the proposals whose time has come, closes drills for people that are over, and says what broken glass waits for a review, which requests are overdue and whether settings
//! changed. One that says which algorithms have outlived their milestones and whether the notice is kept. And one that writes boxes of reports anew at random times.

use crate::ambient::SystemEntropy;
use crate::failure::Failure;
use crate::rounds::{Rounds, Turn};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use vault::Vault;

/// The longest time between two covers of the box of reports, in milliseconds; usually half of it.
const COVER_MS: u32 = 20 * 60_000;
const USUAL: Duration = Duration::from_millis(700);
/// Between two looks at the key holder's alarms and ceremonies, for which it reads its files, and at requests.
const HOLDER: Duration = Duration::from_secs(10);
/// Between two looks at the data plan.
const PLAN: Duration = Duration::from_secs(3);
/// Of many people a look takes long: then it has at most this share of the time.
const SHARE: u32 = 20;
/// No look is further away: a database that was slow for once keeps no alarm waiting.
const LONGEST: Duration = Duration::from_secs(10);

/// The running threads; they stop when dropped.
pub struct Guarding {
    _rounds: [Rounds; 3],
}

impl Guarding {
    /// Starts it for all tenants of the vault.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn start(vault: &Arc<Vault>) -> Result<Self, Failure> {
        let cover = cover(Arc::clone(vault))?;
        let planned = planned(Arc::clone(vault))?;
        let vault = Arc::clone(vault);
        let mut asked: Option<Instant> = None;
        let rounds = Rounds::start("power", async move |_| {
            let began = Instant::now();
            let asks = asked.is_none_or(|asked| asked.elapsed() >= HOLDER);
            if asks {
                asked = Some(began);
            }
            for tenant in vault.tenants() {
                if let Err(error) = vault.load_power(tenant.id).await {
                    tracing::warn!(%error, "people and rights can't be checked; it is tried again");
                }
                if asks && let Err(error) = vault.settle_holder_alarm(tenant.id).await {
                    tracing::debug!(%error, "the key holder's alarms can't be looked at; it is tried again");
                }
                if asks && let Err(error) = vault.settle_ceremony(tenant.id).await {
                    tracing::debug!(%error, "steps of ceremonies can't be taken over; it is tried again");
                }
                if asks && let Err(error) = vault.settle_requests(tenant.id).await {
                    tracing::warn!(%error, "which requests are overdue can't be looked at; it is tried again");
                }
                if asks && let Err(error) = vault.settle_reports(tenant.id).await {
                    tracing::warn!(%error, "reports can't be looked at; it is tried again");
                }
                if let Err(error) = vault.settle_proposals(tenant.id).await {
                    tracing::warn!(%error, "proposals whose time has come can't be made; it is tried again");
                }
                if let Err(error) = vault.settle_settings(tenant.id).await {
                    tracing::warn!(%error, "whether settings changed can't be looked at; it is tried again");
                }
                if let Err(error) = vault.settle_tokens(tenant.id).await {
                    tracing::warn!(%error, "which tokens of the setting up still count can't be looked at; it is tried again");
                }
                if asks && let Err(error) = vault.settle_evidence(tenant.id).await {
                    tracing::warn!(%error, "what drills showed can't be looked at; it is tried again");
                }
                if asks && let Err(error) = vault.settle_drills(tenant.id).await {
                    tracing::warn!(%error, "drills for people can't be looked at; it is tried again");
                }
                if let Err(error) = vault.settle_glass(tenant.id).await {
                    tracing::warn!(%error, "what waits for a review can't be looked at; it is tried again");
                }
            }
            (began.elapsed() * SHARE).clamp(USUAL, LONGEST)
        })?;
        Ok(Self { _rounds: [rounds, cover, planned] })
    }
}

/// What follows from the data plan. A new plan is compared with all rules, which takes a while: no look at people waits for that.
fn planned(vault: Arc<Vault>) -> Result<Rounds, Failure> {
    Rounds::start("plan", async move |_| {
        for tenant in vault.tenants() {
            if let Err(error) = vault.settle_milestones(tenant.id).await {
                tracing::warn!(%error, "whose time is over by the data plan can't be looked at; it is tried again");
            }
            if let Err(error) = vault.settle_drift(tenant.id).await {
                tracing::warn!(%error, "whether the notice says what is done can't be looked at; it is tried again");
            }
        }
        PLAN
    })
}

/// Not by the other thread's clock: a write at its pace would be told from one of somebody who speaks up.
fn cover(vault: Arc<Vault>) -> Result<Rounds, Failure> {
    let mut begun = false;
    Rounds::start("cover", async move |turn| {
        for tenant in vault.tenants().iter().filter(|_| begun && turn != Turn::Last) {
            if let Err(error) = vault.cover_reports(tenant.id).await {
                tracing::debug!(%error, "the box of reports can't be written anew; it is tried again");
            }
        }
        begun = true;
        let random = u32::from_be_bytes(domain::time::fresh(&SystemEntropy));
        Duration::from_millis(u64::from(random % COVER_MS))
    })
}
