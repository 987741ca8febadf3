//! `ringfence init`: a new data directory with its keys.

use crate::ambient::{SystemClock, SystemEntropy};
use crate::config::holder::KeyHolder;
use crate::config::{Config, FILE, Key, Tenant};
use crate::database::Database;
use crate::failure::{self, Failure};
use crate::home::{Home, outside};
use crate::wire::{self, ring, root};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{Clock as _, TenantId};
use keyholder::{KeyringFile, RootKey};
use keys::KeyHolder as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The generated secret's file in the data directory.
const SECRET_FILE: &str = "telephony.secret";

/// What to make.
pub struct New<'a> {
    /// The data directory: not there yet, or empty.
    pub data: &'a Path,
    /// The first tenant.
    pub tenant: Tenant,
    /// Where its keys are.
    pub keys: Keys,
    /// The database: empty, or a file in the directory.
    pub database: Database,
}

/// Where a data directory's keys are.
pub enum Keys {
    /// In files on this side, which are made: the root key's, not there yet, and the keyring beside it.
    Here(PathBuf),
    /// With this key holder, which runs and knows the tenant.
    There(KeyHolder),
}

impl Keys {
    fn absolute(&self) -> Result<Self, Failure> {
        let absolute = |path: &Path| std::path::absolute(path).map_err(|error| failure::file(path, &error));
        Ok(match self {
            Self::Here(file) => Self::Here(absolute(file)?),
            Self::There(holder) => Self::There(holder.absolute()?),
        })
    }

    /// Makes those on this side.
    fn create(&self, data: &Path, tenant: TenantId) -> Result<(), Failure> {
        let Self::Here(key) = self else { return Ok(()) };
        outside("key file", key, data)?;
        if let Some(folder) = key.parent() {
            private_dir(folder)?;
        }
        keys_in(key, &[tenant])
    }

    /// Nothing was sealed under them yet.
    fn remove(&self) {
        if let Self::Here(key) = self {
            drop(fs::remove_file(key));
            drop(fs::remove_file(KeyringFile::beside(key)));
        }
    }
}

/// Makes a root key and the keyring of these tenants beside it.
///
/// # Errors
/// If one is there already, or can't be written.
pub(crate) fn keys_in(key: &Path, tenants: &[TenantId]) -> Result<(), Failure> {
    let root_key = RootKey::create(key, &SystemEntropy).map_err(|error| root(key, &error))?;
    let created = KeyringFile::new(key, root_key).create(tenants, SystemClock.now(), &SystemEntropy);
    created.map_err(|error| ring(key, &error))
}

/// Makes a data directory; gives it ready to be opened.
///
/// # Errors
/// If the directory isn't empty, the key's file exists or lies inside, or anything can't be written.
pub async fn create(new: &New<'_>) -> Result<Home, Failure> {
    refuse_full(new.data)?;
    let keys = new.keys.absolute()?;
    // A key holder that can't be reached is found out before anything is made, so that the next try finds nothing in its way.
    if let Keys::There(holder) = &keys {
        let asked = holder.remote()?.node_keys(TenantId(new.tenant.id)).await;
        asked.map(drop).map_err(|error| {
            Failure::there(
                format!("the key holder doesn't give this node its keys: {error}"),
                "check its address, its certificates, and that it runs and has this tenant",
            )
        })?;
    }
    private_dir(new.data)?;
    keys.create(new.data, TenantId(new.tenant.id))?;
    if let Err(failure) = new.database.create().await {
        keys.remove();
        return Err(failure);
    }
    write_private(&new.data.join(SECRET_FILE), format!("{}\n", *webhook_secret()).as_bytes())?;
    write_private(&new.data.join(FILE), config_text(new, &keys).as_bytes())?;
    let (key, keyholder) = match keys {
        Keys::Here(file) => (Some(Key { file }), None),
        Keys::There(holder) => (None, Some(holder)),
    };
    let config = Config { tenant: vec![new.tenant.clone()], key, keyholder, ..Config::default() };
    let home = Home { data: new.data.to_path_buf(), config, database: new.database.clone() };
    let vault = wire::open(&home).await?.vault;
    vault.log_founding(&vault.operator(TenantId(new.tenant.id))).await?;
    Ok(home)
}

/// `$XDG_CONFIG_HOME/ringfence/<id>.key`, or under `~/.config`.
///
/// # Errors
/// If neither is known.
pub fn default_key_file() -> Result<PathBuf, Failure> {
    let given = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = given("XDG_CONFIG_HOME").or_else(|| given("HOME").map(|home| home.join(".config")));
    let folder =
        folder.ok_or_else(|| Failure::here("there is no home directory for the key file", "give --key-file PATH"))?;
    Ok(folder.join("ringfence").join(format!("{}.key", random_name())))
}

/// Eight random hex digits.
#[must_use]
pub fn random_name() -> String {
    let bytes: [u8; 4] = domain::time::fresh(&SystemEntropy);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A new secret to sign webhooks with.
#[must_use]
pub fn webhook_secret() -> Zeroizing<String> {
    let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(domain::time::fresh(&SystemEntropy));
    Zeroizing::new(format!("whsec_{}", *Zeroizing::new(STANDARD.encode(*bytes))))
}

/// Writes a new file that only its owner reads.
///
/// # Errors
/// If it exists or can't be written.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|error| failure::file(path, &error))
}

pub(crate) fn private_dir(path: &Path) -> Result<(), Failure> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| failure::file(path, &error))
}

fn refuse_full(data: &Path) -> Result<(), Failure> {
    match fs::read_dir(data) {
        Ok(mut entries) => {
            let problem = || {
                Failure::here(
                    format!("{}: the directory isn't empty; nothing was touched", data.display()),
                    "name a new directory",
                )
            };
            entries.next().map_or(Ok(()), |_| Err(problem()))
        }
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failure::file(data, &error)),
        Err(_) => Ok(()),
    }
}

fn config_text(new: &New<'_>, keys: &Keys) -> String {
    let tenant = &new.tenant;
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let store = new.database.url().map_or_else(String::new, |url| format!("[store]\nurl = {}\n\n", quoted(url)));
    let keys = match keys {
        Keys::Here(key) => format!(
            "# Keep this file and the keyring beside it, and a copy of both, apart from backups of this directory: without\n\
             # them nothing here opens, and with them old copies open whom you erased.\n\
             [key]\nfile = {}\n",
            quoted(&key.to_string_lossy()),
        ),
        Keys::There(holder) => {
            format!("# The separate program that holds the keys (docs/keyholder.md).\n[keyholder]\n{}", holder.toml())
        }
    };
    format!(
        "# Every key is explained in docs/configuration.md. Once security officers have passkeys, what decides over people and\n\
         # data counts as they signed it, and not as it is changed here.\n\n\
         [server]\nlisten = \"127.0.0.1:8480\"\n\n{store}\
         # People sign in on pages with passkeys (docs/sign-in.md); access tokens are for programs.\n\
         [sign_in]\ntokens = false\n\n\
         [[tenant]]\nid = {}\nslug = {}\norigin = {}\n\n\
         # Your telephony or ticket system signs its events with this secret.\n\
         [[event_source]]\nname = \"telephony\"\ntenant = {}\nsecret_file = \"{SECRET_FILE}\"\n\n{keys}",
        tenant.id,
        quoted(&tenant.slug),
        quoted(&tenant.origin),
        quoted(&tenant.slug),
    )
}
