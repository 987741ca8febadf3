//! Signing in with what an officer's passkey answered elsewhere, or before.

use crate::answer::{Answer, Asked, Seen, text};
use crate::control::WHO_ASKS;
use crate::stage::Stage;
use crate::{Broken, Drill, Place};
use serde_json::json;

const CHALLENGE: &str = "/sign-in/passkey/challenge";
const SIGN_IN: &str = "/sign-in/passkey";
/// A page that looks like ours.
const LURE: &str = "https://desk.ringfence-login.example";
/// A challenge has so many characters, and its last sixteen bytes, the MAC, begin at this one.
const CHALLENGE_CHARS: usize = 54;
const MAC_FROM: usize = 32;

pub(super) const OTHER_ORIGIN: Drill = Drill {
    name: "passkey-answer-from-another-site",
    tries: "A site that looks like this one passes on a challenge, and signs in with what an officer's passkey answered there.",
    lacks: "an answer that was given on a page of this origin",
    refused: &["passkey-refused"],
    controls: WHO_ASKS,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let here = Here::of(stage);
        let origin = if given.is_control() { &here.origin } else { LURE };
        let answer = here.answered(stage, &here.challenge(stage)?, origin)?;
        here.signs_in(stage, &answer)
    },
};

pub(super) const OTHER_CHALLENGE: Drill = Drill {
    name: "passkey-answer-to-an-own-challenge",
    tries: "Somebody has an officer's passkey answer a challenge that they made up, to sign in with it whenever they like.",
    lacks: "an answer to a challenge of this deployment",
    refused: &["passkey-refused"],
    controls: WHO_ASKS,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let here = Here::of(stage);
        let asked = here.challenge(stage)?;
        let answer = here.answered(stage, &if given.is_control() { asked } else { made_up(&asked)? }, &here.origin)?;
        here.signs_in(stage, &answer)
    },
};

pub(super) const REPLAYED: Drill = Drill {
    name: "passkey-answer-is-replayed",
    tries: "Somebody who read along signs in a second time with the answer that an officer's passkey gave.",
    lacks: "an answer that wasn't used yet",
    refused: &["request-replayed"],
    controls: WHO_ASKS,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let here = Here::of(stage);
        let answer = here.answered(stage, &here.challenge(stage)?, &here.origin)?;
        if here.signs_in(stage, &answer)? != Seen::Through {
            return Err(Broken::Step("an officer's own sign-in", "it was refused".to_owned()));
        }
        let fresh = here.answered(stage, &here.challenge(stage)?, &here.origin)?;
        here.signs_in(stage, if given.is_control() { &fresh } else { &answer })
    },
};

pub(super) const FROM_ANOTHER_SITE: Drill = Drill {
    name: "sign-in-asked-by-another-site",
    tries: "Another site has a browser ask for a challenge, so that its page could sign in.",
    lacks: "a page of this origin",
    refused: &["forbidden"],
    controls: WHO_ASKS,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let here = Here::of(stage);
        let origin = if given.is_control() { here.origin.as_str() } else { LURE };
        here.asks_challenge(stage, origin)?.seen(|value| value["challenge"].is_string())
    },
};

/// One that still counts, as far as it says itself: only its MAC isn't this deployment's, so nothing else can be why it is refused.
fn made_up(asked: &str) -> Result<String, Broken> {
    let start = asked.get(..MAC_FROM).filter(|_| asked.len() == CHALLENGE_CHARS);
    let start = start.ok_or_else(|| Broken::Step("a challenge", "it has another length".to_owned()))?;
    Ok(format!("{start}{}", "A".repeat(CHALLENGE_CHARS - MAC_FROM)))
}

/// The centre under the machine's name, since passkeys are made for names.
struct Here {
    host: String,
    origin: String,
}

impl Here {
    fn of(stage: &Stage) -> Self {
        let host = stage.kit().url.trim_start_matches("http://").replace("127.0.0.1", "localhost");
        Self { origin: format!("http://{host}"), host }
    }

    fn asks_challenge(&self, stage: &Stage, origin: &str) -> Result<Answer, Broken> {
        let headers = [("host", self.host.as_str()), ("origin", origin)];
        stage.ask("a challenge", Asked::post(None, CHALLENGE, &json!({})).with(&headers))
    }

    fn challenge(&self, stage: &Stage) -> Result<String, Broken> {
        Ok(text(&self.asks_challenge(stage, &self.origin)?.taken()?, "challenge"))
    }

    fn answered(&self, stage: &Stage, challenge: &str, origin: &str) -> Result<String, Broken> {
        stage.premises()?.passkey_answer(challenge, origin).ok_or(Broken::Unreachable("a passkey"))
    }

    fn signs_in(&self, stage: &Stage, answer: &str) -> Result<Seen, Broken> {
        let headers = [
            ("host", self.host.as_str()),
            ("origin", self.origin.as_str()),
            ("accept", "application/json"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let asked = Asked::form(SIGN_IN.to_owned(), answer).with(&headers);
        stage.ask("a sign-in", asked)?.seen(serde_json::Value::is_object)
    }
}
