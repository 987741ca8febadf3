//! Bearer tokens of the setting up: an alarm until officers ended or confirmed each.

use crate::governance::Governed;
use crate::help::assert_refused;
use crate::power_changes::Claimed;
use domain::{PersonId, Refusal, Role};
use testkit::{FIRST, TestWorld, block_on};
use vault::{Access, AlarmKind, Approved, PowerWish, Vault};

fn alarmed(vault: &Vault) -> bool {
    block_on(vault.settle_tokens(FIRST)).unwrap();
    vault.alarms(FIRST).iter().any(|alarm| alarm.kind == AlarmKind::SetupTokens)
}

fn left_over(vault: &Vault) -> usize {
    block_on(vault.unconfirmed_tokens(FIRST)).unwrap()
}

fn keep(person: PersonId) -> PowerWish {
    PowerWish::Access(Access::KeepToken { person })
}

fn end(person: PersonId) -> PowerWish {
    PowerWish::Access(Access::DropToken { person })
}

#[test]
fn before_an_officer_has_a_passkey_nothing_is_left_over_and_nobody_confirms() {
    let world = TestWorld::new(5301);
    assert!(left_over(&world.vault) == 0 && !alarmed(&world.vault));
    let access = Access::KeepToken { person: world.staff.agent.id };
    let operator = world.vault.operator(FIRST);
    assert_refused(&world, block_on(world.vault.set_access(&operator, &access)), Refusal::OfficerNeeded);
    let officer = world.scope(&world.staff.security);
    let draft = block_on(world.vault.draft_power(&officer, keep(world.staff.agent.id))).unwrap();
    let made = block_on(world.vault.approve_power(&officer, &draft.bytes, None));
    assert_refused(&world, made.map(drop), Refusal::OfficerNeeded);
}

#[test]
fn an_alarm_stands_until_each_token_of_the_setting_up_is_ended_or_confirmed() {
    let claimed = Claimed::new(5302);
    let (world, staff) = (&claimed.world, &claimed.world.staff);
    let vault = &world.vault;
    assert!(alarmed(vault) && alarmed(&world.another_node()));
    let lines = || block_on(vault.read_people(&claimed.officer(), None, None, 200)).unwrap().items;
    let marked = || lines().into_iter().filter(|line| line.unconfirmed).collect::<Vec<_>>();
    let before = left_over(vault);
    assert_eq!(marked().len(), before);
    for role in Role::ALL {
        let of = lines().into_iter().filter(|line| line.role == role && line.token).collect::<Vec<_>>();
        assert!(of.iter().all(|line| line.unconfirmed == (role != Role::Integrator)), "{role:?}");
    }
    assert!(marked().iter().any(|line| line.role == Role::Auditor));
    assert!(lines().iter().any(|line| line.role == Role::Integrator && line.token && !line.unconfirmed));

    // The operator can't confirm, nor does an officer their own; without a signature nobody does.
    let operator = vault.operator(FIRST);
    let access = Access::KeepToken { person: staff.agent.id };
    assert_refused(world, block_on(vault.set_access(&operator, &access)), Refusal::OfficerNeeded);
    assert_refused(world, claimed.draft(keep(staff.security.id)), Refusal::NotApproved);
    assert_refused(world, claimed.draft(keep(PersonId([9; 16]))), Refusal::NotFound);
    let unsigned = claimed.draft(keep(staff.agent.id)).unwrap();
    assert_eq!(unsigned.signatures, 1);
    assert_refused(world, claimed.approve(&unsigned, None), Refusal::OfficerNeeded);

    claimed.make(keep(staff.agent.id)).unwrap();
    assert_eq!(left_over(vault), before - 1);
    block_on(vault.authenticate(&staff.agent.token)).unwrap();
    for line in marked().into_iter().filter(|line| line.person != staff.security.id) {
        let officer = world.scope(&staff.security);
        let draft = block_on(vault.draft_power(&officer, end(line.person))).unwrap();
        assert!(matches!(block_on(vault.approve_power(&officer, &draft.bytes, None)).unwrap(), Approved::Made(_)));
        assert!(alarmed(vault));
    }
    // The officer's own is the last.
    assert_eq!(left_over(vault), 1);
    block_on(vault.revoke_token(&operator, staff.security.id)).unwrap();
    assert!(left_over(vault) == 0 && !alarmed(vault) && !alarmed(&world.another_node()));
    block_on(vault.authenticate(&staff.agent.token)).unwrap();
}

#[test]
fn a_token_is_confirmed_for_the_role_of_then_and_the_alarm_stands_again_with_another() {
    let governed = Governed::new(5305);
    let (vault, agent) = (governed.vault(), governed.call.world.staff.agent.id);
    let marked = || {
        let lines = block_on(vault.read_people(&governed.officer(0), None, None, 200)).unwrap().items;
        lines.into_iter().any(|line| line.person == agent && line.unconfirmed)
    };
    let role = |role| PowerWish::SetRole { person: agent, role, team: "north".to_owned() };
    let before = left_over(vault);
    assert!(marked());
    assert_eq!(governed.draft(keep(agent)).unwrap().signatures, 1);
    governed.make(keep(agent));
    assert!(!marked() && left_over(vault) == before - 1);
    governed.make(role(Role::TeamLeader));
    assert!(marked() && left_over(vault) == before && alarmed(vault));
    assert_eq!(governed.draft(keep(agent)).unwrap().signatures, 2, "they decide now");
    governed.make(keep(agent));
    assert!(!marked() && left_over(vault) == before - 1);
}
