//! `ringfence doctor`: what is wrong with a data directory, and how to mend it.

mod keyring;

use crate::cli::Common;
use crate::config::{self, Config};
use crate::failure::Failure;
use crate::home::Home;
use crate::{output, wire};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use transparency::verify_checkpoint;
use vault::{FileDiffers, TenantConfig};

/// Less free space than this is a problem, in KiB.
const LEAST_FREE: u64 = 1024 * 1024;
/// Entries wait for milliseconds; this long, in milliseconds, means that nobody gives them their places.
const LONG: i64 = 10_000;

pub(super) fn run(common: &Common) -> Result<(), Failure> {
    let home = Home::find(common.data.as_deref(), common.config.as_deref(), common.store.as_deref())?;
    let mut findings = Findings::default();
    permissions(&mut findings, &home);
    settings(&mut findings, &home.config);
    space(&mut findings, &home);
    keys_and_log(&mut findings, &home);
    key_holder(&mut findings, &home);
    output::list(common.output, &["check", "state", "what", "mend"], &findings.rows)?;
    match findings.wrong {
        0 => Ok(()),
        count => Err(Failure::there(
            format!("{count} of the checks found something wrong"),
            "mend what is listed, and run it again",
        )),
    }
}

#[derive(Default)]
struct Findings {
    rows: Vec<Value>,
    wrong: usize,
}

impl Findings {
    fn fine(&mut self, check: &str, what: impl Into<String>) {
        self.rows.push(json!({"check": check, "state": "ok", "what": what.into(), "mend": null}));
    }

    fn note(&mut self, check: &str, what: &str, mend: &str) {
        self.rows.push(json!({"check": check, "state": "note", "what": what, "mend": mend}));
    }

    fn wrong(&mut self, check: &str, what: impl Into<String>, mend: impl Into<String>) {
        self.wrong += 1;
        self.rows.push(json!({"check": check, "state": "wrong", "what": what.into(), "mend": mend.into()}));
    }

    fn failed(&mut self, check: &str, failure: &Failure) {
        let text = failure.to_string();
        let next = text.rsplit_once("; next: ").map_or("", |(_, next)| next);
        self.wrong(check, failure.problem(), next);
    }
}

fn permissions(findings: &mut Findings, home: &Home) {
    let mut open = Vec::new();
    let entries = fs::read_dir(&home.data).into_iter().flatten().flatten().map(|entry| entry.path());
    for path in std::iter::once(home.data.clone()).chain(entries) {
        let mode = fs::metadata(&path).map_or(0, |data| data.permissions().mode());
        if mode & 0o077 != 0 {
            open.push(path.display().to_string());
        }
    }
    // Within a closed directory nobody reaches an open file.
    match open.first() {
        Some(first) if *first == home.data.display().to_string() => {
            findings.wrong("permissions", format!("others may look into {first}"), format!("chmod 700 {first}"))
        }
        _ => findings.fine("permissions", "only its owner may look into the data directory"),
    }
}

fn settings(findings: &mut Findings, config: &Config) {
    if config.event_source.is_empty() {
        findings.wrong("events", "no system may open interactions, so nobody can be served", "add an [[event_source]]");
    }
    if config.courier.is_none() {
        findings.note(
            "codes",
            "there is no courier: no one-time code can be sent, no customer proven by one",
            "add a [courier]",
        );
    }
}

/// POSIX `df`: the standard library doesn't tell.
fn space(findings: &mut Findings, home: &Home) {
    let told = Command::new("df").arg("-Pk").arg(&home.data).output();
    let text = told.map(|told| String::from_utf8_lossy(&told.stdout).into_owned()).unwrap_or_default();
    let free: Option<u64> =
        text.lines().nth(1).and_then(|line| line.split_whitespace().nth(3)).and_then(|free| free.parse().ok());
    let file = home.database.file();
    let size = file.and_then(|file| fs::metadata(file).ok()).map_or(0, |data| data.len() / 1024);
    match free {
        None => findings.note("disk", "df doesn't tell how much is free", "look yourself"),
        Some(free) if free < LEAST_FREE.max(size / 10) => findings.wrong(
            "disk",
            format!("{} MiB are free", free / 1024),
            "make room: when the disk is full, nothing is disclosed",
        ),
        Some(free) => findings.fine("disk", format!("{} MiB are free", free / 1024)),
    }
}

/// What the form that was chosen costs.
fn key_holder(findings: &mut Findings, home: &Home) {
    match home.key_holder() {
        Some(holder) => findings.fine(
            "key holder",
            format!("a program of its own holds the keys, at {holder}; this side has none"),
        ),
        None => findings.note(
            "key holder",
            "the keys are in this process: whoever is root on this machine while it runs can take all of them, with no \
             entry, no ceiling and no alarm; whoever copies the key file and its keyring reads every copy of the \
             database; and what this process remembers of older databases goes when this machine is put back",
            "run ringfence keyholder as another user, best on security's own machine (docs/keyholder.md); until then let \
             this machine do nothing else, and keep its administrators few",
        ),
    }
}

/// The files of the embedded form; none with a separate key holder, whose files nobody here may see.
fn key_files(findings: &mut Findings, home: &Home) -> bool {
    if home.key_holder().is_some() {
        return true;
    }
    let keys = match home.key_file().and_then(|file| wire::ring_file(file).map(|ring| (file, ring))) {
        Ok(keys) => keys,
        Err(failure) => {
            findings.failed("key file", &failure);
            return false;
        }
    };
    findings.fine("key file", format!("{} lies outside, and only its owner may read it", keys.0.display()));
    match keys.1.look() {
        Ok(ring) => keyring::file(findings, keys.0, &ring),
        Err(error) => {
            findings.failed("keyring", &wire::ring(keys.0, &error));
            return false;
        }
    }
    true
}

fn keys_and_log(findings: &mut Findings, home: &Home) {
    if !key_files(findings, home) {
        return;
    }
    let logs = wire::block_on(async {
        let centre = wire::open(home).await?;
        let mut logs = Vec::new();
        for tenant in home.config.tenants() {
            let head = centre.store.head(tenant.id).await?;
            let oldest = centre.store.pending(tenant.id, None, 1).await?.first().map(|leaf| age(&centre, leaf.entry));
            logs.push((vault::origin_keys(&centre.vault, &tenant)?, head, oldest, tenant));
        }
        keyring::shelves(findings, &centre, home).await?;
        for tenant in home.config.tenants() {
            power(findings, &tenant, centre.vault.wrong_power(&centre.vault.operator(tenant.id)).await?);
            let governed = !centre.vault.needs_officer(tenant.id).await?;
            agreed(findings, &tenant, governed, &centre.vault.file_differs(tenant.id).await?);
        }
        officers(findings, &centre).await?;
        Ok(logs)
    });
    match logs {
        Err(failure) => findings.failed("database", &failure),
        Ok(logs) => {
            findings.fine("database", "it opens, its schema is this version's, and the keys fit");
            for (keys, head, oldest, tenant) in &logs {
                let signed = head.size == 0
                    || verify_checkpoint(&head.checkpoint, keys).is_ok_and(|checkpoint| checkpoint.size == head.size);
                log(findings, tenant, head.size, signed, *oldest);
            }
        }
    }
    if home.config.tenant.is_empty() {
        findings.wrong("tenants", "there is none", format!("add a [[tenant]] to {}", config::FILE));
    }
}

/// Does the file say what officers agreed to? Before there are officers, it counts.
fn agreed(findings: &mut Findings, tenant: &TenantConfig, governed: bool, file: &FileDiffers) {
    let name = format!("settings of {}", tenant.slug);
    match file.differences.first() {
        Some(first) => findings.wrong(
            &name,
            format!(
                "of the file, {} don't count, as officers agreed to others: {}",
                file.differences.len(),
                first.says.trim_end_matches('.')
            ),
            "put the file back, or let two security officers sign what it says (Proposals)",
        ),
        None if file.agreed => findings.fine(&name, "the file says what officers agreed to"),
        None if governed => findings.note(
            &name,
            "officers never signed any, so that whoever edits the file changes them",
            "let two security officers sign them (Proposals)",
        ),
        None => {}
    }
}

fn power(findings: &mut Findings, tenant: &TenantConfig, wrong: Option<vault::Wrong>) {
    let name = format!("people of {}", tenant.slug);
    match wrong {
        None => findings.fine(&name, "they and their rights are what the key holder sealed last"),
        Some(wrong) => findings.wrong(
            &name,
            format!(
                "people or rights aren't what the key holder sealed; {} {}: {}",
                wrong.table, wrong.row, wrong.problem
            ),
            "tell security, keep a copy of the database, and put the right rows or the newest database back",
        ),
    }
}

/// Until a security officer has a passkey, whoever runs the machine decides who may do what.
async fn officers(findings: &mut Findings, centre: &wire::Centre) -> Result<(), Failure> {
    for tenant in centre.vault.tenants() {
        let name = format!("security of {}", tenant.slug);
        if centre.vault.needs_officer(tenant.id).await? {
            findings.note(
                &name,
                "no security officer has a passkey: whoever runs this machine still decides who may do what",
                "ringfence person invite a security officer, who opens the link while ringfence serve runs",
            );
        } else {
            findings.fine(&name, "changes of people and rights need a security officer's passkey");
        }
        match centre.vault.unconfirmed_tokens(tenant.id).await? {
            0 => {}
            count => findings.note(
                &format!("tokens of {}", tenant.slug),
                &format!(
                    "bearer tokens of people that were given before the first officer's passkey and still count: {count}"
                ),
                "let security end or confirm each of them (People)",
            ),
        }
    }
    Ok(())
}

fn log(findings: &mut Findings, tenant: &TenantConfig, size: u64, signed: bool, oldest: Option<i64>) {
    let name = format!("log of {}", tenant.slug);
    match (signed, oldest) {
        (false, _) => findings.wrong(&name, "its checkpoint doesn't verify", "run ringfence verify, and tell security"),
        (true, Some(age)) if age > LONG => findings.wrong(
            &name,
            "entries wait for their place: nobody numbers them",
            "start ringfence serve; it catches up by itself",
        ),
        _ => findings.fine(&name, format!("{size} entries, signed with both keys")),
    }
}

/// Milliseconds since an entry was made: its id begins with the time.
fn age(centre: &wire::Centre, entry: domain::EntryId) -> i64 {
    let mut made = [0; 8];
    made[2..].copy_from_slice(&entry.0[..6]);
    centre.vault.now().0 - i64::from_be_bytes(made)
}
