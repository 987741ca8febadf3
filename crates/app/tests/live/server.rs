//! The binary, serving, as a process of its own.

use crate::http::Client;
use crate::wait::{PATIENCE, found, until};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The program under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_ringfence");

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    address: String,
    said: PathBuf,
}

impl Server {
    /// Starts serving a data directory on a free port; its output goes to files under `logs`.
    pub(crate) fn start(data: &Path, logs: &Path, level: &str) -> Self {
        Self::start_by(Command::new(BINARY), data, logs, level)
    }

    /// Starts by a command line that ends in the binary, and perhaps options of its own: `program args… ringfence`.
    pub(crate) fn start_by(command: Command, data: &Path, logs: &Path, level: &str) -> Self {
        Self::start_on(0, command, data, logs, level)
    }

    /// Starts on a port that others have to know.
    pub(crate) fn start_on(port: u16, mut command: Command, data: &Path, logs: &Path, level: &str) -> Self {
        let turn = fs::read_dir(logs).unwrap().count();
        let said = logs.join(format!("{turn:04}.out"));
        let told = File::create(logs.join(format!("{turn:04}.err"))).unwrap();
        command.args(["serve", "--port", &port.to_string(), "--output", "json", "--data"]).arg(data);
        command.env("RINGFENCE_LOG", level).env_remove("RINGFENCE_DATA").stdin(Stdio::null());
        let child = command.stdout(File::create(&said).unwrap()).stderr(told).spawn().unwrap();
        let mut server = Self { child, address: String::new(), said };
        server.address = server.listening();
        let client = server.client();
        // Not until it is ready: some tests look at one that isn't.
        until("the server answers", PATIENCE, || {
            client.ask("GET", "/healthz", b"").is_some_and(|answer| answer.status == 200)
        });
        server
    }

    fn listening(&mut self) -> String {
        let errors = self.said.with_extension("err");
        found("the server says where it listens", PATIENCE, || {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the server ended with {status}: {}", fs::read_to_string(&errors).unwrap());
            }
            let text = fs::read_to_string(&self.said).unwrap();
            let line = text.split_once('\n')?.0;
            let json: serde_json::Value = serde_json::from_str(line).unwrap();
            Some(json["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned())
        })
    }

    /// A client of nobody's.
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.address)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: no last word, no flush.
    pub(crate) fn kill(&mut self) {
        // The process may be gone already; then there is nothing to kill.
        drop(self.child.kill());
        self.child.wait().unwrap();
    }

    /// SIGSTOP: not one instruction more.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    /// SIGCONT.
    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.pid().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// SIGTERM, and waits for its end.
    pub(crate) fn stop(mut self) {
        self.signal("-TERM");
        let status = found("the server stops", PATIENCE, || self.child.try_wait().unwrap());
        assert!(status.success(), "the server ended with {status}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}
