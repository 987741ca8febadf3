//! The demo's data directory: a fresh one that goes at the end, or a marked one that stays. Nothing else is touched.

use super::beside::{self, Beside};
use crate::cli::Demo;
use crate::commands::init::{self, Keys, New};
use crate::config::holder::KeyHolder;
use crate::config::{self, Config, Tenant};
use crate::database::Database;
use crate::failure::{self, Failure};
use crate::home::Home;
use crate::invented;
use domain::TenantId;
use serde::{Deserialize, Serialize};
use simulation::identity::{Identities, Identity};
use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use vault::{IntakeBatch, NewRecord, Vault};

/// Marks a directory as a demo's; tells what was invented in it.
const MARKER: &str = "demo.marker";
const SEED: u64 = 7;
const CUSTOMERS: u64 = 2_000;
const BATCH: usize = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Marker {
    seed: u64,
    customers: u64,
    complete: bool,
}

/// A data directory and what is invented in it.
pub(super) struct Data {
    folder: PathBuf,
    key: PathBuf,
    marker: Marker,
    made: Option<PathBuf>,
    /// Are the keys with a program of their own?
    apart: bool,
}

impl Data {
    /// The directory that was asked for, if it is a demo's or empty; else a fresh one.
    pub(super) fn choose(given: Option<&Path>, asked: &Demo) -> Result<Self, Failure> {
        let fresh = Marker {
            seed: asked.seed.unwrap_or(SEED),
            customers: asked.customers.unwrap_or(CUSTOMERS),
            complete: false,
        };
        let apart = asked.keyholder;
        let Some(folder) = given else { return Self::temporary(fresh, apart) };
        let mut name = folder.file_name().unwrap_or_default().to_os_string();
        name.push(".key");
        let data =
            Self { folder: folder.to_path_buf(), key: folder.with_file_name(name), marker: fresh, made: None, apart };
        match data.found()? {
            Some(marker) if marker.complete => data.like_before(marker, asked),
            Some(_) => data.emptied(),
            None => Ok(data),
        }
    }

    fn temporary(marker: Marker, apart: bool) -> Result<Self, Failure> {
        let folder = std::env::temp_dir().join(format!("ringfence-{}", init::random_name()));
        fs::DirBuilder::new().mode(0o700).create(&folder).map_err(|error| failure::file(&folder, &error))?;
        Ok(Self { folder: folder.join("data"), key: folder.join("root.key"), marker, made: Some(folder), apart })
    }

    /// The marker of a directory that has one; `None` for a missing or empty directory; anything else isn't ours.
    fn found(&self) -> Result<Option<Marker>, Failure> {
        let foreign = || {
            let problem = format!("{}: this isn't a demo's data directory; nothing was touched", self.folder.display());
            Failure::here(problem, "name a new directory, or leave --data out")
        };
        match fs::read_to_string(self.folder.join(MARKER)) {
            Ok(text) => toml::from_str(&text).map(Some).map_err(|_| foreign()),
            Err(_) => match fs::read_dir(&self.folder) {
                Ok(mut entries) => entries.next().map_or(Ok(None), |_| Err(foreign())),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(_) => Err(foreign()),
            },
        }
    }

    fn like_before(mut self, marker: Marker, asked: &Demo) -> Result<Self, Failure> {
        let other = asked.seed.is_some_and(|seed| seed != marker.seed)
            || asked.customers.is_some_and(|count| count != marker.customers);
        if other {
            let problem = format!(
                "{} was made with --seed {} --customers {}",
                self.folder.display(),
                marker.seed,
                marker.customers
            );
            return Err(Failure::here(problem, "leave both out, or name a new directory"));
        }
        self.marker = marker;
        Ok(self)
    }

    /// A demo's directory whose making was interrupted is made anew.
    fn emptied(self) -> Result<Self, Failure> {
        fs::remove_dir_all(&self.folder).map_err(|error| failure::file(&self.folder, &error))?;
        for file in [&self.key, &keyholder::KeyringFile::beside(&self.key)] {
            match fs::remove_file(file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failure::file(file, &error)),
                _ => {}
            }
        }
        match fs::remove_dir_all(self.keyholder()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failure::file(&self.keyholder(), &error)),
            _ => Ok(self),
        }
    }

    /// The directory of the key holder, where that is a program of its own.
    fn keyholder(&self) -> PathBuf {
        self.key.with_extension("keyholder")
    }

    /// The directory, made if it isn't there, and its key holder where that is a program of its own.
    pub(super) async fn home(&self) -> Result<(Home, Option<Beside>), Failure> {
        if self.marker.complete {
            let config = Config::read(&self.folder.join(config::FILE))?;
            if self.apart && config.keyholder.is_none() {
                let problem = format!("{} was made without --keyholder", self.folder.display());
                return Err(Failure::here(problem, "leave it out, or name a new directory"));
            }
            let beside = match &config.keyholder {
                Some(_) => Some(Beside::start(&self.keyholder()).await?),
                None => None,
            };
            let database = config.database(&self.folder, None)?;
            return Ok((Home { data: self.folder.clone(), config, database }, beside));
        }
        let tenant = Tenant { id: 1, slug: "acme".to_owned(), origin: "log.acme.example".to_owned() };
        let database = Database::Embedded(self.folder.clone());
        let (keys, beside) = match self.apart {
            false => (Keys::Here(self.key.clone()), None),
            true => {
                let dir = self.keyholder();
                let beside = Beside::start(&dir).await?;
                (Keys::There(KeyHolder::here(beside::socket(&dir))), Some(beside))
            }
        };
        let home = init::create(&New { data: &self.folder, tenant, keys, database }).await?;
        self.mark(self.marker)?;
        Ok((home, beside))
    }

    fn mark(&self, marker: Marker) -> Result<(), Failure> {
        let path = self.folder.join(MARKER);
        let text = toml::to_string(&marker).map_err(|_| Failure::there("the marker can't be written", "try again"))?;
        fs::write(&path, text).map_err(|error| failure::file(&path, &error))
    }

    pub(super) fn seed(&self) -> u64 {
        self.marker.seed
    }

    /// The invented customers.
    pub(super) fn customers(&self) -> impl Iterator<Item = Identity> + Send + use<> {
        let count = usize::try_from(self.marker.customers).unwrap_or(usize::MAX);
        Identities::new(self.marker.seed).iter().take(count)
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        if let Some(folder) = &self.made
            && let Err(error) = fs::remove_dir_all(folder)
        {
            tracing::warn!(kind = ?error.kind(), folder = %folder.display(), "the temporary data directory couldn't be removed");
        }
    }
}

/// Seals the invented customers, unless they are there.
pub(super) async fn fill(data: &Data, vault: &Vault, tenant: TenantId) -> Result<(), Failure> {
    if data.marker.complete {
        return Ok(());
    }
    let operator = vault.operator(tenant);
    let mut done = 0;
    let mut customers = data.customers();
    loop {
        let records: Vec<NewRecord> =
            customers.by_ref().take(BATCH).map(|who| invented::record(&who)).collect::<Result<_, _>>()?;
        if records.is_empty() {
            break;
        }
        done += records.len() as u64;
        vault.take_in(&operator, IntakeBatch { import: [0xde; 16], rows_done: done, records, staged: true }).await?;
    }
    vault.finish_intake(&operator).await?;
    data.mark(Marker { complete: true, ..data.marker })
}

#[cfg(test)]
mod tests {
    use super::{Data, MARKER};
    use crate::cli::Demo;
    use std::fs;

    fn asked(seed: Option<u64>) -> Demo {
        Demo { port: 0, seed, customers: None, quiet_day: false, keyholder: false }
    }

    #[test]
    fn a_foreign_directory_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ledger.db"), "keep").unwrap();
        let said = Data::choose(Some(folder.path()), &asked(None)).err().expect("a refusal").to_string();
        assert!(said.contains("isn't a demo's") && said.contains("nothing was touched"), "{said}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        fs::write(folder.path().join(MARKER), "not a marker").unwrap();
        assert!(Data::choose(Some(folder.path()), &asked(None)).is_err());
        assert_eq!(fs::read_to_string(folder.path().join("ledger.db")).unwrap(), "keep");
    }

    #[test]
    fn a_marked_directory_keeps_its_seed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(MARKER), "seed = 3\ncustomers = 40\ncomplete = true\n").unwrap();
        let data = Data::choose(Some(folder.path()), &asked(None)).unwrap();
        assert_eq!((data.seed(), data.customers().count()), (3, 40));
        assert!(Data::choose(Some(folder.path()), &asked(Some(3))).is_ok());
        assert!(Data::choose(Some(folder.path()), &asked(Some(4))).is_err());
    }

    #[test]
    fn an_interrupted_one_is_made_anew() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("d");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(MARKER), "seed = 3\ncustomers = 40\ncomplete = false\n").unwrap();
        fs::write(parent.path().join("d.key"), "half").unwrap();
        Data::choose(Some(&folder), &asked(Some(5))).unwrap();
        assert!(!folder.exists() && !parent.path().join("d.key").exists());
    }

    #[test]
    fn a_temporary_one_goes_when_it_is_dropped() {
        let data = Data::choose(None, &asked(None)).unwrap();
        let folder = data.folder.parent().unwrap().to_path_buf();
        assert!(folder.exists());
        drop(data);
        assert!(!folder.exists());
    }
}
