//! The storage contract as cases that every engine must pass.
//!
//! An engine's tests implement [`Mount`] (one new, empty store each) and call [`run_all`]. In scope: every method
//! of [`Store`], every condition and effect, what a batch promises, and that no table is without a case. Out of
//! scope: durability under power cuts and kills, which need the engine's own files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test suite: a broken promise must stop the test there and then"
)]

mod admissions;
mod allotments;
mod batches;
mod budgets;
mod casework;
mod closes;
mod conditions;
mod effects;
mod erasure;
mod foreign;
pub(crate) mod help;
mod keys;
mod log;
mod pages;
mod rows;
mod shown;

use crate::Store;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One new, empty store under test, and a look behind it.
pub trait Mount {
    /// The store; the same one at every call.
    fn store(&self) -> Arc<dyn Store>;

    /// The names of its tables.
    fn tables(&self) -> Vec<String>;

    /// The names of the tables of which some row holds these bytes in some column.
    fn tables_holding(&self, needle: &[u8]) -> Vec<String>;

    /// Runs one SQL statement behind the store's back; says how many rows changed. Written as SQLite understands it:
    /// `x'…'` for bytes, `zeroblob(n)`.
    fn edit(&self, statement: &str) -> usize;

    /// Code of somebody else's, in each form that the engine knows: a statement that puts it into the database, and one that
    /// takes it out. In the engine's own words.
    fn foreign_code(&self) -> &'static [[&'static str; 2]];

    /// Runs such a statement behind the store's back.
    fn define(&self, statement: &str);

    /// The table in which a customer's state in the log lies after it changed.
    fn states(&self) -> &'static str;
}

/// One promise of the contract.
pub struct Case {
    /// What is promised.
    pub name: &'static str,
    /// The tables whose rows it writes and reads back.
    pub tables: &'static [&'static str],
    /// Panics if the promise is broken.
    pub run: fn(&dyn Mount),
}

/// Every case.
#[must_use]
pub fn cases() -> Vec<Case> {
    let groups: [&[Case]; 15] = [
        admissions::CASES,
        allotments::CASES,
        batches::CASES,
        budgets::CASES,
        casework::CASES,
        closes::CASES,
        conditions::CASES,
        effects::CASES,
        erasure::CASES,
        foreign::CASES,
        keys::CASES,
        log::CASES,
        pages::CASES,
        rows::CASES,
        shown::CASES,
    ];
    let copy = |case: &Case| Case { name: case.name, tables: case.tables, run: case.run };
    groups.into_iter().flatten().map(copy).collect()
}

/// Runs every case on a new store each, after making sure that no table is without one.
///
/// # Panics
/// With the promise that was broken.
pub fn run_all(make: impl Fn() -> Box<dyn Mount>) {
    let cases = cases();
    let mount = make();
    let mut covered: BTreeSet<&str> = cases.iter().flat_map(|case| case.tables).copied().collect();
    covered.insert(mount.states());
    let tables = mount.tables();
    drop(mount);
    let bare: Vec<&String> = tables.iter().filter(|table| !covered.contains(table.as_str())).collect();
    assert!(bare.is_empty(), "tables without a case: {bare:?}");
    let names: BTreeSet<&str> = tables.iter().map(String::as_str).collect();
    assert!(covered.is_subset(&names), "cases name tables that aren't there: {covered:?}");
    for case in cases {
        let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (case.run)(&*make())));
        assert!(ran.is_ok(), "the store breaks a promise: {}", case.name);
    }
}
