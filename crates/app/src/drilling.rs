//! `ringfence drill`: attacks against a deployment, or a centre made for them.

mod holder;
mod kit;
mod line;
mod machine;
mod promised;
mod scratch;
mod witness;

#[cfg(test)]
pub(crate) use kit::KitFile;

use crate::ambient::{SystemClock, SystemEntropy};
use crate::cli::{Attacks, Common, Drill, Posture};
use crate::client::Client;
use crate::failure::Failure;
use crate::output;
use domain::Clock as _;
use drills::{Kit, Place, Stage, Verdict, all};
use serde_json::{Value, json};
use std::path::Path;

const COLUMNS: [&str; 4] = ["drill", "where", "verdict", "said"];

/// Does what was asked.
///
/// # Errors
/// If a drill isn't known, the kit can't be used, or not every defence held.
pub fn run(common: &Common, asked: &Drill) -> Result<(), Failure> {
    match asked {
        Drill::List => output::list(common.output, &["drill", "tries", "control", "controls"], &listed()),
        Drill::Run(attacks) => carried_out(common, attacks),
    }
}

fn listed() -> Vec<Value> {
    let told = |drill: &drills::Drill| {
        let mut value = described(drill);
        value["control"] = json!(drill.control());
        value["gets_through_without"] = json!(drill.without());
        value
    };
    all().map(told).collect()
}

/// What the pages tell of each promise.
pub(crate) fn promised() -> Vec<web::KnownPromise> {
    let told = |promise: &drills::Promise| web::KnownPromise {
        section: promise.section.clone(),
        threat: promise.threat.clone(),
        holds: promise.holds.clone(),
        shown: promise.shown.clone(),
        drills: promise.drills.iter().map(|drill| drill.name.to_owned()).collect(),
        open: promise.open,
    };
    drills::promises().iter().map(told).collect()
}

/// What the pages tell of each.
pub(crate) fn known() -> Vec<web::KnownDrill> {
    let told = |drill: &drills::Drill| web::KnownDrill {
        name: drill.name.to_owned(),
        tries: drill.tries.to_owned(),
        controls: drill.controls.iter().map(ToString::to_string).collect(),
    };
    all().map(told).collect()
}

fn described(drill: &drills::Drill) -> Value {
    let controls: Vec<String> = drill.controls.iter().map(ToString::to_string).collect();
    json!({"drill": drill.name, "tries": drill.tries, "lacks": drill.lacks, "controls": controls})
}

/// Tries these on a deployment that serves. There nobody's rows are edited: what needs that is tried in a centre made for it. Each lot is
/// told as soon as it is there, whatever becomes of the rest.
fn tried_on(
    kit: Kit,
    which: Vec<&'static drills::Drill>,
    mut tell: impl FnMut(&[Value]) -> Result<(), Failure>,
) -> Result<Vec<Value>, Failure> {
    let (there, own): (Vec<_>, Vec<_>) = which.into_iter().partition(|drill| drill.place == Place::Anywhere);
    let mut results = tried(kit, &there, "deployment");
    tell(&results)?;
    let scratched = in_scratch(own);
    tell(&scratched)?;
    results.extend(scratched);
    Ok(results)
}

/// Whoever tells what drills showed: the kit's officer.
fn teller(kit: &Kit) -> Result<Client, Failure> {
    Client::new(&kit.url, kit.officer.token.clone())
}

/// Tries all drills on a running deployment; gives what they showed to `work`, with somebody who may tell it.
pub(crate) fn against<T>(
    file: &Path,
    work: impl FnOnce(&Client, &[Value]) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let kit = kit::read(file)?;
    let client = teller(&kit)?;
    work(&client, &tried_on(kit, all().collect(), |_| Ok(()))?)
}

/// The same in a centre made for it, which is thrown away afterwards.
pub(crate) fn rehearsed<T: Send + 'static>(
    work: impl FnOnce(&Client, &[Value]) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    scratch::within(move |kit| {
        let client = teller(&kit)?;
        let which: Vec<_> = all().collect();
        work(&client, &tried(kit, &which, "scratch"))
    })?
}

fn carried_out(common: &Common, asked: &Attacks) -> Result<(), Failure> {
    let which = named(asked)?;
    let results = match &asked.kit {
        Some(file) => {
            let kit = kit::read(file)?;
            let client = asked.tell.then(|| teller(&kit)).transpose()?;
            tried_on(kit, which, |results| tell(client.as_ref(), results))?
        }
        None => in_scratch(which),
    };
    output::list(common.output, &COLUMNS, &results)?;
    let failed = results.iter().filter(|result| result["verdict"] != "held").count();
    if failed == 0 {
        return Ok(());
    }
    Err(Failure::there(
        format!("{failed} of {} drills didn't show that their defence holds", results.len()),
        "read what they say, and don't rely on that defence until it holds",
    ))
}

/// In a centre made for them. Where none can be made they prove nothing, which is told as any result.
fn in_scratch(which: Vec<&'static drills::Drill>) -> Vec<Value> {
    if which.is_empty() {
        return Vec::new();
    }
    let drills = which.clone();
    scratch::within(move |kit| tried(kit, &drills, "scratch")).unwrap_or_else(|failure| {
        let nothing = Verdict::ProvesNothing { why: failure.problem().to_owned() };
        which.iter().map(|drill| result(drill, &nothing, "scratch")).collect()
    })
}

fn tell(teller: Option<&Client>, results: &[Value]) -> Result<(), Failure> {
    match teller.filter(|_| !results.is_empty()) {
        Some(client) => client.call("POST", "/v1/drills", Some(&told(results))).map(drop),
        None => Ok(()),
    }
}

/// What is told of results: nothing that came back from the deployment.
pub(crate) fn told(results: &[Value]) -> Value {
    let one =
        |result: &Value| json!({"drill": result["drill"], "verdict": result["verdict"], "where": result["where"]});
    json!({"results": results.iter().map(one).collect::<Vec<_>>()})
}

/// `ringfence posture`.
///
/// # Errors
/// If the deployment doesn't answer, or not every defence is known to hold.
pub fn posture(common: &Common, asked: &Posture) -> Result<(), Failure> {
    let told = Client::from_environment()?.call("GET", "/v1/drills", None)?;
    let items = told["items"].as_array().cloned().unwrap_or_default();
    let promised = promised::all(&items, SystemClock.now());
    if asked.promises {
        promised.print(common.output)?;
    } else {
        output::list(common.output, &["drill", "state", "where", "at", "expires"], &items)?;
        output::aside(&format!("{}; each of them: ringfence posture --promises", promised.summary()));
    }
    let open = items.iter().filter(|item| item["state"] != "holds").count();
    if open == 0 && told["edited"] == 0 && !items.is_empty() {
        return Ok(());
    }
    let edited = told["edited"].as_u64().unwrap_or(0);
    let edited = if edited > 0 { format!(", and {edited} results were edited in the database") } else { String::new() };
    Err(Failure::there(
        format!("of {} defences {open} aren't known to hold{edited}", items.len()),
        "ringfence drill run --all --kit FILE --tell",
    ))
}

/// The drills of these names, in their own order.
fn named(asked: &Attacks) -> Result<Vec<&'static drills::Drill>, Failure> {
    let unknown = asked.names.iter().find(|name| all().all(|drill| drill.name != **name));
    if let Some(name) = unknown {
        let name: String = name.chars().filter(|c| !c.is_control()).collect();
        return Err(Failure::here(format!("there is no drill {name}"), "ringfence drill list"));
    }
    let wanted = |drill: &&drills::Drill| asked.all || asked.names.iter().any(|name| name == drill.name);
    Ok(all().filter(wanted).collect())
}

fn tried(kit: Kit, which: &[&drills::Drill], place: &str) -> Vec<Value> {
    let stage = Stage::new(kit, SystemClock, SystemEntropy);
    which.iter().map(|drill| result(drill, &drill.run(&stage), place)).collect()
}

/// A verdict, for people.
pub(crate) fn said(drill: &drills::Drill, verdict: &Verdict) -> String {
    match verdict {
        Verdict::Held { refused } => format!("refused: {refused}; its control got through"),
        Verdict::Pierced => format!("the attack got through: {}", drill.tries),
        Verdict::ProvesNothing { why } => why.clone(),
    }
}

/// What a drill came to.
pub(crate) fn result(drill: &drills::Drill, verdict: &Verdict, place: &str) -> Value {
    let mut value = described(drill);
    value["verdict"] = json!(verdict.slug());
    value["said"] = json!(said(drill, verdict));
    value["where"] = json!(place);
    value
}
