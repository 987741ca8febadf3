//! The sentences of the notice, in each language: short, in common words.

use crate::entry::{After, Basis};
use crate::keep::{Keep, Unit};
use crate::words::Language;
use jiff::civil::Date;

pub(super) struct Phrases {
    language: Language,
    pub(super) held: &'static str,
    pub(super) made: &'static str,
    pub(super) ahead: &'static str,
    pub(super) helpers: &'static str,
    pub(super) rights: &'static str,
    pub(super) why: &'static str,
    pub(super) may: &'static str,
    pub(super) how_long: &'static str,
    pub(super) who: &'static str,
    pub(super) seen: &'static str,
    pub(super) unseen: &'static str,
    pub(super) given: &'static str,
    pub(super) made_of: &'static str,
    pub(super) not_before: &'static str,
    pub(super) first: &'static str,
    pub(super) taken_no_more: &'static str,
    pub(super) made_no_more: &'static str,
    pub(super) sits_in: &'static str,
    pub(super) safe_by: &'static str,
    pub(super) obeyed: &'static str,
    pub(super) logged: &'static str,
    pub(super) ask: &'static str,
    pub(super) kept_out: &'static str,
    pub(super) officer: &'static str,
    pub(super) complain: &'static str,
}

static ENGLISH: Phrases = Phrases {
    language: Language::English,
    held: "What we hold",
    made: "What we make of it",
    ahead: "What may come later",
    helpers: "Who helps us",
    rights: "What you can do",
    why: "Why?",
    may: "Why may we?",
    how_long: "How long? Our aim is at most",
    who: "Who sees it?",
    seen: "The staff who serve you. They see a short form first. The rest shows only while they need it for you.",
    unseen: "None of our staff sees it in full.",
    given: "It also goes to",
    made_of: "We make it from",
    not_before: "Not before",
    first: "This must be there first:",
    taken_no_more: "We no longer take it in.",
    made_no_more: "We no longer make it.",
    sits_in: "Is in",
    safe_by: "Your data is safe there by",
    obeyed: "Our system obeys this page. What is not on it, the system will not store or show.",
    logged: "Each look at your data is put in a log that none can change in secret.",
    ask: "You can ask what we hold. You can have it put right, have it erased, or take a copy with you. Write to {contact}.",
    kept_out: "When your data is gone, a mark made of your e-mail and number is kept for three years. None can read it back. It stops an old file from bringing you back.",
    officer: "You can write to the one who guards your data here: {officer}.",
    complain: "You can complain to {authority}.",
};

static GERMAN: Phrases = Phrases {
    language: Language::German,
    held: "Was wir haben",
    made: "Was wir daraus machen",
    ahead: "Was später kommen kann",
    helpers: "Wer uns hilft",
    rights: "Was Sie tun können",
    why: "Wozu?",
    may: "Warum dürfen wir das?",
    how_long: "Wie lange? Unser Ziel: höchstens",
    who: "Wer sieht es?",
    seen: "Wer Sie bedient. Zuerst sieht man nur eine Kurzform. Der Rest erscheint nur, solange er für Sie nötig ist.",
    unseen: "Niemand von uns sieht es ganz.",
    given: "Es geht auch an",
    made_of: "Wir machen es aus diesen Daten:",
    not_before: "Nicht vor dem",
    first: "Das muss es vorher geben:",
    taken_no_more: "Wir nehmen es nicht mehr auf.",
    made_no_more: "Wir machen es nicht mehr.",
    sits_in: "Sitz:",
    safe_by: "Dort schützt Ihre Daten:",
    obeyed: "Unser System hält sich an diese Seite. Was hier nicht steht, speichert und zeigt es nicht.",
    logged: "Jeder Blick auf Ihre Daten kommt in ein Buch, das niemand heimlich ändern kann.",
    ask: "Sie können fragen, was wir haben. Sie können es berichtigen oder löschen lassen oder eine Kopie mitnehmen. Schreiben Sie an {contact}.",
    kept_out: "Sind Ihre Daten weg, so bleibt drei Jahre lang ein Zeichen aus Ihrer E-Mail und Ihrer Nummer. Daraus liest sie niemand ab. So holt keine alte Datei Sie zurück.",
    officer: "Sie können auch an die Person schreiben, die hier Ihre Daten schützt: {officer}.",
    complain: "Sie können sich beschweren bei: {authority}.",
};

const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTHS_DE: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

impl Phrases {
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
        }
    }

    pub(super) fn title(&self, company: &str) -> String {
        match self.language {
            Language::English => format!("Your data at {company}"),
            Language::German => format!("Ihre Daten bei {company}"),
        }
    }

    pub(super) fn basis(&self, basis: Basis) -> &'static str {
        match (self.language, basis) {
            (Language::English, Basis::Consent) => "Only if you say yes. You can take that back.",
            (Language::English, Basis::Contract) => "We need it for what you order.",
            (Language::English, Basis::LegalObligation) => "The law asks for it: {because}.",
            (Language::English, Basis::VitalInterests) => "A life may hang on it.",
            (Language::English, Basis::PublicTask) => "It is a public task: {because}.",
            (Language::English, Basis::LegitimateInterests) => "We have a good reason: {because}. You can object.",
            (Language::German, Basis::Consent) => "Nur wenn Sie Ja sagen. Das können Sie zurücknehmen.",
            (Language::German, Basis::Contract) => "Wir brauchen es für Ihre Bestellung.",
            (Language::German, Basis::LegalObligation) => "Das Gesetz will es: {because}.",
            (Language::German, Basis::VitalInterests) => "Ein Leben kann davon abhängen.",
            (Language::German, Basis::PublicTask) => "Es ist eine Aufgabe für alle: {because}.",
            (Language::German, Basis::LegitimateInterests) => {
                "Wir haben einen guten Grund: {because}. Sie können widersprechen."
            }
        }
    }

    pub(super) fn after(&self, after: After) -> &'static str {
        match (self.language, after) {
            (Language::English, After::Collected) => "from the day it comes in",
            (Language::English, After::LastContact) => "from the last time you are in touch",
            (Language::English, After::LastOrder) => "from your last order",
            (Language::English, After::ContractEnd) => "from the end of our contract",
            (Language::German, After::Collected) => "ab dem Tag, an dem es kommt",
            (Language::German, After::LastContact) => "ab dem letzten Kontakt mit Ihnen",
            (Language::German, After::LastOrder) => "ab Ihrer letzten Bestellung",
            (Language::German, After::ContractEnd) => "ab dem Ende des Vertrags",
        }
    }

    pub(super) fn span(&self, keep: Keep) -> String {
        let one = keep.count == 1;
        let unit = match (self.language, keep.unit) {
            (Language::English, _) => return keep.to_string(),
            (Language::German, Unit::Days) => {
                if one {
                    "Tag"
                } else {
                    "Tage"
                }
            }
            (Language::German, Unit::Months) => {
                if one {
                    "Monat"
                } else {
                    "Monate"
                }
            }
            (Language::German, Unit::Years) => {
                if one {
                    "Jahr"
                } else {
                    "Jahre"
                }
            }
        };
        format!("{} {unit}", keep.count)
    }

    /// Until when there is something left of what has ended; where no day can be told, the line on how long says it.
    pub(super) fn left(&self, until: Option<Date>) -> String {
        match (self.language, until.map(|day| self.day(day))) {
            (Language::English, Some(day)) => format!("What we have is kept until {day} at most."),
            (Language::English, None) => "What we have is kept as long as it says here.".to_owned(),
            (Language::German, Some(day)) => format!("Was wir haben, bleibt höchstens bis zum {day}."),
            (Language::German, None) => "Was wir haben, bleibt so lange, wie es hier steht.".to_owned(),
        }
    }

    pub(super) fn day(&self, day: Date) -> String {
        let month = usize::from(day.month().unsigned_abs()).saturating_sub(1);
        match self.language {
            Language::English => format!("{} {} {}", day.day(), MONTHS_EN.get(month).unwrap_or(&""), day.year()),
            Language::German => format!("{}. {} {}", day.day(), MONTHS_DE.get(month).unwrap_or(&""), day.year()),
        }
    }
}
