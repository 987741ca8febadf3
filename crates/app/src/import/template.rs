//! Templates: text with names in braces.

/// A template's parts, in order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Template(pub(super) Vec<Part>);

/// Text as it is, or the value of a name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// As it is.
    Text(String),
    /// The value of this name.
    Name(String),
}

impl Template {
    /// Reads a template; it must hold a name.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
            } else if brace == "{" {
                let (name, after) = rest.split_once('}').ok_or("a brace isn't closed")?;
                if name.is_empty() || name.contains('{') {
                    return Err("a name in braces is missing");
                }
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(Part::Name(name.to_owned()));
                rest = after;
            } else {
                return Err("a brace isn't opened");
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        let names = parts.iter().any(|part| matches!(part, Part::Name(_)));
        names.then_some(Self(parts)).ok_or("the template names nothing")
    }

    /// The names in it.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, Template};

    #[test]
    fn names_and_braces() {
        let name = |name: &str| Part::Name(name.to_owned());
        let text = |text: &str| Part::Text(text.to_owned());
        assert_eq!(Template::parse("{a}|{/b/c}").unwrap().0, [name("a"), text("|"), name("/b/c")]);
        assert_eq!(Template::parse("x{{{a}}}y").unwrap().0, [text("x{"), name("a"), text("}y")]);
        assert_eq!(Template::parse("{a}").unwrap().names().collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn broken_ones_are_refused() {
        for wrong in ["", "plain", "{a", "a}", "{}", "{a{b}", "{{a}}"] {
            assert!(Template::parse(wrong).is_err(), "{wrong}");
        }
    }
}
