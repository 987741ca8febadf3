//! `ringfence pack build`.

use super::answers::{self, Found};
use super::drilled::{self, Drilled};
use super::index::Page;
use super::manifest::{Manifest, hash};
use super::oscal::Told;
use super::seal::{Seal, is_witnessed};
use super::{ANSWERS, CHECKPOINT, KEY, MANIFEST, PAGE, Part, SBOM, SEAL, STATE, WITNESSED, sbom, zip};
use crate::ambient::{SystemClock, SystemEntropy};
use crate::cli::PackBuild;
use crate::client::Client;
use crate::drilling;
use crate::failure::{self, Failure};
use crate::inventory::{Found as Assets, Serial, cbom};
use crate::log::{Remote, hex};
use crate::output::{self, Format};
use domain::Clock as _;
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;
use transparency::{Receipt, VerifierKey};
use vault::DrillVerdict;

/// How often, and after which pause, an entry's place and its witnesses are waited for.
const ASKED: u32 = 240;
const PAUSE: Duration = Duration::from_millis(250);

/// Builds one.
///
/// # Errors
/// If the nonce is none, the file is there already, drills lacked allowance, or the deployment doesn't give what a pack is made of. Drills that don't hold are no
/// error: the pack says so.
pub(super) fn run(format: Format, asked: &PackBuild) -> Result<(), Failure> {
    let nonce = vault::nonce_mark(&asked.nonce).ok_or_else(no_nonce)?;
    if asked.out.exists() {
        return Err(failure::file(&asked.out, &std::io::Error::from(std::io::ErrorKind::AlreadyExists)));
    }
    let inventory = asked.inventory.as_deref().map(inventoried).transpose()?;
    let work = move |client: &Client, results: &[Value]| {
        assemble(&Wanted { nonce, inventory, rehearsal: false }, client, results)
    };
    let made = match &asked.kit {
        Some(kit) => drilling::against(kit, work)?,
        None => drilling::rehearsed(move |client, results| {
            assemble(&Wanted { nonce, inventory: None, rehearsal: true }, client, results)
        })?,
    };
    let file =
        zip::encode(&made.parts).ok_or_else(|| Failure::there("the pack is too large", "leave --inventory away"))?;
    write(&asked.out, &file)?;
    let told = json!({
        "file": asked.out.display().to_string(), "bytes": file.len(), "sha256": hex(&hash(&file)), "entry": made.entry,
        "in_place": made.in_place, "answers": made.answers, "held": made.held, "drills": made.drills,
        "rehearsal": asked.kit.is_none(),
    });
    output::one(format, &told)?;
    if made.held < made.drills {
        output::aside("Not every attack was refused, and the pack says so: ringfence drill run --all tells more");
    }
    Ok(())
}

pub(super) fn no_nonce() -> Failure {
    let problem = "the nonce isn't 16 to 128 visible characters of ASCII";
    Failure::here(problem, "use the one that the buyer chose, such as what openssl rand -hex 16 prints")
}

/// What is to be built.
struct Wanted {
    nonce: [u8; 32],
    inventory: Option<Value>,
    rehearsal: bool,
}

/// What was.
pub(crate) struct Made {
    parts: Vec<Part>,
    entry: String,
    in_place: usize,
    answers: usize,
    held: usize,
    drills: usize,
}

fn inventoried(file: &Path) -> Result<Value, Failure> {
    let text = std::fs::read(file).map_err(|error| failure::file(file, &error))?;
    let document: Option<Value> = serde_json::from_slice(&text).ok();
    document.filter(|document| document["bomFormat"] == "CycloneDX").ok_or_else(|| {
        Failure::here(
            format!("{}: this isn't a bill of materials", file.display()),
            "give what ringfence crypto inventory wrote",
        )
    })
}

/// How refusals for want of allowance end: of the hour, and of any other.
const SPENT: [&str; 2] = ["budget-exhausted", "allowance-exhausted"];

/// A defence isn't red because nobody had the points to try it: such results are neither told nor sealed.
fn had_allowance(results: &[Value]) -> Result<(), Failure> {
    let spent = |result: &&Value| {
        let said = result["said"].as_str().unwrap_or_default();
        result["verdict"] == DrillVerdict::ProvesNothing.slug() && SPENT.iter().any(|slug| said.contains(slug))
    };
    match results.iter().filter(spent).count() {
        0 => Ok(()),
        lacking => Err(Failure::there(
            format!("{lacking} of {} drills lacked allowance to be tried; nothing was sealed", results.len()),
            "wait until the hour is over, raise the allowance of the drills' agents, or name others in the kit",
        )),
    }
}

fn assemble(wanted: &Wanted, client: &Client, results: &[Value]) -> Result<Made, Failure> {
    had_allowance(results)?;
    let drilled = tell(client, results, &wanted.nonce)?;
    let state = client.call("GET", "/v1/packs/state", None)?;
    let word = |pointer: &str| state.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (tenant, origin, at, company) = (word("/tenant"), word("/origin"), word("/at"), word("/plan/company"));
    let site = Remote::new(client.address())?;
    let log = Remote::new(&format!("{}/log/{tenant}", client.address()))?;
    let mut parts = vec![Part::json(STATE, &state)?, drilled::part(&drilled)?];
    let told = Told { drilled: &drilled, nonce: &wanted.nonce, at: &at, company: &company };
    parts.extend(told.parts()?);
    parts.push(Part::json(SBOM, &sbom::sbom(&at))?);
    let declared = || cbom(&Assets::default(), &[], &Serial::new(&SystemEntropy), SystemClock.now());
    parts.push(Part::json("cbom.json", &wanted.inventory.clone().unwrap_or_else(declared))?);
    parts.push(Part::new(KEY, text(&log, "key")?));
    parts.push(Part::new(CHECKPOINT, text(&log, "checkpoint")?));
    if let Some(witnessed) = log.text("witnessed")? {
        parts.push(Part::new(WITNESSED, witnessed));
    }
    parts.push(Part::new("notice.txt", text(&site, &format!("notice/{tenant}/en/text"))?));
    let found = Found { state: &state, drilled: &drilled, parts: &parts };
    let answers = answers::all(&found);
    let page = Page {
        company: &company,
        origin: &origin,
        at: &at,
        rehearsal: wanted.rehearsal,
        answers: &answers,
        drilled: &drilled,
    };
    let mut whole = vec![Part::new(PAGE, page.html()), Part::json(ANSWERS, &answers)?];
    whole.extend(parts);
    let manifest = Part::json(MANIFEST, &Manifest::of(&whole, &wanted.nonce, &origin, wanted.rehearsal))?;
    let (entry, seal) = sealed(client, &log, wanted, &manifest, (&drilled, &state))?;
    whole.push(manifest);
    whole.push(Part::json(SEAL, &seal)?);
    Ok(Made {
        parts: whole,
        entry,
        in_place: answers.iter().filter(|answer| answer.in_place).count(),
        answers: answers.len(),
        held: drilled.iter().filter(|one| one.held()).count(),
        drills: drilled.len(),
    })
}

fn text(from: &Remote, path: &str) -> Result<String, Failure> {
    from.text(path)?.ok_or_else(|| {
        Failure::there(format!("the deployment has no {path}"), "try again once it has served for a minute")
    })
}

/// Tells the results under the nonce; gives them with what opens their entries.
fn tell(client: &Client, results: &[Value], nonce: &[u8; 32]) -> Result<Vec<Drilled>, Failure> {
    let mut told = drilling::told(results);
    told["nonce"] = json!(hex(nonce));
    let entries = client.call("POST", "/v1/drills", Some(&told))?;
    let entries: Vec<&str> = entries["entries"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if entries.len() != results.len() {
        return Err(Failure::there("the deployment didn't take every result", "check its version"));
    }
    let pairs = results.iter().zip(entries);
    pairs.map(|(result, entry)| Drilled::of(result, &proven(client, entry, |_| true)?)).collect()
}

/// Has the pack become an entry, under as many witnesses' signatures as the log has to have where it has them.
fn sealed(
    client: &Client,
    log: &Remote,
    wanted: &Wanted,
    manifest: &Part,
    (drilled, state): (&[Drilled], &Value),
) -> Result<(String, Seal), Failure> {
    let body = json!({"nonce": hex(&wanted.nonce), "manifest": hex(&hash(&manifest.bytes))});
    let entry = client.call("POST", "/v1/packs", Some(&body))?["entry"].as_str().unwrap_or_default().to_owned();
    let (keys, quorum) = witnesses(state);
    let enough = |proof: &str| {
        quorum == 0 || Receipt::parse(proof).is_ok_and(|receipt| is_witnessed(&receipt.checkpoint, &keys, quorum))
    };
    let proven = proven(client, &entry, enough)?;
    let seal = Seal::fetch(&proven, drilled, log)?;
    Ok((entry, seal))
}

/// The witnesses' keys, and how many must have signed: as many as the log asks for, unless they are missing, which the state says.
pub(super) fn witnesses(state: &Value) -> (Vec<VerifierKey>, usize) {
    let log = &state["log"];
    let keys = log["witness_keys"].as_array().into_iter().flatten().filter_map(|key| key.as_str()?.parse().ok());
    let there = matches!(log["state"].as_str(), Some("witnessed" | "waiting"));
    let quorum = log["quorum"].as_u64().and_then(|quorum| usize::try_from(quorum).ok()).filter(|_| there);
    (keys.collect(), quorum.unwrap_or(0))
}

/// Waits for an entry's place in the log, and for a proof that is good enough.
fn proven(client: &Client, entry: &str, enough: impl Fn(&str) -> bool) -> Result<Value, Failure> {
    let path = format!("/v1/packs/proofs/{entry}");
    for _ in 0..ASKED {
        let found = client.call("GET", &path, None)?;
        if found["proof"].as_str().is_some_and(&enough) {
            return Ok(found);
        }
        std::thread::park_timeout(PAUSE);
    }
    Err(Failure::there(
        "an entry of this pack got no place in the log, or too few witnesses signed it",
        "see that the log goes on (/readyz) and witnesses answer, and build the pack again",
    ))
}

fn write(to: &Path, file: &[u8]) -> Result<(), Failure> {
    let written = OpenOptions::new().write(true).create_new(true).open(to);
    let written = written.and_then(|mut out| out.write_all(file).and_then(|()| out.sync_all()));
    written.map_err(|error| failure::file(to, &error))
}

#[cfg(test)]
mod tests {
    use super::had_allowance;
    use serde_json::{Value, json};

    fn result(verdict: &str, said: &str) -> Value {
        json!({"drill": "reveal-on-hold", "verdict": verdict, "said": said})
    }

    #[test]
    fn what_nobody_had_the_points_to_try_is_not_sealed() {
        let held = result("held", "refused: not-in-contact; its control got through");
        let away = result("proves_nothing", "the attack: a search doesn't answer");
        assert_eq!(had_allowance(&[held.clone(), away.clone()]), Ok(()));
        let hour = result("proves_nothing", "its control was refused too: budget-exhausted");
        let day = result("proves_nothing", "the attack: a search was refused: day-allowance-exhausted");
        let failure = had_allowance(&[held, hour, away, day]).expect_err("a refusal");
        assert!(failure.code() == 2 && failure.problem().starts_with("2 of 4 drills"), "{failure}");
    }
}
