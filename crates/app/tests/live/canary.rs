//! A customer whose every field is a canary: after an agent has worked with the record in every way, the canaries are
//! in nothing that was sent unasked, in no log, URL, database or write-ahead log, and, once a value is masked again,
//! not in the process's memory.

use crate::centre::{Centre, Person, invented, receipt};
use crate::http::{Answer, Client, Heard};
use crate::kinds::on_page;
use crate::phones::Phones;
use crate::scan::{Find, Scanner, files};
use crate::server::Server;
use crate::wait::until;
use serde_json::{Value, json};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use testkit::TestDatabase;

const REMASK_S: u64 = 2;

/// What is on file, by field; and the part of each that no mask shows.
const CANARIES: [(&str, &str, &str); 9] = [
    ("name", "Zyqora Vexlumbrin", "Vexlumbrin"),
    ("postal_address", "71 Quorblint Gate|Mexbryford|LS6 3QX|GB", "Quorblint"),
    ("phone", "+447700900977", "7700900977"),
    ("email", "zyqora.vexlumbrin.7719@quorblint.example.org", "vexlumbrin.7719"),
    ("date_of_birth", "1957-03-19", "1957-03-19"),
    ("card", "4929420573595709|11/31", "4929420573595709"),
    ("bank_account", "GB33BUKB20201555555555", "BUKB20201555555555"),
    ("order", "ZQ-77318-904|2026-10-02|4999|GBP|Glimmerfrond lamp", "Glimmerfrond"),
    ("preference", "delivery=behind the Brundlewick shed", "Brundlewick"),
];
/// An order by which the agent finds the customer: what the agent typed is no secret from the agent.
const KNOWN_ORDER: &str = "RF-31-7";

struct Desk {
    centre: Centre,
    server: Server,
    phones: Phones,
    agent: Person,
    client: Client,
    heard: Heard,
    interaction: String,
    customer: String,
    scanner: Scanner,
}

impl Desk {
    fn open() -> Self {
        let phones = Phones::listen();
        let centre = {
            // Every field of one customer is shown in one call.
            let config = format!("{}\n[budgets]\nfields_per_interaction = 100\n", phones.config());
            Centre::new(&format!("remask_s = {REMASK_S}"), &config)
        };
        centre.import_invented(50);
        import_canaries(&centre);
        let agent = centre.hire("Ada", "agent");
        let server = Server::start(&centre.data(), &centre.logs(), "trace");
        let heard = Heard::default();
        let client = server.client().bearer(&agent.token).heard_by(&heard);
        let interaction = centre.call(&server.client(), &agent, None);
        let needles: Vec<(&str, &str)> = CANARIES.iter().map(|(field, _, needle)| (*field, *needle)).collect();
        let scanner = Scanner::new(&needles);
        Self { centre, server, phones, agent, client, heard, interaction, customer: String::new(), scanner }
    }

    fn on_customer(&self, what: &str, mut body: Value) -> Answer {
        body["interaction"] = json!(self.interaction);
        self.client.post(&format!("/v1/customers/{}/{what}", self.customer), &body)
    }

    fn reveal(&self, field: &str, purpose: &str) -> Answer {
        self.on_customer("reveals", json!({"field": field, "instance": 1, "purpose": purpose}))
    }

    fn find_and_claim(&mut self) {
        let path = format!("/v1/interactions/{}", self.interaction);
        let found = self.client.post(&format!("{path}/searches"), &json!({"order": KNOWN_ORDER})).expect(200).json();
        let hit = &found["hits"][0];
        self.customer = hit["customer"].as_str().unwrap().to_owned();
        self.client
            .post(&format!("{path}/claims"), &json!({"customer": hit["customer"], "claim": hit["claim"]}))
            .expect(200);
    }

    fn prove(&self) {
        let path = format!("/v1/interactions/{}", self.interaction);
        self.client.post(&format!("{path}/codes"), &json!({})).expect(202);
        let message = self.phones.next();
        assert_eq!(message["to"], CANARIES[2].1, "the code goes to the customer's own number");
        let entered = json!({"interaction": message["interaction"], "code": message["code"]});
        self.centre
            .tell(&self.server.client(), "interaction.code_entered", &crate::centre::now(), &entered)
            .expect(202);
        assert_eq!(self.client.get(&path).expect(200).member("binding"), "proven");
    }

    fn work_on_masks(&self) {
        let view = self.on_customer("views", json!({})).expect(200);
        assert!(view.json()["fields"].as_array().unwrap().len() > CANARIES.len());
        for (field, said) in [
            ("name", "Somebody Else"),
            ("phone", "+447700900111"),
            ("email", "no@example.org"),
            ("date_of_birth", "1990-01-01"),
            ("postal_address", "1 High St, LS1 4AB"),
        ] {
            let checked = self.on_customer("verifications", json!({"field": field, "said": said}));
            assert!(checked.status == 429 || checked.json()["match"] == false, "{}", checked.text());
        }
        self.on_customer("notes", json!({"text": "Asked about a lamp."})).expect(201);
        receipt(&self.client, &view.member("receipt"));
    }

    /// What is refused, and what can't be read; each must keep quiet about what is on file.
    fn errors(&self) {
        assert_eq!(self.reveal("card", "payment").status, 403);
        assert_eq!(self.reveal("phone", "payment").status, 403);
        assert_eq!(self.reveal("passport", "payment").status, 422);
        assert_eq!(
            self.on_customer("reveals", json!({"field": "order", "instance": 77, "purpose": "delivery"})).status,
            404
        );
        let unreadable = self.on_customer("verifications", json!({"field": "date_of_birth", "said": "garbage"}));
        assert!(unreadable.status / 100 == 4 || unreadable.json()["match"] == false, "{}", unreadable.text());
        let other = self
            .client
            .post(&format!("/v1/interactions/{}/searches", self.interaction), &json!({"phone": invented(3).phone}));
        assert_eq!(other.status, 200);
        for path in [
            "/v1/me",
            "/v1/interactions",
            "/readyz",
            "/metrics",
            "/openapi.json",
            "/log",
            "/log/acme/checkpoint",
            "/log/acme/tile/entries/000.p/5",
            "/desk",
            "/nowhere",
        ] {
            self.client.get(path);
        }
    }

    fn nothing(finds: &[Find]) {
        let lines: Vec<String> = finds.iter().map(|find| format!("{}: {}", find.form, find.place)).collect();
        assert!(finds.is_empty(), "{} canaries got out:\n{}", finds.len(), lines.join("\n"));
    }
}

/// One row among the others, through the same import that everybody uses.
fn import_canaries(centre: &Centre) {
    let (file, map) = (centre.folder().join("canary.csv"), centre.folder().join("canary.toml"));
    let quoted = |text: &str| format!("\"{text}\"");
    let fields = || CANARIES.iter().map(|(field, ..)| *field).chain(["order_2"]);
    let header: Vec<&str> = ["customer_no"].into_iter().chain(fields()).collect();
    let known = format!("{KNOWN_ORDER}|2026-09-01|100|GBP|bulb");
    let row: Vec<String> = ["CANARY-1"]
        .into_iter()
        .chain(CANARIES.iter().map(|(_, value, _)| *value))
        .chain([known.as_str()])
        .map(quoted)
        .collect();
    fs::write(&file, format!("{}\n{}\n", header.join(","), row.join(","))).unwrap();
    let of =
        |column: &str| format!("\n[[field]]\nkind = \"{}\"\ncolumn = \"{column}\"\n", column.trim_end_matches("_2"));
    let fields: String = fields().map(of).collect();
    fs::write(&map, format!("format = \"csv\"\nkey = \"customer_no\"\n{fields}")).unwrap();
    centre.import(&file, &map);
    fs::remove_file(file).unwrap();
}

#[test]
fn no_canary_leaves_unasked_or_stays() {
    let mut desk = Desk::open();
    desk.find_and_claim();
    desk.work_on_masks();
    desk.errors();
    desk.prove();
    // The next call comes from the customer's own number: a byte of it in an answer would be a leak too.
    desk.centre.call(&desk.server.client().heard_by(&desk.heard), &desk.agent, Some(json!({"phone": CANARIES[2].1})));
    assert_eq!(desk.on_customer("views", json!({})).status, 200);
    let unasked = desk.heard.lock().unwrap().clone();
    assert!(unasked.len() > 50_000, "so much was sent: {}", unasked.len());
    Desk::nothing(&desk.scanner.look("sent to the agent", &unasked));

    revealed_as_asked(&desk);
    let remasked = Instant::now() + Duration::from_secs(REMASK_S);
    let (finds, bytes) = desk.scanner.look_in_process(desk.server.pid());
    println!("{bytes} bytes of memory read right after revealing; {} finds", finds.len());
    until("the values are masked again", Duration::from_secs(10), || Instant::now() >= remasked);
    memory_is_clean(&desk, remasked);
    let control = Scanner::new(&[("a word of its own", "ringfence.internal/acme")]);
    assert!(!control.look_in_process(desk.server.pid()).0.is_empty(), "the memory was really read");

    let written = files(&desk.centre.data());
    match desk.centre.database() {
        TestDatabase::File(_) => assert!(written.iter().any(|path| path.ends_with("ringfence.db-wal")), "{written:?}"),
        server @ TestDatabase::Server(..) => {
            CANARIES.iter().for_each(|(name, _, needle)| {
                assert_eq!(server.tables_holding(needle.as_bytes()), Vec::<String>::new(), "{name}");
            });
            assert!(server.tables_holding(b"Ada").contains(&"person".to_owned()), "the tables were really read");
        }
    }
    Desk::nothing(&written.iter().flat_map(|path| desk.scanner.look_in_file(path)).collect::<Vec<_>>());
    let Desk { server, centre, scanner, .. } = desk;
    server.stop();
    let said: Vec<_> = files(&centre.logs());
    assert!(said.iter().any(|path| fs::read_to_string(path).unwrap().contains("stopping")), "nothing was logged");
    Desk::nothing(
        &said.iter().chain(&files(&centre.data())).flat_map(|path| scanner.look_in_file(path)).collect::<Vec<_>>(),
    );
    centre.holds();
}

/// A request that keeps its connection open, in bytes.
fn kept_open(desk: &Desk, method: &str, path: &str, body: &[u8]) -> Vec<u8> {
    let request = desk.client.with("content-type", "application/json").request(method, path, body);
    let text = String::from_utf8(request).unwrap();
    text.replacen("connection: close\r\n", "", 1).into_bytes()
}

fn reveal_kept_open(desk: &Desk, field: &str, purpose: &str) -> Vec<u8> {
    let body = json!({"interaction": desk.interaction, "field": field, "instance": 1, "purpose": purpose});
    kept_open(desk, "POST", &format!("/v1/customers/{}/reveals", desk.customer), body.to_string().as_bytes())
}

fn connected(desk: &Desk) -> TcpStream {
    let stream = TcpStream::connect(desk.server.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// The next whole answer, of which nothing more is read.
fn next_answer(stream: &mut TcpStream) -> Answer {
    let (mut raw, mut byte) = (Vec::new(), [0]);
    while !raw.ends_with(b"\r\n\r\n") {
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "the connection ended");
        raw.push(byte[0]);
    }
    loop {
        if let Some(answer) = Answer::parse(&raw) {
            return answer;
        }
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "the connection ended");
        raw.push(byte[0]);
    }
}

#[test]
fn nor_does_a_value_stay_on_connections_that_are_kept_open() {
    let mut desk = Desk::open();
    desk.find_and_claim();
    desk.prove();
    let mut open: Vec<TcpStream> = (0..4).map(|_| connected(&desk)).collect();
    for (stream, (field, purpose)) in open.iter_mut().zip([
        ("name", "delivery"),
        ("postal_address", "delivery"),
        ("email", "correspondence"),
        ("preference", "complaint"),
    ]) {
        stream.write_all(&reveal_kept_open(&desk, field, purpose)).unwrap();
        let answer = next_answer(stream).expect(200);
        assert!(!desk.scanner.look("", &answer.body).is_empty(), "{field}: {}", answer.text());
    }
    let remasked = Instant::now() + Duration::from_secs(REMASK_S);
    memory_is_clean(&desk, remasked);
    for stream in &mut open {
        stream.write_all(&kept_open(&desk, "GET", "/healthz", b"")).unwrap();
        next_answer(stream).expect(200);
    }
}

/// How many connections to `address` (IPv4) the process that serves it holds: those to its database, which come and go, and
/// those that only the system still keeps (no inode any more), don't count. The table is that of proc_pid_net_tcp(5).
fn held_open(address: &str) -> usize {
    let address: std::net::SocketAddrV4 = address.parse().unwrap();
    let local = format!("{:08X}:{:04X}", u32::from(*address.ip()).swap_bytes(), address.port());
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let rows = table.lines().skip(1).map(|row| row.split_whitespace().collect::<Vec<_>>());
    rows.filter(|row| row[1] == local && row[3] != LISTENING && row[9] != "0").count()
}

const LISTENING: &str = "0A";

/// What doesn't fit into the system's buffers any more waits in the process: for a few seconds, then the connection is cut.
#[test]
fn nor_in_what_a_reader_who_takes_nothing_was_to_be_sent() {
    let mut desk = Desk::open();
    desk.find_and_claim();
    let large = kept_open(&desk, "GET", "/openapi.json", b"");
    let value = reveal_kept_open(&desk, "name", "delivery");
    // How many large answers fit is the system's affair: behind some of them the value still does, behind forty it doesn't.
    let mut unread: Vec<TcpStream> = [0, 2, 4, 6, 8, 9, 10, 11, 12, 40]
        .into_iter()
        .map(|many| {
            let mut stream = connected(&desk);
            let asked: Vec<u8> = large.repeat(many).into_iter().chain(value.iter().copied()).collect();
            stream.write_all(&asked).unwrap();
            stream
        })
        .collect();
    let remasked = Instant::now() + Duration::from_secs(REMASK_S);
    let all = unread.len();
    until("the connections are held", Duration::from_secs(2), || held_open(desk.server.address()) >= all);
    let shown = next_answer(&mut unread[0]).expect(200);
    assert!(!desk.scanner.look("", &shown.body).is_empty(), "{}", shown.text());
    memory_is_clean(&desk, remasked);
    // Nobody has read anything of the last one, and the process doesn't keep it.
    until("who takes nothing is cut off", Duration::from_secs(30), || held_open(desk.server.address()) == 0);
    let mut back = Vec::new();
    drop(unread.pop().unwrap().read_to_end(&mut back));
    assert!(back.len() > 100_000, "it was being answered: {}", back.len());
    Desk::nothing(&desk.scanner.look("what was cut off", &back));
}

/// Each is asked for by right, and then comes whole: so the scanner does find them.
fn revealed_as_asked(desk: &Desk) {
    let purposes = [
        ("name", "delivery"),
        ("postal_address", "delivery"),
        ("phone", "callback"),
        ("email", "correspondence"),
        ("date_of_birth", "verification"),
        ("bank_account", "payment"),
        ("order", "complaint"),
        ("preference", "complaint"),
    ];
    agreed(desk, "bank_account", "payment");
    for (field, purpose) in purposes {
        let answer = desk.reveal(field, purpose).expect(200);
        let finds = desk.scanner.look("", &answer.body);
        assert!(finds.iter().any(|find| find.form.starts_with(field)), "{field}: {}", answer.text());
    }
}

/// A second person, of another team and on a page of their own, agrees to one look.
fn agreed(desk: &Desk, field: &str, purpose: &str) {
    let leader = desk.centre.hire_into("south", "Lea South", "team_leader");
    let page = on_page(&desk.server.client(), desk.server.address(), &leader.token);
    let body = json!({"field": field, "instance": 1, "purpose": purpose});
    let asked = desk.on_customer("approvals", body).expect(202).member("approval");
    let path = format!("/v1/approvals/{asked}/answers");
    page.post(&path, &json!({"answer": "yes"})).expect(204);
}

/// Five seconds after re-masking none is left, in any form.
fn memory_is_clean(desk: &Desk, remasked: Instant) {
    let deadline = remasked + Duration::from_secs(5);
    loop {
        let (finds, bytes) = desk.scanner.look_in_process(desk.server.pid());
        assert!(bytes > 1_000_000, "{bytes} bytes were read");
        if finds.is_empty() {
            println!("{bytes} bytes of memory hold no canary");
            return;
        }
        if Instant::now() >= deadline {
            Desk::nothing(&finds);
        }
    }
}
