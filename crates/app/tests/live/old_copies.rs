//! Whoever kept a copy of the whole data directory from before an erasure, and has the key file and today's keyring.

use crate::centre::{Centre, invented, reveal_body};
use crate::server::Server;
use domain::{CustomerId, TenantId};
use keyholder::{InProcess, KeyringFile, RootKey};
use keys::{KeyHolder, Shelved};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const NUMBER: u64 = 6;

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o700)).unwrap();
    for file in fs::read_dir(from).unwrap().flatten() {
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

fn key_file(centre: &Centre) -> PathBuf {
    centre.folder().join("elsewhere/root.key")
}

/// Serves a copy, calls from the customer's number and asks for the name; gives what the server answered.
fn ask_of_copy(centre: &Centre, data: &Path, agent: &crate::centre::Person) -> (u16, String) {
    let server = Server::start(data, &centre.logs(), "error");
    let data = serde_json::json!({"interaction": format!("call-{}", centre.message()), "channel": "call",
        "person": agent.id, "from": {"phone": invented(NUMBER).phone}});
    let called = centre.tell(&server.client(), "interaction.connected", &crate::centre::now(), &data);
    if called.status != 202 {
        return (called.status, called.text());
    }
    let interaction = called.member("interaction");
    let client = server.client().bearer(&agent.token);
    let shown = client.get(&format!("/v1/interactions/{interaction}")).expect(200);
    let customer = shown.member("customer");
    let answer =
        client.post(&format!("/v1/customers/{customer}/reveals"), &reveal_body(&interaction, "name", "delivery"));
    server.stop();
    (answer.status, answer.text())
}

/// How many customers' key rows of a database open with the key file and keyring that are there now.
fn rows_that_open(centre: &Centre, data: &Path) -> (usize, usize) {
    let file = KeyringFile::new(&key_file(centre), RootKey::load(&key_file(centre)).unwrap());
    let holder = InProcess::open(
        file,
        Arc::new(app::ambient::SystemClock),
        Arc::new(app::ambient::SystemEntropy),
        vault::waits(),
    )
    .unwrap();
    let database = rusqlite::Connection::open(data.join("ringfence.db")).unwrap();
    let mut all = database.prepare("SELECT id, epoch, wrapped FROM customer").unwrap();
    let rows = all.query_map([], |row| {
        let shelved = Shelved { epoch: row.get(1)?, wrapped: row.get(2)? };
        Ok((CustomerId(row.get(0)?), shelved))
    });
    let rows: Vec<_> = rows.unwrap().map(Result::unwrap).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let opens = |(customer, shelved): &(CustomerId, Shelved)| {
        runtime.block_on(holder.entry_keys(TenantId(1), &[(*customer, shelved)])).is_ok()
    };
    (rows.iter().filter(|row| opens(row)).count(), rows.len())
}

#[test]
fn a_whole_old_copy_with_the_key_file_opens_nobody_once_the_shelf_is_turned() {
    let centre = Centre::filled(30, 1_000, 20);
    let (agent, officer) = (centre.hire("Ada", "agent"), centre.hire("Dee", "data_protection_officer"));
    let old = centre.folder().join("old");
    copy(&centre.data(), &old);
    let control = centre.folder().join("control");
    copy(&centre.data(), &control);
    let (status, text) = ask_of_copy(&centre, &control, &agent);
    assert!(status == 200 && text.contains(&invented(NUMBER).name), "before it, a copy opens: {status} {text}");
    assert_eq!(rows_that_open(&centre, &old), (30, 30));

    let server = centre.serve();
    let (_, customer) = centre.call_from(&server.client(), &agent, NUMBER);
    crate::kinds::erased(&centre, &server, &officer, &customer);
    server.stop();
    centre.good(&["shelf", "turn"]);

    assert_eq!(rows_that_open(&centre, &old), (0, 30), "not a row of the old copy opens");
    let (status, text) = ask_of_copy(&centre, &old, &agent);
    assert!(status != 200 && !text.contains(&invented(NUMBER).name), "{status} {text}");
    // Whom nobody erased is served from the living directory as before.
    assert_eq!(rows_that_open(&centre, &centre.data()), (29, 29));
    let server = centre.serve();
    let (interaction, living) = centre.call_from(&server.client(), &agent, NUMBER + 1);
    let client = server.client().bearer(&agent.token);
    client.post(&format!("/v1/customers/{living}/reveals"), &reveal_body(&interaction, "name", "delivery")).expect(200);
    server.stop();
    centre.holds();
}

#[test]
fn without_its_keyring_a_directory_says_so_and_doctor_watches_over_it() {
    let centre = Centre::new("", "");
    let doctor = |expected: &str| {
        let output = centre.run(&["doctor"]);
        let said = String::from_utf8([output.stdout.as_slice(), &output.stderr].concat()).unwrap();
        assert!(said.contains(expected), "{expected}: {said}");
        output.status.code()
    };
    let ring = KeyringFile::beside(&key_file(&centre));
    assert_eq!(doctor("generation 1"), Some(0));
    fs::set_permissions(&ring, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(doctor("the keyring can be read by others"), Some(2));
    fs::set_permissions(&ring, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(ring.with_extension("keyring.old"), b"left over").unwrap();
    assert_eq!(doctor("left by a change that was cut short"), Some(2));
    centre.good(&["shelf", "turn"]);
    assert_eq!(doctor("generation 3"), Some(0));

    // An old keyring put back: what lies under the new key doesn't open, and doctor knows why.
    let whole = fs::read(&ring).unwrap();
    centre.import_invented(3);
    centre.good(&["shelf", "turn"]);
    fs::write(&ring, &whole).unwrap();
    assert_eq!(doctor("it is an old copy"), Some(2));

    // In the data directory, by whatever way: refused.
    let inside = centre.data().join("ring");
    fs::rename(&ring, &inside).unwrap();
    std::os::unix::fs::symlink(&inside, &ring).unwrap();
    assert_eq!(doctor("the keyring lies in the data directory"), Some(2));
    fs::remove_file(&ring).unwrap();
    let output = centre.run(&["serve", "--port", "0"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("there is no keyring beside the key file; next: put the keyring back"), "{said}");
}
