//! A customer corrects their bank account; a thief who reads their mail does, to have the next refund.

use crate::correcting::{Broken, Down, Letters, PAGE, corrected, mask_of, refused, tell};
use crate::four::{ACCOUNT, Four};
use crate::help::{Call, assert_refused, failure, value};
use crate::own_side::signed_in;
use crate::sessions::at_a_page;
use domain::{FieldKind, Refusal};
use std::sync::Arc;
use testkit::{EMAIL, FIRST, IBAN, PHONE, Pocket, TestWorld, ana, block_on};
use vault::{Correction, Courier, CustomerScope, Mailer, RevealCommand, Revealed, Tell, VaultError, WhyWithheld};

const NEW: &str = "DE89 3704 0044 0532 0130 00";
const KEPT: &str = "\"DE89370400440532013000\"";
const SECOND_PHONE: &str = "+442079460777";
const HOUR: i64 = 3_600_000;

/// In a call of its own a second person is asked, and agrees; then the agent looks.
fn seen(four: &Four) -> Result<Revealed, VaultError> {
    let interaction = four.world().call(&four.world().staff.agent, Some(PHONE));
    let command = RevealCommand { interaction, ..four.account() };
    let page = four.page();
    let asked = block_on(four.vault().ask_approval(&four.agent(), &command))?;
    four.answer(&page, asked.id, true)?;
    four.call.reveal(&command)
}

/// The customer corrects it to this, told by both.
fn to(
    world: &TestWorld,
    scope: &CustomerScope,
    text: &str,
    (mailer, courier): (Arc<dyn Mailer>, Option<Arc<dyn Courier>>),
) -> Result<Option<domain::EntryId>, VaultError> {
    let tell = Tell { courier, ..tell(mailer) };
    block_on(world.vault.own_correct(scope, &Correction { field: ACCOUNT, instance: 1, text }, &tell))
}

#[test]
fn another_account_is_told_everywhere_and_shown_to_nobody_for_three_days() {
    let four = Four::new(920);
    let world = four.world();
    assert_eq!(value(seen(&four)), format!("\"{IBAN}\""));
    let (scope, _) = signed_in(world);
    // A yes to what was there is none to what takes its place.
    let page = four.page();
    let asked = four.ask().unwrap();
    four.answer(&page, asked, true).unwrap();
    let (letters, pocket) = (Arc::<Letters>::default(), Arc::<Pocket>::default());
    to(world, &scope, NEW, (Arc::clone(&letters) as _, Some(Arc::clone(&pocket) as _))).unwrap().unwrap();
    let (told, link) = letters.last();
    assert_eq!((told.as_str(), letters.all().len()), (EMAIL, 1));
    assert!(link.starts_with(PAGE), "{link}");
    assert_eq!((pocket.warned(), pocket.count()), (vec![PHONE.to_owned()], 0));
    assert_refused(world, four.call.reveal(&four.account()), Refusal::ContactUnsure);

    assert_eq!(mask_of(world, &scope, ACCOUNT), "DE•• •••• •••• ••00");
    let waiting = block_on(world.vault.own_record(&scope)).ok().unwrap().waiting;
    assert_eq!(waiting.iter().map(|(kind, instance, _)| (*kind, *instance)).collect::<Vec<_>>(), [(ACCOUNT, 1)]);
    let copy = block_on(world.vault.own_export(&scope)).ok().unwrap();
    assert_eq!(copy.withheld, [(ACCOUNT, 1, WhyWithheld::NotYet)]);
    assert!(copy.values.iter().all(|(kind, ..)| *kind != ACCOUNT));
    assert_refused(world, seen(&four), Refusal::ContactUnsure);
    // Whoever has the database makes it older: then it opens nowhere.
    let account = ACCOUNT.code();
    let version = world.database().number(&format!("SELECT version FROM field WHERE field = {account}"));
    for older in [2, version - 73 * HOUR] {
        world.clock.advance(2 * HOUR);
        assert_eq!(world.edit(&format!("UPDATE field SET version = {older} WHERE field = {account}")), 1);
        assert!(matches!(failure(seen(&four)), VaultError::Damaged | VaultError::Holder(_)), "{older}");
    }
    assert_eq!(world.edit(&format!("UPDATE field SET version = {version} WHERE field = {account}")), 1);

    world.clock.advance(68 * HOUR - 10_000);
    assert_refused(world, seen(&four), Refusal::ContactUnsure);
    world.clock.advance(10_000);
    assert_eq!(value(seen(&four)), KEPT);
    let (scope, _) = signed_in(world);
    let copy = block_on(world.vault.own_export(&scope)).ok().unwrap();
    assert!(copy.withheld.is_empty() && copy.values.iter().any(|(kind, ..)| *kind == ACCOUNT));
}

#[test]
fn nobody_is_asked_about_it_either_and_another_correction_begins_the_three_days_anew() {
    let four = Four::new(921);
    let world = four.world();
    let (scope, _) = signed_in(world);
    corrected(world, &scope, (ACCOUNT, NEW));
    // With nobody there, and with somebody who could agree.
    assert_refused(world, four.ask(), Refusal::ContactUnsure);
    let _page = four.page();
    assert_refused(world, four.ask(), Refusal::ContactUnsure);
    assert_refused(world, four.call.reveal(&four.account()), Refusal::ContactUnsure);
    // Corrected anew, the three days begin anew.
    world.clock.advance(71 * HOUR);
    let (scope, _) = signed_in(world);
    corrected(world, &scope, (ACCOUNT, "FR1420041010050500013M02606"));
    world.clock.advance(2 * HOUR);
    assert_refused(world, seen(&four), Refusal::ContactUnsure);
    world.clock.advance(70 * HOUR);
    assert_eq!(value(seen(&four)), "\"FR1420041010050500013M02606\"");
}

#[test]
fn without_a_letter_or_the_text_message_the_account_stays() {
    let four = Four::new(922);
    let world = four.world();
    let (scope, _) = signed_in(world);
    let letters = || Arc::<Letters>::default() as Arc<dyn Mailer>;
    let undelivered = |by| assert_eq!(failure(to(world, &scope, NEW, by)), VaultError::Undelivered);
    undelivered((Arc::new(Broken) as _, None));
    undelivered((letters(), Some(Arc::new(Down) as _)));
    assert_eq!(value(seen(&four)), format!("\"{IBAN}\""));
    assert!(matches!(to(world, &scope, "DE00 3704", (letters(), None)), Err(VaultError::Input(_))));
    let none = Correction { field: ACCOUNT, instance: 2, text: NEW };
    assert_refused(world, block_on(world.vault.own_correct(&scope, &none, &tell(letters()))), Refusal::NotFound);
    let pocket = Arc::<Pocket>::default();
    assert_eq!(to(world, &scope, IBAN, (letters(), Some(Arc::clone(&pocket) as _))).unwrap(), None, "it is that");
    assert_eq!(pocket.warned(), Vec::<String>::new());
    // Where no text messages are sent, the letter is what there is.
    assert!(to(world, &scope, NEW, (letters(), None)).unwrap().is_some());
}

#[test]
fn every_number_on_file_is_told_and_no_account_follows_a_changed_number() {
    let world = TestWorld::new(923);
    let mut record = ana();
    record.values.push(domain::field::Incoming::parse(FieldKind::Phone, SECOND_PHONE).unwrap());
    let _customer = world.add(record);
    let (scope, _) = signed_in(&world);
    let pocket = Arc::<Pocket>::default();
    let letters = || Arc::<Letters>::default() as Arc<dyn Mailer>;
    to(&world, &scope, NEW, (letters(), Some(Arc::clone(&pocket) as _))).unwrap().unwrap();
    let mut warned = pocket.warned();
    warned.sort();
    assert_eq!(warned, [PHONE, SECOND_PHONE]);
    // Who changes the number first would have the text message.
    corrected(&world, &scope, (FieldKind::Phone, "+442079460555"));
    assert_refused(&world, to(&world, &scope, IBAN, (letters(), None)), Refusal::ContactUnsure);
}

#[test]
fn whoever_objects_keeps_it_from_being_shown_until_two_of_security_say_otherwise() {
    let four = Four::on(Call::new(924));
    let world = four.world();
    let (scope, _) = signed_in(world);
    let link = corrected(world, &scope, (ACCOUNT, NEW)).last().1;
    block_on(world.vault.own_objection(FIRST, link.strip_prefix(PAGE).unwrap())).unwrap();
    assert_eq!(refused(block_on(world.vault.own_record(&scope))), Refusal::GuardedRecord);
    world.clock.advance(73 * HOUR);
    assert_refused(world, seen(&four), Refusal::ContactUnsure);
    for officer in [&world.staff.security, &world.staff.analyst] {
        block_on(world.vault.guard(&at_a_page(world, officer), four.call.customer, None)).unwrap();
    }
    assert_eq!(value(seen(&four)), KEPT);
}

/// Who has the mailbox puts a number of their own there first, and waits.
#[test]
fn an_account_is_not_corrected_for_thirty_days_after_a_number_or_an_address_was() {
    let call = Call::new(926);
    let world = &call.world;
    let (scope, _) = signed_in(world);
    corrected(world, &scope, (FieldKind::Phone, SECOND_PHONE));
    for (days, fits) in [(29, false), (1, true)] {
        world.clock.advance(days * 24 * HOUR);
        let (scope, _) = signed_in(world);
        let (letters, pocket) = (Arc::<Letters>::default(), Arc::<Pocket>::default());
        let tried = to(world, &scope, NEW, (Arc::clone(&letters) as _, Some(Arc::clone(&pocket) as _)));
        match fits {
            true => assert!(tried.unwrap().is_some()),
            false => assert_eq!(refused(tried), Refusal::ContactUnsure),
        }
        assert_eq!((letters.all().is_empty(), pocket.warned().is_empty()), (!fits, !fits));
    }
}
