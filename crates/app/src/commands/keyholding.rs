//! `ringfence keyholder`: the separate program that holds the keys, with a directory of its own.

use crate::ambient::SystemClock;
use crate::cli::{Common, Keyholder as Asked};
use crate::commands::ceremony;
use crate::custody;
use crate::failure::{self, Failure};
use crate::keyholding::{self, Config, Hourly, Keyholding, New, Place, Rest};
use crate::output::{self, Format};
use crate::{serving, wire};
use domain::{Clock as _, TenantId};
use keyholder::custody::Purpose;
use keyholder::{Accepted, Alarms, Journal};
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn run(common: &Common, asked: &Asked) -> Result<(), Failure> {
    if let Asked::Unseal(bringing) = asked {
        let opened = custody::opened(&bringing.share, &bringing.key)?;
        return ceremony::hand(common.output, &bringing.socket, &opened, Some(Purpose::Unseal));
    }
    let dir = common.data.as_deref().ok_or_else(|| {
        // The environment names a node's directory: a key holder's is always said.
        Failure::here("which key holder's directory isn't said", "give --data DIR, a directory of the key holder's own")
    })?;
    match asked {
        Asked::Init { socket, allow_uid, tenant } => {
            let tenants: Vec<TenantId> = tenant.iter().copied().map(TenantId).collect();
            let ceilings = Hourly::default();
            keyholding::create(&New { dir, socket, allow_uids: allow_uid, tenants: &tenants, ceilings })?;
            let made = json!({"data": dir.display().to_string(), "socket": socket.display().to_string()});
            output::one(common.output, &made)?;
            // systemd makes it when the service starts: no reason to make no keys.
            if let Err(failure) = keyholding::has_folder(socket) {
                output::aside(&format!(
                    "Not yet: {}; make it before it serves, unless systemd does",
                    failure.problem()
                ));
            }
            output::aside(
                "Next: ringfence keyholder serve; then, as the nodes' user: ringfence init --keyholder SOCKET",
            );
            Ok(())
        }
        Asked::Serve { socket } => serve(common.output, dir, socket.as_deref()),
        // It has no directory, and was done above.
        Asked::Unseal(_) => Ok(()),
        Asked::Status => status(common.output, dir),
        Asked::Acknowledge => {
            let count = alarms(dir)?.acknowledge().map_err(|error| failure::file(dir, &error))?;
            output::one(common.output, &json!({"acknowledged": count}))
        }
        Asked::AcceptLog { tenant, size } => accept(common.output, dir, *tenant, *size),
    }
}

fn alarms(dir: &Path) -> Result<Alarms, Failure> {
    Config::read(dir)?;
    Alarms::open(dir).map_err(|error| failure::file(dir, &error))
}

fn accept(format: Format, dir: &Path, tenant: u32, size: u64) -> Result<(), Failure> {
    Config::read(dir)?;
    Accepted { tenant: TenantId(tenant), size }.ask(dir).map_err(|error| {
        Failure::here(format!("{}: {error}", dir.display()), "have the key holder run, then look at its status")
    })?;
    output::one(format, &json!({"tenant": tenant, "size": size}))?;
    output::aside(
        "Done: the key holder takes it within a second, or when it starts, and writes it down. Next: ringfence keyholder status, \
         which shows the alarm log-accepted; then acknowledge",
    );
    Ok(())
}

fn serve(format: Format, dir: &Path, socket: Option<&Path>) -> Result<(), Failure> {
    wire::block_on(async {
        let (mut stopped, signals) = serving::stop_at_signal()?;
        tokio::pin!(signals);
        let place = Place::take(dir, socket)?;
        let root = match keyholding::rests(dir)? {
            Rest::File => None,
            Rest::Given(root) => Some(root),
            Rest::Custodians(ceremony) => {
                let (needed, of) = (ceremony.quorum().needed(), ceremony.quorum().of());
                let mut waiting = place.wait(ceremony)?;
                let socket = place.socket().display().to_string();
                match format {
                    Format::Table => output::text(&format!(
                        "the key holder is sealed: 0 of {needed} shares; each of {needed} of its {of} custodians runs: \
                         ringfence keyholder unseal --socket {socket} --share FILE --key FILE"
                    ))?,
                    format => output::one(format, &json!({"sealed": true, "needed": needed, "of": of}))?,
                }
                tokio::select! {
                    root = place.unsealed(&mut waiting) => Some(root?),
                    _ = stopped.wait_for(|stop| *stop) => return Ok(()),
                    () = &mut signals => return Ok(()),
                }
            }
        };
        let keyholding = Keyholding::open(place, root)?;
        let socket = keyholding.socket().display().to_string();
        match (format, keyholding.address()) {
            (Format::Table, None) => output::text(&format!("the key holder serves {socket}"))?,
            (Format::Table, Some(address)) => {
                output::text(&format!("the key holder serves {socket}, and other machines at {address}"))?;
            }
            (format, None) => output::one(format, &json!({"socket": socket}))?,
            (format, Some(address)) => {
                output::one(format, &json!({"socket": socket, "address": address.to_string()}))?;
            }
        }
        let stop = async move { drop(stopped.wait_for(|stop| *stop).await) };
        tokio::select! {
            result = keyholding.serve(stop) => result,
            () = signals => Ok(()),
        }
    })
}

fn status(format: Format, dir: &Path) -> Result<(), Failure> {
    let ceilings = Config::read(dir)?.ceilings;
    let standing = Journal::standing(dir, SystemClock.now()).map_err(|error| failure::file(dir, &error))?;
    let rows: Vec<Value> = standing
        .iter()
        .map(|(tenant, standing)| {
            json!({
                "tenant": tenant.0,
                "released": standing.released,
                "ceiling": ceilings.tenant_per_hour,
                "log": standing.size,
            })
        })
        .collect();
    output::list(format, &["tenant", "released", "ceiling", "log"], &rows)?;
    let all = alarms(dir)?.all().map_err(|error| failure::file(dir, &error))?;
    let open: Vec<_> = all.iter().filter(|alarm| !alarm.acknowledged).collect();
    let Some(newest) = open.last() else { return Ok(()) };
    Err(Failure::there(
        format!("{} open alarms; the newest: {}", open.len(), newest.line),
        "docs/keyholder.md says what each means; look at alarms.jsonl, then: ringfence keyholder acknowledge",
    ))
}
