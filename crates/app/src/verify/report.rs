//! The proof of a report, offline: whoever reported something shows that it is in the log as they wrote it. The file has no words of
//! the report; those are given beside it, and are compared. Its files and its mark are bound to nothing but the words' hash, so they
//! aren't repeated before the words were compared; the entry's number is bound to nothing, and isn't repeated at all.

use super::certificate::RawOpening;
use super::statement::{as_json, since, witnessed};
use crate::cli::Verify;
use crate::failure::{self, Failure};
use crate::log::{self, Checked, Keys, unhex};
use crate::output::{self, Format};
use domain::{EntryId, Millis};
use serde::Deserialize;
use serde_json::json;
use std::path::Path;
use transparency::{Receipt, WitnessPolicy, verify_receipt};
use vault::ReportProof;
use zeroize::Zeroizing;

/// What the file says that it is.
const FORMAT: &str = "ringfence-report-proof-1";
/// More words than any report has.
const MOST_WORDS: usize = 64 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    format: String,
    report: String,
    nonce: String,
    about_security: bool,
    files: Vec<String>,
    list: Vec<String>,
    entry: String,
    opening: RawOpening,
    receipt: String,
}

impl Raw {
    fn read(self) -> Option<ReportProof> {
        let hash = |text: &str| unhex(text)?.try_into().ok();
        let hashes = |all: &[String]| all.iter().map(|text| hash(text)).collect::<Option<Vec<[u8; 32]>>>();
        Some(ReportProof {
            mark: hash(&self.report)?,
            nonce: hash(&self.nonce)?,
            files: hashes(&self.files)?,
            about_security: self.about_security,
            list: hashes(&self.list)?,
            entry: EntryId::parse(&self.entry)?,
            opening: self.opening.read()?,
            receipt: self.receipt,
        })
    }
}

/// Does a file say that it is such a proof?
pub(super) fn is_one(text: &str) -> bool {
    let said: Option<serde_json::Value> = serde_json::from_str(text).ok();
    said.is_some_and(|said| said["format"] == FORMAT)
}

/// What a proof shows.
struct Shown {
    proof: ReportProof,
    /// When its entry was written.
    at: Millis,
    place: u64,
    head: Checked,
}

/// Checks that the log whose keys were given holds the report; and, where its words are given, that it says them.
pub(super) fn check(
    format: Format,
    asked: &Verify,
    text: &str,
    keys: &Keys,
    policy: Option<&WitnessPolicy>,
) -> Result<(), Failure> {
    keys.required("the proof of a report")?;
    let name = asked.path.display().to_string();
    let shown = shown(&name, text, keys, policy)?;
    since(asked, keys, &shown.head.checkpoint)?;
    let words = asked.words.as_deref().map(read_words).transpose()?;
    if let Some(words) = &words {
        says(&name, &shown.proof, words)?;
    }
    if format == Format::Table {
        return output::text(&told(&shown, words.is_some()));
    }
    output::one(format, &found(&shown, words.is_some()))
}

fn found(shown: &Shown, with_words: bool) -> serde_json::Value {
    let mut found = as_json(&shown.head);
    found["place"] = json!(shown.place);
    found["at"] = json!(shown.at.to_string());
    found["about_security"] = json!(with_words.then_some(shown.proof.about_security));
    found["files"] = json!(with_words.then_some(shown.proof.files.len()));
    found["words"] = json!(with_words.then_some(true));
    found
}

fn shown(name: &str, text: &str, keys: &Keys, policy: Option<&WitnessPolicy>) -> Result<Shown, Failure> {
    let raw: Option<Raw> = serde_json::from_str(text).ok().filter(|raw: &Raw| raw.format == FORMAT);
    let Some(proof) = raw.and_then(Raw::read) else {
        let problem = format!("{name}: this isn't the proof of a report, or it was cut short");
        return Err(Failure::here(problem, "give it as it was downloaded under the report's code"));
    };
    let wrong = |problem: &str| Failure::there(format!("{name}: {problem}"), "don't rely on it; get the proof again");
    let receipt = Receipt::parse(&proof.receipt).map_err(|error| wrong(&error.to_string()))?;
    let leaf = receipt.extra.ok_or_else(|| wrong("its receipt carries no leaf"))?;
    let head = log::head(&receipt.checkpoint, name, keys, policy)?;
    let verified = verify_receipt(&proof.receipt, &leaf, &head.keys).map_err(|error| wrong(&error.to_string()))?;
    let at = proof.is_told(&leaf).ok_or_else(|| wrong("the entry in the log tells of no such report"))?;
    Ok(Shown { proof, at, place: verified.index, head })
}

/// The words, as a form would have sent them.
fn read_words(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let long = std::fs::metadata(path).map_err(|error| failure::file(path, &error))?.len() > MOST_WORDS as u64;
    if long {
        return Err(Failure::here(format!("{}: no report is that long", path.display()), "give its words alone"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| failure::file(path, &error))?;
    Ok(Zeroizing::new(Zeroizing::new(text).replace("\r\n", "\n")))
}

fn says(name: &str, proof: &ReportProof, words: &str) -> Result<(), Failure> {
    // Editors end a file with a line's end that nobody wrote.
    let without_end = words.strip_suffix('\n').unwrap_or(words);
    if proof.is_of(words) || proof.is_of(without_end) {
        return Ok(());
    }
    Err(Failure::there(
        format!(
            "{name}: the report in the log says something else than these words, or its files or its mark are others"
        ),
        "give the words exactly as they were sent, to the letter; if they are, don't rely on the proof",
    ))
}

fn told(shown: &Shown, with_words: bool) -> String {
    let Shown { proof, at, place, head } = shown;
    let files = match proof.files.len() {
        0 => String::new(),
        _ if !with_words => String::new(),
        1 => " with one file beside it".to_owned(),
        many => format!(" with {many} files beside it"),
    };
    let about = if with_words && proof.about_security { ", marked as about security," } else { "" };
    let words = match with_words {
        true => "; it says exactly these words",
        false => "; give its words with --words FILE to see that it says them",
    };
    format!(
        "holds: the report{files}{about} is in the log {} since {at}, place {place} of {}{}{words}; keys from {}",
        head.keys.origin(),
        head.checkpoint.size,
        witnessed(&head.witnesses),
        head.from.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser as _;
    use testkit::{FIRST, TestWorld, block_on};
    use vault::NewReport;

    const WORDS: &str = "My leader asks me to read addresses out.\nOn Mondays.";

    /// A proof as it is downloaded, and the keys of its log.
    fn proven() -> (serde_json::Value, Keys) {
        let (file, keys, _) = world();
        (file, keys)
    }

    /// These, and where the log goes on.
    fn world() -> (serde_json::Value, Keys, TestWorld) {
        let world = TestWorld::new(9_071);
        let settle = || block_on(world.vault.settle_reports(FIRST)).unwrap();
        settle();
        let code = block_on(world.vault.speak_up(FIRST, NewReport::saying(WORDS))).ok().unwrap();
        world.clock.set(world.vault.next_turn());
        settle();
        world.sequence(FIRST);
        let proof = block_on(world.vault.report_proof(FIRST, &code)).ok().unwrap().unwrap();
        let tenant = world.vault.tenants().iter().find(|tenant| tenant.id == FIRST).unwrap();
        let keys = Keys::of(vault::origin_keys(&world.vault, tenant).unwrap(), "log.keys");
        (web::report_proof(&proof), keys, world)
    }

    #[test]
    fn a_proof_as_downloaded_holds_for_its_words_alone() {
        let (file, keys) = proven();
        let text = file.to_string();
        assert!(is_one(&text) && !is_one("{\"format\": \"ringfence erasure certificate v1\"}") && !is_one("{"));
        let found = shown("report-proof.json", &text, &keys, None).ok().unwrap();
        assert!(told(&found, false).starts_with("holds: the report is in the log "), "{}", told(&found, false));
        for words in [WORDS.to_owned(), format!("{WORDS}\n")] {
            assert!(says("p", &found.proof, &words).is_ok());
        }
        let other = says("p", &found.proof, "My leader asks nothing.").unwrap_err().to_string();
        assert!(other.contains("says something else"), "{other}");
    }

    #[test]
    fn no_part_of_a_proof_can_be_changed() {
        let (file, keys) = proven();
        let zeros = json!("00".repeat(32));
        for part in ["/report", "/list/0", "/opening/ra", "/opening/customer"] {
            let mut edited = file.clone();
            *edited.pointer_mut(part).unwrap() = zeros.clone();
            let said = shown("p", &edited.to_string(), &keys, None).err().unwrap().to_string();
            assert!(said.contains("tells of no such report"), "{part}: {said}");
        }
        let whole = shown("p", &file.to_string(), &keys, None).ok().unwrap();
        let same = |edited: &Shown, with_words| {
            told(edited, with_words) == told(&whole, with_words)
                && found(edited, with_words) == found(&whole, with_words)
        };
        for (part, other) in [("/nonce", zeros.clone()), ("/about_security", json!(true)), ("/files", json!([zeros]))] {
            let mut edited = file.clone();
            *edited.pointer_mut(part).unwrap() = other;
            let edited = shown("p", &edited.to_string(), &keys, None).ok().unwrap();
            assert!(says("p", &edited.proof, WORDS).is_err(), "{part}: the words are bound to it");
            assert!(same(&edited, false), "{part}: it isn't repeated before the words were compared");
        }
        // Nothing binds the entry's number, so nothing that is printed may come of it.
        let mut edited = file.clone();
        *edited.pointer_mut("/entry").unwrap() = json!(EntryId([7; 16]).to_string());
        let edited = shown("p", &edited.to_string(), &keys, None).ok().unwrap();
        assert!(says("p", &edited.proof, WORDS).is_ok() && same(&edited, false) && same(&edited, true));
        let mut cut = file;
        cut.as_object_mut().unwrap().remove("opening");
        assert!(shown("p", &cut.to_string(), &keys, None).is_err());
    }

    #[test]
    fn what_was_signed_before_is_compared() {
        let (file, keys, world) = world();
        let dir = tempfile::tempdir().unwrap();
        let (proof, kept) = (dir.path().join("report-proof.json"), dir.path().join("kept"));
        let asked = ["ringfence", "verify", proof.to_str().unwrap(), "--since", kept.to_str().unwrap()];
        let Command::Verify(asked) = Cli::try_parse_from(asked).unwrap().command else { panic!("it is verify") };
        let checked = || check(Format::Json, &asked, &file.to_string(), &keys, None);
        std::fs::write(&kept, block_on(world.vault.published_checkpoint(FIRST)).ok().unwrap()).unwrap();
        assert!(checked().is_ok());
        assert!(block_on(world.vault.speak_up(FIRST, NewReport::saying(WORDS))).is_ok());
        world.clock.set(world.vault.next_turn());
        block_on(world.vault.settle_reports(FIRST)).unwrap();
        world.sequence(FIRST);
        std::fs::write(&kept, block_on(world.vault.published_checkpoint(FIRST)).ok().unwrap()).unwrap();
        let said = checked().unwrap_err().to_string();
        assert!(said.contains("it is older"), "{said}");
    }
}
