//! The README's transcript, replayed: its commands run against the real binary, and what they print is what stands
//! there. Ids, the log's keys and places in it are new at every run; everything else must be the same, the value included.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests: a step that fails must stop the test there, and real processes live in real time"
)]

use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const BINARY: &str = env!("CARGO_BIN_EXE_ringfence");
const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
const PATIENCE: Duration = Duration::from_secs(60);

/// A command as it stands there, with the lines below it.
struct Step {
    command: String,
    printed: Vec<String>,
}

/// The fenced block after the marker.
fn transcript() -> Vec<Step> {
    let text = fs::read_to_string(README).unwrap();
    let after = text.split_once("<!-- transcript").expect_marker();
    let block = after.split_once("```console\n").expect_marker().split("```").next().unwrap().to_owned();
    let mut steps: Vec<Step> = Vec::new();
    for line in block.replace(" \\\n", " ").lines() {
        match line.strip_prefix("$ ") {
            Some(command) => steps.push(Step { command: command.to_owned(), printed: Vec::new() }),
            None => steps.last_mut().unwrap().printed.push(line.to_owned()),
        }
    }
    steps
}

trait Marked<'a> {
    fn expect_marker(self) -> &'a str;
}

impl<'a> Marked<'a> for Option<(&'a str, &'a str)> {
    fn expect_marker(self) -> &'a str {
        self.unwrap_or_else(|| panic!("the README has no transcript")).1
    }
}

/// The demo that the reader has opened in another terminal.
struct Centre {
    demo: Child,
    folder: TempDir,
    address: String,
    /// What stands for something that is new at every run: names in the README and what they are now.
    known: BTreeMap<String, String>,
}

impl Drop for Centre {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        drop(self.demo.kill());
        self.demo.wait().unwrap();
    }
}

impl Centre {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(BINARY);
        command.args(["demo", "--data", "centre", "--quiet-day", "--port", "0", "--output", "json"]);
        command.current_dir(&folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut demo = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(demo.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let opened: Value = serde_json::from_str(&line).unwrap();
        let address = opened["url"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
        let agent = opened["sign_ins"][0]["url"].as_str().unwrap().rsplit_once('/').unwrap().1.to_owned();
        let mut centre = Self { demo, folder, address, known: BTreeMap::new() };
        centre.know("$AT", &format!("http://{}", centre.address));
        centre.know("$ANA", &agent);
        centre
    }

    fn know(&mut self, name: &str, now: &str) {
        self.known.insert(name.to_owned(), now.to_owned());
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// What the README has done before its transcript begins: the agent's token, her call, her customer.
    fn prepare(&mut self) {
        self.ringfence(&["person", "token", &self.known["$ANA"], "--data", "centre", "--token-file", "ana"]);
        let token = fs::read_to_string(self.path("ana")).unwrap();
        fs::write(self.path("ana.header"), format!("Authorization: Bearer {token}")).unwrap();
        let call: Value = found("the agent has a call", PATIENCE, || {
            let listed = self.ringfence(&["interaction", "list", "--output", "jsonl"]);
            serde_json::from_str(listed.lines().next()?).ok()
        });
        self.know("$CALL", call["id"].as_str().unwrap());
        self.know("$CUSTOMER", call["customer"].as_str().unwrap());
    }

    /// The words of a command, with what is known put in.
    fn words(&self, command: &str) -> Vec<String> {
        let mut command = command.to_owned();
        for (name, now) in &self.known {
            command = command.replace(name, now);
        }
        split(&command)
    }

    fn run(&self, command: &str) -> String {
        let words = self.words(command);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["ringfence", arguments @ ..] => self.ringfence(arguments),
            ["curl", arguments @ ..] => self.curl(arguments),
            ["sqlite3", file, statement] => {
                assert_eq!(
                    Connection::open(self.path(file)).unwrap().execute(statement, []).unwrap(),
                    1,
                    "{statement}"
                );
                String::new()
            }
            _ => panic!("the replay has no such command: {command}"),
        }
    }

    fn ringfence(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(BINARY);
        command.args(arguments).current_dir(&self.folder).env_remove("RINGFENCE_DATA").env("RINGFENCE_LOG", "off");
        command.env("RINGFENCE_ADDR", format!("http://{}", self.address)).env("RINGFENCE_TOKEN_FILE", "ana");
        let output = command.output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    }

    /// `curl -s [-H @FILE] URL [--json BODY] [-o FILE] [| jq -r '.a, .b']`.
    fn curl(&self, words: &[&str]) -> String {
        let (words, members) = match words.iter().position(|word| *word == "|") {
            Some(at) => (&words[..at], Some(words[at + 1..].strip_prefix(&["jq", "-r"]).unwrap()[0])),
            None => (words, None),
        };
        let after = |flag: &str| words.iter().position(|word| *word == flag).map(|at| words[at + 1]);
        let header = after("-H").map(|file| fs::read_to_string(self.path(file.strip_prefix('@').unwrap())).unwrap());
        let path = words.iter().find_map(|word| word.strip_prefix(&*self.known["$AT"])).unwrap();
        // An entry has its place in the log after a blink; whoever types the commands doesn't notice.
        let body = found("an answer that is final", PATIENCE, || {
            let (status, body) = self.ask(path, header.as_deref().unwrap_or_default(), after("--json"));
            (status != "202").then_some(body)
        });
        if let Some(file) = after("-o") {
            fs::write(self.path(file), body).unwrap();
            return String::new();
        }
        let Some(members) = members else { return body };
        let json: Value = serde_json::from_str(&body).unwrap();
        let member = |name: &str| json[name.trim().strip_prefix('.').unwrap()].as_str().unwrap().to_owned();
        members.split(',').map(member).collect::<Vec<_>>().join("\n")
    }

    fn ask(&self, path: &str, header: &str, json: Option<&str>) -> (String, String) {
        let mut request = format!("HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.address);
        if !header.is_empty() {
            request.push_str(&format!("{}\r\n", header.trim_end()));
        }
        let request = match json {
            Some(json) => format!(
                "POST {path} {request}content-type: application/json\r\ncontent-length: {}\r\n\r\n{json}",
                json.len()
            ),
            None => format!("GET {path} {request}\r\n"),
        };
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().to_owned(), body.to_owned())
    }
}

/// What comes within patience, looked for again and again.
fn found<T>(what: &str, patience: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + patience;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < end, "{what}: not within {patience:?}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// The words of a shell's line: spaces part them, quotes of both kinds hold them together.
fn split(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in command.chars() {
        match (letter, quote) {
            (' ', None) => words.extend(word.take()),
            ('\'' | '"', None) => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (letter, Some(open)) if letter == open => quote = None,
            (letter, _) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// Hex digits in a row; ids have 32 of them, the names of the log's keys eight.
fn hex_runs(text: &str) -> Vec<&str> {
    let runs = text.split(|letter: char| !matches!(letter, '0'..='9' | 'a'..='f'));
    runs.filter(|run| matches!(run.len(), 8 | 32)).collect()
}

/// A place in the log depends on who was quicker, the day or the reader: `place 31 of 32` becomes `place n of n`.
fn without_places(line: &str) -> String {
    let Some((before, after)) = line.split_once("place ") else { return line.to_owned() };
    let rest = after.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let rest = rest.strip_prefix(" of ").unwrap_or(rest).trim_start_matches(|letter: char| letter.is_ascii_digit());
    format!("{before}place n of n{rest}")
}

/// Binds what is new at every run; true if the lines are the same otherwise.
fn same(expected: &str, printed: &str, known: &mut BTreeMap<String, String>) -> bool {
    let (old, new) = (hex_runs(expected), hex_runs(printed));
    let mut put_in = expected.to_owned();
    for (old, new) in old.iter().zip(&new) {
        let now = known.entry((*old).to_owned()).or_insert_with(|| (*new).to_owned());
        put_in = put_in.replace(old, now);
    }
    old.len() == new.len() && without_places(&put_in) == without_places(printed)
}

#[test]
fn the_transcript_is_what_happens() {
    let mut centre = Centre::open();
    centre.prepare();
    let steps = transcript();
    assert!(steps.len() >= 6, "{} commands are left of the transcript", steps.len());
    for step in steps {
        let printed = centre.run(&step.command);
        let printed: Vec<&str> = printed.lines().collect();
        let fits = printed.len() == step.printed.len()
            && step.printed.iter().zip(&printed).all(|(expected, line)| same(expected, line, &mut centre.known));
        assert!(fits, "$ {}\nprints:\n{}\nand not:\n{}", step.command, printed.join("\n"), step.printed.join("\n"));
    }
}

/// The preparation is prose for the reader and code here: the two say the same.
#[test]
fn what_the_transcript_needs_is_said_before_it() {
    let text = fs::read_to_string(Path::new(README)).unwrap();
    let before = text.split_once("<!-- transcript").unwrap_or_else(|| panic!("the README has no transcript")).0;
    for needed in ["demo --data centre --quiet-day", "person token $ANA --data centre --token-file ana", "> ana.header"]
    {
        assert!(before.contains(needed), "{needed}");
    }
}
