//! One tenant's people never reach another's data.

use crate::help::{Call, failure};
use domain::field::query_phone;
use domain::{FieldKind, Refusal};
use std::collections::BTreeSet;
use testkit::{FIRST, PHONE, SECOND, ana, block_on};
use vault::{Heard, RevealCommand, VaultError};

fn refusal<T>(result: Result<T, VaultError>) -> Refusal {
    match failure(result) {
        VaultError::Refused { refusal, .. } => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_stranger_finds_sees_and_changes_nothing() {
    let call = Call::new(170);
    let world = &call.world;
    let stranger = world.scope(&world.second_staff.agent);
    let vault = &world.vault;
    assert_eq!(stranger.tenant(), SECOND);
    assert_eq!(refusal(block_on(vault.reveal(&stranger, &call.command(FieldKind::Name)))), Refusal::NoLiveInteraction);
    assert_eq!(refusal(block_on(vault.view(&stranger, call.interaction, call.customer))), Refusal::NoLiveInteraction);
    assert_eq!(refusal(block_on(vault.interaction(&stranger, call.interaction))), Refusal::NotFound);

    let own = world.connect(SECOND, "second-1", &world.second_staff.agent, Some(PHONE)).unwrap();
    assert_eq!(block_on(vault.interaction(&stranger, own)).unwrap().customer, None, "the number is another tenant's");
    assert!(block_on(vault.search(&stranger, own, &query_phone(PHONE).unwrap())).unwrap().hits.is_empty());
    let command = RevealCommand { interaction: own, ..call.command(FieldKind::Name) };
    assert_eq!(refusal(block_on(vault.reveal(&stranger, &command))), Refusal::WrongCustomer);
    let proof = [0; 16];
    assert_eq!(refusal(block_on(vault.claim(&stranger, own, call.customer, &proof))), Refusal::NotAHit);

    let protection = world.scope(&world.second_staff.protection);
    assert_eq!(refusal(block_on(vault.erase(&protection, call.customer))), Refusal::NotFound);
    assert!(block_on(world.store.customer(FIRST, call.customer)).unwrap().is_some());
}

#[test]
fn the_same_person_in_two_tenants_has_two_index_entries_that_do_not_match() {
    let call = Call::new(171);
    let twin = call.world.add_in(SECOND, ana());
    let own = call.world.connect(SECOND, "second-1", &call.world.second_staff.agent, Some(PHONE)).unwrap();
    let scope = call.world.scope(&call.world.second_staff.agent);
    assert_eq!(block_on(call.world.vault.interaction(&scope, own)).unwrap().customer, Some(twin));
    let macs: Vec<_> = [FIRST, SECOND]
        .map(|tenant| {
            let term = query_phone(PHONE).unwrap();
            let asked = [(term.index.code(), term.normalised.as_bytes())];
            block_on(keys::KeyHolder::index(&*call.world.holder, tenant, &asked)).unwrap()[0]
        })
        .into();
    assert_ne!(macs[0], macs[1]);
}

#[test]
fn rows_moved_to_another_tenant_are_noticed() {
    let call = Call::new(172);
    let own = call.world.connect(SECOND, "second-1", &call.world.second_staff.agent, None).unwrap();
    for table in BTreeSet::from(["customer", "field", call.world.states()]) {
        call.world.edit(&format!("UPDATE {table} SET tenant = 2 WHERE tenant = 1"));
    }
    call.world.edit("UPDATE interaction SET customer = (SELECT id FROM customer) WHERE tenant = 2");
    let scope = call.world.scope(&call.world.second_staff.agent);
    let command = RevealCommand { interaction: own, ..call.command(FieldKind::Name) };
    let error = failure(block_on(call.world.vault.reveal(&scope, &command)));
    assert!(matches!(error, VaultError::Holder(_)), "the moved keys don't open: {error:?}");
}

#[test]
fn security_reads_its_own_tenants_log_only() {
    let call = Call::new(173);
    call.world.hear(FIRST, &call.world.reference(FIRST, call.interaction), Heard::Ended).unwrap();
    call.world.sequence(FIRST);
    call.world.sequence(SECOND);
    let security = call.world.scope(&call.world.second_staff.security);
    let lines = block_on(call.world.vault.read_log(&security, &vault::LogQuery::default(), None, 1_000)).unwrap().lines;
    assert!(!lines.is_empty());
    let staff = call.world.staff.all().map(|member| member.id);
    assert!(lines.iter().all(|line| line.body.as_ref().unwrap().person.is_none_or(|person| !staff.contains(&person))));
}
