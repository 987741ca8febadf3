//! Ringfence's data directories and its command line: all that the measurements know of both.

use super::bench_folder;
use crate::process::{Server, output_of};
use crate::{Outcome, cpu};
use serde::{Deserialize, Serialize};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The seed of the invented customers.
pub(super) const SEED: u64 = 7;
/// Orders of each customer.
pub(super) const ORDERS_EACH: usize = 3;
/// The secret that the event source and the server share.
pub(super) const EVENT_SECRET: &str = "whsec_cmluZ2ZlbmNlIGJlbmNoIGV2ZW50IHNlY3JldCAzMmI=";
/// How often a running import's memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A person of the centre and the token with which it calls.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Person {
    /// Its id, `per_…`.
    pub(crate) id: String,
    /// Its token, `rft_…`.
    pub(crate) token: String,
}

/// What an import took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Imported {
    /// Seconds from the start of the process to its end.
    pub(crate) seconds: f64,
    /// Its highest resident memory, bytes.
    pub(crate) peak_bytes: u64,
}

/// One installation: a folder with the configuration and the data directory.
pub(crate) struct Installation {
    folder: PathBuf,
    /// Where its key holder listens, if that is a program of its own.
    keys: Option<PathBuf>,
}

impl Installation {
    /// Makes an empty installation in a folder, replacing what is there.
    ///
    /// # Errors
    /// When the folder can't be made or `ringfence init` fails.
    pub(crate) fn new(name: &str) -> Outcome<Self> {
        Self::make(name, &[])
    }

    /// An installation whose tables are in an empty database, with this many customers and agents.
    ///
    /// # Errors
    /// When it can't be made.
    pub(crate) fn on(address: &str, customers: u64, agents: u64) -> Outcome<Self> {
        let made = Self::make("ringfence-postgresql", &["--store", address])?;
        made.import(&customers_csv(customers)?)?;
        made.add_agents(agents)?;
        Ok(made)
    }

    fn make(name: &str, store: &[&str]) -> Outcome<Self> {
        let folder = bench_folder("data").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let made = Self { folder, keys: None };
        made.write_config("127.0.0.1:0".parse()?)?;
        let mut command = Command::new(binary()?);
        output_of(
            command.arg("init").arg(made.data()).arg("--key-file").arg(made.folder.join("root.key")).args(store),
        )?;
        Ok(made)
    }

    /// A fresh copy, of its own for each that runs at a time, of the installation that holds this many customers and agents; the original is made on first use
    /// and stays as it was after its import, so that every run starts from the same store.
    ///
    /// # Errors
    /// When it can't be made or copied.
    pub(crate) fn copy_with(customers: u64, agents: u64, run: &str) -> Outcome<Self> {
        let name = format!("ringfence-{customers}-{agents}");
        let original = bench_folder("data").join(&name);
        if !original.join("people.json").exists() {
            eprintln!("importing {customers} customers once; later runs copy the result");
            let made = Self::new(&name)?;
            made.import(&customers_csv(customers)?)?;
            made.add_agents(agents)?;
        }
        let copy = bench_folder("data").join(run);
        if copy.exists() {
            fs::remove_dir_all(&copy)?;
        }
        output_of(Command::new("cp").args(["-a", "--reflink=auto"]).arg(original).arg(&copy))?;
        Ok(Self { folder: copy, keys: None })
    }

    /// Gives the keys to a key holder, as docs/keyholder.md says, and starts it; nothing is too much for its ceilings.
    ///
    /// # Errors
    /// When a file can't be moved, or it doesn't listen.
    pub(crate) fn hand_over_keys(&mut self) -> Outcome<Server> {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
        let dir = self.folder.join("keyholder");
        fs::create_dir(&dir)?;
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o700))?;
        for name in ["root.key", "root.keyring", "root.power"] {
            fs::rename(self.folder.join(name), dir.join(name))?;
        }
        let socket = dir.join("keys.sock");
        let uid = fs::metadata(&dir)?.uid().to_string();
        let keyholder = |words: &[&str]| -> Outcome<Command> {
            let mut command = Command::new(binary()?);
            command.arg("keyholder").args(words).arg("--data").arg(&dir);
            Ok(command)
        };
        output_of(keyholder(&["init", "--allow-uid", &uid])?.arg("--socket").arg(&socket))?;
        let config = fs::read_to_string(dir.join("keyholder.toml"))?;
        let lines = config.lines().map(|line| match line.split_once("_per_hour = ") {
            Some((whose, _)) => format!("{whose}_per_hour = 4000000000"),
            None => line.to_owned(),
        });
        fs::write(dir.join("keyholder.toml"), lines.collect::<Vec<_>>().join("\n"))?;
        let server = Server::spawn(&keyholder(&["serve"])?)?;
        let begun = Instant::now();
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            if begun.elapsed() > Duration::from_secs(20) {
                return Err("the key holder doesn't listen".into());
            }
            std::thread::sleep(LOOK_EVERY);
        }
        // It releases nothing in its first two seconds: what is older than it may have been released before.
        std::thread::sleep(Duration::from_secs(3));
        self.keys = Some(socket);
        Ok(server)
    }

    /// The agents of the installation.
    ///
    /// # Errors
    /// When the list can't be read.
    pub(crate) fn agents(&self) -> Outcome<Vec<Person>> {
        Ok(serde_json::from_str(&fs::read_to_string(self.folder.join("people.json"))?)?)
    }

    /// Runs `ringfence import` to its end and watches its memory.
    ///
    /// # Errors
    /// When the import fails.
    pub(crate) fn import(&self, csv: &Path) -> Outcome<Imported> {
        let begun = Instant::now();
        let mut command = self.command(&["import"])?;
        command.arg(csv).arg("--map").arg(map());
        command.arg("--errors").arg(self.folder.join("import-errors.jsonl"));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        let mut peak_bytes = 0;
        let status = loop {
            peak_bytes = peak_bytes.max(cpu::peak_resident_bytes(child.id()).unwrap_or(0));
            if let Some(status) = child.try_wait()? {
                break status;
            }
            std::thread::sleep(LOOK_EVERY);
        };
        if !status.success() {
            return Err(format!("ringfence import failed ({status})").into());
        }
        Ok(Imported { seconds: begun.elapsed().as_secs_f64(), peak_bytes })
    }

    /// Starts the server on the address; it may not listen yet.
    ///
    /// # Errors
    /// When it can't be started.
    pub(crate) fn serve(&self, address: SocketAddr) -> Outcome<Server> {
        self.write_config(address)?;
        Server::spawn(&self.command(&["serve"])?)
    }

    fn add_agents(&self, count: u64) -> Outcome<()> {
        let people = (1..=count).map(|number| self.add_agent(number)).collect::<Outcome<Vec<Person>>>()?;
        Ok(fs::write(self.folder.join("people.json"), serde_json::to_string(&people)?)?)
    }

    fn add_agent(&self, number: u64) -> Outcome<Person> {
        let name = format!("Agent {number}");
        let added = output_of(&mut self.command(&["person", "add", "--role", "agent", "--name", &name])?)?;
        let id = word_starting("per_", &added)?;
        let token = word_starting("rft_", &output_of(&mut self.command(&["person", "token", &id])?)?)?;
        Ok(Person { id, token })
    }

    /// A subcommand on this installation; its own arguments may follow.
    fn command(&self, words: &[&str]) -> Outcome<Command> {
        let mut command = Command::new(binary()?);
        command.args(words).arg("--data").arg(self.data());
        command.arg("--config").arg(self.folder.join("ringfence.toml"));
        Ok(command)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Budgets so large that they never refuse, but are still counted; one event source.
    fn write_config(&self, listen: SocketAddr) -> Outcome<()> {
        let keys =
            self.keys.as_ref().map(|socket| format!("\n[keyholder]\nsocket = {:?}\n", socket.display().to_string()));
        Ok(fs::write(self.folder.join("ringfence.toml"), config_text(listen) + &keys.unwrap_or_default())?)
    }
}

fn config_text(listen: SocketAddr) -> String {
    format!(
        r#"[server]
listen = "{listen}"

[budgets]
person = {{ hour = 4000000000, day = 4000000000, days_30 = 4000000000, purpose = {{ payment = {{}}, verification = {{}}, correction = {{}} }} }}
team = {{ hour = 4000000000, day = 4000000000, days_30 = 4000000000 }}
tenant = {{ hour = 4000000000, day = 4000000000, days_30 = 4000000000 }}

[[event_source]]
name = "bench"
secret = "{EVENT_SECRET}"
"#
    )
}

/// The file of invented customers, written on first use.
///
/// # Errors
/// When it can't be written.
pub(crate) fn customers_csv(customers: u64) -> Outcome<PathBuf> {
    let path = bench_folder("data").join(format!("customers-{customers}.csv"));
    if !path.exists() {
        fs::create_dir_all(bench_folder("data"))?;
        let unfinished = path.with_extension("unfinished");
        simulation::export::write_csv(&unfinished, customers, SEED, ORDERS_EACH)?;
        fs::rename(unfinished, &path)?;
    }
    Ok(path)
}

/// The import map that fits the invented customers.
fn map() -> PathBuf {
    bench_folder("../examples/maps/generated.toml")
}

fn binary() -> Outcome<PathBuf> {
    let path =
        std::env::var_os("RINGFENCE_BIN").map_or_else(|| bench_folder("../target/release/ringfence"), Into::into);
    if path.exists() {
        return Ok(path);
    }
    Err(format!("{} is missing: cargo build --release, or set RINGFENCE_BIN", path.display()).into())
}

/// The first word of a command's output that starts so.
fn word_starting(prefix: &str, output: &str) -> Outcome<String> {
    let mut words = output.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
    let found = words.find(|word| word.starts_with(prefix));
    Ok(found.ok_or_else(|| format!("ringfence printed no {prefix}…"))?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_any_output() {
        assert_eq!(word_starting("per_", "added: {\"person\":\"per_0a\"}\n").unwrap(), "per_0a");
        assert!(word_starting("rft_", "nothing").is_err());
    }

    #[test]
    fn the_event_secret_is_one_that_webhooks_accept() {
        assert!(standardwebhooks::Webhook::new(EVENT_SECRET).is_ok());
        assert!(config_text("127.0.0.1:9".parse().unwrap()).contains("listen = \"127.0.0.1:9\""));
    }
}
