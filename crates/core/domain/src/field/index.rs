//! Normalised terms of the blind indexes: exact look-up of a customer without opening anything.

use zeroize::Zeroizing;

use super::{
    FieldError, FieldKind, Incoming, card, date, email, incoming::refuse_huge, name, order, phone, postal_address,
};

/// An index by which a customer can be looked up. The number is stored and keys the index: it never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum IndexKind {
    /// A phone number in E.164 form.
    Phone = 1,
    /// An e-mail address in lower case.
    Email = 2,
    /// An order number without its punctuation.
    OrderNumber = 3,
    /// A postcode and a family name together.
    PostcodeFamilyName = 4,
    /// A card's last four digits and the date of an order together.
    CardLast4Date = 5,
}

impl IndexKind {
    /// Every index.
    pub const ALL: [Self; 5] =
        [Self::Phone, Self::Email, Self::OrderNumber, Self::PostcodeFamilyName, Self::CardLast4Date];

    /// The number that is stored.
    #[must_use]
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// The index with this number.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The kinds of field that it is made of.
    #[must_use]
    pub const fn fields(self) -> &'static [FieldKind] {
        match self {
            Self::Phone => &[FieldKind::Phone],
            Self::Email => &[FieldKind::Email],
            Self::OrderNumber => &[FieldKind::Order],
            Self::PostcodeFamilyName => &[FieldKind::PostalAddress, FieldKind::Name],
            Self::CardLast4Date => &[FieldKind::Card, FieldKind::Order],
        }
    }
}

/// One term of one index, before it is hashed with the index's key. Wiped when dropped; can't be printed.
pub struct SearchTerm {
    /// The index that the term belongs to.
    pub index: IndexKind,
    /// The same text for every way of writing the same thing; two parts of a composite are joined by `|`.
    pub normalised: Zeroizing<String>,
}

impl SearchTerm {
    pub(super) fn new(index: IndexKind, normalised: Zeroizing<String>) -> Self {
        Self { index, normalised }
    }
}

/// The term of a customer's address and name; `None` if the address has no postcode or the kinds are others.
#[must_use]
pub fn postcode_family_name(address: &Incoming, name: &Incoming) -> Option<SearchTerm> {
    if address.kind() != FieldKind::PostalAddress || name.kind() != FieldKind::Name {
        return None;
    }
    let postcode = postal_address::joined_postcode(address.canonical());
    let family = name::family_key(name.canonical());
    (!postcode.is_empty() && !family.is_empty())
        .then(|| SearchTerm::new(IndexKind::PostcodeFamilyName, join(&postcode, &family)))
}

/// The term of a customer's card and one order's date; `None` if the kinds are others.
#[must_use]
pub fn card_last4_date(card: &Incoming, order: &Incoming) -> Option<SearchTerm> {
    if card.kind() != FieldKind::Card || order.kind() != FieldKind::Order {
        return None;
    }
    let last4 = card::last4(card.canonical());
    let date = order::date_part(order.canonical());
    Some(SearchTerm::new(IndexKind::CardLast4Date, join(last4, date)))
}

/// A query by phone number, in any usual form; without `+` it is read as British.
///
/// # Errors
/// If it isn't a phone number.
pub fn query_phone(said: &str) -> Result<SearchTerm, FieldError> {
    refuse_huge(FieldKind::Phone, said)?;
    Ok(SearchTerm::new(IndexKind::Phone, phone::e164(said)?))
}

/// A query by e-mail address.
///
/// # Errors
/// If it isn't an e-mail address.
pub fn query_email(said: &str) -> Result<SearchTerm, FieldError> {
    refuse_huge(FieldKind::Email, said)?;
    Ok(SearchTerm::new(IndexKind::Email, email::lowered(said)?))
}

/// A query by order number, with or without its dashes.
///
/// # Errors
/// If it isn't an order number.
pub fn query_order(said: &str) -> Result<SearchTerm, FieldError> {
    refuse_huge(FieldKind::Order, said)?;
    Ok(SearchTerm::new(IndexKind::OrderNumber, order::number_key(said)?))
}

/// A query by postcode and family name together.
///
/// # Errors
/// If either can't be read.
pub fn query_postcode_family_name(postcode: &str, family: &str) -> Result<SearchTerm, FieldError> {
    refuse_huge(FieldKind::PostalAddress, postcode)?;
    refuse_huge(FieldKind::Name, family)?;
    let postcode = postal_address::said_postcode(postcode)?;
    let family = name::family_key(family);
    if family.is_empty() {
        return Err(FieldError::new(FieldKind::Name, "the family name is missing", "type the family name"));
    }
    Ok(SearchTerm::new(IndexKind::PostcodeFamilyName, join(&postcode, &family)))
}

/// A query by a card's last four digits and an order's date (`2026-11-02`, `2 Nov 2026` or `02/11/2026`).
///
/// # Errors
/// If the digits aren't exactly four, or the date can't be read.
pub fn query_card_last4_date(last4: &str, order_date: &str) -> Result<SearchTerm, FieldError> {
    refuse_huge(FieldKind::Card, last4)?;
    refuse_huge(FieldKind::Order, order_date)?;
    let last4 = card::said_last4(last4)?;
    let date = date::said(order_date).ok_or(FieldError::new(
        FieldKind::Order,
        "the date can't be read",
        "write it as year-month-day",
    ))?;
    Ok(SearchTerm::new(IndexKind::CardLast4Date, join(last4, &date::iso(date))))
}

fn join(first: &str, second: &str) -> Zeroizing<String> {
    let mut joined = Zeroizing::new(String::with_capacity(first.len() + second.len() + 1));
    joined.push_str(first);
    joined.push('|');
    joined.push_str(second);
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incoming(kind: FieldKind, raw: &str) -> Incoming {
        Incoming::parse(kind, raw).unwrap()
    }

    #[test]
    fn single_fields_are_found_by_any_spelling() {
        for (kind, raw, query) in [
            (FieldKind::Phone, "+44 20 7946 0018", query_phone("020 7946 0018")),
            (FieldKind::Email, "Ana.Diaz@Example.org", query_email(" ana.diaz@EXAMPLE.ORG")),
            (FieldKind::Order, "RF-1042-417|2026-11-02|1999|GBP|lamp", query_order("rf1042 417")),
        ] {
            let terms = incoming(kind, raw).search_terms();
            let query = query.unwrap();
            assert_eq!(terms.len(), 1);
            assert_eq!(terms[0].index, query.index);
            assert_eq!(terms[0].normalised, query.normalised);
        }
    }

    #[test]
    fn postcode_and_family_name_are_found_together() {
        let address = incoming(FieldKind::PostalAddress, "12 High St|Leeds|ls1 4ab|GB");
        for name in ["Ana Díaz", "Díaz, Ana", "Dr Ana Diaz Jr"] {
            let term = postcode_family_name(&address, &incoming(FieldKind::Name, name)).unwrap();
            for family in ["diaz", "DÍAZ ", "Ana Diaz"] {
                let query = query_postcode_family_name("LS14AB", family).unwrap();
                assert_eq!(query.normalised, term.normalised);
            }
        }
        assert!(query_postcode_family_name("LS1 4AB", " - ").is_err());
        assert!(query_postcode_family_name("", "Diaz").is_err());
    }

    #[test]
    fn card_end_and_order_date_are_found_together() {
        let card = incoming(FieldKind::Card, "4111 1111 1111 1111|12/30");
        let order = incoming(FieldKind::Order, "RF-1|2026-11-02|1999|GBP|lamp");
        let term = card_last4_date(&card, &order).unwrap();
        assert_eq!(*term.normalised, "1111|2026-11-02");
        assert_eq!(query_card_last4_date(" 1111", "2 Nov 2026").unwrap().normalised, term.normalised);
        for bad in ["111", "11111", "11a1", "", "¹¹¹¹"] {
            assert!(query_card_last4_date(bad, "2026-11-02").is_err(), "{bad:?}");
        }
        assert!(query_card_last4_date("1111", "2026-02-30").is_err());
    }

    #[test]
    fn wrong_kinds_have_no_composite() {
        let name = incoming(FieldKind::Name, "Ana Diaz");
        assert!(postcode_family_name(&name, &name).is_none());
        assert!(card_last4_date(&name, &name).is_none());
    }

    #[test]
    fn huge_queries_are_refused() {
        let huge = "1".repeat(9000);
        assert!(query_phone(&huge).is_err());
        assert!(query_email(&huge).is_err());
        assert!(query_order(&huge).is_err());
        assert!(query_postcode_family_name("LS1 4AB", &huge).is_err());
        assert!(query_card_last4_date("1111", &huge).is_err());
    }
}
