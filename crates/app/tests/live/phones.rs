//! The customers' own phones: takes the codes that Ringfence sends out.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// A courier's address, and what arrives there.
pub(crate) struct Phones {
    url: String,
    messages: Receiver<Value>,
}

impl Phones {
    /// Listens on a free port until the test ends.
    pub(crate) fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/codes", listener.local_addr().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let message = take(stream);
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        Self { url, messages }
    }

    /// The configuration that sends codes here.
    pub(crate) fn config(&self) -> String {
        format!("[courier]\nurl = \"{}\"\nsecret = \"whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\"", self.url)
    }

    /// The next message's data: interaction, code, to.
    pub(crate) fn next(&self) -> Value {
        self.messages.recv_timeout(Duration::from_secs(20)).unwrap()["data"].clone()
    }
}

fn take(mut stream: TcpStream) -> Value {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line).unwrap() > 2 {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").unwrap();
    serde_json::from_slice(&body).unwrap()
}
