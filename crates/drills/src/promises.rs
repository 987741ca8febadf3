//! What THREATS.md promises, row by row, and which drills try it. The file is part of the program: what it says and what is tried can't
//! drift apart without a test that fails.

use crate::{Drill, all};
use std::sync::LazyLock;

const THREATS: &str = include_str!("../../../THREATS.md");
/// What the second column is called in tables of promises.
const COLUMNS: [&str; 3] = ["what stops it", "what holds", "what stops or shows it"];
/// In a cell that names nothing.
const NOTHING: &str = "–";

static PROMISES: LazyLock<Vec<Promise>> = LazyLock::new(|| read(THREATS));

/// A row of THREATS.md.
#[derive(Clone)]
pub struct Promise {
    /// Under which heading it stands.
    pub section: String,
    /// What an attacker does.
    pub threat: String,
    /// What stops it, or shows it.
    pub holds: String,
    /// Which tests and drills try it; empty if none does.
    pub shown: String,
    /// The drills among these.
    pub drills: Vec<&'static Drill>,
    /// Does the row say of something that it isn't stopped, or not yet?
    pub open: bool,
}

/// All of them, in the file's order.
#[must_use]
pub fn promises() -> &'static [Promise] {
    &PROMISES
}

fn read(text: &str) -> Vec<Promise> {
    let (mut section, mut promised, mut all) = ("", false, Vec::new());
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("### ").or_else(|| line.strip_prefix("## ")) {
            section = title;
        }
        promised &= line.starts_with('|');
        let Some(row) = cells(line) else { continue };
        if COLUMNS.contains(&row[1]) {
            promised = true;
        } else if promised {
            all.push(promise(section, row));
        }
    }
    all
}

fn cells(line: &str) -> Option<[&str; 3]> {
    let row: Vec<&str> = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ").collect();
    row.try_into().ok()
}

fn promise(section: &str, [threat, holds, shown]: [&str; 3]) -> Promise {
    let names = drills_named(shown);
    Promise {
        section: words(section),
        threat: words(threat),
        holds: words(holds),
        shown: if shown == NOTHING { String::new() } else { words(shown) },
        drills: all().filter(|drill| names.contains(&drill.name)).collect(),
        open: holds == "nothing" || [holds, shown].iter().any(|cell| is_open(cell)),
    }
}

/// `**not** stopped`, `**not yet**`, `**Not noticed**`: the file sets in bold what it doesn't promise.
fn is_open(cell: &str) -> bool {
    let cell = cell.to_lowercase();
    cell.contains("**not")
        || cell.contains("**nobody**")
        || cell.contains("**does**")
        || cell.starts_with("not stopped")
}

/// What stands as code behind "drill" or "drills", with what is listed after it.
fn drills_named(cell: &str) -> Vec<&str> {
    let (mut named, mut listed) = (Vec::new(), false);
    let mut parts = cell.split('`');
    while let (Some(before), Some(code)) = (parts.next(), parts.next()) {
        let goes_on = listed && matches!(before, ", " | " and ");
        listed = goes_on || before.ends_with("drill ") || before.ends_with("drills ");
        if listed {
            named.push(code);
        }
    }
    named
}

/// A cell without Markdown's marks; of a link, its words.
fn words(cell: &str) -> String {
    let (mut out, mut rest) = (String::new(), cell);
    while let Some((before, after)) = rest.split_once("](") {
        let (text, link) = before.rsplit_once('[').unwrap_or(("", before));
        out.push_str(text);
        out.push_str(link);
        rest = after.split_once(')').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out.replace("**", "").replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Rows of the tables that promise nothing: which tiers there are, and the lines above each table.
    fn is_no_promise(line: &str) -> bool {
        line.starts_with("|---")
            || ["| tier |", "| T0 |", "| T1 |", "| T2 |", "| T3 |"].iter().any(|start| line.starts_with(start))
            || cells(line).is_some_and(|row| COLUMNS.contains(&row[1]))
    }

    #[test]
    fn every_row_is_a_promise_of_three_cells() {
        let rows: Vec<&str> = THREATS.lines().filter(|line| line.starts_with('|') && !is_no_promise(line)).collect();
        for row in &rows {
            assert!(cells(row).is_some(), "{row}");
        }
        assert_eq!((promises().len(), promises().len() > 100), (rows.len(), true));
        for promise in promises() {
            assert!(![&promise.section, &promise.threat, &promise.holds].iter().any(|text| text.is_empty()));
            assert!(!promise.threat.contains("](") && !promise.holds.contains("**"), "{}", promise.threat);
        }
        assert!(promises().iter().any(|promise| promise.open) && promises().iter().any(|promise| !promise.open));
    }

    #[test]
    fn every_drill_shows_a_promise_and_every_drill_that_is_named_exists() {
        let known: BTreeSet<&str> = all().map(|drill| drill.name).collect();
        let named: BTreeSet<&str> = THREATS.lines().filter_map(cells).flat_map(|row| drills_named(row[2])).collect();
        assert_eq!(known, named);
    }

    #[test]
    fn a_row_is_read_as_it_stands() {
        let text = "## T9: ghosts\n| a ghost | what stops it | tests |\n|---|---|---|\n\
            | walks [here](docs/x.md) | **not** stopped in `[mail]` | `only-this`; drills `reveal-on-hold`, `event-forged` (live `x.rs`) |\n\
            | waits | doors | – |\n\n| b | c | d |\n";
        let all = read(text);
        assert_eq!(all.len(), 2);
        let (one, other) = (&all[0], &all[1]);
        assert_eq!((one.section.as_str(), one.threat.as_str()), ("T9: ghosts", "walks here"));
        assert_eq!((one.holds.as_str(), one.open), ("not stopped in [mail]", true));
        let names: Vec<&str> = one.drills.iter().map(|drill| drill.name).collect();
        assert_eq!(names.iter().copied().collect::<BTreeSet<_>>(), BTreeSet::from(["event-forged", "reveal-on-hold"]));
        assert_eq!((other.shown.as_str(), other.drills.len(), other.open), ("", 0, false));
    }
}
