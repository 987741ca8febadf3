//! Where a PostgreSQL database is.

use super::tls::{Asked, Tls};
use crate::OpenError;
use std::net::IpAddr;
use std::time::Duration;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// How long a server may take to answer a new connection.
const CONNECT: Duration = Duration::from_secs(5);
/// How long sent bytes may stay unacknowledged before the connection counts as lost.
const UNACKNOWLEDGED: Duration = Duration::from_secs(10);

/// A database's address: `postgres://user@host:port/database`, without a password. What is beyond this machine is
/// spoken to by TLS with a verified server, or not at all.
#[derive(Clone)]
pub struct Address {
    pub(super) config: Config,
    pub(super) tls: Option<Tls>,
    name: String,
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// If it isn't one, holds a password (command lines and files are read by others), or doesn't say how to know the
    /// server where that is needed.
    pub fn parse(address: &str) -> Result<Self, OpenError> {
        const FORM: OpenError = OpenError::Address(
            "the store's address isn't postgres://user@host:port/database with parameters of PostgreSQL's",
        );
        if !["postgres://", "postgresql://"].iter().any(|scheme| address.starts_with(scheme)) {
            return Err(FORM);
        }
        let (asked, rest) = Asked::taken_from(address).ok_or(FORM)?;
        let mut config: Config = rest.parse().map_err(|_| FORM)?;
        if config.get_password().is_some() {
            return Err(OpenError::Address("the store's address holds a password"));
        }
        if config.get_hosts().is_empty() || config.get_dbname().is_none() || config.get_user().is_none() {
            return Err(OpenError::Address("the store's address must name a user, a host and a database"));
        }
        let tls = asked.decide(reach(&config))?;
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        config.application_name("ringfence").connect_timeout(CONNECT);
        config.tcp_user_timeout(UNACKNOWLEDGED).keepalives_idle(UNACKNOWLEDGED);
        let name = address.split('?').next().unwrap_or(address).to_owned();
        Ok(Self { config, tls, name })
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

/// Through what the bytes to a server go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// A socket in the file system, where PostgreSQL speaks no TLS.
    Socket,
    /// This machine's own network.
    Loopback,
    /// A wire, or one of several hosts is behind one.
    Wire,
}

fn reach(config: &Config) -> Reach {
    let loopback = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
    };
    // Where there is a `hostaddr`, that is where the bytes go, whatever the host's name.
    let addresses = config.get_hostaddrs();
    let here = match addresses {
        [] => config.get_hosts().iter().all(loopback),
        _ => addresses.iter().all(IpAddr::is_loopback),
    };
    match here {
        false => Reach::Wire,
        true if config.get_hosts().iter().any(|host| matches!(host, Host::Unix(_))) => Reach::Socket,
        true => Reach::Loopback,
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
            ("postgres://rf@localhost/centre?password=secret", "password"),
            ("postgres://localhost/centre", "must name"),
            ("postgres://rf@localhost/", "must name"),
            ("mysql://rf@localhost/centre", "isn't postgres"),
            ("host=localhost user=rf dbname=centre", "isn't postgres"),
            ("postgres://rf@localhost/centre?sslrootcrt=/ca", "parameters"),
        ] {
            let said = Address::parse(wrong).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(said.contains(why) && !said.contains("secret"), "{wrong}: {said}");
        }
    }

    #[test]
    fn beyond_this_machine_the_server_is_verified_or_there_is_no_connection() {
        for (address, verified) in [
            ("postgres:///centre?host=/run/postgresql&user=rf", false),
            ("postgres:///centre?host=/run/postgresql&user=rf&sslmode=disable", false),
            ("postgres://rf@localhost/centre", false),
            ("postgres://rf@127.0.0.9/centre?sslmode=disable", false),
            ("postgres://rf@[::1]/centre", false),
            ("postgres://rf@localhost/centre?sslrootcert=/ca.pem", true),
            ("postgres://rf@localhost/centre?sslmode=verify-full&sslrootcert=system", true),
            ("postgres://rf@db.example.com/centre?sslrootcert=/ca.pem", true),
            ("postgres://rf@db.example.com/centre?sslmode=verify%2Dfull&sslrootcert=/ca.pem&application_name=x", true),
            ("postgres://rf@db/centre?sslrootcert=/ca.pem&sslcert=/c.pem&sslkey=/k.pem&hostaddr=192.0.2.7", true),
        ] {
            let parsed = Address::parse(address).unwrap_or_else(|error| panic!("{address}: {error}"));
            assert_eq!(parsed.tls.is_some(), verified, "{address}");
            let mode = if verified { SslMode::Require } else { SslMode::Disable };
            assert_eq!(parsed.config.get_ssl_mode(), mode, "{address}");
        }
    }

    #[test]
    fn what_would_go_unverified_is_refused() {
        for (address, why) in [
            ("postgres://rf@db.example.com/centre", "another machine"),
            ("postgres://rf@db.example.com/centre?sslmode=disable", "another machine"),
            ("postgres://rf@db.example.com/centre?sslmode=verify-full", "sslrootcert"),
            ("postgres://rf@localhost/centre?sslmode=verify-full", "sslrootcert"),
            // A name of this machine, at another one's address.
            ("postgres://rf@localhost/centre?hostaddr=192.0.2.7", "another machine"),
            ("postgres://rf@localhost,db.example.com/centre", "another machine"),
            ("postgres://rf@localhost/centre?sslmode=require", "any server"),
            ("postgres://rf@localhost/centre?sslmode=prefer", "any server"),
            ("postgres://rf@db.example.com/centre?sslmode=allow", "any server"),
            ("postgres://rf@db.example.com/centre?sslmode=require&sslrootcert=/ca.pem", "any server"),
            ("postgres://rf@db.example.com/centre?sslmode=verify-ca&sslrootcert=/ca.pem", "hostaddr"),
            ("postgres:///centre?host=/run/postgresql&user=rf&sslmode=verify-full&sslrootcert=/ca.pem", "socket"),
            ("postgres://rf@db.example.com/centre?sslrootcert=ca.pem", "absolute"),
            ("postgres://rf@db.example.com/centre?sslrootcert=/ca.pem&sslcert=/c.pem", "together"),
        ] {
            let said = Address::parse(address).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(said.contains(why), "{address}: {said}");
        }
    }
}
