//! The main job: a value goes in sealed, comes out once, after its entry.

use crate::help::{Call, shown, value};
use domain::{Binding, BudgetKind, FieldKind, Purpose};
use testkit::{DATE_OF_BIRTH, FIRST, NAME, PHONE, block_on};
use vault::Kind;

#[test]
fn sealed_viewed_on_masks_and_revealed_with_an_entry() {
    let call = Call::new(1);
    let Call { world, customer, interaction } = &call;
    let scope = world.scope(&world.staff.agent);

    let record = block_on(world.vault.view(&scope, *interaction, *customer)).unwrap();
    assert_eq!(record.customer, *customer);
    assert_eq!(record.fields.len(), 9);
    for field in &record.fields {
        assert!(!field.masked.mask.contains("Diaz") && !field.masked.mask.contains("79460018"), "{:?}", field.masked);
    }
    let card = record.fields.iter().find(|field| field.masked.field == FieldKind::Card).unwrap();
    assert!(card.purposes.is_empty() && !card.verifiable);

    let revealed = call.reveal(&call.command(FieldKind::Name)).map_err(|e| panic!("{e:?}")).ok().unwrap();
    assert_eq!(revealed.remask_in_s, world.vault.config().remask_s);
    let body = world.line(FIRST, revealed.receipt).body.unwrap();
    assert_eq!(shown(revealed), format!("\"{NAME}\""));

    assert_eq!(body.kind, Kind::Reveal);
    assert_eq!(body.decision, Ok(()));
    assert_eq!(body.person, Some(world.staff.agent.id));
    assert_eq!(body.purpose, Some(Purpose::Delivery));
    assert_eq!(body.field, Some(FieldKind::Name.code()));
    assert_eq!(body.at, domain::Clock::now(&*world.clock));
    assert_eq!(body.spent.len(), 1);
    assert_eq!((body.spent[0].total, body.spent[0].moved), (3, Some(2)), "the masked record weighed one");

    let state = block_on(world.store.state(FIRST, call.customer)).unwrap().unwrap();
    assert_eq!(state.shown.map(store::Shown::count), Some(1), "of the fields of this interaction");

    let left = block_on(world.vault.budgets(&scope)).unwrap();
    for left in left.iter().filter(|left| left.kind == BudgetKind::Information && left.purpose.is_none()) {
        assert_eq!(left.left, left.limit - 3, "{left:?}");
    }
}

#[test]
fn a_number_on_file_matches_the_caller_and_a_strange_one_nobody() {
    let call = Call::new(2);
    let row = block_on(domain_row(&call));
    assert_eq!((row.customer, row.binding), (Some(call.customer), Binding::Matched));
    assert_eq!(value(call.reveal(&call.command(FieldKind::Phone))), format!("\"{PHONE}\""));

    let strange = call.world.call(&call.world.staff.agent, Some("+442079460999"));
    let scope = call.world.scope(&call.world.staff.agent);
    let row = block_on(call.world.vault.interaction(&scope, strange)).unwrap();
    assert_eq!((row.customer, row.binding), (None, Binding::None));
}

async fn domain_row(call: &Call) -> store::InteractionRow {
    let scope = call.world.vault.authenticate(&call.world.staff.agent.token).await.unwrap();
    call.world.vault.interaction(&scope, call.interaction).await.unwrap()
}

#[test]
fn a_number_that_two_share_matches_nobody() {
    let call = Call::new(3);
    let _twin = call.world.add(testkit::name_and_phone("Tia Twin", PHONE));
    let next = call.world.call(&call.world.staff.agent, Some(PHONE));
    let scope = call.world.scope(&call.world.staff.agent);
    assert_eq!(block_on(call.world.vault.interaction(&scope, next)).unwrap().customer, None);
}

#[test]
fn what_is_sensitive_opens_after_proof_and_costs_more() {
    let call = Call::new(4);
    call.prove();
    assert_eq!(value(call.reveal(&call.command(FieldKind::DateOfBirth))), format!("\"{DATE_OF_BIRTH}\""));
    let scope = call.world.scope(&call.world.staff.agent);
    let left = block_on(call.world.vault.budgets(&scope)).unwrap();
    let spent = |purpose| left.iter().find(|left| left.purpose == purpose).map(|left| left.limit - left.left);
    assert_eq!(
        (spent(None), spent(Some(Purpose::Verification)), spent(Some(Purpose::Correction))),
        (Some(8), Some(8), Some(0))
    );
}

#[test]
fn the_key_holder_releases_one_key_per_opened_value_and_none_for_a_refusal() {
    let call = Call::new(5);
    let before = call.world.holder.released();
    value(call.reveal(&call.command(FieldKind::Name)));
    assert_eq!(call.world.holder.released(), before + 1);
    assert!(call.reveal(&call.command(FieldKind::BankAccount)).is_err());
    assert_eq!(call.world.holder.released(), before + 1);
}

#[test]
fn a_watcher_hears_of_disclosures_and_refusals_as_they_happen() {
    let call = Call::new(6);
    let security = call.world.scope(&call.world.staff.security);
    let mut stream = block_on(call.world.vault.watch(&security)).unwrap();
    value(call.reveal(&call.command(FieldKind::Name)));
    assert!(call.reveal(&call.command(FieldKind::Card)).is_err());
    let mut heard = Vec::new();
    while let Ok(disclosure) = stream.try_recv() {
        heard.push((disclosure.body.kind, disclosure.body.decision, disclosure.interaction));
    }
    let interaction = Some(call.interaction);
    let refused = Err(domain::Refusal::NeverShown);
    assert!(heard.contains(&(Kind::Reveal, Ok(()), interaction)), "{heard:?}");
    assert!(heard.contains(&(Kind::Reveal, refused, interaction)), "{heard:?}");
}
