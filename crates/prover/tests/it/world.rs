use policy::{BUILT_IN, Rules, RulesError};
use prover::{Status, Verdict};
use std::path::PathBuf;

pub(crate) const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The solver: as the command finds it, or where ./test puts it.
pub(crate) fn solver() -> PathBuf {
    let named = std::env::var_os("CVC5").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = PathBuf::from(ROOT).join("target/venv/bin/cvc5");
    prover::solver_program(named.as_deref(), &path)
        .or_else(|| own.is_file().then_some(own))
        .expect("cvc5 is needed: run scripts/test/install.sh, or set CVC5")
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub(crate) fn proved(rules: &Rules) -> Vec<Verdict> {
    block_on(prover::prove(rules, Some(&solver()))).unwrap()
}

/// A change of the built-in rules.
#[derive(Clone, Copy)]
pub(crate) enum Change {
    /// A rule more.
    Add(&'static str),
    /// Other words, wherever these stand.
    Replace(&'static str, &'static str),
    /// A rule less, by its name.
    Drop(&'static str),
}

/// The built-in rules with these changes, one after another.
pub(crate) fn changed(changes: &[Change]) -> Result<Rules, RulesError> {
    let mut files: Vec<(&str, String)> = BUILT_IN.iter().map(|(file, text)| (*file, (*text).to_owned())).collect();
    for change in changes {
        apply(&mut files, *change);
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(file, text)| (*file, text.as_str())).collect();
    Rules::load(&files)
}

fn apply(files: &mut Vec<(&str, String)>, change: Change) {
    match change {
        Change::Add(rule) => files.push(("planted.cedar", format!("@id(\"planted\") @says(\"Planted.\") {rule}"))),
        Change::Replace(from, to) => {
            assert!(files.iter().any(|(_, text)| text.contains(from)), "nothing to replace: {from}");
            files.iter_mut().for_each(|(_, text)| *text = text.replace(from, to));
        }
        Change::Drop(name) => {
            let start = format!("@id(\"{name}\")");
            let (_, text) = files.iter_mut().find(|(_, text)| text.contains(&start)).unwrap();
            let from = text.find(&start).unwrap();
            let to = from + text[from..].find(";\n").unwrap() + 2;
            text.replace_range(from..to, "");
        }
    }
}

/// The invariants that are refuted, with their counterexamples.
pub(crate) fn refuted(rules: &Rules) -> Vec<(String, String)> {
    let of = |verdict: Verdict| match verdict.status {
        Status::Refuted(told) => Some((verdict.invariant.name, told)),
        _ => None,
    };
    proved(rules).into_iter().filter_map(of).collect()
}
