//! `[keyholder]`: the separate program that has the keys, on this machine or on another.

use crate::failure::{self, Failure};
use keylink::{Identity, Remote, TlsError};
use serde::Deserialize;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// `[keyholder]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeyHolder {
    /// The socket on which `ringfence keyholder serve` listens on this machine.
    pub socket: Option<PathBuf>,
    /// Where it listens on another one: `host:port`, with the host as its certificate names it.
    pub address: Option<String>,
    /// The certificates that may vouch for it, PEM.
    pub ca_file: Option<PathBuf>,
    /// This node's own certificate, PEM.
    pub certificate_file: Option<PathBuf>,
    /// Its key, PEM, which nobody else may read.
    pub key_file: Option<PathBuf>,
}

/// Where it is.
impl fmt::Display for KeyHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.socket, &self.address) {
            (Some(socket), _) => write!(f, "{}", socket.display()),
            (None, Some(address)) => f.write_str(address),
            (None, None) => f.write_str("nowhere"),
        }
    }
}

impl KeyHolder {
    /// The one of this machine that listens on this socket.
    #[must_use]
    pub fn here(socket: PathBuf) -> Self {
        Self { socket: Some(socket), ..Self::default() }
    }

    fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let files = [&mut self.socket, &mut self.ca_file, &mut self.certificate_file, &mut self.key_file];
        files.into_iter().flatten()
    }

    pub(super) fn relative_to(&mut self, folder: &Path) {
        self.files().for_each(|file| *file = folder.join(&*file));
    }

    /// The same with files that are named from anywhere.
    ///
    /// # Errors
    /// If the current directory isn't known.
    pub fn absolute(&self) -> Result<Self, Failure> {
        let mut all = self.clone();
        for file in all.files() {
            *file = std::path::absolute(&*file).map_err(|error| failure::file(file, &error))?;
        }
        Ok(all)
    }

    /// As it is written.
    #[must_use]
    pub fn toml(&self) -> String {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
        let lines = [
            ("socket", path(&self.socket)),
            ("address", self.address.clone()),
            ("ca_file", path(&self.ca_file)),
            ("certificate_file", path(&self.certificate_file)),
            ("key_file", path(&self.key_file)),
        ];
        let said = |(name, value): (&str, Option<String>)| Some(format!("{name} = {}\n", toml::Value::String(value?)));
        lines.into_iter().filter_map(said).collect()
    }

    /// Is it one way, and whole?
    pub(super) fn wrong(&self) -> Option<(String, &'static str)> {
        let files = [&self.ca_file, &self.certificate_file, &self.key_file];
        let fits = match (&self.socket, &self.address) {
            (Some(_), None) => files.iter().all(|file| file.is_none()),
            (None, Some(_)) => files.iter().all(|file| file.is_some()),
            _ => false,
        };
        let next = "give either socket, or address with ca_file, certificate_file and key_file";
        (!fits).then(|| ("[keyholder] says no one way to it".to_owned(), next))
    }

    /// The way to it.
    ///
    /// # Errors
    /// If a file can't be read or used.
    pub fn remote(&self) -> Result<Remote, Failure> {
        match (&self.socket, &self.address) {
            (Some(socket), _) => Ok(Remote::new(socket.clone())),
            (None, Some(address)) => {
                let [authority, certificate, key] = [&self.ca_file, &self.certificate_file, &self.key_file]
                    .map(|file| file.as_deref().unwrap_or(Path::new("")));
                let own = identity(authority, certificate, key)?;
                Remote::by_tls(address.clone(), &own).map_err(|error| unfit("[keyholder]", &error))
            }
            (None, None) => Err(Failure::here("[keyholder] says no way to it", "give socket or address")),
        }
    }
}

/// What one side of the connection shows, from its files.
///
/// # Errors
/// If one can't be read, or others may read the key.
pub(crate) fn identity(authority: &Path, certificate: &Path, key: &Path) -> Result<Identity, Failure> {
    let read = |path: &Path| fs::read(path).map_err(|error| failure::file(path, &error));
    failure::own_alone(
        key,
        "the key",
        "run: chmod 600 on it, have a new certificate made, and find out who could read it",
    )?;
    Ok(Identity { authority: read(authority)?, certificate: read(certificate)?, key: Zeroizing::new(read(key)?) })
}

/// What to do about certificates that can't be used.
pub(crate) fn unfit(place: &str, error: &TlsError) -> Failure {
    Failure::here(format!("{place}: {error}"), "correct it; docs/keyholder.md shows how the certificates are made")
}
