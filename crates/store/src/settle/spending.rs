//! What an intent moves of allowances: weighed before anything is done, applied once all of it holds.
//!
//! Two spends of one intent are of different counters.

use crate::facts::Facts;
use crate::intent::{Effect, Intent, Spend, Spent, Turn};
use crate::rows::BudgetRow;
use domain::allotment::share;
use domain::{Counter, EntryId, History, Refusal, TenantId};

/// One counter's movement, not applied yet.
pub(super) struct Movement {
    counter: Counter,
    history: History,
    previous: EntryId,
    total: u64,
    moved: i64,
}

impl Movement {
    /// What the entry says of it; nothing where nothing moved.
    pub(super) fn told(&self) -> Option<Spent> {
        let Self { counter, previous, total, moved, .. } = *self;
        (moved != 0).then_some(Spent { counter, previous, total, moved: Some(moved) })
    }
}

/// What would move, if there is room for it.
pub(super) fn weigh(facts: &mut Facts, tenant: TenantId, spend: &Spend) -> Result<Movement, Refusal> {
    let slot = facts.budgets.slot(&(tenant, spend.counter)).ok_or(Refusal::Tampered)?;
    if slot.tampered {
        return Err(Refusal::Tampered);
    }
    let (mut history, previous, total) = match &slot.row {
        Some(row) => (History::decode(&row.history).ok_or(Refusal::Tampered)?, row.last, row.total),
        None => (History::default(), EntryId([0; 16]), 0),
    };
    let Spend { purpose, at, room, otherwise, .. } = *spend;
    let moved = match spend.turn {
        Turn::Spend(0) | Turn::Take(0) | Turn::Back(0) => 0,
        Turn::Spend(cost) => {
            let (left, shortage) = history.left(at, purpose, &room);
            if left < cost {
                return Err(otherwise.of_shortage(shortage));
            }
            history.spend(at, purpose, cost);
            i64::from(cost)
        }
        Turn::Take(most) => {
            let (left, shortage) = history.left(at, purpose, &room);
            let amount = share(left, most);
            if amount == 0 {
                return Err(otherwise.of_shortage(shortage));
            }
            history.spend(at, purpose, amount);
            i64::from(amount)
        }
        Turn::Back(amount) => match history.give_back(at, purpose, amount) {
            true => -i64::from(amount),
            false => 0,
        },
    };
    Ok(Movement { counter: spend.counter, history, previous, total: total + moved.unsigned_abs(), moved })
}

/// How much was allotted, or given back of that.
pub(super) fn allotted(intent: &Intent, movements: &[Movement]) -> Option<u32> {
    let allots = |spend: &Spend| spend.counter.is_allotted() && matches!(spend.turn, Turn::Take(_) | Turn::Back(_));
    let place = intent.spend.iter().position(allots)?;
    movements.get(place).and_then(|movement| u32::try_from(movement.moved.unsigned_abs()).ok())
}

/// Writes what moved.
pub(super) fn apply(facts: &mut Facts, intent: &Intent, movements: Vec<Movement>) {
    for movement in movements.into_iter().filter(|movement| movement.moved != 0) {
        let Movement { counter, history, total, .. } = movement;
        let row = BudgetRow { total, history: history.encode(), last: intent.entry, tag: [0; 16] };
        facts.budgets.put(&(intent.tenant, counter), row);
    }
}

/// What the entry says of rows that are put right.
pub(super) fn restored(intent: &Intent) -> impl Iterator<Item = Spent> {
    intent.effects.iter().filter_map(|effect| match effect {
        Effect::RestoreBudget { counter, total, .. } => {
            Some(Spent { counter: *counter, previous: EntryId([0; 16]), total: *total, moved: Some(0) })
        }
        _ => None,
    })
}
