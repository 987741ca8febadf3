//! An old database together with an old backup of the key holder, and a journal that doesn't fit its log: what is noticed by
//! whom, and what isn't.

use crate::centre::{Centre, Person, TENANT, bytes_of, receipt, reveal_body};
use crate::keyholding::Holder;
use crate::server::{BINARY, Server};
use crate::wait::{PATIENCE, until};
use crate::witness_process::{Witness, free_port};
use domain::{CustomerId, EntryId, TenantId};
use keylink::Remote;
use keys::{Header, KeyHolder as _, Place, Release, Shelved};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A centre whose keys are with a key holder, and who works there.
struct Site {
    _folder: tempfile::TempDir,
    holder: Holder,
    centre: Centre,
    port: u16,
    agent: Person,
    keys: PathBuf,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut holder = Holder::new(folder.path());
        holder.start();
        let centre = Centre::apart_embedded(&holder.socket(), 20);
        let agent = centre.hire("Ana Agent", "agent");
        let keys = centre.folder().join("log.keys");
        let site = Self { _folder: folder, holder, centre, port: free_port(), agent, keys };
        let server = site.serve();
        fs::write(&site.keys, server.client().get(&format!("/log/{TENANT}/key")).expect(200).body).unwrap();
        server.stop();
        site
    }

    fn serve(&self) -> Server {
        Server::start_on(self.port, Command::new(BINARY), &self.centre.data(), &self.centre.logs(), "warn")
    }

    fn log(&self) -> String {
        format!("http://127.0.0.1:{}/log/{TENANT}", self.port)
    }

    /// A name is shown; its receipt's id.
    fn reveal(&self, server: &Server, customer: u64) -> String {
        let (interaction, id) = self.centre.call_from(&server.client(), &self.agent, customer);
        let client = server.client().bearer(&self.agent.token);
        let path = format!("/v1/customers/{id}/reveals");
        let mut shown = String::new();
        until("the key holder releases", PATIENCE, || {
            let answer = client.post(&path, &reveal_body(&interaction, "name", "delivery"));
            let released = answer.status == 200;
            if released {
                shown = answer.member("receipt");
            }
            released
        });
        shown
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let Output { status, stderr, .. } = self.centre.run(arguments);
        (status.code(), String::from_utf8(stderr).unwrap())
    }

    fn verify(&self, more: &[&str]) -> (Option<i32>, String) {
        let data = self.centre.data();
        self.run(&[&["verify", data.to_str().unwrap()], more].concat())
    }

    /// The journal, copied as for who compares.
    fn journal(&self, name: &str) -> PathBuf {
        let to = self.centre.folder().join(name);
        fs::create_dir(&to).unwrap();
        for file in fs::read_dir(self.holder.dir()).unwrap().map(Result::unwrap) {
            if file.file_name().to_string_lossy().starts_with("released-") {
                fs::copy(file.path(), to.join(file.file_name())).unwrap();
            }
        }
        to
    }

    fn compare(&self, journal: &Path, more: &[&str]) -> (Option<i32>, String) {
        self.verify(&[&["--journal", journal.to_str().unwrap()], more].concat())
    }
}

fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_files(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

fn put_back(kept: &Path, to: &Path) {
    for entry in fs::read_dir(to).unwrap().map(Result::unwrap) {
        if entry.path().is_file() {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    copy_files(kept, to);
}

#[test]
fn an_old_database_with_an_old_key_holder_shows_by_what_others_keep_and_by_nothing_else() {
    let mut site = Site::new();
    let mut witness = Witness::new(site.centre.folder(), "a");
    witness.trust(&site.keys, Some(&site.log()));
    witness.start();
    let config = site.centre.data().join("ringfence.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}\n{}\n[witnesses]\nquorum = 1\nwithin_s = 2\n", witness.config())).unwrap();
    let keys = site.keys.to_str().unwrap().to_owned();
    let privacy = site.centre.hire("Dora Data", "data_protection_officer");

    let server = site.serve();
    site.reveal(&server, 1);
    server.stop();
    site.holder.kill();
    let [old_data, old_keys] = ["old-data", "old-keys"].map(|name| site.centre.folder().join(name));
    copy_files(&site.centre.data(), &old_data);
    copy_files(&site.holder.dir(), &old_keys);

    // What happens after it, and what others keep of that.
    site.holder.start();
    let server = site.serve();
    let shown: Vec<String> = (2..5).map(|customer| site.reveal(&server, customer)).collect();
    let client = server.client().bearer(&site.agent.token);
    let (_, erased) = site.centre.call_from(&server.client(), &site.agent, 5);
    crate::kinds::erased(&site.centre, &server, &privacy, &erased);
    let [receipt_file, checkpoint, mirror] =
        ["a.receipt", "kept.checkpoint", "mirror"].map(|name| site.centre.folder().join(name));
    fs::write(&receipt_file, receipt(&client, &shown[2])).unwrap();
    fs::write(&checkpoint, server.client().get(&format!("/log/{TENANT}/checkpoint")).expect(200).body).unwrap();
    let follow = ["log", "mirror", &site.log(), "--to", mirror.to_str().unwrap(), "--key", &keys].map(str::to_owned);
    let follow: Vec<&str> = follow.iter().map(String::as_str).collect();
    assert_eq!(site.run(&follow).0, Some(0));
    until("the witness saw it", PATIENCE, || {
        let newest = server.client().get(&format!("/log/{TENANT}/checkpoint")).expect(200).text();
        newest.contains("witness.example/a")
    });
    server.stop();
    site.holder.kill();
    witness.kill();

    // Both put back to the same moment.
    put_back(&old_data, &site.centre.data());
    put_back(&old_keys, &site.holder.dir());
    site.holder.start();
    let server = site.serve();

    // Not noticed: the key holder releases, the node shows, even of whom it erased; the directory holds, the journal fits.
    site.reveal(&server, 5);
    assert_eq!(site.holder.alarms(), "", "the key holder knows no more than its files");
    assert_eq!(site.verify(&[]).0, Some(0));
    let (code, said) = site.compare(&site.journal("journal"), &[]);
    assert_eq!(code, Some(0), "{said}");

    // Noticed: by who has a receipt, a checkpoint, a mirror; by a witness.
    let client = server.client().bearer(&site.agent.token);
    assert_eq!(client.get(&format!("/v1/receipts/{}", shown[2])).status, 404, "what was shown has no entry any more");
    let (code, said) = site.run(&["verify", receipt_file.to_str().unwrap(), "--key", &keys]);
    assert_eq!(code, Some(0), "the receipt still proves that there was one: {said}");
    let (code, said) = site.verify(&["--since", checkpoint.to_str().unwrap()]);
    assert_eq!(code, Some(2), "{said}");
    let (code, said) = site.run(&follow);
    assert!(code == Some(2) && said.contains("ALARM"), "{said}");
    witness.start();
    // The one while the log is shorter than what it signed, the other once it has grown past that.
    let odd = |kind: &String| ["rollback", "fork"].contains(&kind.as_str());
    until("the witness says so", PATIENCE, || witness.alarms().iter().any(odd));
    server.stop();
}

#[test]
fn a_key_without_an_entry_and_an_entry_without_a_key_are_named() {
    let site = Site::new();
    let server = site.serve();
    let shown: Vec<String> = (1..4).map(|customer| site.reveal(&server, customer)).collect();
    let honest = site.journal("honest");
    let (code, said) = site.compare(&honest, &[]);
    assert_eq!(code, Some(0), "{said}");

    // Whoever has a node asks for a key, for an entry that nobody wrote.
    let taken = site.steal();
    let (code, said) = site.compare(&site.journal("stolen"), &[]);
    let named = format!("a key was released for {taken}: no such entry is in the log");
    assert!(code == Some(2) && said.contains(&named), "{said}");

    // Whoever has the key holder takes a line out of its journal, or cuts it.
    let edited = site.centre.folder().join("edited");
    copy_files(&honest, &edited);
    let file = fs::read_dir(&edited).unwrap().map(|file| file.unwrap().path()).max().unwrap();
    let bytes = fs::read(&file).unwrap();
    let entry = bytes_of(&shown[1]);
    let without: Vec<u8> =
        bytes.chunks(72).filter(|record| record.get(13..29) != Some(entry.as_slice())).flatten().copied().collect();
    assert_eq!(without.len() + 72, bytes.len());
    // An entry of the minute before the copy may still get its key: copied again and again, until that is over.
    until("the minute is over", std::time::Duration::from_secs(120), || {
        fs::write(&file, &without).unwrap();
        site.compare(&edited, &[]).0 == Some(2)
    });
    let (_, said) = site.compare(&edited, &[]);
    assert!(said.contains(&format!("{} shows something, and had no key", shown[1])), "{said}");
    assert_eq!(site.compare(&edited, &["--unreleased"]).0, Some(0));
    server.stop();
}

impl Site {
    /// Has the key holder release a customer's key for an entry that isn't there; gives its id.
    fn steal(&self) -> EntryId {
        let database = rusqlite::Connection::open(self.centre.data().join("ringfence.db")).unwrap();
        let row = "SELECT f.customer, c.epoch, c.wrapped, f.field, f.instance, f.version, f.sealed FROM field f \
                   JOIN customer c ON c.tenant = f.tenant AND c.id = f.customer WHERE f.field > 0 ORDER BY c.n, c.id DESC LIMIT 1";
        let (place, shelved, sealed) = database
            .query_row(row, [], |row| {
                let customer = CustomerId(row.get(0)?);
                let place = Place {
                    tenant: TenantId(1),
                    customer,
                    field: row.get(3)?,
                    instance: row.get(4)?,
                    version: row.get::<_, i64>(5)?.unsigned_abs(),
                };
                Ok((place, Shelved { epoch: row.get(1)?, wrapped: row.get(2)? }, row.get::<_, Vec<u8>>(6)?))
            })
            .unwrap();
        let entry = EntryId::mint(&app::ambient::SystemClock, &app::ambient::SystemEntropy);
        let header = Header::parse(&sealed).unwrap();
        // Whoever reads the database knows how many entries there are about a customer, and says the next.
        let counted = "SELECT max(n) FROM (SELECT n FROM customer WHERE id = ?1 UNION ALL SELECT n FROM recent_state WHERE customer = ?1)";
        let n: i64 = database.query_row(counted, [place.customer.0], |row| row.get(0)).unwrap();
        let request = Release { entry, person: None, n: Some(n.unsigned_abs() + 1), shelved: &shelved, place, header };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let keys = runtime.block_on(Remote::new(self.holder.socket()).release(&[request])).unwrap();
        assert!(keys[0].is_ok(), "the key holder can't know: {:?}", keys[0].as_ref().err());
        entry
    }
}
