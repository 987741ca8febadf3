//! Erasure: nothing opens, nothing is found, no row names the customer, and the log still verifies.

use crate::help::{Call, assert_refused, value};
use crate::sessions::{Page, at_a_page};
use domain::field::query_phone;
use domain::{CustomerId, FieldKind, Refusal};
use testkit::{Browser, FIRST, Member, PHONE, TestWorld, block_on};
use transparency::verify_receipt;
use vault::{Erased, Erasing, Kind, ReceiptAnswer, RevealCommand, VaultError};

fn erase(call: &Call) -> Result<Erased, VaultError> {
    erased(&call.world, call.customer)
}

/// Two officers ask for it, each in a browser of their own.
pub(crate) fn erased(world: &TestWorld, customer: CustomerId) -> Result<Erased, VaultError> {
    let Erasing::Waits { .. } = asked(world, &world.staff.protection, customer)? else { panic!("erased by one") };
    let Erasing::Done(erased) = asked(world, &world.staff.security, customer)? else { panic!("not erased by two") };
    Ok(erased)
}

fn asked(world: &TestWorld, by: &Member, customer: CustomerId) -> Result<Erasing, VaultError> {
    block_on(world.vault.erase(&at_a_page(world, by), customer))
}

#[test]
fn nobody_erases_alone() {
    let call = Call::new(87);
    let (world, customer) = (&call.world, call.customer);
    let (protection, security) = (&world.staff.protection, &world.staff.security);
    // Security only agrees; a program's word counts for nothing.
    assert_refused(world, asked(world, security, customer), Refusal::RoleNotAllowed);
    let program = block_on(world.vault.erase(&world.scope(protection), customer));
    assert_refused(world, program, Refusal::NotASecondOfficer);
    for _ in 0..2 {
        assert!(matches!(asked(world, protection, customer).unwrap(), Erasing::Waits { .. }));
    }
    let program = block_on(world.vault.erase(&world.scope(security), customer));
    assert_refused(world, program, Refusal::NotASecondOfficer);
    let browser = Browser::new();
    let at_one = |by| Page::begin_in(world, &world.vault, by, &browser).get(&world.vault, "/").unwrap();
    block_on(world.vault.erase(&at_one(protection), customer)).unwrap();
    let second = block_on(world.vault.erase(&at_one(security), customer));
    assert_refused(world, second, Refusal::NotASecondOfficer);
    // A word that is older than seven days is none.
    world.clock.advance(7 * 24 * 3_600_000);
    assert_refused(world, asked(world, security, customer), Refusal::RoleNotAllowed);
    assert!(block_on(world.store.customer(FIRST, customer)).unwrap().is_some());
    let asked = block_on(world.vault.erase(&at_a_page(world, protection), customer)).unwrap();
    let Erasing::Waits { receipt, .. } = asked else { panic!("{asked:?}") };
    assert_eq!(world.line(FIRST, receipt).body.unwrap().kind, Kind::ErasureAsked);
    let done = block_on(world.vault.erase(&at_a_page(world, security), customer)).unwrap();
    let Erasing::Done(erased) = done else { panic!("{done:?}") };
    assert_eq!(world.line(FIRST, erased.receipt).body.unwrap().upon, Some(protection.id));
}

#[test]
fn leaves_nothing_to_open_or_find() {
    let call = Call::new(80);
    value(call.reveal(&call.command(FieldKind::Name)));
    let agent = call.world.scope(&call.world.staff.agent);
    block_on(call.world.vault.verify(&agent, &call.said(FieldKind::Name, "Ana Diaz"))).unwrap();
    block_on(call.world.vault.note(&agent, call.interaction, call.customer, "wants to be forgotten", None)).unwrap();
    assert!(!call.world.tables_holding(&call.customer.0).is_empty());

    let erased = erase(&call).unwrap();
    assert_eq!(call.world.line(FIRST, erased.receipt).body.unwrap().kind, Kind::Erasure);
    assert!(block_on(call.world.store.fields(FIRST, call.customer)).unwrap().is_empty());
    assert_eq!(
        call.world.tables_holding(&call.customer.0),
        Vec::<String>::new(),
        "these tables still name the customer"
    );

    assert_refused(&call.world, call.reveal(&call.command(FieldKind::Name)), Refusal::NoLiveInteraction);
    let fresh = call.world.call(&call.world.staff.agent, Some(PHONE));
    assert_eq!(block_on(call.world.vault.interaction(&agent, fresh)).unwrap().customer, None);
    let found = block_on(call.world.vault.search(&agent, fresh, &query_phone(PHONE).unwrap())).unwrap();
    assert!(found.hits.is_empty());
    let command = RevealCommand { interaction: fresh, ..call.command(FieldKind::Name) };
    assert_refused(&call.world, call.reveal(&command), Refusal::WrongCustomer);
}

#[test]
fn leaves_the_log_whole() {
    let call = Call::new(81);
    let revealed = call.reveal(&call.command(FieldKind::Name)).ok().unwrap();
    let before = call.world.log(FIRST).len();
    erase(&call).unwrap();
    let lines = call.world.log(FIRST);
    let of = |kind| lines.iter().filter(|line| line.body.as_ref().is_some_and(|body| body.kind == kind)).count();
    assert_eq!((of(Kind::ErasureAsked), of(Kind::Erasure)), (1, 2));
    assert!(lines.len() > before);
    assert!(lines.iter().all(|line| line.body.is_some()), "every audit half still opens against its leaf");
    let leaf = block_on(call.world.store.entry(FIRST, revealed.receipt)).unwrap().unwrap().leaf;
    let ReceiptAnswer::Ready(receipt) = block_on(call.world.vault.receipt(FIRST, revealed.receipt)).unwrap() else {
        panic!("the entry is sequenced")
    };
    verify_receipt(&receipt, &leaf, &call.world.log_keys(FIRST)).unwrap();
}

#[test]
fn is_for_the_data_protection_officer_only() {
    let call = Call::new(82);
    let others = call.world.staff.all().into_iter();
    for member in others.filter(|member| member.role != domain::Role::DataProtectionOfficer) {
        assert_refused(&call.world, asked(&call.world, member, call.customer), Refusal::RoleNotAllowed);
    }
    value(call.reveal(&call.command(FieldKind::Name)));
}

#[test]
fn happens_once_and_to_customers_only() {
    let call = Call::new(83);
    erase(&call).unwrap();
    assert_refused(&call.world, erase(&call), Refusal::NotFound);
    assert_refused(&call.world, erased(&call.world, CustomerId([1; 16])), Refusal::NotFound);
}

#[test]
fn reaches_index_rows_that_still_wait_for_their_import_to_end() {
    let call = Call::new(84);
    let operator = call.world.vault.operator(FIRST);
    let number = "+442079460555";
    let record = testkit::name_and_phone("Sta Staged", number);
    let batch = vault::IntakeBatch { import: [1; 16], rows_done: 1, records: vec![record], staged: true };
    let customer = block_on(call.world.vault.take_in(&operator, batch)).unwrap().customers[0];
    erased(&call.world, customer).unwrap();
    block_on(call.world.vault.finish_intake(&operator)).unwrap();
    assert_eq!(call.world.tables_holding(&customer.0), Vec::<String>::new());
}

#[test]
fn takes_nothing_from_the_count_of_what_was_spent() {
    let call = Call::new(85);
    let agent = call.world.scope(&call.world.staff.agent);
    block_on(call.world.vault.verify(&agent, &call.said(FieldKind::Name, "Ana Diaz"))).unwrap();
    let before = block_on(call.world.store.budgets(FIRST)).unwrap();
    erase(&call).unwrap();
    assert_eq!(block_on(call.world.store.budgets(FIRST)).unwrap(), before);
    for (counter, ..) in before {
        for id in [call.customer.0, call.interaction.0] {
            assert!(!counter.bytes().windows(16).any(|window| window == id), "a counter's name leads to the customer");
        }
    }
}

#[test]
fn what_is_put_back_of_whoever_was_erased_brings_nobody_back() {
    let call = Call::new(86);
    let world = &call.world;
    value(call.reveal(&call.command(FieldKind::Name)));
    let tables = ["field", "blind_index", "interaction", "request", "budget"];
    let kept = tables.map(|table| world.database().keep(table));
    erase(&call).unwrap();
    // All that isn't the customer's own row, whose keys are gone: as an import, a restored table or a cache would bring it.
    for table in &kept {
        world.database().put_back(table);
    }
    let agent = world.scope(&world.staff.agent);
    for node in [&world.vault, &world.another_node()] {
        assert!(block_on(node.reveal(&agent, &call.command(FieldKind::Name))).is_err());
        let term = query_phone(PHONE).unwrap();
        let found = block_on(node.search(&agent, call.interaction, &term)).map(|found| found.hits.len());
        assert!(matches!(found, Ok(0) | Err(_)), "{found:?}");
        let ask = node.ask_for_own_code(FIRST).unwrap();
        let pocket = std::sync::Arc::new(Nobody);
        drop(block_on(node.send_own_code(&ask, testkit::EMAIL, pocket, plan::Language::English)));
    }
    let again = world.call(&world.staff.agent, Some(PHONE));
    let command = RevealCommand { interaction: again, ..call.command(FieldKind::Name) };
    assert!(call.reveal(&command).is_err(), "a call from their number shows nothing of theirs");
    // An old file brings nobody back; who comes with the same data later is somebody new.
    let operator = world.vault.operator(FIRST);
    assert_refused(world, block_on(world.vault.add_customer(&operator, testkit::ana())), Refusal::ErasedBefore);
    world.clock.advance(24 * 3_600_000);
    let later = Some(plan::day_of(world.vault.now()));
    let back = world.add(vault::NewRecord { since: later, ..testkit::ana() });
    assert_ne!(back, call.customer);
    let guardian = world.scope(&world.staff.protection);
    assert!(block_on(world.vault.give_statement(&guardian, call.customer)).is_err());
    assert_eq!(block_on(world.vault.give_statement(&guardian, back)).ok().unwrap().lines.len(), 1);
}

/// No letter goes out.
struct Nobody;

impl vault::Mailer for Nobody {
    fn deliver(&self, _: &vault::Mail<'_>) -> Result<(), vault::MailError> {
        panic!("a letter to whoever was erased")
    }
}
