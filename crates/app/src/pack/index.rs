//! The page that a buyer opens first: self-contained, without a script.

use super::answers::Answer;
use super::drilled::Drilled;
use std::fmt::Write as _;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}\
    h1,h2{line-height:1.2}h3{margin:.5rem 0 0;font-size:1rem}article{border-top:1px solid #c9d1dc;padding:.6rem 0;break-inside:avoid}\
    p,ul{margin:.2rem 0}.yes{color:#11633a;font-weight:600}.no{color:#8a1c1c;font-weight:600}small,li{color:#4a5565}\
    code{overflow-wrap:anywhere}\
    @media(prefers-color-scheme:dark){body{color:#e6ebf2;background:#141a22}article{border-color:#39434f}.yes{color:#7fd8a6}.no{color:#ff9c94}\
    small,li{color:#aab6c5}a{color:#9cc4ff}}";

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// What the page is made of.
pub(super) struct Page<'a> {
    pub(super) company: &'a str,
    pub(super) origin: &'a str,
    pub(super) at: &'a str,
    pub(super) rehearsal: bool,
    pub(super) answers: &'a [Answer],
    pub(super) drilled: &'a [Drilled],
}

impl Page<'_> {
    /// As HTML.
    pub(super) fn html(&self) -> String {
        let (company, origin, at) = (escaped(self.company), escaped(self.origin), escaped(self.at));
        let placed = self.answers.iter().filter(|answer| answer.in_place).count();
        let held = self.drilled.iter().filter(|one| one.held()).count();
        let rehearsal = if self.rehearsal {
            "<p class=\"no\">A rehearsal: it is of a centre that was made for it, and says nothing of anybody’s.</p>"
        } else {
            ""
        };
        let mut out = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <meta name=\"color-scheme\" content=\"light dark\"><title>How {company} guards customers’ data</title><style>{STYLE}</style></head>\n\
             <body><main><h1>How {company} guards customers’ data</h1>{rehearsal}\n\
             <p>Made at {at} from what is in force. {placed} of {} answers say that something is in place; {held} of {} attacks were refused, all \
             carried out for your nonce. Nothing here is to be believed for being written: \
             <code>ringfence pack verify FILE --nonce YOURS --key KEY</code> checks each part and answer without a network, against the log \
             <code>{origin}</code>, whose key you have from elsewhere.</p>\n",
            self.answers.len(),
            self.drilled.len(),
        );
        let mut theme = "";
        for answer in self.answers {
            if answer.theme != theme {
                theme = &answer.theme;
                // Writing to a string can't fail.
                let _ = writeln!(out, "<h2>{}</h2>", escaped(theme));
            }
            out.push_str(&article(answer));
        }
        out.push_str("<h2>Attacks</h2>\n");
        for one in self.drilled {
            let (class, word) = if one.held() { ("yes", "refused") } else { ("no", "not shown to be refused") };
            let _ = writeln!(
                out,
                "<article><h3>{}</h3><p><span class=\"{class}\">{word}</span> <small>{} · {} · {}</small></p></article>",
                escaped(&one.tries),
                escaped(&one.drill),
                escaped(&one.at),
                escaped(&one.controls.join(", "))
            );
        }
        out.push_str("</main></body></html>\n");
        out
    }
}

fn article(answer: &Answer) -> String {
    let (class, word) = if answer.in_place { ("yes", "In place") } else { ("no", "Not in place") };
    let details: String = answer.details.iter().map(|line| format!("<li>{}</li>", escaped(line))).collect();
    let details = if details.is_empty() { details } else { format!("<ul>{details}</ul>") };
    let evidence = answer.evidence.iter().map(|one| escaped(&one.said())).collect::<Vec<_>>().join("; ");
    let evidence = if evidence.is_empty() { evidence } else { format!("<p><small>Rests on: {evidence}</small></p>") };
    format!(
        "<article id=\"{}\"><h3>{}</h3><p><span class=\"{class}\">{word}.</span> {}</p>{details}{evidence}</article>\n",
        escaped(&answer.id),
        escaped(&answer.question),
        escaped(&answer.answer),
    )
}
