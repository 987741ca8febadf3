//! What a team and everybody share: parts taken in advance, never more than there is over all nodes.

use crate::help::{Call, HOUR_OVER_MS, acts, assert_refused, failure, value};
use domain::{Allowance, Counter, FieldKind, History, InteractionId, Limits, PerWindow, Refusal, Window};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use testkit::{FIRST, Member, PHONE, START, TestWorld, block_on};
use vault::{AuditBody, Kind, SharedBy, Vault, VaultConfig, VaultError};

const TENANT: &str = "substr(counter, 1, 1) = x'05'";

fn call(seed: u64, per_team: u32, per_tenant: u32) -> Call {
    let hourly = |limit| Allowance::of(PerWindow::hourly(limit));
    let limits = Limits { team: hourly(per_team), tenant: hourly(per_tenant), ..acts(10_000) };
    Call::on(TestWorld::with(seed, VaultConfig { limits, ..VaultConfig::default() }))
}

/// Reveals at a node until it says no; how often it did, and the no.
fn all_at(call: &Call, vault: &Vault, member: &Member) -> (u32, VaultError) {
    let scope = block_on(vault.authenticate(&member.token)).unwrap();
    let interaction = call.world.call(member, Some(PHONE));
    let command = vault::RevealCommand { interaction, ..call.command(FieldKind::Name) };
    let mut given = 0;
    loop {
        match block_on(vault.reveal(&scope, &command)) {
            Ok(_) => given += 1,
            Err(error) => return (given, error),
        }
    }
}

fn allotted(call: &Call) -> u32 {
    let row = block_on(call.world.store.budget(FIRST, Counter::tenant())).unwrap();
    row.map_or(0, |row| History::decode(&row.history).unwrap().used(START, Window::Hour, None))
}

/// A node asks for more beside what it serves: what that comes to is there a moment later.
fn settles(what: &str, is: impl Fn() -> bool) {
    for _ in 0..5_000 {
        if is() {
            return;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(2));
    }
    panic!("{what}");
}

fn bodies(call: &Call, kind: Kind) -> Vec<AuditBody> {
    let lines = call.world.log(FIRST).into_iter().filter_map(|line| line.body);
    lines.filter(|body| body.kind == kind && body.decision.is_ok()).collect()
}

/// Each disclosure's entry says from which allotment it drew; none is drawn from beyond its amount. Gives how much was
/// drawn from the tenant's.
fn drawn(call: &Call) -> u64 {
    let log = call.world.log(FIRST);
    let of = |kind| log.iter().filter(move |line| line.body.as_ref().unwrap().kind == kind);
    let mut left: HashMap<_, _> = HashMap::new();
    for line in of(Kind::AllotmentTaken) {
        let body = line.body.as_ref().unwrap();
        if body.decision.is_ok() {
            let allotted = body.allotted.unwrap();
            assert!(body.spent[0].counter.is_allotted() && body.detail.unwrap() <= allotted.limit.into());
            left.insert(line.entry, (body.spent[0].counter, body.detail.unwrap()));
        }
    }
    let mut sum = 0;
    for line in of(Kind::Reveal).chain(of(Kind::AllotmentReturned)) {
        let body = line.body.as_ref().unwrap();
        assert!(body.decision.is_ok() || body.drawn.is_empty(), "a refusal draws nothing");
        for piece in &body.drawn {
            let (counter, left) = left.get_mut(&piece.allotment).expect("it drew from an allotment");
            *left = left.checked_sub(piece.amount.into()).expect("no more than there was");
            let reveals = *counter == Counter::tenant() && body.kind == Kind::Reveal;
            sum += if reveals { u64::from(piece.amount) } else { 0 };
        }
    }
    sum
}

#[test]
fn everybodys_allowance_is_spent_to_its_limit_and_no_further_whoever_asks() {
    let call = call(210, 1_000, 7);
    let (given, error) = all_at(&call, &call.world.vault, &call.world.staff.agent);
    assert_eq!(given, 7);
    assert_refused(&call.world, Err::<(), _>(error), Refusal::TenantExhausted);
    let (given, error) = all_at(&call, &call.world.vault, &call.world.staff.leader);
    assert_eq!(given, 0);
    assert_refused(&call.world, Err::<(), _>(error), Refusal::TenantExhausted);
    assert_eq!((allotted(&call), drawn(&call)), (7, 7));
    call.world.clock.advance(HOUR_OVER_MS);
    let (given, _) = all_at(&call, &call.world.vault, &call.world.staff.agent);
    assert_eq!(given, 7, "another hour");
}

#[test]
fn a_teams_allowance_is_spent_to_its_limit_and_takes_nothing_of_everybodys_beyond() {
    let call = call(211, 5, 100);
    let (given, error) = all_at(&call, &call.world.vault, &call.world.staff.agent);
    assert_eq!(given, 5);
    assert_refused(&call.world, Err::<(), _>(error), Refusal::TeamExhausted);
    let scope = call.world.scope(&call.world.staff.agent);
    settles("the team has nothing left, everybody all but that", || {
        let shared = block_on(call.world.vault.shared_budgets(&scope)).unwrap();
        let left = shared.iter().map(|left| (left.by, left.left.left));
        left.collect::<Vec<_>>() == [(SharedBy::Team, 0), (SharedBy::Tenant, 95)]
    });
    assert_eq!(drawn(&call), 5);
}

#[test]
fn nodes_never_give_out_more_than_there_is_and_a_graceful_stop_loses_nothing() {
    let call = call(212, 1_000, 60);
    let nodes: Vec<Arc<Vault>> = (0..3).map(|_| call.world.another_node()).collect();
    let given = AtomicU32::new(0);
    std::thread::scope(|threads| {
        for thread in 0..6 {
            let (call, given, vault) = (&call, &given, &nodes[thread % nodes.len()]);
            let member = [&call.world.staff.agent, &call.world.staff.leader][thread % 2];
            threads.spawn(move || {
                let scope = block_on(vault.authenticate(&member.token)).unwrap();
                let interaction = call.world.call(member, Some(PHONE));
                let command = vault::RevealCommand { interaction, ..call.command(FieldKind::Name) };
                for _ in 0..4 {
                    given.fetch_add(u32::from(block_on(vault.reveal(&scope, &command)).is_ok()), Ordering::SeqCst);
                }
            });
        }
    });
    for node in &nodes {
        block_on(node.return_allotments()).unwrap();
        block_on(node.return_allotments()).unwrap();
        assert!(matches!(all_at(&call, node, &call.world.staff.agent), (0, VaultError::Stopping)));
    }
    settles("what wasn't spent is back, once", || allotted(&call) == given.load(Ordering::SeqCst));
    let (rest, error) = all_at(&call, &call.world.vault, &call.world.staff.agent);
    assert!(matches!(error, VaultError::Refused { refusal: Refusal::TenantExhausted, .. }), "{error:?}");
    assert_eq!(given.load(Ordering::SeqCst) + rest, 60);
    assert_eq!(drawn(&call), 60);
}

#[test]
fn a_crash_loses_what_the_node_held_and_gains_nothing() {
    let call = call(213, 1_000, 60);
    let mut given = 0;
    for _ in 0..3 {
        let node = call.world.another_node();
        let scope = block_on(node.authenticate(&call.world.staff.agent.token)).unwrap();
        value(block_on(node.reveal(&scope, &call.command(FieldKind::Name))));
        given += 1;
        // Dropped with what it holds.
    }
    let (rest, error) = all_at(&call, &call.world.vault, &call.world.staff.agent);
    assert!(matches!(error, VaultError::Refused { refusal: Refusal::TenantExhausted, .. }), "{error:?}");
    assert!(given + rest < 60, "what they held is lost");
    assert_eq!(allotted(&call), 60);
    assert_eq!(drawn(&call), u64::from(given + rest));
}

#[test]
fn what_is_refused_costs_nothing() {
    let call = call(214, 3, 3);
    let mut astray = call.command(FieldKind::Name);
    astray.interaction = InteractionId([9; 16]);
    for _ in 0..10 {
        assert_refused(&call.world, call.reveal(&astray), Refusal::NoLiveInteraction);
    }
    let keyed = vault::RevealCommand { key: Some("one".to_owned()), ..call.command(FieldKind::Name) };
    for _ in 0..5 {
        value(call.reveal(&keyed));
    }
    let (given, _) = all_at(&call, &call.world.vault, &call.world.staff.agent);
    assert_eq!(given, 2, "a key counts once, however often the value is given out again");
}

#[test]
fn an_edited_row_is_noticed_when_the_node_asks_for_more() {
    let call = call(215, 1_000, 10);
    value(call.reveal(&call.command(FieldKind::Name)));
    assert!(call.world.edit(&format!("UPDATE budget SET total = 0 WHERE {TENANT}")) >= 1);
    let (given, error) = all_at(&call, &call.world.vault, &call.world.staff.agent);
    assert_refused(&call.world, Err::<(), _>(error), Refusal::Tampered);
    assert!(given < 9, "it goes on with what it was given before, and no further");
    let (given, error) = all_at(&call, &call.world.another_node(), &call.world.staff.agent);
    assert_eq!(given, 0);
    assert_refused(&call.world, Err::<(), _>(error), Refusal::Tampered);
}

#[test]
fn many_at_once_ask_once_and_disclosures_change_no_shared_row() {
    let call = call(216, 10_000, 10_000);
    std::thread::scope(|threads| {
        for _ in 0..7 {
            threads.spawn(|| value(call.reveal(&call.command(FieldKind::Name))));
        }
    });
    let taken = bodies(&call, Kind::AllotmentTaken);
    assert_eq!(taken.len(), 2, "one question for the team's, one for everybody's");
    let row = || block_on(call.world.store.budget(FIRST, Counter::tenant())).unwrap();
    let before = row();
    assert_eq!(before.as_ref().map(|row| row.total), Some(16));
    value(call.reveal(&call.command(FieldKind::Name)));
    assert_eq!(row(), before, "half of it is left, so nothing was asked for");
}

#[test]
fn a_stopping_node_whose_store_is_gone_says_so() {
    let call = call(217, 100, 100);
    value(call.reveal(&call.command(FieldKind::Name)));
    call.world.database().refuse_entries(true);
    assert!(matches!(failure(block_on(call.world.vault.return_allotments())), VaultError::Store(_)));
    call.world.database().refuse_entries(false);
}
