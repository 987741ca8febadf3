//! A customer corrects what is theirs; a thief with their session does, and then calls, asks for a code, or does it again.

use crate::help::{Call, assert_refused, failure, value};
use crate::own_side::{resume, signed_in};
use crate::sessions::at_a_page;
use domain::field::{query_email, query_phone};
use domain::{Binding, CustomerId, FieldKind, Guard, InteractionId, Refusal};
use std::sync::{Arc, Mutex};
use testkit::{EMAIL, FIRST, PHONE, Pocket, SECOND, TestWorld, block_on, record};
use vault::{
    Correction, Courier, CourierError, CustomerScope, Heard, Kind, Letter, Mail, MailError, Mailer, SendCode, Tell,
    VaultError, VerifyCommand,
};
use zeroize::Zeroizing;

const NEW_PHONE: &str = "+442079460555";
const NEW_EMAIL: &str = "thief@example.net";
const HOUR: i64 = 3_600_000;
pub(crate) const PAGE: &str = "https://desk.example.com/me/acme/en/objection/";

/// Keeps where letters went, and what they said: a code, or the link of a correction.
#[derive(Default)]
pub(crate) struct Letters(Mutex<Vec<(String, String)>>);

impl Letters {
    pub(crate) fn all(&self) -> Vec<(String, String)> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn last(&self) -> (String, String) {
        self.all().pop().expect("no letter")
    }
}

impl Mailer for Letters {
    fn deliver(&self, mail: &Mail<'_>) -> Result<(), MailError> {
        let said = match mail.letter {
            Letter::Code(code) => String::clone(code),
            Letter::Corrected { link, .. } => String::clone(link),
            Letter::Request { number, .. } => number.to_string(),
            Letter::Board { number, .. } => number.to_string(),
        };
        self.0.lock().unwrap().push((mail.to.to_owned(), said));
        Ok(())
    }
}

/// Loses every letter.
pub(crate) struct Broken;

impl Mailer for Broken {
    fn deliver(&self, _: &Mail<'_>) -> Result<(), MailError> {
        Err(MailError)
    }
}

pub(crate) fn tell(mailer: Arc<dyn Mailer>) -> Tell {
    Tell { mailer, courier: None, language: plan::Language::English, objections: PAGE.to_owned() }
}

fn correct(
    world: &TestWorld,
    scope: &CustomerScope,
    (field, text): (FieldKind, &str),
    letters: &Arc<Letters>,
) -> Result<Option<domain::EntryId>, VaultError> {
    let tell = tell(Arc::clone(letters) as _);
    block_on(world.vault.own_correct(scope, &Correction { field, instance: 1, text }, &tell))
}

pub(crate) fn corrected(world: &TestWorld, scope: &CustomerScope, what: (FieldKind, &str)) -> Arc<Letters> {
    let letters = Arc::<Letters>::default();
    correct(world, scope, what, &letters).unwrap().expect("it was another value");
    letters
}

/// Asks for a code at the customer's page with this address, and says whether one was sent.
fn code_goes_to(world: &TestWorld, address: &str) -> bool {
    let letters = Arc::<Letters>::default();
    let ask = world.vault.ask_for_own_code(FIRST).unwrap();
    let sent = block_on(world.vault.send_own_code(&ask, address, Arc::clone(&letters) as _, plan::Language::English));
    assert!(!matches!(sent, Err(VaultError::Undelivered | VaultError::Store(_))), "{sent:?}");
    letters.all().iter().any(|(to, _)| to == address)
}

/// Whom a call from this number is from, and how surely.
fn caller(world: &TestWorld, number: &str) -> (InteractionId, Option<CustomerId>, Binding) {
    let interaction = world.call(&world.staff.agent, Some(number));
    let row = block_on(world.store.interaction(FIRST, interaction)).unwrap().unwrap();
    (interaction, row.customer, row.binding)
}

/// A caller whom nobody knows is found by a number and claimed.
fn claimed(world: &TestWorld, interaction: InteractionId, number: &str) -> CustomerId {
    let agent = world.scope(&world.staff.agent);
    let found = block_on(world.vault.search(&agent, interaction, &query_phone(number).unwrap())).unwrap();
    let hit = found.hits.first().expect("found by the new number");
    block_on(world.vault.claim(&agent, interaction, hit.customer, &hit.claim)).unwrap();
    hit.customer
}

fn verify(
    world: &TestWorld,
    (customer, interaction): (CustomerId, InteractionId),
    (field, said): (FieldKind, &str),
) -> Result<bool, VaultError> {
    let said = Zeroizing::new(said.to_owned());
    let command = VerifyCommand { customer, interaction, field, instance: 1, said };
    let agent = world.scope(&world.staff.agent);
    block_on(world.vault.verify(&agent, &command)).map(|verified| verified.matched)
}

fn send_code(world: &TestWorld, interaction: InteractionId) -> Result<String, VaultError> {
    let pocket = Arc::new(Pocket::default());
    let agent = world.scope(&world.staff.agent);
    block_on(world.vault.send_code(&agent, interaction, Arc::clone(&pocket) as _))?;
    Ok(pocket.last().to)
}

pub(crate) fn mask_of(world: &TestWorld, scope: &CustomerScope, field: FieldKind) -> String {
    let record = block_on(world.vault.own_record(scope)).ok().unwrap();
    record.masks.into_iter().find(|masked| masked.field == field).unwrap().mask
}

pub(crate) fn refused<T>(result: Result<T, VaultError>) -> Refusal {
    match failure(result) {
        VaultError::Refused { refusal, .. } => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_corrected_is_shown_masked_and_found_anew_and_the_old_address_is_told() {
    let call = Call::new(900);
    let world = &call.world;
    let (scope, cookie) = signed_in(world);
    let before = mask_of(world, &scope, FieldKind::Phone);
    let letters = corrected(world, &scope, (FieldKind::Phone, NEW_PHONE));
    let (to, link) = letters.last();
    assert_eq!((to.as_str(), letters.all().len()), (EMAIL, 1));
    assert!(link.starts_with(PAGE) && link.len() < PAGE.len() + 200, "{link}");
    let after = mask_of(world, &scope, FieldKind::Phone);
    assert!(after != before && after.ends_with("55"), "{before} {after}");
    // Whoever serves the customer reaches them there.
    assert_eq!(value(call.reveal(&call.command(FieldKind::Phone))), format!("\"{NEW_PHONE}\""));
    let agent = world.scope(&world.staff.agent);
    let found = |number: &str| {
        let term = query_phone(number).unwrap();
        block_on(world.vault.search(&agent, call.interaction, &term)).unwrap().hits.len()
    };
    assert_eq!((found(NEW_PHONE), found(PHONE)), (1, 0));
    let kinds: Vec<_> = world.log(FIRST).into_iter().filter_map(|line| line.body).map(|body| body.kind).collect();
    for kind in [Kind::OwnCorrectionAsked, Kind::OwnCorrection] {
        assert_eq!(kinds.iter().filter(|one| **one == kind).count(), 1, "{kind:?}");
    }
    assert!(resume(world, &cookie).is_ok());
    // Whoever is erased isn't left in the index.
    block_on(world.vault.forget_me(&scope)).unwrap();
    assert_eq!(world.tables_holding(&call.customer.0), Vec::<String>::new());
}

/// Takes nothing, as a courier that is down, or that knows codes alone.
pub(crate) struct Down;

impl Courier for Down {
    fn deliver(&self, _: &SendCode<'_>) -> Result<(), CourierError> {
        Err(CourierError)
    }
}

#[test]
fn an_old_number_is_told_that_another_takes_its_place() {
    let call = Call::new(909);
    let world = &call.world;
    let (scope, _) = signed_in(world);
    let pocket = Arc::new(Pocket::default());
    let by = |courier: Arc<dyn Courier>, field, text| {
        let tell = Tell { courier: Some(courier), ..tell(Arc::<Letters>::default()) };
        block_on(world.vault.own_correct(&scope, &Correction { field, instance: 1, text }, &tell)).unwrap()
    };
    by(Arc::clone(&pocket) as _, FieldKind::Name, "Ana Moreno");
    assert_eq!(by(Arc::clone(&pocket) as _, FieldKind::Phone, PHONE), None, "it is that already");
    assert_eq!(pocket.warned(), Vec::<String>::new());
    by(Arc::clone(&pocket) as _, FieldKind::Phone, NEW_PHONE);
    assert_eq!((pocket.warned(), pocket.count()), (vec![PHONE.to_owned()], 0), "the old one, and no code");
    // A courier that takes nothing keeps nobody's number from being corrected.
    world.clock.advance(73 * HOUR);
    let (scope, _) = signed_in(world);
    let tell = Tell { courier: Some(Arc::new(Down)), ..tell(Arc::<Letters>::default()) };
    let back = Correction { field: FieldKind::Phone, instance: 1, text: PHONE };
    assert!(block_on(world.vault.own_correct(&scope, &back, &tell)).unwrap().is_some());
}

#[test]
fn a_date_of_birth_and_a_wish_are_corrected_and_vouch_for_nobody_for_three_days() {
    let call = Call::new(910);
    let world = &call.world;
    let (scope, _) = signed_in(world);
    let letters = corrected(world, &scope, (FieldKind::DateOfBirth, "1979-01-31"));
    corrected(world, &scope, (FieldKind::Preference, "delivery=morning"));
    assert_eq!(letters.last().0, EMAIL);
    assert_eq!(value(call.reveal(&call.command(FieldKind::Preference))), "\"delivery=morning\"");
    let answers = || verify(world, (call.customer, call.interaction), (FieldKind::DateOfBirth, "1979-01-31"));
    assert_refused(world, answers(), Refusal::ContactUnsure);
    world.clock.advance(72 * HOUR - 10_000);
    let (interaction, ..) = caller(world, PHONE);
    let answers = || verify(world, (call.customer, interaction), (FieldKind::DateOfBirth, "1979-01-31"));
    assert_refused(world, answers(), Refusal::ContactUnsure);
    world.clock.advance(10_000);
    assert!(answers().unwrap());
}

#[test]
fn names_and_addresses_are_found_together_again_and_again() {
    let call = Call::new(901);
    let world = &call.world;
    let (scope, _) = signed_in(world);
    let agent = world.scope(&world.staff.agent);
    let found = |postcode: &str, family: &str| {
        let term = domain::field::query_postcode_family_name(postcode, family).unwrap();
        block_on(world.vault.search(&agent, call.interaction, &term)).unwrap().hits.len()
    };
    assert_eq!(found("LS1 4AB", "Diaz"), 1);
    corrected(world, &scope, (FieldKind::Name, "Ana Moreno"));
    assert_eq!((found("LS1 4AB", "Diaz"), found("LS1 4AB", "Moreno")), (0, 1));
    // Another street of the same postcode, then another postcode, then the name once more.
    corrected(world, &scope, (FieldKind::PostalAddress, "14 High St|Leeds|LS1 4AB|GB"));
    assert_eq!(found("LS1 4AB", "Moreno"), 1);
    world.clock.advance(1);
    corrected(world, &scope, (FieldKind::PostalAddress, "1 Low St, York, YO1 7HH, GB"));
    corrected(world, &scope, (FieldKind::Name, "Ana Vega"));
    assert_eq!((found("LS1 4AB", "Moreno"), found("YO1 7HH", "Moreno"), found("YO1 7HH", "Vega")), (0, 0, 1));
    // An answer about it vouches for nobody yet.
    let asked =
        verify(world, (call.customer, call.interaction), (FieldKind::PostalAddress, "1 Low St, York, YO1 7HH, GB"));
    assert_refused(world, asked, Refusal::ContactUnsure);
}

#[test]
fn a_thief_who_changed_the_phone_is_not_known_by_it_for_three_days() {
    let call = Call::new(902);
    let world = &call.world;
    let (scope, _) = signed_in(world);
    corrected(world, &scope, (FieldKind::Phone, NEW_PHONE));
    assert_eq!(caller(world, PHONE).1, None, "the old number is nobody's any more");
    let tries = |moment: &str| {
        let (interaction, customer, binding) = caller(world, NEW_PHONE);
        assert_eq!((customer, binding), (None, Binding::None), "{moment}");
        // Found for service, by whom an agent asks; but that is the agent's word.
        let customer = claimed(world, interaction, NEW_PHONE);
        assert_refused(
            world,
            verify(world, (customer, interaction), (FieldKind::Phone, NEW_PHONE)),
            Refusal::ContactUnsure,
        );
        assert_refused(world, send_code(world, interaction), Refusal::ContactUnsure);
    };
    tries("at once");
    // Whoever has the database makes it older: then it opens nowhere, and the index row isn't its own.
    let phone = FieldKind::Phone.code();
    let version = world.database().number(&format!("SELECT version FROM field WHERE field = {phone}"));
    assert!(version >= testkit::START.0, "{version}");
    for older in [2, version - 73 * HOUR] {
        assert_eq!(world.edit(&format!("UPDATE field SET version = {older} WHERE field = {phone}")), 1);
        let looked = world.connect(FIRST, &format!("edited-{older}"), &world.staff.agent, Some(NEW_PHONE));
        assert_eq!(refused(looked), Refusal::Tampered, "{older}");
        let tried = verify(world, (call.customer, call.interaction), (FieldKind::Phone, NEW_PHONE));
        assert!(matches!(failure(tried), VaultError::Damaged | VaultError::Holder(_)), "{older}");
        assert!(send_code(world, call.interaction).is_err(), "{older}");
    }
    assert_eq!(world.edit(&format!("UPDATE field SET version = {version} WHERE field = {phone}")), 1);

    world.clock.advance(72 * HOUR - 10_000);
    tries("a little before");
    world.clock.advance(10_000);
    let (interaction, customer, binding) = caller(world, NEW_PHONE);
    assert_eq!((customer, binding), (Some(call.customer), Binding::Matched));
    assert!(verify(world, (call.customer, interaction), (FieldKind::Phone, NEW_PHONE)).unwrap());
    assert_eq!(send_code(world, interaction).unwrap(), NEW_PHONE);
}

#[test]
fn a_thief_who_changed_the_address_is_sent_no_code_there_for_three_days() {
    let call = Call::new(903);
    let world = &call.world;
    let (scope, _) = signed_in(world);
    let letters = corrected(world, &scope, (FieldKind::Email, NEW_EMAIL));
    assert_eq!(letters.last().0, EMAIL, "the old one is told");
    assert!(!code_goes_to(world, NEW_EMAIL) && !code_goes_to(world, EMAIL));
    let email = FieldKind::Email.code();
    let version = world.database().number(&format!("SELECT version FROM field WHERE field = {email}"));
    assert_eq!(world.edit(&format!("UPDATE field SET version = 2 WHERE field = {email}")), 1);
    assert!(!code_goes_to(world, NEW_EMAIL), "made older in the database");
    assert_eq!(world.edit(&format!("UPDATE field SET version = {version} WHERE field = {email}")), 1);
    let written = Heard::Connected {
        channel: domain::Channel::Chat,
        person: world.staff.agent.id,
        from: Some(query_email(NEW_EMAIL).unwrap()),
    };
    let interaction = world.hear(FIRST, "written", written).unwrap();
    let row = block_on(world.store.interaction(FIRST, interaction)).unwrap().unwrap();
    assert_eq!(row.customer, None, "who writes from there isn't known by it");
    world.clock.advance(72 * HOUR - 10_000);
    assert!(!code_goes_to(world, NEW_EMAIL));
    world.clock.advance(10_000);
    assert!(code_goes_to(world, NEW_EMAIL) && !code_goes_to(world, EMAIL));
}

#[test]
fn whoever_corrects_twice_slips_past_nothing() {
    let call = Call::new(904);
    let world = &call.world;
    let (scope, _) = signed_in(world);
    corrected(world, &scope, (FieldKind::Email, NEW_EMAIL));
    let letters = Arc::<Letters>::default();
    // A letter about another change would reach the thief alone.
    for what in [(FieldKind::Phone, NEW_PHONE), (FieldKind::Email, EMAIL), (FieldKind::Name, "Tom Thief")] {
        assert_refused(world, correct(world, &scope, what, &letters), Refusal::ContactUnsure);
    }
    assert!(letters.all().is_empty());
}

/// In the moment in which the letter is handed over, changes something else.
struct Meanwhile(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl Mailer for Meanwhile {
    fn deliver(&self, _: &Mail<'_>) -> Result<(), MailError> {
        if let Some(act) = self.0.lock().unwrap().take() {
            std::thread::spawn(act).join().unwrap();
        }
        Ok(())
    }
}

#[test]
fn of_two_corrections_at_once_one_counts() {
    let call = Arc::new(Call::new(905));
    let world = &call.world;
    let (scope, _) = signed_in(world);
    let (other, theirs) = (Arc::clone(&call), scope.clone());
    let second = Box::new(move || drop(corrected(&other.world, &theirs, (FieldKind::Email, NEW_EMAIL))));
    let tell = tell(Arc::new(Meanwhile(Mutex::new(Some(second)))));
    let first = Correction { field: FieldKind::Phone, instance: 1, text: NEW_PHONE };
    assert_eq!(failure(block_on(world.vault.own_correct(&scope, &first, &tell))), VaultError::Busy);
    assert_eq!(caller(world, PHONE).1, Some(call.customer), "the number is as it was");
}

#[test]
fn nothing_changes_without_a_letter_or_for_what_is_no_such_value() {
    let call = Call::new(906);
    let world = &call.world;
    let (scope, _) = signed_in(world);
    let first = Correction { field: FieldKind::Phone, instance: 1, text: NEW_PHONE };
    let lost = block_on(world.vault.own_correct(&scope, &first, &tell(Arc::new(Broken))));
    assert_eq!(failure(lost), VaultError::Undelivered);
    assert_eq!(caller(world, PHONE).1, Some(call.customer));
    let letters = Arc::<Letters>::default();
    assert_eq!(correct(world, &scope, (FieldKind::Phone, PHONE), &letters).unwrap(), None, "it is that already");
    assert!(matches!(correct(world, &scope, (FieldKind::Phone, "no number"), &letters), Err(VaultError::Input(_))));
    for what in [(FieldKind::Card, testkit::CARD), (FieldKind::Order, testkit::ORDER)] {
        assert_refused(world, correct(world, &scope, what, &letters), Refusal::NotFound);
    }
    let second = Correction { field: FieldKind::Phone, instance: 2, text: NEW_PHONE };
    let none = block_on(world.vault.own_correct(&scope, &second, &tell(Arc::clone(&letters) as _)));
    assert_refused(world, none, Refusal::NotFound);
    for _ in 0..6 {
        correct(world, &scope, (FieldKind::Phone, PHONE), &letters).unwrap();
    }
    let more = (0..4).map(|_| correct(world, &scope, (FieldKind::Phone, PHONE), &letters)).filter(Result::is_err);
    assert!(more.count() >= 1, "ten in an hour");
    assert!(letters.all().is_empty());
}

#[test]
fn nobody_takes_anothers_number_or_address_away() {
    let call = Call::new(907);
    let world = &call.world;
    let other = world.add(record(&[
        (FieldKind::Name, "Tom Thief"),
        (FieldKind::Phone, "+447400123999"),
        (FieldKind::Email, NEW_EMAIL),
    ]));
    let ask = world.vault.ask_for_own_code(FIRST).unwrap();
    let letters = Arc::<Letters>::default();
    block_on(world.vault.send_own_code(&ask, NEW_EMAIL, Arc::clone(&letters) as _, plan::Language::English)).unwrap();
    let cookie = block_on(world.vault.enter_own_code(FIRST, &ask.cookie(), &letters.last().1)).unwrap();
    let scope = resume(world, &cookie).unwrap();
    assert_eq!(scope.customer(), other);
    corrected(world, &scope, (FieldKind::Phone, PHONE));
    for _ in 0..2 {
        assert_eq!(caller(world, PHONE).1, Some(call.customer));
        assert!(code_goes_to(world, EMAIL));
        world.clock.advance(73 * HOUR);
    }
}

#[test]
fn whoever_objects_freezes_what_was_changed_until_two_of_security_say_otherwise() {
    let call = Call::new(908);
    let world = &call.world;
    let (scope, _) = signed_in(world);
    let link = corrected(world, &scope, (FieldKind::Phone, NEW_PHONE)).last().1;
    let named = link.strip_prefix(PAGE).unwrap();
    let bent = format!("{}{}", &named[..named.len() - 1], if named.ends_with('0') { '1' } else { '0' });
    for wrong in ["", "00", "zz", bent.as_str(), &named[2..], &"0".repeat(1 << 20)] {
        assert_eq!(refused(block_on(world.vault.own_objection(FIRST, wrong))), Refusal::NotFound);
    }
    assert_eq!(refused(block_on(world.vault.own_objection(SECOND, named))), Refusal::NotFound, "another tenant's");
    block_on(world.vault.own_objection(FIRST, named)).unwrap();

    let security = world.scope(&world.staff.security);
    let reports = block_on(world.vault.reports(&security, false, (None, 9))).unwrap().items;
    assert!(reports.len() == 1 && reports[0].by == vault::ReportedBy::Customer, "security reads of it");
    let guards = block_on(world.vault.guarded(&security, None, 9)).unwrap().items;
    assert_eq!(
        guards.iter().map(|one| one.why).collect::<Vec<_>>(),
        [Some(Guard::Contested)],
        "and why they are guarded"
    );
    // The thief's session sees and changes nothing more.
    assert_eq!(refused(block_on(world.vault.own_record(&scope))), Refusal::GuardedRecord);
    let letters = Arc::<Letters>::default();
    let again = correct(world, &scope, (FieldKind::Name, "Tom Thief"), &letters);
    assert_eq!(refused(again), Refusal::GuardedRecord);
    world.clock.advance(73 * HOUR);
    let (interaction, customer, _) = caller(world, NEW_PHONE);
    assert_eq!(customer, None, "waiting doesn't help");
    let customer = claimed(world, interaction, NEW_PHONE);
    assert_refused(
        world,
        verify(world, (customer, interaction), (FieldKind::Phone, NEW_PHONE)),
        Refusal::ContactUnsure,
    );
    assert_refused(world, send_code(world, interaction), Refusal::ContactUnsure);
    assert!(!code_goes_to(world, EMAIL));

    for officer in [&world.staff.security, &world.staff.analyst] {
        block_on(world.vault.guard(&at_a_page(world, officer), customer, None)).unwrap();
    }
    assert_eq!(caller(world, NEW_PHONE).1, Some(customer));
    // Three in an hour, within fourteen days; then it is no link any more.
    for _ in 0..3 {
        block_on(world.vault.own_objection(FIRST, named)).unwrap();
    }
    assert_eq!(refused(block_on(world.vault.own_objection(FIRST, named))), Refusal::AttemptsExhausted);
    world.clock.advance(14 * 24 * HOUR);
    assert_eq!(refused(block_on(world.vault.own_objection(FIRST, named))), Refusal::NotFound);
}
