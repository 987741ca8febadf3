//! The load: as fast as answers come, to find the capacity; then at a pace that doesn't wait for answers.

use crate::agent::Agent;
use crate::neighbour::Neighbour;
use crate::windows::{Observed, WINDOWS, Window};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// When requests are due.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    begin: Instant,
    every: Duration,
    lasts: Duration,
}

impl Pace {
    /// So many a second from now on, for so long.
    pub(crate) fn new(per_s: f64, lasts: Duration) -> Self {
        Self { begin: Instant::now(), every: Duration::from_secs_f64(1.0 / per_s), lasts }
    }

    /// Requests per second.
    pub(crate) fn per_s(&self) -> f64 {
        self.every.as_secs_f64().recip()
    }

    /// The n-th request's window and when it is due; `None` after the end.
    fn due(&self, n: u64) -> Option<(usize, Instant)> {
        let after = Duration::from_nanos(u64::try_from(self.every.as_nanos()).unwrap() * n);
        let window = (after.as_secs_f64() / self.lasts.as_secs_f64() * WINDOWS as f64) as usize;
        (window < WINDOWS).then(|| (window, self.begin + after))
    }

    fn end_of(&self, window: usize) -> Instant {
        self.begin + self.lasts * (window as u32 + 1) / WINDOWS as u32
    }
}

/// Does something with all agents at once.
pub(crate) fn each<T: Send>(agents: &mut [Agent], run: impl Fn(&mut Agent) -> T + Sync) -> Vec<T> {
    std::thread::scope(|threads| {
        let running: Vec<_> = agents.iter_mut().map(|agent| threads.spawn(|| run(agent))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// Answers per second, when every agent sends the next request as soon as the last is answered.
pub(crate) fn capacity(agents: &mut [Agent], lasts: Duration) -> f64 {
    let until = Instant::now() + lasts;
    let answers = each(agents, |agent| {
        let mut answers = 0_u64;
        while Instant::now() < until {
            agent.act();
            answers += 1;
        }
        answers
    });
    answers.iter().sum::<u64>() as f64 / lasts.as_secs_f64()
}

/// Requests at a pace. Whoever is free takes the next; when all are busy it is late, and its time counts from when it was
/// due. `observe` looks at the server at the end of each window.
pub(crate) fn paced(agents: &mut [Agent], pace: Pace, observe: impl Fn() -> Observed + Sync) -> Vec<Window> {
    let next = AtomicU64::new(0);
    let (times, observed) = std::thread::scope(|threads| {
        let watch = threads.spawn(|| {
            let neighbour = Neighbour::new();
            let at_the_end = |window| {
                let met = neighbour.until(pace.end_of(window));
                (met, observe())
            };
            (0..WINDOWS).map(at_the_end).collect::<Vec<_>>()
        });
        (each(agents, |agent| work(agent, pace, &next)), watch.join().unwrap())
    });
    let of_all = |window: usize| times.iter().flat_map(|of_one| of_one[window].iter().copied()).collect();
    observed.into_iter().enumerate().map(|(n, (met, observed))| Window::new(of_all(n), met, observed)).collect()
}

/// Microseconds per request, by window.
fn work(agent: &mut Agent, pace: Pace, next: &AtomicU64) -> Vec<Vec<u32>> {
    let mut times = vec![Vec::new(); WINDOWS];
    while let Some((window, due)) = pace.due(next.fetch_add(1, Ordering::Relaxed)) {
        wait_until(due);
        agent.act();
        times[window].push(u32::try_from(due.elapsed().as_micros()).unwrap());
    }
    times
}

pub(crate) fn wait_until(due: Instant) {
    loop {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        std::thread::park_timeout(left);
    }
}
