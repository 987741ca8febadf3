//! Customers' requests by right, attacked: by who poses as a customer, by who would answer alone, from another tenant, with a clock set
//! back and rows edited.

use crate::help::{HOUR_OVER_MS, assert_refused, failure};
use crate::retention::DAY;
use crate::sessions::at_a_page;
use domain::field::{query_email, query_order, query_phone};
use domain::rights::OLDEST;
use domain::{CameBy, CustomerId, Declined, FieldKind, Guard, Hold, Longer, Millis, Refusal, Right, Role};
use plan::Language;
use std::sync::{Arc, Mutex};
use testkit::{
    DATE_OF_BIRTH, EMAIL, FIRST, Member, ORDER, PHONE, START, TestWorld, ana, block_on, name_and_phone, record,
};
use vault::{
    AlarmKind, AnsweredRequest, IdentityAnswer, IdentityChecked, Kind, Letter, Mail, MailError, Mailer, NewPerson,
    NewRequest, RequestId, RequestLine, RequestNews, RequestState, VaultError,
};
use zeroize::Zeroizing;

/// Keeps where letters went, and a code or what happened.
#[derive(Default)]
pub(crate) struct Letters(Mutex<Vec<(String, String)>>);

impl Letters {
    fn all(&self) -> Vec<(String, String)> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn last(&self) -> String {
        self.all().pop().expect("no letter").1
    }
}

impl Mailer for Letters {
    fn deliver(&self, mail: &Mail<'_>) -> Result<(), MailError> {
        let Letter::Request { news, .. } = mail.letter else { return Ok(()) };
        let said = match news {
            RequestNews::Code(code) => String::clone(code),
            RequestNews::Longer(due) => format!("until {due}"),
            RequestNews::Refused(why) => why.slug().to_owned(),
            RequestNews::Withdrawn => "withdrawn".to_owned(),
            RequestNews::Ready => "ready".to_owned(),
            RequestNews::Done => "done".to_owned(),
            RequestNews::Ends => "ends".to_owned(),
            RequestNews::Erased(_) => "erased".to_owned(),
        };
        self.0.lock().unwrap().push((mail.to.to_owned(), said));
        Ok(())
    }
}

pub(crate) struct Office {
    pub(crate) world: TestWorld,
    pub(crate) customer: CustomerId,
    pub(crate) letters: Arc<Letters>,
}

impl Office {
    pub(crate) fn new(seed: u64) -> Self {
        let world = TestWorld::new(seed);
        let customer = world.add(ana());
        Self { world, customer, letters: Arc::default() }
    }

    pub(crate) fn protection(&self) -> &Member {
        &self.world.staff.protection
    }

    fn file(&self, right: Right) -> RequestId {
        self.file_by(right, Some(query_email(EMAIL).unwrap()))
    }

    fn file_by(&self, right: Right, find: Option<domain::field::SearchTerm>) -> RequestId {
        let received = domain::rights::came_in(&START.to_string()[..10], self.world.vault.now(), OLDEST).unwrap();
        let new = NewRequest { right, came_by: CameBy::Letter, received, language: Language::English, find };
        let scope = self.world.scope(&self.world.staff.integrator);
        block_on(self.world.vault.file_request(&scope, &new, None)).unwrap().id
    }

    pub(crate) fn mailer(&self) -> Arc<dyn Mailer> {
        Arc::clone(&self.letters) as _
    }

    fn send(&self, request: RequestId) -> Result<domain::EntryId, VaultError> {
        let scope = self.world.scope(self.protection());
        block_on(self.world.vault.send_request_code(&scope, request, self.mailer()))
    }

    fn enter(&self, request: RequestId, code: &str) -> Result<IdentityChecked, VaultError> {
        let scope = self.world.scope(self.protection());
        block_on(self.world.vault.check_request_code(&scope, request, code))
    }

    fn say(&self, request: RequestId, field: FieldKind, said: &str) -> Result<IdentityChecked, VaultError> {
        let scope = self.world.scope(self.protection());
        let answer = IdentityAnswer { field, instance: 1, said: Zeroizing::new(said.to_owned()) };
        block_on(self.world.vault.check_request_answer(&scope, request, &answer))
    }

    pub(crate) fn proven(&self, right: Right) -> RequestId {
        let request = self.file(right);
        self.send(request).unwrap();
        assert!(self.enter(request, &self.letters.last()).unwrap().proven);
        request
    }

    /// On a page, in a browser of their own.
    pub(crate) fn answer(&self, by: &Member, request: RequestId) -> Result<AnsweredRequest, VaultError> {
        let scope = at_a_page(&self.world, by);
        block_on(self.world.vault.answer_request(&scope, request, Some(self.mailer())))
    }

    fn line(&self, request: RequestId) -> RequestLine {
        let scope = self.world.scope(self.protection());
        block_on(self.world.vault.request(&scope, request)).unwrap().0
    }

    fn overdue(&self) -> bool {
        block_on(self.world.vault.settle_requests(FIRST)).unwrap();
        self.world.vault.alarms(FIRST).iter().any(|alarm| alarm.kind == AlarmKind::RequestsOverdue)
    }
}

impl Office {
    fn edited(&self) -> bool {
        block_on(self.world.vault.settle_requests(FIRST)).unwrap();
        self.world.vault.alarms(FIRST).iter().any(|alarm| alarm.kind == AlarmKind::RequestsEdited)
    }
}

fn other(code: &str) -> String {
    code.chars().map(|digit| char::from(b'0' + (digit as u8 - b'0' + 1) % 10)).collect()
}

#[test]
fn who_poses_as_the_customer_has_three_tries_and_the_code_goes_to_the_customer() {
    let office = Office::new(1_300);
    let request = office.file(Right::Access);
    office.send(request).unwrap();
    let code = office.letters.last();
    assert_eq!(office.letters.all(), [(EMAIL.to_owned(), code.clone())]);
    for left in [2, 1, 0] {
        let checked = office.enter(request, &other(&code)).unwrap();
        assert_eq!((checked.matched, checked.proven, checked.tries_left), (false, false, left));
    }
    // The right one comes too late, and so does another code.
    assert_refused(&office.world, office.enter(request, &code), Refusal::AttemptsExhausted);
    assert_refused(&office.world, office.send(request), Refusal::AttemptsExhausted);
    assert_refused(&office.world, office.answer(office.protection(), request), Refusal::IdentityNeeded);
    // The code of one request is none of another's, and counts for fourteen days.
    let (one, two) = (office.file(Right::Access), office.file(Right::Access));
    office.send(one).unwrap();
    let first = office.letters.last();
    office.send(two).unwrap();
    assert!(!office.enter(two, &first).unwrap().matched);
    office.world.clock.set(START.plus(14 * DAY));
    assert_refused(&office.world, office.enter(one, &first), Refusal::CodeWrong);
    assert!(office.world.tables_holding(first.as_bytes()).is_empty(), "the code is kept nowhere");
}

#[test]
fn where_a_code_can_go_no_answer_counts_and_elsewhere_two_kinds_must_fit() {
    let office = Office::new(1_301);
    let request = office.file(Right::Erasure);
    let said = office.say(request, FieldKind::DateOfBirth, DATE_OF_BIRTH);
    assert_refused(&office.world, said, Refusal::CodeFirst);

    let no_mail = record(&[
        (FieldKind::Name, "Noa Nomail"),
        (FieldKind::Phone, "+442079460111"),
        (FieldKind::DateOfBirth, "1970-01-02"),
        (FieldKind::Order, &ORDER.replace("RF-1042-417", "RF-1042-500")),
    ]);
    let customer = office.world.add(no_mail);
    let by_phone = || Some(query_phone("+442079460111").unwrap());
    let request = office.file_by(Right::Erasure, by_phone());
    assert_refused(&office.world, office.send(request), Refusal::NotFound);
    assert_refused(&office.world, office.say(request, FieldKind::Name, "Noa Nomail"), Refusal::PurposeNotAllowed);
    assert!(matches!(failure(office.say(request, FieldKind::DateOfBirth, "?")), VaultError::Input(_)));
    let once = office.say(request, FieldKind::DateOfBirth, "1970-01-02").unwrap();
    let again = office.say(request, FieldKind::DateOfBirth, "2 Jan 1970").unwrap();
    assert_eq!((once.matched, again.matched, again.proven, again.tries_left), (true, true, false, 3));
    // What they were found by tells nothing more, and what isn't on file costs a try as a wrong answer does.
    let found_by = office.say(request, FieldKind::Phone, "+442079460111");
    assert_refused(&office.world, found_by, Refusal::PurposeNotAllowed);
    let missing = office.say(request, FieldKind::PostalAddress, "12 High St|Leeds|LS1 4AB|GB").unwrap();
    assert_eq!((missing.matched, missing.tries_left), (false, 2));
    assert!(office.say(request, FieldKind::Order, "RF-1042-500").unwrap().proven);

    assert!(office.answer(office.protection(), request).unwrap().waits_until.is_some());
    let done = office.answer(&office.world.staff.security, request).unwrap();
    assert_eq!((done.state, done.told), (RequestState::Answered, false));
    assert!(block_on(office.world.store.customer(FIRST, customer)).unwrap().is_none());
    // A copy couldn't reach who has no address.
    office.world.clock.advance(DAY);
    let other = office.world.add(record(&[
        (FieldKind::Phone, "+442079460112"),
        (FieldKind::DateOfBirth, "1970-01-02"),
        (FieldKind::Order, &ORDER.replace("RF-1042-417", "RF-1042-501")),
    ]));
    let request = office.file_by(Right::Access, Some(query_phone("+442079460112").unwrap()));
    for (field, said) in [(FieldKind::Order, "RF-1042-501"), (FieldKind::DateOfBirth, "1970-01-02")] {
        office.say(request, field, said).unwrap();
    }
    office.answer(office.protection(), request).unwrap();
    let none = office.answer(&office.world.staff.security, request);
    assert_refused(&office.world, none, Refusal::NoWayToThem);
    assert!(block_on(office.world.store.customer(FIRST, other)).unwrap().is_some());
}

#[test]
fn what_stands_on_a_parcel_shows_nobody() {
    let office = Office::new(1_309);
    let number = "RF-1042-500";
    let _ = office.world.add(record(&[
        (FieldKind::Name, "Noa Nomail"),
        (FieldKind::PostalAddress, "12 High St|Leeds|LS1 4AB|GB"),
        (FieldKind::Phone, "+442079460111"),
        (FieldKind::DateOfBirth, "1970-01-02"),
        (FieldKind::Order, &ORDER.replace("RF-1042-417", number)),
    ]));
    let request = office.file_by(Right::Erasure, Some(query_order(number).unwrap()));
    assert_refused(&office.world, office.say(request, FieldKind::Order, number), Refusal::PurposeNotAllowed);
    for (field, said) in
        [(FieldKind::PostalAddress, "12 High St|Leeds|LS1 4AB|GB"), (FieldKind::Phone, "+442079460111")]
    {
        let checked = office.say(request, field, said).unwrap();
        assert_eq!((checked.matched, checked.proven), (true, false), "{field:?}");
    }
    assert_refused(&office.world, office.answer(office.protection(), request), Refusal::IdentityNeeded);
    assert!(office.say(request, FieldKind::DateOfBirth, "1970-01-02").unwrap().proven);
}

#[test]
fn however_many_requests_are_filed_a_customer_is_guessed_at_and_written_to_as_seldom() {
    let office = Office::new(1_310);
    let number = "+442079460111";
    let _ = office.world.add(record(&[(FieldKind::Phone, number), (FieldKind::DateOfBirth, "1970-01-02")]));
    let file = || office.file_by(Right::Access, Some(query_phone(number).unwrap()));
    // Right or wrong: ten in an hour, as agents have.
    for day in 0..10 {
        let request = file();
        let said = if day == 0 { "1970-01-02".to_owned() } else { format!("1980-01-{:02}", day + 1) };
        assert_eq!(office.say(request, FieldKind::DateOfBirth, &said).unwrap().matched, day == 0);
    }
    let eleventh = office.say(file(), FieldKind::DateOfBirth, "1970-01-02");
    assert_refused(&office.world, eleventh, Refusal::AttemptsExhausted);
    for _ in 0..3 {
        office.send(office.file(Right::Access)).unwrap();
    }
    let sent = office.letters.all().len();
    let fourth = office.send(office.file(Right::Access));
    assert_refused(&office.world, fourth, Refusal::AttemptsExhausted);
    assert_eq!(office.letters.all().len(), sent);
    office.world.clock.advance(HOUR_OVER_MS);
    office.send(office.file(Right::Access)).unwrap();
}

#[test]
fn one_human_is_not_two_and_security_is_not_the_first() {
    let office = Office::new(1_302);
    let (world, request) = (&office.world, office.proven(Right::Access));
    assert_refused(world, office.answer(&world.staff.security, request), Refusal::RoleNotAllowed);
    let twin = {
        let operator = world.vault.operator(FIRST);
        let person =
            NewPerson { name: " dee  PROTECTION".into(), role: Role::DataProtectionOfficer, team: String::new() };
        let id = block_on(world.vault.add_person(&operator, person)).unwrap();
        let token = block_on(world.vault.issue_token(&operator, id)).unwrap();
        Member { id, role: Role::DataProtectionOfficer, token }
    };
    for by in [office.protection(), &twin, office.protection()] {
        assert!(office.answer(by, request).unwrap().waits_until.is_some());
    }
    // Their word is over after seven days.
    world.clock.set(START.plus(7 * DAY));
    assert_refused(world, office.answer(&world.staff.security, request), Refusal::RoleNotAllowed);
    office.answer(office.protection(), request).unwrap();
    let done = office.answer(&world.staff.security, request).unwrap();
    assert_eq!((done.state, done.told, office.letters.last().as_str()), (RequestState::Answered, true, "ready"));
    let body = world.line(FIRST, done.receipt).body.unwrap();
    let (first, second) = (Some(world.staff.protection.id), Some(world.staff.security.id));
    assert_eq!((body.kind, body.person, body.upon), (Kind::RequestAnswered, second, first));
    assert_refused(world, office.answer(&world.staff.security, request), Refusal::RequestOver);
    // Who neither handles requests nor agrees does nothing.
    let open = office.proven(Right::Access);
    let others = world.staff.all().into_iter();
    for member in others.filter(|member| ![first, second].contains(&Some(member.id))) {
        assert_refused(world, office.answer(member, open), Refusal::RoleNotAllowed);
    }
}

#[test]
fn a_request_of_one_tenant_is_none_of_anothers() {
    let office = Office::new(1_303);
    let (world, request) = (&office.world, office.proven(Right::Erasure));
    let stranger = world.scope(&world.second_staff.protection);
    assert!(matches!(
        failure(block_on(world.vault.request(&stranger, request))),
        VaultError::Refused { refusal: Refusal::NotFound, .. }
    ));
    let answered = block_on(world.vault.answer_request(&stranger, request, None));
    assert!(matches!(failure(answered), VaultError::Refused { refusal: Refusal::NotFound, .. }));
    assert!(block_on(world.vault.requests(&stranger, None, 50)).unwrap().items.is_empty());
    assert_eq!(office.line(request).state, RequestState::InWork);
}

#[test]
fn a_value_that_was_taken_out_or_put_there_stops_the_answer() {
    let office = Office::new(1_304);
    let (world, request) = (&office.world, office.proven(Right::Portability));
    office.answer(office.protection(), request).unwrap();
    let fields = world.database().keep("field");
    assert!(world.edit(&format!("DELETE FROM field WHERE field = {}", FieldKind::Order.code())) > 0);
    let answered = office.answer(&world.staff.security, request);
    assert_refused(world, answered, Refusal::AnswerIncomplete);
    assert_eq!(office.line(request).state, RequestState::InWork);
    world.database().put_back(&fields);
    office.answer(&world.staff.security, request).unwrap();
    assert_eq!(office.line(request).held, Some((9, 1)), "nine values, of which the card goes as its mask");
}

#[test]
fn a_hold_stops_an_erasure_and_a_guard_every_letter() {
    let office = Office::new(1_305);
    let (world, request) = (&office.world, office.proven(Right::Erasure));
    let hold = |by: &Member, wish| block_on(world.vault.hold(&at_a_page(world, by), office.customer, wish)).unwrap();
    for by in [office.protection(), &world.staff.security] {
        hold(by, Some(Hold::Litigation));
    }
    office.answer(office.protection(), request).unwrap();
    assert_refused(world, office.answer(&world.staff.security, request), Refusal::LegalHold);
    assert_eq!(office.line(request).state, RequestState::InWork);
    let officer = world.scope(&world.staff.security);
    block_on(world.vault.guard(&officer, office.customer, Some(Guard::Vulnerable))).unwrap();
    let other = office.file(Right::Access);
    let sent = office.letters.all().len();
    assert_refused(world, office.send(other), Refusal::GuardedRecord);
    let scope = world.scope(office.protection());
    let refused =
        block_on(world.vault.refuse_request(&scope, other, Declined::NotIdentified, Some(office.mailer()))).unwrap();
    assert_eq!((refused.told, office.letters.all().len()), (false, sent));
}

#[test]
fn a_month_is_the_clock_and_setting_it_back_hides_nothing() {
    let office = Office::new(1_306);
    let (world, request) = (&office.world, office.file(Right::Access));
    let due = office.line(request).due;
    let scope = world.scope(office.protection());
    let extend =
        |request| block_on(world.vault.extend_request(&scope, request, Longer::Complexity, Some(office.mailer())));
    assert!(!office.overdue() && !office.line(request).soon);
    world.clock.set(due.plus(-DAY));
    assert!(!office.overdue() && office.line(request).soon);
    let longer = extend(request).unwrap();
    assert!(longer.told && longer.due.since(due) > 55 * DAY && office.letters.last().starts_with("until "));
    assert_refused(world, extend(request), Refusal::RequestOver);

    let late = office.file_by(Right::Access, Some(query_email(EMAIL).unwrap()));
    world.clock.set(due);
    assert!(office.overdue() && office.line(late).overdue && !office.line(request).overdue);
    assert_refused(world, extend(late), Refusal::RequestOver);
    for back in [START, Millis(0)] {
        world.clock.set(back);
        assert!(office.overdue(), "by the newest entry it is as late as it was");
    }
    world.clock.set(due);
    // Whoever handles it can't end it in silence.
    block_on(world.vault.withdraw_request(&scope, late, Some(office.mailer()))).unwrap();
    assert!(!office.overdue() && office.letters.last() == "withdrawn");
}

#[test]
fn an_edited_request_does_nothing_and_is_noticed() {
    let office = Office::new(1_307);
    let (world, request) = (&office.world, office.proven(Right::Access));
    let before = world.database().keep("admission");
    assert_eq!(world.edit("UPDATE admission SET expires = expires - 1 WHERE kind = 29"), 1);
    assert_refused(world, office.answer(office.protection(), request), Refusal::Tampered);
    assert!(office.edited() && !office.overdue());
    let scope = world.scope(office.protection());
    let book = block_on(world.vault.requests(&scope, None, 50)).unwrap();
    assert_eq!((book.items.len(), book.damaged), (0, true));
    assert_eq!(world.edit("DELETE FROM admission WHERE kind = 29"), 1);
    assert!(office.edited(), "a row that was taken out is missed");
    world.database().put_back(&before);
    assert!(!office.edited());
    office.answer(office.protection(), request).unwrap();
    let asked = world.database().keep("admission");
    office.answer(&world.staff.security, request).unwrap();
    assert!(!office.edited());
    world.database().put_back(&asked);
    assert!(office.edited(), "one that is put back is one too many");
}

#[test]
fn no_letter_tells_of_what_was_not_done() {
    let office = Office::new(1_311);
    let (world, request) = (&office.world, office.file(Right::Access));
    let stale = world.scope(office.protection());
    // Somebody is hired while the step is on its way.
    let person = NewPerson { name: "Nia New".into(), role: Role::Agent, team: String::new() };
    block_on(world.vault.add_person(&world.vault.operator(FIRST), person)).unwrap();
    let refuse = |scope| {
        block_on(world.vault.refuse_request(scope, request, Declined::Excessive, Some(office.mailer())))
            .map(|done| done.told)
    };
    assert_refused(world, refuse(&stale), Refusal::PowerChanged);
    assert!(office.letters.all().is_empty());
    assert!(refuse(&world.scope(office.protection())).unwrap());
    assert_eq!(office.letters.last(), "excessive");
    assert!(office.line(request).inside.unwrap().told);
}

#[test]
fn a_reason_that_is_not_so_ends_nothing() {
    let office = Office::new(1_312);
    let (world, scope) = (&office.world, office.world.scope(office.protection()));
    let refuse = |request, why| block_on(world.vault.refuse_request(&scope, request, why, Some(office.mailer())));
    let found = office.file(Right::Access);
    assert_refused(world, refuse(found, Declined::NothingHeld), Refusal::ReasonDoesntFit);
    let proven = office.proven(Right::Access);
    assert_refused(world, refuse(proven, Declined::NotIdentified), Refusal::ReasonDoesntFit);
    assert_eq!(office.line(proven).state, RequestState::InWork);
    let nobody = office.file_by(Right::Access, Some(query_phone("+442079460777").unwrap()));
    refuse(nobody, Declined::NothingHeld).unwrap();
    refuse(found, Declined::NotIdentified).unwrap();
}

#[test]
fn who_pages_loses_nothing_when_the_cursors_request_closes() {
    let office = Office::new(1_313);
    let (world, scope) = (&office.world, office.world.scope(office.protection()));
    let all: Vec<RequestId> = (0..3).map(|_| office.file(Right::Access)).collect();
    let page = |after| block_on(world.vault.requests(&scope, after, 1)).unwrap();
    let first = page(None);
    let seen = first.items[0].id;
    block_on(world.vault.withdraw_request(&scope, seen, None)).unwrap();
    let mut ids = vec![seen];
    let mut next = first.next;
    while let Some(after) = next {
        let book = page(Some(after));
        ids.extend(book.items.iter().map(|line| line.id));
        next = book.next;
    }
    assert!(all.iter().all(|request| ids.contains(request)), "{ids:?}");
    // And where its row was edited the list doesn't begin anew.
    world.edit("UPDATE admission SET expires = expires - 1 WHERE kind = 29");
    assert!(page(first.next).items.is_empty());
}

#[test]
fn an_address_that_was_just_changed_opens_no_weaker_way_and_is_warned() {
    let office = Office::new(1_314);
    let world = &office.world;
    let (own, _) = crate::own_side::signed_in(world);
    crate::correcting::corrected(world, &own, (FieldKind::Email, "ana.new@example.org"));
    let request = office.file_by(Right::Erasure, Some(query_phone(PHONE).unwrap()));
    assert_refused(world, office.send(request), Refusal::ContactUnsure);
    assert_refused(world, office.say(request, FieldKind::DateOfBirth, DATE_OF_BIRTH), Refusal::CodeFirst);
    let scope = world.scope(office.protection());
    let refused = block_on(world.vault.refuse_request(&scope, request, Declined::NotIdentified, Some(office.mailer())));
    assert!(refused.unwrap().told);
    assert_eq!(office.letters.all().pop().unwrap(), ("ana.new@example.org".to_owned(), "not_identified".to_owned()));
}

#[test]
fn a_closed_request_names_no_customer() {
    let office = Office::new(1_308);
    let (world, request) = (&office.world, office.proven(Right::Erasure));
    assert!(world.tables_holding(&office.customer.0).contains(&"admission".to_owned()));
    office.answer(office.protection(), request).unwrap();
    let done = office.answer(&world.staff.security, request).unwrap();
    assert!(done.backups_unreadable_by.is_some() && office.letters.last() == "erased");
    assert!(!world.tables_holding(&office.customer.0).contains(&"admission".to_owned()));
    let line = office.line(request);
    let inside = line.inside.unwrap();
    assert_eq!((line.state, inside.told), (RequestState::Answered, true));
    // Nothing is left that a request put back could do.
    let nobody = office.file(Right::Access);
    assert_refused(world, office.send(nobody), Refusal::NobodyFound);
    // Nor is anybody found by what two have.
    for name in ["Two Tim", "Two Tom"] {
        let _ = world.add(name_and_phone(name, PHONE));
    }
    let two = office.file_by(Right::Access, Some(query_phone(PHONE).unwrap()));
    assert_refused(world, office.send(two), Refusal::NobodyFound);
}
