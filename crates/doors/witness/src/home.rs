//! The witness's directory: its keys, its memory, its alarms. Its owner's alone.

use crate::failure::Failure;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use transparency::NoteSigner;
use zeroize::Zeroizing;

const KEY: &str = "witness.key";
/// Names the vault's data directory, for commands of the vault.
const VAULT: &str = "RINGFENCE_DATA";
/// What a vault's data directory holds.
const VAULT_FILES: [&str; 2] = ["ringfence.toml", "ringfence.db"];

/// An opened directory.
pub struct Home {
    dir: PathBuf,
}

/// What to make.
pub struct NewHome<'a> {
    /// The directory; not there yet, or empty.
    pub dir: &'a Path,
    /// The witness's name, such as `witness.example/board`.
    pub name: &'a str,
    /// May the user who owns a vault's data run it? Then whoever takes over the vault has the witness too: for trying
    /// out.
    pub same_user: bool,
    /// Fills bytes that nobody can predict.
    pub entropy: &'a dyn Fn(&mut [u8]),
}

impl Home {
    /// Makes the directory with new keys; gives the keys that verify what it signs.
    ///
    /// # Errors
    /// If the directory has something in it, the name can't be signed under, or it can't be written.
    pub fn create(new: &NewHome<'_>) -> Result<Self, Failure> {
        if fs::read_dir(new.dir).is_ok_and(|mut entries| entries.next().is_some()) {
            let problem = format!("{}: the directory isn't empty; nothing was touched", new.dir.display());
            return Err(Failure::here(problem, "name a new directory"));
        }
        private_dir(new.dir)?;
        let home = Self { dir: new.dir.to_path_buf() };
        home.check(new.same_user)?;
        let mut seeds = Zeroizing::new([0; 64]);
        (new.entropy)(seeds.as_mut_slice());
        let text = Zeroizing::new(format!("{}\n{}\n", new.name, *Zeroizing::new(STANDARD.encode(seeds.as_slice()))));
        signers(&text).ok_or_else(|| {
            Failure::here("a witness can't sign under this name", "write it like witness.example/board, without spaces")
        })?;
        home.replace(&home.dir.join(KEY), text.as_bytes())?;
        private_dir(&home.dir.join("logs"))?;
        Ok(home)
    }

    /// Opens a directory that [`Home::create`] made.
    ///
    /// # Errors
    /// If others may read it, it lies with a vault's data of the same user (unless `same_user`), or there is none.
    pub fn open(dir: &Path, same_user: bool) -> Result<Self, Failure> {
        let home = Self { dir: dir.to_path_buf() };
        if !home.dir.join(KEY).exists() {
            let next = format!("make one with: ringfence witness init --data {} --name NAME", dir.display());
            return Err(Failure::here(format!("{}: no witness lives here", dir.display()), next));
        }
        home.check(same_user)?;
        Ok(home)
    }

    /// The directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The mark that one process works here; it ends with the file.
    ///
    /// # Errors
    /// If another one does.
    pub fn claim(&self) -> Result<File, Failure> {
        let path = self.dir.join("lock");
        let open = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
        let file = open.map_err(|error| Failure::file(&path, &error))?;
        let taken = || Failure::here("another process works in this directory", "stop ringfence witness serve first");
        file.try_lock().map_err(|_| taken())?;
        Ok(file)
    }

    /// The two keys that sign: type 0x04, then type 0x06.
    ///
    /// # Errors
    /// If the key file isn't one.
    pub fn signers(&self) -> Result<[NoteSigner; 2], Failure> {
        let path = self.dir.join(KEY);
        let text = Zeroizing::new(fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?);
        let damaged = || Failure::there(format!("{}: this isn't a witness's key", path.display()), "restore this file");
        signers(&text).ok_or_else(damaged)
    }

    /// Replaces a file at once and durably: a reader, or a start after a power cut, finds the old one or the new one.
    pub(crate) fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
        let next = path.with_extension("new");
        let write = || {
            // Left over from a crash, it was never the file.
            drop(fs::remove_file(&next));
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&next)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&next, path)?;
            sync_folder(path)
        };
        write().map_err(|error| Failure::file(path, &error))
    }

    fn check(&self, same_user: bool) -> Result<(), Failure> {
        let meta = fs::metadata(&self.dir).map_err(|error| Failure::file(&self.dir, &error))?;
        if meta.mode() & 0o077 != 0 {
            let problem = format!("{}: others may look into it", self.dir.display());
            return Err(Failure::here(problem, "run: chmod 700 on it, and find out who could"));
        }
        match near_vault(&self.dir, own_user().unwrap_or(meta.uid())) {
            Some(vault) if !same_user => Err(Failure::here(
                format!("{}: the user who runs this witness owns that vault's data", vault.display()),
                "run it as a user of its own, best on a machine of its own; --same-user only to try it out",
            )),
            _ => Ok(()),
        }
    }
}

/// The user of this process, where the system tells.
fn own_user() -> Option<u32> {
    fs::metadata("/proc/self").ok().map(|meta| meta.uid())
}

/// A vault's data directory of this user's: the one that the environment names, or one that the witness's lies in.
fn near_vault(dir: &Path, user: u32) -> Option<PathBuf> {
    let dir = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_path_buf());
    let named = std::env::var_os(VAULT).map(PathBuf::from);
    let owned = |file: PathBuf| fs::metadata(file).is_ok_and(|meta| meta.uid() == user);
    let is_vault = |folder: &PathBuf| VAULT_FILES.iter().any(|name| owned(folder.join(name)));
    named.into_iter().chain(dir.ancestors().map(Path::to_path_buf)).find(is_vault)
}

fn signers(text: &str) -> Option<[NoteSigner; 2]> {
    let (name, seeds) = text.strip_suffix('\n')?.split_once('\n')?;
    let seeds = Zeroizing::new(STANDARD.decode(seeds).ok()?);
    let (ed25519, ml_dsa) = seeds.split_first_chunk::<32>()?;
    let ml_dsa: &[u8; 32] = ml_dsa.try_into().ok()?;
    Some([NoteSigner::ed25519_cosigner(name, ed25519).ok()?, NoteSigner::ml_dsa_44(name, ml_dsa).ok()?])
}

pub(crate) fn private_dir(path: &Path) -> Result<(), Failure> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|error| Failure::file(path, &error))
}

/// Makes a new or renamed name durable.
pub(crate) fn sync_folder(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn new(dir: &Path, same_user: bool) -> Result<Home, Failure> {
        Home::create(&NewHome { dir, name: "w.example/a", same_user, entropy: &|out| out.fill(7) })
    }

    #[test]
    fn the_directory_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("w");
        let home = new(&dir, true).unwrap();
        assert_eq!(home.signers().unwrap()[0].verifier_key().name(), "w.example/a");
        for file in [dir.clone(), dir.join(KEY)] {
            assert_eq!(fs::metadata(&file).unwrap().mode() & 0o077, 0, "{}", file.display());
        }
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o750)).unwrap();
        assert!(Home::open(&dir, true).err().unwrap().problem.contains("others"));
        assert!(new(&dir, true).err().unwrap().problem.contains("isn't empty"));
        assert!(Home::open(folder.path(), true).is_err(), "no witness");
    }

    #[test]
    fn a_vaults_user_does_not_run_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ringfence.db"), b"").unwrap();
        let dir = folder.path().join("inside/w");
        assert!(new(&dir, false).err().unwrap().problem.contains("vault"));
        assert!(new(&dir, true).is_ok());
        assert!(Home::open(&dir, false).is_err());
    }

    #[test]
    fn one_process_works_there() {
        let folder = tempfile::tempdir().unwrap();
        let home = new(&folder.path().join("w"), true).unwrap();
        let first = home.claim().unwrap();
        assert!(home.claim().is_err());
        drop(first);
        assert!(home.claim().is_ok());
    }

    #[test]
    fn names_that_can_not_be_signed_under_are_refused() {
        for name in ["", "a b", "a+b", "a\nb"] {
            let folder = tempfile::tempdir().unwrap();
            let made = Home::create(&NewHome {
                dir: &folder.path().join("w"),
                name,
                same_user: true,
                entropy: &|out| out.fill(7),
            });
            assert!(made.is_err(), "{name:?}");
        }
    }
}
