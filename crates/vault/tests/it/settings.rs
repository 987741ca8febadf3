//! Whoever runs the nodes writes a file; what two officers agreed to counts, and whoever watches sees when a file says otherwise.

use crate::governance::{Governed, limits};
use crate::help::{assert_refused, failure, value};
use crate::sessions::Page;
use domain::{FieldKind, Refusal};
use std::collections::BTreeMap;
use std::sync::Arc;
use testkit::{Authenticator, FIRST, SECOND, TestWorld, block_on};
use vault::{
    AlarmKind, Algorithm, Approved, Change, Governing, Kind, Parties, PowerBody as _, PowerWish, Settings,
    SettingsText, THE_ONE, Vault, VaultConfig, VaultError,
};

const DAY: i64 = 24 * 3_600_000;

fn alarmed(vault: &Vault) -> bool {
    block_on(vault.settle_settings(FIRST)).unwrap();
    vault.alarms(FIRST).iter().any(|alarm| alarm.kind == AlarmKind::SettingsChanged)
}

/// Codes go there.
fn courier(url: &str) -> BTreeMap<domain::TenantId, Parties> {
    BTreeMap::from([(FIRST, Parties { courier: Some(url.to_owned()), ..Parties::default() })])
}

/// A file that lets values stand for a minute and sends codes elsewhere.
fn another(config: &VaultConfig) -> VaultConfig {
    VaultConfig { remask_s: 60, parties: courier("https://elsewhere.example"), ..config.clone() }
}

fn settings(toml: &str) -> PowerWish {
    PowerWish::Governing(Governing::Settings { toml: toml.to_owned() })
}

fn file_of(vault: &Vault) -> PowerWish {
    settings(&vault.own_settings(FIRST).toml())
}

/// What counts now.
fn counts(vault: &Vault) -> Arc<Settings> {
    block_on(vault.power_now(FIRST)).unwrap();
    vault.settings(FIRST)
}

fn serve(vault: &Vault) {
    block_on(vault.log_serving()).unwrap();
}

#[test]
fn whatever_a_file_says_every_node_goes_by_what_was_sealed_with_the_first_passkey() {
    let mut governed = Governed::new(890);
    serve(governed.vault());
    assert!(!alarmed(governed.vault()));
    let world = &mut governed.call.world;
    world.config = another(&world.config);
    let other = world.another_node();
    serve(&other);
    // The node with the file, and every other.
    assert!(alarmed(&other) && alarmed(&world.vault));
    let agent = block_on(other.authenticate(&world.staff.agent.token)).unwrap();
    let command = governed.call.command(FieldKind::Name);
    assert_eq!(block_on(other.reveal(&agent, &command)).unwrap().remask_in_s, 20);
    assert!(!block_on(other.agrees_with(FIRST, |parties| &parties.courier)).unwrap());
    assert!(block_on(other.agrees_with(SECOND, |parties| &parties.courier)).unwrap(), "nobody sealed theirs");
    let told = block_on(other.file_differs(FIRST)).unwrap();
    assert!(told.agreed && told.differences.len() == 2 && told.differences.iter().all(|one| one.widens));
    // On the node whose file is right it is told of for a week, and where it isn't, for good.
    let world = &governed.call.world;
    world.clock.advance(7 * DAY - 1);
    assert!(alarmed(&world.vault));
    world.clock.advance(1);
    assert!(!alarmed(&world.vault) && alarmed(&other));
    assert!(block_on(world.vault.file_differs(FIRST)).unwrap().differences.is_empty());
}

#[test]
fn a_file_that_is_put_back_ends_the_alarm_and_each_start_says_which_it_was() {
    let mut governed = Governed::new(893);
    serve(governed.vault());
    let world = &mut governed.call.world;
    let right = world.config.clone();
    world.config = another(&right);
    serve(&world.another_node());
    assert!(alarmed(&world.vault));
    world.config = right;
    serve(&world.another_node());
    assert!(!alarmed(&world.vault));
    let begun =
        world.log(FIRST).into_iter().filter_map(|line| line.body).filter(|body| body.kind == Kind::ServingBegun);
    let marks: Vec<Option<u64>> = begun.map(|body| body.detail).collect();
    let kinds = marks.iter().collect::<std::collections::BTreeSet<_>>();
    assert!(marks.len() == 3 && kinds.len() == 2, "{marks:?}");
}

#[test]
fn two_officers_sign_what_a_file_says_and_then_it_counts_everywhere_until_they_go_back() {
    let mut governed = Governed::new(894);
    let world = &mut governed.call.world;
    world.config = another(&world.config);
    let other = world.another_node();
    serve(&other);
    let draft = block_on(other.draft_power(&governed.officer(0), file_of(&other))).unwrap();
    assert_eq!(draft.words, "Change 2 settings, of which 2 let more happen.");
    assert_eq!(
        draft.details[0],
        "Widens: Seconds until a value that is shown is masked again (remask_s): from 20 to 60."
    );
    assert!(draft.widens && draft.signatures == 2 && draft.untried.is_some());
    let Approved::Waits(half) = governed.sign(0, &draft).unwrap() else { panic!("one isn't enough") };
    assert_eq!(counts(governed.vault()).remask_s, 20);
    assert_refused(&governed.call.world, governed.sign(0, &half).map(drop), Refusal::NotApproved);
    let Approved::Made(made) = governed.sign(1, &half).unwrap() else { panic!("two are enough") };
    let body = governed.call.world.line(FIRST, made.entry).body.unwrap();
    assert_eq!((body.kind, body.person), (Kind::SettingsChanged, Some(governed.officer(1).person())));
    governed.call.world.clock.advance(251);
    for vault in [governed.vault(), &*other] {
        block_on(vault.power(FIRST)).unwrap();
        assert_eq!(vault.settings(FIRST).remask_s, 60);
    }
    // The first node's own file is the other one now.
    assert!(!alarmed(&other) && alarmed(governed.vault()));
    let earlier = block_on(governed.vault().earlier_texts(&governed.officer(0))).unwrap();
    assert!(matches!(&earlier[0].texts, Governing::Settings { toml } if toml.contains("remask_s = 20")), "{earlier:?}");
    let back = block_on(governed.vault().texts_until(&governed.officer(0), made.version)).unwrap().unwrap();
    governed.make(PowerWish::Governing(back));
    assert_eq!(counts(governed.vault()).remask_s, 20);
    assert!(!alarmed(governed.vault()));
}

#[test]
fn what_widens_waits_for_a_day_and_what_narrows_counts_at_once() {
    let governed = Governed::on(TestWorld::new(895));
    let world = &governed.call.world;
    assert!(matches!(governed.make(settings("remask_s = 10\nprobation_days = 0\n")), Approved::Made(_)));
    assert_eq!(counts(governed.vault()).remask_s, 10);
    let draft = governed.draft(settings("remask_s = 11\nprobation_days = 0\n")).unwrap();
    assert!(draft.widens && draft.waits_ms == DAY);
    let Approved::Waits(half) = governed.sign(0, &draft).unwrap() else { panic!("one isn't enough") };
    let Approved::Waits(due) = governed.sign(1, &half).unwrap() else { panic!("it waits") };
    assert!(due.due.is_some());
    world.clock.advance(DAY - 1);
    block_on(governed.vault().settle_proposals(FIRST)).unwrap();
    assert_eq!(counts(governed.vault()).remask_s, 10);
    world.clock.advance(1);
    block_on(governed.vault().settle_proposals(FIRST)).unwrap();
    assert_eq!(counts(governed.vault()).remask_s, 11);
}

#[test]
fn settings_that_nobody_can_serve_by_are_refused_with_what_is_wrong() {
    let governed = Governed::new(896);
    for (wrong, word) in [("remask_s = 0", "remask_s is out of range"), ("remask = 1", "unknown field")] {
        match failure(governed.draft(settings(wrong))) {
            VaultError::Unfit { refusal: Refusal::RulesUnfit, said, .. } => assert!(said.contains(word), "{said}"),
            other => panic!("{other:?}"),
        }
    }
    let agent = governed.call.world.scope(&governed.call.world.staff.agent);
    let tried = block_on(governed.vault().draft_power(&agent, settings("remask_s = 30")));
    assert_refused(&governed.call.world, tried.map(drop), Refusal::RoleNotAllowed);
}

#[test]
fn settings_in_the_database_are_not_edited_unseen() {
    let governed = Governed::new(897);
    let world = &governed.call.world;
    let agent = world.scope(&world.staff.agent);
    let name = || block_on(world.vault.reveal(&agent, &governed.call.command(FieldKind::Name)));
    value(name());
    for edit in [
        "DELETE FROM power_row WHERE kind = 13",
        "UPDATE power_row SET body = (SELECT body FROM power_row WHERE kind = 5) WHERE kind = 13",
    ] {
        let kept = world.database().keep("power_row");
        assert_eq!(world.edit(edit), 1, "{edit}");
        block_on(world.vault.load_power(FIRST)).unwrap();
        assert_refused(world, name().map(drop), Refusal::PowerTampered);
        world.database().put_back(&kept);
        block_on(world.vault.load_power(FIRST)).unwrap();
    }
}

#[test]
fn sessions_and_sources_follow_what_was_signed() {
    let governed = Governed::new(898);
    let vault = governed.vault();
    assert!(!block_on(vault.believes(FIRST, "telephony")).unwrap(), "the file names none");
    let mut wished = Settings { probation_days: 0, ..Settings::default() };
    wished.parties.event_sources.insert("telephony".to_owned());
    (wished.sign_in.tokens, wished.closes.every_s) = (false, 60);
    governed.make(settings(&wished.toml()));
    assert!(block_on(vault.believes(FIRST, "telephony")).unwrap());
    assert!(!block_on(vault.believes(FIRST, "tickets")).unwrap());
    let token = &governed.call.world.staff.agent.token;
    let device = testkit::Browser::new().device();
    assert_eq!(failure(block_on(vault.sign_in(token, Some(device))).map(drop)), VaultError::Unauthenticated);
    assert_eq!(vault.closes_every_s(), 60);
}

#[test]
fn what_begins_while_it_is_in_doubt_what_was_signed_ends_with_the_doubt() {
    let mut governed = Governed::new(912);
    let mut wished = Settings { probation_days: 0, ..Settings::default() };
    wished.sign_in.tokens = false;
    governed.make(settings(&wished.toml()));
    let world = &mut governed.call.world;
    world.config = another(&world.config);
    let world = &governed.call.world;
    let kept = world.database().keep("power_row");
    assert_eq!(world.edit("DELETE FROM power_row WHERE kind = 13"), 1);
    // A node that is started now knows its own file alone, which lets tokens sign in: who watches must learn of it.
    let fresh = world.another_node();
    let page = Page::begin(world, &fresh, &world.staff.security);
    assert!(page.get(&fresh, "/").is_ok());
    assert!(!block_on(fresh.agrees_with(FIRST, |parties| &parties.courier)).unwrap(), "its own isn't used");
    assert!(!block_on(fresh.believes(FIRST, "telephony")).unwrap());
    world.database().put_back(&kept);
    for (vault, which) in [(&world.vault, "the old"), (&fresh, "the fresh")] {
        block_on(vault.load_power(FIRST)).unwrap();
        assert!(!vault.settings(FIRST).sign_in.tokens, "{which}");
        let ended = page.get(vault, "/").map(drop);
        assert!(matches!(ended, Err(VaultError::Unauthenticated)), "{which} node: {ended:?}");
    }
}

#[test]
fn a_longer_probation_is_tried_on_the_log() {
    let governed = Governed::new(899);
    governed.make(limits("widening_waits_s = 0\n[person]\nhour = 8\n[weights]\nname = 1\n"));
    for _ in 0..5 {
        value(governed.call.reveal(&governed.call.command(FieldKind::Name)));
    }
    governed.call.world.sequence(FIRST);
    let found = governed.tried(settings("probation_days = 60\n"));
    assert_eq!((found.refused, found.allowed), (3, 0), "a quarter of eight: {found:?}");
    assert!(governed.draft(settings("probation_days = 0\nremask_s = 30\n")).unwrap().untried.is_some());
}

#[test]
fn an_edited_mark_is_a_change_and_other_limits_of_the_file_are_none_once_sealed() {
    let mut governed = Governed::new(891);
    serve(governed.vault());
    governed.make(limits("widening_waits_s = 0\n"));
    let world = &mut governed.call.world;
    world.config.limits.code_per_hour = 7;
    serve(&world.another_node());
    assert!(!alarmed(&world.vault));
    // One row of each tenant.
    assert_eq!(world.edit("UPDATE admission SET body = zeroblob(40) WHERE kind = 24"), 2);
    assert!(alarmed(&world.vault));
}

#[test]
fn before_officers_govern_a_file_counts_and_settings_are_whose_they_are() {
    let mut world = TestWorld::new(900);
    for url in ["https://a.example", "https://b.example"] {
        world.config.parties = courier(url);
        let vault = world.another_node();
        serve(&vault);
        assert!(!alarmed(&vault));
        assert_eq!(vault.settings(FIRST).parties.courier.as_deref(), Some(url));
        assert!(block_on(vault.believes(FIRST, "whoever")).unwrap());
    }
}

#[test]
fn on_a_centre_of_before_settings_were_sealed_the_file_counts_and_its_changes_are_told_until_two_sign() {
    let mut world = TestWorld::new(901);
    let operator = world.vault.operator(FIRST);
    let keys = [Algorithm::Es256, Algorithm::EdDsa].map(|algorithm| Authenticator::named(algorithm, "sam"));
    let none = Change::Drop((SettingsText::KIND, THE_ONE));
    let passkey = Change::put([1; 16], &keys[0].passkey(world.staff.security.id));
    block_on(world.vault.set_up_power(&operator, vec![passkey, none])).unwrap();
    serve(&world.vault);
    assert!(!alarmed(&world.vault));
    world.config.parties = courier("https://b.example");
    let other = world.another_node();
    serve(&other);
    assert!(alarmed(&world.vault) && alarmed(&other), "on every node");
    let told = block_on(other.file_differs(FIRST)).unwrap();
    assert!(!told.agreed && told.differences.is_empty());
    assert_eq!(other.settings(FIRST).parties.courier.as_deref(), Some("https://b.example"));
    // The first that is signed waits, whatever it says: nobody agreed to anything before.
    let officer = block_on(other.authenticate(&world.staff.security.token)).unwrap();
    let draft = block_on(other.draft_power(&officer, file_of(&other))).unwrap();
    assert_eq!(draft.words, "Change no setting; sign those that count now.");
    assert!(draft.widens && draft.waits_ms == DAY && draft.alone);
    let signed = Some(keys[0].assert(&draft.challenge));
    let Approved::Waits(_) = block_on(other.approve_power(&officer, &draft.bytes, signed)).unwrap() else { panic!() };
    world.clock.advance(DAY);
    block_on(other.settle_proposals(FIRST)).unwrap();
    assert!(block_on(other.file_differs(FIRST)).unwrap().agreed);
    assert!(!alarmed(&other));
}
