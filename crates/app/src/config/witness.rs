//! Witnesses, from the configuration to what the vault takes.

use super::{Config, Tenant, Witness};
use crate::failure::{self, Failure};
use domain::TenantId;
use std::path::Path;
use transparency::{VerifierKey, WitnessPolicy};
use vault::Witnesses;

/// Verifier keys, one a line.
pub(crate) fn keys(path: &Path) -> Result<Vec<VerifierKey>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| failure::file(path, &error))?;
    let wrong = |error: transparency::Error| {
        Failure::here(format!("{}: {error}", path.display()), "give the lines that ringfence witness key prints")
    };
    let keys = text.lines().map(|line| line.parse().map_err(wrong)).collect::<Result<Vec<VerifierKey>, _>>()?;
    match keys.first() {
        Some(first) if keys.iter().all(|key| key.name() == first.name()) => Ok(keys),
        _ => Err(Failure::here(
            format!("{}: these aren't the keys of one witness", path.display()),
            "give a file per witness",
        )),
    }
}

impl Config {
    /// The witnesses of each tenant that has some.
    ///
    /// # Errors
    /// If a witness names no tenant, a key is used twice, or the quorum is larger than their number.
    pub fn witnesses(&self) -> Result<Vec<(TenantId, Witnesses)>, Failure> {
        let mut all = Vec::new();
        for tenant in &self.tenant {
            let own: Vec<_> = self.witness.iter().filter(|witness| self.belongs(witness, tenant)).collect();
            if !own.is_empty() {
                let quorum = self.witnesses.quorum.unwrap_or(own.len() / 2 + 1);
                if own.iter().flat_map(|witness| &witness.keys).any(|key| key.name() == tenant.origin) {
                    let problem = format!("[[witness]] {}: a log can't be its own witness", tenant.origin);
                    return Err(Failure::here(problem, "give the keys of somebody else"));
                }
                let keys = own.iter().flat_map(|witness| witness.keys.clone());
                all.push((TenantId(tenant.id), self.with(keys, quorum)?));
            }
        }
        let placed: usize = all.iter().map(|(_, witnesses)| witnesses.policy.witnesses().count()).sum();
        if placed != self.witness.len() {
            return Err(Failure::here(
                "[[witness]] one of them has no tenant of its own, or is given twice",
                "name each once, with tenant = the slug of its tenant",
            ));
        }
        Ok(all)
    }

    fn belongs(&self, witness: &Witness, tenant: &Tenant) -> bool {
        witness.tenant.as_ref().map_or(self.tenant.len() == 1, |slug| *slug == tenant.slug)
    }

    fn with(&self, keys: impl Iterator<Item = VerifierKey>, quorum: usize) -> Result<Witnesses, Failure> {
        let policy = WitnessPolicy::new(keys, quorum)
            .map_err(|error| Failure::here(format!("[witnesses] {error}"), "correct the configuration"))?;
        let (when_missing, within_s) = (self.witnesses.when_missing, self.witnesses.within_s);
        Ok(Witnesses { policy, when_missing, within_s })
    }
}
