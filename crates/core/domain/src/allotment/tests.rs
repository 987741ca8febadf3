use super::*;
use crate::budget::STEP_MS;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::HashMap;

const NODES: usize = 3;

/// The store's row: how much of each window is given out.
#[derive(Default)]
struct Row {
    out: HashMap<Millis, u32>,
    grants: HashMap<EntryId, (Millis, u32)>,
    next: u64,
}

impl Row {
    fn grant(&mut self, limit: u32, ask: Ask) -> Option<Piece> {
        let out = self.out.entry(ask.window).or_default();
        let amount = share(limit - *out, ask.most);
        *out += amount;
        self.next += 1;
        let mut id = [0; 16];
        id[8..].copy_from_slice(&self.next.to_be_bytes());
        self.grants.insert(EntryId(id), (ask.window, amount));
        (amount > 0).then_some(Piece { allotment: EntryId(id), amount })
    }

    fn give_back(&mut self, window: Millis, piece: Piece) {
        let (granted, amount) = self.grants[&piece.allotment];
        assert!(granted == window && piece.amount <= amount, "more than was granted can't come back");
        *self.out.get_mut(&window).unwrap() -= piece.amount;
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Draw {
        node: usize,
        cost: u32,
        happens: bool,
    },
    /// The answer to a node's question is on its way.
    Answer {
        node: usize,
        lost: bool,
    },
    Crash(usize),
    Stop(usize),
    Clock {
        node: usize,
        by_ms: i64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let node = || 0..NODES;
    prop_oneof![
        12 => (node(), 1..4_u32, any::<bool>()).prop_map(|(node, cost, happens)| Step::Draw { node, cost, happens }),
        8 => (node(), prop::bool::weighted(0.1)).prop_map(|(node, lost)| Step::Answer { node, lost }),
        1 => node().prop_map(Step::Crash),
        1 => node().prop_map(Step::Stop),
        2 => (node(), -STEP_MS / 2..STEP_MS).prop_map(|(node, by_ms)| Step::Clock { node, by_ms }),
    ]
}

/// A node: its purse, its clock, its open question.
#[derive(Default)]
struct Node {
    purse: Purse,
    now: Millis,
    asked: Option<Ask>,
}

#[derive(Default)]
struct World {
    limit: u32,
    row: Row,
    nodes: [Node; NODES],
    spent: HashMap<Millis, u32>,
    of: HashMap<EntryId, u32>,
}

impl World {
    fn run(&mut self, step: Step) {
        match step {
            Step::Draw { node, cost, happens } => self.draw(node, cost, happens),
            Step::Answer { node, lost } => self.answer(node, lost),
            Step::Crash(node) => self.nodes[node] = Node { now: self.nodes[node].now, ..Node::default() },
            Step::Stop(node) => {
                let Node { purse, now, .. } = &mut self.nodes[node];
                let (window, left) = purse.close(*now);
                left.into_iter().for_each(|piece| self.row.give_back(window, piece));
                assert_eq!(purse.draw(*now, 1), Drawing::Closed);
                self.nodes[node] = Node { now: *now, ..Node::default() };
            }
            Step::Clock { node, by_ms } => self.nodes[node].now = Millis((self.nodes[node].now.0 + by_ms).max(0)),
        }
    }

    fn draw(&mut self, node: usize, cost: u32, happens: bool) {
        let Node { purse, now, asked } = &mut self.nodes[node];
        if let Drawing::Drawn(draw) = purse.draw(*now, cost) {
            assert_eq!(draw.pieces().iter().map(|piece| piece.amount).sum::<u32>(), cost);
            if happens {
                *self.spent.entry(draw.window).or_default() += cost;
                for piece in draw.pieces() {
                    *self.of.entry(piece.allotment).or_default() += piece.amount;
                }
            } else {
                purse.put_back(draw);
            }
        }
        let ask = purse.ask(*now, cost);
        assert!(ask.is_none() || asked.is_none(), "one question at a time");
        *asked = asked.or(ask);
    }

    fn answer(&mut self, node: usize, lost: bool) {
        let Node { purse, now, asked } = &mut self.nodes[node];
        let Some(ask) = asked.take() else { return };
        match self.row.grant(self.limit, ask) {
            Some(_) if lost => purse.failed(),
            Some(lot) => assert_eq!(purse.granted(*now, ask.window, lot), Ok(())),
            None => purse.refused(*now, Refusal::TenantExhausted),
        }
    }

    fn holds(&self) {
        for (window, spent) in &self.spent {
            assert!(*spent <= self.row.out[window] && self.row.out[window] <= self.limit);
        }
        for (entry, spent) in &self.of {
            assert!(*spent <= self.row.grants[entry].1, "each grant is spent once");
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens_in_whatever_order_no_window_is_overspent(limit in 1..200_u32, steps in vec(step(), 0..400)) {
        let mut world = World { limit, ..World::default() };
        for step in steps {
            world.run(step);
            world.holds();
        }
    }

    #[test]
    fn with_graceful_stops_only_everything_can_be_spent(limit in 1..500_u32, turns in vec(0..NODES, 1..40)) {
        let mut world = World { limit, ..World::default() };
        for node in turns {
            world.run(Step::Draw { node, cost: 1, happens: true });
            world.run(Step::Answer { node, lost: false });
            world.run(Step::Stop(node));
        }
        for node in 0..NODES - 1 {
            world.run(Step::Stop(node));
        }
        for _ in 0..3 * limit {
            world.run(Step::Draw { node: NODES - 1, cost: 1, happens: true });
            world.run(Step::Answer { node: NODES - 1, lost: false });
        }
        prop_assert_eq!(world.spent[&Millis(0)], limit);
    }

    #[test]
    fn a_grant_is_never_more_than_is_left_nor_nothing_while_something_is(left in any::<u32>(), most in 1..u32::MAX) {
        let share = share(left, most);
        prop_assert!(share <= left && share <= most && (share > 0) == (left > 0));
    }
}

fn lot(number: u8, amount: u32) -> Piece {
    Piece { allotment: EntryId([number; 16]), amount }
}

#[test]
fn one_question_at_a_time_and_before_the_purse_is_empty() {
    let (now, mut purse) = (Millis(5), Purse::default());
    assert_eq!(purse.draw(now, 1), Drawing::Wait);
    assert_eq!(purse.ask(now, 1), Some(Ask { window: Millis(0), most: LEAST }));
    assert_eq!(purse.ask(now, 1), None, "others wait for the same answer");
    purse.granted(now, Millis(0), lot(1, LEAST)).unwrap();
    let mut drawn = 0;
    while purse.ask(now, 1).is_none() {
        assert!(matches!(purse.draw(now, 1), Drawing::Drawn(_)));
        drawn += 1;
    }
    assert!(drawn > LEAST / 2 && purse.left() > 0, "there is something left to spend while the next grant comes");
}

/// Draws until the purse asks, so many milliseconds apart; says for how much, and grants it.
fn next_grant(purse: &mut Purse, now: &mut Millis, apart_ms: i64) -> u32 {
    loop {
        *now = now.plus(apart_ms);
        drop(purse.draw(*now, 1));
        if let Some(ask) = purse.ask(*now, 1) {
            let number = u8::try_from(now.0 % 251).unwrap();
            purse.granted(*now, ask.window, lot(number, ask.most)).unwrap();
            return ask.most;
        }
    }
}

#[test]
fn grants_grow_and_shrink_with_what_is_drawn() {
    let (mut now, mut purse) = (Millis(0), Purse::default());
    let fast: Vec<u32> = (0..6).map(|_| next_grant(&mut purse, &mut now, 1)).collect();
    // At a thousand a second half of the fifth lasts for longer than a second.
    assert_eq!(fast, [16, 64, 256, 1_024, 4_096, 4_096]);
    let fastest = (0..40).map(|_| next_grant(&mut purse, &mut now, 0)).max();
    assert_eq!(fastest, Some(MOST));
    let mut slow = Purse { most: 1_024, ..Purse::default() };
    let (mut now, mut sizes) = (Millis(0), Vec::new());
    for _ in 0..4 {
        sizes.push(next_grant(&mut slow, &mut now, 100));
    }
    assert_eq!(sizes, [1_024, 512, 256, 128]);
}

#[test]
fn a_crash_loses_no_more_than_some_seconds_worth() {
    let (mut now, mut purse, mut most) = (Millis(0), Purse::default(), 0);
    for _ in 0..200_000 {
        next_grant(&mut purse, &mut now, 10);
        most = most.max(purse.left());
        if now > Millis(STEP_MS / 2) {
            break;
        }
    }
    assert!(most <= 100 * 10, "at a hundred a second it held {most}");
}

#[test]
fn an_exhausted_allowance_is_asked_for_again_after_a_while() {
    let (now, mut purse) = (Millis(5), Purse::default());
    purse.ask(now, 1).unwrap();
    purse.refused(now, Refusal::TeamExhausted);
    assert_eq!(purse.draw(now, 1), Drawing::Refused(Refusal::TeamExhausted));
    assert_eq!(purse.ask(now, 1), None);
    let later = now.plus(RETRY_MS);
    assert_eq!((purse.draw(later, 1), purse.ask(later, 1).is_some()), (Drawing::Wait, true));
    purse.refused(later, Refusal::TeamExhausted);
    assert_eq!(purse.draw(Millis(STEP_MS), 1), Drawing::Wait, "another step, another grant");
}

#[test]
fn a_grant_that_comes_after_the_end_is_given_back() {
    let mut purse = Purse::default();
    purse.ask(Millis(5), 1).unwrap();
    purse.close(Millis(6));
    assert_eq!(purse.granted(Millis(7), Millis(0), lot(1, 9)), Err(lot(1, 9)));
    let mut late = Purse::default();
    late.ask(Millis(5), 1).unwrap();
    assert_eq!(late.granted(Millis(STEP_MS), Millis(0), lot(1, 9)), Ok(()));
    assert_eq!(late.left(), 0, "of a step that is over");
}
