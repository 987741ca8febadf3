//! Where a demo's own systems listen. Its officers agreed to the addresses of the first time, so a demo that is opened again takes the
//! same, where they are free.

use crate::failure::{self, Failure};
use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

const FILE: &str = "demo.ports";

pub(super) struct Ports {
    path: PathBuf,
    kept: BTreeMap<String, u16>,
}

impl Ports {
    /// Those of this directory; none yet where there is no file.
    pub(super) fn open(folder: &Path) -> Self {
        let path = folder.join(FILE);
        let kept = fs::read_to_string(&path).ok().and_then(|text| toml::from_str(&text).ok()).unwrap_or_default();
        Self { path, kept }
    }

    /// Where this one listened before, if nobody else does now; else wherever there is room.
    pub(super) fn of(&self, name: &str) -> SocketAddr {
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let before = self.kept.get(name).map(|port| at(*port));
        before.filter(|address| TcpListener::bind(address).is_ok()).unwrap_or(at(0))
    }

    pub(super) fn keep(&mut self, name: &str, port: u16) {
        self.kept.insert(name.to_owned(), port);
    }

    pub(super) fn save(&self) -> Result<(), Failure> {
        let text = toml::to_string(&self.kept).map_err(|_| Failure::there("ports can't be written", "try again"))?;
        fs::write(&self.path, text).map_err(|error| failure::file(&self.path, &error))
    }
}
