//! What the guides show is what the program reads: every configuration, map, address and command line in them.

use crate::cli::Cli;
use crate::config::Config;
use crate::database::Database;
use crate::drilling;
use crate::import::map::Map;
use crate::keyholding;
use clap::Parser as _;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files under these places that end so, with their text.
fn files(places: &[&str], ends: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = places.iter().map(|place| root().join(place)).collect();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if ends.iter().any(|end| path.to_string_lossy().ends_with(end)) {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
    assert!(!found.is_empty());
    found
}

#[test]
fn every_sample_file_is_read() {
    for (path, text) in files(&["examples", "deploy"], &[".toml"]) {
        let here = Path::new("ringfence.toml");
        let read = match () {
            () if path.contains("/maps/") => Map::parse(&text).map(drop).map_err(|(error, _)| error),
            () if path.ends_with(keyholding::FILE) => {
                keyholding::Config::parse(&text, here).map(drop).map_err(|error| error.to_string())
            }
            () if path.ends_with("/plan.toml") => {
                plan::Plan::parse(&text).map(drop).map_err(|faults| faults.to_string())
            }
            () => Config::parse(&text, here).map(drop).map_err(|error| error.to_string()),
        };
        assert_eq!(read, Ok(()), "{path}");
    }
}

#[test]
fn every_piece_of_toml_in_the_guides_is_read() {
    let mut read = 0;
    for (path, text) in files(&["docs", "README.md"], &[".md"]) {
        for piece in text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
            // Pieces of a map leave out its head.
            let head = if piece.starts_with("[[field]]") { "format = \"jsonl\"\nkey = \"no\"\n" } else { "" };
            let map = Map::parse(&format!("{head}{piece}")).is_ok();
            let here = Path::new("ringfence.toml");
            // Pieces of a key holder's leave out where it listens.
            let apart = format!("socket = \"keys.sock\"\nallow_uids = [990]\n{piece}");
            let apart = piece.starts_with("[hardware]") && keyholding::Config::parse(&apart, here).is_ok();
            let kit = piece.starts_with("# kit.toml") && toml::from_str::<drilling::KitFile>(piece).is_ok();
            assert!(map || apart || kit || Config::parse(piece, here).is_ok(), "{path}: {piece}");
            read += 1;
        }
    }
    assert!(read >= 2, "only {read} pieces were found");
}

/// The words of a command line, up to where the shell does something else.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            (None, ' ') => words.push(String::new()),
            (_, letter) => words.last_mut().unwrap().push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    let end = words.iter().position(|word| ["#", "&&", "|", ">", ";"].contains(&&**word)).unwrap_or(words.len());
    words.truncate(end);
    words
}

/// What is given to the program in a line that runs it.
fn arguments(line: &str) -> Option<Vec<String>> {
    let line = line.trim_start_matches(['#', ' ']).trim_start_matches("ExecStart=").trim_end_matches('\\');
    let words = words(line);
    let assigned = |word: &&String| word.contains('=') && word.chars().next().is_some_and(char::is_uppercase);
    let program = |word: &String| word == "ringfence" || word == "/usr/bin/ringfence";
    let first = words.iter().position(|word| !assigned(&word))?;
    let at = match &*words[first] {
        "sudo" | "podman" if words.iter().any(|word| word == "run" || word == "-u") => {
            words.iter().rposition(program)?
        }
        _ if program(&words[first]) => first,
        _ => return None,
    };
    Some(words[at..].to_vec())
}

/// Does it look like a command line rather than a sentence?
fn is_shown(path: &str, line: &str, fenced: bool) -> bool {
    fenced || line.starts_with("    ") || path.contains("/deploy/")
}

#[test]
fn every_command_line_in_the_guides_is_one() {
    let mut read = 0;
    for (path, text) in files(&["docs", "README.md", "deploy"], &[".md", ".service", "Containerfile"]) {
        let mut fenced = false;
        for line in text.lines() {
            fenced ^= line.starts_with("```");
            let Some(arguments) = arguments(line).filter(|_| is_shown(&path, line, fenced)) else { continue };
            // An image by itself runs what its file says, which is read below.
            if arguments.len() == 1 {
                continue;
            }
            if let Err(error) = Cli::try_parse_from(&arguments) {
                panic!("{path}: {line}: {error}");
            }
            if let Some(store) = arguments.iter().skip_while(|word| *word != "--store").nth(1) {
                Database::parse(store).unwrap_or_else(|error| panic!("{path}: {store}: {error}"));
            }
            read += 1;
        }
    }
    assert!(read > 15, "only {read} command lines were found");
}

#[test]
fn the_container_runs_what_the_program_understands() {
    let text = fs::read_to_string(root().join("deploy/Containerfile")).unwrap();
    let list = |name: &str| -> Vec<String> {
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        serde_json::from_str(line.trim()).unwrap()
    };
    let line = [list("ENTRYPOINT"), list("CMD")].concat();
    assert!(Cli::try_parse_from(&line).is_ok(), "{line:?}");
}

#[test]
fn every_database_address_in_the_guides_is_one() {
    let mut read = 0;
    for (path, text) in files(&["docs", "examples"], &[".md", ".toml"]) {
        for rest in text.split("postgres://").skip(1) {
            let end = rest.find(['`', '\'', '"', ' ', '\n']).unwrap_or(rest.len());
            let address = format!("postgres://{}", &rest[..end]);
            // The form itself, and what is left out.
            if address.contains("host:port") || address.contains('…') {
                continue;
            }
            Database::parse(&address).unwrap_or_else(|error| panic!("{path}: {address}: {error}"));
            read += 1;
        }
    }
    assert!(read >= 3, "only {read} addresses were found");
}
