//! What rests on a customer's yes is done as long as they say it, and to what they said it.

use crate::governance::Governed;
use crate::help::{assert_refused, failure, value};
use crate::own_side::{resume, signed_in};
use domain::{FieldKind, Purpose, Refusal};
use std::collections::BTreeSet;
use testkit::{FIRST, TestWorld, block_on, record};
use vault::{
    ConsentTold, CustomerScope, Governing, IntakeBatch, Kind, NewRecord, PowerWish, RevealCommand, Revealed, VaultError,
};
use zeroize::Zeroizing;

/// The shipped plan, with wishes held and shown only if the customer agreed.
fn asking() -> String {
    let preference =
        "id = \"preference\"\nkind = \"preference\"\npurposes = [\"delivery\", \"complaint\", \"correction\"]\n";
    let free = format!("{preference}basis = \"contract\"");
    assert!(plan::DEFAULT.contains(&free));
    let plan = plan::DEFAULT.replace(&free, &format!("{preference}basis = \"consent\""));
    // What is worked out of it would have to rest on the same.
    plan.replace("\"date_of_birth\", \"order\", \"preference\"]", "\"date_of_birth\", \"order\"]")
}

struct Asking {
    governed: Governed,
    cookie: Zeroizing<String>,
}

impl Asking {
    fn new(seed: u64) -> Self {
        let governed = Governed::new(seed);
        governed.make(PowerWish::Governing(Governing::Plan { toml: asking() }));
        let (_, cookie) = signed_in(&governed.call.world);
        Self { governed, cookie }
    }

    fn world(&self) -> &TestWorld {
        &self.governed.call.world
    }

    fn scope(&self) -> CustomerScope {
        resume(self.world(), &self.cookie).unwrap()
    }

    fn answer(&self, purpose: &str, yes: bool) -> Result<domain::EntryId, VaultError> {
        block_on(self.world().vault.own_answer(&self.scope(), ("preference", purpose), yes))
    }

    fn show(&self, purpose: Purpose) -> Result<Revealed, VaultError> {
        let command = RevealCommand { purpose, ..self.governed.call.command(FieldKind::Preference) };
        self.governed.call.reveal(&command)
    }
}

#[test]
fn a_yes_counts_for_its_purpose_until_it_is_taken_back() {
    let asking = Asking::new(880);
    let world = asking.world();
    assert_refused(world, asking.show(Purpose::Delivery), Refusal::NotAgreed);
    let asked = block_on(world.vault.own_consents(&asking.scope())).unwrap();
    let names: Vec<_> = asked.iter().map(|one| (one.entry.as_str(), one.purpose.as_str(), one.answer)).collect();
    assert_eq!(
        names,
        [("preference", "complaint", None), ("preference", "correction", None), ("preference", "delivery", None)]
    );
    let given = asking.answer("delivery", true).unwrap();
    let kind = |entry| world.line(FIRST, entry).body.unwrap().kind;
    assert_eq!(kind(given), Kind::ConsentGiven);
    assert_eq!(value(asking.show(Purpose::Delivery)), "\"delivery=evening\"");
    assert_refused(world, asking.show(Purpose::Complaint), Refusal::NotAgreed);
    let taken = asking.answer("delivery", false).unwrap();
    assert_eq!(kind(taken), Kind::ConsentWithdrawn);
    assert_refused(world, asking.show(Purpose::Delivery), Refusal::NotAgreed);
    let other = world.another_node();
    let agent = block_on(other.authenticate(&world.staff.agent.token)).unwrap();
    let command = RevealCommand { purpose: Purpose::Delivery, ..asking.governed.call.command(FieldKind::Preference) };
    assert_refused(world, block_on(other.reveal(&agent, &command)), Refusal::NotAgreed);
    let asked = block_on(world.vault.own_consents(&asking.scope())).unwrap();
    let answer = asked.iter().find(|one| one.purpose == "delivery").and_then(|one| one.answer).unwrap();
    assert!(!answer.given && answer.told == ConsentTold::Themselves && !answer.counts());
}

#[test]
fn a_yes_to_less_is_no_yes_to_more() {
    let asking = Asking::new(881);
    asking.answer("delivery", true).unwrap();
    assert!(asking.show(Purpose::Delivery).is_ok());
    let longer = self::asking()
        .replace("keep = \"2 years\", after = \"last_contact\"", "keep = \"5 years\", after = \"last_contact\"");
    asking.governed.make(PowerWish::Governing(Governing::Plan { toml: longer }));
    assert_refused(asking.world(), asking.show(Purpose::Delivery), Refusal::NotAgreed);
    let asked = block_on(asking.world().vault.own_consents(&asking.scope())).unwrap();
    let answer = asked.iter().find(|one| one.purpose == "delivery").and_then(|one| one.answer).unwrap();
    assert!(answer.given && !answer.current);
    asking.answer("delivery", true).unwrap();
    assert!(asking.show(Purpose::Delivery).is_ok());
}

#[test]
fn what_is_not_asked_cannot_be_answered_and_an_edited_answer_is_noticed() {
    let asking = Asking::new(882);
    let world = asking.world();
    for (entry, purpose) in
        [("preference", "payment"), ("name", "delivery"), ("nothing", "delivery"), ("voice", "complaint")]
    {
        let answered = block_on(world.vault.own_answer(&asking.scope(), (entry, purpose), true));
        assert_refused(world, answered, Refusal::NotFound);
    }
    asking.answer("delivery", false).unwrap();
    let edit = "UPDATE admission SET expires = expires + 1 WHERE kind = 23";
    assert_eq!(world.edit(edit), 1);
    let shown = failure(asking.show(Purpose::Delivery));
    assert!(matches!(shown, VaultError::Refused { refusal: Refusal::Tampered, .. }), "{shown:?}");
}

#[test]
fn an_old_yes_that_is_put_back_is_noticed() {
    let asking = Asking::new(885);
    let world = asking.world();
    asking.answer("delivery", true).unwrap();
    asking.answer("complaint", true).unwrap();
    assert!(asking.show(Purpose::Delivery).is_ok());
    let yes = world.database().keep("admission");
    asking.answer("delivery", false).unwrap();
    assert_refused(world, asking.show(Purpose::Delivery), Refusal::NotAgreed);
    assert!(asking.show(Purpose::Complaint).is_ok());
    let no = world.database().keep("admission");
    world.database().put_back(&yes);
    for purpose in [Purpose::Delivery, Purpose::Complaint] {
        let shown = failure(asking.show(purpose));
        assert!(matches!(shown, VaultError::Refused { refusal: Refusal::Tampered, .. }), "{shown:?}");
    }
    let told = failure(block_on(world.vault.own_consents(&asking.scope())));
    assert!(matches!(told, VaultError::Refused { refusal: Refusal::Tampered, .. }), "{told:?}");
    assert!(asking.answer("delivery", true).is_err(), "nothing is built upon it");
    world.database().put_back(&no);
    assert_refused(world, asking.show(Purpose::Delivery), Refusal::NotAgreed);
    // Without any row nothing is agreed to, and they can say it again.
    assert_eq!(world.edit("DELETE FROM admission WHERE kind = 23"), 1);
    assert_refused(world, asking.show(Purpose::Complaint), Refusal::NotAgreed);
    asking.answer("delivery", true).unwrap();
    assert!(asking.show(Purpose::Delivery).is_ok());
}

#[test]
fn of_two_answers_at_once_none_is_lost() {
    let asking = Asking::new(886);
    let world = asking.world();
    let scope = asking.scope();
    let say = |purpose| world.vault.own_answer(&scope, ("preference", purpose), true);
    let (one, two) = block_on(async { tokio::join!(say("delivery"), say("complaint")) });
    let said = [one, two].into_iter().filter(Result::is_ok).count();
    let asked = block_on(world.vault.own_consents(&asking.scope())).unwrap();
    assert_eq!(asked.iter().filter(|one| one.answer.is_some_and(vault::Answer::counts)).count(), said);
    assert!(said >= 1);
}

#[test]
fn answers_go_with_the_customer() {
    let asking = Asking::new(884);
    let world = asking.world();
    asking.answer("delivery", true).unwrap();
    asking.answer("complaint", false).unwrap();
    block_on(world.vault.forget_me(&asking.scope())).unwrap();
    assert_eq!(world.edit("UPDATE admission SET expires = expires WHERE kind = 23 AND length(body) > 0"), 0);
}

#[test]
fn data_that_rests_on_a_yes_comes_in_with_that_yes_only() {
    let asking = Asking::new(883);
    let world = asking.world();
    let new = |agreed: &[FieldKind]| NewRecord {
        agreed: agreed.iter().copied().collect::<BTreeSet<_>>(),
        ..record(&[
            (FieldKind::Name, "Ben Berg"),
            (FieldKind::Phone, "+442079460019"),
            (FieldKind::Preference, "delivery=noon"),
        ])
    };
    let take_in = |record| {
        let batch = IntakeBatch { import: [7; 16], rows_done: 1, records: vec![record], staged: false };
        block_on(world.vault.take_in(&world.vault.operator(FIRST), batch))
    };
    match failure(take_in(new(&[]))) {
        VaultError::Unfit { refusal: Refusal::NotAgreed, said, .. } => {
            assert!(said.starts_with("preference: "), "{said}")
        }
        other => panic!("{other:?}"),
    }
    let customer = take_in(new(&[FieldKind::Preference])).unwrap().customers[0];
    let interaction = world.call(&world.staff.agent, Some("+442079460019"));
    let agent = world.scope(&world.staff.agent);
    let command = RevealCommand { customer, interaction, ..asking.governed.call.command(FieldKind::Preference) };
    assert_eq!(value(block_on(world.vault.reveal(&agent, &command))), "\"delivery=noon\"");
    // With several questions the import's one row has all of them.
    assert_eq!(world.database().number("SELECT count(*) FROM admission WHERE kind = 23"), 1);
}
