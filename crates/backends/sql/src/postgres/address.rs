//! Where a PostgreSQL database is.

use crate::OpenError;
use std::net::IpAddr;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// How long a server may take to answer a new connection.
const CONNECT: Duration = Duration::from_secs(5);
/// How long sent bytes may stay unacknowledged before the connection counts as lost.
const UNACKNOWLEDGED: Duration = Duration::from_secs(10);

/// A database's address: `postgres://user@host:port/database`, without a password.
#[derive(Clone)]
pub struct Address {
    pub(super) config: Config,
    name: String,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// If it isn't one, holds a password (command lines and files are read by others), or asks for what isn't there.
    pub fn parse(address: &str) -> Result<Self, OpenError> {
        let mut config: Config = address
            .parse()
            .map_err(|_| OpenError::Address("the store's address isn't postgres://user@host:port/database"))?;
        if config.get_password().is_some() {
            return Err(OpenError::Address("the store's address holds a password"));
        }
        if config.get_hosts().is_empty() || config.get_dbname().is_none() || config.get_user().is_none() {
            return Err(OpenError::Address("the store's address must name a user, a host and a database"));
        }
        safe_to_speak(&config)?;
        config.application_name("ringfence").connect_timeout(CONNECT);
        config.tcp_user_timeout(UNACKNOWLEDGED).keepalives_idle(UNACKNOWLEDGED);
        let name = address.split('?').next().unwrap_or(address).to_owned();
        Ok(Self { config, name })
    }

    /// With the password to sign in with.
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        self.config.password(password);
        self
    }

    /// The address without its options, to be shown.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Host, port, database and user, as a password file names them; a socket's host is `localhost`.
    #[must_use]
    pub fn sign_in(&self) -> [String; 4] {
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            _ => "localhost".to_owned(),
        };
        let port = self.config.get_ports().first().copied().unwrap_or(5432);
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        [host, port.to_string(), text(self.config.get_dbname()), text(self.config.get_user())]
    }
}

/// Rows hold no readable personal data, but whoever can change them on the way can deceive.
fn safe_to_speak(config: &Config) -> Result<(), OpenError> {
    let here = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
    };
    match config.get_ssl_mode() {
        SslMode::Disable => Ok(()),
        SslMode::Prefer if config.get_hosts().iter().all(here) => Ok(()),
        _ => Err(OpenError::Address("this version speaks no TLS to the store")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_its_place_and_no_secret() {
        let address = Address::parse("postgres://rf@localhost:6432/centre?sslmode=disable").unwrap();
        assert_eq!(address.sign_in(), ["localhost", "6432", "centre", "rf"]);
        assert_eq!(address.name(), "postgres://rf@localhost:6432/centre");
        let socket = Address::parse("postgres:///centre?host=/run/postgresql&user=rf").unwrap();
        assert_eq!(socket.sign_in(), ["localhost", "5432", "centre", "rf"]);
        for (wrong, why) in [
            ("postgres://rf:secret@localhost/centre", "password"),
            ("postgres://localhost/centre", "must name"),
            ("postgres://rf@localhost/", "must name"),
            ("mysql://rf@localhost/centre", "isn't postgres"),
            ("postgres://rf@db.example.com/centre", "TLS"),
            ("postgres://rf@localhost/centre?sslmode=require", "TLS"),
        ] {
            let said = Address::parse(wrong).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(said.contains(why) && !said.contains("secret"), "{wrong}: {said}");
        }
    }
}
