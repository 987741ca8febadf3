//! The keys that somebody gave to check logs with.

use super::source::Source;
use crate::failure::{self, Failure};
use std::path::{Path, PathBuf};
use transparency::OriginKeys;

const NEXT: &str =
    "give --key FILE with the keys served at /log/<tenant>/key, fetched on another day or by somebody else";

/// Logs' keys, by origin.
#[derive(Clone)]
pub struct Keys {
    known: Vec<(OriginKeys, PathBuf)>,
}

impl Keys {
    /// Reads files as served at `/log/<tenant>/key`: two lines for each log.
    ///
    /// # Errors
    /// If a file can't be read or holds anything else, or two files give different keys for one log.
    pub fn read(files: &[PathBuf]) -> Result<Self, Failure> {
        let mut known: Vec<(OriginKeys, PathBuf)> = Vec::new();
        for file in files {
            let text = std::fs::read_to_string(file).map_err(|error| failure::file(file, &error))?;
            for keys in parse(&text, file)? {
                match known.iter().find(|(other, _)| other.origin() == keys.origin()) {
                    Some((other, _)) if *other == keys => {}
                    Some((_, first)) => {
                        let problem = format!(
                            "{} and {} give different keys for {}",
                            first.display(),
                            file.display(),
                            keys.origin()
                        );
                        return Err(Failure::here(problem, "find out which are right; one log has one pair of keys"));
                    }
                    None => known.push((keys, file.clone())),
                }
            }
        }
        Ok(Self { known })
    }

    /// Keys that are already there, called by where they are from.
    #[must_use]
    pub fn of(keys: OriginKeys, from: &str) -> Self {
        Self { known: vec![(keys, PathBuf::from(from))] }
    }

    /// The keys that a source tells of itself: they show that it doesn't change, and not whose it is.
    ///
    /// # Errors
    /// If it tells none.
    pub(super) fn claimed_by(source: &dyn Source) -> Result<Self, Failure> {
        let text = source.claimed_keys()?.ok_or_else(|| {
            Failure::here(format!("{} tells no keys", source.name()), "give --key FILE with the log's keys")
        })?;
        let known = parse(&text, Path::new(&source.name()))?;
        Ok(Self { known: known.into_iter().map(|keys| (keys, PathBuf::from(source.name()))).collect() })
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Refuses to check anything without keys.
    ///
    /// # Errors
    /// If there are none.
    pub fn required(&self, what: &str) -> Result<(), Failure> {
        if self.is_empty() {
            return Err(Failure::here(format!("{what} proves nothing without the log's keys"), NEXT));
        }
        Ok(())
    }

    /// The keys of a log, and the file they are from.
    ///
    /// # Errors
    /// If they weren't given.
    pub fn for_origin(&self, origin: &str) -> Result<(&OriginKeys, &Path), Failure> {
        let found = self.known.iter().find(|(keys, _)| keys.origin() == origin);
        found.map(|(keys, file)| (keys, file.as_path())).ok_or_else(|| {
            let given: Vec<&str> = self.known.iter().map(|(keys, _)| keys.origin()).collect();
            let origin: String = origin.chars().take(255).filter(|letter| !letter.is_control()).collect();
            let problem = format!("it is signed as {origin:?}; keys were given for: {}", given.join(", "));
            Failure::there(problem, "don't rely on it, or give --key FILE with this log's keys")
        })
    }

    /// The origins that keys were given for.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(|(keys, _)| keys.origin())
    }
}

fn parse(text: &str, from: &Path) -> Result<Vec<OriginKeys>, Failure> {
    let wrong = |problem: String| {
        Failure::here(format!("{}: {problem}", from.display()), "give the two lines served at /log/<tenant>/key")
    };
    let lines: Vec<&str> = text.lines().collect();
    if lines.is_empty() {
        return Err(wrong("it holds no keys".to_owned()));
    }
    lines
        .chunks(2)
        .map(|pair| pair.join("\n").parse().map_err(|error: transparency::Error| wrong(error.to_string())))
        .collect()
}
