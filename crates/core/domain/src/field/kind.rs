//! The ten built-in kinds of field.

/// A kind of field of a customer record. The number is stored and bound into seals: it never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum FieldKind {
    /// What the customer is called.
    Name = 1,
    /// Where post and parcels go.
    PostalAddress = 2,
    /// A telephone number, kept in E.164 form.
    Phone = 3,
    /// An e-mail address.
    Email = 4,
    /// The day the customer was born, as ISO 8601 date.
    DateOfBirth = 5,
    /// A payment card's number and, if known, its expiry.
    Card = 6,
    /// A bank account, as IBAN.
    BankAccount = 7,
    /// One order: number, date, amount and items.
    Order = 8,
    /// One `key=value` wish, such as a time of delivery.
    Preference = 9,
    /// Free text that staff wrote about the customer.
    Note = 10,
}

impl FieldKind {
    /// Every kind, in the order of their codes.
    pub const ALL: [Self; 10] = [
        Self::Name,
        Self::PostalAddress,
        Self::Phone,
        Self::Email,
        Self::DateOfBirth,
        Self::Card,
        Self::BankAccount,
        Self::Order,
        Self::Preference,
        Self::Note,
    ];

    /// Is it the same kind, or one with which it makes up what a customer is found by?
    #[must_use]
    pub fn goes_with(self, other: Self) -> bool {
        let pairs = [[Self::Name, Self::PostalAddress], [Self::Card, Self::Order]];
        self == other || pairs.iter().any(|pair| pair.contains(&self) && pair.contains(&other))
    }

    /// Is a customer found by it, alone or with another?
    #[must_use]
    pub fn is_indexed(self) -> bool {
        use FieldKind::{Card, Email, Name, Order, Phone, PostalAddress};
        matches!(self, Name | PostalAddress | Phone | Email | Card | Order)
    }

    /// The number that is stored.
    #[must_use]
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// The kind with this stored number, if there is one.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The name in URLs, JSON and policies: lower-case ASCII letters and `_`.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::PostalAddress => "postal_address",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::DateOfBirth => "date_of_birth",
            Self::Card => "card",
            Self::BankAccount => "bank_account",
            Self::Order => "order",
            Self::Preference => "preference",
            Self::Note => "note",
        }
    }

    /// The kind with exactly this slug, if there is one.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.slug() == slug)
    }

    /// The name that people read.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::PostalAddress => "Postal address",
            Self::Phone => "Phone",
            Self::Email => "E-mail",
            Self::DateOfBirth => "Date of birth",
            Self::Card => "Card",
            Self::BankAccount => "Bank account",
            Self::Order => "Order",
            Self::Preference => "Preference",
            Self::Note => "Note",
        }
    }

    /// Why this kind is hidden, in one or two sentences for the person who sees only the mask.
    #[must_use]
    pub const fn why_masked(self) -> &'static str {
        match self {
            Self::Name => {
                "A full name ties everything else here to one person. Initials are enough to greet and to check."
            }
            Self::PostalAddress => {
                "An address tells where somebody sleeps. It can bring a stalker or a burglar to the door."
            }
            Self::Phone => "A phone number lets anybody call, and it opens accounts through text-message codes.",
            Self::Email => "An e-mail address is the key to password resets and the start of most fraud by message.",
            Self::DateOfBirth => "A date of birth never changes and is asked for as proof nearly everywhere.",
            Self::Card => {
                "A full card number can be spent by whoever reads it. The brand and last four digits tell cards apart."
            }
            Self::BankAccount => "An account number is enough to set up a debit or a convincing fraud.",
            Self::Order => {
                "What somebody buys can tell of health, faith or family. The date and the number's end find the order."
            }
            Self::Preference => "Wishes about delivery and contact tell when somebody is at home and how they live.",
            Self::Note => "Notes hold whatever was said on a bad day. They are opened only when the work needs them.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_slugs_find_their_kind() {
        for kind in FieldKind::ALL {
            assert_eq!(FieldKind::from_code(kind.code()), Some(kind));
            assert_eq!(FieldKind::from_slug(kind.slug()), Some(kind));
            assert!(kind.why_masked().ends_with('.'));
        }
    }

    #[test]
    fn unknown_codes_and_slugs_find_nothing() {
        for code in [0, 11, u16::MAX] {
            assert_eq!(FieldKind::from_code(code), None);
        }
        for slug in ["", "Name", "postal address", "name "] {
            assert_eq!(FieldKind::from_slug(slug), None);
        }
    }

    #[test]
    fn codes_are_the_stored_ones() {
        let codes: Vec<u16> = FieldKind::ALL.into_iter().map(FieldKind::code).collect();
        assert_eq!(codes, (1..=10).collect::<Vec<u16>>());
    }
}
