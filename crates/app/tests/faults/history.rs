//! Is there one order that explains what everybody was answered? The search of Wing and Gong (1993), with Lowe's memo
//! of what was tried (2017).

use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// How a thing behaves when nothing happens at the same time.
pub(crate) trait Model {
    type State: Clone + Eq + Hash;
    type Op: Debug;
    type Answer: Debug;

    /// Before everything.
    fn begin(&self) -> Self::State;

    /// The states that may follow when this is done and answered so; none if that can't be. Without an answer: when it
    /// is done and nobody heard of it.
    fn step(&self, state: &Self::State, op: &Self::Op, answer: Option<&Self::Answer>) -> Vec<Self::State>;
}

/// Something that was asked.
#[derive(Debug)]
pub(crate) struct Call<O, A> {
    began: u64,
    ended: u64,
    op: O,
    /// Without an answer it may have been done, may be done later, or never.
    answer: Option<A>,
}

/// What was asked and answered, in the order in which it was seen.
pub(crate) struct History<O, A> {
    moment: AtomicU64,
    calls: Mutex<Vec<Call<O, A>>>,
}

impl<O, A> Default for History<O, A> {
    fn default() -> Self {
        Self { moment: AtomicU64::new(0), calls: Mutex::default() }
    }
}

impl<O: Debug, A: Debug> History<O, A> {
    /// Asks, and keeps what came of it.
    pub(crate) fn record(&self, op: O, ask: impl FnOnce(&O) -> Option<A>) {
        let began = self.moment.fetch_add(1, Ordering::SeqCst);
        let answer = ask(&op);
        let ended = if answer.is_some() { self.moment.fetch_add(1, Ordering::SeqCst) } else { u64::MAX };
        self.calls.lock().unwrap().push(Call { began, ended, op, answer });
    }

    /// How many calls satisfy this.
    pub(crate) fn count(&self, so: impl Fn(&O, Option<&A>) -> bool) -> usize {
        self.calls.lock().unwrap().iter().filter(|call| so(&call.op, call.answer.as_ref())).count()
    }

    /// One order explains it, or the test stops with the whole history.
    #[track_caller]
    pub(crate) fn explained<M: Model<Op = O, Answer = A>>(&self, model: &M) {
        let calls = self.calls.lock().unwrap();
        assert!(explains(model, &calls), "no order explains {calls:#?}");
    }
}

/// Is there an order in which the model gives these answers?
fn explains<M: Model>(model: &M, calls: &[Call<M::Op, M::Answer>]) -> bool {
    assert!(calls.len() <= 128, "a history of {} calls is too long", calls.len());
    let heard = calls.iter().enumerate().filter(|(_, call)| call.answer.is_some());
    let all: u128 = heard.map(|(at, _)| 1 << at).sum();
    let (mut open, mut tried) = (vec![(0_u128, model.begin())], HashSet::new());
    while let Some((done, state)) = open.pop() {
        if done & all == all {
            return true;
        }
        let left = || calls.iter().enumerate().filter(|(at, _)| done & (1 << at) == 0);
        // Whatever began after another had ended comes after it.
        let first_end = left().map(|(_, call)| call.ended).min().unwrap_or(u64::MAX);
        for (at, call) in left().filter(|(_, call)| call.began <= first_end) {
            for next in model.step(&state, &call.op, call.answer.as_ref()) {
                let further = (done | 1 << at, next);
                if tried.insert(further.clone()) {
                    open.push(further);
                }
            }
        }
    }
    false
}

mod tests {
    use super::{Call, Model, explains};

    /// A lock that is taken once.
    struct Once;

    impl Model for Once {
        type State = bool;
        type Op = ();
        type Answer = bool;

        fn begin(&self) -> bool {
            false
        }

        fn step(&self, taken: &bool, (): &(), got: Option<&bool>) -> Vec<bool> {
            if got.is_none_or(|got| *got != *taken) { vec![true] } else { Vec::new() }
        }
    }

    fn call(began: u64, ended: u64, answer: Option<bool>) -> Call<(), bool> {
        Call { began, ended, op: (), answer }
    }

    #[test]
    fn an_order_is_found_where_there_is_one_and_none_where_there_is_none() {
        let (yes, no) = (Some(true), Some(false));
        let explained = |calls: &[Call<(), bool>]| explains(&Once, calls);
        assert!(explained(&[]));
        assert!(explained(&[call(0, 1, yes), call(2, 3, no)]));
        assert!(!explained(&[call(0, 1, no), call(2, 3, yes)]), "nobody had it when it was refused");
        assert!(explained(&[call(0, 3, no), call(1, 2, yes)]), "at the same time either may be first");
        assert!(!explained(&[call(0, 3, yes), call(1, 2, yes)]), "only one takes it");
        assert!(explained(&[call(0, u64::MAX, None), call(1, 2, no)]), "the unheard one took it");
        assert!(explained(&[call(0, u64::MAX, None), call(1, 2, yes)]), "the unheard one came to nothing");
        assert!(!explained(&[call(0, 1, no), call(2, u64::MAX, None)]), "it can't be done before it was asked");
    }
}
