//! `ringfence log export`: security's own command, against a running server that may go away in the middle.

use crate::centre::{Centre, Person, TENANT};
use crate::server::{BINARY, Server};
use serde_json::{Value, json};
use std::fs;
use std::io::{self, Read as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// An officer at the command line.
struct Officer {
    address: String,
    token: PathBuf,
}

impl Officer {
    fn new(centre: &Centre, server: &Server, person: &Person) -> Self {
        let token = centre.folder().join(format!("{}.token", person.id));
        fs::write(&token, &person.token).unwrap();
        Self { address: format!("http://{}", server.address()), token }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.args(["log", "export"]).args(arguments).env("RINGFENCE_TOKEN_FILE", &self.token);
        command.env("RINGFENCE_ADDR", &self.address).env("RINGFENCE_LOG", "error");
        command
    }

    fn export(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }
}

fn lines(text: &[u8]) -> Vec<Value> {
    assert!(text.is_empty() || text.ends_with(b"\n"));
    text.split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

/// Which entries: their places come a moment later.
fn ids(text: &[u8]) -> Vec<String> {
    lines(text).iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn an_export_is_json_lines_with_proofs_and_one_entry_and_overwrites_nothing() {
    let centre = Centre::new("", "");
    let (officer, agent) = (centre.hire("Olu", "security_officer"), centre.hire("Ada", "agent"));
    let server = centre.serve();
    for _ in 0..3 {
        let report = json!({"text": "Somebody took a photograph of a screen."});
        server.client().bearer(&agent.token).post("/v1/reports", &report).expect(201);
    }
    let security = Officer::new(&centre, &server, &officer);

    let output = security.export(&["--kind", "report", "--person", &agent.id]);
    assert!(output.status.success(), "{}", said(&output));
    let found = lines(&output.stdout);
    assert_eq!(found.len(), 3);
    for line in &found {
        let id = line["id"].as_str().unwrap();
        assert!(id.starts_with("ent_") && line["kind"] == "report" && line["person"] == agent.id.as_str());
        assert_eq!(line["proof_url"], format!("/security/proof/{id}"));
        assert_eq!(line["receipt_url"], format!("/v1/receipts/{id}"));
    }
    assert_eq!(said(&output), format!("3 lines from http://{}/log/{TENANT}\n", server.address()));

    let rest = security.export(&["--kind", "report", "--before", found[0]["id"].as_str().unwrap()]);
    assert_eq!(ids(&rest.stdout), ids(&output.stdout)[1..]);
    let none =
        security.export(&["--kind", "report", "--since", "2001-01-01T00:00:00Z", "--until", "2001-01-02T00:00:00Z"]);
    assert!(none.status.success() && none.stdout.is_empty() && said(&none).starts_with("0 lines from "));

    let file = centre.folder().join("out.jsonl");
    let to = ["--kind", "report", "--to", file.to_str().unwrap()];
    assert!(security.export(&to).status.success());
    let written = fs::read(&file).unwrap();
    assert_eq!(ids(&written), ids(&output.stdout));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let again = security.export(&to);
    assert_eq!((again.status.code(), fs::read(&file).unwrap()), (Some(1), written));
    assert!(said(&again).contains("it is there already; next: name a new file"));
    assert!(parts(centre.folder()).is_empty());

    let exported = security.export(&["--kind", "log_exported"]);
    assert_eq!(lines(&exported.stdout).len(), 4, "an entry each; the one that was refused asked nothing");

    let wrong = security.export(&["--since", "yesterday"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        said(&wrong).contains("from is a moment such as") && !said(&wrong).contains("yesterday"),
        "{}",
        said(&wrong)
    );
    assert_eq!(security.export(&["--show", "secret"]).status.code(), Some(1));
    let refused = Officer::new(&centre, &server, &agent).export(&[]);
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0), "{}", said(&refused));
    let nobody = Officer { token: centre.folder().join("none"), ..security };
    assert_eq!(nobody.export(&[]).status.code(), Some(1));
    server.stop();
}

/// The gathered lines of exports that broke off.
fn parts(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|ending| ending == "part")).collect()
}

/// Stands between command and server, and cuts each connection after so many bytes of answers.
struct Cutting {
    address: String,
    after: Arc<AtomicU64>,
}

impl Cutting {
    fn before(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (server, after) = (server.address().to_owned(), Arc::new(AtomicU64::new(u64::MAX)));
        let limit = Arc::clone(&after);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(&server).unwrap());
                let (mut asking, mut asked) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let limit = limit.load(Ordering::SeqCst);
                std::thread::spawn(move || io::copy(&mut asking, &mut asked));
                std::thread::spawn(move || {
                    drop(io::copy(&mut (&server).take(limit), &mut (&client)));
                    drop(client.shutdown(Shutdown::Both));
                    drop(server.shutdown(Shutdown::Both));
                });
            }
        });
        Self { address, after }
    }
}

#[test]
fn an_export_that_broke_off_says_so_and_goes_on_where_it_stopped() {
    let centre = Centre::new("", "");
    let officer = centre.hire("Olu", "security_officer");
    let server = centre.serve();
    let client = server.client().bearer(&officer.token);
    for _ in 0..100 {
        client.get("/v1/reports").expect(200);
    }
    let cutting = Cutting::before(&server);
    let direct = Officer::new(&centre, &server, &officer);
    let security = Officer { address: cutting.address.clone(), token: direct.token.clone() };
    let file = centre.folder().join("out.jsonl");
    let asked = ["--kind", "reports_read"];
    let to = ["--kind", "reports_read", "--to", file.to_str().unwrap()];
    let whole = ids(&direct.export(&asked).stdout);
    assert_eq!(whole.len(), 100);

    cutting.after.store(20_000, Ordering::SeqCst);
    let broken = security.export(&asked);
    let first = ids(&broken.stdout);
    let last = first.last().unwrap();
    assert_eq!((broken.status.code(), &first[..]), (Some(2), &whole[..first.len()]));
    let next = format!("broke off after {} lines", first.len());
    assert!(said(&broken).contains(&next) && said(&broken).contains(&format!("--before {last}")), "{}", said(&broken));

    let broken = security.export(&to);
    assert_eq!((broken.status.code(), file.exists()), (Some(2), false));
    assert!(said(&broken).contains("run the same command again"), "{}", said(&broken));
    let gathered = parts(centre.folder());
    assert_eq!(gathered.len(), 1);
    // As if the machine had stopped within a line.
    let length = fs::metadata(&gathered[0]).unwrap().len();
    fs::OpenOptions::new().write(true).open(&gathered[0]).unwrap().set_len(length - 10).unwrap();

    cutting.after.store(u64::MAX, Ordering::SeqCst);
    let other = centre.folder().join("other.jsonl");
    let unlike = ["--kind", "log_exported", "--to", other.to_str().unwrap()];
    assert!(security.export(&unlike).status.success());
    let resumed = security.export(&to);
    assert!(resumed.status.success(), "{}", said(&resumed));
    assert_eq!(ids(&fs::read(&file).unwrap()), whole, "as if it hadn't stopped");
    assert_eq!(said(&resumed), format!("100 lines from {}/log/{TENANT}\n", cutting.address));
    assert!(parts(centre.folder()).is_empty());
    server.stop();
}
