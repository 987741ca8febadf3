//! The separate key holder's program: its directory, its configuration, serving.

mod named;
mod network;

pub use network::Network;

use crate::ambient::{SystemClock, SystemEntropy};
use crate::commands::init::{keys_in, private_dir, write_private};
use crate::custody::{self, Step, Waiting};
use crate::failure::{self, Failure};
use crate::output;
use crate::rounds::Rounds;
use crate::wire;
use domain::TenantId;
use keyholder::custody::{Ceremony, Purpose};
use keyholder::{Ceilings, InProcess, KeyringFile, RootKey, Watched};
use keylink::Doors;
use keys::{Ceremonies, HolderError};
use named::List;
use serde::Deserialize;
use std::fs::{self, File, OpenOptions};
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UnixListener;

/// The configuration's name in the key holder's directory.
pub const FILE: &str = "keyholder.toml";
/// The root key's, with keyring and power file beside it.
const KEY: &str = "root.key";
/// Held by the one process that has the directory.
const CLAIM: &str = "keyholder.lock";
const EVERY: Duration = Duration::from_secs(1);

/// `keyholder.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to listen.
    pub socket: PathBuf,
    /// The operating system's users whose nodes are answered.
    pub allow_uids: Vec<u32>,
    /// How much is released at most.
    #[serde(default)]
    pub ceilings: Hourly,
    /// The token that has the root key, where hardware has it.
    pub hardware: Option<Hardware>,
    /// Where nodes of other machines connect.
    pub network: Option<Network>,
}

/// `[hardware]`: a PKCS#11 token.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hardware {
    /// Its PKCS#11 module, a shared library of the manufacturer's.
    pub module: PathBuf,
    /// Its label.
    pub token: String,
    /// The file with its user's PIN, which only this user may read. Without one, systemd's credential or who starts it gives the PIN.
    pub pin_file: Option<PathBuf>,
}

/// `[ceilings]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hourly {
    /// Keys to one person within an hour.
    pub person_per_hour: u32,
    /// Keys to one tenant within an hour.
    pub tenant_per_hour: u32,
}

impl Default for Hourly {
    fn default() -> Self {
        Self { person_per_hour: 1_000, tenant_per_hour: 100_000 }
    }
}

impl Config {
    /// Reads `keyholder.toml` of a directory.
    ///
    /// # Errors
    /// If there is none, or it says something that can't be.
    pub fn read(dir: &Path) -> Result<Self, Failure> {
        let path = dir.join(FILE);
        if !path.exists() {
            return Err(Failure::here(
                format!("{}: no key holder lives here", dir.display()),
                "make one with: ringfence keyholder init",
            ));
        }
        let text = fs::read_to_string(&path).map_err(|error| failure::file(&path, &error))?;
        Self::parse(&text, &path)
    }

    /// What is written, whether or not it is fit to start with.
    fn written(text: &str, path: &Path) -> Result<Self, Failure> {
        toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            Failure::here(
                format!("{}, line {line}: {}", path.display(), error.message()),
                "correct the line; docs/keyholder.md lists every key",
            )
        })
    }

    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self, Failure> {
        let config = Self::written(text, path)?;
        if config.allow_uids.is_empty() {
            return Err(Failure::here(
                format!("{}: allow_uids names nobody", path.display()),
                "give the numeric id of the user that nodes run as: id -u ringfence",
            ));
        }
        if let Some(network) = &config.network {
            network.allowed()?;
        }
        Ok(config)
    }

    fn ceilings(&self) -> Ceilings {
        Ceilings { person: self.ceilings.person_per_hour, tenant: self.ceilings.tenant_per_hour }
    }
}

/// What to make.
pub struct New<'a> {
    /// The key holder's directory.
    pub dir: &'a Path,
    /// Where it will listen.
    pub socket: &'a Path,
    /// Who may ask.
    pub allow_uids: &'a [u32],
    /// Whose keys are made.
    pub tenants: &'a [TenantId],
    /// How much it releases at most.
    pub ceilings: Hourly,
}

/// Makes a key holder's directory. Keys that lie there already, as of a node that had them itself, are kept.
///
/// # Errors
/// If there is a configuration already, or anything can't be written.
pub fn create(new: &New<'_>) -> Result<(), Failure> {
    private_dir(new.dir)?;
    if fs::metadata(new.dir).map_err(|error| failure::file(new.dir, &error))?.permissions().mode() & 0o077 != 0 {
        return Err(too_open(new.dir));
    }
    let socket = std::path::absolute(new.socket).map_err(|error| failure::file(new.socket, &error))?;
    let hourly = new.ceilings;
    let text = format!(
        "# Every key is explained in docs/keyholder.md.\n\n\
         socket = {}\n# Who may ask: the users that nodes run as. The system says who connects, not they.\n\
         allow_uids = {:?}\n\n\
         # Above this nothing is released until the hour is over, whatever nodes say.\n\
         [ceilings]\nperson_per_hour = {}\ntenant_per_hour = {}\n",
        toml::Value::String(socket.to_string_lossy().into_owned()),
        new.allow_uids,
        hourly.person_per_hour,
        hourly.tenant_per_hour,
    );
    let path = new.dir.join(FILE);
    Config::parse(&text, &path)?;
    write_private(&path, text.as_bytes())?;
    // Custodians or hardware have the root key: a new one would open nothing.
    if custody::record(new.dir)?.is_some() || custody::in_hardware(new.dir)?.is_some() {
        return Ok(());
    }
    let key = root_file(new.dir);
    if key.exists() {
        return KeyringFile::new(&key, wire::load_root(&key)?)
            .look()
            .map(drop)
            .map_err(|error| wire::ring(&key, &error));
    }
    keys_in(&key, new.tenants)
}

fn unanswered() -> Failure {
    Failure::there("nodes can't be answered", "start it again")
}

fn too_open(dir: &Path) -> Failure {
    Failure::here(
        format!("{}: others may look into the key holder's directory", dir.display()),
        "run: chmod 700 on it, and find out who could read it",
    )
}

/// Where the root key's file is, while there is one.
#[must_use]
pub fn root_file(dir: &Path) -> PathBuf {
    dir.join(KEY)
}

/// Where the root key is when a key holder starts.
pub(crate) enum Rest {
    /// In its file.
    File,
    /// Hardware had it, and gave it.
    Given(RootKey),
    /// Custodians have it.
    Custodians(Ceremony),
}

/// Looks for the root key: in its file, in hardware, with custodians. Where hardware fails, custodians are asked.
///
/// # Errors
/// If a record can't be read, or hardware that alone has the root key doesn't give it.
pub(crate) fn rests(dir: &Path) -> Result<Rest, Failure> {
    let custodians = custody::record(dir)?;
    if root_file(dir).exists() {
        if custodians.is_some() {
            output::aside("the root key's file is still there, and is used; next: ringfence ceremony finish");
        }
        return Ok(Rest::File);
    }
    match (custody::by_hardware(dir), custodians) {
        (Ok(Some(root)), _) => {
            custody::write_hardware(dir, Step::ByHardware)?;
            Ok(Rest::Given(root))
        }
        (Ok(None), None) => Ok(Rest::File),
        (Ok(None), Some(ceremony)) => Ok(Rest::Custodians(ceremony)),
        (Err(error), Some(ceremony)) => {
            output::aside(&format!("{error}; its custodians are asked in its place"));
            Ok(Rest::Custodians(ceremony))
        }
        (Err(error), None) => Err(error),
    }
}

/// A key holder's directory and socket, taken by this process until it ends.
pub struct Place {
    config: Config,
    dir: PathBuf,
    socket: PathBuf,
    doors: Doors,
    /// Where it listens to other machines.
    address: Option<SocketAddr>,
    /// Whom it lets in from there.
    list: Option<List>,
    _claim: File,
}

impl Place {
    /// Takes a directory, and listens on `socket`, or where the configuration says.
    ///
    /// # Errors
    /// If another process has the directory, others may look into it, or the socket can't be made.
    pub fn take(dir: &Path, socket: Option<&Path>) -> Result<Self, Failure> {
        let config = Config::read(dir)?;
        if fs::metadata(dir).map_err(|error| failure::file(dir, &error))?.permissions().mode() & 0o077 != 0 {
            return Err(too_open(dir));
        }
        let path = dir.join(CLAIM);
        let claim = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
        let claim = claim.map_err(|error| failure::file(&path, &error))?;
        claim.try_lock().map_err(|_| {
            Failure::here(
                format!("{}: another key holder has this directory", dir.display()),
                "stop the key holder that runs there",
            )
        })?;
        let socket = socket.unwrap_or(&config.socket).to_path_buf();
        let gate = config.network.as_ref().map(|network| network.open(dir)).transpose()?;
        let doors = Doors::new(listen(&socket)?, config.allow_uids.clone());
        let (doors, address, list) = match gate {
            Some((gate, address, named)) => (doors.and(gate), Some(address), Some(List::new(dir.join(FILE), named))),
            None => (doors, None, None),
        };
        Ok(Self { config, dir: dir.to_path_buf(), socket, doors, address, list, _claim: claim })
    }

    /// Lets in from other machines whom the configuration names at the time, until dropped.
    async fn follow_list(&self) {
        match &self.list {
            Some(list) => list.follow().await,
            None => std::future::pending().await,
        }
    }

    /// The root key, once its custodians have handed in enough shares; until then nodes are told that it is sealed.
    ///
    /// # Errors
    /// If custodians' socket can't be made, their shares give another key, or a step can't be written down.
    pub(crate) async fn unsealed(&self, waiting: &mut Waiting) -> Result<RootKey, Failure> {
        let told = self.ceremonies();
        let root = tokio::select! {
            root = waiting.root() => root?,
            () = self.follow_list() => return Err(unanswered()),
            () = keylink::refuse(&self.doors, HolderError::Sealed, &told) => {
                return Err(unanswered());
            }
        };
        custody::write_step(&self.dir, waiting.ceremony(), Step::Unsealed)?;
        Ok(root)
    }

    /// Who tells of its ceremonies.
    fn ceremonies(&self) -> Arc<dyn Ceremonies> {
        Arc::new(custody::Remembered::of(&self.dir, &self.socket))
    }

    /// Begins to wait for shares.
    ///
    /// # Errors
    /// If another process waits, or the socket can't be made.
    pub(crate) fn wait(&self, ceremony: Ceremony) -> Result<Waiting, Failure> {
        Waiting::open(&self.dir, &self.socket, ceremony, Purpose::Unseal, None)
    }

    /// Where it listens.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Whoever connects from now on learns at once that nobody is there.
        drop(fs::remove_file(&self.socket));
    }
}

/// A key holder that listens, until it is dropped.
pub struct Keyholding {
    holder: Arc<Watched>,
    place: Place,
}

impl Keyholding {
    /// Opens the keys with `root`, or with the root key's file.
    ///
    /// # Errors
    /// If keys or journal don't open.
    pub fn open(place: Place, root: Option<RootKey>) -> Result<Self, Failure> {
        let key = root_file(&place.dir);
        let ring = match root {
            Some(root) => KeyringFile::new(&key, root),
            None => wire::ring_file(&key)?,
        };
        let keys = InProcess::open(ring, Arc::new(SystemClock), Arc::new(SystemEntropy), vault::waits())
            .map_err(|error| wire::ring(&key, &error))?;
        let watched = Watched::open(keys, &place.dir, place.config.ceilings(), Arc::new(SystemClock));
        let telling = |watched: Watched| watched.telling(place.ceremonies());
        let holder = Arc::new(watched.map(telling).map_err(|error| {
            Failure::here(
                format!("{}: {error}", place.dir.display()),
                "stop the key holder that runs there, or check the directory's owner and its disk",
            )
        })?);
        Ok(Self { holder, place })
    }

    /// Where it listens.
    #[must_use]
    pub fn socket(&self) -> &Path {
        self.place.socket()
    }

    /// Where it listens to other machines, if it does.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.place.address
    }

    /// Serves until `stop` is ready.
    ///
    /// # Errors
    /// If the journal's thread can't be started.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<(), Failure> {
        let ticking = Arc::clone(&self.holder);
        let _journal = Rounds::start("journal", async move |_| {
            if let Err(error) = ticking.tick() {
                tracing::error!(kind = %error.kind(), "the journal can't be synced; it is tried again");
            }
            EVERY
        })?;
        tokio::select! {
            () = keylink::serve(&self.place.doors, self.holder) => {}
            () = self.place.follow_list() => {}
            () = stop => {}
        }
        Ok(())
    }
}

/// A socket needs a directory: `bind` would say only that something isn't there. Where systemd makes it, it goes with the service, so it may
/// well be missing until then.
pub(crate) fn has_folder(socket: &Path) -> Result<(), Failure> {
    // A name alone is in the working directory.
    let folder = socket.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder.filter(|folder| !folder.is_dir()) {
        None => Ok(()),
        Some(folder) => Err(Failure::here(
            format!("{}: there is no such directory for the socket", folder.display()),
            "make it, owned by the key holder's user (in a systemd unit: RuntimeDirectory=), or correct socket in keyholder.toml",
        )),
    }
}

/// A socket that was left by a killed process is replaced: the directory's claim says that nobody serves it.
fn listen(socket: &Path) -> Result<UnixListener, Failure> {
    has_folder(socket)?;
    let wrong = |error: std::io::Error| failure::file(socket, &error);
    if fs::symlink_metadata(socket).is_ok_and(|about| about.file_type().is_socket()) {
        fs::remove_file(socket).map_err(wrong)?;
    }
    let listener = UnixListener::bind(socket).map_err(wrong)?;
    // Who connects is looked at; nodes run as another user.
    fs::set_permissions(socket, fs::Permissions::from_mode(0o666)).map_err(wrong)?;
    Ok(listener)
}

#[cfg(test)]
mod tests {
    use super::has_folder;
    use std::path::Path;

    #[test]
    fn a_socket_without_a_directory_is_refused_by_the_directorys_name() {
        let folder = tempfile::tempdir().unwrap();
        for good in [folder.path().join("keys.sock"), "keys.sock".into()] {
            assert_eq!(has_folder(&good), Ok(()));
        }
        let missing = folder.path().join("run");
        let said = has_folder(&missing.join("keys.sock")).expect_err("a refusal");
        assert!(said.problem().starts_with(&missing.display().to_string()), "{said}");
        assert!(has_folder(Path::new("/dev/null/keys.sock")).is_err(), "a file is no directory");
    }
}
