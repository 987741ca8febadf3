use super::*;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::{default_provider, kx_group};
use rustls::pki_types::PrivateKeyDer;
use std::net::TcpListener;

/// A peer with these versions and groups that shakes one hand.
fn peer(
    versions: &[&'static rustls::SupportedProtocolVersion],
    groups: &[&'static dyn rustls::crypto::SupportedKxGroup],
) -> Peer {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let made = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let provider = rustls::crypto::CryptoProvider { kx_groups: groups.to_vec(), ..default_provider() };
    let config = ServerConfig::builder_with_provider(Arc::new(provider)).with_protocol_versions(versions).unwrap();
    let secret = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![made.der().clone()], secret).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut tls = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        while tls.is_handshaking() {
            tls.complete_io(&mut socket).unwrap();
        }
        // Until the other side has gone.
        drop(tls.complete_io(&mut socket));
    });
    Peer { what: "a peer", host: "localhost".to_owned(), port, postgresql: false }
}

fn told(peer: &Peer) -> Vec<(String, Option<&'static str>)> {
    drop(default_provider().install_default());
    shake_hands(peer).unwrap().into_iter().map(|asset| (asset.name, asset.algorithm)).collect()
}

#[test]
fn what_is_agreed_on_is_told_and_an_old_version_is_undeclared() {
    let modern = told(&peer(&[&rustls::version::TLS13], &[kx_group::X25519MLKEM768, kx_group::X25519]));
    assert_eq!(
        modern.iter().map(|(_, algorithm)| *algorithm).collect::<Vec<_>>(),
        [Some("aes-256-gcm"), Some("x25519mlkem768"), Some("es256")]
    );
    let classical = told(&peer(&[&rustls::version::TLS13], &[kx_group::SECP256R1]));
    assert_eq!(classical[1], ("TLS key exchange secp256r1".to_owned(), Some("secp256r1")));
    let old = told(&peer(&[&rustls::version::TLS12], &[kx_group::X25519]));
    assert_eq!(old.iter().map(|(_, algorithm)| *algorithm).collect::<Vec<_>>(), [None, None, Some("es256")]);
}

#[test]
fn peers_are_those_whom_addresses_name() {
    let at = |what, host: &str, port, postgresql| Some(Peer { what, host: host.to_owned(), port, postgresql });
    assert_eq!(https("x", "https://a.example/path?q"), at("x", "a.example", 443, false));
    assert_eq!(https("x", "https://[::1]:8443"), at("x", "::1", 8_443, false));
    assert_eq!(https("x", "http://a.example"), None);
    let url = "postgres://rf@db.example:5433/centre?sslmode=verify-full&sslrootcert=/ca.pem";
    assert_eq!(database(url), at("the database", "db.example", 5_433, true));
    assert_eq!(database("postgres://rf@localhost/centre"), None);
}
