//! The notice as text and as HTML, and what differs between two.

use super::{Block, Notice};
use crate::words::Language;
use std::collections::BTreeMap;
use std::fmt;

/// As text.
impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        for section in &self.sections {
            writeln!(f, "\n{}", section.title.to_uppercase())?;
            for block in &section.blocks {
                writeln!(f)?;
                if !block.title.is_empty() {
                    writeln!(f, "{}", block.title)?;
                }
                for line in &block.lines {
                    writeln!(f, "  {}", line.text)?;
                }
            }
        }
        Ok(())
    }
}

impl Notice {
    /// As HTML: headings and lists, for the inside of a page's `main`.
    #[must_use]
    pub fn html(&self) -> String {
        let mut out = format!("<h1>{}</h1>\n", escaped(&self.title));
        for section in &self.sections {
            out.push_str(&format!("<section>\n<h2>{}</h2>\n", escaped(section.title)));
            for Block { title, lines } in &section.blocks {
                if !title.is_empty() {
                    out.push_str(&format!("<h3>{}</h3>\n", escaped(title)));
                }
                let items: String = lines.iter().map(|line| format!("<li>{}</li>\n", escaped(&line.text))).collect();
                out.push_str(&format!("<ul>\n{items}</ul>\n"));
            }
            out.push_str("</section>\n");
        }
        out
    }

    /// What differs from an older notice of the same language, a sentence each. Nothing where they say the same.
    #[must_use]
    pub fn changes(&self, older: &Self) -> Vec<String> {
        let (old, new) = (older.said(), self.said());
        let (more, less) = match self.language {
            Language::English => ("We now say", "We no longer say"),
            Language::German => ("Neu sagen wir", "Nicht mehr sagen wir"),
        };
        let told = |verb: &str, (title, text): (&str, &str)| {
            let title = if title.is_empty() { String::new() } else { format!(" ({title})") };
            format!("{verb}{title}: {text}")
        };
        let gone = old.iter().filter(|(line, times)| new.get(*line).copied().unwrap_or(0) < **times);
        let come = new.iter().filter(|(line, times)| old.get(*line).copied().unwrap_or(0) < **times);
        gone.map(|(line, _)| told(less, *line)).chain(come.map(|(line, _)| told(more, *line))).collect()
    }

    /// Each line under its title, and how often.
    fn said(&self) -> BTreeMap<(&str, &str), usize> {
        let mut said = BTreeMap::new();
        let blocks = self.sections.iter().flat_map(|section| &section.blocks);
        for (block, line) in blocks.flat_map(|block| block.lines.iter().map(move |line| (block, line))) {
            *said.entry((block.title.as_str(), line.text.as_str())).or_default() += 1;
        }
        said
    }
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, letter| {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            letter => out.push(letter),
        }
        out
    })
}
