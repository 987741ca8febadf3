//! Closing the log: whom a list counts, what stands before a close and what it covers, and that nobody closes twice.

use crate::help::{Call, assert_refused, failure, value};
use domain::{CustomerId, FieldKind, Refusal};
use keys::{KeyHolder, Shelved, ViewKey, next_head};
use store::CloseRow;
use testkit::{FIRST, SECOND, START, TestWorld, block_on, name_and_phone};
use transparency::{Close, LIST_ROW_BYTES, Listed, check_list, leaf_hash};
use vault::{CloseStep, Kind, LogCloser, LogLine, VaultConfig, VaultError, half_fits};

const EVERY_S: u32 = 600;

fn call(seed: u64) -> Call {
    Call::on(TestWorld::with(seed, VaultConfig { close_every_s: EVERY_S, ..VaultConfig::default() }))
}

/// Somebody tried something on a customer: one more entry about them.
fn touch(world: &TestWorld, customer: CustomerId) {
    let agent = world.scope(&world.staff.agent);
    assert_refused(world, block_on(world.vault.give_statement(&agent, customer)), Refusal::RoleNotAllowed);
}

fn closer(world: &TestWorld, node: u8) -> LogCloser {
    LogCloser::new(&world.vault, FIRST, [node; 16])
}

/// Steps until there is nothing to do, with a sequencer that works beside it.
fn close(world: &TestWorld, closer: &mut LogCloser) {
    world.sequence(FIRST);
    for _ in 0..1_000 {
        match block_on(closer.tick()).unwrap() {
            CloseStep::Idle => return world.sequence(FIRST),
            CloseStep::Waits => world.sequence(FIRST),
            CloseStep::More => {}
        }
    }
    panic!("the close never ends");
}

/// The time at which the n-th close is due.
fn periods(world: &TestWorld, n: i64) {
    world.clock.set(START.plus(n * (i64::from(EVERY_S) * 1_000 + 10_000)));
}

fn closes(world: &TestWorld) -> Vec<CloseRow> {
    block_on(world.store.closes(FIRST, None, 100)).unwrap()
}

fn view(world: &TestWorld, customer: CustomerId) -> ViewKey {
    let row = block_on(world.store.customer(FIRST, customer)).unwrap().unwrap();
    let shelved = Shelved { epoch: row.epoch, wrapped: row.wrapped };
    ViewKey::new(block_on(world.holder.entry_keys(FIRST, &[(customer, &shelved)])).unwrap().remove(0))
}

/// Where a customer stands in a close's list, all of which is checked.
fn listed(world: &TestWorld, close: &CloseRow, view: &ViewKey) -> Option<[u8; 32]> {
    let page = |page| block_on(world.store.close_page(FIRST, close.number, page)).unwrap();
    match check_list(close.size, &close.root, &view.listed_as(close.number), page).unwrap() {
        Listed::Row { value, .. } => Some(value),
        Listed::Absent { .. } => None,
    }
}

/// What a list must say of a customer with these first entries of theirs, as the log's leaves have them.
fn state(world: &TestWorld, close: u64, view: &ViewKey, n: u64) -> [u8; 32] {
    let rows = block_on(world.store.entries(FIRST, None, 10_000)).unwrap();
    let head = (1..=n).fold([0; 32], |head, n| {
        let label = view.label(n);
        let row = rows.iter().find(|row| row.leaf[1..33] == label).expect("the entry is in the log");
        next_head(&head, &leaf_hash(&row.leaf))
    });
    view.state(close, n, &head)
}

#[test]
fn a_close_lists_who_has_entries_and_says_in_clear_what_it_signs() {
    let call = call(300);
    let world = &call.world;
    let silent = world.add(name_and_phone("Sil Silent", "+442079460555"));
    drop(value(call.reveal(&call.command(FieldKind::Name))));
    let mut closer = closer(world, 1);
    periods(world, 0);
    close(world, &mut closer);
    assert_eq!(closes(world), [], "not before its time");

    periods(world, 1);
    close(world, &mut closer);
    let made = closes(world).remove(0);
    assert_eq!((made.number, made.size), (1, 1));
    let ana = view(world, call.customer);
    let n = block_on(world.store.counted(FIRST, None, 9)).unwrap()[0].2.n;
    assert_eq!(n, 1, "the reveal");
    assert_eq!(listed(world, &made, &ana), Some(state(world, 1, &ana, n)));
    assert_eq!(listed(world, &made, &view(world, silent)), None);

    let row = block_on(world.store.entry(FIRST, made.entry)).unwrap().unwrap();
    let CloseRow { number, covers, size, root, .. } = made;
    let at = u64::try_from(made.at.0).unwrap();
    assert_eq!(Close::parse(&row.leaf).unwrap(), Some(Close { number, covers, at, size, root }));
    assert_eq!(row.index, Some(covers), "nothing came between");
    let body = world.line(FIRST, made.entry).body.unwrap();
    assert_eq!((body.kind, body.detail, body.at), (Kind::LogClosed, Some(1), made.at));

    close(world, &mut closer);
    assert_eq!(closes(world).len(), 1, "the next one isn't due");
    periods(world, 2);
    close(world, &mut closer);
    assert_eq!(closes(world)[0].number, 2);
    assert_ne!(ana.listed_as(1), ana.listed_as(2), "two lists can't be linked");
}

#[test]
fn what_was_committed_before_is_covered_and_what_is_counted_stands_before() {
    let call = call(301);
    let world = &call.world;
    periods(world, 1);
    let ana = view(world, call.customer);
    world.sequence(FIRST);
    let mut closer = closer(world, 1);
    drop(value(call.reveal(&call.command(FieldKind::Name))));
    for _ in 0..20 {
        let step = block_on(closer.tick()).unwrap();
        assert_ne!(step, CloseStep::Idle, "the entry has no place yet");
    }
    assert_eq!(closes(world), []);
    world.sequence(FIRST);
    assert_eq!(block_on(closer.tick()).unwrap(), CloseStep::More);
    let covers = block_on(world.store.head(FIRST)).unwrap().size;

    // Committed while the list is made: whether or not it is counted, it mustn't stand behind the close if it is.
    drop(value(call.reveal(&call.command(FieldKind::Name))));
    for _ in 0..20 {
        assert_ne!(block_on(closer.tick()).unwrap(), CloseStep::Idle, "what may be counted has no place yet");
    }
    assert_eq!(closes(world), []);
    close(world, &mut closer);
    let made = closes(world).remove(0);
    assert_eq!(made.covers, covers);
    let place = block_on(world.store.entry(FIRST, made.entry)).unwrap().unwrap().index.unwrap();
    assert_eq!(listed(world, &made, &ana), Some(state(world, 1, &ana, 2)));
    let rows = block_on(world.store.entries(FIRST, None, 1_000)).unwrap();
    for n in 1..=2 {
        let row = rows.iter().find(|row| row.leaf[1..33] == ana.label(n)).unwrap();
        assert!(row.index.unwrap() < place, "{n}");
    }
}

#[test]
fn two_nodes_make_one_close() {
    let call = call(302);
    let world = &call.world;
    touch(world, call.customer);
    periods(world, 1);
    world.sequence(FIRST);
    let (mut first, mut second) = (closer(world, 1), closer(world, 2));
    assert_eq!(block_on(first.tick()).unwrap(), CloseStep::More);
    assert_eq!(block_on(second.tick()).unwrap(), CloseStep::Idle, "the other has the right");
    // The first one stalls past its right; both go on.
    periods(world, 2);
    close(world, &mut second);
    assert_eq!(closes(world).len(), 1);
    let made = closes(world).remove(0);
    for _ in 0..50 {
        block_on(first.tick()).unwrap();
        world.sequence(FIRST);
    }
    assert_eq!(closes(world), std::slice::from_ref(&made), "the stalled one didn't close again");
    assert!(listed(world, &made, &view(world, call.customer)).is_some());
}

#[test]
fn a_second_close_of_one_number_is_refused_with_an_entry_that_looks_like_any_other() {
    let call = call(303);
    let world = &call.world;
    periods(world, 1);
    world.sequence(FIRST);
    let mut stalled = closer(world, 1);
    // Up to the very step that commits.
    for _ in 0..4 {
        assert_eq!(block_on(stalled.tick()).unwrap(), CloseStep::More);
    }
    close(world, &mut closer(world, 1));
    assert_eq!(block_on(stalled.tick()).unwrap(), CloseStep::Idle);
    assert_eq!(closes(world).len(), 1);
    let is_refused = |line: &LogLine| line.body.as_ref().is_some_and(|body| body.decision == Err(Refusal::CloseTaken));
    let refused: Vec<_> = world.log(FIRST).into_iter().filter(is_refused).collect();
    assert_eq!(refused.len(), 1);
    let row = block_on(world.store.entry(FIRST, refused[0].entry)).unwrap().unwrap();
    assert_eq!(Close::parse(&row.leaf).unwrap(), None, "a close that isn't one must not be in the clear");
}

#[test]
fn many_customers_sorted_a_few_at_a_time_give_the_same_kind_of_list() {
    let call = call(304);
    let world = &call.world;
    let mut everyone = vec![call.customer];
    for number in 0..40 {
        let phone = format!("+4420794607{number:02}");
        everyone.push(world.add(name_and_phone("Many Person", &phone)));
    }
    everyone.iter().for_each(|customer| touch(world, *customer));
    periods(world, 1);
    close(world, &mut closer(world, 1).sorting(7));
    let made = closes(world).remove(0);
    assert_eq!(made.size, 41);
    let page = block_on(world.store.close_page(FIRST, 1, 0)).unwrap().unwrap();
    assert_eq!(page.len(), 41 * LIST_ROW_BYTES);
    for customer in everyone {
        assert!(listed(world, &made, &view(world, customer)).is_some());
    }
    assert!(block_on(world.store.closes(SECOND, None, 9)).unwrap().is_empty());
}

#[test]
fn an_erased_customer_is_in_no_later_list() {
    let call = call(305);
    let world = &call.world;
    let ana = view(world, call.customer);
    touch(world, call.customer);
    periods(world, 1);
    close(world, &mut closer(world, 1));
    crate::erasure::erased(world, call.customer).unwrap();
    periods(world, 2);
    close(world, &mut closer(world, 1));
    let all = closes(world);
    assert!(listed(world, &all[1], &ana).is_some());
    assert_eq!(listed(world, &all[0], &ana), None);
    assert!(world.tables_holding(&call.customer.0).is_empty());
}

#[test]
fn edited_rows_are_listed_as_they_stand_or_not_at_all() {
    let call = call(306);
    let world = &call.world;
    let ana = view(world, call.customer);
    (0..3).for_each(|_| touch(world, call.customer));
    world.edit(&format!("UPDATE {} SET n = 1", world.states()));
    periods(world, 1);
    close(world, &mut closer(world, 1));
    let first = closes(world).remove(0);
    let rows = block_on(world.store.counted(FIRST, None, 9)).unwrap();
    assert_eq!(listed(world, &first, &ana), Some(ana.state(1, 1, &rows[0].2.head)), "so the customer sees it");
    world.edit("UPDATE customer SET wrapped = zeroblob(92)");
    periods(world, 2);
    close(world, &mut closer(world, 1));
    assert_eq!(closes(world)[0].size, 0, "and the others' list is made all the same");
}

#[test]
fn a_deleted_close_is_not_made_again_under_its_number() {
    let mut call = call(308);
    periods(&call.world, 1);
    close(&call.world, &mut closer(&call.world, 1));
    let mut running = closer(&call.world, 1);
    periods(&call.world, 2);
    close(&call.world, &mut running);
    assert_eq!(call.world.edit("DELETE FROM close WHERE number = 2"), 1);
    periods(&call.world, 3);
    assert_eq!(failure(block_on(running.tick())), VaultError::Damaged, "the node that made it knows");
    call.world.restart();
    let mut after = closer(&call.world, 1);
    assert_eq!(failure(block_on(after.tick())), VaultError::Damaged, "and so does the log, after a restart");
    assert_eq!(closes(&call.world).len(), 1);
}

#[test]
fn a_statement_is_the_protection_officers_to_give_and_its_halves_fit_their_leaves() {
    let call = call(307);
    let world = &call.world;
    drop(value(call.reveal(&call.command(FieldKind::Name))));
    for member in [&world.staff.agent, &world.staff.security, &world.staff.it] {
        let refused = block_on(world.vault.give_statement(&world.scope(member), call.customer)).map(drop);
        assert_refused(world, refused, Refusal::RoleNotAllowed);
    }
    let protection = world.scope(&world.staff.protection);
    let nobody = block_on(world.vault.give_statement(&protection, CustomerId([7; 16]))).map(drop);
    assert_refused(world, nobody, Refusal::NotFound);

    let given = block_on(world.vault.give_statement(&protection, call.customer)).unwrap();
    assert_eq!(given.key.bytes(), view(world, call.customer).key().bytes());
    let kinds: Vec<Kind> = given.lines.iter().map(|line| line.audit.as_ref().unwrap().kind).collect();
    let refused = Kind::StatementGiven;
    assert_eq!(kinds, [Kind::Reveal, refused, refused, refused, Kind::StatementGiven]);
    assert_eq!(given.lines.last().unwrap().entry, given.receipt, "the statement's own entry is the last");
    for (line, n) in given.lines.iter().zip(1..) {
        assert_eq!(line.n, n);
        let row = block_on(world.store.entry(FIRST, line.entry)).unwrap().unwrap();
        let (rc, body, digest) = line.half.as_ref().unwrap();
        assert_eq!((body.customer, body.n), (call.customer, n));
        assert!(half_fits(&row.leaf, rc, body, digest));
        let mut other = body.clone();
        other.instance += 1;
        assert!(!half_fits(&row.leaf, rc, &other, digest));
    }
}
