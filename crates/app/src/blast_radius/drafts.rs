//! Drafts in plain words. They say what the log proves; what only people know is left open, and named.

use super::found::{Customer, Found};
use domain::{FieldKind, Millis};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How long the authority may wait for the notification (GDPR, art. 33 (1)), in milliseconds.
const WITHIN_MS: i64 = 72 * 3_600_000;
const OPEN: &str = "TO BE FILLED IN";

/// When the controller became aware: from then on the clock runs.
pub(super) struct Awareness(pub(super) Millis);

/// What the authority is told, as data and as text.
pub(super) struct Notification {
    pub(super) json: Value,
    pub(super) text: String,
}

/// GDPR, art. 33 (3), point by point.
pub(super) fn notification(found: &Found, aware: &Awareness) -> Notification {
    let until = aware.0.plus(WITHIN_MS);
    let counts = |counts: &BTreeMap<FieldKind, u64>| -> Value {
        counts
            .iter()
            .map(|(kind, many)| (kind.slug().to_owned(), json!(many)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let consequences: Vec<&str> = found.exposed.keys().map(|kind| kind.why_masked()).collect();
    let json = json!({
        "aware_since": aware.0.to_string(),
        "to_be_sent_by": until.to_string(),
        "nature": {
            "data_subjects": "customers",
            "approximate_number_of_data_subjects": found.customers + found.number("erased"),
            "of_whom_erased_since": found.number("erased"),
            "of_whom_on_masks_only": found.masks_only,
            "approximate_number_of_records": found.values,
            "customers_by_kind_of_value_exposed": counts(&found.exposed),
            "customers_by_kind_of_value_used_unseen": counts(&found.used),
            "acts": found.number("acts"),
            "entries_that_were_edited": found.number("damaged"),
        },
        "contact": OPEN,
        "likely_consequences": consequences,
        "measures": OPEN,
        "proof": { "log_places": found.done["places"], "entry_of_this_measure": found.done["receipt"] },
    });
    let table = |counts: &BTreeMap<FieldKind, u64>| -> String {
        if counts.is_empty() {
            return "  none\n".to_owned();
        }
        counts.iter().map(|(kind, many)| format!("  {:<16}{many} customers\n", kind.label())).collect()
    };
    let text = format!(
        "DRAFT: notification of a personal data breach (GDPR, art. 33)\n\n\
         Aware since {}; to be sent by {until}.\n\n\
         1. Nature of the breach\n\
         Customers concerned, about: {} ({} of them on masks only, {} erased since).\n\
         Records concerned, about: {} values, by {} acts.\n\
         Values that somebody saw, or could read:\n{}\
         Values that went to a carrier or a comparison without being shown:\n{}\
         Entries of the log that were edited, of which nobody can say what they told: {}.\n\n\
         2. Contact of the data protection officer\n{OPEN}\n\n\
         3. Likely consequences\n{}\n\
         4. Measures taken or proposed\n{OPEN}\n\n\
         Proof: places {} of the log; this measure is its entry {}.\n",
        aware.0,
        found.customers + found.number("erased"),
        found.masks_only,
        found.number("erased"),
        found.values,
        found.number("acts"),
        table(&found.exposed),
        table(&found.used),
        found.number("damaged"),
        if consequences.is_empty() {
            "None that is known.\n".to_owned()
        } else {
            format!("- {}\n", consequences.join("\n- "))
        },
        places(&found.done["places"]),
        found.done["receipt"].as_str().unwrap_or_default(),
    );
    Notification { json, text }
}

fn places(places: &Value) -> String {
    format!("{} to below {}", places[0], places[1])
}

/// The letter to a customer of whom values were exposed (GDPR, art. 34); none to others. `{name}` and `{contact}` are filled in
/// by whoever sends it: no letter here holds anything of a customer's.
pub(super) fn letter(customer: &Customer) -> Option<Value> {
    if customer.exposed.is_empty() {
        return None;
    }
    let what = listed(&customer.exposed.iter().map(|kind| said(*kind)).collect::<Vec<_>>());
    let when = match (&customer.first, &customer.last) {
        (Some(first), Some(last)) if first == last => format!("on {first}"),
        (Some(first), Some(last)) => format!("between {first} and {last}"),
        _ => "until now".to_owned(),
    };
    let advice: Vec<&str> = customer.exposed.iter().filter_map(|kind| advice(*kind)).collect();
    let mut text = format!(
        "Dear {{name}},\n\nsomebody may have seen data of yours who had no right to: {what}. This was {when}.\n\n\
         What it may mean for you:\n{}",
        bullets(customer.exposed.iter().map(|kind| kind.why_masked()))
    );
    if !advice.is_empty() {
        text += &format!("\nWhat you can do:\n{}", bullets(advice));
    }
    if !customer.entries.is_empty() {
        text += &format!(
            "\nEach look at your data is in a log that nobody can change unseen. These are the entries, and you can have them \
             proven to you: {}.\n",
            customer.entries.join(", ")
        );
    }
    text += "\nIf you have a question, or something seems odd to you, please tell us: {contact}.\n";
    Some(
        json!({"customer": customer.id, "exposed": customer.exposed.iter().map(|kind| kind.slug()).collect::<Vec<_>>(), "text": text}),
    )
}

fn bullets<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    lines.into_iter().map(|line| format!("- {line}\n")).collect()
}

/// `a, b and c`.
fn listed(all: &[&str]) -> String {
    match all {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn said(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Name => "your name",
        FieldKind::PostalAddress => "your postal address",
        FieldKind::Phone => "your phone number",
        FieldKind::Email => "your e-mail address",
        FieldKind::DateOfBirth => "your date of birth",
        FieldKind::Card => "your payment card",
        FieldKind::BankAccount => "your bank account",
        FieldKind::Order => "your orders",
        FieldKind::Preference => "your preferences",
        FieldKind::Note => "notes about you",
    }
}

fn advice(kind: FieldKind) -> Option<&'static str> {
    match kind {
        FieldKind::Card => Some("Ask your bank for a new card, and look through its last payments."),
        FieldKind::BankAccount => {
            Some("Look through your account for debits that you don't know; your bank takes them back.")
        }
        FieldKind::Phone => {
            Some("Hang up on calls that ask for codes or passwords, whoever they say they are; we never do.")
        }
        FieldKind::Email => Some("Don't follow links in messages that you didn't expect; type addresses yourself."),
        FieldKind::DateOfBirth => {
            Some("If a company accepts your date of birth as proof, ask it for a password instead.")
        }
        FieldKind::PostalAddress => Some("Be wary of visitors and parcels that you didn't expect."),
        FieldKind::Name | FieldKind::Order | FieldKind::Preference | FieldKind::Note => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(exposed: &[FieldKind]) -> Customer {
        let moment = |text: &str| Some(text.to_owned());
        Customer {
            id: "cus_1".to_owned(),
            exposed: exposed.to_vec(),
            used: Vec::new(),
            first: moment("2026-03-01T09:00:00Z"),
            last: moment("2026-03-02T09:00:00Z"),
            entries: vec!["ent_1".to_owned(), "ent_2".to_owned()],
        }
    }

    #[test]
    fn a_letter_says_what_when_and_what_to_do_and_holds_no_value() {
        let letter = letter(&customer(&[FieldKind::Name, FieldKind::Phone, FieldKind::Card])).unwrap();
        let text = letter["text"].as_str().unwrap();
        for part in [
            "Dear {name},",
            "your name, your phone number and your payment card",
            "between 2026-03-01T09:00:00Z and 2026-03-02T09:00:00Z",
            "Ask your bank for a new card",
            "ent_1, ent_2",
            "{contact}",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(super::letter(&customer(&[])).is_none(), "who was seen on masks only gets none");
    }

    #[test]
    fn the_notification_has_every_point_and_the_deadline() {
        let mut found = Found::default();
        found.add(&customer(&[FieldKind::Phone]));
        found.add(&customer(&[]));
        found.done = json!({"erased": 3, "acts": 9, "damaged": 1, "places": [10, 20], "receipt": "ent_9"});
        let aware = Awareness(Millis::parse("2026-03-01T09:00:00Z").unwrap());
        let told = notification(&found, &aware);
        assert_eq!(told.json["to_be_sent_by"], "2026-03-04T09:00:00.000Z");
        assert_eq!(told.json["nature"]["approximate_number_of_data_subjects"], 5);
        assert_eq!(told.json["nature"]["customers_by_kind_of_value_exposed"], json!({"phone": 1}));
        assert_eq!(told.json["likely_consequences"], json!([FieldKind::Phone.why_masked()]));
        for part in ["about: 5 (1 of them on masks only, 3 erased since)", "places 10 to below 20", "ent_9", OPEN] {
            assert!(told.text.contains(part), "{part}: {}", told.text);
        }
    }
}
