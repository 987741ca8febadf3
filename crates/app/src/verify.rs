//! `ringfence verify`: checks a receipt, or recomputes a data directory's logs from its rows.

mod budgets;
mod receipt;
mod tree;

use crate::cli::{Common, Verify};
use crate::config;
use crate::failure::{self, Failure};
use crate::home::Home;
use crate::output::{self, Format};
use crate::wire::{self, Centre};
use serde_json::{Value, json};
use sql::Sqlite;
use std::path::Path;
use std::sync::Arc;
use store::Store;
use transparency::{OriginKeys, WitnessPolicy};
use vault::TenantConfig;

/// Runs the command.
///
/// # Errors
/// If anything doesn't hold; the first row that doesn't is named.
pub fn run(common: &Common, asked: &Verify) -> Result<(), Failure> {
    let keys = asked.key.as_deref().map(read_keys).transpose()?;
    let kind = std::fs::metadata(&asked.path).map_err(|error| failure::file(&asked.path, &error))?;
    if kind.is_dir() {
        if !asked.witness.is_empty() {
            return Err(Failure::here("--witness is for a receipt", "give a receipt's file, or leave --witness out"));
        }
        return directory(common, asked, keys);
    }
    let (Some(keys), Some(file)) = (keys, &asked.key) else {
        let next =
            "give --key FILE with the keys served at /log/<tenant>/key, fetched on another day or by somebody else";
        return Err(Failure::here("a receipt proves nothing without the log's keys", next));
    };
    let policy = policy(asked)?;
    receipt::check(common.output, &asked.path, &receipt::Against { keys: &keys, file, policy: policy.as_ref() })
}

/// The witnesses that must have signed, if any were named.
fn policy(asked: &Verify) -> Result<Option<WitnessPolicy>, Failure> {
    if asked.witness.is_empty() {
        return Ok(None);
    }
    let keys = asked.witness.iter().map(|path| config::witness::keys(path)).collect::<Result<Vec<_>, _>>()?;
    let quorum = asked.quorum.unwrap_or(keys.len());
    if quorum == 0 {
        return Err(Failure::here("a quorum of none asks for nothing", "give --quorum 1 or more, or no --witness"));
    }
    let made = WitnessPolicy::new(keys.into_iter().flatten(), quorum);
    made.map(Some).map_err(|error| Failure::here(error.to_string(), "give each witness's own file once"))
}

fn read_keys(path: &Path) -> Result<OriginKeys, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| failure::file(path, &error))?;
    text.parse().map_err(|error| {
        Failure::here(format!("{}: {error}", path.display()), "give the two lines served at /log/<tenant>/key")
    })
}

fn directory(common: &Common, asked: &Verify, given: Option<OriginKeys>) -> Result<(), Failure> {
    let home = Home::find(Some(&asked.path), common.config.as_deref())?;
    let asked_for = if given.is_some() || asked.tenant.is_some() {
        vec![home.tenant(asked.tenant.as_deref())?]
    } else {
        home.config.tenants()
    };
    wire::block_on(async {
        let opened = match home.key_file().and_then(wire::load_root) {
            Ok(_) => Some(wire::open(&home).await?),
            Err(failure) if given.is_none() => return Err(failure),
            Err(_) => None,
        };
        let store: Arc<dyn Store> = match &opened {
            Some(centre) => Arc::clone(&centre.store),
            None => Arc::new(Sqlite::open(&home.data).map_err(|error| wire::database(&error))?),
        };
        for tenant in asked_for {
            let found = check(&*store, opened.as_ref(), &tenant, given.as_ref()).await?;
            say(common.output, &found)?;
        }
        Ok(())
    })
}

async fn check(
    store: &dyn Store,
    opened: Option<&Centre>,
    tenant: &TenantConfig,
    given: Option<&OriginKeys>,
) -> Result<Value, Failure> {
    let keys = match (given, opened) {
        (Some(keys), _) => keys.clone(),
        (None, Some(centre)) => vault::origin_keys(&centre.vault, tenant)?,
        (None, None) => return Err(Failure::here("there are no keys to check with", "give --key FILE")),
    };
    // Read before the log is: so every entry that made them what they are is in the log or pending.
    let before = budgets::Snapshot::take(store, tenant.id).await?;
    let tree = tree::check(store, tenant, &keys).await?;
    let mut found = json!({
        "tenant": tenant.slug, "origin": keys.origin(), "entries": tree.size, "pending": before.pending(),
        "keys": if given.is_some() { "the given file" } else { "the key file" }, "audit_halves": null, "budgets": null,
    });
    if let Some(centre) = opened {
        let counts = budgets::recount(centre, tenant, before).await?;
        found["audit_halves"] = json!(counts.halves);
        found["budgets"] = json!(counts.budgets);
    }
    Ok(found)
}

fn say(format: Format, found: &Value) -> Result<(), Failure> {
    if format != Format::Table {
        return output::one(format, found);
    }
    let word = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    let tree = format!(
        "{}: holds. {} entries are in the tree that {} signed with both keys (from {}), each leaf and tile as its row says",
        word("tenant"),
        found["entries"],
        word("origin"),
        word("keys")
    );
    let sealed = match found["audit_halves"].as_u64() {
        Some(halves) => {
            format!("; {halves} audit halves open and fit their leaves; {} budget rows equal the log", found["budgets"])
        }
        None => "; audit halves and budgets weren't looked into, which needs the key file".to_owned(),
    };
    let pending = match found["pending"].as_u64() {
        Some(0) | None => String::new(),
        Some(count) => format!("; {count} entries wait for their place"),
    };
    output::text(&format!("{tree}{sealed}{pending}."))
}

/// A row that doesn't say what the log says.
pub(crate) fn broken(tenant: &TenantConfig, table: &str, row: impl std::fmt::Display, problem: &str) -> Failure {
    Failure::there(
        format!("{}: table {table}, row {row}: {problem}", tenant.slug),
        "keep this directory as it is, tell security, and compare it with a backup",
    )
}
