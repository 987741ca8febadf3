//! Events of the telephony system: known people only, repetitions and orders change nothing.

use crate::help::{Call, failure};
use domain::{Phase, Refusal};
use testkit::{FIRST, PHONE, block_on};
use vault::{Heard, VaultError};

#[test]
fn a_repeated_delivery_changes_nothing() {
    let call = Call::new(90);
    let reference = call.world.reference(FIRST, call.interaction);
    let at = domain::Clock::now(&*call.world.clock);
    let hold = || block_on(call.world.vault.hear(FIRST, "telephony", &reference, "the-hold", at.plus(5), Heard::Held));
    hold().unwrap();
    let row = || block_on(store::Store::interaction(&*call.world.store, FIRST, call.interaction)).unwrap().unwrap();
    let before = row();
    assert_eq!(before.phase, Phase::Held);
    call.world.clock.advance(60_000);
    hold().unwrap();
    assert_eq!(row(), before);
}

#[test]
fn late_and_reordered_events_reach_the_same_state() {
    let call = Call::new(91);
    let at = domain::Clock::now(&*call.world.clock);
    let hear = |message: &str, after: i64, heard| {
        block_on(call.world.vault.hear(FIRST, "telephony", "late", message, at.plus(after), heard)).unwrap()
    };
    let interaction = hear("end", 30, Heard::Ended);
    hear("hold", 20, Heard::Held);
    let connected = Heard::Connected { channel: domain::Channel::Chat, person: call.world.staff.agent.id, from: None };
    hear("connect", 10, connected);
    let row = block_on(store::Store::interaction(&*call.world.store, FIRST, interaction)).unwrap().unwrap();
    assert_eq!(row.phase, Phase::Ended);
    assert_eq!((row.started, row.ended), (at.plus(10), Some(at.plus(30))));
    assert_eq!(row.channel, domain::Channel::Chat);
}

#[test]
fn name_people_who_exist_and_serve() {
    let call = Call::new(92);
    let refused = |member| match failure(call.world.connect(FIRST, "new", member, Some(PHONE))) {
        VaultError::Refused { refusal, .. } => refusal,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&call.world.staff.security), Refusal::RoleNotAllowed);
    assert_eq!(refused(&call.world.second_staff.agent), Refusal::NotFound);
    let interaction = call.world.vault.interaction_id(FIRST, "telephony", "new");
    assert_eq!(block_on(store::Store::interaction(&*call.world.store, FIRST, interaction)).unwrap(), None);
}

#[test]
fn names_of_sources_and_references_do_not_run_into_each_other() {
    let call = Call::new(93);
    let id = |source, reference| call.world.vault.interaction_id(FIRST, source, reference);
    assert_ne!(id("ab", "c"), id("a", "bc"));
    assert_ne!(id("a", "b"), call.world.vault.interaction_id(testkit::SECOND, "a", "b"));
}
