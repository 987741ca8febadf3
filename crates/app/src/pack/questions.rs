//! What a company asks a contact centre that is to have its customers' data: each question with what must hold for the answer to be that it is
//! in place, and what is said if it doesn't.

use Needs::{AtLeast, AtMost, Drill, Is, Part, Rule};
use serde_json::Value;

/// A question.
pub(super) struct Question {
    pub(super) id: &'static str,
    pub(super) theme: &'static str,
    pub(super) asks: &'static str,
    /// Said if all holds.
    pub(super) yes: &'static str,
    /// Said otherwise.
    pub(super) no: &'static str,
    pub(super) needs: &'static [Needs],
    /// What else is in force that says more, from the state.
    pub(super) details: Option<fn(&Value) -> Vec<String>>,
}

/// What must hold.
pub(super) enum Needs {
    /// A drill.
    Drill(&'static str),
    /// A rule in force.
    Rule(&'static str),
    /// A part of the pack.
    Part(&'static str),
    /// A member of the state that is this JSON.
    Is(&'static str, &'static str),
    /// One that is at least so much.
    AtLeast(&'static str, u64),
    /// One that is at most so much.
    AtMost(&'static str, u64),
}

macro_rules! questions {
    ($($theme:literal: { $($id:literal $asks:literal $yes:literal $no:literal [$($needs:expr),*] $details:expr;)* })*) => {
        /// All of them.
        pub(super) const QUESTIONS: &[Question] = &[$($(Question {
            id: $id, theme: $theme, asks: $asks, yes: $yes, no: $no, needs: &[$($needs),*], details: $details,
        },)*)*];
    };
}

questions! {
    "Cards and accounts": {
        "card-seen" "Who can see a payment card number?"
            "Nobody. No rule shows one to a person, whatever the situation."
            "Not in place: a rule shows card numbers, or what refuses them didn't hold."
            [Is("/sees/card", "{}"), Rule("card-never-shown"), Is("/proof/status", "\"proved\"")] None;
        "card-notes" "Are notes and free text scanned for card numbers?"
            "Yes, before they are stored: a note with a card number in it is refused."
            "Not in place: a card number could be written into a note."
            [Drill("card-in-a-note")] None;
        "account-seen" "Who can see a bank account number?"
            "Nobody alone. Each time a second person must agree."
            "Not in place: a bank account can be seen by one person alone."
            [Rule("bank-account-needs-a-second-person"), Is("/proof/status", "\"proved\"")] Some(|state| sees(state, "bank_account"));
    }
    "Who sees what": {
        "without-contact" "Can staff look at a customer who isn't in touch with them?"
            "No. Without a live call, chat or ticket of that customer's nothing is shown, searched or checked."
            "Not in place: a record could be looked at without a customer in touch."
            [Drill("reveal-without-contact"), Drill("masks-without-contact"), Drill("search-without-contact"),
             Drill("answers-without-contact"), Rule("live-interaction-needed")] None;
        "other-customer" "Can one customer's call be used to look at another customer?"
            "No. A call opens the record of the customer whom it belongs to, and no other."
            "Not in place: one customer's call could open another's record."
            [Drill("reveal-of-another-customer"), Drill("claim-of-another-call"), Drill("reveal-in-a-colleagues-call")] None;
        "after-call" "Does access end when the call ends, or is on hold?"
            "Yes. What was shown is masked again, and on hold or after the call nothing is shown."
            "Not in place: values could be seen on hold or after the call."
            [Drill("reveal-after-hang-up"), Drill("reveal-on-hold"), AtMost("/settings/remask_s", 120)] Some(|state| one(state, "/settings/remask_s", "A value is masked again after", "seconds."));
        "fields-by-role" "Which role sees which data?"
            "Each role sees only the fields that the rules name, one at a time, for a declared purpose."
            "Not in place: the rules weren't proved, or an undeclared purpose was let through."
            [Drill("reveal-for-an-undeclared-purpose"), Is("/proof/status", "\"proved\"")] Some(all_sees);
        "it-sees" "Can your IT see customer data?"
            "No. No IT role sees a value, a mask or the log, by rules that are proved; and the disk holds sealed values only."
            "Not in place: somebody of IT could see customer data."
            [Drill("it-reads-a-record"), Drill("disk-reads-values"), Drill("it-reads-the-log"), Is("/proof/status", "\"proved\"")] None;
        "security-sees" "Can your security team read customer records?"
            "No. Who watches doesn't look: in an emergency two officers may see one value, and it is reviewed."
            "Not in place: somebody of security could read records."
            [Drill("security-reads-a-record"), Rule("glass-needs-a-second-officer")] None;
        "masks" "Is data masked where it isn't needed whole?"
            "Yes. Records are shown as masks; a whole value is asked for one field at a time."
            "Not in place."
            [Drill("masks-without-contact"), Part("state.json")] Some(masks);
        "mass" "How is mass copying prevented?"
            "Each look costs points of an allowance per person, team and centre; more than a few fields in one call need a second person."
            "Not in place: an allowance could be refilled, or many fields looked at alone."
            [Drill("disk-refills-an-allowance"), Rule("allowance-left"), Rule("many-fields-need-a-second-person")] None;
        "export" "Can staff export customer lists?"
            "No. There is no export of records for staff; a copy goes to the customer, sealed."
            "Not in place."
            [Rule("it-sees-no-data"), Rule("only-who-serves-serves"), Is("/proof/status", "\"proved\"")] None;
    }
    "Second people and emergencies": {
        "approval" "Who approves risky access, and can people approve for themselves?"
            "A team leader or officer of another team, drawn by the program. Nobody approves their own."
            "Not in place."
            [Rule("nobody-approves-their-own"), Rule("only-second-people-approve"), Is("/proof/status", "\"proved\"")] Some(second);
        "vip" "Are well-known or threatened people protected further?"
            "Yes. Of a guarded customer nothing is shown without a second person; who they are, only security knows."
            "Not in place."
            [Rule("guarded-customers-need-a-second-person"), Drill("agent-lists-the-guarded"), Drill("it-lists-the-guarded")] None;
        "break-glass" "Is there emergency access, and who reviews it?"
            "Two security officers at two browsers, one value, reviewed within days by the board or an officer who took no part."
            "Not in place."
            [Rule("officers-break-glass"), Rule("board-and-officers-review-glass")] None;
        "no-call-work" "What of work without the customer on the line?"
            "A case, opened by a team leader for a day; each value in it needs a second person."
            "Not in place."
            [Rule("casework-needs-a-second-person"), Rule("only-leaders-assign-cases"), Drill("agent-lists-cases")] None;
    }
    "Callers": {
        "caller-check" "How is a caller's identity checked?"
            "By a code to the number on file, or by answers that the program compares: staff see neither code nor answer."
            "Not in place: a caller who isn't sure was given data."
            [Drill("reveal-to-an-unsure-caller"), Rule("contact-data-needs-a-match"), Rule("answers-checked")] None;
        "telephony" "Could somebody fake a call to get at a record?"
            "Not without the telephony's own signing key: events that are forged, bent, late or repeated are refused."
            "Not in place: a faked event was taken."
            [Drill("event-forged"), Drill("event-bent"), Drill("event-stale"), Drill("event-replayed"), Drill("event-by-staff")] None;
    }
    "Keys and encryption": {
        "at-rest" "Is data encrypted at rest, field by field?"
            "Yes. Each field is sealed under a key of its own, which fits its place only: moved or swapped values open nowhere."
            "Not in place."
            [Drill("disk-reads-values"), Drill("disk-swaps-values"), Part("cbom.json")] None;
        "keys-where" "Where are the keys?"
            "With a program of its own, apart from data and from whoever runs the nodes. It gives out one key per entry in the log."
            "Not in place: keys are in the program that serves the data, under a root key in a file."
            [Is("/keys/holder", "\"serving\"")] Some(|state| one(state, "/keys/holder", "The key holder is", "."));
        "keys-people" "Can one person get at the root key?"
            "No. It is shared among custodians, of whom several must come together."
            "Not in place: the root key lies in a file on one machine."
            [AtLeast("/keys/custodians_needed", 2), AtLeast("/keys/custodians", 3), Is("/keys/root_file", "false")] None;
        "quantum" "Which cryptography is used, and what of quantum computers?"
            "Listed whole in the cryptographic bill of materials; what is signed and shared is hybrid, with post-quantum algorithms."
            "Not in place."
            [Part("cbom.json")] None;
        "software" "What software is it made of?"
            "Listed whole in the software bill of materials, with checksums and licences."
            "Not in place."
            [Part("sbom.json")] None;
    }
    "The log": {
        "logged" "Is every access logged, and before it happens?"
            "Yes. No value leaves before its entry is durable; refusals and searches are entries too."
            "Not in place: somebody got in without being known, or a request was answered under another's key."
            [Drill("ask-as-nobody"), Drill("ask-with-a-guessed-token"), Drill("key-of-another-request")] None;
        "log-altered" "Could somebody alter or delete log entries?"
            "Not unseen. The log is a signed tree, and outside witnesses sign it too."
            "Not in place: no outside party signs the log."
            [AtLeast("/log/quorum", 1), Part("log/checkpoint.txt")] Some(witnesses);
        "log-missing" "Can a customer tell whether an access to their data was left out?"
            "Yes, alone: the log is closed regularly, and each close counts every customer's entries."
            "Not in place: the log hasn't been closed yet."
            [AtMost("/settings/closes_every_s", 86_400), Part("log/key.txt"), Is("/log/closed", "true")] Some(|state| one(state, "/log/closed_at", "The last close was at", "."));
        "log-readers" "Who reads the log?"
            "Security and auditors only; each reading is an entry itself. No IT, and nobody who serves customers."
            "Not in place."
            [Drill("agent-reads-the-log"), Drill("it-reads-the-log"), Rule("watchers-read-the-log")] None;
    }
    "Power": {
        "admin" "Can an administrator give themselves access?"
            "No. People and rights are sealed, and change only by security officers' signatures with passkeys."
            "Not in place: no officer has a passkey yet, or an edit of the database gave power."
            [Drill("disk-makes-an-officer"), Drill("it-adds-staff"), Is("/governing/officers", "true"), Is("/governing/sound", "true")] None;
        "two-officers" "Do changes of rules and rights need two people?"
            "Yes. Two security officers sign, and what lets more happen waits a day."
            "Not in place: fewer than two signatures are needed, or changes don't wait."
            [AtLeast("/governing/signatures", 2), AtLeast("/governing/widening_waits_s", 86_400)] None;
        "proved" "How do you know that the rules do what you say?"
            "A solver proves of the rules in force that they can't permit what must never happen."
            "Not in place: the rules in force weren't proved on this machine today."
            [Is("/proof/status", "\"proved\"")] None;
        "joiners" "Who adds staff?"
            "A security officer decides; the company's identity provider or a manager only proposes. No agent and no IT can."
            "Not in place."
            [Drill("agent-adds-staff"), Drill("it-adds-staff"), Rule("officers-change-power")] None;
        "leavers" "How fast is access of staff who leave taken away?"
            "At once: one signature ends every session, token and passkey within a second on every node."
            "Not in place: no officer can sign that somebody left."
            [Is("/governing/officers", "true"), Rule("officers-change-power")] None;
        "new-staff" "Are new staff limited?"
            "Yes. For their first days they have a quarter of each allowance."
            "Not in place: new staff have the whole allowance at once."
            [AtLeast("/settings/probation_days", 1)] Some(|state| one(state, "/settings/probation_days", "For", "days."));
        "sign-in" "How do staff sign in?"
            "With passkeys; each request of a page carries its browser's signature, so that a stolen cookie is worth nothing."
            "Not in place: people may sign in with an access token, or requests aren't signed."
            [Is("/settings/requests_signed_by_browser", "true"), Is("/settings/tokens_sign_in", "false")] None;
    }
    "Keeping and erasing": {
        "kept" "How long is what kept?"
            "As the data plan says, per kind of data; the program destroys what has expired by itself."
            "Not in place: the data plan can't be used."
            [Is("/governing/sound", "true"), Part("notice.txt")] Some(kept);
        "purpose" "Is data used only for declared purposes?"
            "Yes. A purpose that the plan doesn't name is refused."
            "Not in place."
            [Drill("reveal-for-an-undeclared-purpose")] None;
        "erasure" "How is a customer erased, also from backups?"
            "Their keys are destroyed, so that copies and backups open no more; a certificate shows it."
            "Not in place."
            [Rule("data-protection-answers-rights"), Rule("only-data-protection-erases")] None;
        "rights" "Who answers customers' requests by right?"
            "The data protection officer, with a second officer; what is answered is compared with what is held."
            "Not in place."
            [Rule("data-protection-handles-requests"), Rule("two-officers-answer-requests")] None;
    }
    "Others": {
        "sub-processors" "Which sub-processors are there?"
            "Those that the data plan names, each with its country and safeguard."
            "Not in place: the data plan names none. Ask where the centre is hosted, and by whom it telephones."
            [AtLeast("/plan/sub_processor_count", 1)] Some(subs);
        "alarms" "Is anything wrong right now?"
            "No alarm stands."
            "Alarms stand; ask what is done about them."
            [Is("/alarms", "[]"), Is("/edited_results", "0")] Some(alarms);
        "reports" "Can staff report something suspicious, and who reads that?"
            "Yes, from every page; security reads it, and neither agents nor IT do."
            "Not in place."
            [Drill("agent-reads-reports"), Drill("it-reads-reports")] None;
        "last-drill" "When were the defences last tried?"
            "For your nonce, while this pack was built: every attack that the program knows, each with a control that shows that it would have been seen."
            "Not all of the attacks that are relied on here held."
            [Drill("reveal-without-contact"), Drill("event-forged"), Drill("it-reads-a-record"), Part("drills.json")] None;
        "recordings" "Are calls recorded, and who hears them?"
            "-"
            "Not answered here: recordings are kept by the telephony, outside of what this program enforces. Ask for its own evidence."
            [] None;
        "screens" "What if somebody photographs a screen?"
            "-"
            "Not prevented: whoever may see a value can remember or photograph it. It costs an allowance, and the entry names them."
            [] None;
        "premises" "Are people vetted, and premises guarded?"
            "-"
            "Not answered here: no program shows that. Ask for it in writing."
            [] None;
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn words(value: &Value) -> String {
    value.as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join(", ").replace('_', " ")
}

fn one(state: &Value, pointer: &str, before: &str, after: &str) -> Vec<String> {
    let value = state.pointer(pointer).filter(|value| !value.is_null());
    value
        .map(|value| format!("{before} {}{}{after}", text(value), if after == "." { "" } else { " " }))
        .into_iter()
        .collect()
}

fn sees(state: &Value, field: &str) -> Vec<String> {
    let roles = state["sees"][field].as_object();
    let said = |(role, purposes): (&String, &Value)| {
        format!("{}: {}: {}", field.replace('_', " "), role.replace('_', " "), words(purposes))
    };
    roles.into_iter().flatten().map(said).collect()
}

fn all_sees(state: &Value) -> Vec<String> {
    let fields = state["sees"].as_object();
    fields.into_iter().flat_map(|fields| fields.keys()).flat_map(|field| sees(state, field)).collect()
}

fn second(state: &Value) -> Vec<String> {
    vec![format!("Always with a second person: {}.", words(&state["second_person"]))]
}

fn witnesses(state: &Value) -> Vec<String> {
    let names = words(&state["log"]["witnesses"]);
    if names.is_empty() {
        Vec::new()
    } else {
        vec![format!("Witnesses: {names}; {} must sign.", state["log"]["quorum"])]
    }
}

fn entries(state: &Value) -> impl Iterator<Item = &Value> {
    state["plan"]["entries"].as_array().into_iter().flatten()
}

fn kept(state: &Value) -> Vec<String> {
    let said = |entry: &Value| {
        format!("{}: {} after {}", text(&entry["says"]), text(&entry["keep"]), text(&entry["after"]).replace('_', " "))
    };
    entries(state).map(said).collect()
}

fn masks(state: &Value) -> Vec<String> {
    let said = |entry: &Value| format!("{}: {}", text(&entry["says"]), text(&entry["mask"]).replace('_', " "));
    entries(state).map(said).collect()
}

fn subs(state: &Value) -> Vec<String> {
    let said = |one: &Value| format!("{} ({}): {}", text(&one["name"]), text(&one["country"]), text(&one["does"]));
    state["plan"]["sub_processors"].as_array().into_iter().flatten().map(said).collect()
}

fn alarms(state: &Value) -> Vec<String> {
    let said = words(&state["alarms"]);
    if said.is_empty() { Vec::new() } else { vec![format!("Standing: {said}.")] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_question_is_its_own_and_names_drills_and_rules_that_there_are() {
        let ids: BTreeSet<&str> = QUESTIONS.iter().map(|one| one.id).collect();
        assert!(ids.len() == QUESTIONS.len() && ids.len() >= 40, "{}", ids.len());
        let drills: BTreeSet<&str> = drills::all().map(|drill| drill.name).collect();
        let rules = policy::Rules::built_in().unwrap();
        let rules: BTreeSet<&str> = rules.told().iter().map(|rule| rule.id.as_str()).collect();
        for question in QUESTIONS {
            assert!(question.asks.ends_with('?') && question.no.ends_with('.'), "{}", question.id);
            assert!(question.needs.is_empty() == (question.yes == "-"), "{}", question.id);
            for needs in question.needs {
                match needs {
                    Drill(name) => assert!(drills.contains(name), "{name}"),
                    Rule(id) => assert!(rules.contains(id), "{id}"),
                    Is(pointer, value) => {
                        assert!(pointer.starts_with('/') && serde_json::from_str::<Value>(value).is_ok(), "{pointer}");
                    }
                    AtLeast(pointer, _) | AtMost(pointer, _) => assert!(pointer.starts_with('/'), "{pointer}"),
                    Part(_) => {}
                }
            }
        }
    }
}
