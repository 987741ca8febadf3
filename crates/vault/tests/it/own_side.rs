//! Customers on their own side: by a fixed clock, across tenants, and with addresses that look alike.

use crate::help::Call;
use crate::sessions::at_a_page;
use domain::{EntryId, FieldKind, Found, Guard, Hold, Refusal, ReportId, TenantId};
use std::sync::{Arc, Mutex};
use testkit::{EMAIL, FIRST, SECOND, TestWorld, block_on, name_and_phone, record};
use vault::{Ask, CustomerScope, Kind, Letter, Mail, MailError, Mailer, ReportMove, VaultError};
use zeroize::Zeroizing;

const MINUTE: i64 = 60_000;

/// Keeps every code that it delivers, with its address.
#[derive(Default)]
struct Mailbox(Mutex<Vec<(String, String)>>);

impl Mailer for Mailbox {
    fn deliver(&self, mail: &Mail<'_>) -> Result<(), MailError> {
        let Letter::Code(code) = mail.letter else { return Ok(()) };
        self.0.lock().unwrap().push((mail.to.to_owned(), String::clone(code)));
        Ok(())
    }
}

impl Mailbox {
    fn last(&self) -> (String, String) {
        self.0.lock().unwrap().last().cloned().expect("no letter")
    }

    fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

fn ask_at(world: &TestWorld, tenant: TenantId, address: &str, mailbox: &Arc<Mailbox>) -> Ask {
    let ask = world.vault.ask_for_own_code(tenant).unwrap();
    let sent = block_on(world.vault.send_own_code(&ask, address, Arc::clone(mailbox) as _, plan::Language::English));
    assert!(matches!(sent, Ok(()) | Err(VaultError::Refused { .. })), "{sent:?}");
    ask
}

fn enter(world: &TestWorld, ask: &Ask, code: &str) -> Result<Zeroizing<String>, VaultError> {
    block_on(world.vault.enter_own_code(FIRST, &ask.cookie(), code))
}

pub(crate) fn resume(world: &TestWorld, cookie: &str) -> Result<CustomerScope, VaultError> {
    block_on(world.vault.resume_customer(FIRST, cookie))
}

fn refused<T>(result: Result<T, VaultError>) -> Option<Refusal> {
    match result {
        Err(VaultError::Refused { refusal, .. }) => Some(refusal),
        _ => None,
    }
}

/// A customer with an address, signed in.
pub(crate) fn signed_in(world: &TestWorld) -> (CustomerScope, Zeroizing<String>) {
    let mailbox = Arc::<Mailbox>::default();
    let ask = ask_at(world, FIRST, EMAIL, &mailbox);
    let cookie = enter(world, &ask, &mailbox.last().1).unwrap();
    (resume(world, &cookie).unwrap(), cookie)
}

#[test]
fn a_code_counts_for_ten_minutes_and_a_session_for_fifteen() {
    let call = Call::new(700);
    let world = &call.world;
    let mailbox = Arc::<Mailbox>::default();
    let late = ask_at(world, FIRST, EMAIL, &mailbox);
    world.clock.advance(10 * MINUTE);
    assert_eq!(refused(enter(world, &late, &mailbox.last().1)), Some(Refusal::CodeWrong));
    let ask = ask_at(world, FIRST, EMAIL, &mailbox);
    world.clock.advance(10 * MINUTE - 1);
    let cookie = enter(world, &ask, &mailbox.last().1).unwrap();
    let scope = resume(world, &cookie).unwrap();
    assert_eq!(scope.customer(), call.customer);
    world.clock.advance(15 * MINUTE - 1);
    assert!(resume(world, &cookie).is_ok());
    world.clock.advance(1);
    assert_eq!(resume(world, &cookie).err(), Some(VaultError::Unauthenticated));
}

#[test]
fn the_letter_goes_to_the_address_on_file_and_to_no_shared_one() {
    let call = Call::new(701);
    let world = &call.world;
    let mailbox = Arc::<Mailbox>::default();
    let ask = ask_at(world, FIRST, "Ana.DIAZ@Example.Org", &mailbox);
    assert_eq!(mailbox.last().0, EMAIL, "not as it was typed");
    enter(world, &ask, &mailbox.last().1).unwrap();
    // Somebody else of the household has the same.
    let _second = world.add(record(&[(FieldKind::Name, "Bea Diaz"), (FieldKind::Email, EMAIL)]));
    for address in [EMAIL, "nobody@example.org", "no address"] {
        ask_at(world, FIRST, address, &mailbox);
    }
    assert_eq!(mailbox.count(), 1);
    let unsent = |world: &TestWorld| {
        let lines = world.log(FIRST);
        lines.iter().filter(|line| line.body.as_ref().is_some_and(|body| body.kind == Kind::OwnCodeUnsent)).count()
    };
    assert_eq!(unsent(world), 3);
}

#[test]
fn a_code_of_one_tenant_is_none_at_another() {
    let call = Call::new(702);
    let world = &call.world;
    let _there = world.add_in(SECOND, record(&[(FieldKind::Name, "Ana Diaz"), (FieldKind::Email, EMAIL)]));
    let mailbox = Arc::<Mailbox>::default();
    let second = ask_at(world, SECOND, EMAIL, &mailbox);
    let code = mailbox.last().1;
    assert_eq!(refused(enter(world, &second, &code)), Some(Refusal::CodeWrong));
    // The same question with the other tenant's name on it.
    let bent = second.cookie().replacen("00000002", "00000001", 1);
    let tried = block_on(world.vault.enter_own_code(FIRST, &bent, &code));
    assert_eq!(refused(tried), Some(Refusal::CodeWrong));
    let cookie = block_on(world.vault.enter_own_code(SECOND, &second.cookie(), &code)).unwrap();
    assert!(block_on(world.vault.resume_customer(SECOND, &cookie)).is_ok());
    assert_eq!(resume(world, &cookie).err(), Some(VaultError::Unauthenticated));
    let bent = cookie.replacen("00000002", "00000001", 1);
    assert_eq!(resume(world, &bent).err(), Some(VaultError::Unauthenticated));
}

#[test]
fn nobody_is_erased_who_is_held_and_a_session_ends_with_its_customer() {
    let call = Call::new(703);
    let world = &call.world;
    let (scope, cookie) = signed_in(world);
    let (guardian, officer) = (at_a_page(world, &world.staff.protection), at_a_page(world, &world.staff.security));
    for officer in [&guardian, &officer] {
        block_on(world.vault.hold(officer, call.customer, Some(Hold::Authority))).unwrap();
    }
    assert_eq!(block_on(world.vault.own_record(&scope)).ok().unwrap().hold, Some(Hold::Authority));
    assert_eq!(refused(block_on(world.vault.forget_me(&scope))), Some(Refusal::LegalHold));
    assert!(resume(world, &cookie).is_ok());
    for officer in [&guardian, &officer] {
        block_on(world.vault.hold(officer, call.customer, None)).unwrap();
    }
    block_on(world.vault.forget_me(&scope)).unwrap();
    assert_eq!(resume(world, &cookie).err(), Some(VaultError::Unauthenticated));
    // What was resumed before does nothing any more either.
    assert!(block_on(world.vault.own_record(&scope)).is_err() && block_on(world.vault.own_export(&scope)).is_err());
    assert_eq!(world.tables_holding(&call.customer.0), Vec::<String>::new(), "no table names the customer");
}

#[test]
fn no_session_reaches_anybody_else() {
    let call = Call::new(704);
    let world = &call.world;
    let other = world.add(name_and_phone("Carl Other", "+447400123999"));
    let guardian = world.scope(&world.staff.protection);
    let statement = block_on(world.vault.give_statement(&guardian, other)).ok().unwrap();
    let (scope, _) = signed_in(world);
    let doubt = block_on(world.vault.own_doubt(&scope, statement.receipt));
    assert_eq!(refused(doubt), Some(Refusal::NotFound), "another's entry");
    let own = block_on(world.vault.own_log(&scope, None)).unwrap();
    assert!(own.looks.iter().all(|look| look.entry != statement.receipt) && own.missing == 0);
    assert_eq!(u64::try_from(own.looks.len()).unwrap(), own.n);
}

#[test]
fn of_a_guarded_customer_nothing_goes_by_a_code_alone() {
    let call = Call::new(705);
    let world = &call.world;
    let (scope, _) = signed_in(world);
    let security = world.scope(&world.staff.security);
    block_on(world.vault.guard(&security, call.customer, Some(Guard::Vulnerable))).unwrap();
    assert_eq!(refused(block_on(world.vault.own_record(&scope))), Some(Refusal::GuardedRecord));
    assert_eq!(refused(block_on(world.vault.own_export(&scope))), Some(Refusal::GuardedRecord));
    assert_eq!(refused(block_on(world.vault.own_statement(&scope))), Some(Refusal::GuardedRecord));
    assert_eq!(refused(block_on(world.vault.forget_me(&scope))), Some(Refusal::GuardedRecord));
    let mailbox = Arc::<Mailbox>::default();
    ask_at(world, FIRST, EMAIL, &mailbox);
    assert_eq!(mailbox.count(), 0);
}

#[test]
fn a_flood_of_questions_does_not_fill_the_log() {
    let call = Call::new(706);
    let world = &call.world;
    let mailbox = Arc::<Mailbox>::default();
    for _ in 0..2_000 {
        ask_at(world, FIRST, "no address", &mailbox);
    }
    let before = world.log(FIRST).len();
    for address in [EMAIL, "no address", "nobody@example.org"] {
        ask_at(world, FIRST, address, &mailbox);
    }
    assert_eq!((world.log(FIRST).len(), mailbox.count()), (before, 0));
    // An hour slides in steps of ten minutes.
    world.clock.advance(71 * MINUTE);
    ask_at(world, FIRST, EMAIL, &mailbox);
    assert_eq!(mailbox.count(), 1);
}

#[test]
fn one_customer_asks_for_their_own_sixty_times_an_hour() {
    let call = Call::new(707);
    let world = &call.world;
    let (scope, _) = signed_in(world);
    for _ in 0..30 {
        block_on(world.vault.own_record(&scope)).ok().unwrap();
        block_on(world.vault.own_log(&scope, None)).ok().unwrap();
    }
    assert_eq!(refused(block_on(world.vault.own_statement(&scope))), Some(Refusal::AttemptsExhausted));
}

#[test]
fn who_looked_is_told_by_pages_however_long_the_log_is() {
    let call = Call::generous(708);
    let world = &call.world;
    for _ in 0..250 {
        call.reveal(&call.command(FieldKind::Name)).map(drop).unwrap();
    }
    let (scope, _) = signed_in(world);
    let first = block_on(world.vault.own_log(&scope, None)).unwrap();
    assert_eq!((first.looks.len(), first.missing), (100, 0));
    let (mut all, mut older) = (first.looks, first.older);
    while let Some(from) = older {
        let page = block_on(world.vault.own_log(&scope, Some(from))).unwrap();
        assert!(page.missing == 0 && !page.looks.is_empty());
        (older, all) = (page.older, [all, page.looks].concat());
    }
    let numbers: Vec<u64> = all.iter().map(|look| look.n).collect();
    assert_eq!(numbers, (1..=first.n).rev().collect::<Vec<_>>(), "each once, newest first");
    // Nobody else's entry is a place to begin at.
    let other = world.add(name_and_phone("Carl Other", "+447400123999"));
    let guardian = world.scope(&world.staff.protection);
    let theirs = block_on(world.vault.give_statement(&guardian, other)).ok().unwrap().receipt;
    assert_eq!(refused(block_on(world.vault.own_log(&scope, Some(theirs)))), Some(Refusal::NotFound));
    assert_eq!(refused(block_on(world.vault.own_log(&scope, Some(EntryId([9; 16]))))), Some(Refusal::NotFound));
    // One that is taken out breaks the way from one to the next: the others are looked for, and it is said that one is missing.
    let gone = &all[40];
    let id: String = gone.entry.0.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(world.edit(&format!("DELETE FROM entry WHERE id = x'{id}'")), 1);
    let page = block_on(world.vault.own_log(&scope, None)).unwrap();
    assert_eq!((page.missing, page.older), (1, None));
    assert!(page.looks.iter().all(|look| look.n != gone.n) && page.looks.last().unwrap().n == 1);
}

#[test]
fn who_says_they_were_not_in_touch_learns_what_came_of_it_and_nobody_learns_who_it_was() {
    let call = Call::new(1_912);
    let world = &call.world;
    let (scope, _) = signed_in(world);
    let news = || block_on(world.vault.own_news(&scope)).unwrap();
    assert!(news().is_empty());
    let entry = block_on(world.vault.own_log(&scope, None)).unwrap().looks[0].entry;
    let report = block_on(world.vault.own_doubt(&scope, entry)).unwrap();
    assert_eq!(news()[0].found, None, "security is looking");
    let security = world.scope(&world.staff.security);
    let step = |scope, report, step: &ReportMove| block_on(world.vault.handle_report(scope, report, step));
    let close = ReportMove::Close(Found::Stopped, Some("It won't happen again.".to_owned()));
    let agent = world.scope(&world.staff.agent);
    assert_eq!(refused(step(&agent, report, &close)), Some(Refusal::RoleNotAllowed));
    assert_eq!(refused(step(&security, ReportId([9; 16]), &close)), Some(Refusal::NotFound));
    step(&security, report, &ReportMove::Acknowledge).unwrap();
    assert!(news()[0].acknowledged && news()[0].found.is_none());
    step(&security, report, &close).unwrap();
    assert_eq!(news()[0].found, Some(Found::Stopped));
    assert_eq!(news()[0].said[0].as_str(), "It won't happen again.");
    assert_eq!(refused(step(&security, report, &close)), Some(Refusal::ReportOver));
    assert_eq!(world.edit("UPDATE admission SET expires = expires + 1 WHERE kind = 33"), 1);
    assert!(news().is_empty(), "an edited report says nothing");
    assert_eq!(world.edit("UPDATE admission SET expires = expires + 1 WHERE kind = 52"), 1);
    assert!(news().is_empty());
}
