//! The board line over HTTP, by mail and with the member's own program: what comes, and each way of keeping it from them.

use crate::centre::{Centre, Person};
use crate::http::Client;
use crate::kinds::{is_found, on_page};
use crate::power::{enrol_all, signed};
use crate::server::{BINARY, Server};
use crate::wait::{PATIENCE, found, until};
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};
use testkit::{Authenticator, MailServer};
use vault::{Algorithm, Kind};

struct World {
    centre: Centre,
    server: Server,
    officer: Person,
    it: Person,
    board: Person,
    passkey: Authenticator,
}

impl World {
    fn new(more: &str) -> Self {
        let centre = Centre::new("", more);
        let officer = centre.hire("Ina First", "security_officer");
        let (board, it) = (centre.hire("Bo Board", "board_member"), centre.hire("Ira", "it_operator"));
        let keys = ["ina", "bo"].map(|name| Authenticator::named(Algorithm::Es256, name));
        enrol_all(&centre, &[(&officer, &keys[0]), (&board, &keys[1])]);
        let server = centre.serve();
        let [_, passkey] = keys;
        let world = Self { centre, server, officer, it, board, passkey };
        fs::write(world.path("board.token"), &world.board.token).unwrap();
        let keys = world.server.client().get("/log/acme/key").expect(200).text();
        fs::write(world.path("log.keys"), keys).unwrap();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.centre.folder().join(name)
    }

    fn member(&self) -> Client {
        self.server.client().bearer(&self.board.token)
    }

    /// Makes a key with the member's own program and registers it on a page; gives what that printed.
    fn register(&self, name: &str, mail: &str) -> Value {
        let made: Value =
            serde_json::from_str(&self.centre.good(&["board", "key", "--out", name, "--output", "json"])).unwrap();
        let page = on_page(&self.server.client(), self.server.address(), &self.board.token);
        let mut wanted = json!({"key": made["public"], "mail": mail});
        let asked = page.put("/v1/board/key", &wanted).expect(200).json();
        assert_eq!(asked["check"], made["check"]);
        wanted["assertion"] = signed(&self.passkey, &asked["challenge"]);
        assert!(page.put("/v1/board/key", &wanted).expect(200).member("receipt").starts_with("ent_"));
        made
    }

    /// The first report's sealed file, once it is in the log.
    fn report(&self, number: u64) -> String {
        let path = format!("/v1/board/reports/{number}");
        found("the report", PATIENCE, || {
            Some(self.member().get(&path)).filter(|answer| answer.status == 200).map(|answer| answer.text())
        })
    }

    fn board(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(BINARY);
        command.args(["board"]).args(arguments).args(["--key", "board.key", "--log-key", "log.keys"]);
        command.env("RINGFENCE_ADDR", format!("http://{}", self.server.address()));
        command.env("RINGFENCE_TOKEN_FILE", "board.token").env_remove("RINGFENCE_DATA");
        command.current_dir(self.centre.folder()).output().unwrap()
    }

    fn check(&self, more: &[&str]) -> Output {
        self.board(&[&["check", "--keep", "kept"], more].concat())
    }

    /// What the program says is wrong.
    fn alarm(&self, more: &[&str]) -> String {
        let output = self.check(more);
        assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }

    fn holds(&self) {
        let output = self.check(&[]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Changes what the program remembers, as time would.
    fn remember(&self, change: impl FnOnce(&mut Value)) {
        let file = self.path("kept/state.json");
        let mut state: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        change(&mut state);
        fs::write(file, state.to_string()).unwrap();
    }
}

#[test]
fn a_report_comes_sealed_and_the_members_own_program_reads_it_and_misses_it() {
    let world = World::new("");
    assert!(world.member().get("/v1/board").expect(200).json()["reports"].as_array().unwrap().is_empty());
    world.register("board.key", "");
    let text = world.report(1);
    world.holds();
    // It is a page and a PDF, for the member alone.
    let opened = world.board(&["read", "kept/board-1.txt", "--to", "opened"]);
    assert!(opened.status.success(), "{}", String::from_utf8_lossy(&opened.stderr));
    assert!(fs::read_to_string(world.path("opened/board-1.html")).unwrap().contains("not measured:"));
    assert!(fs::read(world.path("opened/board-1.pdf")).unwrap().starts_with(b"%PDF-"));
    let page = on_page(&world.server.client(), world.server.address(), &world.board.token);
    let shown = page.get("/board").expect(200).text();
    assert!(shown.contains("Report 1") && !shown.contains("data-late") && !shown.contains("data-missing"), "{shown}");

    // A kept file that goes is told of, and kept again; one that is altered is told of until it is moved away.
    let kept = world.path("kept/board-1.txt");
    fs::write(&kept, text.replacen("\nnext ", "\nnext 1", 1)).unwrap();
    for _ in 0..2 {
        assert!(world.alarm(&[]).contains("board-1.txt isn't as it came any more"));
    }
    fs::remove_file(&kept).unwrap();
    let said = world.alarm(&[]);
    assert!(said.contains("board-1.txt is gone") && said.contains("number 1 was kept again"), "{said}");
    assert!(kept.exists());
    world.holds();

    // Late, by the program's own clock alone.
    world.remember(|state| state["next"] = json!(1));
    assert!(world.alarm(&[]).contains("hasn't come"), "{}", world.alarm(&[]));
    world.remember(|state| state["next"] = json!(i64::MAX / 2));
    // Another file of the number that was seen.
    world.remember(|state| state["seen"]["1"] = json!("00".repeat(32)));
    assert!(world.alarm(&[]).contains("two files of number 1"));
    // A number that came, and isn't there any more.
    world.remember(|state| state["seen"]["2"] = json!("11".repeat(32)));
    assert!(world.alarm(&[]).contains("doesn't have number 2 any more"));
    fs::remove_dir_all(world.path("kept")).unwrap();
    // An altered file, and an older one again, out of the mail.
    fs::create_dir(world.path("mail")).unwrap();
    let altered = text.replacen("\nnext ", "\nnext 1", 1);
    fs::write(world.path("mail/a.txt"), &altered).unwrap();
    assert!(world.alarm(&["--from", "mail"]).contains("altered"));
    fs::write(world.path("mail/a.txt"), &text).unwrap();
    for _ in 0..2 {
        assert!(world.check(&["--from", "mail"]).status.success());
    }
    // A log that isn't a continuation of what was seen.
    world.holds();
    world.remember(|state| state["grown"] = json!(1));
    world.remember(|state| state["size"] = json!(i64::MAX));
    assert!(world.alarm(&[]).contains("the log hasn't grown since"));
    for kind in [Kind::BoardReport, Kind::BoardKey, Kind::BoardRead] {
        is_found(&world.server.client().bearer(&world.officer.token), kind);
    }
}

#[test]
fn what_is_done_to_the_database_or_the_key_is_seen_on_the_page_and_by_the_program() {
    let world = World::new("");
    world.register("board.key", "");
    world.report(1);
    world.holds();
    // Another key in the member's place: theirs opens nothing more, and says so.
    world.register("other.key", "");
    let database = world.centre.database();
    let rows = database.keep("admission");
    assert!(database.edit("DELETE FROM admission WHERE kind IN (38, 39)") > 0);
    until("the next is made", PATIENCE, || {
        let line = world.member().get("/v1/board").expect(200).json();
        line["reports"].as_array().unwrap().iter().any(|report| report["number"] == 2)
    });
    world.report(2);
    let said = world.alarm(&[]);
    for wrong in [
        "doesn't have number 1 any more",
        "number 1 was taken out",
        "number 2 isn't sealed to your key",
        "wasn't there before",
    ] {
        assert!(said.contains(wrong), "{wrong}: {said}");
    }
    until("the page says so", PATIENCE, || {
        let page = on_page(&world.server.client(), world.server.address(), &world.board.token);
        let shown = page.get("/board").expect(200).text();
        shown.contains("data-missing") && shown.contains("data-alarm=\"board_line_broken\"")
    });
    is_found(&world.server.client().bearer(&world.officer.token), Kind::BoardMissing);
    drop(rows);
    // The node stops: the program says that as well as what it knows itself.
    world.remember(|state| state["next"] = json!(1));
    let World { centre, server, .. } = world;
    let address = server.address().to_owned();
    server.stop();
    let mut command = Command::new(BINARY);
    command.args(["board", "check", "--keep", "kept", "--key", "board.key", "--log-key", "log.keys"]);
    command.env("RINGFENCE_ADDR", format!("http://{address}")).env("RINGFENCE_TOKEN_FILE", "board.token");
    let output = command.current_dir(centre.folder()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("hasn't come"), "{said}");
    assert_eq!(said.matches("doesn't answer").count(), 1, "{said}");
}

#[test]
fn a_token_that_is_none_of_the_boards_is_a_mistake_and_hides_no_alarm() {
    let world = World::new("");
    world.register("board.key", "");
    let kept = fs::read(world.path("board.token")).unwrap();
    let wrong = |token: &[u8]| {
        fs::write(world.path("board.token"), token).unwrap();
        let output = world.check(&[]);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    world.report(1);
    for token in [b"rft_nobodys".as_slice(), world.it.token.as_bytes()] {
        let (code, said) = wrong(token);
        assert!(code == Some(1) && said.contains("doesn't let you in") && !said.contains("ALARM"), "{said}");
        assert!(said.contains("RINGFENCE_TOKEN_FILE"), "{said}");
    }
    fs::write(world.path("board.token"), &kept).unwrap();
    world.holds();
    world.remember(|state| state["next"] = json!(1));
    let (code, said) = wrong(b"rft_nobodys");
    assert!(code == Some(2) && said.contains("ALARM: the report that was due"), "{said}");
    assert!(said.contains("doesn't let you in"), "a node that lets nobody in hides nothing: {said}");
}

#[test]
fn a_sealed_file_goes_by_mail_and_a_mail_server_that_is_away_is_said() {
    let mail = MailServer::start();
    let config = |port: u16| {
        format!("[mail]\nserver = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nfrom = \"no-reply@example.com\"")
    };
    let world = World::new(&config(mail.port));
    world.register("board.key", "bo@example.com");
    let letter = mail.next();
    assert_eq!(letter["to"], json!(["bo@example.com"]));
    let sealed = letter["attached"]["board-1.txt"].as_str().unwrap();
    assert!(sealed.starts_with("ringfence board file v1\n") && !letter["text"].as_str().unwrap().contains("http"));
    fs::create_dir(world.path("saved")).unwrap();
    fs::write(world.path("saved/board-1.txt"), sealed).unwrap();
    let output = world.check(&["--from", "saved"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let security = world.server.client().bearer(&world.officer.token);
    is_found(&security, Kind::BoardMailed);

    let away = World::new(&config(1));
    away.register("board.key", "bo@example.com");
    is_found(&away.server.client().bearer(&away.officer.token), Kind::BoardMailFailed);
    let line = away.member().get("/v1/board").expect(200).json();
    assert_eq!(line["reports"][0]["mail"], "failed");
    away.report(1);
    away.holds();
}

#[test]
fn the_board_writes_to_security_and_nobody_of_it_reads_it() {
    let world = World::new("");
    let [member, officer, it] = [&world.board, &world.officer, &world.it]
        .map(|one| on_page(&world.server.client(), world.server.address(), &one.token));
    let text = "Why did an attack get through on Monday?";
    member.post("/v1/board/messages", &json!({"text": text})).expect(201);
    officer.post("/v1/board/answers", &json!({"text": "A rule was wrong for an hour."})).expect(201);
    assert_eq!(officer.post("/v1/board/messages", &json!({"text": text})).expect(403).slug(), "role-not-allowed");
    for (page, path) in [(&member, "/board"), (&officer, "/security/board")] {
        let shown = page.get(path).expect(200).text();
        assert!(shown.contains(text) && shown.contains("A rule was wrong for an hour."), "{shown}");
    }
    for path in ["/v1/board", "/v1/board/messages", "/v1/board/reports/1"] {
        assert_eq!(it.get(path).expect(403).slug(), "role-not-allowed");
    }
    for path in ["/board", "/security/board"] {
        it.get(path).expect(403);
    }
    for bad in ["", "   ", &"x".repeat(4_001)] {
        member.post("/v1/board/messages", &json!({"text": bad})).expect(422);
    }
    member.put("/v1/board/key", &json!({"key": "rfboard1:AAAA"})).expect(422);
    let security = world.server.client().bearer(&world.officer.token);
    for kind in [Kind::BoardMessage, Kind::BoardMessagesRead] {
        is_found(&security, kind);
    }
}
