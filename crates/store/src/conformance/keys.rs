//! Which shelf keys still have customers under them.

use super::help::{ANA, OTHER, TENANT, block_on, customer_row, doing, done};
use super::{Case, Mount};
use crate::Effect;

pub(super) const CASES: &[Case] =
    &[Case { name: "a shelf is empty when nobody's row lies on it", tables: &["customer"], run: empty }];

fn empty(mount: &dyn Mount) {
    let store = mount.store();
    let is_empty = |tenant, epoch| block_on(store.shelf_is_empty(tenant, epoch)).unwrap();
    assert!(is_empty(TENANT, 1));
    done(&*store, doing(1, vec![Effect::PutCustomer(ANA, customer_row(1))]));
    assert_eq!(
        [(TENANT, 1), (TENANT, 2), (OTHER, 1)].map(|(tenant, epoch)| is_empty(tenant, epoch)),
        [false, true, true]
    );
    done(&*store, doing(2, vec![Effect::RewrapCustomer(ANA, customer_row(2))]));
    assert_eq!([1, 2].map(|epoch| is_empty(TENANT, epoch)), [true, false]);
    done(&*store, doing(3, vec![Effect::Erase { customer: ANA, index: Vec::new() }]));
    assert!(is_empty(TENANT, 2));
}
