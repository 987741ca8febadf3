//! A centre and its outside witnesses, as processes: killed, restored from old copies, shown a second history.

use crate::centre::{Centre, Person, TENANT, receipt, reveal_body};
use crate::http::{Answer, Client};
use crate::kinds::on_page;
use crate::server::{BINARY, Server};
use crate::wait::{PATIENCE, found, until};
use crate::witness_process::{Witness, free_port};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;
use transparency::{AddCheckpoint, Hash, Note, NoteSigner, sign_checkpoint};

/// A centre with witnesses that trust its log.
struct Site {
    centre: Centre,
    port: u16,
    agent: Person,
    officer: Person,
    witnesses: Vec<Witness>,
}

impl Site {
    /// `rules` go under `[witnesses]`; `watched` says of each witness whether it knows the log's address.
    fn new(rules: &str, watched: &[bool]) -> Self {
        let centre = Centre::filled(30, 100_000, 20);
        let (agent, officer) = (centre.hire("Ana Agent", "agent"), centre.hire("Sol Security", "security_officer"));
        let mut site = Self { centre, port: free_port(), agent, officer, witnesses: Vec::new() };
        let keys = site.centre.folder().join("log.keys");
        let server = site.serve();
        fs::write(&keys, server.client().get(&site.log("key")).expect(200).body).unwrap();
        server.stop();
        let url = format!("http://127.0.0.1:{}/log/{TENANT}", site.port);
        let mut config = fs::read_to_string(site.centre.data().join("ringfence.toml")).unwrap();
        for (name, watched) in ["a", "b", "c"].iter().zip(watched) {
            let mut witness = Witness::new(site.centre.folder(), name);
            witness.trust(&keys, watched.then_some(&url));
            witness.start();
            config.push_str(&witness.config());
            site.witnesses.push(witness);
        }
        fs::write(site.centre.data().join("ringfence.toml"), format!("{config}\n[witnesses]\n{rules}\n")).unwrap();
        site
    }

    fn serve(&self) -> Server {
        Server::start_on(self.port, Command::new(BINARY), &self.centre.data(), &self.centre.logs(), "warn")
    }

    fn log(&self, name: &str) -> String {
        format!("/log/{TENANT}/{name}")
    }

    fn reveal(&self, server: &Server, customer: u64) -> Answer {
        let (interaction, id) = self.centre.call_from(&server.client(), &self.agent, customer);
        let body = reveal_body(&interaction, "name", "delivery");
        server.client().bearer(&self.agent.token).post(&format!("/v1/customers/{id}/reveals"), &body)
    }

    fn status(&self, server: &Server) -> Value {
        let client = server.client().bearer(&self.officer.token);
        serde_json::from_str(&client.get("/v1/log/status").expect(200).text()).unwrap()
    }

    fn witnessed(&self, server: &Server) {
        until("every entry is witnessed", PATIENCE, || self.status(server)["state"] == "witnessed");
    }

    /// The database's files, put aside.
    fn copy(&self, name: &str) {
        let to = self.centre.folder().join(name);
        fs::create_dir(&to).unwrap();
        copy_files(&self.centre.data(), &to);
    }

    /// The database's files, put back.
    fn restore(&self, name: &str) {
        for file in ["ringfence.db", "ringfence.db-wal", "ringfence.db-shm"] {
            // What isn't there needn't go.
            drop(fs::remove_file(self.centre.data().join(file)));
        }
        copy_files(&self.centre.folder().join(name), &self.centre.data());
    }
}

fn copy_files(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy_files(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

fn alarm(witness: &Witness, kind: &str) {
    until(&format!("{} raises {kind}", witness.name), PATIENCE, || {
        witness.alarms().iter().any(|raised| raised == kind)
    });
    let status = witness.run(&["status"]);
    assert_eq!(status.status.code(), Some(2), "an open alarm is an error");
    assert!(String::from_utf8_lossy(&status.stderr).contains("open alarm"));
}

#[test]
fn one_witness_may_be_missing_and_two_may_not() {
    let mut site = Site::new("quorum = 2\nwhen_missing = \"stop\"\nwithin_s = 3", &[true, true, true]);
    let server = site.serve();
    until("witnesses signed what was there", PATIENCE, || site.reveal(&server, 1).status == 200);
    site.witnessed(&server);

    let revealed = site.reveal(&server, 2).expect(200).member("receipt");
    site.witnessed(&server);
    let text = receipt(&server.client().bearer(&site.agent.token), &revealed);
    let file = site.centre.folder().join("the.receipt");
    fs::write(&file, &text).unwrap();
    let [a, b, c] = [0, 1, 2].map(|n| site.witnesses[n].key_file().to_str().unwrap().to_owned());
    let keys = site.centre.folder().join("log.keys");
    let verify = |more: &[&str]| {
        let arguments = [&["verify", file.to_str().unwrap(), "--key", keys.to_str().unwrap()], more].concat();
        site.centre.run(&arguments).status.code()
    };
    assert_eq!(verify(&["--witness", &a, "--witness", &b, "--witness", &c, "--quorum", "2"]), Some(0));
    let stranger = Witness::new(&site.centre.folder().join("logs"), "stranger");
    let stranger = stranger.key_file().to_str().unwrap().to_owned();
    assert_eq!(verify(&["--witness", &stranger]), Some(2), "a witness that didn't sign");
    assert_eq!(verify(&["--witness", &a, "--witness", &stranger, "--quorum", "2"]), Some(2));
    assert_eq!(verify(&["--witness", &a, "--witness", &a]), Some(1), "one witness counted twice");
    assert_eq!(verify(&["--witness", &a, "--quorum", "2"]), Some(1), "more than there are");

    site.witnesses[0].kill();
    site.reveal(&server, 3).expect(200);
    site.witnessed(&server);
    site.witnesses[1].kill();
    site.reveal(&server, 4).expect(200);
    let refused =
        found("disclosures stop", PATIENCE, || Some(site.reveal(&server, 5)).filter(|answer| answer.status != 200));
    let refused = refused.expect(503);
    assert!(refused.text().contains("witnesses-missing") && refused.member("receipt").starts_with("ent_"));
    let status = site.status(&server);
    assert_eq!((status["state"].as_str(), status["quorum"].as_u64()), (Some("missing"), Some(2)), "{status}");
    assert_eq!(status["alarms"][0]["kind"], "disclosures_stopped", "{status}");
    let officer = on_page(&server.client(), server.address(), &site.officer.token);
    assert!(officer.get("/security").expect(200).text().contains("data-alarm=\"disclosures_stopped\""));

    // A restart gives no more time.
    server.stop();
    let server = site.serve();
    assert_eq!(site.reveal(&server, 6).status, 503);
    site.witnesses[1].start();
    until("disclosures go on", PATIENCE, || site.reveal(&server, 7).status == 200);
    assert_eq!(site.status(&server)["alarms"], serde_json::json!([]));
    assert!(site.witnesses.iter().skip(1).all(|witness| witness.alarms().is_empty()), "nothing odd happened");
    server.stop();
    site.centre.holds();
}

#[test]
fn a_centre_that_only_warns_goes_on() {
    let mut site = Site::new("quorum = 1\nwithin_s = 1", &[true]);
    let server = site.serve();
    site.witnessed(&server);
    site.witnesses[0].kill();
    site.reveal(&server, 1).expect(200);
    until("it is shown", PATIENCE, || site.status(&server)["state"] == "missing");
    site.reveal(&server, 2).expect(200);
    assert_eq!(site.status(&server)["when_missing"], "warn");
    site.witnesses[0].start();
    site.witnessed(&server);
}

#[test]
fn a_log_that_goes_back_or_forks_raises_an_alarm_and_is_not_cosigned() {
    let site = Site::new("quorum = 2\nwithin_s = 2", &[true, true]);
    let server = site.serve();
    site.witnessed(&server);
    server.stop();
    site.copy("before");

    let server = site.serve();
    (1..4).for_each(|n| drop(site.reveal(&server, n).expect(200)));
    site.witnessed(&server);
    let size = site.status(&server)["size"].as_u64().unwrap();
    server.stop();

    site.restore("before");
    let server = site.serve();
    site.reveal(&server, 9).expect(200);
    site.witnesses.iter().for_each(|witness| alarm(witness, "rollback"));
    until("the centre says so itself", PATIENCE, || site.status(&server)["state"] == "set_back");
    assert_eq!(site.status(&server)["alarms"][0]["kind"], "log_set_back");

    // It grows past what was witnessed: another history.
    until("the log is longer than before", PATIENCE, || {
        site.reveal(&server, 10).expect(200);
        site.status(&server)["size"].as_u64().unwrap() > size
    });
    site.witnesses.iter().for_each(|witness| alarm(witness, "fork"));
    assert!(site.status(&server)["witnessed"]["size"].as_u64().unwrap_or(0) < size, "the fork counts as witnessed");
    let evidence = site.witnesses[0].dir().join("logs");
    let found: Vec<_> = walk(&evidence).into_iter().filter(|path| path.contains("evidence/fork-")).collect();
    assert!(!found.is_empty());
    let shown = fs::read_to_string(&found[0]).unwrap();
    let signatures = shown.matches("\n\u{2014} ").count();
    assert!(signatures >= 4, "both checkpoints with both signatures each: {signatures}");

    assert!(site.witnesses[0].good(&["acknowledge"]).contains("acknowledged"));
}

fn walk(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path.display().to_string()] }).collect()
}

#[test]
fn a_witness_notices_that_it_was_restored_from_a_backup() {
    let mut site = Site::new("quorum = 2\nwithin_s = 60", &[true, false]);
    let server = site.serve();
    site.witnessed(&server);
    for witness in &mut site.witnesses {
        witness.kill();
        copy_files(&witness.dir(), &prepared(&witness.dir().with_extension("backup")));
        witness.start();
    }
    (1..4).for_each(|n| drop(site.reveal(&server, n).expect(200)));
    site.witnessed(&server);

    for witness in &mut site.witnesses {
        witness.kill();
        fs::remove_dir_all(witness.dir()).unwrap();
        copy_files(&witness.dir().with_extension("backup"), &prepared(&witness.dir()));
        witness.start();
    }
    // The first sees its own signature on the published checkpoint, at its start.
    assert_eq!(site.witnesses[0].alarms(), ["restored"]);
    site.reveal(&server, 5).expect(200);
    // The second looks at nothing: the log shows it what it had signed.
    site.witnesses.iter().for_each(|witness| alarm(witness, "restored"));
    let size = site.status(&server)["size"].as_u64().unwrap();
    let signed = site.status(&server)["witnesses"][0]["signed"]["size"].as_u64().unwrap();
    assert!(signed < size, "it cosigns again before it was recovered");

    site.witnesses[0].kill();
    assert!(site.witnesses[0].good(&["recover"]).contains('1'));
    assert_eq!(site.witnesses[1].run(&["recover"]).status.code(), Some(1), "a running one isn't recovered");
    site.witnesses[1].kill();
    let unknown = site.witnesses[1].run(&["recover"]);
    assert_eq!(unknown.status.code(), Some(1), "nobody told it where the log is");
    let url = format!("http://127.0.0.1:{}/log/{TENANT}", site.port);
    site.witnesses[1].trust(&site.centre.folder().join("log.keys"), Some(&url));
    site.witnesses[1].good(&["recover"]);
    site.witnesses.iter_mut().for_each(Witness::start);
    site.witnessed(&server);
    assert_eq!(site.witnesses[0].run(&["status"]).status.code(), Some(2), "recovering acknowledges nothing");
    site.witnesses[0].good(&["acknowledge"]);
    assert_eq!(site.witnesses[0].run(&["status"]).status.code(), Some(0));
}

fn prepared(folder: &Path) -> std::path::PathBuf {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().mode(0o700).create(folder).unwrap();
    folder.to_path_buf()
}

fn add(client: &Client, body: &[u8]) -> Answer {
    client.ask("POST", "/add-checkpoint", body).unwrap()
}

fn request(old: u64, proof: Vec<Hash>, checkpoint: &str) -> Vec<u8> {
    AddCheckpoint { old, proof, checkpoint: checkpoint.to_owned() }.encode().into_bytes()
}

#[test]
fn a_witness_refuses_what_the_specification_says_and_nobody_can_make_it_cry_wolf() {
    let site = Site::new("quorum = 1", &[true]);
    let server = site.serve();
    site.witnessed(&server);
    let first = server.client().get(&site.log("checkpoint")).expect(200).text();
    site.reveal(&server, 1).expect(200);
    site.witnessed(&server);
    let newest = server.client().get(&site.log("checkpoint")).expect(200).text();
    let size = |note: &str| note.lines().nth(1).unwrap().parse::<u64>().unwrap();
    assert!(size(&first) < size(&newest));
    let witness = &site.witnesses[0];
    let client = witness.client();

    // Replays: an old checkpoint, and the newest with a wrong proof or an old old size.
    let conflict = add(&client, &request(0, Vec::new(), &first)).expect(409);
    assert_eq!(conflict.text(), format!("{}\n", size(&newest)));
    assert!(conflict.head.to_lowercase().contains("content-type: text/x.tlog.size"));
    add(&client, &request(size(&newest), Vec::new(), &first)).expect(400);
    add(&client, &request(size(&newest), vec![[7; 32]], &newest)).expect(422);
    let again = add(&client, &request(size(&newest), Vec::new(), &newest)).expect(200).text();
    assert_eq!(again.matches("\u{2014} witness.example/a ").count(), 2);

    // A stripped line, other keys, another log, no log at all.
    let note = Note::parse(&newest).unwrap();
    for line in &note.signatures()[..2] {
        let stripped = newest.replace(&line.to_string(), "");
        add(&client, &request(size(&newest), Vec::new(), &stripped)).expect(403);
    }
    let checkpoint = transparency::Checkpoint::parse(note.text()).unwrap();
    let forger = |origin: &str| {
        let signers =
            [NoteSigner::ed25519(origin, &[1; 32]).unwrap(), NoteSigner::ml_dsa_44(origin, &[2; 32]).unwrap()];
        let checkpoint = transparency::Checkpoint { origin: origin.into(), ..checkpoint.clone() };
        sign_checkpoint(&checkpoint, &[&signers[0], &signers[1]]).unwrap()
    };
    add(&client, &request(size(&newest), Vec::new(), &forger(&checkpoint.origin))).expect(403);
    add(&client, &request(0, Vec::new(), &forger("log.example/other"))).expect(404);
    for garbage in [&b""[..], b"old 0\n\n", b"\xff\xfe", b"old 0\n\nx\n1\nAAAA\n\n"] {
        add(&client, garbage).expect(400);
    }
    add(&client, &vec![b'x'; 400_000]).expect(413);
    client.ask("GET", "/add-checkpoint", b"").unwrap().expect(405);
    client.ask("GET", "/nothing", b"").unwrap().expect(404);

    // All of it is explained by the published log; the next look says so.
    site.reveal(&server, 2).expect(200);
    site.witnessed(&server);
    let looks = || {
        let said: Value = serde_json::from_str(&client.get("/alarms").expect(200).text()).unwrap();
        said["logs"][0]["seen"].as_u64().unwrap_or(0)
    };
    let seen = looks();
    until("it has looked twice more", PATIENCE, || looks() > seen + 1);
    assert_eq!(witness.alarms(), Vec::<String>::new());
    assert_eq!(witness.run(&["status"]).status.code(), Some(0));
}

#[test]
fn a_log_s_keys_are_confirmed_and_never_change() {
    let centre = Centre::new("", "");
    let server = centre.serve();
    let url = format!("http://{}/log/{TENANT}", server.address());
    let witness = Witness::new(centre.folder(), "a");
    let asked = witness.run(&["trust", "--log", &url]);
    assert_eq!(asked.status.code(), Some(1), "nobody confirmed the keys");
    let said = String::from_utf8_lossy(&asked.stderr).into_owned();
    let confirm = said.rsplit("--confirm ").next().unwrap().trim().to_owned();
    let wrong = confirm.chars().rev().collect::<String>();
    assert_eq!(witness.run(&["trust", "--log", &url, "--confirm", &wrong]).status.code(), Some(2));
    witness.good(&["trust", "--log", &url, "--confirm", &confirm]);

    let text = server.client().get(&format!("/log/{TENANT}/key")).expect(200).text();
    let origin = text.split('+').next().unwrap();
    let others = [NoteSigner::ed25519(origin, &[1; 32]).unwrap(), NoteSigner::ml_dsa_44(origin, &[2; 32]).unwrap()];
    let file = centre.folder().join("other.keys");
    fs::write(&file, others.each_ref().map(|signer| format!("{}\n", signer.verifier_key())).concat()).unwrap();
    let swapped = witness.run(&["trust", "--log", file.to_str().unwrap()]);
    assert_eq!(swapped.status.code(), Some(2), "a log's keys never change");
}

#[test]
fn a_witness_s_directory_is_its_own() {
    let centre = Centre::new("", "");
    let inside = centre.data().join("witness");
    let init = |dir: &Path| {
        let arguments = ["witness", "init", "--name", "w.example/x", "--data", dir.to_str().unwrap()];
        Command::new(BINARY).args(arguments).env_remove("RINGFENCE_DATA").output().unwrap()
    };
    let refused = init(&inside);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("owns that vault's data"));
    let elsewhere = centre.folder().join("elsewhere-w");
    assert!(init(&elsewhere).status.success());
    // The environment names a vault of this user's.
    let serve = ["witness", "serve", "--listen", "127.0.0.1:0", "--data", elsewhere.to_str().unwrap()];
    let refused = Command::new(BINARY).args(serve).env("RINGFENCE_DATA", centre.data()).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let open = Command::new("chmod").args(["750", elsewhere.to_str().unwrap()]).status().unwrap();
    assert!(open.success());
    let refused = Command::new(BINARY).args(serve).env_remove("RINGFENCE_DATA").output().unwrap();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("others may look into it"));
}
