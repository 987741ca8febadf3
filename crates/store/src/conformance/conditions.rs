//! Every condition: when it holds, when it doesn't, and that an edited row is refused.

use super::help::{
    ADA, ANA, BEN, BO, CALL, NOW, TENANT, TIMEOUTS, block_on, commit, connected, doing, done, done_at, event,
    field_row, happened, intent, open_call, person_row, put_customer, refused, refused_at, set_power,
};
use super::{Case, Mount};
use crate::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, FieldRef, Intent, Outcome, PowerEdit};
use domain::interaction::Happening;
use domain::{Binding, Channel, CustomerId, Guard, Hold, InteractionId, Millis, PersonId, Refusal, UseLimit};

pub(super) const CASES: &[Case] = &[
    Case { name: "PowerVersion", tables: &["power", "person"], run: power },
    Case { name: "Handles", tables: &["interaction"], run: handles },
    Case { name: "Handles: timeouts, and acts that keep it alive", tables: &["interaction"], run: timeouts },
    Case { name: "BoundTo", tables: &["interaction"], run: bound_to },
    Case { name: "OnChannel", tables: &["interaction"], run: on_channel },
    Case { name: "FreeFor", tables: &["interaction"], run: free_for },
    Case { name: "CodeIs", tables: &["code"], run: code_is },
    Case { name: "CodeIs: a wrong one is counted in a refused intent", tables: &["code"], run: wrong_codes },
    Case { name: "CustomerExists, FieldAbsent, FieldVersion", tables: &["customer", "field"], run: existence },
    Case { name: "Unguarded", tables: &["customer"], run: unguarded },
    Case { name: "Unheld", tables: &["customer"], run: unheld },
    Case { name: "Unlimited", tables: &["customer"], run: unlimited },
    Case { name: "Untouched", tables: &["customer"], run: untouched },
    Case { name: "Answers", tables: &["customer", "admission"], run: answers },
    Case { name: "an edited interaction or code is refused", tables: &["interaction", "code"], run: edited },
];

pub(super) fn when(number: u64, condition: Condition) -> Intent {
    Intent { when: vec![condition], ..intent(number) }
}

fn power(mount: &dyn Mount) {
    let store = mount.store();
    done(&*store, when(1, Condition::PowerVersion(0)));
    assert_eq!(block_on(store.power_head(TENANT)).unwrap(), None);
    let put = |version, token| set_power(version, vec![PowerEdit::Person(person_row(ADA, "Ada", token))]);
    done(&*store, doing(2, vec![put(1, None)]));
    refused(&*store, when(3, Condition::PowerVersion(0)), Refusal::PowerChanged);
    done(&*store, when(4, Condition::PowerVersion(1)));
    let both = doing(5, vec![put(2, Some(1))]);
    let late = Intent { when: vec![Condition::PowerVersion(1)], ..doing(7, vec![put(2, Some(2))]) };
    let outcomes = commit(&*store, vec![both, late]);
    assert!(matches!(outcomes[1], Outcome::Refused { refusal: Refusal::PowerChanged, .. }), "{outcomes:?}");
    assert_eq!(block_on(store.persons(TENANT)).unwrap()[0].token, Some([1; 32]));
    refused(&*store, when(6, Condition::PowerVersion(1)), Refusal::PowerChanged);
    assert_eq!(block_on(store.power_head(TENANT)).unwrap().unwrap().seq, 2);
    assert_eq!(mount.edit("UPDATE power SET version = version + 1"), 1);
    refused(&*store, when(8, Condition::PowerVersion(2)), Refusal::PowerChanged);
    assert_eq!(mount.edit("DELETE FROM power"), 1);
    refused(&*store, when(9, Condition::PowerVersion(2)), Refusal::PowerChanged);
}

fn unguarded(mount: &dyn Mount) {
    let store = mount.store();
    done(&*store, doing(1, vec![put_customer(ANA), put_customer(BEN)]));
    let otherwise = Refusal::GuardedRecord;
    let free = |number, customer| when(number, Condition::Unguarded { customer, otherwise });
    let guard = |number, guard| Intent { customer: Some(ANA), ..doing(number, vec![Effect::Guard(ANA, guard)]) };
    done(&*store, free(2, ANA));
    done(&*store, guard(3, Some(Guard::Vulnerable)));
    let state = || block_on(store.state(TENANT, ANA)).unwrap().unwrap();
    assert_eq!((state().n, state().guard), (1, Some(Guard::Vulnerable)));
    refused(&*store, free(4, ANA), otherwise);
    done(&*store, free(5, BEN));
    // What is counted of her later leaves the guard as it is.
    done(&*store, Intent { customer: Some(ANA), ..intent(6) });
    assert_eq!((state().n, state().guard), (2, Some(Guard::Vulnerable)));
    // Later ones of a batch see it.
    let outcomes = commit(&*store, vec![guard(7, None), free(8, ANA), guard(9, Some(Guard::OwnStaff)), free(10, ANA)]);
    let refusals: Vec<bool> = outcomes.iter().map(|outcome| matches!(outcome, Outcome::Refused { .. })).collect();
    assert_eq!(refusals, [false, false, false, true]);
    assert!(mount.edit(&format!("UPDATE {} SET guard = 0 WHERE n = 4", mount.states())) == 1);
    refused(&*store, free(11, ANA), Refusal::Tampered);
    assert_eq!(block_on(store.state(TENANT, CustomerId([0xee; 16]))).unwrap(), None);
}

fn unheld(mount: &dyn Mount) {
    let store = mount.store();
    done(&*store, doing(1, vec![put_customer(ANA), put_customer(BEN)]));
    let free = |number, customer| when(number, Condition::Unheld(customer));
    let mark = |number, effect| Intent { customer: Some(ANA), ..doing(number, vec![effect]) };
    done(&*store, free(2, ANA));
    done(&*store, mark(3, Effect::Guard(ANA, Some(Guard::OwnStaff))));
    done(&*store, mark(4, Effect::Hold(ANA, Some(Hold::FraudEvidence))));
    let state = || block_on(store.state(TENANT, ANA)).unwrap().unwrap();
    assert_eq!(
        (state().guard, state().hold),
        (Some(Guard::OwnStaff), Some(Hold::FraudEvidence)),
        "neither undoes the other"
    );
    refused(&*store, free(5, ANA), Refusal::LegalHold);
    done(&*store, free(6, BEN));
    let outcomes = commit(&*store, vec![mark(7, Effect::Hold(ANA, None)), free(8, ANA)]);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Committed(_))), "{outcomes:?}");
    assert_eq!((state().guard, state().hold), (Some(Guard::OwnStaff), None));
    done(&*store, mark(9, Effect::Hold(ANA, Some(Hold::Litigation))));
    assert!(mount.edit(&format!("UPDATE {} SET guard = 3 WHERE n = 4", mount.states())) == 1, "the hold taken away");
    refused(&*store, free(10, ANA), Refusal::Tampered);
}

fn unlimited(mount: &dyn Mount) {
    let store = mount.store();
    done(&*store, doing(1, vec![put_customer(ANA), put_customer(BEN)]));
    let otherwise = Refusal::UseRestricted;
    let free = |number, customer, limit| when(number, Condition::Unlimited { customer, limit, otherwise });
    let mark = |number, effect| Intent { customer: Some(ANA), ..doing(number, vec![effect]) };
    let (restricted, objected) = (UseLimit::Restricted, UseLimit::Objected);
    done(&*store, free(2, ANA, restricted));
    done(&*store, mark(3, Effect::Guard(ANA, Some(Guard::OwnStaff))));
    done(&*store, mark(4, Effect::Limit(ANA, restricted, true)));
    let state = || block_on(store.state(TENANT, ANA)).unwrap().unwrap();
    assert_eq!((state().limits, state().guard), (restricted.bit(), Some(Guard::OwnStaff)), "neither undoes the other");
    refused(&*store, free(5, ANA, restricted), otherwise);
    done(&*store, free(6, ANA, objected));
    done(&*store, free(7, BEN, restricted));
    // Later ones of a batch see it, and one limit leaves the other as it is.
    let outcomes = commit(
        &*store,
        vec![
            mark(8, Effect::Limit(ANA, objected, true)),
            free(9, ANA, objected),
            mark(10, Effect::Limit(ANA, restricted, false)),
            free(11, ANA, restricted),
        ],
    );
    let refusals: Vec<bool> = outcomes.iter().map(|outcome| matches!(outcome, Outcome::Refused { .. })).collect();
    assert_eq!(refusals, [false, true, false, false]);
    assert_eq!((state().limits, state().guard), (objected.bit(), Some(Guard::OwnStaff)));
    // What is counted of her later leaves it.
    done(&*store, Intent { customer: Some(ANA), ..intent(12) });
    assert_eq!(state().limits, objected.bit());
    let edited = format!("UPDATE {} SET guard = 3 WHERE n = {}", mount.states(), state().n);
    assert_eq!(mount.edit(&edited), 1, "the limit taken away");
    refused(&*store, free(13, ANA, objected), Refusal::Tampered);
}

fn answers(mount: &dyn Mount) {
    let store = mount.store();
    let (key, otherwise) = (AdmissionKey { kind: AdmissionKind::Consent, id: [7; 16] }, Refusal::NotAgreed);
    done(&*store, doing(1, vec![put_customer(ANA), put_customer(BEN)]));
    let still = |number, tag, n| when(number, Condition::Answers { customer: ANA, key, tag, n, otherwise });
    let row = |body: &[u8]| AdmissionRow { key, body: body.to_vec(), expires: Millis(i64::MAX), tag: [0; 16] };
    let say = |number, n, body: &[u8]| {
        let effects = vec![Effect::PutAdmission(row(body)), Effect::Answered(ANA, n)];
        Intent { customer: Some(ANA), ..doing(number, effects) }
    };
    let tag = || block_on(store.admission(TENANT, key)).unwrap().map(|row| row.tag);
    done(&*store, still(2, None, 0));
    done(&*store, say(3, 1, b"yes"));
    let yes = tag();
    done(&*store, still(4, yes, 1));
    refused(&*store, still(5, None, 1), otherwise);
    refused(&*store, still(6, yes, 0), Refusal::Tampered);
    done(&*store, say(7, 2, b"no"));
    refused(&*store, still(8, yes, 1), otherwise);
    // The old row again, with its tag: the customer's state knows of a newer one.
    done(&*store, doing(9, vec![Effect::PutAdmission(row(b"yes"))]));
    assert_eq!(tag(), yes);
    refused(&*store, still(10, yes, 1), Refusal::Tampered);
    let state = || block_on(store.state(TENANT, ANA)).unwrap().unwrap();
    assert_eq!((state().answers, state().guard, state().hold), (2, None, None));
    // What is marked, and what is counted later, leaves it.
    done(&*store, Intent { customer: Some(ANA), ..doing(11, vec![Effect::Guard(ANA, Some(Guard::OwnStaff))]) });
    done(&*store, Intent { customer: Some(ANA), ..intent(12) });
    assert_eq!((state().answers, state().guard), (2, Some(Guard::OwnStaff)));
    assert!(mount.edit(&format!("UPDATE {} SET guard = guard - 65536 WHERE n = 4", mount.states())) == 1);
    refused(&*store, still(13, yes, 1), Refusal::Tampered);
}

fn untouched(mount: &dyn Mount) {
    let store = mount.store();
    done(&*store, doing(1, vec![put_customer(ANA), put_customer(BEN)]));
    let still = |number, n| when(number, Condition::Untouched { customer: ANA, n });
    done(&*store, still(2, 0));
    done(&*store, Intent { customer: Some(BEN), ..intent(3) });
    done(&*store, still(4, 0));
    // Also by what happens earlier in the same batch.
    let outcomes = commit(&*store, vec![Intent { customer: Some(ANA), ..intent(5) }, still(6, 0)]);
    assert!(matches!(outcomes[1], Outcome::Refused { refusal: Refusal::NewContact, .. }), "{outcomes:?}");
    done(&*store, still(7, 1));
    // Hers and Ben's.
    assert_eq!(mount.edit(&format!("UPDATE {} SET n = 0 WHERE n = 1", mount.states())), 2);
    refused(&*store, still(8, 0), Refusal::Tampered);
}

fn on_channel(mount: &dyn Mount) {
    let store = mount.store();
    let by =
        |channels: &[Channel]| Condition::OnChannel { interaction: CALL, channels: channels.iter().copied().collect() };
    refused(&*store, when(1, by(&Channel::IN_TOUCH)), Refusal::NoLiveInteraction);
    open_call(&*store);
    done(&*store, when(2, by(&[Channel::Call])));
    refused(&*store, when(3, by(&[Channel::Chat, Channel::Ticket])), Refusal::ChannelNotAllowed);
}

fn handled_by(person: PersonId, talking: bool) -> Condition {
    Condition::Handles { interaction: CALL, person, talking, timeouts: TIMEOUTS }
}

fn handles(mount: &dyn Mount) {
    let store = mount.store();
    refused(&*store, when(1, handled_by(ADA, false)), Refusal::NoLiveInteraction);
    open_call(&*store);
    done(&*store, when(2, handled_by(ADA, true)));
    refused(&*store, when(3, handled_by(BO, false)), Refusal::NoLiveInteraction);
    done(&*store, doing(4, vec![happened(CALL, event(2, 10, Happening::Held))]));
    refused(&*store, when(5, handled_by(ADA, true)), Refusal::OnHold);
    done(&*store, when(6, handled_by(ADA, false)));
    done(&*store, doing(7, vec![happened(CALL, event(3, 20, Happening::Transferred { person: BO }))]));
    refused(&*store, when(8, handled_by(ADA, false)), Refusal::NoLiveInteraction);
    done(&*store, when(9, handled_by(BO, true)));
    done(&*store, doing(10, vec![happened(CALL, event(4, 30, Happening::Ended))]));
    refused(&*store, when(11, handled_by(BO, false)), Refusal::NoLiveInteraction);
    let elsewhere = Intent { tenant: super::help::OTHER, ..when(12, handled_by(BO, false)) };
    refused(&*store, elsewhere, Refusal::NoLiveInteraction);
}

fn timeouts(mount: &dyn Mount) {
    let store = mount.store();
    open_call(&*store);
    let at = |ms| NOW.plus(ms);
    done_at(&*store, at(TIMEOUTS.idle_ms), when(1, handled_by(ADA, false)));
    assert_eq!(block_on(store.interaction(TENANT, CALL)).unwrap().unwrap().active, at(TIMEOUTS.idle_ms));
    let idle = at(2 * TIMEOUTS.idle_ms + 1);
    refused_at(&*store, idle, when(2, handled_by(ADA, false)), Refusal::NoLiveInteraction);
    let mut now = 2 * TIMEOUTS.idle_ms;
    let mut number = 3;
    while now <= TIMEOUTS.absolute_ms {
        done_at(&*store, at(now), when(number, handled_by(ADA, false)));
        number += 1;
        now += TIMEOUTS.idle_ms;
    }
    refused_at(&*store, at(TIMEOUTS.absolute_ms + 1), when(number, handled_by(ADA, false)), Refusal::NoLiveInteraction);
}

fn bound_to(mount: &dyn Mount) {
    let store = mount.store();
    open_call(&*store);
    let bound = |customer, at_least| Condition::BoundTo { interaction: CALL, customer, at_least };
    done(&*store, when(1, bound(ANA, Binding::Claimed)));
    done(&*store, when(2, bound(ANA, Binding::Matched)));
    refused(&*store, when(3, bound(ANA, Binding::Proven)), Refusal::BindingTooWeak);
    refused(&*store, when(4, bound(BEN, Binding::None)), Refusal::WrongCustomer);
    let nowhere = Condition::BoundTo { interaction: InteractionId([9; 16]), customer: ANA, at_least: Binding::None };
    refused(&*store, when(5, nowhere), Refusal::NoLiveInteraction);
}

fn free_for(mount: &dyn Mount) {
    let store = mount.store();
    open_call(&*store);
    let unbound = InteractionId([2; 16]);
    done(&*store, doing(1, vec![happened(unbound, event(2, 0, connected(ADA, None)))]));
    let free = |interaction, customer| Condition::FreeFor { interaction, customer };
    done(&*store, when(2, free(CALL, ANA)));
    refused(&*store, when(3, free(CALL, BEN)), Refusal::AlreadyBound);
    done(&*store, when(4, free(unbound, BEN)));
    refused(&*store, when(5, free(InteractionId([9; 16]), BEN)), Refusal::NoLiveInteraction);
}

const RIGHT: [u8; 16] = [7; 16];
const WRONG: [u8; 16] = [8; 16];

fn send(number: u64) -> Intent {
    doing(number, vec![Effect::SendCode { interaction: CALL, mac: RIGHT, expires: NOW.plus(1_000) }])
}

fn enter(number: u64, mac: [u8; 16]) -> Intent {
    Intent {
        effects: vec![Effect::Prove { interaction: CALL }],
        ..when(number, Condition::CodeIs { interaction: CALL, mac })
    }
}

fn code_is(mount: &dyn Mount) {
    let store = mount.store();
    open_call(&*store);
    refused(&*store, enter(1, RIGHT), Refusal::CodeWrong);
    done(&*store, send(2));
    refused_at(&*store, NOW.plus(1_001), enter(3, RIGHT), Refusal::CodeWrong);
    done_at(&*store, NOW.plus(1_000), enter(4, RIGHT));
    assert_eq!(block_on(store.interaction(TENANT, CALL)).unwrap().unwrap().binding, Binding::Proven);
    refused(&*store, enter(5, RIGHT), Refusal::CodeWrong);
    done(&*store, send(6));
    done(&*store, doing(7, vec![happened(CALL, event(2, 10, Happening::Ended))]));
    refused(&*store, enter(8, RIGHT), Refusal::NoLiveInteraction);
}

fn wrong_codes(mount: &dyn Mount) {
    let store = mount.store();
    open_call(&*store);
    done(&*store, send(1));
    for number in 2..7 {
        refused(&*store, enter(number, WRONG), Refusal::CodeWrong);
    }
    refused(&*store, enter(7, RIGHT), Refusal::CodeWrong);
    done(&*store, send(8));
    done(&*store, enter(9, RIGHT));
}

fn existence(mount: &dyn Mount) {
    let store = mount.store();
    refused(&*store, when(1, Condition::CustomerExists(ANA)), Refusal::NotFound);
    open_call(&*store);
    done(&*store, when(2, Condition::CustomerExists(ANA)));
    let name = FieldRef { customer: ANA, field: 1, instance: 1 };
    let second = FieldRef { instance: 2, ..name };
    refused(&*store, when(3, Condition::FieldAbsent(name)), Refusal::KeyReused);
    done(&*store, when(4, Condition::FieldAbsent(second)));
    done(&*store, when(5, Condition::FieldVersion(name, 1)));
    refused(&*store, when(6, Condition::FieldVersion(name, 2)), Refusal::NotFound);
    refused(&*store, when(7, Condition::FieldVersion(second, 1)), Refusal::NotFound);
    refused(&*store, Intent { read: vec![second], ..intent(8) }, Refusal::NotFound);
    let read =
        done(&*store, Intent { read: vec![name, FieldRef { customer: ANA, field: 0, instance: 0 }], ..intent(9) });
    assert_eq!(read.numbers.versions, [1, 1]);
    let rows: Vec<_> = read.read.iter().map(|(customer, keys, field)| (*customer, keys.epoch, field.clone())).collect();
    assert_eq!(rows, [(ANA, 1, field_row(1, 1)), (ANA, 1, field_row(0, 1))]);
}

fn edited(mount: &dyn Mount) {
    let store = mount.store();
    open_call(&*store);
    done(&*store, send(1));
    assert_eq!(mount.edit("UPDATE code SET wrong = wrong + 1"), 1);
    refused(&*store, enter(3, RIGHT), Refusal::Tampered);
    assert_eq!(mount.edit("UPDATE interaction SET binding = 'proven'"), 1);
    for (number, condition) in (5..).zip([
        handled_by(ADA, false),
        Condition::BoundTo { interaction: CALL, customer: ANA, at_least: Binding::None },
        Condition::FreeFor { interaction: CALL, customer: ANA },
        Condition::CodeIs { interaction: CALL, mac: RIGHT },
    ]) {
        refused(&*store, when(number, condition), Refusal::Tampered);
    }
    let before = block_on(store.interaction(TENANT, CALL)).unwrap();
    done(&*store, doing(20, vec![happened(CALL, event(9, 50, Happening::Ended))]));
    assert_eq!(block_on(store.interaction(TENANT, CALL)).unwrap(), before, "an event doesn't mend an edited row");
}
