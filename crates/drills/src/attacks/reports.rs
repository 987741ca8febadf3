//! Somebody suppresses what was reported, alters it, reads what is about them, or guesses a receipt's code. An edit is taken back.

use crate::answer::{Answer, Asked, Seen, text};
use crate::control::{APART, INTEGRITY, WHO_ASKS};
use crate::stage::{Person, Stage};
use crate::{Broken, Drill, Given, Place};
use serde_json::{Value, json};

const LIST: &str = "/v1/reports";
const FORM: &[(&str, &str)] = &[("content-type", "application/x-www-form-urlencoded")];
const PARTS: &[(&str, &str)] = &[("content-type", "multipart/form-data; boundary=drill")];

pub(super) const SECURITY_READS: Drill = Drill {
    name: "security-handles-what-is-about-security",
    tries: "A security officer goes on with a report that is about security, knowing its name.",
    lacks: "a report that isn't about security",
    refused: &["not-found"],
    controls: APART,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let report = reported(stage, !given.is_control())?;
        let step = format!("{LIST}/{report}/steps");
        let done = stage.post("a step", &stage.kit().officer, &step, &json!({"step": "acknowledge"}))?;
        done.seen(|value| value["receipt"].is_string())
    },
};

pub(super) const PAST_SECURITY: Drill = Drill {
    name: "security-lists-what-is-about-security",
    tries: "A security officer asks for the list that only those outside security have.",
    lacks: "a role outside security",
    refused: &["role-not-allowed"],
    controls: APART,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let path = if given.is_control() { LIST } else { "/v1/reports/outside" };
        stage.get("the reports", Some(&stage.kit().officer), path)?.seen(|value| value["items"].is_array())
    },
};

pub(super) const TAKEN_OUT: Drill = Drill {
    name: "disk-suppresses-a-report",
    tries: "Somebody with the database takes what was reported out of it, as if nobody had reported anything.",
    lacks: "reports that nobody took out",
    refused: &["noticed"],
    controls: INTEGRITY,
    place: Place::OwnDatabase,
    attempt: |stage, given| edited(stage, given, "DELETE FROM admission WHERE kind = 33"),
};

pub(super) const ALTERED: Drill = Drill {
    name: "disk-alters-a-report",
    tries: "Somebody with the database changes what was reported.",
    lacks: "reports as they were written",
    refused: &["noticed"],
    controls: INTEGRITY,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        edited(stage, given, "UPDATE admission SET body = CAST(body || x'00' AS BLOB) WHERE kind = 33")
    },
};

pub(super) const CODE_GUESSED: Drill = Drill {
    name: "receipt-code-is-guessed",
    tries: "Somebody who wants to know what was reported without a name guesses at a receipt's code, a few letters off.",
    lacks: "the code, which only whoever reported has",
    refused: &["code"],
    controls: WHO_ASKS,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let code = spoken(stage)?;
        let guesses = if given.is_control() { vec![code] } else { guesses(&code) };
        for guess in guesses {
            let place = format!("/speak-up/{}/en/follow", stage.kit().tenant);
            let answer = stage.ask("following a report", Asked::form(place, &format!("code={guess}")).with(FORM))?;
            match answer.status {
                200 => return Ok(Seen::Through),
                404 => return Ok(Seen::Refused("code".to_owned())),
                // Its check letter is wrong: another is tried.
                422 => {}
                other => return Err(Broken::Odd("following a report", other)),
            }
        }
        Err(Broken::Step("a guess", "no check letter fits".to_owned()))
    },
};

/// A report of an agent's; its name.
fn reported(stage: &Stage, about_security: bool) -> Result<String, Broken> {
    let body = json!({"text": "A drill: somebody took a photograph of a screen.", "about_security": about_security});
    let report = stage.post("a report", &stage.kit().agent, LIST, &body)?.taken()?;
    Ok(text(&report, "report"))
}

/// Something is reported, the database is edited in the attack, and security looks.
fn edited(stage: &Stage, given: Given, edit: &'static str) -> Result<Seen, Broken> {
    reported(stage, false)?;
    let before = (!given.is_control()).then(|| stage.disk()?.edit("admission", edit, &[])).transpose()?;
    let seen = looks(stage, &stage.kit().officer);
    drop(before);
    seen
}

fn looks(stage: &Stage, officer: &Person) -> Result<Seen, Broken> {
    let list: Value = stage.get("the reports", Some(officer), LIST)?.taken()?;
    Ok(if list["damaged"] == true { Seen::Refused("noticed".to_owned()) } else { Seen::Through })
}

/// A report without a name; its code. The box for it is there a few seconds after the centre began to serve.
fn spoken(stage: &Stage) -> Result<String, Broken> {
    let form =
        "--drill\r\ncontent-disposition: form-data; name=\"text\"\r\n\r\nA drill without a name.\r\n--drill--\r\n";
    let sends = || {
        let place = format!("/speak-up/{}/en", stage.kit().tenant);
        stage.ask("speaking up", Asked::form(place, form).with(PARTS))
    };
    let sent = stage.once(sends, |answer: &Answer| answer.status != 503)?;
    let code = sent.text.split_once("id=\"code\"><strong>").and_then(|(_, rest)| rest.split_once('<'));
    code.map(|(code, _)| code.to_owned()).ok_or(Broken::Odd("speaking up", sent.status))
}

/// Codes that differ from this one in two letters, one of them the check letter.
fn guesses(code: &str) -> Vec<String> {
    let first = if code.starts_with('7') { '8' } else { '7' };
    let middle: String = code.chars().skip(1).take(code.chars().count().saturating_sub(2)).collect();
    "0123456789ABCDEFGHJKMNPQRSTVWXYZ".chars().map(|last| format!("{first}{middle}{last}")).collect()
}
