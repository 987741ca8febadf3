//! Past orders of an invented customer.

use super::places::ITEMS;
use crate::chance::Chance;

/// One order. It has no `Debug`: what somebody bought says much about them.
pub struct Order {
    /// Number in the shop's books, such as `R-0000000421`: unique among the orders of a seed.
    pub number: String,
    /// Day of the order, `YYYY-MM-DD`.
    pub date: String,
    /// Total in minor units of the currency (pence).
    pub amount_minor: u32,
    /// ISO 4217 code.
    pub currency: &'static str,
    /// What was ordered; no item contains a bar or a semicolon.
    pub items: Vec<&'static str>,
}

impl Order {
    /// The canonical text: `number|YYYY-MM-DD|amount in minor units|currency|item1;item2`.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { number, date, amount_minor, currency, items } = self;
        format!("{number}|{date}|{amount_minor}|{currency}|{}", items.join(";"))
    }
}

/// Orders that one customer's numbers have room for before they would run into the next customer's.
const ROOM: u64 = 1_000;

pub(super) fn orders(customer: u64, count: usize, chance: &mut Chance) -> Vec<Order> {
    let first = customer * ROOM;
    (first..).take(count).map(|serial| order(serial, chance)).collect()
}

fn order(serial: u64, chance: &mut Chance) -> Order {
    let (year, month, day) = (2024 + chance.below(2), 1 + chance.below(12), 1 + chance.below(28));
    let wanted = 1 + chance.index(5);
    Order {
        number: format!("R-{serial:010}"),
        date: format!("{year}-{month:02}-{day:02}"),
        amount_minor: 199 + chance.below(39_800),
        currency: "GBP",
        items: (0..wanted).map(|_| chance.word(ITEMS)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::orders;
    use crate::chance::Chance;

    #[test]
    fn the_canonical_text_has_five_parts() {
        for order in orders(42, 50, &mut Chance::new(3, 3)) {
            let text = order.text();
            let parts: Vec<&str> = text.split('|').collect();
            assert_eq!(parts.len(), 5);
            assert!(parts[0].starts_with("R-00000420"));
            assert!(parts[1].parse::<jiff::civil::Date>().is_ok());
            assert!(parts[2].parse::<u32>().is_ok_and(|amount| amount >= 199));
            assert_eq!(parts[3], "GBP");
            assert_eq!(parts[4].split(';').count(), order.items.len());
        }
    }
}
