//! What the source must look like: the two functions that see plaintext have one call site each.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
            into.push(path);
        }
    }
}

/// The file names and lines of the vault's code (no tests, no comments) that hold `needle`.
fn lines_with(needle: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut found = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let lines = code.lines().map(str::trim).filter(|line| !line.starts_with("//") && line.contains(needle));
        found.extend(lines.map(|line| (name.clone(), line.to_owned())));
    }
    found
}

#[test]
fn opening_has_one_call_site_in_the_door() {
    let calls: Vec<_> = lines_with("sealing::open");
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!(calls[0].0, "release.rs");
    let own = lines_with("fn open(okm");
    assert_eq!(own.len(), 1);
    assert!(own[0].1.starts_with("pub(super) fn"), "visible in the private half only: {own:?}");
}

#[test]
fn deriving_has_one_call_site() {
    let calls = lines_with(".derive(");
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert_eq!(calls[0].0, "verify.rs");
}

#[test]
fn the_right_to_open_is_made_in_one_place() {
    let made: Vec<_> = lines_with("| Committed {").into_iter().chain(lines_with("= Committed {")).collect();
    assert_eq!(made.len(), 1, "{made:?}");
    assert_eq!(made[0].0, "release.rs");
    assert_eq!(lines_with("Plaintext::new").len(), 1);
}

#[test]
fn plaintext_and_the_right_to_open_derive_nothing() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/private/plaintext.rs")).unwrap();
    assert!(!text.contains("derive("), "no derived trait on a plaintext");
    let door = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/private/release.rs")).unwrap();
    let before = door.split("pub struct Committed").next().unwrap();
    assert!(!before.contains("#[derive"), "no derived trait on the right to open");
}
