//! Cases: interactions in which the customer isn't in touch. Nothing that happens in one makes it surer who somebody is.

use crate::facts::Facts;
use crate::intent::{Condition, Intent};
use crate::rows::InteractionRow;
use domain::{Binding, CaseReason, Channel, CustomerId, InteractionId, Millis, PersonId, Phase, TenantId};

/// Why the case was opened that an act rests on, if it rests on one.
pub(super) fn within(facts: &mut Facts, intent: &Intent) -> Option<CaseReason> {
    intent.when.iter().find_map(|condition| {
        let Condition::Handles { interaction, .. } = condition else { return None };
        let slot = facts.interactions.slot(&(intent.tenant, *interaction)).filter(|slot| !slot.tampered)?;
        slot.row.as_ref()?.casework()
    })
}

pub(super) fn open(
    facts: &mut Facts,
    key: (TenantId, InteractionId),
    person: PersonId,
    customer: CustomerId,
    reason: CaseReason,
    now: Millis,
) {
    let row = InteractionRow {
        id: key.1,
        reference: reason.slug().to_owned(),
        channel: Channel::Case,
        phase: Phase::Connected,
        person: Some(person),
        customer: Some(customer),
        binding: Binding::None,
        started: now,
        ended: None,
        active: now,
        events: Vec::new(),
        tag: [0; 16],
    };
    if facts.interactions.slot(&key).is_some_and(|slot| slot.row.is_none()) {
        facts.interactions.put(&key, row);
    }
}

pub(super) fn end(facts: &mut Facts, key: (TenantId, InteractionId), now: Millis) {
    let Some(slot) = facts.interactions.slot(&key).filter(|slot| !slot.tampered) else { return };
    let open = |row: &&mut InteractionRow| !row.channel.is_in_touch() && row.phase != Phase::Ended;
    if let Some(row) = slot.row.as_mut().filter(open) {
        row.phase = Phase::Ended;
        row.ended = Some(now);
        slot.changed = true;
    }
}
