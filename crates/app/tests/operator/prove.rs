//! `ringfence policy prove --output json`: one shape, whatever comes of it, and an exit code that says whether all holds.

use crate::centre::repository;
use crate::server::BINARY;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where ./test puts the solver, unless it is named.
fn solver() -> PathBuf {
    std::env::var_os("CVC5").map_or_else(|| repository().join("target/venv/bin/cvc5"), PathBuf::from)
}

/// The exit code and the invariants, each of the contract's shape.
fn prove(rules: Option<&Path>, solver: &Path) -> (Option<i32>, Vec<Value>) {
    let mut command = Command::new(BINARY);
    command.args(["policy", "prove", "--output", "json"]).env("PATH", "").env("CVC5", solver);
    if let Some(rules) = rules {
        command.arg("--rules").arg(rules);
    }
    let output = command.output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let members: Vec<&String> = said.as_object().unwrap().keys().collect();
    assert_eq!(members, ["invariants"]);
    let invariants = said["invariants"].as_array().unwrap().clone();
    for one in &invariants {
        let members: BTreeSet<&str> = one.as_object().unwrap().keys().map(String::as_str).collect();
        let more = match one["status"].as_str().unwrap() {
            "proved" | "tested" => None,
            "refuted" => Some("counterexample"),
            "unknown" => Some("reason"),
            other => panic!("{other}"),
        };
        let expected = ["name", "says", "held_by", "status"].into_iter().chain(more).collect();
        assert_eq!(members, expected, "{one}");
        assert!(one.as_object().unwrap().values().all(|value| value.as_str().is_some_and(|text| !text.is_empty())));
    }
    (output.status.code(), invariants)
}

fn count(invariants: &[Value], status: &str) -> usize {
    invariants.iter().filter(|one| one["status"] == status).count()
}

#[test]
fn what_is_proved_refuted_or_unknown_is_told_in_one_shape() {
    let (code, all) = prove(None, &solver());
    assert!(all.len() >= 12, "{all:?}");
    assert_eq!((code, count(&all, "proved") + count(&all, "tested")), (Some(0), all.len()), "{all:?}");

    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(repository().join("policies")).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.extension().is_some_and(|kind| kind == "cedar") {
            let text = fs::read_to_string(&entry).unwrap();
            // A team leader looks without a call.
            let live = "context.interaction.live";
            let planted = text.replace(live, &format!("{live} || principal.role == Role::\"team_leader\""));
            fs::write(folder.path().join(entry.file_name().unwrap()), planted).unwrap();
        }
    }
    let (code, planted) = prove(Some(folder.path()), &solver());
    assert!(code == Some(2) && count(&planted, "refuted") >= 1, "{planted:?}");

    let (code, unsolved) = prove(None, Path::new("/nowhere/cvc5"));
    assert_eq!((code, count(&unsolved, "proved")), (Some(2), 0), "{unsolved:?}");
    assert_eq!(count(&unsolved, "unknown"), count(&all, "proved"));
}
