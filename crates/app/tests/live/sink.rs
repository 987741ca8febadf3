//! Real receivers of events: programs of others' making, which check what they take with libraries of others.

use crate::centre::repository;
use crate::wait::{PATIENCE, found};
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

/// What Standard Webhooks are signed with here.
pub(crate) const SECRET: &str = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";

fn python(options: &[&str]) -> Command {
    let mut command = Command::new(repository().join("target/venv/bin/python"));
    command.arg(repository().join("scripts/test/event_sink.py")).args(options);
    command
}

/// A receiver (`scripts/test/event_sink.py`). It ends with the test.
pub(crate) struct Sink {
    pub(crate) port: u64,
    taken: Receiver<Value>,
    orders: ChildStdin,
    child: Child,
}

impl Sink {
    pub(crate) fn webhooks() -> Self {
        Self::start(&["--webhook", SECRET])
    }

    pub(crate) fn start(options: &[&str]) -> Self {
        let mut child = python(options).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().expect("the sink needs its libraries: run ./test once").unwrap();
        let first: Value = serde_json::from_str(&first).unwrap();
        let (sender, taken) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if sender.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        let orders = child.stdin.take().unwrap();
        Self { port: first["port"].as_u64().unwrap(), taken, orders, child }
    }

    /// How it answers from now on: a status, `slow`, or `redirect URL`.
    pub(crate) fn answer(&mut self, how: &str) {
        writeln!(self.orders, "{how}").unwrap();
        self.orders.flush().unwrap();
    }

    /// The next of what it takes, which its library finds nothing wrong with.
    pub(crate) fn next(&self) -> Value {
        let taken = self.taken.recv_timeout(PATIENCE).expect("an event");
        assert_eq!(taken["problem"], Value::Null, "{taken:#}");
        taken
    }

    /// The next one that `wanted` says yes to.
    pub(crate) fn next_where(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        found("such an event", PATIENCE, || Some(self.next()).filter(|taken| wanted(taken)))
    }

    /// The next one of a type.
    pub(crate) fn next_of(&self, name: &str) -> Value {
        self.next_where(|taken| taken["type"] == name)
    }

    /// What it has taken since somebody looked.
    pub(crate) fn rest(&self) -> Vec<Value> {
        self.taken.try_iter().collect()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What is wrong with a file's events by the schema, and how many they are.
pub(crate) fn judged(file: &Path) -> (Vec<Value>, u64) {
    let said = python(&["--check", file.to_str().unwrap()]).output().unwrap();
    let told: Value = serde_json::from_slice(&said.stdout)
        .unwrap_or_else(|_| panic!("{}: run ./test once", String::from_utf8_lossy(&said.stderr)));
    (told["problems"].as_array().unwrap().clone(), told["events"].as_u64().unwrap())
}

/// A collector of another make: rsyslog, which takes syslog over TLS and writes each message's JSON to a file.
pub(crate) struct Rsyslog {
    pub(crate) port: u16,
    pub(crate) taken: PathBuf,
    folder: PathBuf,
    child: Option<Child>,
}

impl Rsyslog {
    /// One with these certificates, in a folder of its own; a port that was free a moment ago.
    pub(crate) fn new(folder: &Path, authority: &Path, (certificate, key): (&Path, &Path)) -> Self {
        let folder = folder.join("rsyslog");
        fs::create_dir(&folder).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let taken = folder.join("events.jsonl");
        let text = format!(
            "global(workDirectory=\"{0}\" DefaultNetstreamDriver=\"gtls\" DefaultNetstreamDriverCAFile=\"{1}\" \
             DefaultNetstreamDriverCertFile=\"{2}\" DefaultNetstreamDriverKeyFile=\"{3}\" maxMessageSize=\"64k\")\n\
             module(load=\"imtcp\" StreamDriver.Name=\"gtls\" StreamDriver.Mode=\"1\" StreamDriver.AuthMode=\"anon\")\n\
             template(name=\"json\" type=\"string\" string=\"%msg%\\n\")\n\
             input(type=\"imtcp\" port=\"{port}\" address=\"127.0.0.1\" ruleset=\"events\")\n\
             ruleset(name=\"events\") {{ action(type=\"omfile\" file=\"{4}\" template=\"json\" asyncWriting=\"off\") }}\n",
            folder.display(),
            authority.display(),
            certificate.display(),
            key.display(),
            taken.display(),
        );
        fs::write(folder.join("rsyslog.conf"), text).unwrap();
        Self { port, taken, folder, child: None }
    }

    pub(crate) fn start(&mut self) {
        let (config, pid) = (self.folder.join("rsyslog.conf"), self.folder.join("pid"));
        let mut command = Command::new("/usr/sbin/rsyslogd");
        command.arg("-n").arg("-f").arg(config).arg("-i").arg(pid).stdin(Stdio::null());
        self.child = Some(command.spawn().expect("rsyslog: run ./test once"));
    }

    /// What it has written.
    pub(crate) fn events(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.taken).unwrap_or_default();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
    }
}

impl Drop for Rsyslog {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}
