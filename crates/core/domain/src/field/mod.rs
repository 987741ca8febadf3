//! The kinds of field that a customer record holds: how each is parsed, normalised, compared and masked.
//!
//! In scope: from raw text to the one canonical form that is sealed, the fixed-length mask that staff work with,
//! the form that "verify the caller" compares, and the normalised terms of the blind indexes. Out of scope: sealing,
//! keyed hashing and storing; nothing here keeps a value or writes one to a log.
//!
//! Every value is held in [`Zeroizing`](zeroize::Zeroizing) strings and no error repeats what was typed.

mod bank_account;
mod card;
mod country;
mod date;
mod date_of_birth;
mod email;
mod error;
mod hidden_numbers;
mod incoming;
mod index;
mod kind;
mod letters;
mod name;
mod note;
mod order;
mod phone;
mod postal_address;
mod preference;
mod rules;
mod spoken_address;
mod text;

/// A name as it is compared: lower case, without accents, punctuation and what nobody sees, one space between words. Of one without
/// letters and digits nothing is left.
#[must_use]
pub fn folded(name: &str) -> String {
    text::fold(name).to_string()
}

pub use error::FieldError;
pub use incoming::{Incoming, comparable};
pub use index::{
    IndexKind, SearchTerm, card_last4_date, postcode_family_name, query_card_last4_date, query_email, query_order,
    query_phone, query_postcode_family_name,
};
pub use kind::FieldKind;
