//! The storage contract on every engine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod durable;
mod embedded;
mod features;
mod lost;
mod schema;
mod server;
mod sweep;
mod tls;
mod waiting;

use std::fs;
use std::path::Path;

/// SQLite numbers `$n` by first appearance and other engines by n: only statements in which both agree are right
/// on all of them.
#[test]
fn parameters_appear_in_order() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = vec![source.join("statements.rs")];
    files.extend(fs::read_dir(source.join("sqlite")).unwrap().map(|file| file.unwrap().path()));
    let mut checked = 0;
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        for statement in text.split('"').skip(1).step_by(2).filter(|literal| literal.contains("$1")) {
            let mut highest = 0;
            for number in statement.split('$').skip(1) {
                let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
                let number: u32 = digits.parse().unwrap();
                assert!(number <= highest + 1, "out of order: {statement}");
                highest = highest.max(number);
            }
            checked += 1;
        }
    }
    assert!(checked > 30, "only {checked} statements were found");
}
