//! A TLS handshake with each peer that the configuration names, to see what is agreed on. Nothing is said after it.

use super::certificate::key_algorithm;
use super::found::{Asset, Kind};
use crate::home::Home;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CipherSuite, ClientConfig, ClientConnection, DigitallySignedStruct, Error, NamedGroup, ProtocolVersion,
    SignatureScheme,
};
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

/// How long a peer may take for each step.
const PATIENCE: Duration = Duration::from_secs(5);
/// PostgreSQL's request for TLS.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Somebody with whom this program, or a browser, speaks TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// For what.
    pub what: &'static str,
    /// The name in its certificate.
    pub host: String,
    /// Where it listens.
    pub port: u16,
    /// Does it speak PostgreSQL's protocol before TLS?
    pub postgresql: bool,
}

/// Whom the configuration names.
#[must_use]
pub fn peers(home: &Home) -> Vec<Peer> {
    let config = &home.config;
    let origin = config.server.origin.iter().map(|url| ("the proxy in front", url.as_str()));
    let courier = config.courier.iter().map(|courier| ("the courier", courier.url.as_str()));
    let providers = config.identity_provider.iter().map(|one| ("an identity provider", one.issuer.as_str()));
    let witnesses = config.witness.iter().map(|one| ("a witness", one.url.as_str()));
    let named = origin.chain(courier).chain(providers).chain(witnesses);
    let mut peers: Vec<Peer> = named.filter_map(|(what, url)| https(what, url)).collect();
    peers.extend(home.database.url().and_then(database));
    let holder = home.key_holder().and_then(|holder| split(holder.address.as_deref()?, 0));
    peers.extend(holder.map(|(host, port)| Peer { what: "the key holder", host, port, postgresql: false }));
    peers
}

fn https(what: &'static str, url: &str) -> Option<Peer> {
    let rest = url.strip_prefix("https://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (host, port) = split(authority, 443)?;
    Some(Peer { what, host, port, postgresql: false })
}

/// The database, where its address asks for TLS.
fn database(url: &str) -> Option<Peer> {
    let (place, parameters) = url.split_once("://")?.1.split_once('?')?;
    let value = |name: &str| {
        parameters
            .split('&')
            .find_map(|one| one.split_once('=').filter(|(key, _)| *key == name))
            .map(|(_, value)| value)
    };
    (value("sslmode") == Some("verify-full")).then_some(())?;
    let authority = place.split('/').next()?;
    let authority = authority.rsplit_once('@').map_or(authority, |(_, authority)| authority);
    let (host, port) = split(authority, 5_432)?;
    Some(Peer { what: "the database", host: value("hostaddr").map_or(host, str::to_owned), port, postgresql: true })
}

fn split(authority: &str, usual: u16) -> Option<(String, u16)> {
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() => Some((host.trim_matches(['[', ']']).to_owned(), port.parse().ok()?)),
        _ => Some((authority.to_owned(), usual)),
    }
}

/// What is agreed on with a peer.
///
/// # Errors
/// Why no handshake came about.
pub fn shake_hands(peer: &Peer) -> std::io::Result<Vec<Asset>> {
    let mut socket = connect(&peer.host, peer.port)?;
    if peer.postgresql {
        socket.write_all(&SSL_REQUEST)?;
        let mut answer = [0];
        socket.read_exact(&mut answer)?;
        if answer != *b"S" {
            return Err(std::io::Error::other("it speaks no TLS"));
        }
    }
    let name = ServerName::try_from(peer.host.clone()).map_err(std::io::Error::other)?;
    let config = ClientConfig::builder().dangerous().with_custom_certificate_verifier(Arc::new(AnyPeer::new()));
    let mut tls = ClientConnection::new(Arc::new(config.with_no_client_auth()), name).map_err(std::io::Error::other)?;
    while tls.is_handshaking() {
        tls.complete_io(&mut socket)?;
    }
    Ok(agreed(peer, &tls))
}

fn connect(host: &str, port: u16) -> std::io::Result<TcpStream> {
    let mut last = std::io::Error::other("the name leads nowhere");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(socket) => {
                socket.set_read_timeout(Some(PATIENCE))?;
                socket.set_write_timeout(Some(PATIENCE))?;
                return Ok(socket);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn agreed(peer: &Peer, tls: &ClientConnection) -> Vec<Asset> {
    let place = format!("{} ({}:{})", peer.what, peer.host, peer.port);
    let said = |what: &str, name: String, algorithm: Option<&'static str>| Asset {
        kind: Kind::Handshake,
        name: format!("{what} {name}"),
        algorithm,
        count: 1,
        place: place.clone(),
    };
    let negotiated = tls.negotiated_cipher_suite().map(|one| one.suite());
    let cipher = negotiated.map(|one| said("TLS cipher suite", format!("{one:?}"), suite(one)));
    let exchanged = tls.negotiated_key_exchange_group().map(|one| one.name());
    // Under TLS 1.2 nothing is declared, whatever the group.
    let modern = tls.protocol_version() == Some(ProtocolVersion::TLSv1_3);
    let exchange = exchanged.map(|one| said("TLS key exchange", format!("{one:?}"), group(one).filter(|_| modern)));
    let leaf = tls.peer_certificates().and_then(|chain| chain.first());
    let certificate = leaf.map(|der| said("certificate key", "of the peer".to_owned(), key_algorithm(der)));
    cipher.into_iter().chain(exchange).chain(certificate).collect()
}

/// The declared algorithm of a cipher suite of TLS 1.3.
pub(super) fn suite(suite: CipherSuite) -> Option<&'static str> {
    match suite {
        CipherSuite::TLS13_AES_256_GCM_SHA384 => Some("aes-256-gcm"),
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 => Some("chacha20-poly1305"),
        CipherSuite::TLS13_AES_128_GCM_SHA256 => Some("aes-128-gcm"),
        _ => None,
    }
}

/// The declared algorithm of a group.
pub(super) fn group(group: NamedGroup) -> Option<&'static str> {
    match group {
        NamedGroup::X25519MLKEM768 => Some("x25519mlkem768"),
        NamedGroup::X25519 => Some("x25519"),
        NamedGroup::secp256r1 => Some("secp256r1"),
        NamedGroup::secp384r1 => Some("secp384r1"),
        _ => None,
    }
}

/// Takes whoever answers: it is only asked what it would agree on, and told nothing. Whom the program itself talks to is verified
/// where it does so.
#[derive(Debug)]
struct AnyPeer(WebPkiSupportedAlgorithms);

impl AnyPeer {
    fn new() -> Self {
        Self(rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms)
    }
}

impl ServerCertVerifier for AnyPeer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
