//! The root key and its file.

use domain::Entropy;
use keys::Key32;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

/// First line of a key file, so that nothing else is taken for one.
const HEAD: &str = "ringfence root key v1";

/// The root key `R`.
pub struct RootKey(pub(crate) Key32);

/// Why a key file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// Reading or writing failed.
    #[error("the key file can't be used: {0}")]
    Io(#[from] std::io::Error),
    /// It isn't one.
    #[error("that file isn't a Ringfence key file")]
    NotAKeyFile,
    /// Others can read it.
    #[error("the key file can be read by others; run: chmod 600 on it")]
    TooOpen,
}

impl RootKey {
    /// Writes a new root key to a new file that only its owner can read.
    ///
    /// # Errors
    /// When the file exists already or can't be written durably.
    pub fn create(path: &Path, entropy: &dyn Entropy) -> Result<Self, RootError> {
        use std::os::unix::fs::OpenOptionsExt;
        let bytes: [u8; 32] = domain::time::fresh(entropy);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        writeln!(file, "{HEAD}\n{hex}")?;
        file.sync_all()?;
        Ok(Self(Key32::new(bytes)))
    }

    /// A root key that is in no file.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(Key32::new(domain::time::fresh(entropy)))
    }

    /// Overwrites a key file and removes it. Copy-on-write file systems, snapshots and worn flash keep old blocks all the
    /// same.
    ///
    /// # Errors
    /// If it can't be overwritten or removed.
    pub fn destroy(path: &Path) -> Result<(), RootError> {
        let length = usize::try_from(fs::metadata(path)?.len().min(1 << 12)).unwrap_or(1 << 12);
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.write_all(&vec![0; length])?;
        file.sync_all()?;
        fs::remove_file(path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(fs::File::open(folder)?.sync_all()?)
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// When it can't be read, isn't a key file, or is readable by others.
    pub fn load(path: &Path) -> Result<Self, RootError> {
        use std::os::unix::fs::PermissionsExt;
        if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
            return Err(RootError::TooOpen);
        }
        let text = zeroize::Zeroizing::new(fs::read_to_string(path)?);
        let hex = text.strip_prefix(HEAD).map(str::trim).ok_or(RootError::NotAKeyFile)?;
        let mut bytes = [0; 32];
        if hex.len() != 64 || !hex.is_ascii() {
            return Err(RootError::NotAKeyFile);
        }
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).map_err(|_| RootError::NotAKeyFile)?;
        }
        Ok(Self(Key32::new(bytes)))
    }
}
