//! The customers' phones: a small HTTP listener that receives the codes Ringfence sends out.

use super::player::PlayerError;
use serde_json::Value;
use standardwebhooks::Webhook;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;
use ureq::http::{HeaderMap, HeaderName, HeaderValue};

/// More than any code message needs.
const MOST_BODY: u64 = 16 * 1024;
const MOST_HEAD: u64 = 8 * 1024;
/// A sender that stalls longer is dropped.
const PATIENCE: Duration = Duration::from_secs(5);

/// A code that arrived on a customer's phone.
pub(super) struct Delivered {
    /// The telephone system's reference of the interaction.
    pub(super) interaction: String,
    pub(super) code: String,
}

/// Shows what a text message to a number says.
pub type Texted = fn(to: &str, says: &str);

/// The customers' phones, listening. They stop when dropped.
pub struct Phones {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    arrived: Receiver<Delivered>,
}

impl Phones {
    /// Listens at `address` (such as `127.0.0.1:0`) for `code.deliver` webhooks signed with `secret`
    /// (`whsec_...`). What isn't signed with it is answered 401 and forgotten. What isn't for the conversation but for the customer's
    /// own page (`code.own_page`), or tells a number that it or an account is replaced (`number.changed`, `account.changed`), goes to
    /// `texted`.
    ///
    /// # Errors
    /// When the secret isn't one, or nothing can listen at the address.
    pub fn listen(address: &str, secret: &str, texted: Texted) -> Result<Self, PlayerError> {
        let verifier = Webhook::new(secret).map_err(|_| PlayerError::Secret("courier secret"))?;
        let listener = TcpListener::bind(address).map_err(PlayerError::Listen)?;
        let address = listener.local_addr().map_err(PlayerError::Listen)?;
        let stop = Arc::new(AtomicBool::new(false));
        let (sender, arrived) = channel();
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || serve(&listener, &verifier, (&sender, texted), &stopped));
        Ok(Self { address, stop, thread: Some(thread), arrived })
    }

    /// At which port it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What to configure as the courier's `url`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/codes", self.address)
    }

    /// The next code that has arrived; waits for one up to `patience`.
    pub(super) fn next(&self, patience: Duration) -> Option<Delivered> {
        self.arrived.recv_timeout(patience).ok()
    }
}

impl Drop for Phones {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // The thread waits in `accept`: one more connection wakes it.
        drop(TcpStream::connect_timeout(&self.address, PATIENCE));
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to stop.
            drop(thread.join());
        }
    }
}

fn serve(listener: &TcpListener, verifier: &Webhook, to: (&Sender<Delivered>, Texted), stop: &AtomicBool) {
    for stream in listener.incoming() {
        if stop.load(Ordering::SeqCst) {
            return;
        }
        // A broken connection is the sender's to repeat.
        if let Ok(stream) = stream {
            drop(receive(&stream, verifier, to));
        }
    }
}

fn receive(stream: &TcpStream, verifier: &Webhook, (sender, texted): (&Sender<Delivered>, Texted)) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let (_, headers, body) = read_request(stream)?;
    let status = match accept(verifier, &headers, &body) {
        Ok(Arrived::Code(delivered)) => sender.send(delivered).map_or("503 Service Unavailable", |()| "204 No Content"),
        Ok(Arrived::Text { to, says }) => {
            texted(&to, &says);
            "204 No Content"
        }
        Err(status) => status,
    };
    let mut out = stream;
    write!(out, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

/// The request line, the headers and the body of one HTTP/1.1 request with a `content-length`.
pub(super) fn read_request(stream: &TcpStream) -> io::Result<(String, HeaderMap, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut head = (&mut reader).take(MOST_HEAD).lines();
    let line = head.next().unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()))?;
    let headers = read_headers(head)?;
    let length = headers.get("content-length").and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0);
    let mut body = Vec::new();
    reader.take(u64::min(length, MOST_BODY)).read_to_end(&mut body)?;
    Ok((line, headers, body))
}

fn read_headers(lines: impl Iterator<Item = io::Result<String>>) -> io::Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for line in lines {
        let line = line?;
        if line.is_empty() {
            return Ok(headers);
        }
        // A malformed header is passed over: the signature tells whether the request counts.
        if let Some((name, value)) = line.split_once(':')
            && let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.trim().parse::<HeaderValue>())
        {
            headers.insert(name, value);
        }
    }
    Err(io::ErrorKind::UnexpectedEof.into())
}

/// What arrives on a phone.
enum Arrived {
    Code(Delivered),
    Text { to: String, says: String },
}

fn accept(verifier: &Webhook, headers: &HeaderMap, body: &[u8]) -> Result<Arrived, &'static str> {
    verifier.verify(body, headers).map_err(|_| "401 Unauthorized")?;
    arrived(body).ok_or("400 Bad Request")
}

fn arrived(body: &[u8]) -> Option<Arrived> {
    let message: Value = serde_json::from_slice(body).ok()?;
    let text = |name: &str| Some(message.get("data")?.get(name)?.as_str()?.to_owned());
    match message.get("type")?.as_str()? {
        "code.deliver" => Some(Arrived::Code(Delivered { interaction: text("interaction")?, code: text("code")? })),
        "number.changed" | "account.changed" => Some(Arrived::Text { to: text("to")?, says: text("text")? }),
        "code.own_page" => {
            let says = format!("your code for {} is {}", text("page")?, text("code")?);
            Some(Arrived::Text { to: text("to")?, says })
        }
        _ => None,
    }
}
