//! Every released schema goes forward, also when several nodes start at once.

use sql::{OpenError, Postgres, Sqlite};
use testkit::block_on;
use testkit::postgres::{PostgresServer, address};

/// The schema's versions, as they were released: PostgreSQL's words for the first files.
fn at_version(server: &PostgresServer, database: &str, version: usize) {
    let files = migrations();
    server.sql(database, "CREATE TABLE schema_version (one BIGINT PRIMARY KEY, version BIGINT NOT NULL)").unwrap();
    for file in &files[..version] {
        let sql = std::fs::read_to_string(file).unwrap().replace(" WITHOUT ROWID", "");
        server.sql(database, &sql).unwrap();
    }
    server.sql(database, &format!("INSERT INTO schema_version VALUES (1, {version})")).unwrap();
    server.sql(database, "INSERT INTO power VALUES (1, 7, '\\x00')").unwrap();
    rows(version, bytea).iter().for_each(|row| drop(server.sql(database, row).unwrap()));
}

fn bytea(hex: &str) -> String {
    format!("'\\x{hex}'")
}

fn migrations() -> Vec<std::path::PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

/// Released files, by their SHA-256: a database that has had one isn't given it again, so it must stay as it was.
const RELEASED: [(&str, &str); 12] = [
    ("0001_spine.sql", "71f3da40c9876f9c5f8b0ecc0f6499cc9b2794cc5e39990df7f6824528f88cb0"),
    ("0002_witness.sql", "b6d8986624236cbea3a58267224fc9d15723c9c6edc75b53b3719e0707cd269b"),
    ("0003_closes.sql", "57017cb188e7ecc9ee8db628a151207d40da402b6eab00f33e461a371bb823e9"),
    ("0004_placed.sql", "e36e7315505d32ff0bee72d5fc7a15406cf98b64809384dcb260fa16d263d41c"),
    ("0005_power.sql", "c40f2a3e4234970abea712e35fe74eff875150432ca5ba854e240bbb0346f564"),
    ("0006_admissions.sql", "c727a6404c82497ae018c7556a290e602563871cebc2df045d2d6141c6957a8b"),
    ("0007_information.sql", "a956b29e45eacb8ff64ce070393f00ed3e8e8906f1883cc2c8a53490e217fcc8"),
    ("0008_guard.sql", "7c8ae13960c1e1093a897f0462403e80f448633ca2c8d31f08627207e8b2f518"),
    ("0009_shown.sql", "835e728cbd59f5b94774874af012aca40e7dde3a4610b7b7f2b9c67490079fa8"),
    ("0010_reach.sql", "2ceca752705185cdc584c7d5d2342c9995a0e3c054045325caebb8d15305ad61"),
    ("0011_last.sql", "c921e0e89c3a38a138c0fb9fa28fb187236ad89a9046193626d8ef412f629b21"),
    ("0012_report.sql", "f846007c500758a464bbcac76c5c35856a9c6faa5bc5ee7051b45336fcd77e68"),
];

#[test]
fn no_released_file_was_edited() {
    for (name, digest) in RELEASED {
        let path = format!("{}/migrations/{name}", env!("CARGO_MANIFEST_DIR"));
        let found = keys::hash(&[&std::fs::read(path).unwrap()]);
        let hex: String = found.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, digest, "{name}: write another file in place of editing a released one");
    }
    assert!(newest() >= RELEASED.len());
}

/// Rows that were there before, which later files move: an entry with its place, and an hour's budget.
fn rows(version: usize, blob: fn(&str) -> String) -> Vec<String> {
    let (a, b) = (blob("0a"), blob("0b"));
    let mut all = vec![format!(
        "INSERT INTO customer (tenant, id, epoch, wrapped, n, head, tag) VALUES (1, {a}, 1, {b}, 3, {b}, {b})"
    )];
    if version < 4 {
        all.push(format!(
            "INSERT INTO entry (tenant, id, leaf, audit, customer, place) VALUES (1, {a}, {b}, {b}, {b}, 5)"
        ));
    }
    if version < 7 {
        all.push(format!(
            "INSERT INTO budget (tenant, counter, since, used, last, tag) VALUES (1, {a}, 3600000, 7, {b}, {b})"
        ));
    }
    all
}

/// Questions about those rows in the newest schema, and their answers.
fn kept(version: usize, blob: fn(&str) -> String) -> Vec<(String, i64)> {
    let a = blob("0a");
    let mut all = vec![(format!("SELECT n FROM customer WHERE id = {a}"), 3)];
    if version < 4 {
        all.push((format!("SELECT place FROM placed WHERE entry = {a}"), 5));
    }
    if version < 7 {
        all.push((format!("SELECT used FROM hourly_budget WHERE counter = {a}"), 7));
    }
    all
}

#[test]
fn every_released_schema_goes_forward_in_a_file_with_what_was_there() {
    let blob = |hex: &str| format!("x'{hex}'");
    for version in 1..=newest() {
        let folder = tempfile::tempdir().unwrap();
        let file = rusqlite::Connection::open(Sqlite::file(folder.path())).unwrap();
        file.pragma_update(None, "journal_mode", "WAL").unwrap();
        for at in migrations().into_iter().take(version) {
            file.execute_batch(&std::fs::read_to_string(at).unwrap()).unwrap();
        }
        file.pragma_update(None, "user_version", u32::try_from(version).unwrap()).unwrap();
        for row in rows(version, blob) {
            file.execute_batch(&row).unwrap();
        }
        drop(file);
        drop(Sqlite::open(folder.path()).unwrap());
        let file = rusqlite::Connection::open(Sqlite::file(folder.path())).unwrap();
        let had: u32 = file.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(had as usize, newest());
        for (question, answer) in kept(version, blob) {
            let found: i64 = file.query_row(&question, [], |row| row.get(0)).unwrap();
            assert_eq!(found, answer, "{version}: {question}");
        }
        file.pragma_update(None, "user_version", 99_u32).unwrap();
        assert!(Sqlite::open(folder.path()).is_ok(), "what only adds lets this program serve");
        file.execute_batch("UPDATE schema_reach SET serves_from = 99").unwrap();
        assert!(matches!(Sqlite::open(folder.path()), Err(OpenError::Newer(99))));
    }
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
        for (question, answer) in kept(version, bytea) {
            assert_eq!(server.sql(&database, &question).unwrap().trim(), answer.to_string(), "{version}: {question}");
        }
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
    assert!(block_on(Postgres::open(&place, 1)).is_ok(), "what only adds lets this program serve");
    assert_eq!(server.sql(&database, "SELECT version FROM schema_version").unwrap().trim(), "99", "and it stays");
    server.sql(&database, "UPDATE schema_reach SET serves_from = 99").unwrap();
    assert!(matches!(block_on(Postgres::open(&place, 1)), Err(OpenError::Newer(99))));
}

/// Words by which a file takes away, or moves, what an older program reads.
const TAKES_AWAY: [&str; 5] = ["DROP ", "RENAME ", " TYPE ", "DELETE ", "UPDATE "];

#[test]
fn a_file_that_takes_away_says_how_far_back_it_reaches() {
    let reaches = |sql: &str| sql.contains("UPDATE schema_reach");
    let only_adds = |sql: &str| {
        let said = || sql.lines().filter(|line| !line.starts_with("--"));
        let needs_a_value =
            said().any(|line| line.contains("ADD COLUMN") && !line.contains("DEFAULT") && line.contains("NOT NULL"));
        !needs_a_value && !said().any(|line| TAKES_AWAY.iter().any(|word| line.contains(word)))
    };
    assert!(only_adds("ALTER TABLE a ADD COLUMN b BYTEA;") && !only_adds("ALTER TABLE a DROP COLUMN b;"));
    for file in migrations().into_iter().skip(RELEASED.len()) {
        let sql = std::fs::read_to_string(&file).unwrap();
        assert!(only_adds(&sql) || reaches(&sql), "{}", file.display());
    }
}

#[test]
fn a_server_that_forgets_what_it_was_told_is_refused() {
    let server = PostgresServer::start_with("-c synchronous_commit=off");
    let database = server.database();
    let refused = block_on(Postgres::create(&address(&server.address(&database)), 1)).err().unwrap();
    assert!(refused.to_string().contains("synchronous_commit"), "{refused}");
}
