//! Every released schema goes forward, also when several nodes start at once.

use sql::{OpenError, Postgres};
use testkit::block_on;
use testkit::postgres::{PostgresServer, address};

/// The schema's versions, as they were released: PostgreSQL's words for the first files.
fn at_version(server: &PostgresServer, database: &str, version: usize) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    server.sql(database, "CREATE TABLE schema_version (one BIGINT PRIMARY KEY, version BIGINT NOT NULL)").unwrap();
    for file in &files[..version] {
        let sql = std::fs::read_to_string(file).unwrap().replace(" WITHOUT ROWID", "");
        server.sql(database, &sql).unwrap();
    }
    server.sql(database, &format!("INSERT INTO schema_version VALUES (1, {version})")).unwrap();
    server.sql(database, "INSERT INTO power VALUES (1, 7, '\\x00')").unwrap();
}

fn newest() -> usize {
    std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations")).unwrap().count()
}

#[test]
fn every_released_schema_goes_forward_while_nodes_start_at_once() {
    let server = PostgresServer::start();
    for version in 1..=newest() {
        let database = server.database();
        at_version(&server, &database, version);
        let place = address(&server.address(&database));
        std::thread::scope(|threads| {
            let all: Vec<_> = (0..6).map(|_| threads.spawn(|| block_on(Postgres::open(&place, 1)).map(drop))).collect();
            all.into_iter().for_each(|one| one.join().unwrap().unwrap());
        });
        let now = server.sql(&database, "SELECT version FROM schema_version").unwrap();
        assert_eq!(now.trim(), newest().to_string());
        assert_eq!(server.sql(&database, "SELECT version FROM power").unwrap().trim(), "7", "what was there stays");
        let tables = "SELECT count(*) FROM pg_tables WHERE tablename = 'cosigned_checkpoint'";
        assert_eq!(server.sql(&database, tables).unwrap().trim(), "1");
    }
}

#[test]
fn a_new_store_is_made_once_and_opened_where_there_is_one() {
    let server = PostgresServer::start();
    let database = server.database();
    let place = address(&server.address(&database));
    assert!(matches!(block_on(Postgres::open(&place, 1)), Err(OpenError::Missing)));
    let made: Vec<bool> = std::thread::scope(|threads| {
        let all: Vec<_> = (0..4).map(|_| threads.spawn(|| block_on(Postgres::create(&place, 1)).is_ok())).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(made.iter().filter(|made| **made).count(), 1, "{made:?}");
    assert!(matches!(block_on(Postgres::create(&place, 1)), Err(OpenError::Taken)));
    assert!(block_on(Postgres::open(&place, 1)).is_ok());
    server.sql(&database, "UPDATE schema_version SET version = 99").unwrap();
    assert!(matches!(block_on(Postgres::open(&place, 1)), Err(OpenError::Newer(99))));
}

#[test]
fn a_server_that_forgets_what_it_was_told_is_refused() {
    let server = PostgresServer::start_with("-c synchronous_commit=off");
    let database = server.database();
    let refused = block_on(Postgres::create(&address(&server.address(&database)), 1)).err().unwrap();
    assert!(refused.to_string().contains("synchronous_commit"), "{refused}");
}
