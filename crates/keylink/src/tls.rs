//! The same connection between two machines: TLS 1.3 in which each side shows a certificate.
//!
//! Who may ask is written down, as the users of a machine are: by the digest of the node's own certificate. An authority that signs
//! one more lets nobody in by that. A certificate is looked at with each connection, and none lives for longer than an hour; one that is
//! struck from the list loses its connections, at most after the request that is being answered.

use crate::named::{Admitted, Named};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};
use zeroize::Zeroizing;

/// How long the two may take to know each other.
const PATIENCE: Duration = Duration::from_secs(5);

/// What one side shows, and who vouches for the other: certificates and a key, PEM.
#[derive(Clone)]
pub struct Identity {
    /// Of those who may vouch for the other side.
    pub authority: Vec<u8>,
    /// Its own, with what leads to who vouches for it.
    pub certificate: Vec<u8>,
    /// The key of its own.
    pub key: Zeroizing<Vec<u8>>,
}

/// Why two machines can't be connected by this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// Nobody vouches for the other side.
    #[error("ca_file holds no certificate")]
    Authority,
    /// This side has nothing to show.
    #[error("certificate_file and key_file don't hold a certificate and its key")]
    Own,
    /// It isn't `host:port`.
    #[error("the address isn't host:port, with the host as the certificate names it")]
    Address,
    /// A digest isn't one.
    #[error("allow_certificates holds no SHA-256 digest of a certificate")]
    Digest,
    /// TLS 1.3 isn't there.
    #[error("TLS 1.3 isn't available in this build")]
    Version,
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

impl Identity {
    fn roots(&self) -> Result<RootCertStore, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&self.authority) {
            certificate
                .map_err(|_| TlsError::Authority)
                .and_then(|certificate| roots.add(certificate).map_err(|_| TlsError::Authority))?;
        }
        if roots.is_empty() { Err(TlsError::Authority) } else { Ok(roots) }
    }

    fn own(&self) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
        let chain = CertificateDer::pem_slice_iter(&self.certificate).collect::<Result<Vec<_>, _>>();
        let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or(TlsError::Own)?;
        Ok((chain, PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| TlsError::Own)?))
    }

    /// The digest of its own certificate, as the key holder's configuration names who may ask.
    ///
    /// # Errors
    /// `Own` if there is none.
    pub fn digest(&self) -> Result<[u8; 32], TlsError> {
        let (chain, _) = self.own()?;
        Ok(keys::hash(&[chain.first().map(AsRef::<[u8]>::as_ref).unwrap_or_default()]))
    }
}

/// SHA-256 of a certificate as `openssl x509 -noout -fingerprint -sha256` prints it, with or without its colons.
///
/// # Errors
/// `Digest` if it isn't one.
pub fn digest(text: &str) -> Result<[u8; 32], TlsError> {
    let digits: Vec<u8> = text.bytes().filter(|letter| *letter != b':').collect();
    let mut out = [0; 32];
    if digits.len() != 64 {
        return Err(TlsError::Digest);
    }
    for (byte, two) in out.iter_mut().zip(digits.chunks(2)) {
        let two = std::str::from_utf8(two).ok().filter(|two| two.bytes().all(|digit| digit.is_ascii_hexdigit()));
        *byte = two.and_then(|two| u8::from_str_radix(two, 16).ok()).ok_or(TlsError::Digest)?;
    }
    Ok(out)
}

/// Where nodes of other machines connect.
pub struct Gate {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    named: Named,
}

impl Gate {
    /// One that listens there, shows `own`, and lets those in whose certificates are named at the time.
    ///
    /// # Errors
    /// If the certificates or the key can't be used.
    pub fn new(listener: TcpListener, own: &Identity, named: Named) -> Result<Self, TlsError> {
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(own.roots()?), provider());
        let verifier = verifier.build().map_err(|_| TlsError::Authority)?;
        let (chain, key) = own.own()?;
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|_| TlsError::Version)?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(|_| TlsError::Own)?;
        // Who was let in once is looked at again each time.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Self { listener, acceptor: TlsAcceptor::from(Arc::new(config)), named })
    }

    /// Somebody who connects, before anything is known of them.
    pub(crate) async fn accept(&self) -> std::io::Result<Knocking> {
        let (connection, from) = self.listener.accept().await?;
        Ok(Knocking { connection, from, acceptor: self.acceptor.clone(), named: self.named.clone() })
    }
}

/// Somebody at the gate.
pub(crate) struct Knocking {
    connection: TcpStream,
    from: SocketAddr,
    acceptor: TlsAcceptor,
    named: Named,
}

impl Knocking {
    /// The connection and by which certificate, once both sides know each other. Says into the program's own log why not.
    pub(crate) async fn known(self) -> Option<(tokio_rustls::server::TlsStream<TcpStream>, Admitted)> {
        // A delay of what is small costs, as a reveal waits for it.
        drop(self.connection.set_nodelay(true));
        let shaken = match tokio::time::timeout(PATIENCE, self.acceptor.accept(self.connection)).await {
            Ok(Ok(shaken)) => shaken,
            Ok(Err(error)) => {
                tracing::warn!(%error, from = %self.from, "somebody who may not ask connected from another machine");
                return None;
            }
            Err(_) => {
                tracing::warn!(from = %self.from, "somebody connected from another machine and said nothing");
                return None;
            }
        };
        let shown = shaken.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let digest = shown.map(|certificate| keys::hash(&[certificate.as_ref()]));
        if let Some(admitted) = digest.and_then(|digest| self.named.admit(digest)) {
            return Some((shaken, admitted));
        }
        tracing::warn!(from = %self.from, "a certificate that allow_certificates doesn't name was shown");
        None
    }
}

/// The way to a key holder on another machine.
pub(crate) struct Far {
    address: String,
    name: ServerName<'static>,
    connector: TlsConnector,
}

impl Far {
    /// To `host:port`, where the host's certificate is asked for and `own` is shown.
    pub(crate) fn new(address: String, own: &Identity) -> Result<Self, TlsError> {
        let (host, port) = address.rsplit_once(':').ok_or(TlsError::Address)?;
        port.parse::<u16>().map_err(|_| TlsError::Address)?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(host).map_err(|_| TlsError::Address)?;
        let (chain, key) = own.own()?;
        let config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|_| TlsError::Version)?
            .with_root_certificates(own.roots()?)
            .with_client_auth_cert(chain, key)
            .map_err(|_| TlsError::Own)?;
        Ok(Self { address, name, connector: TlsConnector::from(Arc::new(config)) })
    }

    pub(crate) async fn connect(&self) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        let connection = TcpStream::connect(&self.address).await?;
        connection.set_nodelay(true)?;
        self.connector.connect(self.name.clone(), connection).await
    }
}
