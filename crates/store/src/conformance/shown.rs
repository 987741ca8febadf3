//! What was shown of a customer: each field once, up to so many in an interaction, and an edited row is refused.

use super::help::{
    ADA, ANA, BEN, CALL, TENANT, block_on, commit, connected, doing, done, entry, event, happened, intent, open_call,
    refused,
};
use super::{Case, Mount};
use crate::{Condition, Effect, Intent, Outcome, Shown, Store};
use domain::{CustomerId, InteractionId, Refusal};

pub(super) const CASES: &[Case] = &[
    Case { name: "FewShown and Show", tables: &["customer"], run: few },
    Case { name: "FewShown: a later interaction begins anew", tables: &["customer"], run: anew },
    Case { name: "FewShown: an edited row is refused", tables: &["customer"], run: edited },
];

/// A second call of Ana's.
const LATER: InteractionId = InteractionId([0x1a; 16]);

fn look(number: u64, interaction: InteractionId, mark: u8, most: u32) -> Intent {
    let (customer, otherwise) = (ANA, Refusal::ManyFields);
    Intent {
        customer: Some(ANA),
        when: vec![Condition::FewShown { customer, interaction, mark, most, otherwise }],
        ..doing(number, vec![Effect::Show { customer, interaction, mark }])
    }
}

fn shown(store: &dyn Store, customer: CustomerId) -> Option<Shown> {
    block_on(store.state(TENANT, customer)).unwrap().unwrap().shown
}

fn few(mount: &dyn Mount) {
    let store = mount.store();
    refused(&*store, look(1, CALL, 3, 1), Refusal::NoLiveInteraction);
    open_call(&*store);
    assert_eq!(shown(&*store, ANA), None);
    // Later ones of a batch see that an earlier one counted it.
    let outcomes = commit(&*store, vec![look(2, CALL, 3, 1), look(3, CALL, 3, 1), look(4, CALL, 31, 1)]);
    let refusals: Vec<bool> = outcomes.iter().map(|outcome| matches!(outcome, Outcome::Refused { .. })).collect();
    assert_eq!(refusals, [false, false, true]);
    assert!(shown(&*store, ANA).is_some_and(|shown| shown.count() == 1 && shown.has(3)));
    // What was shown is shown again even where nothing else may be.
    done(&*store, look(5, CALL, 3, 0));
    refused(&*store, look(6, CALL, 31, 1), Refusal::ManyFields);
    done(&*store, look(7, CALL, 31, 2));
    assert!(shown(&*store, ANA).is_some_and(|shown| shown.count() == 2 && shown.has(31)));
    assert_eq!(shown(&*store, BEN), None);
    // What is counted of her otherwise leaves it as it is.
    done(&*store, Intent { customer: Some(ANA), ..intent(8) });
    assert!(shown(&*store, ANA).is_some_and(|shown| shown.count() == 2));
    // Asked tentatively, what only lacks a second person writes nothing.
    let asked = commit(&*store, vec![Intent { tentative: true, ..look(9, CALL, 0, 2) }]);
    assert_eq!(asked, [Outcome::Missing(Refusal::ManyFields)]);
    assert_eq!(block_on(store.entry(TENANT, entry(9))).unwrap(), None);
}

fn anew(mount: &dyn Mount) {
    let store = mount.store();
    open_call(&*store);
    done(&*store, look(1, CALL, 0, 1));
    done(&*store, doing(2, vec![happened(LATER, event(2, 60_000, connected(ADA, Some(ANA))))]));
    done(&*store, look(3, LATER, 1, 1));
    // Going back to the call that still lasts gives nothing back.
    refused(&*store, look(4, CALL, 0, 1), Refusal::ManyFields);
    done(&*store, look(5, CALL, 1, 1));
    refused(&*store, look(6, LATER, 2, 1), Refusal::ManyFields);
}

fn edited(mount: &dyn Mount) {
    let store = mount.store();
    open_call(&*store);
    done(&*store, look(1, CALL, 0, 1));
    assert_eq!(mount.edit(&format!("UPDATE {} SET shown = NULL WHERE n = 1", mount.states())), 1);
    refused(&*store, look(2, CALL, 1, 1), Refusal::Tampered);
}
