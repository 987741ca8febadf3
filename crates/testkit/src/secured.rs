//! A PostgreSQL server that is reached over the network by TLS only.

use crate::authority::{Authority, Certified};
use crate::postgres::PostgresServer;
use std::fs;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The name in its certificate, unless a test wants another.
pub const DATABASE_HOST: &str = "db.ringfence.test";
/// The password of the role `rf`.
pub const DATABASE_PASSWORD: &str = "a password that nobody may see";

/// Whom it lets in. `told` would tell its password in clear to whatever server it is; `carded` shows a certificate.
const ACCESS: &str = "local all all trust\nhostssl all carded 127.0.0.0/8 cert\nhostssl all told 127.0.0.0/8 password\n\
                      hostssl all all 127.0.0.0/8 scram-sha-256\n";

/// A running server with a certificate.
pub struct SecuredServer {
    /// The server; its socket is in clear, as everywhere.
    pub server: Arc<PostgresServer>,
    /// Where it listens, port 5432: an address of this machine that no other test has.
    pub ip: Ipv4Addr,
}

impl SecuredServer {
    /// Starts one that shows `own` and takes clients that `authority` signed.
    ///
    /// # Panics
    /// If it doesn't come up.
    #[must_use]
    pub fn start(authority: &Authority, own: &Certified) -> Self {
        let laid = tempfile::tempdir_in(authority.folder()).unwrap();
        crate::postgres::readable(laid.path());
        for (name, from) in
            [("server.crt", &own.certificate), ("server.key", &own.key), ("root.crt", &authority.certificate())]
        {
            fs::copy(from, laid.path().join(name)).unwrap();
        }
        fs::write(laid.path().join("pg_hba.conf"), ACCESS).unwrap();
        let ip = own_address();
        let arguments = format!("-c listen_addresses={ip} -c ssl=on -c ssl_ca_file=root.crt -c log_connections=on");
        let server = PostgresServer::start_laid(&arguments, Some(laid.path()), None);
        for role in ["rf", "told", "carded"] {
            let make = format!("CREATE ROLE {role} LOGIN SUPERUSER PASSWORD '{DATABASE_PASSWORD}'");
            server.sql("postgres", &make).unwrap();
        }
        Self { server: Arc::new(server), ip }
    }

    /// The address of a database, for the role `rf`, without a word on TLS; parameters may follow.
    #[must_use]
    pub fn address(&self, database: &str) -> String {
        self.address_as("rf", DATABASE_HOST, database)
    }

    /// The address of a database for a role, under a host's name.
    #[must_use]
    pub fn address_as(&self, role: &str, host: &str, database: &str) -> String {
        format!("postgres://{role}@{host}/{database}?hostaddr={}", self.ip)
    }
}

/// All of 127.0.0.0/8 is this machine.
fn own_address() -> Ipv4Addr {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let number = (std::process::id() << 3 | TAKEN.fetch_add(1, Ordering::Relaxed) & 7) & 0x00ff_ffff;
    Ipv4Addr::from(0x7f00_0000 | number.max(2))
}
