//! An agent at work over one connection that stays: calls come and end, customers are viewed, values revealed.

use crate::centre::{Centre, Person, invented, now, reveal_body};
use crate::http::Answer;
use crate::server::Server;
use crate::wait::seconds;
use crate::{AGENTS, CALLS, CUSTOMERS};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Requests from one new call to the next. Four of them open, look up, view and end a call, the others reveal.
const CYCLE: u64 = 20;

/// A call that is open.
struct Call {
    /// Its name with the telephony.
    name: String,
    interaction: String,
    customer: u64,
    path: String,
}

/// An agent.
pub(crate) struct Agent {
    person: Person,
    number: u64,
    secret: Webhook,
    address: String,
    stream: TcpStream,
    calls: VecDeque<Call>,
    turn: u64,
    called: u64,
    revealed: u64,
    viewed: u64,
}

impl Agent {
    /// One without calls.
    pub(crate) fn new(centre: &Centre, server: &Server, person: &Person, number: u64) -> Self {
        let stream = TcpStream::connect(server.address()).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Self {
            person: person.clone(),
            number,
            secret: Webhook::new(centre.secret()).unwrap(),
            address: server.address().to_owned(),
            stream,
            calls: VecDeque::new(),
            turn: 0,
            called: 0,
            revealed: 0,
            viewed: 0,
        }
    }

    /// Takes calls until there are as many open as there shall be.
    pub(crate) fn fill(&mut self) {
        while (self.calls.len() as u64) < CALLS {
            self.connect();
            self.look_up();
        }
    }

    /// Values and masked records that left, so far: a point each.
    pub(crate) fn told(&self) -> u64 {
        self.revealed + self.viewed
    }

    /// One request and its answer, which must be a good one.
    pub(crate) fn act(&mut self) {
        match self.turn % CYCLE {
            0 => self.connect(),
            1 => self.look_up(),
            2 => self.view(),
            3 => self.end(),
            _ => self.reveal(),
        }
        self.turn += 1;
    }

    /// A call that comes in; who calls is known when it is looked up.
    fn connect(&mut self) {
        // Each agent has customers of their own, in turn: more than calls are open at a time.
        let of_each = CUSTOMERS / AGENTS;
        let customer = self.number * of_each + self.called % of_each;
        let name = format!("call-{}-{}", self.number, self.called);
        self.called += 1;
        let from = json!({"phone": invented(customer).phone});
        let data = json!({"interaction": name, "channel": "call", "person": self.person.id, "from": from});
        let interaction = self.tell("interaction.connected", &data).member("interaction");
        self.calls.push_back(Call { name, interaction, customer, path: String::new() });
    }

    fn look_up(&mut self) {
        let path = format!("/v1/interactions/{}", self.calls.back().unwrap().interaction);
        let shown = self.ask("GET", &path, "", b"").expect(200);
        assert_eq!(shown.member("binding"), "matched");
        self.calls.back_mut().unwrap().path = format!("/v1/customers/{}", shown.member("customer"));
    }

    fn view(&mut self) {
        let call = self.calls.back().unwrap();
        let (path, body) = (format!("{}/views", call.path), json!({"interaction": call.interaction}));
        self.post(&path, &body).expect(200);
        self.viewed += 1;
    }

    fn end(&mut self) {
        let call = self.calls.pop_front().unwrap();
        self.tell("interaction.ended", &json!({"interaction": call.name}));
    }

    fn reveal(&mut self) {
        let call = &self.calls[(self.turn as usize).wrapping_mul(7) % self.calls.len()];
        let (path, body) = (format!("{}/reveals", call.path), reveal_body(&call.interaction, "name", "delivery"));
        let name = invented(call.customer).name;
        let answer = self.post(&path, &body).expect(200);
        assert!(answer.text().contains(&name));
        self.revealed += 1;
    }

    /// An event of the telephony, signed.
    fn tell(&mut self, kind: &str, data: &Value) -> Answer {
        let body = json!({"type": kind, "timestamp": now(), "data": data}).to_string();
        let (id, at) = (format!("msg-{}-{}-{kind}", self.number, self.called), seconds());
        let signature = self.secret.sign(&id, at, body.as_bytes()).unwrap();
        let signed = format!("webhook-id: {id}\r\nwebhook-timestamp: {at}\r\nwebhook-signature: {signature}\r\n");
        self.ask("POST", "/v1/events", &signed, body.as_bytes()).expect(202)
    }

    fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, "", body.to_string().as_bytes())
    }

    fn ask(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        let (address, token, length) = (&self.address, &self.person.token, body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\n{headers}content-length: {length}\r\n\r\n"
        );
        self.stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut back = Vec::new();
        let mut piece = [0; 8_192];
        loop {
            let count = self.stream.read(&mut piece).unwrap();
            assert!(count > 0, "the server closed a connection under load");
            back.extend_from_slice(&piece[..count]);
            if let Some(answer) = Answer::parse(&back) {
                return answer;
            }
        }
    }
}
