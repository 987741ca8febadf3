//! `ringfence witness` as a process of its own, with a directory of its own.

use crate::http::Client;
use crate::server::BINARY;
use crate::wait::{PATIENCE, until};
use serde_json::Value;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A witness; killed when dropped.
pub(crate) struct Witness {
    folder: PathBuf,
    pub(crate) name: String,
    pub(crate) port: u16,
    child: Option<Child>,
}

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Witness {
    /// A new one under `folder`.
    pub(crate) fn new(folder: &Path, name: &str) -> Self {
        let witness = Self {
            folder: folder.to_path_buf(),
            name: format!("witness.example/{name}"),
            port: free_port(),
            child: None,
        };
        witness.good(&["init", "--name", &witness.name, "--same-user"]);
        fs::write(witness.key_file(), witness.good(&["key"])).unwrap();
        witness
    }

    fn short(&self) -> &str {
        self.name.rsplit('/').next().unwrap()
    }

    /// Its directory.
    pub(crate) fn dir(&self) -> PathBuf {
        self.folder.join(self.short())
    }

    /// Its verifier keys.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.folder.join(format!("{}.keys", self.short()))
    }

    /// Runs a command on its directory.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(BINARY);
        command.arg("witness").args(arguments).arg("--data").arg(self.dir());
        command.env_remove("RINGFENCE_DATA").current_dir(&self.folder).output().unwrap()
    }

    /// Runs a command that must succeed; gives its standard output.
    pub(crate) fn good(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Trusts a log.
    pub(crate) fn trust(&self, keys: &Path, url: Option<&str>) {
        let mut arguments = vec!["trust", "--log", keys.to_str().unwrap()];
        arguments.extend(url.iter().flat_map(|url| ["--url", url]));
        self.good(&arguments);
    }

    /// Starts serving, watching the log every second.
    pub(crate) fn start(&mut self) {
        let listen = format!("127.0.0.1:{}", self.port);
        let log = File::create(self.folder.join(format!("{}.err", self.short()))).unwrap();
        let mut command = Command::new(BINARY);
        command.args(["witness", "serve", "--same-user", "--every", "1", "--listen", &listen, "--data"]);
        command.arg(self.dir()).env_remove("RINGFENCE_DATA").stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.child = Some(command.spawn().unwrap());
        let client = self.client();
        until("the witness answers", PATIENCE, || client.ask("GET", "/key", b"").is_some());
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may be gone already.
            drop(child.kill());
            child.wait().unwrap();
        }
    }

    /// A client of nobody's.
    pub(crate) fn client(&self) -> Client {
        Client::new(&format!("127.0.0.1:{}", self.port))
    }

    /// The kinds of alarms so far.
    pub(crate) fn alarms(&self) -> Vec<String> {
        let text = self.client().get("/alarms").expect(200).text();
        let said: Value = serde_json::from_str(&text).unwrap();
        said["alarms"].as_array().unwrap().iter().map(|alarm| alarm["kind"].as_str().unwrap().to_owned()).collect()
    }

    /// Its own configuration for a centre.
    pub(crate) fn config(&self) -> String {
        let file = self.key_file();
        format!("[[witness]]\nurl = \"http://127.0.0.1:{}\"\nkey_file = {:?}\n", self.port, file.to_str().unwrap())
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.kill();
    }
}
