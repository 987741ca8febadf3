//! A log over HTTP.

use super::folder::{MAX_PAGE_BYTES, MAX_TILE_BYTES};
use super::source::{Source, page_path};
use crate::failure::Failure;
use serde_json::Value;
use std::io::Read as _;
use std::time::Duration;
use transparency::TilePath;
use ureq::Agent;
use ureq::http::Uri;

const DEADLINE: Duration = Duration::from_secs(30);
/// The longest text that is read: a checkpoint, keys, the list of logs.
const MAX_TEXT_BYTES: u64 = 1 << 20;

/// A log's address, or that of a server with several.
#[derive(Clone)]
pub(crate) struct Remote {
    prefix: String,
    agent: Agent,
}

impl Remote {
    /// Plain http is as good as https here: everything is public and checked against signatures.
    pub(crate) fn new(address: &str) -> Result<Self, Failure> {
        let wrong = || Failure::here(format!("{address}: this isn't an http or https address"), "correct it");
        let uri: Uri = address.parse().map_err(|_| wrong())?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none() {
            return Err(wrong());
        }
        let agent =
            Agent::config_builder().timeout_global(Some(DEADLINE)).max_redirects(0).http_status_as_error(false).build();
        Ok(Self { prefix: address.trim_end_matches('/').to_owned(), agent: agent.into() })
    }

    /// Whether an argument is an address and no path.
    pub(crate) fn is_address(text: &str) -> bool {
        text.starts_with("http://") || text.starts_with("https://")
    }

    /// The logs here, with their names: the one at this address, or those that the server lists.
    pub(crate) fn logs(&self, tenant: Option<&str>) -> Result<Vec<(Option<String>, Self)>, Failure> {
        if tenant.is_none() && self.text("checkpoint")?.is_some() {
            return Ok(vec![(None, self.clone())]);
        }
        let next = "give the address of a log, such as https://desk.example.com/log/acme, or of its server";
        let list = self.text("log")?.and_then(|text| serde_json::from_str::<Value>(&text).ok());
        let list = list.ok_or_else(|| Failure::here(format!("{}: there is no log here", self.prefix), next))?;
        let names = list["logs"].as_array().into_iter().flatten().filter_map(|log| log["tenant"].as_str());
        let logs: Vec<_> = names
            .filter(|name| is_slug(name) && tenant.is_none_or(|tenant| tenant == *name))
            .map(|name| (Some(name.to_owned()), self.below(name)))
            .collect();
        match logs.is_empty() {
            true => Err(Failure::here(format!("{}: it lists no such log", self.prefix), next)),
            false => Ok(logs),
        }
    }

    fn below(&self, name: &str) -> Self {
        Self { prefix: format!("{}/log/{name}", self.prefix), agent: self.agent.clone() }
    }

    fn get(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, Failure> {
        let silent = || Failure::there(format!("{} doesn't answer", self.prefix), "check the address, and try again");
        let mut answer = self.agent.get(format!("{}/{path}", self.prefix)).call().map_err(|_| silent())?;
        match answer.status().as_u16() {
            200 => {}
            404 | 410 => return Ok(None),
            other => {
                let problem = format!("{}/{path}: the answer was {other}", self.prefix);
                return Err(Failure::there(problem, "try again later"));
            }
        }
        let mut bytes = Vec::new();
        answer.body_mut().as_reader().take(limit + 1).read_to_end(&mut bytes).map_err(|_| silent())?;
        Ok(Some(bytes))
    }

    pub(crate) fn text(&self, path: &str) -> Result<Option<String>, Failure> {
        Ok(self.get(path, MAX_TEXT_BYTES)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }
}

/// A name that can be a directory's: a server's list could hold others.
fn is_slug(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && name.len() <= 63 && name.bytes().all(plain)
}

impl Source for Remote {
    fn name(&self) -> String {
        self.prefix.clone()
    }

    fn checkpoint(&self) -> Result<Option<String>, Failure> {
        self.text("checkpoint")
    }

    fn claimed_keys(&self) -> Result<Option<String>, Failure> {
        self.text("key")
    }

    /// As wide as asked for: a log must serve the partial tiles of every checkpoint until the full one replaces them.
    fn tile(&self, path: TilePath) -> Result<Option<Vec<u8>>, Failure> {
        if let Some(found) = self.get(&path.to_string(), MAX_TILE_BYTES)? {
            return Ok(Some(found));
        }
        let full = TilePath::new(path.level(), path.index(), transparency::TILE_WIDTH);
        let Ok(full) = full.map(|full| full.to_string()) else { return Ok(None) };
        if path.is_full() {
            return Ok(None);
        }
        Ok(self.get(&full, MAX_TILE_BYTES)?.and_then(|data| super::folder::cut(data, path)))
    }

    fn close_page(&self, close: u64, page: u64) -> Result<Option<Vec<u8>>, Failure> {
        self.get(&page_path(close, page), MAX_PAGE_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::{Remote, is_slug};

    #[test]
    fn a_servers_list_names_no_paths() {
        assert!(is_slug("acme-2"));
        for wrong in ["", "..", "a/b", "/etc", "A", "a b", ".", &"a".repeat(64)] {
            assert!(!is_slug(wrong), "{wrong}");
        }
    }

    #[test]
    fn only_addresses_are_addresses() {
        assert!(Remote::new("https://desk.example.com/log/acme/").is_ok());
        for wrong in ["desk.example.com", "ftp://desk.example.com", "https://", ""] {
            assert!(Remote::new(wrong).is_err(), "{wrong}");
        }
    }
}
