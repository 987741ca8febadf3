//! `[network]` of `keyholder.toml`: nodes on other machines, by TLS in which each side shows a certificate.

use crate::config::holder::{identity, unfit};
use crate::failure::Failure;
use keylink::{Digest, Gate, Named};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

/// What to write into `allow_certificates`.
const DIGESTS: &str = "give what openssl x509 -noout -fingerprint -sha256 prints of each node's certificate";

/// `[network]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The certificates that may vouch for nodes, PEM; relative to the directory, as the others.
    pub ca_file: PathBuf,
    /// The key holder's own certificate, PEM.
    pub certificate_file: PathBuf,
    /// Its key, PEM.
    pub key_file: PathBuf,
    /// SHA-256 of the certificates of the nodes that are answered.
    pub allow_certificates: Vec<String>,
}

impl Network {
    /// Whom it lets in from its start.
    ///
    /// # Errors
    /// If it names nobody, or what is no digest.
    pub(super) fn allowed(&self) -> Result<BTreeSet<Digest>, Failure> {
        if self.allow_certificates.is_empty() {
            return Err(Failure::here("[network] allow_certificates names nobody", DIGESTS));
        }
        self.digests()
    }

    /// Whom it names, who may be nobody.
    ///
    /// # Errors
    /// If it names what is no digest.
    pub(super) fn digests(&self) -> Result<BTreeSet<Digest>, Failure> {
        let read = |text: &String| keylink::digest(text).map_err(|error| Failure::here(error.to_string(), DIGESTS));
        self.allow_certificates.iter().map(read).collect()
    }

    /// Listens; gives also where, and whom it lets in.
    ///
    /// # Errors
    /// If the address is taken, or certificates or key can't be used.
    pub(super) fn open(&self, dir: &Path) -> Result<(Gate, SocketAddr, Named), Failure> {
        let [authority, certificate, key] =
            [&self.ca_file, &self.certificate_file, &self.key_file].map(|file| dir.join(file));
        let own = identity(&authority, &certificate, &key)?;
        let listen = || {
            let listener = TcpListener::bind(self.listen)?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?;
            Ok((tokio::net::TcpListener::from_std(listener)?, address))
        };
        let (listener, address) = listen().map_err(|error: std::io::Error| {
            let problem = format!("[network] can't listen on {}: {}", self.listen, error.kind());
            Failure::here(problem, "stop what listens there, or correct listen")
        })?;
        let named = Named::new(self.allowed()?);
        let gate = Gate::new(listener, &own, named.clone()).map_err(|error| unfit("[network]", &error))?;
        Ok((gate, address, named))
    }
}
