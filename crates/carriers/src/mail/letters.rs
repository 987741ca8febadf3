//! The letters' words. They say what happened and what to do, never whose data it is about. None holds a link, as who is used to
//! links in such mail follows others' too; but the one of a correction does: it comes unasked, and whoever must object to it has
//! no way in.

use plan::Language;
use vault::{Letter, Mail};

mod request;

/// A letter.
pub(super) struct Written {
    pub(super) subject: String,
    pub(super) text: String,
}

pub(super) fn write(mail: &Mail<'_>) -> Written {
    let (company, contact) = (mail.company, mail.contact);
    match (mail.letter, mail.language) {
        (Letter::Code(code), Language::English) => Written {
            subject: format!("Your code for {company}"),
            text: format!(
                "Your code is {}\n\nEnter it on the page that you have open. It counts once, for ten minutes, in that browser \
                 only.\n\nNobody of {company} will ask you for it: don't read it out to anybody. If you didn't ask for it, do \
                 nothing: without it nobody gets in.\n\nQuestions: {contact}\n",
                spaced(code)
            ),
        },
        (Letter::Corrected { field, link }, Language::English) => Written {
            subject: format!("Was it you? Something is being changed at {company}"),
            text: format!(
                "On the page \"Your data\" of {company}, somebody is changing this: {}.\n\nIf it was you, do nothing. If it was not you, open \
                 this page within 14 days and press its button:\n\n{}\n\nThen what was changed counts for nothing, and somebody looks at \
                 what happened. The page asks for no password, no code and no data: leave any page that does.\n\nQuestions: \
                 {contact}\n",
                plan::Kind::Field(*field).words().said(mail.language),
                link.as_str()
            ),
        },
        (Letter::Corrected { field, link }, Language::German) => Written {
            subject: format!("Waren Sie das? Bei {company} wird etwas geändert"),
            text: format!(
                "Auf der Seite „Ihre Daten“ von {company} ändert jemand dies: {}.\n\nWaren Sie es, tun Sie nichts. Waren Sie es nicht, \
                 öffnen Sie binnen 14 Tagen diese Seite und drücken Sie den Knopf darauf:\n\n{}\n\nDann zählt das Geänderte nicht, und \
                 jemand sieht nach, was geschehen ist. Die Seite fragt nach keinem Passwort, keinem Code und keinen Daten: Verlassen \
                 Sie jede, die es tut.\n\nFragen: {contact}\n",
                plan::Kind::Field(*field).words().said(mail.language),
                link.as_str()
            ),
        },
        (Letter::Board { number, what, .. }, _) => Written {
            subject: format!("{company}: sealed {} {number} to the board", what.slug()),
            text: format!(
                "A sealed {} to the board is attached, number {number}. It opens with your own key only:\n\nringfence board read \
                 board-{number}.txt\n\nThat the next one comes in time, your own program watches: ringfence board check. Nobody asks you \
                 for your key.\n\nQuestions: {contact}\n",
                what.slug()
            ),
        },
        (Letter::Request { number, right, news }, language) => request::write(mail, (*number, *right, news), language),
        (Letter::Code(code), Language::German) => Written {
            subject: format!("Ihr Code für {company}"),
            text: format!(
                "Ihr Code ist {}\n\nGeben Sie ihn auf der Seite ein, die Sie offen haben. Er gilt einmal, zehn Minuten lang und nur \
                 in diesem Browser.\n\nNiemand von {company} fragt Sie danach: Lesen Sie ihn niemandem vor. Wenn Sie ihn nicht \
                 angefordert haben, tun Sie nichts: Ohne ihn kommt niemand hinein.\n\nFragen: {contact}\n",
                spaced(code)
            ),
        },
    }
}

/// In two groups, as people read digits.
fn spaced(code: &str) -> String {
    let (first, second) = code.split_at_checked(code.len() / 2).unwrap_or((code, ""));
    format!("{first} {second}")
}
