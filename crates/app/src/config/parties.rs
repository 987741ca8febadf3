//! On which others each tenant hangs, without secrets: from the configuration to what officers read and sign.

use super::{Config, Tenant, Witness};
use crate::failure::Failure;
use domain::TenantId;
use std::collections::BTreeMap;
use vault::{Parties, Settings, Witnessing};

impl Config {
    /// Those of each tenant.
    ///
    /// # Errors
    /// If they can't be served by: what [`Config::witnesses`] says.
    pub fn parties(&self) -> Result<BTreeMap<TenantId, Parties>, Failure> {
        drop(self.witnesses()?);
        let all: BTreeMap<_, _> =
            self.tenant.iter().map(|tenant| (TenantId(tenant.id), self.parties_of(tenant))).collect();
        for parties in all.values() {
            let checked = Settings::of(&self.vault(), parties.clone()).check();
            checked.map_err(|error| Failure::here(error.to_string(), "correct the configuration"))?;
        }
        Ok(all)
    }

    fn parties_of(&self, tenant: &Tenant) -> Parties {
        let own = |named: &Option<String>| named.as_ref().map_or(self.tenant.len() == 1, |slug| *slug == tenant.slug);
        let sources = self.event_source.iter().filter(|one| own(&one.tenant));
        let providers = self.identity_provider.iter().filter(|one| own(&one.tenant));
        let witnesses = self.witness.iter().filter(|one| own(&one.tenant));
        Parties {
            origin: self.server.origin.clone(),
            courier: self.courier.as_ref().map(|courier| courier.url.clone()),
            mail: self.mail.as_ref().map(super::mail::Mail::place),
            event_sources: sources.map(|one| one.name.clone()).collect(),
            identity_providers: providers.map(|one| format!("{} as {}", one.issuer, one.client_id)).collect(),
            outlets: self.outlet_names(tenant),
            witnesses: Witnessing {
                places: witnesses.map(place).collect(),
                quorum: self.witnesses.quorum,
                when_missing: self.witnesses.when_missing,
                within_s: self.witnesses.within_s,
            },
        }
    }
}

/// `URL KEY…`
fn place(witness: &Witness) -> String {
    let keys = witness.keys.iter().map(ToString::to_string);
    core::iter::once(witness.url.clone()).chain(keys).collect::<Vec<_>>().join(" ")
}
