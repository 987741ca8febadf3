//! Bearer tokens that were given while a tenant was set up, as long as no officer ended or confirmed them.

use crate::alarm::AlarmKind;
use crate::error::VaultError;
use crate::wiring::Vault;
use domain::TenantId;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How many there are of each tenant, in which version of its power: each round of guarding asks, and power seldom changes.
#[derive(Default)]
pub(crate) struct CountedTokens(Mutex<HashMap<TenantId, (u64, usize)>>);

impl CountedTokens {
    fn of(&self, tenant: TenantId, version: u64, count: impl FnOnce() -> usize) -> usize {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get(&tenant) {
            Some((counted, tokens)) if *counted == version => *tokens,
            _ => {
                let tokens = count();
                all.insert(tenant, (version, tokens));
                tokens
            }
        }
    }
}

impl Vault {
    /// How many people have a bearer token that was given while the tenant was set up and that no officer confirmed since, for the role
    /// that they have. Nobody, before an officer has a passkey.
    ///
    /// # Errors
    /// If store or key holder fail.
    pub async fn unconfirmed_tokens(&self, tenant: TenantId) -> Result<usize, VaultError> {
        let snapshot = self.power(tenant).await?;
        let count = || snapshot.powers().unconfirmed_tokens().len();
        // In doubt, what is there may be another one each time.
        Ok(if snapshot.sound { self.setup_tokens.of(tenant, snapshot.seq, count) } else { count() })
    }

    /// Raises the alarm over such tokens, or takes it back. Where anybody may choose to be anybody, to try the program out, there is
    /// nothing to watch.
    ///
    /// # Errors
    /// If store or key holder fail.
    pub async fn settle_tokens(&self, tenant: TenantId) -> Result<(), VaultError> {
        let stands = !self.config.role_picker && self.unconfirmed_tokens(tenant).await? > 0;
        self.alarms.set(tenant, AlarmKind::SetupTokens, stands, self.clock.now());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_counted_once_for_each_version_of_a_tenants_power() {
        let (counted, mut times) = (CountedTokens::default(), 0);
        for (tenant, version, now_there, told) in [(1, 4, 7, 7), (1, 4, 9, 7), (2, 4, 5, 5), (1, 5, 9, 9), (1, 5, 0, 9)]
        {
            let count = || {
                times += 1;
                now_there
            };
            assert_eq!(counted.of(TenantId(tenant), version, count), told, "{tenant} {version}");
        }
        assert_eq!(times, 3);
    }
}
