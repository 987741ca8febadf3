//! People and rights edited, deleted, slipped in and put back behind everybody's back: nothing of the tenant is disclosed,
//! those who watch are told, and it goes on once the right rows are back.

use crate::governance::Governed;
use crate::help::{Call, assert_refused, failure, value};
use crate::sessions::Page;
use domain::{FieldKind, Millis, PersonId, PowerKind, Refusal};
use keys::KeyHolder as _;
use std::fs;
use std::sync::Arc;
use testkit::{FIRST, SECOND, TestWorld, block_on};
use vault::{Access, AlarmKind, Change, Kind, Left, PowerBody as _, PowerWish, Reporting, VaultError};

const UNREADABLE: [&str; 2] = ["SET kind = 10", "SET role = 'emperor'"];
const TABLES: [&str; 3] = ["person", "power", "power_row"];

/// Such a row comes with a change by which an officer steps down, and such a one by officers' signatures: nobody sets either up.
const MADE_BY_OFFICERS: [PowerKind; 2] = [PowerKind::Former, PowerKind::Confirmed];

/// A call in a tenant with a row of every kind, but of those.
fn furnished(seed: u64) -> Call {
    let call = Call::new(seed);
    let staff = &call.world.staff;
    let mut changes: Vec<Change> = PowerKind::ALL
        .into_iter()
        .skip(1)
        .filter(|kind| !MADE_BY_OFFICERS.contains(kind))
        .map(|kind| Change::Put((kind, [kind as u8; 16]), vec![kind as u8]))
        .collect();
    changes.push(Change::put(staff.agent.id.0, &Reporting { to: staff.leader.id }));
    changes.push(Change::put(staff.quality.id.0, &Left { at: Millis(1) }));
    block_on(call.world.vault.set_up_power(&call.world.vault.operator(FIRST), changes)).unwrap();
    call
}

fn alarmed(vault: &vault::Vault, tenant: domain::TenantId) -> bool {
    block_on(vault.load_power(tenant)).unwrap();
    vault.alarms(tenant).iter().any(|alarm| alarm.kind == AlarmKind::PowerTampered)
}

fn doubts(world: &TestWorld) -> usize {
    let body = |line: vault::LogLine| line.body.unwrap().kind == Kind::PowerDoubted;
    world.log(FIRST).into_iter().filter_map(|line| body(line).then_some(())).count()
}

/// Whoever asks: the scope was given before the attack.
#[track_caller]
fn assert_noticed(call: &Call, agent: &vault::Scope, what: &str) {
    let world = &call.world;
    assert!(alarmed(&world.vault, FIRST) && !alarmed(&world.vault, SECOND), "{what}");
    let revealed = block_on(world.vault.reveal(agent, &call.command(FieldKind::Name)));
    assert_refused(world, revealed, Refusal::PowerTampered);
    for node in [&world.vault, &world.another_node()] {
        let refused = failure(block_on(node.authenticate(&world.staff.leader.token)));
        assert!(matches!(refused, VaultError::Refused { refusal: Refusal::PowerTampered, .. }), "{what}: {refused:?}");
        for watcher in [&world.staff.security, &world.staff.board] {
            // A node that starts on rows that nobody of ours wrote knows nobody.
            if UNREADABLE.iter().any(|edit| what.contains(edit)) && !Arc::ptr_eq(node, &world.vault) {
                let refused = failure(block_on(node.authenticate(&watcher.token)));
                assert!(matches!(refused, VaultError::Refused { refusal: Refusal::PowerTampered, .. }), "{what}");
                continue;
            }
            let scope = block_on(node.authenticate(&watcher.token)).unwrap_or_else(|error| panic!("{what}: {error}"));
            let shown = node.alarms_shown(&scope).unwrap();
            assert!(shown.iter().any(|alarm| alarm.kind == AlarmKind::PowerTampered), "{what}");
        }
        let it = block_on(node.authenticate(&world.staff.it.token));
        assert!(it.is_err(), "{what}");
        block_on(node.authenticate(&world.second_staff.agent.token)).unwrap();
    }
}

/// A row of that kind edited, made one of no kind, deleted, and one more slipped in.
fn attacks_on(kind: PowerKind) -> [String; 4] {
    let kind = kind.code();
    [
        format!("UPDATE power_row SET body = x'00ff' WHERE kind = {kind}"),
        format!("UPDATE power_row SET kind = 10 WHERE kind = {kind}"),
        format!("DELETE FROM power_row WHERE kind = {kind}"),
        format!(
            "INSERT INTO power_row SELECT tenant, kind, x'ffffffffffffffffffffffffffffffff', body, tag \
             FROM power_row WHERE kind = {kind} LIMIT 1"
        ),
    ]
}

/// And once the right rows are back, everything goes on.
fn each_is_noticed(call: &Call, attacks: &[String]) {
    let agent = call.world.scope(&call.world.staff.agent);
    value(block_on(call.world.vault.reveal(&agent, &call.command(FieldKind::Name))));
    let kept = TABLES.map(|table| call.world.database().keep(table));
    for attack in attacks {
        assert!(call.world.edit(attack) >= 1, "{attack}");
        assert_noticed(call, &agent, attack);
        kept.iter().for_each(|kept| call.world.database().put_back(kept));
        assert!(!alarmed(&call.world.vault, FIRST), "{attack}: the right rows are back");
        let seen = block_on(call.world.vault.view(&agent, call.interaction, call.customer));
        seen.map(drop).unwrap_or_else(|error| panic!("{attack}: {error}"));
    }
}

#[test]
fn every_edit_deletion_and_insertion_in_every_table_is_noticed() {
    let call = furnished(700);
    let kinds = PowerKind::ALL.into_iter().skip(1).filter(|kind| !MADE_BY_OFFICERS.contains(kind));
    let mut attacks: Vec<String> = kinds.flat_map(attacks_on).collect();
    let person = "WHERE tenant = 1 AND role = 'agent' AND name = 'Ada Agent'";
    attacks.extend(
        [
            "UPDATE person SET role = 'security_officer'",
            "UPDATE person SET name = 'Somebody Else'",
            "UPDATE person SET team = 'south'",
            "UPDATE person SET token = NULL",
            "UPDATE person SET role = 'emperor'",
            "DELETE FROM person",
            "INSERT INTO person SELECT tenant, x'ffffffffffffffffffffffffffffffff', role, name, team, NULL, tag FROM person",
        ]
        .map(|attack| format!("{attack} {person}")),
    );
    attacks.extend(
        [
            "UPDATE power SET version = version + 1",
            "UPDATE power SET version = version - 1",
            "UPDATE power SET root = zeroblob(32)",
            "UPDATE power SET root = NULL",
            "UPDATE power SET tag = zeroblob(16)",
            "DELETE FROM power",
        ]
        .map(|attack| format!("{attack} WHERE tenant = 1")),
    );
    attacks.push("UPDATE power SET (version, root, tag) = (SELECT version, root, tag FROM power AS other WHERE other.tenant = 2) WHERE tenant = 1".to_owned());
    each_is_noticed(&call, &attacks);
}

#[test]
fn and_in_the_rows_that_officers_alone_can_bring_about() {
    let governed = Governed::new(707);
    let world = &governed.call.world;
    governed.make(PowerWish::Access(Access::KeepToken { person: world.staff.agent.id }));
    let second = governed.officer(1).person();
    block_on(world.vault.person_left(&world.vault.operator(FIRST), second)).unwrap();
    let attacks: Vec<String> = MADE_BY_OFFICERS.into_iter().flat_map(attacks_on).collect();
    each_is_noticed(&governed.call, &attacks);
}

#[test]
fn older_rows_are_noticed_alone_and_together_and_after_a_restart() {
    for which in [&TABLES[..1], &TABLES[1..2], &TABLES[2..], &TABLES[..]] {
        let mut call = furnished(701);
        let agent = call.world.scope(&call.world.staff.agent);
        let kept: Vec<_> = which.iter().map(|table| call.world.database().keep(table)).collect();
        let operator = call.world.vault.operator(FIRST);
        block_on(call.world.vault.revoke_token(&operator, call.world.staff.it.id)).unwrap();
        block_on(call.world.vault.person_left(&operator, call.world.staff.other_agent.id)).unwrap();
        assert!(!alarmed(&call.world.vault, FIRST));
        kept.iter().for_each(|kept| call.world.database().put_back(kept));
        assert_noticed(&call, &agent, "while serving");
        call.world.restart();
        assert_noticed(&call, &agent, "after a restart");
        assert!(doubts(&call.world) >= 2);
    }
}

#[test]
fn an_alarm_is_one_entry_until_it_is_taken_back() {
    let call = furnished(702);
    let kept = call.world.database().keep("power_row");
    for turn in 1..=2 {
        call.world.edit("DELETE FROM power_row WHERE kind = 8");
        (0..3).for_each(|_| assert!(alarmed(&call.world.vault, FIRST)));
        assert_eq!(doubts(&call.world), turn);
        call.world.database().put_back(&kept);
        (0..3).for_each(|_| assert!(!alarmed(&call.world.vault, FIRST)));
    }
}

/// What the key holder knows lies in one file. With an older one an older database isn't noticed here: that is what
/// witnesses are for. An older file alone learns from the database.
#[test]
fn an_older_file_beside_the_keyring_learns_and_with_an_older_database_is_not_noticed() {
    let mut call = furnished(703);
    let file = call.world.directory().join("root.power");
    let (old, kept) = (fs::read(&file).unwrap(), TABLES.map(|table| call.world.database().keep(table)));
    block_on(call.world.vault.revoke_token(&call.world.vault.operator(FIRST), call.world.staff.it.id)).unwrap();
    fs::write(&file, &old).unwrap();
    call.world.restart();
    assert!(!alarmed(&call.world.vault, FIRST));
    assert_ne!(fs::read(&file).unwrap(), old, "it learnt");
    fs::write(&file, &old).unwrap();
    kept.iter().for_each(|kept| call.world.database().put_back(kept));
    call.world.restart();
    assert!(!alarmed(&call.world.vault, FIRST));
    assert!(block_on(call.world.vault.authenticate(&call.world.staff.it.token)).is_ok());
}

/// The database as a version before roots left it.
fn without_root(world: &TestWorld) {
    let row = block_on(world.holder.node_keys(FIRST)).unwrap().row;
    let version = block_on(world.store.power_head(FIRST)).unwrap().unwrap().seq;
    let said = [b"\x00\x05power".as_slice(), &FIRST.bytes(), &version.to_be_bytes()].concat();
    let tag: String = keys::derive::mac(&row, &[&said])[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(world.edit(&format!("UPDATE power SET root = NULL, tag = x'{tag}' WHERE tenant = 1")), 1);
}

#[test]
fn what_is_older_than_roots_is_sealed_once_and_never_again() {
    let mut world = TestWorld::new(704);
    let version = block_on(world.store.power_head(FIRST)).unwrap().unwrap().seq;
    fs::remove_file(world.directory().join("root.power")).unwrap();
    without_root(&world);
    world.restart();
    block_on(world.vault.authenticate(&world.staff.agent.token)).unwrap();
    assert!(!alarmed(&world.vault, FIRST) && !alarmed(&world.another_node(), FIRST));
    let head = block_on(world.store.power_head(FIRST)).unwrap().unwrap();
    assert_eq!((head.seq, head.root.is_some()), (version + 1, true));
    let sealed =
        || world.log(FIRST).iter().filter(|line| line.body.as_ref().unwrap().kind == Kind::PowerSealed).count();
    assert_eq!(sealed(), 1);
    without_root(&world);
    assert!(alarmed(&world.vault, FIRST) && alarmed(&world.another_node(), FIRST));
    assert_eq!(sealed(), 1);
}

#[test]
fn what_was_edited_before_is_not_sealed() {
    for edit in [
        "UPDATE person SET role = 'security_officer' WHERE tenant = 1 AND name = 'Ivo Operator'",
        "UPDATE power SET version = 99",
    ] {
        let mut world = TestWorld::new(705);
        fs::remove_file(world.directory().join("root.power")).unwrap();
        without_root(&world);
        world.edit(edit);
        world.restart();
        assert!(alarmed(&world.vault, FIRST), "{edit}");
        assert!(block_on(world.store.power_head(FIRST)).unwrap().unwrap().root.is_none());
    }
}

#[test]
fn who_has_left_neither_signs_in_nor_is_on_a_call_nor_goes_on() {
    let call = Call::new(706);
    let world = &call.world;
    let (operator, agent) = (world.vault.operator(FIRST), &world.staff.agent);
    let scope = world.scope(agent);
    let page = Page::begin(world, &world.vault, agent);
    let other = world.another_node();
    block_on(other.authenticate(&agent.token)).unwrap();
    block_on(world.vault.person_left(&operator, agent.id)).unwrap();
    assert_refused(world, block_on(world.vault.reveal(&scope, &call.command(FieldKind::Name))), Refusal::PowerChanged);
    assert_eq!(failure(block_on(world.vault.authenticate(&agent.token))), VaultError::Unauthenticated);
    assert_eq!(failure(page.get(&world.vault, "/desk")), VaultError::Unauthenticated);
    assert!(!block_on(world.vault.still_holds(&scope)));
    world.clock.advance(251);
    assert_eq!(failure(block_on(other.authenticate(&agent.token))), VaultError::Unauthenticated);
    let error = failure(world.connect(FIRST, "later", agent, None));
    assert!(matches!(error, VaultError::Refused { refusal: Refusal::NotFound, .. }), "{error:?}");
    assert_refused(world, block_on(world.vault.person_left(&operator, agent.id)), Refusal::NotFound);
    assert_refused(world, block_on(world.vault.person_left(&operator, PersonId([7; 16]))), Refusal::NotFound);
    let left: Vec<_> = block_on(world.vault.power(FIRST)).unwrap().all::<Left>().map(|(id, _)| id).collect();
    assert_eq!(left, [agent.id.0]);
    assert_eq!(Left::decode(&Left { at: Millis(3) }.encode()), Some(Left { at: Millis(3) }));
}
