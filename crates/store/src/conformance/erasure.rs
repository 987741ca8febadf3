//! Erasure leaves no row in any table that names the customer.

use super::help::{
    ADA, ANA, BEN, CALL, TENANT, block_on, commit, connected, doing, done, event, happened, index_row, intent,
    open_call,
};
use super::{Case, Mount};
use crate::{AdmissionKey, AdmissionKind, AdmissionRow, Effect, HeldValue, IndexPlace, Intent, Outcome};
use domain::{InteractionId, Millis};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "an erased customer is named nowhere and others stay",
        tables: &["customer", "field", "interaction", "blind_index", "staged_index"],
        run: named_nowhere,
    },
    Case {
        name: "what comes with or after an erasure in its batch brings nothing back",
        tables: &["customer"],
        run: same_batch,
    },
    Case {
        name: "who expired is named nowhere after the sweeps and others stay",
        tables: &["customer", "field", "interaction", "blind_index"],
        run: expired,
    },
    Case {
        name: "a sweep of the index leaves what it is told to, once for each place",
        tables: &["blind_index", "admission"],
        run: left,
    },
    Case { name: "retention sees kinds, states and contacts", tables: &["customer", "field"], run: seen },
];

fn full(mount: &dyn Mount) {
    let store = mount.store();
    open_call(&*store);
    let second = InteractionId([2; 16]);
    let disputed = InteractionId([3; 16]);
    let effects = vec![
        Effect::PutIndex(index_row(1, 5, BEN)),
        Effect::StageIndex(index_row(2, 6, ANA)),
        Effect::StageIndex(index_row(2, 6, BEN)),
        happened(second, event(2, 0, connected(ADA, None))),
        Effect::Bind { interaction: second, customer: ANA, binding: domain::Binding::Claimed },
        happened(disputed, event(3, 0, connected(ADA, Some(ANA)))),
        happened(disputed, event(4, 1, connected(ADA, Some(BEN)))),
        happened(InteractionId([4; 16]), event(5, 0, connected(ADA, Some(BEN)))),
    ];
    done(&*store, Intent { customer: Some(ANA), ..doing(1, effects) });
    done(&*store, Intent { customer: Some(BEN), ..intent(2) });
    assert!(mount.tables_holding(&ANA.0).len() >= 5);
}

fn erase(number: u64) -> Intent {
    let index = vec![(1, [5; 16]), (2, [6; 16])];
    Intent { customer: Some(ANA), ..doing(number, vec![Effect::Erase { customer: ANA, index }]) }
}

fn named_nowhere(mount: &dyn Mount) {
    let store = mount.store();
    full(mount);
    let others = mount.tables_holding(&BEN.0);
    done(&*store, erase(3));
    let dropped = || block_on(store.drop_mentions(TENANT, ANA)).unwrap();
    assert_eq!((dropped(), dropped()), (1, 0), "the one of which only an event names the customer");
    assert_eq!(mount.tables_holding(&ANA.0), Vec::<String>::new(), "these tables still name the customer");
    assert_eq!(mount.tables_holding(&BEN.0), others);
    assert!(block_on(store.interaction(TENANT, CALL)).unwrap().is_none());
    assert!(block_on(store.interaction(TENANT, InteractionId([4; 16]))).unwrap().is_some());
    assert_eq!(block_on(store.look_up(TENANT, 1, [5; 16], 9)).unwrap(), [index_row(1, 5, BEN)]);
    assert!(block_on(store.entry(TENANT, super::help::entry(1))).unwrap().is_some(), "the log stays whole");
}

fn same_batch(mount: &dyn Mount) {
    let store = mount.store();
    full(mount);
    let about = |number| Intent { customer: Some(ANA), ..intent(number) };
    let outcomes = commit(&*store, vec![about(3), erase(4), about(5)]);
    assert!(matches!(&outcomes[2], Outcome::Committed(commit) if commit.numbers.n.is_none()), "{outcomes:?}");
    block_on(store.drop_mentions(TENANT, ANA)).unwrap();
    assert_eq!(mount.tables_holding(&ANA.0), Vec::<String>::new());
}

fn expired(mount: &dyn Mount) {
    let store = mount.store();
    full(mount);
    block_on(store.merge_index(TENANT)).unwrap();
    let others = mount.tables_holding(&BEN.0);
    done(&*store, Intent { customer: Some(ANA), ..doing(3, vec![Effect::Expire(ANA)]) });
    assert!(block_on(store.customer(TENANT, ANA)).unwrap().is_none());
    assert!(block_on(store.fields(TENANT, ANA)).unwrap().is_empty());
    assert!(block_on(store.interaction(TENANT, CALL)).unwrap().is_none());

    // Used again since, so that an engine may remember it.
    let disputed = InteractionId([3; 16]);
    let again = |number, id| doing(number, vec![happened(disputed, event(id, 2, connected(ADA, Some(BEN))))]);
    done(&*store, again(7, 6));
    // One row at a time: it goes on where it stood.
    let (mut gone, mut steps, mut after) = (0, 0, None);
    loop {
        let swept = block_on(store.sweep_index(TENANT, after, 1, &|_| None)).unwrap();
        (gone, steps, after) = (gone + swept.gone, steps + 1, swept.next);
        if after.is_none() {
            break;
        }
    }
    assert_eq!((gone, steps), (2, 5), "four rows, and the end");
    let (mut gone, mut after) = (0, None);
    loop {
        let swept = block_on(store.sweep_interactions(TENANT, after, 1)).unwrap();
        (gone, after) = (gone + swept.gone, swept.next);
        if after.is_none() {
            break;
        }
    }
    assert_eq!(gone, 1, "the one of which only an event names the customer");
    assert_eq!(mount.tables_holding(&ANA.0), Vec::<String>::new(), "these tables still name the customer");
    assert_eq!(mount.tables_holding(&BEN.0), others);
    assert!(block_on(store.interaction(TENANT, InteractionId([4; 16]))).unwrap().is_some());
    done(&*store, again(8, 7));
    assert_eq!(
        mount.tables_holding(&ANA.0),
        Vec::<String>::new(),
        "nothing that was swept is remembered and comes back"
    );
    let none = block_on(store.sweep_index(TENANT, None, 100, &|_| None)).unwrap();
    assert_eq!((none.gone, none.next), (0, None));
}

fn left(mount: &dyn Mount) {
    let store = mount.store();
    full(mount);
    done(&*store, doing(3, vec![Effect::PutIndex(index_row(1, 5, ANA)), Effect::PutIndex(index_row(3, 7, ANA))]));
    done(&*store, doing(4, vec![Effect::Expire(ANA), Effect::Expire(BEN)]));
    let row = |(kind, mac, _): &IndexPlace, said: u8| {
        let key = AdmissionKey { kind: AdmissionKind::Erased, id: *mac };
        (*kind == 1).then(|| AdmissionRow { key, body: vec![said], expires: Millis(said.into()), tag: [said; 16] })
    };
    let sweep = |said| block_on(store.sweep_index(TENANT, None, 100, &|place| row(place, said))).unwrap().gone;
    let kept = || block_on(store.admissions(TENANT, AdmissionKind::Erased, None, 9)).unwrap();
    let expected = |said| row(&(1, [5; 16], ANA), said).into_iter().collect::<Vec<_>>();
    assert_eq!(sweep(1), 3, "both customers' rows of one place, and another");
    assert_eq!(kept(), expected(1), "one row for two customers, and none where none is to be left");
    assert_eq!((sweep(2), kept()), (0, expected(1)), "nothing is left where nothing goes");
    // Others' rows that point at nobody any more, in the place of one that there is.
    done(&*store, doing(5, vec![Effect::PutIndex(index_row(1, 5, ANA))]));
    assert_eq!((sweep(3), kept()), (1, expected(3)));
}

fn seen(mount: &dyn Mount) {
    let store = mount.store();
    open_call(&*store);
    done(&*store, Intent { customer: Some(ANA), ..intent(1) });
    let found = block_on(store.holdings(TENANT, None, 10)).unwrap();
    let said: Vec<_> = found.iter().map(|one| (one.customer, one.state.n, one.values.clone())).collect();
    assert_eq!(
        said,
        [(ANA, 1, vec![HeldValue { field: 1, instance: 1, version: 1 }]), (BEN, 0, vec![])],
        "the mask sheet is no value"
    );
    assert_eq!(
        found[0].interactions,
        block_on(store.interaction(TENANT, CALL)).unwrap().into_iter().collect::<Vec<_>>()
    );
    assert_eq!(block_on(store.holdings(TENANT, Some(ANA), 10)).unwrap(), found[1..]);
    assert_eq!(block_on(store.holdings(TENANT, None, 1)).unwrap(), found[..1]);
}
