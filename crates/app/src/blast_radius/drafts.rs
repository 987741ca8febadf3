//! The draft for the authority, in plain words. It says what the log proves and the data plan knows; what only people know is left open,
//! and named.

use super::found::{Controller, Found};
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
        "contact": contact(&found.controller),
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
         2. Contact of the data protection officer\n{}\n\n\
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
        contact(&found.controller),
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

/// The officer, and whose officer it is. Without one, whoever sends it says who is asked (art. 33 (3) (b)).
fn contact(known: &Controller) -> String {
    let officer = known.officer.as_deref().unwrap_or(OPEN);
    let beside: Vec<&str> = [&known.company, &known.contact].into_iter().filter_map(Option::as_deref).collect();
    if beside.is_empty() { officer.to_owned() } else { format!("{officer}; {}", beside.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::super::letter::sample;
    use super::*;

    #[test]
    fn the_notification_has_every_point_and_the_deadline() {
        let mut found = Found::default();
        found.add(&sample(&[FieldKind::Phone]));
        found.add(&sample(&[]));
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
