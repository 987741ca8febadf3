//! People and their tokens.

use crate::help::failure;
use domain::Role;
use testkit::{FIRST, TestWorld, block_on};
use vault::{Kind, VaultError};

#[test]
fn a_token_is_kept_as_a_digest_and_ends_when_a_new_one_is_issued_or_it_is_revoked() {
    let world = TestWorld::new(110);
    let operator = world.vault.operator(FIRST);
    let old = &world.staff.agent.token;
    assert!(world.tables_holding(old.as_bytes()).is_empty());
    let new = block_on(world.vault.issue_token(&operator, world.staff.agent.id)).unwrap();
    assert_eq!(failure(block_on(world.vault.authenticate(old))), VaultError::Unauthenticated);
    assert_eq!(block_on(world.vault.authenticate(&new)).unwrap().person(), world.staff.agent.id);
    block_on(world.vault.revoke_token(&operator, world.staff.agent.id)).unwrap();
    assert_eq!(failure(block_on(world.vault.authenticate(&new))), VaultError::Unauthenticated);
}

#[test]
fn a_change_reaches_another_node() {
    let world = TestWorld::new(111);
    let other = world.another_node();
    let token = &world.staff.agent.token;
    block_on(other.authenticate(token)).unwrap();
    block_on(world.vault.revoke_token(&world.vault.operator(FIRST), world.staff.agent.id)).unwrap();
    world.clock.advance(251);
    assert_eq!(failure(block_on(other.authenticate(token))), VaultError::Unauthenticated);
}

#[test]
fn a_decision_made_under_older_rules_does_not_commit() {
    let call = crate::help::Call::new(112);
    let scope = call.world.scope(&call.world.staff.agent);
    block_on(call.world.vault.revoke_token(&call.world.vault.operator(FIRST), call.world.staff.it.id)).unwrap();
    let result = block_on(call.world.vault.view(&scope, call.interaction, call.customer));
    crate::help::assert_refused(&call.world, result, domain::Refusal::PowerChanged);
    let scope = call.world.scope(&call.world.staff.agent);
    block_on(call.world.vault.view(&scope, call.interaction, call.customer)).unwrap();
}

#[test]
fn a_role_can_be_picked_only_where_the_configuration_says_so() {
    let world = TestWorld::new(113);
    assert_eq!(failure(block_on(world.vault.pick_role(FIRST, world.staff.agent.id))), VaultError::Unauthenticated);
    assert!(block_on(world.vault.pickable(FIRST)).unwrap().is_empty());

    let config = vault::VaultConfig { role_picker: true, ..vault::VaultConfig::default() };
    let world = TestWorld::with(114, config);
    let session = block_on(world.vault.pick_role(FIRST, world.staff.agent.id)).unwrap();
    assert_eq!(block_on(world.vault.resume(&session)).unwrap().role(), Role::Agent);
    assert_eq!(block_on(world.vault.pickable(FIRST)).unwrap().len(), 7);
    assert!(world.log(FIRST).iter().any(|line| line.body.as_ref().unwrap().kind == Kind::SignIn));
}
