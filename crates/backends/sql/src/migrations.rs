//! Every schema change, in order, the same files for all engines. What an engine must say otherwise, it replaces
//! itself: see its own `migrate`.

/// A database's schema version says how many of them it has had.
pub(crate) const MIGRATIONS: [&str; 9] = [
    include_str!("../migrations/0001_spine.sql"),
    include_str!("../migrations/0002_witness.sql"),
    include_str!("../migrations/0003_closes.sql"),
    include_str!("../migrations/0004_placed.sql"),
    include_str!("../migrations/0005_power.sql"),
    include_str!("../migrations/0006_admissions.sql"),
    include_str!("../migrations/0007_information.sql"),
    include_str!("../migrations/0008_guard.sql"),
    include_str!("../migrations/0009_shown.sql"),
];
