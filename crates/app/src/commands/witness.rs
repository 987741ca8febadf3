//! `ringfence witness`: an outside party's own program, with a directory of its own.

use crate::ambient::{SystemEntropy, system_time};
use crate::cli::{Common, Witness as Asked};
use crate::failure::{self, Failure};
use crate::output::{self, Format};
use crate::{serving, wire};
use domain::Entropy as _;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};
use transparency::{OriginKeys, leaf_hash};
use witness::{Home, NewHome, Witness};

pub(super) fn run(common: &Common, asked: &Asked) -> Result<(), Failure> {
    let dir = common.data.as_deref().ok_or_else(|| {
        // The environment names the vault's directory: a witness's is always said.
        Failure::here("which witness's directory isn't said", "give --data DIR, a directory of the witness's own")
    })?;
    match asked {
        Asked::Init { name, same_user } => init(common.output, dir, name, *same_user),
        Asked::Trust { log, url, confirm } => trust(common.output, dir, log, url.as_deref(), confirm.as_deref()),
        Asked::Serve { listen, every, same_user } => serve(common.output, dir, *listen, *every, *same_user),
        Asked::Status => status(common.output, dir),
        Asked::Key => keys(&open(dir)?),
        Asked::Acknowledge => {
            let count = Home::open(dir, true)?.acknowledge()?;
            output::one(common.output, &json!({"acknowledged": count}))
        }
        Asked::Recover => recover(common.output, dir),
    }
}

/// For what signs nothing; the witness's user is looked at where it serves.
fn open(dir: &Path) -> Result<Witness, Failure> {
    Ok(Witness::open(Home::open(dir, true)?, seconds)?)
}

pub(crate) fn seconds() -> u64 {
    system_time().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn init(format: Format, dir: &Path, name: &str, same_user: bool) -> Result<(), Failure> {
    let entropy = |out: &mut [u8]| SystemEntropy.fill(out);
    let home = Home::create(&NewHome { dir, name, same_user, entropy: &entropy })?;
    let witness = Witness::open(home, seconds)?;
    if format == Format::Table {
        return keys(&witness);
    }
    let keys: Vec<String> = witness.keys().iter().map(ToString::to_string).collect();
    output::one(format, &json!({"data": dir.display().to_string(), "keys": keys}))
}

fn keys(witness: &Witness) -> Result<(), Failure> {
    let [first, second] = witness.keys();
    output::text(&format!("{first}\n{second}"))
}

fn trust(format: Format, dir: &Path, log: &str, url: Option<&str>, confirm: Option<&str>) -> Result<(), Failure> {
    let home = Home::open(dir, true)?;
    let _claim = home.claim()?;
    let (keys, url) = if log.contains("://") {
        let keys = witness::fetch_keys(log)?;
        confirmed(&keys, confirm)?;
        (keys, Some(log))
    } else {
        let path = Path::new(log);
        let text = std::fs::read_to_string(path).map_err(|error| failure::file(path, &error))?;
        let keys: OriginKeys = text.parse().map_err(|error| {
            Failure::here(format!("{log}: {error}"), "give the two lines served at /log/<tenant>/key")
        })?;
        (keys, url)
    };
    Witness::trust(&home, &keys, url)?;
    output::one(format, &json!({"trusted": keys.origin(), "fingerprint": fingerprint(&keys), "watched": url}))
}

/// Keys that came from where the log is served prove nothing by themselves.
fn confirmed(keys: &OriginKeys, confirm: Option<&str>) -> Result<(), Failure> {
    let shown = fingerprint(keys);
    match confirm {
        Some(given) if given == shown => Ok(()),
        Some(_) => Err(Failure::there(
            format!("the keys served for {} aren't the ones that were confirmed", keys.origin()),
            "don't go on: ask the log's operator which keys are right",
        )),
        None => Err(Failure::here(
            format!("the log {} shows keys with the fingerprint {shown}", keys.origin()),
            format!("let its operator confirm it by another way, then add --confirm {shown}"),
        )),
    }
}

/// SHA-256 over a zero byte and the two lines of keys, in hex.
fn fingerprint(keys: &OriginKeys) -> String {
    leaf_hash(keys.to_string().as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn serve(format: Format, dir: &Path, listen: SocketAddr, every: u64, same_user: bool) -> Result<(), Failure> {
    let home = Home::open(dir, same_user)?;
    let _claim = home.claim()?;
    let witness = Arc::new(Witness::open(home, seconds)?);
    wire::block_on(async {
        let listener = serving::listen(listen)?;
        let url = serving::url(&listener)?;
        let (mut stopped, signals) = serving::stop_at_signal()?;
        match format {
            Format::Table => output::text(&format!("the witness {} serves {url}", witness.keys()[0].name()))?,
            format => output::one(format, &json!({"url": url}))?,
        }
        let broken =
            |error: std::io::Error| Failure::there(format!("serving stopped: {}", error.kind()), "start it again");
        let listener = tokio::net::TcpListener::from_std(listener).map_err(broken)?;
        let stop = async move { drop(stopped.wait_for(|stop| *stop).await) };
        tokio::select! {
            result = witness::serve(witness, listener, Duration::from_secs(every.max(1)), stop) => result.map_err(broken),
            () = signals => Ok(()),
        }
    })
}

fn status(format: Format, dir: &Path) -> Result<(), Failure> {
    let witness = open(dir)?;
    let logs: Vec<Value> = witness
        .status()
        .iter()
        .map(|log| {
            let state = if log.suspended { "refuses until recovered" } else { "cosigns" };
            json!({"log": log.origin, "cosigned": log.size, "watched": log.url, "state": state})
        })
        .collect();
    output::list(format, &["log", "cosigned", "watched", "state"], &logs)?;
    let open = witness.home().open_alarms()?;
    let Some(newest) = open.last() else { return Ok(()) };
    let problem = format!("{} open alarms; the newest, of {}: {}", open.len(), newest.origin, newest.says);
    let next = format!("look at {} and alarms.jsonl, then: ringfence witness acknowledge", newest.evidence);
    Err(Failure::there(problem, next))
}

fn recover(format: Format, dir: &Path) -> Result<(), Failure> {
    let witness = open(dir)?;
    let _claim = witness.home().claim()?;
    let count = witness.recover()?;
    output::one(format, &json!({"recovered": count}))
}
