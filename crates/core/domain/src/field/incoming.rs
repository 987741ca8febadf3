//! A plain value on its way in.

use zeroize::Zeroizing;

use super::{FieldError, FieldKind, SearchTerm, rules::rules_of, text::MAX_RAW_BYTES};

/// A plain value on its way in: parsed and canonical.
///
/// It is wiped from memory when dropped and can't be printed, copied or serialised.
pub struct Incoming {
    kind: FieldKind,
    canonical: Zeroizing<String>,
}

impl Incoming {
    /// Reads raw text (UTF-8, at most 8 KiB) as a value of this kind.
    ///
    /// # Errors
    /// If the text isn't a value of this kind; the error doesn't repeat it.
    pub fn parse(kind: FieldKind, raw: &str) -> Result<Self, FieldError> {
        refuse_huge(kind, raw)?;
        let canonical = rules_of(kind).parse(raw)?;
        Ok(Self { kind, canonical })
    }

    /// The kind that the value was read as.
    #[must_use]
    pub const fn kind(&self) -> FieldKind {
        self.kind
    }

    /// The text that is sealed. Parsing it again as the same kind gives the same text.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// What staff see instead of the value. Its length depends on the kind and on what it shows, never on the rest.
    #[must_use]
    pub fn mask(&self) -> String {
        rules_of(self.kind).mask(&self.canonical)
    }

    /// What "verify the caller" compares with [`comparable`]; empty if the value has nothing to compare, and then no
    /// answer matches.
    #[must_use]
    pub fn comparable(&self) -> Zeroizing<String> {
        rules_of(self.kind).comparable(&self.canonical)
    }

    /// The look-ups that this field alone serves; those that need two fields are made with
    /// [`postcode_family_name`](super::postcode_family_name) and [`card_last4_date`](super::card_last4_date).
    #[must_use]
    pub fn search_terms(&self) -> Vec<SearchTerm> {
        rules_of(self.kind).search_terms(&self.canonical)
    }
}

/// What a caller says, in the form that [`Incoming::comparable`] gives for the same value.
///
/// # Errors
/// If what was said can't be read as this kind, or has nothing to compare.
pub fn comparable(kind: FieldKind, said: &str) -> Result<Zeroizing<String>, FieldError> {
    refuse_huge(kind, said)?;
    let comparable = rules_of(kind).said(said)?;
    if comparable.is_empty() {
        return Err(FieldError::new(kind, "there is nothing to compare", "ask the caller again"));
    }
    Ok(comparable)
}

/// Refuses text that is longer than any field, before any other work is done on it.
pub(super) fn refuse_huge(kind: FieldKind, raw: &str) -> Result<(), FieldError> {
    if raw.len() > MAX_RAW_BYTES {
        return Err(FieldError::new(kind, "the text is longer than 8 KiB", "send one value only"));
    }
    Ok(())
}

#[cfg(test)]
#[path = "incoming_tests.rs"]
mod tests;
