//! Nodes of another machine: let in by their certificates, and by nothing less.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests: a step that fails must stop the test there")]

use crate::tests::{Site, TENANT, running};
use crate::tls::digest;
use crate::{Doors, Gate, Identity, Named, Remote, TlsError, serve};
use keys::{HolderError, KeyHolder};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use testkit::{Authority, Certified};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio_rustls::TlsConnector;

const HOST: &str = "localhost";

fn identity(authority: &Path, own: &Certified) -> Identity {
    let read = |path: &Path| fs::read(path).unwrap();
    Identity {
        authority: read(authority),
        certificate: read(&own.certificate),
        key: zeroize::Zeroizing::new(read(&own.key)),
    }
}

/// A key holder's authority and the nodes', which are two.
struct Two {
    holders: Authority,
    nodes: Authority,
}

impl Two {
    fn new() -> Self {
        Self { holders: Authority::new(), nodes: Authority::new() }
    }

    fn node(&self, own: &Certified) -> Identity {
        identity(&self.holders.certificate(), own)
    }
}

/// A gate that shows a certificate for localhost and lets these in; what connects to it at which port.
async fn opened(site: &Site, two: &Two, shown: &Certified, allowed: &[&Identity]) -> (Doors, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("{HOST}:{}", listener.local_addr().unwrap().port());
    let allowed: BTreeSet<_> = allowed.iter().map(|one| one.digest().unwrap()).collect();
    let gate = Gate::new(listener, &identity(&two.nodes.certificate(), shown), Named::new(allowed)).unwrap();
    let local = UnixListener::bind(site.socket()).unwrap();
    (Doors::new(local, vec![site.uid()]).and(gate), address)
}

fn held(site: &Site) -> Arc<dyn KeyHolder> {
    Arc::clone(&site.holder) as _
}

async fn asked(address: &str, own: &Identity) -> Option<HolderError> {
    Remote::by_tls(address.to_owned(), own).unwrap().shelves(TENANT).await.err()
}

#[test]
fn a_node_is_known_by_its_own_certificate_and_by_nothing_less() {
    let (site, two) = (Site::new(), Two::new());
    let good = two.node(&two.nodes.client("node-1"));
    let unnamed = two.node(&two.nodes.client("node-2"));
    let expired = two.node(&two.nodes.expired_client("node-3"));
    let strange = two.node(&Authority::new().client("node-1"));
    let server = two.node(&two.nodes.server("node-4"));
    running(async {
        let shown = two.holders.server(HOST);
        let (doors, address) = opened(&site, &two, &shown, &[&good, &expired, &strange, &server]).await;
        let work = async {
            assert_eq!(asked(&address, &good).await, None);
            let away = Some(HolderError::Unreachable);
            assert_eq!(asked(&address, &unnamed).await, away, "signed, and not named");
            assert_eq!(asked(&address, &expired).await, away, "named, and out of time");
            assert_eq!(asked(&address, &strange).await, away, "named, and signed by another");
            assert_eq!(asked(&address, &server).await, away, "named, and not for a client");
            assert_eq!(without_a_certificate(&two, &address).await, 0);
            // In clear it isn't spoken to at all, and whoever was let in is not put out by the others.
            let mut clear = TcpStream::connect(&address).await.unwrap();
            tokio::io::AsyncWriteExt::write_all(&mut clear, &[0, 0, 0, 4, 1, 2, 3, 4]).await.unwrap();
            let mut told = Vec::new();
            drop(clear.read_to_end(&mut told).await);
            assert!(told.len() < 16, "an alert at most: {told:?}");
            assert_eq!(asked(&address, &good).await, None);
            // The machine's own socket goes on beside it.
            assert_eq!(Remote::new(site.socket()).shelves(TENANT).await.unwrap().len(), 1);
        };
        let holder = held(&site);
        tokio::select! { () = serve(&doors, holder) => panic!("serving ended"), () = work => {} }
    });
}

/// What somebody reads who shows no certificate.
async fn without_a_certificate(two: &Two, address: &str) -> usize {
    let mut roots = rustls::RootCertStore::empty();
    let pem = fs::read(two.holders.certificate()).unwrap();
    for one in <rustls::pki_types::CertificateDer<'_> as rustls::pki_types::pem::PemObject>::pem_slice_iter(&pem) {
        roots.add(one.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connection = TcpStream::connect(address).await.unwrap();
    let name = rustls::pki_types::ServerName::try_from(HOST).unwrap();
    let Ok(mut shaken) = TlsConnector::from(Arc::new(config)).connect(name, connection).await else { return 0 };
    let mut told = Vec::new();
    drop(shaken.read_to_end(&mut told).await);
    told.len()
}

#[test]
fn a_key_holder_is_known_by_its_certificate_too() {
    let (site, two, stranger) = (Site::new(), Two::new(), Authority::new());
    let good = two.node(&two.nodes.client("node-1"));
    let shown = [
        ("another host", two.holders.server("elsewhere.test")),
        ("out of time", two.holders.expired(HOST)),
        ("signed by another", stranger.server(HOST)),
        ("not for a server", two.holders.client(HOST)),
    ];
    for (what, shown) in shown {
        running(async {
            drop(fs::remove_file(site.socket()));
            let (doors, address) = opened(&site, &two, &shown, &[&good]).await;
            let work = async { assert_eq!(asked(&address, &good).await, Some(HolderError::Unreachable), "{what}") };
            let holder = held(&site);
            tokio::select! { () = serve(&doors, holder) => panic!("serving ended"), () = work => {} }
        });
    }
}

#[test]
fn a_link_that_is_cut_comes_back() {
    let (site, two) = (Site::new(), Two::new());
    let good = two.node(&two.nodes.client("node-1"));
    let shown = two.holders.server(HOST);
    running(async {
        let (doors, address) = opened(&site, &two, &shown, &[&good]).await;
        let remote = Remote::by_tls(address.clone(), &good).unwrap();
        tokio::select! {
            () = serve(&doors, held(&site)) => panic!("serving ended"),
            told = remote.shelves(TENANT) => assert_eq!(told.unwrap().len(), 1),
        }
        // Its connections are gone, and nobody listens.
        drop(doors);
        assert_eq!(remote.shelves(TENANT).await.err(), Some(HolderError::Unreachable));
        let listener = TcpListener::bind(address.replace(HOST, "127.0.0.1")).await.unwrap();
        let own = identity(&two.nodes.certificate(), &shown);
        let gate = Gate::new(listener, &own, Named::new(BTreeSet::from([good.digest().unwrap()]))).unwrap();
        drop(fs::remove_file(site.socket()));
        let local = UnixListener::bind(site.socket()).unwrap();
        let doors = Doors::new(local, Vec::new()).and(gate);
        tokio::select! {
            () = serve(&doors, held(&site)) => panic!("serving ended"),
            told = remote.shelves(TENANT) => assert_eq!(told.unwrap().len(), 1),
        }
    });
}

#[test]
fn a_certificate_that_is_struck_loses_its_connections_and_no_other_does() {
    let (site, two) = (Site::new(), Two::new());
    let [good, struck] = ["node-1", "node-2"].map(|node| two.node(&two.nodes.client(node)));
    let shown = two.holders.server(HOST);
    running(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("{HOST}:{}", listener.local_addr().unwrap().port());
        let digests = [&good, &struck].map(|own| own.digest().unwrap());
        let named = Named::new(BTreeSet::from(digests));
        let gate = Gate::new(listener, &identity(&two.nodes.certificate(), &shown), named.clone()).unwrap();
        let doors = Doors::new(UnixListener::bind(site.socket()).unwrap(), Vec::new()).and(gate);
        let work = async {
            let remotes = [&good, &struck].map(|own| Remote::by_tls(address.clone(), own).unwrap());
            for remote in &remotes {
                assert_eq!(remote.shelves(TENANT).await.unwrap().len(), 1);
            }
            assert!(named.become_these(BTreeSet::from([digests[0]])));
            assert!(!named.become_these(BTreeSet::from([digests[0]])), "nothing new");
            // The connection that was open is cut, and no other is made.
            assert_eq!(remotes[1].shelves(TENANT).await.err(), Some(HolderError::Unreachable));
            assert_eq!(remotes[0].shelves(TENANT).await.unwrap().len(), 1);
            named.become_these(BTreeSet::from(digests));
            assert_eq!(remotes[1].shelves(TENANT).await.unwrap().len(), 1);
        };
        tokio::select! { () = serve(&doors, held(&site)) => panic!("serving ended"), () = work => {} }
    });
}

#[test]
fn what_cannot_be_used_is_said() {
    let two = Two::new();
    let good = two.node(&two.nodes.client("node-1"));
    let with = |change: fn(&mut Identity)| {
        let mut wrong = good.clone();
        change(&mut wrong);
        Remote::by_tls("localhost:1".to_owned(), &wrong).err()
    };
    assert_eq!(with(|own| own.authority.clear()), Some(TlsError::Authority));
    assert_eq!(with(|own| own.certificate.clear()), Some(TlsError::Own));
    assert_eq!(with(|own| own.key.clear()), Some(TlsError::Own));
    let other = fs::read(two.nodes.client("node-2").key).unwrap();
    let mixed = Identity { key: zeroize::Zeroizing::new(other), ..good.clone() };
    assert_eq!(Remote::by_tls("localhost:1".to_owned(), &mixed).err(), Some(TlsError::Own));
    for wrong in ["localhost", "localhost:", "localhost:99999", "a b:1"] {
        assert_eq!(Remote::by_tls(wrong.to_owned(), &good).err(), Some(TlsError::Address), "{wrong}");
    }
    let digits = "AB".repeat(32);
    assert_eq!(digest(&digits), Ok([0xab; 32]));
    let colons = ["ab"; 32].join(":");
    assert_eq!(digest(&colons), Ok([0xab; 32]));
    for wrong in ["", "AB", &"+A".repeat(32), &"AB".repeat(33)] {
        assert_eq!(digest(wrong), Err(TlsError::Digest), "{wrong}");
    }
}
