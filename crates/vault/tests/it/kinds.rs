//! The table of the log's entries names every kind, and no other.

use vault::Kind;

#[test]
fn the_table_of_entries_is_the_codes_own() {
    let table = include_str!("../../../../docs/log-entries.md");
    let rows: Vec<(u8, &str)> = table
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| ")?.split(" | ");
            let (code, slug) = (cells.next()?.parse().ok()?, cells.next()?.trim_matches('`'));
            assert_eq!(cells.filter(|cell| !cell.is_empty()).count(), 2, "{slug} says who and what");
            Some((code, slug))
        })
        .collect();
    let kinds: Vec<(u8, &str)> = Kind::ALL.iter().map(|kind| (*kind as u8, kind.slug())).collect();
    assert_eq!(rows, kinds);
    assert!(Kind::ALL.iter().all(|kind| Kind::from_slug(kind.slug()) == Some(*kind)));
}
