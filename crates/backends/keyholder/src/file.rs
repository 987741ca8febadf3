//! The keyring's file: beside the key file, for its owner only, replaced as a whole.
//!
//! A copy of the database holds customers' rows wrapped under shelf keys. The shelf keys are here and only here, so
//! destroying one makes the rows under it unreadable in every copy. Therefore this file must not lie in backups of
//! the database; a kept copy of an old keyring, with the key file, undoes that.

use crate::power::PowerFile;
use crate::{Keyring, KeyringError, RootKey};
use domain::{Clock, Entropy, Millis, TenantId};
use keys::power::Waits;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A keyring of many tenants with a few keys each is far smaller.
const LONGEST: u64 = 1 << 24;

/// A keyring file and the root key that it opens with.
pub struct KeyringFile {
    path: PathBuf,
    root: RootKey,
}

/// By what a changed file is told: device, inode, length, time of change.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp(u64, u64, u64, (i64, i64));

impl Stamp {
    pub(crate) fn of(file: &Metadata) -> Self {
        Self(file.dev(), file.ino(), file.len(), (file.mtime(), file.mtime_nsec()))
    }
}

impl KeyringFile {
    /// Where the keyring of a key file lies: beside it, its extension `keyring`.
    #[must_use]
    pub fn beside(key_file: &Path) -> PathBuf {
        key_file.with_extension("keyring")
    }

    /// The keyring beside a key file.
    #[must_use]
    pub fn new(key_file: &Path, root: RootKey) -> Self {
        Self { path: Self::beside(key_file), root }
    }

    /// The root key again.
    #[must_use]
    pub fn into_root(self) -> RootKey {
        self.root
    }

    /// Writes a new keyring: each tenant's own key and its first shelf.
    ///
    /// # Errors
    /// When there is one already, or it can't be written durably.
    pub fn create(&self, tenants: &[TenantId], now: Millis, entropy: &dyn Entropy) -> Result<(), KeyringError> {
        let _lock = self.lock()?;
        if fs::exists(&self.path)? {
            return Err(std::io::Error::from(ErrorKind::AlreadyExists).into());
        }
        let mut ring = Keyring::default();
        for tenant in tenants {
            for epoch in [0, 1] {
                ring.create(&self.root, (*tenant, epoch), now, entropy)?;
            }
        }
        ring.count_up();
        self.write(&ring)
    }

    /// Reads it, for a look.
    ///
    /// # Errors
    /// When there is none, it can be read by others, or it doesn't open.
    pub fn look(&self) -> Result<Keyring, KeyringError> {
        self.read().map(|(ring, _)| ring)
    }

    pub(crate) fn read(&self) -> Result<(Keyring, Stamp), KeyringError> {
        let mut file = File::open(&self.path).map_err(missing)?;
        let about = file.metadata()?;
        if about.permissions().mode() & 0o077 != 0 {
            return Err(KeyringError::TooOpen);
        }
        if about.len() > LONGEST {
            return Err(KeyringError::NotAKeyring);
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok((Keyring::decode(&self.root, &bytes)?, Stamp::of(&about)))
    }

    pub(crate) fn stamp(&self) -> Result<Stamp, KeyringError> {
        fs::metadata(&self.path).map(|about| Stamp::of(&about)).map_err(missing)
    }

    /// Reads the file of this moment, edits it and, where `edit` says that it did, writes it: one process at a time.
    pub(crate) fn change<T>(
        &self,
        edit: impl FnOnce(&mut Keyring, &RootKey) -> Result<(bool, T), KeyringError>,
    ) -> Result<(Keyring, Stamp, T), KeyringError> {
        let _lock = self.lock()?;
        let (mut ring, mut stamp) = self.read()?;
        let (changed, done) = edit(&mut ring, &self.root)?;
        if changed {
            ring.count_up();
            self.write(&ring)?;
            stamp = self.stamp()?;
        }
        Ok((ring, stamp, done))
    }

    /// What is known of power, in a file beside this one.
    pub(crate) fn power(&self, clock: Arc<dyn Clock>, waits: Waits) -> Result<PowerFile, KeyringError> {
        PowerFile::open(&self.path, &self.root, clock, waits)
    }

    /// Held while the file is changed. A file of its own, since the keyring's is replaced.
    fn lock(&self) -> Result<File, KeyringError> {
        let path = self.path.with_extension("keyring.lock");
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        file.lock()?;
        Ok(file)
    }

    /// The new file is whole and durable before it takes the old one's name; the old one is then overwritten.
    fn write(&self, ring: &Keyring) -> Result<(), KeyringError> {
        let (new, old) = (self.path.with_extension("keyring.new"), self.path.with_extension("keyring.old"));
        self.wipe(&new)?;
        self.wipe(&old)?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        file.write_all(&ring.encode(&self.root))?;
        file.sync_all()?;
        // A second name, so that a crash between here and the overwriting leaves something to overwrite next time.
        // There is no old file at the first write, and not every file system gives second names.
        let second_name = fs::hard_link(&self.path, &old).is_ok();
        fs::rename(&new, &self.path)?;
        self.sync_folder()?;
        if second_name {
            self.wipe(&old)?;
            self.sync_folder()?;
        }
        Ok(())
    }

    /// Overwrites a file and removes it. It is the best that can be done from here: copy-on-write file systems,
    /// snapshots and worn flash keep old blocks.
    fn wipe(&self, path: &Path) -> Result<(), KeyringError> {
        let about = match fs::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            about => about?,
        };
        // After a crash the second name may still be the living file's.
        let living = fs::metadata(&self.path).is_ok_and(|own| (own.dev(), own.ino()) == (about.dev(), about.ino()));
        if !living {
            let mut file = OpenOptions::new().write(true).open(path)?;
            file.write_all(&vec![0; usize::try_from(about.len().min(LONGEST)).unwrap_or(0)])?;
            file.sync_all()?;
        }
        Ok(fs::remove_file(path)?)
    }

    fn sync_folder(&self) -> Result<(), KeyringError> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(File::open(folder)?.sync_all()?)
    }
}

fn missing(error: std::io::Error) -> KeyringError {
    if error.kind() == ErrorKind::NotFound { KeyringError::Missing } else { error.into() }
}
