//! The page's sentences in each language: short, in common words, without blame.

mod english;
mod german;

use domain::{Found, Hold, UseLimit};
use english::ENGLISH;
use german::GERMAN;
use plan::Language;
use vault::OwnNews;

/// What the page says.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) your_data: &'static str,
    pub(super) languages: &'static str,
    pub(super) skip: &'static str,
    pub(super) sign_in_lead: &'static str,
    pub(super) address: &'static str,
    pub(super) send: &'static str,
    pub(super) sign_in_hint: &'static str,
    pub(super) no_mail: &'static str,
    pub(super) at_work: &'static str,
    pub(super) code_title: &'static str,
    pub(super) code_lead: &'static str,
    pub(super) code: &'static str,
    pub(super) enter: &'static str,
    pub(super) code_wrong: &'static str,
    pub(super) again: &'static str,
    pub(super) code_hint: &'static str,
    pub(super) leave: &'static str,
    pub(super) until: &'static str,
    pub(super) held: &'static str,
    pub(super) held_lead: &'static str,
    pub(super) why_held: &'static str,
    pub(super) nothing_held: &'static str,
    pub(super) notice: &'static str,
    pub(super) who: &'static str,
    pub(super) who_lead: &'static str,
    pub(super) nobody: &'static str,
    pub(super) other: &'static str,
    pub(super) receipt: &'static str,
    pub(super) told_read: &'static str,
    pub(super) speak_up: &'static str,
    pub(super) told_us: &'static str,
    pub(super) told_waits: &'static str,
    pub(super) told_explained: &'static str,
    pub(super) told_stopped: &'static str,
    pub(super) told_mistake: &'static str,
    pub(super) told_unclear: &'static str,
    pub(super) doubt: &'static str,
    pub(super) doubted: &'static str,
    pub(super) doubted_lead: &'static str,
    pub(super) refused: &'static str,
    pub(super) conversation: &'static str,
    pub(super) check: &'static str,
    pub(super) check_lead: &'static str,
    pub(super) check_limits: &'static str,
    pub(super) statement: &'static str,
    pub(super) missing: &'static str,
    pub(super) copy: &'static str,
    pub(super) copy_lead: &'static str,
    pub(super) copy_json: &'static str,
    pub(super) copy_html: &'static str,
    pub(super) copy_masked: &'static str,
    pub(super) copy_unplanned: &'static str,
    pub(super) copy_not_agreed: &'static str,
    pub(super) copy_not_yet: &'static str,
    pub(super) enough: &'static str,
    pub(super) sealed: &'static str,
    pub(super) sealed_lead: &'static str,
    pub(super) passphrase: &'static str,
    pub(super) sealed_get: &'static str,
    pub(super) sealed_html: &'static str,
    pub(super) sealed_json: &'static str,
    pub(super) sealed_page: &'static str,
    pub(super) sealed_open: &'static str,
    pub(super) sealed_wrong: &'static str,
    pub(super) sealed_old: &'static str,
    pub(super) seal_lead: &'static str,
    pub(super) seal_html: &'static str,
    pub(super) seal_json: &'static str,
    pub(super) older: &'static str,
    pub(super) newest: &'static str,
    pub(super) claim: &'static str,
    pub(super) claim_link: &'static str,
    pub(super) claim_lead: &'static str,
    pub(super) claim_code: &'static str,
    pub(super) claim_kind: &'static str,
    pub(super) claim_said: &'static str,
    pub(super) claim_how: &'static str,
    pub(super) claim_wrong: &'static str,
    pub(super) claim_born: &'static str,
    pub(super) claim_address: &'static str,
    pub(super) claim_order: &'static str,
    pub(super) forget: &'static str,
    pub(super) forget_lead: &'static str,
    pub(super) forget_sure: &'static str,
    pub(super) forget_do: &'static str,
    pub(super) forgotten: &'static str,
    pub(super) forgotten_lead: &'static str,
    pub(super) backups: &'static str,
    pub(super) kept_digest: &'static str,
    pub(super) certificate: &'static str,
    pub(super) certificate_lead: &'static str,
    pub(super) kept_because: &'static str,
    pub(super) back: &'static str,
    pub(super) nothing_done: &'static str,
    pub(super) contact: &'static str,
    pub(super) unreadable: &'static str,
    pub(super) foreign: &'static str,
    pub(super) over: &'static str,
    pub(super) busy: &'static str,
    pub(super) by_hand: &'static str,
    pub(super) consents: &'static str,
    pub(super) consents_lead: &'static str,
    pub(super) yes: &'static str,
    pub(super) no: &'static str,
    pub(super) never_answered: &'static str,
    pub(super) said_yes: &'static str,
    pub(super) yes_with_data: &'static str,
    pub(super) took_back: &'static str,
    pub(super) asked_anew: &'static str,
    pub(super) say_yes: &'static str,
    pub(super) take_back: &'static str,
    pub(super) yes_noted: &'static str,
    pub(super) yes_noted_lead: &'static str,
    pub(super) no_noted: &'static str,
    pub(super) no_noted_lead: &'static str,
    pub(super) consent_receipt: &'static str,
    pub(super) correct: &'static str,
    pub(super) correct_lead: &'static str,
    pub(super) correct_do: &'static str,
    pub(super) new_value: &'static str,
    pub(super) address_how: &'static str,
    pub(super) phone_how: &'static str,
    pub(super) account_how: &'static str,
    pub(super) birth_how: &'static str,
    pub(super) preference_how: &'static str,
    pub(super) corrected: &'static str,
    pub(super) corrected_lead: &'static str,
    pub(super) corrected_contact: &'static str,
    pub(super) corrected_email: &'static str,
    pub(super) corrected_account: &'static str,
    pub(super) means_phone: &'static str,
    pub(super) means_account: &'static str,
    pub(super) means_birth: &'static str,
    pub(super) means_email: &'static str,
    pub(super) means_only_email: &'static str,
    pub(super) counts_from: &'static str,
    pub(super) account_from: &'static str,
    pub(super) waits: &'static str,
    pub(super) same_value: &'static str,
    pub(super) too_soon: &'static str,
    pub(super) objection: &'static str,
    pub(super) objection_lead: &'static str,
    pub(super) object: &'static str,
    pub(super) objection_hint: &'static str,
    pub(super) objected: &'static str,
    pub(super) objected_lead: &'static str,
    pub(super) objection_over: &'static str,
}

impl Words {
    pub(super) fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
        }
    }
}

/// What a customer had limited.
pub(super) fn limit(limit: UseLimit, language: Language) -> &'static str {
    match (limit, language) {
        (UseLimit::Restricted, Language::English) => {
            "The use of your data is restricted, as you asked. We keep it, and nobody here sees it."
        }
        (UseLimit::Restricted, Language::German) => {
            "Ihre Daten sind gesperrt, wie Sie es wollten. Wir heben sie auf, und niemand hier sieht sie an."
        }
        (UseLimit::Objected, Language::English) => {
            "You objected to the use of your data. We use it only for your contract or where a law asks for it."
        }
        (UseLimit::Objected, Language::German) => {
            "Sie haben der Nutzung widersprochen. Wir nutzen Ihre Daten nur für Ihren Vertrag oder weil ein Gesetz es verlangt."
        }
    }
}

impl Words {
    /// What came of what a customer told us.
    pub(super) fn news(&self, news: &OwnNews) -> &'static str {
        match news.found {
            None if news.acknowledged => self.told_read,
            None => self.told_waits,
            Some(Found::Explained) => self.told_explained,
            Some(Found::Stopped) => self.told_stopped,
            Some(Found::Mistake) => self.told_mistake,
            Some(Found::Unclear) => self.told_unclear,
        }
    }
}

/// Why a customer can't be erased.
pub(super) fn hold(hold: Hold, language: Language) -> &'static str {
    match (hold, language) {
        (Hold::Litigation, Language::English) => "it is needed for a legal claim.",
        (Hold::Litigation, Language::German) => "Es wird für einen Rechtsstreit gebraucht.",
        // Who is suspected isn't told so here.
        (Hold::Authority | Hold::FraudEvidence | Hold::Reported, Language::English) => {
            "the law or an open matter asks for it."
        }
        (Hold::Authority | Hold::FraudEvidence | Hold::Reported, Language::German) => {
            "Das Gesetz oder eine offene Sache verlangt es."
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::reading::{self, words};

    /// The sentences of a language's file: labels of two or three words say nothing about reading.
    fn sentences(source: &str) -> Vec<String> {
        let texts = source.split('"').skip(1).step_by(2).filter(|text| text.contains(' ') && text.contains('.'));
        let all: String = texts.map(|text| format!("{text}. ")).collect();
        reading::sentences(&all)
    }

    /// Flesch-Kincaid grade level.
    fn grade(source: &str) -> f64 {
        reading::grade(&sentences(source))
    }

    /// LIX: below 30 children's books, 40 fiction, 50 newspapers, 60 official texts.
    fn lix(source: &str) -> f64 {
        let sentences = sentences(source);
        let words = words(&sentences);
        let long = words.iter().filter(|word| word.chars().count() > 6).count();
        words.len() as f64 / sentences.len() as f64 + 100.0 * long as f64 / words.len() as f64
    }

    #[test]
    fn the_page_is_easy_to_read_in_both_languages() {
        let (english, german) = (include_str!("words/english.rs"), include_str!("words/german.rs"));
        assert!(grade(english) <= 8.0, "grade {}", grade(english));
        assert!(lix(german) <= 40.0, "LIX {}", lix(german));
        let hard = "Utilisation of pseudonymised categorisation necessitates organisational documentation. ";
        assert!(grade(&english.replace("Write to us", hard)) > grade(english), "the measure measures");
    }
}
