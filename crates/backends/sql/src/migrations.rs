//! Every schema change, in order, the same files for all engines. What an engine must say otherwise, it replaces
//! itself: see its own `migrate`.
//!
//! They **expand** first and **contract** a release later (Ambler & Sadalage, *Refactoring Databases*, 2006), so that nodes
//! are exchanged one after another: a file that only adds leaves older nodes serving beside newer ones, and lets a
//! program be taken back. The schema itself says how far back: [`REACH`].

/// A database's schema version says how many of them it has had.
pub(crate) const MIGRATIONS: [&str; 12] = [
    include_str!("../migrations/0001_spine.sql"),
    include_str!("../migrations/0002_witness.sql"),
    include_str!("../migrations/0003_closes.sql"),
    include_str!("../migrations/0004_placed.sql"),
    include_str!("../migrations/0005_power.sql"),
    include_str!("../migrations/0006_admissions.sql"),
    include_str!("../migrations/0007_information.sql"),
    include_str!("../migrations/0008_guard.sql"),
    include_str!("../migrations/0009_shown.sql"),
    include_str!("../migrations/0010_reach.sql"),
    include_str!("../migrations/0011_last.sql"),
    include_str!("../migrations/0012_report.sql"),
];

/// The oldest program that a schema still lets serve. Schemas of before it was written down have no such table, and no
/// program is older than what they serve.
pub(crate) const REACH: &str = "SELECT serves_from FROM schema_reach WHERE one = 1";

/// Whether a schema that is newer than this program, and reaches back to `serves_from`, may be served on by it.
pub(crate) fn serves(serves_from: i64) -> bool {
    usize::try_from(serves_from).is_ok_and(|oldest| oldest <= MIGRATIONS.len())
}
