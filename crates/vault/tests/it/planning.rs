//! The data plan in force: signed by two officers, sealed with power, and obeyed.

use crate::governance::{Governed, stricter};
use crate::help::{Call, assert_refused, failure};
use domain::field::query_phone;
use domain::{FieldKind, Millis, Purpose, Refusal};
use std::sync::Arc;
use testkit::{DATE_OF_BIRTH, FIRST, NAME, PHONE, Pocket, ana, block_on, name_and_phone};
use vault::{
    AlarmKind, Approved, Device, Governing, IntakeBatch, Kind, PolicyAct, PowerWish, Vault, VaultError, Verdict,
    Whether, WhyWithheld,
};

/// The plan that the program comes with, with a part of its text replaced.
fn shipped(from: &str, to: &str) -> PowerWish {
    assert!(plan::DEFAULT.contains(from), "{from}");
    planned(&plan::DEFAULT.replace(from, to))
}

fn planned(toml: &str) -> PowerWish {
    PowerWish::Governing(Governing::Plan { toml: toml.to_owned() })
}

const NAMES: &str = "purposes = [\"delivery\", \"callback\", \"correspondence\", \"complaint\", \"correction\"]";

/// An entry that ended before the tests' day.
fn ended(id: &str) -> String {
    let at = plan::DEFAULT.find(&format!("\nid = \"{id}\"\n")).unwrap();
    let (before, entry) = plan::DEFAULT.split_at(at);
    let entry = entry.replacen("starts = 2020-01-01\nends = 2031-12-31", "starts = 2027-01-01\nends = 2031-12-31", 1);
    format!("{before}{entry}")
}

/// The shipped plan without this kind today, and without it in what is derived.
fn without(kind: &str) -> String {
    ended(kind).replace(&format!("\"{kind}\", "), "").replace(&format!(", \"{kind}\"]"), "]")
}

fn take_in(vault: &Vault, record: vault::NewRecord) -> Result<(), VaultError> {
    let batch = IntakeBatch { import: [9; 16], rows_done: 1, records: vec![record], staged: false };
    block_on(vault.take_in(&vault.operator(FIRST), batch)).map(drop)
}

#[test]
fn a_signed_plan_is_in_force_on_every_node_and_after_a_restart() {
    let mut governed = Governed::new(860);
    let other = governed.call.world.another_node();
    let draft = governed.draft(shipped(NAMES, &NAMES.replace("\"delivery\", ", ""))).unwrap();
    assert_eq!(draft.words, "Change the data plan: name is no longer used for delivery.");
    assert_eq!((draft.signatures, draft.widens, draft.untried), (2, false, None));
    assert!(governed.name().is_ok(), "a draft changes nothing");
    let Approved::Waits(half) = governed.sign(0, &draft).unwrap() else { panic!("one isn't enough") };
    assert!(governed.name().is_ok(), "nor does one signature");
    let Approved::Made(made) = governed.sign(1, &half).unwrap() else { panic!("two are enough") };
    assert_eq!(governed.call.world.line(FIRST, made.entry).body.unwrap().kind, Kind::PlanChanged);
    assert_refused(&governed.call.world, governed.name(), Refusal::Unplanned);
    let (person, interaction) = (governed.call.world.staff.agent.id, Some(governed.call.interaction));
    let act = PolicyAct::Reveal(FieldKind::Name, Purpose::Delivery);
    let whether = Whether { person, act, device: Device::Program, interaction };
    let could = block_on(governed.vault().could(&governed.officer(0), &whether)).unwrap();
    assert_eq!((could.verdict, could.refusal), (Verdict::No, Some(Refusal::Unplanned)), "who asks is told so");
    governed.call.world.clock.advance(251);
    let agent = block_on(other.authenticate(&governed.call.world.staff.agent.token)).unwrap();
    let command = governed.call.command(FieldKind::Name);
    assert_refused(&governed.call.world, block_on(other.reveal(&agent, &command)), Refusal::Unplanned);
    let callback = vault::RevealCommand { purpose: Purpose::Callback, ..command };
    assert!(governed.call.reveal(&callback).is_ok(), "other purposes stay");
    governed.call.world.restart();
    assert_refused(&governed.call.world, governed.name(), Refusal::Unplanned);
    let in_force = block_on(governed.vault().plan_in_force(FIRST)).unwrap();
    assert!(in_force.signed && !in_force.planned.text().is_empty());
    governed.make(planned(""));
    assert!(governed.name().is_ok(), "the shipped one again");
}

#[test]
fn a_plan_that_cannot_be_is_refused_with_line_and_mend_and_the_old_one_stays() {
    let governed = Governed::new(861);
    governed.make(shipped(NAMES, &NAMES.replace("\"delivery\", ", "")));
    let before = block_on(governed.vault().power(FIRST)).unwrap().seq();
    let circle = plan::DEFAULT.replace("from = [\"phone\", \"email\"]", "from = [\"one_time_code\"]");
    let card = plan::DEFAULT.split("\n\n").find(|entry| entry.contains("id = \"card\"")).unwrap();
    let old = card.replace("id = \"card\"", "id = \"old\"").replace("\"payment\"", "\"correction\"");
    let over = format!("{}\n\n{}\n", plan::DEFAULT, old.replace("ends = 2031-12-31", "ends = 2025-12-31"));
    let cases = [
        ("[plan]\ncompany = 7", "line 2"),
        (&plan::DEFAULT.replace("kind = \"note\"", "kind = \"diary\""), "no kind that is known"),
        (&plan::DEFAULT.replace("starts = 2029-01-01", "starts = 2019-01-01"), "before agreement is there"),
        (&over, "in the past"),
        (&plan::DEFAULT.replace("ends = 2031-12-31", "ends = 2019-12-31"), "before it starts"),
        (&circle, "in a circle: one_time_code"),
        (&plan::DEFAULT.replace("keep = \"1 day\"", "keep = \"9 years\""), "longer than all that it is made of"),
        (
            &format!("{}{}", plan::DEFAULT, "\n[[purpose]]\nid = \"finding\"\nwords = { en = \"a\", de = \"b\" }\n"),
            "twice",
        ),
    ];
    for (toml, problem) in cases {
        match failure(governed.draft(planned(toml))) {
            VaultError::Unfit { refusal: Refusal::PlanUnfit, entry: Some(entry), said } => {
                assert!(said.contains(problem) && said.contains("line ") && said.contains("; next: "), "{said}");
                let body = governed.call.world.line(FIRST, entry).body.unwrap();
                assert_eq!((body.kind, body.decision), (Kind::PowerDrafted, Err(Refusal::PlanUnfit)));
            }
            other => panic!("{problem}: {other:?}"),
        }
    }
    assert_eq!(block_on(governed.vault().power(FIRST)).unwrap().seq(), before);
    assert_refused(&governed.call.world, governed.name(), Refusal::Unplanned);
}

#[test]
fn what_lets_more_be_done_with_data_waits_as_other_widening_does() {
    let governed = Governed::new(862);
    let more = governed.draft(shipped("keep = \"1 year\"", "keep = \"2 years\"")).unwrap();
    assert!(
        more.widens && more.details == ["Widens: note is kept for 2 years in place of 1 year."],
        "{:?}",
        more.details
    );
    let less = governed.draft(shipped("keep = \"1 year\"", "keep = \"6 months\"")).unwrap();
    assert!(!less.widens && less.details == ["note is kept for 6 months in place of 1 year."], "{:?}", less.details);
}

#[test]
fn a_plan_edited_in_the_database_is_noticed() {
    for attack in [
        "UPDATE power_row SET body = zeroblob(9) WHERE kind = 12",
        "UPDATE power_row SET kind = 6 WHERE kind = 12",
        "DELETE FROM power_row WHERE kind = 12",
    ] {
        let governed = Governed::new(863);
        governed.make(shipped(NAMES, &NAMES.replace("\"callback\", ", "")));
        assert!(governed.name().is_ok());
        let kept = governed.call.world.database().keep("power_row");
        let agent = governed.call.world.scope(&governed.call.world.staff.agent);
        assert_eq!(governed.call.world.edit(attack), 1, "{attack}");
        block_on(governed.vault().load_power(FIRST)).unwrap();
        let command = governed.call.command(FieldKind::Name);
        let revealed = block_on(governed.vault().reveal(&agent, &command));
        assert_refused(&governed.call.world, revealed, Refusal::PowerTampered);
        let taken = failure(take_in(governed.vault(), ana()));
        assert!(matches!(taken, VaultError::Unfit { refusal: Refusal::PowerTampered, .. }), "{attack}: {taken:?}");
        let told = failure(block_on(governed.vault().plan_in_force(FIRST)).map(drop));
        assert!(matches!(told, VaultError::Refused { refusal: Refusal::PowerTampered, .. }), "{attack}");
        governed.call.world.database().put_back(&kept);
        block_on(governed.vault().load_power(FIRST)).unwrap();
        assert!(governed.name().is_ok(), "{attack}: the right row is back");
    }
}

#[test]
fn a_kind_that_is_not_planned_is_not_taken_in_and_nothing_of_its_batch_is() {
    let governed = Governed::new(864);
    governed.make(planned(&without("date_of_birth")));
    let before = governed.call.world.database().number("SELECT count(*) FROM customer");
    let records = vec![name_and_phone("Bo Berg", "+442079460777"), ana()];
    let batch = IntakeBatch { import: [9; 16], rows_done: 2, records, staged: false };
    let operator = governed.vault().operator(FIRST);
    match failure(block_on(governed.vault().take_in(&operator, batch))) {
        VaultError::Unfit { refusal: Refusal::Unplanned, entry: Some(entry), said } => {
            assert!(said.starts_with("date_of_birth: the data plan has it from 2027-01-01 on only (line "), "{said}");
            let body = governed.call.world.line(FIRST, entry).body.unwrap();
            assert_eq!((body.kind, body.decision), (Kind::Import, Err(Refusal::Unplanned)));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(governed.call.world.database().number("SELECT count(*) FROM customer"), before);
    assert_eq!(block_on(governed.vault().intake_progress(&operator, [9; 16])).unwrap(), 0);
    take_in(governed.vault(), name_and_phone("Bo Berg", "+442079460777")).unwrap();
}

#[test]
fn uses_that_are_not_planned_are_refused() {
    let check =
        "from = [\"name\", \"postal_address\", \"phone\", \"email\", \"date_of_birth\", \"order\", \"preference\"]";
    let search = "from = [\"name\", \"postal_address\", \"phone\", \"email\", \"card\", \"order\"]";
    let toml = plan::DEFAULT
        .replace(check, &check.replace(", \"date_of_birth\"", ""))
        .replace(search, &search.replace("\"phone\", ", ""))
        .replace("from = [\"phone\", \"email\"]", "from = [\"email\"]");
    let governed = Governed::new(865);
    let Call { world, interaction, .. } = &governed.call;
    governed.make(planned(&toml));
    let agent = world.scope(&world.staff.agent);
    let vault = governed.vault();
    let verify = |field, said| block_on(vault.verify(&agent, &governed.call.said(field, said)));
    assert_refused(world, verify(FieldKind::DateOfBirth, DATE_OF_BIRTH), Refusal::Unplanned);
    assert!(verify(FieldKind::Name, NAME).unwrap().matched);
    let sent = block_on(vault.send_code(&agent, *interaction, Arc::new(Pocket::default())));
    assert_refused(world, sent, Refusal::Unplanned);
    let found = block_on(vault.search(&agent, *interaction, &query_phone(PHONE).unwrap()));
    assert_refused(world, found, Refusal::Unplanned);
    governed.make(planned(&without("note")));
    let agent = world.scope(&world.staff.agent);
    let noted = block_on(governed.vault().note(&agent, *interaction, governed.call.customer, "She rang.", None));
    assert_refused(world, noted, Refusal::Unplanned);
}

#[test]
fn a_mask_that_is_not_planned_is_shown_to_nobody() {
    let governed = Governed::new(868);
    let (call, vault) = (&governed.call, governed.vault());
    let agent = || call.world.scope(&call.world.staff.agent);
    let masks = || {
        let record = block_on(vault.view(&agent(), call.interaction, call.customer)).unwrap();
        let masks = record.fields.into_iter().map(|field| (field.masked.field, field.masked.mask));
        masks.collect::<Vec<(FieldKind, String)>>()
    };
    let hit = || {
        let found = block_on(vault.search(&agent(), call.interaction, &query_phone(PHONE).unwrap())).unwrap();
        found.hits.into_iter().next().unwrap()
    };
    let hidden = "••••••••".to_owned();
    let before = masks();
    assert!(before.iter().all(|(field, mask)| *field == FieldKind::Note || *mask != hidden), "{before:?}");
    assert_ne!(hit().name, hidden);
    // The first list that begins so is that of the masks.
    governed.make(planned(&plan::DEFAULT.replacen(
        "from = [\"name\", \"postal_address\", \"phone\"",
        "from = [\"postal_address\", \"phone\"",
        1,
    )));
    let blank = |keep: &dyn Fn(FieldKind) -> bool| {
        let masks = before.iter().cloned();
        masks.map(|(field, mask)| (field, if keep(field) { mask } else { hidden.clone() })).collect::<Vec<_>>()
    };
    assert_eq!(masks(), blank(&|field| field != FieldKind::Name));
    assert_eq!(hit().name, hidden, "nor in what a search finds");
    assert!(governed.name().is_ok(), "the value is planned still");
    governed.make(planned(&ended("masks")));
    // A card is neither shown nor checked, so nothing of it is left.
    let shown = blank(&|_| false).into_iter().filter(|(field, _)| *field != FieldKind::Card);
    assert_eq!(masks(), shown.collect::<Vec<_>>());
    governed.make(planned(&without("date_of_birth")));
    let rest: Vec<_> = before.iter().filter(|(field, _)| *field != FieldKind::DateOfBirth).cloned().collect();
    assert!(rest.len() < before.len());
    assert_eq!(masks(), rest, "of which nothing is planned isn't there at all");
}

#[test]
fn on_the_day_after_its_last_nothing_is_taken_in() {
    let call = Call::new(866);
    let at = |day: &str| Millis::parse(&format!("{day}T12:00:00Z")).unwrap();
    call.world.clock.set(at("2031-12-31"));
    take_in(&call.world.vault, ana()).unwrap();
    call.world.clock.set(at("2032-01-01"));
    match failure(take_in(&call.world.vault, ana())) {
        VaultError::Unfit { refusal: Refusal::Unplanned, said, .. } => {
            assert!(said.starts_with("name: the data plan had it until 2031-12-31 (line "), "{said}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_stored_and_not_planned_is_told() {
    let governed = Governed::new(867);
    let operator = governed.vault().operator(FIRST);
    let drift = |toml: &str| {
        let plan = plan::Plan::parse(toml).unwrap();
        let told = block_on(governed.vault().plan_drift(&operator, &plan)).unwrap();
        told.into_iter().filter(|one| one.with == "stored").map(|one| one.says).collect::<Vec<_>>()
    };
    assert_eq!(drift(plan::DEFAULT), Vec::<String>::new());
    let told = drift(&without("date_of_birth"));
    assert_eq!(told, ["1 values of the kind date_of_birth are stored; the data plan has it from 2027-01-01 on only."]);
    let told = drift(&plan::DEFAULT.replacen("suite = 1", "suite = 2", 1));
    assert_eq!(told, ["1 values of the kind name are sealed with suite 1, which isn't planned."]);
    let stored = block_on(governed.vault().volumes(&operator)).unwrap();
    assert_eq!(stored[&plan::Kind::Field(FieldKind::Phone)].stored, 1);
}

#[test]
fn a_refusal_names_the_line_of_the_plan() {
    let governed = Governed::new(869);
    let toml = plan::DEFAULT.replace(NAMES, &NAMES.replace("\"delivery\", ", ""));
    governed.make(planned(&toml));
    let line = toml[..toml.find("\nid = \"name\"").unwrap() + 1].lines().count() + 1;
    match failure(governed.name()) {
        VaultError::Refused { refusal: Refusal::Unplanned, plan: Some(said), .. } => {
            assert_eq!(said, format!("name (show): the data plan has it for other purposes (line {line}, name)"));
        }
        other => panic!("{other:?}"),
    }
}

fn differs(governed: &Governed) -> bool {
    block_on(governed.vault().settle_drift(FIRST)).unwrap();
    governed.vault().alarms(FIRST).iter().any(|alarm| alarm.kind == AlarmKind::NoticeDiffers)
}

#[test]
fn a_notice_that_says_something_else_than_the_rules_is_told_before_it_is_signed_and_by_an_alarm() {
    let governed = Governed::new(871);
    assert!(!differs(&governed), "the shipped plan says what the shipped rules do");
    let other = shipped(NAMES, &NAMES.replace("\"callback\", ", ""));
    let draft = governed.draft(other.clone()).unwrap();
    let told = |line: &String| line.starts_with("Customers would be told something else than is done. ");
    assert_eq!(draft.details.iter().filter(|line| told(line)).count(), 2, "{:?}", draft.details);
    assert!(!differs(&governed), "a draft changes nothing");
    governed.make(other);
    assert!(differs(&governed));
    let found = block_on(governed.vault().drift_in_force(FIRST)).unwrap();
    assert!(found[0].says.contains("show name to the role agent for callback"), "{found:?}");
    let back = governed.draft(planned("")).unwrap();
    assert!(!back.details.iter().any(told), "what differs already isn't told as new");
    governed.make(planned(""));
    assert!(!differs(&governed), "it ends once both agree");
}

#[test]
fn what_a_draft_would_have_told_is_compared_anew_once_the_rest_has_changed() {
    let governed = Governed::new(874);
    let less = shipped(NAMES, &NAMES.replace("\"callback\", ", ""));
    let of_callback = |wish: PowerWish| {
        let details = governed.draft(wish).unwrap().details;
        let told = |line: &String| line.starts_with("Customers would be told") && line.contains("for callback");
        details.into_iter().any(|line| told(&line))
    };
    assert!(of_callback(stricter()), "the shipped plan shows names for callback, these rules don't");
    assert!(of_callback(less.clone()), "the shipped rules show names for callback, this plan doesn't");
    governed.make(less.clone());
    assert!(!of_callback(stricter()), "the same rules over another plan: neither shows them any more");
    governed.make(planned(""));
    governed.make(stricter());
    assert!(!of_callback(less), "the same plan over other rules");
}

#[test]
fn hard_words_of_a_plan_are_told_before_it_is_signed() {
    let governed = Governed::new(872);
    let heavy = "the utilisation of pseudonymised categorisation necessitates organisational documentation";
    let draft = governed.draft(shipped("tax law wants records kept", heavy)).unwrap();
    let hint = draft.details.iter().find(|line| line.starts_with("Hint: line ")).unwrap();
    assert!(hint.contains(heavy) && hint.contains("(en)"), "{hint}");
}

#[test]
fn a_copy_leaves_out_what_has_no_export_today_and_names_it() {
    let governed = Governed::new(873);
    let export = plan::DEFAULT.split("\n\n").find(|entry| entry.contains("id = \"own_copy\"")).unwrap();
    let world = &governed.call.world;
    let (_, cookie) = crate::own_side::signed_in(world);
    // Each request comes with the cookie anew: one that began under another plan isn't answered.
    let own = || crate::own_side::resume(world, &cookie).unwrap();
    let copy = || block_on(governed.vault().own_export(&own())).unwrap_or_else(|error| panic!("{error:?}"));
    let whole = copy();
    assert!(whole.withheld.is_empty() && whole.values.iter().any(|(kind, ..)| *kind == FieldKind::Phone));
    governed.make(planned(&plan::DEFAULT.replace(export, &export.replace("\"phone\", ", ""))));
    let less = copy();
    assert_eq!(less.withheld, [(FieldKind::Phone, 1, WhyWithheld::NotPlanned)]);
    assert!(less.values.iter().all(|(kind, ..)| *kind != FieldKind::Phone));
    governed.make(planned(&plan::DEFAULT.replace(export, "")));
    let none = copy();
    assert!(none.values.is_empty() && none.masks.is_empty() && none.withheld.len() == whole.places().len());
}

#[test]
fn what_a_copy_has_with_the_customers_yes_only_is_withheld_as_not_agreed_until_they_say_it() {
    let governed = Governed::new(875);
    let free = "purposes = [\"your_copy\"]\nbasis = \"legal_obligation\"";
    governed.make(shipped(free, &free.replace("legal_obligation", "consent")));
    let (own, _) = crate::own_side::signed_in(&governed.call.world);
    let copy = || block_on(governed.vault().own_export(&own)).ok().unwrap();
    let before = copy();
    assert!(before.values.is_empty() && !before.withheld.is_empty());
    assert!(before.withheld.iter().all(|(.., why)| *why == WhyWithheld::NotAgreed));
    block_on(governed.vault().own_answer(&own, ("own_copy", "your_copy"), true)).unwrap();
    let after = copy();
    assert!(after.withheld.is_empty() && after.places().len() == before.withheld.len());
}
