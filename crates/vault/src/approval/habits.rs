//! How second people answer: a yes that is always given, and at once, is none.

use crate::budgets::history;
use crate::error::VaultError;
use crate::power::Snapshot;
use crate::wiring::{Act, Vault};
use domain::{BudgetKind, Counter, Millis, PersonId, Role, Room, TenantId, Window};
use policy::Device;
use std::collections::HashMap;
use store::{PersonRow, Spend, Turn};

/// Fewer answers than these say nothing of anybody.
const ENOUGH: u32 = 10;
/// Who answers faster than this, in seconds, hasn't read.
const FAST_S: u32 = 5;
/// How many rows are read at once.
const PAGE: usize = 500;

/// What is counted of second people, over thirty days.
const COUNTED: [BudgetKind; 4] = [BudgetKind::Drawn, BudgetKind::Agreed, BudgetKind::Declined, BudgetKind::Pondered];

/// How somebody has answered in the last thirty days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Habit {
    /// Who.
    pub person: PersonId,
    /// What they are called.
    pub name: String,
    /// What for they are here.
    pub role: Role,
    /// How often they were drawn.
    pub drawn: u32,
    /// How often they said yes.
    pub agreed: u32,
    /// How often they said no.
    pub declined: u32,
    /// How long an answer took on average, in seconds; none without answers.
    pub mean_s: Option<u32>,
}

impl Habit {
    /// Do they say yes nearly always, and faster than one can read?
    #[must_use]
    pub fn is_rubber_stamp(&self) -> bool {
        let answers = self.agreed + self.declined;
        answers >= ENOUGH && self.declined * 20 <= answers && self.mean_s.is_some_and(|mean| mean < FAST_S)
    }

    /// How often they didn't answer in time. (What waits right now is among it.)
    #[must_use]
    pub fn silent(&self) -> u32 {
        self.drawn.saturating_sub(self.agreed + self.declined)
    }
}

/// Counts so much of a person's answering, without a limit.
pub(super) fn count(act: Act, kind: BudgetKind, person: PersonId, amount: u32) -> Act {
    let at = act.draft.id.minted();
    let (counter, turn) = (Counter::person(kind, person), Turn::Spend(amount));
    let otherwise = domain::Refusal::BudgetExhausted;
    act.spend(Spend { counter, purpose: None, turn, at, room: Room::ANY, otherwise })
}

impl Vault {
    /// How everybody answers who may, those whose yes is worth least first.
    pub(crate) async fn habits(&self, power: &Snapshot, now: Millis) -> Result<Vec<Habit>, VaultError> {
        let rules = &power.governance.rules;
        let may = |person: &&&std::sync::Arc<PersonRow>| {
            let here = power.person(person.id).is_some();
            here && rules.needs(&self.asker(person, Device::Page), policy::Act::Approve).is_ok()
        };
        let everybody = power.everybody();
        let people: Vec<&PersonRow> = everybody.iter().filter(may).map(|person| &***person).collect();
        let mut habits = Vec::new();
        for page in people.chunks(PAGE / COUNTED.len()) {
            habits.extend(self.habits_of(power.tenant, page, now).await?);
        }
        habits.retain(|habit| habit.drawn > 0);
        habits.sort_by_key(|habit| (!habit.is_rubber_stamp(), u32::MAX - habit.drawn, habit.person));
        Ok(habits)
    }

    async fn habits_of(&self, tenant: TenantId, people: &[&PersonRow], now: Millis) -> Result<Vec<Habit>, VaultError> {
        let counters = people.iter().flat_map(|person| COUNTED.map(|kind| Counter::person(kind, person.id))).collect();
        let rows: HashMap<_, _> = self.store.budgets_of(tenant, counters).await?.into_iter().collect();
        let habit = |person: &&PersonRow| {
            let [drawn, agreed, declined, pondered] =
                COUNTED.map(|kind| history(rows.get(&Counter::person(kind, person.id))).used(now, Window::Month, None));
            Habit {
                person: person.id,
                name: person.name.clone(),
                role: person.role,
                drawn,
                agreed,
                declined,
                mean_s: pondered.checked_div(agreed + declined),
            }
        };
        Ok(people.iter().map(habit).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn always_yes_and_at_once_is_a_rubber_stamp() {
        let habit = |agreed, declined, mean_s| Habit {
            person: PersonId([1; 16]),
            name: String::new(),
            role: Role::TeamLeader,
            drawn: 50,
            agreed,
            declined,
            mean_s: Some(mean_s),
        };
        assert!(habit(20, 1, 4).is_rubber_stamp());
        assert!(!habit(20, 1, 5).is_rubber_stamp(), "who takes their time");
        assert!(!habit(20, 2, 1).is_rubber_stamp(), "who says no at times");
        assert!(!habit(9, 0, 1).is_rubber_stamp(), "too few to say");
        assert_eq!(habit(20, 1, 4).silent(), 29);
    }
}
