//! Questions that only security may ask, asked by others.

use crate::answer::Seen;
use crate::control::{APART, LOG, NEED_TO_KNOW};
use crate::stage::{Kit, Person, Stage};
use crate::{Broken, Drill, Given, Place};

macro_rules! questions {
    ($($name:literal, $who:ident $path:literal, $controls:ident, $tries:literal;)*) => {
        /// All of them.
        pub(super) const ALL: &[&Drill] = &[$(&Drill {
            name: $name,
            tries: $tries,
            lacks: "a role that watches",
            refused: &["role-not-allowed"],
            controls: $controls,
            place: Place::Anywhere,
            attempt: |stage, given| asks(stage, given, |kit| &kit.$who, $path),
        },)*];
    };
}

questions! {
    "agent-reads-the-log", agent "/v1/disclosures?limit=1", LOG, "An agent reads who looked at whom.";
    "it-reads-the-log", it "/v1/disclosures?limit=1", LOG, "Somebody of IT reads who looked at whom.";
    "agent-reads-reports", agent "/v1/reports?limit=1", APART, "An agent reads what colleagues reported.";
    "it-reads-reports", it "/v1/reports?limit=1", APART, "Somebody of IT reads what was reported about IT.";
    "agent-lists-staff", agent "/v1/people?limit=1", NEED_TO_KNOW, "An agent lists all members of staff and their roles.";
    "it-lists-staff", it "/v1/people?limit=1", APART, "Somebody of IT lists all members of staff and their roles.";
    "agent-lists-the-guarded", agent "/v1/guards?limit=1", NEED_TO_KNOW,
        "An agent asks which customers are well known or threatened.";
    "it-lists-the-guarded", it "/v1/guards?limit=1", NEED_TO_KNOW,
        "Somebody of IT asks which customers are well known or threatened.";
    "agent-lists-sessions", agent "/v1/sessions", APART, "An agent asks who is signed in.";
    "it-lists-sessions", it "/v1/sessions", APART, "Somebody of IT asks who is signed in, to see when nobody watches.";
    "agent-reads-allowances", agent "/v1/budgets?limit=1", NEED_TO_KNOW, "An agent reads what every colleague has spent.";
    "it-reads-allowances", it "/v1/budgets?limit=1", APART, "Somebody of IT reads whose allowance has room for more.";
    "agent-lists-cases", agent "/v1/cases", NEED_TO_KNOW, "An agent lists the cases of colleagues.";
    "it-lists-cases", it "/v1/cases", NEED_TO_KNOW, "Somebody of IT lists open cases.";
    "agent-reads-broken-glass", agent "/v1/glass", APART, "An agent reads what was shown in emergencies.";
    "it-reads-broken-glass", it "/v1/glass", APART, "Somebody of IT reads what was shown in emergencies.";
    "it-reads-proposals", it "/v1/power/changes", APART,
        "Somebody of IT reads which rules are about to change, to act before.";
    "it-lists-devices", it "/v1/devices", APART, "Somebody of IT lists the devices that ask to be let in.";
    "it-looks-at-the-key-holder", it "/v1/keyholder", APART, "Somebody of IT reads the key holder's alarms about IT.";
    "it-reads-the-posture", it "/v1/drills", APART, "Somebody of IT reads which defences are known not to hold.";
}

/// A question that security may ask.
fn asks(stage: &Stage, given: Given, attacker: fn(&Kit) -> &Person, path: &str) -> Result<Seen, Broken> {
    let by = if given.is_control() { &stage.kit().officer } else { attacker(stage.kit()) };
    stage.get("what security may ask", Some(by), path)?.seen(serde_json::Value::is_object)
}
