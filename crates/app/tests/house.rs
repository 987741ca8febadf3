//! Rules of the house that no compiler checks: who may know whom, and words and calls that belong in one place.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(format!("{ROOT}/Cargo.toml"))
        .other_options(vec!["--locked".to_owned()])
        .exec()
        .unwrap()
}

/// What each crate of ours may use of ours, outside its tests.
fn allowed() -> BTreeMap<&'static str, Vec<&'static str>> {
    let core = ["domain", "policy", "plan", "transparency"];
    let with = |more: &[&'static str]| core.iter().chain(more).copied().collect::<Vec<_>>();
    BTreeMap::from([
        ("domain", vec![]),
        ("transparency", vec![]),
        ("policy", vec!["domain"]),
        ("plan", vec!["domain"]),
        ("prover", vec!["policy"]),
        ("keys", vec!["domain"]),
        // A protocol: it knows the contract on both of its ends, and no holder.
        ("keylink", vec!["domain", "keys"]),
        ("store", vec!["domain"]),
        ("vault", with(&["keys", "store", "identity"])),
        // It reads the log itself, and believes nobody about it.
        ("keyholder", vec!["domain", "keys", "transparency"]),
        ("sql", vec!["domain", "keys", "store"]),
        ("identity", vec!["domain"]),
        ("carriers", with(&["vault", "identity"])),
        ("web", with(&["vault", "store", "identity"])),
        // An outside party's program: it must be able to leave this repository with the log's bytes alone.
        ("witness", vec!["transparency"]),
        ("simulation", vec!["domain"]),
        // It attacks from outside: what it knows is what anybody may know.
        ("drills", vec!["domain"]),
    ])
}

#[test]
fn dependencies_run_one_way() {
    let metadata = metadata();
    let members: BTreeSet<&str> = metadata.workspace_packages().iter().map(|package| package.name.as_str()).collect();
    let short = |name: &str| name.strip_prefix("ringfence-").unwrap_or(name).to_owned();
    let allowed = allowed();
    let mut checked = 0;
    for package in metadata.workspace_packages() {
        let Some(may) = allowed.get(&*short(&package.name)) else { continue };
        checked += 1;
        let used = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
        for dependency in used.filter(|dependency| members.contains(dependency.name.as_str())) {
            assert!(may.contains(&&*short(&dependency.name)), "{} must not know {}", package.name, dependency.name);
        }
    }
    assert_eq!(checked, allowed.len(), "a crate was renamed");
}

#[test]
fn only_the_program_and_the_test_kit_know_all() {
    let known: BTreeSet<String> = allowed().keys().map(|name| format!("ringfence-{name}")).collect();
    let others = ["ringfence", "ringfence-testkit", "bench"];
    for package in metadata().workspace_packages() {
        assert!(
            known.contains(package.name.as_str()) || others.contains(&package.name.as_str()),
            "give {} its place in this test",
            package.name
        );
    }
}

#[test]
fn one_cryptographic_library_is_built() {
    let banned = ["ring", "openssl", "openssl-sys", "native-tls"];
    for name in banned {
        let tree = Command::new(env!("CARGO"))
            .args(["tree", "--locked", "--all-features", "-i", name, "-e", "normal,build", "--target", "all"])
            .current_dir(ROOT)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&tree.stderr).into_owned();
        // Cargo fails for a package that isn't in the graph, and warns when nothing of the asked kind leads there.
        let absent = said.contains("did not match any packages") || said.contains("nothing to print");
        assert!(absent, "{name} is in the build:\n{}{said}", String::from_utf8_lossy(&tree.stdout));
    }
}

#[test]
fn spans_leave_only_where_one_builds_them_in() {
    let built = |more: &[&str]| {
        let mut tree = Command::new(env!("CARGO"));
        tree.args(["tree", "--locked", "-p", "ringfence", "-e", "normal", "--prefix", "none"]).args(more);
        let output = tree.current_dir(ROOT).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().contains("opentelemetry")
    };
    assert!(!built(&[]), "the default build holds OpenTelemetry");
    assert!(built(&["--features", "opentelemetry"]));
}

#[test]
fn core_does_nothing_by_itself() {
    for package in metadata().workspace_packages() {
        if !package.manifest_path.as_str().contains("/crates/core/") {
            continue;
        }
        for dependency in package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal) {
            let io =
                ["tokio", "async-trait", "rusqlite", "ureq", "axum", "hyper", "tracing", "getrandom", "serde_json"];
            assert!(!io.contains(&dependency.name.as_str()), "{} must not use {}", package.name, dependency.name);
        }
    }
}

/// What is compiled into the program, beyond the standard library: what a partner's bill of materials lists.
#[test]
fn the_bill_of_materials_lists_what_is_compiled_in() {
    let metadata = metadata();
    let packages: BTreeMap<_, _> = metadata.packages.iter().map(|package| (package.id.clone(), package)).collect();
    let nodes = metadata.resolve.as_ref().unwrap().nodes.iter().map(|node| (node.id.clone(), node));
    let nodes: BTreeMap<_, _> = nodes.collect();
    let root = metadata.packages.iter().find(|package| package.name == "ringfence").unwrap().id.clone();
    let (mut seen, mut todo) = (BTreeSet::new(), vec![root.clone()]);
    while let Some(id) = todo.pop() {
        if seen.insert(id.clone()) {
            let ships =
                |kinds: &[cargo_metadata::DepKindInfo]| kinds.iter().any(|kind| kind.kind == DependencyKind::Normal);
            todo.extend(nodes[&id].deps.iter().filter(|dep| ships(&dep.dep_kinds)).map(|dep| dep.pkg.clone()));
        }
    }
    seen.remove(&root);
    let licence = |text: Option<&String>| {
        let parts = text.map_or("", String::as_str).split('/').map(str::trim).collect::<Vec<_>>();
        parts.join(" OR ")
    };
    let mut lines: Vec<String> = seen
        .iter()
        .map(|id| &packages[id])
        .map(|package| format!("{} {} {}\n", package.name, package.version, licence(package.license.as_ref())))
        .collect();
    lines.sort();
    let path = Path::new(ROOT).join("crates/app/src/pack/components.txt");
    if std::env::var_os("RINGFENCE_BLESS").is_some() {
        fs::write(&path, lines.concat()).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap();
    assert!(
        kept == lines.concat(),
        "components.txt is out of date; run: RINGFENCE_BLESS=1 cargo test --release -p ringfence --test house materials"
    );
}

fn sources(under: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(ROOT).join(under)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(ROOT).unwrap_or(&path).to_path_buf(), text));
            }
        }
    }
    assert!(!found.is_empty());
    found
}

fn has_word(line: &str, word: &str) -> bool {
    line.to_lowercase().split(|letter: char| !letter.is_ascii_alphanumeric()).any(|part| part == word)
}

#[test]
fn the_demo_is_configuration_and_a_seed() {
    for (path, text) in sources("crates") {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let own = path.starts_with("crates/app")
            && (name.starts_with("demo") || ["cli.rs", "commands.rs", "lib.rs"].contains(&name));
        let talks = path.starts_with("crates/simulation") || path.starts_with("crates/app/tests");
        if own || talks {
            continue;
        }
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            assert!(!has_word(line, "demo"), "{}: {line}", path.display());
        }
    }
}

#[test]
fn plaintext_is_opened_at_one_door() {
    for (path, text) in sources("crates") {
        let tests = path.components().any(|part| part.as_os_str() == "tests");
        if !tests && text.contains("sealing::open(") {
            assert_eq!(path, Path::new("crates/vault/src/private/release.rs"), "a second place opens fields");
        }
    }
    let release = fs::read_to_string(format!("{ROOT}/crates/vault/src/private/release.rs")).unwrap();
    assert_eq!(release.matches("sealing::open(").count(), 1, "one call site");
}

#[test]
fn what_pages_and_alarms_refer_to_is_there() {
    let folder = Path::new(ROOT).join("crates/doors/web/templates");
    let pages = fs::read_dir(folder).unwrap().map(|page| page.unwrap().path());
    let texts = pages.map(|page| (page.clone(), fs::read_to_string(page).unwrap()));
    let mut named = 0;
    for (path, text) in texts.chain(sources("crates/vault/src")).chain(sources("crates/doors/web/src")) {
        for rest in text.split("docs/").skip(1) {
            let name: String =
                rest.chars().take_while(|letter| letter.is_ascii_alphanumeric() || "-.".contains(*letter)).collect();
            let Some(name) = name.find(".md").map(|end| &name[..end + 3]) else { continue };
            assert!(Path::new(ROOT).join("docs").join(name).exists(), "{}: docs/{name}", path.display());
            named += 1;
        }
    }
    assert!(named > 1, "{named}");
}

#[test]
fn tests_wait_on_facts_not_on_time() {
    for folder in ["crates", "bench"] {
        for (path, text) in sources(folder) {
            let whole = path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs");
            let tests =
                if whole { text.as_str() } else { text.split_once("#[cfg(test)]").map_or("", |(_, tests)| tests) };
            let calls = ["thread::sleep(", "time::sleep("];
            let own = path.ends_with("house.rs");
            assert!(own || !calls.iter().any(|call| tests.contains(call)), "{} sleeps in a test", path.display());
        }
    }
}
