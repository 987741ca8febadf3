//! How far a breach may have gone.

use crate::help::{Call, assert_refused, value};
use crate::own_side::signed_in;
use domain::{FieldKind, Millis, PersonId, Refusal};
use std::sync::Arc;
use testkit::{FIRST, Member, PHONE, SECOND, ana, block_on};
use vault::{Acts, Counts, Kind, Reached, RevealCommand, Stage, Suspicion, Vault, VaultError};

/// An answer, to its end.
struct Answer {
    reached: Vec<Reached>,
    counts: Counts,
    gone: usize,
}

fn measured(call: &Call, suspicion: Suspicion) -> Answer {
    try_measured(&call.world.vault, call, &call.world.staff.security, suspicion).unwrap()
}

fn try_measured(vault: &Arc<Vault>, call: &Call, member: &Member, suspicion: Suspicion) -> Result<Answer, VaultError> {
    let scope = call.world.scope(member);
    block_on(async {
        let mut answer = vault.blast_radius(scope, suspicion).await?;
        let mut reached = Vec::new();
        while answer.stage() != Stage::Done {
            let (next, more) = answer.step().await?;
            (answer, reached) = (next, [reached, more].concat());
        }
        assert_eq!(answer.named(), reached.len() as u64);
        Ok(Answer { reached, counts: answer.counts().clone(), gone: answer.gone() })
    })
}

fn by(member: &Member) -> Suspicion {
    Suspicion { acts: Acts { person: Some(member.id), ..Acts::default() }, ..Suspicion::default() }
}

fn kinds(fields: vault::Fields) -> Vec<FieldKind> {
    fields.kinds().collect()
}

#[test]
fn a_persons_customers_and_what_they_saw_of_each_are_named_with_proof() {
    let call = Call::new(910);
    let world = &call.world;
    value(call.reveal(&call.command(FieldKind::Name)));
    value(call.reveal(&call.command(FieldKind::PostalAddress)));
    let agent = world.scope(&world.staff.agent);
    block_on(world.vault.view(&agent, call.interaction, call.customer)).unwrap();
    // Somebody whom nobody looked at, and a customer of another tenant.
    assert_ne!(world.add(ana()), call.customer);
    assert_ne!(world.add_in(SECOND, ana()), call.customer);
    world.sequence(FIRST);

    let answer = measured(&call, by(&world.staff.agent));
    let [reached] = &answer.reached[..] else { panic!("{:?}", answer.reached) };
    let touched = reached.touched.as_ref().unwrap();
    assert_eq!((reached.customer, reached.shared), (call.customer, false));
    assert_eq!(kinds(touched.shown), [FieldKind::Name, FieldKind::PostalAddress]);
    assert!(touched.masks && touched.acts >= 3);
    for entry in touched.entries() {
        let body = world.line(FIRST, entry).body.unwrap();
        assert_eq!((body.person, body.alias), (Some(world.staff.agent.id), Some(reached.alias)));
    }
    assert_eq!((answer.counts.damaged, answer.gone), (0, 0));
    let nobody = measured(&call, by(&world.staff.other_agent));
    assert!(nobody.reached.is_empty() && nobody.counts.acts == 0);
    // The question is an entry itself, each time.
    let log = world.log(FIRST);
    assert_eq!(
        log.iter().filter_map(|line| line.body.as_ref()).filter(|body| body.kind == Kind::BreachMeasured).count(),
        2
    );
}

#[test]
fn a_time_a_node_and_a_shelf_narrow() {
    let call = Call::new(911);
    let world = &call.world;
    value(call.reveal(&call.command(FieldKind::Name)));
    world.clock.advance(60_000);
    let middle = world.vault.now();
    let node = world.another_node();
    let scope = block_on(node.authenticate(&world.staff.agent.token)).unwrap();
    let fresh = world.call(&world.staff.agent, Some(PHONE));
    let other = RevealCommand { interaction: fresh, ..call.command(FieldKind::Phone) };
    value(block_on(node.reveal(&scope, &other)));
    world.sequence(FIRST);

    let between = |from: Option<Millis>, until: Option<Millis>| {
        let answer =
            measured(&call, Suspicion { acts: Acts { from, until, ..Acts::default() }, ..Suspicion::default() });
        answer.reached.first().and_then(|one| one.touched.clone()).map(|touched| kinds(touched.shown))
    };
    assert_eq!(between(None, Some(middle)), Some(vec![FieldKind::Name]));
    assert_eq!(between(Some(middle), None), Some(vec![FieldKind::Phone]));
    assert_eq!(between(Some(middle), Some(middle)), None);

    let all = measured(&call, Suspicion::default()).counts;
    assert_eq!(all.by_node.len(), 2);
    let through = |node: &[u8; 16]| {
        let acts = Acts { node: Some(*node), ..Acts::default() };
        measured(&call, Suspicion { acts, ..Suspicion::default() }).counts
    };
    for (node, acts) in &all.by_node {
        assert_eq!(through(node).acts, acts + all.nodeless);
    }
    assert_eq!(through(&[9; 16]).acts, all.nodeless, "of these nobody can say that it wasn't that one");

    let stored = measured(&call, Suspicion { shelf: Some(1), ..Suspicion::default() });
    assert_eq!(stored.reached.len(), 1);
    assert!(kinds(stored.reached[0].stored).contains(&FieldKind::BankAccount), "never looked at, and there");
    assert_eq!(stored.counts.read, 0);
    let both = Suspicion { shelf: Some(1), ..by(&world.staff.agent) };
    assert!(measured(&call, both).reached[0].touched.is_some());
}

#[test]
fn what_a_customers_own_page_handed_out_counts_as_that() {
    let call = Call::new(914);
    let world = &call.world;
    let (own, _) = signed_in(world);
    // What one act came to: values that were shown, values that were used, masks.
    let told = |act: &dyn Fn()| {
        world.clock.advance(1_000);
        let acts = Acts { from: Some(world.vault.now()), ..Acts::default() };
        act();
        world.sequence(FIRST);
        let answer = measured(&call, Suspicion { acts, ..Suspicion::default() });
        let [reached] = &answer.reached[..] else { panic!("{:?}", answer.reached) };
        let touched = reached.touched.clone().unwrap();
        assert_eq!((reached.customer, touched.acts), (call.customer, 1));
        (kinds(touched.shown), kinds(touched.used), touched.masks)
    };
    let none = Vec::new;
    assert_eq!(told(&|| drop(block_on(world.vault.own_record(&own)).ok().unwrap())), (none(), none(), true));
    assert_eq!(told(&|| drop(block_on(world.vault.own_log(&own, None)).unwrap())), (none(), none(), false));
    assert_eq!(told(&|| drop(block_on(world.vault.own_statement(&own)).ok().unwrap())), (none(), none(), false));

    let stored = measured(&call, Suspicion { shelf: Some(1), ..Suspicion::default() });
    let mut in_the_open = kinds(stored.reached[0].stored);
    assert!(in_the_open.contains(&FieldKind::Card) && in_the_open.contains(&FieldKind::PostalAddress));
    in_the_open.retain(|kind| !matches!(kind, FieldKind::Card | FieldKind::Note));
    assert_eq!(told(&|| drop(block_on(world.vault.own_export(&own)).ok().unwrap())), (in_the_open, none(), true));
}

#[test]
fn a_question_about_what_there_is_not_is_refused_and_not_answered_with_nobody() {
    let call = Call::new(915);
    let world = &call.world;
    let nobody =
        Suspicion { acts: Acts { person: Some(PersonId([9; 16])), ..Acts::default() }, ..Suspicion::default() };
    let elsewhere = Suspicion { shelf: Some(7), ..Suspicion::default() };
    let device = Suspicion { device: Some([9; 16]), ..Suspicion::default() };
    for (asked, part) in [(&nobody, "person"), (&elsewhere, "shelf"), (&device, "device")] {
        let answer = try_measured(&world.vault, &call, &world.staff.security, asked.clone()).map(|_| ());
        let Err(VaultError::Unfit { refusal, entry: Some(entry), said }) = answer else { panic!("{part}: {answer:?}") };
        assert!(refusal == Refusal::NotFound && said.contains(part), "{part}: {said}");
        assert_eq!(world.line(FIRST, entry).body.unwrap().decision, Err(Refusal::NotFound));
        // Who may not ask isn't told either what there is.
        let asked = try_measured(&world.vault, &call, &world.staff.agent, asked.clone());
        assert_refused(world, asked.map(|_| ()), Refusal::RoleNotAllowed);
    }
    // Who has left was there: of them it is asked most.
    value(call.reveal(&call.command(FieldKind::Name)));
    block_on(world.vault.person_left(&world.vault.operator(FIRST), world.staff.agent.id)).unwrap();
    world.sequence(FIRST);
    assert_eq!(measured(&call, by(&world.staff.agent)).reached.len(), 1);
}

#[test]
fn who_was_erased_is_counted_and_not_named_and_an_edited_entry_is_told() {
    let call = Call::new(912);
    let world = &call.world;
    value(call.reveal(&call.command(FieldKind::Name)));
    crate::erasure::erased(world, call.customer).unwrap();
    world.sequence(FIRST);
    let answer = measured(&call, by(&world.staff.agent));
    assert_eq!((answer.reached.len(), answer.gone), (0, 1));
    assert_eq!(
        world.edit("UPDATE entry SET audit = zeroblob(80) WHERE tenant = 1 AND id = (SELECT id FROM entry WHERE tenant = 1 ORDER BY id LIMIT 1)"),
        1
    );
    assert_eq!(measured(&call, by(&world.staff.agent)).counts.damaged, 1);
}

#[test]
fn only_who_reads_the_log_may_ask_and_one_at_a_time() {
    let call = Call::new(913);
    let world = &call.world;
    for member in [&world.staff.agent, &world.staff.leader, &world.staff.it, &world.staff.integrator] {
        let asked = try_measured(&world.vault, &call, member, Suspicion::default());
        assert_refused(world, asked.map(|_| ()), Refusal::RoleNotAllowed);
    }

    let scope = || world.scope(&world.staff.security);
    let first = block_on(world.vault.blast_radius(scope(), Suspicion::default())).unwrap();
    let second = block_on(world.vault.blast_radius(scope(), Suspicion::default()));
    assert!(matches!(second.map(|_| ()), Err(VaultError::Busy)));
    drop(first);
    assert!(block_on(world.vault.blast_radius(scope(), Suspicion::default())).is_ok());
}
