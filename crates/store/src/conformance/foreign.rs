//! Code in the database that can swallow what is written.

use super::help::{ADA, block_on, connected, doing, done, event, happened};
use super::{Case, Mount};
use domain::InteractionId;

pub(super) const CASES: &[Case] =
    &[Case { name: "foreign_code: a trigger or the like is noticed at once", tables: &["interaction"], run: noticed }];

fn noticed(mount: &dyn Mount) {
    let store = mount.store();
    let is_there = || block_on(store.foreign_code()).unwrap();
    assert!(!is_there(), "of our own there is none");
    done(&*store, doing(1, vec![happened(InteractionId([2; 16]), event(1, 0, connected(ADA, None)))]));
    assert!(!is_there(), "nor after a write");
    for [put, take_out] in mount.foreign_code() {
        mount.define(put);
        assert!(is_there(), "{put}");
        mount.define(take_out);
        assert!(!is_there(), "{take_out}");
    }
}
