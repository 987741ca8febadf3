//! `ringfence posture --promises`: each promise of THREATS.md, with what shows today that it is kept.

use crate::failure::Failure;
use crate::output::{self, Format};
use domain::Millis;
use drills::Promise;
use serde_json::{Value, json};
use std::fmt::Write as _;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// How a promise stands that drills try, the worst first: it is kept as far as all of them hold.
const STATES: [&str; 5] = ["pierced", "proves_nothing", "stale", "never", HOLDS];
const HOLDS: &str = "holds";
const TESTS_ONLY: &str = "tests_only";
const UNTRIED: &str = "untried";

/// All promises, as they stand.
pub(super) struct Promised(Vec<Value>);

/// By what the deployment told of its drills.
pub(super) fn all(items: &[Value], now: Millis) -> Promised {
    Promised(drills::promises().iter().map(|promise| row(promise, items, now)).collect())
}

fn row(promise: &Promise, items: &[Value], now: Millis) -> Value {
    let drills: Vec<Value> = promise.drills.iter().map(|drill| tried(drill.name, items, now)).collect();
    json!({
        "section": promise.section, "threat": promise.threat, "holds": promise.holds, "shown": promise.shown,
        "open": promise.open, "state": state(promise, &drills), "drills": drills,
    })
}

fn state(promise: &Promise, drills: &[Value]) -> &'static str {
    let worst = STATES.into_iter().find(|state| drills.iter().any(|drill| drill["state"] == *state));
    worst.unwrap_or(if promise.shown.is_empty() { UNTRIED } else { TESTS_ONLY })
}

/// A drill's last result. One of which the deployment tells nothing, or what this program doesn't know, was never tried.
fn tried(name: &str, items: &[Value], now: Millis) -> Value {
    let told = items.iter().find(|item| item["drill"] == name).unwrap_or(&Value::Null);
    let state = STATES.into_iter().find(|state| told["state"] == *state).unwrap_or("never");
    let at = told["at"].as_str().and_then(Millis::parse);
    json!({
        "drill": name, "state": state, "where": told["where"], "at": told["at"],
        "age": at.map(|at| age(now.since(at))), "receipt": told["receipt"],
    })
}

fn age(ms: i64) -> String {
    match ms.max(0) {
        ms if ms < HOUR_MS => format!("{} min", ms / MINUTE_MS),
        ms if ms < 2 * DAY_MS => format!("{} h", ms / HOUR_MS),
        ms => format!("{} days", ms / DAY_MS),
    }
}

impl Promised {
    /// # Errors
    /// If standard output is closed.
    pub(super) fn print(&self, format: Format) -> Result<(), Failure> {
        match format {
            Format::Table => output::text(&format!("{}\n{}", self.lines(), self.summary())),
            Format::Json => output::one(format, &json!({"promises": self.0, "counts": self.counts()})),
            Format::Jsonl => {
                output::list(format, &[], &self.0)?;
                output::aside(&self.summary());
                Ok(())
            }
        }
    }

    fn of(&self, fits: impl Fn(&Value) -> bool) -> usize {
        self.0.iter().filter(|promise| fits(promise)).count()
    }

    fn in_state(&self, state: &str) -> usize {
        self.of(|promise| promise["state"] == state)
    }

    fn counts(&self) -> Value {
        let [held, tests, untried] = [HOLDS, TESTS_ONLY, UNTRIED].map(|state| self.in_state(state));
        json!({
            "promises": self.0.len(), "held_by_drill": held, "tests_only": tests, "untried": untried,
            "drill_does_not_hold": self.0.len() - held - tests - untried,
            "not_stopped": self.of(|promise| promise["open"] == true),
        })
    }

    /// The last line.
    pub(super) fn summary(&self) -> String {
        let counts = self.counts();
        format!(
            "{} promises: {} held by drills of the last two days, {} whose drills don't hold today, {} by tests alone, {} that nothing \
             tries; {} of all say that something is not stopped",
            counts["promises"],
            counts["held_by_drill"],
            counts["drill_does_not_hold"],
            counts["tests_only"],
            counts["untried"],
            counts["not_stopped"],
        )
    }

    fn lines(&self) -> String {
        let (mut out, mut section) = (String::new(), &Value::Null);
        for promise in &self.0 {
            if promise["section"] != *section {
                section = &promise["section"];
                // Writing to a string can't fail.
                let _ = writeln!(out, "{}\n", output::cell(section));
            }
            let _ = writeln!(
                out,
                "  {}\n    stopped by: {}",
                output::cell(&promise["threat"]),
                output::cell(&promise["holds"])
            );
            out.push_str(&shown(promise));
            out.push('\n');
        }
        out
    }
}

/// What shows a promise: each drill with its proof, or tests.
fn shown(promise: &Value) -> String {
    let drills: Vec<&Value> = promise["drills"].as_array().into_iter().flatten().collect();
    if promise["state"] == UNTRIED {
        return "    nothing tries it\n".to_owned();
    }
    if drills.is_empty() {
        return format!("    tests only: {}\n", output::cell(&promise["shown"]));
    }
    drills.into_iter().map(|drill| format!("    {}\n", drilled(drill))).collect()
}

fn drilled(drill: &Value) -> String {
    let [name, state, place, age, proof] =
        ["drill", "state", "where", "age", "receipt"].map(|part| output::cell(&drill[part]));
    if drill["age"].is_null() {
        return format!("drill {name}: {state}");
    }
    format!("drill {name}: {state}, {age} ago, {place}, proof {proof}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(3 * DAY_MS);

    fn item(drill: &str, state: &str) -> Value {
        let at = Millis(3 * DAY_MS - 5 * HOUR_MS).to_string();
        json!({"drill": drill, "state": state, "where": "deployment", "at": at, "receipt": "ent_1"})
    }

    fn found<'a>(promised: &'a Promised, drill: &str) -> &'a Value {
        let names = |promise: &Value| promise["drills"].as_array().unwrap().iter().any(|one| one["drill"] == drill);
        promised.0.iter().find(|promise| names(promise)).unwrap()
    }

    #[test]
    fn a_promise_is_held_as_far_as_all_its_drills_hold() {
        let every: Vec<Value> = drills::all().map(|drill| item(drill.name, HOLDS)).collect();
        let promised = all(&every, NOW);
        let counts = promised.counts();
        let with = drills::promises().iter().filter(|promise| !promise.drills.is_empty()).count();
        assert_eq!(
            (counts["held_by_drill"].as_u64(), counts["drill_does_not_hold"].as_u64()),
            (Some(with as u64), Some(0))
        );
        assert!(counts["tests_only"].as_u64() > Some(0) && counts["not_stopped"].as_u64() > Some(0));
        let held = found(&promised, "reveal-on-hold");
        assert_eq!((&held["state"], &held["drills"][0]["age"]), (&json!(HOLDS), &json!("5 h")));
        assert!(promised.lines().contains("drill reveal-on-hold: holds, 5 h ago, deployment, proof ent_1"));
        // One of several is enough to break it, and what nobody tells of holds nothing.
        for (state, shown) in [("stale", "stale"), ("pierced", "pierced"), ("never", "never"), ("hurrah", "never")] {
            let mut items = every.clone();
            items.retain(|item| item["drill"] != "event-forged");
            items.push(item("event-forged", state));
            assert_eq!(found(&all(&items, NOW), "event-forged")["state"], shown);
        }
        assert_eq!(all(&[], NOW).in_state(HOLDS), 0);
    }

    #[test]
    fn what_no_drill_reaches_says_so() {
        let promised = all(&[], NOW);
        let counts = promised.counts();
        let sum: u64 = ["held_by_drill", "drill_does_not_hold", "tests_only", "untried"]
            .iter()
            .filter_map(|count| counts[*count].as_u64())
            .sum();
        assert_eq!(counts["promises"], sum);
        let lines = promised.lines();
        assert!(lines.contains("tests only: ") && lines.contains("nothing tries it"));
        assert!(promised.summary().starts_with(&format!("{sum} promises: 0 held by drills")));
    }

    #[test]
    fn ages_are_short() {
        let said = [-1, 59 * MINUTE_MS, 47 * HOUR_MS, 90 * DAY_MS].map(age);
        assert_eq!(said, ["0 min", "59 min", "47 h", "90 days"]);
    }
}
