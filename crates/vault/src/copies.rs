//! A copy of all that is held of somebody is theirs alone, taken on their own page. Staff see one value at a time.
//!
//! No use case makes such a copy in the name of staff. So that none ever does, the commit refuses an act of theirs that would hand out
//! two values at once.

use crate::private::entry::Kind;
use crate::wiring::Act;
use domain::Refusal;
use store::{Condition, SHEET};

impl Act {
    /// Would somebody of staff be handed several values by one entry? What an erasure opens finds index rows and is shown to nobody.
    fn is_a_copy(&self) -> bool {
        let values = self.read.iter().filter(|field| field.field != SHEET).count();
        values > 1 && self.draft.person.is_some() && self.draft.kind != Kind::Erasure
    }

    /// The same, refused if it is one.
    pub(crate) fn but_no_copy(mut self) -> Self {
        if self.is_a_copy() {
            self.when.insert(0, Condition::Never(Refusal::RoleNotAllowed));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::private::entry::Draft;
    use domain::{CustomerId, FieldKind, Millis, PersonId, TenantId};
    use keys::Key32;
    use store::FieldRef;
    use testkit::{FixedClock, Seeded};

    fn act(kind: Kind, person: Option<PersonId>, fields: &[u16]) -> Act {
        let mut draft = Draft::new(kind, &FixedClock::at(Millis(1)), &Seeded::new(1), &Key32::new([1; 32]));
        draft.person = person;
        let read = fields.iter().map(|field| FieldRef { customer: CustomerId([4; 16]), field: *field, instance: 1 });
        Act {
            tenant: TenantId(1),
            draft,
            when: Vec::new(),
            spend: Vec::new(),
            draws: Vec::new(),
            effects: Vec::new(),
            read: read.collect(),
            request: None,
            tentative: false,
            rule: None,
            wanted: None,
        }
    }

    #[test]
    fn nothing_that_staff_do_hands_out_two_values_whatever_it_is() {
        let (ana, two) = (Some(PersonId([1; 16])), [FieldKind::Name.code(), FieldKind::Phone.code()]);
        let refused = |act: Act| act.but_no_copy().when == [Condition::Never(Refusal::RoleNotAllowed)];
        for kind in Kind::ALL.iter().copied() {
            assert_eq!(refused(act(kind, ana, &two)), kind != Kind::Erasure, "{kind:?}");
            assert!(!refused(act(kind, ana, &[two[0], SHEET, SHEET])), "one value, and masks");
            assert!(!refused(act(kind, None, &two)), "a customer's own copy is in nobody's name");
        }
    }
}
