//! A second person for guarded customers, and for more than a few fields of one interaction.

use crate::help::{Call, assert_refused, failure, value};
use crate::sessions::Page;
use domain::{FieldKind, Guard, Limits, Refusal, Role};
use testkit::{FIRST, Member, PHONE, TestWorld, block_on};
use vault::{ApprovalId, Erased, Heard, Kind, NewPerson, RevealCommand, Scope, VaultConfig, VaultError};

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

    fn guard(&self, by: &Member, guard: Option<Guard>) -> Result<domain::EntryId, VaultError> {
        block_on(self.world().vault.guard(&self.world().scope(by), self.call.customer, guard))
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

    let entry = desk.guard(&world.staff.security, None).unwrap();
    assert_eq!(world.line(FIRST, entry).body.unwrap().kind, Kind::CustomerUnguarded);
    value(desk.call.reveal(&name));
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
    let scope = world.scope(&world.staff.protection);
    let Erased { .. } = block_on(world.vault.erase(&scope, desk.call.customer)).unwrap();
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
