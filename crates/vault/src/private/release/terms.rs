//! The terms of the blind indexes, made of values inside the door: digests leave, and of values only what goes on to a carrier.

use super::{Committed, reparse};
use crate::error::VaultError;
use crate::private::plaintext::Plaintext;
use crate::tombstone::Findable;
use domain::FieldKind;
use domain::field::{self, Incoming, SearchTerm};
use keys::Place;

impl Committed {
    /// By what a customer with these values is found, for taking them out of the index: digests leave, values don't.
    pub(crate) fn findable(all: Vec<Self>) -> Result<Findable, VaultError> {
        let mut values = Vec::with_capacity(all.len());
        for committed in all {
            let kind = FieldKind::from_code(committed.place.field);
            let value = committed.open()?;
            if let Some(kind) = kind {
                values.push(reparse(kind, &value)?);
            }
        }
        Ok(Findable::of(&values))
    }

    /// The terms under which a customer is found by those of these values that go, and by none that stays.
    pub(crate) fn terms_gone(all: Vec<Self>, goes: impl Fn(&Place) -> bool) -> Result<Vec<SearchTerm>, VaultError> {
        let (mut gone, mut stay) = (Vec::new(), Vec::new());
        for committed in all {
            let kind = FieldKind::from_code(committed.place.field).ok_or(VaultError::Damaged)?;
            let side = if goes(&committed.place) { &mut gone } else { &mut stay };
            side.push(reparse(kind, &committed.open()?)?);
        }
        let without = terms_of(&stay);
        stay.append(&mut gone);
        Ok(beyond(&without, terms_of(&stay)))
    }

    /// What changes where one of a customer's values is replaced. `all` are the values with which it makes up terms, and the
    /// e-mail addresses: these go on to a carrier, and so do phone numbers, the one that is replaced or, where it is an account, all.
    pub(crate) fn replaced(
        all: Vec<Self>,
        (field, instance): (u16, u32),
        new: Incoming,
    ) -> Result<Replaced, VaultError> {
        let (kind, mut addresses, mut others, mut old) = (new.kind(), Vec::new(), Vec::new(), None);
        let mut numbers = Vec::new();
        for committed in all {
            let Place { field: of, instance: which, .. } = committed.place;
            let other = FieldKind::from_code(of).ok_or(VaultError::Damaged)?;
            let value = committed.open()?;
            let read = reparse(other, &value)?;
            let is_it = (of, which) == (field, instance);
            match is_it {
                true => old = Some(read),
                false => others.push(read),
            }
            match other {
                FieldKind::Email => addresses.push(value),
                FieldKind::Phone if is_it || kind == FieldKind::BankAccount => numbers.push(value),
                _ => {}
            }
        }
        let old = old.ok_or(VaultError::Damaged)?;
        let is_same = old.canonical() == new.canonical();
        let (gone, come) = (terms_only_with(&mut others, old), terms_only_with(&mut others, new));
        // A number or address makes a term by itself: without one, another value has it already.
        let is_held = come.is_empty() && matches!(kind, FieldKind::Phone | FieldKind::Email);
        Ok(Replaced { is_same: is_same || is_held, addresses, numbers, gone, come })
    }
}

/// What a replaced value comes to.
pub(crate) struct Replaced {
    /// Is it what was there, or is another value the same?
    pub(crate) is_same: bool,
    /// The e-mail addresses that were on file.
    pub(crate) addresses: Vec<Plaintext>,
    /// The phone number that is replaced, or those that are told of another account.
    pub(crate) numbers: Vec<Plaintext>,
    /// The terms under which the customer is found by the old value alone.
    pub(crate) gone: Vec<SearchTerm>,
    /// Those by the new one alone.
    pub(crate) come: Vec<SearchTerm>,
}

/// The terms that there are because of this value, beside the others.
fn terms_only_with(others: &mut Vec<Incoming>, value: Incoming) -> Vec<SearchTerm> {
    let without = terms_of(others);
    others.push(value);
    let terms = terms_of(others);
    others.pop();
    beyond(&without, terms)
}

/// These terms, without those.
fn beyond(without: &[SearchTerm], mut terms: Vec<SearchTerm>) -> Vec<SearchTerm> {
    terms
        .retain(|term| !without.iter().any(|other| (other.index, &other.normalised) == (term.index, &term.normalised)));
    terms
}

/// Every term under which a customer with these values can be found.
pub(crate) fn terms_of(values: &[Incoming]) -> Vec<SearchTerm> {
    let of = |kind| values.iter().filter(move |value| value.kind() == kind);
    let mut terms: Vec<SearchTerm> = values.iter().flat_map(Incoming::search_terms).collect();
    for address in of(FieldKind::PostalAddress) {
        terms.extend(of(FieldKind::Name).filter_map(|name| field::postcode_family_name(address, name)));
    }
    for card in of(FieldKind::Card) {
        terms.extend(of(FieldKind::Order).filter_map(|order| field::card_last4_date(card, order)));
    }
    terms
}
