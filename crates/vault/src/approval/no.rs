//! How a no outlasts its row in the database.
//!
//! Each question about a value, and each use of a yes, counts one in a counter of the value and interaction, and a no spends all of it.
//! So whoever deletes the value's row, or puts an older one back, meets the counter; and what they do to the counter's row shows
//! when it is recounted from the log.

use crate::private::entry::EntryKeys;
use crate::reveal::hashed;
use crate::wiring::Act;
use domain::{BudgetKind, Counter, PerWindow, Refusal, Room};
use store::{AdmissionKey, Spend, Turn};

/// What a no spends. Nobody asks as often about one value in one interaction.
const ALL: u32 = 1_000_000;
/// No interaction lasts longer than a month (`[interactions] absolute_minutes` is refused otherwise, and casework ends after a day).
const ROOM: Room = Room { all: PerWindow { month: ALL, ..PerWindow::ANY }, purpose: PerWindow::ANY };

impl Act {
    /// It goes only where nobody has said no to the value in this interaction, and counts there.
    pub(super) fn where_no_no_stands(self, value: AdmissionKey) -> Self {
        self.counted_at(value, 1, ROOM)
    }

    /// It is a no to the value: nothing goes any more.
    pub(super) fn with_the_no(self, value: AdmissionKey) -> Self {
        self.counted_at(value, ALL, Room::ANY)
    }

    fn counted_at(self, value: AdmissionKey, amount: u32, room: Room) -> Self {
        // Without a customer's keys there is no such customer, and nothing comes of the act.
        let Some(counter) = self.draft.keys.as_deref().map(|keys| counter(keys, value)) else { return self };
        let (turn, at) = (Turn::Spend(amount), self.draft.id.minted());
        self.spend(Spend { counter, purpose: None, turn, at, room, otherwise: Refusal::ApprovalDeclined })
    }
}

fn counter(keys: &EntryKeys, value: AdmissionKey) -> Counter {
    Counter::interaction(BudgetKind::Declined, keys.counter(&hashed(&[b"approval no", &value.id])))
}
