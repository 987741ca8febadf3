//! `ringfence crypto inventory`.

use crate::ambient::{SystemClock, SystemEntropy};
use crate::cli::{Common, Inventory};
use crate::failure::{self, Failure};
use crate::home::Home;
use crate::inventory::{Asset, Found, Serial, cbom, peers, shake_hands, stored};
use crate::{output, wire};
use domain::Clock as _;
use plan::Plan;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

/// All tenants of a data directory; it opens no value.
pub(super) fn run(common: &Common, asked: &Inventory) -> Result<(), Failure> {
    let home = Home::find(common.data.as_deref(), common.config.as_deref(), common.store.as_deref())?;
    let (mut found, plans) = wire::block_on(look(&home))?;
    if !asked.offline {
        for peer in peers(&home) {
            match shake_hands(&peer) {
                Ok(assets) => found.assets.extend(assets),
                Err(error) => found.unseen.push(format!("{} ({}:{}): {error}", peer.what, peer.host, peer.port)),
            }
        }
    }
    let document = cbom(&found, &plans, &Serial::new(&SystemEntropy), SystemClock.now());
    let text =
        serde_json::to_string_pretty(&document).map_err(|error| Failure::there(error.to_string(), "try again"))?;
    write(&asked.to, &text)?;
    judged(&found)
}

async fn look(home: &Home) -> Result<(Found, Vec<(String, Plan)>), Failure> {
    let centre = wire::open(home).await?;
    let (mut found, mut plans) = (Found::default(), Vec::new());
    for tenant in centre.vault.tenants() {
        found.assets.extend(stored(&centre, tenant.id, &tenant.slug).await?);
        plans.push((tenant.slug.clone(), centre.vault.plan_in_force(tenant.id).await?.planned.plan().clone()));
    }
    Ok((found, plans))
}

fn write(to: &Path, text: &str) -> Result<(), Failure> {
    if to == Path::new("-") {
        return output::text(text);
    }
    let written = OpenOptions::new().write(true).create_new(true).open(to).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()
    });
    written.map_err(|error| failure::file(to, &error))
}

/// What isn't declared makes it fail; what couldn't be looked at is told.
fn judged(found: &Found) -> Result<(), Failure> {
    for unseen in &found.unseen {
        output::aside(&format!("No handshake with {unseen}"));
    }
    let undeclared: Vec<&Asset> = found.undeclared().collect();
    for asset in &undeclared {
        output::aside(&format!("Undeclared: {} {}, {}", asset.count, asset.name, asset.place));
    }
    if undeclared.is_empty() {
        output::aside(&format!("{} found, 0 undeclared", found.assets.len()));
        return Ok(());
    }
    let problem = format!("{} of what was found isn't declared", undeclared.len());
    Err(Failure::there(problem, "find out who wrote it, or which peer is set up so"))
}
