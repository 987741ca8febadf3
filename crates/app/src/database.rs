//! Which database a data directory works on: the only place that names engines.

mod password;

use crate::failure::{self, Failure};
use sql::{Address, OpenError, Postgres, Sqlite};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::Store;

/// Connections of one node, unless the configuration says otherwise.
const CONNECTIONS: usize = 12;

/// A database, not yet opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file in this directory, for one serving process.
    Embedded(PathBuf),
    /// A PostgreSQL server, for any number of nodes.
    Server {
        /// Where it is, without a password.
        url: String,
        /// The file with its password.
        password_file: Option<PathBuf>,
        /// How many connections this node opens at most.
        connections: usize,
    },
}

impl Database {
    /// Reads `postgres://…` or `sqlite:DIR`.
    ///
    /// # Errors
    /// If it is neither, or can't be used.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        if let Some(folder) = text.strip_prefix("sqlite:") {
            return Ok(Self::Embedded(PathBuf::from(folder)));
        }
        Address::parse(text).map_err(|error| failed(&error))?;
        Ok(Self::Server { url: text.to_owned(), password_file: None, connections: CONNECTIONS })
    }

    /// With the configuration's settings, where it is a server.
    #[must_use]
    pub fn with(self, file: Option<PathBuf>, count: Option<usize>) -> Self {
        match self {
            Self::Server { url, password_file, connections } => {
                Self::Server { url, password_file: file.or(password_file), connections: count.unwrap_or(connections) }
            }
            embedded => embedded,
        }
    }

    /// Opens it.
    ///
    /// # Errors
    /// If it isn't there or can't be opened.
    pub async fn open(&self) -> Result<Arc<dyn Store>, Failure> {
        match self {
            Self::Embedded(folder) => Ok(Arc::new(Sqlite::open(folder).map_err(|error| failed(&error))?)),
            Self::Server { url, password_file, connections } => {
                let address = signed_in(url, password_file.as_deref())?;
                Ok(Arc::new(Postgres::open(&address, *connections).await.map_err(|error| failed(&error))?))
            }
        }
    }

    /// Makes a new one.
    ///
    /// # Errors
    /// If there is one already, or it can't be made.
    pub async fn create(&self) -> Result<(), Failure> {
        match self {
            Self::Embedded(folder) => {
                Sqlite::create(folder).map_err(|error| failed(&error))?;
                let file = Sqlite::file(folder);
                fs::set_permissions(&file, Permissions::from_mode(0o600)).map_err(|error| failure::file(&file, &error))
            }
            Self::Server { url, password_file, .. } => {
                let address = signed_in(url, password_file.as_deref())?;
                Postgres::create(&address, 1).await.map(drop).map_err(|error| failed(&error))
            }
        }
    }

    /// The file it is in, if it is one.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        match self {
            Self::Embedded(folder) => Some(Sqlite::file(folder)),
            Self::Server { .. } => None,
        }
    }

    /// The address to be written into a configuration; `None` for the data directory's own file.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Embedded(_) => None,
            Self::Server { url, .. } => Some(url),
        }
    }
}

fn signed_in(url: &str, password_file: Option<&Path>) -> Result<Address, Failure> {
    let address = Address::parse(url).map_err(|error| failed(&error))?;
    let password = password::find(password_file, &address.sign_in())?;
    Ok(match password {
        Some(password) => address.with_password(&password),
        None => address,
    })
}

/// What to do about a database that doesn't open.
fn failed(error: &OpenError) -> Failure {
    let told = error.to_string();
    match error {
        OpenError::Missing => Failure::here(told, "check --data and --store"),
        OpenError::Taken => {
            Failure::here(told, "for a further node, copy a node's data directory and run: ringfence serve --data COPY")
        }
        OpenError::Newer(_) => Failure::here(told, "install the newer version"),
        OpenError::Address(_) => Failure::here(
            told,
            "write postgres://user@host:port/database; the password goes into PGPASSFILE, PGPASSWORD or [store] password_file",
        ),
        OpenError::Unverified(_) => Failure::here(
            told,
            "add sslmode=verify-full&sslrootcert=FILE (its CA's certificate, or sslrootcert=system) to the store's address",
        ),
        OpenError::Certificates(_) => Failure::here(told, "check the files that the store's address names"),
        OpenError::Untrusted(_) => Failure::there(
            told,
            "compare host and sslrootcert in the store's address with the server's certificate; nothing was told to it",
        ),
        OpenError::Server(_) => Failure::there(told, "check the server, the address and who may sign in"),
        OpenError::Sqlite(_) | OpenError::Log(_) => {
            Failure::there("the database can't be opened", "run ringfence doctor on the data directory")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_a_directory_or_a_server() {
        assert_eq!(Database::parse("sqlite:/srv/rf").unwrap(), Database::Embedded("/srv/rf".into()));
        let url = "postgres://rf@localhost/centre";
        let server = Database::parse(url).unwrap().with(Some("pw".into()), Some(3));
        let expected = Database::Server { url: url.into(), password_file: Some("pw".into()), connections: 3 };
        assert_eq!((server.url(), server.file()), (Some(url), None));
        assert_eq!(server, expected);
        let said = Database::parse("postgres://rf:hidden@localhost/centre").unwrap_err().to_string();
        assert!(said.contains("holds a password") && said.contains("PGPASSFILE") && !said.contains("hidden"), "{said}");
    }
}
