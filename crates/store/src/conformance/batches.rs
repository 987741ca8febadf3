//! What one commit promises: one entry each, replays, visibility, all or nothing.

use super::help::{
    ANA, CALL, NOW, OTHER, TENANT, block_on, commit, commit_at, doing, done, entry, event, field_row, intent,
    open_call, refused,
};
use super::{Case, Mount};
use crate::{Condition, Effect, FieldRef, Intent, Outcome, RequestKey};
use domain::interaction::Happening;
use domain::{Phase, Refusal};

pub(super) const CASES: &[Case] = &[
    Case { name: "every intent leaves exactly one entry, in its own tenant", tables: &["entry"], run: one_entry_each },
    Case { name: "a request's key counts once, with its content and session", tables: &["request"], run: replays },
    Case { name: "a refused request's key is free", tables: &["request"], run: refused_key_is_free },
    Case {
        name: "an intent sees what those before it in the batch changed",
        tables: &["field", "customer"],
        run: sees_earlier,
    },
    Case {
        name: "a refused intent changes nothing beside its entry and counter",
        tables: &["interaction"],
        run: refused_changes_nothing,
    },
    Case { name: "a batch that can't be written is not written at all", tables: &["entry"], run: all_or_nothing },
    Case {
        name: "the customer's counter rises with every entry about them",
        tables: &["customer"],
        run: counter_rises,
    },
];

fn one_entry_each(mount: &dyn Mount) {
    let store = mount.store();
    let never = Intent { when: vec![Condition::Never(Refusal::NeverShown)], ..intent(2) };
    let elsewhere = Intent { tenant: OTHER, ..intent(3) };
    let outcomes = commit(&*store, vec![intent(1), never, elsewhere]);
    assert!(
        matches!(&outcomes[0], Outcome::Committed(commit) if commit.entry == entry(1) && commit.numbers.n.is_none())
    );
    assert_eq!(outcomes[1], Outcome::Refused { refusal: Refusal::NeverShown, entry: entry(2) });
    let pending =
        |tenant| block_on(store.pending(tenant, None, 10)).unwrap().iter().map(|leaf| leaf.entry).collect::<Vec<_>>();
    assert_eq!(pending(TENANT), [entry(1), entry(2)]);
    assert_eq!(pending(OTHER), [entry(3)]);
    let row = block_on(store.entry(TENANT, entry(1))).unwrap().unwrap();
    assert_eq!((row.id, row.index, row.leaf[..9].to_vec()), (entry(1), None, vec![1, 0, 0, 0, 0, 0, 0, 0, 1]));
    assert_eq!(block_on(store.entry(TENANT, entry(3))).unwrap(), None);
    assert!(commit(&*store, Vec::new()).is_empty());
}

fn request(content: u8, session: u8) -> Option<RequestKey> {
    Some(RequestKey { key: [1; 16], content: [content; 16], session: [session; 16], answer: 7 })
}

fn replays(mount: &dyn Mount) {
    let store = mount.store();
    let asking = |number, content, session| Intent { request: request(content, session), ..intent(number) };
    done(&*store, asking(1, 1, 1));
    let later = NOW.plus(5_000);
    let again = commit_at(&*store, later, vec![asking(2, 1, 1), asking(3, 2, 1), asking(4, 1, 2)]);
    let replay = |same| Outcome::Replayed { entry: entry(1), at: NOW, answer: 7, same };
    assert_eq!(again, [replay(true), replay(false), replay(false)]);
    assert_eq!(block_on(store.entry(TENANT, entry(2))).unwrap(), None, "a replay leaves no entry");
    let elsewhere = Intent { tenant: OTHER, ..asking(5, 1, 1) };
    done(&*store, elsewhere);
    let other_key = Some(RequestKey { key: [2; 16], ..request(1, 1).unwrap() });
    let twice = [6, 7].map(|number| Intent { request: other_key, ..intent(number) });
    let outcomes = commit(&*store, twice.into());
    assert!(matches!(outcomes[1], Outcome::Replayed { entry: first, same: true, .. } if first == entry(6)));
}

fn refused_key_is_free(mount: &dyn Mount) {
    let store = mount.store();
    refused(
        &*store,
        Intent { request: request(1, 1), when: vec![Condition::Never(Refusal::OnHold)], ..intent(1) },
        Refusal::OnHold,
    );
    done(&*store, Intent { request: request(2, 1), ..intent(2) });
}

fn sees_earlier(mount: &dyn Mount) {
    let store = mount.store();
    open_call(&*store);
    let sheet = FieldRef { customer: ANA, field: 0, instance: 0 };
    let replace = |number| Intent {
        when: vec![Condition::FieldVersion(sheet, 1)],
        ..doing(number, vec![Effect::PutField(ANA, field_row(0, 2))])
    };
    let note = FieldRef { customer: ANA, field: 9, instance: 1 };
    let add = |number| Intent {
        when: vec![Condition::FieldAbsent(note)],
        ..doing(number, vec![Effect::PutField(ANA, field_row(9, 1))])
    };
    let outcomes =
        commit(&*store, vec![replace(1), replace(2), add(3), add(4), Intent { read: vec![note], ..intent(5) }]);
    let refusals: Vec<_> = outcomes.iter().map(|outcome| matches!(outcome, Outcome::Refused { .. })).collect();
    assert_eq!(refusals, [false, true, false, true, false], "{outcomes:?}");

    let erase = Effect::Erase { customer: ANA, index: Vec::new() };
    let reading = |number| Intent { read: vec![sheet], customer: Some(ANA), ..intent(number) };
    let outcomes = commit(&*store, vec![reading(6), doing(7, vec![erase]), reading(8)]);
    assert!(
        matches!(&outcomes[0], Outcome::Committed(commit) if commit.read.len() == 1 && commit.read[0].2.version == 2)
    );
    assert_eq!(outcomes[2], Outcome::Refused { refusal: Refusal::NotFound, entry: entry(8) });
}

fn refused_changes_nothing(mount: &dyn Mount) {
    let store = mount.store();
    open_call(&*store);
    let before = block_on(store.interaction(TENANT, CALL)).unwrap().unwrap();
    let effects = vec![
        super::help::happened(CALL, event(2, 10, Happening::Ended)),
        Effect::PutField(ANA, field_row(1, 2)),
        Effect::PutIndex(super::help::index_row(2, 9, ANA)),
        Effect::Erase { customer: ANA, index: vec![(1, [5; 16])] },
    ];
    let spend = super::help::own(super::help::ADA);
    let spends = vec![crate::Spend {
        counter: spend,
        purpose: None,
        turn: crate::Turn::Spend(1),
        at: NOW,
        room: domain::Room::hourly(5),
        otherwise: Refusal::BudgetExhausted,
    }];
    let no = Intent {
        when: vec![Condition::Never(Refusal::OnHold)],
        spend: spends,
        customer: Some(ANA),
        ..doing(1, effects)
    };
    refused(&*store, no, Refusal::OnHold);
    assert_eq!(block_on(store.interaction(TENANT, CALL)).unwrap().unwrap(), before);
    assert_eq!(before.phase, Phase::Connected);
    assert_eq!(block_on(store.fields(TENANT, ANA)).unwrap(), [field_row(0, 1), field_row(1, 1)]);
    assert!(block_on(store.look_up(TENANT, 2, [9; 16], 9)).unwrap().is_empty());
    assert_eq!(block_on(store.look_up(TENANT, 1, [5; 16], 9)).unwrap().len(), 1);
    assert_eq!(block_on(store.budget(TENANT, spend)).unwrap(), None);
    let next = done(&*store, Intent { customer: Some(ANA), ..intent(2) });
    assert_eq!(next.numbers.n, Some(2), "the refusal was the first entry about this customer");
}

fn all_or_nothing(mount: &dyn Mount) {
    let store = mount.store();
    done(&*store, intent(1));
    let twice_the_same_entry = vec![intent(2), intent(1)];
    assert!(block_on(store.commit(NOW, twice_the_same_entry, &super::help::OpenSeals)).is_err());
    assert_eq!(block_on(store.entry(TENANT, entry(2))).unwrap(), None);
    done(&*store, intent(2));
}

fn counter_rises(mount: &dyn Mount) {
    let store = mount.store();
    open_call(&*store);
    let about = |number| Intent { customer: Some(ANA), ..intent(number) };
    let n = |outcome: &Outcome| match outcome {
        Outcome::Committed(commit) => commit.numbers.n,
        other => panic!("{other:?}"),
    };
    let outcomes = commit(&*store, vec![about(1), about(2)]);
    assert_eq!(outcomes.iter().map(n).collect::<Vec<_>>(), [Some(1), Some(2)]);
    assert_eq!(done(&*store, about(3)).numbers.n, Some(3));
    let nobody = Intent { customer: Some(domain::CustomerId([0; 16])), ..intent(4) };
    assert_eq!(done(&*store, nobody).numbers.n, None);
    assert_eq!(mount.edit(&format!("UPDATE {} SET n = n - 1 WHERE n > 0", mount.states())), 1);
    refused(&*store, about(5), Refusal::Tampered);
}
