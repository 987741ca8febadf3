//! The root key in hardware, at the key holder's machine: where its record lies, and which token opens it.

use super::Step;
use super::steps::write_hardware;
use crate::ambient::SystemEntropy;
use crate::commands::init::write_private;
use crate::failure::{self, Failure};
use crate::keyholding::{Config, Hardware, root_file};
use crate::output;
use keyholder::RootKey;
use keyholder::custody::{HardwareError, InHardware, Token};
use std::fs;
use std::io::{ErrorKind, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use zeroize::Zeroizing;

/// The PIN's name among systemd's credentials.
const CREDENTIAL: &str = "token-pin";
/// The record, in the key holder's directory.
const RECORD: &str = "root.hardware";
const NEW_RECORD: &str = "root.hardware.new";

/// Where the record is, while hardware has the root key.
#[must_use]
pub(crate) fn hardware_file(dir: &Path) -> PathBuf {
    dir.join(RECORD)
}

/// The root key as hardware has it, if it does.
///
/// # Errors
/// If the record can't be read.
pub(crate) fn in_hardware(dir: &Path) -> Result<Option<InHardware>, Failure> {
    let path = hardware_file(dir);
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        text => text.map_err(|error| failure::file(&path, &error))?,
    };
    InHardware::parse(&text).map(Some).map_err(|error| refused(&path, error))
}

/// The root key by hardware, where it has it and no file does.
///
/// # Errors
/// If the token doesn't give it.
pub(crate) fn by_hardware(dir: &Path) -> Result<Option<RootKey>, Failure> {
    let Some(record) = in_hardware(dir)?.filter(|_| !root_file(dir).exists()) else { return Ok(None) };
    let hardware = configured(dir)?;
    let root = token(&hardware)?.give(&record).map_err(|error| refused(&hardware_file(dir), error))?;
    Ok(Some(root))
}

/// Seals the root key to a new key in the token; counts once its record is durable.
///
/// # Errors
/// If the token can't, or the record can't be written.
pub(crate) fn into_hardware(dir: &Path, root: &RootKey) -> Result<PathBuf, Failure> {
    let hardware = configured(dir)?;
    let record = token(&hardware)?.take(root, &SystemEntropy).map_err(|error| refused(&hardware.module, error))?;
    let (new, path) = (dir.join(NEW_RECORD), hardware_file(dir));
    match fs::remove_file(&new) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failure::file(&new, &error)),
        _ => write_private(&new, record.text().as_bytes())?,
    }
    write_hardware(dir, Step::IntoHardware)?;
    fs::rename(&new, &path).map_err(|error| failure::file(&path, &error))?;
    let synced = fs::File::open(dir).and_then(|folder| folder.sync_all());
    synced.map_err(|error| failure::file(dir, &error))?;
    Ok(path)
}

fn configured(dir: &Path) -> Result<Hardware, Failure> {
    Config::read(dir)?.hardware.ok_or_else(|| {
        Failure::here(
            format!("{}: keyholder.toml names no token", dir.display()),
            "write [hardware] with module, token and pin_file; docs/ceremony.md shows one",
        )
    })
}

fn token(hardware: &Hardware) -> Result<Token, Failure> {
    let pin = pin(hardware)?;
    Token::open(&hardware.module, &hardware.token, &pin).map_err(|error| refused(&hardware.module, error))
}

/// Its user's PIN: from the file that is named, from systemd's credential, or from who starts this at a terminal.
fn pin(hardware: &Hardware) -> Result<Zeroizing<String>, Failure> {
    if let Some(file) = &hardware.pin_file {
        return written(file);
    }
    if let Some(folder) = std::env::var_os("CREDENTIALS_DIRECTORY") {
        let file = Path::new(&folder).join(CREDENTIAL);
        if file.exists() {
            return written(&file);
        }
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::here(
            format!("nobody gives the PIN of the token {}", hardware.token),
            "start it at a terminal, give systemd's unit LoadCredentialEncrypted=token-pin, or name a pin_file under [hardware]",
        ));
    }
    output::aside(&format!("PIN of the token {}, which isn't shown:", hardware.token));
    let _quiet = Quiet::begin();
    let mut typed = Zeroizing::new(String::new());
    let read = std::io::stdin().read_line(&mut typed);
    read.map_err(|error| Failure::here(format!("no PIN: {}", error.kind()), "start it again"))?;
    Ok(Zeroizing::new(typed.trim_end_matches(['\r', '\n']).to_owned()))
}

/// A terminal that doesn't show what is typed, until this is dropped.
struct Quiet;

impl Quiet {
    fn begin() -> Self {
        Self::set("-echo");
        Self
    }

    /// POSIX `stty`: the standard library has nothing for it. Where it fails, what is typed is seen by who types it.
    fn set(how: &str) {
        drop(Command::new("stty").arg(how).status());
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        Self::set("echo");
    }
}

fn written(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let wrong = |error: std::io::Error| failure::file(path, &error);
    failure::own_alone(
        path,
        "the token's PIN",
        "run: chmod 600 on it, change the PIN, and find out who could read it",
    )?;
    let text = Zeroizing::new(fs::read_to_string(path).map_err(wrong)?);
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// What to do about a token.
fn refused(what: &Path, error: HardwareError) -> Failure {
    let next = match error {
        HardwareError::Module => "check module under [hardware], and that this user may read and run it",
        HardwareError::Absent => "connect the token, or correct token under [hardware]: its label",
        HardwareError::Ambiguous => "connect only one of them, or give one another label",
        HardwareError::Pin => "give the token's user PIN; most tokens lock after a few wrong ones",
        HardwareError::Locked => "have whoever has the token's security officer PIN set a new user PIN",
        HardwareError::OtherToken => "connect the token that took the root key, or restore its backup into this one",
        HardwareError::Edited => "put the record back as it was, from a copy of the directory",
        HardwareError::Extractable | HardwareError::Failed => "use a token that has AES keys of 256 bits and GCM",
    };
    Failure::there(format!("{}: {error}", what.display()), next)
}
