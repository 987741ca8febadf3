//! One thread that gives every tenant's entries their places in the log.

use crate::ambient::SystemEntropy;
use crate::failure::Failure;
use crate::rounds::{Rounds, Turn};
use domain::TenantId;
use std::sync::Arc;
use std::time::Duration;
use vault::{Loss, Sequencer, Vault};

const BUSY: Duration = Duration::from_millis(30);
/// From so many entries in one round on the next one begins almost at once: a longer queue only makes rounds longer.
const MANY: usize = 1_000;
const EAGER: Duration = Duration::from_millis(1);
const IDLE: Duration = Duration::from_millis(30);
/// Also after failures: a row that was taken out is to be missed within a second.
const LONGEST: Duration = Duration::from_millis(640);

/// The running thread; it stops when dropped, after a last round.
pub struct Sequencing {
    _rounds: Rounds,
}

impl Sequencing {
    /// Starts it for all tenants of the vault.
    ///
    /// # Errors
    /// If a log has no keys, or no thread can be started.
    pub fn start(vault: &Arc<Vault>) -> Result<Self, Failure> {
        let vault = Arc::clone(vault);
        let holder = domain::time::fresh(&SystemEntropy);
        let mut sequencers = vault
            .tenants()
            .iter()
            .map(|tenant| Ok((tenant.id, Sequencer::new(&vault, tenant, holder)?)))
            .collect::<Result<Vec<_>, Failure>>()?;
        let mut wait = Wait::default();
        let rounds = Rounds::start("sequencer", async move |turn| {
            let placed = round(&vault, &mut sequencers).await;
            if turn == Turn::Last {
                give_back(&mut sequencers).await;
            }
            wait.after(placed)
        })?;
        Ok(Self { _rounds: rounds })
    }
}

/// How many entries got their places, or that a log couldn't go on.
async fn round(vault: &Vault, sequencers: &mut [(TenantId, Sequencer)]) -> Option<usize> {
    let mut placed = Some(0);
    for (tenant, sequencer) in sequencers {
        match sequencer.tick().await {
            Ok(count) => placed = placed.map(|sum| sum + count),
            Err(error) => {
                tracing::error!(%error, "the log can't go on; entries wait, and it is tried again");
                placed = None;
            }
        }
        let tell = |entry, loss: Loss| {
            tracing::error!(tenant = tenant.0, %entry, "ALARM: an entry is lost: {}", loss.words());
        };
        if let Err(error) = vault.log_losses(*tenant, tell).await {
            tracing::error!(%error, "the loss of an entry can't be logged; it is tried again");
            placed = None;
        }
    }
    placed
}

/// Another node goes on at once.
async fn give_back(sequencers: &mut [(TenantId, Sequencer)]) {
    for (_, sequencer) in sequencers {
        // A lease that can't be given back runs out by itself.
        drop(sequencer.give_back().await);
    }
}

/// Short while there is work, shorter while there is much, doubling after failures.
#[derive(Default)]
struct Wait {
    failures: u32,
}

impl Wait {
    fn after(&mut self, round: Option<usize>) -> Duration {
        let Some(placed) = round else {
            self.failures = self.failures.saturating_add(1);
            return (BUSY * 2_u32.saturating_pow(self.failures.min(10))).min(LONGEST);
        };
        self.failures = 0;
        match placed {
            0 => IDLE,
            1..MANY => BUSY,
            _ => EAGER,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_retried_ever_more_slowly() {
        let mut wait = Wait::default();
        assert_eq!((wait.after(Some(0)), wait.after(Some(3))), (IDLE, BUSY));
        let waits: Vec<Duration> = (0..14).map(|_| wait.after(None)).collect();
        assert!(waits.is_sorted() && waits[0] == 2 * BUSY && waits[13] == LONGEST, "{waits:?}");
        assert_eq!((wait.after(Some(1)), wait.after(Some(MANY))), (BUSY, EAGER));
    }
}
