//! Golden files: what really happens, written down once and held against from then on.

use std::fs;
use std::path::Path;

/// Is the table what the file says? With RINGFENCE_BLESS=1 the file becomes the table first.
pub(crate) fn hold(path: &Path, table: &str) {
    if std::env::var_os("RINGFENCE_BLESS").is_some() {
        fs::write(path, table).unwrap();
    }
    let golden = fs::read_to_string(path).unwrap_or_default();
    let differing = golden.lines().zip(table.lines()).enumerate().find(|(_, (golden, now))| golden != now);
    assert!(golden == table, "{} isn't what happens; first difference: {differing:?}", path.display());
}
