//! A contact centre in a temporary directory: made, filled and staffed by the binary's own commands.

use crate::http::{Answer, Client};
use crate::server::{BINARY, Server};
use crate::wait::{PATIENCE, found, seconds};
use domain::{BudgetKind, Counter, PersonId};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;
use testkit::TestDatabase;

/// The name of the only tenant.
pub(crate) const TENANT: &str = "acme";
/// Every role's name, in the order of the authorisation table.
pub(crate) const ROLES: [&str; 10] = [
    "agent",
    "team_leader",
    "quality_analyst",
    "security_officer",
    "security_analyst",
    "it_operator",
    "data_protection_officer",
    "board_member",
    "auditor",
    "integrator",
];

/// A person of the centre.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) token: String,
}

/// The centre.
pub(crate) struct Centre {
    folder: TempDir,
    database: TestDatabase,
    secret: String,
    messages: AtomicU64,
}

impl Centre {
    /// An empty one; `top` goes to the top of its configuration, `more` to its end.
    pub(crate) fn new(top: &str, more: &str) -> Self {
        Self::on(TestDatabase::new, top, more)
    }

    /// An empty one on a database of its own.
    fn on(database: impl FnOnce(&Path) -> TestDatabase, top: &str, more: &str) -> Self {
        Self::made(database, top, more, None)
    }

    /// One whose keys are with the key holder at this socket, which runs, with invented customers.
    pub(crate) fn apart(socket: &Path, customers: u64) -> Self {
        let budgets = format!("[budgets]\n{EVEN}\n{}\n{}", acts("person", MANY), acts("tenant", MANY));
        let centre = Self::made(TestDatabase::new, "remask_s = 20", &budgets, Some(socket));
        centre.import_invented(customers);
        centre
    }

    /// The same on the embedded engine, whatever the engine under test.
    pub(crate) fn apart_embedded(socket: &Path, customers: u64) -> Self {
        let budgets = format!("[budgets]\n{EVEN}\n{}\n{}", acts("person", MANY), acts("tenant", MANY));
        let file = |data: &Path| TestDatabase::File(sql::Sqlite::file(data));
        let centre = Self::made(file, "remask_s = 20", &budgets, Some(socket));
        centre.import_invented(customers);
        centre
    }

    fn made(database: impl FnOnce(&Path) -> TestDatabase, top: &str, more: &str, holder: Option<&Path>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder.path().join("data"));
        let centre = Self { folder, database, secret: String::new(), messages: AtomicU64::new(0) };
        fs::create_dir(centre.logs()).unwrap();
        let key = centre.folder.path().join("elsewhere").join("root.key");
        let data = centre.data();
        let address = centre.database.address();
        let keys =
            holder.map_or(["--key-file", key.to_str().unwrap()], |socket| ["--keyholder", socket.to_str().unwrap()]);
        let mut init = vec!["init", data.to_str().unwrap(), "--tenant", TENANT, keys[0], keys[1]];
        init.extend(address.iter().flat_map(|address| ["--store", address]));
        centre.good(&init);
        let config = data.join("ringfence.toml");
        let text = fs::read_to_string(&config).unwrap();
        // Most tests can't wait for a day until what widens counts.
        let more = match more {
            said if said.contains("widening_waits_s") => said.to_owned(),
            said if said.contains("[budgets]") => said.replace("[budgets]", "[budgets]\nwidening_waits_s = 0"),
            said => format!("{said}\n[budgets]\nwidening_waits_s = 0"),
        };
        // Most tests sign in with tokens; those of passkeys need no password either way.
        let text = text.replace("tokens = false", "tokens = true");
        fs::write(&config, format!("probation_days = 0\n{top}\n{text}\n{more}\n")).unwrap();
        let secret = fs::read_to_string(data.join("telephony.secret")).unwrap().trim().to_owned();
        Self { secret, ..centre }
    }

    /// One with invented customers, an allowance per person, and seconds until a value is masked again.
    pub(crate) fn filled(customers: u64, reveals: u32, remask_s: u32) -> Self {
        Self::filled_on(TestDatabase::new, customers, reveals, remask_s)
    }

    /// The same on the embedded engine, whatever the engine under test.
    pub(crate) fn embedded(customers: u64, reveals: u32) -> Self {
        Self::filled_on(|data| TestDatabase::File(sql::Sqlite::file(data)), customers, reveals, 20)
    }

    /// The same on a database that several nodes can serve.
    pub(crate) fn of_nodes(customers: u64, reveals: u32) -> Self {
        Self::filled_on(|_| TestDatabase::for_nodes(), customers, reveals, 20)
    }

    /// The same on that database.
    pub(crate) fn filled_on(
        database: impl FnOnce(&Path) -> TestDatabase,
        customers: u64,
        reveals: u32,
        remask_s: u32,
    ) -> Self {
        // Tests that kill nodes under load again and again lose more of what everybody shares than an hour has.
        let budgets = format!("{}\n{}", acts("person", reveals.into()), acts("tenant", MANY));
        Self::within(database, customers, &budgets, remask_s)
    }

    /// The same within budgets as the configuration says them.
    pub(crate) fn within(
        database: impl FnOnce(&Path) -> TestDatabase,
        customers: u64,
        budgets: &str,
        remask_s: u32,
    ) -> Self {
        let budgets = format!("[budgets]\n{EVEN}\n{budgets}");
        let centre = Self::on(database, &format!("remask_s = {remask_s}"), &budgets);
        centre.import_invented(customers);
        centre
    }

    /// Imports customers that the simulation invents.
    pub(crate) fn import_invented(&self, customers: u64) {
        let file = self.folder.path().join("invented.csv");
        simulation::export::write_csv(&file, customers, SEED, 3).unwrap();
        self.import(&file, &repository().join("examples/maps/generated.toml"));
    }

    /// Imports a file by a map.
    pub(crate) fn import(&self, file: &Path, map: &Path) {
        let errors = self.folder.path().join("import-errors.jsonl");
        let paths = [file, map, &errors].map(|path| path.to_str().unwrap().to_owned());
        self.good(&["import", &paths[0], "--map", &paths[1], "--errors", &paths[2]]);
    }

    /// The data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A place for the test's own files, outside the data directory.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the server's output goes.
    pub(crate) fn logs(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    /// The secret that signs events.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    /// Runs a command on the data directory.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(BINARY);
        command.args(arguments).env("RINGFENCE_DATA", self.data()).env("RINGFENCE_LOG", "warn");
        command.current_dir(self.folder.path()).output().unwrap()
    }

    /// Runs a command that must succeed; gives its standard output.
    pub(crate) fn good(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Adds a person with a token.
    pub(crate) fn hire(&self, name: &str, role: &str) -> Person {
        self.hire_into("", name, role)
    }

    /// Adds one to a team.
    pub(crate) fn hire_into(&self, team: &str, name: &str, role: &str) -> Person {
        self.hire_at(TENANT, team, name, role)
    }

    /// Adds one to a team of a tenant's.
    pub(crate) fn hire_at(&self, tenant: &str, team: &str, name: &str, role: &str) -> Person {
        let of = ["--tenant", tenant];
        let words = ["person", "add", "--name", name, "--role", role, "--team", team, "--output", "json"];
        let added = self.good(&[&words[..], &of].concat());
        let added: Value = serde_json::from_str(&added).unwrap();
        let id = added["person"].as_str().unwrap().to_owned();
        let token = self.good(&[&["person", "token", &id][..], &of].concat()).trim().to_owned();
        Person { id, token }
    }

    /// Serves it.
    pub(crate) fn serve(&self) -> Server {
        Server::start(&self.data(), &self.logs(), "warn")
    }

    /// `ringfence verify` on the data directory.
    pub(crate) fn verify(&self) -> Output {
        self.run(&["verify", self.data().to_str().unwrap()])
    }

    /// The log, the budgets and every tagged row hold.
    pub(crate) fn holds(&self) {
        let output = self.verify();
        let said = [output.stdout.as_slice(), &output.stderr].concat();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&said));
    }

    /// The database, as whoever has the disk sees it.
    pub(crate) fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// One number from the database.
    pub(crate) fn number(&self, question: &str) -> u64 {
        u64::try_from(self.database.number(question)).unwrap()
    }

    /// How many points of information a person has spent, ever.
    pub(crate) fn points_spent(&self, person: &Person) -> u64 {
        let counter = Counter::person(BudgetKind::Information, PersonId::parse(&person.id).unwrap());
        let counter = literal(counter.bytes());
        self.number(&format!("SELECT coalesce(sum(total), 0) FROM budget WHERE counter = {counter}"))
    }

    /// A message id that wasn't used yet.
    pub(crate) fn message(&self) -> String {
        format!("msg_{}", self.messages.fetch_add(1, Ordering::Relaxed))
    }

    /// An event's request, signed; ready to be sent, or bent first.
    pub(crate) fn signed(&self, client: &Client, secret: &str, id: &str, at: i64, body: &[u8]) -> Answer {
        let signature = Webhook::new(secret).unwrap().sign(id, at, body).unwrap();
        unsigned(client, id, at, &signature, body)
    }

    /// Tells that something happened, under a message id of its own.
    pub(crate) fn tell(&self, client: &Client, kind: &str, at: &str, data: &Value) -> Answer {
        let body = json!({"type": kind, "timestamp": at, "data": data}).to_string();
        self.signed(client, &self.secret, &self.message(), seconds(), body.as_bytes())
    }

    /// A call that a person has taken; gives the interaction's id.
    pub(crate) fn call(&self, client: &Client, person: &Person, from: Option<Value>) -> String {
        let mut data =
            json!({"interaction": format!("call-{}", self.message()), "channel": "call", "person": person.id});
        if let Some(from) = from {
            data["from"] = from;
        }
        self.tell(client, "interaction.connected", &now(), &data).expect(202).member("interaction")
    }

    /// A call from a customer whose number is on file; gives interaction and customer.
    pub(crate) fn call_from(&self, client: &Client, person: &Person, customer: u64) -> (String, String) {
        let interaction = self.call(client, person, Some(json!({"phone": invented(customer).phone})));
        let shown = client.bearer(&person.token).get(&format!("/v1/interactions/{interaction}")).expect(200);
        assert_eq!(shown.member("binding"), "matched");
        (interaction, shown.member("customer"))
    }
}

const SEED: u64 = 11;

/// More acts than any test does.
pub(crate) const MANY: u64 = 1_000_000_000;

/// Every act weighs one, whatever it tells.
pub(crate) const EVEN: &str = "weights = { name = 1, postal_address = 1, phone = 1, email = 1, date_of_birth = 1, \
    bank_account = 1, order = 1, preference = 1, note = 1, view = 1, search_miss = 1, search_hit = 1, verify_pass = 1, \
    verify_fail = 1 }";

/// So many acts of a person, a team or everybody in any sixty minutes, and no other limit.
pub(crate) fn acts(subject: &str, per_hour: u64) -> String {
    let purposes = "{ payment = {}, verification = {}, correction = {} }";
    format!("{subject} = {{ hour = {per_hour}, day = {MANY}, days_30 = {MANY}, purpose = {purposes} }}")
}

/// The n-th invented customer, as imported.
pub(crate) fn invented(n: u64) -> simulation::identity::Identity {
    simulation::identity::Identities::with_orders(SEED, 3).nth(n)
}

/// The repository's root.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// This moment, RFC 3339.
pub(crate) fn now() -> String {
    at(seconds())
}

/// A moment, RFC 3339.
pub(crate) fn at(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).unwrap().to_string()
}

/// Sends an event under any signature.
pub(crate) fn unsigned(client: &Client, id: &str, at: i64, signature: &str, body: &[u8]) -> Answer {
    let client = client
        .with("content-type", "application/json")
        .with("webhook-id", id)
        .with("webhook-timestamp", &at.to_string());
    client.with("webhook-signature", signature).ask("POST", "/v1/events", body).unwrap()
}

/// What a reveal asks for.
pub(crate) fn reveal_body(interaction: &str, field: &str, purpose: &str) -> Value {
    json!({"interaction": interaction, "field": field, "instance": 1, "purpose": purpose})
}

/// Fetches a receipt, waiting until its entry is in the tree.
pub(crate) fn receipt(client: &Client, id: &str) -> String {
    found("the entry is in the tree", PATIENCE, || {
        let answer = client.get(&format!("/v1/receipts/{id}"));
        assert!(matches!(answer.status, 200 | 202), "{} {}", answer.head, answer.text());
        (answer.status == 200).then(|| answer.text())
    })
}

/// Sixteen bytes of an id such as `ent_…`.
pub(crate) fn bytes_of(id: &str) -> Vec<u8> {
    let digits = id.split_once('_').unwrap().1;
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
}

/// Bytes as SQL writes them.
pub(crate) fn literal(bytes: &[u8]) -> String {
    format!("x'{}'", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}
