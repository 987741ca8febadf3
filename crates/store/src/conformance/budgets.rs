//! Allowances: never overspent, by whatever many at once, and each movement names the one before.

use super::help::{
    ADA, BO, NOW, OTHER, TENANT, block_on, commit, commit_at, done, entry, intent, refused, refused_at, reveals,
};
use super::{Case, Mount};
use crate::{Intent, Outcome, Spend};
use domain::budget::WINDOW_MS;
use domain::{BudgetKind, Counter, EntryId, Refusal};
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) const CASES: &[Case] = &[
    Case { name: "an allowance is spent to its limit and no further", tables: &["budget"], run: to_the_limit },
    Case { name: "all of an intent's allowances must be there", tables: &["budget"], run: all_or_none },
    Case { name: "an allowance is whole again in the next window", tables: &["budget"], run: windows },
    Case { name: "each movement names the entry before it", tables: &["budget"], run: chain },
    Case { name: "an edited allowance is refused", tables: &["budget"], run: edited },
    Case { name: "many threads never overspend", tables: &["budget"], run: threads },
];

fn spending(number: u64, counter: Counter, cost: u32, limit: u32) -> Intent {
    Intent { spend: vec![Spend { counter, cost, limit, otherwise: Refusal::BudgetExhausted }], ..intent(number) }
}

fn used(mount: &dyn Mount, counter: Counter) -> u32 {
    block_on(mount.store().budget(TENANT, counter, NOW)).unwrap().map_or(0, |row| row.used)
}

fn to_the_limit(mount: &dyn Mount) {
    let store = mount.store();
    let batch = (1..=4).map(|number| spending(number, reveals(ADA), 1, 3)).collect();
    let outcomes = commit(&*store, batch);
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Committed(_))).count(), 3);
    assert_eq!(used(mount, reveals(ADA)), 3);
    refused(&*store, spending(5, reveals(ADA), 1, 3), Refusal::BudgetExhausted);
    done(&*store, spending(6, reveals(ADA), 0, 3));
    refused(&*store, spending(7, reveals(ADA), u32::MAX, 3), Refusal::BudgetExhausted);
    assert_eq!(used(mount, reveals(ADA)), 3);
    done(&*store, spending(8, reveals(BO), 1, 3));
    done(&*store, Intent { tenant: OTHER, ..spending(9, reveals(ADA), 1, 3) });
}

fn all_or_none(mount: &dyn Mount) {
    let store = mount.store();
    let search = Counter::person(BudgetKind::Search, ADA);
    done(&*store, spending(1, search, 2, 2));
    let spend = |counter, otherwise| Spend { counter, cost: 1, limit: 2, otherwise };
    let spends = vec![spend(reveals(ADA), Refusal::BudgetExhausted), spend(search, Refusal::AttemptsExhausted)];
    refused(&*store, Intent { spend: spends, ..intent(2) }, Refusal::AttemptsExhausted);
    assert_eq!(used(mount, reveals(ADA)), 0);
}

fn windows(mount: &dyn Mount) {
    let store = mount.store();
    done(&*store, spending(1, reveals(ADA), 1, 1));
    refused_at(&*store, NOW.plus(WINDOW_MS - 1), spending(2, reveals(ADA), 1, 1), Refusal::BudgetExhausted);
    assert!(matches!(
        commit_at(&*store, NOW.plus(WINDOW_MS), vec![spending(3, reveals(ADA), 1, 1)])[0],
        Outcome::Committed(_)
    ));
    let rows = block_on(store.budgets(TENANT)).unwrap();
    let mut windows: Vec<_> =
        rows.iter().map(|(counter, window, row)| (*counter, *window, row.used, row.last)).collect();
    windows.sort_unstable();
    assert_eq!(windows, [(reveals(ADA), NOW, 1, entry(1)), (reveals(ADA), NOW.plus(WINDOW_MS), 1, entry(3))]);
    assert!(block_on(store.budgets(OTHER)).unwrap().is_empty());
}

fn chain(mount: &dyn Mount) {
    let store = mount.store();
    let mut previous = EntryId([0; 16]);
    for number in 1..=3_u32 {
        let commit = done(&*store, spending(u64::from(number), reveals(ADA), 1, 9));
        let spent = commit.numbers.spent[0];
        assert_eq!((spent.counter, spent.previous, spent.used), (reveals(ADA), previous, number));
        previous = commit.entry;
    }
}

fn edited(mount: &dyn Mount) {
    let store = mount.store();
    done(&*store, spending(1, reveals(ADA), 1, 9));
    assert_eq!(mount.edit("UPDATE budget SET used = 0"), 1);
    refused(&*store, spending(2, reveals(ADA), 1, 9), Refusal::Tampered);
    assert_eq!(used(mount, reveals(ADA)), 0, "the row stays as evidence");
}

fn threads(mount: &dyn Mount) {
    let (limit, given, next) = (20, AtomicU64::new(0), AtomicU64::new(1));
    let store = mount.store();
    std::thread::scope(|threads| {
        for _ in 0..8 {
            let (store, given, next) = (&store, &given, &next);
            threads.spawn(move || {
                for _ in 0..5 {
                    let batch =
                        (0..2).map(|_| spending(next.fetch_add(1, Ordering::SeqCst), reveals(ADA), 1, limit)).collect();
                    let outcomes = commit(&**store, batch);
                    let committed = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Committed(_))).count();
                    given.fetch_add(committed as u64, Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(given.load(Ordering::SeqCst), u64::from(limit));
    assert_eq!(used(mount, reveals(ADA)), limit);
    assert_eq!(block_on(store.pending(TENANT, None, 1_000)).unwrap().len(), 80);
}
