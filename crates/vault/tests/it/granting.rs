//! What others asked for, and how people get in: granted by a security officer like every change of power.

use crate::help::{assert_refused, failure};
use crate::power_changes::Claimed;
use crate::sessions::Page;
use domain::{PersonId, Refusal, Role};
use identity::scim::User;
use std::sync::Barrier;
use testkit::{Browser, FIRST, Member, TestWorld, block_on};
use vault::{Access, AlarmKind, Arrival, Asked, AuditBody, DeviceKey, Kind, LoggedIn, PowerWish, VaultError};

const ISSUER: &str = "https://id.example";
const KEY: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

fn login(person: PersonId, subject: &str) -> PowerWish {
    PowerWish::Access(Access::BindLogin { person, issuer: ISSUER.to_owned(), subject: subject.to_owned() })
}

fn key(person: PersonId) -> PowerWish {
    PowerWish::Access(Access::AddKey { person, key: KEY.to_owned() })
}

/// Somebody signs in through the provider, from this device.
fn log_in(world: &TestWorld, subject: &str, state: &str, device: DeviceKey) -> Result<LoggedIn, VaultError> {
    block_on(world.vault.log_in(FIRST, &Arrival { issuer: ISSUER, subject, state, device: Some(device) }))
}

/// A device's request, by its code and id.
fn asks(world: &TestWorld, device: DeviceKey) -> (String, [u8; 16]) {
    let LoggedIn::DeviceAsked(code) = log_in(world, "ana", "one", device).unwrap() else { panic!("a session") };
    let waiting = block_on(world.vault.devices_asked(&world.scope(&world.staff.leader), None, 200)).unwrap().items;
    (code, waiting[0].id)
}

fn bodies(world: &TestWorld, kind: Kind) -> Vec<AuditBody> {
    world.log(FIRST).into_iter().filter_map(|line| line.body).filter(|body| body.kind == kind).collect()
}

#[test]
fn a_device_takes_its_leader_and_an_officer_who_signs() {
    let claimed = Claimed::new(740);
    let (world, staff) = (&claimed.world, &claimed.world.staff);
    let device = Browser::new().device();
    claimed.make(login(staff.agent.id, "ana")).unwrap();
    let (code, id) = asks(world, device);
    // The same browser again is the same request.
    assert_eq!(asks(world, device), (code.clone(), id));
    let asked = bodies(world, Kind::DeviceAsked);
    assert_eq!(
        asked.iter().map(|body| (body.person, body.decision)).collect::<Vec<_>>(),
        [(Some(staff.agent.id), Ok(()))]
    );

    let wish = |code: &str| PowerWish::Asked(Asked::Device { id, code: code.to_owned() });
    let agree = |who: &Member, code: &str| block_on(world.vault.agree_to_device(&world.scope(who), id, code));
    assert_refused(world, claimed.draft(wish(&code)), Refusal::TwoPeopleNeeded);
    assert_refused(world, agree(&staff.security, &code), Refusal::RoleNotAllowed);
    assert_refused(world, agree(&staff.agent, &code), Refusal::RoleNotAllowed);
    assert_refused(world, agree(&staff.leader, "0000-0000"), Refusal::NotFound);
    agree(&staff.leader, &code).unwrap();
    let agreed = bodies(world, Kind::DeviceAgreed);
    let granted: Vec<_> = agreed.iter().filter(|body| body.decision.is_ok()).collect();
    assert_eq!(granted.len(), 1);
    assert_eq!((granted[0].person, granted[0].upon), (Some(staff.leader.id), Some(staff.agent.id)));

    assert_refused(world, claimed.draft(wish("0000-0000")), Refusal::NotFound);
    let draft = claimed.draft(wish(&code)).unwrap();
    let said = format!("Let Ada Agent work from the device that shows {code}, to which Lea Leader agreed.");
    assert_eq!(draft.words, said);
    assert_refused(world, claimed.approve(&draft, None), Refusal::OfficerNeeded);
    // The leader agreed again in between: what was drafted isn't what is asked for any more.
    world.clock.advance(1);
    agree(&staff.leader, &code).unwrap();
    let late = claimed.key.assert(&draft.challenge);
    assert_refused(world, claimed.approve(&draft, Some(late)), Refusal::PowerChanged);
    let made = claimed.make(wish(&code)).unwrap();
    let body = world.line(FIRST, made.entry).body.unwrap();
    let expected = (Kind::PowerChanged, Some(staff.security.id), Some(staff.agent.id));
    assert_eq!((body.kind, body.person, body.upon), expected);
    assert!(matches!(log_in(world, "ana", "two", device).unwrap(), LoggedIn::Session(_)));
    assert!(block_on(world.vault.devices_asked(&claimed.officer(), None, 200)).unwrap().items.is_empty());

    let lines = block_on(world.vault.read_people(&claimed.officer(), Some("ADA ag"), None, 200)).unwrap().items;
    assert_eq!(
        lines.iter().map(|line| (line.person, line.devices, line.logins)).collect::<Vec<_>>(),
        [(staff.agent.id, 1, 1)]
    );
}

#[test]
fn who_decides_does_not_come_by_the_provider_not_even_in_a_session_that_it_opened() {
    let claimed = Claimed::new(749);
    let (world, staff) = (&claimed.world, &claimed.world.staff);
    assert_refused(world, claimed.draft(login(staff.leader.id, "lea")), Refusal::RoleNotAllowed);
    let browser = Browser::new();
    claimed.make(login(staff.agent.id, "ana")).unwrap();
    let (code, id) = asks(world, browser.device());
    block_on(world.vault.agree_to_device(&world.scope(&staff.leader), id, &code)).unwrap();
    claimed.make(PowerWish::Asked(Asked::Device { id, code })).unwrap();
    let LoggedIn::Session(session) = log_in(world, "ana", "two", browser.device()).unwrap() else { panic!("asked") };
    let page = Page::of(world, &browser, &session);
    assert_eq!(page.get(&world.vault, "/desk").unwrap().person(), staff.agent.id);
    // From now on she decides. Login and device are still hers, from when she was an agent.
    let leads = PowerWish::SetRole { person: staff.agent.id, role: Role::TeamLeader, team: "north".to_owned() };
    claimed.make(leads).unwrap();
    assert_eq!(failure(page.get(&world.vault, "/desk").map(drop)), VaultError::Unauthenticated);
    assert_refused(world, log_in(world, "ana", "three", browser.device()).map(drop), Refusal::LoginUnknown);
}

#[test]
fn a_proposal_is_applied_as_it_was_drafted_or_not_at_all() {
    let claimed = Claimed::new(741);
    let (world, staff) = (&claimed.world, &claimed.world.staff);
    let provider = || world.scope(&staff.integrator);
    let user = |name: &str, role| User {
        user_name: name.to_owned(),
        external_id: Some(format!("subject of {name}")),
        role,
        active: true,
        ..User::default()
    };
    block_on(world.vault.propose_person(&provider(), user("Nia New", None))).unwrap();
    let waiting = block_on(world.vault.proposals(&claimed.officer(), None, 200)).unwrap().items;
    let id = waiting[0].id;
    let wish = |role| PowerWish::Asked(Asked::Proposal { id, role, issuer: Some(ISSUER.to_owned()) });
    assert_refused(world, claimed.draft(wish(None)), Refusal::RoleMissing);
    let draft = claimed.draft(wish(Some(Role::Agent))).unwrap();
    assert!(draft.words.ends_with("The role is Agent."), "{}", draft.words);
    assert_refused(world, claimed.approve(&draft, None), Refusal::OfficerNeeded);
    // The provider says something else before it is signed.
    let seen = block_on(world.vault.directory_entry(&provider(), id)).unwrap();
    block_on(world.vault.repropose_person(&provider(), &seen, user("Nia Newer", None))).unwrap();
    let late = claimed.key.assert(&draft.challenge);
    assert_refused(world, claimed.approve(&draft, Some(late)), Refusal::PowerChanged);
    let made = claimed.make(wish(Some(Role::Agent))).unwrap();
    let body = world.line(FIRST, made.entry).body.unwrap();
    assert_eq!((body.kind, body.upon), (Kind::PersonChanged, made.person));
    assert!(block_on(world.vault.proposals(&claimed.officer(), None, 200)).unwrap().items.is_empty());
    assert_refused(world, claimed.draft(wish(Some(Role::Agent))), Refusal::NotFound);
    // Their login came with it.
    let device = Browser::new().device();
    assert!(matches!(log_in(world, "subject of Nia Newer", "one", device).unwrap(), LoggedIn::DeviceAsked(_)));

    // One that is declined waits no more; another is asked for nothing.
    block_on(world.vault.propose_person(&provider(), user("Otto", Some(Role::Auditor)))).unwrap();
    let id = block_on(world.vault.proposals(&claimed.officer(), None, 200)).unwrap().items[0].id;
    let declined = |who: &Member| block_on(world.vault.decline_proposal(&world.scope(who), id));
    assert_refused(world, declined(&staff.leader), Refusal::RoleNotAllowed);
    declined(&staff.security).unwrap();
    assert!(matches!(declined(&staff.security), Err(VaultError::Refused { refusal: Refusal::NotFound, .. })));
}

#[test]
fn keys_and_logins_are_given_by_signature_and_taken_without() {
    let claimed = Claimed::new(742);
    let (world, staff) = (&claimed.world, &claimed.world.staff);
    let means = |person: PersonId| {
        let all = block_on(world.vault.read_people(&claimed.officer(), None, None, 200)).unwrap().items;
        all.into_iter().find(|line| line.person == person).map(|line| (line.key, line.logins)).unwrap()
    };
    let (client, agent) = (staff.integrator.id, staff.agent.id);
    assert_refused(world, claimed.draft(key(agent)), Refusal::RoleNotAllowed);
    assert_refused(world, claimed.draft(key(PersonId([9; 16]))), Refusal::NotFound);
    let none = PowerWish::Access(Access::DropKey { person: client });
    assert_refused(world, claimed.draft(none.clone()), Refusal::NotFound);
    let draft = claimed.draft(key(client)).unwrap();
    assert_eq!(draft.signatures, 1);
    assert_refused(world, claimed.approve(&draft, None), Refusal::OfficerNeeded);
    let made = claimed.make(key(client)).unwrap();
    let body = world.line(FIRST, made.entry).body.unwrap();
    assert_eq!((body.kind, body.upon), (Kind::PowerChanged, Some(client)));
    assert_eq!(means(client), (true, 0));
    let draft = claimed.draft(none).unwrap();
    assert_eq!(draft.signatures, 0);
    claimed.approve(&draft, None).unwrap();
    assert_eq!(means(client), (false, 0));

    assert_refused(world, claimed.draft(login(staff.security.id, "s")), Refusal::RoleNotAllowed);
    for subject in ["one", "two"] {
        claimed.make(login(agent, subject)).unwrap();
    }
    assert_refused(world, claimed.draft(login(staff.other_agent.id, "one")), Refusal::NameTaken);
    assert_eq!(means(agent), (false, 2));
    let draft = claimed.draft(PowerWish::Access(Access::DropLogin { person: agent })).unwrap();
    assert_eq!(draft.signatures, 0);
    claimed.approve(&draft, None).unwrap();
    assert_eq!(means(agent), (false, 0));
    // What the setting up left behind ends by one officer's word.
    let token = |person| {
        let all = block_on(world.vault.read_people(&claimed.officer(), None, None, 200)).unwrap().items;
        all.into_iter().find(|line| line.person == person).is_some_and(|line| line.token)
    };
    assert!(token(agent) && block_on(world.vault.authenticate(&staff.agent.token)).is_ok());
    let draft = claimed.draft(PowerWish::Access(Access::DropToken { person: agent })).unwrap();
    assert_eq!(draft.signatures, 0);
    claimed.approve(&draft, None).unwrap();
    assert!(!token(agent) && block_on(world.vault.authenticate(&staff.agent.token)).is_err());
    assert_refused(world, claimed.draft(PowerWish::Access(Access::DropToken { person: agent })), Refusal::NotFound);
    // The operator's way is over.
    let access = Access::AddKey { person: client, key: KEY.to_owned() };
    assert_refused(
        world,
        block_on(world.vault.set_access(&world.vault.operator(FIRST), &access)),
        Refusal::OfficerNeeded,
    );
}

#[test]
fn until_an_officer_has_a_passkey_an_officers_word_is_enough_and_not_about_themselves() {
    let world = TestWorld::new(743);
    let officer = || world.scope(&world.staff.security);
    let draft = |wish| block_on(world.vault.draft_power(&officer(), wish));
    let made = draft(key(world.staff.integrator.id)).unwrap();
    assert!(made.signatures == 0 && made.passkeys.is_empty());
    block_on(world.vault.approve_power(&officer(), &made.bytes, None)).unwrap();
    let own = PowerWish::SetRole { person: world.staff.security.id, role: Role::SecurityOfficer, team: "x".to_owned() };
    assert_refused(&world, draft(own), Refusal::NotApproved);
}

#[test]
fn what_waits_comes_by_pages_and_one_edited_row_is_nobody_elses_trouble() {
    let claimed = Claimed::new(745);
    let (world, staff) = (&claimed.world, &claimed.world.staff);
    let provider = || world.scope(&staff.integrator);
    let user = |name: String| User { user_name: name, role: Some(Role::Agent), active: true, ..User::default() };
    let add = |number: u32| block_on(world.vault.propose_person(&provider(), user(format!("new {number}")))).unwrap();
    let mut ids: Vec<String> = (0..5).map(|number| add(number).shown.id).collect();
    ids.sort();
    let page = |after| block_on(world.vault.proposals(&claimed.officer(), after, 2)).unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let found = page(after);
        assert!(found.items.len() <= 2);
        seen.extend(found.items.iter().map(|one| one.id.to_string()));
        after = found.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ids, "each once");

    let id = |at: usize| PersonId::parse(&ids[at]).unwrap();
    let row = ids[3].trim_start_matches("per_");
    assert_eq!(world.edit(&format!("UPDATE admission SET expires = expires - 1 WHERE kind = 6 AND id = x'{row}'")), 1);
    let listed = block_on(world.vault.directory(&provider())).unwrap();
    let missing: Vec<&String> = ids.iter().filter(|id| listed.iter().all(|one| one.shown.id != **id)).collect();
    assert_eq!(missing, [&ids[3]]);
    assert!(world.vault.alarms(FIRST).iter().any(|alarm| alarm.kind == AlarmKind::ListingEdited));
    // The others go on; of that one nothing is believed.
    let entry = |at| block_on(world.vault.directory_entry(&provider(), id(at)));
    assert_eq!(entry(2).unwrap().shown.id, ids[2]);
    assert!(matches!(entry(3), Err(VaultError::Refused { refusal: Refusal::Tampered, .. })));
    let wish = |at| PowerWish::Asked(Asked::Proposal { id: id(at), role: None, issuer: None });
    assert_refused(world, claimed.draft(wish(3)).map(drop), Refusal::Tampered);
    claimed.draft(wish(4)).unwrap();
    assert_eq!(world.edit(&format!("UPDATE admission SET expires = expires + 1 WHERE kind = 6 AND id = x'{row}'")), 1);
    assert_eq!(block_on(world.vault.directory(&provider())).unwrap().len(), listed.len() + 1);
    assert!(world.vault.alarms(FIRST).iter().all(|alarm| alarm.kind != AlarmKind::ListingEdited));
}

/// Whoever holds the provider could propose somebody under another's subject, and have two accounts of one human.
#[test]
fn a_providers_subject_is_one_human() {
    let claimed = Claimed::new(749);
    let (world, staff) = (&claimed.world, &claimed.world.staff);
    claimed.make(login(staff.agent.id, "ana")).unwrap();
    let user = User {
        user_name: "nia".to_owned(),
        external_id: Some("ana".to_owned()),
        role: Some(Role::TeamLeader),
        active: true,
        ..User::default()
    };
    block_on(world.vault.propose_person(&world.scope(&staff.integrator), user)).unwrap();
    let id = block_on(world.vault.proposals(&claimed.officer(), None, 200)).unwrap().items[0].id;
    let wish = |issuer: &str| PowerWish::Asked(Asked::Proposal { id, role: None, issuer: Some(issuer.to_owned()) });
    assert_refused(world, claimed.draft(wish(ISSUER)), Refusal::NameTaken);
    assert_refused(world, claimed.draft(login(staff.other_agent.id, "ana")), Refusal::NameTaken);
    claimed.draft(wish("https://elsewhere.example")).unwrap();
    // Who left and comes back is somebody new, and the subject theirs again.
    block_on(world.vault.person_left(&world.vault.operator(FIRST), staff.agent.id)).unwrap();
    claimed.make(wish(ISSUER)).unwrap();
}

/// A new name is looked up by itself; those that were listed before names had rows are taken as well.
#[test]
fn a_user_name_is_one_persons_also_where_it_was_listed_before_names_had_rows() {
    let world = TestWorld::new(748);
    let provider = || world.scope(&world.staff.integrator);
    let user = |name: &str| User { user_name: name.to_owned(), active: true, ..User::default() };
    let propose = |name: &str| block_on(world.vault.propose_person(&provider(), user(name)));
    let nia = propose("Nia@acme.example").unwrap();
    assert_refused(&world, propose("nia@ACME.example"), Refusal::NameTaken);
    // As an older program left it.
    assert!(world.edit("DELETE FROM admission WHERE tenant = 1 AND kind = 14") >= 2);
    assert_refused(&world, propose("nia@ACME.example"), Refusal::NameTaken);
    // Whom nobody listed yet is listed under their id.
    let agent = world.staff.agent.id.to_string();
    assert_refused(&world, propose(&agent), Refusal::NameTaken);
    let seen = block_on(world.vault.directory_entry(&provider(), world.staff.agent.id)).unwrap();
    block_on(world.vault.repropose_person(
        &provider(),
        &seen,
        User { display_name: Some("Ada A".to_owned()), ..user(&agent) },
    ))
    .unwrap();
    assert_refused(&world, propose(&agent), Refusal::NameTaken);
    // A name that is given up is free, and one who takes it keeps it.
    block_on(world.vault.repropose_person(&provider(), &nia, user("nia2@acme.example"))).unwrap();
    let ben = propose("nia@acme.example").unwrap();
    let seen = block_on(world.vault.directory_entry(&provider(), PersonId::parse(&nia.shown.id).unwrap())).unwrap();
    let back = block_on(world.vault.repropose_person(&provider(), &seen, user("nia@acme.example")));
    assert_refused(&world, back, Refusal::NameTaken);
    block_on(world.vault.retire_person(&provider(), &ben)).unwrap();
    propose("nia@acme.example").unwrap();
    // An edited row takes and gives nothing.
    world.edit("UPDATE admission SET body = x'00' WHERE tenant = 1 AND kind = 14 AND length(body) = 16");
    assert_refused(&world, propose("nia@acme.example"), Refusal::Tampered);
}

/// Whoever holds the provider could bury the proposal that matters.
#[test]
fn the_provider_leaves_a_thousand_proposals_waiting_and_no_more() {
    let claimed = Claimed::new(5304);
    let (world, staff) = (&claimed.world, &claimed.world.staff);
    let provider = || world.scope(&staff.integrator);
    let propose = |name: String, active: bool| {
        let user = User { user_name: name, role: Some(Role::Agent), active, ..User::default() };
        block_on(world.vault.propose_person(&provider(), user))
    };
    let first = propose("new 0".to_owned(), true).unwrap();
    for number in 1..vault::MOST_WAITING - 4 {
        propose(format!("new {number}"), true).unwrap();
    }
    // However many come at once, no more pass than there are places.
    let (at_once, scope) = (Barrier::new(24), provider());
    let one = &|number: usize| {
        let (user_name, role) = (format!("at once {number}"), Some(Role::Agent));
        at_once.wait();
        block_on(world.vault.propose_person(&scope, User { user_name, role, active: true, ..User::default() }))
    };
    let came: Vec<_> = std::thread::scope(|threads| {
        let running: Vec<_> = (0..24).map(|number| threads.spawn(move || one(number))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(came.iter().filter(|one| one.is_ok()).count(), 4);
    let full = |error: &VaultError| matches!(error, VaultError::Refused { refusal: Refusal::ProposalsFull, .. });
    assert!(came.iter().filter_map(|one| one.as_ref().err()).all(full));
    assert_refused(world, propose("one more".to_owned(), true).map(drop), Refusal::ProposalsFull);
    // What asks for nothing waits for nobody, and asks for something later.
    let idle = propose("idle".to_owned(), false).unwrap();
    let active = User { user_name: "idle".to_owned(), role: Some(Role::Agent), active: true, ..User::default() };
    let asks = || block_on(world.vault.repropose_person(&provider(), &idle, active.clone())).map(drop);
    assert_refused(world, asks(), Refusal::ProposalsFull);
    // What waits already may change, that somebody left always counts, and an answer makes room.
    let other = User { user_name: "new 0".to_owned(), role: Some(Role::TeamLeader), active: true, ..User::default() };
    let first = block_on(world.vault.repropose_person(&provider(), &first, other)).unwrap();
    let agent = block_on(world.vault.directory_entry(&provider(), staff.other_agent.id)).unwrap();
    block_on(world.vault.retire_person(&provider(), &agent)).unwrap();
    let id = PersonId::parse(&first.shown.id).unwrap();
    block_on(world.vault.decline_proposal(&claimed.officer(), id)).unwrap();
    world.clock.advance(1_000);
    asks().unwrap();
    assert_refused(world, propose("one more".to_owned(), true).map(drop), Refusal::ProposalsFull);
}
