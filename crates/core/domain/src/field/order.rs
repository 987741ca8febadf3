//! Orders, kept as `number|YYYY-MM-DD|amount in minor units|currency|item;item`.

use zeroize::Zeroizing;

use super::{
    FieldError, FieldKind, IndexKind, SearchTerm, date,
    rules::Rules,
    text::{clean_line, fold_joined, length},
};

const MAX_NUMBER: usize = 32;
const MAX_AMOUNT_DIGITS: usize = 12;
const MAX_ITEMS: usize = 50;
const MAX_ITEM_CHARS: usize = 80;
/// Numbers with fewer letters and digits are masked wholly: three would be most of them.
const LEAST_TO_SHOW_END: usize = 6;

pub(super) struct Order;

impl Rules for Order {
    fn parse(&self, raw: &str) -> Result<Zeroizing<String>, FieldError> {
        let line = clean_line(raw).ok_or(refused("it holds control characters", "type the order again"))?;
        let mut parts = line.split('|').map(str::trim);
        let (Some(number), Some(day), Some(amount), Some(currency), Some(items), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(refused("it hasn't five parts", "write number|date|amount|currency|items"));
        };
        if !is_number(number) {
            return Err(BAD_NUMBER);
        }
        let day = date::strict(day).ok_or(refused("the date can't be read", "write it as year-month-day"))?;
        let (amount, currency, items) = (minor_units(amount)?, currency_code(currency)?, item_list(items)?);
        let mut order = Zeroizing::new(String::with_capacity(line.len() + 16));
        for part in [number, date::iso(day).as_str(), &amount, &currency] {
            order.push_str(part);
            order.push('|');
        }
        order.push_str(&items);
        Ok(order)
    }

    /// The date, the end of the number and about how many items: all that staff need to tell orders apart.
    fn mask(&self, canonical: &str) -> String {
        let end = number_end(canonical);
        format!("{} · order •••{} · {} items", date_part(canonical), end.as_str(), item_bucket(canonical))
    }

    /// The order number: what a caller can read from a letter.
    fn comparable(&self, canonical: &str) -> Zeroizing<String> {
        fold_joined(part(canonical, 0))
    }

    fn said(&self, said: &str) -> Result<Zeroizing<String>, FieldError> {
        number_key(said)
    }

    fn search_terms(&self, canonical: &str) -> Vec<SearchTerm> {
        vec![SearchTerm::new(IndexKind::OrderNumber, self.comparable(canonical))]
    }
}

/// The date of a kept order, `YYYY-MM-DD`.
pub(super) fn date_part(canonical: &str) -> &str {
    part(canonical, 1)
}

/// An order number as it is compared and looked up: letters in lower case and digits, nothing else.
pub(super) fn number_key(said: &str) -> Result<Zeroizing<String>, FieldError> {
    let line = clean_line(said).ok_or(BAD_NUMBER)?;
    let mut number = Zeroizing::new(String::with_capacity(line.len()));
    number.extend(line.trim_start_matches('#').chars().filter(|c| *c != ' '));
    if !is_number(&number) {
        return Err(BAD_NUMBER);
    }
    Ok(fold_joined(&number))
}

fn part(canonical: &str, place: usize) -> &str {
    canonical.split('|').nth(place).unwrap_or_default()
}

fn is_number(text: &str) -> bool {
    text.len() <= MAX_NUMBER
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && text.bytes().any(|byte| byte.is_ascii_alphanumeric())
}

fn minor_units(text: &str) -> Result<Zeroizing<String>, FieldError> {
    let bad = refused("the amount isn't a whole number of minor units", "write 19.99 as 1999");
    let fits = (1..=MAX_AMOUNT_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !fits {
        return Err(bad);
    }
    text.parse::<u64>().map(|amount| Zeroizing::new(amount.to_string())).map_err(|_| bad)
}

fn currency_code(text: &str) -> Result<String, FieldError> {
    if text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Ok(text.to_ascii_uppercase());
    }
    Err(refused("the currency isn't a three-letter code", "write it like GBP"))
}

fn item_list(text: &str) -> Result<Zeroizing<String>, FieldError> {
    let mut list = Zeroizing::new(String::with_capacity(text.len()));
    if text.is_empty() {
        return Ok(list);
    }
    for (place, item) in text.split(';').map(str::trim).enumerate() {
        if place >= MAX_ITEMS {
            return Err(refused("it has more than 50 items", "split the order"));
        }
        if item.is_empty() || length(item) > MAX_ITEM_CHARS {
            return Err(refused("an item is empty or longer than 80 characters", "shorten the item"));
        }
        if place > 0 {
            list.push(';');
        }
        list.push_str(item);
    }
    Ok(list)
}

/// The last three letters or digits of the number, or bullets if it is short.
fn number_end(canonical: &str) -> Zeroizing<String> {
    let key = fold_joined(part(canonical, 0));
    let end = key.get(key.len().saturating_sub(3)..).filter(|_| key.len() >= LEAST_TO_SHOW_END);
    Zeroizing::new(end.unwrap_or("•••").to_uppercase())
}

/// A count in steps, always three characters.
fn item_bucket(canonical: &str) -> &'static str {
    let items = part(canonical, 4);
    match items.split(';').filter(|item| !item.is_empty()).count() {
        0 | 1 => "0-1",
        2..=5 => "2-5",
        6..=9 => "6-9",
        _ => "10+",
    }
}

const BAD_NUMBER: FieldError =
    refused("the order number isn't up to 32 letters, digits and dashes", "read the number again");

const fn refused(problem: &'static str, next: &'static str) -> FieldError {
    FieldError::new(FieldKind::Order, problem, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_tidied() {
        for (raw, kept) in [
            ("RF-1042-417|2026-11-02|1999|GBP|lamp;bulb", "RF-1042-417|2026-11-02|1999|GBP|lamp;bulb"),
            (" 7 | 2026-11-02 | 007 | eur | lamp ; two  bulbs ", "7|2026-11-02|7|EUR|lamp;two bulbs"),
            ("A1|2026-11-02|0|GBP|", "A1|2026-11-02|0|GBP|"),
        ] {
            assert_eq!(*Order.parse(raw).unwrap(), kept);
            assert_eq!(*Order.parse(kept).unwrap(), kept);
        }
    }

    #[test]
    fn refuses_what_is_no_order() {
        let many = format!("A1|2026-11-02|1|GBP|{}", vec!["x"; 51].join(";"));
        let long_item = format!("A1|2026-11-02|1|GBP|{}", "x".repeat(81));
        let long_number = format!("{}|2026-11-02|1|GBP|x", "1".repeat(33));
        for raw in [
            "",
            "A1",
            "A1|2026-11-02|1|GBP",
            "A1|2026-11-02|1|GBP|x|y",
            "|2026-11-02|1|GBP|x",
            "-|2026-11-02|1|GBP|x",
            "A 1|2026-11-02|1|GBP|x",
            "Ä1|2026-11-02|1|GBP|x",
            "A1|02/11/2026|1|GBP|x",
            "A1|2026-02-30|1|GBP|x",
            "A1|2026-11-02|-1|GBP|x",
            "A1|2026-11-02|1.5|GBP|x",
            "A1|2026-11-02|1234567890123|GBP|x",
            "A1|2026-11-02|1|POUND|x",
            "A1|2026-11-02|1|£££|x",
            "A1|2026-11-02|1|GBP|x;;y",
            "A1|2026-11-02|1|GBP|x\ny",
            "A1|2026-11-02|1|GBP|\u{202e}x",
            many.as_str(),
            long_item.as_str(),
            long_number.as_str(),
        ] {
            assert!(Order.parse(raw).is_err(), "{raw:?}");
        }
    }

    #[test]
    fn masks_show_date_end_and_bucket() {
        for (kept, mask) in [
            ("RF-1042-417|2026-11-02|1999|GBP|lamp;bulb", "2026-11-02 · order •••417 · 2-5 items"),
            ("RF1042-4a-|2026-11-02|1|GBP|", "2026-11-02 · order •••24A · 0-1 items"),
            ("417|2026-11-02|1|GBP|a;b;c;d;e;f;g;h;i;j", "2026-11-02 · order •••••• · 10+ items"),
        ] {
            assert_eq!(Order.mask(kept), mask);
        }
    }

    #[test]
    fn the_number_is_compared() {
        let kept = Order.comparable("RF-1042-417|2026-11-02|1999|GBP|lamp");
        for said in ["rf1042417", "#RF-1042-417", "RF 1042 417"] {
            assert_eq!(Order.said(said).unwrap(), kept);
        }
        assert!(Order.said("").is_err());
        assert!(Order.said("RF/1042").is_err());
    }
}
