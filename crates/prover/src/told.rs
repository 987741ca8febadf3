//! A counterexample as a sentence.

use cedar_policy::{EntityUid, EvalResult};
use cedar_policy_symcc::Env;

/// From here on it doesn't matter how much.
const PLENTY: i64 = 100;

/// Says who could do what, and how things stand there.
pub(crate) fn told(found: &Env) -> String {
    let act = found.request.action().map(name).unwrap_or_default();
    let of = found.request.resource().map(|resource| (resource.type_name().basename().to_owned(), name(resource)));
    let done = match (act.as_str(), of) {
        ("reveal", Some((_, field))) => format!("have the {} shown", words(&field)),
        ("verify", Some((_, field))) => format!("have an answer about the {} checked", words(&field)),
        ("break_glass", Some((_, field))) => format!("break the glass for the {}", words(&field)),
        ("review_glass", _) => "review a broken glass".to_owned(),
        ("view", _) => "look at a masked record".to_owned(),
        ("search", _) => "search for customers".to_owned(),
        ("claim", _) => "claim a customer".to_owned(),
        ("send_code", _) => "have a code sent".to_owned(),
        ("follow_up", _) => "open a case of a conversation".to_owned(),
        ("assign_case", _) => "open a case for somebody of their team".to_owned(),
        ("oversee_cases", _) => "see or close others' cases".to_owned(),
        ("write_note", _) => "write a note".to_owned(),
        ("give_statement", _) => "hand over a statement".to_owned(),
        ("read_sessions", _) => "read who is signed in".to_owned(),
        ("end_session", _) => "end somebody's session".to_owned(),
        ("enrol", _) => "let a passkey count".to_owned(),
        ("keep_directory", _) => "keep the list of people".to_owned(),
        ("decide_proposal", _) => "answer what the identity provider proposes".to_owned(),
        ("enrol_device", _) => "agree to a device".to_owned(),
        ("tell_drill", _) => "tell what a drill showed".to_owned(),
        ("plan_people_drill", _) => "plan a drill for people".to_owned(),
        ("handle_report", _) => "handle what is reported".to_owned(),
        ("handle_report_outside", _) => "handle what is reported about security".to_owned(),
        ("read_culture", _) => "see how groups of people report".to_owned(),
        ("build_pack", _) => "have a partner pack built".to_owned(),
        ("use_board_line", _) => "read what is reported to the board".to_owned(),
        ("answer_board", _) => "answer the board".to_owned(),
        ("read_log", _) => "read the log".to_owned(),
        ("read_alarms", _) => "see alarms".to_owned(),
        ("read_team", _) => "read what a team has spent".to_owned(),
        ("read_budgets", _) => "read what everybody has spent".to_owned(),
        ("read_people", _) => "read who there is".to_owned(),
        ("change_power", _) => "change people and rights".to_owned(),
        ("guard", _) => "mark a customer as guarded or take the mark away".to_owned(),
        ("file_request", _) => "file a customer's request".to_owned(),
        ("handle_request", _) => "handle a customer's request".to_owned(),
        ("agree_to_answer", _) => "agree to the answer of a customer's request".to_owned(),
        ("erase", _) => "erase a customer".to_owned(),
        (other, _) => words(other),
    };
    let circumstances = circumstances(found);
    let how = if circumstances.is_empty() { String::new() } else { format!(": {}", circumstances.join(", ")) };
    format!("{} could {done}{how}", who(found))
}

fn who(found: &Env) -> String {
    let person = found.request.principal().and_then(|uid| found.entities.get(uid));
    let role = person.and_then(|person| person.attr("role")).and_then(Result::ok);
    let new = matches!(person.and_then(|person| person.attr("probation")), Some(Ok(EvalResult::Bool(true))));
    let role = match role {
        Some(EvalResult::EntityUid(role)) => words(&name(&role)),
        _ => "person".to_owned(),
    };
    let article = if role.starts_with(['a', 'e', 'i', 'o', 'u', 'I']) { "An" } else { "A" };
    format!("{article} {role}{}", if new { " on probation" } else { "" })
}

fn circumstances(found: &Env) -> Vec<String> {
    let Some(context) = found.request.context() else { return Vec::new() };
    let mut said = Vec::new();
    if let Some(EvalResult::EntityUid(purpose)) = context.get("purpose") {
        said.push(format!("for the purpose {}", words(&name(&purpose))));
    }
    if let Some(EvalResult::Record(interaction)) = context.get("interaction") {
        let flag = |what: &str| matches!(interaction.get(what), Some(EvalResult::Bool(true)));
        said.push(
            if flag("live") { "in a live interaction of theirs" } else { "without a live interaction" }.to_owned(),
        );
        said.push(if flag("customer") { "with this customer" } else { "not with this customer" }.to_owned());
        said.push(if flag("talking") { "who isn't on hold" } else { "on hold" }.to_owned());
        if let Some(EvalResult::EntityUid(binding)) = interaction.get("binding") {
            said.push(format!("binding {}", name(binding)));
        }
        if let Some(EvalResult::EntityUid(channel)) = interaction.get("channel") {
            said.push(format!("by {}", name(channel)));
        }
    }
    if let Some(EvalResult::Long(left)) = context.get("left") {
        // The solver likes extremes; a reader doesn't.
        let left = if left > PLENTY { "plenty".to_owned() } else { left.to_string() };
        said.push(format!("with {left} left of the allowance"));
    }
    let flag = |what: &str| matches!(context.get(what), Some(EvalResult::Bool(true)));
    let facts = [("guarded", "of a guarded customer"), ("many", "beyond the few fields of one interaction")];
    said.extend(facts.into_iter().filter(|(fact, _)| flag(fact)).map(|(_, words)| words.to_owned()));
    if let Some(EvalResult::Set(approvers)) = context.get("approvers") {
        let asker = found.request.principal();
        let own = approvers.iter().any(|one| matches!(one, EvalResult::EntityUid(uid) if Some(uid) == asker));
        said.push(match (own, approvers.len()) {
            (true, _) => "approved by themselves".to_owned(),
            (false, 0) => "approved by nobody".to_owned(),
            (false, number) => format!("approved by {number} other{}", if number == 1 { "" } else { "s" }),
        });
    }
    said
}

fn name(uid: &EntityUid) -> String {
    uid.id().unescaped().to_owned()
}

/// `it_operator` is "IT operator" to a reader.
fn words(slug: &str) -> String {
    let words = slug.replace('_', " ");
    if words == "it operator" { "IT operator".to_owned() } else { words }
}
