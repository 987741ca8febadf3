//! What is written, and what is asked again.

use crate::call::has;
use crate::control::{CARDS, INTEGRITY};
use crate::{Drill, Place};
use serde_json::json;

pub(super) const CARD_IN_A_NOTE: Drill = Drill {
    name: "card-in-a-note",
    tries: "An agent writes a card number into a note, to fetch it later.",
    lacks: "a text without a card number",
    refused: &["unprocessable"],
    controls: CARDS,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let agent = &stage.kit().agent;
        let call = stage.call(agent, Some(&stage.kit().decoys[0]))?;
        // A number that card schemes keep for tests.
        let text = if given.is_control() { "A drill: no card." } else { "A drill: 4111 1111 1111 1111" };
        let path = format!("/v1/customers/{}/notes", call.customer()?);
        let body = json!({"interaction": call.interaction, "text": text});
        stage.post("a note", agent, &path, &body)?.seen(has("receipt"))
    },
};

pub(super) const KEY_OF_ANOTHER_REQUEST: Drill = Drill {
    name: "key-of-another-request",
    tries: "Somebody uses the key of a request that was answered to have another value shown as if it were the same.",
    lacks: "a key of its own",
    refused: &["key-reused"],
    controls: INTEGRITY,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let agent = &stage.kit().agent;
        let call = stage.call(agent, Some(&stage.kit().decoys[0]))?;
        let path = format!("/v1/customers/{}/reveals", call.customer()?);
        let body = |field: &str, purpose: &str| json!({"interaction": call.interaction, "field": field, "instance": 1, "purpose": purpose});
        let (first, own) = (stage.id(), stage.id());
        stage.keyed(agent, &first, &path, &body("name", "delivery"))?.taken()?;
        let key = if given.is_control() { &own } else { &first };
        stage.keyed(agent, key, &path, &body("phone", "callback"))?.seen(has("value"))
    },
};
