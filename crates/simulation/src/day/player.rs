//! Plays a day against a running Ringfence.

use super::act::{Act, Expect, Step};
use super::acts::{Cast, Day, callers_of_the_hosted};
use super::client::{Answer, Client};
use super::hosted::Hosted;
use super::perform::LiveCall;
use super::phones::Phones;
use super::profile::{AgentSeat, CallerProfile};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Whom to play, where, how fast. It has no `Debug`: it holds tokens and people's data.
pub struct PlayerConfig<'a> {
    /// Where Ringfence listens, such as `http://127.0.0.1:8080`; plain HTTP, so on this machine.
    pub base_url: String,
    /// Secret of the event source, `whsec_...`.
    pub event_secret: String,
    /// The agents whom the player acts for.
    pub agents: Vec<AgentSeat>,
    /// The person, `per_...`, whom a human signs in as: gets interactions, acts alone.
    pub hosted: Option<String>,
    /// The customers on file. The last eighth of them (at most 50) call only the hosted person.
    pub customers: Vec<CallerProfile>,
    /// Which day to play.
    pub seed: u64,
    /// Time between two acts.
    pub pace: Duration,
    /// Acts that [`Player::warm_up`] plays without pause, so that the day doesn't start empty.
    pub warm_up_acts: usize,
    /// Set to true to make [`Player::run`] return.
    pub stop: Arc<AtomicBool>,
    /// Waits; called with a quarter of a second at most.
    pub sleep: &'a (dyn Fn(Duration) + Send + Sync),
    /// The clock.
    pub now: fn() -> SystemTime,
}

/// Why a day can't be played.
#[derive(Debug, thiserror::Error)]
pub enum PlayerError {
    /// A webhook secret isn't `whsec_` and base64.
    #[error("the {0} isn't a webhook secret; give `whsec_` followed by base64")]
    Secret(&'static str),
    /// Nothing can listen for codes there.
    #[error("can't listen for the customers' codes; choose another address")]
    Listen(#[source] std::io::Error),
}

/// What the acts came to. Allowed, refused, skipped and unreachable add up to `acts`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Acts played.
    pub acts: u64,
    /// Acts that were done.
    pub allowed: u64,
    /// Acts that were answered with a problem (4xx, 5xx).
    pub refused: u64,
    /// Acts that had lost their footing, such as a claim after a search without hits.
    pub skipped: u64,
    /// Acts without any answer.
    pub unreachable: u64,
    /// Acts that were done although they had to be refused. Always 0, or Ringfence leaks.
    pub wrongly_allowed: u64,
    /// Acts that were refused although nothing spoke against them but, perhaps, a spent allowance.
    pub wrongly_refused: u64,
}

/// The longest uninterrupted wait.
const SLICE: Duration = Duration::from_millis(250);

/// Codes kept for calls in which the customer never entered them.
const MOST_CODES: usize = 1_000;

/// Plays the telephone system, the agents and the customers.
pub struct Player<'a> {
    pub(super) agents: Vec<AgentSeat>,
    pub(super) customers: Vec<CallerProfile>,
    pub(super) client: Client,
    pub(super) calls: BTreeMap<u64, LiveCall>,
    pub(super) known: BTreeMap<usize, String>,
    pub(super) reference_base: String,
    codes: BTreeMap<String, String>,
    phones: Phones,
    hosted: Option<Hosted>,
    day: Day,
    tally: Tally,
    pace: Duration,
    warm_up_acts: usize,
    stop: Arc<AtomicBool>,
    sleep: &'a (dyn Fn(Duration) + Send + Sync),
}

impl<'a> Player<'a> {
    /// A player that hasn't begun. `phones` must be where Ringfence's courier sends to.
    ///
    /// # Errors
    /// When the event secret isn't one.
    pub fn new(config: PlayerConfig<'a>, phones: Phones) -> Result<Self, PlayerError> {
        let PlayerConfig { base_url, event_secret, agents, hosted, mut customers, seed, .. } = config;
        let client = Client::new(&base_url, &event_secret, config.now)?;
        // References must be new even on a store that was played on before.
        let started = (config.now)().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let reference_base = format!("{started:x}");
        let hosted = hosted.map(|person| {
            let callers = taken_off(&mut customers);
            Hosted::new(person, callers, &reference_base, seed, config.now)
        });
        let cast = Cast { agents: agents.len(), customers: customers.len() };
        Ok(Self {
            agents,
            customers,
            client,
            calls: BTreeMap::new(),
            known: BTreeMap::new(),
            reference_base,
            codes: BTreeMap::new(),
            phones,
            hosted,
            day: Day::new(seed, cast),
            tally: Tally::default(),
            pace: config.pace,
            warm_up_acts: config.warm_up_acts,
            stop: config.stop,
            sleep: config.sleep,
        })
    }

    /// Plays the first `warm_up_acts` acts without pause and connects the hosted person's first customer;
    /// returns early when stopped.
    pub fn warm_up(&mut self) -> Tally {
        for _ in 0..self.warm_up_acts {
            if self.is_stopped() || !self.play_next() {
                break;
            }
        }
        self.tend();
        self.tally
    }

    /// Plays on from where the day is until stopped, then hangs up everywhere. The tally counts from the
    /// start of the day.
    pub fn run(&mut self) -> Tally {
        while !self.is_stopped() {
            // An empty cast has no day; the hosted person still gets calls.
            self.play_next();
            self.rest();
        }
        self.hang_up();
        self.tally
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    fn play_next(&mut self) -> bool {
        let Some(act) = self.day.next() else { return false };
        let answer = self.perform(&act);
        self.tally.count(&act, answer.as_ref());
        true
    }

    /// Waits for the pace, in slices, with an eye on the phones and the hosted person between them. Even a
    /// pace of zero is one slice of nothing, so that whoever sleeps can stop the day.
    fn rest(&mut self) {
        let mut left = self.pace;
        loop {
            self.tend();
            let slice = left.min(SLICE);
            (self.sleep)(slice);
            left = left.saturating_sub(slice);
            if left.is_zero() || self.is_stopped() {
                return;
            }
        }
    }

    /// Reads the phones and looks after the hosted person's call.
    fn tend(&mut self) {
        while self.receive(Duration::ZERO) {}
        if let Some(hosted) = &mut self.hosted {
            hosted.tend(&mut self.client);
        }
    }

    /// Takes one code from the phones; false if none came within `patience`.
    fn receive(&mut self, patience: Duration) -> bool {
        let Some(delivered) = self.phones.next(patience) else { return false };
        let theirs = self.hosted.as_mut().is_some_and(|hosted| hosted.receive(&delivered));
        if !theirs {
            if self.codes.len() >= MOST_CODES {
                self.codes.clear();
            }
            self.codes.insert(delivered.interaction, delivered.code);
        }
        true
    }

    /// The code that was sent for the interaction; waits for it up to `patience` after each other code.
    pub(super) fn code_for(&mut self, reference: &str, patience: Duration) -> Option<String> {
        while !self.codes.contains_key(reference) {
            if !self.receive(patience) {
                return None;
            }
        }
        self.codes.get(reference).cloned()
    }

    pub(super) fn forget_code(&mut self, reference: &str) {
        self.codes.remove(reference);
    }

    fn hang_up(&mut self) {
        for call in self.calls.values().filter(|call| !call.ended) {
            self.client.event("ended", &call.reference, serde_json::json!({}));
        }
        self.calls.clear();
        if let Some(hosted) = &mut self.hosted {
            hosted.hang_up(&mut self.client);
        }
    }
}

/// Takes the hosted person's callers off the list.
fn taken_off(customers: &mut Vec<CallerProfile>) -> Vec<CallerProfile> {
    match callers_of_the_hosted(customers.len()) {
        0 => customers.clone(),
        taken => customers.split_off(customers.len() - taken),
    }
}

impl Tally {
    fn count(&mut self, act: &Act, answer: Option<&Answer>) {
        self.acts += 1;
        let Some(answer) = answer else {
            self.skipped += 1;
            return;
        };
        if answer.status == 0 {
            self.unreachable += 1;
        } else if answer.is_success() {
            self.allowed += 1;
            self.wrongly_allowed += u64::from(act.expect == Expect::Refused);
        } else {
            self.refused += 1;
            self.wrongly_refused += u64::from(act.expect == Expect::Allowed && !is_spent(act, answer));
        }
    }
}

/// Too many requests, or too many hits for a vague search: what happens to honest agents, too.
fn is_spent(act: &Act, answer: &Answer) -> bool {
    answer.status == 429 || (answer.status == 422 && matches!(act.step, Step::Search(_)))
}

#[cfg(test)]
mod tests {
    use super::{Act, Answer, Expect, Step, Tally};
    use serde_json::Value;

    fn tally(expect: Expect, status: u16) -> Tally {
        let act = Act { call: Some(1), agent: 0, customer: 0, step: Step::View, expect };
        let mut tally = Tally::default();
        tally.count(&act, Some(&Answer { status, body: Value::Null }));
        tally
    }

    #[test]
    fn surprises_are_counted() {
        assert_eq!(tally(Expect::Refused, 200).wrongly_allowed, 1);
        assert_eq!(tally(Expect::Refused, 403).wrongly_allowed, 0);
        assert_eq!(tally(Expect::Allowed, 403).wrongly_refused, 1);
        assert_eq!(tally(Expect::Allowed, 429).wrongly_refused, 0);
        assert_eq!(tally(Expect::Either, 403).wrongly_refused + tally(Expect::Either, 200).wrongly_allowed, 0);
        assert_eq!((tally(Expect::Allowed, 0).unreachable, tally(Expect::Allowed, 500).refused), (1, 1));
    }
}
