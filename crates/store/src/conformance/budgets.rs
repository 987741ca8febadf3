//! Allowances: never overspent, by whatever many at once, and each movement names the one before.

use super::help::{ADA, BO, NOW, OTHER, TENANT, block_on, commit, done, entry, intent, own, refused};
use super::{Case, Mount};
use crate::{Intent, Outcome, Spend, Turn};
use domain::budget::STEP_MS;
use domain::{BudgetKind, Counter, EntryId, History, Millis, PerWindow, Purpose, Refusal, Room, Window};
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) const CASES: &[Case] = &[
    Case { name: "an allowance is spent to its limit and no further", tables: &["budget"], run: to_the_limit },
    Case { name: "all of an intent's allowances must be there", tables: &["budget"], run: all_or_none },
    Case { name: "an allowance slides with the time and is told apart by purpose", tables: &["budget"], run: windows },
    Case { name: "a clock that is set forward and back gives nothing twice", tables: &["budget"], run: clocks },
    Case { name: "what is given back can be spent again", tables: &["budget"], run: back },
    Case { name: "many allowances are read at once", tables: &["budget", "hourly_budget"], run: many },
    Case { name: "each movement names the entry before it", tables: &["budget"], run: chain },
    Case { name: "an edited allowance is refused", tables: &["budget"], run: edited },
    Case { name: "many threads never overspend", tables: &["budget"], run: threads },
];

fn spend(counter: Counter, cost: u32, limit: u32) -> Spend {
    let (turn, room) = (Turn::Spend(cost), Room::hourly(limit));
    Spend { counter, purpose: None, turn, at: NOW, room, otherwise: Refusal::BudgetExhausted }
}

fn spending(number: u64, counter: Counter, cost: u32, limit: u32) -> Intent {
    Intent { spend: vec![spend(counter, cost, limit)], ..intent(number) }
}

fn later(ms: i64, purpose: Option<Purpose>, intent: Intent) -> Intent {
    let spend = intent.spend.iter().map(|spend| Spend { at: NOW.plus(ms), purpose, ..*spend }).collect();
    Intent { spend, ..intent }
}

fn used_at(mount: &dyn Mount, counter: Counter, now: Millis) -> u32 {
    let row = block_on(mount.store().budget(TENANT, counter)).unwrap();
    row.map_or(0, |row| History::decode(&row.history).unwrap().used(now, Window::Hour, None))
}

fn used(mount: &dyn Mount, counter: Counter) -> u32 {
    used_at(mount, counter, NOW)
}

fn to_the_limit(mount: &dyn Mount) {
    let store = mount.store();
    let batch = (1..=4).map(|number| spending(number, own(ADA), 1, 3)).collect();
    let outcomes = commit(&*store, batch);
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Committed(_))).count(), 3);
    assert_eq!(used(mount, own(ADA)), 3);
    refused(&*store, spending(5, own(ADA), 1, 3), Refusal::BudgetExhausted);
    done(&*store, spending(6, own(ADA), 0, 3));
    refused(&*store, spending(7, own(ADA), u32::MAX, 3), Refusal::BudgetExhausted);
    assert_eq!(used(mount, own(ADA)), 3);
    done(&*store, spending(8, own(BO), 1, 3));
    done(&*store, Intent { tenant: OTHER, ..spending(9, own(ADA), 1, 3) });
}

fn all_or_none(mount: &dyn Mount) {
    let store = mount.store();
    let search = Counter::person(BudgetKind::Code, ADA);
    done(&*store, spending(1, search, 2, 2));
    let spend = |counter, otherwise| Spend { otherwise, ..spend(counter, 1, 2) };
    let spends = vec![spend(own(ADA), Refusal::BudgetExhausted), spend(search, Refusal::AttemptsExhausted)];
    refused(&*store, Intent { spend: spends, ..intent(2) }, Refusal::AttemptsExhausted);
    assert_eq!(used(mount, own(ADA)), 0);
}

fn windows(mount: &dyn Mount) {
    let store = mount.store();
    let hour = Window::Hour.length_ms();
    let delivery = Some(Purpose::Delivery);
    done(&*store, later(STEP_MS - 1, delivery, spending(1, own(ADA), 1, 1)));
    refused(&*store, later(hour, None, spending(2, own(ADA), 1, 1)), Refusal::BudgetExhausted);
    done(&*store, later(hour + STEP_MS, None, spending(3, own(ADA), 1, 1)));
    let all = PerWindow { hour: 5, day: 4, month: 9 };
    let room = Room { all, purpose: PerWindow { day: 2, ..PerWindow::ANY } };
    let with = |number, cost, purpose| {
        let mut asked = later(hour + STEP_MS, purpose, spending(number, own(ADA), cost, 0));
        asked.spend[0].room = room;
        asked
    };
    refused(&*store, with(4, 3, None), Refusal::DayExhausted);
    done(&*store, with(5, 1, delivery));
    refused(&*store, with(6, 1, delivery), Refusal::PurposeExhausted);
    assert!(block_on(store.budgets(OTHER)).unwrap().is_empty());
}

fn clocks(mount: &dyn Mount) {
    let store = mount.store();
    let day = 24 * Window::Hour.length_ms();
    done(&*store, spending(1, own(ADA), 2, 2));
    for (number, ms) in [(2, day), (3, 40 * day)] {
        done(&*store, later(ms, None, spending(number, own(ADA), 2, 2)));
        for back in [0, ms / 2, ms] {
            refused(&*store, later(back, None, spending(number * 10, own(ADA), 1, 2)), Refusal::BudgetExhausted);
            mount.edit("DELETE FROM pending");
            mount.edit("DELETE FROM entry");
        }
    }
}

fn back(mount: &dyn Mount) {
    let store = mount.store();
    let back = |number, amount| {
        let turn = Turn::Back(amount);
        Intent { spend: vec![Spend { turn, ..spend(own(ADA), 0, 9) }], ..intent(number) }
    };
    done(&*store, spending(1, own(ADA), 4, 9));
    let moved = done(&*store, back(2, 3)).numbers.spent[0];
    assert_eq!((moved.total, moved.moved, used(mount, own(ADA))), (7, Some(-3), 1));
    assert!(done(&*store, back(3, 2)).numbers.spent.is_empty(), "more than there is can't come back");
    assert_eq!(used(mount, own(ADA)), 1);
}

fn many(mount: &dyn Mount) {
    let store = mount.store();
    done(&*store, spending(1, own(ADA), 1, 9));
    done(&*store, spending(2, own(BO), 2, 9));
    let found = block_on(store.budgets_of(TENANT, vec![own(BO), own(ADA), Counter::tenant()])).unwrap();
    let mut totals: Vec<_> = found.iter().map(|(counter, row)| (*counter, row.total, row.last)).collect();
    totals.sort_unstable();
    assert_eq!(totals, [(own(ADA), 1, entry(1)), (own(BO), 2, entry(2))]);
    let all = block_on(store.budgets(TENANT)).unwrap();
    assert_eq!(all.len(), 2);
    assert!(block_on(store.budgets_of(TENANT, Vec::new())).unwrap().is_empty());
    assert!(block_on(store.hourly_budgets(TENANT, Millis(0))).unwrap().is_empty());
    let before = "INSERT INTO hourly_budget (tenant, counter, since, used, last, tag) \
                  SELECT tenant, counter, 7, 3, last, tag FROM budget WHERE total = 1";
    assert_eq!(mount.edit(before), 1);
    let hourly = block_on(store.hourly_budgets(TENANT, Millis(7))).unwrap();
    assert_eq!(
        hourly.iter().map(|row| (row.counter, row.since, row.used)).collect::<Vec<_>>(),
        [(own(ADA), Millis(7), 3)]
    );
    assert!(block_on(store.hourly_budgets(TENANT, Millis(8))).unwrap().is_empty());
}

fn chain(mount: &dyn Mount) {
    let store = mount.store();
    let mut previous = EntryId([0; 16]);
    for number in 1..=3_u32 {
        let commit = done(&*store, spending(u64::from(number), own(ADA), 1, 9));
        let spent = commit.numbers.spent[0];
        let expected = (own(ADA), previous, u64::from(number), Some(1));
        assert_eq!((spent.counter, spent.previous, spent.total, spent.moved), expected);
        previous = commit.entry;
    }
}

fn edited(mount: &dyn Mount) {
    let store = mount.store();
    done(&*store, spending(1, own(ADA), 1, 9));
    assert_eq!(mount.edit("UPDATE budget SET total = 0"), 1);
    refused(&*store, spending(2, own(ADA), 1, 9), Refusal::Tampered);
    let row = block_on(store.budget(TENANT, own(ADA))).unwrap().unwrap();
    assert_eq!(row.total, 0, "the row stays as evidence");
    assert_eq!(mount.edit("UPDATE budget SET total = 1, history = tag"), 1);
    refused(&*store, spending(3, own(ADA), 1, 9), Refusal::Tampered);
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
                        (0..2).map(|_| spending(next.fetch_add(1, Ordering::SeqCst), own(ADA), 1, limit)).collect();
                    let outcomes = commit(&**store, batch);
                    let committed = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Committed(_))).count();
                    given.fetch_add(committed as u64, Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(given.load(Ordering::SeqCst), u64::from(limit));
    assert_eq!(used(mount, own(ADA)), limit);
    assert_eq!(block_on(store.pending(TENANT, None, 1_000)).unwrap().len(), 80);
}
