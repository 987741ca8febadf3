//! Files of a ceremony: the key holder's record, custodians' keys, shares that are dealt.

use crate::commands::init::{private_dir, write_private};
use crate::failure::{self, Failure};
use keyholder::custody::{Ceremony, Custodian, SealedShare};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The record of the ceremony that counts, in the key holder's directory.
const RECORD: &str = "custodians";
const NEW_RECORD: &str = "custodians.new";
/// The record of new shares that were dealt and that nobody has shown to open: they don't count yet.
const DEALT: &str = "custodians.dealt";

/// The ceremony that counts, if there was one.
///
/// # Errors
/// If its record can't be read.
pub(crate) fn record(dir: &Path) -> Result<Option<Ceremony>, Failure> {
    read(&dir.join(RECORD))
}

/// New shares that wait to be shown to open, if there are any.
///
/// # Errors
/// If their record can't be read.
pub(crate) fn dealt(dir: &Path) -> Result<Option<Ceremony>, Failure> {
    read(&dir.join(DEALT))
}

fn read(path: &Path) -> Result<Option<Ceremony>, Failure> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        text => text.map_err(|error| failure::file(path, &error))?,
    };
    Ceremony::read(&text).map(Some).map_err(|error| {
        Failure::there(
            format!("{}: {error}", path.display()),
            "put the record back as it was, from a copy of the directory",
        )
    })
}

/// The ceremony that counts.
///
/// # Errors
/// If there is none.
pub(crate) fn begun(dir: &Path) -> Result<Ceremony, Failure> {
    record(dir)?.ok_or_else(|| {
        Failure::here(format!("{}: no ceremony was held here", dir.display()), "ringfence ceremony begin")
    })
}

/// Puts a record in the place of the one before, if there is one; whole and durable.
///
/// # Errors
/// If it can't be written.
pub(crate) fn replace_record(dir: &Path, ceremony: &Ceremony) -> Result<(), Failure> {
    write_as(dir, RECORD, ceremony)
}

/// Keeps the record of new shares beside the one that counts.
///
/// # Errors
/// If it can't be written.
pub(crate) fn write_dealt(dir: &Path, ceremony: &Ceremony) -> Result<(), Failure> {
    write_as(dir, DEALT, ceremony)
}

/// The new shares count, and the ones before don't any more.
///
/// # Errors
/// If the record can't take its place.
pub(crate) fn count_dealt(dir: &Path) -> Result<(), Failure> {
    let path = dir.join(RECORD);
    let replace = || {
        fs::rename(dir.join(DEALT), &path)?;
        File::open(dir)?.sync_all()
    };
    replace().map_err(|error| failure::file(&path, &error))
}

fn write_as(dir: &Path, name: &str, ceremony: &Ceremony) -> Result<(), Failure> {
    let (new, path) = (dir.join(NEW_RECORD), dir.join(name));
    let write = || {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(ceremony.text().as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &path)?;
        File::open(dir)?.sync_all()
    };
    write().map_err(|error| failure::file(&path, &error))
}

/// Reads custodians' public keys.
///
/// # Errors
/// Which file isn't one, and where.
pub(crate) fn load_custodians(files: &[PathBuf]) -> Result<Vec<Custodian>, Failure> {
    let load = |path: &PathBuf| {
        let text = fs::read_to_string(path).map_err(|error| failure::file(path, &error))?;
        Custodian::read(&text).map_err(|error| {
            Failure::here(
                format!("{}: {error}", path.display()),
                "give the .pub file that ringfence custodian key made, or correct the typed one",
            )
        })
    };
    files.iter().map(load).collect()
}

/// Writes each share into a file of its own, and reads it back. None that is there is replaced.
///
/// # Errors
/// If one can't be written, or isn't what was written.
pub(crate) fn write_shares(to: &Path, shares: &[SealedShare]) -> Result<Vec<PathBuf>, Failure> {
    private_dir(to)?;
    let write = |share: &SealedShare| {
        let id = share.ceremony().to_string();
        let path = to.join(format!("{}-{}.share", id.get(..5).unwrap_or(&id), share.index()));
        write_private(&path, share.text().as_bytes())?;
        let text = fs::read_to_string(&path).map_err(|error| failure::file(&path, &error))?;
        match SealedShare::read(&text) {
            Ok(read) if read == *share => Ok(path),
            _ => Err(Failure::there(
                format!("{}: another share was read than written", path.display()),
                "check the disk",
            )),
        }
    };
    shares.iter().map(write).collect()
}
