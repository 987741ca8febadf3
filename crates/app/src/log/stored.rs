//! A log in a data directory.

use super::folder::cut;
use super::keys::Keys;
use super::source::Source;
use crate::failure::Failure;
use crate::home::Home;
use crate::wire;
use domain::TenantId;
use std::sync::Arc;
use store::{Store, StoreError, TileKey};
use tokio::runtime::Runtime;
use transparency::{Level, OriginKeys, TilePath};
use vault::TenantConfig;

/// One tenant's log, read from the database while it may be served.
pub struct Stored {
    store: Arc<dyn Store>,
    tenant: TenantId,
    name: String,
    keys: Option<OriginKeys>,
    runtime: Runtime,
}

impl Stored {
    /// The log of a tenant in a store that is open.
    ///
    /// # Errors
    /// If no runtime can be started.
    pub fn new(store: Arc<dyn Store>, tenant: TenantId, name: &str, keys: Option<OriginKeys>) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| {
            Failure::there(format!("the runtime can't start: {}", error.kind()), "check the machine's limits")
        })?;
        Ok(Self { store, tenant, name: name.to_owned(), keys, runtime })
    }

    /// The logs of a data directory, with their slugs. The key file's own keys are at hand if `keyless` is false.
    pub(crate) fn all(home: &Home, tenant: Option<&str>, keyless: bool) -> Result<Vec<(String, Self)>, Failure> {
        let asked: Vec<TenantConfig> = match tenant {
            Some(slug) => vec![home.tenant(Some(slug))?],
            None => home.config.tenants(),
        };
        let (store, vault) = if keyless {
            (wire::block_on(home.database.open())?, None)
        } else {
            let centre = wire::block_on(wire::open(home))?;
            (centre.store, Some(centre.vault))
        };
        let logs = asked.into_iter().map(|tenant| {
            let keys = vault.as_ref().map(|vault| vault::origin_keys(vault, &tenant)).transpose()?;
            let name = format!("{} in {}", tenant.slug, home.data.display());
            Ok((tenant.slug, Self::new(Arc::clone(&store), tenant.id, &name, keys)?))
        });
        logs.collect()
    }

    /// The keys that the key file gives.
    pub(crate) fn own_keys(&self) -> Option<Keys> {
        self.keys.clone().map(|keys| Keys::of(keys, "the key file"))
    }
}

fn failed(error: StoreError) -> Failure {
    error.into()
}

impl Source for Stored {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn checkpoint(&self) -> Result<Option<String>, Failure> {
        let head = self.runtime.block_on(self.store.head(self.tenant)).map_err(failed)?;
        Ok(Some(head.checkpoint).filter(|checkpoint| !checkpoint.is_empty()))
    }

    fn claimed_keys(&self) -> Result<Option<String>, Failure> {
        Ok(self.keys.as_ref().map(OriginKeys::to_string))
    }

    fn tile(&self, path: TilePath) -> Result<Option<Vec<u8>>, Failure> {
        let level = match path.level() {
            Level::Hashes(level) => i8::try_from(level).unwrap_or(i8::MAX),
            Level::Entries => -1,
        };
        let key = TileKey { level, index: path.index() };
        let data = self.runtime.block_on(self.store.tile(self.tenant, key)).map_err(failed)?;
        Ok(data.and_then(|data| cut(data, path)))
    }

    fn close_page(&self, close: u64, page: u64) -> Result<Option<Vec<u8>>, Failure> {
        self.runtime.block_on(self.store.close_page(self.tenant, close, page)).map_err(failed)
    }
}
