//! What each role may do at all, by the rules that permit it: for who reads who may do what.

use crate::facts::{Act, Asker, Facts, Situation};
use crate::rules::Rules;
use cedar_policy::{Authorizer, Decision, PolicyId};
use domain::Role;
use std::collections::HashMap;

/// A rule that permits a role something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// Its name, `@id`.
    pub rule: String,
    /// What it is for, in its own words: `@says`.
    pub says: String,
    /// What of it this role may do, in some team, at some hour and in some situation.
    pub acts: Vec<GrantedAct>,
}

/// An act that a rule permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrantedAct {
    /// Which.
    pub act: Act,
    /// Is there a situation in which it is done alone? Otherwise a second person must agree each time.
    pub alone: bool,
}

/// Each role's, in the order of the roles, and within a role in that of the rules.
pub(crate) type Grants = Vec<(Role, Vec<Granted>)>;

impl Rules {
    /// What each role may do, by the rules that permit it. Worked out once: every act, with each field and purpose, is asked
    /// about for everybody whom the rules tell apart.
    #[must_use]
    pub fn granted(&self) -> &[(Role, Vec<Granted>)] {
        self.granted.get_or_init(|| Role::ALL.into_iter().map(|role| (role, self.granted_to(role))).collect())
    }

    fn granted_to(&self, role: Role) -> Vec<Granted> {
        let teams = self.teams();
        let mut found: HashMap<PolicyId, Vec<GrantedAct>> = HashMap::new();
        for asker in self.askers(role, &teams) {
            for act in Act::all() {
                let ways = self.ways(&asker, act);
                let alone = ways.alone.is_ok();
                if !alone && ways.approved.is_none() {
                    continue;
                }
                for rule in self.permitting(&asker, act) {
                    let acts = found.entry(rule).or_default();
                    match acts.iter_mut().find(|known| known.act == act) {
                        Some(known) => known.alone |= alone,
                        None => acts.push(GrantedAct { act, alone }),
                    }
                }
            }
        }
        let told = self.told.iter().filter(|rule| !rule.forbids);
        let of = |rule: &crate::told::Told| {
            let acts = found.remove(&PolicyId::new(&rule.id))?;
            Some(Granted { rule: rule.id.clone(), says: rule.says.clone(), acts })
        };
        told.filter_map(of).collect()
    }

    /// The rules that permit it in the situations in which most is permitted.
    fn permitting(&self, asker: &Asker<'_>, act: Act) -> Vec<PolicyId> {
        let (Some(slice), Some(entities)) = (self.slices.about(act), self.entities(asker, act)) else {
            return Vec::new();
        };
        let best = act.channels().iter().map(|channel| Situation::best(*channel));
        let situations = best.flat_map(|best| [best, best.approved()]);
        let mut rules = Vec::new();
        for situation in situations {
            let facts = Facts { asker: *asker, act, situation };
            let Ok(request) = self.words.request(&facts, None) else { continue };
            let response = Authorizer::new().is_authorized(&request, &slice.set, &entities);
            // A permit's reasons are the rules that permit.
            if response.decision() == Decision::Allow && response.diagnostics().errors().next().is_none() {
                for rule in response.diagnostics().reason() {
                    if !rules.contains(rule) {
                        rules.push(rule.clone());
                    }
                }
            }
        }
        rules
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::BUILT_IN;
    use domain::{FieldKind, Purpose};
    use std::collections::HashSet;

    #[test]
    fn what_is_granted_is_what_may_ever_be_done_and_nothing_else() {
        let rules = Rules::built_in().unwrap();
        for (role, granted) in rules.granted() {
            let acts: HashSet<Act> = granted.iter().flat_map(|one| &one.acts).map(|one| one.act).collect();
            for act in Act::all() {
                assert_eq!(acts.contains(&act), rules.may_ever(*role, "north", act), "{role:?} {act:?}");
            }
        }
    }

    #[test]
    fn each_role_reads_its_own_rules_in_their_words() {
        let rules = Rules::built_in().unwrap();
        let of = |role: Role| &rules.granted().iter().find(|(known, _)| *known == role).unwrap().1;
        assert_eq!(of(Role::ItOperator), &[]);
        let log = of(Role::Auditor).iter().find(|one| one.rule == "watchers-read-the-log").unwrap();
        assert_eq!(log.acts, [GrantedAct { act: Act::ReadLog, alone: true }]);
        assert!(log.says.starts_with("Security and auditors read who looked at what"));
        let account = of(Role::Agent).iter().find(|one| one.rule == "bank-account-shown").unwrap();
        let payment = Act::Reveal(FieldKind::BankAccount, Purpose::Payment);
        assert!(account.acts.contains(&GrantedAct { act: payment, alone: false }), "{account:?}");
        assert!(of(Role::Agent).iter().all(|one| one.rule != "card-never-shown"));
    }

    #[test]
    fn a_rule_for_one_team_and_hour_is_found_too() {
        let late = r#"@id("late") @says("The night shift reads the log.")
            permit (principal, action == Action::"read_log", resource)
            when { principal.role == Role::"quality_analyst" && principal in Team::"night" && context.hour > 21 };"#;
        let rules = Rules::load(&BUILT_IN.into_iter().chain([("5.cedar", late)]).collect::<Vec<_>>()).unwrap();
        let of = |role: Role| rules.granted().iter().find(|(known, _)| *known == role).unwrap().1.clone();
        // That who serves doesn't watch forbids it all the same.
        assert_eq!(of(Role::QualityAnalyst), []);
        let late = late.replace("read_log", "read_people");
        let shown = rules_without("people-are-not-everybodys", &late);
        let granted = &shown.granted().iter().find(|(known, _)| *known == Role::QualityAnalyst).unwrap().1;
        assert_eq!(granted.iter().map(|one| one.rule.as_str()).collect::<Vec<_>>(), ["late"]);
    }

    /// The built-in rules, one of them left out, and another.
    fn rules_without(left_out: &str, more: &str) -> Rules {
        let without = |text: &str| {
            let parts: Vec<&str> =
                text.split("\n@id(").filter(|part| !part.starts_with(&format!("\"{left_out}\""))).collect();
            parts.join("\n@id(")
        };
        let files: Vec<(&str, String)> = BUILT_IN.iter().map(|(name, text)| (*name, without(text))).collect();
        let files = files.iter().map(|(name, text)| (*name, text.as_str())).chain([("5.cedar", more)]);
        Rules::load(&files.collect::<Vec<_>>()).unwrap()
    }
}
