//! Puts the parts together: store, key file, key holder, vault.

use crate::ambient::{SystemClock, SystemEntropy};
use crate::failure::Failure;
use crate::home::Home;
use crate::witnessing::Place;
use domain::Entropy;
use keyholder::{InProcess, Keyring, KeyringError, RootError, RootKey, WrappedKey};
use sql::{OpenError, Sqlite};
use std::path::Path;
use std::sync::Arc;
use store::{Store, WrappedKeyRow};
use vault::Vault;

/// An opened data directory.
pub struct Centre {
    /// The use cases.
    pub vault: Arc<Vault>,
    /// What they are kept in.
    pub store: Arc<dyn Store>,
    /// The opened keys' wrapping.
    pub root: RootKey,
    /// Where the logs' witnesses are.
    pub witnesses: Vec<Place>,
}

/// Opens a data directory with its key file.
///
/// # Errors
/// If any part can't be opened.
pub async fn open(home: &Home) -> Result<Centre, Failure> {
    let root = load_root(home.key_file()?)?;
    let store: Arc<dyn Store> = Arc::new(Sqlite::open(&home.data).map_err(|error| database(&error))?);
    let ring = open_ring(&root, &*store).await?;
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let holder = Arc::new(InProcess::new(ring, Arc::clone(&entropy)));
    let vault = Vault::open(
        Arc::clone(&store),
        holder,
        Arc::new(SystemClock),
        entropy,
        home.config.tenants(),
        home.config.vault(),
    )
    .await?
    .with_witnesses(home.config.witnesses()?);
    Ok(Centre { vault: Arc::new(vault), store, root, witnesses: home.config.places() })
}

/// The opened keyring of a store.
///
/// # Errors
/// If it doesn't open under this root key.
pub async fn open_ring(root: &RootKey, store: &dyn Store) -> Result<Keyring, Failure> {
    let unwrapped = |row: WrappedKeyRow| WrappedKey { tenant: row.tenant, epoch: row.epoch, wrapped: row.wrapped };
    let rows: Vec<WrappedKey> = store.wrapped_keys().await?.into_iter().map(unwrapped).collect();
    Keyring::open(root, &rows).map_err(|error| ring(&error))
}

/// A wrapped key as the store keeps it.
#[must_use]
pub fn row(key: WrappedKey) -> WrappedKeyRow {
    WrappedKeyRow { tenant: key.tenant, epoch: key.epoch, wrapped: key.wrapped }
}

/// Reads the key file.
///
/// # Errors
/// If it can't be used.
pub fn load_root(path: &Path) -> Result<RootKey, Failure> {
    RootKey::load(path).map_err(|error| root(path, &error))
}

/// What to do about a key file.
pub(crate) fn root(path: &Path, error: &RootError) -> Failure {
    let next = match error {
        RootError::Io(_) => "check the path under [key] file, and that the file may be read",
        RootError::NotAKeyFile => "name the file that ringfence init wrote",
        RootError::TooOpen => "run: chmod 600 on it, and find out who could read it",
    };
    Failure::here(format!("{}: {error}", path.display()), next)
}

pub(crate) fn ring(error: &KeyringError) -> Failure {
    Failure::here(error.to_string(), "name the right file under [key] file")
}

pub(crate) fn database(error: &OpenError) -> Failure {
    match error {
        OpenError::Missing => Failure::here(error.to_string(), "check --data"),
        OpenError::Newer(_) => Failure::here(error.to_string(), "install the newer version"),
        OpenError::Sqlite(_) | OpenError::Log(_) => {
            Failure::there("the database can't be opened", "run ringfence doctor on the data directory")
        }
    }
}

/// Runs a command's asynchronous part to its end, on this thread.
///
/// # Errors
/// The part's own, or if no runtime can be started.
pub fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime
        .map_err(|error| {
            Failure::there(format!("the runtime can't start: {}", error.kind()), "check the machine's limits")
        })?
        .block_on(work)
}
