//! TLS to a real server, with an authority of the test's own: what is verified connects, and whatever isn't gets no word.

use crate::server::Mounted;
use domain::TenantId;
use sql::{Address, Postgres};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::thread::JoinHandle;
use store::Store as _;
use store::conformance::run_all;
use testkit::postgres::PostgresServer;
use testkit::{Authority, Certified, DATABASE_HOST, DATABASE_PASSWORD, SecuredServer, block_on};

fn verified(address: &str, roots: &Path) -> String {
    format!("{address}&sslmode=verify-full&sslrootcert={}", roots.display())
}

fn with_card(address: &str, card: &Certified) -> String {
    format!("{address}&sslcert={}&sslkey={}", card.certificate.display(), card.key.display())
}

fn create(address: &str) -> Result<Postgres, sql::OpenError> {
    block_on(Postgres::create(&Address::parse(address).unwrap().with_password(DATABASE_PASSWORD), 2))
}

/// Why a store isn't made.
fn refusal(address: &str) -> String {
    create(address).err().map_or_else(|| panic!("{address} connects"), |error| error.to_string())
}

/// The version of TLS and the role of each session of ours, once the store was asked something.
fn sessions(server: &PostgresServer, store: &Postgres) -> String {
    let ask = "SELECT DISTINCT ssl, version, usename FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
               WHERE application_name = 'ringfence'";
    block_on(async {
        assert!(store.pending(TenantId(1), None, 1).await.unwrap().is_empty());
        server.sql("postgres", ask).unwrap().trim().to_owned()
    })
}

#[test]
fn a_verified_server_keeps_the_contract_over_tls_bound_to_its_certificate() {
    let authority = Authority::new();
    let secured = SecuredServer::start(&authority, &authority.server(DATABASE_HOST));
    let database = secured.server.database();
    // Signing in fails unless the password's proof covers the certificate: nobody sits in between.
    let address = verified(&secured.address(&database), &authority.certificate()) + "&channel_binding=require";
    let store = create(&address).unwrap();
    assert_eq!(sessions(&secured.server, &store), "t|TLSv1.3|rf");
    drop(store);
    run_all(|| {
        secured.server.empty(&database);
        Box::new(Mounted::new(&secured.server, &database, create(&address).unwrap()))
    });
    assert!(!secured.server.log().contains("SSL=off"));
}

#[test]
fn a_server_that_is_not_surely_the_right_one_is_told_nothing() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let secured = SecuredServer::start(&authority, &authority.server(DATABASE_HOST));
    let late = SecuredServer::start(&authority, &authority.expired(DATABASE_HOST));
    let (ours, theirs) = (authority.certificate(), stranger.certificate());
    // This role's password would be told in clear to whoever got through TLS.
    let told = |server: &SecuredServer, host: &str| server.address_as("told", host, "postgres");
    for (server, address, why) in [
        (&secured, verified(&told(&secured, DATABASE_HOST), &theirs), "sslrootcert doesn't vouch for"),
        (&secured, verified(&told(&secured, "other.ringfence.test"), &ours), "another host"),
        (&late, verified(&told(&late, DATABASE_HOST), &ours), "expired"),
    ] {
        let before = server.server.log().matches("could not accept SSL connection").count();
        let said = refusal(&address);
        assert!(said.contains(why), "{said}");
        let refused = || server.server.log().matches("could not accept SSL connection").count();
        assert!((0..1_000).any(|_| refused() > before || !pause()), "{why}: TLS was completed");
    }
    for server in [&secured, &late] {
        let log = server.server.log();
        assert!(!log.contains("user=told") && !log.contains("connection authenticated: identity=\"told\""), "{log}");
    }
    // The same address with the right authority does sign in: nothing else was in the way.
    create(&verified(&told(&secured, DATABASE_HOST), &ours)).unwrap();
    assert!(secured.server.log().contains("user=told"));
}

/// A moment for another process.
fn pause() -> bool {
    std::thread::park_timeout(std::time::Duration::from_millis(10));
    true
}

#[test]
fn a_card_signs_in_where_the_server_asks_for_one() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let secured = SecuredServer::start(&authority, &authority.server(DATABASE_HOST));
    let database = secured.server.database();
    let address = verified(&secured.address_as("carded", DATABASE_HOST, &database), &authority.certificate());
    let card = authority.client("carded");
    let store = create(&with_card(&address, &card)).unwrap();
    assert_eq!(sessions(&secured.server, &store), "t|TLSv1.3|carded");
    drop(store);
    for (wrong, why) in [
        (address.clone(), "doesn't take this user"),
        (with_card(&address, &authority.client("rf")), "doesn't take this user"),
        (with_card(&address, &stranger.client("carded")), "ended the TLS connection"),
        (with_card(&address, &Certified { key: authority.client("other").key, ..card.clone() }), "belong together"),
    ] {
        let said = refusal(&wrong);
        assert!(said.contains(why), "{wrong}: {said}");
    }
    std::fs::set_permissions(&card.key, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert!(refusal(&with_card(&address, &card)).contains("others may read"));
}

/// A server that answers the first message with `answer`; gives all that it was told until the other side left.
fn pretender(answer: &'static [u8]) -> (SocketAddr, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut told = vec![0; 8];
        stream.read_exact(&mut told).unwrap();
        stream.write_all(answer).unwrap();
        // It may leave in anger; what came until then is kept.
        drop(stream.read_to_end(&mut told));
        told
    });
    (address, heard)
}

/// The request for TLS: all that a server is told before it speaks TLS.
const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

#[test]
fn a_server_without_tls_hears_the_request_for_it_and_nothing_more() {
    let authority = Authority::new();
    // No TLS, and at once the question for the password in clear.
    let (address, heard) = pretender(b"NR\0\0\0\x08\0\0\0\x03");
    let asked = format!("postgres://rf@{DATABASE_HOST}:{}/centre?hostaddr={}", address.port(), address.ip());
    let said = refusal(&verified(&asked, &authority.certificate()));
    assert!(said.contains("doesn't speak TLS (ssl = on)"), "{said}");
    assert_eq!(heard.join().unwrap(), TLS_REQUEST);
}

#[test]
fn a_server_that_never_answers_is_left() {
    let authority = Authority::new();
    let (address, heard) = pretender(b"");
    let asked = format!("postgres://rf@{DATABASE_HOST}:{}/centre?hostaddr={}", address.port(), address.ip());
    let said = refusal(&verified(&asked, &authority.certificate()));
    assert!(said.contains("can't be reached"), "{said}");
    assert_eq!(heard.join().unwrap(), TLS_REQUEST);
}
