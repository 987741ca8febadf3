//! `ringfence verify`: checks a receipt, a checkpoint or copied logs against keys that somebody gave, or recomputes a
//! data directory's logs from its rows.

mod allotments;
mod budgets;
pub(crate) mod certificate;
mod closes;
mod copies;
pub mod customer;
mod journal;
mod report;
mod statement;
mod tally;
mod tree;

use crate::cli::{Common, Verify};
use crate::config;
use crate::failure::{self, Failure};
use crate::home::Home;
use crate::log::{self, Keys};
use crate::output::{self, Format};
use crate::wire::{self, Centre};
use domain::EntryId;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::Store;
use transparency::{OriginKeys, WitnessPolicy};
use vault::{Before, LogLine, TenantConfig, Vault};

/// Audit halves that are read at once.
const PAGE: u32 = 1_000;

/// Runs the command.
///
/// # Errors
/// If anything that was asked for isn't there or doesn't hold; the first row or file that doesn't is named.
pub fn run(common: &Common, asked: &Verify) -> Result<(), Failure> {
    let keys = Keys::read(&asked.key)?;
    let policy = policy(asked)?;
    if let Some(file) = &asked.customer {
        without_words(asked, file)?;
        return customer::run(common, asked, file, &keys, policy.as_ref());
    }
    let kind = std::fs::metadata(&asked.path).map_err(|error| failure::file(&asked.path, &error))?;
    if !kind.is_dir() {
        return statement::check(common.output, asked, &keys, policy.as_ref());
    }
    without_words(asked, &asked.path)?;
    if asked.path.join(config::FILE).exists() {
        return directory(common, asked, &keys, policy.as_ref());
    }
    copies::check(common.output, asked, &keys, policy.as_ref())
}

/// Whoever gives words wants them compared: where nothing has any, saying that it holds would mislead.
fn without_words(asked: &Verify, of: &Path) -> Result<(), Failure> {
    if asked.words.is_none() {
        return Ok(());
    }
    let problem = format!("{}: only the proof of a report has words", of.display());
    Err(Failure::here(problem, "give report-proof.json, or leave --words out"))
}

/// The witnesses that must have signed, if any were named.
fn policy(asked: &Verify) -> Result<Option<WitnessPolicy>, Failure> {
    match asked.witness.is_empty() {
        true => asked.policy.as_deref().map(log::read_policy).transpose(),
        false => named_witnesses(&asked.witness, asked.quorum),
    }
}

/// That so many of the witnesses whose files are named must have signed, all unless said; none where no file is.
pub(crate) fn named_witnesses(files: &[PathBuf], quorum: Option<usize>) -> Result<Option<WitnessPolicy>, Failure> {
    if files.is_empty() {
        return Ok(None);
    }
    let keys = files.iter().map(|path| config::witness::keys(path)).collect::<Result<Vec<_>, _>>()?;
    let quorum = quorum.unwrap_or(keys.len());
    if quorum == 0 {
        return Err(Failure::here("a quorum of none asks for nothing", "give --quorum 1 or more, or no --witness"));
    }
    let made = WitnessPolicy::new(keys.into_iter().flatten(), quorum);
    made.map(Some).map_err(|error| Failure::here(error.to_string(), "give each witness's own file once"))
}

fn directory(common: &Common, asked: &Verify, given: &Keys, policy: Option<&WitnessPolicy>) -> Result<(), Failure> {
    let home = Home::find(Some(&asked.path), common.config.as_deref(), common.store.as_deref())?;
    let asked_for = tenants(&home, asked, given)?;
    let (store, opened) = wire::block_on(async {
        let keys = match home.key_holder() {
            Some(_) => Ok(()),
            None => home.key_file().and_then(wire::load_root).map(drop),
        };
        let opened = match keys {
            Ok(()) => Some(wire::open(&home).await?),
            Err(failure) if given.is_empty() => return Err(failure),
            Err(_) => None,
        };
        let store: Arc<dyn Store> = match &opened {
            Some(centre) => Arc::clone(&centre.store),
            None => home.database.open().await?,
        };
        Ok((store, opened))
    })?;
    let vault = opened.as_ref().map(|centre: &Centre| &*centre.vault);
    let kept = asked.journal.as_deref().map(journal::Kept::read).transpose()?;
    let mut known = Vec::new();
    for tenant in &asked_for {
        let keys = keys_of(tenant, given, vault)?;
        let mut found = wire::block_on(rows(&*store, vault, tenant, &keys))?;
        let whose = if given.is_empty() { "the key file" } else { "the given file" };
        found["keys"] = json!(whose);
        let source = log::Stored::new(Arc::clone(&store), tenant.id, &tenant.slug, None)?;
        let keys = Keys::of(keys, whose);
        found["closes"] = json!(closes::check(&source, &*store, tenant, &keys)?);
        found["journal"] = match (&kept, vault) {
            (Some(kept), Some(vault)) => journal::check(kept, vault, tenant, asked.unreleased)?,
            (Some(_), None) => {
                return Err(Failure::here(
                    "a journal is compared with audit halves, which needs the keys",
                    "run it where the node runs, with its key file or beside its key holder, and without --key",
                ));
            }
            (None, _) => Value::Null,
        };
        known.push((source, keys, found));
    }
    copies::since(&known.iter().map(|(source, keys, _)| (source, keys)).collect::<Vec<_>>(), &asked.since, policy)?;
    known.iter().try_for_each(|(_, _, found)| say(common.output, found))
}

/// Whose logs are checked: the tenant that was named, those that keys were given for, or all.
fn tenants(home: &Home, asked: &Verify, given: &Keys) -> Result<Vec<TenantConfig>, Failure> {
    let all = home.config.tenants();
    match (&asked.tenant, all.as_slice()) {
        (Some(slug), _) => Ok(vec![home.tenant(Some(slug))?]),
        (None, all) if given.is_empty() => Ok(all.to_vec()),
        // The checkpoint says whether the keys are its own.
        (None, [only]) => Ok(vec![only.clone()]),
        (None, all) => given.origins().map(|origin| of_origin(all, origin)).collect(),
    }
}

fn of_origin(all: &[TenantConfig], origin: &str) -> Result<TenantConfig, Failure> {
    all.iter().find(|tenant| tenant.origin == origin).cloned().ok_or_else(|| {
        Failure::there(
            format!("there is no log {origin} in this data directory"),
            "give the keys of a log that is here",
        )
    })
}

fn keys_of(tenant: &TenantConfig, given: &Keys, vault: Option<&Vault>) -> Result<OriginKeys, Failure> {
    if !given.is_empty() {
        return Ok(given.for_origin(&tenant.origin)?.0.clone());
    }
    let vault = vault.ok_or_else(|| Failure::here("there are no keys to check with", "give --key FILE"))?;
    Ok(vault::origin_keys(vault, tenant)?)
}

/// Recomputes one tenant's log from its rows; with the vault's keys also its audit halves, budgets, customers' counters
/// and every row's tag.
///
/// # Errors
/// If a row doesn't say what the signed log says; it is named.
pub async fn rows(
    store: &dyn Store,
    vault: Option<&Vault>,
    tenant: &TenantConfig,
    keys: &OriginKeys,
) -> Result<Value, Failure> {
    // Read before the log is: so every entry that made them what they are is in the log or pending.
    let before = budgets::before(store, tenant.id).await?;
    let spending = budgets::Spending::of_rows(store, tenant).await?;
    let tree = tree::check(store, tenant, keys).await?;
    let mut found = json!({
        "tenant": tenant.slug, "origin": keys.origin(), "entries": tree.size, "pending": before.pending.len(),
        "key_ids": [format!("{:08x}", keys.ed25519().id()), format!("{:08x}", keys.ml_dsa_44().id())],
        "audit_halves": null, "budgets": null, "allotments": null, "customers": null, "customer_entries": null,
    });
    if let Some(vault) = vault {
        let operator = vault.operator(tenant.id);
        let named = |wrong: vault::Wrong| broken(tenant, wrong.table, wrong.row, &wrong.problem);
        if let Some(wrong) = vault.edited_row(&operator).await? {
            return Err(named(wrong));
        }
        found["budgets"] = json!(spending.rows());
        // People only ever grow in number, and their version: so these rows must have what the log has by then.
        let (version, people) = vault.power_rows(&operator).await?;
        let counted = vault.recount_customers(&operator, &before).await?;
        let counted = counted.map_err(|wrong| broken(tenant, wrong.table, wrong.row, &wrong.problem))?;
        let (halves, allotments, tally) = audit_halves(vault, tenant, &before, spending).await?;
        tally.check_people(tenant, version, &people)?;
        // After what the log tells, which knows who is missing.
        if let Some(wrong) = vault.wrong_power(&operator).await? {
            return Err(named(wrong));
        }
        tally.check_customers(tenant, counted.customers)?;
        found["audit_halves"] = json!(halves);
        found["allotments"] = json!(allotments);
        found["customers"] = json!(counted.customers);
        found["customer_entries"] = json!(counted.entries);
    }
    Ok(found)
}

/// Opens every audit half once, newest first; follows the budgets back and counts.
async fn audit_halves(
    vault: &Vault,
    tenant: &TenantConfig,
    before: &Before,
    mut spending: budgets::Spending<'_>,
) -> Result<(u64, usize, tally::Tally), Failure> {
    let operator = vault.operator(tenant.id);
    let mut tally = tally::Tally::default();
    let mut take = |line: &LogLine, old: bool| {
        if line.body.is_none() {
            return Err(broken(tenant, "entry", line.entry, "its audit half doesn't open, or doesn't fit its leaf"));
        }
        tally.take(line, old);
        spending.take(line, old)
    };
    // What waits is met again where it gets its place in between; then it is the same line.
    let waiting = vault.pending_bodies(&operator).await?;
    for line in &waiting {
        take(line, before.pending.contains(&line.entry))?;
    }
    let waited: HashSet<EntryId> = waiting.into_iter().map(|line| line.entry).collect();
    let (mut halves, mut place) = (0, None);
    loop {
        let lines = vault.audit_page(&operator, place, PAGE).await?;
        let Some(last) = lines.last() else { break };
        place = Some(last.place);
        halves += lines.len() as u64;
        for line in lines.iter().filter(|line| !waited.contains(&line.entry)) {
            take(line, line.place < before.size || before.pending.contains(&line.entry))?;
        }
    }
    spending.close(before)?;
    Ok((halves, spending.allotments(), tally))
}

fn say(format: Format, found: &Value) -> Result<(), Failure> {
    if format != Format::Table {
        return output::one(format, found);
    }
    let word = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    let tree = format!(
        "{}: holds. {} entries are in the tree that {} signed by Ed25519 ({}) and ML-DSA-44 ({}) (keys from {}), each leaf and tile as its row says",
        word("tenant"),
        found["entries"],
        word("origin"),
        found["key_ids"][0].as_str().unwrap_or_default(),
        found["key_ids"][1].as_str().unwrap_or_default(),
        word("keys")
    );
    let sealed = match found["audit_halves"].as_u64() {
        Some(halves) => {
            format!(
                "; {halves} audit halves open and fit their leaves; {} budget rows and {} customers' counters and chains, \
                 over {} entries, equal the log; no more was drawn than in {} allotments",
                found["budgets"], found["customers"], found["customer_entries"], found["allotments"]
            )
        }
        None => "; audit halves, budgets and customers weren't looked into, which needs the key file".to_owned(),
    };
    let pending = match found["pending"].as_u64() {
        Some(0) | None => String::new(),
        Some(count) => format!("; {count} entries wait for their place"),
    };
    let closes = match found["closes"].as_u64() {
        Some(0) | None => String::new(),
        Some(count) => format!("; its last close is number {count}, and each list is as signed"),
    };
    let journal = match found["journal"]["keys"].as_u64() {
        Some(keys) => format!(
            "; each of {keys} keys that the key holder released from {} to {} has its entry, and {} entries had none",
            found["journal"]["from"].as_str().unwrap_or_default(),
            found["journal"]["until"].as_str().unwrap_or_default(),
            found["journal"]["unreleased"],
        ),
        None => String::new(),
    };
    output::text(&format!("{tree}{sealed}{closes}{journal}{pending}."))
}

/// A row that doesn't say what the log says.
pub(crate) fn broken(tenant: &TenantConfig, table: &str, row: impl std::fmt::Display, problem: &str) -> Failure {
    Failure::there(
        format!("{}: table {table}, row {row}: {problem}", tenant.slug),
        "keep this directory as it is, tell security, and compare it with a backup",
    )
}
