//! Five years ahead.

use crate::{day, small};
use domain::FieldKind;
use plan::{Kind, Plan, Volume, Volumes, forecast};
use proptest::prelude::*;

fn volumes(stored: u64, new_per_year: u64) -> Volumes {
    Volumes::from([(Kind::Field(FieldKind::Phone), Volume { stored, new_per_year })])
}

#[test]
fn what_comes_goes_again_after_its_time() {
    let told = forecast(&small(), &volumes(2_400, 1_200), day("2026-01-01"));
    let rows: Vec<_> =
        told.years.iter().map(|year| &year.rows[0]).map(|row| (row.added, row.expired, row.stored)).collect();
    let steady = (1_200, 1_200, 2_400);
    assert_eq!(rows, [steady, steady, steady, steady, steady]);
    let later = forecast(&small(), &volumes(2_400, 1_200), day("2029-01-01"));
    let rows: Vec<_> =
        later.years.iter().map(|year| &year.rows[0]).map(|row| (row.added, row.expired, row.stored)).collect();
    let going = [(0, 1_200, 1_200), (0, 1_200, 0), (0, 0, 0)];
    assert_eq!(rows[..2], [steady, steady]);
    assert_eq!(rows[2..], going, "it ends with 2030, and stays as long as it is kept");
    assert_eq!(later.years[1].ending, ["phone"]);
}

#[test]
fn of_what_has_ended_the_last_goes_when_its_time_is_over() {
    let told = forecast(&small(), &volumes(1_200, 600), day("2031-12-31"));
    let rows: Vec<_> =
        told.years.iter().map(|year| &year.rows[0]).map(|row| (row.added, row.expired, row.stored)).collect();
    assert_eq!(rows[..2], [(0, 1_200, 0), (0, 0, 0)], "nothing is newer than a year, and it is kept for two");
}

#[test]
fn no_volume_is_too_large() {
    for from in ["2026-01-01", "2029-01-01", "2040-01-01"] {
        let told = forecast(&small(), &volumes(u64::MAX, u64::MAX), day(from));
        assert_eq!(told.years.len(), 5);
    }
}

#[test]
fn the_shipped_plan_shows_rotations_milestones_and_what_starts() {
    let told = forecast(&Plan::parse(plan::DEFAULT).unwrap(), &Volumes::new(), day("2026-11-27"));
    let turns: u64 = told.years.iter().map(|year| year.rotations[0].1).sum();
    assert_eq!(turns, (5 * 365 + 1 - 1) / 7);
    let starting: Vec<_> = told.years.iter().map(|year| year.starting.join(" ")).collect();
    assert_eq!(starting, ["", "browsing_behaviour", "voice", "images", ""]);
    let ids = |all: &[plan::Milestone]| all.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&told.years[2].milestones), ["ncsc_discovery"]);
    assert_eq!(ids(&told.years[4].milestones), ["nist_112_deprecated"]);
    assert_eq!(ids(&told.later), ["ncsc_priority", "ncsc_complete", "nist_112_disallowed", "nist_all_disallowed"]);
}

proptest! {
    /// No value is made or lost: what was there and what came is there or went.
    #[test]
    fn values_are_neither_made_nor_lost(stored in 0_u64..10_000_000, new in 0_u64..5_000_000, offset in 0_i64..3_000) {
        let from = day("2024-01-31").saturating_add(jiff::Span::new().days(offset));
        let told = forecast(&small(), &volumes(stored, new), from);
        let mut before = stored;
        for year in &told.years {
            let row = &year.rows[0];
            prop_assert_eq!(before + row.added, row.stored + row.expired);
            prop_assert!(row.added <= new);
            before = row.stored;
        }
        prop_assert_eq!(told.years.len(), 5);
        prop_assert!(told.years.windows(2).all(|pair| pair[0].until == pair[1].from));
    }
}
