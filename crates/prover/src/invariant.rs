//! The invariants as data.

use cedar_policy::{Policy, PolicySet};
use std::str::FromStr;

/// The bounds that the rules are proved against: policies/invariants.cedar.
const BOUNDS: &str = include_str!("../../../policies/invariants.cedar");

/// What holds an invariant.
#[derive(Clone, Debug)]
pub enum HeldBy {
    /// The rules: they never permit what the bound forbids.
    Rules(Bound),
    /// The rules: none of them can fail to evaluate.
    RulesThemselves,
    /// The commit, `store::settle`, in the transaction that writes the entry.
    Settle(Test),
    /// A type: what breaks it doesn't compile, or can't be made.
    Type(&'static str, Test),
}

impl HeldBy {
    /// The words of the contract.
    #[must_use]
    pub fn named(&self) -> String {
        match self {
            Self::Rules(_) | Self::RulesThemselves => "cedar".to_owned(),
            Self::Settle(test) => format!("settle, tested by {}", test.name),
            Self::Type(name, test) => format!("type {name}, tested by {}", test.name),
        }
    }
}

/// Cedar policies that forbid what must never be permitted.
#[derive(Clone, Debug)]
pub struct Bound(pub(crate) Box<Policy>);

/// A test, by its file in the repository and its function.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    /// The file.
    pub file: &'static str,
    /// The function.
    pub name: &'static str,
}

/// Something that always holds.
#[derive(Clone, Debug)]
pub struct Invariant {
    /// Its name.
    pub name: String,
    /// What holds, in words.
    pub says: String,
    /// What holds it.
    pub held_by: HeldBy,
}

const NO_RULE_FAILS: &str = "no-rule-fails";

const COMPILE_FAIL: Test = Test {
    file: "crates/vault/tests/it/compile_fail.rs",
    name: "a_plaintext_cannot_be_copied_kept_or_made_outside_the_door",
};
const SETTLE: &str = "crates/store/src/settle/tests.rs";

/// Those that the rules don't hold, by name, words and what holds them.
const ELSEWHERE: [(&str, &str, HeldBy); 7] = [
    (
        "no-value-before-its-entry",
        "No sealed value is opened before its log entry is durable.",
        HeldBy::Type("Committed", COMPILE_FAIL),
    ),
    (
        "plaintext-stays-put",
        "A plaintext can't be printed, copied, compared or serialised.",
        HeldBy::Type("Plaintext", COMPILE_FAIL),
    ),
    (
        "who-asks-comes-from-signing-in",
        "Who asks, with which role and in which tenant, comes from signing in and from nowhere else.",
        HeldBy::Type("Scope", COMPILE_FAIL),
    ),
    (
        "every-act-leaves-an-entry",
        "Every act and every refusal leaves exactly one entry in the log.",
        HeldBy::Settle(Test { file: SETTLE, name: "every_intent_that_is_no_replay_leaves_exactly_one_entry" }),
    ),
    (
        "no-persons-outcome-is-shown",
        "What one person made of a drill is shown to nobody: figures are of eight people or more, and so is every difference of them.",
        HeldBy::Type(
            "Figures",
            Test {
                file: "crates/vault/src/culture/figures.rs",
                name: "no_difference_of_groups_leaves_fewer_than_eight",
            },
        ),
    ),
    (
        "no-allowance-is-overspent",
        "No allowance is overspent, however many ask at once.",
        HeldBy::Settle(Test { file: SETTLE, name: "no_allowance_is_overspent" }),
    ),
    (
        "decided-under-the-rules-in-force",
        "A decision counts only under the people and rules it was made under.",
        HeldBy::Settle(Test {
            file: "crates/vault/tests/it/people.rs",
            name: "a_decision_made_under_older_rules_does_not_commit",
        }),
    ),
];

/// Every invariant, those of the rules first.
///
/// # Errors
/// What Cedar says if the bounds can't be read; a build that passed its tests has none.
pub fn invariants() -> Result<Vec<Invariant>, String> {
    let set = PolicySet::from_str(BOUNDS).map_err(|error| error.to_string())?;
    let mut policies: Vec<&Policy> = set.policies().collect();
    policies.sort_by_key(|policy| policy.id().to_string().trim_start_matches("policy").parse::<usize>().ok());
    let said = |policy: &Policy, what: &str| policy.annotation(what).unwrap_or_default().to_owned();
    let mut all: Vec<Invariant> = policies
        .into_iter()
        .map(|policy| Invariant {
            name: said(policy, "id"),
            says: said(policy, "says"),
            held_by: HeldBy::Rules(Bound(Box::new(policy.clone()))),
        })
        .collect();
    all.push(Invariant {
        name: NO_RULE_FAILS.to_owned(),
        says: "Every rule can be evaluated in every situation.".to_owned(),
        held_by: HeldBy::RulesThemselves,
    });
    all.extend(ELSEWHERE.into_iter().map(|(name, says, held_by)| Invariant {
        name: name.to_owned(),
        says: says.to_owned(),
        held_by,
    }));
    Ok(all)
}
