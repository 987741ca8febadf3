//! `ringfence log` and `ringfence verify` on copied logs, at the command line and over HTTP.

use crate::centre::{Centre, TENANT};
use crate::foreign;
use crate::http::Answer;
use crate::log_world::{Copied, History, ORIGIN, entries};
use crate::server::{BINARY, Server};
use crate::wait::{PATIENCE, found, until};
use app::log::{Folder, Source, copy};
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A centre with some hundred entries in its log, its keys in a file, and its server.
struct World {
    centre: Centre,
    server: Server,
    keys: PathBuf,
}

impl World {
    fn new() -> Self {
        let centre = Centre::new("", "");
        let server = centre.serve();
        let keys = centre.folder().join("log.keys");
        fs::write(&keys, server.client().get(&format!("/log/{TENANT}/key")).expect(200).body).unwrap();
        let world = Self { centre, server, keys };
        world.grow(3);
        world
    }

    /// Makes at least so many entries, and waits until every entry there is has its place. (Counting from a published size
    /// isn't enough: entries may have waited then.)
    fn grow(&self, count: u64) {
        let client = self.server.client();
        let agent = self.centre.hire("Ana Agent", "agent");
        for _ in 1..count {
            self.centre.call(&client, &agent, None);
        }
        let all = || self.centre.number("SELECT count(*) FROM entry");
        until("the entries are in the tree", PATIENCE, || self.size() == all());
    }

    fn size(&self) -> u64 {
        let answer = self.server.client().get(&format!("/log/{TENANT}/checkpoint"));
        if answer.status == 404 { 0 } else { answer.text().lines().nth(1).unwrap().parse().unwrap() }
    }

    fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    fn at(&self, name: &str) -> String {
        self.centre.folder().join(name).display().to_string()
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.centre.run(arguments);
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    }

    fn good(&self, arguments: &[&str]) -> String {
        let (code, said) = self.run(arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {said}");
        said
    }

    fn tile(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let client = headers.iter().fold(self.server.client(), |client, (name, value)| client.with(name, value));
        client.get(&format!("/log/{TENANT}/{path}"))
    }
}

#[test]
fn a_log_is_copied_again_and_again_and_checked_offline_by_anybody() {
    let world = World::new();
    let (mirror, keys) = (world.at("mirror"), world.keys.display().to_string());
    world.good(&["log", "mirror", &world.url(), "--to", &mirror, "--key", &keys]);
    let kept = world.at("kept");
    fs::copy(format!("{mirror}/{TENANT}/checkpoint"), &kept).unwrap();
    let first: u64 = fs::read_to_string(&kept).unwrap().lines().nth(1).unwrap().parse().unwrap();
    world.grow(300);
    let said = world.good(&["log", "mirror", &world.url(), "--to", &mirror, "--output", "json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["new"].as_u64(), Some(said["size"].as_u64().unwrap() - first), "{said}");
    assert_eq!(said["trust"], "the keys that the mirror was begun with");
    let again = world.good(&["log", "mirror", &world.url(), "--to", &mirror, "--output", "json"]);
    assert!(again.contains("\"new\":0") && again.contains("\"fetched\":0"), "{again}");

    // A data directory gives the same files, byte for byte but for the checkpoint's hedged signature.
    let own = world.at("own");
    world.good(&["log", "mirror", "--data", world.centre.data().to_str().unwrap(), "--to", &own]);
    for name in files(Path::new(&mirror)) {
        assert_eq!(fs::read(format!("{mirror}/{name}")).unwrap(), fs::read(format!("{own}/{name}")).unwrap(), "{name}");
    }
    assert!(files(Path::new(&mirror)).contains(&format!("{TENANT}/tile/0/000")), "full tiles replace partial ones");
    assert!(!Path::new(&format!("{mirror}/{TENANT}/tile/0/000.p")).exists());

    for place in [mirror.clone(), format!("{mirror}/{TENANT}"), world.url()] {
        let said = world.good(&["log", "fsck", &place, "--key", &keys]);
        assert!(said.starts_with("holds: ") && said.matches("ML-DSA-44 (").count() == 1, "{said}");
    }
    let whole = world.good(&["verify", &mirror, "--key", &keys, "--since", &kept]);
    assert!(whole.contains("contains what the kept checkpoint states"), "{whole}");
    world.good(&["verify", &format!("{mirror}/{TENANT}"), "--key", &keys]);
    world.good(&["verify", &kept, "--key", &keys]);
    world.good(&["verify", world.centre.data().to_str().unwrap(), "--since", &kept]);
    world.good(&["verify", world.centre.data().to_str().unwrap(), "--key", &keys, "--since", &kept]);

    // Without keys, with the wrong ones, or for another log, nothing is proven.
    let (code, said) = world.run(&["verify", &mirror]);
    assert!(code == Some(1) && said.contains("next: give --key"), "{said}");
    let stranger = World::new();
    let foreign = stranger.keys.display().to_string();
    assert_eq!(world.run(&["verify", &mirror, "--key", &foreign]).0, Some(2));
    let (code, said) = world.run(&["verify", &mirror, "--key", &keys, "--key", &foreign]);
    assert!(code == Some(2) && said.contains("there is no log of"), "a log that should be there is missing: {said}");
    let (code, said) = world.run(&["verify", &mirror, "--key", &keys, "--policy", &keys]);
    assert!(code == Some(1) && said.contains("witness NAME KEY"), "{said}");

    // An older state, put back whole, holds only for who remembers nothing.
    let (code, said) =
        world.run(&["verify", &kept, "--key", &keys, "--since", &format!("{mirror}/{TENANT}/checkpoint")]);
    assert!(code == Some(2) && said.contains("older"), "{said}");
    let path = format!("{mirror}/{TENANT}/tile/entries/000");
    let mut bundle = fs::read(&path).unwrap();
    bundle[2 + 67 * 7 + 9] ^= 1;
    fs::write(&path, bundle).unwrap();
    let (code, said) = world.run(&["log", "fsck", &mirror, "--key", &keys]);
    assert!(code == Some(2) && said.contains("entry 7 in tile/entries/000 "), "{said}");
}

fn files(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn tiles_are_served_as_the_specification_says() {
    let world = World::new();
    world.grow(260);
    let size = world.size();
    let width = size % 256;
    let full = world.tile("tile/0/000", &[]).expect(200);
    assert_eq!((full.body.len(), full.header("content-type")), (8192, Some("application/octet-stream")));
    assert!(full.header("cache-control").unwrap().contains("immutable"));
    let checkpoint = world.tile("checkpoint", &[]).expect(200);
    assert_eq!(checkpoint.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(checkpoint.header("cache-control"), Some("no-cache"));

    // The partial tiles of every size that had a checkpoint stay, as wide as they were then.
    assert_eq!(world.tile("tile/0/000.p/5", &[]).expect(200).body, full.body[..160]);
    assert_eq!(world.tile(&format!("tile/0/001.p/{width}"), &[]).expect(200).body.len() as u64, 32 * width);
    assert_eq!(world.tile("tile/1/000.p/1", &[]).expect(200).body.len(), 32);
    assert_eq!(world.tile("tile/entries/000.p/2", &[]).expect(200).body.len(), 2 * 67);
    for nothing in [
        "tile/0/001",
        "tile/0/001.p/255",
        "tile/0/002.p/1",
        "tile/1/000",
        "tile/1/000.p/2",
        "tile/2/000.p/1",
        "tile/8/000",
        "tile/63/000",
        "tile/64/000",
        "tile/entries/001",
        "tile/entries/x001/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/05",
        "tile/0/0",
        "tile/00/000",
        "tile/0/x000/000",
        "tile/data/000",
        "tile/0/000/",
        "tile/0/../0/000",
        "tile",
        "checkpoint/",
    ] {
        assert_eq!(world.tile(nothing, &[]).status, 404, "{nothing}");
    }
    assert_eq!(world.server.client().get("/log/nobody/checkpoint").status, 404);

    // Bundles are compressed for who reads gzip, and for nobody else; both are the same bytes.
    let plain = world.tile("tile/entries/000", &[]).expect(200);
    assert_eq!((plain.header("content-encoding"), plain.header("vary")), (None, Some("accept-encoding")));
    assert_eq!(plain.body.len(), 256 * 67);
    let packed = world.tile("tile/entries/000", &[("accept-encoding", "gzip, identity")]).expect(200);
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let mut unpacked = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(packed.body.as_slice()), &mut unpacked).unwrap();
    assert_eq!(unpacked, plain.body);
    assert_eq!(world.tile("tile/0/000", &[("accept-encoding", "gzip")]).header("content-encoding"), None);

    // And other people's software takes the served files for a log.
    let mirror = world.at("mirror");
    world.good(&["log", "mirror", &format!("{}/log/{TENANT}", world.url()), "--to", &mirror]);
    let keys = fs::read_to_string(&world.keys).unwrap();
    let key = keys.lines().next().unwrap();
    let note = fs::read(Path::new(&mirror).join("checkpoint")).unwrap();
    let stated = foreign::signed(&note, key).unwrap();
    assert_eq!(foreign::verify_files(Path::new(&mirror), key, &stated).unwrap().size, world.size());
}

#[test]
fn tail_prints_each_entry_once_as_it_comes() {
    let world = World::new();
    let mut child = Command::new(BINARY)
        .args(["log", "tail", &world.url(), "--tenant", TENANT, "--from", "1", "--output", "jsonl", "--key"])
        .arg(&world.keys)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let before = world.size();
    let mut place = 1;
    let mut read = |until: u64| {
        while place < until {
            let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
            assert_eq!(line["place"].as_u64(), Some(place));
            assert_eq!((line["label"].as_str().unwrap().len(), line["commit"].as_str().unwrap().len()), (64, 64));
            place += 1;
        }
    };
    read(before);
    world.grow(5);
    read(world.size());
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    found("it ends at a signal", PATIENCE, || child.try_wait().unwrap());
}

#[test]
fn a_mirror_refuses_another_history_and_keeps_both_checkpoints() {
    for (size, differs, word) in
        [(200, u64::MAX, "rolled back"), (600, 599, "forked"), (601, 300, "forked"), (900, 0, "forked")]
    {
        let copied = Copied::new(600);
        let (from, to) = (Folder::new(&copied.place("other")), Folder::new(&copied.mirror()));
        let before = files(&copied.mirror());
        let history = History::new(entries(size, differs));
        let note = copied.signers.sign(size, history.root());
        history.write(&copied.place("other"), &note, &copied.signers.origin_keys());
        let alarm = copy(&from, &to, &copied.keys()).unwrap_err();
        assert!(alarm.to_string().contains("ALARM") && alarm.to_string().contains(word), "{alarm}");
        assert_eq!(alarm.code(), 2);
        assert_eq!(to.checkpoint().unwrap().unwrap(), copied.checkpoint, "the mirror is as it was");
        let after = files(&copied.mirror());
        let new: Vec<&String> = after.iter().filter(|name| !before.contains(name)).collect();
        let [conflict] = new.as_slice() else { panic!("{new:?}") };
        assert!(conflict.starts_with(&format!("conflict-{size}-")));
        assert_eq!(fs::read_to_string(copied.mirror().join(conflict)).unwrap(), note, "the evidence");
    }
}

#[test]
fn two_copyings_at_once_don_t_mix() {
    let copied = Copied::new(300);
    let (from, to) = (Folder::new(&copied.served()), Folder::new(&copied.mirror()));
    let busy = fs::File::open(copied.mirror()).unwrap();
    busy.lock().unwrap();
    let failure = copy(&from, &to, &copied.keys()).unwrap_err().to_string();
    assert!(failure.contains("another copying"), "{failure}");
    drop(busy);
    assert_eq!(copy(&from, &to, &copied.keys()).unwrap().fetched, 0);
}

#[test]
fn a_mirror_grows_in_any_steps_to_the_same_files() {
    let sizes = [1, 2, 255, 256, 257, 511, 600, 601, 1024];
    let copied = Copied::new(1);
    let mirror = Folder::new(&copied.mirror());
    for size in sizes {
        let history = History::new(entries(size, u64::MAX));
        let note = copied.signers.sign(size, history.root());
        let place = copied.place(&format!("at-{size}"));
        history.write(&place, &note, &copied.signers.origin_keys());
        copy(&Folder::new(&place), &mirror, &copied.keys()).unwrap();
        assert_eq!(files(&copied.mirror()), files(&place), "{size}");
        for name in files(&place) {
            assert_eq!(fs::read(place.join(&name)).unwrap(), fs::read(copied.mirror().join(&name)).unwrap(), "{name}");
        }
    }
}

#[test]
fn an_interrupted_copy_goes_on_and_leftovers_that_lie_are_fetched_anew() {
    let copied = Copied::new(600);
    let mirror = copied.place("interrupted");
    for name in ["tile/entries/000", "tile/entries/001"] {
        let to = mirror.join(name);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(copied.served().join(name), to).unwrap();
    }
    let done = copy(&Folder::new(&copied.served()), &Folder::new(&mirror), &copied.keys()).unwrap();
    assert_eq!(done.fetched, 1, "only the bundle that wasn't there");

    let mirror = copied.place("lied-to");
    fs::create_dir_all(mirror.join("tile/entries")).unwrap();
    fs::copy(copied.served().join("tile/entries/001"), mirror.join("tile/entries/000")).unwrap();
    let done = copy(&Folder::new(&copied.served()), &Folder::new(&mirror), &copied.keys()).unwrap();
    assert_eq!(done.fetched, 3);
    assert_eq!(files(&mirror), files(&copied.mirror()));
}

#[test]
fn a_source_that_lies_leaves_the_mirror_as_it_was() {
    let copied = Copied::new(600);
    let history = History::new(entries(900, u64::MAX));
    let place = copied.place("grown");
    for (name, at) in [("tile/entries/002", 9_000), ("tile/entries/003.p/132", 1), ("tile/0/002", 70 * 32)] {
        history.write(&place, &copied.signers.sign(900, history.root()), &copied.signers.origin_keys());
        let mut bytes = fs::read(place.join(name)).unwrap();
        bytes[at] ^= 1;
        fs::write(place.join(name), bytes).unwrap();
        let done = copy(&Folder::new(&place), &Folder::new(&copied.mirror()), &copied.keys());
        let checkpoint = Folder::new(&copied.mirror()).checkpoint().unwrap().unwrap();
        match name {
            // Hash tiles aren't copied but made, so a wrong one only counts where growth is proven from it.
            "tile/0/002" => assert!(done.is_ok() || checkpoint == copied.checkpoint),
            _ => {
                let failure = done.unwrap_err().to_string();
                assert!(failure.contains(name) || failure.contains("don't hash"), "{name}: {failure}");
                assert_eq!(checkpoint, copied.checkpoint);
            }
        }
    }
    assert_eq!(ORIGIN, copied.signers.origin_keys().origin());
}
