//! Somebody with access to the database takes an entry away, or changes it, between its commit and its place in the log,
//! under load: an alarm within a second, in the log, on the status and in the structured log; and the log goes on.

use crate::centre::{Centre, Person, bytes_of, receipt, reveal_body};
use crate::http::Client;
use crate::server::Server;
use crate::wait::{PATIENCE, found, until};
use rusqlite::OptionalExtension;
use serde_json::Value;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const AGENTS: u64 = 4;
const WITHIN: Duration = Duration::from_secs(1);

/// Agents who reveal without a pause until it is dropped.
struct Load {
    over: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<u64>>,
}

impl Load {
    fn start(centre: &Centre, client: &Client, agents: &[Person]) -> Self {
        let over = Arc::<AtomicBool>::default();
        let start = |(number, agent): (usize, &Person)| {
            let (interaction, customer) = centre.call_from(client, agent, number as u64);
            let (client, over) = (client.bearer(&agent.token), Arc::clone(&over));
            let path = format!("/v1/customers/{customer}/reveals");
            std::thread::spawn(move || {
                let mut count = 0;
                while !over.load(Ordering::SeqCst) {
                    match client.try_post(&path, &reveal_body(&interaction, "name", "delivery")) {
                        Some(answer) => drop(answer.expect(200)),
                        None => return count,
                    }
                    count += 1;
                }
                count
            })
        };
        let threads = agents.iter().enumerate().map(start).collect();
        Self { over, threads }
    }

    fn stop(self) -> u64 {
        self.over.store(true, Ordering::SeqCst);
        self.threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    }
}

struct World {
    centre: Centre,
    agents: Vec<Person>,
    officer: Person,
    server: Server,
}

impl World {
    fn new() -> Self {
        let centre = Centre::embedded(20, 100_000_000);
        let agents = (0..AGENTS).map(|number| centre.hire(&format!("Agent {number}"), "agent")).collect();
        let officer = centre.hire("Sol", "security_officer");
        let server = centre.serve();
        Self { centre, agents, officer, server }
    }

    fn database(&self) -> rusqlite::Connection {
        let database = rusqlite::Connection::open(self.centre.data().join("ringfence.db")).unwrap();
        database.busy_timeout(Duration::from_secs(20)).unwrap();
        database
    }

    fn alarms(&self) -> Vec<Value> {
        let client = self.server.client().bearer(&self.officer.token);
        client.get("/v1/log/status").expect(200).json()["alarms"].as_array().unwrap().clone()
    }

    /// Edits the queue until a waiting entry is caught; gives its id.
    fn catch(&self, edit: &str) -> (String, Instant) {
        let database = self.database();
        let mut edit = database.prepare(edit).unwrap();
        found("an entry that waits is caught", PATIENCE, || {
            let caught: Option<Vec<u8>> = edit.query_row([], |row| row.get(0)).optional().unwrap();
            let id = caught?.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            Some((format!("ent_{id}"), Instant::now()))
        })
    }

    /// The alarm, how soon it came, and that it names the entry wherever it is told.
    fn alarm_for(&self, entry: &str, since: Instant) -> Duration {
        until("there is an alarm", PATIENCE, || self.alarms().iter().any(|alarm| alarm["kind"] == "entry_lost"));
        let after = since.elapsed();
        let other = self.server.client().bearer(&self.agents[0].token).get("/v1/log/status").expect(200).json();
        assert_eq!(other.get("alarms"), None, "security's alarms are nobody else's");
        until("the structured log has it", PATIENCE, || self.said().contains(&format!("entry={entry}")));
        let moment = bytes_of(entry)[..6].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        until("the log has an entry about it", PATIENCE, || {
            let client = self.server.client().bearer(&self.officer.token);
            let found = client.get("/v1/disclosures?kind=entry_lost").expect(200).json();
            found["items"].as_array().unwrap().iter().any(|item| item["detail"] == moment)
        });
        after
    }

    fn said(&self) -> String {
        let logs = fs::read_dir(self.centre.logs()).unwrap().flatten();
        logs.map(|file| fs::read_to_string(file.path()).unwrap()).collect()
    }

    /// What is committed from now on gets its place.
    fn goes_on(&self) {
        let agent = self.server.client().bearer(&self.agents[0].token);
        let (interaction, customer) = self.centre.call_from(&self.server.client(), &self.agents[0], 0);
        let path = format!("/v1/customers/{customer}/reveals");
        let revealed = agent.post(&path, &reveal_body(&interaction, "name", "delivery")).expect(200);
        assert!(receipt(&agent, &revealed.member("receipt")).starts_with("c2sp.org/tlog-proof@v1"));
    }
}

fn noticed(edit: &str, named: &str) {
    let world = World::new();
    let load = Load::start(&world.centre, &world.server.client(), &world.agents);
    let (entry, since) = world.catch(edit);
    let after = world.alarm_for(&entry, since);
    world.goes_on();
    let count = load.stop();
    println!("{edit}: an alarm after {after:?}, beside {count} reveals");
    assert!(after <= WITHIN, "it took {after:?}");
    world.server.stop();
    let output = world.centre.verify();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && told.contains(named), "{told}");
}

const ONE: &str = "(tenant, entry) IN (SELECT tenant, entry FROM pending ORDER BY entry DESC LIMIT 1)";

#[test]
fn an_entry_taken_out_of_the_queue_is_missed_within_a_second() {
    noticed(&format!("DELETE FROM pending WHERE {ONE} RETURNING entry"), "pending");
}

#[test]
fn an_entry_changed_in_the_queue_is_noticed_within_a_second() {
    noticed(&format!("UPDATE pending SET leaf = zeroblob(65) WHERE {ONE} RETURNING entry"), "pending");
}

/// Both rows at once, by a transaction of somebody who knows the tables.
#[test]
fn an_entry_deleted_with_its_row_is_missed_within_a_second() {
    let world = World::new();
    let load = Load::start(&world.centre, &world.server.client(), &world.agents);
    let mut database = world.database();
    // The calls' own entries count for no customer, so nothing would tell `verify` of them.
    let newest: Vec<u8> = database.query_row("SELECT max(id) FROM entry", [], |row| row.get(0)).unwrap();
    until("the calls' own entries have their places", PATIENCE, || {
        let waiting = "SELECT count(*) FROM pending WHERE entry <= ?1";
        database.query_row(waiting, [&newest], |row| row.get::<_, i64>(0)).unwrap() == 0
    });
    let (entry, since) = found("an entry that waits is caught", PATIENCE, || {
        let all = database.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
        let taken = format!("DELETE FROM pending WHERE {ONE} RETURNING entry");
        let caught: Option<Vec<u8>> = all.query_row(&taken, [], |row| row.get(0)).optional().unwrap();
        let id = caught?;
        assert_eq!(all.execute("DELETE FROM entry WHERE id = ?1", [&id]).unwrap(), 1);
        all.commit().unwrap();
        let id = id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        Some((format!("ent_{id}"), Instant::now()))
    });
    let after = world.alarm_for(&entry, since);
    world.goes_on();
    println!("both rows: an alarm after {after:?}, beside {} reveals", load.stop());
    assert!(after <= WITHIN, "it took {after:?}");
    // The alarm goes with the process; the customer's counter doesn't.
    world.server.stop();
    let output = world.centre.verify();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    // Which entry waits last is chance: a customer's counter misses a disclosure, and those who
    // drew from it miss an allotment.
    let missed = ["recent_state", "entries drew from it as from an allotment"];
    assert!(output.status.code() == Some(2) && missed.iter().any(|words| told.contains(words)), "{told}");
}

/// The row of the entry alone: it would hold up every other entry.
#[test]
fn an_entry_without_its_row_does_not_stop_the_others() {
    let world = World::new();
    let load = Load::start(&world.centre, &world.server.client(), &world.agents);
    let edit = "DELETE FROM entry WHERE (tenant, id) IN (SELECT tenant, entry FROM pending ORDER BY entry DESC LIMIT 1) \
                RETURNING id";
    let (entry, since) = world.catch(edit);
    let after = world.alarm_for(&entry, since);
    world.goes_on();
    println!("the entry's row: an alarm after {after:?}, beside {} reveals", load.stop());
    assert!(after <= WITHIN, "it took {after:?}");
}

/// While nobody served, the newest entry is taken out of the queue: the next start notices.
#[test]
fn an_entry_taken_out_after_a_crash_is_missed_at_the_next_start() {
    let mut world = World::new();
    let load = Load::start(&world.centre, &world.server.client(), &world.agents);
    let database = world.database();
    let waiting = "SELECT entry FROM pending ORDER BY entry DESC LIMIT 1";
    let caught = found("the server dies with an entry that waits", PATIENCE, || {
        database.query_row(waiting, [], |row| row.get::<_, Vec<u8>>(0)).optional().unwrap()?;
        world.server.freeze();
        database.query_row(waiting, [], |row| row.get::<_, Vec<u8>>(0)).optional().unwrap().or_else(|| {
            world.server.thaw();
            None
        })
    });
    load.over.store(true, Ordering::SeqCst);
    world.server.kill();
    assert_eq!(database.execute("DELETE FROM pending WHERE entry = ?1", [&caught]).unwrap(), 1);
    world.server = world.centre.serve();
    let id = caught.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let after = world.alarm_for(&format!("ent_{id}"), Instant::now());
    world.goes_on();
    assert!(after <= WITHIN, "it took {after:?}");
}
