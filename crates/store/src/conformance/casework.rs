//! Cases: opened once, for nobody on the line, ended for good, and touched by no event.

use super::conditions::when;
use super::help::{
    ADA, ANA, BEN, BO, NOW, TENANT, TIMEOUTS, block_on, commit, connected, doing, done, event, happened, put_customer,
    refused,
};
use super::{Case, Mount};
use crate::{Condition, Effect, Outcome};
use domain::interaction::Happening;
use domain::{Binding, CASE_MS, CaseReason, Channel, InteractionId, Phase, Refusal};

pub(super) const CASES: &[Case] = &[
    Case { name: "OpenCase, EndCase, Unopened, OnTheLine", tables: &["interaction"], run: opened_and_ended },
    Case {
        name: "A case proves nobody, and no event reaches it",
        tables: &["interaction", "code"],
        run: proves_nobody,
    },
    Case { name: "A case goes with its customer", tables: &["interaction", "customer"], run: goes_with_its_customer },
];

const CASE: InteractionId = InteractionId([0xca; 16]);

fn open() -> Effect {
    Effect::OpenCase { interaction: CASE, person: ADA, customer: ANA, reason: CaseReason::Refund }
}

fn handled() -> Condition {
    Condition::Handles { interaction: CASE, person: ADA, talking: true, timeouts: TIMEOUTS }
}

fn opened_and_ended(mount: &dyn Mount) {
    let store = mount.store();
    let row = || block_on(store.interaction(TENANT, CASE)).unwrap();
    done(&*store, doing(1, vec![put_customer(ANA), Effect::EndCase { interaction: CASE }]));
    assert_eq!(row(), None, "ending none makes none");
    let opening = |number| crate::Intent { effects: vec![open()], ..when(number, Condition::Unopened(CASE)) };
    // Twice in one batch, and again later: once.
    let outcomes = commit(&*store, vec![opening(2), opening(3)]);
    assert!(matches!(outcomes[0], Outcome::Committed(_)), "{outcomes:?}");
    assert!(matches!(outcomes[1], Outcome::Refused { refusal: Refusal::CaseOver, .. }), "{outcomes:?}");
    refused(&*store, opening(4), Refusal::CaseOver);
    let found = row().unwrap();
    assert_eq!(
        (found.channel, found.phase, found.casework()),
        (Channel::Case, Phase::Connected, Some(CaseReason::Refund))
    );
    assert_eq!((found.person, found.customer, found.binding), (Some(ADA), Some(ANA), Binding::None));
    // Its act says in which case it was.
    let Outcome::Committed(acted) = commit(&*store, vec![when(5, handled())]).remove(0) else { panic!() };
    assert_eq!(acted.numbers.casework, Some(CaseReason::Refund));
    // How sure it is who is on the line can't be asked; whether that will do, `OnTheLine` says.
    let bound = |customer| Condition::BoundTo { interaction: CASE, customer, at_least: Binding::Proven };
    done(&*store, when(6, bound(ANA)));
    refused(&*store, when(7, bound(BEN)), Refusal::WrongCustomer);
    let line = Condition::OnTheLine { interaction: CASE, otherwise: Refusal::Casework };
    refused(&*store, when(8, line), Refusal::Casework);
    // No idling ends it, and a day does.
    super::help::done_at(&*store, NOW.plus(CASE_MS), when(9, handled()));
    super::help::refused_at(&*store, NOW.plus(CASE_MS + 1), when(10, handled()), Refusal::NoLiveInteraction);
    done(&*store, doing(11, vec![Effect::EndCase { interaction: CASE }]));
    refused(&*store, when(12, handled()), Refusal::NoLiveInteraction);
    refused(&*store, opening(13), Refusal::CaseOver);
    assert_eq!(mount.edit("UPDATE interaction SET phase = 'connected' WHERE channel = 'case'"), 1);
    refused(&*store, when(14, handled()), Refusal::Tampered);
}

fn proves_nobody(mount: &dyn Mount) {
    let store = mount.store();
    done(&*store, doing(1, vec![put_customer(ANA), put_customer(BEN), open()]));
    let row = || block_on(store.interaction(TENANT, CASE)).unwrap().unwrap();
    let before = row();
    let events = [Happening::Transferred { person: BO }, Happening::Held, Happening::Ended, connected(BO, Some(BEN))];
    for (number, what) in (2_u8..).zip(events) {
        done(&*store, doing(number.into(), vec![happened(CASE, event(number, 10, what))]));
    }
    let bind = Effect::Bind { interaction: CASE, customer: BEN, binding: Binding::Matched };
    done(&*store, doing(7, vec![bind, Effect::Prove { interaction: CASE }]));
    assert_eq!(row(), before);
}

fn goes_with_its_customer(mount: &dyn Mount) {
    let store = mount.store();
    done(&*store, doing(1, vec![put_customer(ANA), open()]));
    done(&*store, doing(2, vec![Effect::Erase { customer: ANA, index: Vec::new() }]));
    refused(&*store, when(3, handled()), Refusal::NoLiveInteraction);
    assert!(mount.tables_holding(&ANA.0).is_empty());
}
