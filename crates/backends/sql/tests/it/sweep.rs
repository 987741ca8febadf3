//! A step of the index's sweep costs what it looks at, however many customers there are.

use crate::lost::TENANT;
use sql::Postgres;
use store::Store;
use testkit::block_on;
use testkit::postgres::{PostgresServer, address};

/// So many that a server finds reading all of them quicker than looking each up.
const CUSTOMERS: u32 = 40_000;
const STEP: u32 = 500;

fn filled(server: &PostgresServer, database: &str) {
    let tenant = TENANT.0;
    let customers = format!(
        "INSERT INTO customer (tenant, id, epoch, wrapped, n, head, tag) \
         SELECT {tenant}, decode(md5('c' || i), 'hex'), 0, '', 0, '', '' FROM generate_series(1, {CUSTOMERS}) AS i"
    );
    let index = format!(
        "INSERT INTO blind_index (tenant, kind, mac, customer, tag) \
         SELECT {tenant}, kind, decode(md5(kind || 'm' || i), 'hex'), decode(md5('c' || i), 'hex'), '' \
         FROM generate_series(1, {CUSTOMERS}) AS i, generate_series(1, 4) AS kind"
    );
    for statement in [customers.as_str(), &index, "VACUUM ANALYZE"] {
        server.sql(database, statement).unwrap();
    }
}

/// Customers that the server read one after the other, in whatever order they lie, since it began to count.
fn read_in_a_row(server: &PostgresServer, database: &str) -> u64 {
    let said = server.sql(database, "SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'customer'").unwrap();
    said.trim().parse().unwrap()
}

#[test]
fn a_step_of_the_sweep_does_not_read_all_customers() {
    let server = PostgresServer::start();
    let database = server.database();
    let store = block_on(Postgres::create(&address(&server.address(&database)), 2)).unwrap();
    filled(&server, &database);
    let before = read_in_a_row(&server, &database);
    let first = block_on(store.sweep_index(TENANT, None, STEP, &|_| None)).unwrap();
    let second = block_on(store.sweep_index(TENANT, first.next, STEP, &|_| None)).unwrap();
    assert_eq!((first.gone, second.gone), (0, 0), "everybody is there");
    assert!(first.next.is_some() && second.next > first.next, "a step goes on behind the one before");
    drop(store);
    // Sessions write down what they read when they end.
    server.restart("fast");
    let read = read_in_a_row(&server, &database) - before;
    assert!(read < u64::from(CUSTOMERS), "two steps of {STEP} rows read {read} customers");
}
