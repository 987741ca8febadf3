//! The committed description of the API is the one that is served.

use crate::centre::repository;
use std::fs;

#[test]
fn the_committed_description_is_the_programs_own() {
    let path = repository().join("openapi/openapi.json");
    let own = web::openapi() + "\n";
    if std::env::var_os("RINGFENCE_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &own).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == own,
        "openapi/openapi.json is out of date; run: RINGFENCE_BLESS=1 cargo test --release -p ringfence --test live description"
    );
}
