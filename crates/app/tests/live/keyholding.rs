//! The separate key holder as a process of its own: killed, started again, asked by those who may not, and what a node
//! without it shows.

use crate::centre::{Centre, Person, bytes_of, literal, reveal_body};
use crate::server::{BINARY, Server};
use crate::wait::{PATIENCE, until};
use serde_json::Value;
use std::fs::{self, File};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// Says where SoftHSM's configuration is.
pub(crate) const TOKENS: &str = "SOFTHSM2_CONF";

/// A key holder; killed when dropped.
pub(crate) struct Holder {
    folder: PathBuf,
    child: Option<Child>,
    /// The configuration of the tokens that it sees, if it sees any.
    pub(crate) tokens: Option<PathBuf>,
}

impl Holder {
    /// A new one under `folder`, that answers this process's user.
    pub(crate) fn new(folder: &Path) -> Self {
        Self::of(folder, &["1"])
    }

    /// One that has keys for these tenants.
    pub(crate) fn of(folder: &Path, tenants: &[&str]) -> Self {
        let holder = Self { folder: folder.to_path_buf(), child: None, tokens: None };
        let uid = fs::metadata(folder).unwrap().uid().to_string();
        let socket = holder.socket();
        let mut init = vec!["init", "--socket", socket.to_str().unwrap(), "--allow-uid", &uid];
        init.extend(tenants.iter().flat_map(|tenant| ["--tenant", tenant]));
        let made = holder.run(&init);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        holder
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.folder.join("holder")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join("holder.sock")
    }

    /// Runs a command on its directory.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(BINARY);
        command.arg("keyholder").args(arguments).arg("--data").arg(self.dir()).env_remove("RINGFENCE_DATA");
        command.envs(self.tokens.as_ref().map(|conf| (TOKENS, conf)));
        command.output().unwrap()
    }

    pub(crate) fn start(&mut self) {
        self.start_until("socket");
    }

    /// Starts it, until it says this word.
    pub(crate) fn start_until(&mut self, word: &str) {
        let log = File::create(self.folder.join("holder.err")).unwrap();
        let said = self.folder.join("holder.out");
        let mut command = Command::new(BINARY);
        command.args(["keyholder", "serve", "--output", "json", "--data"]).arg(self.dir());
        command.env_remove("RINGFENCE_DATA").stdin(Stdio::null()).stdout(File::create(&said).unwrap()).stderr(log);
        command.envs(self.tokens.as_ref().map(|conf| (TOKENS, conf)));
        self.child = Some(command.spawn().unwrap());
        until("the key holder serves", PATIENCE, || fs::read_to_string(&said).unwrap().contains(word));
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may be gone already.
            drop(child.kill());
            child.wait().unwrap();
        }
    }

    /// What it says of itself, as standard error; empty while no alarm is open.
    pub(crate) fn alarms(&self) -> String {
        String::from_utf8(self.run(&["status"]).stderr).unwrap()
    }

    fn edit(&self, from: &str, to: &str) {
        let file = self.dir().join("keyholder.toml");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from));
        fs::write(&file, text.replace(from, to)).unwrap();
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A centre whose keys are with a key holder that runs, with invented customers.
fn apart(customers: u64) -> (tempfile::TempDir, Holder, Centre) {
    let folder = tempfile::tempdir().unwrap();
    let mut holder = Holder::new(folder.path());
    holder.start();
    let centre = Centre::apart(&holder.socket(), customers);
    (folder, holder, centre)
}

fn entries(centre: &Centre) -> u64 {
    centre.number("SELECT count(*) FROM entry")
}

#[test]
fn a_killed_key_holder_stops_disclosure_and_started_again_lets_it_go_on() {
    let (_folder, mut holder, centre) = apart(40);
    let agent = centre.hire("Ada", "agent");
    let server = centre.serve();
    let client = server.client();
    let (interaction, customer) = centre.call_from(&client, &agent, 3);
    let client = client.bearer(&agent.token);
    let path = format!("/v1/customers/{customer}/reveals");
    let body = reveal_body(&interaction, "name", "delivery");
    // Of what was released in the moment before its start it knows nothing: it begins two seconds later, and so does the node.
    until("the key holder releases", PATIENCE, || server.client().get("/readyz").status == 200);
    client.post(&path, &body).expect(200);
    holder.kill();
    let before = entries(&centre);
    until("the node isn't ready", PATIENCE, || {
        let answer = server.client().get("/readyz");
        answer.status == 503 && answer.member("detail") == "the key holder doesn't answer"
    });
    server.client().get("/healthz").expect(200);
    let refused = client.post(&path, &body).expect(503).text();
    assert!(!refused.contains("\"value\""), "{refused}");
    // It was committed, and nothing was shown: the entry says more than happened, never less.
    assert_eq!(entries(&centre), before + 1);

    holder.start();
    until("the node is ready again, without a restart", PATIENCE, || server.client().get("/readyz").status == 200);
    let shown = client.post(&path, &body).expect(200).member("receipt");
    assert_eq!(centre.number(&format!("SELECT count(*) FROM entry WHERE id = {}", literal(&bytes_of(&shown)))), 1);
    server.stop();
    centre.holds();
    assert_eq!(holder.alarms(), "");
}

#[test]
fn a_node_has_no_key_and_a_copy_of_it_nothing_at_all() {
    let (folder, mut holder, centre) = apart(5);
    let agent = centre.hire("Ada", "agent");
    for entry in fs::read_dir(centre.data()).unwrap().map(|entry| entry.unwrap().path()) {
        let bytes = fs::read(&entry).unwrap_or_default();
        let key = bytes.starts_with(b"ringfence root key") || bytes.starts_with(b"ringfence keyring");
        assert!(!key, "{} is a key", entry.display());
    }
    assert!(fs::read_dir(holder.dir()).unwrap().count() > 3);

    // On another machine there is no such socket.
    let data = centre.data();
    let config = fs::read_to_string(data.join("ringfence.toml")).unwrap();
    let elsewhere = data.join("elsewhere.toml");
    fs::write(&elsewhere, config.replace("holder.sock", "nobody.sock")).unwrap();
    let copied = centre.run(&["verify", data.to_str().unwrap(), "--config", elsewhere.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&copied.stderr).into_owned();
    assert!(!copied.status.success() && said.contains("the key holder doesn't answer"), "{said}");

    // Another user on this machine is told nothing, whatever they send.
    holder.kill();
    let uid = fs::metadata(folder.path()).unwrap().uid();
    holder.edit(&format!("allow_uids = [{uid}]"), &format!("allow_uids = [{}]", uid + 1));
    holder.start();
    let other = centre.run(&["person", "token", &agent.id]);
    assert!(!other.status.success(), "{other:?}");
    let log = fs::read_to_string(folder.path().join("holder.err")).unwrap();
    assert!(log.contains("somebody who may not ask"), "{log}");
}

#[test]
fn above_the_ceiling_nothing_is_released_and_security_hears_of_it() {
    let (_folder, mut holder, centre) = apart(40);
    holder.kill();
    holder.edit("person_per_hour = 1000", "person_per_hour = 4");
    holder.start();
    let agents = ["Ada", "Ben"].map(|name| centre.hire(name, "agent"));
    let server = centre.serve();
    assert_eq!(answers(&centre, &server, &holder, &agents[0], 3), [200, 200, 200, 503, 503, 503]);
    assert_eq!(
        answers(&centre, &server, &holder, &agents[1], 4)[..2],
        [200, 200],
        "a ceiling of one person is nobody else's"
    );
    assert!(holder.alarms().contains("\"kind\":\"ceiling\""), "{}", holder.alarms());

    // Nor does a restart give more.
    assert!(holder.run(&["acknowledge"]).status.success());
    assert_eq!(holder.alarms(), "");
    holder.kill();
    holder.start();
    assert_eq!(answers(&centre, &server, &holder, &agents[0], 3), [503; 6]);
    let status = holder.run(&["status", "--output", "json"]);
    let rows: Value = serde_json::from_slice(&status.stdout).unwrap();
    assert!(rows[0]["released"].as_u64().unwrap() >= 7, "{rows}");
    assert!(rows[0]["log"].as_u64().unwrap() > 7, "nobody told of the log: {rows}");
}

/// What six reveals are answered, once the holder has got over its start.
fn answers(centre: &Centre, server: &Server, holder: &Holder, agent: &Person, number: u64) -> Vec<u16> {
    let (interaction, customer) = centre.call_from(&server.client(), agent, number);
    let client = server.client().bearer(&agent.token);
    let path = format!("/v1/customers/{customer}/reveals");
    let reveal = || client.post(&path, &reveal_body(&interaction, "name", "delivery")).status;
    until("the key holder releases", PATIENCE, || reveal() == 200 || holder.alarms().contains("ceiling"));
    (0..6).map(|_| reveal()).collect()
}

#[test]
fn one_process_has_a_key_holders_directory() {
    let (folder, holder, centre) = apart(1);
    let second = holder.run(&["serve"]);
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(second.status.code() == Some(1) && said.contains("another key holder"), "{said}");
    assert!(fs::metadata(folder.path().join("holder.sock")).unwrap().file_type().is_socket());
    let doctor = centre.run(&["doctor"]);
    let text = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(text.contains("a program of its own holds the keys"), "{text}");
    let server = Server::start(&centre.data(), &centre.logs(), "warn");
    until("the node is ready", PATIENCE, || server.client().get("/readyz").status == 200);
}

#[test]
fn a_demo_may_have_its_keys_with_a_program_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let said = folder.path().join("said");
    let mut command = Command::new(BINARY);
    command.args([
        "demo",
        "--keyholder",
        "--quiet-day",
        "--customers",
        "20",
        "--port",
        "0",
        "--output",
        "json",
        "--data",
    ]);
    command.arg(folder.path().join("centre")).env_remove("RINGFENCE_DATA").stdin(Stdio::null());
    let mut demo = command.stdout(File::create(&said).unwrap()).stderr(Stdio::inherit()).spawn().unwrap();
    until("the demo is open", PATIENCE, || fs::read_to_string(&said).unwrap().contains("sign_ins"));
    let config = fs::read_to_string(folder.path().join("centre/ringfence.toml")).unwrap();
    assert!(config.contains("[keyholder]") && !config.contains("root.key"), "{config}");
    let keys = folder.path().join("centre.keyholder");
    assert!(keys.join("root.key").exists() && !folder.path().join("centre.key").exists());
    let socket = keys.join("keys.sock");
    assert!(std::os::unix::net::UnixStream::connect(&socket).is_ok());
    assert!(Command::new("kill").args(["-TERM", &demo.id().to_string()]).status().unwrap().success());
    assert!(demo.wait().unwrap().success());
    until("its key holder has ended with it", PATIENCE, || std::os::unix::net::UnixStream::connect(&socket).is_err());
}
