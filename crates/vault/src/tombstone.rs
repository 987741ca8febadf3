//! What is kept of whoever was erased, so that an old file doesn't bring them back: for each e-mail address and phone number by which they
//! were found, a row that says when. Likewise of an address or number that they replaced, or that expired.
//!
//! A row's name is a digest of the blind index's digest, which nobody makes without the key holder: it can't be read back, and names no
//! customer. A record with the same address or number is set aside; where both have a name, only if that is the same too, so that the
//! others of a household come in. Of those who expired, or were called otherwise before, no name counts.
//!
//! A row stays when its person comes back: what an old file holds of them is as old as before.

use crate::error::VaultError;
use crate::intake::NewRecord;
use crate::private::release::terms_of;
use crate::reveal::hashed;
use crate::wiring::Vault;
use domain::field::{Incoming, IndexKind, SearchTerm};
use domain::{FieldKind, Millis, TenantId};
use std::collections::{BTreeMap, BTreeSet};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, IndexPlace, Seals};
use zeroize::Zeroizing;

/// How long a row lasts, in milliseconds: three years. Nobody is likely to take an export that is older for the customers of today, and
/// what is kept of somebody who wants nothing kept has to end.
const TOMBSTONE_MS: i64 = 3 * 366 * 24 * 3_600_000;
/// Keys digests of whole names. No index has this number: nobody is found by their name alone.
const NAME: u16 = 0x100;

/// By what a customer is found, and what they are called.
pub(crate) struct Findable {
    terms: Vec<SearchTerm>,
    names: Vec<Zeroizing<String>>,
}

impl Findable {
    /// A customer with these values.
    pub(crate) fn of(values: &[Incoming]) -> Self {
        let names = values.iter().filter(|value| value.kind() == FieldKind::Name);
        let names = names.map(|name| letters_of(&name.comparable())).filter(|name| !name.is_empty());
        Self { terms: terms_of(values), names: names.collect() }
    }
}

/// A name's letters in the order of the alphabet: however its words are ordered and joined, with or without initials, and with `ue` for
/// `ü`, it is the same. Two of one household rarely have the same letters, and then one of them is set aside.
fn letters_of(name: &str) -> Zeroizing<String> {
    let mut letters = Zeroizing::new(Vec::with_capacity(name.len()));
    for word in name.split(|one: char| !one.is_alphanumeric()).filter(|word| word.chars().nth(1).is_some()) {
        let mut before = ' ';
        for letter in word.chars() {
            if !(letter == 'e' && matches!(before, 'a' | 'o' | 'u')) {
                letters.push(letter);
            }
            before = letter;
        }
    }
    letters.sort_unstable();
    Zeroizing::new(letters.iter().collect())
}

/// The same as digests, which say nothing to whoever hasn't the key holder.
pub(crate) struct Digests {
    /// Kind of index, and digest.
    pub(crate) index: Vec<(u16, [u8; 16])>,
    names: Vec<[u8; 16]>,
}

impl Digests {
    /// Of somebody of whom no name is known, or who was called otherwise before.
    pub(crate) fn nameless(index: Vec<(u16, [u8; 16])>) -> Self {
        Self { index, names: Vec::new() }
    }

    fn addresses(&self) -> impl Iterator<Item = (u16, [u8; 16])> {
        self.index.iter().copied().filter(|(kind, _)| is_address(*kind))
    }

    /// When those were erased who had one of these addresses, and may have been called the same.
    fn met(&self, stones: &BTreeMap<[u8; 16], Millis>) -> Vec<Millis> {
        let mut met = Vec::new();
        for address in self.addresses() {
            let start = start_of(address);
            let all = stones.range(id(start, [0; 8])..=id(start, [0xff; 8]));
            met.extend(all.filter(|(row, _)| self.may_be(address, row)).map(|(_, at)| *at));
        }
        met
    }

    /// Is this row, of this address, of somebody who may have been called the same?
    fn may_be(&self, address: (u16, [u8; 16]), row: &[u8; 16]) -> bool {
        let is_of = |name: Option<&[u8; 16]>| *row == key(address, name).id;
        self.names.is_empty() || is_of(None) || self.names.iter().any(|name| is_of(Some(name)))
    }
}

/// Is somebody reached by what this index holds?
fn is_address(kind: u16) -> bool {
    matches!(IndexKind::from_code(kind), Some(IndexKind::Phone | IndexKind::Email))
}

/// Rows of one address begin the same, so that they are found without a name.
fn start_of((kind, digest): (u16, [u8; 16])) -> [u8; 8] {
    half(hashed(&[b"erased", &kind.to_be_bytes(), &digest]))
}

fn half(digest: [u8; 16]) -> [u8; 8] {
    let mut out = [0; 8];
    out.copy_from_slice(&digest[..8]);
    out
}

fn id(start: [u8; 8], end: [u8; 8]) -> [u8; 16] {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&start);
    id[8..].copy_from_slice(&end);
    id
}

/// `H("erased" ‖ kind ‖ digest)[..8] ‖ H("erased, called" ‖ kind ‖ digest ‖ name)[..8]`
fn key(address: (u16, [u8; 16]), name: Option<&[u8; 16]>) -> AdmissionKey {
    let name = name.map_or(&[][..], |name| name);
    let end = half(hashed(&[b"erased, called", &address.0.to_be_bytes(), &address.1, name]));
    AdmissionKey { kind: AdmissionKind::Erased, id: id(start_of(address), end) }
}

/// Says when; the address and the name are in the row's name.
fn stone(address: (u16, [u8; 16]), name: Option<&[u8; 16]>, at: Millis) -> AdmissionRow {
    let (body, expires) = (at.0.to_be_bytes().to_vec(), at.plus(TOMBSTONE_MS));
    AdmissionRow { key: key(address, name), body, expires, tag: [0; 16] }
}

impl Vault {
    /// Digests for all of these, in one round trip.
    pub(crate) async fn digests(&self, tenant: TenantId, all: &[Findable]) -> Result<Vec<Digests>, VaultError> {
        let mut asked: Vec<(u16, &[u8])> = Vec::with_capacity(all.len() * 4);
        for one in all {
            asked.extend(one.terms.iter().map(|term| (term.index.code(), term.normalised.as_bytes())));
            asked.extend(one.names.iter().map(|name| (NAME, name.as_bytes())));
        }
        let mut made = self.holder.index(tenant, &asked).await?.into_iter();
        let of = |one: &Findable| Digests {
            index: one.terms.iter().map(|term| term.index.code()).zip(made.by_ref()).collect(),
            names: made.by_ref().take(one.names.len()).collect(),
        };
        Ok(all.iter().map(of).collect())
    }

    /// What is kept of whoever goes: a row for each address and name.
    pub(crate) fn tombstones(&self, gone: &Digests) -> Vec<AdmissionRow> {
        let at = self.clock.now();
        let of_address = |address| match gone.names.as_slice() {
            [] => vec![stone(address, None, at)],
            names => names.iter().map(|name| stone(address, Some(name), at)).collect(),
        };
        gone.addresses().flat_map(of_address).collect()
    }

    /// What is kept of whoever expired, once the sweep takes this row of the index out: with its tag, as it goes by no act.
    pub(crate) fn tombstone_at(&self, tenant: TenantId, (kind, digest, _): &IndexPlace) -> Option<AdmissionRow> {
        let row = is_address(*kind).then(|| stone((*kind, *digest), None, self.clock.now()))?;
        Some(AdmissionRow { tag: self.seals.tag(tenant, "admission", &row.material()), ..row })
    }

    /// The places of those of these records that aren't taken in: whose address somebody had who was erased, unless the record was made on
    /// a later day, which isn't one to come. One round trip, however many they are. Who is erased in this very moment isn't among them.
    pub(crate) async fn set_aside(
        &self,
        tenant: TenantId,
        records: &[NewRecord],
        digests: &[Digests],
    ) -> Result<BTreeSet<usize>, VaultError> {
        let starts: BTreeSet<[u8; 8]> = digests.iter().flat_map(Digests::addresses).map(start_of).collect();
        if starts.is_empty() {
            return Ok(BTreeSet::new());
        }
        let starts = starts.into_iter().collect();
        let rows = self.store.admissions_under(tenant, AdmissionKind::Erased, starts).await?;
        let stones: BTreeMap<[u8; 16], Millis> =
            rows.iter().filter_map(|row| Some((row.key.id, self.erased_at(tenant, row)?))).collect();
        let today = plan::day_of(self.clock.now());
        let is_aside = |record: &NewRecord, digests: &Digests| {
            let is_later = |at: &Millis| record.since.is_some_and(|since| since > plan::day_of(*at) && since <= today);
            !digests.met(&stones).iter().all(is_later)
        };
        let records = records.iter().zip(digests).enumerate();
        Ok(records.filter(|(_, (record, digests))| is_aside(record, digests)).map(|(place, _)| place).collect())
    }

    /// When that was; nothing once the row has run out. Of one that was edited it is unknown, so that no record is later.
    fn erased_at(&self, tenant: TenantId, row: &AdmissionRow) -> Option<Millis> {
        let at = <[u8; 8]>::try_from(row.body.as_slice()).ok().map(i64::from_be_bytes);
        match at.filter(|_| row.tag == self.seals.tag(tenant, "admission", &row.material())) {
            Some(at) => (row.expires > self.clock.now()).then_some(Millis(at)),
            None => Some(Millis(i64::MAX)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMAIL: (u16, [u8; 16]) = (2, [7; 16]);

    fn called(name: Option<u8>) -> Digests {
        Digests { index: vec![(4, [1; 16]), EMAIL], names: name.into_iter().map(|name| [name; 16]).collect() }
    }

    fn met(record: Option<u8>, stone: Option<u8>) -> bool {
        let name = stone.map(|name| [name; 16]);
        let stones = [(key(EMAIL, name.as_ref()).id, Millis(5)), (key((1, [7; 16]), None).id, Millis(6))];
        called(record).met(&stones.into()) == [Millis(5)]
    }

    #[test]
    fn the_same_address_is_met_unless_both_have_names_that_differ() {
        assert!(met(Some(1), Some(1)) && !met(Some(1), Some(2)));
        assert!(met(None, Some(1)) && met(Some(1), None) && met(None, None));
    }

    #[test]
    fn rows_of_one_address_begin_the_same_and_others_do_not() {
        let begins = |address, name: Option<[u8; 16]>| half(key(address, name.as_ref()).id);
        assert_eq!(begins(EMAIL, None), begins(EMAIL, Some([1; 16])));
        assert_ne!(begins(EMAIL, None), begins((1, EMAIL.1), None));
        assert_ne!(key(EMAIL, None), key(EMAIL, Some(&[1; 16])));
    }

    #[test]
    fn a_name_is_the_same_however_it_is_written() {
        let letters = |name: &str| letters_of(name).to_string();
        for same in ["muller diaz ana", "mueller-diaz ana", "mullerdiaz ana m", "ana muller  diaz"] {
            assert_eq!(letters(same), letters("ana muller diaz"), "{same}");
        }
        assert_ne!(letters("ben muller diaz"), letters("ana muller diaz"));
        assert!(letters("a b").is_empty() && letters("").is_empty());
    }

    #[test]
    fn only_what_reaches_somebody_is_kept() {
        let kept = IndexKind::ALL.map(|kind| (kind, is_address(kind.code())));
        assert_eq!(kept.iter().filter(|(_, kept)| *kept).count(), 2);
        assert!(kept.contains(&(IndexKind::Phone, true)) && kept.contains(&(IndexKind::Email, true)));
        assert!(!is_address(NAME));
    }
}
