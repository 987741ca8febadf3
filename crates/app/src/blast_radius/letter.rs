//! The letter to a customer of whom values were exposed (GDPR, art. 34), in plain words and in the notice's words for what they are.

use super::found::{Controller, Customer};
use domain::FieldKind;
use plan::Language;
use serde_json::{Value, json};

/// None to others. `{name}` and `{measures}` are filled in by whoever sends it, and what no plan names: no letter here holds anything of a
/// customer's, and what was done about it only people know.
pub(super) fn letter(customer: &Customer, from: &Controller, language: Language) -> Option<Value> {
    if customer.exposed.is_empty() {
        return None;
    }
    let text = match language {
        Language::English => english(customer, from),
        Language::German => german(customer, from),
    };
    let exposed: Vec<&str> = customer.exposed.iter().map(|kind| kind.slug()).collect();
    Some(json!({"customer": customer.id, "exposed": exposed, "language": language.tag(), "text": text}))
}

fn english(customer: &Customer, from: &Controller) -> String {
    let when = match (&customer.first, &customer.last) {
        (Some(first), Some(last)) if first == last => format!("on {first}"),
        (Some(first), Some(last)) => format!("between {first} and {last}"),
        _ => "until now".to_owned(),
    };
    let mut text = format!(
        "Dear {{name}},\n\nsomebody may have seen data of yours who had no right to: {}. This was {when}.\n\n\
         What it may mean for you:\n{}\nWhat was done about it:\n{{measures}}\n",
        listed(customer, " and ", Language::English),
        bullets(customer.exposed.iter().map(|kind| means(*kind, Language::English)))
    );
    let advice: Vec<&str> =
        customer.exposed.iter().filter_map(|kind| advice(*kind)).map(|(english, _)| english).collect();
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
    let (contact, officer, company) = signed(from);
    text + &format!(
        "\nIf you have a question, or something seems odd to you, please tell us: {contact}\nOur data protection officer: \
         {officer}\n\n{company}\n"
    )
}

fn german(customer: &Customer, from: &Controller) -> String {
    let when = match (&customer.first, &customer.last) {
        (Some(first), Some(last)) if first == last => format!("am {first}"),
        (Some(first), Some(last)) => format!("zwischen {first} und {last}"),
        _ => "bis jetzt".to_owned(),
    };
    let mut text = format!(
        "Guten Tag {{name}},\n\njemand hat womöglich Daten von Ihnen gesehen, ohne es zu dürfen: {}. Das war {when}.\n\n\
         Was es für Sie bedeuten kann:\n{}\nWas dagegen getan wurde:\n{{measures}}\n",
        listed(customer, " und ", Language::German),
        bullets(customer.exposed.iter().map(|kind| means(*kind, Language::German)))
    );
    let advice: Vec<&str> =
        customer.exposed.iter().filter_map(|kind| advice(*kind)).map(|(_, german)| german).collect();
    if !advice.is_empty() {
        text += &format!("\nWas Sie tun können:\n{}", bullets(advice));
    }
    if !customer.entries.is_empty() {
        text += &format!(
            "\nJeder Blick auf Ihre Daten steht in einem Protokoll, das niemand unbemerkt ändern kann. Das sind die Einträge, und Sie \
             können sie sich beweisen lassen: {}.\n",
            customer.entries.join(", ")
        );
    }
    let (contact, officer, company) = signed(from);
    text + &format!(
        "\nWenn Sie eine Frage haben oder Ihnen etwas seltsam vorkommt, sagen Sie es uns bitte: {contact}\nUnsere \
         Datenschutzbeauftragte oder unser Datenschutzbeauftragter: {officer}\n\n{company}\n"
    )
}

/// Where customers ask, the officer, and in whose name it is written; places to fill in for what no plan names.
fn signed(from: &Controller) -> (&str, &str, &str) {
    let [contact, officer, company] = [&from.contact, &from.officer, &from.company].map(Option::as_deref);
    (contact.unwrap_or("{contact}"), officer.unwrap_or("{officer}"), company.unwrap_or("{company}"))
}

fn bullets<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    lines.into_iter().map(|line| format!("- {line}\n")).collect()
}

/// `a, b and c`, as the notice calls them.
fn listed(customer: &Customer, and: &str, language: Language) -> String {
    let said = |kind: &FieldKind| plan::Kind::Field(*kind).words().said(language).to_owned();
    let all: Vec<String> = customer.exposed.iter().map(said).collect();
    match &all[..] {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{}{and}{last}", first.join(", ")),
    }
}

/// What it may mean that somebody knows a value of this kind.
pub(super) fn means(kind: FieldKind, language: Language) -> &'static str {
    match language {
        Language::English => kind.why_masked(),
        Language::German => means_german(kind),
    }
}

/// What [`FieldKind::why_masked`] says in English.
fn means_german(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Name => "Ein voller Name bindet alles andere hier an einen Menschen.",
        FieldKind::PostalAddress => {
            "Eine Anschrift sagt, wo jemand schläft. Sie kann Stalker oder Einbrecher an die Tür führen."
        }
        FieldKind::Phone => {
            "Mit einer Telefonnummer kann jeder anrufen, und mit Codes per Textnachricht öffnet sie Konten."
        }
        FieldKind::Email => {
            "Eine E-Mail-Adresse ist der Schlüssel zum Zurücksetzen von Passwörtern und der Anfang der meisten Betrügereien mit \
             Nachrichten."
        }
        FieldKind::DateOfBirth => "Ein Geburtsdatum ändert sich nie und wird fast überall als Beweis verlangt.",
        FieldKind::Card => "Mit einer vollen Kartennummer kann zahlen, wer sie liest.",
        FieldKind::BankAccount => "Eine Kontonummer genügt für eine Lastschrift oder einen glaubhaften Betrug.",
        FieldKind::Order => "Was jemand kauft, kann von Gesundheit, Glauben oder Familie erzählen.",
        FieldKind::Preference => "Wünsche zu Lieferung und Kontakt sagen, wann jemand zu Hause ist und wie er lebt.",
        FieldKind::Note => "Notizen halten fest, was an einem schlechten Tag gesagt wurde.",
    }
}

fn advice(kind: FieldKind) -> Option<(&'static str, &'static str)> {
    match kind {
        FieldKind::Card => Some((
            "Ask your bank for a new card, and look through its last payments.",
            "Lassen Sie sich von Ihrer Bank eine neue Karte geben, und sehen Sie die letzten Zahlungen durch.",
        )),
        FieldKind::BankAccount => Some((
            "Look through your account for debits that you don't know; your bank takes them back.",
            "Sehen Sie Ihr Konto nach Lastschriften durch, die Sie nicht kennen; Ihre Bank bucht sie zurück.",
        )),
        FieldKind::Phone => Some((
            "Hang up on calls that ask for codes or passwords, whoever they say they are; we never do.",
            "Legen Sie auf, wenn am Telefon jemand nach Codes oder Passwörtern fragt, wer es auch sei; wir tun das nie.",
        )),
        FieldKind::Email => Some((
            "Don't follow links in messages that you didn't expect; type addresses yourself.",
            "Folgen Sie keinen Links in Nachrichten, die Sie nicht erwartet haben; tippen Sie Adressen selbst ein.",
        )),
        FieldKind::DateOfBirth => Some((
            "If a company accepts your date of birth as proof, ask it for a password instead.",
            "Wenn einer Firma Ihr Geburtsdatum als Beweis genügt, bitten Sie sie stattdessen um ein Passwort.",
        )),
        FieldKind::PostalAddress => Some((
            "Be wary of visitors and parcels that you didn't expect.",
            "Seien Sie vorsichtig bei Besuch und Paketen, die Sie nicht erwartet haben.",
        )),
        FieldKind::Name | FieldKind::Order | FieldKind::Preference | FieldKind::Note => None,
    }
}

/// A customer who was reached on two days.
#[cfg(test)]
pub(super) fn sample(exposed: &[FieldKind]) -> Customer {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn text(exposed: &[FieldKind], from: &Controller, language: Language) -> String {
        letter(&sample(exposed), from, language).unwrap()["text"].as_str().unwrap().to_owned()
    }

    #[test]
    fn a_letter_says_what_when_and_what_to_do_and_holds_no_value() {
        let exposed = [FieldKind::Name, FieldKind::Phone, FieldKind::Card];
        let english = text(&exposed, &Controller::default(), Language::English);
        for part in [
            "Dear {name},",
            "your name, your phone number and your card number",
            "between 2026-03-01T09:00:00Z and 2026-03-02T09:00:00Z",
            "What was done about it:\n{measures}\n",
            "Ask your bank for a new card",
            "ent_1, ent_2",
            "please tell us: {contact}\nOur data protection officer: {officer}\n\n{company}\n",
        ] {
            assert!(english.contains(part), "{part}: {english}");
        }
        let german = text(&exposed, &Controller::default(), Language::German);
        for part in [
            "Guten Tag {name},",
            "Ihren Namen, Ihre Telefonnummer und Ihre Kartennummer",
            "zwischen 2026-03-01T09:00:00Z und 2026-03-02T09:00:00Z",
            "Was dagegen getan wurde:\n{measures}\n",
            "eine neue Karte",
            "ent_1, ent_2",
            "{contact}",
            "{officer}",
        ] {
            assert!(german.contains(part), "{part}: {german}");
        }
        assert!(letter(&sample(&[]), &Controller::default(), Language::English).is_none(), "seen on masks only");
    }

    #[test]
    fn every_kind_is_called_as_in_the_notice_and_who_is_known_is_named() {
        let some = |text: &str| Some(text.to_owned());
        let from =
            Controller { company: some("Acme Ltd"), contact: some("ask@acme.example"), officer: some("Dana Poe") };
        for kind in FieldKind::ALL {
            for language in Language::ALL {
                let text = text(&[kind], &from, language);
                assert!(text.contains(plan::Kind::Field(kind).words().said(language)), "{text}");
                for known in ["Acme Ltd", "ask@acme.example", "Dana Poe"] {
                    assert!(text.contains(known), "{known}: {text}");
                }
                assert!(!text.contains("{contact}") && text.contains("{measures}"), "{text}");
            }
        }
    }
}
