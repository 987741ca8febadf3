//! A real mail server, and what arrives there.

use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long a letter may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A mail server of another make, which prints what it takes (`scripts/test/mail_server.py`). It ends with the test.
pub struct MailServer {
    /// Its port, on this machine.
    pub port: u16,
    letters: Receiver<Value>,
    child: Child,
}

impl MailServer {
    /// One that takes mail in the clear.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// One with these options.
    ///
    /// # Panics
    /// If it doesn't start: `./test` installs what it needs.
    #[must_use]
    pub fn start_with(options: &[&str]) -> Self {
        let root = repository();
        let python = root.join("target/venv/bin/python");
        let mut command = Command::new(&python);
        command.arg(root.join("scripts/test/mail_server.py")).args(options);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{}: {error}; run ./test once", python.display()));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next().expect("the mail server needs aiosmtpd: run ./test once").unwrap();
        let first: Value = serde_json::from_str(&first).unwrap();
        let (sender, letters) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if sender.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        Self { port: u16::try_from(first["port"].as_u64().unwrap()).unwrap(), letters, child }
    }

    /// The next letter: `to`, `from`, `subject`, `id`, `text`, `tls`, `authenticated`.
    ///
    /// # Panics
    /// If none comes.
    #[must_use]
    pub fn next(&self) -> Value {
        self.letters.recv_timeout(PATIENCE).expect("a letter")
    }

    /// The code in the next letter, which goes to this address.
    ///
    /// # Panics
    /// If it doesn't, or holds none.
    #[must_use]
    pub fn code_to(&self, address: &str) -> String {
        let letter = self.next();
        assert_eq!(letter["to"], serde_json::json!([address]));
        let text = letter["text"].as_str().unwrap();
        let line = text.lines().next().unwrap();
        let code: String = line.chars().filter(char::is_ascii_digit).collect();
        assert_eq!(code.len(), 10, "{text}");
        code
    }

    /// No letter came.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.letters.try_recv().is_err()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
