//! The letters' words. They say what happened and what to do, never whose data it is about, and hold no link: who is used to
//! links in such mail follows others' too.

use plan::Language;
use vault::{Letter, Mail};

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
