//! What customers had limited: nothing of theirs is read for staff, nothing of it is destroyed, and two end it.

use crate::help::{assert_refused, value};
use crate::own_side::signed_in;
use crate::requests::Office;
use crate::retention::{YEAR, is_there, last, run_at};
use crate::sessions::{Page, at_a_page};
use domain::field::query_phone;
use domain::{FieldKind, InteractionId, Purpose, Refusal, Right, UseLimit};
use plan::Language;
use std::sync::Arc;
use testkit::{Browser, DATE_OF_BIRTH, Member, PHONE, Pocket, block_on};
use vault::{LimitEnding, RequestState, RevealCommand, Revealed, Scope, VaultError, VerifyCommand};
use zeroize::Zeroizing;

/// A customer who rang, and whose request was answered.
struct Limited {
    office: Office,
    interaction: InteractionId,
}

impl Limited {
    /// By one: it takes nothing from the customer.
    fn new(seed: u64, right: Right) -> Self {
        let office = Office::new(seed);
        let interaction = office.world.call(&office.world.staff.agent, Some(PHONE));
        let limited = Self { office, interaction };
        value(limited.reveal(FieldKind::Name));
        let request = limited.office.proven(right);
        let done = limited.office.answer(limited.office.protection(), request).unwrap();
        assert_eq!((done.state, done.told), (RequestState::Answered, true));
        limited
    }

    fn reveal(&self, field: FieldKind) -> Result<Revealed, VaultError> {
        let (world, customer) = (&self.office.world, self.office.customer);
        let purpose = Purpose::for_field(field).first().copied().unwrap();
        let command = RevealCommand { customer, interaction: self.interaction, field, instance: 1, purpose, key: None };
        block_on(world.vault.reveal(&world.scope(&world.staff.agent), &command))
    }

    fn said(&self) -> VerifyCommand {
        let (customer, interaction) = (self.office.customer, self.interaction);
        let said = Zeroizing::new(DATE_OF_BIRTH.to_owned());
        VerifyCommand { customer, interaction, field: FieldKind::DateOfBirth, instance: 1, said }
    }
}

fn ended(office: &Office, scope: &Scope, limit: UseLimit) -> Result<LimitEnding, VaultError> {
    let end = office.world.vault.end_limit(scope, (office.customer, limit), Language::English, Some(office.mailer()));
    block_on(end)
}

fn end(office: &Office, by: &Member, limit: UseLimit) -> Result<LimitEnding, VaultError> {
    ended(office, &at_a_page(&office.world, by), limit)
}

#[test]
fn nobody_of_staff_reads_anything_of_a_restricted_customer() {
    let call = Limited::new(1_320, Right::Restriction);
    let office = &call.office;
    let (world, vault) = (&office.world, &office.world.vault);
    let agent = world.scope(&world.staff.agent);
    let no = Refusal::UseRestricted;
    assert_refused(world, call.reveal(FieldKind::Name), no);
    assert_refused(world, block_on(vault.view(&agent, call.interaction, office.customer)), no);
    assert_refused(world, block_on(vault.verify(&agent, &call.said())), no);
    assert_refused(world, block_on(vault.send_code(&agent, call.interaction, Arc::<Pocket>::default())), no);
    assert_refused(world, block_on(vault.note(&agent, call.interaction, office.customer, "Rang.", None)), no);
    // A search goes on without them.
    let free = world.call(&world.staff.agent, None);
    assert!(block_on(vault.search(&agent, free, &query_phone(PHONE).unwrap())).unwrap().hits.is_empty());
    // Nor do staff destroy them, or the time that the plan gives.
    let protection = at_a_page(world, &world.staff.protection);
    assert_refused(world, block_on(vault.erase(&protection, office.customer)), no);
    // What is theirs goes on: their page, and another request.
    let (own, _) = signed_in(world);
    assert_eq!(block_on(vault.own_record(&own)).ok().unwrap().limits, [UseLimit::Restricted]);
    assert!(block_on(vault.own_export(&own)).is_ok());
    office.proven(Right::Access);
    run_at(world, 11 * YEAR);
    assert!(is_there(world, office.customer) && last(world).unwrap().held == 1);
}

#[test]
fn who_objected_is_served_by_what_rests_on_their_contract() {
    let call = Limited::new(1_321, Right::Objection);
    let office = &call.office;
    let (world, vault) = (&office.world, &office.world.vault);
    let agent = world.scope(&world.staff.agent);
    // By the plan that comes with the program, name and number rest on the contract; these on the company's own interest.
    value(call.reveal(FieldKind::Name));
    let no = Refusal::UseObjected;
    assert_refused(world, call.reveal(FieldKind::DateOfBirth), no);
    assert_refused(world, block_on(vault.note(&agent, call.interaction, office.customer, "Rang.", None)), no);
    assert_refused(world, block_on(vault.verify(&agent, &call.said())), no);
    let (own, _) = signed_in(world);
    assert_eq!(block_on(vault.own_record(&own)).ok().unwrap().limits, [UseLimit::Objected]);
}

#[test]
fn a_limit_that_is_edited_away_is_noticed() {
    let call = Limited::new(1_322, Right::Restriction);
    let world = &call.office.world;
    // The mark, and one that means nothing.
    for marks in ["0", "guard + 1125899906842624"] {
        let before = ["customer", world.states()].map(|table| world.database().keep(table));
        for table in ["customer", world.states()] {
            world.edit(&format!("UPDATE {table} SET guard = {marks}"));
        }
        assert_refused(world, call.reveal(FieldKind::Name), Refusal::Tampered);
        for table in &before {
            world.database().put_back(table);
        }
    }
    assert_refused(world, call.reveal(FieldKind::Name), Refusal::UseRestricted);
}

#[test]
fn two_end_it_and_the_customer_is_written_to_first() {
    let call = Limited::new(1_323, Right::Restriction);
    let office = &call.office;
    let world = &office.world;
    let (protection, security, limit) = (&world.staff.protection, &world.staff.security, UseLimit::Restricted);
    let reveals = || call.reveal(FieldKind::Name);
    assert_refused(world, end(office, security, limit), Refusal::RoleNotAllowed);
    assert_refused(world, ended(office, &world.scope(protection), limit), Refusal::NotASecondOfficer);
    assert_refused(world, end(office, protection, UseLimit::Objected), Refusal::NotFound);
    let browser = Browser::new();
    let at_one = |by| Page::begin_in(world, &world.vault, by, &browser).get(&world.vault, "/").unwrap();
    let asked = ended(office, &at_one(protection), limit).unwrap();
    assert!(asked.waits_until.is_some() && asked.told && office.letters.last() == "ends");
    assert_refused(world, ended(office, &at_one(security), limit), Refusal::NotASecondOfficer);
    assert_refused(world, reveals(), Refusal::UseRestricted);
    assert_eq!(end(office, security, limit).unwrap().waits_until, None);
    value(reveals());
    assert_refused(world, end(office, security, limit), Refusal::NotFound);
    for member in world.staff.all().into_iter().filter(|one| ![protection.id, security.id].contains(&one.id)) {
        assert_refused(world, end(office, member, limit), Refusal::RoleNotAllowed);
    }
}
