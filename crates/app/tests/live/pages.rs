//! Which role is shown which page: every route that the description doesn't tell of, driven for real, held against a golden file.
//! A route that is new stands in neither until somebody has looked at who gets it.

use crate::authorisation::World;
use crate::centre::TENANT;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.extension() {
            None => sources(&path, found),
            Some(kind) if kind == "rs" => found.push(path),
            Some(_) => {}
        }
    }
}

/// Every path that the door's own source routes.
fn routed() -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../doors/web/src"), &mut files);
    let all = files.iter().flat_map(|file| {
        let text = fs::read_to_string(file).unwrap();
        let after = text.split(".route(").skip(1);
        after
            .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split_once('"').map(|(path, _)| path.to_owned()))
            .collect::<Vec<_>>()
    });
    all.collect()
}

/// Those of the list of people lie below it.
const BELOW: [&str; 9] = [
    "/",
    "/.search",
    "/ResourceTypes",
    "/ResourceTypes/{id}",
    "/Schemas",
    "/Schemas/{id}",
    "/ServiceProviderConfig",
    "/Users",
    "/Users/.search",
];

/// What isn't in the description, and isn't the list of people's.
fn pages() -> Vec<String> {
    let described: serde_json::Value = serde_json::from_str(&web::openapi()).unwrap();
    let paths = described["paths"].as_object().unwrap();
    let other = |path: &String| !paths.contains_key(path) && !BELOW.contains(&path.as_str()) && path != "/Users/{id}";
    routed().into_iter().filter(other).collect()
}

/// A page of this centre, of things that aren't there.
fn address(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{tenant}" => TENANT.to_owned(),
        "{language}" => "en".to_owned(),
        "{person}" => format!("per_{}", "0".repeat(32)),
        "{entry}" | "{id}" => format!("ent_{}", "0".repeat(32)),
        "{proof}" => "0".repeat(32),
        "{*path}" => "0/000".to_owned(),
        part if part.starts_with('{') => "1".to_owned(),
        part => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

#[test]
fn every_role_at_every_page_is_as_written_down() {
    let world = World::new();
    let mut table = String::from(
        "Who is shown which page: the answer to a GET. 303 leads to the sign-in, or to where it goes on; 403 says whose page it is; 405 is for\n\
         forms alone. Made by: RINGFENCE_BLESS=1 cargo test --release --workspace --test live every_role\n",
    );
    let pages = pages();
    assert!(pages.len() > 40 && pages.iter().any(|page| page == "/security/export"), "{pages:?}");
    for page in pages {
        writeln!(table, "\n{page}").unwrap();
        for (who, client) in world.who() {
            let status = client.get(&address(&page)).status;
            writeln!(table, "    {who:<24} {status}").unwrap();
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/pages.txt");
    crate::golden::hold(&path, &table);
}
