//! Decisions: what the rules say of given facts.

use crate::facts::{Act, Facts, Situation};
use crate::rules::{Rule, Rules};
use cedar_policy::{Authorizer, Entities};
use domain::Refusal;
use std::sync::Arc;

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denial {
    /// A rule forbids it.
    Rule(Arc<Rule>),
    /// No rule permits it.
    Unpermitted(Refusal),
}

impl Denial {
    /// The kind of refusal.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Rule(rule) => rule.refusal,
            Self::Unpermitted(refusal) => *refusal,
        }
    }
}

/// Yes, no, or not without somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Yes.
    Permit,
    /// Only if somebody else approves it.
    NeedsApproval(Denial),
    /// No.
    Refuse(Denial),
}

impl Rules {
    /// Decides. Pure: the same facts under the same rules give the same decision, and nothing else is looked at.
    ///
    /// What no situation could make right, approved or not, is told first: nobody is sent to fetch a code, or to ask a second
    /// person, for what they may never see.
    #[must_use]
    pub fn decide(&self, facts: &Facts<'_>) -> Decision {
        let Some(entities) = self.entities(&facts.asker, facts.act) else {
            return Decision::Refuse(Denial::unpermitted(facts.act));
        };
        let ask = |situation: Situation| self.ask(&Facts { situation, ..*facts }, &entities);
        let Err(denial) = ask(facts.situation) else { return Decision::Permit };
        let ways = self.ways(&facts.asker, facts.act);
        if let (Err(never), None) = (&ways.alone, &ways.approved) {
            return Decision::Refuse(never.clone());
        }
        match ask(facts.situation.approved()) {
            Ok(()) => Decision::NeedsApproval(denial),
            Err(_) => Decision::Refuse(denial),
        }
    }

    /// One question to Cedar. A rule that can't be evaluated forbids, whatever its effect: fail closed.
    pub(crate) fn ask(&self, facts: &Facts<'_>, entities: &Entities) -> Result<(), Denial> {
        let nobody = || Denial::unpermitted(facts.act);
        let slice = self.slices.about(facts.act).ok_or_else(nobody)?;
        let request = self.words.request(facts, None).map_err(|_| nobody())?;
        let response = Authorizer::new().is_authorized(&request, &slice.set, entities);
        if response.diagnostics().errors().next().is_some() {
            return Err(nobody());
        }
        if response.decision() == cedar_policy::Decision::Allow {
            return Ok(());
        }
        let speaking = response.diagnostics().reason().filter_map(|id| self.forbids.get(id));
        let first = speaking.min_by_key(|(place, _)| *place);
        Err(first.map_or_else(nobody, |(_, rule)| Denial::Rule(Arc::clone(rule))))
    }
}

impl Denial {
    /// What is said where no rule permits.
    pub(crate) fn unpermitted(act: Act) -> Self {
        Self::Unpermitted(match act {
            Act::Reveal(..) | Act::Verify(_) => Refusal::PurposeNotAllowed,
            _ => Refusal::RoleNotAllowed,
        })
    }
}
