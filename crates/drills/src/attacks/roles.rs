//! What somebody's role doesn't do.

use crate::answer::Seen;
use crate::call::{Reveal, has, reveal};
use crate::control::{APART, WHO_ASKS};
use crate::stage::{Kit, Person, Stage};
use crate::{Broken, Drill, Given, Place};
use serde_json::json;
use zeroize::Zeroizing;

const WRONG_ROLE: &[&str] = &["role-not-allowed"];

pub(super) const NOBODY: Drill = Drill {
    name: "ask-as-nobody",
    tries: "Somebody who hasn't signed in asks.",
    lacks: "a sign-in",
    refused: &["unauthenticated"],
    controls: WHO_ASKS,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let by = given.is_control().then_some(&stage.kit().agent);
        stage.get("who one is", by, "/v1/me")?.seen(has("role"))
    },
};

pub(super) const BENT_TOKEN: Drill = Drill {
    name: "ask-with-a-guessed-token",
    tries: "Somebody guesses at an agent's token, one letter off.",
    lacks: "the token",
    refused: &["unauthenticated"],
    controls: WHO_ASKS,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let agent = &stage.kit().agent;
        let guessed = Person { id: agent.id.clone(), token: Zeroizing::new(one_off(agent.token.trim())) };
        stage.get("who one is", Some(if given.is_control() { agent } else { &guessed }), "/v1/me")?.seen(has("role"))
    },
};

pub(super) const SECURITY_SERVES: Drill = Drill {
    name: "security-reads-a-record",
    tries: "A security officer uses an agent's call to see a customer's name.",
    lacks: "a role that serves",
    refused: WRONG_ROLE,
    controls: APART,
    place: Place::Anywhere,
    attempt: |stage, given| in_the_agents_call(stage, given, |kit| &kit.officer),
};

pub(super) const IT_SERVES: Drill = Drill {
    name: "it-reads-a-record",
    tries: "Somebody of IT uses an agent's call to see a customer's name.",
    lacks: "a role that serves",
    refused: WRONG_ROLE,
    controls: APART,
    place: Place::Anywhere,
    attempt: |stage, given| in_the_agents_call(stage, given, |kit| &kit.it),
};

pub(super) const AGENT_ADDS_STAFF: Drill = Drill {
    name: "agent-adds-staff",
    tries: "An agent has an accomplice let in as an agent.",
    lacks: "a role that answers for people",
    refused: WRONG_ROLE,
    controls: APART,
    place: Place::Anywhere,
    attempt: |stage, given| drafts(stage, given, |kit| &kit.agent),
};

pub(super) const IT_ADDS_STAFF: Drill = Drill {
    name: "it-adds-staff",
    tries: "Somebody of IT has an accomplice let in as an agent.",
    lacks: "a role that answers for people",
    refused: WRONG_ROLE,
    controls: APART,
    place: Place::Anywhere,
    attempt: |stage, given| drafts(stage, given, |kit| &kit.it),
};

/// A draft, which changes nothing until it is signed.
fn drafts(stage: &Stage, given: Given, attacker: fn(&Kit) -> &Person) -> Result<Seen, Broken> {
    let by = if given.is_control() { &stage.kit().officer } else { attacker(stage.kit()) };
    let wanted = json!({"change": "add_person", "name": "Drill nobody", "role": "agent", "team": "Drills"});
    stage.post("a draft", by, "/v1/power/changes", &wanted)?.seen(has("draft"))
}

/// A reveal in a call that the agent has.
fn in_the_agents_call(stage: &Stage, given: Given, attacker: fn(&Kit) -> &Person) -> Result<Seen, Broken> {
    let agent = &stage.kit().agent;
    let call = stage.call(agent, Some(&stage.kit().decoys[0]))?;
    let by = if given.is_control() { agent } else { attacker(stage.kit()) };
    reveal(stage, by, &Reveal::name(&call.customer()?, &call.interaction))
}

/// Another last letter.
fn one_off(token: &str) -> String {
    let mut letters: Vec<char> = token.chars().collect();
    if let Some(last) = letters.last_mut() {
        *last = if *last == 'a' { 'b' } else { 'a' };
    }
    letters.into_iter().collect()
}
