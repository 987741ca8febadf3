//! Words in the languages that customers are written to.

/// A language of the notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its tag (BCP 47).
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The language with this tag.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }
}

/// The same said in each language.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Words {
    /// In English.
    pub en: String,
    /// In German.
    pub de: String,
}

impl Words {
    /// In this language.
    #[must_use]
    pub fn said(&self, language: Language) -> &str {
        match language {
            Language::English => &self.en,
            Language::German => &self.de,
        }
    }

    /// The same text in each language.
    pub(crate) fn once(text: String) -> Self {
        Self { de: text.clone(), en: text }
    }

    /// Each text, once.
    pub(crate) fn each(&self) -> impl Iterator<Item = &str> {
        let german = (self.de != self.en).then_some(self.de.as_str());
        core::iter::once(self.en.as_str()).chain(german)
    }

    pub(crate) fn of(en: &str, de: &str) -> Self {
        Self { en: en.to_owned(), de: de.to_owned() }
    }
}
