//! Four eyes: a second person's yes opens one value once, and nothing gets around them.

use crate::four::{ACCOUNT, Four, hired};
use crate::help::{Call, assert_refused, at_once, failure, shown, value};
use crate::power_changes::Claimed;
use crate::sessions::Page;
use domain::{FieldKind, Limits, Purpose, Refusal, Role};
use std::collections::BTreeMap;
use std::time::Instant;
use testkit::{FIRST, Member, PHONE, TestWorld, ana, block_on};
use vault::{ApprovalState, Heard, Kind, PowerWish, RevealCommand, VaultConfig, VaultError};

#[test]
fn a_yes_opens_one_value_once_and_the_log_says_who_agreed() {
    let four = Four::new(800);
    let world = four.world();
    assert_refused(world, four.call.reveal(&four.account()), Refusal::ApprovalNeeded);
    assert_refused(world, four.ask(), Refusal::NobodyToApprove);
    let page = four.page();
    let id = four.ask().unwrap();
    assert_eq!(four.ask().unwrap(), id, "the same question is the one that stands");
    assert_refused(world, four.call.reveal(&four.account()), Refusal::NotYetApproved);
    let scope = page.get(four.vault(), "/approvals").unwrap();
    let own = block_on(four.vault().own_approvals(&scope)).unwrap();
    let [line] = own.to_answer.as_slice() else { panic!("{own:?}") };
    assert_eq!((line.id, line.field, line.purpose, line.asked_in_hour), (id, ACCOUNT, Purpose::Payment, 2));
    assert_eq!((line.asker.as_str(), line.team.as_str(), line.state), ("Ada Agent", "north", ApprovalState::Asked));
    world.clock.advance(5_000);
    four.answer(&page, id, true).unwrap();
    assert_eq!(four.state(), ApprovalState::Given);
    let command = RevealCommand { key: Some("once".into()), ..four.account() };
    let revealed = four.call.reveal(&command).map_err(|error| panic!("{error:?}")).ok().unwrap();
    let receipt = revealed.receipt;
    let seen = shown(revealed);
    assert!(!seen.is_empty());
    assert_eq!(value(four.call.reveal(&command)), seen, "the same request within its countdown");
    assert_refused(world, four.call.reveal(&four.account()), Refusal::ApprovalNeeded);
    assert_eq!(four.state(), ApprovalState::Used);

    let log = world.log(FIRST);
    let bodies = |kind: Kind| log.iter().filter_map(|line| line.body.clone()).filter(move |body| body.kind == kind);
    let body = log.iter().find(|line| line.entry == receipt).unwrap().body.clone().unwrap();
    assert_eq!((body.person, body.upon), (Some(world.staff.agent.id), Some(four.leader.id)));
    let asked: Vec<_> =
        bodies(Kind::ApprovalAsked).filter(|body| body.decision.is_ok() && body.upon.is_some()).collect();
    assert_eq!(asked.len(), 1);
    assert_eq!((asked[0].person, asked[0].upon), (Some(world.staff.agent.id), Some(four.leader.id)));
    let given: Vec<_> = bodies(Kind::ApprovalGiven).collect();
    assert_eq!(given.len(), 1);
    assert_eq!((given[0].person, given[0].upon), (Some(four.leader.id), Some(world.staff.agent.id)));
    assert_eq!((given[0].detail, given[0].field), (Some(5_000), Some(ACCOUNT.code())));
}

#[test]
fn proof_or_a_second_person_for_a_date_of_birth() {
    let four = Four::new(802);
    let world = four.world();
    let born = four.call.command(FieldKind::DateOfBirth);
    assert_refused(world, four.call.reveal(&born), Refusal::BindingTooWeak);
    let page = four.page();
    let id = block_on(four.vault().ask_approval(&four.agent(), &born)).unwrap().id;
    assert_refused(world, four.call.reveal(&born), Refusal::BindingTooWeak);
    four.answer(&page, id, true).unwrap();
    value(four.call.reveal(&born));
    assert_refused(world, four.call.reveal(&born), Refusal::BindingTooWeak);
    // What one person alone may see is put to nobody.
    let name = four.call.command(FieldKind::Name);
    assert_refused(
        world,
        block_on(four.vault().ask_approval(&four.agent(), &name)).map(drop),
        Refusal::ApprovalNotNeeded,
    );
    let card = four.call.command(FieldKind::Card);
    assert_refused(world, block_on(four.vault().ask_approval(&four.agent(), &card)).map(drop), Refusal::NeverShown);
    let shown_for = |field| {
        let record = block_on(four.vault().view(&four.agent(), four.call.interaction, four.call.customer)).unwrap();
        let found = record.fields.into_iter().find(|shown| shown.masked.field == field);
        found.and_then(|shown| shown.second_person).map(vault::SecondPersonFor::slug)
    };
    assert_eq!(shown_for(ACCOUNT), Some("always"));
    assert_eq!(shown_for(FieldKind::DateOfBirth), Some("unproven"));
    assert_eq!(shown_for(FieldKind::Name), None);
}

#[test]
fn nobody_answers_who_is_the_asker_or_of_their_team_or_led_by_them() {
    let four = Four::new(803);
    let (world, vault) = (four.world(), four.vault());
    let page = |member: &Member| Page::begin(world, vault, member);
    // The asker's own page, their team, a second account of the same name, and who has no part in it.
    let twin = hired(world, " ada  AGENT", Role::TeamLeader, "south");
    let others: Vec<Page<'_>> =
        [&world.staff.agent, &world.staff.leader, &twin, &world.staff.auditor, &world.staff.it, &world.staff.board]
            .map(page)
            .into_iter()
            .collect();
    assert_refused(world, four.ask(), Refusal::NobodyToApprove);
    let drawn = page(&four.leader);
    let id = four.ask().unwrap();
    for other in &others {
        let error = failure(four.answer(other, id, true));
        let VaultError::Refused { refusal, entry: Some(_), .. } = error else { panic!("{error:?}") };
        assert!(matches!(refusal, Refusal::NotFound | Refusal::RoleNotAllowed), "{refusal:?}");
    }
    // A program answers for nobody, whoever's token it has.
    let program = block_on(vault.answer_approval(&world.scope(&four.leader), id, true));
    assert_refused(world, program, Refusal::RoleNotAllowed);
    assert_eq!(four.state(), ApprovalState::Asked);
    four.answer(&drawn, id, true).unwrap();
}

#[test]
fn two_people_at_one_browser_are_not_two() {
    let four = Four::new(804);
    let (world, vault) = (four.world(), four.vault());
    let browser = testkit::Browser::new();
    let at = |member: &Member| Page::begin_in(world, vault, member, &browser);
    let asker = at(&world.staff.agent);
    let leader = at(&four.leader);
    let agent = asker.get(vault, "/desk").unwrap();
    let ask = || block_on(vault.ask_approval(&agent, &four.account())).map(|asked| asked.id);
    assert_refused(world, ask(), Refusal::NobodyToApprove);
    // Drawn at another browser, and answering at the asker's.
    let far = testkit::Browser::new();
    let elsewhere = Page::begin_in(world, vault, &four.leader, &far);
    let id = ask().unwrap();
    assert_refused(world, four.answer(&leader, id, true), Refusal::NotASecondPerson);
    four.answer(&elsewhere, id, true).unwrap();
    // The asker comes over to the browser at which somebody agreed, and looks there.
    let shown_at = |page: &Page<'_>| {
        let scope = page.get(vault, "/desk").unwrap();
        block_on(vault.reveal(&scope, &four.account())).map(drop)
    };
    let over = Page::begin_in(world, vault, &world.staff.agent, &far);
    assert_refused(world, shown_at(&over), Refusal::NotASecondPerson);
    shown_at(&asker).unwrap();
}

#[test]
fn who_changes_role_or_leaves_on_the_way_is_no_second_person() {
    let world = TestWorld::with(805, at_once());
    let leader = hired(&world, "Sue South", Role::TeamLeader, "south");
    let claimed = Claimed::on(world);
    let world = &claimed.world;
    let customer = world.add(ana());
    let interaction = world.call(&world.staff.agent, Some(PHONE));
    let agent = || world.scope(&world.staff.agent);
    let command =
        RevealCommand { customer, interaction, field: ACCOUNT, instance: 1, purpose: Purpose::Payment, key: None };
    let page = Page::begin(world, &world.vault, &leader);
    let another = world.call(&world.staff.agent, Some(PHONE));
    let ask = |interaction| {
        let command = RevealCommand { interaction, ..command.clone() };
        block_on(world.vault.ask_approval(&agent(), &command)).unwrap().id
    };
    let answer = |id| {
        let scope = page.get(&world.vault, "/approvals").unwrap();
        block_on(world.vault.answer_approval(&scope, id, true))
    };
    let (first, second) = (ask(interaction), ask(another));
    answer(first).unwrap();
    let now_agent = PowerWish::SetRole { person: leader.id, role: Role::Agent, team: "south".to_owned() };
    claimed.make(now_agent).unwrap();
    world.clock.advance(1_000);
    assert_refused(world, answer(second), Refusal::RoleNotAllowed);
    // A yes of who may not say yes any more opens nothing.
    let reveal = || block_on(world.vault.reveal(&agent(), &command));
    assert_refused(world, reveal().map(drop), Refusal::ApprovalNeeded);
}

#[test]
fn who_is_in_no_team_is_of_one_team_with_all_who_are_in_none_and_a_name_is_one_however_it_is_written() {
    for (asker, other, fits) in
        [("", "", false), ("", "south", true), ("north", "", true), ("Back  office", "back OFFICE ", false)]
    {
        let call = Call::new(807);
        let agent = hired(&call.world, "Nat Nobody", Role::Agent, asker);
        let leader = hired(&call.world, "Sue South", Role::TeamLeader, other);
        let _page = Page::begin(&call.world, &call.world.vault, &leader);
        let interaction = call.world.call(&agent, Some(PHONE));
        let command = RevealCommand { interaction, ..call.command(ACCOUNT) };
        let asked = block_on(call.world.vault.ask_approval(&call.world.scope(&agent), &command));
        if fits {
            asked.unwrap();
        } else {
            assert_refused(&call.world, asked.map(drop), Refusal::NobodyToApprove);
        }
    }
}

#[test]
fn a_yes_is_for_who_asked_what_they_asked_and_where() {
    let four = Four::new(806);
    let (world, page) = (four.world(), four.page());
    let id = four.ask().unwrap();
    four.answer(&page, id, true).unwrap();
    let again = world.call(&world.staff.agent, Some(PHONE));
    let other = world.add(testkit::name_and_phone("Bea Other", "+442079460123"));
    let elsewhere = [
        RevealCommand { purpose: Purpose::Correction, ..four.account() },
        RevealCommand { interaction: again, ..four.account() },
    ];
    for command in elsewhere {
        assert_refused(world, four.call.reveal(&command), Refusal::ApprovalNeeded);
    }
    let wrong = RevealCommand { customer: other, ..four.account() };
    assert_refused(world, four.call.reveal(&wrong), Refusal::WrongCustomer);
    let colleague = world.scope(&world.staff.other_agent);
    let theirs = block_on(four.vault().reveal(&colleague, &four.account()));
    assert_refused(world, theirs.map(drop), Refusal::NoLiveInteraction);
    // It dies with the conversation.
    four.call.hear(Heard::Ended).unwrap();
    assert_refused(world, four.call.reveal(&four.account()), Refusal::NoLiveInteraction);
}

#[test]
fn an_edited_question_opens_nothing() {
    let four = Four::new(807);
    let (world, page) = (four.world(), four.page());
    let id = four.ask().unwrap();
    // Asked becomes given, behind everybody's back: the body's last bytes are the state and its moment.
    let edited = world.edit("UPDATE admission SET expires = expires + 1 WHERE kind = 10");
    assert_eq!(edited, 1);
    assert_refused(world, four.call.reveal(&four.account()), Refusal::Tampered);
    assert_refused(world, four.ask(), Refusal::Tampered);
    assert_refused(world, four.answer(&page, id, true), Refusal::NotFound);
}

#[test]
fn an_old_yes_put_back_opens_nothing_a_second_time() {
    let four = Four::new(808);
    let (world, page) = (four.world(), four.page());
    let id = four.ask().unwrap();
    four.answer(&page, id, true).unwrap();
    let kept = "INSERT INTO admission SELECT tenant, 99, id, body, expires, tag FROM admission WHERE kind = 10";
    assert_eq!(world.edit(kept), 1);
    value(four.call.reveal(&four.account()));
    assert_eq!(world.edit("DELETE FROM admission WHERE kind = 10"), 1);
    assert_eq!(world.edit("UPDATE admission SET kind = 10 WHERE kind = 99"), 1);
    assert_refused(world, four.call.reveal(&four.account()), Refusal::ApprovalNeeded);
}

#[test]
fn of_two_nodes_one_uses_it() {
    let four = Four::on(Call::on(TestWorld::of_nodes(809, VaultConfig::default())));
    let (world, page) = (four.world(), four.page());
    let other = world.another_node();
    let scopes = [four.agent(), block_on(other.authenticate(&world.staff.agent.token)).unwrap()];
    let id = four.ask().unwrap();
    four.answer(&page, id, true).unwrap();
    let (first, second) = block_on(async {
        let command = four.account();
        tokio::join!(four.vault().reveal(&scopes[0], &command), other.reveal(&scopes[1], &command))
    });
    let won = [first, second].into_iter().map(|result| result.map(drop)).collect::<Vec<_>>();
    assert_eq!(won.iter().filter(|result| result.is_ok()).count(), 1, "{won:?}");
    let lost = won.into_iter().find_map(Result::err).unwrap();
    assert!(matches!(lost, VaultError::Refused { refusal: Refusal::ApprovalNeeded, .. }), "{lost:?}");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "it measures")]
fn ten_thousand_pending_questions_slow_no_reveal() {
    let four = Four::new(814);
    let world = four.world();
    let name = four.call.command(FieldKind::Name);
    let (rows, batch): (u32, u32) = (10_000, 500);
    let pace = || {
        let started = Instant::now();
        for _ in 0..30 {
            value(four.call.reveal(&name));
        }
        started.elapsed()
    };
    pace();
    let before = pace();
    for start in (0..rows).step_by(batch as usize) {
        let values = (start..start + batch).map(|at| {
            let id = format!("{at:032x}");
            format!("(1, 10, x'{id}', x'00', 9000000000000000, x'{id}')")
        });
        let values: Vec<String> = values.collect();
        let columns = "tenant, kind, id, body, expires, tag";
        assert_eq!(
            world.edit(&format!("INSERT INTO admission ({columns}) VALUES {}", values.join(", "))),
            batch as usize
        );
    }
    let after = pace();
    // Noise of a shared machine is two- or threefold; reading ten thousand rows for each would be a hundredfold.
    assert!(after < 4 * before + std::time::Duration::from_millis(200), "{before:?} before, {after:?} with {rows}");
}

#[test]
fn the_draw_is_by_chance_among_those_who_are_there() {
    let four = Four::on(Call::on(TestWorld::with(
        811,
        VaultConfig { limits: Limits { approval_per_hour: 1_000, ..Limits::default() }, ..VaultConfig::default() },
    )));
    let (world, vault) = (four.world(), four.vault());
    let third = hired(world, "Tom Third", Role::TeamLeader, "east");
    let officer = hired(world, "Olga Officer", Role::SecurityOfficer, "");
    let people = [&four.leader, &third, &officer];
    let _pages: Vec<Page<'_>> = people.iter().map(|member| Page::begin(world, vault, member)).collect();
    for _ in 0..60 {
        let interaction = world.call(&world.staff.agent, Some(PHONE));
        let command = RevealCommand { interaction, ..four.account() };
        block_on(vault.ask_approval(&four.agent(), &command)).unwrap();
    }
    let mut drawn = BTreeMap::new();
    for body in world.log(FIRST).into_iter().filter_map(|line| line.body) {
        if body.kind == Kind::ApprovalAsked {
            *drawn.entry(body.upon.unwrap()).or_insert(0) += 1;
        }
    }
    for member in people {
        let times = drawn.get(&member.id).copied().unwrap_or(0);
        assert!((8..=36).contains(&times), "{times} of 60");
    }
    // Who hasn't used their page for minutes isn't there.
    world.clock.advance(6 * 60_000);
    let interaction = world.call(&world.staff.agent, Some(PHONE));
    let command = RevealCommand { interaction, ..four.account() };
    let asked = block_on(vault.ask_approval(&four.agent(), &command)).map(drop);
    assert_refused(world, asked, Refusal::NobodyToApprove);
}

#[test]
fn who_always_says_yes_at_once_is_shown() {
    let limits = Limits { approval_per_hour: 1_000, agreed_per_hour: 1_000, ..Limits::default() };
    let four = Four::on(Call::on(TestWorld::with(812, VaultConfig { limits, ..VaultConfig::default() })));
    let (world, page) = (four.world(), four.page());
    let ask = |_| {
        let interaction = world.call(&world.staff.agent, Some(PHONE));
        let command = RevealCommand { interaction, ..four.account() };
        block_on(four.vault().ask_approval(&four.agent(), &command)).unwrap().id
    };
    for id in (0..12).map(ask).collect::<Vec<_>>() {
        world.clock.advance(2_000);
        four.answer(&page, id, true).unwrap();
    }
    let security = world.scope(&world.staff.security);
    let [habit] = block_on(four.vault().all_budgets(&security)).unwrap().second_people.try_into().unwrap();
    assert_eq!((habit.person, habit.drawn, habit.agreed, habit.declined), (four.leader.id, 12, 12, 0));
    // All were asked at once: the first waited two seconds for its answer, the last twenty-four.
    assert_eq!((habit.mean_s, habit.is_rubber_stamp()), (Some(13), false));
    for _ in 0..60 {
        let id = ask(0);
        four.answer(&page, id, true).unwrap();
    }
    let [habit] = block_on(four.vault().all_budgets(&security)).unwrap().second_people.try_into().unwrap();
    assert_eq!((habit.agreed, habit.mean_s, habit.is_rubber_stamp()), (72, Some(3), true));
}
