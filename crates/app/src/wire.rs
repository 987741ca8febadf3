//! Puts the parts together: store, key file, key holder, vault.

use crate::ambient::{SystemClock, SystemEntropy};
use crate::failure::{self, Failure};
use crate::home::Home;
use crate::proving::Solver;
use domain::{Clock, Entropy};
use keyholder::{InProcess, KeyringError, KeyringFile, RootError, RootKey};
use keys::KeyHolder;
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use store::Store;
use vault::{Vault, VaultConfig};

/// An opened data directory.
pub struct Centre {
    /// The use cases.
    pub vault: Arc<Vault>,
    /// What they are kept in.
    pub store: Arc<dyn Store>,
    /// Who holds its keys.
    pub holder: Arc<dyn KeyHolder>,
    /// The mark that the keys are in use.
    _keys: Option<File>,
}

/// Opens a data directory with its key file and keyring.
///
/// # Errors
/// If any part can't be opened.
pub async fn open(home: &Home) -> Result<Centre, Failure> {
    open_by(home, Arc::new(SystemClock)).await
}

/// The same, with a vault by another clock than the machine's.
///
/// # Errors
/// If any part can't be opened.
pub(crate) async fn open_by(home: &Home, clock: Arc<dyn Clock>) -> Result<Centre, Failure> {
    opened(home, File::try_lock_shared, clock).await
}

/// Opens it while no other process has the keys open; none can meanwhile.
///
/// # Errors
/// If another process has, or any part can't be opened.
pub async fn open_alone(home: &Home) -> Result<Centre, Failure> {
    opened(home, File::try_lock, Arc::new(SystemClock)).await
}

async fn opened(
    home: &Home,
    mark: fn(&File) -> Result<(), TryLockError>,
    clock: Arc<dyn Clock>,
) -> Result<Centre, Failure> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let (holder, keys): (Arc<dyn KeyHolder>, _) = match home.key_holder() {
        // It changes its keyring by itself, and its file is no business of this side's.
        Some(holder) => (Arc::new(holder.remote()?), None),
        None => {
            let key_file = home.key_file()?;
            let ring_file = ring_file(key_file)?;
            let keys = File::open(key_file).map_err(|error| failure::file(key_file, &error))?;
            mark(&keys).map_err(|error| in_use(key_file, error))?;
            let holder = InProcess::open(ring_file, Arc::new(SystemClock), Arc::clone(&entropy), vault::waits())
                .map_err(|error| ring(key_file, &error))?;
            (Arc::new(holder), Some(keys))
        }
    };
    let store = home.database.open().await?;
    let vault = Vault::open(
        Arc::clone(&store),
        Arc::clone(&holder),
        clock,
        entropy,
        home.config.tenants(),
        VaultConfig { parties: home.config.parties()?, ..home.config.vault() },
    )
    .await?
    .proved_by(Arc::new(Solver::found()));
    Ok(Centre { vault: Arc::new(vault), store, holder, _keys: keys })
}

fn in_use(key_file: &Path, error: TryLockError) -> Failure {
    match error {
        TryLockError::WouldBlock => Failure::here(
            format!("{}: another ringfence process has these keys open", key_file.display()),
            "wait for its end, or stop it",
        ),
        TryLockError::Error(error) => failure::file(key_file, &error),
    }
}

/// The keyring beside a key file, with the root key that opens it.
///
/// # Errors
/// If the key file can't be used.
pub fn ring_file(key_file: &Path) -> Result<KeyringFile, Failure> {
    Ok(KeyringFile::new(key_file, load_root(key_file)?))
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
        RootError::Io(error) if error.kind() == ErrorKind::AlreadyExists => {
            "it may be the only key of a data directory that is kept elsewhere: move it away, or give another path"
        }
        RootError::Io(_) => "check the path under [key] file, and that the file may be read",
        RootError::NotAKeyFile => "name the file that ringfence init wrote",
        RootError::TooOpen => "run: chmod 600 on it, and find out who could read it",
    };
    Failure::here(format!("{}: {error}", path.display()), next)
}

/// What to do about the keyring beside a key file.
pub(crate) fn ring(key_file: &Path, error: &KeyringError) -> Failure {
    let next = match error {
        KeyringError::Missing => {
            "put the keyring back where it was; a data directory from before keyrings were files is to be made anew"
        }
        KeyringError::Io(_) => "check who may read and write the key file's directory, and that its disk has room",
        KeyringError::NotAKeyring | KeyringError::WrongRoot | KeyringError::Wrap => {
            "name the right file under [key] file, with its own keyring beside it"
        }
        KeyringError::Newer => "install the newer version",
        KeyringError::TooOpen => "run: chmod 600 on it, and find out who could read it",
    };
    Failure::here(format!("{}: {error}", KeyringFile::beside(key_file).display()), next)
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
