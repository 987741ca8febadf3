//! Wrapped keys and their destruction.

use super::help::{ANA, OTHER, TENANT, block_on, customer_row, doing, done};
use super::{Case, Mount};
use crate::{Effect, WrappedKeyRow};

pub(super) const CASES: &[Case] = &[
    Case { name: "wrapped keys are kept, in order, once each", tables: &["wrapped_key"], run: kept },
    Case { name: "a shelf's key goes when nobody lies on it", tables: &["wrapped_key", "customer"], run: destroyed },
];

fn key(tenant: domain::TenantId, epoch: u32) -> WrappedKeyRow {
    WrappedKeyRow { tenant, epoch, wrapped: vec![epoch as u8; 60] }
}

fn kept(mount: &dyn Mount) {
    let store = mount.store();
    for row in [key(OTHER, 0), key(TENANT, 1), key(TENANT, 0)] {
        block_on(store.put_wrapped_key(row)).unwrap();
    }
    assert!(block_on(store.put_wrapped_key(key(TENANT, 1))).is_err(), "a key is never replaced");
    assert_eq!(block_on(store.wrapped_keys()).unwrap(), [key(TENANT, 0), key(TENANT, 1), key(OTHER, 0)]);
}

fn destroyed(mount: &dyn Mount) {
    let store = mount.store();
    for row in [key(TENANT, 0), key(TENANT, 1), key(TENANT, 2), key(OTHER, 1)] {
        block_on(store.put_wrapped_key(row)).unwrap();
    }
    done(&*store, doing(1, vec![Effect::PutCustomer(ANA, customer_row(1))]));
    let destroy = |tenant, epoch| block_on(store.destroy_shelf(tenant, epoch)).unwrap();
    assert!(!destroy(TENANT, 1), "somebody lies on it");
    assert!(!destroy(TENANT, 0), "a tenant's own key is no shelf");
    assert!(!destroy(TENANT, 9));
    done(&*store, doing(2, vec![Effect::RewrapCustomer(ANA, customer_row(2))]));
    assert!(destroy(TENANT, 1));
    assert!(!destroy(TENANT, 1));
    let left =
        block_on(store.wrapped_keys()).unwrap().into_iter().map(|row| (row.tenant, row.epoch)).collect::<Vec<_>>();
    assert_eq!(left, [(TENANT, 0), (TENANT, 2), (OTHER, 1)]);
}
