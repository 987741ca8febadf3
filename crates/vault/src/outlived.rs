//! Algorithms whose time is over by the data plan's milestones and that are in use all the same.

use crate::alarm::AlarmKind;
use crate::error::VaultError;
use crate::wiring::Vault;
use domain::{Suite, TenantId};
use keys::power::{Algorithm, Passkey};
use plan::{Covers, Date, Plan};

/// RSA of fewer bits has a strength of 112 bits or less (SP 800-57, part 1, table 2).
const RSA_128: usize = 3_072;

impl Vault {
    /// Says by an alarm whether something is in use whose milestone is over: passkeys, and suites that still open. For a thread of
    /// each node.
    ///
    /// # Errors
    /// If store or key holder fail.
    pub async fn settle_milestones(&self, tenant: TenantId) -> Result<(), VaultError> {
        let (snapshot, now) = (self.power(tenant).await?, self.clock.now());
        let (plan, today) = (snapshot.governance.planned.plan(), plan::day_of(now));
        let over = |weak: Covers| plan.outlived(weak, today).next().is_some();
        let passkeys = snapshot.all::<Passkey>().any(|(_, passkey)| over(weakness(&passkey)));
        let stands = passkeys || self.opens_outlived(tenant, plan, today).await?;
        self.alarms.set(tenant, AlarmKind::AlgorithmOutlived, stands, now);
        Ok(())
    }

    /// The key holder is asked only where a milestone of suites is over.
    async fn opens_outlived(&self, tenant: TenantId, plan: &Plan, today: Date) -> Result<bool, VaultError> {
        let over = |suite: &Suite| plan.outlived(Covers::Suite(*suite), today).next().is_some();
        let Some(newest) = Suite::ALL.into_iter().filter(over).max() else { return Ok(false) };
        Ok(self.holder.suites(tenant).await?.opens <= newest)
    }
}

/// Nothing post-quantum is beside a passkey's signature.
fn weakness(passkey: &Passkey) -> Covers {
    match passkey.algorithm {
        Algorithm::Rs256 if passkey.modulus_bits().is_none_or(|bits| bits < RSA_128) => Covers::QuantumVulnerable112,
        Algorithm::Rs256 | Algorithm::Es256 | Algorithm::EdDsa => Covers::QuantumVulnerable,
    }
}
