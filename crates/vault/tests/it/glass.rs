//! Break-glass: two officers see one value once, the board is told at once, and nothing gets around either.

use crate::help::{Call, assert_refused, at_once, failure, value};
use crate::sessions::Page;
use domain::{Clock as _, CustomerId, Emergency, FieldKind, Finding, Guard, Refusal, Role};
use std::sync::Arc;
use testkit::{Authenticator, Browser, FIRST, Member, TestWorld, block_on, name_and_phone};
use vault::{
    AlarmKind, Algorithm, AskGlass, Assertion, Change, GlassAnswer, GlassBook, GlassId, GlassLine, GlassState,
    GlassStep, Kind, Left, NewPerson, PowerWish, Recounter, Revealed, Scope, Vault, VaultError,
};
use zeroize::Zeroizing;

const DAY_MS: i64 = 24 * 3_600_000;
const ADDRESS: FieldKind = FieldKind::PostalAddress;

/// Three officers with passkeys, a second account of the first one's name, and a customer who isn't on any line.
struct Office {
    call: Call,
    officers: [Member; 4],
    keys: [Authenticator; 4],
    browsers: [Browser; 4],
}

impl Office {
    fn new(seed: u64) -> Self {
        Self::on(TestWorld::with(seed, at_once()))
    }

    fn on(world: TestWorld) -> Self {
        let call = Call::on(world);
        let (vault, operator) = (&call.world.vault, call.world.vault.operator(FIRST));
        let hired = ["Ina First", "Ben Second", "Cleo Third", " ina  FIRST"].map(|name| {
            let person = NewPerson { name: name.to_owned(), role: Role::SecurityOfficer, team: String::new() };
            let id = block_on(vault.add_person(&operator, person)).unwrap();
            Member { id, role: Role::SecurityOfficer, token: block_on(vault.issue_token(&operator, id)).unwrap() }
        });
        let keys = ["ina", "ben", "cleo", "twin"].map(|name| Authenticator::named(Algorithm::EdDsa, name));
        let passkey = |at: usize| Change::put([at as u8 + 1; 16], &keys[at].passkey(hired[at].id));
        block_on(vault.set_up_power(&operator, (0..4).map(passkey).collect())).unwrap();
        let browsers = [(); 4].map(|()| Browser::new());
        Self { call, officers: hired, keys, browsers }
    }

    fn world(&self) -> &TestWorld {
        &self.call.world
    }

    fn vault(&self) -> &Vault {
        &self.call.world.vault
    }

    /// An officer at their page, in their own browser.
    fn at(&self, which: usize) -> Scope {
        self.at_browser(which, which)
    }

    fn at_browser(&self, which: usize, browser: usize) -> Scope {
        self.at_page(self.vault(), &self.officers[which], &self.browsers[browser])
    }

    fn at_page(&self, vault: &Vault, member: &Member, browser: &Browser) -> Scope {
        Page::begin_in(self.world(), vault, member, browser).get(vault, "/security/glass").unwrap()
    }

    /// Somebody else, at a page of their own.
    fn page_of(&self, member: &Member) -> Scope {
        self.at_page(self.vault(), member, &Browser::new())
    }

    fn asking(&self, customer: CustomerId, field: FieldKind) -> AskGlass {
        let note = Zeroizing::new("The neighbour heard a fall.".to_owned());
        AskGlass { customer, field, instance: 1, reason: Emergency::Life, note }
    }

    fn ask(&self, which: usize) -> GlassId {
        let asked = self.asking(self.call.customer, ADDRESS);
        block_on(self.vault().ask_glass(&self.at(which), &asked)).unwrap().id
    }

    fn book(&self, scope: &Scope) -> GlassBook {
        block_on(self.vault().glass_book(scope)).unwrap_or_else(|error| panic!("{error:?}"))
    }

    fn line(&self, which: usize, id: GlassId) -> GlassLine {
        self.book(&self.at(which)).items.into_iter().find(|line| line.id == id).unwrap()
    }

    fn state(&self, id: GlassId) -> GlassState {
        self.line(2, id).state
    }

    /// What an officer is to sign now, with their own passkey.
    fn signed(&self, which: usize, id: GlassId) -> Assertion {
        match self.line(which, id).step {
            Some(GlassStep::Answer(challenge) | GlassStep::Break(challenge)) => self.keys[which].assert(&challenge),
            step => panic!("{step:?}"),
        }
    }

    fn answer(&self, scope: &Scope, id: GlassId, signed: Option<Assertion>) -> Result<domain::EntryId, VaultError> {
        block_on(self.vault().answer_glass(scope, id, GlassAnswer::Yes(signed)))
    }

    fn agree(&self, which: usize, id: GlassId) {
        let signed = self.signed(which, id);
        self.answer(&self.at(which), id, Some(signed)).unwrap();
    }

    /// Asked by the first, agreed by the second.
    fn agreed(&self) -> GlassId {
        let id = self.ask(0);
        self.agree(1, id);
        id
    }

    fn see(&self, which: usize, id: GlassId, signed: Option<Assertion>) -> Result<Revealed, VaultError> {
        block_on(self.vault().break_glass(&self.at(which), id, signed))
    }

    fn broken(&self) -> GlassId {
        let id = self.agreed();
        value(self.see(0, id, Some(self.signed(0, id))));
        id
    }

    fn review(&self, scope: &Scope, id: GlassId) -> Result<domain::EntryId, VaultError> {
        block_on(self.vault().review_glass(scope, id, Finding::Justified))
    }

    fn settle(&self) {
        block_on(self.vault().settle_glass(FIRST)).unwrap();
    }

    fn alarmed(&self) -> [bool; 2] {
        alarmed(self.vault(), &self.world().scope(&self.world().staff.board))
    }
}

/// Does the board see that it was broken, and that it is red?
fn alarmed(vault: &Vault, board: &Scope) -> [bool; 2] {
    let shown = vault.alarms_shown(board).unwrap();
    [AlarmKind::GlassBroken, AlarmKind::GlassOverdue].map(|kind| shown.iter().any(|alarm| alarm.kind == kind))
}

#[test]
fn two_officers_see_one_value_once_and_the_board_knows_at_once_until_it_is_reviewed() {
    let office = Office::new(2_000);
    let world = office.world();
    let asked = block_on(office.vault().ask_glass(&office.at(0), &office.asking(office.call.customer, ADDRESS)));
    let asked = asked.unwrap();
    assert_eq!(asked.others, 2, "the second and the third; not their own second account");
    let id = asked.id;
    assert_refused(world, office.see(0, id, None).map(drop), Refusal::NotYetAgreed);
    assert!(!office.alarmed()[0]);
    world.clock.advance(5_000);
    office.agree(1, id);
    let signed = office.signed(0, id);
    let revealed = office.see(0, id, Some(signed.clone())).map_err(|error| panic!("{error:?}")).ok().unwrap();
    let (receipt, seconds) = (revealed.receipt, revealed.remask_in_s);
    assert!(crate::help::shown(revealed).contains("High") && seconds == 20);
    assert_eq!(office.alarmed(), [true, false], "told at once");
    assert_refused(world, office.see(0, id, Some(signed)).map(drop), Refusal::GlassOver);
    assert_eq!(office.state(id), GlassState::Broken);

    let bodies =
        |kind: Kind| world.log(FIRST).into_iter().filter_map(|line| line.body).filter(move |body| body.kind == kind);
    let [first, second] = [0, 1].map(|which: usize| Some(office.officers[which].id));
    let body = bodies(Kind::GlassBroken).find(|body| body.decision.is_ok()).unwrap();
    assert_eq!((body.person, body.upon, body.field, body.detail), (first, second, Some(ADDRESS.code()), Some(1)));
    let body = bodies(Kind::GlassAgreed).next().unwrap();
    assert_eq!((body.person, body.upon, body.detail), (second, first, Some(5_000)));
    let body = bodies(Kind::GlassAsked).next().unwrap();
    assert_eq!((body.person, body.detail), (first, Some(Emergency::Life as u64)));
    // The customer is told of each step, as of any disclosure.
    let protection = world.scope(&world.staff.protection);
    let statement = block_on(office.vault().give_statement(&protection, office.call.customer)).unwrap();
    let told = statement.lines.iter().find(|line| line.entry == receipt).unwrap().audit.clone().unwrap();
    assert_eq!((told.kind, told.detail), (Kind::GlassBroken, Some(Emergency::Life as u64)));

    let board = office.page_of(&world.staff.board);
    let [line] = office.book(&board).items.try_into().ok().unwrap();
    assert_eq!((line.asker.as_str(), line.second.as_deref()), ("Ina First", Some("Ben Second")));
    assert_eq!((line.step, line.customer, line.overdue), (Some(GlassStep::Review), None, false));
    assert_eq!(line.note.unwrap().as_str(), "The neighbour heard a fall.");
    assert_eq!(line.review_due.unwrap(), line.broken.unwrap().plus(5 * DAY_MS));
    let entry = block_on(office.vault().review_glass(&board, id, Finding::NotJustified)).unwrap();
    let body = world.line(FIRST, entry).body.unwrap();
    assert_eq!(
        (body.kind, body.person, body.upon, body.detail),
        (Kind::GlassReviewed, Some(world.staff.board.id), first, Some(2))
    );
    assert_eq!(office.alarmed(), [false, false]);
    assert_refused(world, office.review(&board, id), Refusal::NothingToReview);
    let line = office.line(2, id);
    assert_eq!((line.state, line.reviewed.unwrap().0), (GlassState::Reviewed, Finding::NotJustified));
    // What was written beside it lies nowhere in the open.
    assert!(world.tables_holding(b"neighbour").is_empty());
}

#[test]
fn what_nobody_reviews_turns_red_and_stays_so_on_every_node_and_after_a_restart() {
    let mut office = Office::new(2_001);
    let id = office.broken();
    office.call.world.clock.advance(5 * DAY_MS - 60_000);
    office.settle();
    assert_eq!(office.alarmed(), [true, false]);
    office.call.world.clock.advance(60_000);
    block_on(office.vault().sweep_admissions()).unwrap();
    office.settle();
    assert_eq!(office.alarmed(), [true, true]);
    let board = office.page_of(&office.world().staff.board);
    assert!(office.book(&board).items[0].overdue);
    office.call.world.clock.advance(400 * DAY_MS);
    block_on(office.vault().sweep_admissions()).unwrap();
    let node = office.world().another_node();
    block_on(node.settle_glass(FIRST)).unwrap();
    let seen = block_on(node.authenticate(&office.world().staff.board.token)).unwrap();
    assert_eq!(alarmed(&node, &seen), [true, true]);
    office.call.world.restart();
    office.settle();
    assert_eq!(office.alarmed(), [true, true]);
    // The third officer will do as well as the board; red it was all the same.
    office.review(&office.at(2), id).unwrap();
    assert_eq!(office.alarmed(), [false, false]);
}

#[test]
fn one_human_is_never_two() {
    let office = Office::new(2_002);
    let (world, id) = (office.world(), office.ask(0));
    let GlassStep::Answer(challenge) = office.line(1, id).step.unwrap() else { panic!() };
    let by = |which: usize| Some(office.keys[which].assert(&challenge));
    // Oneself; a second account of the same name; another officer's account in the asker's browser, or at a program.
    assert!(office.line(0, id).step.is_none() && office.line(3, id).step.is_none());
    assert_refused(world, office.answer(&office.at(0), id, by(0)), Refusal::NotASecondOfficer);
    assert_refused(world, office.answer(&office.at(3), id, by(3)), Refusal::NotASecondOfficer);
    assert_refused(world, office.answer(&office.at_browser(1, 0), id, by(1)), Refusal::NotASecondOfficer);
    let program = world.scope(&office.officers[1]);
    assert_refused(world, office.answer(&program, id, by(1)), Refusal::RoleNotAllowed);
    // Without a passkey, with another's, with one that signed something else.
    assert_refused(world, office.answer(&office.at(1), id, None), Refusal::GlassUnsigned);
    assert_refused(world, office.answer(&office.at(1), id, by(0)), Refusal::GlassUnsigned);
    assert_refused(world, office.answer(&office.at(1), id, by(2)), Refusal::GlassUnsigned);
    let other = Some(office.keys[1].assert(&[7; 32]));
    assert_refused(world, office.answer(&office.at(1), id, other), Refusal::GlassUnsigned);
    assert_eq!(office.state(id), GlassState::Asked);
    office.answer(&office.at(1), id, by(1)).unwrap();
    assert_refused(world, office.answer(&office.at(2), id, by(2)), Refusal::GlassOver);
    // Who agreed doesn't see it, nor does another; and the asker signs for themselves, and for seeing.
    let GlassStep::Break(challenge) = office.line(0, id).step.unwrap() else { panic!() };
    let by = |which: usize| Some(office.keys[which].assert(&challenge));
    for which in 1..4 {
        assert_refused(world, office.see(which, id, by(which)).map(drop), Refusal::NotFound);
    }
    assert_refused(world, office.see(0, id, None).map(drop), Refusal::GlassUnsigned);
    assert_refused(world, office.see(0, id, by(1)).map(drop), Refusal::GlassUnsigned);
    value(office.see(0, id, by(0)));
}

#[test]
fn an_agreement_fits_one_request_and_one_step() {
    let office = Office::new(2_003);
    let world = office.world();
    let first = office.ask(0);
    let used = office.signed(1, first);
    office.answer(&office.at(1), first, Some(used.clone())).unwrap();
    // Another field, another customer, and the same again: none is opened with what was signed for the first.
    let other = world.add(name_and_phone("Bea Other", "+442079460123"));
    for (customer, field) in
        [(office.call.customer, FieldKind::Phone), (other, FieldKind::Phone), (office.call.customer, ADDRESS)]
    {
        let asked = office.asking(customer, field);
        let id = block_on(office.vault().ask_glass(&office.at(0), &asked)).unwrap().id;
        assert_refused(world, office.answer(&office.at(1), id, Some(used.clone())), Refusal::GlassUnsigned);
        assert_refused(
            world,
            office.see(0, id, Some(office.keys[0].assert(&[0; 32]))).map(drop),
            Refusal::NotYetAgreed,
        );
    }
    // The second's signature isn't the first's, even by the first's key: each step is signed for itself.
    let GlassStep::Break(challenge) = office.line(0, first).step.unwrap() else { panic!() };
    let mine = office.ask(1);
    assert_refused(
        world,
        office.answer(&office.at(0), mine, Some(office.keys[0].assert(&challenge))),
        Refusal::GlassUnsigned,
    );
    value(office.see(0, first, Some(office.keys[0].assert(&challenge))));
}

#[test]
fn silence_a_no_and_a_late_use_open_nothing() {
    let office = Office::new(2_004);
    let world = office.world();
    let id = office.ask(0);
    let signed = office.signed(1, id);
    world.clock.advance(10 * 60_000);
    assert_refused(world, office.answer(&office.at(1), id, Some(signed)), Refusal::GlassOver);
    assert_refused(world, office.see(0, id, None).map(drop), Refusal::GlassOver);
    assert_eq!(office.state(id), GlassState::Over);

    let id = office.ask(0);
    let signed = office.signed(2, id);
    block_on(office.vault().answer_glass(&office.at(1), id, GlassAnswer::No)).unwrap();
    assert_refused(world, office.answer(&office.at(2), id, Some(signed)), Refusal::GlassOver);
    assert_refused(world, office.see(0, id, None).map(drop), Refusal::GlassOver);

    let id = office.agreed();
    let signed = office.signed(0, id);
    world.clock.advance(5 * 60_000);
    assert_refused(world, office.see(0, id, Some(signed)).map(drop), Refusal::GlassOver);
    assert_eq!(office.alarmed(), [false, false]);
}

#[test]
fn nobody_else_takes_part() {
    let office = Office::new(2_005);
    let world = office.world();
    let agreed = office.agreed();
    let asked = office.ask(2);
    let broken = office.broken();
    for member in world.staff.all() {
        let scope = office.page_of(member);
        let asks = block_on(office.vault().ask_glass(&scope, &office.asking(office.call.customer, ADDRESS)));
        if member.role == Role::SecurityOfficer {
            assert!(asks.is_ok());
            continue;
        }
        let reads = matches!(member.role, Role::SecurityAnalyst | Role::Auditor | Role::BoardMember);
        assert_refused(world, asks, Refusal::RoleNotAllowed);
        assert_refused(world, office.answer(&scope, asked, None), Refusal::RoleNotAllowed);
        let no = block_on(office.vault().answer_glass(&scope, asked, GlassAnswer::No));
        assert_refused(world, no, Refusal::RoleNotAllowed);
        let seen = block_on(office.vault().break_glass(&scope, agreed, None));
        assert_refused(world, seen.map(drop), Refusal::RoleNotAllowed);
        let book = block_on(office.vault().glass_book(&scope));
        match reads {
            true => {
                let book = book.unwrap_or_else(|error| panic!("{error:?}"));
                let step = |line: &GlassLine| line.step.is_some();
                let reviews = member.role == Role::BoardMember;
                assert!(!book.asks && book.items.len() == 4 && book.items.iter().any(step) == reviews);
                assert!(book.items.iter().all(|line| line.note.is_some() == reviews), "{:?}", member.role);
            }
            false => drop(assert_refused(world, book.map(drop), Refusal::RoleNotAllowed)),
        }
        if member.role != Role::BoardMember {
            assert_refused(world, office.review(&scope, broken), Refusal::RoleNotAllowed);
        }
    }
    // A program of the board's reviews nothing, nor does one of the two, or their second account.
    assert_refused(world, office.review(&world.scope(&world.staff.board), broken), Refusal::RoleNotAllowed);
    for which in [0, 1, 3] {
        assert_refused(world, office.review(&office.at(which), broken), Refusal::NotAReviewer);
    }
    assert_refused(world, office.review(&office.at(2), agreed), Refusal::NothingToReview);
    office.review(&office.at(2), broken).unwrap();
}

#[test]
fn what_is_never_shown_and_what_is_not_planned_stays_so_and_it_costs() {
    let office = Office::new(2_006);
    let (world, customer) = (office.world(), office.call.customer);
    for field in [FieldKind::Card, FieldKind::BankAccount, FieldKind::Order, FieldKind::Note] {
        let asked = block_on(office.vault().ask_glass(&office.at(0), &office.asking(customer, field)));
        assert_refused(world, asked, Refusal::RoleNotAllowed);
    }
    let nobody = CustomerId([9; 16]);
    let asked = block_on(office.vault().ask_glass(&office.at(0), &office.asking(nobody, ADDRESS)));
    assert_refused(world, asked, Refusal::NotFound);
    // A guarded customer is shown: two have agreed.
    block_on(office.vault().guard(&office.at(2), customer, Some(Guard::Vulnerable))).unwrap();
    let left = |which: usize| block_on(office.vault().budgets(&office.at(which))).unwrap()[0].left;
    let before = [left(0), left(1)];
    office.broken();
    assert!(left(0) < before[0] && left(1) == before[1], "who sees it pays");
    // A row that was edited opens nothing.
    let id = office.agreed();
    assert!(world.edit(&format!("UPDATE {} SET n = n + 1", world.states())) > 0);
    let seen = office.see(0, id, Some(office.signed(0, id)));
    assert!(matches!(failure(seen), VaultError::Refused { refusal: Refusal::Tampered, .. }));
}

#[test]
fn an_agreement_ends_with_the_officers_role() {
    for leaves in [1, 0] {
        let office = Office::new(2_007 + leaves as u64);
        let id = office.agreed();
        let signed = office.signed(0, id);
        let before = office.at(0);
        let person = office.officers[leaves].id;
        let gone = office.vault();
        let draft = block_on(gone.draft_power(&office.at(2), PowerWish::Left { person })).unwrap();
        block_on(gone.approve_power(&office.at(2), &draft.bytes, None)).unwrap();
        assert!(block_on(gone.load_power(FIRST)).unwrap().get::<Left>(&person.0).is_some());
        // Who has left has no new session; the old one is of another version of people.
        let asker = if leaves == 0 { before } else { office.at(0) };
        let seen = block_on(gone.break_glass(&asker, id, Some(signed)));
        let refusal = match failure(seen) {
            VaultError::Refused { refusal, .. } => refusal,
            error => panic!("{error:?}"),
        };
        let expected =
            if leaves == 1 { &[Refusal::NotYetAgreed][..] } else { &[Refusal::GlassUnsigned, Refusal::PowerChanged] };
        assert!(expected.contains(&refusal), "{refusal:?}");
        assert_eq!(office.alarmed(), [false, false]);
    }
}

/// Keeps the request's row under another kind, to put it back later.
fn keep(world: &TestWorld) {
    let kept = "INSERT INTO admission SELECT tenant, 99, id, body, expires, tag FROM admission WHERE kind = 11";
    assert_eq!(world.edit(kept), 1);
}

fn put_back(world: &TestWorld) {
    assert_eq!(world.edit("DELETE FROM admission WHERE kind = 11"), 1);
    assert_eq!(world.edit("UPDATE admission SET kind = 11 WHERE kind = 99"), 1);
}

#[test]
fn a_row_that_is_edited_or_put_back_opens_nothing() {
    let office = Office::new(2_010);
    let world = office.world();
    let id = office.agreed();
    let signed = office.signed(0, id);
    keep(world);
    assert_eq!(world.edit("UPDATE admission SET expires = expires + 1 WHERE kind = 11"), 1);
    assert_refused(world, office.see(0, id, Some(signed.clone())).map(drop), Refusal::Tampered);
    assert_refused(world, office.answer(&office.at(2), id, None), Refusal::Tampered);
    assert_refused(world, office.review(&office.at(2), id), Refusal::Tampered);
    office.settle();
    assert_eq!(office.alarmed(), [false, true], "that is noticed");
    put_back(world);
    keep(world);
    value(office.see(0, id, Some(signed.clone())));
    put_back(world);
    assert_refused(world, office.see(0, id, Some(signed)).map(drop), Refusal::GlassOver);
}

#[test]
fn a_record_that_is_taken_out_is_missed_and_one_put_back_makes_up_for_none() {
    let office = Office::new(2_011);
    let world = office.world();
    let id = office.broken();
    keep(world);
    assert_eq!(world.edit("DELETE FROM admission WHERE kind = 11"), 1);
    office.settle();
    assert_eq!(office.alarmed(), [true, true], "the log counts one that isn't there");
    assert!(office.book(&office.at(2)).damaged);
    assert_eq!(world.edit("UPDATE admission SET kind = 11 WHERE kind = 99"), 1);
    office.settle();
    assert_eq!(office.alarmed(), [true, false]);
    // Reviewed, and put back as it was: it can't be reviewed instead of another.
    keep(world);
    office.review(&office.at(2), id).unwrap();
    put_back(world);
    office.settle();
    assert_eq!(office.alarmed(), [true, true]);
    assert_refused(world, office.review(&office.at(2), id), Refusal::Tampered);
}

#[test]
fn a_count_that_is_set_back_is_noticed_from_the_log() {
    let office = Office::new(2_012);
    let world = office.world();
    office.broken();
    world.sequence(FIRST);
    assert_eq!(world.edit("DELETE FROM admission WHERE kind = 11"), 1);
    assert_eq!(world.edit("DELETE FROM budget WHERE substr(counter, 1, 1) = x'07'"), 1);
    let mut recounter = Recounter::new(&world.vault, FIRST, [1; 16]);
    for _ in 0..4 {
        block_on(recounter.tick()).unwrap();
    }
    let board = world.scope(&world.staff.board);
    let shown = office.vault().alarms_shown(&board).unwrap();
    assert!(shown.iter().any(|alarm| alarm.kind == AlarmKind::SpendingDisagrees), "{shown:?}");
}

#[test]
fn of_two_nodes_one_shows_it() {
    let office = Office::on(TestWorld::of_nodes(2_013, at_once()));
    let other: Arc<Vault> = office.world().another_node();
    let id = office.agreed();
    let signed = office.signed(0, id);
    let scopes = [office.at(0), office.at_page(&other, &office.officers[0], &office.browsers[0])];
    let (first, second) = block_on(async {
        tokio::join!(
            office.vault().break_glass(&scopes[0], id, Some(signed.clone())),
            other.break_glass(&scopes[1], id, Some(signed.clone()))
        )
    });
    let won = [first, second].into_iter().map(|result| result.map(drop)).collect::<Vec<_>>();
    assert_eq!(won.iter().filter(|result| result.is_ok()).count(), 1, "{won:?}");
    let lost = won.into_iter().find_map(Result::err).unwrap();
    assert!(matches!(lost, VaultError::Refused { refusal: Refusal::GlassOver, .. }), "{lost:?}");
    block_on(other.settle_glass(FIRST)).unwrap();
    let board = block_on(other.authenticate(&office.world().staff.board.token)).unwrap();
    assert_eq!(alarmed(&other, &board), [true, false], "told on every node");
    assert!(office.world().clock.now().0 > 0);
}
