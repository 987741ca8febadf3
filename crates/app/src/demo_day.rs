//! The played day: the simulation, against the running server, over HTTP.

use super::data::Data;
use crate::ambient::system_time;
use crate::config::Secret;
use crate::failure::Failure;
use domain::PersonId;
use simulation::day::{AgentSeat, CallerProfile, Cast, Expect, Phones, Player, PlayerConfig, Step, acts};
use simulation::identity::Identity;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Between two acts: ten agents then do what ten agents do, and seldom run out of an allowance.
const PACE: Duration = Duration::from_millis(1_500);
/// Played without pause, so that the log isn't empty at first sight.
const WARM_UP: usize = 150;

/// The customer whose own page has most to tell: the first of the day of whom something is shown, or else the first of all.
pub(super) fn met(data: &Data, agents: usize) -> Option<Identity> {
    let cast = Cast::beside_hosted(agents, data.customers().count());
    let shown = |act: &simulation::day::Act| matches!(act.step, Step::Reveal { .. }) && act.expect == Expect::Allowed;
    let first = acts(data.seed(), cast, WARM_UP).find(shown);
    data.customers().nth(first.map_or(0, |act| act.customer))
}

/// What is to be played.
pub(super) struct Day<C> {
    pub(super) url: String,
    pub(super) events: Secret,
    pub(super) phones: Phones,
    pub(super) agents: Vec<AgentSeat>,
    pub(super) hosted: PersonId,
    pub(super) seed: u64,
    pub(super) customers: C,
}

/// The day while it runs; it ends when dropped.
pub(super) struct Playing {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Playing {
    pub(super) fn start<C: Iterator<Item = Identity> + Send + 'static>(day: Day<C>) -> Result<Self, Failure> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("day".to_owned()).spawn(move || play(day, stopped));
        let thread = thread.map_err(|error| {
            Failure::there(format!("no thread for the day: {}", error.kind()), "check the machine's limits")
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so itself; nothing is left to stop.
            drop(thread.join());
        }
    }
}

fn play<C: Iterator<Item = Identity>>(day: Day<C>, stop: Arc<AtomicBool>) {
    let config = PlayerConfig {
        base_url: day.url,
        event_secret: day.events.expose().to_owned(),
        agents: day.agents,
        hosted: Some(day.hosted.to_string()),
        customers: day.customers.map(|who| CallerProfile::from(&who)).collect(),
        seed: day.seed,
        pace: PACE,
        warm_up_acts: WARM_UP,
        stop,
        sleep: &std::thread::sleep,
        now: system_time,
    };
    match Player::new(config, day.phones) {
        Ok(mut player) => {
            player.warm_up();
            let tally = player.run();
            tracing::info!(?tally, "the day is over");
        }
        Err(error) => tracing::error!(%error, "the day can't be played"),
    }
}
