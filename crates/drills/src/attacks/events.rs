//! Calls that never were.

use crate::answer::{Seen, text};
use crate::call::{Call, Reveal, has, reveal};
use crate::control::{APART, INTEGRITY, NEED_TO_KNOW};
use crate::stage::{Signed, Stage};
use crate::{Broken, Drill, Place};

pub(super) const FORGED: Drill = Drill {
    name: "event-forged",
    tries: "Somebody invents a call: an event signed by a secret of their own.",
    lacks: "the event source's secret",
    refused: &["unauthenticated"],
    controls: INTEGRITY,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let other = stage.other_secret();
        let secret = if given.is_control() { stage.kit().secret.as_str() } else { &other };
        opens(stage, &Signed { secret, id: &stage.id(), ago: 0 }, |_| None)
    },
};

pub(super) const STALE: Drill = Drill {
    name: "event-stale",
    tries: "Somebody keeps a signed event back and sends it later.",
    lacks: "an event of the last five minutes",
    refused: &["unauthenticated"],
    controls: INTEGRITY,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let ago = if given.is_control() { 0 } else { 330 };
        opens(stage, &Signed { secret: &stage.kit().secret, id: &stage.id(), ago }, |_| None)
    },
};

pub(super) const BENT: Drill = Drill {
    name: "event-bent",
    tries: "Somebody on the way makes an event say that another agent has the call.",
    lacks: "a signature over what the event says",
    refused: &["unauthenticated"],
    controls: INTEGRITY,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let signed =
            |body: &str| (!given.is_control()).then(|| body.replace(&stage.kit().agent.id, &stage.kit().colleague.id));
        opens(stage, &Signed { secret: &stage.kit().secret, id: &stage.id(), ago: 0 }, signed)
    },
};

pub(super) const REPLAYED: Drill = Drill {
    name: "event-replayed",
    tries: "Somebody sends the event by which a call began once more, to have the customer back after they hung up.",
    lacks: "an event that wasn't told yet",
    refused: &["no-live-interaction"],
    controls: INTEGRITY,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let (agent, decoy) = (&stage.kit().agent, &stage.kit().decoys[0]);
        let (reference, id) = (stage.id(), stage.id());
        let body = stage.event("interaction.connected", &stage.connected(&reference, agent, Some(decoy)));
        let first = Signed { secret: &stage.kit().secret, id: &id, ago: 0 };
        let interaction = text(&stage.send(&first, &body, None)?.taken()?, "interaction");
        let mut over = Call::new(stage, agent, reference, interaction.clone());
        let customer = over.customer()?;
        over.hang_up()?;
        let again = given.is_control().then(|| stage.call(agent, Some(decoy))).transpose()?;
        if again.is_none() {
            stage.send(&first, &body, None)?.taken()?;
        }
        let interaction = again.as_ref().map_or(interaction, |call| call.interaction.clone());
        reveal(stage, agent, &Reveal::name(&customer, &interaction))
    },
};

pub(super) const BY_STAFF: Drill = Drill {
    name: "event-by-staff",
    tries: "An agent opens a call with a customer themselves.",
    lacks: "the event source's signature",
    refused: &["unauthenticated"],
    controls: NEED_TO_KNOW,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let kit = stage.kit();
        let reference = stage.id();
        let data = stage.connected(&reference, &kit.agent, Some(&kit.decoys[0]));
        let answer = if given.is_control() {
            stage.tell("interaction.connected", &data)?
        } else {
            stage.tell_as(&kit.agent, "interaction.connected", &data)?
        };
        ended(stage, reference, answer.seen(has("interaction"))?)
    },
};

pub(super) const ROUTED_TO_SECURITY: Drill = Drill {
    name: "event-routed-to-security",
    tries: "Somebody has a call routed to a security officer, who serves nobody.",
    lacks: "somebody who serves customers",
    refused: &["role-not-allowed"],
    controls: APART,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let kit = stage.kit();
        let by = if given.is_control() { &kit.agent } else { &kit.officer };
        let reference = stage.id();
        let answer = stage.tell("interaction.connected", &stage.connected(&reference, by, None))?;
        ended(stage, reference, answer.seen(has("interaction"))?)
    },
};

/// Sends the event that opens a call with a decoy, perhaps with a signature over another text.
fn opens(stage: &Stage, by: &Signed<'_>, signed: impl FnOnce(&str) -> Option<String>) -> Result<Seen, Broken> {
    let kit = stage.kit();
    let reference = stage.id();
    let body = stage.event("interaction.connected", &stage.connected(&reference, &kit.agent, Some(&kit.decoys[0])));
    let signed = signed(&body);
    let seen = stage.send(by, &body, signed.as_deref())?.seen(has("interaction"))?;
    ended(stage, reference, seen)
}

/// Ends the call, if it came about.
fn ended(stage: &Stage, reference: String, seen: Seen) -> Result<Seen, Broken> {
    if seen == Seen::Through {
        Call::new(stage, &stage.kit().agent, reference, String::new()).hang_up()?;
    }
    Ok(seen)
}
