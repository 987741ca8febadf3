//! Rules and limits that aren't in force, tried on the log.

use crate::governance::{Governed, limits, stricter};
use crate::help::{assert_refused, value};
use domain::{FieldKind, Refusal, Role};
use testkit::{FIRST, TestWorld, block_on};
use vault::{Approved, Found, Kind, PowerDraft, PowerWish, Turned, Unsaid};

impl Governed {
    pub(crate) fn tried(&self, wish: PowerWish) -> Found {
        self.replayed(&self.draft(wish).unwrap())
    }

    fn replayed(&self, draft: &PowerDraft) -> Found {
        block_on(async {
            let given = (!draft.bytes.is_empty()).then_some(draft.bytes.as_slice());
            let scope = self.call.world.vault.authenticate(&self.call.world.staff.security.token).await.unwrap();
            let mut more = true;
            let mut replay = self.call.world.vault.replay(scope, draft.id, given).await.unwrap();
            while more {
                (replay, more) = replay.step().await.unwrap();
            }
            assert_eq!(replay.found().read, replay.of());
            replay.found().clone()
        })
    }

    fn seen(&self, field: FieldKind) {
        value(self.call.reveal(&self.call.command(field)));
    }
}

fn kept() -> Governed {
    Governed::on(TestWorld::new(870))
}

#[test]
fn stricter_rules_would_have_refused_what_was_shown() {
    let governed = kept();
    for _ in 0..3 {
        governed.seen(FieldKind::Name);
    }
    governed.seen(FieldKind::Phone);
    governed.call.world.sequence(FIRST);
    let draft = governed.draft(stricter()).unwrap();
    let found = governed.replayed(&draft);
    assert_eq!((found.refused, found.allowed, found.unknown.len(), found.damaged), (3, 0, 0, 0), "{found:?}");
    let example = found.examples[0];
    let told = (example.kind, example.field, example.role, example.turned);
    assert_eq!(told, (Kind::Reveal, Some(FieldKind::Name), Some(Role::Agent), Turned::Refused));
    // The same of a proposal that stands, and it is an entry.
    let Approved::Waits(half) = governed.sign(0, &draft).unwrap() else { panic!("one isn't enough") };
    assert_eq!(governed.replayed(&half).refused, 3);
    let log = governed.call.world.log(FIRST);
    let entries = log.into_iter().filter_map(|line| line.body).filter(|body| body.kind == Kind::LogReplayed);
    assert!(entries.map(|body| body.detail.unwrap()).all(|entries| entries > 4));
    // An entry that was edited is counted as such.
    let edit = "UPDATE entry SET audit = zeroblob(80) \
                WHERE tenant = 1 AND id = (SELECT id FROM entry WHERE tenant = 1 ORDER BY id LIMIT 1)";
    assert_eq!(governed.call.world.edit(edit), 1);
    assert_eq!(governed.replayed(&half).damaged, 1);
}

#[test]
fn what_the_log_does_not_say_is_unknown_and_not_guessed() {
    let governed = kept();
    governed.seen(FieldKind::Name);
    let refused = governed.call.reveal(&governed.call.command(FieldKind::DateOfBirth));
    assert_refused(&governed.call.world, refused.map(drop), Refusal::BindingTooWeak);
    governed.call.world.sequence(FIRST);
    let with = |from: &str, to: &str| {
        let files = policy::BUILT_IN.iter().map(|(name, text)| ((*name).to_owned(), text.replace(from, to)));
        PowerWish::Governing(vault::Governing::Rules { files: files.collect() })
    };
    // Names need a proven customer: whether this one was isn't in the log.
    let strict = with(
        "[Field::\"date_of_birth\", Field::\"card\"].contains(resource) }\nunless",
        "[Field::\"date_of_birth\", Field::\"card\", Field::\"name\"].contains(resource) }\nunless",
    );
    let found = governed.tried(strict);
    assert_eq!(found.unknown.get(&Unsaid::Ground), Some(&1), "{found:?}");
    // Nobody need be proven: then it would have been shown.
    let loose = with(
        "[Field::\"date_of_birth\", Field::\"card\"].contains(resource) }\nunless",
        "[Field::\"card\"].contains(resource) }\nunless",
    );
    let found = governed.tried(loose);
    assert_eq!((found.allowed, found.refused), (1, 0), "{found:?}");
}

#[test]
fn limits_are_replayed_with_what_was_spent() {
    let governed = kept();
    for _ in 0..5 {
        governed.seen(FieldKind::Name);
    }
    governed.call.world.sequence(FIRST);
    // A name costs two points.
    for (hour, refused) in [(10, 0), (9, 1), (4, 3), (1, 5)] {
        let found = governed.tried(limits(&format!("[person]\nhour = {hour}\n")));
        assert_eq!((found.refused, found.allowed), (refused, 0), "{hour}: {found:?}");
    }
    // And the other way round.
    governed.make(limits("[person]\nhour = 11\n"));
    let refused = governed.call.reveal(&governed.call.command(FieldKind::Name));
    assert_refused(&governed.call.world, refused.map(drop), Refusal::BudgetExhausted);
    governed.call.world.sequence(FIRST);
    let found = governed.tried(limits("[person]\nhour = 12\n"));
    assert_eq!((found.refused, found.allowed), (0, 1), "{found:?}");
    // Of what is older than thirty days, nothing is read.
    governed.call.world.clock.advance(31 * 24 * 3_600_000);
    let found = governed.tried(limits("[person]\nhour = 1\n"));
    assert_eq!((found.refused, found.judged), (0, 0), "{found:?}");
}

#[test]
fn another_role_and_a_leaver_are_tried_on_what_that_person_did() {
    let governed = kept();
    let agent = governed.call.world.staff.agent.id;
    for _ in 0..2 {
        governed.seen(FieldKind::Name);
    }
    governed.call.world.sequence(FIRST);
    let auditor = PowerWish::SetRole { person: agent, role: Role::Auditor, team: String::new() };
    let found = governed.tried(auditor);
    assert!(found.refused >= 2 && found.allowed == 0 && found.judged < found.read, "{found:?}");
    assert_eq!(governed.tried(PowerWish::Left { person: agent }).refused, found.judged, "all of it was done");
    let other = governed.call.world.staff.leader.id;
    let found = governed.tried(PowerWish::Left { person: other });
    assert_eq!((found.judged, found.refused), (0, 0), "somebody else's acts aren't theirs");
}

#[test]
fn a_plan_without_a_kind_would_have_refused_what_was_shown_of_it() {
    let governed = kept();
    governed.seen(FieldKind::Name);
    governed.seen(FieldKind::Phone);
    governed.call.world.sequence(FIRST);
    let plan = |toml: &str| PowerWish::Governing(vault::Governing::Plan { toml: toml.to_owned() });
    let same = governed.tried(plan(plan::DEFAULT));
    assert_eq!((same.refused, same.allowed, same.unknown.len()), (0, 0, 0), "{same:?}");
    // Nobody of staff sees a name any more.
    let at = plan::DEFAULT.find("\nid = \"name\"\n").unwrap();
    let roles = at + plan::DEFAULT[at..].find("seen_by = [").unwrap();
    let end = roles + plan::DEFAULT[roles..].find(']').unwrap();
    let unseen = format!("{}seen_by = [{}", &plan::DEFAULT[..roles], &plan::DEFAULT[end..]);
    let found = governed.tried(plan(&unseen));
    assert_eq!((found.refused, found.judged), (1, 2), "{found:?}");
}

#[test]
fn only_who_changes_power_and_reads_the_log_tries_and_only_what_the_log_can_speak_of() {
    let governed = kept();
    let world = &governed.call.world;
    let draft = governed.draft(stricter()).unwrap();
    for member in world.staff.all().into_iter().filter(|member| member.role != Role::SecurityOfficer) {
        let tried = block_on(world.vault.replay(world.scope(member), draft.id, Some(&draft.bytes)));
        assert_refused(world, tried.map(drop), Refusal::RoleNotAllowed);
    }
    let manager = PowerWish::ReportsTo { person: world.staff.agent.id, manager: None };
    let reports = governed.draft(manager).unwrap();
    assert!(reports.untried.unwrap().contains("asks whom somebody reports to") && draft.untried.is_none());
    for given in [reports.bytes.as_slice(), b"no draft"] {
        let tried = block_on(world.vault.replay(governed.officer(0), reports.id, Some(given)));
        assert_refused(world, tried.map(drop), Refusal::ChangeGone);
    }
    assert_refused(
        world,
        block_on(world.vault.replay(governed.officer(0), [7; 16], None)).map(drop),
        Refusal::ChangeGone,
    );
}
