//! Writes invented customers to files that `ringfence import` reads. Rows are made and written one at a time,
//! so a million of them need no more memory than one.
//!
//! CSV: `customer_no,name,postal_address,phone,email,date_of_birth,card,order_1,...`, with the canonical text
//! of each field in its cell (map: `examples/maps/generated.toml`). JSON Lines: one object a line with the
//! same names, `bank_account`, and `orders` and `preferences` as arrays.

use crate::identity::{Identities, Identity, Order};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

const BUFFER: usize = 256 * 1024;

/// Writes `count` customers of `seed` as CSV to `path`, each with `orders_each` orders in columns of their
/// own; returns the bytes written.
///
/// # Errors
/// When the file can't be made or written.
pub fn write_csv(path: &Path, count: u64, seed: u64, orders_each: usize) -> io::Result<u64> {
    to_file(path, |out| csv(out, count, seed, orders_each))
}

/// Writes `count` customers of `seed` as JSON Lines to `path`; returns the bytes written.
///
/// # Errors
/// When the file can't be made or written.
pub fn write_jsonl(path: &Path, count: u64, seed: u64, orders_each: usize) -> io::Result<u64> {
    to_file(path, |out| jsonl(out, count, seed, orders_each))
}

fn to_file(path: &Path, fill: impl FnOnce(&mut Counted<BufWriter<File>>) -> io::Result<()>) -> io::Result<u64> {
    let mut out = Counted { inner: BufWriter::with_capacity(BUFFER, File::create(path)?), bytes: 0 };
    fill(&mut out)?;
    out.flush()?;
    Ok(out.bytes)
}

fn csv(out: &mut impl Write, count: u64, seed: u64, orders_each: usize) -> io::Result<()> {
    out.write_all(b"customer_no,name,postal_address,phone,email,date_of_birth,card")?;
    for column in 1..=orders_each {
        write!(out, ",order_{column}")?;
    }
    out.write_all(b"\n")?;
    let people = Identities::with_orders(seed, orders_each);
    (0..count).try_for_each(|i| csv_row(out, &people.nth(i)))
}

/// One row. No cell needs quoting: the word lists hold neither commas nor quotes, and a test reads the file
/// back to see that it stays so.
fn csv_row(out: &mut impl Write, who: &Identity) -> io::Result<()> {
    let Identity { customer_no, name, postal_address, phone, email, date_of_birth, card, orders, .. } = who;
    write!(out, "{customer_no},{name},{postal_address},{phone},{email},{date_of_birth},{card}")?;
    for order in orders {
        write!(out, ",{}", order.text())?;
    }
    out.write_all(b"\n")
}

fn jsonl(out: &mut impl Write, count: u64, seed: u64, orders_each: usize) -> io::Result<()> {
    let people = Identities::with_orders(seed, orders_each);
    (0..count).try_for_each(|i| {
        serde_json::to_writer(&mut *out, &json_row(&people.nth(i)))?;
        out.write_all(b"\n")
    })
}

fn json_row(who: &Identity) -> serde_json::Value {
    serde_json::json!({
        "customer_no": who.customer_no,
        "name": who.name,
        "postal_address": who.postal_address,
        "phone": who.phone,
        "email": who.email,
        "date_of_birth": who.date_of_birth,
        "card": who.card,
        "bank_account": who.bank_account,
        "orders": who.orders.iter().map(json_order).collect::<Vec<_>>(),
        "preferences": who.preference_texts().collect::<Vec<_>>(),
    })
}

fn json_order(order: &Order) -> serde_json::Value {
    let Order { number, date, amount_minor, currency, items } = order;
    serde_json::json!({
        "number": number, "date": date, "amount_minor": amount_minor, "currency": currency, "items": items,
    })
}

/// Counts what passes through.
struct Counted<W> {
    inner: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(part)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::{write_csv, write_jsonl};
    use crate::identity::Identities;
    use std::fs;

    #[test]
    fn csv_rows_have_their_columns_and_nothing_that_needs_quotes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.csv");
        let bytes = write_csv(&path, 3_000, 9, 3).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(bytes, text.len() as u64);
        assert_eq!(text.lines().count(), 3_001);
        assert!(!text.contains('"'));
        let header = "customer_no,name,postal_address,phone,email,date_of_birth,card,order_1,order_2,order_3";
        assert_eq!(text.lines().next(), Some(header));
        assert!(text.lines().all(|line| line.split(',').count() == 10));
        let fifth: Vec<&str> = text.lines().nth(5).unwrap().split(',').collect();
        let who = Identities::with_orders(9, 3).nth(4);
        assert_eq!(fifth[3], who.phone);
        assert_eq!(fifth[9], who.orders[2].text());
    }

    #[test]
    fn json_lines_hold_the_same_people() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.jsonl");
        write_jsonl(&path, 200, 9, 2).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let rows: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(rows.len(), 200);
        let who = Identities::with_orders(9, 2).nth(150);
        assert_eq!(rows[150]["email"], who.email);
        assert_eq!(rows[150]["orders"][1]["number"], who.orders[1].number);
        assert_eq!(rows[150]["orders"].as_array().unwrap().len(), 2);
        assert_eq!(rows[150]["preferences"].as_array().unwrap().len(), who.preferences.len());
    }

    #[test]
    fn the_same_seed_writes_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, seed| {
            let path = folder.path().join(name);
            write_csv(&path, 50, seed, 1).unwrap();
            fs::read(path).unwrap()
        };
        assert_eq!(write("a", 4), write("b", 4));
        assert_ne!(write("c", 4), write("d", 5));
    }
}
