//! The draft for the authority, in plain words. It says what the log proves and the data plan knows; what only people know is left open,
//! and named.

use super::found::{Controller, Found};
use super::letter::means;
use domain::{FieldKind, Millis};
use plan::Language;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How long the authority may wait for the notification (GDPR, art. 33 (1)), in milliseconds.
const WITHIN_MS: i64 = 72 * 3_600_000;

/// When the controller became aware: from then on the clock runs.
pub(super) struct Awareness(pub(super) Millis);

/// What the authority is told, as data and as text.
pub(super) struct Notification {
    pub(super) json: Value,
    pub(super) text: String,
}

/// What the text is made of.
struct Points<'a> {
    found: &'a Found,
    aware: Millis,
    until: Millis,
    contact: &'a str,
    consequences: &'a [&'static str],
}

/// GDPR, art. 33 (3), point by point. The data has the same names in each language.
pub(super) fn notification(found: &Found, aware: &Awareness, language: Language) -> Notification {
    let until = aware.0.plus(WITHIN_MS);
    let counts = |counts: &BTreeMap<FieldKind, u64>| -> Value {
        counts
            .iter()
            .map(|(kind, many)| (kind.slug().to_owned(), json!(many)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let consequences: Vec<&'static str> = found.exposed.keys().map(|kind| means(*kind, language)).collect();
    let contact = contact(&found.controller, language);
    let json = json!({
        "language": language.tag(),
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
        "contact": contact,
        "likely_consequences": consequences,
        "measures": open(language),
        "proof": { "log_places": found.done["places"], "entry_of_this_measure": found.done["receipt"] },
    });
    let points = Points { found, aware: aware.0, until, contact: &contact, consequences: &consequences };
    let text = match language {
        Language::English => english(&points),
        Language::German => german(&points),
    };
    Notification { json, text }
}

fn english(points: &Points<'_>) -> String {
    let Points { found, aware, until, contact, consequences } = points;
    let table = |counts: &BTreeMap<FieldKind, u64>| -> String {
        if counts.is_empty() {
            return "  none\n".to_owned();
        }
        counts.iter().map(|(kind, many)| format!("  {:<16}{many} customers\n", kind.label())).collect()
    };
    format!(
        "DRAFT: notification of a personal data breach (GDPR, art. 33)\n\n\
         Aware since {aware}; to be sent by {until}.\n\n\
         1. Nature of the breach\n\
         Customers concerned, about: {} ({} of them on masks only, {} erased since).\n\
         Records concerned, about: {} values, by {} acts.\n\
         Values that somebody saw, or could read:\n{}\
         Values that went to a carrier or a comparison without being shown:\n{}\
         Entries of the log that were edited, of which nobody can say what they told: {}.\n\n\
         2. Contact of the data protection officer\n{contact}\n\n\
         3. Likely consequences\n{}\n\
         4. Measures taken or proposed\n{}\n\n\
         Proof: places {} to below {} of the log; this measure is its entry {}.\n",
        found.customers + found.number("erased"),
        found.masks_only,
        found.number("erased"),
        found.values,
        found.number("acts"),
        table(&found.exposed),
        table(&found.used),
        found.number("damaged"),
        bullets(consequences, "None that is known."),
        open(Language::English),
        found.done["places"][0],
        found.done["places"][1],
        found.done["receipt"].as_str().unwrap_or_default(),
    )
}

fn german(points: &Points<'_>) -> String {
    let Points { found, aware, until, contact, consequences } = points;
    let table = |counts: &BTreeMap<FieldKind, u64>| -> String {
        if counts.is_empty() {
            return "  keine\n".to_owned();
        }
        counts.iter().map(|(kind, many)| format!("  {:<16}bei {many} Kunden\n", label_german(*kind))).collect()
    };
    format!(
        "ENTWURF: Meldung einer Verletzung des Schutzes personenbezogener Daten (DSGVO, Art. 33)\n\n\
         Bekannt seit {aware}; zu melden bis {until}.\n\n\
         1. Art der Verletzung\n\
         Betroffene Kunden, ungefähr: {} (davon {} nur in Kurzform gesehen, {} seither gelöscht).\n\
         Betroffene Datensätze, ungefähr: {} Werte, bei {} Zugriffen.\n\
         Werte, die jemand sah oder lesen konnte:\n{}\
         Werte, die an einen Zustelldienst oder in einen Vergleich gingen, ohne gezeigt zu werden:\n{}\
         Veränderte Einträge des Protokolls, von denen niemand sagen kann, was darin stand: {}.\n\n\
         2. Kontaktdaten der oder des Datenschutzbeauftragten\n{contact}\n\n\
         3. Wahrscheinliche Folgen\n{}\n\
         4. Ergriffene oder vorgeschlagene Maßnahmen\n{}\n\n\
         Beweis: Plätze {} bis unter {} des Protokolls; diese Feststellung ist sein Eintrag {}.\n",
        found.customers + found.number("erased"),
        found.masks_only,
        found.number("erased"),
        found.values,
        found.number("acts"),
        table(&found.exposed),
        table(&found.used),
        found.number("damaged"),
        bullets(consequences, "Keine bekannt."),
        open(Language::German),
        found.done["places"][0],
        found.done["places"][1],
        found.done["receipt"].as_str().unwrap_or_default(),
    )
}

/// What only people know.
fn open(language: Language) -> &'static str {
    match language {
        Language::English => "TO BE FILLED IN",
        Language::German => "NOCH AUSZUFÜLLEN",
    }
}

fn bullets(lines: &[&str], none: &str) -> String {
    if lines.is_empty() { format!("{none}\n") } else { format!("- {}\n", lines.join("\n- ")) }
}

/// What [`FieldKind::label`] says in English.
fn label_german(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Name => "Name",
        FieldKind::PostalAddress => "Anschrift",
        FieldKind::Phone => "Telefonnummer",
        FieldKind::Email => "E-Mail-Adresse",
        FieldKind::DateOfBirth => "Geburtsdatum",
        FieldKind::Card => "Kartennummer",
        FieldKind::BankAccount => "Bankkonto",
        FieldKind::Order => "Bestellung",
        FieldKind::Preference => "Wunsch",
        FieldKind::Note => "Notiz",
    }
}

/// The officer, and whose officer it is. Without one, whoever sends it says who is asked (art. 33 (3) (b)).
fn contact(known: &Controller, language: Language) -> String {
    let officer = known.officer.as_deref().unwrap_or(open(language));
    let beside: Vec<&str> = [&known.company, &known.contact].into_iter().filter_map(Option::as_deref).collect();
    if beside.is_empty() { officer.to_owned() } else { format!("{officer}; {}", beside.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::super::letter::sample;
    use super::*;

    fn told(language: Language) -> Notification {
        let mut found = Found::default();
        found.add(&sample(&[FieldKind::Phone]));
        found.add(&sample(&[]));
        found.done = json!({"erased": 3, "acts": 9, "damaged": 1, "places": [10, 20], "receipt": "ent_9"});
        let aware = Awareness(Millis::parse("2026-03-01T09:00:00Z").unwrap());
        notification(&found, &aware, language)
    }

    #[test]
    fn the_notification_has_every_point_and_the_deadline() {
        let told = told(Language::English);
        assert_eq!(told.json["to_be_sent_by"], "2026-03-04T09:00:00.000Z");
        assert_eq!(told.json["nature"]["approximate_number_of_data_subjects"], 5);
        assert_eq!(told.json["nature"]["customers_by_kind_of_value_exposed"], json!({"phone": 1}));
        assert_eq!(told.json["likely_consequences"], json!([FieldKind::Phone.why_masked()]));
        for part in [
            "about: 5 (1 of them on masks only, 3 erased since)",
            "  Phone           1 customers\n",
            "places 10 to below 20",
            "ent_9",
            "proposed\nTO BE FILLED IN\n",
        ] {
            assert!(told.text.contains(part), "{part}: {}", told.text);
        }
    }

    #[test]
    fn in_german_it_has_the_same_points() {
        let (english, german) = (told(Language::English), told(Language::German));
        for part in [
            "zu melden bis 2026-03-04T09:00:00.000Z",
            "ungefähr: 5 (davon 1 nur in Kurzform gesehen, 3 seither gelöscht)",
            "1 Werte, bei 9 Zugriffen",
            "  Telefonnummer   bei 1 Kunden\n",
            "  keine\n",
            "- Mit einer Telefonnummer kann jeder anrufen",
            "Datenschutzbeauftragten\nNOCH AUSZUFÜLLEN\n",
            "Maßnahmen\nNOCH AUSZUFÜLLEN\n",
            "Plätze 10 bis unter 20",
            "ent_9",
        ] {
            assert!(german.text.contains(part), "{part}: {}", german.text);
        }
        assert!(!german.text.contains("TO BE FILLED IN"), "{}", german.text);
        assert_eq!((&german.json["language"], &english.json["language"]), (&json!("de"), &json!("en")));
        for same in ["aware_since", "to_be_sent_by", "nature", "proof"] {
            assert_eq!(german.json[same], english.json[same], "{same}");
        }
        let numbered = |text: &str| text.lines().filter(|line| line.starts_with(char::is_numeric)).count();
        assert_eq!((numbered(&german.text), numbered(&english.text)), (4, 4));
        assert!(FieldKind::ALL.into_iter().all(|kind| label_german(kind).chars().count() < 16));
    }
}
