//! What each kind of field must be able to do. One unit struct per kind, in its own file.

use zeroize::Zeroizing;

use super::{
    FieldError, FieldKind, SearchTerm, bank_account::BankAccount, card::Card, date_of_birth::DateOfBirth, email::Email,
    name::Name, note::Note, order::Order, phone::Phone, postal_address::PostalAddress, preference::Preference,
};

/// The hidden part of every mask: six bullets, however long the value is.
pub(super) const BULLETS: &str = "••••••";

/// The rules of one kind. `canonical` is always text that `parse` of the same kind returned.
pub(super) trait Rules {
    /// Reads raw text of at most [`MAX_RAW_BYTES`](super::text::MAX_RAW_BYTES); parsing its own result changes nothing.
    fn parse(&self, raw: &str) -> Result<Zeroizing<String>, FieldError>;
    /// What staff see: its length doesn't depend on the hidden part.
    fn mask(&self, canonical: &str) -> String;
    /// What is compared when a caller is verified; empty means that nothing can match.
    fn comparable(&self, canonical: &str) -> Zeroizing<String>;
    /// The same form, from what a caller says.
    fn said(&self, said: &str) -> Result<Zeroizing<String>, FieldError>;
    /// The exact look-ups that this field alone serves.
    fn search_terms(&self, _canonical: &str) -> Vec<SearchTerm> {
        Vec::new()
    }
}

/// The rules of this kind.
pub(super) fn rules_of(kind: FieldKind) -> &'static dyn Rules {
    match kind {
        FieldKind::Name => &Name,
        FieldKind::PostalAddress => &PostalAddress,
        FieldKind::Phone => &Phone,
        FieldKind::Email => &Email,
        FieldKind::DateOfBirth => &DateOfBirth,
        FieldKind::Card => &Card,
        FieldKind::BankAccount => &BankAccount,
        FieldKind::Order => &Order,
        FieldKind::Preference => &Preference,
        FieldKind::Note => &Note,
    }
}
