//! Can this node serve? What a balancer asks, without a name; looked at once a second, however often it is asked.

use crate::error::VaultError;
use crate::wiring::Vault;
use domain::{Millis, TenantId};
use keys::{HolderError, RELEASES_AFTER_MS};
use tokio::sync::Mutex;

/// For how long an answer counts, in milliseconds.
const COUNTS_MS: i64 = 1_000;

/// Why a node can't serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unready {
    /// The store doesn't answer.
    Store,
    /// The key holder waits for custodians' shares.
    Sealed,
    /// The key holder doesn't answer.
    Unreachable,
    /// The key holder has just started, and releases nothing yet.
    Settling,
    /// People and rights aren't what the key holder sealed.
    Power,
    /// Entries wait for their places in the log for too long.
    Log,
}

/// The last answer, and when it was found.
#[derive(Default)]
pub(crate) struct Readiness(Mutex<Option<(Millis, Result<(), Unready>)>>);

impl Vault {
    /// Can this node serve every tenant? Who asks while somebody looks waits for the same answer.
    ///
    /// # Errors
    /// The first thing that stands against it.
    pub async fn can_serve(&self) -> Result<(), Unready> {
        let mut last = self.readiness.0.lock().await;
        let counts = |at: Millis| (0..COUNTS_MS).contains(&self.clock.now().since(at));
        if let Some((_, answer)) = last.filter(|(at, _)| counts(*at)) {
            return answer;
        }
        let mut answer = Ok(());
        for tenant in self.tenants() {
            answer = answer.and(self.serves(tenant.id).await);
        }
        *last = Some((self.clock.now(), answer));
        answer
    }

    async fn serves(&self, tenant: TenantId) -> Result<(), Unready> {
        self.log_head(tenant).await.map_err(|_| Unready::Store)?;
        match self.holder.standing(tenant).await {
            Ok(standing) => {
                let now = self.clock.now();
                self.answered.now(now);
                // By this node's clock, which is the one that entries are dated by.
                if standing.apart.is_some_and(|apart| now.since(apart.since) <= RELEASES_AFTER_MS) {
                    return Err(Unready::Settling);
                }
            }
            Err(HolderError::Sealed) => return Err(Unready::Sealed),
            Err(_) => return Err(Unready::Unreachable),
        }
        let power = self.power(tenant).await.map_err(|error| match error {
            VaultError::Holder(_) => Unready::Unreachable,
            _ => Unready::Store,
        })?;
        if !power.sound {
            return Err(Unready::Power);
        }
        if self.stalled_alarm(tenant).is_some() { Err(Unready::Log) } else { Ok(()) }
    }
}
