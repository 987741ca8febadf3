//! Drills for people: planned by security, met by whom chance draws, and shown of groups only; attacked by who wants to know who fell.

use crate::help::assert_refused;
use domain::{InteractionId, Lesson, Millis, PersonId, Reaction, Refusal, Role, Ruse};
use testkit::{FIRST, Member, TestWorld, block_on};
use vault::{
    AuditBody, ClosedDrill, DrillWindow, Kind, NewPeopleDrill, NewPerson, OwnDrill, PlannedDrill, Scope, VaultError,
};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// How long something lies on a desk.
const STAYS_MS: i64 = 10 * 60_000;

/// As many agents more, of one team.
fn hire(world: &TestWorld, team: &str, count: usize) -> Vec<Member> {
    let operator = world.vault.operator(FIRST);
    let one = |at: usize| {
        let person = NewPerson { name: format!("{team} {at}"), role: Role::Agent, team: team.into() };
        block_on(async {
            let id = world.vault.add_person(&operator, person).await.unwrap();
            let token = world.vault.issue_token(&operator, id).await.unwrap();
            Member { id, role: Role::Agent, token }
        })
    };
    (0..count).map(one).collect()
}

fn of(world: &TestWorld, ruse: Ruse, teams: &[&str]) -> NewPeopleDrill {
    let now = world.vault.now();
    let window = DrillWindow::new(now, now, now.plus(HOUR_MS)).unwrap();
    NewPeopleDrill { ruse, teams: teams.iter().map(|team| (*team).to_owned()).collect(), share: 100, window }
}

fn plan(world: &TestWorld, new: &NewPeopleDrill) -> Result<PlannedDrill, VaultError> {
    block_on(world.vault.plan_people_drill(&world.scope(&world.staff.security), new))
}

fn lies(world: &TestWorld, scope: &Scope) -> Option<OwnDrill> {
    block_on(world.vault.own_drill(scope, true)).unwrap()
}

/// Each of these reacts to what lies on their desk.
fn react(world: &TestWorld, people: &[Member], reaction: Reaction) {
    for person in people {
        let scope = world.scope(person);
        assert!(matches!(lies(world, &scope), Some(OwnDrill::Lies(_))), "nothing lies there");
        let debrief = block_on(world.vault.answer_drill(&scope, reaction)).unwrap();
        assert_eq!(debrief.reaction, reaction);
        assert_eq!(lies(world, &scope), None, "once");
    }
}

/// To the end of a drill's window; whatever is drawn, has come by then.
fn last_moment(world: &TestWorld) {
    world.clock.advance(HOUR_MS - 1);
}

fn close(world: &TestWorld) {
    world.clock.advance(STAYS_MS + 1);
    block_on(world.vault.settle_drills(FIRST)).unwrap();
}

fn shown(world: &TestWorld, member: &Member) -> Vec<ClosedDrill> {
    block_on(world.vault.culture(&world.scope(member))).unwrap().closed
}

fn told(world: &TestWorld) -> Vec<AuditBody> {
    world.sequence(FIRST);
    world.log(FIRST).into_iter().filter_map(|line| line.body).collect()
}

#[test]
fn a_drill_is_met_once_answered_at_once_and_shown_of_groups_when_it_is_over() {
    let world = TestWorld::new(1_900);
    let (east, west) = (hire(&world, "East", 9), hire(&world, "West", 5));
    let planned = plan(&world, &of(&world, Ruse::Caller, &["east", "West"])).unwrap();
    assert_eq!(planned.drawn, 14);
    last_moment(&world);
    react(&world, &east[..6], Reaction::Reported);
    react(&world, &east[6..8], Reaction::Fell);
    react(&world, &west[..3], Reaction::Ignored);
    // One looks at it and leaves it; two never come to their desks.
    let left = world.scope(&east[8]);
    assert_eq!(lies(&world, &left), Some(OwnDrill::Lies(Ruse::Caller)));
    assert!(shown(&world, &world.staff.security).is_empty(), "nothing is shown before it is over");
    close(&world);
    let closed = shown(&world, &world.staff.security);
    let all = closed[0].all.unwrap();
    assert_eq!((closed.len(), all.met, all.reported, all.fell), (1, 12, 50, 20));
    // West alone would be three people: it is shown with East or not at all.
    assert_eq!(closed[0].groups.len(), 1);
    assert_eq!(closed[0].groups[0].teams, ["East", "West"]);
    assert_eq!(lies(&world, &world.scope(&west[4])), None, "what is over comes to no desk");
}

#[test]
fn who_leaves_it_lying_learns_what_it_was() {
    let world = TestWorld::new(1_901);
    let people = hire(&world, "East", 8);
    plan(&world, &of(&world, Ruse::Bribe, &["East"])).unwrap();
    last_moment(&world);
    let scope = world.scope(&people[0]);
    assert_eq!(block_on(world.vault.own_drill(&scope, false)).unwrap(), None, "nothing comes to an empty chair");
    assert_eq!(lies(&world, &scope), Some(OwnDrill::Lies(Ruse::Bribe)));
    world.clock.advance(STAYS_MS);
    let Some(OwnDrill::Over(debrief)) = lies(&world, &scope) else { panic!("they are told") };
    assert_eq!((debrief.ruse, debrief.reaction), (Ruse::Bribe, Reaction::Ignored));
    assert_eq!(lies(&world, &scope), None);
}

#[test]
fn a_report_of_something_is_of_the_drill_unless_it_is_of_an_interaction() {
    let world = TestWorld::new(1_902);
    let people = hire(&world, "East", 8);
    plan(&world, &of(&world, Ruse::Colleague, &["East"])).unwrap();
    last_moment(&world);
    let scope = world.scope(&people[0]);
    assert_eq!(block_on(world.vault.drill_reported(&scope, None)).unwrap(), None, "it hasn't come yet");
    lies(&world, &scope);
    let call = Some(InteractionId([7; 16]));
    assert_eq!(block_on(world.vault.drill_reported(&scope, call)).unwrap(), None, "a real caller is no drill");
    let debrief = block_on(world.vault.drill_reported(&scope, None)).unwrap().unwrap();
    assert_eq!((debrief.ruse, debrief.reaction), (Ruse::Colleague, Reaction::Reported));
    let again = block_on(world.vault.answer_drill(&scope, Reaction::Fell));
    assert!(matches!(again, Err(VaultError::Refused { refusal: Refusal::NotFound, entry: None, .. })));
    let others = world.scope(&world.staff.agent);
    assert_eq!(block_on(world.vault.drill_reported(&others, None)).unwrap(), None);
}

#[test]
fn nobody_is_drilled_alone_or_in_a_small_company_and_nobody_too_often() {
    let world = TestWorld::new(1_903);
    let too_few = |teams: &[&str]| {
        assert_refused(&world, plan(&world, &of(&world, Ruse::Decoy, teams)), Refusal::TooFewPeople);
    };
    hire(&world, "Solo", 1);
    hire(&world, "Seven", 7);
    too_few(&["Solo"]);
    too_few(&["Seven"]);
    too_few(&["Nobody's"]);
    // Seven and somebody who has the name of one of them: it may be one human.
    let operator = world.vault.operator(FIRST);
    let twin = NewPerson { name: "SEVEN-0".into(), role: Role::Agent, team: "Seven".into() };
    block_on(world.vault.add_person(&operator, twin)).unwrap();
    too_few(&["Seven"]);
    // Everybody who serves, of whom a share is drawn.
    let everybody = of(&world, Ruse::Decoy, &[]);
    let few = NewPeopleDrill { share: 50, ..of(&world, Ruse::Decoy, &[]) };
    assert_refused(&world, plan(&world, &few), Refusal::TooFewPeople);
    assert_eq!(plan(&world, &everybody).unwrap().drawn, 11);
    assert_eq!(plan(&world, &everybody).unwrap().drawn, 11);
    // A flood: who met two in thirty days isn't drawn any more.
    assert_refused(&world, plan(&world, &everybody), Refusal::TooFewPeople);
    world.clock.advance(30 * DAY_MS);
    assert_eq!(plan(&world, &of(&world, Ruse::Bribe, &[])).unwrap().drawn, 11);
    // Watchers and IT serve nobody, and are never drawn.
    last_moment(&world);
    for member in [&world.staff.security, &world.staff.it, &world.staff.auditor] {
        assert_eq!(lies(&world, &world.scope(member)), None);
    }
}

#[test]
fn drills_are_counted_when_they_come_and_for_every_account_of_a_human() {
    let world = TestWorld::new(1_912);
    hire(&world, "East", 8);
    let later = |days: i64| {
        let (now, from) = (world.vault.now(), world.vault.now().plus(days * DAY_MS));
        NewPeopleDrill {
            window: DrillWindow::new(now, from, from.plus(HOUR_MS)).unwrap(),
            ..of(&world, Ruse::Bribe, &["East"])
        }
    };
    // Planned on three days, to come in one week.
    plan(&world, &later(40)).unwrap();
    world.clock.advance(15 * DAY_MS);
    plan(&world, &later(28)).unwrap();
    world.clock.advance(20 * DAY_MS);
    assert_refused(&world, plan(&world, &later(6)), Refusal::TooFewPeople);
    assert_refused(&world, plan(&world, &later(30)), Refusal::TooFewPeople);
    // Nor by second accounts of the same humans.
    let operator = world.vault.operator(FIRST);
    for at in 0..8 {
        let twin = NewPerson { name: format!("EAST-{at}"), role: Role::Agent, team: "Twins".into() };
        block_on(world.vault.add_person(&operator, twin)).unwrap();
    }
    let twins = NewPeopleDrill { teams: vec!["Twins".into()], ..later(6) };
    assert_refused(&world, plan(&world, &twins), Refusal::TooFewPeople);
    assert_eq!(plan(&world, &later(40)).unwrap().drawn, 8);
}

#[test]
fn so_many_run_and_one_that_is_called_off_is_gone() {
    let world = TestWorld::new(1_904);
    for team in 0..7 {
        hire(&world, &format!("Team {team}"), 8);
    }
    let planned: Vec<_> =
        (0..6).map(|team| plan(&world, &of(&world, Ruse::Bribe, &[&format!("Team {team}")])).unwrap()).collect();
    let more = of(&world, Ruse::Bribe, &["Team 6"]);
    assert_refused(&world, plan(&world, &more), Refusal::DrillsExhausted);
    let security = world.scope(&world.staff.security);
    block_on(world.vault.call_off_people_drill(&security, planned[0].id)).unwrap();
    let gone = block_on(world.vault.call_off_people_drill(&security, planned[0].id));
    assert_refused(&world, gone, Refusal::NotFound);
    plan(&world, &more).unwrap();
    let running = block_on(world.vault.culture(&security)).unwrap().running.unwrap();
    assert_eq!(running.len(), 6);
}

#[test]
fn only_security_plans_or_sees_one_coming_and_it_sees_nothing_at_all() {
    let world = TestWorld::new(1_905);
    hire(&world, "East", 8);
    let new = of(&world, Ruse::Caller, &["East"]);
    let planned = block_on(world.vault.plan_people_drill(&world.scope(&world.staff.analyst), &new)).unwrap();
    let staff = &world.staff;
    for member in [&staff.it, &staff.integrator, &staff.agent, &staff.leader, &staff.board, &staff.auditor] {
        let scope = world.scope(member);
        assert_refused(&world, block_on(world.vault.plan_people_drill(&scope, &new)), Refusal::RoleNotAllowed);
        let ended = block_on(world.vault.call_off_people_drill(&scope, planned.id));
        assert_refused(&world, ended, Refusal::RoleNotAllowed);
    }
    for member in [&staff.it, &staff.integrator, &staff.agent, &staff.quality, &staff.protection] {
        assert_refused(&world, block_on(world.vault.culture(&world.scope(member))), Refusal::RoleNotAllowed);
    }
    for member in [&staff.leader, &staff.board, &staff.auditor] {
        let culture = block_on(world.vault.culture(&world.scope(member))).unwrap();
        assert_eq!(culture.running, None, "who doesn't plan doesn't see what runs");
    }
    let other = block_on(world.vault.culture(&world.scope(&world.second_staff.security))).unwrap();
    assert_eq!(other.running, Some(Vec::new()), "it is another company's");
}

#[test]
fn the_log_names_nobody_and_doesnt_say_what_they_did() {
    let world = TestWorld::new(1_906);
    let people = hire(&world, "East", 9);
    plan(&world, &of(&world, Ruse::Caller, &["East"])).unwrap();
    last_moment(&world);
    react(&world, &people[..3], Reaction::Fell);
    react(&world, &people[3..6], Reaction::Reported);
    react(&world, &people[6..8], Reaction::Ignored);
    close(&world);
    let told = told(&world);
    let of = |kind| told.iter().filter(move |body| body.kind == kind);
    assert_eq!(
        of(Kind::PeopleDrillPlanned).map(|body| body.person).collect::<Vec<_>>(),
        [Some(world.staff.security.id)]
    );
    assert_eq!((of(Kind::PeopleDrillMet).count(), of(Kind::PeopleDrillAnswered).count()), (8, 8));
    for body in of(Kind::PeopleDrillMet).chain(of(Kind::PeopleDrillAnswered)).chain(of(Kind::PeopleDrillEnded)) {
        assert_eq!((body.person, body.upon, body.field, body.alias), (None, None, None, None));
        assert_eq!((body.detail, body.decision), (Some(Ruse::Caller as u64), Ok(())), "all three look the same");
        assert!(body.spent.is_empty() && body.drawn.is_empty());
    }
    let shown = [Kind::Reveal, Kind::View, Kind::Search];
    assert!(!told.iter().any(|body| shown.contains(&body.kind)), "a drill shows nothing of anybody");
}

#[test]
fn the_database_says_neither_what_is_planned_nor_who_fell() {
    let world = TestWorld::new(1_907);
    let people = hire(&world, "East", 8);
    plan(&world, &of(&world, Ruse::Bribe, &["East"])).unwrap();
    last_moment(&world);
    react(&world, &people[..4], Reaction::Fell);
    let length = world.database().number("SELECT length(body) FROM admission WHERE kind = 50");
    react(&world, &people[4..], Reaction::Reported);
    assert_eq!(world.database().number("SELECT length(body) FROM admission WHERE kind = 50"), length);
    assert_eq!(world.database().number("SELECT count(*) FROM admission WHERE kind = 50"), 1, "one row for all of them");
    block_on(world.vault.lesson_seen(&world.scope(&people[0]), Lesson::Hurry)).unwrap();
    let holds = |bytes: &[u8]| world.tables_holding(bytes).contains(&"admission".to_owned());
    // Whoever signs in with a token has no row there.
    assert!(!people.iter().any(|person| holds(&person.id.0)) && !holds(b"East"));
    assert!(world.tables_holding(&people[0].id.0).contains(&"person".to_owned()), "the look looks");
}

#[test]
fn an_edited_book_counts_for_nothing_and_comes_to_no_desk() {
    let world = TestWorld::new(1_908);
    let people = hire(&world, "East", 8);
    plan(&world, &of(&world, Ruse::Bribe, &["East"])).unwrap();
    last_moment(&world);
    assert_eq!(world.edit("UPDATE admission SET expires = expires - 1 WHERE kind = 50"), 1);
    assert_eq!(lies(&world, &world.scope(&people[0])), None);
    block_on(world.vault.settle_drills(FIRST)).unwrap();
    let culture = block_on(world.vault.culture(&world.scope(&world.staff.security))).unwrap();
    assert!(culture.edited && culture.closed.is_empty() && culture.running.is_none());
    let refused = plan(&world, &of(&world, Ruse::Bribe, &["East"]));
    assert_refused(&world, refused, Refusal::Tampered);
    let measured = block_on(world.vault.culture_measured(FIRST, Millis(0), Millis(i64::MAX))).unwrap();
    assert!(measured.edited && measured.figures.is_none());
}

#[test]
fn two_drills_of_nearly_the_same_people_tell_nothing_of_the_one_who_differs() {
    let world = TestWorld::new(1_909);
    let east = hire(&world, "East", 8);
    let one = hire(&world, "One", 1);
    plan(&world, &of(&world, Ruse::Bribe, &["East"])).unwrap();
    last_moment(&world);
    react(&world, &east, Reaction::Reported);
    close(&world);
    plan(&world, &of(&world, Ruse::Bribe, &["East", "One"])).unwrap();
    last_moment(&world);
    react(&world, &east, Reaction::Reported);
    react(&world, &one, Reaction::Fell);
    close(&world);
    let closed = shown(&world, &world.staff.board);
    // Both read the same: whether the one who was added fell for it isn't to be seen.
    let figures: Vec<_> =
        closed.iter().map(|drill| drill.all.unwrap()).map(|all| (all.met, all.reported, all.fell)).collect();
    assert_eq!(figures, [(9, 90, 10), (8, 90, 10)]);
    assert!(closed.iter().all(|drill| drill.groups.len() == 1), "the one isn't shown alone");
    // Who had met one before is shown only where that leaves nobody, or eight.
    assert_eq!(closed[0].all.unwrap().fell_again, None);
    let report = |since| block_on(world.vault.culture_measured(FIRST, since, Millis(i64::MAX))).unwrap();
    assert_eq!((report(Millis(0)).drills, report(Millis(0)).figures.unwrap().met), (2, 17));
    assert_eq!(report(Millis(i64::MAX - 1)).figures, None);
}

#[test]
fn a_leader_sees_their_own_group_and_repeats_are_counted_without_remembering_who_fell() {
    let world = TestWorld::new(1_910);
    let people = hire(&world, "north", 8);
    let others = hire(&world, "East", 8);
    let all = of(&world, Ruse::Caller, &["East", "North"]);
    for reaction in [Reaction::Fell, Reaction::Reported] {
        assert_eq!(
            plan(
                &world,
                &NewPeopleDrill { window: of(&world, Ruse::Caller, &[]).window, teams: all.teams.clone(), ..all }
            )
            .unwrap()
            .drawn,
            19
        );
        last_moment(&world);
        react(&world, &people, reaction);
        react(&world, &others, Reaction::Reported);
        close(&world);
        world.clock.advance(30 * DAY_MS);
    }
    let closed = shown(&world, &world.staff.leader);
    let teams: Vec<_> =
        closed.iter().map(|drill| drill.groups.iter().map(|group| group.teams.clone()).collect::<Vec<_>>()).collect();
    assert_eq!(teams, [[["north"]], [["north"]]]);
    let (newest, first) = (closed[0].groups[0].shown, closed[1].groups[0].shown);
    assert_eq!((first.fell, first.fell_again), (90, None), "of eight who all fell it says ninety or more");
    assert_eq!((newest.reported, newest.fell_again), (90, Some(10)));
}

#[test]
fn a_lesson_is_due_until_it_was_shown_and_again_after_four_weeks_and_its_entry_names_nobody() {
    let world = TestWorld::new(1_911);
    let scope = world.scope(&world.staff.agent);
    let due = |lesson| block_on(world.vault.lessons_due(&scope)).contains(&lesson);
    assert!(due(Lesson::Hurry) && due(Lesson::Notes));
    for _ in 0..2 {
        block_on(world.vault.lesson_seen(&scope, Lesson::Hurry)).unwrap();
    }
    assert!(!due(Lesson::Hurry) && due(Lesson::Notes));
    let others = world.scope(&world.staff.other_agent);
    assert!(block_on(world.vault.lessons_due(&others)).contains(&Lesson::Hurry), "each for themselves");
    let seen: Vec<_> = told(&world).into_iter().filter(|body| body.kind == Kind::LessonSeen).collect();
    assert_eq!((seen.len(), seen[0].person, seen[0].detail), (1, None, Some(Lesson::Hurry as u64)));
    // Three serve here: of fewer than eight nothing is told.
    let lessons = || block_on(world.vault.culture(&world.scope(&world.staff.security))).unwrap().lessons;
    assert!(lessons().is_empty());
    hire(&world, "North", 6);
    let shown = lessons();
    assert_eq!((shown.len(), shown[0].shown.people, shown[0].shown.lessons), (1, 9, 0), "today isn't counted yet");
    world.clock.advance(DAY_MS);
    assert_eq!(lessons()[0].shown.lessons, 0, "one is none, to tens");
    for lesson in Lesson::ALL.iter().filter(|lesson| **lesson != Lesson::Hurry).take(5) {
        block_on(world.vault.lesson_seen(&world.scope(&world.staff.agent), *lesson)).unwrap();
        assert_eq!(lessons()[0].shown.lessons, 0, "no two looks of a day differ by what somebody just read");
    }
    world.clock.advance(DAY_MS);
    assert_eq!(lessons()[0].shown.lessons, 10);
    world.clock.advance(26 * DAY_MS);
    assert!(due(Lesson::Hurry));
    assert_eq!(world.edit("UPDATE admission SET expires = expires + 1 WHERE kind = 51"), 1);
    assert!(due(Lesson::Hurry), "an edited row counts for nothing");
}

#[test]
fn a_window_is_an_hour_to_a_month_and_soon() {
    let now = Millis(1_000_000);
    let fits = |from: i64, length: i64| DrillWindow::new(now, now.plus(from), now.plus(from + length)).is_some();
    assert!(fits(0, HOUR_MS) && fits(60 * DAY_MS, 31 * DAY_MS) && fits(-10, HOUR_MS));
    assert!(!fits(0, HOUR_MS - 1) && !fits(0, 31 * DAY_MS + 1) && !fits(60 * DAY_MS + 1, HOUR_MS));
    assert!(!fits(-HOUR_MS, HOUR_MS), "it is over");
    assert!(PersonId::parse("").is_none());
}
