//! Allotments: nodes take parts of an allowance in advance and give back what is left, never more than there is.

use super::help::{ADA, NOW, OTHER, TENANT, block_on, commit, done, entry, intent, own, refused};
use super::{Case, Mount};
use crate::{Intent, Outcome, RequestKey, Spend, Turn};
use domain::budget::STEP_MS;
use domain::{Counter, EntryId, History, Purpose, Refusal, Room, Window};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

pub(super) const CASES: &[Case] = &[
    Case { name: "allotments add up to the limit and no further", tables: &["budget"], run: to_the_limit },
    Case { name: "what is given back can be allotted again", tables: &["budget"], run: back },
    Case { name: "an allotment is given back once", tables: &["budget", "request"], run: once },
    Case { name: "an allotment is of the step and purpose it names", tables: &["budget"], run: steps },
    Case { name: "each allotment names the entry before it", tables: &["budget"], run: chain },
    Case { name: "an edited allowance allots nothing", tables: &["budget"], run: edited },
    Case { name: "many nodes at once are never allotted more than there is", tables: &["budget"], run: threads },
];

fn team() -> Counter {
    Counter::team([7; 16])
}

fn allotting(number: u64, counter: Counter, turn: Turn, limit: u32) -> Intent {
    let room = Room::hourly(limit);
    let spend = Spend { counter, purpose: None, turn, at: NOW, room, otherwise: Refusal::TeamExhausted };
    Intent { spend: vec![spend], ..intent(number) }
}

/// As a node gives back: the request's key is the allotment's own.
fn giving_back(number: u64, allotment: u8, amount: u32, limit: u32) -> Intent {
    let request = RequestKey { key: [allotment; 16], content: [0; 16], session: [0; 16], answer: 0 };
    Intent { request: Some(request), ..allotting(number, team(), Turn::Back(amount), limit) }
}

fn used(mount: &dyn Mount, counter: Counter) -> u32 {
    let row = block_on(mount.store().budget(TENANT, counter)).unwrap();
    row.map_or(0, |row| History::decode(&row.history).unwrap().used(NOW, Window::Hour, None))
}

fn to_the_limit(mount: &dyn Mount) {
    let store = mount.store();
    let (limit, mut sum, mut number) = (100, 0, 0);
    loop {
        number += 1;
        match commit(&*store, vec![allotting(number, team(), Turn::Take(40), limit)]).remove(0) {
            Outcome::Committed(commit) => {
                let amount = commit.numbers.allotted.unwrap();
                assert!(amount > 0 && amount <= 40);
                sum += amount;
                assert_eq!((commit.numbers.spent[0].counter, commit.numbers.spent[0].total), (team(), u64::from(sum)));
            }
            Outcome::Refused { refusal, .. } => break assert_eq!(refusal, Refusal::TeamExhausted),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((sum, used(mount, team())), (limit, limit));
    refused(&*store, allotting(900, team(), Turn::Take(1), 60), Refusal::TeamExhausted);
    let more = done(&*store, allotting(901, team(), Turn::Take(1), limit + 1));
    assert_eq!(more.numbers.allotted, Some(1), "a limit that was raised");
    done(&*store, allotting(902, Counter::tenant(), Turn::Take(1), 1));
    done(&*store, Intent { tenant: OTHER, ..allotting(903, team(), Turn::Take(1), 1) });
    let mut both = allotting(904, team(), Turn::Take(1), 0);
    both.spend.insert(0, Spend { counter: own(ADA), turn: Turn::Spend(1), room: Room::hourly(1), ..both.spend[0] });
    refused(&*store, both, Refusal::TeamExhausted);
    assert_eq!(used(mount, own(ADA)), 0, "all or nothing");
}

fn back(mount: &dyn Mount) {
    let store = mount.store();
    let taken = done(&*store, allotting(1, team(), Turn::Take(5), 40)).numbers.allotted.unwrap();
    assert_eq!(taken, 5);
    let returned = done(&*store, giving_back(2, 1, 3, 40));
    assert_eq!((returned.numbers.allotted, returned.numbers.spent[0].moved), (Some(3), Some(-3)));
    assert_eq!(used(mount, team()), 2);
    assert_eq!(done(&*store, giving_back(3, 2, 3, 40)).numbers.allotted, Some(0));
    assert_eq!(used(mount, team()), 2, "more than was given out can't come back");
}

fn once(mount: &dyn Mount) {
    let store = mount.store();
    done(&*store, allotting(1, team(), Turn::Take(10), 100));
    let replayed = |outcome: &Outcome| matches!(outcome, Outcome::Replayed { entry: first, .. } if *first == entry(2));
    let outcomes = commit(&*store, vec![giving_back(2, 1, 4, 100), giving_back(3, 1, 4, 100)]);
    assert!(matches!(outcomes[0], Outcome::Committed(_)) && replayed(&outcomes[1]), "{outcomes:?}");
    assert!(replayed(&commit(&*store, vec![giving_back(4, 1, 4, 100)])[0]));
    assert_eq!(used(mount, team()), 6);
}

fn steps(mount: &dyn Mount) {
    let store = mount.store();
    let of = |number, turn, steps: i64, purpose| {
        let mut asked = allotting(number, team(), turn, 4);
        (asked.spend[0].at, asked.spend[0].purpose) = (NOW.plus(steps * STEP_MS), purpose);
        asked
    };
    let payment = Some(Purpose::Payment);
    done(&*store, of(1, Turn::Take(2), 0, None));
    done(&*store, of(2, Turn::Take(2), 0, payment));
    assert_eq!(done(&*store, of(3, Turn::Back(1), 1, None)).numbers.allotted, Some(0), "of another step");
    assert_eq!(done(&*store, of(4, Turn::Back(1), 0, Some(Purpose::Delivery))).numbers.allotted, Some(0));
    assert_eq!(done(&*store, of(5, Turn::Back(1), 0, payment)).numbers.allotted, Some(1));
    assert_eq!(used(mount, team()), 1);
}

fn chain(mount: &dyn Mount) {
    let store = mount.store();
    let mut previous = EntryId([0; 16]);
    for (number, turn, total, moved) in [(1, Turn::Take(4), 4, 4), (2, Turn::Take(2), 6, 2), (3, Turn::Back(5), 11, -5)]
    {
        let commit = done(&*store, allotting(number, team(), turn, 100));
        let spent = commit.numbers.spent[0];
        assert_eq!((spent.counter, spent.previous, spent.total, spent.moved), (team(), previous, total, Some(moved)));
        previous = commit.entry;
    }
}

fn edited(mount: &dyn Mount) {
    let store = mount.store();
    done(&*store, allotting(1, team(), Turn::Take(4), 40));
    assert_eq!(mount.edit("UPDATE budget SET total = 0"), 1);
    refused(&*store, allotting(2, team(), Turn::Take(4), 40), Refusal::Tampered);
    refused(&*store, allotting(3, team(), Turn::Back(0), 40), Refusal::Tampered);
    let row = block_on(store.budget(TENANT, team())).unwrap().unwrap();
    assert_eq!(row.total, 0, "the row stays as evidence");
}

fn threads(mount: &dyn Mount) {
    let (limit, given, next) = (300, AtomicU32::new(0), AtomicU64::new(1));
    let store = mount.store();
    std::thread::scope(|threads| {
        for _ in 0..8 {
            let (store, given, next) = (&store, &given, &next);
            threads.spawn(move || {
                for _ in 0..20 {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    let outcome = commit(&**store, vec![allotting(number, team(), Turn::Take(9), limit)]).remove(0);
                    let Outcome::Committed(commit) = outcome else { continue };
                    given.fetch_add(commit.numbers.allotted.unwrap(), Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(given.load(Ordering::SeqCst), limit);
    assert_eq!(used(mount, team()), limit);
}
