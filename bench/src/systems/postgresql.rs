//! PostgreSQL from the distribution's packages, in a cluster of its own that is kept between runs.

use super::postgresql_front::{KEY, Shape};
use super::served::{ANY_TOKEN, reveal_request, this_program};
use super::{Choice, Running, SERVED, Setting, VALUE_BYTES};
use crate::Outcome;
use crate::load::Aim;
use crate::process::{Server, free_address, output_of};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

/// Where Debian puts the programs of version 15.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
/// The home of the operating system's user `postgres`, on a real disk and readable to it.
const HOME: &str = "/var/lib/postgresql";
/// Settings that don't touch durability: memory for the million rows, connections for the pool, no network.
const SETTINGS: [&str; 3] = ["shared_buffers=1GB", "max_connections=100", "listen_addresses="];

/// Starts a cluster (made on first use, one per customer count and shape) and the web front before it.
///
/// # Errors
/// When the packages are missing, or this isn't root (the server must run as the user `postgres`).
pub(super) fn start(setting: &Setting, shape: Shape) -> Outcome<Running> {
    let cluster = Cluster::at(setting.customers, shape);
    cluster.ensure_made()?;
    let database = cluster.launch_ready()?;
    cluster.ensure_filled(setting.customers)?;
    let target = free_address()?;
    let mut front = Server::spawn(
        this_program("serve-pg", target)?
            .args(["--database", &cluster.address(), "--shape", shape.name()])
            .args(["--pool", &setting.pool.to_string()]),
    )?;
    front.wait_for(target)?;
    let aim = Aim { target, requests: Rc::new(requests(setting)), status: 200, needle: "value" };
    Ok(Running { aim, servers: vec![front, database] })
}

/// A cluster whose database is filled by what gets its address, and as much at rest afterwards as the peer's: vacuumed,
/// analysed, and its checkpoint written.
///
/// # Errors
/// When the packages are missing, this isn't root, or the filling fails.
pub(super) fn filled<T>(fill: impl FnOnce(&str) -> Outcome<T>) -> Outcome<(Server, T)> {
    let cluster = Cluster { folder: Path::new(HOME).join("ringfence-bench-store") };
    cluster.ensure_made()?;
    let database = cluster.launch_ready()?;
    cluster.sql("DROP DATABASE IF EXISTS centre")?;
    cluster.sql("CREATE DATABASE centre")?;
    let made = fill(&format!("postgres:///centre?host={}&user=postgres", cluster.folder.display()))?;
    cluster.sql_in("centre", "VACUUM ANALYZE")?;
    cluster.sql("CHECKPOINT")?;
    Ok((database, made))
}

fn requests(setting: &Setting) -> Vec<Vec<u8>> {
    let mut choice = Choice::seeded(1);
    let request = |turn: u64| {
        let body = json!({
            "interaction": format!("int_{turn:032x}"),
            "field": setting.field, "instance": 1, "purpose": setting.purpose,
        });
        let customer = choice.below(setting.customers) + 1;
        reveal_request(&customer.to_string(), ANY_TOKEN, &body)
    };
    (0..SERVED).map(request).collect()
}

struct Cluster {
    folder: PathBuf,
}

impl Cluster {
    fn at(customers: u64, shape: Shape) -> Self {
        Self { folder: Path::new(HOME).join(format!("ringfence-bench-{customers}-{}", shape.name())) }
    }

    fn as_postgres(&self, program: &str) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
        // Again here: a change of user drops what the caller of `Server::spawn` was given.
        command.args(["--pdeathsig", "TERM"]);
        command.arg(Path::new(PROGRAMS).join(program)).current_dir("/");
        command
    }

    fn ensure_made(&self) -> Outcome<()> {
        if !Path::new(PROGRAMS).join("initdb").exists() {
            return Err("PostgreSQL 15 is missing: apt-get install -y postgresql postgresql-contrib".into());
        }
        if self.folder.join("PG_VERSION").exists() {
            return Ok(());
        }
        let mut command = self.as_postgres("initdb");
        command.args(["--auth=trust", "--encoding=UTF8", "--locale=C", "-D"]).arg(&self.folder);
        output_of(&mut command).map(drop).map_err(|error| format!("{error} (this part must run as root)").into())
    }

    fn launch(&self) -> Outcome<Server> {
        let mut command = self.as_postgres("postgres");
        command.arg("-D").arg(&self.folder).arg("-k").arg(&self.folder);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.args(["-c", "log_min_messages=fatal"]);
        Server::spawn(&command)
    }

    fn launch_ready(&self) -> Outcome<Server> {
        let mut database = self.launch()?;
        let socket = self.folder.join(".s.PGSQL.5432");
        database.wait_until("its socket exists", || socket.exists())?;
        database.wait_until("it answers", || self.sql("SELECT 1").is_ok())?;
        Ok(database)
    }

    fn address(&self) -> String {
        format!("host={} user=postgres dbname=postgres", self.folder.display())
    }

    fn sql(&self, statement: &str) -> Outcome<String> {
        self.sql_in("postgres", statement)
    }

    fn sql_in(&self, database: &str, statement: &str) -> Outcome<String> {
        let mut command = self.as_postgres("psql");
        command.args(["-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-h"]).arg(&self.folder);
        output_of(command.args(["-d", database, "-c", statement]))
    }

    /// Fills the tables once; later runs start from an empty audit table and a fresh checkpoint.
    fn ensure_filled(&self, customers: u64) -> Outcome<()> {
        if self.sql("SELECT to_regclass('audit') IS NOT NULL")?.trim() != "t" {
            self.sql("CREATE EXTENSION IF NOT EXISTS pgcrypto; DROP TABLE IF EXISTS customer")?;
            self.sql("CREATE TABLE customer (id bigint PRIMARY KEY, value bytea NOT NULL)")?;
            self.sql(&filling(customers))?;
            self.sql(
                "CREATE TABLE audit (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                 at timestamptz NOT NULL DEFAULT now(), person text NOT NULL, interaction text NOT NULL,
                 customer bigint NOT NULL, field text NOT NULL, purpose text NOT NULL)",
            )?;
        }
        self.sql("TRUNCATE audit")?;
        self.sql("VACUUM ANALYZE customer")?;
        self.sql("CHECKPOINT").map(drop)
    }
}

/// Every customer's value: 100 characters, sealed by pgcrypto.
fn filling(customers: u64) -> String {
    let key: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "INSERT INTO customer SELECT number,
         encrypt(convert_to(rpad(number::text, {VALUE_BYTES}, 'v'), 'UTF8'), '\\x{key}', 'aes')
         FROM generate_series(1, {customers}) AS number"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_name_customers_that_exist() {
        let setting = Setting {
            customers: 3,
            interactions: 0,
            agents: 0,
            field: "phone".into(),
            purpose: "callback".into(),
            pool: 1,
        };
        let all = requests(&setting);
        assert_eq!(all.len() as u64, SERVED);
        for request in all {
            let text = String::from_utf8(request).unwrap();
            let id: u64 = text.split('/').nth(3).unwrap().parse().unwrap();
            assert!((1..=3).contains(&id));
        }
    }
}
