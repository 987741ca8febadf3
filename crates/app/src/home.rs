//! A data directory with its configuration, as commands find it.

use crate::config::holder::KeyHolder;
use crate::config::{self, Config};
use crate::database::Database;
use crate::failure::Failure;
use keyholder::KeyringFile;
use std::path::{Path, PathBuf};
use vault::TenantConfig;

/// Names the data directory where `--data` isn't given.
pub const DATA: &str = "RINGFENCE_DATA";

/// A data directory and what it is run with.
#[derive(Clone, Debug)]
pub struct Home {
    /// The directory.
    pub data: PathBuf,
    /// Its configuration.
    pub config: Config,
    /// What it works on.
    pub database: Database,
}

impl Home {
    /// The data directory that was asked for.
    ///
    /// # Errors
    /// If none was.
    pub fn named(data: Option<&Path>) -> Result<PathBuf, Failure> {
        let given = data.map(Path::to_path_buf).or_else(|| std::env::var_os(DATA).map(PathBuf::from));
        given.ok_or_else(|| Failure::here("which data directory isn't said", format!("give --data DIR, or set {DATA}")))
    }

    /// Reads the configuration: `config` if given, with tenants and key from the directory's own file where it has
    /// none; else the directory's own. `store` is the database, where it isn't the configuration's.
    ///
    /// # Errors
    /// If there is no Ringfence there, or a file is wrong.
    pub fn find(data: Option<&Path>, config: Option<&Path>, store: Option<&str>) -> Result<Self, Failure> {
        let store = store.map(Database::parse).transpose()?;
        let data = match (data, &store) {
            (None, Some(Database::Embedded(folder))) => folder.clone(),
            (data, _) => Self::named(data)?,
        };
        let own = data.join(config::FILE);
        if !own.exists() {
            let next = format!("make one with: ringfence init {}", data.display());
            return Err(Failure::here(format!("{}: no Ringfence lives here", data.display()), next));
        }
        let own = Config::read(&own)?;
        let config = match config {
            Some(path) => Config::read(path)?.over(own),
            None => own,
        };
        let database = config.database(&data, store)?;
        Ok(Self { data, config, database })
    }

    /// The separate key holder, if the keys aren't on this side.
    #[must_use]
    pub fn key_holder(&self) -> Option<&KeyHolder> {
        self.config.keyholder.as_ref()
    }

    /// The root key's file.
    ///
    /// # Errors
    /// If none is configured, or it lies in the data directory: then whoever copies the one has the other.
    pub fn key_file(&self) -> Result<&Path, Failure> {
        let key = self.config.key.as_ref().ok_or_else(|| {
            Failure::here(
                "no key file is configured",
                "add [key] file = \"…\" or [keyholder] socket = \"…\" to the configuration",
            )
        })?;
        outside("key file", &key.file, &self.data)?;
        outside("keyring", &real_ring(&key.file), &self.data)?;
        Ok(&key.file)
    }

    /// The tenant of that slug; without one, the only tenant.
    ///
    /// # Errors
    /// If there is no such tenant, or several to choose from.
    pub fn tenant(&self, slug: Option<&str>) -> Result<TenantConfig, Failure> {
        let tenants = self.config.tenants();
        let slugs: Vec<&str> = tenants.iter().map(|tenant| tenant.slug.as_str()).collect();
        let next = format!("give --tenant with one of: {}", slugs.join(", "));
        match (slug, tenants.as_slice()) {
            (None, [only]) => Ok(only.clone()),
            (None, _) => Err(Failure::here("which tenant isn't said", next)),
            (Some(slug), all) => all
                .iter()
                .find(|tenant| tenant.slug == slug)
                .cloned()
                .ok_or_else(|| Failure::here(format!("there is no tenant {slug}"), next)),
        }
    }
}

/// The keyring beside a key file, where a link leads.
fn real_ring(key: &Path) -> PathBuf {
    let ring = KeyringFile::beside(key);
    ring.canonicalize().unwrap_or(ring)
}

/// Refuses a key file or keyring inside the data directory.
///
/// # Errors
/// If it is.
pub fn outside(what: &str, key: &Path, data: &Path) -> Result<(), Failure> {
    let folder = key.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let real = |path: &Path| {
        path.canonicalize().unwrap_or_else(|_| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()))
    };
    if real(folder).starts_with(real(data)) {
        return Err(Failure::here(
            format!("the {what} lies in the data directory: a copy or backup of one would hold both"),
            "move key file and keyring elsewhere and name their new place under [key] file",
        ));
    }
    Ok(())
}
