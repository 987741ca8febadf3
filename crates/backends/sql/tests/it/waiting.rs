//! A batch that waits for another's locks: what it then reads is what the other one wrote, also of rows that it doesn't lock.

use crate::lost::{NOW, Open, TENANT, spending};
use domain::{CustomerId, EntryId, Refusal, Room};
use sql::Postgres;
use store::{Condition, CustomerRow, Effect, FieldRef, FieldRow, Intent, Outcome, Store};
use testkit::block_on;
use testkit::postgres::{PostgresServer, address};

const ANA: CustomerId = CustomerId([5; 16]);
const NOTE: FieldRef = FieldRef { customer: ANA, field: 1, instance: 1 };

struct Waiting {
    server: PostgresServer,
    database: String,
    store: Postgres,
}

impl Waiting {
    fn new() -> Self {
        let server = PostgresServer::start();
        let database = server.database();
        let store = block_on(Postgres::create(&address(&server.address(&database)), 4)).unwrap();
        Self { server, database, store }
    }

    fn commit(&self, intent: Intent) -> Outcome {
        block_on(self.store.commit(NOW, vec![intent], &Open)).unwrap().remove(0)
    }

    /// Somebody else's transaction does `changes` under locks and commits a moment after this intent began to wait.
    fn commit_behind(&self, changes: &str, intent: Intent) -> Outcome {
        std::thread::scope(|scope| {
            let other = format!("BEGIN; {changes}; SELECT pg_sleep(1.5); COMMIT");
            let other = scope.spawn(move || self.server.sql(&self.database, &other).unwrap());
            self.until("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
            let waiting = scope.spawn(|| self.commit(intent));
            self.until("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
            other.join().unwrap();
            waiting.join().unwrap()
        })
    }

    fn until(&self, shows: &str) {
        // Each look is a program of its own, so that these are many seconds.
        let seen = (0..1_000).any(|_| !self.server.sql(&self.database, shows).unwrap().is_empty());
        assert!(seen, "never so: {shows}");
    }
}

#[test]
fn a_retry_that_waited_for_the_first_of_its_key_is_answered_as_that_was() {
    let world = Waiting::new();
    assert!(matches!(world.commit(spending(1, 1)), Outcome::Committed(_)));
    // The first of key 2 spends the last of the allowance.
    let first = "UPDATE budget SET total = total; INSERT INTO request SELECT tenant, decode(repeat('02', 16), 'hex'), content, \
                 session, entry, at, answer FROM request";
    let mut retry = spending(3, 2);
    retry.spend[0].room = Room::hourly(1);
    let told = world.commit_behind(first, retry);
    assert!(matches!(told, Outcome::Replayed { entry: EntryId([1, ..]), same: true, .. }), "{told:?}");
}

#[test]
fn a_value_that_was_replaced_meanwhile_is_not_replaced_again() {
    let world = Waiting::new();
    let row = |version| FieldRow { field: NOTE.field, instance: NOTE.instance, version, sealed: vec![version as u8] };
    let customer = Effect::PutCustomer(ANA, CustomerRow { epoch: 1, wrapped: vec![1] });
    let made = Intent {
        request: None,
        spend: Vec::new(),
        effects: vec![customer, Effect::PutField(ANA, row(1))],
        ..spending(1, 1)
    };
    assert!(matches!(world.commit(made), Outcome::Committed(_)));
    let other = "SELECT 1 FROM customer FOR UPDATE; UPDATE field SET version = 2, sealed = decode('63', 'hex')";
    let late = Intent {
        request: None,
        customer: Some(ANA),
        spend: Vec::new(),
        when: vec![Condition::FieldVersion(NOTE, 1)],
        effects: vec![Effect::PutField(ANA, row(2))],
        ..spending(2, 2)
    };
    let told = world.commit_behind(other, late);
    assert!(matches!(told, Outcome::Refused { refusal: Refusal::NotFound, .. }), "{told:?}");
    let kept = block_on(world.store.fields(TENANT, ANA)).unwrap();
    assert_eq!(kept, [FieldRow { sealed: vec![0x63], ..row(2) }]);
}
