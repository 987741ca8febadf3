//! Without the ground that an act needs: a live interaction of one's own with this customer.

use crate::answer::{Answer, Seen};
use crate::call::{Call, Reveal, has, reveal, some};
use crate::control::{NEED_TO_KNOW, PURPOSE};
use crate::stage::Stage;
use crate::{Broken, Drill, Given, Place};
use serde_json::{Value, json};

pub(super) const WITHOUT_CONTACT: Drill = Drill {
    name: "reveal-without-contact",
    tries: "An agent looks a customer's name up while nobody is on the line.",
    lacks: "a live interaction with the customer",
    refused: &["no-live-interaction"],
    controls: NEED_TO_KNOW,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let (call, agent) = (stage.call(&stage.kit().agent, Some(&stage.kit().decoys[0]))?, &stage.kit().agent);
        reveal(stage, agent, &Reveal::name(&call.customer()?, &stage.interaction(&call, given)))
    },
};

pub(super) const IN_A_COLLEAGUES_CALL: Drill = Drill {
    name: "reveal-in-a-colleagues-call",
    tries: "An agent looks at the record of a customer whom a colleague has on the line.",
    lacks: "a call of one's own",
    refused: &["no-live-interaction"],
    controls: NEED_TO_KNOW,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let kit = stage.kit();
        let by = if given.is_control() { &kit.agent } else { &kit.colleague };
        let call = stage.call(by, Some(&kit.decoys[0]))?;
        reveal(stage, &kit.agent, &Reveal::name(&call.customer()?, &call.interaction))
    },
};

pub(super) const AFTER_HANG_UP: Drill = Drill {
    name: "reveal-after-hang-up",
    tries: "An agent looks at a record after the customer has hung up.",
    lacks: "a customer who is still on the line",
    refused: &["no-live-interaction"],
    controls: NEED_TO_KNOW,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let agent = &stage.kit().agent;
        let mut call = stage.call(agent, Some(&stage.kit().decoys[0]))?;
        let customer = call.customer()?;
        if !given.is_control() {
            call.hang_up()?;
        }
        reveal(stage, agent, &Reveal::name(&customer, &call.interaction))
    },
};

pub(super) const ON_HOLD: Drill = Drill {
    name: "reveal-on-hold",
    tries: "An agent puts the customer on hold and copies the record meanwhile.",
    lacks: "a customer who isn't on hold",
    refused: &["on-hold"],
    controls: NEED_TO_KNOW,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let agent = &stage.kit().agent;
        let call = stage.call(agent, Some(&stage.kit().decoys[0]))?;
        let customer = call.customer()?;
        if !given.is_control() {
            call.hold()?;
        }
        reveal(stage, agent, &Reveal::name(&customer, &call.interaction))
    },
};

pub(super) const ANOTHER_CUSTOMER: Drill = Drill {
    name: "reveal-of-another-customer",
    tries: "An agent uses one customer's call to look at another customer's record.",
    lacks: "that customer's own call",
    refused: &["wrong-customer"],
    controls: NEED_TO_KNOW,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let (agent, [one, other]) = (&stage.kit().agent, &stage.kit().decoys);
        let theirs = stage.call(agent, Some(other))?;
        let call = stage.call(agent, Some(one))?;
        let used = if given.is_control() { &theirs } else { &call };
        reveal(stage, agent, &Reveal::name(&theirs.customer()?, &used.interaction))
    },
};

pub(super) const TOO_UNSURE: Drill = Drill {
    name: "reveal-to-an-unsure-caller",
    tries: "A caller from an unknown number only says who they are, and the agent reads the number on file to them.",
    lacks: "a caller whose number is on file",
    refused: &["binding-too-weak"],
    controls: NEED_TO_KNOW,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let (agent, decoy) = (&stage.kit().agent, &stage.kit().decoys[0]);
        let call = stage.call(agent, given.is_control().then_some(decoy))?;
        if !given.is_control() {
            claim(stage, &call, &call)?.taken()?;
        }
        let what =
            Reveal { customer: &call.customer()?, interaction: &call.interaction, field: "phone", purpose: "callback" };
        reveal(stage, agent, &what)
    },
};

pub(super) const UNDECLARED_PURPOSE: Drill = Drill {
    name: "reveal-for-an-undeclared-purpose",
    tries: "An agent asks for a number for which the data plan names no such purpose.",
    lacks: "a purpose of the plan",
    refused: &["purpose-not-allowed"],
    controls: PURPOSE,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let agent = &stage.kit().agent;
        let call = stage.call(agent, Some(&stage.kit().decoys[0]))?;
        let what = Reveal {
            customer: &call.customer()?,
            interaction: &call.interaction,
            field: "phone",
            purpose: if given.is_control() { "callback" } else { "payment" },
        };
        reveal(stage, agent, &what)
    },
};

pub(super) const MASKS_WITHOUT_CONTACT: Drill = Drill {
    name: "masks-without-contact",
    tries: "An agent reads a record's masks while nobody is on the line.",
    lacks: "a live interaction with the customer",
    refused: &["no-live-interaction"],
    controls: NEED_TO_KNOW,
    place: Place::Anywhere,
    attempt: |stage, given| within(stage, given, "views", json!({}), has("fields")),
};

pub(super) const ANSWERS_WITHOUT_CONTACT: Drill = Drill {
    name: "answers-without-contact",
    tries: "An agent finds out by checked answers what is on file, while nobody is on the line.",
    lacks: "a live interaction with the customer",
    refused: &["no-live-interaction"],
    controls: NEED_TO_KNOW,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let said = json!({"field": "phone", "said": stage.kit().decoys[0].phone});
        within(stage, given, "verifications", said, |answer| answer["match"] == true)
    },
};

pub(super) const NOTE_WITHOUT_CONTACT: Drill = Drill {
    name: "note-without-contact",
    tries: "Somebody plants a note in a record while nobody is on the line.",
    lacks: "a live interaction with the customer",
    refused: &["no-live-interaction"],
    controls: NEED_TO_KNOW,
    place: Place::Anywhere,
    attempt: |stage, given| within(stage, given, "notes", json!({"text": "A drill: nobody rang."}), has("receipt")),
};

pub(super) const SEARCH_WITHOUT_CONTACT: Drill = Drill {
    name: "search-without-contact",
    tries: "An agent searches for somebody by number while nobody is on the line.",
    lacks: "a live interaction",
    refused: &["no-live-interaction"],
    controls: NEED_TO_KNOW,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let call = stage.call(&stage.kit().agent, None)?;
        let interaction = stage.interaction(&call, given);
        call.search(&interaction, &stage.kit().decoys[0].phone)?.seen(some("hits"))
    },
};

pub(super) const CLAIM_OF_ANOTHER_CALL: Drill = Drill {
    name: "claim-of-another-call",
    tries: "An agent keeps a search's result and claims that customer in a later call.",
    lacks: "a result of this call's own search",
    refused: &["not-a-hit"],
    controls: NEED_TO_KNOW,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let agent = &stage.kit().agent;
        let (earlier, call) = (stage.call(agent, None)?, stage.call(agent, None)?);
        let searched = if given.is_control() { &call } else { &earlier };
        claim(stage, searched, &call)?.seen(has("customer"))
    },
};

/// What the first call's search found, claimed in the second one.
fn claim(stage: &Stage, searched: &Call<'_>, claimed: &Call<'_>) -> Result<Answer, Broken> {
    let found = searched.search(&searched.interaction, &stage.kit().decoys[0].phone)?.taken()?;
    let hit = &found["hits"][0];
    let path = format!("/v1/interactions/{}/claims", claimed.interaction);
    let body = json!({"customer": hit["customer"], "claim": hit["claim"]});
    stage.post("a claim", &stage.kit().agent, &path, &body)
}

/// Does something with a record, in a call of the customer's or in one that nobody has.
fn within(
    stage: &Stage,
    given: Given,
    what: &str,
    mut body: Value,
    got: impl FnOnce(&Value) -> bool,
) -> Result<Seen, Broken> {
    let agent = &stage.kit().agent;
    let call = stage.call(agent, Some(&stage.kit().decoys[0]))?;
    body["interaction"] = json!(stage.interaction(&call, given));
    stage.post("an act on a record", agent, &format!("/v1/customers/{}/{what}", call.customer()?), &body)?.seen(got)
}
