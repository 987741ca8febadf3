use super::*;

const ANA: PersonId = PersonId([1; 16]);
const BEN: PersonId = PersonId([2; 16]);
const CUSTOMER: CustomerId = CustomerId([3; 16]);

fn happenings() -> [Happening; 6] {
    [
        Happening::Connected { channel: Channel::Call, person: ANA, caller: Some(CUSTOMER) },
        Happening::Connected { channel: Channel::Chat, person: BEN, caller: None },
        Happening::Transferred { person: BEN },
        Happening::Held,
        Happening::Resumed,
        Happening::Ended,
    ]
}

/// Every sequence of the six happenings up to six long, as digits in base six.
fn sequences() -> impl Iterator<Item = Vec<Event>> {
    (1..=6_u32).flat_map(|length| {
        (0..6_u32.pow(length)).map(move |code| {
            (0..length)
                .map(|i| {
                    let what = happenings()[(code / 6_u32.pow(i) % 6) as usize];
                    Event { at: Millis(i64::from(i) * 10), id: [i as u8; 16], what }
                })
                .collect()
        })
    })
}

fn permute(events: &mut Vec<Event>, from: usize, seen: &mut impl FnMut(&[Event])) {
    if from == events.len() {
        return seen(events);
    }
    for i in from..events.len() {
        events.swap(from, i);
        permute(events, from + 1, seen);
        events.swap(from, i);
    }
}

/// The reference: apply in the order of happening, one by one, with an independent little machine.
fn reference(events: &[Event]) -> (Phase, Option<PersonId>, Option<Millis>) {
    let (mut phase, mut person, mut ended) = (Phase::Announced, None, None);
    for event in events {
        match (phase, event.what) {
            (Phase::Ended, _) => {}
            (_, Happening::Ended) => (phase, ended) = (Phase::Ended, Some(event.at)),
            (_, Happening::Connected { person: who, .. }) => (phase, person) = (Phase::Connected, Some(who)),
            (Phase::Announced, _) => {}
            (_, Happening::Transferred { person: who }) => (phase, person) = (Phase::Connected, Some(who)),
            (_, Happening::Held) => phase = Phase::Held,
            (_, Happening::Resumed) => phase = Phase::Connected,
        }
    }
    (phase, person, ended)
}

#[test]
fn every_order_and_duplication_reaches_the_reference_state() {
    let mut arrivals = 0_u64;
    for events in sequences() {
        let expected = fold(&events).unwrap();
        assert_eq!((expected.phase, expected.person, expected.ended), reference(&events));
        // All 720 orders of every six-long sequence would be 33 million folds; every seventh sequence of that
        // length still meets each order 6,600 times.
        if events.len() == 6 && events.iter().map(|e| e.what.rank() as usize).sum::<usize>() % 7 != 0 {
            continue;
        }
        let mut shuffled = events.clone();
        permute(&mut shuffled, 0, &mut |order| {
            arrivals += 1;
            assert_eq!(fold(order), Some(expected));
        });
        let mut doubled = events.clone();
        doubled.extend(events.iter().rev());
        assert_eq!(fold(&doubled), Some(expected));
    }
    assert!(arrivals > 1_000_000, "{arrivals}");
}

#[test]
fn two_callers_match_nobody() {
    let other = Happening::Connected { channel: Channel::Call, person: ANA, caller: Some(CustomerId([9; 16])) };
    let events = [
        Event { at: Millis(1), id: [1; 16], what: happenings()[0] },
        Event { at: Millis(2), id: [2; 16], what: other },
    ];
    assert_eq!(fold(&events[..1]).unwrap().caller, Some(CUSTOMER));
    assert_eq!(fold(&events).unwrap().caller, None);
}

#[test]
fn timeouts_count_from_the_last_act_and_from_the_beginning() {
    let limits = Timeouts { idle_ms: 10, absolute_ms: 100 };
    for channel in Channel::IN_TOUCH {
        assert!(!limits.expired(channel, Millis(0), Millis(90), Millis(100)));
        assert!(limits.expired(channel, Millis(0), Millis(89), Millis(100)));
        assert!(limits.expired(channel, Millis(0), Millis(101), Millis(101)));
    }
}

#[test]
fn casework_ends_a_day_after_it_began_however_busy() {
    let limits = Timeouts { idle_ms: 10, absolute_ms: 100 };
    let day = 24 * 3_600_000;
    assert!(!limits.expired(Channel::Case, Millis(0), Millis(0), Millis(day)));
    assert!(limits.expired(Channel::Case, Millis(0), Millis(day), Millis(day + 1)));
}
