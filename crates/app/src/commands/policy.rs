//! `ringfence policy`.

use crate::cli::{Common, Policy};
use crate::failure::{self, Failure};
use crate::output::{self, Format};
use crate::wire;
use policy::Rules;
use prover::{Status, Verdict};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

pub(super) fn run(common: &Common, asked: &Policy) -> Result<(), Failure> {
    let Policy::Prove { rules } = asked;
    let rules = match rules {
        None => Rules::built_in(),
        Some(folder) => load(folder)?,
    };
    let rules = rules.map_err(|error| unusable(&error))?;
    let named = std::env::var_os("CVC5").map(PathBuf::from);
    let solver = prover::solver_program(named.as_deref(), &std::env::var_os("PATH").unwrap_or_default());
    let proved = wire::block_on(async { Ok(prover::prove(&rules, solver.as_deref()).await) })?;
    let verdicts = proved.map_err(|error| unusable(&error))?;
    show(common.output, &verdicts)?;
    judged(&verdicts)
}

/// The .cedar files of a folder, by name; the invariants aren't rules.
fn load(folder: &Path) -> Result<Result<Rules, policy::RulesError>, Failure> {
    let unread = |error: &std::io::Error| failure::file(folder, error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| unread(&error))? {
        let path = entry.map_err(|error| unread(&error))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if name.ends_with(".cedar") && name != "invariants.cedar" {
            files.push((name, std::fs::read_to_string(&path).map_err(|error| failure::file(&path, &error))?));
        }
    }
    if files.is_empty() {
        return Err(Failure::here(
            "that directory holds no .cedar files",
            "name a directory of rules, such as policies",
        ));
    }
    files.sort();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Ok(Rules::load(&files))
}

/// What is wrong with the rules, in one line: Cedar's own words may have several.
fn unusable(error: &dyn std::error::Error) -> Failure {
    let said = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    let (problem, next) = said.rsplit_once("; next: ").unwrap_or((&said, "look at the rules again"));
    Failure::here(problem, next)
}

fn described(verdict: &Verdict) -> Value {
    let invariant = &verdict.invariant;
    let mut object = json!({
        "name": invariant.name,
        "says": invariant.says,
        "held_by": invariant.held_by.named(),
        "status": verdict.status.slug(),
    });
    match &verdict.status {
        Status::Refuted(told) => object["counterexample"] = json!(told),
        Status::Unknown(why) => object["reason"] = json!(why),
        Status::Proved | Status::Tested => {}
    }
    object
}

fn show(format: Format, verdicts: &[Verdict]) -> Result<(), Failure> {
    let rows: Vec<Value> = verdicts.iter().map(described).collect();
    match format {
        Format::Json => output::text(&json!({"invariants": rows}).to_string()),
        Format::Jsonl => output::list(format, &[], &rows),
        Format::Table => output::list(format, &["status", "name", "says"], &rows),
    }
}

/// Refuted is worse than unknown; either is a failure.
fn judged(verdicts: &[Verdict]) -> Result<(), Failure> {
    let told = |verdict: &Verdict| match &verdict.status {
        Status::Refuted(told) => Some(format!("{} doesn't hold: {told}", verdict.invariant.name)),
        _ => None,
    };
    if let Some(told) = verdicts.iter().find_map(told) {
        return Err(Failure::there(told.trim_end_matches('.'), "take the change of the rules back"));
    }
    let why = |verdict: &Verdict| match &verdict.status {
        Status::Unknown(why) => Some(why.clone()),
        _ => None,
    };
    match verdicts.iter().find_map(why) {
        None => Ok(()),
        Some(why) => Err(Failure::there(
            format!("not everything could be proved: {why}"),
            "install cvc5 1.3 or newer and put it into PATH, or name it with CVC5",
        )),
    }
}
