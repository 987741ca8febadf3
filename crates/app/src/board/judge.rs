//! What is wrong, if anything: judged from the files, this machine's clock, and what was seen before.

use super::state::{State, fingerprint};
use crate::failure::Failure;
use crate::log::hex;
use domain::Millis;
use vault::{BoardFileError, BoardSecret, BoardWhat, Fingerprint, GRACE_MS, ProvenFile, board_check};

/// How far another clock may be ahead, in milliseconds.
const AHEAD_MS: i64 = 3_600_000;

/// For how long a file's entry may wait for its place in the log, in milliseconds.
const WAITING_MS: i64 = 600_000;

/// How many missing numbers are named at most.
const NAMED: usize = 20;

/// The longest period that officers can agree to, in milliseconds.
const LONGEST_MS: i64 = 92 * 24 * 3_600_000;

pub(super) struct Judge {
    pub(super) state: State,
    own: Fingerprint,
    now: Millis,
    wrong: Vec<String>,
    mistake: Option<Failure>,
}

impl Judge {
    pub(super) fn new(state: State, own: Fingerprint, now: Millis) -> Self {
        Self { state, own, now, wrong: Vec::new(), mistake: None }
    }

    pub(super) fn now(&self) -> Millis {
        self.now
    }

    /// Something is wrong; gives the nothing that is left of it.
    pub(super) fn wrong<T: Default>(&mut self, what: String) -> T {
        // Two ways of asking a node that doesn't answer find the same.
        if !self.wrong.contains(&what) {
            self.wrong.push(what);
        }
        T::default()
    }

    /// The node couldn't be asked by a mistake of the member's own: no alarm by itself, but it hides none.
    pub(super) fn mistaken<T: Default>(&mut self, mistake: Failure) -> T {
        self.mistake = Some(mistake);
        T::default()
    }

    /// Looks at a file whose proof holds. Is it one that wasn't seen yet?
    pub(super) fn see(&mut self, file: &ProvenFile, secret: &BoardSecret) -> bool {
        let (head, hash) = (&file.file.head, hex(&file.hash));
        let number = head.number;
        match self.state.seen.get(&number) {
            Some(seen) if *seen == hash => return false,
            Some(_) => return self.wrong(format!("there are two files of number {number}, both in the log")),
            None => {}
        }
        let newest = self.state.newest();
        let fits = |at: u64, expected: &[u8; 32]| self.state.seen.get(&at).is_none_or(|seen| *seen == hex(expected));
        if !fits(number.saturating_sub(1), &head.previous) {
            self.wrong::<()>(format!(
                "the chain breaks at number {number}: it names another file before it than the one that came"
            ));
        }
        if head.until.since(self.now) > AHEAD_MS || file.made.since(self.now) > AHEAD_MS {
            self.wrong::<()>(format!("number {number} is from the future: a clock was moved"));
        }
        if number > newest && file.made.0 < self.state.made {
            self.wrong::<()>(format!(
                "number {number} says that it was made before the one before it: a clock was moved"
            ));
        }
        match file.file.open(secret) {
            Ok(_) => {}
            Err(BoardFileError::NotToYou) => {
                self.wrong::<()>(format!("number {number} isn't sealed to your key: it was replaced or left out"));
            }
            Err(_) => self.wrong(format!("number {number} doesn't open with your key: what was sealed was edited")),
        }
        self.readers(file);
        if number > newest {
            self.state.made = file.made.0;
            if head.what == BoardWhat::Report || self.state.next.is_none() {
                self.state.next = Some(self.expected(head.until, head.next).0);
            }
        }
        self.state.seen.insert(number, hash);
        true
    }

    /// Is it the file of its number that came before?
    pub(super) fn knows(&self, file: &ProvenFile) -> bool {
        self.state.seen.get(&file.file.head.number).is_some_and(|seen| *seen == hex(&file.hash))
    }

    /// When the next report must have come, whatever a file says that was made by another clock: a period from now at most.
    fn expected(&mut self, until: Millis, next: Millis) -> Millis {
        let period = next.since(until);
        if !(1..=LONGEST_MS).contains(&period) {
            self.wrong::<()>(format!(
                "a report says that the next is due on {next}: officers agree to a quarter of a year at most"
            ));
        }
        next.min(self.now.plus(period.clamp(0, LONGEST_MS)))
    }

    /// A key that wasn't there before is told of once.
    fn readers(&mut self, file: &ProvenFile) {
        let first = self.state.readers.is_empty();
        for to in file.file.to() {
            let new = self.state.readers.insert(fingerprint(to));
            if new && !first && *to != self.own {
                let check = board_check(to);
                self.wrong::<()>(format!(
                    "number {} is also sealed to a key that wasn't there before: {check}",
                    file.file.head.number
                ));
            }
        }
    }

    /// Numbers of which nothing ever came: those before the member's first one are told once, the others each time.
    pub(super) fn gaps(&mut self) {
        let Some(first) = self.state.seen.keys().next().copied() else { return };
        let from = self.state.first.unwrap_or(1);
        self.state.first.get_or_insert(first);
        let seen = &self.state.seen;
        let missing = (from..self.state.newest()).filter(|number| !seen.contains_key(number));
        for number in missing.take(NAMED).collect::<Vec<_>>() {
            self.wrong::<()>(format!("number {number} is missing"));
        }
    }

    /// The node has a file of this number, and doesn't give it yet: its entry has no place in the log.
    pub(super) fn waits(&mut self, number: u64) {
        let now = self.now.0;
        let since = *self.state.waiting.entry(number).or_insert(now);
        if now.saturating_sub(since) > WAITING_MS {
            let since = Millis(since);
            self.wrong::<()>(format!("number {number} has had no place in the log since {since}: it is held back"));
        }
    }

    /// The node gave it, or says no more that it has it.
    pub(super) fn came(&mut self, number: u64) {
        self.state.waiting.remove(&number);
    }

    /// Is a report late, by this machine's clock?
    pub(super) fn late(&mut self) {
        match self.state.next {
            // Whoever never asked can't know.
            None if self.mistake.is_some() => {}
            None => self.wrong("no report has come yet".to_owned()),
            Some(next) if self.now.since(Millis(next)) > GRACE_MS => {
                self.wrong(format!("the report that was due on {} hasn't come", Millis(next)))
            }
            Some(_) => {}
        }
    }

    pub(super) fn done(self) -> (State, Vec<String>, Option<Failure>) {
        (self.state, self.wrong, self.mistake)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 24 * 3_600_000;

    fn judge(now: i64, next: Option<i64>) -> Judge {
        Judge::new(State { next, ..State::default() }, [0; 20], Millis(now))
    }

    #[test]
    fn what_does_not_come_is_missed_by_ones_own_clock() {
        for (now, next, late) in [(0, None, true), (GRACE_MS, Some(0), false), (GRACE_MS + 1, Some(0), true)] {
            let mut judge = judge(now, next);
            judge.late();
            assert_eq!(!judge.done().1.is_empty(), late, "{now}");
        }
    }

    #[test]
    fn a_mistake_of_ones_own_is_no_alarm_and_hides_none() {
        for (next, alarms) in [(None, 0), (Some(0), 1), (Some(GRACE_MS), 0)] {
            let mut judge = judge(GRACE_MS + 1, next);
            judge.mistaken::<()>(Failure::here("the node doesn't let you in", "give another token"));
            judge.late();
            let (_, wrong, mistake) = judge.done();
            assert_eq!((wrong.len(), mistake.map(|mistake| mistake.code())), (alarms, Some(1)), "{next:?}");
        }
    }

    #[test]
    fn what_is_found_twice_is_told_once() {
        let mut judge = judge(0, Some(0));
        judge.wrong::<()>("it doesn't answer".to_owned());
        judge.wrong::<()>("it doesn't answer".to_owned());
        assert_eq!(judge.done().1.len(), 1);
    }

    #[test]
    fn what_is_missing_is_told_each_time_but_what_was_before_ones_own_first_file() {
        let mut state = State { next: Some(0), ..State::default() };
        for (came, missing) in [(3, 2), (3, 0), (6, 2), (6, 2), (4, 1), (5, 0)] {
            state.seen.insert(came, String::new());
            let mut judge = Judge::new(state, [0; 20], Millis(0));
            judge.gaps();
            let (after, wrong, _) = judge.done();
            assert_eq!(wrong.len(), missing, "{came}: {wrong:?}");
            state = after;
        }
    }

    #[test]
    fn an_answer_that_stays_empty_is_told_of() {
        let mut state = State::default();
        for (now, told) in [(0, 0), (WAITING_MS, 0), (WAITING_MS + 1, 1), (WAITING_MS + 2, 1)] {
            let mut judge = Judge::new(state, [0; 20], Millis(now));
            judge.waits(7);
            let (after, wrong, _) = judge.done();
            assert_eq!(wrong.len(), told, "{now}");
            state = after;
        }
        let mut judge = Judge::new(state, [0; 20], Millis(WAITING_MS + 3));
        judge.came(7);
        judge.waits(7);
        assert!(judge.done().1.is_empty());
    }

    #[test]
    fn a_file_by_a_clock_that_was_ahead_puts_nothing_off() {
        let mut judge = judge(0, None);
        assert_eq!(judge.expected(Millis(0), Millis(30 * DAY_MS)), Millis(30 * DAY_MS));
        assert_eq!(judge.expected(Millis(365 * DAY_MS), Millis(395 * DAY_MS)), Millis(30 * DAY_MS));
        assert!(judge.wrong.is_empty());
        assert_eq!(judge.expected(Millis(0), Millis(9_000 * DAY_MS)), Millis(LONGEST_MS));
        assert_eq!(judge.wrong.len(), 1);
    }
}
