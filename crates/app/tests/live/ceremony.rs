//! The root key among custodians, as those meet it who do it for the first time: commands one after another, two processes,
//! and everything that people get wrong.

use crate::centre::{Centre, reveal_body};
use crate::http::Client;
use crate::keyholding::Holder;
use crate::kinds::on_page;
use crate::server::BINARY;
use crate::wait::{PATIENCE, until};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A security team with a key holder's directory, and custodians with keys of their own.
struct Team {
    folder: tempfile::TempDir,
    holder: Holder,
}

fn ringfence(arguments: &[&str]) -> Output {
    Command::new(BINARY).args(arguments).env_remove("RINGFENCE_DATA").output().unwrap()
}

/// What a command said on both ways out, and that it ended as it should.
fn said(output: &Output, code: i32) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    let text = String::from_utf8(text).unwrap();
    assert_eq!(output.status.code(), Some(code), "{text}");
    text
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

impl Team {
    fn new(custodians: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let holder = Holder::new(folder.path());
        let team = Self { folder, holder };
        for name in custodians {
            team.custodian(name);
        }
        team
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A new custodian's private key.
    fn custodian(&self, name: &str) -> PathBuf {
        let key = self.path(&format!("{name}.key"));
        let made = said(&ringfence(&["custodian", "key", "--name", name, "--out", text(&key)]), 0);
        assert!(made.contains("check") && made.contains("Next:"), "{made}");
        assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
        key
    }

    fn ceremony(&self, verb: &str, arguments: &[&str]) -> Output {
        let dir = self.holder.dir();
        ringfence(&[&["ceremony", verb, "--data", text(&dir)], arguments].concat())
    }

    fn begin(&self, threshold: &str, custodians: &[&str]) -> Output {
        let keys: Vec<PathBuf> = custodians.iter().map(|name| self.path(&format!("{name}.key.pub"))).collect();
        let to = self.path("shares");
        let named = keys.iter().flat_map(|key| ["--custodian", text(key)]);
        let arguments: Vec<&str> = ["--threshold", threshold, "--to", text(&to)].into_iter().chain(named).collect();
        self.ceremony("begin", &arguments)
    }

    /// The file of a share in a directory, by its number.
    fn share(&self, folder: &str, number: u8) -> PathBuf {
        let end = format!("-{number}.share");
        let mut files = fs::read_dir(self.path(folder)).unwrap().map(|entry| entry.unwrap().path());
        files.find(|path| text(path).ends_with(&end)).unwrap()
    }

    fn key(&self, name: &str) -> PathBuf {
        self.path(&format!("{name}.key"))
    }

    fn unseal(&self, share: &Path, name: &str) -> Output {
        let (socket, key) = (self.holder.socket(), self.key(name));
        let given = ["--socket", text(&socket), "--share", text(share), "--key", text(&key)];
        ringfence(&[&["keyholder", "unseal"], &given[..]].concat())
    }

    /// A command that waits for shares; runs until `given` have handed theirs in.
    fn gathering(&self, arguments: &[&str], given: &[(&Path, &str)]) -> Output {
        let (dir, err) = (self.holder.dir(), self.path("waiting.err"));
        let mut command = Command::new(BINARY);
        command.arg("ceremony").args(arguments).arg("--data").arg(dir).env_remove("RINGFENCE_DATA");
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(&err).unwrap());
        let mut waiting = Waiting(Some(command.spawn().unwrap()));
        until("it waits for shares", PATIENCE, || fs::read_to_string(&err).unwrap().contains("Waiting for"));
        let socket = self.holder.socket();
        for (share, name) in given {
            let key = self.key(name);
            let given = ["--share", text(share), "--key", text(&key), "--socket", text(&socket)];
            said(&ringfence(&[&["ceremony", "open"], &given[..]].concat()), 0);
        }
        let mut output = waiting.0.take().unwrap().wait_with_output().unwrap();
        output.stderr = fs::read(&err).unwrap();
        output
    }

    fn steps(&self) -> Vec<String> {
        let status: Value = serde_json::from_slice(&self.ceremony("status", &["--output", "json"]).stdout).unwrap();
        status["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap().to_owned()).collect()
    }

    /// Shares to Ada, Ben and Cem, of which it takes two, and no root key's file any more.
    fn finished() -> Self {
        let team = Self::new(&["Ada", "Ben", "Cem"]);
        said(&team.begin("2", &["Ada", "Ben", "Cem"]), 0);
        let (first, third) = (team.share("shares", 1), team.share("shares", 3));
        let done = said(&team.gathering(&["finish"], &[(&first, "Ada"), (&third, "Cem")]), 0);
        assert!(done.contains("in no file any more"), "{done}");
        assert!(!team.holder.dir().join("root.key").exists());
        team
    }
}

/// Killed when dropped.
struct Waiting(Option<Child>);

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

#[test]
fn a_sealed_key_holder_releases_nothing_until_two_of_three_custodians_came() {
    let mut team = Team::new(&["Ada", "Ben", "Cem"]);
    team.holder.start();
    let centre = Centre::apart(&team.holder.socket(), 40);
    let (agent, officer) = (centre.hire("Ada", "agent"), centre.hire("An officer", "security_officer"));
    let server = centre.serve();
    let security = server.client().bearer(&officer.token);
    let client = server.client();
    let (interaction, customer) = centre.call_from(&client, &agent, 3);
    let client = client.bearer(&agent.token);
    let path = format!("/v1/customers/{customer}/reveals");
    let body = reveal_body(&interaction, "name", "delivery");
    let reveal = || client.post(&path, &body).status;
    until("the key holder releases", PATIENCE, || reveal() == 200);

    // While it serves, the root key is split, and its file goes.
    said(&team.begin("2", &["Ada", "Ben", "Cem"]), 0);
    let (first, second) = (team.share("shares", 1), team.share("shares", 2));
    said(&team.gathering(&["finish"], &[(&first, "Ada"), (&second, "Ben")]), 0);
    assert!(!team.holder.dir().join("root.key").exists());
    assert_eq!(reveal(), 200, "a running key holder was disturbed");

    team.holder.kill();
    team.holder.start_until("sealed");
    assert_eq!(reveal(), 503);
    said(&team.unseal(&second, "Ben"), 0);
    assert_eq!(reveal(), 503, "one share was enough");
    // Who isn't at that machine sees how far it is, also while it is sealed.
    let told = security.get("/v1/keyholder").expect(200).json();
    let (state, gathering) = (&told["state"], &told["ceremony"]["gathering"]);
    assert_eq!((state, &gathering["for"], &gathering["taken"]), (&json!("sealed"), &json!("unseal"), &json!([2])));
    let page = on_page(&server.client(), server.address(), &officer.token);
    let shown = page.get("/security/ceremony").expect(200).text();
    let command = format!("ringfence keyholder unseal --socket {}", text(&team.holder.socket()));
    assert!(shown.contains("1 of 2 shares handed in") && shown.contains(&command), "{shown}");
    let mark = || security.get("/v1/keyholder/mark").expect(200).member("mark");
    let before = mark();
    let last = said(&team.unseal(&team.share("shares", 3), "Cem"), 0);
    assert!(last.contains("that was the last one needed"), "{last}");
    until("it serves, without a restart of the node", PATIENCE, || reveal() == 200);
    assert_ne!(mark(), before, "an open page learns of it");
    let steps = ["begun", "waiting", "share-taken", "share-taken", "root-file-destroyed"];
    let then = ["waiting", "share-taken", "share-taken", "unsealed"];
    assert_eq!(team.steps(), [&steps[..], &then[..]].concat());
    each_step_is_in_the_log(&mut team, &security);
    for entry in fs::read_dir(team.holder.dir()).unwrap().map(|entry| entry.unwrap().path()) {
        assert!(!fs::read(&entry).unwrap().starts_with(b"ringfence root key"), "{}", entry.display());
    }
    server.stop();
}

/// Each is one entry. What is cut off while no key holder runs that would remember shows by that.
fn each_step_is_in_the_log(team: &mut Team, security: &Client) {
    let logged = |kind: &str| {
        let found = security.get(&format!("/v1/disclosures?kind={kind}")).expect(200).json();
        found["items"].as_array().unwrap().clone()
    };
    until("the log has each step", PATIENCE, || logged("ceremony_step").len() >= team.steps().len());
    let mut places: Vec<_> =
        logged("ceremony_step").iter().map(|one| one["ceremony"]["place"].as_u64().unwrap()).collect();
    places.sort_unstable();
    assert_eq!(places, (1..=9).collect::<Vec<_>>());
    let newest = logged("ceremony_step").into_iter().find(|one| one["ceremony"]["place"] == 9).unwrap();
    let status: Value = serde_json::from_slice(&team.ceremony("status", &["--output", "json"]).stdout).unwrap();
    assert_eq!((&newest["ceremony"]["step"], &newest["ceremony"]["hash"]), (&json!("unsealed"), &status["head"]));
    assert!(!newest.to_string().contains("Cem"), "no names");

    team.holder.kill();
    let path = team.holder.dir().join("ceremonies.jsonl");
    let whole = fs::read_to_string(&path).unwrap();
    fs::write(&path, whole.split_inclusive('\n').take(7).collect::<String>()).unwrap();
    said(&team.ceremony("status", &[]), 0);
    team.holder.start_until("sealed");
    until("what was cut off is missed", PATIENCE, || {
        let status = security.get("/v1/log/status").expect(200).json();
        status["alarms"].as_array().unwrap().iter().any(|alarm| alarm["kind"] == "ceremony_steps_gone")
    });
    let gone = logged("ceremony_steps_gone");
    assert_eq!((gone.len(), &gone[0]["detail"]), (1, &json!(2)));
}

#[test]
fn what_custodians_get_wrong_is_said_in_one_line_and_costs_nothing() {
    let mut team = Team::finished();
    team.holder.start_until("sealed");
    let (ada, ben) = (team.share("shares", 1), team.share("shares", 2));
    let wrong = said(&team.unseal(&ada, "Ben"), 1);
    assert!(wrong.contains("sealed to another key, Ada's; next:"), "{wrong}");
    assert_eq!(wrong.lines().count(), 1, "{wrong}");
    // The same share twice.
    assert!(said(&team.unseal(&ada, "Ada"), 0).contains("Next: one more custodian"));
    let twice = said(&team.unseal(&ada, "Ada"), 2);
    assert!(twice.contains("share 1 was handed in before"), "{twice}");
    // A word that was mistyped from paper is named.
    let paper = String::from_utf8(ringfence(&["ceremony", "print", text(&ben)]).stdout).unwrap();
    let word = paper.lines().find(|line| line.starts_with("  9  ")).unwrap().split_whitespace().nth(2).unwrap();
    let typo = format!("{}{}", if word.starts_with('Z') { 'Y' } else { 'Z' }, &word[1..]);
    let typed = team.path("typed.share");
    fs::write(&typed, paper.replacen(word, &typo, 1)).unwrap();
    let mistyped = said(&team.unseal(&typed, "Ben"), 1);
    assert!(mistyped.contains("under `sealed:` word 10 was mistyped"), "{mistyped}");
    // An edited line.
    fs::write(&typed, paper.replace("threshold: 2", "threshold: 3")).unwrap();
    let edited = said(&team.unseal(&typed, "Ben"), 1);
    assert!(edited.contains("doesn't fit its check words"), "{edited}");
    // A share of another ceremony.
    let other = Team::finished();
    let strange = other.share("shares", 1);
    fs::copy(other.key("Ada"), team.key("Ada elsewhere")).unwrap();
    let refused = said(&team.unseal(&strange, "Ada elsewhere"), 2);
    assert!(refused.contains("of another ceremony"), "{refused}");
    // A private key that others can read.
    fs::set_permissions(team.key("Ben"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(said(&team.unseal(&ben, "Ben"), 1).contains("others may read"));
    fs::set_permissions(team.key("Ben"), fs::Permissions::from_mode(0o600)).unwrap();
    // And the paper, typed in small letters, is as good as the file.
    let sheet = paper.split_once("\n\n").unwrap().1.to_lowercase().replace("custodian: ben", "custodian: Ben");
    fs::write(&typed, sheet).unwrap();
    assert!(said(&team.unseal(&typed, "Ben"), 0).contains("the last one needed"));
    until("it serves", PATIENCE, || fs::read_to_string(team.path("holder.out")).unwrap().contains("socket"));
    let nobody = said(&team.unseal(&ben, "Ben"), 2);
    assert!(nobody.contains("nobody waits for shares there"), "{nobody}");
}

#[test]
fn a_custodian_is_replaced_by_the_others_and_old_shares_are_not_taken() {
    let mut team = Team::finished();
    team.custodian("Dee");
    let (new, to) = (team.path("Dee.key.pub"), team.path("new"));
    let arguments = ["replace", "--custodian", "Ben", "--with", text(&new), "--to", text(&to)];
    let (ada, ben, cem) = (team.share("shares", 1), team.share("shares", 2), team.share("shares", 3));
    let done = said(&team.gathering(&arguments, &[(&cem, "Cem"), (&ada, "Ada")]), 0);
    assert!(done.contains("Dee") && done.contains("The old ones count until 2 custodians"), "{done}");
    // Nobody has shown that a new one opens: the old ones count, Ben's too.
    team.holder.start_until("sealed");
    assert!(said(&team.unseal(&team.share("new", 2), "Dee"), 2).contains("of another ceremony"));
    said(&team.unseal(&ben, "Ben"), 0);
    said(&team.unseal(&ada, "Ada"), 0);
    until("it serves", PATIENCE, || fs::read_to_string(team.path("holder.out")).unwrap().contains("socket"));
    team.holder.kill();
    assert!(said(&team.ceremony("status", &[]), 0).contains("don't count yet"));
    let (first, second) = (team.share("new", 1), team.share("new", 2));
    let done = said(&team.gathering(&["finish"], &[(&second, "Dee"), (&first, "Ada")]), 0);
    assert!(done.contains("only the new shares") && done.contains("The root key is the same"), "{done}");
    assert!(said(&team.ceremony("finish", &[]), 1).contains("no new shares wait"));
    team.holder.start_until("sealed");
    for (share, name) in [(&ada, "Ada"), (&ben, "Ben")] {
        assert!(said(&team.unseal(share, name), 2).contains("of another ceremony"));
    }
    said(&team.unseal(&team.share("new", 2), "Dee"), 0);
    said(&team.unseal(&team.share("new", 1), "Ada"), 0);
    until("it serves", PATIENCE, || fs::read_to_string(team.path("holder.out")).unwrap().contains("socket"));
    assert!(team.steps().contains(&"replaced".to_owned()));
    team.holder.kill();

    // Three of four from now on.
    team.custodian("Eva");
    let keys: Vec<PathBuf> = ["Ada", "Cem", "Dee", "Eva"].map(|name| team.path(&format!("{name}.key.pub"))).to_vec();
    let mut arguments = vec!["reshare", "--threshold", "3", "--to"];
    let third = team.path("third");
    arguments.push(text(&third));
    arguments.extend(keys.iter().flat_map(|key| ["--custodian", text(key)]));
    said(&team.gathering(&arguments, &[(&first, "Ada"), (&second, "Dee")]), 0);
    let new = [4, 2, 3].map(|number| team.share("third", number));
    let shown = [(new[0].as_path(), "Eva"), (new[1].as_path(), "Cem"), (new[2].as_path(), "Dee")];
    said(&team.gathering(&["finish"], &shown), 0);
    assert!(team.steps().contains(&"reshared".to_owned()));
    team.holder.start_until("sealed");
    for (number, name) in [(4, "Eva"), (2, "Cem"), (3, "Dee")] {
        said(&team.unseal(&team.share("third", number), name), 0);
    }
    until("it serves", PATIENCE, || fs::read_to_string(team.path("holder.out")).unwrap().contains("socket"));
}

#[test]
fn a_ceremony_that_cannot_be_is_refused_before_anything_is_written() {
    let team = Team::new(&["Ada", "Ben"]);
    for (threshold, custodians, why) in [
        ("1", ["Ada", "Ben"], "to one custodian alone"),
        ("3", ["Ada", "Ben"], "can't be brought together"),
        ("2", ["Ada", "Ada"], "named twice"),
    ] {
        let refused = said(&team.begin(threshold, &custodians), 1);
        assert!(refused.contains(why) && refused.contains("; next: "), "{refused}");
    }
    assert!(said(&team.ceremony("finish", &[]), 1).contains("no ceremony was held here"));
    assert!(!team.path("shares").exists() && !team.holder.dir().join("custodians").exists());
    said(&team.begin("2", &["Ada", "Ben"]), 0);
    assert!(said(&team.begin("2", &["Ada", "Ben"]), 1).contains("has custodians already"));
    assert!(team.holder.dir().join("root.key").exists(), "the file goes only when custodians have shown their shares");
    // Whoever can't open their share learns it before it matters.
    let (share, key) = (team.share("shares", 2), team.key("Ada"));
    let wrong = ringfence(&["ceremony", "open", "--share", text(&share), "--key", text(&key)]);
    assert!(said(&wrong, 1).contains("Ben's"));
}

#[test]
fn a_rehearsal_goes_through_all_steps_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let played = Command::new(BINARY)
        .args(["ceremony", "rehearse", "--threshold", "3", "--custodians", "5"])
        .env("TMPDIR", folder.path())
        .env("HOME", folder.path())
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = said(&played, 0);
    for word in
        ["REHEARSAL", "ceremony begin", "ceremony finish", "keyholder unseal", "ceremony replace", "nothing was kept"]
    {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
