//! Requests as bytes, responses as bytes: no HTTP library stands between the clock and the server.

use crate::Outcome;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long a request of the preparation may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A keep-alive request, ready to be written again and again.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    with_version("HTTP/1.1", method, path, headers, body)
}

/// One exchange on a connection of its own, for preparation: HTTP/1.0, so that the body ends where the connection does.
pub(crate) fn call(
    target: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Outcome<(u16, String)> {
    let mut stream = TcpStream::connect(target)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&with_version("HTTP/1.0", method, path, headers, body))?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let head = parse_head(&answer)?.ok_or("the server hung up before its headers ended")?;
    let text = String::from_utf8(answer[head.length..].to_vec())?;
    Ok((head.status, text))
}

/// [`call`], expecting a 2xx answer with a JSON body (`null` when empty).
pub(crate) fn call_json(
    target: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> Outcome<Value> {
    let sent = if body.is_null() { String::new() } else { body.to_string() };
    let (status, text) = call(target, method, path, headers, &sent)?;
    if !(200..300).contains(&status) {
        return Err(format!("{method} {path} answered {status}: {text}").into());
    }
    if text.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_str(&text)?) }
}

fn with_version(version: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} {version}\r\nhost: 127.0.0.1\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        text.push_str(&format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// What the load generator must know of a response's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// The status code.
    pub(crate) status: u16,
    /// Bytes up to and including the empty line.
    pub(crate) length: usize,
    /// The declared body length, if any.
    pub(crate) body: Option<usize>,
}

/// Reads the head of a response; `None` while its end hasn't arrived.
pub(crate) fn parse_head(received: &[u8]) -> Outcome<Option<Head>> {
    let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let mut lines = received[..end].split(|byte| *byte == b'\n');
    let status = lines.next().and_then(status_of).ok_or("the answer has no HTTP status line")?;
    let body = lines.find_map(content_length);
    Ok(Some(Head { status, length: end + 4, body }))
}

fn status_of(line: &[u8]) -> Option<u16> {
    let code = line.strip_prefix(b"HTTP/1.")?.get(2..5)?;
    std::str::from_utf8(code).ok()?.parse().ok()
}

fn content_length(line: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let name = line.get(..NAME.len())?;
    if !name.eq_ignore_ascii_case(NAME) {
        return None;
    }
    std::str::from_utf8(&line[NAME.len()..]).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_whatever_the_case_of_its_names() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\nok";
        let head = parse_head(answer).unwrap().unwrap();
        assert_eq!(head, Head { status: 200, length: answer.len() - 2, body: Some(2) });
    }

    #[test]
    fn an_unfinished_head_waits_and_nonsense_is_refused() {
        assert_eq!(parse_head(b"HTTP/1.1 200 OK\r\nConte").unwrap(), None);
        assert!(parse_head(b"220 mail ready\r\n\r\n").is_err());
    }

    #[test]
    fn a_request_declares_its_body() {
        let bytes = request("POST", "/x", &[("authorization", "Bearer t")], "{}");
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with("POST /x HTTP/1.1\r\n"));
        assert!(text.contains("content-length: 2\r\n") && text.ends_with("\r\n\r\n{}"));
    }
}
