//! From an empty directory to a verified log, by the program alone; and what it says of a directory that was edited.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a failed step is a failed test; deadlines are of a real process"
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn ringfence(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringfence"));
    for name in ["RINGFENCE_ADDR", "RINGFENCE_TOKEN_FILE", "RINGFENCE_LOG"] {
        command.env_remove(name);
    }
    command
        .current_dir(folder)
        .env("RINGFENCE_DATA", "data")
        .env("NO_COLOR", "1")
        .env("XDG_CONFIG_HOME", folder.join("keys"));
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    ringfence(folder).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

struct Serving {
    child: Child,
    url: String,
}

impl Serving {
    fn start(folder: &Path) -> Self {
        let mut child = ringfence(folder)
            .args(["serve", "--port", "0", "--output", "json"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told: serde_json::Value = serde_json::from_str(&line).unwrap();
        Self { child, url: told["url"].as_str().unwrap().to_owned() }
    }

    /// Asks it to stop and waits for its end.
    fn stop(mut self) {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(asked.success() && self.child.wait().unwrap().success());
    }
}

const PEOPLE: &str = "customer_no,name,phone\nC1,Ana Diaz,+447400123456\nC2,Ben Okri,none\nC3,Cy Lee,+447400123458\n";
const MAP: &str = "format = \"csv\"\nkey = \"customer_no\"\n[[field]]\nkind = \"name\"\ncolumn = \"name\"\n[[field]]\nkind = \"phone\"\ncolumn = \"phone\"\n";

/// A data directory with two customers, an agent, and everything in the signed log.
fn centre() -> tempfile::TempDir {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path();
    done(folder, &["init", "--tenant", "acme"]);
    fs::write(folder.join("people.csv"), PEOPLE).unwrap();
    fs::write(folder.join("map.toml"), MAP).unwrap();
    let import = run(folder, &["import", "people.csv", "--map", "map.toml", "--output", "json"]);
    let said: serde_json::Value = serde_json::from_slice(&import.stdout).unwrap();
    let expected = serde_json::json!({"already": 0, "in": 2, "refused": 1, "repeated": 0, "rows": 3, "set_aside": 0});
    assert_eq!((import.status.code(), said), (Some(1), expected));
    done(folder, &["person", "add", "--role", "agent", "--name", "Ana Agent"]);
    Serving::start(folder).stop();
    parent
}

#[test]
fn a_new_directory_serves_and_verifies() {
    let parent = centre();
    let folder = parent.path();
    let found = done(folder, &["verify", "data", "--output", "json"]);
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    // The founding is four entries, the import three; then a person and the beginning of service; and the box for reports without a name,
    // if it was made before the end.
    let entries = found["entries"].as_u64().unwrap();
    assert!((9..=10).contains(&entries), "{found}");
    assert_eq!((found["audit_halves"].as_u64(), found["pending"].as_u64()), (Some(entries), Some(0)), "{found}");
    let errors = fs::read_to_string(folder.join("import-errors.jsonl")).unwrap();
    assert!(errors.contains(r#""key":"C2""#) && errors.contains(r#""shape":"aaaa""#), "{errors}");
    let again = done(folder, &["import", "people.csv", "--map", "map.toml", "--output", "json"]);
    assert_eq!(again, "{\"already\":3,\"in\":0,\"refused\":0,\"repeated\":0,\"rows\":3,\"set_aside\":0}\n");
    let doctor = done(folder, &["doctor"]);
    assert!(!doctor.contains("wrong"), "{doctor}");
    assert_eq!(run(folder, &["init"]).status.code(), Some(1), "a directory that isn't empty");
}

#[test]
fn tokens_go_to_a_private_file_and_open_the_api() {
    use std::os::unix::fs::PermissionsExt as _;
    let parent = centre();
    let folder = parent.path();
    let people: serde_json::Value =
        serde_json::from_str(&done(folder, &["person", "list", "--output", "json"])).unwrap();
    let id = people[0]["person"].as_str().unwrap();
    assert_eq!(done(folder, &["person", "token", id, "--token-file", "agent.token"]), "");
    assert_eq!(fs::metadata(folder.join("agent.token")).unwrap().permissions().mode() & 0o777, 0o600);
    let serving = Serving::start(folder);
    let call = |arguments: &[&str]| {
        let output = ringfence(folder)
            .args(arguments)
            .env("RINGFENCE_ADDR", &serving.url)
            .env("RINGFENCE_TOKEN_FILE", "agent.token")
            .output()
            .unwrap();
        (output.status.code(), said(&output))
    };
    assert_eq!(call(&["interaction", "list", "--output", "json"]), (Some(0), "[]\n".to_owned()));
    let (code, text) = call(&["interaction", "show", &format!("int_{}", "0".repeat(32))]);
    assert!(code == Some(2) && text.starts_with("error: ") && text.contains("; next: "), "{code:?} {text}");
    assert_eq!(run(folder, &["shelf", "turn"]).status.code(), Some(1), "while it is served");
    done(folder, &["person", "revoke", id]);
    // A server believes what it saw for a moment; then the token is worth nothing.
    let until = Instant::now() + Duration::from_secs(10);
    while call(&["interaction", "list"]).0 != Some(2) {
        assert!(Instant::now() < until, "a revoked token still opens");
    }
    serving.stop();
    let turned = done(folder, &["shelf", "turn", "--output", "json"]);
    assert_eq!(turned, "{\"destroyed\":[1],\"moved\":2,\"shelf\":2,\"waiting\":[]}\n");
}

#[test]
fn an_edited_row_is_named() {
    let parent = centre();
    let folder = parent.path();
    let database = folder.join("data/ringfence.db");
    edit(&database, "UPDATE log_head SET size = size");
    let whole = fs::read(&database).unwrap();
    assert!(!whole.windows(11).any(|part| part == b"+4474001234"), "a name lies in the clear");
    let entry = |change: &str| {
        edit(&database, change);
        let verified = run(folder, &["verify", "data"]);
        fs::write(&database, &whole).unwrap();
        for more in ["-wal", "-shm"] {
            let _ = fs::remove_file(folder.join(format!("data/ringfence.db{more}")));
        }
        (verified.status.code(), said(&verified))
    };
    for (change, about) in [
        ("DELETE FROM entry WHERE id = (SELECT entry FROM placed WHERE place = 0)", "table entry"),
        (
            "UPDATE entry SET leaf = randomblob(65) WHERE id = (SELECT entry FROM placed WHERE place = 0)",
            "table entry, row ent_",
        ),
        (
            "UPDATE entry SET audit = zeroblob(100) WHERE id = (SELECT entry FROM placed WHERE place = 1)",
            "table entry, row ent_",
        ),
        ("UPDATE tile SET data = zeroblob(64) WHERE level = 0", "table tile"),
        ("UPDATE log_head SET size = 1", "table log_head"),
        ("INSERT INTO budget VALUES (1, zeroblob(18), 3, zeroblob(4), randomblob(16), randomblob(16))", "table budget"),
    ] {
        let (code, text) = entry(change);
        assert!(code == Some(2) && text.contains(about), "{change}: {code:?} {text}");
    }
    assert!(run(folder, &["verify", "data"]).status.success());
}

fn edit(database: &Path, change: &str) {
    let connection = rusqlite::Connection::open(database).unwrap();
    connection.execute(change, []).unwrap();
    // One file then holds everything, and can be put back.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}

#[test]
fn a_closed_demo_leaves_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let mut command = ringfence(parent.path());
    command.args(["demo", "--port", "0", "--customers", "40", "--output", "json"]).env("TMPDIR", parent.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(
        line.starts_with("{\"url\":\"http://127.0.0.1:")
            && line.contains(",\"sign_ins\":[{\"role\":\"agent\",\"url\":"),
        "{line}"
    );
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert!(!errors.contains("panicked"), "{errors}");
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0, "{errors}");
}
