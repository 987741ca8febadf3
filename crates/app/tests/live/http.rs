//! HTTP/1.1 over a plain socket: every byte sent and received is the test's own.

use crate::wait::seconds;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use testkit::BoundBrowser;

/// Every byte that came back, for whoever looks for something in it.
pub(crate) type Heard = Arc<Mutex<Vec<u8>>>;

/// Speaks to a server, as one person.
#[derive(Clone)]
pub(crate) struct Client {
    address: String,
    headers: Vec<(String, String)>,
    heard: Option<Heard>,
    /// Signs what is sent, as a page's worker does.
    browser: Option<BoundBrowser>,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The answer in these bytes, if it is whole.
    pub(crate) fn parse(raw: &[u8]) -> Option<Self> {
        let end = raw.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&raw[..end]).into_owned();
        let status = head.split(' ').nth(1)?.parse().ok()?;
        let mut answer = Self { status, head, body: raw[end + 4..].to_vec() };
        let length: usize =
            answer.header("content-length").map_or(Some(answer.body.len()), |length| length.parse().ok())?;
        if answer.body.len() < length {
            return None;
        }
        answer.body.truncate(length);
        Some(answer)
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1);
        lines
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    /// The body as JSON; null if it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A member of the body that must be text.
    pub(crate) fn member(&self, name: &str) -> String {
        let json = self.json();
        json[name].as_str().unwrap_or_else(|| panic!("no {name} in {} {}", self.head, self.text())).to_owned()
    }

    /// The end of the problem's type; empty if it is no problem.
    pub(crate) fn slug(&self) -> String {
        let json = self.json();
        json["type"]
            .as_str()
            .and_then(|kind| kind.strip_prefix("https://ringfence.dev/problems/"))
            .unwrap_or_default()
            .to_owned()
    }

    /// This status, or the test stops with the whole answer.
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.head, self.text());
        self
    }
}

impl Client {
    /// Nobody yet.
    pub(crate) fn new(address: &str) -> Self {
        Self { address: address.to_owned(), headers: Vec::new(), heard: None, browser: None }
    }

    /// As the holder of a bearer token.
    pub(crate) fn bearer(&self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    /// With one more header.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.push((name.to_owned(), value.to_owned()));
        other
    }

    /// Without a header that it had.
    pub(crate) fn without(&self, name: &str) -> Self {
        let mut other = self.clone();
        other.headers.retain(|(key, _)| key != name);
        other
    }

    /// As the browser that signed in.
    pub(crate) fn bound(&self, browser: BoundBrowser) -> Self {
        Self { browser: Some(browser), ..self.clone() }
    }

    /// With the same headers, in a browser that holds no key.
    pub(crate) fn unbound(&self) -> Self {
        Self { browser: None, ..self.clone() }
    }

    /// The browser's key.
    pub(crate) fn browser(&self) -> Option<BoundBrowser> {
        self.browser.clone()
    }

    /// Keeping every byte that comes back.
    pub(crate) fn heard_by(&self, heard: &Heard) -> Self {
        Self { heard: Some(Arc::clone(heard)), ..self.clone() }
    }

    /// Sends bytes as they are and gives what came back until the server closed; `None` if it couldn't be reached.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut stream = self.connect()?;
        // A server that refuses early may close before all was taken: what it said still counts.
        let sent = stream.write_all(bytes);
        let mut back = Vec::new();
        let read = stream.read_to_end(&mut back);
        if let Some(heard) = &self.heard {
            heard.lock().unwrap().extend_from_slice(&back);
        }
        (sent.is_ok() || read.is_ok() || !back.is_empty()).then_some(back)
    }

    fn connect(&self) -> Option<TcpStream> {
        let stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.set_nodelay(true).unwrap();
        Some(stream)
    }

    /// The bytes of a request.
    pub(crate) fn request(&self, method: &str, path: &str, body: &[u8]) -> Vec<u8> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.address);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let changes = !matches!(method, "GET" | "HEAD");
        let signature = self.browser.as_ref().map(|it| it.sign(method, path, changes.then_some(body), seconds()));
        for (name, value) in signature.iter().flat_map(testkit::Signature::headers) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() || method == "POST" {
            head.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        [head.as_bytes(), body].concat()
    }

    /// A request; `None` if the server went away before the answer was whole.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &[u8]) -> Option<Answer> {
        Answer::parse(&self.raw(&self.request(method, path, body))?)
    }

    /// A GET.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, b"").unwrap_or_else(|| panic!("no answer from {path}"))
    }

    /// A POST of JSON, if there is an answer.
    pub(crate) fn try_post(&self, path: &str, body: &Value) -> Option<Answer> {
        self.with("content-type", "application/json").ask("POST", path, body.to_string().as_bytes())
    }

    /// A POST of JSON.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.try_post(path, body).unwrap_or_else(|| panic!("no answer from {path}"))
    }

    /// A PUT of JSON.
    pub(crate) fn put(&self, path: &str, body: &Value) -> Answer {
        let answer = self.with("content-type", "application/json").ask("PUT", path, body.to_string().as_bytes());
        answer.unwrap_or_else(|| panic!("no answer from {path}"))
    }

    /// Opens a request whose answer doesn't end; gives its socket and the bytes up to the end of its head.
    pub(crate) fn open(&self, path: &str) -> (TcpStream, Answer) {
        let mut stream = self.connect().unwrap();
        stream.write_all(&self.request("GET", path, b"")).unwrap();
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            assert_eq!(stream.read(&mut byte).unwrap(), 1, "the stream ended in its head");
            head.push(byte[0]);
        }
        let status = String::from_utf8_lossy(&head).split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer { status, head: String::from_utf8(head).unwrap(), body: Vec::new() };
        if let Some(length) = answer.header("content-length") {
            answer.body = vec![0; length.parse().unwrap()];
            stream.read_exact(&mut answer.body).unwrap();
        }
        (stream, answer)
    }
}
