use super::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

const DAY_MS: i64 = 24 * 3_600_000;
const START: Millis = Millis(1_767_225_600_000);

/// Somebody asks to spend, by a clock that goes on, jumps ahead and falls back.
#[derive(Clone, Copy, Debug)]
struct Ask {
    by_ms: i64,
    purpose: Option<Purpose>,
    amount: u32,
}

fn ask() -> impl Strategy<Value = Ask> {
    let jump = prop_oneof![
        8 => 0..2 * STEP_MS,
        3 => 0..4 * 3_600_000_i64,
        2 => 0..3 * DAY_MS,
        1 => 0..40 * DAY_MS,
        2 => -2 * DAY_MS..0_i64,
    ];
    let purpose = option::of(select(vec![Purpose::Payment, Purpose::Delivery]));
    (jump, purpose, 1..9_u32).prop_map(|(by_ms, purpose, amount)| Ask { by_ms, purpose, amount })
}

fn room() -> Room {
    let all = PerWindow { hour: 12, day: 30, month: 80 };
    Room { all, purpose: PerWindow { hour: 8, day: 20, month: 50 } }
}

/// What was let through, each at the moment that counted for it.
fn play(asks: &[Ask]) -> (History, Vec<(Millis, Option<Purpose>, u32)>) {
    let (mut history, mut given, mut clock, mut floor) = (History::default(), Vec::new(), START, START);
    for Ask { by_ms, purpose, amount } in asks {
        clock = Millis((clock.0 + by_ms).max(START.0));
        if history.left(clock, *purpose, &room()).0 >= *amount {
            history.spend(clock, *purpose, *amount);
            history = History::decode(&history.encode()).unwrap();
            floor = Millis(floor.0.max(clock.0));
            given.push((floor, *purpose, *amount));
        }
    }
    (history, given)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn no_limit_is_exceeded_in_any_stretch_of_its_windows_length(asks in vec(ask(), 0..200)) {
        let (_, given) = play(&asks);
        for window in Window::ALL {
            // Any stretch that holds too much can be moved until it ends with something that was given.
            for (end, ..) in &given {
                let within = given.iter().filter(|(at, ..)| at.0 > end.0 - window.length_ms() && at <= end);
                let sum = |of: Option<Purpose>| within.clone().filter(|(_, purpose, _)| of.is_none() || *purpose == of).map(|(.., amount)| amount).sum::<u32>();
                prop_assert!(sum(None) <= room().all.of(window), "{:?}", window);
                for purpose in [Purpose::Payment, Purpose::Delivery] {
                    prop_assert!(sum(Some(purpose)) <= room().purpose.of(window), "{:?}", window);
                }
            }
        }
    }

    #[test]
    fn a_clock_that_is_set_back_gives_nothing_again(asks in vec(ask(), 1..60), back in 1..40 * DAY_MS) {
        let (history, given) = play(&asks);
        let Some((last, ..)) = given.last() else { return Ok(()) };
        let earlier = Millis((last.0 - back).max(START.0));
        for purpose in [None, Some(Purpose::Payment)] {
            prop_assert!(history.left(earlier, purpose, &room()).0 <= history.left(*last, purpose, &room()).0);
        }
    }

    #[test]
    fn what_is_told_of_the_time_is_true(asks in vec(ask(), 0..60), amount in 1..20_u32) {
        let (history, _) = play(&asks);
        let now = START.plus(DAY_MS);
        for purpose in [None, Some(Purpose::Delivery)] {
            match history.free_at(now, purpose, &room(), amount) {
                Some(then) => {
                    prop_assert!(then >= now && history.left(then, purpose, &room()).0 >= amount);
                    prop_assert!(then == now || history.left(Millis(then.0 - 1), purpose, &room()).0 < amount);
                }
                None => prop_assert!(amount > room().all.hour.min(purpose.map_or(u32::MAX, |_| room().purpose.hour))),
            }
        }
    }

    #[test]
    fn what_is_given_back_was_never_spent(asks in vec(ask(), 0..60), amount in 1..9_u32) {
        let (mut history, given) = play(&asks);
        let now = given.last().map_or(START, |(at, ..)| *at);
        let before = history.clone();
        history.spend(now, None, amount);
        prop_assert!(history.give_back(now, None, amount));
        for window in Window::ALL {
            prop_assert_eq!(history.used(now, window, None), before.used(now, window, None));
        }
        prop_assert!(!history.give_back(now.plus(-3 * STEP_MS), Some(Purpose::Callback), 1));
        // By a clock that is behind it counts where the newest did, and is taken back there.
        let behind = now.plus(-3 * STEP_MS);
        history.spend(behind, Some(Purpose::Callback), amount);
        prop_assert!(history.give_back(behind, Some(Purpose::Callback), amount));
        prop_assert!(!history.give_back(behind, Some(Purpose::Callback), 1));
    }

    #[test]
    fn bytes_come_back_and_odd_ones_are_none(asks in vec(ask(), 0..80), odd in vec(any::<u8>(), 0..60)) {
        let (history, given) = play(&asks);
        if !given.is_empty() {
            prop_assert_eq!(History::decode(&history.encode()), Some(history.clone()));
            prop_assert_eq!(History::decode(&[history.encode(), vec![0]].concat()), None);
        }
        drop(History::decode(&odd));
    }
}

#[test]
fn a_full_months_history_stays_small() {
    let mut history = History::default();
    for hour in 0..60 * 8 {
        let at = START.plus(hour / 8 * DAY_MS + hour % 8 * 3_600_000);
        for minute in 0..6 {
            for purpose in [None, Some(Purpose::Delivery), Some(Purpose::Payment)] {
                history.spend(at.plus(minute * STEP_MS), purpose, 40);
            }
        }
    }
    let bytes = history.encode().len();
    assert!(bytes < 600, "{bytes}");
}

#[test]
fn an_hours_worth_is_free_again_after_an_hour_and_a_step_at_the_latest() {
    let (mut history, room) = (History::default(), Room::hourly(10));
    history.spend(START.plus(5), None, 10);
    let (left, shortage) = history.left(START.plus(Window::Hour.length_ms() + 4), None, &room);
    assert_eq!((left, shortage), (0, Shortage { window: Window::Hour, purpose: false }));
    assert_eq!(history.free_at(START.plus(6), None, &room, 1), Some(START.plus(Window::Hour.length_ms() + STEP_MS)));
    assert_eq!(history.left(START.plus(Window::Hour.length_ms() + STEP_MS), None, &room).0, 10);
    assert_eq!(history.free_at(START, None, &room, 11), None, "never");
}
