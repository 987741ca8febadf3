//! Somebody at the customers' own page who isn't that customer.

use crate::answer::{Answer, Asked, Seen};
use crate::control::{NEED_TO_KNOW, WHO_ASKS};
use crate::stage::Stage;
use crate::{Broken, Drill, Place};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const NOBODYS: &str = "nobody.at.all@ringfence.invalid";

pub(super) const GUESSES_A_CODE: Drill = Drill {
    name: "own-page-code-is-guessed",
    tries: "Somebody asks for a customer's code on their own page, and guesses at it, one digit off.",
    lacks: "the customer's mailbox",
    refused: &["code"],
    controls: WHO_ASKS,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let address = &stage.kit().decoys[0].email;
        let cookie = asks(stage, address, &stage.kit().url)?.cookie.ok_or(Broken::Odd("a customer's code", 303))?;
        let code = stage.once(|| stage.code_to(address), |_| true)?;
        let entered = if given.is_control() { code } else { bent(&code) };
        let answer = post(stage, "/enter", &format!("code={entered}"), &stage.kit().url, &cookie)?;
        match answer.status {
            303 => Ok(Seen::Through),
            403 => Ok(Seen::Refused("code".to_owned())),
            other => Err(Broken::Odd("a customer's sign-in", other)),
        }
    },
};

pub(super) const TELLS_WHO_IS_ONE: Drill = Drill {
    name: "own-page-tells-who-is-a-customer",
    tries: "Somebody finds out at the customers' own page whether an address is a customer's.",
    lacks: "the mailbox, to which a letter goes or doesn't",
    refused: &["same-answer"],
    controls: NEED_TO_KNOW,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let address = &stage.kit().decoys[1].email;
        let (known, unknown) = (asks(stage, address, &stage.kit().url)?, asks(stage, NOBODYS, &stage.kit().url)?);
        let told = if given.is_control() {
            stage.once(|| stage.code_to(address), |_| true).is_ok() && stage.code_to(NOBODYS).is_err()
        } else {
            (known.status, known.text, known.place) != (unknown.status, unknown.text, unknown.place)
        };
        Ok(if told { Seen::Through } else { Seen::Refused("same-answer".to_owned()) })
    },
};

pub(super) const FROM_ANOTHER_SITE: Drill = Drill {
    name: "own-page-form-of-another-site",
    tries: "Another site lets a customer's browser send the form of their own page.",
    lacks: "a page of this origin",
    refused: &["foreign"],
    controls: WHO_ASKS,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        let origin = if given.is_control() { &stage.kit().url } else { "https://elsewhere.example" };
        match asks(stage, NOBODYS, origin)?.status {
            303 => Ok(Seen::Through),
            403 => Ok(Seen::Refused("foreign".to_owned())),
            other => Err(Broken::Odd("a customer's code", other)),
        }
    },
};

/// Asks for a customer's code, from a page of that origin.
fn asks(stage: &Stage, address: &str, origin: &str) -> Result<Answer, Broken> {
    post(stage, "/code", &format!("address={}", address.replace('@', "%40").replace('+', "%2B")), origin, "")
}

fn post(stage: &Stage, path: &str, form: &str, origin: &str, cookie: &str) -> Result<Answer, Broken> {
    let headers = [FORM, ("origin", origin), ("cookie", cookie)];
    let headers = if cookie.is_empty() { &headers[..2] } else { &headers[..] };
    let path = format!("/me/{}/en{path}", stage.kit().tenant);
    stage.ask("the customers' own page", Asked::form(path, form).with(headers))
}

/// One digit off.
fn bent(code: &str) -> String {
    let last = code.chars().last().and_then(|digit| digit.to_digit(10)).unwrap_or_default();
    format!("{}{}", &code[..code.len().saturating_sub(1)], (last + 1) % 10)
}
