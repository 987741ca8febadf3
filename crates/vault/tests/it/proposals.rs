//! Changes of rules, limits and roles: signed by two officers over one hash, standing in the store, and waiting where they let
//! somebody do more.

use crate::governance::{Governed, limits, stricter};
use crate::help::assert_refused;
use domain::{Clock as _, Refusal, Role};
use std::sync::Arc;
use testkit::{Authenticator, Browser, FIRST, FixedClock, TestWorld, block_on};
use vault::{
    AlarmKind, Approved, Asked, Budgets, Enrolled, Governing, Kind, LimitsText, NewPasskey, Party, PowerBody as _,
    PowerDraft, PowerWish, RulesText, Scope, THE_ONE,
};

const DAY_MS: i64 = 24 * 3_600_000;

fn waits(approved: Approved) -> PowerDraft {
    match approved {
        Approved::Waits(draft) => draft,
        Approved::Made(made) => panic!("it is made: {made:?}"),
    }
}

/// Two officers; what widens waits for a day.
fn governed(seed: u64) -> Governed {
    Governed::on(TestWorld::new(seed))
}

fn own_rules() -> PowerWish {
    PowerWish::Governing(Governing::Rules { files: Vec::new() })
}

impl Governed {
    /// By both officers; it waits for its time.
    fn agree(&self, wish: PowerWish) -> PowerDraft {
        let half = waits(self.sign(0, &self.draft(wish).unwrap()).unwrap());
        waits(self.sign(1, &half).unwrap())
    }

    fn listed(&self) -> Vec<PowerDraft> {
        block_on(self.vault().power_proposals(&self.officer(0))).unwrap()
    }

    fn settle(&self) {
        block_on(self.vault().settle_proposals(FIRST)).unwrap();
    }

    fn alarmed(&self) -> bool {
        self.vault().alarms(FIRST).iter().any(|alarm| alarm.kind == AlarmKind::AccessWidens)
    }

    /// Is there an alarm over the proposals' records?
    fn hidden(&self) -> bool {
        self.vault().alarms(FIRST).iter().any(|alarm| alarm.kind == AlarmKind::ProposalsEdited)
    }

    fn seq(&self) -> u64 {
        block_on(self.vault().load_power(FIRST)).unwrap().seq()
    }

    fn hour(&self) -> u32 {
        let texts = self.vault().texts(&self.officer(0));
        Budgets::read(&texts.limits).unwrap().person.all.hour
    }

    /// Is the rule of [`stricter`] in force?
    fn names_stay(&self) -> bool {
        self.seq();
        self.vault().rules_told(&self.officer(0)).iter().any(|rule| rule.id == "no-names-today")
    }

    fn told(&self, kind: Kind) -> Vec<vault::AuditBody> {
        let lines = self.call.world.log(FIRST).into_iter().rev();
        lines.filter_map(|line| line.body).filter(|body| body.kind == kind && body.decision.is_ok()).collect()
    }
}

#[test]
fn what_narrows_counts_with_the_second_signature_and_stands_on_every_node_until_then() {
    let mut governed = governed(860);
    let draft = governed.draft(stricter()).unwrap();
    assert!(!draft.widens && draft.waits_ms == 0 && !draft.alone && draft.signatures == 2);
    assert!(
        draft.details.iter().any(|line| line.starts_with("Add no-names-today: No names today\n")),
        "{:?}",
        draft.details
    );
    let half = waits(governed.sign(0, &draft).unwrap());
    assert_eq!((half.signed_by.as_slice(), half.signatures), (&["Sam Security".to_owned()][..], 1));
    governed.call.world.restart();
    assert_eq!(governed.listed(), std::slice::from_ref(&half));
    // Whoever watches and the board read it; nobody else does, and nobody but officers decides.
    let world = &governed.call.world;
    for member in world.staff.all() {
        let watches =
            matches!(member.role, Role::SecurityOfficer | Role::SecurityAnalyst | Role::Auditor | Role::BoardMember);
        let scope = world.scope(member);
        assert_eq!(block_on(world.vault.power_proposals(&scope)).is_ok(), watches, "{:?}", member.role);
        if member.role != Role::SecurityOfficer {
            let tried = block_on(world.vault.withdraw_proposal(&scope, half.id));
            assert_refused(world, tried, Refusal::RoleNotAllowed);
            let tried = block_on(world.vault.sign_proposal(&scope, half.id, None));
            assert_refused(world, tried.map(drop), Refusal::RoleNotAllowed);
        }
    }
    // Other changes come before the second signature, and it stands.
    let leaver = PowerWish::Left { person: world.staff.other_agent.id };
    let draft = governed.draft(leaver).unwrap();
    block_on(world.vault.approve_power(&governed.officer(0), &draft.bytes, None)).unwrap();
    assert!(matches!(governed.sign(1, &half).unwrap(), Approved::Made(_)));
    assert!(governed.name().is_err() && governed.listed().is_empty() && !governed.alarmed());
    let signed = governed.told(Kind::ProposalSigned);
    assert_eq!(signed.iter().map(|body| body.detail).collect::<Vec<_>>(), [None]);
    let changed = governed.told(Kind::RulesChanged);
    assert_eq!(changed.iter().map(|body| body.detail).collect::<Vec<_>>(), [Some(2)], "unproved, by two");
}

#[test]
fn what_widens_waits_a_day_with_notice_and_comes_into_force_on_any_node() {
    let governed = governed(861);
    let other = governed.call.world.another_node();
    let due = governed.agree(limits("[person]\nhour = 400\n"));
    assert!(due.widens && due.signatures == 0 && due.waits_ms == DAY_MS && due.due.is_some());
    assert!(governed.alarmed(), "told at once where it was signed");
    block_on(other.settle_proposals(FIRST)).unwrap();
    let board = governed.call.world.scope(&governed.call.world.staff.board);
    let shown = other.alarms_shown(&board).unwrap();
    assert!(shown.iter().any(|alarm| alarm.kind == AlarmKind::AccessWidens), "the board is told on every node");
    let signed = governed.told(Kind::ProposalSigned);
    let details: Vec<_> = signed.iter().map(|body| body.detail).collect();
    assert!(details.len() == 2 && details.contains(&Some(due.due.unwrap().0 as u64)), "{details:?}");
    // It can't be signed into force sooner.
    let again = governed.sign(0, &due);
    assert_refused(&governed.call.world, again.map(drop), Refusal::ChangeGone);
    governed.call.world.clock.advance(DAY_MS - 1_000);
    governed.settle();
    assert_eq!((governed.hour(), governed.listed().len()), (320, 1));
    governed.call.world.clock.advance(1_000);
    block_on(other.settle_proposals(FIRST)).unwrap();
    governed.settle();
    governed.call.world.clock.advance(251);
    governed.seq();
    assert_eq!((governed.hour(), governed.listed().len(), governed.alarmed()), (400, 0, false));
    let changed = governed.told(Kind::LimitsChanged);
    let [body] = changed.as_slice() else { panic!("once: {changed:?}") };
    assert_eq!((body.person, body.detail), (Some(governed.officer(1).person()), None));
}

#[test]
fn roles_that_give_more_wait_and_those_that_take_away_need_one_officer_and_no_wait() {
    let governed = governed(862);
    let agent = governed.call.world.staff.agent.id;
    let role = |role| PowerWish::SetRole { person: agent, role, team: String::new() };
    let up = governed.draft(role(Role::TeamLeader)).unwrap();
    assert!(up.widens && up.signatures == 2);
    let new =
        PowerWish::AddPerson { name: "Nia New".to_owned(), role: Role::Agent, team: String::new(), reports_to: None };
    assert!(governed.draft(new).unwrap().widens);
    let it = PowerWish::SetRole { person: agent, role: Role::ItOperator, team: String::new() };
    assert!(!governed.draft(it).unwrap().widens, "it may do less");
    assert_eq!(governed.draft(PowerWish::Left { person: agent }).unwrap().signatures, 0);
}

/// Who is of one team isn't the other's second person: so nobody is moved out of it by one officer, and at once.
#[test]
fn another_team_needs_two_officers_and_waits_where_it_makes_two_each_others_second_person() {
    let governed = governed(869);
    let staff = &governed.call.world.staff;
    let moved = |person, role, team: &str| {
        let draft = governed.draft(PowerWish::SetRole { person, role, team: team.to_owned() }).unwrap();
        (draft.signatures, draft.widens)
    };
    // From the team that its leader is of, too.
    assert_eq!(moved(staff.agent.id, Role::Agent, "south"), (2, true));
    assert_eq!(moved(staff.agent.id, Role::Agent, ""), (2, true));
    assert_eq!(moved(staff.leader.id, Role::TeamLeader, "south"), (2, true));
    assert_eq!(moved(staff.agent.id, Role::Agent, " NORTH"), (2, false), "the same team, written otherwise");
    let alone = governed.draft(PowerWish::SetRole { person: staff.agent.id, role: Role::Agent, team: "south".into() });
    let half = waits(governed.sign(0, &alone.unwrap()).unwrap());
    assert_eq!((half.signatures, half.due), (1, None), "one officer's word isn't enough");
    let due = waits(governed.sign(1, &half).unwrap());
    assert_eq!((due.signatures, due.waits_ms), (0, DAY_MS));
}

#[test]
fn a_proposal_changed_after_the_first_signature_is_none() {
    let governed = governed(863);
    let world = &governed.call.world;
    let half = waits(governed.sign(0, &governed.draft(limits("[person]\nhour = 9\n")).unwrap()).unwrap());
    let other = waits(governed.sign(0, &governed.draft(limits("[person]\nhour = 1\n")).unwrap()).unwrap());
    let kept = world.database().keep("admission");
    let named =
        |one: &PowerDraft| format!("kind = 8 AND id = x'{}'", one.id.map(|byte| format!("{byte:02x}")).concat());
    for edit in
        [format!("body = (SELECT body FROM admission WHERE {})", named(&other)), "expires = expires - 1".to_owned()]
    {
        assert_eq!(world.edit(&format!("UPDATE admission SET {edit} WHERE {}", named(&half))), 1, "{edit}");
        assert_refused(world, governed.sign(1, &half).map(drop), Refusal::ChangeGone);
        assert_eq!(governed.listed(), std::slice::from_ref(&other), "{edit}");
        world.database().put_back(&kept);
    }
    // A signature of another proposal's is none of this one's.
    let wrong = governed.keys[1].assert(&other.challenge);
    assert_refused(world, governed.show(1, &half, wrong).map(drop), Refusal::NotApproved);
}

#[test]
fn an_officers_signature_replayed_counts_for_nothing() {
    let governed = governed(864);
    let world = &governed.call.world;
    let draft = governed.draft(stricter()).unwrap();
    let [first, second] = [0, 1].map(|which: usize| governed.keys[which].assert(&draft.challenge));
    let half = waits(governed.show(0, &draft, first.clone()).unwrap());
    // Within it: by the same officer, and by another who shows it as theirs.
    for which in [0, 1] {
        assert_refused(world, governed.show(which, &half, first.clone()).map(drop), Refusal::NotApproved);
    }
    // As the first signature of a draft that became a proposal already.
    assert_refused(world, governed.show(1, &draft, second.clone()).map(drop), Refusal::ChangeGone);
    assert!(matches!(governed.show(1, &half, second.clone()).unwrap(), Approved::Made(_)));
    assert_refused(world, governed.show(1, &half, second.clone()).map(drop), Refusal::ChangeGone);
    // Taken back; the same rules again are another proposal.
    let back = governed.agree(own_rules());
    world.clock.advance(back.waits_ms);
    governed.settle();
    assert!(!governed.names_stay());
    let again = governed.draft(stricter()).unwrap();
    assert_ne!(again.challenge, draft.challenge);
    assert_refused(world, governed.show(0, &again, first).map(drop), Refusal::NotApproved);
}

#[test]
fn a_proposal_is_withdrawn_lapses_or_is_overtaken() {
    let governed = governed(865);
    let world = &governed.call.world;
    let due = governed.agree(limits("[person]\nhour = 400\n"));
    block_on(world.vault.withdraw_proposal(&governed.officer(1), due.id)).unwrap();
    assert_refused(world, block_on(world.vault.withdraw_proposal(&governed.officer(1), due.id)), Refusal::NotFound);
    world.clock.advance(DAY_MS);
    governed.settle();
    assert!(governed.hour() == 320 && governed.listed().is_empty() && !governed.alarmed());
    assert_eq!(governed.told(Kind::ProposalWithdrawn)[0].detail, None);
    // Another change of the same comes first.
    let later = governed.agree(limits("[person]\nhour = 500\n"));
    governed.make(limits("[person]\nhour = 50\n"));
    assert!(governed.listed()[0].overtaken);
    world.clock.advance(later.waits_ms);
    governed.settle();
    assert_eq!((governed.hour(), governed.listed().len()), (50, 0));
    assert_eq!(governed.told(Kind::ProposalWithdrawn)[1].detail, Some(1));
    // Nobody signs it in time.
    let half = waits(governed.sign(0, &governed.draft(limits("[person]\nhour = 9\n")).unwrap()).unwrap());
    world.clock.advance(7 * DAY_MS);
    assert_refused(world, governed.sign(1, &half).map(drop), Refusal::ChangeGone);
    assert!(governed.listed().is_empty());
    // That it ran out is an entry, once.
    governed.settle();
    governed.settle();
    let ended = governed.told(Kind::ProposalWithdrawn);
    assert_eq!(ended.iter().map(|body| body.detail).collect::<Vec<_>>(), [None, Some(1), Some(2)]);
    assert!(!governed.hidden());
}

/// The record with one signature, in the place of the one with two, would say that nothing waits.
#[test]
fn an_older_record_of_a_proposal_is_none_and_raises_the_alarm() {
    let governed = governed(871);
    let world = &governed.call.world;
    let half = waits(governed.sign(0, &governed.draft(limits("[person]\nhour = 400\n")).unwrap()).unwrap());
    let older = world.database().keep("admission");
    let due = waits(governed.sign(1, &half).unwrap());
    let newest = world.database().keep("admission");
    world.database().put_back(&older);
    governed.settle();
    assert!(governed.hidden() && governed.listed().is_empty());
    let again = block_on(world.vault.sign_proposal(&governed.officer(1), half.id, None));
    assert_refused(world, again.map(drop), Refusal::ChangeGone);
    world.database().put_back(&newest);
    governed.settle();
    assert!(governed.alarmed() && !governed.hidden());
    world.clock.advance(due.waits_ms);
    governed.settle();
    governed.settle();
    assert!(governed.hour() == 400 && !governed.hidden());
}

#[test]
fn a_proposal_that_is_taken_out_of_the_database_or_edited_there_raises_an_alarm_for_as_long() {
    let governed = governed(870);
    let world = &governed.call.world;
    governed.settle();
    assert!(!governed.hidden());
    let due = governed.agree(limits("[person]\nhour = 400\n"));
    governed.settle();
    assert!(governed.alarmed() && !governed.hidden());
    let kept = world.database().keep("admission");
    // So that nobody sees it while it waits.
    assert_eq!(world.edit("DELETE FROM admission WHERE kind = 8"), 1);
    governed.settle();
    assert!(governed.hidden() && governed.listed().is_empty());
    // On a node that was just started as well.
    let other = world.another_node();
    block_on(other.settle_proposals(FIRST)).unwrap();
    assert!(other.alarms(FIRST).iter().any(|alarm| alarm.kind == AlarmKind::ProposalsEdited));
    world.database().put_back(&kept);
    governed.settle();
    assert!(governed.alarmed() && !governed.hidden());
    assert_eq!(world.edit("UPDATE admission SET expires = expires - 1 WHERE kind = 8"), 1);
    governed.settle();
    assert!(governed.hidden());
    world.database().put_back(&kept);
    world.clock.advance(due.waits_ms);
    governed.settle();
    governed.settle();
    assert!(governed.hour() == 400 && !governed.hidden());
    // What is left of one that was made can be taken out: nothing waits.
    world.edit("DELETE FROM admission WHERE kind = 8");
    governed.settle();
    assert!(!governed.hidden());
}

#[test]
fn a_withdrawn_proposal_that_somebody_puts_back_comes_into_force_no_more() {
    let governed = governed(869);
    let world = &governed.call.world;
    let due = governed.agree(limits("[person]\nhour = 400\n"));
    let kept = world.database().keep("admission");
    block_on(world.vault.withdraw_proposal(&governed.officer(1), due.id)).unwrap();
    world.database().put_back(&kept);
    // At once, and once more when its time has come.
    governed.settle();
    assert!(governed.listed().is_empty() && !governed.alarmed());
    world.database().put_back(&kept);
    world.clock.advance(due.waits_ms);
    governed.settle();
    assert!(governed.hour() == 320 && governed.listed().is_empty());
    assert_eq!(governed.told(Kind::ProposalWithdrawn).len(), 1);
    let bodies = world.log(FIRST).into_iter().filter_map(|line| line.body);
    let put_back =
        bodies.filter(|body| body.kind == Kind::ProposalWithdrawn && body.decision == Err(Refusal::Tampered));
    assert_eq!(put_back.count(), 2);
}

#[test]
fn who_left_has_signed_nothing_and_one_officer_alone_is_marked_as_such() {
    let governed = governed(866);
    let world = &governed.call.world;
    let due = governed.agree(limits("[person]\nhour = 400\n"));
    let gone = PowerWish::Left { person: governed.officer(1).person() };
    let draft = governed.draft(gone).unwrap();
    block_on(world.vault.approve_power(&governed.officer(0), &draft.bytes, None)).unwrap();
    // Nobody signs alone at once who had the other leave: who left still counts for a day.
    for wish in [limits("[person]\nhour = 900\n"), stricter()] {
        let draft = governed.draft(wish).unwrap();
        assert!(!draft.alone && draft.signatures == 2);
        let half = waits(governed.sign(0, &draft).unwrap());
        assert_refused(world, governed.sign(0, &half).map(drop), Refusal::NotApproved);
        block_on(world.vault.withdraw_proposal(&governed.officer(0), half.id)).unwrap();
    }
    world.clock.advance(due.waits_ms);
    governed.settle();
    assert_eq!((governed.hour(), governed.listed().len()), (320, 0), "one of its signatures is nobody's");
    let draft = governed.draft(limits("[person]\nhour = 30\n")).unwrap();
    assert!(draft.alone && draft.signatures == 1);
    assert!(matches!(governed.sign(0, &draft).unwrap(), Approved::Made(_)));
    assert_eq!(governed.told(Kind::LimitsChanged)[0].detail, Some(4));
}

#[test]
fn a_shorter_wait_is_itself_what_waits() {
    let governed = governed(867);
    let due = governed.agree(limits("widening_waits_s = 0\n"));
    assert!(due.widens && due.waits_ms == DAY_MS, "{due:?}");
}

#[test]
fn an_earlier_version_is_gone_back_to_by_its_texts() {
    let governed = governed(868);
    let world = &governed.call.world;
    governed.make(stricter());
    let version = governed.seq();
    governed.make(limits("[person]\nhour = 50\n"));
    let earlier = block_on(world.vault.earlier_texts(&governed.officer(0))).unwrap();
    assert_eq!(earlier.iter().map(|one| one.until_version).collect::<Vec<_>>(), [version + 1, version]);
    assert!(matches!(&earlier[0].texts, Governing::Limits { toml } if toml.contains("hour = 320")));
    assert_eq!(earlier[1].texts, Governing::Rules { files: Vec::new() });
    let back = block_on(world.vault.texts_until(&governed.officer(0), version)).unwrap().unwrap();
    assert!(governed.names_stay());
    let due = governed.agree(PowerWish::Governing(back));
    assert_eq!(due.words, "Drop 1 rule: no-names-today.");
    world.clock.advance(due.waits_ms);
    governed.settle();
    assert!(!governed.names_stay());
    assert_eq!(block_on(world.vault.texts_until(&governed.officer(0), 1)).unwrap(), None);
    // An edited text is none.
    assert!(world.edit("UPDATE admission SET expires = expires - 1 WHERE kind = 9") >= 2);
    assert!(block_on(world.vault.earlier_texts(&governed.officer(0))).unwrap().is_empty());
}

#[test]
fn an_operator_who_has_the_other_officer_leave_gives_nobody_the_power_to_sign_alone() {
    let governed = governed(869);
    let world = &governed.call.world;
    let second = governed.officer(1).person();
    block_on(world.vault.person_left(&world.vault.operator(FIRST), second)).unwrap();
    assert!(
        governed.told(Kind::PersonLeft).iter().any(|body| [body.person, body.upon].contains(&Some(second))),
        "it is at once"
    );
    let new = PowerWish::AddPerson {
        name: "Nia New".to_owned(),
        role: Role::SecurityOfficer,
        team: String::new(),
        reports_to: None,
    };
    for moment in [0, DAY_MS - 1] {
        world.clock.advance(moment);
        for wish in [new.clone(), limits("[person]\nhour = 900\n")] {
            let draft = governed.draft(wish).unwrap();
            assert!(draft.signatures == 2 && !draft.alone);
            waits(governed.sign(0, &draft).unwrap());
        }
    }
    world.clock.advance(1);
    let draft = governed.draft(limits("[person]\nhour = 30\n")).unwrap();
    assert!(draft.signatures == 1 && draft.alone);
}

#[test]
fn the_key_holder_counts_the_wait_itself_and_a_clock_that_a_node_sets_forward_skips_nothing() {
    let governed = governed(870);
    let due = governed.agree(limits("[person]\nhour = 400\n"));
    // A node whose clock is a day ahead: its time has come there, and not at the key holder.
    let world = &governed.call.world;
    let ahead = world.node(&world.store, &Arc::new(FixedClock::at(world.clock.now().plus(DAY_MS))));
    block_on(ahead.settle_proposals(FIRST)).unwrap();
    assert_eq!((governed.hour(), governed.listed().len()), (320, 1), "{due:?}");
    governed.call.world.clock.advance(DAY_MS);
    governed.settle();
    assert_eq!((governed.hour(), governed.listed().len()), (400, 0));
}

#[test]
fn what_the_key_holder_finds_out_by_itself_is_what_nodes_do() {
    let governed = governed(871);
    let world = &governed.call.world;
    let snapshot = block_on(world.vault.power(FIRST)).unwrap();
    let powers = snapshot.powers();
    let waits_of = vault::waits();
    let row = |wish: PowerWish| match wish {
        PowerWish::Governing(Governing::Limits { toml }) => {
            let text = LimitsText { toml: Budgets::of(&Budgets::read(&toml).unwrap()).toml() };
            ((LimitsText::KIND, THE_ONE), Some(text.encode()))
        }
        PowerWish::Governing(Governing::Rules { files }) => {
            ((RulesText::KIND, THE_ONE), Some(RulesText { files }.encode()))
        }
        other => panic!("{other:?}"),
    };
    for wish in [limits("[person]\nhour = 400\n"), limits("[person]\nhour = 4\n"), stricter()] {
        let draft = governed.draft(wish.clone()).unwrap();
        assert_eq!(waits_of(powers, &[row(wish)]), draft.waits_ms, "{}", draft.words);
    }
    let unreadable = ((RulesText::KIND, THE_ONE), Some(b"no rules".to_vec()));
    assert_eq!(waits_of(powers, &[unreadable]), DAY_MS, "what can't be told does");
}

const PARTY: Party<'_> = Party { rp_id: "desk.example", origin: "https://desk.example" };

impl Governed {
    /// Somebody registers one more passkey; gives the waiting one and its authenticator.
    fn offer(&self, scope: &Scope) -> ([u8; 16], Authenticator) {
        let own = Authenticator::new(PARTY.origin);
        let made = own.create(&self.vault().passkey_challenge().unwrap());
        let label = "Another".to_owned();
        let new = NewPasskey { client_data: made.client_data, attestation: made.object, label };
        assert!(matches!(block_on(self.vault().enrol_another(scope, &PARTY, &new)), Ok(Enrolled::Waiting { .. })));
        let list = block_on(self.vault().enrolments(&self.officer(0))).unwrap();
        let one = list.items.into_iter().find(|one| one.person == scope.person()).unwrap();
        assert_eq!(one.signatures, if scope.role() == Role::Agent { 1 } else { 2 }, "{:?}", scope.role());
        if one.needs_leader {
            let leader = self.call.world.scope(&self.call.world.staff.leader);
            block_on(self.vault().agree_to_passkey(&leader, one.id)).unwrap();
        }
        (one.id, own)
    }

    fn signs_in(&self, key: &mut Authenticator) -> bool {
        let answer = key.get(&self.vault().passkey_challenge().unwrap());
        let browser = Some(Browser::new().device());
        block_on(self.vault().sign_in_with_passkey(&PARTY, &answer, b"", browser)).is_ok()
    }
}

#[test]
fn the_passkey_of_somebody_who_decides_takes_two_officers() {
    let governed = governed(868);
    let world = &governed.call.world;
    let leader = world.scope(&world.staff.leader);
    let (id, mut own) = governed.offer(&leader);
    let list = block_on(governed.vault().enrolments(&governed.officer(0))).unwrap();
    let signed = governed.keys[0].assert(&list.items[0].challenge);
    let alone = block_on(governed.vault().approve_enrolment(&governed.officer(0), id, signed));
    assert_refused(world, alone.map(drop), Refusal::TwoOfficersNeeded);
    let wish = || PowerWish::Asked(Asked::Passkey { id });
    let draft = governed.draft(wish()).unwrap();
    assert!(draft.words.contains("team leader") && draft.words.contains("“Another”"), "{}", draft.words);
    let half = waits(governed.sign(0, &draft).unwrap());
    assert!(half.waits_ms == 0 && half.signatures == 1 && !governed.signs_in(&mut own));
    assert_refused(world, governed.sign(0, &half).map(drop), Refusal::NotApproved);
    assert!(matches!(governed.sign(1, &half).unwrap(), Approved::Made(_)) && governed.signs_in(&mut own));
    let added = governed.told(Kind::PasskeyAdded);
    let [body] = added.as_slice() else { panic!("once: {added:?}") };
    assert_eq!((body.person, body.upon), (Some(governed.officer(1).person()), Some(leader.person())));
    // It waits no longer, and what doesn't wait isn't let.
    assert_refused(world, governed.draft(wish()).map(drop), Refusal::NotFound);
    // Somebody who decides nothing needs one officer, as ever.
    let (id, mut own) = governed.offer(&world.scope(&world.staff.agent));
    let list = block_on(governed.vault().enrolments(&governed.officer(0))).unwrap();
    let signed = governed.keys[0].assert(&list.items[0].challenge);
    block_on(governed.vault().approve_enrolment(&governed.officer(0), id, signed)).unwrap();
    assert!(governed.signs_in(&mut own));
}

#[test]
fn an_officers_own_further_passkey_takes_them_and_another() {
    let governed = governed(869);
    let (id, mut own) = governed.offer(&governed.officer(0));
    let draft = governed.draft(PowerWish::Asked(Asked::Passkey { id })).unwrap();
    let half = waits(governed.sign(0, &draft).unwrap());
    assert!(!governed.signs_in(&mut own), "not by their own word alone");
    assert!(matches!(governed.sign(1, &half).unwrap(), Approved::Made(_)) && governed.signs_in(&mut own));
}

#[test]
fn who_comes_to_decide_keeps_a_passkey_that_one_officer_let_in_and_the_officers_read_so() {
    let governed = governed(870);
    let agent = governed.call.world.staff.agent.id;
    let role = |role| PowerWish::SetRole { person: agent, role, team: String::new() };
    let words = |wish| governed.draft(wish).unwrap().words;
    assert!(!words(role(Role::TeamLeader)).contains("passkey"));
    let (id, _) = governed.offer(&governed.call.world.scope(&governed.call.world.staff.agent));
    let list = block_on(governed.vault().enrolments(&governed.officer(0))).unwrap();
    let signed = governed.keys[0].assert(&list.items[0].challenge);
    block_on(governed.vault().approve_enrolment(&governed.officer(0), id, signed)).unwrap();
    assert!(words(role(Role::TeamLeader)).contains("The passkey stays that one officer's signature let in"));
    assert!(!words(role(Role::Auditor)).contains("passkey"));
}

#[test]
fn who_comes_to_be_an_agent_loses_the_passkeys_to_which_no_leader_agreed() {
    let governed = governed(873);
    let world = &governed.call.world;
    let analyst = &world.staff.quality;
    let (id, mut own) = {
        let own = Authenticator::new(PARTY.origin);
        let made = own.create(&governed.vault().passkey_challenge().unwrap());
        let new = NewPasskey { client_data: made.client_data, attestation: made.object, label: "Mine".to_owned() };
        block_on(governed.vault().enrol_another(&world.scope(analyst), &PARTY, &new)).unwrap();
        (block_on(governed.vault().enrolments(&governed.officer(0))).unwrap().items.remove(0), own)
    };
    let signed = governed.keys[0].assert(&id.challenge);
    block_on(governed.vault().approve_enrolment(&governed.officer(0), id.id, signed)).unwrap();
    assert!(governed.signs_in(&mut own));
    let wish = PowerWish::SetRole { person: analyst.id, role: Role::Agent, team: "north".to_owned() };
    let draft = governed.draft(wish).unwrap();
    assert!(
        draft.words.ends_with("The passkey ends: an agent's counts only with the team leader's yes."),
        "{}",
        draft.words
    );
    let half = waits(governed.sign(0, &draft).unwrap());
    waits(governed.sign(1, &half).unwrap());
    governed.call.world.clock.advance(DAY_MS);
    governed.settle();
    assert!(!governed.signs_in(&mut own));
}

#[test]
fn a_manager_on_whom_a_forbidden_chain_hangs_takes_two_officers() {
    let governed = governed(874);
    let staff = &governed.call.world.staff;
    let wish = |person, manager| PowerWish::ReportsTo { person, manager };
    for weighs in [wish(staff.agent.id, Some(staff.it.id)), wish(staff.leader.id, Some(staff.agent.id))] {
        let draft = governed.draft(weighs).unwrap();
        assert_eq!(draft.signatures, 2, "{}", draft.words);
        let half = waits(governed.sign(0, &draft).unwrap());
        assert_refused(&governed.call.world, governed.sign(0, &half).map(drop), Refusal::NotApproved);
        assert!(matches!(governed.sign(1, &half).unwrap(), Approved::Made(_)));
    }
    // Now IT stands above the leader, by the agent: that is undone by two as well.
    assert_eq!(governed.draft(wish(staff.leader.id, None)).unwrap().signatures, 2);
    assert_eq!(governed.draft(wish(staff.agent.id, None)).unwrap().signatures, 2);
    assert_eq!(governed.draft(wish(staff.quality.id, Some(staff.other_agent.id))).unwrap().signatures, 1);
}
