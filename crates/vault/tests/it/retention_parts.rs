//! What has expired of a customer who stays: values, masks, and what they were found by.

use crate::help::{Call, assert_refused};
use crate::retention::{DAY, YEAR, after, is_there, last, run, run_at};
use crate::sessions::at_a_page;
use domain::field::{SearchTerm, query_card_last4_date, query_order, query_phone, query_postcode_family_name};
use domain::{CustomerId, FieldKind, Hold, InteractionId, Refusal};
use testkit::{FIRST, ORDER, PHONE, POSTCODE, TestWorld, block_on, record};
use vault::{Kind, VaultConfig};

fn kinds(world: &TestWorld, customer: CustomerId) -> Vec<FieldKind> {
    let rows = block_on(world.store.fields(FIRST, customer)).unwrap();
    rows.iter().filter_map(|row| FieldKind::from_code(row.field)).collect()
}

fn found(world: &TestWorld, call: InteractionId, term: &SearchTerm) -> Vec<CustomerId> {
    let agent = world.scope(&world.staff.agent);
    let hits = block_on(world.vault.search(&agent, call, term)).unwrap().hits;
    hits.iter().map(|hit| hit.customer).collect()
}

fn told(world: &TestWorld, kind: Kind) -> Vec<Option<u64>> {
    let bodies = world.log(FIRST).into_iter().filter_map(|line| line.body);
    bodies.filter(|body| body.kind == kind && body.decision.is_ok()).map(|body| body.detail).collect()
}

/// An order is kept for ten years; the rest for two or three after the last contact.
#[test]
fn of_who_stays_the_rest_goes_with_its_masks_and_is_found_by_no_more() {
    let call = Call::new(920);
    let (world, ana) = (&call.world, call.customer);
    let like_her =
        world.add(record(&[(FieldKind::Name, "Bea Diaz"), (FieldKind::PostalAddress, "14 High St|Leeds|LS1 4AB|GB")]));
    let (number, date) = (ORDER.split('|').next().unwrap(), ORDER.split('|').nth(1).unwrap());
    let by_order = query_order(number).unwrap();
    let by_card = query_card_last4_date("1111", date).unwrap();
    let by_place = query_postcode_family_name(POSTCODE, "Diaz").unwrap();
    assert_eq!(found(world, call.interaction, &by_card), [ana]);
    assert_eq!(found(world, call.interaction, &by_place).len(), 2);

    run_at(world, 4 * YEAR);
    assert!(is_there(world, ana) && !is_there(world, like_her));
    assert_eq!(kinds(world, ana), [FieldKind::Order]);
    let run_of = last(world).unwrap();
    assert_eq!((run_of.customers, run_of.values, run_of.doubtful), (1, 2 + 8, 0));
    assert_eq!((told(world, Kind::ValuesExpiring), told(world, Kind::ValuesExpired)), (vec![None], vec![Some(8)]));

    let new_call = world.call(&world.staff.agent, Some(PHONE));
    let agent = world.scope(&world.staff.agent);
    assert_eq!(block_on(world.vault.interaction(&agent, new_call)).unwrap().customer, None, "nobody has that number");
    for term in [query_phone(PHONE).unwrap(), by_card, by_place] {
        assert!(found(world, new_call, &term).is_empty());
    }
    let hits = block_on(world.vault.search(&agent, new_call, &by_order)).unwrap().hits;
    assert_eq!(hits.iter().map(|hit| (hit.customer, hit.name.as_str())).collect::<Vec<_>>(), [(ana, "")]);
    block_on(world.vault.claim(&agent, new_call, ana, &hits[0].claim)).unwrap();
    let seen = block_on(world.vault.view(&agent, new_call, ana)).unwrap();
    let masks: Vec<FieldKind> = seen.fields.iter().map(|shown| shown.masked.field).collect();
    assert_eq!(masks, [FieldKind::Order]);
    assert!(world.log(FIRST).iter().all(|line| line.body.is_some()), "every audit half still opens against its leaf");

    run_at(world, 4 * YEAR + 2 * DAY);
    assert_eq!((told(world, Kind::ValuesExpired).len(), last(world).unwrap().values), (1, 0), "once");
    run_at(world, 11 * YEAR);
    assert!(!is_there(world, ana));
    assert_eq!(world.tables_holding(&ana.0), Vec::<String>::new());
}

#[test]
fn what_is_found_by_another_value_too_is_still_found() {
    let world = TestWorld::new(921);
    let two = world.add(record(&[
        (FieldKind::Name, "Two Cards"),
        (FieldKind::Card, "4111111111111111|12/30"),
        (FieldKind::Order, ORDER),
    ]));
    after(&world, 30 * DAY);
    let call = world.call(&world.staff.agent, None);
    let by_order = query_order(ORDER.split('|').next().unwrap()).unwrap();
    run_at(&world, 2 * YEAR);
    assert_eq!(kinds(&world, two), [FieldKind::Name, FieldKind::Order], "a card is kept for thirteen months");
    let _ = call;
    let call = world.call(&world.staff.agent, None);
    assert_eq!(found(&world, call, &by_order), [two]);
}

#[test]
fn a_note_is_no_older_than_the_contact_in_which_it_was_written() {
    let call = Call::new(922);
    let world = &call.world;
    after(world, 2 * YEAR);
    let again = world.call(&world.staff.agent, Some(PHONE));
    let agent = world.scope(&world.staff.agent);
    block_on(world.vault.note(&agent, again, call.customer, "Rings in the evening.", None)).unwrap();
    run_at(world, 2 * YEAR + 100 * DAY);
    assert!(kinds(world, call.customer).contains(&FieldKind::Note), "a year after the customer came, and none old yet");
    run_at(world, 3 * YEAR + 2 * DAY);
    assert!(!kinds(world, call.customer).contains(&FieldKind::Note));
    assert!(kinds(world, call.customer).contains(&FieldKind::Name));
}

#[test]
fn who_is_held_keeps_all_and_a_rehearsal_destroys_nothing() {
    let call = Call::new(923);
    let world = &call.world;
    after(world, 4 * YEAR);
    run(&world.vault);
    let rehearsal = last(world).unwrap();
    assert_eq!((rehearsal.rehearsed, rehearsal.customers, rehearsal.values), (true, 0, 8), "it says what is due");
    for officer in [&world.staff.protection, &world.staff.security] {
        block_on(world.vault.hold(&at_a_page(world, officer), call.customer, Some(Hold::Litigation))).unwrap();
    }
    after(world, 4 * YEAR + DAY);
    run(&world.vault);
    assert_eq!((kinds(world, call.customer).len(), last(world).unwrap().held), (9, 1));
}

#[test]
fn a_sheet_that_was_edited_stays_and_is_counted() {
    let call = Call::on(TestWorld::embedded(924, VaultConfig::default()));
    let world = &call.world;
    assert_eq!(world.edit("UPDATE field SET sealed = zeroblob(length(sealed)) WHERE field = 0"), 1);
    run_at(world, 4 * YEAR);
    assert_eq!((kinds(world, call.customer).len(), last(world).unwrap().doubtful), (9, 1));
    assert!(told(world, Kind::ValuesExpired).is_empty());
}

#[test]
fn a_value_that_has_expired_can_be_shown_to_nobody() {
    let call = Call::new(925);
    let world = &call.world;
    run_at(world, YEAR);
    let agent = world.scope(&world.staff.agent);
    let again = world.call(&world.staff.agent, Some(PHONE));
    let wanted = vault::VerifyCommand { interaction: again, ..call.said(FieldKind::Preference, "delivery=evening") };
    assert!(kinds(world, call.customer).contains(&FieldKind::Preference));
    block_on(world.vault.verify(&agent, &wanted)).unwrap();
    run_at(world, 5 * YEAR);
    assert_refused(world, block_on(world.vault.verify(&agent, &wanted)).map(drop), Refusal::NoLiveInteraction);
    assert!(!kinds(world, call.customer).contains(&FieldKind::Preference));
}
