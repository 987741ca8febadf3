//! The rules by what they speak of: of ninety rules the dozen about an act decide about it.
//!
//! A rule whose scope names other actions, or another field, takes no part in a decision, so leaving it out changes none (policy
//! slicing: Cutler et al., *Cedar: A New Language for Expressive, Fast, Safe, and Analyzable Authorization*, OOPSLA 2024). A decision
//! then costs what the rules about it cost, however many others there are.

use crate::facts::{Act, Asker};
use crate::request::Words;
use crate::rules::{Rules, RulesError};
use cedar_policy::{ActionConstraint, Entities, EntityUid, Policy, PolicySet, ResourceConstraint, Schema};
use std::collections::HashMap;

/// What takes part in decisions about one act.
pub(crate) struct Slice {
    /// The rules whose scope has it.
    pub(crate) set: PolicySet,
    /// Its action and the groups that it is in.
    action: Entities,
}

/// By the act.
pub(crate) struct Slices(HashMap<Act, Slice>);

impl Slices {
    /// Cuts a set of rules.
    ///
    /// # Errors
    /// If the schema's actions can't be read.
    pub(crate) fn of(set: &PolicySet, schema: &Schema, words: &Words) -> Result<Self, RulesError> {
        let all = schema.action_entities().map_err(RulesError::schema)?;
        let cut = |act: Act| {
            let (action, resource) = (words.action(act)?, words.resource(act)?);
            let names: Vec<_> = all.ancestors(&action).into_iter().flatten().chain([&action]).cloned().collect();
            let speaks = |rule: &&Policy| has_action(rule, &action, &names) && has_resource(rule, &resource);
            let speaking = set.policies().filter(speaks).cloned();
            let set = PolicySet::from_policies(speaking).map_err(RulesError::schema)?;
            let entities = names.iter().filter_map(|name| all.get(name)).cloned();
            let action = Entities::from_entities(entities, None).map_err(RulesError::schema)?;
            Ok((act, Slice { set, action }))
        };
        Act::all().map(cut).collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn about(&self, act: Act) -> Option<&Slice> {
        self.0.get(&act)
    }
}

/// Does the rule's scope have this action, or a group that it is in? `names` are both.
fn has_action(rule: &Policy, action: &EntityUid, names: &[EntityUid]) -> bool {
    match rule.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(one) => one == *action,
        ActionConstraint::In(any) => any.iter().any(|one| names.contains(one)),
    }
}

/// What isn't named as one thing is left to Cedar.
fn has_resource(rule: &Policy, resource: &EntityUid) -> bool {
    !matches!(rule.resource_constraint(), ResourceConstraint::Eq(one) if one != *resource)
}

impl Rules {
    /// The entities that a decision about this act by this person speaks of; none for an act that the schema doesn't know.
    pub(crate) fn entities(&self, asker: &Asker<'_>, act: Act) -> Option<Entities> {
        self.words.entities(asker, &self.slices.about(act)?.action).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Device, Facts, Situation};
    use cedar_policy::Authorizer;
    use domain::{Channel, Role};

    #[test]
    fn what_is_left_out_decides_nothing() {
        let rules = Rules::built_in().unwrap();
        let everything = rules.schema.action_entities().unwrap();
        let best = Situation::best(Channel::Call);
        let situations = [best, best.approved(), Situation { guarded: true, many: true, left: 0, ..best }];
        for role in Role::ALL {
            let asker = Asker { role, probation: true, team: "Orders", device: Device::Page, hour: 9 };
            let with_everything = rules.words.entities(&asker, &everything).unwrap();
            for act in Act::all() {
                let slice = rules.slices.about(act).unwrap();
                assert!(slice.set.num_of_policies() < rules.set.num_of_policies());
                let few = rules.entities(&asker, act).unwrap();
                for situation in situations {
                    let request = rules.words.request(&Facts { asker, act, situation }, None).unwrap();
                    let whole = Authorizer::new().is_authorized(&request, &rules.set, &with_everything);
                    let cut = Authorizer::new().is_authorized(&request, &slice.set, &few);
                    assert_eq!(whole.decision(), cut.decision(), "{role:?} {act:?} {situation:?}");
                    let reasons = |response: &cedar_policy::Response| {
                        let mut all: Vec<_> = response.diagnostics().reason().cloned().collect();
                        all.sort();
                        all
                    };
                    assert_eq!(reasons(&whole), reasons(&cut), "{role:?} {act:?} {situation:?}");
                }
            }
        }
    }
}
