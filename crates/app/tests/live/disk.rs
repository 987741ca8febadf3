//! A full disk: no value leaves without its entry, the answer says so, and with space the same process goes on.

use crate::centre::{Centre, Person, bytes_of, invented, literal, reveal_body};
use crate::http::{Answer, Client};
use crate::server::{BINARY, Server};
use crate::wait::{PATIENCE, found, until};
use serde_json::Value;
use std::fs;
use std::process::Command;
use std::time::Duration;
use testkit::Browser;

struct Desk<'a> {
    centre: &'a Centre,
    client: Client,
    path: String,
    body: Value,
    name: String,
    receipts: Vec<String>,
}

impl<'a> Desk<'a> {
    fn open(centre: &'a Centre, server: &Server, agent: &Person) -> Self {
        let (interaction, customer) = centre.call_from(&server.client(), agent, 5);
        Self {
            centre,
            client: server.client().bearer(&agent.token),
            path: format!("/v1/customers/{customer}/reveals"),
            body: reveal_body(&interaction, "name", "delivery"),
            name: invented(5).name,
            receipts: Vec::new(),
        }
    }

    /// One reveal: a value with a receipt, or a clear problem without a value.
    fn reveal(&mut self) -> Answer {
        let answer = self.client.post(&self.path, &self.body);
        if answer.status == 200 {
            assert!(answer.text().contains(&self.name));
            self.receipts.push(answer.member("receipt"));
        } else {
            assert_eq!((answer.status, answer.slug().as_str()), (503, "unavailable"), "{}", answer.text());
            assert!(!answer.text().contains(&self.name), "no value leaves");
            assert!(answer.header("retry-after").is_some() && !answer.member("next").is_empty());
        }
        answer
    }

    fn until_full(&mut self) {
        until("commits fail", PATIENCE, || self.reveal().status == 503);
        let refused = (0..50).filter(|_| self.reveal().status == 503).count();
        assert!(refused >= 45, "the disk isn't full: {refused} of 50 were refused");
    }

    fn goes_on(&mut self) {
        until("values leave again", PATIENCE, || self.reveal().status == 200);
        (0..20).for_each(|_| drop(self.reveal().expect(200)));
    }

    fn each_has_its_entry(&self) {
        for receipt in &self.receipts {
            let found =
                self.centre.number(&format!("SELECT count(*) FROM entry WHERE id = {}", literal(&bytes_of(receipt))));
            assert_eq!(found, 1, "a value left without the entry {receipt}");
        }
        println!("{} values left, each with its entry", self.receipts.len());
    }
}

/// Files may not grow: writes fail with "file too large", as on a quota.
#[test]
fn with_a_limit_on_files_nothing_leaves_and_the_same_process_goes_on_when_it_is_lifted() {
    let centre = Centre::filled(50, 1_000_000, 20);
    let agent = centre.hire("Ada", "agent");
    // Whoever sets such a limit ignores the signal that comes with it, or the first write would end the process.
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", BINARY]);
    let server = Server::start_by(shell, &centre.data(), &centre.logs(), "error");
    let mut desk = Desk::open(&centre, &server, &agent);
    (0..20).for_each(|_| drop(desk.reveal().expect(200)));
    let wal = fs::metadata(centre.data().join("ringfence.db-wal")).unwrap().len();
    limit(&server, &format!("{}:", wal + 100_000));
    desk.until_full();
    // Where a reveal has no room left a sign-in, which is smaller, may still have some.
    until("sign-ins fail too", PATIENCE, || sign_in(&server, &agent.token).status != 303);
    assert_eq!(sign_in(&server, &agent.token).status, 503, "a holder isn't told that nobody holds the token");
    assert_eq!(sign_in(&server, "nobodys").status, 401);
    limit(&server, "unlimited:");
    desk.goes_on();
    assert_eq!(sign_in(&server, &agent.token).status, 303);
    desk.each_has_its_entry();
    server.stop();
    centre.holds();
}

fn sign_in(server: &Server, token: &str) -> Answer {
    let page = server.client().with("origin", &format!("http://{}", server.address()));
    let form = page.with("content-type", "application/x-www-form-urlencoded");
    form.ask("POST", "/sign-in", format!("token={token}&device={}", Browser::new().shown()).as_bytes()).unwrap()
}

fn limit(server: &Server, bytes: &str) {
    let set = Command::new("prlimit")
        .args(["--pid", &server.pid().to_string(), &format!("--fsize={bytes}")])
        .status()
        .unwrap();
    assert!(set.success());
}

/// A file system that is really full. Only root may mount one; others do so as root of a namespace of their own.
#[test]
fn on_a_full_file_system_nothing_leaves_and_with_space_the_same_process_goes_on() {
    let centre = Centre::filled(50, 1_000_000, 20);
    let agent = centre.hire("Ada", "agent");
    let Some(disk) = Disk::under(&centre) else {
        return in_a_namespace_of_its_own(
            "disk::on_a_full_file_system_nothing_leaves_and_with_space_the_same_process_goes_on",
        );
    };
    let server = centre.serve();
    let mut desk = Desk::open(&centre, &server, &agent);
    (0..20).for_each(|_| drop(desk.reveal().expect(200)));
    let filler = disk.fill();
    desk.until_full();
    fs::remove_file(filler).unwrap();
    desk.goes_on();
    let filler = disk.fill();
    desk.until_full();
    // Killed while full, started again with space: nothing to repair.
    let mut server = server;
    server.kill();
    fs::remove_file(filler).unwrap();
    centre.holds();
    let server = centre.serve();
    desk.client = server.client().bearer(&agent.token);
    desk.goes_on();
    desk.each_has_its_entry();
    server.stop();
    centre.holds();
}

/// Runs a test of this program again, there; it must pass there.
fn in_a_namespace_of_its_own(test: &str) {
    const INSIDE: &str = "RINGFENCE_TEST_INSIDE_NAMESPACE";
    assert!(std::env::var_os(INSIDE).is_none(), "even there no file system can be mounted");
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount"]).arg(std::env::current_exe().unwrap());
    let status = command.args([test, "--exact", "--nocapture"]).env(INSIDE, "1").status().unwrap();
    assert!(status.success(), "this test needs root, or user namespaces for everybody");
}

/// A small file system that the data directory was moved to.
struct Disk(std::path::PathBuf);

impl Disk {
    fn under(centre: &Centre) -> Option<Self> {
        let (data, before) = (centre.data(), centre.folder().join("before"));
        fs::rename(&data, &before).unwrap();
        fs::create_dir(&data).unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=64m,mode=0700", "tmpfs"]).arg(&data).output();
        if !mounted.is_ok_and(|mounted| mounted.status.success()) {
            return None;
        }
        for file in fs::read_dir(&before).unwrap().flatten() {
            fs::copy(file.path(), data.join(file.file_name())).unwrap();
        }
        Some(Self(data))
    }

    /// Fills it to the last byte.
    fn fill(&self) -> std::path::PathBuf {
        let filler = self.0.join("filler");
        let mut file = fs::File::create(&filler).unwrap();
        let block = [0xaa; 4096];
        let full = std::iter::repeat_with(|| std::io::Write::write_all(&mut file, &block)).find_map(Result::err);
        assert_eq!(full.unwrap().kind(), std::io::ErrorKind::StorageFull);
        filler
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        found("the file system is free", Duration::from_secs(10), || {
            Command::new("umount").arg("-l").arg(&self.0).status().ok().filter(|status| status.success())
        });
    }
}
