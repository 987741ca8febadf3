//! Which use of data each act is by the plan: the one place that says it.

use crate::wiring::Vault;
use domain::field::IndexKind;
use domain::{FieldKind, Purpose, TenantId};
use plan::Act as Use;
use policy::Act;

/// What the plan is asked for: of which kind, what is done, and for what; without a purpose, for any.
pub(crate) type Wanted = (FieldKind, Use, Option<Purpose>);

/// What an act does with data: of several lists one must be planned whole. None where it touches no customer's data.
pub(crate) fn uses(act: Act) -> Option<Vec<Vec<Wanted>>> {
    let one = |wanted| Some(vec![vec![wanted]]);
    match act {
        Act::Reveal(field, purpose) => one((field, Use::Show, Some(purpose))),
        Act::BreakGlass(field) => one((field, Use::Show, None)),
        Act::Verify(field) => one((field, Use::Check, None)),
        Act::SendCode => one((FieldKind::Phone, Use::Send, None)),
        Act::WriteNote => one((FieldKind::Note, Use::Store, None)),
        // What isn't planned is left out of a record; of which nothing is, none is shown.
        Act::View => Some(FieldKind::ALL.into_iter().flat_map(seen).map(|wanted| vec![wanted]).collect()),
        // By what, is known only once it is made.
        Act::Search => Some(IndexKind::ALL.into_iter().map(searched).collect()),
        // The customer's by right: erasing, and telling them who saw what.
        Act::Erase | Act::GiveStatement => None,
        // Who it is, what was asked for, and what follows: no value, no mask.
        Act::Claim
        | Act::FollowUp
        | Act::AssignCase
        | Act::OverseeCases
        | Act::Approve
        | Act::Guard
        | Act::ReviewGlass
        | Act::FileRequest
        | Act::HandleRequest
        | Act::AgreeToAnswer => None,
        // The house's own.
        Act::ReadLog
        | Act::ReadAlarms
        | Act::ReadTeam
        | Act::ReadBudgets
        | Act::ReadPeople
        | Act::ChangePower
        | Act::ReadSessions
        | Act::EndSession
        | Act::Enrol
        | Act::KeepDirectory
        | Act::DecideProposal
        | Act::EnrolDevice
        | Act::TellDrill
        | Act::BuildPack
        | Act::PlanPeopleDrill
        | Act::ReadCulture
        | Act::UseBoardLine
        | Act::AnswerBoard
        | Act::HandleReport
        | Act::HandleReportOutside => None,
    }
}

/// With which uses something of a kind is seen in a record.
fn seen(field: FieldKind) -> [Wanted; 3] {
    [Use::Mask, Use::Show, Use::Check].map(|act| (field, act, None))
}

fn searched(index: IndexKind) -> Vec<Wanted> {
    index.fields().iter().map(|field| (*field, Use::Search, None)).collect()
}

impl Vault {
    /// Does the data plan have today what such an act does?
    pub(crate) fn plans(&self, tenant: TenantId, act: Act) -> bool {
        let planned = |(field, act, purpose): &Wanted| self.is_planned(tenant, *field, *act, *purpose);
        uses(act).is_none_or(|ways| ways.iter().any(|all| all.iter().all(planned)))
    }

    /// Why the plan doesn't have that today, with the line that comes nearest to it; none where it has.
    pub(crate) fn why_unplanned(&self, tenant: TenantId, (field, act, purpose): Wanted) -> Option<String> {
        let planned = std::sync::Arc::clone(&self.governance(tenant).planned);
        let today = plan::day_of(self.clock.now());
        let purpose = purpose.map(Purpose::slug);
        let refused = planned.plan().judged(plan::Kind::Field(field), act, purpose, today).err()?;
        Some(format!("{} ({}): {refused}", field.slug(), act.slug()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_may_show_any_kind_and_a_search_goes_by_one_index_whole() {
        let views = uses(Act::View).unwrap();
        assert_eq!(views.len(), 3 * FieldKind::ALL.len());
        let searches = uses(Act::Search).unwrap();
        assert_eq!(searches.len(), IndexKind::ALL.len());
        assert!(searches.iter().flatten().all(|(_, act, _)| *act == Use::Search));
        assert_eq!(uses(Act::ReadLog), None);
    }
}
