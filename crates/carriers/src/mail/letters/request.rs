//! Letters about a customer's request by right. None holds a link, a value or a name.

use super::Written;
use domain::{Declined, Right};
use plan::Language;
use vault::{Mail, RequestId, RequestNews};

pub(super) fn write(
    mail: &Mail<'_>,
    (number, right, news): (RequestId, Right, &RequestNews),
    language: Language,
) -> Written {
    let (company, contact) = (mail.company, mail.contact);
    let what = right_words(right, language);
    match language {
        Language::English => Written {
            subject: format!("Your request to {company}"),
            text: format!(
                "This is about the request {what}, number {number}.\n\n{}\n\nQuestions: {contact}\n",
                english(news, right, company)
            ),
        },
        Language::German => Written {
            subject: format!("Ihr Antrag an {company}"),
            text: format!(
                "Es geht um den Antrag {what}, Nummer {number}.\n\n{}\n\nFragen: {contact}\n",
                german(news, right, company)
            ),
        },
    }
}

fn english(news: &RequestNews, right: Right, company: &str) -> String {
    match news {
        RequestNews::Code(code) => format!(
            "The code for it is {}\n\nTell it to whoever handles your request; it shows that the request is yours. It opens nothing and \
             counts once, for 14 days. If you didn't ask for anything, tell the code to nobody, and write to us.",
            super::spaced(code)
        ),
        RequestNews::Longer(due) => format!(
            "We need more time to answer it, until {} at the latest: it is complex, or there are many. You may complain to a data \
             protection authority.",
            last_day(*due)
        ),
        RequestNews::Refused(why) => format!(
            "We don't do what was asked: {}. You may complain to a data protection authority, or go to court.",
            declined(*why, Language::English)
        ),
        RequestNews::Withdrawn => {
            "We noted that you took it back, and do nothing more for it. If you didn't, write to us.".to_owned()
        }
        RequestNews::Ready => format!(
            "The answer is ready. Open the page \"Your data\" of {company}, sign in with a code that comes to this address, and take your \
             copy there: it has all that is held of you. The same page says what for, who looked and why, and what you agreed to. Cards \
             and notes are in it in a short form, as a card's number is shown to nobody and a note may tell of others."
        ),
        // What only customers correct isn't done by this answer, and what nobody corrects here is told by whoever can.
        RequestNews::Done if right == Right::Rectification => format!(
            "It is answered. Your name, postal address, phone number, e-mail address, bank account, date of birth and wishes you correct \
             yourself, on the page \"Your data\" of {company}, where you sign in with a code that comes to this address. Anything else, \
             such as a card or an order, isn't corrected there: what was done about it, whoever handled your request tells you in their \
             own words. If they didn't, write to us."
        ),
        RequestNews::Done => format!(
            "It is answered: what you asked for counts from now on. You can read it on the page \"Your data\" of {company}, where you \
             sign in with a code that comes to this address."
        ),
        RequestNews::Ends => format!(
            "What you had limited is to end within seven days: {company} may then use your data again as before. If you don't agree, write to us."
        ),
        RequestNews::Erased(by) => format!(
            "What was held of you is erased. From {} on no backup can be read either. Ask us for the certificate, with this number.",
            day(*by)
        ),
    }
}

fn german(news: &RequestNews, right: Right, company: &str) -> String {
    match news {
        RequestNews::Code(code) => format!(
            "Der Code dafür ist {}\n\nNennen Sie ihn der Person, die Ihren Antrag bearbeitet; er zeigt, dass der Antrag von Ihnen ist. Er \
             öffnet nichts und gilt einmal, 14 Tage lang. Wenn Sie nichts beantragt haben, nennen Sie ihn niemandem und schreiben Sie uns.",
            super::spaced(code)
        ),
        RequestNews::Longer(due) => format!(
            "Wir brauchen länger für die Antwort, spätestens bis {}: Der Antrag ist aufwendig, oder es sind viele. Sie können sich bei \
             einer Datenschutzbehörde beschweren.",
            last_day(*due)
        ),
        RequestNews::Refused(why) => format!(
            "Wir tun nicht, was beantragt wurde: {}. Sie können sich bei einer Datenschutzbehörde beschweren oder vor Gericht gehen.",
            declined(*why, Language::German)
        ),
        RequestNews::Withdrawn => {
            "Wir haben vermerkt, dass Sie ihn zurückziehen, und tun nichts weiter dafür. Wenn nicht, schreiben Sie uns."
                .to_owned()
        }
        RequestNews::Ready => format!(
            "Die Antwort ist fertig. Öffnen Sie die Seite „Ihre Daten“ von {company}, melden Sie sich mit einem Code an, der an diese \
             Adresse geht, und holen Sie dort Ihre Kopie: Sie enthält alles, was über Sie gespeichert ist. Dieselbe Seite sagt, wofür, wer \
             es ansah und warum, und wozu Sie Ja gesagt haben. Karten und Notizen stehen in Kurzform darin, denn eine Kartennummer wird \
             niemandem gezeigt, und eine Notiz kann von anderen handeln."
        ),
        RequestNews::Done if right == Right::Rectification => format!(
            "Er ist beantwortet. Namen, Anschrift, Telefonnummer, E-Mail-Adresse, Bankkonto, Geburtsdatum und Wünsche berichtigen Sie \
             selbst, auf der Seite „Ihre Daten“ von {company}. Dort melden Sie sich mit einem Code an, der an diese Adresse geht. Anderes, \
             etwa eine Karte oder eine Bestellung, wird dort nicht berichtigt: Was damit geschah, sagt Ihnen mit eigenen Worten, wer \
             Ihren Antrag bearbeitet hat. Wenn nicht, schreiben Sie uns."
        ),
        RequestNews::Done => format!(
            "Er ist beantwortet: Was Sie beantragt haben, gilt von jetzt an. Sie lesen es auf der Seite „Ihre Daten“ von {company}. Dort \
             melden Sie sich mit einem Code an, der an diese Adresse geht."
        ),
        RequestNews::Ends => format!(
            "Was Sie einschränken ließen, soll binnen sieben Tagen enden: Dann darf {company} Ihre Daten wieder wie zuvor nutzen. Wenn Sie \
             nicht einverstanden sind, schreiben Sie uns."
        ),
        RequestNews::Erased(by) => format!(
            "Was über Sie gespeichert war, ist gelöscht. Ab {} ist auch keine Sicherung mehr lesbar. Die Bescheinigung bekommen Sie von \
             uns mit dieser Nummer.",
            day(*by)
        ),
    }
}

fn right_words(right: Right, language: Language) -> &'static str {
    let (english, german) = match right {
        Right::Access => ("to know what is held of you", "auf Auskunft, was über Sie gespeichert ist"),
        Right::Rectification => ("to correct what is held of you", "auf Berichtigung Ihrer Daten"),
        Right::Erasure => ("to erase what is held of you", "auf Löschung Ihrer Daten"),
        Right::Restriction => ("to restrict the use of your data", "auf Einschränkung der Verarbeitung"),
        Right::Portability => ("to take your data with you", "auf Mitnahme Ihrer Daten"),
        Right::Objection => ("to object to a use of your data", "auf Widerspruch gegen eine Verarbeitung"),
    };
    said((english, german), language)
}

fn declined(why: Declined, language: Language) -> &'static str {
    let pair = match why {
        Declined::NotIdentified => {
            ("it wasn't shown that the request is yours", "es wurde nicht gezeigt, dass der Antrag von Ihnen ist")
        }
        Declined::NothingHeld => ("nothing is held of you", "über Sie ist nichts gespeichert"),
        Declined::Unfounded => ("it is manifestly unfounded", "er ist offenkundig unbegründet"),
        Declined::Excessive => {
            ("it is excessive, as it was made again and again", "er ist exzessiv, da er immer wieder kommt")
        }
        Declined::MustBeKept => {
            ("the law says that the data must be kept", "das Gesetz verlangt, die Daten aufzuheben")
        }
    };
    said(pair, language)
}

fn said((english, german): (&'static str, &'static str), language: Language) -> &'static str {
    match language {
        Language::English => english,
        Language::German => german,
    }
}

/// `2026-12-28`, in UTC.
fn day(at: domain::Millis) -> String {
    at.to_string().chars().take(10).collect()
}

/// The day before the moment at which it is too late.
fn last_day(due: domain::Millis) -> String {
    day(due.plus(-1))
}
