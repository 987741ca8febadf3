//! People and their tokens.

use crate::help::failure;
use domain::Role;
use testkit::{Browser, FIRST, TestWorld, block_on};
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
    assert_eq!(
        failure(block_on(world.vault.pick_role(FIRST, world.staff.agent.id, None)).map(drop)),
        VaultError::Unauthenticated
    );
    assert!(block_on(world.vault.pickable(FIRST)).unwrap().is_empty());

    let config = vault::VaultConfig { role_picker: true, ..vault::VaultConfig::default() };
    let world = TestWorld::with(114, config);
    let session = block_on(world.vault.pick_role(FIRST, world.staff.agent.id, Some(Browser::new().device()))).unwrap();
    assert_eq!(session.role, Role::Agent);
    assert_eq!(block_on(world.vault.pickable(FIRST)).unwrap().len(), 11);
    assert!(world.log(FIRST).iter().any(|line| line.body.as_ref().unwrap().kind == Kind::SignIn));
}

#[test]
fn a_token_signs_in_at_its_first_use_and_again_after_an_hour_without_one() {
    let world = TestWorld::new(115);
    let sign_ins = || {
        let of = |body: vault::AuditBody| (body.kind == Kind::SignIn).then_some((body.person, body.detail));
        world.log(FIRST).into_iter().filter_map(|line| of(line.body.unwrap())).collect::<Vec<_>>()
    };
    let token = &world.staff.agent.token;
    let agent = (Some(world.staff.agent.id), Some(3));
    for _ in 0..3 {
        block_on(world.vault.authenticate(token)).unwrap();
        world.clock.advance(59 * 60_000);
    }
    assert_eq!(sign_ins(), [agent]);
    world.clock.advance(60_000);
    block_on(world.vault.authenticate(token)).unwrap();
    assert_eq!(sign_ins(), [agent, agent]);
    assert_eq!(failure(block_on(world.vault.authenticate("rft_wrong"))), VaultError::Unauthenticated);
    assert_eq!(sign_ins().len(), 2, "a wrong token names no tenant");
    let page = crate::sessions::Page::begin(&world, &world.vault, &world.staff.agent);
    let scope = page.get(&world.vault, "/desk").unwrap();
    assert_eq!(sign_ins().len(), 3);
    block_on(world.vault.sign_out(&scope)).unwrap();
    assert_eq!(world.log(FIRST)[0].body.as_ref().unwrap().kind, Kind::SignOut);
}

#[test]
fn what_the_operator_asks_for_in_vain_is_an_entry_too() {
    use crate::help::assert_refused;
    use domain::{PersonId, Refusal};
    let world = TestWorld::new(116);
    let operator = world.vault.operator(FIRST);
    let nobody = PersonId([9; 16]);
    assert_refused(&world, block_on(world.vault.issue_token(&operator, nobody)), Refusal::NotFound);
    assert_refused(&world, block_on(world.vault.revoke_token(&operator, nobody)), Refusal::NotFound);
    assert_eq!(world.edit("UPDATE person SET role = 'agent' WHERE tenant = 1 AND role = 'it_operator'"), 1);
    assert_refused(&world, block_on(world.vault.issue_token(&operator, world.staff.it.id)), Refusal::PowerTampered);
    assert_refused(&world, block_on(world.vault.people(&operator)), Refusal::PowerTampered);
    let node = world.another_node();
    assert_eq!(world.edit("DELETE FROM power WHERE tenant = 1"), 1);
    let token = &world.staff.agent.token;
    assert_refused(&world, block_on(node.authenticate(token)).map(drop), Refusal::PowerTampered);
}

#[test]
fn new_staff_have_a_quarter_of_each_allowance_for_a_fortnight() {
    let world = TestWorld::on_probation(117);
    let limits = || {
        let scope = world.scope(&world.staff.agent);
        block_on(world.vault.budgets(&scope)).unwrap().iter().map(|left| left.limit).collect::<Vec<_>>()
    };
    let sensitive = [60, 300, 5_625].repeat(3);
    assert_eq!(limits(), [vec![80, 400, 7_500], sensitive, vec![10]].concat());
    let ana = world.add(testkit::ana());
    let interaction = world.call(&world.staff.agent, Some(testkit::PHONE));
    let scope = world.scope(&world.staff.agent);
    for turn in 0..81 {
        let looked = block_on(world.vault.view(&scope, interaction, ana));
        assert_eq!(looked.is_ok(), turn < 80, "look {turn}");
    }
    world.clock.advance(14 * 24 * 3_600_000);
    let sensitive = [240, 1_200, 22_500].repeat(3);
    assert_eq!(limits(), [vec![320, 1_600, 30_000], sensitive, vec![40]].concat());
}

#[test]
fn roles_whose_powers_must_not_meet_are_not_given_to_one_person() {
    let world = TestWorld::new(118);
    let operator = world.vault.operator(FIRST);
    let add = |name: &str, role| {
        let new = vault::NewPerson { name: name.to_owned(), role, team: String::new() };
        block_on(world.vault.add_person(&operator, new))
    };
    add("Kim Novak", Role::ItOperator).unwrap();
    for name in ["Kim Novak", "  kim   NOVAK "] {
        let result = add(name, Role::SecurityOfficer);
        crate::help::assert_refused(&world, result, domain::Refusal::ForbiddenPair);
    }
    add("Kim Novak (Payments)", Role::SecurityOfficer).unwrap();
    add("Kim Novak", Role::ItOperator).unwrap();
    // Another tenant's people are other people.
    let second = world.vault.operator(testkit::SECOND);
    let new = vault::NewPerson { name: "Kim Novak".to_owned(), role: Role::SecurityOfficer, team: String::new() };
    block_on(world.vault.add_person(&second, new)).unwrap();
}

#[test]
fn people_are_found_by_a_part_of_their_name_and_who_has_just_that_name_alone() {
    let world = TestWorld::new(119);
    let operator = world.vault.operator(FIRST);
    let find = |text: &str, limit| block_on(world.vault.find_staff(&world.scope(&world.staff.auditor), text, limit));
    let names = |text: &str| find(text, 20).unwrap().into_iter().map(|one| one.name).collect::<Vec<_>>();
    assert_eq!(names("AGENT"), ["Ada Agent", "Bo Agent"]);
    assert_eq!(find("agent", 1).unwrap().len(), 1);
    let new = vault::NewPerson { name: "Bo".to_owned(), role: Role::Agent, team: String::new() };
    block_on(world.vault.add_person(&operator, new)).unwrap();
    assert_eq!(
        (names(" bó "), names(&world.staff.it.id.to_string())),
        (vec!["Bo".into()], vec!["Ivo Operator".into()])
    );
    assert!(names("zoe").is_empty() && names("per_00000000000000000000000000000000").is_empty());
    block_on(world.vault.person_left(&operator, world.staff.agent.id)).unwrap();
    assert!(find("ada", 20).unwrap()[0].left);
    world.sequence(FIRST);
    assert!(world.log(FIRST).iter().any(|line| line.body.as_ref().unwrap().kind == Kind::PeopleRead));
    for member in [&world.staff.it, &world.staff.leader, &world.staff.other_agent] {
        let refused = block_on(world.vault.find_staff(&world.scope(member), "ada", 20));
        crate::help::assert_refused(&world, refused, domain::Refusal::RoleNotAllowed);
    }
}
