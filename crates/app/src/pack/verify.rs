//! `ringfence pack verify`: without a network, by the log's and its witnesses' keys, the nonce and the pack alone.

use super::answers::{Answer, Found};
use super::drilled::Drilled;
use super::manifest::{Manifest, plain};
use super::seal::Seal;
use super::{ANSWERS, DRILLS, KEY, KNOWN, MANIFEST, Part, SEAL, STATE, anew, build, read, zip};
use crate::cli::PackVerify;
use crate::failure::{self, Failure};
use crate::log::{Keys, hex, signed_by};
use crate::output::{self, Format};
use crate::verify::named_witnesses;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;
use transparency::{OriginKeys, WitnessPolicy};

const COLUMNS: [&str; 3] = ["checked", "result", "said"];
const NEXT: &str = "don't rely on it; ask the company for another one, for a new nonce";

/// Checks one.
///
/// # Errors
/// If it was changed, was made for another nonce or by another log, or says something that its evidence doesn't.
pub(super) fn run(format: Format, asked: &PackVerify) -> Result<(), Failure> {
    let nonce = vault::nonce_mark(&asked.nonce).ok_or_else(build::no_nonce)?;
    let keys = asked.key.as_ref().map(|file| Keys::read(core::slice::from_ref(file))).transpose()?;
    let file = whole(&asked.file)?;
    let name = asked.file.display();
    let witnesses = named_witnesses(&asked.witness, asked.quorum)?;
    let lines = checked(&file, &nonce, &Given { keys: keys.as_ref(), witnesses: witnesses.as_ref() })
        .map_err(|said| Failure::there(format!("{name}: {said}"), NEXT))?;
    output::list(format, &COLUMNS, &lines)?;
    let failed: Vec<&Value> = lines.iter().filter(|line| line["result"] == "fail").collect();
    match failed.first() {
        None => Ok(()),
        Some(first) => {
            let said = format!("{name}: {}: {}", word(&first["checked"]), word(&first["said"]));
            Err(Failure::there(said, NEXT))
        }
    }
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn whole(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(file).and_then(|opened| opened.take(zip::MOST + 1).read_to_end(&mut bytes));
    read.map_err(|error| failure::file(file, &error))?;
    Ok(bytes)
}

fn line(checked: impl Into<String>, result: &str, said: impl Into<String>) -> Value {
    json!({"checked": checked.into(), "result": result, "said": said.into()})
}

/// What whoever checks has from elsewhere.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) keys: Option<&'a Keys>,
    pub(super) witnesses: Option<&'a WitnessPolicy>,
}

/// Each part, each drill, each answer.
///
/// # Errors
/// If the file as a whole isn't what was built: then nothing in it is worth a line.
pub(super) fn checked(file: &[u8], nonce: &[u8; 32], given: &Given<'_>) -> Result<Vec<Value>, String> {
    let mut parts = zip::decode(file).ok_or("it isn't a pack, or was changed since it was built")?;
    let seal = last(&mut parts, SEAL)?;
    let list = last(&mut parts, MANIFEST)?;
    let manifest: Manifest = read(&list.bytes).ok_or("its list of parts was changed")?;
    let seal: Seal = read(&seal.bytes).ok_or("its seal was changed")?;
    if let Some(said) = manifest.differs(&parts) {
        return Err(said);
    }
    if let Some(part) = parts.iter().find(|part| !KNOWN.contains(&part.name.as_str())) {
        return Err(format!("this program knows no part {}", plain(&part.name)));
    }
    if manifest.nonce != hex(nonce) {
        return Err("it was made for another nonce than yours".to_owned());
    }
    let state: Value = read(&part(&parts, STATE)?.bytes).ok_or("its state can't be read")?;
    let drilled: Vec<Drilled> = read(&part(&parts, DRILLS)?.bytes).ok_or("its drills can't be read")?;
    let answers: Vec<Answer> = read(&part(&parts, ANSWERS)?.bytes).ok_or("its answers can't be read")?;
    let keys = keys(&parts, given.keys, &manifest.origin)?;
    if state["origin"] != manifest.origin.as_str() {
        return Err("its state is another log's".to_owned());
    }
    let (witnesses, quorum) = build::witnesses(&state);
    let sealed = seal.check(&keys, &witnesses, given.witnesses, (&manifest, &list.bytes), &drilled)?;
    if sealed.witnesses.len() < quorum {
        return Err(format!("{} of {quorum} witnesses signed it", sealed.witnesses.len()));
    }
    let mut lines = vec![key_line(given.keys, &keys)];
    let place = format!("at {} in a log of {} entries", sealed.entry.at, sealed.checkpoint.size);
    lines.push(line("seal", "pass", place));
    lines.push(match given.witnesses {
        Some(_) => line("witnesses", "pass", format!("signed by {}, whose keys you gave", sealed.vouched.join(", "))),
        None => line("witnesses", "open", by_its_own_word(&sealed.witnesses)),
    });
    let found = Found { state: &state, drilled: &drilled, parts: &parts };
    let anew = anew::is_possible(&state).then(|| anew::made(&found, &manifest, nonce)).transpose()?;
    let this = anew.is_some();
    if !this {
        lines.push(line("version", "open", "another version of the program built it: have that one check it too"));
    }
    lines.extend(parts.iter().map(|part| listed(part, anew.as_deref(), &keys)));
    lines.extend(drills(&drilled, nonce, &sealed.entry, this.then_some(manifest.rehearsal)));
    if this {
        lines.extend(anew::missing(&parts).map(|name| line(name, "fail", "it is missing")));
        lines.extend(anew::left_out(&drilled).map(|name| line(format!("drill {name}"), "fail", "it was left out")));
    }
    if manifest.rehearsal {
        lines.push(line("rehearsal", "open", "it is of a centre made for it, and says nothing of anybody's"));
    }
    lines.extend(answers.iter().map(|answer| answered(answer, &found, this)));
    let ids: BTreeSet<&str> = answers.iter().map(|answer| answer.id.as_str()).collect();
    if answers.is_empty() || ids.len() != answers.len() {
        lines.push(line("answers", "fail", "a question is answered twice, or none is"));
    }
    Ok(lines)
}

/// A part, beside what this program makes of the pack's state and drills, if it is of this version.
fn listed(part: &Part, anew: Option<&[Part]>, keys: &OriginKeys) -> Value {
    let name = plain(&part.name);
    let bytes = format!("{} bytes, as listed", part.bytes.len());
    match anew {
        _ if !anew::is_signed(part, keys) => line(name, "fail", "its log didn't sign it"),
        _ if !anew::follows(&part.name) => line(name, "pass", bytes),
        None => line(name, "open", format!("{bytes}; another version made it, and this one can't make it anew")),
        Some(made) if made.contains(part) => line(name, "pass", format!("{bytes}, and made anew the same")),
        Some(_) => line(name, "fail", "it isn't what its state and drills come to"),
    }
}

fn by_its_own_word(signed: &[String]) -> String {
    let by = if signed.is_empty() { "no witness".to_owned() } else { signed.join(", ") };
    format!("signed by {by}, as the pack itself says: give --witness and --quorum")
}

fn last(parts: &mut Vec<Part>, name: &str) -> Result<Part, String> {
    parts.pop().filter(|part| part.name == name).ok_or_else(|| format!("{name} isn't where it should be"))
}

fn part<'a>(parts: &'a [Part], name: &str) -> Result<&'a Part, String> {
    parts.iter().find(|part| part.name == name).ok_or_else(|| format!("{name} is missing"))
}

/// The keys that somebody gave; else the pack's own.
fn keys(parts: &[Part], given: Option<&Keys>, origin: &str) -> Result<OriginKeys, String> {
    let own = core::str::from_utf8(&part(parts, KEY)?.bytes).ok().and_then(|text| text.parse::<OriginKeys>().ok());
    let own = own.filter(|own| own.origin() == origin).ok_or("its key isn't its log's")?;
    let Some(given) = given else { return Ok(own) };
    let (given, _) = given.for_origin(origin).map_err(|failure| failure.problem().to_owned())?;
    if *given == own { Ok(own) } else { Err("it was sealed by another log than the one whose key you gave".to_owned()) }
}

fn key_line(given: Option<&Keys>, keys: &OriginKeys) -> Value {
    match given {
        Some(_) => line("key", "pass", format!("{} of {}", signed_by(keys), keys.origin())),
        None => line(
            "key",
            "open",
            format!(
                "{} of {}, as the pack itself says: compare it with what the company gave you, or give --key",
                signed_by(keys),
                keys.origin()
            ),
        ),
    }
}

/// `rehearsal` is none where another version tried them.
fn drills(drilled: &[Drilled], nonce: &[u8; 32], pack: &vault::AuditBody, rehearsal: Option<bool>) -> Vec<Value> {
    let mut seen = BTreeSet::new();
    let lines = drilled.iter().map(|one| {
        let name = format!("drill {}", plain(&one.drill));
        let differs = || rehearsal.and_then(|rehearsal| anew::differs(one, rehearsal));
        match one.differs(nonce, pack).or_else(differs) {
            _ if !seen.insert(&one.drill) => line(name, "fail", "it is there twice"),
            Some(said) => line(name, "fail", said),
            None if rehearsal.is_none() => {
                line(name, "open", format!("{}; the log has it, of another version's drill", plain(&one.verdict)))
            }
            None if one.held() => line(name, "pass", "refused, and its control got through; the log has it"),
            None => line(name, "open", format!("{}; the log has it", plain(&one.verdict))),
        }
    });
    let lines: Vec<Value> = lines.collect();
    if lines.is_empty() { vec![line("drills", "fail", "there are none")] } else { lines }
}

fn answered(answer: &Answer, found: &Found<'_>, this: bool) -> Value {
    let name = format!("answer {}", plain(&answer.id));
    match answer.lacks(found) {
        Some(said) => line(name, "fail", plain(&said)),
        None if answer.in_place && !this => line(name, "open", "in place, in the words of another version"),
        None if answer.in_place => line(name, "pass", plain(&answer.question)),
        None => line(name, "open", format!("not in place: {}", plain(&answer.question))),
    }
}
