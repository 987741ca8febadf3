//! The log as it is published: its checkpoint, and proofs made from its public tiles.

use crate::failure::Failure;
use std::net::IpAddr;
use std::time::Duration;
use transparency::{
    Checkpoint, Error, Hash, Level, MAX_NOTE_BYTES, OriginKeys, TILE_WIDTH, TilePath, consistency_proof,
    verify_checkpoint, verify_consistency,
};
use ureq::Agent;
use ureq::http::Uri;

/// From connecting to an answer's end.
const DEADLINE: Duration = Duration::from_secs(10);
const TILE_BYTES: u64 = 256 * 32;

/// A published log.
pub(crate) struct Published {
    url: String,
    agent: Agent,
}

/// Whether one tree extends another, as far as the published tiles tell.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Extends {
    Yes,
    No,
    /// Tiles are missing or the log doesn't answer.
    Unknown,
}

/// Fetches the keys that a log is published with, to be compared with what its operator says by another way.
///
/// # Errors
/// If there is no answer, or it isn't the two keys.
pub fn fetch_keys(url: &str) -> Result<OriginKeys, Failure> {
    let log = Published::new(url)?;
    let unreachable = || Failure::there(format!("{url}/key can't be fetched"), "check the address of the log");
    let text = log.text("key", MAX_NOTE_BYTES as u64).ok_or_else(unreachable)?;
    text.parse().map_err(|error: Error| Failure::there(error.to_string(), "check the address of the log"))
}

impl Published {
    /// A log under this address, such as `https://desk.example/log/acme`.
    ///
    /// # Errors
    /// If it isn't https, or http to this machine.
    pub(crate) fn new(url: &str) -> Result<Self, Failure> {
        let url = url.trim_end_matches('/');
        if !is_safe(url) {
            return Err(Failure::here(
                "the log's address must be https, or http to this machine",
                "write it like https://desk.example/log/acme",
            ));
        }
        // A redirect could lead the witness to another log than the one it was told to watch.
        let agent = Agent::config_builder().timeout_global(Some(DEADLINE)).max_redirects(0).proxy(None).build();
        Ok(Self { url: url.to_owned(), agent: agent.into() })
    }

    /// A checkpoint that the log serves under this name, and that both of its keys signed.
    pub(crate) fn checkpoint(&self, name: &str, keys: &OriginKeys) -> Option<(String, Checkpoint)> {
        let note = self.text(name, MAX_NOTE_BYTES as u64)?;
        let checkpoint = verify_checkpoint(&note, keys).ok()?;
        Some((note, checkpoint))
    }

    /// Whether the published tree `new` extends `old`.
    pub(crate) fn extends(&self, old: (u64, &Hash), new: &Checkpoint) -> Extends {
        match consistency_proof(old.0, new.size, |path| self.tile(path)) {
            Ok(proof) => match verify_consistency(old.0, old.1, new.size, &new.root, &proof) {
                Ok(()) => Extends::Yes,
                Err(_) => Extends::No,
            },
            Err(Error::SizesReversed { .. }) => Extends::No,
            Err(_) => Extends::Unknown,
        }
    }

    /// A tile; the full one where a partial one was taken away, as tlog-tiles allows.
    fn tile(&self, path: TilePath) -> Option<Vec<u8>> {
        let full = || TilePath::new(path.level(), path.index(), TILE_WIDTH).ok();
        let matches_level = matches!(path.level(), Level::Hashes(_));
        matches_level.then(|| {
            self.bytes(&path.to_string(), TILE_BYTES).or_else(|| self.bytes(&full()?.to_string(), TILE_BYTES))
        })?
    }

    fn text(&self, name: &str, limit: u64) -> Option<String> {
        String::from_utf8(self.bytes(name, limit)?).ok()
    }

    fn bytes(&self, name: &str, limit: u64) -> Option<Vec<u8>> {
        let mut answer = self.agent.get(format!("{}/{name}", self.url)).call().ok()?;
        answer.body_mut().with_config().limit(limit).read_to_vec().ok()
    }
}

fn is_safe(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let here = host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    let plain = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    plain && !host.is_empty() && (uri.scheme_str() == Some("https") || (uri.scheme_str() == Some("http") && here))
}

#[cfg(test)]
mod tests {
    use super::is_safe;

    #[test]
    fn addresses_are_encrypted_or_on_this_machine() {
        for url in ["https://desk.example/log/acme", "http://127.0.0.1:8480/log/acme", "http://[::1]:1/log/a"] {
            assert!(is_safe(url), "{url}");
        }
        for url in ["http://desk.example/log/acme", "desk", "", "https://a@b/log", "ftp://localhost/x"] {
            assert!(!is_safe(url), "{url}");
        }
    }
}
