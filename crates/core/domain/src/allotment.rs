//! Allotments: parts of an allowance that a node takes in advance and spends from memory, so that what all nodes share
//! isn't a row that each disclosure of theirs waits for.
//!
//! A grant is of one step of the shortest window (ten minutes) and spent within it: so what is counted when it is granted is
//! also when it is spent, and limits hold in any stretch of their window's length.
//!
//! INVARIANT: what purses give out never exceeds what was granted to them. What a purse forgets (a crash, a new step, a
//! grant whose answer was lost) counts as spent; nothing is ever gained.

use crate::history::step_of;
use crate::ids::EntryId;
use crate::refusal::Refusal;
use crate::time::Millis;
use std::collections::VecDeque;

/// A grant takes at most this part of what is left, so that near the limit several nodes can still work.
const PARTS: u32 = 8;
/// The smallest and the largest grant that is asked for.
const LEAST: u32 = 16;
const MOST: u32 = 65_536;
/// A grant of which half was drawn in less than this, in milliseconds, was too small by far; one that lasted longer than
/// `SLOW_MS`, too large.
const FAST_MS: i64 = 1_000;
const SLOW_MS: i64 = 10_000;
/// Once nothing was to be had, nobody asks again for so many milliseconds: another node may have given some back.
const RETRY_MS: i64 = 5_000;

/// How much is granted of what is `left` to a node that would take `most`: nothing only where nothing is
/// left.
#[must_use]
pub fn share(left: u32, most: u32) -> u32 {
    most.min(left.div_ceil(PARTS))
}

/// A part of one grant, named by the grant's log entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The entry of the grant.
    pub allotment: EntryId,
    /// How much of it.
    pub amount: u32,
}

/// What was drawn for one act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    window: Millis,
    pieces: Vec<Piece>,
}

impl Draw {
    /// From which grants, and how much of each.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }
}

/// What a purse says to an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// It is drawn. Unless it is put back, it is spent.
    Drawn(Draw),
    /// Not now: a grant must come first.
    Wait,
    /// No, and why.
    Refused(Refusal),
    /// The node is stopping.
    Closed,
}

/// What is to be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// In the step that begins then.
    pub window: Millis,
    /// At most so much.
    pub most: u32,
}

/// One node's part of one allowance.
#[derive(Debug)]
pub struct Purse {
    window: Millis,
    /// Grants with something left, the oldest first.
    lots: VecDeque<Piece>,
    /// How much the next grant is asked to be.
    most: u32,
    /// When the last one came, and how much was drawn since.
    granted: Option<Millis>,
    drawn: u32,
    /// Until when nothing is to be had, and what is said meanwhile.
    empty: Option<(Millis, Refusal)>,
    asking: bool,
    closed: bool,
    failures: u64,
}

impl Default for Purse {
    fn default() -> Self {
        Self {
            window: Millis(0),
            lots: VecDeque::new(),
            most: LEAST,
            granted: None,
            drawn: 0,
            empty: None,
            asking: false,
            closed: false,
            failures: 0,
        }
    }
}

impl Purse {
    /// Draws for an act that costs so much.
    pub fn draw(&mut self, now: Millis, cost: u32) -> Drawing {
        self.turn(now);
        if self.closed {
            return Drawing::Closed;
        }
        if self.left() >= cost {
            return Drawing::Drawn(Draw { window: self.window, pieces: self.take(cost) });
        }
        match self.empty {
            Some((until, refusal)) if now < until => Drawing::Refused(refusal),
            _ => Drawing::Wait,
        }
    }

    /// What is to be asked for now: when less than half of a grant is left, or less than an act needs. Whoever is told
    /// must answer with [`Purse::granted`], [`Purse::refused`] or [`Purse::failed`]; nobody else is told until then.
    pub fn ask(&mut self, now: Millis, cost: u32) -> Option<Ask> {
        self.turn(now);
        let enough = self.left() >= cost.max(self.most / 2);
        let empty = self.empty.is_some_and(|(until, _)| now < until);
        if enough || empty || self.asking || self.closed {
            return None;
        }
        self.asking = true;
        self.pace(now);
        Some(Ask { window: self.window, most: self.most.max(cost) })
    }

    /// A grant has come. Gives it back where it isn't wanted any more because the purse was closed; that of another
    /// step is lost.
    ///
    /// # Errors
    /// The grant, to be given back.
    pub fn granted(&mut self, now: Millis, window: Millis, lot: Piece) -> Result<(), Piece> {
        self.asking = false;
        self.empty = None;
        self.turn(now);
        if window != self.window {
            return Ok(());
        }
        if self.closed {
            return Err(lot);
        }
        (self.granted, self.drawn) = (Some(now), 0);
        self.lots.push_back(lot);
        Ok(())
    }

    /// There was nothing to be had.
    pub fn refused(&mut self, now: Millis, refusal: Refusal) {
        self.asking = false;
        self.empty = Some((now.plus(RETRY_MS), refusal));
    }

    /// Nobody knows, or the store doesn't answer: if there was a grant, it is lost.
    pub fn failed(&mut self) {
        self.asking = false;
        self.failures += 1;
    }

    /// How often asking failed.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures
    }

    /// What was drawn for an act that surely didn't happen.
    pub fn put_back(&mut self, draw: Draw) {
        if draw.window != self.window || self.closed {
            return;
        }
        for piece in draw.pieces {
            match self.lots.iter_mut().find(|lot| lot.allotment == piece.allotment) {
                Some(lot) => lot.amount += piece.amount,
                None => self.lots.push_front(piece),
            }
        }
    }

    /// Ends it: nothing is drawn any more. What is left, with its window, to be given back.
    pub fn close(&mut self, now: Millis) -> (Millis, Vec<Piece>) {
        self.turn(now);
        self.closed = true;
        (self.window, self.lots.drain(..).collect())
    }

    /// How much can be drawn at once.
    #[must_use]
    pub fn left(&self) -> u32 {
        self.lots.iter().fold(0, |sum, lot| sum.saturating_add(lot.amount))
    }

    /// In another step, what is left of this one is worth nothing.
    fn turn(&mut self, now: Millis) {
        let window = step_of(now);
        if window != self.window {
            self.window = window;
            self.lots.clear();
            self.empty = None;
        }
    }

    /// Grants grow and shrink with what is drawn, so that what a crash loses is some seconds' worth.
    fn pace(&mut self, now: Millis) {
        let lasted = self.granted.map_or(FAST_MS, |then| now.since(then));
        self.most = match lasted {
            ..FAST_MS if self.drawn >= self.most / 2 => (self.most * 4).min(MOST),
            SLOW_MS.. => (self.most / 2).max(LEAST),
            _ => self.most,
        };
    }

    fn take(&mut self, mut cost: u32) -> Vec<Piece> {
        self.drawn = self.drawn.saturating_add(cost);
        let mut pieces = Vec::with_capacity(1);
        while cost > 0
            && let Some(lot) = self.lots.front_mut()
        {
            let amount = lot.amount.min(cost);
            pieces.push(Piece { allotment: lot.allotment, amount });
            lot.amount -= amount;
            cost -= amount;
            if lot.amount == 0 {
                self.lots.pop_front();
            }
        }
        pieces
    }
}

#[cfg(test)]
mod tests;
