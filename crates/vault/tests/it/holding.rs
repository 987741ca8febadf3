//! Legal holds: two officers place one and two lift it, and until then nobody destroys the customer.

use crate::help::{Call, assert_refused};
use crate::retention::{DAY, YEAR, after, is_there, last, run_at};
use crate::sessions::at_a_page;
use domain::{CustomerId, Hold, Refusal, Role};
use testkit::{FIRST, Member, PHONE, START, TestWorld, block_on, name_and_phone};
use vault::{Kind, MarkSet, NewPerson, VaultError};

fn hold(world: &TestWorld, by: &Member, customer: CustomerId, hold: Option<Hold>) -> Result<MarkSet, VaultError> {
    block_on(world.vault.hold(&at_a_page(world, by), customer, hold))
}

/// Both officers ask for the same.
fn both(world: &TestWorld, customer: CustomerId, wish: Option<Hold>) {
    let first = hold(world, &world.staff.protection, customer, wish).unwrap();
    assert!(first.waits_until.is_some());
    let second = hold(world, &world.staff.security, customer, wish).unwrap();
    assert_eq!(second.waits_until, None);
}

fn erased(world: &TestWorld, customer: CustomerId) -> Result<(), VaultError> {
    crate::erasure::erased(world, customer).map(drop)
}

#[test]
fn a_held_customer_is_neither_erased_nor_expires_until_two_lift_it() {
    let world = TestWorld::new(920);
    let customer = world.add(name_and_phone("Held Hella", PHONE));
    both(&world, customer, Some(Hold::Litigation));
    assert_refused(&world, erased(&world, customer), Refusal::LegalHold);
    run_at(&world, 3 * YEAR);
    assert!(is_there(&world, customer));
    assert_eq!(last(&world).unwrap().held, 1);

    both(&world, customer, None);
    run_at(&world, 3 * YEAR + DAY);
    assert!(!is_there(&world, customer));
    assert_eq!(last(&world).unwrap().held, 0);
}

#[test]
fn one_officer_alone_holds_nobody_however_often_they_ask() {
    let call = Call::new(921);
    let (world, customer) = (&call.world, call.customer);
    for _ in 0..3 {
        let asked = hold(world, &world.staff.protection, customer, Some(Hold::Authority)).unwrap();
        assert_eq!(asked.waits_until, Some(START.plus(7 * DAY)));
    }
    // Another reason isn't the same, nor is the end of a hold.
    for other in [Some(Hold::FraudEvidence), None] {
        assert!(hold(world, &world.staff.security, customer, other).unwrap().waits_until.is_some());
    }
    // And a word that is older than seven days doesn't count.
    hold(world, &world.staff.protection, customer, Some(Hold::Authority)).unwrap();
    after(world, 7 * DAY);
    assert!(hold(world, &world.staff.security, customer, Some(Hold::Authority)).unwrap().waits_until.is_some());
    erased(world, customer).unwrap();
}

/// Somebody of this role, hired now.
fn hired(world: &TestWorld, name: &str, role: Role) -> Member {
    let operator = world.vault.operator(FIRST);
    let person = NewPerson { name: name.into(), role, team: String::new() };
    block_on(async {
        let id = world.vault.add_person(&operator, person).await.unwrap();
        Member { id, role, token: world.vault.issue_token(&operator, id).await.unwrap() }
    })
}

#[test]
fn two_accounts_of_one_human_are_one_officer() {
    let call = Call::new(926);
    let (world, customer) = (&call.world, call.customer);
    let one = hired(world, "Pia Protects", Role::DataProtectionOfficer);
    let same = hired(world, " pia   PROTECTS", Role::DataProtectionOfficer);
    for wish in [Some(Hold::Litigation), None] {
        for by in [&one, &same, &one] {
            assert!(hold(world, by, customer, wish).unwrap().waits_until.is_some(), "{wish:?}");
        }
    }
    erased(world, customer).unwrap();
}

#[test]
fn who_has_left_or_is_no_officer_any_more_has_asked_for_nothing() {
    let call = Call::new(927);
    let (world, customer) = (&call.world, call.customer);
    let gone = hired(world, "Gone Gerd", Role::DataProtectionOfficer);
    assert!(hold(world, &gone, customer, Some(Hold::Litigation)).unwrap().waits_until.is_some());
    block_on(world.vault.person_left(&world.vault.operator(FIRST), gone.id)).unwrap();
    let second = hold(world, &world.staff.security, customer, Some(Hold::Litigation)).unwrap();
    assert!(second.waits_until.is_some(), "the second is the first now");
    assert_eq!(hold(world, &world.staff.protection, customer, Some(Hold::Litigation)).unwrap().waits_until, None);

    let moved = hired(world, "Moved Mia", Role::DataProtectionOfficer);
    assert!(hold(world, &moved, customer, None).unwrap().waits_until.is_some());
    let snapshot = block_on(world.vault.load_power(FIRST)).unwrap();
    let row = snapshot.person(moved.id).unwrap();
    let row = store::PersonRow { role: Role::QualityAnalyst, ..store::PersonRow::clone(row) };
    block_on(world.vault.set_up_power(&world.vault.operator(FIRST), vec![vault::Change::Person(row)])).unwrap();
    assert!(hold(world, &world.staff.security, customer, None).unwrap().waits_until.is_some());
    assert_refused(world, erased(world, customer), Refusal::LegalHold);
}

#[test]
fn marks_that_mean_nothing_are_an_edited_row() {
    // No guard has the number 9, no hold 9 (in the second byte), and no number is negative or above both.
    for marks in [9, 9 << 8, 1 << 16, -1] {
        let call = Call::new(928);
        let (world, customer) = (&call.world, call.customer);
        both(world, customer, Some(Hold::Litigation));
        for table in ["customer", world.states()] {
            world.edit(&format!("UPDATE {table} SET guard = {marks}"));
        }
        assert_refused(world, erased(world, customer), Refusal::Tampered);
        assert_refused(world, call.reveal(&call.command(domain::FieldKind::Name)), Refusal::Tampered);
        run_at(world, 11 * YEAR);
        assert!(is_there(world, customer) && last(world).unwrap().doubtful == 1, "{marks}");
    }
}

#[test]
fn is_for_officers_of_data_protection_and_of_security() {
    let call = Call::new(922);
    let staff = &call.world.staff;
    let officers = [staff.protection.id, staff.security.id];
    for member in staff.all().into_iter().filter(|member| !officers.contains(&member.id)) {
        let asked = hold(&call.world, member, call.customer, Some(Hold::Litigation));
        assert_refused(&call.world, asked, Refusal::RoleNotAllowed);
        let nobody = hold(&call.world, member, CustomerId([1; 16]), Some(Hold::Litigation));
        assert_refused(&call.world, nobody, Refusal::RoleNotAllowed);
    }
    let nobody = hold(&call.world, &staff.protection, CustomerId([1; 16]), Some(Hold::Litigation));
    assert_refused(&call.world, nobody, Refusal::NotFound);
}

#[test]
fn the_customer_is_told_why_and_by_whom_in_the_log() {
    let call = Call::new(923);
    let (world, customer) = (&call.world, call.customer);
    both(world, customer, Some(Hold::FraudEvidence));
    let statement = block_on(world.vault.give_statement(&world.scope(&world.staff.protection), customer)).unwrap();
    assert_eq!(statement.hold, Some(Hold::FraudEvidence));
    let kinds: Vec<_> = statement.lines.iter().filter_map(|line| line.audit.as_ref()).map(|body| body.kind).collect();
    assert!(kinds.ends_with(&[Kind::HoldAsked, Kind::HoldPlaced, Kind::StatementGiven]), "{kinds:?}");
    let placed =
        statement.lines.iter().filter_map(|line| line.audit.as_ref()).find(|body| body.kind == Kind::HoldPlaced);
    let placed = placed.unwrap();
    let (first, second) = (world.staff.protection.id, world.staff.security.id);
    assert_eq!((placed.person, placed.upon, placed.detail), (Some(second), Some(first), Some(3)));
}

#[test]
fn a_hold_that_somebody_took_out_of_the_row_is_noticed() {
    let world = TestWorld::new(924);
    let customer = world.add(name_and_phone("Held Hella", PHONE));
    both(&world, customer, Some(Hold::Litigation));
    assert!(world.edit(&format!("UPDATE {} SET guard = 0 WHERE guard > 0", world.states())) > 0);
    assert_refused(&world, erased(&world, customer), Refusal::Tampered);
    run_at(&world, 3 * YEAR);
    assert!(is_there(&world, customer));
    assert_eq!(last(&world).unwrap().doubtful, 1);
}

#[test]
fn the_first_officers_word_names_no_customer_and_cannot_be_made_up() {
    let world = TestWorld::new(925);
    let customer = world.add(name_and_phone("Held Hella", PHONE));
    hold(&world, &world.staff.protection, customer, Some(Hold::Litigation)).unwrap();
    assert!(!world.tables_holding(&customer.0).contains(&"admission".to_owned()));
    assert_eq!(world.edit("UPDATE admission SET body = x'0211111111111111111111111111111111' WHERE kind = 22"), 1);
    let asked = hold(&world, &world.staff.security, customer, Some(Hold::Authority));
    assert_refused(&world, asked, Refusal::Tampered);
    let row = block_on(world.store.state(FIRST, customer)).unwrap().unwrap();
    assert_eq!(row.hold, None);
}
