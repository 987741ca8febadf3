//! The day as a stream: which agent does what next.

use super::act::{Act, Expect, Step};
use super::script::{Script, interaction};
use crate::chance::Chance;
use std::collections::VecDeque;

/// How many people take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cast {
    /// Agents at work.
    pub agents: usize,
    /// Customers who may call.
    pub customers: usize,
}

impl Cast {
    /// The cast beside a hosted person, whose callers are the last of the customers.
    #[must_use]
    pub fn beside_hosted(agents: usize, customers: usize) -> Self {
        Self { agents, customers: customers - callers_of_the_hosted(customers) }
    }
}

/// How many of so many customers call only the hosted person: an eighth, at least one, at most fifty. Of a single customer
/// there is no part to take, so both sides get that one.
pub(super) fn callers_of_the_hosted(customers: usize) -> usize {
    if customers < 2 { 0 } else { (customers / 8).clamp(1, 50) }
}

/// The first `n` acts of the day of `seed`. Every interaction is opened before anything is done in it, is with
/// one agent at a time, and no customer has two at once. Nothing happens without an agent and a customer.
pub fn acts(seed: u64, cast: Cast, n: usize) -> impl Iterator<Item = Act> {
    Day::new(seed, cast).take(n)
}

/// Customers remembered as served, so that somebody may try to look one of them up afterwards.
const REMEMBERED: usize = 32;

/// Chance's stream for the day; identities use the streams from 0 up.
const STREAM: u64 = u64::MAX;

struct Open {
    call: u64,
    customer: usize,
    script: Script,
}

/// The endless day.
pub(super) struct Day {
    chance: Chance,
    cast: Cast,
    desks: Vec<Option<Open>>,
    calls: u64,
    served: VecDeque<usize>,
}

impl Day {
    pub(super) fn new(seed: u64, cast: Cast) -> Self {
        let desks = (0..cast.agents).map(|_| None).collect();
        Self { chance: Chance::new(seed, STREAM), cast, desks, calls: 0, served: VecDeque::new() }
    }

    /// The next act at this desk; `None` if there is nothing to do there right now.
    fn at_desk(&mut self, agent: usize) -> Option<Act> {
        if self.desks.get(agent)?.is_none() {
            if let Some(act) = self.temptation(agent) {
                return Some(act);
            }
            self.desks[agent] = Some(self.next_customer()?);
        }
        self.step(agent)
    }

    /// Now and then an idle agent tries to look up somebody who called earlier.
    fn temptation(&mut self, agent: usize) -> Option<Act> {
        if self.served.is_empty() || !self.chance.percent(15) {
            return None;
        }
        let index = self.chance.index(self.served.len());
        let customer = *self.served.get(index)?;
        Some(Act { call: None, agent, customer, step: Step::RevealWithoutCall, expect: Expect::Refused })
    }

    fn next_customer(&mut self) -> Option<Open> {
        let customer = self.free_customer()?;
        self.calls += 1;
        Some(Open { call: self.calls, customer, script: interaction(&mut self.chance) })
    }

    fn free_customer(&mut self) -> Option<usize> {
        let customers = self.cast.customers;
        let first = self.chance.index(customers);
        let busy = |customer: &usize| self.desks.iter().flatten().any(|open| open.customer == *customer);
        (0..customers).map(|offset| (first + offset) % customers).find(|customer| !busy(customer))
    }

    /// Does the next step of the desk's script and leaves the desk as it is after that step.
    fn step(&mut self, agent: usize) -> Option<Act> {
        let free = self.desks.iter().position(Option::is_none);
        let mut open = self.desks.get_mut(agent)?.take()?;
        let (mut step, expect) = open.script.pop_front()?;
        let mut desk = agent;
        if let Step::Transfer { to } = &mut step {
            // With nobody free the agent stays on the line: a transfer to oneself is nobody's event.
            let Some(colleague) = free else {
                self.desks[agent] = Some(open);
                return self.step(agent);
            };
            (*to, desk) = (colleague, colleague);
        }
        let act = Act { call: Some(open.call), agent, customer: open.customer, step, expect };
        self.remember(&act);
        if !open.script.is_empty() {
            self.desks[desk] = Some(open);
        }
        Some(act)
    }

    fn remember(&mut self, act: &Act) {
        if act.step == Step::End {
            self.served.push_front(act.customer);
            self.served.truncate(REMEMBERED);
        }
    }
}

impl Iterator for Day {
    type Item = Act;

    fn next(&mut self) -> Option<Act> {
        let agents = self.cast.agents;
        let first = self.chance.index(agents);
        (0..agents).find_map(|offset| self.at_desk((first + offset) % agents))
    }
}

#[cfg(test)]
mod tests {
    use super::{Act, Cast, Expect, Step, acts};
    use std::collections::{BTreeMap, BTreeSet};

    const CAST: Cast = Cast { agents: 6, customers: 40 };

    fn day(seed: u64, n: usize) -> Vec<Act> {
        acts(seed, CAST, n).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_day() {
        assert_eq!(day(1, 2_000), day(1, 2_000));
        assert_eq!(day(1, 100), day(1, 2_000)[..100]);
        assert_ne!(day(1, 100), day(2, 100));
    }

    #[test]
    fn an_interaction_is_opened_once_ended_once_and_with_one_agent_at_a_time() {
        let mut at: BTreeMap<u64, usize> = BTreeMap::new();
        let mut over = BTreeSet::new();
        for act in day(3, 20_000) {
            let Some(call) = act.call else { continue };
            match act.step {
                Step::Connect { .. } => assert!(at.insert(call, act.agent).is_none()),
                Step::RevealAfterHangUp => assert!(over.contains(&call)),
                Step::Transfer { to } => {
                    assert_ne!(to, act.agent);
                    assert_eq!(at.insert(call, to), Some(act.agent));
                }
                Step::End => {
                    assert_eq!(at.remove(&call), Some(act.agent));
                    assert!(over.insert(call));
                }
                _ => assert_eq!(at.get(&call), Some(&act.agent)),
            }
        }
        assert!(over.len() > 1_000);
    }

    #[test]
    fn no_customer_is_in_two_interactions() {
        let mut talking = BTreeSet::new();
        for act in day(4, 20_000) {
            match act.step {
                Step::Connect { .. } => assert!(talking.insert(act.customer)),
                Step::End => assert!(talking.remove(&act.customer)),
                _ => {}
            }
        }
    }

    #[test]
    fn everything_that_can_happen_happens() {
        let day = day(5, 3_000);
        let kinds: BTreeSet<String> =
            day.iter().map(|act| format!("{:?}", act.step).split([' ', '(']).next().unwrap().to_owned()).collect();
        assert_eq!(kinds.len(), 18, "{kinds:?}");
        let refused = day.iter().filter(|act| act.expect == Expect::Refused).count();
        assert!((30..600).contains(&refused), "{refused}");
        assert!(day.iter().any(|act| matches!(act.step, Step::Reveal { field: "card", .. })));
        assert!(day.iter().any(|act| matches!(act.step, Step::Verify { right: false, .. })));
    }

    #[test]
    fn small_casts_work_and_empty_ones_do_nothing() {
        assert_eq!(acts(1, Cast { agents: 0, customers: 5 }, 10).count(), 0);
        assert_eq!(acts(1, Cast { agents: 5, customers: 0 }, 10).count(), 0);
        assert_eq!(acts(1, Cast { agents: 1, customers: 1 }, 1_000).count(), 1_000);
        assert_eq!(acts(1, Cast { agents: 5, customers: 1 }, 1_000).count(), 1_000);
    }
}
