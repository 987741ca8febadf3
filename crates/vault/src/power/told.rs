//! What a change of rules, limits, settings or the data plan comes to, in words.

use super::governance::Governance;
use crate::limits_form::Budgets;
use crate::planned::Planned;
use crate::settings_form::{Settings, SettingsDifference, differences};
use domain::Limits;
use policy::{Rules, Told};
use serde_json::Value;
use std::collections::BTreeMap;

/// Which rules come, go and say something else.
pub(super) fn rules(before: &Governance, after: &Rules) -> String {
    let by_name = |rules: &[Told]| -> BTreeMap<String, Told> {
        rules.iter().map(|rule| (rule.id.clone(), rule.clone())).collect()
    };
    let (before, after) = (by_name(before.rules.told()), by_name(after.told()));
    let only = |these: &BTreeMap<String, Told>, those: &BTreeMap<String, Told>| -> Vec<String> {
        these.keys().filter(|name| !those.contains_key(*name)).cloned().collect()
    };
    let other = after.iter().filter(|(name, rule)| before.get(*name).is_some_and(|old| old != *rule));
    let parts = [
        ("Add", only(&after, &before)),
        ("Drop", only(&before, &after)),
        ("Change", other.map(|(name, _)| name.clone()).collect()),
    ];
    let said: Vec<String> = parts
        .into_iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(verb, names)| format!("{verb} {}: {}.", counted(names.len()), names.join(", ")))
        .collect();
    if said.is_empty() { "Change no rule, only how they are written.".to_owned() } else { said.join(" ") }
}

/// The rules that come, go and change, each with what it says and, from the next line on, its text.
pub(super) fn rules_in_full(before: &Governance, after: &Rules) -> Vec<String> {
    let (old, new) = (before.rules.told(), after.told());
    let same = |rule: &Told, others: &[Told]| others.iter().find(|other| other.id == rule.id).cloned();
    let line = |verb: &str, rule: &Told| format!("{verb} {}: {}\n{}", rule.id, rule.says, rule.text);
    let gone = old.iter().filter(|rule| same(rule, new).is_none()).map(|rule| line("Drop", rule));
    let come = new.iter().filter_map(|rule| match same(rule, old) {
        None => Some(vec![line("Add", rule)]),
        Some(before) if before != *rule => Some(vec![line("Until now", &before), line("From then on", rule)]),
        Some(_) => None,
    });
    gone.chain(come.flatten()).collect()
}

/// What another data plan comes to: how many differences, and how many of them widen.
pub(super) fn plan(before: &Planned, after: &Planned) -> String {
    let all = plan::diff(before.plan(), after.plan());
    let widens = all.iter().filter(|one| one.widens).count();
    match all.len() {
        0 => "Change nothing in the data plan, only how it is written.".to_owned(),
        1 => format!("Change the data plan: {}", all[0].says),
        count => format!("Change the data plan in {count} points, of which {widens} let more be done with data."),
    }
}

/// The differences, one a line.
pub(super) fn plan_in_full(before: &Planned, after: &Planned) -> Vec<String> {
    let marked = |one: plan::Difference| if one.widens { format!("Widens: {}", one.says) } else { one.says };
    plan::diff(before.plan(), after.plan()).into_iter().map(marked).collect()
}

/// Does another data plan let more be done with data?
pub(super) fn plan_is_wider(before: &Planned, after: &Planned) -> bool {
    plan::diff(before.plan(), after.plan()).iter().any(|one| one.widens)
}

/// What other settings come to: how many differ, and how many of them widen.
pub(super) fn settings(before: &Settings, after: &Settings) -> String {
    let all = differences(before, after);
    let widens = all.iter().filter(|one| one.widens).count();
    match all.len() {
        0 => "Change no setting; sign those that count now.".to_owned(),
        1 => format!("Change a setting. {}", all[0].says),
        count => format!("Change {count} settings, of which {widens} let more happen."),
    }
}

/// Each that differs, one a line.
pub(super) fn settings_in_full(before: &Settings, after: &Settings) -> Vec<String> {
    let marked = |one: SettingsDifference| if one.widens { format!("Widens: {}", one.says) } else { one.says };
    differences(before, after).into_iter().map(marked).collect()
}

fn counted(rules: usize) -> String {
    if rules == 1 { "1 rule".to_owned() } else { format!("{rules} rules") }
}

/// Which numbers change, and how.
pub(super) fn limits(before: &Limits, after: &Limits) -> String {
    let (before, after) = (numbers(before), numbers(after));
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let said = |number: Option<&u64>| number.map_or("no limit".to_owned(), u64::to_string);
    let changes: Vec<String> = names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| format!("{name} from {} to {}", said(before.get(name)), said(after.get(name))))
        .collect();
    if changes.is_empty() { "Change no limit.".to_owned() } else { format!("Change {}.", changes.join(", ")) }
}

/// Do these limits let somebody learn more, or a change count sooner, than those before?
pub(super) fn limits_are_wider(before: &Limits, after: &Limits) -> bool {
    let (before, after) = (numbers(before), numbers(after));
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names.into_iter().any(|name| {
        let of = |numbers: &BTreeMap<String, u64>| numbers.get(name).copied().unwrap_or(u64::MAX);
        let (before, after) = (of(&before), of(&after));
        let less_is_more = name.starts_with("weights.") || name == "widening_waits_s";
        if less_is_more { after < before } else { after > before }
    })
}

/// Each number under its name, as `person.purpose.payment.hour`.
fn numbers(limits: &Limits) -> BTreeMap<String, u64> {
    let mut out = BTreeMap::new();
    let mut open = vec![(String::new(), serde_json::to_value(Budgets::of(limits)).unwrap_or_default())];
    while let Some((name, value)) = open.pop() {
        match value {
            Value::Object(members) => open.extend(members.into_iter().map(|(member, value)| {
                let name = if name.is_empty() { member } else { format!("{name}.{member}") };
                (name, value)
            })),
            Value::Number(number) => drop(number.as_u64().map(|number| out.insert(name, number))),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use policy::BUILT_IN;

    #[test]
    fn a_change_of_limits_says_which_numbers() {
        let (before, mut after) = (Limits::default(), Limits::default());
        assert_eq!(limits(&before, &after), "Change no limit.");
        after.person.all.day = 2_000;
        after.code_per_hour = 3;
        assert_eq!(limits(&before, &after), "Change code_per_hour from 40 to 3, person.day from 1600 to 2000.");
    }

    #[test]
    fn raised_limits_lower_weights_and_a_shorter_wait_are_wider_and_nothing_else_is() {
        let plain = Limits::default;
        let changed = |change: fn(&mut Limits)| {
            let mut other = plain();
            change(&mut other);
            (limits_are_wider(&plain(), &other), limits_are_wider(&other, &plain()))
        };
        assert_eq!(changed(|_| {}), (false, false));
        assert_eq!(changed(|limits| limits.person.all.day += 1), (true, false));
        assert_eq!(changed(|limits| limits.code_per_hour += 1), (true, false));
        assert_eq!(changed(|limits| limits.weights.view += 1), (false, true));
        assert_eq!(changed(|limits| limits.widening_waits_s -= 1), (true, false));
        // One less limit.
        let without = |limits: &mut Limits| {
            limits.person = domain::Allowance::of(limits.person.all);
        };
        assert_eq!(changed(without), (true, false));
        let both = |limits: &mut Limits| (limits.person.all.day, limits.team.all.day) = (9, u32::MAX);
        assert_eq!(changed(both), (true, true));
    }

    #[test]
    fn a_change_of_rules_says_which_come_and_go() {
        let before = Governance::unsigned(Limits::default(), Rules::built_in().unwrap(), Planned::shipped().unwrap());
        let with = |from: &str, to: &str| {
            let files: Vec<(&str, String)> =
                BUILT_IN.iter().map(|(name, text)| (*name, text.replace(from, to))).collect();
            let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
            rules(&before, &Rules::load(&files).unwrap())
        };
        assert_eq!(with("no such words", ""), "Change no rule, only how they are written.");
        let renamed = with("@id(\"card-never-shown\")", "@id(\"cards-stay\")");
        assert_eq!(renamed, "Add 1 rule: cards-stay. Drop 1 rule: card-never-shown.");
        assert_eq!(with("context.left < 3", "context.left < 4").matches("Change").count(), 1);
    }
}
