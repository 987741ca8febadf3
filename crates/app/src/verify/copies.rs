//! Copied logs: one log's directory, or a mirror of several; and what any log must still contain.

use crate::cli::Verify;
use crate::failure::Failure;
use crate::log::{self, Checked, Folder, Keys, Source, check_files, check_since, signed_by};
use crate::output::{self, Format};
use serde_json::json;
use std::path::PathBuf;
use transparency::WitnessPolicy;

pub(super) fn check(
    format: Format,
    asked: &Verify,
    keys: &Keys,
    policy: Option<&WitnessPolicy>,
) -> Result<(), Failure> {
    let place = asked.path.display();
    let folders = folders(asked)?;
    keys.required(&format!("{place}: a copied log, with its own keys in it or not,"))?;
    let found = folders.iter().map(|folder| check_files(folder, keys, policy)).collect::<Result<Vec<_>, _>>()?;
    if asked.tenant.is_none()
        && let Some(origin) = keys.origins().find(|origin| !found.iter().any(|head| head.checkpoint.origin == *origin))
    {
        let problem = format!("{place}: there is no log of {origin}, whose keys were given");
        return Err(Failure::there(problem, "find out who removed it, or leave its keys out"));
    }
    let logs: Vec<(&Folder, &Keys)> = folders.iter().map(|folder| (folder, keys)).collect();
    since(&logs, &asked.since, None)?;
    found.iter().zip(&folders).try_for_each(|(head, folder)| say(format, folder, head, asked.since.len()))
}

/// The directory itself if it is a log's, else the logs below it.
pub(super) fn folders(asked: &Verify) -> Result<Vec<Folder>, Failure> {
    let own = Folder::new(&asked.path);
    if own.checkpoint()?.is_some() || asked.path.join("tile").is_dir() {
        return Ok(vec![own]);
    }
    let named = |name: &str| asked.tenant.as_deref().is_none_or(|tenant| tenant == name);
    let found: Vec<Folder> =
        log::logs_under(&asked.path)?.into_iter().filter(|(name, _)| named(name)).map(|(_, log)| log).collect();
    if found.is_empty() {
        let problem = format!("{}: this is neither a data directory nor a copied log", asked.path.display());
        return Err(Failure::here(problem, "give a directory that ringfence init or ringfence log mirror made"));
    }
    Ok(found)
}

/// Checks that the logs still contain what kept checkpoints state; each of these must be of one of the logs. With a
/// policy also that each log's head is witnessed.
pub(super) fn since<S: Source>(
    logs: &[(&S, &Keys)],
    kept: &[PathBuf],
    policy: Option<&WitnessPolicy>,
) -> Result<(), Failure> {
    if kept.is_empty() && policy.is_none() {
        return Ok(());
    }
    let head = |(source, keys): &(&S, &Keys)| {
        let note = source.checkpoint()?.unwrap_or_default();
        log::head(&note, &format!("{}: checkpoint", source.name()), keys, policy)
    };
    let heads = logs.iter().map(head).collect::<Result<Vec<Checked>, Failure>>()?;
    for file in kept {
        let origin = log::origin_in(file)?;
        let ours = logs.iter().zip(&heads).find(|(_, head)| head.checkpoint.origin == origin);
        let ((source, keys), head) = ours.ok_or_else(|| {
            let problem = format!("{}: the log that it is of isn't here", file.display());
            Failure::there(problem, "find out who removed it, or give another checkpoint")
        })?;
        let old = log::since_of(file, keys)?;
        check_since(*source, &head.checkpoint, &old.checkpoint)?;
    }
    Ok(())
}

fn say(format: Format, folder: &Folder, head: &Checked, kept: usize) -> Result<(), Failure> {
    if format != Format::Table {
        let ids = [head.keys.ed25519(), head.keys.ml_dsa_44()].map(|key| format!("{:08x}", key.id()));
        let found = json!({
            "log": folder.name(), "holds": true, "origin": head.checkpoint.origin, "size": head.checkpoint.size,
            "keys": ids, "witnesses": head.witnesses, "since": kept,
        });
        return output::one(format, &found);
    }
    let grown = if kept > 0 { ", and contains what the kept checkpoint states" } else { "" };
    output::text(&format!(
        "holds: {}: each of {} entries and every tile leads to the root that {} signed by {}{}{grown}; keys from {}",
        folder.name(),
        head.checkpoint.size,
        head.checkpoint.origin,
        signed_by(&head.keys),
        log::cosigned(&head.witnesses),
        head.from.display()
    ))
}
