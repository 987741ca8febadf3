//! Invented customers. Nobody here exists: names and streets are drawn from lists, addresses of electronic
//! mail end in domains reserved for examples, cards have a test prefix, banks are made up. Every value still
//! has the shape and the check digits that real ones have.

mod family;
mod given;
mod numbers;
mod order;
mod places;

use crate::chance::Chance;
pub use order::Order;

/// One invented customer. It has no `Debug`, like the real thing.
pub struct Identity {
    /// Number of the customer in the seller's books, such as `C00000042`; says nothing about the person.
    pub customer_no: String,
    /// Given and family name, one space between.
    pub name: String,
    /// `line1|town|postcode|country`, such as `12 Alder Rise|Leeds|LS4 2AB|GB`.
    pub postal_address: String,
    /// A UK mobile number in E.164, unique among the identities of a seed.
    pub phone: String,
    /// An address under `example.com`, `example.org` or `example.net`, unique among the identities of a seed.
    pub email: String,
    /// `YYYY-MM-DD`.
    pub date_of_birth: String,
    /// `PAN|MM/YY`: sixteen digits that pass the Luhn check, then the expiry.
    pub card: String,
    /// A UK IBAN without spaces.
    pub bank_account: String,
    /// Past orders, by number.
    pub orders: Vec<Order>,
    /// Key and value, each key once.
    pub preferences: Vec<(String, String)>,
}

impl Identity {
    /// The last word of the name.
    #[must_use]
    pub fn family_name(&self) -> &str {
        self.name.rsplit(' ').next().unwrap_or_default()
    }

    /// The postcode of the address.
    #[must_use]
    pub fn postcode(&self) -> &str {
        self.postal_address.split('|').nth(2).unwrap_or_default()
    }

    /// The last four digits of the card.
    #[must_use]
    pub fn card_last4(&self) -> &str {
        self.card.get(12..16).unwrap_or_default()
    }

    /// Every field as its kind's slug and its text, kinds in the order of the struct: what an import seals.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, String)> {
        let single = [
            ("name", &self.name),
            ("postal_address", &self.postal_address),
            ("phone", &self.phone),
            ("email", &self.email),
            ("date_of_birth", &self.date_of_birth),
            ("card", &self.card),
            ("bank_account", &self.bank_account),
        ];
        let single = single.into_iter().map(|(kind, text)| (kind, text.clone()));
        let orders = self.orders.iter().map(|order| ("order", order.text()));
        single.chain(orders).chain(self.preference_texts().map(|text| ("preference", text)))
    }

    /// The preferences as `key=value`.
    pub fn preference_texts(&self) -> impl Iterator<Item = String> {
        self.preferences.iter().map(|(key, value)| format!("{key}={value}"))
    }
}

/// The customers of a seed: the n-th is always the same, whichever are made before it.
#[derive(Clone, Copy, Debug)]
pub struct Identities {
    seed: u64,
    orders_each: Option<usize>,
}

impl Identities {
    /// The customers of `seed`, with one to four orders each.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, orders_each: None }
    }

    /// The same customers with exactly `orders_each` orders.
    #[must_use]
    pub fn with_orders(seed: u64, orders_each: usize) -> Self {
        Self { seed, orders_each: Some(orders_each) }
    }

    /// The customer with index `i`. Phone, e-mail, card, account and order numbers are unique for `i` below
    /// ten million.
    #[must_use]
    pub fn nth(&self, i: u64) -> Identity {
        let seed = self.seed;
        let chance = &mut Chance::new(seed, i);
        let (given, family) = (chance.word(given::GIVEN), chance.word(family::FAMILY));
        let postal_address = postal_address(chance);
        let date_of_birth = date_of_birth(chance);
        let expiry = format!("{:02}/{}", 1 + chance.below(12), 27 + chance.below(6));
        let domain = chance.word(&["example.com", "example.org", "example.net"]);
        let bank_account = numbers::iban(i, seed, chance);
        let preferences = preferences(chance);
        let orders = self.orders_each.unwrap_or(1 + chance.index(4));
        Identity {
            customer_no: format!("C{i:08}"),
            name: format!("{given} {family}"),
            postal_address,
            phone: numbers::phone(i, seed),
            email: format!("{}.{}.{i}@{domain}", ascii(given), ascii(family)),
            date_of_birth,
            card: format!("{}|{expiry}", numbers::card(i, seed)),
            bank_account,
            orders: order::orders(i, orders, chance),
            preferences,
        }
    }

    /// All customers from index 0 on.
    pub fn iter(self) -> impl Iterator<Item = Identity> {
        (0..).map(move |i| self.nth(i))
    }
}

fn postal_address(chance: &mut Chance) -> String {
    let house = 1 + chance.below(180);
    let street = chance.word(places::STREETS);
    let town = chance.pick(places::TOWNS).unwrap_or(("Leeds", "LS", 29));
    let postcode = numbers::postcode(town, chance);
    format!("{house} {street}|{}|{postcode}|GB", town.0)
}

fn date_of_birth(chance: &mut Chance) -> String {
    // Days up to the 28th keep every month valid without a calendar.
    let (year, month, day) = (1938 + chance.below(69), 1 + chance.below(12), 1 + chance.below(28));
    format!("{year:04}-{month:02}-{day:02}")
}

fn preferences(chance: &mut Chance) -> Vec<(String, String)> {
    let contact = ("contact", chance.word(&["email", "phone", "post"]));
    let delivery = ("delivery", chance.word(&["doorstep", "neighbour", "parcel shop", "safe place"]));
    let language = ("language", chance.word(&["cy", "en", "en", "en", "pl", "ur"]));
    let newsletter = ("newsletter", chance.word(&["monthly", "never", "weekly"]));
    let wanted = 1 + chance.index(4);
    [contact, delivery, language, newsletter]
        .into_iter()
        .take(wanted)
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

/// The name as the local part of an e-mail address: lower case, accents off, letters only.
fn ascii(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).map(fold).filter(char::is_ascii_lowercase).collect()
}

fn fold(character: char) -> char {
    match character {
        'á' | 'â' | 'ä' => 'a',
        'ç' | 'ć' => 'c',
        'é' | 'ë' => 'e',
        'í' => 'i',
        'ł' => 'l',
        'ó' | 'ö' | 'ø' => 'o',
        'ü' => 'u',
        'ž' => 'z',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::{Identities, Identity, family, given};
    use domain::field::{FieldKind, Incoming};
    use std::collections::BTreeSet;

    fn people(count: usize) -> Vec<Identity> {
        Identities::new(11).iter().take(count).collect()
    }

    fn line(who: &Identity) -> String {
        format!("{:?}", who.fields().collect::<Vec<_>>())
    }

    #[test]
    fn every_field_is_one_that_can_be_sealed() {
        for (kind, text) in people(3_000).iter().flat_map(Identity::fields) {
            let kind = FieldKind::from_slug(kind).unwrap();
            assert!(Incoming::parse(kind, &text).is_ok(), "{kind:?}");
        }
        let fewest = people(50).iter().map(|who| who.fields().count()).min();
        assert_eq!(fewest, Some(9), "seven single fields, an order and a preference");
    }

    #[test]
    fn the_nth_customer_depends_on_seed_and_index_only() {
        let third = line(&Identities::new(11).nth(3));
        assert_eq!(third, line(&people(4)[3]));
        assert_ne!(third, line(&Identities::new(12).nth(3)));
        assert_ne!(third, line(&Identities::new(11).nth(4)));
    }

    #[test]
    fn values_that_find_a_person_are_unique() {
        let people = people(20_000);
        let distinct = |value: fn(&Identity) -> &String| people.iter().map(value).collect::<BTreeSet<_>>().len();
        assert_eq!(distinct(|who| &who.phone), people.len());
        assert_eq!(distinct(|who| &who.email), people.len());
        assert_eq!(distinct(|who| &who.card), people.len());
        assert_eq!(distinct(|who| &who.bank_account), people.len());
        let orders: usize = people.iter().map(|who| who.orders.len()).sum();
        let numbers = people.iter().flat_map(|who| &who.orders).map(|order| &order.number);
        assert_eq!(numbers.collect::<BTreeSet<_>>().len(), orders);
    }

    #[test]
    fn parts_have_the_documented_shape() {
        for who in people(2_000) {
            let address: Vec<&str> = who.postal_address.split('|').collect();
            let [line, town, postcode, "GB"] = address[..] else { panic!("an address hasn't four parts") };
            assert!(!line.is_empty() && !town.is_empty() && postcode == who.postcode());
            let (outward, inward) = who.postcode().split_once(' ').unwrap();
            assert!((2..=4).contains(&outward.len()) && inward.len() == 3);
            assert!(who.date_of_birth.parse::<jiff::civil::Date>().is_ok());
            assert!(who.email.is_ascii() && who.email.split('@').nth(1).unwrap().starts_with("example."));
            let (pan, expiry) = who.card.split_once('|').unwrap();
            assert!(pan.ends_with(who.card_last4()) && expiry.len() == 5);
            assert!(who.name.ends_with(who.family_name()) && who.name.matches(' ').count() == 1);
            assert!((1..=4).contains(&who.orders.len()) && !who.preferences.is_empty());
        }
    }

    #[test]
    fn word_lists_are_large_and_without_separators() {
        for list in [given::GIVEN, family::FAMILY] {
            assert!(list.len() >= 200);
            assert_eq!(list.iter().collect::<BTreeSet<_>>().len(), list.len());
            assert!(list.iter().all(|word| !word.contains([' ', ',', '"', '|', ';'])));
            assert!(list.iter().all(|word| super::ascii(word).len() >= 2));
        }
    }
}
