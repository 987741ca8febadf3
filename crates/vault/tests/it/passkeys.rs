//! Passkeys: invitations, the ceremony, sign-ins, and everything that must not pass for one.

use crate::help::{assert_refused, failure};
use domain::{PersonId, Refusal, Role};
use testkit::{Authenticator, Browser, FIRST, Member, SECOND, TestWorld, block_on};
use vault::{Algorithm, Assertion, Enrolled, Kind, NewPasskey, NewSession, Party, Vault, VaultError};

/// A way to bend an authenticator, with its name.
type Bent = (&'static str, fn(&mut Authenticator));

const ORIGIN: &str = "https://desk.example";
const PARTY: Party<'_> = Party { rp_id: "desk.example", origin: ORIGIN };

fn invite(world: &TestWorld, person: PersonId) -> String {
    block_on(world.vault.invite(&world.vault.operator(FIRST), person)).unwrap().to_string()
}

fn offered(vault: &Vault, authenticator: &Authenticator) -> NewPasskey {
    let made = authenticator.create(&vault.passkey_challenge().unwrap());
    NewPasskey { client_data: made.client_data, attestation: made.object, label: "Office key".to_owned() }
}

/// Invited and registered; while nobody of security has one it counts at once.
fn enrolled(world: &TestWorld, member: &Member) -> (Authenticator, Enrolled) {
    let authenticator = Authenticator::new(ORIGIN);
    let code = invite(world, member.id);
    let new = offered(&world.vault, &authenticator);
    let enrolled = block_on(world.vault.enrol_invited(&code, &PARTY, &new)).unwrap();
    (authenticator, enrolled)
}

fn asserted(vault: &Vault, authenticator: &mut Authenticator) -> Assertion {
    authenticator.get(&vault.passkey_challenge().unwrap())
}

fn sign_in(vault: &Vault, assertion: &Assertion) -> Result<NewSession, VaultError> {
    block_on(vault.sign_in_with_passkey(&PARTY, assertion, b"", Some(Browser::new().device())))
}

#[test]
fn who_was_invited_registers_and_signs_in_without_a_name() {
    let world = TestWorld::new(800);
    let (mut authenticator, enrolled) = enrolled(&world, &world.staff.security);
    assert_eq!(enrolled, Enrolled::AtOnce);
    let assertion = asserted(&world.vault, &mut authenticator);
    let browser = Browser::new();
    let handle = world.staff.security.id.0;
    let session =
        block_on(world.vault.sign_in_with_passkey(&PARTY, &assertion, &handle, Some(browser.device()))).unwrap();
    let bound = browser.agree(&session.id.0, &session.public.unwrap());
    let signature = bound.sign("GET", "/security", None, testkit::START.0 / 1_000);
    let scope = block_on(world.another_node().resume(&session.cookie, Some(&signature.request()))).unwrap();
    assert_eq!(scope.person(), world.staff.security.id);
    let line = world.log(FIRST).into_iter().find(|line| line.body.as_ref().unwrap().kind == Kind::SignIn).unwrap();
    assert_eq!(line.body.unwrap().detail, Some(4));
}

#[test]
fn no_passkey_signs_in_a_browser_without_a_key_where_no_token_does() {
    let rules = vault::SessionRules { tokens: false, ..vault::SessionRules::default() };
    let world = TestWorld::with(818, vault::VaultConfig { sessions: rules, ..vault::VaultConfig::default() });
    let (mut authenticator, _) = enrolled(&world, &world.staff.security);
    let assertion = asserted(&world.vault, &mut authenticator);
    let loose = block_on(world.vault.sign_in_with_passkey(&PARTY, &assertion, b"", None));
    assert_refused(&world, loose.map(drop), Refusal::NotThisDevice);
}

#[test]
fn an_invitation_counts_once_and_for_an_hour_and_an_older_one_not_at_all() {
    let world = TestWorld::new(801);
    let code = invite(&world, world.staff.security.id);
    assert!(world.tables_holding(code.split('.').next_back().unwrap().as_bytes()).is_empty());
    assert_eq!(block_on(world.vault.invited(&code)).unwrap().person, world.staff.security.id);
    let other = world.another_node();
    let (first, second) = (Authenticator::new(ORIGIN), Authenticator::new(ORIGIN));
    let (one, two) = (offered(&world.vault, &first), offered(&other, &second));
    block_on(world.vault.enrol_invited(&code, &PARTY, &one)).unwrap();
    assert_refused(&world, block_on(other.enrol_invited(&code, &PARTY, &two)), Refusal::InvitationOver);
    let old = invite(&world, world.staff.agent.id);
    let new = invite(&world, world.staff.agent.id);
    assert_refused(&world, block_on(world.vault.invited(&old)), Refusal::InvitationOver);
    block_on(world.vault.invited(&new)).unwrap();
    world.clock.advance(60 * 60_000);
    assert_refused(&world, block_on(world.vault.invited(&new)), Refusal::InvitationOver);
    for made_up in ["", "x", &"0".repeat(105), &new.replacen("00000001", "00000002", 1)] {
        let refused = failure(block_on(world.vault.invited(made_up)).map(drop));
        assert!(matches!(refused, VaultError::Refused { refusal: Refusal::InvitationOver, .. }), "{made_up}");
    }
}

#[test]
fn two_browsers_with_one_invitation_at_once_make_one_passkey() {
    let world = TestWorld::new(802);
    let code = invite(&world, world.staff.security.id);
    let nodes = [world.another_node(), world.another_node()];
    let made: Vec<_> = std::thread::scope(|threads| {
        let tries: Vec<_> = nodes
            .iter()
            .map(|node| {
                let code = &code;
                threads.spawn(move || {
                    let new = offered(node, &Authenticator::new(ORIGIN));
                    block_on(node.enrol_invited(code, &PARTY, &new)).is_ok()
                })
            })
            .collect();
        tries.into_iter().map(|tried| tried.join().unwrap()).collect()
    });
    assert_eq!(made.iter().filter(|made| **made).count(), 1, "{made:?}");
}

#[test]
fn a_registration_that_does_not_fit_is_refused_and_leaves_the_invitation() {
    let world = TestWorld::new(803);
    let code = invite(&world, world.staff.security.id);
    let bent: [Bent; 4] = [
        ("another origin", |key| key.origin = "https://evil.example".to_owned()),
        ("another party", |key| key.rp_id = "evil.example".to_owned()),
        ("nobody verified", |key| key.flags = 1),
        ("nobody there", |key| key.flags = 4),
    ];
    for (what, bend) in bent {
        let mut authenticator = Authenticator::new(ORIGIN);
        bend(&mut authenticator);
        let new = offered(&world.vault, &authenticator);
        let result = block_on(world.vault.enrol_invited(&code, &PARTY, &new));
        assert!(result.is_err(), "{what}");
        assert_refused(&world, result, Refusal::PasskeyRefused);
    }
    let good = offered(&world.vault, &Authenticator::new(ORIGIN));
    for cut in [0, 1, good.attestation.len() / 2, good.attestation.len() - 1] {
        let new = NewPasskey { attestation: good.attestation[..cut].to_vec(), ..good.clone() };
        assert_refused(&world, block_on(world.vault.enrol_invited(&code, &PARTY, &new)), Refusal::PasskeyRefused);
    }
    let made_up = Authenticator::new(ORIGIN).create(&[7; 40]);
    let new = NewPasskey { client_data: made_up.client_data, attestation: made_up.object, ..good.clone() };
    assert_refused(&world, block_on(world.vault.enrol_invited(&code, &PARTY, &new)), Refusal::PasskeyRefused);
    block_on(world.vault.enrol_invited(&code, &PARTY, &good)).unwrap();
}

#[test]
fn an_answer_that_does_not_fit_signs_nobody_in() {
    let world = TestWorld::new(804);
    let (mut authenticator, _) = enrolled(&world, &world.staff.security);
    let bent: [Bent; 4] = [
        ("another origin", |key| key.origin = "https://evil.example".to_owned()),
        ("a lookalike", |key| key.origin = "https://desk.example.evil.example".to_owned()),
        ("another party", |key| key.rp_id = "evil.example".to_owned()),
        ("nobody verified", |key| key.flags = 1),
    ];
    for (what, bend) in bent {
        bend(&mut authenticator);
        let assertion = asserted(&world.vault, &mut authenticator);
        let result = sign_in(&world.vault, &assertion).map(drop);
        assert!(result.is_err(), "{what}");
        assert_refused(&world, result, Refusal::PasskeyRefused);
        (authenticator.origin, authenticator.rp_id, authenticator.flags) =
            (ORIGIN.to_owned(), "desk.example".to_owned(), 5);
    }
    let good = asserted(&world.vault, &mut authenticator);
    let mut other = Authenticator::new(ORIGIN);
    let signed_by_another = Assertion { credential: good.credential.clone(), ..asserted(&world.vault, &mut other) };
    assert_refused(&world, sign_in(&world.vault, &signed_by_another).map(drop), Refusal::PasskeyRefused);
    let unknown = asserted(&world.vault, &mut other);
    assert_eq!(failure(sign_in(&world.vault, &unknown).map(drop)), VaultError::Unauthenticated);
    let wrong_handle = world.staff.agent.id.0;
    let device = Some(Browser::new().device());
    let result = block_on(world.vault.sign_in_with_passkey(&PARTY, &good, &wrong_handle, device));
    assert_refused(&world, result.map(drop), Refusal::PasskeyRefused);
    assert_refused(
        &world,
        block_on(world.vault.sign_in_with_passkey(&PARTY, &good, b"", None)).map(drop),
        Refusal::NotThisDevice,
    );
}

#[test]
fn an_answer_counts_once_on_all_nodes_and_for_five_minutes() {
    let world = TestWorld::new(805);
    let (mut authenticator, _) = enrolled(&world, &world.staff.security);
    authenticator.counter = u32::MAX; // one that doesn't count gives zero each time
    let assertion = asserted_uncounted(&world.vault, &mut authenticator);
    sign_in(&world.vault, &assertion).unwrap();
    for node in [&world.vault, &world.another_node()] {
        assert_refused(&world, sign_in(node, &assertion).map(drop), Refusal::RequestReplayed);
    }
    let late = asserted_uncounted(&world.vault, &mut authenticator);
    world.clock.advance(5 * 60_000);
    assert_refused(&world, sign_in(&world.vault, &late).map(drop), Refusal::PasskeyRefused);
}

/// By an authenticator that keeps no counter.
fn asserted_uncounted(vault: &Vault, authenticator: &mut Authenticator) -> Assertion {
    authenticator.counter = u32::MAX;
    authenticator.get(&vault.passkey_challenge().unwrap())
}

#[test]
fn a_passkey_that_counts_back_is_taken_for_a_copy() {
    let world = TestWorld::new(806);
    let (mut authenticator, _) = enrolled(&world, &world.staff.security);
    authenticator.counter = 7;
    sign_in(&world.vault, &asserted(&world.vault, &mut authenticator)).unwrap();
    for before in [7, 6, 0] {
        authenticator.counter = before;
        let assertion = asserted(&world.vault, &mut authenticator);
        assert_refused(&world, sign_in(&world.another_node(), &assertion).map(drop), Refusal::PasskeyCopied);
    }
    authenticator.counter = 8;
    sign_in(&world.vault, &asserted(&world.vault, &mut authenticator)).unwrap();
}

#[test]
fn once_an_officer_has_one_each_new_passkey_waits_for_an_officer() {
    let world = TestWorld::new(807);
    let (mut officer, _) = enrolled(&world, &world.staff.security);
    let (mut agent, waiting) = enrolled(&world, &world.staff.agent);
    let Enrolled::Waiting { check } = waiting else { panic!("{waiting:?}") };
    let assertion = asserted(&world.vault, &mut agent);
    assert_eq!(failure(sign_in(&world.vault, &assertion).map(drop)), VaultError::Unauthenticated);
    let (leader, security) = (world.scope(&world.staff.leader), world.scope(&world.staff.security));
    assert_refused(&world, block_on(world.vault.enrolments(&world.scope(&world.staff.agent))), Refusal::RoleNotAllowed);
    let list = block_on(world.vault.enrolments(&security)).unwrap();
    assert_eq!(list.credentials, [officer.credential.clone()]);
    let [item] = &list.items[..] else { panic!("{list:?}") };
    assert_eq!(item.check, check, "who lets it count sees the words that its owner was shown");
    assert_eq!((item.person, item.name.as_str()), (world.staff.agent.id, security_name(&world, item.person).as_str()));
    let theirs = officer.get(&item.challenge);
    assert_refused(&world, block_on(world.vault.approve_enrolment(&leader, item.id, theirs)), Refusal::RoleNotAllowed);
    let early = officer.get(&item.challenge);
    assert_refused(
        &world,
        block_on(world.vault.approve_enrolment(&security, item.id, early)),
        Refusal::TwoPeopleNeeded,
    );
    block_on(world.vault.agree_to_passkey(&leader, item.id)).unwrap();
    // What the officer signs names the leader who agreed.
    let before = officer.get(&item.challenge);
    assert_refused(&world, block_on(world.vault.approve_enrolment(&security, item.id, before)), Refusal::NotApproved);
    let item = &block_on(world.vault.enrolments(&security)).unwrap().items[0];
    let stranger = agent.get(&item.challenge);
    assert_refused(&world, block_on(world.vault.approve_enrolment(&security, item.id, stranger)), Refusal::NotApproved);
    let elsewhere = officer.get(&[9; 32]);
    assert_refused(
        &world,
        block_on(world.vault.approve_enrolment(&security, item.id, elsewhere)),
        Refusal::NotApproved,
    );
    let approval = officer.get(&item.challenge);
    block_on(world.vault.approve_enrolment(&security, item.id, approval.clone())).unwrap();
    let security = world.scope(&world.staff.security);
    assert_refused(&world, block_on(world.vault.approve_enrolment(&security, item.id, approval)), Refusal::NotFound);
    sign_in(&world.vault, &asserted(&world.vault, &mut agent)).unwrap();
}

fn security_name(world: &TestWorld, person: PersonId) -> String {
    let people = block_on(world.vault.people(&world.vault.operator(FIRST))).unwrap();
    people.into_iter().find(|row| row.id == person).unwrap().name
}

#[test]
fn an_agents_passkey_needs_the_leader_of_their_own_team_and_an_officer_and_they_are_two() {
    let world = TestWorld::new(813);
    let (mut officer, _) = enrolled(&world, &world.staff.security);
    let staff = &world.staff;
    let (mut agent, _) = enrolled(&world, &staff.agent);
    let (_, _) = enrolled(&world, &staff.quality);
    let scope = |member: &Member| world.scope(member);
    let list = |member: &Member| block_on(world.vault.enrolments(&scope(member))).unwrap().items;
    let all = list(&staff.security);
    let of = |person: PersonId| all.iter().find(|item| item.person == person).unwrap();
    let (agents, analysts) = (of(staff.agent.id), of(staff.quality.id));
    assert!(agents.needs_leader && !analysts.needs_leader && agents.agreed_by.is_none());
    let seen: Vec<_> = list(&staff.leader).iter().map(|item| item.person).collect();
    assert_eq!(seen, [staff.agent.id], "a leader sees their own team's agents");
    let agree = |member: &Member, id: [u8; 16]| block_on(world.vault.agree_to_passkey(&scope(member), id));
    for nobody in [&staff.security, &staff.agent, &staff.it, &staff.integrator] {
        assert_refused(&world, agree(nobody, agents.id), Refusal::RoleNotAllowed);
    }
    assert_refused(&world, agree(&staff.leader, analysts.id), Refusal::NotFound);
    assert_refused(&world, agree(&staff.leader, [9; 16]), Refusal::NotFound);
    let elsewhere = block_on(world.vault.agree_to_passkey(&scope(&world.second_staff.leader), agents.id));
    assert!(matches!(elsewhere, Err(VaultError::Refused { refusal: Refusal::NotFound, .. })));
    agree(&staff.leader, agents.id).unwrap();
    let now = list(&staff.security).into_iter().find(|item| item.person == staff.agent.id).unwrap();
    assert_eq!(now.agreed_by.as_deref(), Some("Lea Leader"));
    let approval = officer.get(&now.challenge);
    block_on(world.vault.approve_enrolment(&scope(&staff.security), now.id, approval)).unwrap();
    sign_in(&world.vault, &asserted(&world.vault, &mut agent)).unwrap();
    let agreed = world.log(FIRST).into_iter().filter_map(|line| line.body);
    let agreed: Vec<_> = agreed.filter(|body| body.kind == Kind::DeviceAgreed && body.decision.is_ok()).collect();
    let [body] = &agreed[..] else { panic!("{agreed:?}") };
    assert_eq!((body.person, body.upon, body.detail), (Some(staff.leader.id), Some(staff.agent.id), Some(1)));
}

#[test]
fn an_agent_whom_nobody_leads_learns_who_can_mend_it() {
    let world = TestWorld::with(896, crate::help::at_once());
    let staff = &world.staff;
    block_on(world.vault.person_left(&world.vault.operator(FIRST), staff.leader.id)).unwrap();
    let (mut officer, _) = enrolled(&world, &staff.security);
    let (mut agent, _) = enrolled(&world, &staff.agent);
    let security = world.scope(&staff.security);
    let list = || block_on(world.vault.enrolments(&world.scope(&staff.security))).unwrap().items;
    let item = list().remove(0);
    assert!(item.leader_missing && item.needs_leader);
    let early = officer.get(&item.challenge);
    let refused = block_on(world.vault.approve_enrolment(&security, item.id, early));
    assert_refused(&world, refused, Refusal::LeaderMissing);
    let wish = vault::PowerWish::Asked(vault::Asked::Passkey { id: item.id });
    assert_refused(&world, block_on(world.vault.draft_power(&security, wish)).map(drop), Refusal::LeaderMissing);
    assert!(Refusal::LeaderMissing.next().contains("team's leader"));

    // As it says: security gives the team a leader, who agrees.
    let role =
        vault::PowerWish::SetRole { person: staff.other_agent.id, role: Role::TeamLeader, team: "north".to_owned() };
    let draft = block_on(world.vault.draft_power(&security, role)).unwrap();
    let signed = officer.get(&draft.challenge);
    block_on(world.vault.approve_power(&security, &draft.bytes, Some(signed))).unwrap();
    let leader = world.scope(&staff.other_agent);
    block_on(world.vault.agree_to_passkey(&leader, item.id)).unwrap();
    let item = list().remove(0);
    assert!(!item.leader_missing && item.agreed_by.is_some());
    let security = world.scope(&staff.security);
    let approval = officer.get(&item.challenge);
    block_on(world.vault.approve_enrolment(&security, item.id, approval)).unwrap();
    sign_in(&world.vault, &asserted(&world.vault, &mut agent)).unwrap();
}

#[test]
fn a_passkey_taken_back_ends_its_sessions_and_the_last_officers_stays() {
    let world = TestWorld::new(808);
    let (mut first, _) = enrolled(&world, &world.staff.security);
    let browser = Browser::new();
    let assertion = asserted(&world.vault, &mut first);
    let session = block_on(world.vault.sign_in_with_passkey(&PARTY, &assertion, b"", Some(browser.device()))).unwrap();
    let bound = browser.agree(&session.id.0, &session.public.unwrap());
    let get = || {
        use domain::Clock as _;
        let signature = bound.sign("GET", "/account", None, world.clock.now().0 / 1_000);
        block_on(world.vault.resume(&session.cookie, Some(&signature.request())))
    };
    let scope = get().unwrap();
    let own = block_on(world.vault.own_passkeys(&scope)).unwrap();
    assert_eq!(own.len(), 1);
    assert!(own[0].used.is_some() && !own[0].waits);
    assert_refused(&world, block_on(world.vault.drop_passkey(&scope, own[0].id)), Refusal::LastOfficer);
    let second = Authenticator::new(ORIGIN);
    let new = offered(&world.vault, &second);
    let waiting = block_on(world.vault.enrol_another(&scope, &PARTY, &new)).unwrap();
    assert!(matches!(waiting, Enrolled::Waiting { .. }));
    let item = block_on(world.vault.enrolments(&scope)).unwrap().items.remove(0);
    let approval = first.get(&item.challenge);
    block_on(world.vault.approve_enrolment(&scope, item.id, approval)).unwrap();
    let scope = get().unwrap();
    block_on(world.vault.drop_passkey(&scope, own[0].id)).unwrap();
    assert_eq!(failure(get().map(drop)), VaultError::Unauthenticated);
    assert_eq!(
        failure(sign_in(&world.vault, &asserted(&world.vault, &mut first)).map(drop)),
        VaultError::Unauthenticated
    );
}

#[test]
fn a_passkey_is_its_own_tenants() {
    let world = TestWorld::new(809);
    let (_, _) = enrolled(&world, &world.staff.security);
    assert!(!block_on(world.vault.needs_officer(FIRST)).unwrap());
    assert!(block_on(world.vault.needs_officer(SECOND)).unwrap());
    let nobody = block_on(world.vault.invite(&world.vault.operator(FIRST), world.second_staff.agent.id));
    assert_refused(&world, nobody.map(drop), Refusal::NotFound);
}

#[test]
fn passkeys_of_every_algorithm_sign_in_and_none_of_a_bent_key() {
    for (seed, algorithm) in (810..).zip([Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256]) {
        let world = TestWorld::new(seed);
        let mut authenticator = Authenticator::with(algorithm, ORIGIN);
        let code = invite(&world, world.staff.security.id);
        let new = offered(&world.vault, &authenticator);
        block_on(world.vault.enrol_invited(&code, &PARTY, &new)).unwrap();
        let good = asserted(&world.vault, &mut authenticator);
        let mut bent = good.clone();
        *bent.signature.last_mut().unwrap() ^= 1;
        assert_refused(&world, sign_in(&world.vault, &bent).map(drop), Refusal::PasskeyRefused);
        sign_in(&world.vault, &good).unwrap();
    }
}

#[test]
fn a_passkey_that_waits_is_declined_by_whoever_could_let_it_and_never_counts() {
    let world = TestWorld::new(5303);
    let (mut officer, _) = enrolled(&world, &world.staff.security);
    let staff = &world.staff;
    let (mut agent, _) = enrolled(&world, &staff.agent);
    let (_, _) = enrolled(&world, &staff.quality);
    let list = || block_on(world.vault.enrolments(&world.scope(&staff.security))).unwrap().items;
    let waiting = list();
    let of = |person: PersonId| waiting.iter().find(|item| item.person == person).unwrap();
    let (agents, analysts) = (of(staff.agent.id), of(staff.quality.id));
    assert_ne!(agents.check, analysts.check);
    let own = block_on(world.vault.own_passkeys(&world.scope(&staff.agent))).unwrap();
    assert_eq!((own[0].waits, &own[0].check), (true, &agents.check), "its owner sees the same words");
    let decline = |member: &Member, id: [u8; 16]| block_on(world.vault.decline_enrolment(&world.scope(member), id));
    for nobody in [&staff.agent, &staff.it, &staff.integrator, &staff.quality] {
        assert_refused(&world, decline(nobody, agents.id), Refusal::RoleNotAllowed);
    }
    // A team leader declines their own team's agents' and nobody else's.
    assert_refused(&world, decline(&staff.leader, analysts.id), Refusal::NotFound);
    assert_refused(&world, decline(&staff.security, [9; 16]), Refusal::NotFound);
    decline(&staff.leader, agents.id).unwrap();
    assert_refused(&world, decline(&staff.leader, agents.id), Refusal::NotFound);
    let security = world.scope(&staff.security);
    let late = officer.get(&agents.challenge);
    assert_refused(&world, block_on(world.vault.approve_enrolment(&security, agents.id, late)), Refusal::NotFound);
    let wish = vault::PowerWish::Asked(vault::Asked::Passkey { id: agents.id });
    assert_refused(&world, block_on(world.vault.draft_power(&security, wish)).map(drop), Refusal::NotFound);
    decline(&staff.security, analysts.id).unwrap();
    assert!(list().is_empty());
    let assertion = asserted(&world.vault, &mut agent);
    assert_eq!(failure(sign_in(&world.vault, &assertion).map(drop)), VaultError::Unauthenticated);
    let told = world.log(FIRST).into_iter().filter_map(|line| line.body);
    let told: Vec<_> = told.filter(|body| body.kind == Kind::PasskeyDeclined && body.decision.is_ok()).collect();
    let told: Vec<_> = told.iter().map(|body| (body.person, body.upon)).collect();
    let expected = [(Some(staff.leader.id), Some(staff.agent.id)), (Some(staff.security.id), Some(staff.quality.id))];
    assert!(told.len() == 2 && expected.iter().all(|one| told.contains(one)), "{told:?}");
}
