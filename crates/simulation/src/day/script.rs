//! How one interaction goes: who calls, what is asked, what goes wrong.

use super::act::{Caller, Channel, Expect, SearchBy, Step};
use crate::chance::Chance;
use std::collections::VecDeque;

/// What an agent writes down: about the case, never about the person.
pub(super) const NOTES: &[&str] = &[
    "Parcel is late; carrier asked to look for it.",
    "Refund explained, customer content.",
    "Wants the delivery on a weekday morning.",
    "Replacement promised for the broken item.",
    "Asked how to return an order; label sent.",
    "Complaint about the driver, passed on.",
    "Question about a voucher answered.",
    "Will call again when the bank has answered.",
    "Order arrived twice, one goes back.",
    "Wrong size delivered, exchange started.",
    "Asked to stop the newsletter.",
    "Gift wrap was missing; apology given.",
];

/// What agents reveal once the caller's number or address found the record, and why.
const WHEN_MATCHED: &[(&str, &str)] = &[
    ("name", "delivery"),
    ("order", "delivery"),
    ("order", "complaint"),
    ("postal_address", "delivery"),
    ("phone", "callback"),
    ("email", "correspondence"),
    ("preference", "delivery"),
];

/// What a searched and chosen record gives.
const WHEN_CLAIMED: &[(&str, &str)] =
    &[("name", "complaint"), ("order", "delivery"), ("order", "payment"), ("preference", "complaint")];

/// What needs the customer's own device.
const WHEN_PROVEN: &[(&str, &str)] = &[("date_of_birth", "verification"), ("postal_address", "correction")];

/// What needs a second person.
const WHEN_AGREED: (&str, &str) = ("bank_account", "payment");

/// What Ringfence never shows, doesn't show for that purpose, or not on so weak a ground.
const NEVER: &[(&str, &str)] = &[("card", "payment"), ("card", "verification"), ("postal_address", "payment")];

const VERIFIED_BY: &[&str] = &["date_of_birth", "email", "name", "phone"];

/// The rest of an interaction, in order.
pub(super) type Script = VecDeque<(Step, Expect)>;

/// One interaction from connection to end; transfers name agent 0 and are directed when they are due.
pub(super) fn interaction(chance: &mut Chance) -> Script {
    let mut script = Script::new();
    let matched = open(&mut script, chance);
    add(&mut script, Step::View);
    verify(&mut script, chance);
    serve(&mut script, chance, matched);
    interrupt(&mut script, chance);
    if chance.percent(25) {
        prove(&mut script, chance);
    }
    if chance.percent(40) {
        add(&mut script, Step::Note(chance.index(NOTES.len())));
    }
    add(&mut script, Step::End);
    if chance.percent(10) {
        script.push_back((Step::RevealAfterHangUp, Expect::Refused));
    }
    script
}

fn add(script: &mut Script, step: Step) {
    script.push_back((step, Expect::Allowed));
}

/// Connects, and finds the customer if the caller's number or address didn't. True if it did.
fn open(script: &mut Script, chance: &mut Chance) -> bool {
    let (channel, caller) = match chance.below(100) {
        0..60 => (Channel::Call, Caller::Phone),
        60..80 => (Channel::Call, Caller::Withheld),
        80..93 => (Channel::Chat, Caller::Email),
        _ => (Channel::Ticket, Caller::Email),
    };
    add(script, Step::Connect { channel, caller });
    add(script, Step::Look);
    let matched = caller != Caller::Withheld;
    if !matched {
        find(script, chance);
    }
    matched
}

fn find(script: &mut Script, chance: &mut Chance) {
    let by = match chance.below(5) {
        0 => SearchBy::Phone,
        1 => SearchBy::Email,
        2 => SearchBy::PostcodeAndName,
        3 => SearchBy::CardAndOrderDay,
        _ => SearchBy::Order,
    };
    add(script, Step::Search(by));
    add(script, Step::Claim);
}

/// Checks an answer; sometimes the caller gets it wrong first.
fn verify(script: &mut Script, chance: &mut Chance) {
    if chance.percent(50) {
        let field = chance.word(VERIFIED_BY);
        if chance.percent(25) {
            add(script, Step::Verify { field, right: false });
        }
        add(script, Step::Verify { field, right: true });
    }
}

fn serve(script: &mut Script, chance: &mut Chance, matched: bool) {
    let shown = if matched { WHEN_MATCHED } else { WHEN_CLAIMED };
    for _ in 0..1 + chance.below(2) {
        reveal(script, chance, shown, Expect::Allowed);
    }
    if chance.percent(10) {
        reveal(script, chance, NEVER, Expect::Refused);
    }
    if chance.percent(8) {
        reveal(script, chance, WHEN_PROVEN, Expect::Either);
    }
    if matched && chance.percent(10) {
        second(script, chance);
    }
}

fn reveal(script: &mut Script, chance: &mut Chance, shown: &[(&'static str, &'static str)], expect: Expect) {
    if let Some((field, purpose)) = chance.pick(shown) {
        script.push_back((Step::Reveal { field, purpose }, expect));
    }
}

/// Asks for a second person, talks on, and looks whether they agreed. Nobody may be there to be one.
fn second(script: &mut Script, chance: &mut Chance) {
    let (field, purpose) = WHEN_AGREED;
    script.push_back((Step::AskSecond { field, purpose }, Expect::Either));
    if chance.percent(20) {
        script.push_back((Step::AnswerOwn, Expect::Refused));
    }
    reveal(script, chance, &WHEN_CLAIMED[..1], Expect::Allowed);
    for _ in 0..2 {
        script.push_back((Step::Reveal { field, purpose }, Expect::Either));
    }
}

/// Holds the customer, now and then with a look at the record meanwhile, or hands over to a colleague.
fn interrupt(script: &mut Script, chance: &mut Chance) {
    match chance.below(100) {
        0..12 => {
            add(script, Step::Hold);
            if chance.percent(30) {
                reveal(script, chance, &WHEN_MATCHED[..1], Expect::Refused);
            }
            add(script, Step::Resume);
        }
        12..20 => {
            add(script, Step::Transfer { to: 0 });
            add(script, Step::Look);
            add(script, Step::View);
        }
        _ => {}
    }
}

/// A one-time code to the customer's phone, entered by the customer, then what only that opens.
fn prove(script: &mut Script, chance: &mut Chance) {
    add(script, Step::SendCode);
    if chance.percent(15) {
        add(script, Step::EnterCode { right: false });
    }
    add(script, Step::EnterCode { right: true });
    reveal(script, chance, WHEN_PROVEN, Expect::Either);
}
