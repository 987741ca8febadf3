//! Casework: without the customer on the line nothing is shown without a second person, and a case is no key for longer.

use crate::help::{Call, assert_refused, failure, value};
use crate::sessions::Page;
use domain::{
    CASE_LOOKS, CASE_MS, CaseReason, Channel, CustomerId, FieldKind, Guard, InteractionId, Limits, Refusal, Role,
};
use std::sync::Arc;
use testkit::{FIRST, Member, PHONE, Pocket, TestWorld, block_on};
use vault::{
    ApprovalId, Heard, Kind, NewPerson, OpenedCase, RevealCommand, Revealed, Scope, Vault, VaultConfig, VaultError,
    VerifyCommand,
};
use zeroize::Zeroizing;

const NAME: FieldKind = FieldKind::Name;
const LETTER: CaseReason = CaseReason::ReturnedMail;

fn hired(world: &TestWorld, name: &str, role: Role, team: &str) -> Member {
    let operator = world.vault.operator(FIRST);
    let person = NewPerson { name: name.into(), role, team: team.into() };
    block_on(async {
        let id = world.vault.add_person(&operator, person).await.unwrap();
        Member { id, role, token: world.vault.issue_token(&operator, id).await.unwrap() }
    })
}

/// A call in which Ana is matched, somebody of another team, and the case that follows the call up.
struct Desk {
    call: Call,
    south: Member,
}

impl Desk {
    fn on(world: TestWorld) -> Self {
        let call = Call::on(world);
        let south = hired(&call.world, "Sue South", Role::TeamLeader, "south");
        Self { call, south }
    }

    fn new(seed: u64) -> Self {
        Self::on(TestWorld::new(seed))
    }

    fn world(&self) -> &TestWorld {
        &self.call.world
    }

    fn vault(&self) -> &Vault {
        &self.world().vault
    }

    fn agent(&self) -> Scope {
        self.world().scope(&self.world().staff.agent)
    }

    fn follow_up_by(&self, by: &Member, conversation: InteractionId) -> Result<OpenedCase, VaultError> {
        block_on(self.vault().follow_up(&self.world().scope(by), conversation, self.call.customer, LETTER))
    }

    /// The case that follows the call up, which then ends.
    fn case(&self) -> InteractionId {
        let opened = self.follow_up_by(&self.world().staff.agent, self.call.interaction).unwrap();
        self.call.hear(Heard::Ended).unwrap();
        opened.case
    }

    fn command(&self, case: InteractionId, field: FieldKind) -> RevealCommand {
        RevealCommand { interaction: case, ..self.call.command(field) }
    }

    fn assign(&self, by: &Member, holder: &Member, customer: CustomerId) -> Result<OpenedCase, VaultError> {
        block_on(self.vault().assign_case(&self.world().scope(by), holder.id, customer, LETTER, None))
    }

    fn ask(&self, command: &RevealCommand) -> Result<ApprovalId, VaultError> {
        block_on(self.vault().ask_approval(&self.agent(), command)).map(|asked| asked.id)
    }

    fn page(&self) -> Page<'_> {
        Page::begin(self.world(), self.vault(), &self.south)
    }

    /// Asks, and somebody of another team agrees.
    fn agreed(&self, page: &Page<'_>, command: &RevealCommand) {
        let id = self.ask(command).unwrap();
        let scope = page.get(self.vault(), "/approvals").unwrap();
        block_on(self.vault().answer_approval(&scope, id, true)).unwrap();
    }

    fn reveal(&self, command: &RevealCommand) -> Result<Revealed, VaultError> {
        self.call.reveal(command)
    }

    fn close(&self, by: &Member, case: InteractionId) -> Result<domain::EntryId, VaultError> {
        block_on(self.vault().close_case(&self.world().scope(by), case))
    }
}

#[test]
fn in_a_case_each_value_needs_a_second_person_and_its_entry_says_why() {
    let desk = Desk::new(2_100);
    let (world, case) = (desk.world(), desk.case());
    let name = desk.command(case, NAME);
    assert_refused(world, desk.reveal(&name), Refusal::Casework);
    assert_refused(world, desk.ask(&name), Refusal::NobodyToApprove);
    let page = desk.page();
    let id = desk.ask(&name).unwrap();
    assert_refused(world, desk.reveal(&name), Refusal::NotYetApproved);
    // The second person is told that nobody is on the line, and what for.
    let scope = page.get(desk.vault(), "/approvals").unwrap();
    let own = block_on(desk.vault().own_approvals(&scope)).unwrap();
    let [line] = own.to_answer.as_slice() else { panic!("{own:?}") };
    assert_eq!((line.id, line.casework, line.ground.unwrap().0), (id, Some(LETTER), Channel::Case));
    block_on(desk.vault().answer_approval(&scope, id, true)).unwrap();
    let revealed = desk.reveal(&name).map_err(|error| panic!("{error:?}")).ok().unwrap();
    let body = world.line(FIRST, revealed.receipt).body.unwrap();
    assert_eq!((body.kind, body.upon, body.detail), (Kind::Reveal, Some(desk.south.id), Some(LETTER as u64)));
    assert_eq!(body.kind.casework(body.detail), Some(LETTER));
    assert_refused(world, desk.reveal(&name), Refusal::Casework);
    // An address needs no binding where nobody is on the line, and the second person all the same.
    let address = desk.command(case, FieldKind::PostalAddress);
    assert_refused(world, desk.reveal(&address), Refusal::Casework);
    desk.agreed(&page, &address);
    value(desk.reveal(&address));
}

#[test]
fn a_case_shows_masks_takes_notes_and_does_nothing_else() {
    let desk = Desk::new(2_101);
    let (world, vault, agent) = (desk.world(), desk.vault(), desk.agent());
    let (case, customer) = (desk.case(), desk.call.customer);
    let page = desk.page();
    let record = block_on(vault.view(&agent, case, customer)).unwrap();
    for field in &record.fields {
        let closed = [FieldKind::DateOfBirth, FieldKind::Card, FieldKind::BankAccount].contains(&field.masked.field);
        assert_eq!(field.purposes.is_empty(), closed, "{field:?}");
        assert_eq!(field.second_person.map(vault::SecondPersonFor::slug), (!closed).then_some("always"), "{field:?}");
        assert!(!field.verifiable);
    }
    let body = world.line(FIRST, record.receipt).body.unwrap();
    assert_eq!(body.kind.casework(body.detail), Some(LETTER));
    block_on(vault.note(&agent, case, customer, "The letter came back.", None)).unwrap();

    for field in [FieldKind::DateOfBirth, FieldKind::BankAccount] {
        let command = desk.command(case, field);
        assert_refused(world, desk.reveal(&command), Refusal::NobodyOnTheLine);
        assert_refused(world, desk.ask(&command), Refusal::NobodyOnTheLine);
    }
    drop(page);
    let said = Zeroizing::new("Ana Díaz".to_owned());
    let answer = VerifyCommand { customer, interaction: case, field: NAME, instance: 1, said };
    assert_refused(world, block_on(vault.verify(&agent, &answer)), Refusal::NobodyOnTheLine);
    let pocket = Arc::new(Pocket::default());
    assert_refused(world, block_on(vault.send_code(&agent, case, pocket)), Refusal::NobodyOnTheLine);
    let phone = domain::field::query_phone(PHONE).unwrap();
    assert_refused(world, block_on(vault.search(&agent, case, &phone)).map(drop), Refusal::NobodyOnTheLine);
    assert_refused(world, desk.follow_up_by(&world.staff.agent, case), Refusal::NobodyOnTheLine);
}

#[test]
fn a_case_is_opened_by_who_serves_a_sure_customer_or_leads_who_does() {
    let desk = Desk::new(2_102);
    let (world, staff, customer) = (desk.world(), &desk.world().staff, desk.call.customer);
    let call = desk.call.interaction;
    // Not by a colleague, who watches, or of a conversation in which the agent alone says who it is.
    assert_refused(world, desk.follow_up_by(&staff.other_agent, call), Refusal::NoLiveInteraction);
    assert_refused(world, desk.follow_up_by(&staff.security, call), Refusal::RoleNotAllowed);
    let claimed = world.call(&staff.agent, None);
    let phone = domain::field::query_phone(PHONE).unwrap();
    let hit = block_on(desk.vault().search(&desk.agent(), claimed, &phone)).unwrap().hits.remove(0);
    block_on(desk.vault().claim(&desk.agent(), claimed, customer, &hit.claim)).unwrap();
    assert_refused(world, desk.follow_up_by(&staff.agent, claimed), Refusal::BindingTooWeak);
    let other = world.add(testkit::name_and_phone("Bea Other", "+442079460123"));
    let elsewhere = block_on(desk.vault().follow_up(&desk.agent(), call, other, LETTER));
    assert_refused(world, elsewhere, Refusal::WrongCustomer);

    let opened = desk.follow_up_by(&staff.agent, call).unwrap();
    let body = world.line(FIRST, opened.receipt.unwrap()).body.unwrap();
    assert_eq!((body.kind, body.detail, body.upon), (Kind::CaseOpened, Some(LETTER as u64), None));
    let again = desk.follow_up_by(&staff.agent, call).unwrap();
    assert_eq!((again.case, again.receipt), (opened.case, None), "one conversation, one case");
    // Who has the conversation next doesn't have the case, nor another one.
    desk.call.hear(Heard::Transferred(staff.other_agent.id)).unwrap();
    assert_refused(world, desk.follow_up_by(&staff.other_agent, call), Refusal::CaseOver);

    // Who leads opens one for another one of their team who serves, and for nobody else.
    let south_agent = hired(world, "Sid South", Role::Agent, "south");
    let twin = hired(world, " lea  LEADER", Role::Agent, "north");
    for stranger in [&south_agent, &desk.south, &staff.leader, &twin, &staff.security] {
        assert_refused(world, desk.assign(&staff.leader, stranger, customer), Refusal::NotFound);
    }
    for by in [&staff.agent, &staff.security, &staff.protection, &staff.it, &staff.integrator] {
        assert_refused(world, desk.assign(by, &staff.other_agent, customer), Refusal::RoleNotAllowed);
    }
    assert_refused(world, desk.assign(&staff.leader, &staff.other_agent, CustomerId([9; 16])), Refusal::NotFound);
    let assigned = desk.assign(&staff.leader, &staff.other_agent, customer).unwrap();
    let body = world.line(FIRST, assigned.receipt.unwrap()).body.unwrap();
    assert_eq!((body.kind, body.upon), (Kind::CaseOpened, Some(staff.other_agent.id)));
    // It is the holder's, and nobody else's: not the leader's, nor a colleague's.
    let look = |member: &Member| block_on(desk.vault().view(&world.scope(member), assigned.case, customer));
    assert!(look(&staff.other_agent).is_ok());
    for other in [&staff.agent, &staff.leader, &desk.south] {
        assert_refused(world, look(other), Refusal::NoLiveInteraction);
    }
    let wrong = block_on(desk.vault().view(&world.scope(&staff.other_agent), assigned.case, other));
    assert_refused(world, wrong, Refusal::WrongCustomer);
}

#[test]
fn no_source_of_events_opens_a_case_or_reaches_one() {
    let desk = Desk::new(2_103);
    let (world, case) = (desk.world(), desk.case());
    let opened = Heard::Connected { channel: Channel::Case, person: world.staff.agent.id, from: None };
    assert_refused(world, world.hear(FIRST, "case-1", opened), Refusal::ChannelNotAllowed);
    // Not even by the name that the case goes by.
    for reference in [LETTER.slug().to_owned(), case.to_string()] {
        let moved = Heard::Transferred(world.staff.other_agent.id);
        assert_ne!(world.hear(FIRST, &reference, moved).unwrap(), case);
    }
    let row = block_on(world.store.interaction(FIRST, case)).unwrap().unwrap();
    assert_eq!(row.person, Some(world.staff.agent.id));
}

#[test]
fn a_case_ends_after_a_day_or_when_it_is_closed_and_stays_over() {
    let desk = Desk::new(2_104);
    let (world, staff) = (desk.world(), &desk.world().staff);
    let case = desk.case();
    let look = |case| block_on(desk.vault().view(&desk.agent(), case, desk.call.customer));
    world.clock.advance(CASE_MS);
    look(case).unwrap();
    world.clock.advance(1);
    assert_refused(world, look(case), Refusal::NoLiveInteraction);
    assert_refused(world, desk.close(&staff.agent, case), Refusal::NoLiveInteraction);

    let next = || desk.assign(&staff.leader, &staff.agent, desk.call.customer).unwrap().case;
    for by in [&staff.agent, &staff.leader, &staff.security, &staff.analyst] {
        let case = next();
        assert_refused(world, desk.close(&desk.south, case), Refusal::NotFound);
        assert_refused(world, desk.close(&staff.other_agent, case), Refusal::RoleNotAllowed);
        assert_refused(world, desk.close(&staff.it, case), Refusal::RoleNotAllowed);
        let body = world.line(FIRST, desk.close(by, case).unwrap()).body.unwrap();
        assert_eq!((body.kind, body.detail), (Kind::CaseClosed, Some(LETTER as u64)));
        assert_eq!(body.upon, (by.id != staff.agent.id).then_some(staff.agent.id));
        assert_refused(world, look(case), Refusal::NoLiveInteraction);
        assert_refused(world, desk.close(&staff.agent, case), Refusal::NoLiveInteraction);
    }
    // A call is no case.
    let call = world.call(&staff.agent, Some(PHONE));
    assert_refused(world, desk.close(&staff.security, call), Refusal::NotFound);
}

#[test]
fn a_yes_for_the_case_opens_nothing_in_a_conversation_nor_the_other_way_round() {
    let desk = Desk::new(2_105);
    let (world, page) = (desk.world(), desk.page());
    let case = desk.case();
    let call = world.call(&world.staff.agent, Some(PHONE));
    let security = world.scope(&world.staff.security);
    block_on(desk.vault().guard(&security, desk.call.customer, Some(Guard::WellKnown))).unwrap();
    let (in_case, in_call) = (desk.command(case, NAME), desk.command(call, NAME));
    desk.agreed(&page, &in_case);
    assert_refused(world, desk.reveal(&in_call), Refusal::GuardedRecord);
    value(desk.reveal(&in_case));
    desk.agreed(&page, &in_call);
    assert_refused(world, desk.reveal(&in_case), Refusal::Casework);
    value(desk.reveal(&in_call));
    // Nor does one's own.
    drop(page);
    world.clock.advance(5 * 60_000);
    let own = Page::begin(world, desk.vault(), &world.staff.agent);
    assert_refused(world, desk.ask(&in_case), Refusal::NobodyToApprove);
    drop(own);
}

#[test]
fn an_edited_case_opens_nothing_and_one_put_back_shows_nothing() {
    let desk = Desk::new(2_106);
    let (world, page) = (desk.world(), desk.page());
    let case = desk.case();
    let kept = world.database().keep("interaction");
    let row = "UPDATE interaction SET customer = NULL WHERE channel = 'case'";
    assert_eq!(world.edit(row), 1);
    let name = desk.command(case, NAME);
    assert_refused(world, desk.reveal(&name), Refusal::Tampered);
    world.database().put_back(&kept);
    desk.agreed(&page, &name);
    desk.close(&world.staff.agent, case).unwrap();
    assert_refused(world, desk.reveal(&name), Refusal::NoLiveInteraction);
    // The whole row from before, with its valid tag: it is open again, and its values are spent.
    world.database().put_back(&kept);
    assert_refused(world, desk.reveal(&name), Refusal::CaseOver);
    // Also once the hour is over in which attempts count.
    world.clock.advance(2 * 3_600_000);
    drop(page);
    let page = desk.page();
    desk.agreed(&page, &name);
    assert_refused(world, desk.reveal(&name), Refusal::CaseOver);
}

#[test]
fn a_case_shows_a_few_values_and_no_more() {
    let limits = Limits { approval_per_hour: 100, agreed_per_hour: 100, ..Limits::default() };
    let desk = Desk::on(TestWorld::with(2_107, VaultConfig { limits, ..VaultConfig::default() }));
    let (case, page) = (desk.case(), desk.page());
    let name = desk.command(case, NAME);
    for _ in 0..CASE_LOOKS {
        // A question that is asked again is another one by its moment.
        desk.world().clock.advance(1_000);
        desk.agreed(&page, &name);
        value(desk.reveal(&name));
    }
    desk.world().clock.advance(1_000);
    desk.agreed(&page, &name);
    assert_refused(desk.world(), desk.reveal(&name), Refusal::CaseOver);
    // In another case there is room again.
    let other = desk.assign(&desk.world().staff.leader, &desk.world().staff.agent, desk.call.customer).unwrap();
    let name = desk.command(other.case, NAME);
    desk.agreed(&page, &name);
    value(desk.reveal(&name));
}

#[test]
fn on_two_nodes_a_conversation_has_one_case_and_a_yes_one_use() {
    let desk = Desk::on(TestWorld::of_nodes(2_108, VaultConfig::default()));
    let (world, page) = (desk.world(), desk.page());
    let node = world.another_node();
    let scopes = [desk.agent(), block_on(node.authenticate(&world.staff.agent.token)).unwrap()];
    let (call, customer) = (desk.call.interaction, desk.call.customer);
    let (first, second) = block_on(async {
        let other = node.follow_up(&scopes[1], call, customer, LETTER);
        tokio::join!(desk.vault().follow_up(&scopes[0], call, customer, LETTER), other)
    });
    let opened: Vec<_> = [&first, &second].into_iter().flatten().filter(|one| one.receipt.is_some()).collect();
    assert_eq!(opened.len(), 1, "{first:?} {second:?}");
    let name = desk.command(opened[0].case, NAME);
    desk.agreed(&page, &name);
    let (first, second) =
        block_on(async { tokio::join!(desk.vault().reveal(&scopes[0], &name), node.reveal(&scopes[1], &name)) });
    let results = [first.map(drop), second.map(drop)];
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    // Closed at one, it is over at the other.
    desk.close(&world.staff.agent, opened[0].case).unwrap();
    let look = failure(block_on(node.view(&scopes[1], opened[0].case, customer)));
    assert!(matches!(look, VaultError::Refused { refusal: Refusal::NoLiveInteraction, .. }), "{look:?}");
}

#[test]
fn who_leads_sees_their_teams_cases_and_security_everybodys() {
    let desk = Desk::new(2_109);
    let (world, staff) = (desk.world(), &desk.world().staff);
    let south_agent = hired(world, "Sid South", Role::Agent, "south");
    let customer = desk.call.customer;
    let north = desk.assign(&staff.leader, &staff.agent, customer).unwrap().case;
    let south = desk.assign(&desk.south, &south_agent, customer).unwrap().case;
    let seen = |by: &Member| {
        let book = block_on(desk.vault().cases(&world.scope(by))).unwrap();
        book.items.into_iter().map(|line| line.case).collect::<Vec<_>>()
    };
    assert_eq!((seen(&staff.leader), seen(&desk.south)), (vec![north], vec![south]));
    let mut all = seen(&staff.security);
    all.sort_by_key(|case| case.0);
    let mut both = vec![north, south];
    both.sort_by_key(|case| case.0);
    assert_eq!(all, both);
    for by in [&staff.agent, &staff.auditor, &staff.it, &staff.board] {
        assert_refused(world, block_on(desk.vault().cases(&world.scope(by))), Refusal::RoleNotAllowed);
    }
    // Nobody holds a case who has left.
    let operator = desk.vault().operator(FIRST);
    block_on(desk.vault().person_left(&operator, south_agent.id)).unwrap();
    assert_eq!(seen(&desk.south), []);
    assert!(block_on(desk.vault().authenticate(&south_agent.token)).is_err());
    desk.close(&staff.leader, north).unwrap();
    assert_eq!(seen(&staff.security), []);
}

#[test]
fn opening_cases_in_bulk_is_stopped() {
    let limits = Limits { approval_per_hour: 2, ..Limits::default() };
    let desk = Desk::on(TestWorld::with(2_110, VaultConfig { limits, ..VaultConfig::default() }));
    let staff = &desk.world().staff;
    for _ in 0..2 {
        desk.assign(&staff.leader, &staff.agent, desk.call.customer).unwrap();
    }
    let third = desk.assign(&staff.leader, &staff.agent, desk.call.customer);
    assert_refused(desk.world(), third, Refusal::ApprovalsExhausted);
}
