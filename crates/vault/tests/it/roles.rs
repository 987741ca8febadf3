//! What each role is, for who watches over power.

use crate::help::assert_refused;
use crate::power_changes::Claimed;
use domain::{Refusal, Role};
use testkit::{FIRST, TestWorld, block_on};
use vault::{Kind, RoleTable};

fn role(table: &RoleTable, role: Role) -> &vault::RoleLine {
    table.roles.iter().find(|line| line.role == role).unwrap()
}

#[test]
fn who_watches_reads_what_each_role_is_and_each_reading_is_an_entry() {
    let world = TestWorld::new(893);
    let table = block_on(world.vault.roles(&world.scope(&world.staff.auditor))).unwrap();
    world.sequence(FIRST);
    let read =
        world.log(FIRST).into_iter().filter_map(|line| line.body).find(|body| body.kind == Kind::PeopleRead).unwrap();
    assert_eq!((read.person, read.decision), (Some(world.staff.auditor.id), Ok(())));
    assert_eq!(table.roles.iter().map(|line| line.role).collect::<Vec<_>>(), Role::ALL);
    assert_eq!((role(&table, Role::Agent).people, role(&table, Role::ItOperator).people), (2, 1));
    assert!(role(&table, Role::ItOperator).granted.is_empty() && !role(&table, Role::Agent).granted.is_empty());
    assert_eq!((table.given_by, table.signatures), (vec![Role::SecurityOfficer], None));
    // Who leaves isn't counted any more.
    let operator = world.vault.operator(FIRST);
    block_on(world.vault.person_left(&operator, world.staff.other_agent.id)).unwrap();
    let table = block_on(world.vault.roles(&world.scope(&world.staff.analyst))).unwrap();
    assert_eq!(role(&table, Role::Agent).people, 1);
    for member in
        [&world.staff.it, &world.staff.agent, &world.staff.leader, &world.staff.board, &world.staff.integrator]
    {
        assert_refused(&world, block_on(world.vault.roles(&world.scope(member))), Refusal::RoleNotAllowed);
    }
}

#[test]
fn once_an_officer_has_a_passkey_roles_take_signatures() {
    let claimed = Claimed::on(TestWorld::new(894));
    let table = block_on(claimed.world.vault.roles(&claimed.officer())).unwrap();
    assert_eq!(table.signatures, Some(1), "there is one who can sign");
    assert!(table.roles.iter().all(|line| line.waits_ms == 24 * 3_600_000 || line.granted.is_empty()), "{table:?}");
}

#[test]
fn while_people_are_in_doubt_no_role_is_told() {
    let world = TestWorld::new(895);
    let scope = world.scope(&world.staff.security);
    assert_eq!(world.edit("UPDATE person SET role = 'agent' WHERE tenant = 1 AND role = 'it_operator'"), 1);
    block_on(world.vault.load_power(FIRST)).unwrap();
    let told = block_on(world.vault.roles(&scope));
    assert!(matches!(told, Err(vault::VaultError::Refused { refusal: Refusal::PowerTampered, .. })), "{told:?}");
}
