//! `ringfence blast-radius`: how far a breach may have gone, from a running server, and the drafts that have to leave within
//! 72 hours: what the authority is told (GDPR, art. 33) and what each customer is (art. 34).

mod drafts;
mod found;
mod letter;

use crate::ambient;
use crate::cli::BlastRadius;
use crate::client::Client;
use crate::failure::{self, Failure};
use crate::output::{self, Format};
use domain::{Clock as _, Millis};
use drafts::{Awareness, notification};
use found::{Controller, Customer, Found};
use letter::letter;
use plan::Language;
use serde_json::Value;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

const ADDRESS: &str = "/v1/blast-radius";

pub(crate) fn run(format: Format, asked: &BlastRadius) -> Result<(), Failure> {
    let aware = awareness(asked.aware.as_deref(), ambient::SystemClock.now())?;
    let language = language(&asked.language)?;
    let question = question(asked)?;
    let client = Client::from_environment()?;
    // Before the question: that is an entry, and would be for nothing if what is found can't be written.
    let folder = Folder::make(&asked.to)?;
    let answer = client.stream(ADDRESS, question).inspect_err(|_| folder.unmake())?;
    let answer = BufReader::new(answer);
    let found = gather(answer, &folder, language)?;
    let told = notification(&found, &aware, language);
    folder.write("notification.json", &format!("{:#}\n", told.json))?;
    folder.write("notification.txt", &told.text)?;
    output::one(format, &found.summary(&asked.to))
}

fn awareness(said: Option<&str>, now: Millis) -> Result<Awareness, Failure> {
    let told = moment("--aware", said, "give it as 2026-03-01T09:00:00Z, or leave it out for now")?.unwrap_or(now);
    if told > now {
        // The deadline would be later than the law has it.
        return Err(Failure::here("--aware is in the future", "give the moment in UTC, or leave it out for now"));
    }
    Ok(Awareness(told))
}

fn language(tag: &str) -> Result<Language, Failure> {
    Language::from_tag(tag)
        .ok_or_else(|| Failure::here("--language is none that drafts are written in", "give en or de"))
}

fn moment(option: &str, said: Option<&str>, next: &str) -> Result<Option<Millis>, Failure> {
    let read = |text| Millis::parse(text).ok_or_else(|| Failure::here(format!("{option} isn't a moment"), next));
    said.map(read).transpose()
}

/// What is suspected, as the API names it. What ids may be is the server's to say; the API's names of moments aren't the options'.
fn question(asked: &BlastRadius) -> Result<Vec<(&'static str, String)>, Failure> {
    let since = moment("--since", asked.since.as_deref(), "give it as 2026-03-01T09:00:00Z")?;
    let until = moment("--until", asked.until.as_deref(), "give it as 2026-03-01T17:00:00Z")?;
    if since.zip(until).is_some_and(|(since, until)| since >= until) {
        return Err(Failure::here("--since isn't before --until", "give the earlier moment as --since"));
    }
    let parts = [
        ("person", asked.person.clone()),
        ("device", asked.device.clone()),
        ("node", asked.node.clone()),
        ("shelf", asked.shelf.map(|shelf| shelf.to_string())),
        ("from", asked.since.clone()),
        ("to", asked.until.clone()),
    ];
    Ok(parts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}

/// Writes customers and letters as they come; keeps the counts.
fn gather(mut answer: impl BufRead, folder: &Folder, language: Language) -> Result<Found, Failure> {
    let (mut customers, mut letters) = (folder.file("customers.jsonl")?, folder.file("letters.jsonl")?);
    let (mut found, mut line) = (Found::default(), Vec::new());
    loop {
        line.clear();
        let whole = matches!(answer.read_until(b'\n', &mut line), Ok(read) if read > 0 && line.ends_with(b"\n"));
        let value =
            whole.then(|| serde_json::from_slice::<Value>(&line).ok()).flatten().ok_or_else(|| broken(folder))?;
        if let Some(customer) = Customer::read(&value) {
            customers.line(&value)?;
            if let Some(letter) = letter(&customer, &found.controller, language) {
                letters.line(&letter)?;
            }
            found.add(&customer);
        } else if let Some(controller) = Controller::read(&value) {
            found.controller = controller;
        } else if value["done"] == true {
            found.done = value;
            customers.end()?;
            letters.end()?;
            return Ok(found);
        } else if let (Some(read), Some(of)) = (value["read"].as_u64(), value["of"].as_u64()) {
            found.progress(read, of);
        }
    }
}

fn broken(folder: &Folder) -> Failure {
    let told = format!("the answer broke off: what is in {} isn't whole", folder.path.display());
    Failure::there(told, "delete it and ask again")
}

/// A new directory that only its owner can read.
struct Folder {
    path: PathBuf,
}

impl Folder {
    fn make(path: &Path) -> Result<Self, Failure> {
        DirBuilder::new().mode(0o700).create(path).map_err(|error| failure::file(path, &error))?;
        Ok(Self { path: path.to_owned() })
    }

    /// Nothing was answered: what was made for the answer goes. One that isn't empty stays.
    fn unmake(&self) {
        let _ = std::fs::remove_dir(&self.path);
    }

    fn file(&self, name: &str) -> Result<Lines, Failure> {
        let path = self.path.join(name);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        Ok(Lines { file: BufWriter::new(file.map_err(|error| failure::file(&path, &error))?), path })
    }

    fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        let mut lines = self.file(name)?;
        lines.file.write_all(text.as_bytes()).map_err(|error| failure::file(&lines.path, &error))?;
        lines.end()
    }
}

/// A file of JSON Lines.
struct Lines {
    file: BufWriter<File>,
    path: PathBuf,
}

impl Lines {
    fn line(&mut self, value: &Value) -> Result<(), Failure> {
        writeln!(self.file, "{value}").map_err(|error| failure::file(&self.path, &error))
    }

    fn end(self) -> Result<(), Failure> {
        let synced =
            self.file.into_inner().map_err(std::io::IntoInnerError::into_error).and_then(|file| file.sync_all());
        synced.map_err(|error| failure::file(&self.path, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_becomes_aware_in_the_future() {
        let now = Millis::parse("2026-03-01T09:00:00Z").unwrap();
        let aware = |said| awareness(said, now).map(|aware| aware.0);
        assert_eq!(aware(None).ok(), Some(now));
        assert_eq!(aware(Some("2026-03-01T09:00:00Z")).ok(), Some(now));
        let refused = aware(Some("2026-03-01T09:00:01Z")).unwrap_err().to_string();
        assert!(refused.contains("in the future") && refused.contains("next: "), "{refused}");
        assert!(language("de").is_ok() && language("fr").is_err());
    }

    #[test]
    fn drafts_name_whoever_the_plan_names() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Folder::make(&folder.path().join("breach")).unwrap();
        let answer = concat!(
            r#"{"controller":{"company":"Acme Ltd","contact":"privacy@acme.example","officer":"Dana Poe, dpo@acme.example"}}"#,
            "\n",
            r#"{"customer":"cus_1","shown":["phone"],"used":[],"first":"a","last":"b","entries":[]}"#,
            "\n",
            r#"{"done":true,"read":1,"of":1,"acts":1,"places":[0,1],"receipt":"ent_1"}"#,
            "\n"
        );
        let found = gather(answer.as_bytes(), &folder, Language::German).unwrap();
        let letters = std::fs::read_to_string(folder.path.join("letters.jsonl")).unwrap();
        let told = notification(&found, &Awareness(Millis(0)), Language::German);
        for text in [&letters, &told.text] {
            for known in ["Acme Ltd", "privacy@acme.example", "Dana Poe, dpo@acme.example"] {
                assert!(text.contains(known), "{known}: {text}");
            }
        }
        assert!(letters.contains("Ihre Telefonnummer") && !letters.contains("{contact}"), "{letters}");
        assert!(told.text.starts_with("ENTWURF: Meldung"), "{}", told.text);
    }
}
