//! Does a change let somebody do more than before? Then it waits, with notice. What can't be told does.

use super::change::Change;
use super::{Snapshot, told};
use crate::limits_form::Budgets;
use crate::planned::{Planned, or_shipped};
use domain::PowerKind;
use keys::power::{LimitsText, Person, PlanText, PowerBody};

/// How long a tenant's changes wait at least, in seconds, whatever a configuration says that nobody sealed.
const UNSEALED_WAITS_S: u32 = 24 * 3_600;

impl Snapshot {
    /// Do these changes let somebody do more? Of rules, `rules` says it: found out when they were drafted.
    pub(super) fn is_widened_by(&self, changes: &[Change], rules: Option<bool>) -> bool {
        changes.iter().any(|change| match change.covered() {
            ((PowerKind::Rules, _), _) => rules.unwrap_or(true),
            ((PowerKind::Limits, _), Some(body)) => {
                let after = LimitsText::decode(&body).and_then(|text| Budgets::read(&text.toml).ok());
                after.is_none_or(|after| told::limits_are_wider(&self.governance.limits, &after))
            }
            ((PowerKind::Limits, _), None) => true,
            ((PowerKind::Plan, _), body) => {
                let text =
                    body.as_deref().map_or(Some(String::new()), |body| PlanText::decode(body).map(|text| text.toml));
                let after = text.and_then(|text| Planned::read(or_shipped(&text)).ok());
                after.is_none_or(|after| told::plan_is_wider(&self.governance.planned, &after))
            }
            ((PowerKind::Person, id), Some(body)) => match Person::decode(&body) {
                Some(after) => self.gives_more(&id, &after),
                None => true,
            },
            _ => false,
        })
    }

    fn gives_more(&self, id: &[u8; 16], after: &Person) -> bool {
        let before = self.get::<Person>(id);
        let same_role = before.as_ref().is_some_and(|before| before.role == after.role);
        let before = before.as_ref().map(|before| (before.role, before.team.as_str()));
        !same_role && self.governance.rules.permit_more(before, (after.role, &after.team)).is_some()
    }

    /// How long a change that widens waits, in milliseconds. Only what is sealed makes it shorter.
    pub(super) fn widening_waits_ms(&self) -> i64 {
        let said = self.governance.limits.widening_waits_s;
        let sealed = self.get::<LimitsText>(&keys::power::THE_ONE).is_some();
        1_000 * i64::from(if sealed { said } else { said.max(UNSEALED_WAITS_S) })
    }
}
