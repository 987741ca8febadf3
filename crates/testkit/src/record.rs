//! Invented customers. Numbers and addresses are from the ranges reserved for examples.

use domain::FieldKind;
use domain::field::Incoming;
use std::collections::BTreeSet;
use vault::NewRecord;

/// Ana's name.
pub const NAME: &str = "Ana Diaz";
/// Ana's number.
pub const PHONE: &str = "+442079460018";
/// Ana's address for mail.
pub const EMAIL: &str = "ana.diaz@example.org";
/// Ana's postcode.
pub const POSTCODE: &str = "LS1 4AB";
/// Ana's date of birth.
pub const DATE_OF_BIRTH: &str = "1984-02-29";
/// Ana's card.
pub const CARD: &str = "4111111111111111|12/30";
/// Ana's account.
pub const IBAN: &str = "GB82WEST12345698765432";
/// Ana's order.
pub const ORDER: &str = "RF-1042-417|2026-11-02|1999|GBP|lamp";

/// A record of these values.
///
/// # Panics
/// If a value isn't of its kind.
#[must_use]
pub fn record(values: &[(FieldKind, &str)]) -> NewRecord {
    let values = values.iter().map(|(kind, raw)| Incoming::parse(*kind, raw).unwrap()).collect();
    NewRecord { values, guard: None, agreed: BTreeSet::new(), since: None }
}

/// A customer with a value of every kind but a note.
#[must_use]
pub fn ana() -> NewRecord {
    record(&[
        (FieldKind::Name, NAME),
        (FieldKind::PostalAddress, "12 High St|Leeds|LS1 4AB|GB"),
        (FieldKind::Phone, PHONE),
        (FieldKind::Email, EMAIL),
        (FieldKind::DateOfBirth, DATE_OF_BIRTH),
        (FieldKind::Card, CARD),
        (FieldKind::BankAccount, IBAN),
        (FieldKind::Order, ORDER),
        (FieldKind::Preference, "delivery=evening"),
    ])
}

/// A customer of whom little is known.
#[must_use]
pub fn name_and_phone(name: &str, phone: &str) -> NewRecord {
    record(&[(FieldKind::Name, name), (FieldKind::Phone, phone)])
}
