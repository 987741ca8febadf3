//! Changes of power while serving: drafted and signed by security officers, and by nobody else.

use crate::help::{assert_refused, at_once, failure};
use domain::{PersonId, PowerKind, Refusal, Role};
use testkit::{Authenticator, FIRST, Member, SECOND, TestWorld, block_on};
use vault::{
    Algorithm, Approved, Assertion, Change, Kind, NewPerson, PowerChanged, PowerDraft, PowerWish, Scope, VaultError,
};

/// A world whose security officer has a passkey.
pub(crate) struct Claimed {
    pub(crate) world: TestWorld,
    pub(crate) key: Authenticator,
}

impl Claimed {
    pub(crate) fn new(seed: u64) -> Self {
        Self::on(TestWorld::with(seed, at_once()))
    }

    pub(crate) fn on(world: TestWorld) -> Self {
        let key = Authenticator::named(Algorithm::Es256, "sam");
        let passkey = Change::put([1; 16], &key.passkey(world.staff.security.id));
        block_on(world.vault.set_up_power(&world.vault.operator(FIRST), vec![passkey])).unwrap();
        Self { world, key }
    }

    pub(crate) fn officer(&self) -> Scope {
        self.world.scope(&self.world.staff.security)
    }

    pub(crate) fn draft(&self, wish: PowerWish) -> Result<PowerDraft, VaultError> {
        block_on(self.world.vault.draft_power(&self.officer(), wish))
    }

    pub(crate) fn approve(&self, draft: &PowerDraft, assertion: Option<Assertion>) -> Result<PowerChanged, VaultError> {
        match block_on(self.world.vault.approve_power(&self.officer(), &draft.bytes, assertion))? {
            Approved::Made(made) => Ok(made),
            Approved::Waits(draft) => panic!("it waits: {draft:?}"),
        }
    }

    pub(crate) fn make(&self, wish: PowerWish) -> Result<PowerChanged, VaultError> {
        let draft = self.draft(wish)?;
        self.approve(&draft, Some(self.key.assert(&draft.challenge)))
    }

    fn add(&self, name: &str, role: Role, reports_to: Option<&Member>) -> Result<PowerChanged, VaultError> {
        let reports_to = reports_to.map(|member| member.id);
        self.make(PowerWish::AddPerson { name: name.to_owned(), role, team: "north".to_owned(), reports_to })
    }

    fn reports(&self, person: PersonId, manager: &Member) -> Result<PowerChanged, VaultError> {
        self.make(PowerWish::ReportsTo { person, manager: Some(manager.id) })
    }

    fn role(&self, person: PersonId, role: Role) -> Result<PowerChanged, VaultError> {
        self.make(PowerWish::SetRole { person, role, team: "north".to_owned() })
    }
}

#[test]
fn once_an_officer_has_a_passkey_the_operator_gives_nobody_power() {
    let Claimed { world, .. } = &Claimed::new(720);
    let (vault, operator) = (&world.vault, world.vault.operator(FIRST));
    let new = || NewPerson { name: "Mo".to_owned(), role: Role::Agent, team: String::new() };
    assert_refused(world, block_on(vault.add_person(&operator, new())), Refusal::OfficerNeeded);
    assert_refused(world, block_on(vault.issue_token(&operator, world.staff.it.id)), Refusal::OfficerNeeded);
    let key = Authenticator::named(Algorithm::EdDsa, "ivo").passkey(world.staff.it.id);
    let enrol = vec![Change::put([2; 16], &key)];
    assert_refused(world, block_on(vault.set_up_power(&operator, enrol)), Refusal::OfficerNeeded);
    let drop = vec![Change::Drop((PowerKind::Passkey, [1; 16]))];
    assert_refused(world, block_on(vault.set_up_power(&operator, drop)), Refusal::LastOfficer);
    block_on(vault.revoke_token(&operator, world.staff.it.id)).unwrap();
    block_on(vault.person_left(&operator, world.staff.it.id)).unwrap();
    assert_refused(world, block_on(vault.person_left(&operator, world.staff.security.id)), Refusal::LastOfficer);
    // Another tenant is another's.
    block_on(vault.add_person(&vault.operator(SECOND), new())).unwrap();
}

#[test]
fn an_officer_adds_somebody_and_the_entry_says_who_did_it_to_whom() {
    let claimed = Claimed::new(721);
    let world = &claimed.world;
    let node = world.another_node();
    block_on(node.power(FIRST)).unwrap();
    let wish = PowerWish::AddPerson {
        name: "Mo Novak".to_owned(),
        role: Role::TeamLeader,
        team: "south".to_owned(),
        reports_to: Some(world.staff.leader.id),
    };
    let draft = claimed.draft(wish).unwrap();
    assert_eq!(draft.words, "Add Mo Novak as team leader, in team south, reporting to Lea Leader.");
    assert!(draft.signatures == 1 && draft.passkeys == [(b"sam".to_vec(), "localhost".to_owned())]);
    let made = claimed.approve(&draft, Some(claimed.key.assert(&draft.challenge))).unwrap();
    assert_eq!(made.version, draft.version);
    world.clock.advance(251);
    let seen = block_on(node.power(FIRST)).unwrap();
    let person = made.person.unwrap();
    assert_eq!((seen.seq(), seen.name(person)), (made.version, Some("Mo Novak")));
    let body = world.line(FIRST, made.entry).body.unwrap();
    let officer = Some(world.staff.security.id);
    assert_eq!((body.kind, body.person, body.upon), (Kind::PersonChanged, officer, Some(person)));
    let drafted =
        world.log(FIRST).into_iter().filter_map(|line| line.body).find(|body| body.kind == Kind::PowerDrafted);
    assert_eq!(drafted.map(|body| (body.person, body.upon)), Some((officer, Some(person))));
    let people = block_on(world.vault.read_people(&claimed.officer(), None, None, 200)).unwrap().items;
    let line = people.iter().find(|line| line.person == person).unwrap();
    assert_eq!((line.role, line.reports_to, line.left), (Role::TeamLeader, Some(world.staff.leader.id), None));
    let page = block_on(world.vault.read_people(&claimed.officer(), None, None, 3)).unwrap();
    let rest = block_on(world.vault.read_people(&claimed.officer(), None, page.next, 200)).unwrap();
    assert_eq!((page.items.len() + rest.items.len(), rest.next), (people.len(), None));
}

#[test]
fn an_approval_that_is_not_one_changes_nothing() {
    let claimed = Claimed::new(722);
    let world = &claimed.world;
    let wish = || PowerWish::SetRole { person: world.staff.agent.id, role: Role::TeamLeader, team: String::new() };
    let draft = claimed.draft(wish()).unwrap();
    let good = claimed.key.assert(&draft.challenge);
    assert_refused(world, claimed.approve(&draft, None), Refusal::OfficerNeeded);
    let strange = Authenticator::named(Algorithm::Es256, "sam").assert(&draft.challenge);
    assert_refused(world, claimed.approve(&draft, Some(strange)), Refusal::NotApproved);
    let other = claimed.draft(PowerWish::Left { person: world.staff.agent.id }).unwrap();
    let wrong = claimed.key.assert(&other.challenge);
    assert_refused(world, claimed.approve(&draft, Some(wrong)), Refusal::NotApproved);
    for at in [0, 9, draft.bytes.len() - 1] {
        let mut edited = draft.clone();
        edited.bytes[at] ^= 1;
        assert_refused(world, claimed.approve(&edited, Some(good.clone())), Refusal::ChangeGone);
    }
    let empty = PowerDraft { bytes: Vec::new(), ..draft.clone() };
    assert_refused(world, claimed.approve(&empty, Some(good.clone())), Refusal::ChangeGone);
    world.clock.advance(30 * 60_000);
    assert_refused(world, claimed.approve(&draft, Some(good)), Refusal::ChangeGone);
    let (draft, overtaken) = (claimed.draft(wish()).unwrap(), claimed.draft(wish()).unwrap());
    claimed.approve(&draft, Some(claimed.key.assert(&draft.challenge))).unwrap();
    let again = claimed.key.assert(&draft.challenge);
    assert_refused(world, claimed.approve(&draft, Some(again)), Refusal::PowerChanged);
    let late = claimed.key.assert(&overtaken.challenge);
    assert_refused(world, claimed.approve(&overtaken, Some(late)), Refusal::PowerChanged);
    // About herself or himself, nobody.
    let own = PowerWish::SetRole { person: world.staff.security.id, role: Role::SecurityOfficer, team: "x".to_owned() };
    assert_refused(world, claimed.make(own), Refusal::NotApproved);
}

#[test]
fn nobody_but_officers_drafts_or_approves() {
    let claimed = Claimed::new(723);
    let world = &claimed.world;
    let wish = PowerWish::Left { person: world.staff.other_agent.id };
    let draft = claimed.draft(wish.clone()).unwrap();
    assert_eq!(draft.signatures, 0);
    for member in world.staff.all().into_iter().filter(|member| member.role != Role::SecurityOfficer) {
        let scope = world.scope(member);
        let refused = block_on(world.vault.draft_power(&scope, wish.clone()));
        assert_refused(world, refused, Refusal::RoleNotAllowed);
        let refused = block_on(world.vault.approve_power(&scope, &draft.bytes, None));
        assert_refused(world, refused, Refusal::RoleNotAllowed);
        let reads = matches!(member.role, Role::SecurityAnalyst | Role::Auditor);
        assert_eq!(block_on(world.vault.read_people(&scope, None, None, 9)).is_ok(), reads, "{:?}", member.role);
    }
    let stranger = world.scope(&world.second_staff.security);
    let refused = failure(block_on(world.vault.approve_power(&stranger, &draft.bytes, None)));
    assert!(matches!(refused, VaultError::Refused { refusal: Refusal::ChangeGone, .. }), "{refused:?}");
    claimed.approve(&draft, None).unwrap();
    let gone = block_on(world.vault.authenticate(&world.staff.other_agent.token));
    assert_eq!(failure(gone), VaultError::Unauthenticated);
    assert_refused(world, claimed.draft(wish), Refusal::NotFound);
    let nobody = PowerWish::ReportsTo { person: world.staff.agent.id, manager: Some(PersonId([9; 16])) };
    assert_refused(world, claimed.draft(nobody), Refusal::NotFound);
}

#[test]
fn nobody_of_it_comes_to_stand_above_who_watches_it() {
    let claimed = Claimed::new(724);
    let (world, staff) = (&claimed.world, &claimed.world.staff);
    let refused = |result| assert_refused(world, result, Refusal::ManagedByIt);
    // Directly, and through others.
    refused(claimed.reports(staff.analyst.id, &staff.it));
    claimed.reports(staff.leader.id, &staff.it).unwrap();
    claimed.reports(staff.agent.id, &staff.leader).unwrap();
    refused(claimed.reports(staff.analyst.id, &staff.agent));
    refused(claimed.add("Nia New", Role::SecurityOfficer, Some(&staff.agent)));
    refused(claimed.role(staff.agent.id, Role::Auditor));
    // By a later change of somebody above.
    claimed.reports(staff.auditor.id, &staff.quality).unwrap();
    claimed.reports(staff.quality.id, &staff.other_agent).unwrap();
    refused(claimed.reports(staff.other_agent.id, &staff.agent));
    refused(claimed.role(staff.quality.id, Role::Integrator));
    refused(claimed.role(staff.other_agent.id, Role::ItOperator));
    // In a circle.
    claimed.reports(staff.other_agent.id, &staff.auditor).unwrap();
    refused(claimed.reports(staff.quality.id, &staff.it));
    claimed.reports(staff.auditor.id, &staff.board).unwrap();
    // Where nobody of IT is left above, it may be.
    claimed.make(PowerWish::ReportsTo { person: staff.leader.id, manager: None }).unwrap();
    claimed.reports(staff.analyst.id, &staff.agent).unwrap();
    assert_refused(world, claimed.add("Ivo Operator", Role::Agent, None), Refusal::ForbiddenPair);
}
