//! `ringfence log fsck`: recomputes every hash of a log.

use super::checked::{Checked, check_files};
use super::folder::{Folder, logs_under};
use super::keys::Keys;
use super::policy::read_policy;
use super::remote::Remote;
use super::source::{Source, signed_by};
use super::stored::Stored;
use crate::cli::{Common, Fsck};
use crate::failure::Failure;
use crate::home::Home;
use crate::output::{self, Format};
use serde_json::json;
use std::path::Path;
use transparency::WitnessPolicy;

pub(super) fn run(common: &Common, asked: &Fsck) -> Result<(), Failure> {
    let given = Keys::read(&asked.key)?;
    let policy = asked.policy.as_deref().map(read_policy).transpose()?;
    let check = |source: &dyn Source| one(common.output, source, &given, policy.as_ref());
    match (asked.place.as_deref(), &common.data) {
        (Some(place), _) if Remote::is_address(place) => {
            let logs = Remote::new(place)?.logs(asked.tenant.as_deref())?;
            logs.iter().try_for_each(|(_, remote)| check(remote))
        }
        (Some(place), _) => match folders(Path::new(place), asked.tenant.as_deref())?.as_slice() {
            [] => Err(Failure::here(format!("{place}: there is no log here"), "give a log's directory or a mirror")),
            folders => folders.iter().try_for_each(|folder| check(folder)),
        },
        (None, data) => {
            let data = Home::named(data.as_deref())
                .map_err(|_| Failure::here("which log isn't said", "give its directory or address, or --data DIR"))?;
            let home = Home::find(Some(&data), common.config.as_deref(), common.store.as_deref())?;
            let logs = Stored::all(&home, asked.tenant.as_deref(), !given.is_empty())?;
            logs.iter().try_for_each(|(_, stored)| match (given.is_empty(), stored.own_keys()) {
                (true, Some(own)) => one(common.output, stored, &own, policy.as_ref()),
                _ => check(stored),
            })
        }
    }
}

fn folders(place: &Path, tenant: Option<&str>) -> Result<Vec<Folder>, Failure> {
    let own = Folder::new(place);
    if tenant.is_none() && own.checkpoint()?.is_some() {
        return Ok(vec![own]);
    }
    let logs = logs_under(place)?.into_iter();
    Ok(logs.filter(|(name, _)| tenant.is_none_or(|tenant| tenant == name)).map(|(_, folder)| folder).collect())
}

fn one(format: Format, source: &dyn Source, keys: &Keys, policy: Option<&WitnessPolicy>) -> Result<(), Failure> {
    keys.required(&source.name())?;
    let Checked { checkpoint, keys, from, witnesses, .. } = check_files(source, keys, policy)?;
    let ids = [keys.ed25519(), keys.ml_dsa_44()].map(|key| format!("{:08x}", key.id()));
    if format != Format::Table {
        let found = json!({
            "log": source.name(), "holds": true, "origin": checkpoint.origin, "size": checkpoint.size, "keys": ids,
            "witnesses": witnesses,
        });
        return output::one(format, &found);
    }
    output::text(&format!(
        "holds: {}: every entry, tile and hash of {} entries leads to the root that {} signed by {}{}; keys from {}",
        source.name(),
        checkpoint.size,
        checkpoint.origin,
        signed_by(&keys),
        super::checked::cosigned(&witnesses),
        from.display()
    ))
}
