//! Can this node serve? What a balancer asks, without a name; looked at once a second, however often it is asked.

use crate::error::VaultError;
use crate::wiring::Vault;
use domain::{Millis, TenantId};
use keys::{HolderError, RELEASES_AFTER_MS};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

/// For how long an answer counts, in milliseconds.
const COUNTS_MS: i64 = 1_000;
/// How long a look may take: a balancer asks every few seconds, and what doesn't answer until then serves nobody.
const PATIENCE: Duration = Duration::from_secs(2);

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
    /// People and rights aren't what the key holder sealed, or the database has code that isn't ours.
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
        let answer = self.serves_all().await;
        *last = Some((self.clock.now(), answer));
        answer
    }

    async fn serves_all(&self) -> Result<(), Unready> {
        let until = Instant::now() + PATIENCE;
        for tenant in self.tenants() {
            self.serves(tenant.id, until).await?;
        }
        Ok(())
    }

    async fn serves(&self, tenant: TenantId, until: Instant) -> Result<(), Unready> {
        let head = timeout_at(until, self.log_head(tenant)).await;
        head.map_err(|_| Unready::Store)?.map_err(|_| Unready::Store)?;
        let standing = timeout_at(until, self.holder.standing(tenant)).await;
        match standing.map_err(|_| Unready::Unreachable)? {
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
        let power = timeout_at(until, self.power(tenant)).await.map_err(|_| Unready::Store)?;
        let power = power.map_err(|error| match error {
            VaultError::Holder(_) => Unready::Unreachable,
            _ => Unready::Store,
        })?;
        if !power.sound {
            return Err(Unready::Power);
        }
        if self.stalled_alarm(tenant).is_some() { Err(Unready::Log) } else { Ok(()) }
    }
}
