//! The load generator: closed-loop keep-alive connections on one thread, so that it takes as little as possible of the
//! processor that it shares with the servers.

use crate::http::{self, Head};
use crate::{Outcome, cpu, statistics};
use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::LocalSet;

/// What to send where, and what every answer must hold.
#[derive(Clone)]
pub(crate) struct Aim {
    /// The server.
    pub(crate) target: SocketAddr,
    /// Requests, sent round robin over all connections.
    pub(crate) requests: Rc<Vec<Vec<u8>>>,
    /// The status that every answer must have.
    pub(crate) status: u16,
    /// Bytes that every answer's body must contain.
    pub(crate) needle: &'static str,
}

/// How a timed run goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Concurrent connections, each sending its next request when the last is answered.
    pub(crate) connections: usize,
    /// Time before anything is counted.
    pub(crate) warm_up: Duration,
    /// Time that is counted.
    pub(crate) window: Duration,
}

/// What one timed run showed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    /// Answered requests per second.
    pub(crate) per_s: f64,
    /// Median latency in milliseconds.
    pub(crate) p50_ms: f64,
    /// 99th percentile of latency in milliseconds.
    pub(crate) p99_ms: f64,
    /// CPU of all server processes per request, in microseconds.
    pub(crate) cpu_us: f64,
}

/// Runs for the given time and measures; `servers` are the roots of the process trees whose CPU counts.
///
/// # Errors
/// When a connection fails or any answer isn't what the aim asks for.
pub(crate) fn measure(aim: &Aim, pace: Pace, servers: &[u32]) -> Outcome<Measured> {
    let begin = Instant::now() + pace.warm_up;
    let until = begin + pace.window;
    let job = Rc::new(Job { aim: aim.clone(), next: Cell::new(0), end: End::At { begin, until } });
    let (spent, mut samples) = on_one_thread(async {
        let conversations = open_conversations(&job, pace.connections);
        let spent = spent_between(servers, begin, until).await?;
        Ok((spent, collect(conversations).await?))
    })?;
    samples.sort_unstable();
    if samples.is_empty() {
        return Err("no request was answered in the time of the measurement".into());
    }
    let millis = |share| f64::from(statistics::percentile(&samples, share)) / 1000.0;
    Ok(Measured {
        per_s: samples.len() as f64 / pace.window.as_secs_f64(),
        p50_ms: millis(0.50),
        p99_ms: millis(0.99),
        cpu_us: spent as f64 / samples.len() as f64,
    })
}

/// Sends every request of the aim exactly once; for preparation.
///
/// # Errors
/// As [`measure`].
pub(crate) fn send_each_once(aim: &Aim, connections: usize) -> Outcome<()> {
    let job = Rc::new(Job { aim: aim.clone(), next: Cell::new(0), end: End::WhenAllSent });
    on_one_thread(async { collect(open_conversations(&job, connections)).await.map(|_| ()) })
}

/// When a conversation stops.
enum End {
    WhenAllSent,
    At { begin: Instant, until: Instant },
}

struct Job {
    aim: Aim,
    next: Cell<usize>,
    end: End,
}

impl Job {
    fn next_request(&self) -> Option<&[u8]> {
        let turn = self.next.get();
        let over = match self.end {
            End::WhenAllSent => turn >= self.aim.requests.len(),
            End::At { until, .. } => Instant::now() >= until,
        };
        if over {
            return None;
        }
        self.next.set(turn + 1);
        Some(&self.aim.requests[turn % self.aim.requests.len()])
    }

    fn counts(&self, sent: Instant, answered: Instant) -> bool {
        match self.end {
            End::WhenAllSent => false,
            // By the answer's time, as throughput is: a slow answer that straddles the start counts too.
            End::At { begin, until } => answered >= begin && answered < until && sent < until,
        }
    }

    fn check(&self, head: Head, body: &[u8]) -> Outcome<()> {
        let needle = self.aim.needle.as_bytes();
        let found = needle.is_empty() || body.windows(needle.len()).any(|part| part == needle);
        if head.status == self.aim.status && found {
            return Ok(());
        }
        let shown = String::from_utf8_lossy(&body[..body.len().min(400)]);
        Err(format!("expected {} with {:?}, got {}: {shown}", self.aim.status, self.aim.needle, head.status).into())
    }
}

type Conversation = tokio::task::JoinHandle<Outcome<Vec<u32>>>;

fn on_one_thread<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, work)
}

fn open_conversations(job: &Rc<Job>, connections: usize) -> Vec<Conversation> {
    (0..connections).map(|_| tokio::task::spawn_local(converse(Rc::clone(job)))).collect()
}

async fn collect(conversations: Vec<Conversation>) -> Outcome<Vec<u32>> {
    let mut all = Vec::new();
    for conversation in conversations {
        all.append(&mut conversation.await??);
    }
    Ok(all)
}

async fn spent_between(servers: &[u32], begin: Instant, until: Instant) -> Outcome<u64> {
    tokio::time::sleep_until(begin.into()).await;
    let before = cpu::spent_by_trees(servers)?;
    tokio::time::sleep_until(until.into()).await;
    Ok(cpu::spent_by_trees(servers)? - before)
}

async fn converse(job: Rc<Job>) -> Outcome<Vec<u32>> {
    let mut connection = Connection::open(job.aim.target).await?;
    let mut samples = Vec::new();
    while let Some(request) = job.next_request() {
        let sent = Instant::now();
        let (head, end) = connection.exchange(request).await?;
        let answered = Instant::now();
        job.check(head, &connection.received[head.length..end])?;
        if job.counts(sent, answered) {
            samples.push(u32::try_from((answered - sent).as_micros()).unwrap_or(u32::MAX));
        }
    }
    Ok(samples)
}

struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    async fn open(target: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(target).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: vec![0; 8 * 1024] })
    }

    /// Sends one request and reads its whole answer; the second value is where the body ends.
    async fn exchange(&mut self, request: &[u8]) -> Outcome<(Head, usize)> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        loop {
            if filled == self.received.len() {
                self.received.resize(filled * 2, 0);
            }
            let count = self.stream.read(&mut self.received[filled..]).await?;
            if count == 0 {
                return Err("the server closed a connection under load".into());
            }
            filled += count;
            let Some(head) = http::parse_head(&self.received[..filled])? else {
                continue;
            };
            let end = head.length + head.body.ok_or("an answer has no content-length")?;
            if filled >= end {
                return Ok((head, end));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    /// A server that answers every read with the same bytes, for as long as the client stays.
    fn serve(answer: &'static str) -> SocketAddr {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                std::thread::spawn(move || {
                    let mut buffer = [0; 4096];
                    while stream.read(&mut buffer).is_ok_and(|count| count > 0) {
                        stream.write_all(answer.as_bytes()).unwrap();
                    }
                });
            }
        });
        address
    }

    fn aim(target: SocketAddr, count: usize) -> Aim {
        let requests = Rc::new(vec![http::request("POST", "/", &[], "{}"); count]);
        Aim { target, requests, status: 200, needle: "value" }
    }

    const GOOD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n{\"value\":\"x\"}";

    #[test]
    fn a_timed_run_counts_requests_and_latency() {
        let pace = Pace { connections: 2, warm_up: Duration::from_millis(20), window: Duration::from_millis(200) };
        let measured = measure(&aim(serve(GOOD), 1), pace, &[std::process::id()]).unwrap();
        assert!(measured.per_s > 10.0 && measured.p50_ms > 0.0 && measured.p99_ms >= measured.p50_ms);
    }

    #[test]
    fn every_request_can_be_sent_once() {
        send_each_once(&aim(serve(GOOD), 7), 3).unwrap();
    }

    #[test]
    fn a_refusal_or_an_empty_body_stops_the_run() {
        let refused = serve("HTTP/1.1 429 Too Many Requests\r\ncontent-length: 5\r\n\r\nvalue");
        let error = send_each_once(&aim(refused, 1), 1).unwrap_err().to_string();
        assert!(error.contains("got 429"), "{error}");
        let valueless = serve("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
        assert!(send_each_once(&aim(valueless, 1), 1).is_err());
    }
}
