//! Closes over the real program: a customer's statement checked against a server, a mirror and a data directory; and what
//! somebody with the database can do to closes.

use crate::centre::{Centre, Person, TENANT, receipt, reveal_body};
use crate::server::{BINARY, Server};
use crate::wait::{PATIENCE, found, until};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A centre whose log is closed every second, with a customer whom an agent looked at.
struct Closing {
    centre: Centre,
    server: Server,
    protection: Person,
    customer: String,
    keys: PathBuf,
}

impl Closing {
    fn new() -> Self {
        let centre = Centre::new("remask_s = 5", "[closes]\nevery_s = 1");
        centre.import_invented(20);
        let agent = centre.hire("Ada Agent", "agent");
        let protection = centre.hire("Dee Protection", "data_protection_officer");
        let server = centre.serve();
        let client = server.client();
        let (interaction, customer) = centre.call_from(&client, &agent, 3);
        let reveals = format!("/v1/customers/{customer}/reveals");
        let body = reveal_body(&interaction, "name", "delivery");
        client.bearer(&agent.token).post(&reveals, &body).expect(200);
        let keys = centre.folder().join("log.keys");
        fs::write(&keys, client.get(&format!("/log/{TENANT}/key")).expect(200).body).unwrap();
        Self { centre, server, protection, customer, keys }
    }

    /// Two more closes: whatever was written before is in the second of them.
    fn closed(&self) -> u64 {
        let newest = || {
            let closes = self.server.client().get(&format!("/log/{TENANT}/closes")).expect(200);
            serde_json::from_slice::<Value>(&closes.body).unwrap()["closes"][0]["number"].as_u64().unwrap_or(0)
        };
        let before = newest();
        until("two more closes", PATIENCE, || newest() >= before + 2);
        // The close's own entry gets its place a moment later.
        found("its entry has a place", PATIENCE, || {
            let close = self.server.client().get(&format!("/log/{TENANT}/closes/{}", before + 2)).expect(200);
            serde_json::from_slice::<Value>(&close.body).unwrap()["place"].as_u64()
        });
        before + 2
    }

    fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let token = self.centre.folder().join("dee.token");
        fs::write(&token, &self.protection.token).unwrap();
        let mut command = Command::new(BINARY);
        command.args(arguments).current_dir(self.centre.folder()).env("RINGFENCE_TOKEN_FILE", token);
        command.env("RINGFENCE_ADDR", self.url()).env_remove("RINGFENCE_DATA").output().unwrap()
    }

    fn statement(&self) -> PathBuf {
        let file = self.centre.folder().join("statement.json");
        let given = self.run(&["customer", "statement", &self.customer, "--to", file.to_str().unwrap()]);
        assert!(given.status.success(), "{}", String::from_utf8_lossy(&given.stderr));
        file
    }

    fn verify(&self, log: &str, more: &[&str]) -> (i32, String) {
        let keys = self.keys.to_str().unwrap();
        let fixed = ["verify", log, "--customer", "statement.json", "--key", keys, "--output", "json"];
        let output = self.run(&[&fixed, more].concat());
        let said = [output.stdout.as_slice(), &output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(said).unwrap())
    }

    fn holds(&self, log: &str, more: &[&str]) -> Value {
        let (code, said) = self.verify(log, more);
        assert_eq!(code, 0, "{said}");
        serde_json::from_str(&said).unwrap()
    }

    fn mirror(&self, to: &str) -> String {
        let output = self.run(&["log", "mirror", &self.url(), "--to", to]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Path::new(to).join(TENANT).to_str().unwrap().to_owned()
    }
}

#[test]
fn a_customer_checks_alone_that_these_are_all_the_entries() {
    let closing = Closing::new();
    let file = closing.statement();
    let again = closing.run(&["customer", "statement", &closing.customer, "--to", file.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1), "a file that is there stays as it is");
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let stated: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let kinds: Vec<&str> =
        stated["entries"].as_array().unwrap().iter().map(|line| line["said"]["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["reveal", "statement_given"]);

    closing.closed();
    let mirror = closing.mirror("mirror");
    let address = format!("{}/log/{TENANT}", closing.url());
    let data = closing.centre.data();
    for log in ["mirror", &mirror, &address, data.to_str().unwrap()] {
        let found = closing.holds(log, &[]);
        assert_eq!((found["counted"].as_u64(), found["since"].as_u64()), (Some(2), Some(0)), "{log}: {found}");
        assert_eq!(found["halves"], 2, "{log}");
    }
    // The key alone is enough.
    let bare = serde_json::json!({"format": stated["format"], "origin": stated["origin"], "customer": stated["customer"], "key": stated["key"]});
    fs::write(&file, bare.to_string()).unwrap();
    assert_eq!(closing.holds("mirror", &[])["counted"], 2);

    // Erased: lists don't have them any more, and the receipt says why.
    let client = closing.server.client().bearer(&closing.protection.token);
    let erased = crate::kinds::erased(&closing.centre, &closing.server, &closing.protection, &closing.customer);
    let proof = receipt(&client, &erased.member("receipt"));
    fs::write(closing.centre.folder().join("erasure.receipt"), proof).unwrap();
    closing.closed();
    closing.mirror("mirror");
    let (code, said) = closing.verify("mirror", &[]);
    assert!(code == 2 && said.contains("(check listed)"), "{said}");
    let found = closing.holds("mirror", &["--erased", "erasure.receipt"]);
    assert_eq!((found["counted"].as_u64(), &found["erased"]), (Some(5), &Value::Bool(true)), "{found}");
}

#[test]
fn what_somebody_does_to_the_database_shows_in_the_customers_check() {
    let closing = Closing::new();
    let database = closing.centre.database();
    let before = database.keep(database.states());
    closing.statement();
    closing.closed();
    closing.mirror("mirror");
    assert_eq!(closing.holds("mirror", &[])["counted"], 2);

    // The states from before the statement are put back, with their own valid tags.
    database.put_back(&before);
    closing.closed();
    closing.mirror("mirror");
    let (code, said) = closing.verify("mirror", &[]);
    assert!(code == 2 && said.contains("(check count)"), "{said}");
}

#[test]
fn an_edited_close_or_page_is_named() {
    let closing = Closing::new();
    let last = closing.closed();
    let Closing { centre, server, .. } = closing;
    server.stop();
    let database = centre.database();
    centre.holds();
    let row = format!("tenant = 1 AND number = {last}");
    for (table, edit) in [
        ("close", format!("UPDATE close SET size = size + 1 WHERE {row}")),
        ("close", format!("UPDATE close SET root = zeroblob(32) WHERE {row}")),
        ("close", format!("UPDATE close SET number = number + 900 WHERE {row}")),
        ("close_page", format!("UPDATE close_page SET data = zeroblob(64) WHERE {row}")),
        ("close_page", format!("DELETE FROM close_page WHERE {row}")),
    ] {
        let before = database.keep(table);
        assert_eq!(database.edit(&edit), 1, "{edit}");
        let output = centre.verify();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.code() == Some(2) && said.contains(&format!("table {table}, row {last}")),
            "{edit}: {said}"
        );
        database.put_back(&before);
        centre.holds();
    }
}
