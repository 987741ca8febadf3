//! What was spent of one allowance, when and what for: as much of it as the windows still ask about.
//!
//! INVARIANT: what [`History::left`] lets through never adds up to more than a limit in any stretch of its window's
//! length. Each window is counted in steps, and a step counts until all of it is older than the window: so a limit holds
//! for one step longer than it says, and never for less.
//!
//! INVARIANT: time here never goes back. Whoever's clock is behind spends in the newest step that there is; so a clock that
//! is set forward and back again gives nothing that wasn't given once.

use crate::budget::{PerWindow, Room, STEP_MS, Shortage, Window};
use crate::purpose::Purpose;
use crate::time::Millis;

const WINDOWS: usize = Window::ALL.len();

/// Amounts of one step, by purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    step: i64,
    /// 0 for none, else one more than the purpose's place in [`Purpose::ALL`].
    purpose: u8,
    amount: u32,
}

/// What was spent of one allowance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// The newest step of the shortest window: time's floor.
    newest: i64,
    /// For each window its steps with something in them, the oldest first.
    parts: [Vec<Part>; WINDOWS],
}

impl Default for History {
    fn default() -> Self {
        Self { newest: i64::MIN, parts: [const { Vec::new() }; WINDOWS] }
    }
}

/// The step of the shortest window that a moment falls in, by its first millisecond.
#[must_use]
pub fn step_of(now: Millis) -> Millis {
    Millis(now.0 - now.0.rem_euclid(STEP_MS))
}

fn code(purpose: Option<Purpose>) -> u8 {
    let place = purpose.and_then(|purpose| Purpose::ALL.iter().position(|other| *other == purpose));
    place.map_or(0, |place| place as u8 + 1)
}

fn saturating(sum: u64) -> u32 {
    u32::try_from(sum).unwrap_or(u32::MAX)
}

impl History {
    /// The moment that counts: never before what was counted last.
    fn at(&self, now: Millis) -> Millis {
        Millis(step_of(now).0.max(self.newest))
    }

    /// What counts in a window at a moment, for one purpose or for all.
    #[must_use]
    pub fn used(&self, now: Millis, window: Window, purpose: Option<Purpose>) -> u32 {
        let purpose = purpose.map(|purpose| code(Some(purpose)));
        self.sum(self.at(now), window, purpose)
    }

    fn sum(&self, at: Millis, window: Window, purpose: Option<u8>) -> u32 {
        let oldest = at.0.div_euclid(window.step_ms()) - window.steps();
        let counts = |part: &&Part| part.step >= oldest && purpose.is_none_or(|purpose| part.purpose == purpose);
        saturating(self.parts[window as usize].iter().filter(counts).map(|part| u64::from(part.amount)).sum())
    }

    /// How much more can be spent for this purpose now, and which limit is the nearest.
    #[must_use]
    pub fn left(&self, now: Millis, purpose: Option<Purpose>, room: &Room) -> (u32, Shortage) {
        let at = self.at(now);
        let mut least = (u32::MAX, Shortage { window: Window::Hour, purpose: false });
        let mut narrow = |limits: &PerWindow, of: Option<u8>| {
            for window in Window::ALL.into_iter().filter(|window| limits.of(*window) < u32::MAX) {
                let left = limits.of(window).saturating_sub(self.sum(at, window, of));
                // Where two are equally near, the longer window: it is what has to be waited for.
                if left <= least.0 {
                    least = (left, Shortage { window, purpose: of.is_some() });
                }
            }
        };
        if let Some(purpose) = purpose {
            narrow(&room.purpose, Some(code(Some(purpose))));
        }
        narrow(&room.all, None);
        least
    }

    /// When so much can be spent, if nothing else is meanwhile: now, later, or never, where a limit is smaller than that.
    #[must_use]
    pub fn free_at(&self, now: Millis, purpose: Option<Purpose>, room: &Room, amount: u32) -> Option<Millis> {
        if amount <= self.left(now, purpose, room).0 {
            return Some(now);
        }
        let at = self.at(now);
        let mut moments: Vec<i64> = Window::ALL.into_iter().flat_map(|window| self.ends(window)).collect();
        moments.sort_unstable();
        moments.into_iter().map(Millis).find(|then| *then > at && amount <= self.left(*then, purpose, room).0)
    }

    /// When the next part of a window's sum stops counting, for one purpose or for all.
    #[must_use]
    pub fn next_free(&self, now: Millis, window: Window, purpose: Option<Purpose>) -> Option<Millis> {
        let (at, purpose) = (self.at(now), purpose.map(|purpose| code(Some(purpose))));
        let oldest = at.0.div_euclid(window.step_ms()) - window.steps();
        let parts = self.parts[window as usize].iter();
        let mut counting = parts
            .filter(|part| part.step >= oldest && part.amount > 0 && purpose.is_none_or(|code| part.purpose == code));
        counting.next().map(|part| end(window, part.step))
    }

    /// When all of a window's sum has stopped counting, if nothing more is spent.
    #[must_use]
    pub fn whole_at(&self, now: Millis, window: Window, purpose: Option<Purpose>) -> Option<Millis> {
        let (at, purpose) = (self.at(now), purpose.map(|purpose| code(Some(purpose))));
        let counts = |part: &&Part| part.amount > 0 && purpose.is_none_or(|code| part.purpose == code);
        let last = self.parts[window as usize].iter().rev().find(counts)?;
        Some(end(window, last.step)).filter(|then| *then > at)
    }

    fn ends(&self, window: Window) -> impl Iterator<Item = i64> {
        self.parts[window as usize].iter().map(move |part| end(window, part.step).0)
    }

    /// Counts what is spent at a moment. Whether there is room for it has been asked before.
    pub fn spend(&mut self, now: Millis, purpose: Option<Purpose>, amount: u32) {
        let at = self.at(now);
        self.newest = at.0;
        let purpose = code(purpose);
        for (window, parts) in Window::ALL.into_iter().zip(&mut self.parts) {
            let step = at.0.div_euclid(window.step_ms());
            parts.retain(|part| part.step >= step - window.steps());
            let place = parts.partition_point(|part| (part.step, part.purpose) < (step, purpose));
            match parts.get_mut(place) {
                Some(part) if (part.step, part.purpose) == (step, purpose) => {
                    part.amount = part.amount.saturating_add(amount);
                }
                _ => parts.insert(place, Part { step, purpose, amount }),
            }
        }
    }

    /// Takes back what was counted at a moment and didn't happen; nothing where less than that is there. It was counted in that moment's
    /// step, or in a later one where the clock was behind what it had been. Says whether it did.
    pub fn give_back(&mut self, then: Millis, purpose: Option<Purpose>, amount: u32) -> bool {
        let purpose = code(purpose);
        let mut places = [0; WINDOWS];
        for ((window, parts), place) in Window::ALL.into_iter().zip(&self.parts).zip(&mut places) {
            let step = then.0.div_euclid(window.step_ms());
            let fits = |part: &Part| part.step >= step && part.purpose == purpose && part.amount >= amount;
            match parts.iter().position(fits) {
                Some(found) => *place = found,
                None => return false,
            }
        }
        for (parts, place) in self.parts.iter_mut().zip(places) {
            parts[place].amount -= amount;
        }
        true
    }

    /// In bytes: the floor, then for each window how many parts it has, and of each the steps since the one before it, the
    /// purpose, the amount. Numbers are little groups of seven bits (LEB128).
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let parts: usize = self.parts.iter().map(Vec::len).sum();
        let mut out = Vec::with_capacity(8 + 4 * parts);
        put(&mut out, u64::try_from(self.newest.div_euclid(STEP_MS)).unwrap_or(0));
        for parts in &self.parts {
            put(&mut out, parts.len() as u64);
            let mut before = 0;
            for part in parts {
                put(&mut out, u64::try_from(part.step - before).unwrap_or(0));
                before = part.step;
                out.push(part.purpose);
                put(&mut out, part.amount.into());
            }
        }
        out
    }

    /// The history of these bytes; `None` if they aren't one.
    #[must_use]
    pub fn decode(mut bytes: &[u8]) -> Option<Self> {
        let newest = i64::try_from(take(&mut bytes)?).ok()?.checked_mul(STEP_MS)?;
        let mut history = Self { newest, ..Self::default() };
        for parts in &mut history.parts {
            let count = usize::try_from(take(&mut bytes)?).ok()?;
            // Each part is three bytes or more: a count can't ask for more memory than there are bytes.
            parts.reserve(count.min(bytes.len() / 3 + 1));
            let mut before = 0_i64;
            for _ in 0..count {
                let step = before.checked_add(i64::try_from(take(&mut bytes)?).ok()?)?;
                let (purpose, rest) = bytes.split_first()?;
                bytes = rest;
                let amount = u32::try_from(take(&mut bytes)?).ok()?;
                parts.push(Part { step, purpose: *purpose, amount });
                before = step;
            }
        }
        bytes.is_empty().then_some(history)
    }
}

/// When a step has left its window.
fn end(window: Window, step: i64) -> Millis {
    Millis(step.saturating_add(window.steps() + 1).saturating_mul(window.step_ms()))
}

fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests;
