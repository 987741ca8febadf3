//! What is tried.

use super::{Turned, Unsaid};
use crate::planned::Planned;
use crate::private::entry::{AuditBody, Kind};
use domain::{FieldKind, Limits, Millis, PersonId, Purpose, Refusal, Role};
use policy::Rules;
use std::sync::Arc;

/// The kinds of entries on which a data plan is tried. What a search finds by and which masks a record shows follow it too; their
/// entries don't say of which fields.
pub const PLANNED: [Kind; 5] = [Kind::Reveal, Kind::Verification, Kind::VerificationResult, Kind::Code, Kind::Note];

/// How it would be.
pub(in crate::power) struct Then {
    pub(super) rules: Arc<Rules>,
    /// Other limits.
    pub(super) limits: Option<Limits>,
    /// Somebody's other role and team; none of them where they have left. Then only what they did is tried.
    pub(super) moved: Option<(PersonId, Option<(Role, String)>)>,
    /// Another data plan.
    pub(super) plans: Option<Plans>,
    /// Another time for which somebody is new.
    pub(super) probation_days: Option<u16>,
}

impl Then {
    /// By these rules.
    pub(in crate::power) fn rules(rules: Arc<Rules>) -> Self {
        Self { rules, limits: None, moved: None, plans: None, probation_days: None }
    }

    pub(in crate::power) fn limits(self, limits: Limits) -> Self {
        Self { limits: Some(limits), ..self }
    }

    pub(in crate::power) fn moved(self, person: PersonId, becomes: Option<(Role, String)>) -> Self {
        Self { moved: Some((person, becomes)), ..self }
    }

    pub(in crate::power) fn probation(self, days: u16) -> Self {
        Self { probation_days: Some(days), ..self }
    }

    pub(in crate::power) fn plans(self, plans: Plans) -> Self {
        Self { plans: Some(plans), ..self }
    }
}

/// The data plan in force and another one, both as of one moment: what was done is tried as if it were done then.
pub(in crate::power) struct Plans {
    pub(in crate::power) now: Arc<Planned>,
    pub(in crate::power) then: Planned,
    pub(in crate::power) at: Millis,
}

impl Plans {
    pub(super) fn judged(&self, body: &AuditBody) -> Option<Option<Turned>> {
        let (field, act, purpose) = act_of(body)?;
        let allows = [&*self.now, &self.then].map(|plan| plan.allows(field, act, purpose, self.at));
        let asks = [&*self.now, &self.then].map(|plan| plan.asks(field, act, purpose, self.at));
        Some(match (body.decision, allows, asks) {
            (Ok(()), [true, false], _) => Some(Turned::Refused),
            (Ok(()), [true, true], [false, true]) => Some(Turned::Unknown(Unsaid::Consent)),
            // The plan is looked at first: what else was missing isn't said.
            (Err(Refusal::Unplanned), [false, true], _) | (Err(Refusal::NotAgreed), [true, true], [true, false]) => {
                Some(Turned::Unknown(Unsaid::Ground))
            }
            _ => None,
        })
    }
}

/// What an entry tells of, in a plan's words.
fn act_of(body: &AuditBody) -> Option<(FieldKind, plan::Act, Option<Purpose>)> {
    let field = body.field.and_then(FieldKind::from_code);
    match body.kind {
        Kind::Reveal => field.map(|field| (field, plan::Act::Show, body.purpose)),
        Kind::Verification | Kind::VerificationResult => field.map(|field| (field, plan::Act::Check, None)),
        Kind::Code => Some((FieldKind::Phone, plan::Act::Send, None)),
        Kind::Note => Some((FieldKind::Note, plan::Act::Store, None)),
        _ => None,
    }
}
