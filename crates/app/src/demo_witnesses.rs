//! Two witnesses for the demo, in its own process and directory: configured, asked and trusted as outside ones are.

use super::ports::Ports;
use crate::ambient::SystemEntropy;
use crate::commands::witness::seconds;
use crate::config::{Config, Witness as Configured};
use crate::failure::Failure;
use crate::serving;
use domain::Entropy as _;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use transparency::OriginKeys;
use witness::{Home, NewHome, Witness};

const NAMES: [&str; 2] = ["board", "client"];
const EVERY: Duration = Duration::from_secs(60);

/// One that has its keys and its address.
pub(super) struct Ready {
    home: Home,
    listener: TcpListener,
}

/// Makes them, or finds those of an earlier run, and names them in the configuration.
pub(super) fn configured(config: &mut Config, data: &Path, ports: &mut Ports) -> Result<Vec<Ready>, Failure> {
    let mut all = Vec::new();
    for short in NAMES {
        let dir = data.join("witnesses").join(short);
        let home = if dir.exists() { Home::open(&dir, true)? } else { make(&dir, short)? };
        let listener = serving::listen(ports.of(short))?;
        ports.keep(short, listener.local_addr().map_or(0, |address| address.port()));
        let keys = home.signers()?.iter().map(|signer| signer.verifier_key().clone()).collect();
        let (url, key_file) = (serving::url(&listener)?, dir);
        config.witness.push(Configured { url, key_file, tenant: None, keys });
        all.push(Ready { home, listener });
    }
    Ok(all)
}

fn make(dir: &Path, short: &str) -> Result<Home, Failure> {
    let entropy = |out: &mut [u8]| SystemEntropy.fill(out);
    let name = format!("witness.example/{short}");
    Ok(Home::create(&NewHome { dir, name: &name, same_user: true, entropy: &entropy })?)
}

/// Starts one; it ends with the process.
pub(super) fn start(ready: Ready, log: &OriginKeys, url: &str) -> Result<(), Failure> {
    let broken =
        |error: std::io::Error| Failure::there(format!("a witness can't start: {}", error.kind()), "try again");
    Witness::trust(&ready.home, log, Some(url))?;
    let witness = Arc::new(Witness::open(ready.home, seconds)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(broken)?;
    let work = move || {
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(ready.listener)?;
            witness::serve(witness, listener, EVERY, std::future::pending()).await
        })
    };
    std::thread::Builder::new().name("witness".to_owned()).spawn(work).map(drop).map_err(broken)
}
