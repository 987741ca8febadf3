//! Blind search and claiming.

use crate::help::{Call, acts, assert_refused, value};
use domain::field::{
    SearchTerm, query_card_last4_date, query_email, query_order, query_phone, query_postcode_family_name,
};
use domain::{Binding, CustomerId, FieldKind, InteractionId, Refusal};
use testkit::{EMAIL, FIRST, PHONE, POSTCODE, TestWorld, block_on, name_and_phone};
use vault::{Kind, RevealCommand, SearchResult, VaultConfig, VaultError};

fn search(call: &Call, interaction: InteractionId, term: &SearchTerm) -> Result<SearchResult, VaultError> {
    let agent = call.world.scope(&call.world.staff.agent);
    block_on(call.world.vault.search(&agent, interaction, term))
}

fn claim(call: &Call, interaction: InteractionId, customer: CustomerId, proof: &[u8; 16]) -> Result<(), VaultError> {
    let agent = call.world.scope(&call.world.staff.agent);
    block_on(call.world.vault.claim(&agent, interaction, customer, proof))
}

#[test]
fn finds_by_every_index_and_shows_masks() {
    let call = Call::new(60);
    let unknown = call.world.call(&call.world.staff.agent, None);
    for term in [
        query_phone("020 7946 0018").unwrap(),
        query_email(EMAIL).unwrap(),
        query_order("rf1042417").unwrap(),
        query_postcode_family_name(POSTCODE, "diaz").unwrap(),
        query_card_last4_date("1111", "2 Nov 2026").unwrap(),
    ] {
        let result = search(&call, unknown, &term).unwrap();
        assert_eq!(result.hits.len(), 1, "{:?}", term.index);
        assert_eq!(result.hits[0].customer, call.customer);
        assert!(!result.hits[0].name.is_empty() && !result.hits[0].name.contains("Diaz"));
        let body = call.world.line(FIRST, result.receipt).body.unwrap();
        assert_eq!((body.kind, body.detail), (Kind::Search, Some(1)));
    }
    assert_eq!(search(&call, unknown, &query_phone("+442079460111").unwrap()).unwrap().hits.len(), 0);
}

#[test]
fn a_hit_can_be_claimed_and_then_served() {
    let call = Call::new(61);
    let unknown = call.world.call(&call.world.staff.agent, None);
    let hit = search(&call, unknown, &query_phone(PHONE).unwrap()).unwrap().hits.remove(0);
    claim(&call, unknown, hit.customer, &hit.claim).unwrap();
    let agent = call.world.scope(&call.world.staff.agent);
    let row = block_on(call.world.vault.interaction(&agent, unknown)).unwrap();
    assert_eq!((row.customer, row.binding), (Some(call.customer), Binding::Claimed));
    value(call.reveal(&RevealCommand { interaction: unknown, ..call.command(FieldKind::Name) }));
    let phone = RevealCommand { interaction: unknown, ..call.command(FieldKind::Phone) };
    assert_refused(&call.world, call.reveal(&phone), Refusal::BindingTooWeak);
}

#[test]
fn a_claim_rests_on_a_hit_of_this_interaction_person_and_customer() {
    let call = Call::new(62);
    let other = call.world.add(name_and_phone("Oda Other", "+442079460777"));
    let [first, second] = [0, 1].map(|_| call.world.call(&call.world.staff.agent, None));
    let hit = search(&call, first, &query_phone(PHONE).unwrap()).unwrap().hits.remove(0);
    assert_refused(&call.world, claim(&call, second, hit.customer, &hit.claim), Refusal::NotAHit);
    assert_refused(&call.world, claim(&call, first, other, &hit.claim), Refusal::NotAHit);
    assert_refused(&call.world, claim(&call, first, hit.customer, &[0; 16]), Refusal::NotAHit);
    let leader = call.world.scope(&call.world.staff.leader);
    let result = block_on(call.world.vault.claim(&leader, first, hit.customer, &hit.claim));
    assert_refused(&call.world, result, Refusal::NoLiveInteraction);
}

#[test]
fn one_interaction_has_one_customer() {
    let call = Call::new(63);
    let other = call.world.add(name_and_phone("Oda Other", "+442079460777"));
    let hit = search(&call, call.interaction, &query_phone("+442079460777").unwrap()).unwrap().hits.remove(0);
    assert_eq!(hit.customer, other);
    assert_refused(&call.world, claim(&call, call.interaction, other, &hit.claim), Refusal::AlreadyBound);
}

#[test]
fn more_than_three_are_too_many() {
    let call = Call::new(64);
    for name in ["Bea B", "Cem C"] {
        let _customer = call.world.add(name_and_phone(name, PHONE));
    }
    let term = query_phone(PHONE).unwrap();
    assert_eq!(search(&call, call.interaction, &term).unwrap().hits.len(), 3);
    let _fourth = call.world.add(name_and_phone("Dan D", PHONE));
    assert_refused(&call.world, search(&call, call.interaction, &term), Refusal::TooManyHits);
}

#[test]
fn needs_a_live_interaction_and_an_allowance() {
    let limits = acts(1);
    let call = Call::on(TestWorld::with(65, VaultConfig { limits, ..VaultConfig::default() }));
    let term = query_phone(PHONE).unwrap();
    assert_refused(&call.world, search(&call, InteractionId([7; 16]), &term), Refusal::NoLiveInteraction);
    search(&call, call.interaction, &term).unwrap();
    assert_refused(&call.world, search(&call, call.interaction, &term), Refusal::BudgetExhausted);
}

#[test]
fn without_a_live_interaction_the_index_is_not_looked_at() {
    let call = Call::new(66);
    let term = query_phone(PHONE).unwrap();
    assert!(call.world.edit("UPDATE blind_index SET tag = zeroblob(16)") > 0);
    assert_refused(&call.world, search(&call, call.interaction, &term), Refusal::Tampered);
    assert_refused(&call.world, search(&call, InteractionId([7; 16]), &term), Refusal::NoLiveInteraction);
    let others = call.world.call(&call.world.staff.leader, None);
    assert_refused(&call.world, search(&call, others, &term), Refusal::NoLiveInteraction);
    call.hear(vault::Heard::Ended).unwrap();
    assert_refused(&call.world, search(&call, call.interaction, &term), Refusal::NoLiveInteraction);
}
