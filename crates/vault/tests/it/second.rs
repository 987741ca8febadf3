//! A second person for guarded customers, and for more than a few fields of one interaction.

use crate::help::{Call, assert_refused, failure, value};
use crate::sessions::{Page, at_a_page};
use domain::{FieldKind, Guard, Limits, Refusal, Role};
use testkit::{FIRST, Member, PHONE, TestWorld, block_on};
use vault::{ApprovalId, Heard, Kind, MarkSet, NewPerson, RevealCommand, Scope, VaultConfig, VaultError};

const NAME: FieldKind = FieldKind::Name;

/// A call, and somebody of another team at their page.
struct Desk {
    call: Call,
    leader: Member,
}

impl Desk {
    fn on(world: TestWorld) -> Self {
        let call = Call::on(world);
        let operator = call.world.vault.operator(FIRST);
        let person = NewPerson { name: "Sue South".into(), role: Role::TeamLeader, team: "south".into() };
        let leader = block_on(async {
            let id = call.world.vault.add_person(&operator, person).await.unwrap();
            Member { id, role: Role::TeamLeader, token: call.world.vault.issue_token(&operator, id).await.unwrap() }
        });
        Self { call, leader }
    }

    fn new(seed: u64) -> Self {
        Self::on(TestWorld::new(seed))
    }

    fn world(&self) -> &TestWorld {
        &self.call.world
    }

    fn agent(&self) -> Scope {
        self.world().scope(&self.world().staff.agent)
    }

    fn mark(&self, by: &Member, guard: Option<Guard>) -> Result<MarkSet, VaultError> {
        block_on(self.world().vault.guard(&at_a_page(self.world(), by), self.call.customer, guard))
    }

    fn guard(&self, by: &Member, guard: Option<Guard>) -> Result<domain::EntryId, VaultError> {
        self.mark(by, guard).map(|set| set.receipt)
    }

    /// Both of security ask for the mark's end.
    fn unguarded(&self) -> domain::EntryId {
        let staff = &self.world().staff;
        assert!(self.mark(&staff.analyst, None).unwrap().waits_until.is_some());
        let second = self.mark(&staff.security, None).unwrap();
        assert_eq!(second.waits_until, None);
        second.receipt
    }

    fn hired(&self, name: &str, role: Role) -> Member {
        let operator = self.world().vault.operator(FIRST);
        let person = NewPerson { name: name.into(), role, team: String::new() };
        block_on(async {
            let id = self.world().vault.add_person(&operator, person).await.unwrap();
            Member { id, role, token: self.world().vault.issue_token(&operator, id).await.unwrap() }
        })
    }

    /// Who is guarded, by pages of this size.
    fn listed(&self, limit: u32) -> Vec<vault::Guarded> {
        let scope = self.world().scope(&self.world().staff.security);
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = block_on(self.world().vault.guarded(&scope, after, limit)).unwrap();
            all.extend(page.items);
            after = page.next;
            if after.is_none() {
                return all;
            }
        }
    }

    fn guarded(self) -> Self {
        self.guard(&self.world().staff.security, Some(Guard::WellKnown)).unwrap();
        self
    }

    fn ask(&self, command: &RevealCommand) -> Result<ApprovalId, VaultError> {
        block_on(self.world().vault.ask_approval(&self.agent(), command)).map(|asked| asked.id)
    }

    /// Asks, and a second person agrees.
    fn agreed(&self, command: &RevealCommand) {
        let page = Page::begin(self.world(), &self.world().vault, &self.leader);
        let id = self.ask(command).unwrap();
        let scope = page.get(&self.world().vault, "/approvals").unwrap();
        block_on(self.world().vault.answer_approval(&scope, id, true)).unwrap();
    }
}

#[test]
fn who_asked_that_one_mark_go_did_not_ask_it_of_the_next() {
    let desk = Desk::new(1_899).guarded();
    let staff = &desk.world().staff;
    assert!(desk.mark(&staff.analyst, None).unwrap().waits_until.is_some());
    desk.guard(&staff.security, Some(Guard::Vulnerable)).unwrap();
    assert!(desk.mark(&staff.security, None).unwrap().waits_until.is_some(), "alone");
    assert_eq!(desk.listed(10).len(), 1);
    desk.guard(&staff.security, Some(Guard::Vulnerable)).unwrap();
    desk.unguarded();
    assert_eq!(desk.listed(10).len(), 0);
}

#[test]
fn nothing_of_a_guarded_customers_is_shown_to_one_person_alone() {
    let desk = Desk::new(1_900);
    let (world, name) = (desk.world(), desk.call.command(NAME));
    value(desk.call.reveal(&name));
    assert_refused(world, desk.ask(&name), Refusal::ApprovalNotNeeded);
    let entry = desk.guard(&world.staff.analyst, Some(Guard::Vulnerable)).unwrap();
    let body = world.line(FIRST, entry).body.unwrap();
    assert_eq!((body.kind, body.detail), (Kind::CustomerGuarded, Some(2)));
    assert_eq!(body.person, Some(world.staff.analyst.id));
    for field in [NAME, FieldKind::Phone, FieldKind::Email] {
        assert_refused(world, desk.call.reveal(&desk.call.command(field)), Refusal::GuardedRecord);
    }
    let record = block_on(world.vault.view(&desk.agent(), desk.call.interaction, desk.call.customer)).unwrap();
    assert!(record.guarded);
    let shown = record.fields.iter().filter(|field| !field.purposes.is_empty());
    assert!(shown.map(|field| field.second_person).all(|second| second == Some(vault::SecondPersonFor::Always)));

    let page = Page::begin(world, &world.vault, &desk.leader);
    let id = desk.ask(&name).unwrap();
    assert_refused(world, desk.call.reveal(&name), Refusal::NotYetApproved);
    let scope = page.get(&world.vault, "/approvals").unwrap();
    block_on(world.vault.answer_approval(&scope, id, true)).unwrap();
    // For this value, and once.
    assert_refused(world, desk.call.reveal(&desk.call.command(FieldKind::Phone)), Refusal::GuardedRecord);
    value(desk.call.reveal(&name));
    assert_refused(world, desk.call.reveal(&name), Refusal::GuardedRecord);

    let body = world.line(FIRST, desk.unguarded()).body.unwrap();
    let (first, second) = (world.staff.analyst.id, world.staff.security.id);
    assert_eq!((body.kind, body.person, body.upon), (Kind::CustomerUnguarded, Some(second), Some(first)));
    value(desk.call.reveal(&name));
    let record = block_on(world.vault.view(&desk.agent(), desk.call.interaction, desk.call.customer)).unwrap();
    assert!(!record.guarded);
}

#[test]
fn that_a_mark_goes_two_of_security_ask() {
    let desk = Desk::new(1_910).guarded();
    let (world, staff) = (desk.world(), &desk.world().staff);
    let waits = |by: &Member| desk.mark(by, None).unwrap().waits_until.is_some();
    for _ in 0..3 {
        assert!(waits(&staff.security), "one alone, however often they ask");
    }
    assert!(waits(&desk.hired("sam  security", Role::SecurityAnalyst)), "a second account of the same human");
    world.clock.advance(7 * 24 * 3_600_000);
    let gone = desk.hired("Gone Soon", Role::SecurityAnalyst);
    assert!(waits(&gone), "seven days are over");
    block_on(world.vault.person_left(&world.vault.operator(FIRST), gone.id)).unwrap();
    assert!(waits(&staff.analyst), "who asked first has left");
    world.clock.advance(7 * 24 * 3_600_000);
    assert!(waits(&staff.security), "seven days are over");
    let row = block_on(world.store.state(FIRST, desk.call.customer)).unwrap().unwrap();
    assert_eq!(row.guard, Some(Guard::WellKnown), "guarded until then");
    assert!(!world.tables_holding(&desk.call.customer.0).contains(&"admission".to_owned()), "the word names nobody");
    assert_eq!(desk.mark(&staff.analyst, None).unwrap().waits_until, None);
    let row = block_on(world.store.state(FIRST, desk.call.customer)).unwrap().unwrap();
    assert_eq!(row.guard, None);
}

#[test]
fn security_reads_who_is_guarded_and_an_edited_row_is_among_them() {
    let desk = Desk::new(1_911);
    let world = desk.world();
    assert!(desk.listed(50).is_empty());
    let customers: Vec<_> =
        (0..5).map(|at| world.add(testkit::name_and_phone("Known Knut", &format!("+4479460001{at:02}")))).collect();
    let security = world.scope(&world.staff.security);
    for customer in &customers {
        block_on(world.vault.guard(&security, *customer, Some(Guard::OwnStaff))).unwrap();
    }
    let mut expected = customers.clone();
    expected.sort();
    for limit in [1, 2, 5, 200] {
        let listed = desk.listed(limit);
        assert_eq!(listed.iter().map(|one| one.customer).collect::<Vec<_>>(), expected, "{limit} at once");
        assert!(listed.iter().all(|one| one.why == Some(Guard::OwnStaff)));
    }
    for table in ["customer", world.states()] {
        world.edit(&format!("UPDATE {table} SET guard = 0 WHERE guard > 0"));
    }
    assert_eq!(desk.listed(50).iter().map(|one| one.why).collect::<Vec<_>>(), [None; 5], "edited, and so found");
    let reading = world.log(FIRST).into_iter().filter_map(|line| line.body);
    assert!(reading.filter(|body| body.kind == Kind::DirectoryRead && body.decision.is_ok()).count() >= 5);
    for member in world.staff.all() {
        let may = matches!(member.role, Role::SecurityOfficer | Role::SecurityAnalyst);
        let tried = block_on(world.vault.guarded(&world.scope(member), None, 50));
        assert_eq!(tried.is_ok(), may, "{:?}", member.role);
    }
}

#[test]
fn a_no_to_a_guarded_customers_value_stands() {
    let desk = Desk::new(1_901).guarded();
    let (world, name) = (desk.world(), desk.call.command(NAME));
    let page = Page::begin(world, &world.vault, &desk.leader);
    let id = desk.ask(&name).unwrap();
    let scope = page.get(&world.vault, "/approvals").unwrap();
    block_on(world.vault.answer_approval(&scope, id, false)).unwrap();
    assert_refused(world, desk.call.reveal(&name), Refusal::ApprovalDeclined);
    assert_refused(world, desk.ask(&name), Refusal::ApprovalDeclined);
}

#[test]
fn only_security_marks_and_unmarks() {
    let desk = Desk::new(1_902).guarded();
    let staff = &desk.world().staff;
    for member in [
        &staff.agent,
        &staff.leader,
        &staff.it,
        &staff.protection,
        &staff.integrator,
        &staff.quality,
        &staff.board,
        &staff.auditor,
    ] {
        for guard in [None, Some(Guard::OwnStaff)] {
            assert_refused(desk.world(), desk.guard(member, guard), Refusal::RoleNotAllowed);
        }
    }
    assert_refused(desk.world(), desk.call.reveal(&desk.call.command(NAME)), Refusal::GuardedRecord);
    let nobody = domain::CustomerId([7; 16]);
    let scope = desk.world().scope(&staff.security);
    let marked = block_on(desk.world().vault.guard(&scope, nobody, Some(Guard::WellKnown)));
    assert_refused(desk.world(), marked, Refusal::NotFound);
}

#[test]
fn a_mark_that_is_edited_in_the_database_opens_nothing() {
    // The embedded engine keeps what changed lately in a table of its own, ahead of the customer's row.
    for guard in [0, 1, 3] {
        let desk = Desk::new(1_903);
        desk.guard(&desk.world().staff.security, Some(Guard::Vulnerable)).unwrap();
        let world = desk.world();
        world.edit(&format!("UPDATE customer SET guard = {guard}"));
        world.edit(&format!("UPDATE {} SET guard = {guard}", world.states()));
        assert_refused(world, desk.call.reveal(&desk.call.command(NAME)), Refusal::Tampered);
        // Not even by whom it is for: what was edited is evidence.
        assert_refused(world, desk.guard(&world.staff.security, None), Refusal::Tampered);
    }
}

#[test]
fn a_mark_whose_row_is_deleted_or_left_behind_still_counts() {
    let desk = Desk::new(1_904);
    value(desk.call.reveal(&desk.call.command(NAME)));
    let desk = desk.guarded();
    let world = desk.world();
    if world.states() != "customer" {
        assert_eq!(world.edit(&format!("DELETE FROM {}", world.states())), 1);
    }
    assert_refused(world, desk.call.reveal(&desk.call.command(NAME)), Refusal::GuardedRecord);
}

#[test]
fn a_row_from_before_the_mark_is_found_when_customers_are_counted() {
    let desk = Desk::new(1_905);
    let world = desk.world();
    value(desk.call.reveal(&desk.call.command(NAME)));
    let kept: Vec<_> = ["customer", world.states()].map(|table| world.database().keep(table)).into();
    desk.guard(&world.staff.security, Some(Guard::WellKnown)).unwrap();
    for table in kept {
        world.database().put_back(&table);
    }
    world.sequence(FIRST);
    let operator = world.vault.operator(FIRST);
    let size = block_on(world.store.head(FIRST)).unwrap().size;
    let before = vault::Before { size, ..vault::Before::default() };
    let counted = block_on(world.vault.recount_customers(&operator, &before)).unwrap();
    let wrong = counted.expect_err("an older row was put back");
    assert!(wrong.problem.contains("put back"), "{wrong:?}");
}

#[test]
fn a_mark_goes_with_its_customer() {
    let desk = Desk::new(1_906).guarded();
    let world = desk.world();
    crate::erasure::erased(world, desk.call.customer).unwrap();
    assert_refused(world, desk.guard(&world.staff.security, None), Refusal::NotFound);
}

#[test]
fn another_node_knows_of_a_mark_at_once() {
    let desk = Desk::on(TestWorld::of_nodes(1_907, VaultConfig::default()));
    let world = desk.world();
    let other = world.another_node();
    let there = block_on(other.authenticate(&world.staff.agent.token)).unwrap();
    let name = desk.call.command(NAME);
    value(block_on(other.reveal(&there, &name)));
    desk.guard(&world.staff.security, Some(Guard::WellKnown)).unwrap();
    let VaultError::Refused { refusal, .. } = failure(block_on(other.reveal(&there, &name))) else { panic!() };
    assert_eq!(refusal, Refusal::GuardedRecord);
}

/// Fields that a caller by their own number needs no second person for.
const OPEN: [FieldKind; 4] = [NAME, FieldKind::PostalAddress, FieldKind::Phone, FieldKind::Email];

fn few(limit: u32) -> VaultConfig {
    VaultConfig { limits: Limits { fields_per_interaction: limit, ..Limits::default() }, ..VaultConfig::default() }
}

#[test]
fn beyond_a_few_fields_a_second_person_must_agree() {
    let desk = Desk::on(TestWorld::with(1_910, few(2)));
    let world = desk.world();
    let [name, address, phone, _] = OPEN.map(|field| desk.call.command(field));
    // A field counts once, however often it is shown.
    for command in [&name, &address, &name, &address, &name] {
        value(desk.call.reveal(command));
    }
    assert_refused(world, desk.call.reveal(&phone), Refusal::ManyFields);
    assert_refused(world, desk.ask(&name), Refusal::ApprovalNotNeeded);
    desk.agreed(&phone);
    // For this field only.
    assert_refused(world, desk.call.reveal(&desk.call.command(FieldKind::Email)), Refusal::ManyFields);
    value(desk.call.reveal(&phone));
    // Who agreed to it agreed to this field in this conversation: it is one of those that were shown.
    value(desk.call.reveal(&phone));
    value(desk.call.reveal(&name));
    // It doesn't run out while the conversation lasts, and begins anew with the next one.
    world.clock.advance(29 * 60_000);
    assert_refused(world, desk.call.reveal(&desk.call.command(FieldKind::Email)), Refusal::ManyFields);
    let interaction = world.call(&world.staff.agent, Some(PHONE));
    value(desk.call.reveal(&RevealCommand { interaction, ..desk.call.command(FieldKind::Email) }));
}

#[test]
fn a_count_that_is_edited_opens_nothing() {
    let edit = |desk: &Desk, shown: &str| {
        let customers = desk.world().states();
        assert_eq!(desk.world().edit(&format!("UPDATE {customers} SET shown = {shown} WHERE shown IS NOT NULL")), 1);
    };
    let desk = Desk::on(TestWorld::with(1_911, few(1)));
    value(desk.call.reveal(&desk.call.command(NAME)));
    edit(&desk, "NULL");
    assert_refused(desk.world(), desk.call.reveal(&desk.call.command(FieldKind::Phone)), Refusal::Tampered);
    // So does one that says that a field was shown already.
    let desk = Desk::on(TestWorld::with(1_912, few(1)));
    value(desk.call.reveal(&desk.call.command(NAME)));
    edit(&desk, "x'7fffffffffffffffffffffff'");
    assert_refused(desk.world(), desk.call.reveal(&desk.call.command(NAME)), Refusal::Tampered);
}

#[test]
fn of_two_that_ask_at_once_on_two_nodes_one_field_more_is_shown() {
    let desk = Desk::on(TestWorld::of_nodes(1_913, few(2)));
    let world = desk.world();
    let other = world.another_node();
    let scopes = [desk.agent(), block_on(other.authenticate(&world.staff.agent.token)).unwrap()];
    value(desk.call.reveal(&desk.call.command(NAME)));
    let [_, address, phone, email] = OPEN.map(|field| desk.call.command(field));
    let (first, second, third) = block_on(async {
        tokio::join!(
            world.vault.reveal(&scopes[0], &address),
            other.reveal(&scopes[1], &phone),
            world.vault.reveal(&scopes[0], &email)
        )
    });
    let won: Vec<_> = [first, second, third].into_iter().map(|result| result.map(drop)).collect();
    assert_eq!(won.iter().filter(|result| result.is_ok()).count(), 1, "{won:?}");
    for lost in won.into_iter().filter_map(Result::err) {
        assert!(matches!(lost, VaultError::Refused { refusal: Refusal::ManyFields, .. }), "{lost:?}");
    }
}

#[test]
fn an_interaction_has_one_count_whoever_handles_it() {
    let desk = Desk::on(TestWorld::with(1_914, few(1)));
    let world = desk.world();
    value(desk.call.reveal(&desk.call.command(NAME)));
    // A later one of the same customer's begins anew, and the one before gains nothing by it.
    world.clock.advance(1_000);
    let colleague = world.scope(&world.staff.other_agent);
    let interaction = world.connect(FIRST, "later", &world.staff.other_agent, Some(PHONE)).unwrap();
    let phone = RevealCommand { interaction, ..desk.call.command(FieldKind::Phone) };
    value(block_on(world.vault.reveal(&colleague, &phone)));
    let name = RevealCommand { interaction, ..desk.call.command(NAME) };
    assert_refused(world, block_on(world.vault.reveal(&colleague, &name)), Refusal::ManyFields);
    assert_refused(world, desk.call.reveal(&desk.call.command(NAME)), Refusal::ManyFields);
    // Handing it on doesn't give the next person as many again.
    world.hear(FIRST, "later", Heard::Transferred(world.staff.agent.id)).unwrap();
    let handed = RevealCommand { interaction, ..desk.call.command(FieldKind::Email) };
    assert_refused(world, desk.call.reveal(&handed), Refusal::ManyFields);
    value(desk.call.reveal(&phone));
}

#[test]
fn an_imported_customer_is_guarded_before_anybody_finds_them() {
    let world = TestWorld::new(1_912);
    let operator = world.vault.operator(FIRST);
    let record = |guard| vault::NewRecord { guard, ..testkit::name_and_phone("Known Knut", PHONE) };
    let batch = vault::IntakeBatch {
        import: [3; 16],
        rows_done: 2,
        records: vec![record(Some(Guard::WellKnown)), record(None)],
        staged: true,
    };
    let [known, other] = block_on(world.vault.take_in(&operator, batch)).unwrap().customers.try_into().unwrap();
    let guard = |customer| block_on(world.store.state(FIRST, customer)).unwrap().unwrap().guard;
    assert_eq!((guard(known), guard(other)), (None, None), "not yet, and nobody finds them");
    let found = || {
        let call = world.call(&world.staff.agent, None);
        let agent = world.scope(&world.staff.agent);
        let phone = domain::field::query_phone(PHONE).unwrap();
        block_on(world.vault.search(&agent, call, &phone)).unwrap().hits.len()
    };
    assert_eq!(found(), 0);
    // However often it is ended, or by whom.
    for vault in [&world.vault, &world.another_node()] {
        block_on(vault.finish_intake(&operator)).unwrap();
    }
    assert_eq!((guard(known), guard(other), found()), (Some(Guard::WellKnown), None, 2));
    let told = world.log(FIRST).into_iter().filter_map(|line| line.body);
    let told: Vec<_> = told.filter(|body| body.kind == Kind::CustomerGuarded).collect();
    let [body] = told.as_slice() else { panic!("once: {told:?}") };
    assert_eq!((body.person, body.detail), (None, Some(1)));
}
