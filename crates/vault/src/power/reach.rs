//! Does a change let somebody do more than before? Then it waits, with notice. What can't be told does.

use super::governance::{Governance, chosen};
use super::{Snapshot, told};
use crate::limits_form::Budgets;
use crate::planned::{Planned, or_shipped};
use crate::settings_form::{Settings, differences};
use domain::{Limits, PersonId, PowerKind};
use keys::Powers;
use keys::power::{
    LimitsText, Person, PlanText, PowerBody, PowerChange, RulesText, SettingsText, THE_ONE, Waits, plain, spelled,
};
use policy::{Act, Rules};
use std::sync::Arc;

/// How long a tenant's changes wait at least, in seconds, whatever a configuration says that nobody sealed.
const UNSEALED_WAITS_S: u32 = 24 * 3_600;

/// How long changes wait, as a key holder finds it out by itself: from the rows alone. It is what nodes find out, of which
/// each decides for itself.
#[must_use]
pub fn waits() -> Waits {
    Arc::new(|before, changes| {
        let (Ok(built_in), Ok(shipped)) = (Rules::built_in(), Planned::shipped()) else {
            return wait_ms(before, &Limits::default());
        };
        let unsigned = Governance::unsigned(Limits::default(), built_in, shipped);
        let governance = Governance::of(before, &Arc::new(unsigned), None);
        let rules = |body: Option<&[u8]>| {
            let files = body.map_or(Some(Vec::new()), |body| RulesText::decode(body).map(|text| text.files));
            let after = files.and_then(|files| chosen(&files).ok()).filter(|_| governance.is_usable());
            after.is_none_or(|after| after.permit_more_than(&governance.rules).is_some())
        };
        if widen(before, &governance, changes, rules) { wait_ms(before, &governance.limits) } else { 0 }
    })
}

/// Only what is sealed makes it shorter.
fn wait_ms(before: &Powers, limits: &Limits) -> i64 {
    let sealed = before.get::<LimitsText>(&THE_ONE).is_some();
    let said = limits.widening_waits_s;
    1_000 * i64::from(if sealed { said } else { said.max(UNSEALED_WAITS_S) })
}

/// Do these changes let somebody do more? Of rules, `rules` says it, by their new row. Whatever follows on a text that this program
/// can't read counts as wider: what it said isn't known.
fn widen(
    before: &Powers,
    governance: &Governance,
    changes: &[PowerChange],
    rules: impl Fn(Option<&[u8]>) -> bool,
) -> bool {
    changes.iter().any(|((kind, id), body)| match (kind, body) {
        (PowerKind::Rules, body) => rules(body.as_deref()),
        (PowerKind::Limits, Some(body)) => {
            let sealed = before.get::<LimitsText>(&THE_ONE).is_some();
            let after = LimitsText::decode(body).and_then(|text| Budgets::read(&text.toml).ok());
            let after = after.filter(|_| sealed && governance.is_usable());
            after.is_none_or(|after| told::limits_are_wider(&governance.limits, &after))
        }
        (PowerKind::Limits, None) => true,
        (PowerKind::Plan, body) => {
            let text = body.as_deref().map_or(Some(String::new()), |body| PlanText::decode(body).map(|text| text.toml));
            let after = text.and_then(|text| Planned::read(or_shipped(&text)).ok()).filter(|_| governance.is_usable());
            after.is_none_or(|after| told::plan_is_wider(&governance.planned, &after))
        }
        (PowerKind::Settings, body) => {
            let sealed = before.get::<SettingsText>(&THE_ONE).is_some();
            let text = body.as_deref().and_then(SettingsText::decode).filter(|_| sealed && governance.is_usable());
            let after = text.and_then(|text| Settings::read(&text.toml).ok());
            after.is_none_or(|after| differences(&governance.settings, &after).iter().any(|one| one.widens))
        }
        (PowerKind::Person, Some(body)) => match Person::decode(body) {
            Some(after) => gives_more(before, governance, id, &after),
            None => true,
        },
        _ => false,
    })
}

fn gives_more(before: &Powers, governance: &Governance, id: &[u8; 16], after: &Person) -> bool {
    let old = before.get::<Person>(id);
    let was = old.as_ref().map(|old| (old.role, old.team.as_str()));
    governance.rules.permit_more(was, (after.role, &after.team)).is_some()
        || old.is_some_and(|old| parts_two(before, governance, id, &old, after))
}

/// Who is of one team, or of one name, isn't the other's second person. Does this part somebody from such a one, where one of the
/// two may be a second person?
fn parts_two(before: &Powers, governance: &Governance, id: &[u8; 16], old: &Person, after: &Person) -> bool {
    let same = |one: &str, other: &str| plain(one) == plain(other);
    let together = |one: &str, other: &str| spelled(one) == spelled(other);
    let (renamed, moved) = (!same(&old.name, &after.name), !together(&old.team, &after.team));
    if !renamed && !moved {
        return false;
    }
    let agrees_for = |one: &Person, asker: &Person| {
        asker.role.serves() && governance.rules.may_ever(one.role, &one.team, Act::Approve)
    };
    let mut others = before.all::<Person>().filter(|(other, _)| other != id && !before.has_left(PersonId(*other)));
    others.any(|(_, other)| {
        renamed && same(&old.name, &other.name)
            || moved && together(&old.team, &other.team) && (agrees_for(after, &other) || agrees_for(&other, after))
    })
}

impl Snapshot {
    /// Do these changes let somebody do more? Of rules, `rules` says it: found out when they were drafted.
    pub(crate) fn is_widened_by(&self, changes: &[PowerChange], rules: Option<bool>) -> bool {
        widen(&self.powers, &self.governance, changes, |_| rules.unwrap_or(true))
    }

    /// How long a change that widens waits, in milliseconds.
    pub(crate) fn widening_waits_ms(&self) -> i64 {
        wait_ms(&self.powers, &self.governance.limits)
    }
}
