//! Customers' entry keys, remembered: they open no field, and asking the key holder each time is a round trip.

use crate::private::entry::EntryKeys;
use domain::{CustomerId, TenantId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many are remembered.
const MOST: usize = 50_000;

#[derive(Default)]
pub(crate) struct KeptKeys(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    keys: HashMap<(TenantId, CustomerId), Arc<EntryKeys>>,
    erasures: u64,
}

/// How many erasures there had been when somebody began to look for keys.
#[derive(Clone, Copy)]
pub(crate) struct Before(u64);

impl KeptKeys {
    /// The keys, or what to bring back with them once they were found elsewhere.
    pub(crate) fn get(&self, tenant: TenantId, customer: CustomerId) -> Result<Arc<EntryKeys>, Before> {
        let kept = self.lock();
        kept.keys.get(&(tenant, customer)).map(Arc::clone).ok_or(Before(kept.erasures))
    }

    /// Remembers keys, unless there was an erasure since: it may have been this customer's.
    pub(crate) fn keep(&self, before: Before, tenant: TenantId, customer: CustomerId, keys: &Arc<EntryKeys>) {
        let mut kept = self.lock();
        if kept.erasures != before.0 {
            return;
        }
        if kept.keys.len() >= MOST {
            kept.keys.clear();
        }
        kept.keys.insert((tenant, customer), Arc::clone(keys));
    }

    /// The customer was erased.
    pub(crate) fn forget(&self, tenant: TenantId, customer: CustomerId) {
        let mut kept = self.lock();
        kept.erasures += 1;
        kept.keys.remove(&(tenant, customer));
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use keys::Key32;

    const ANA: CustomerId = CustomerId([1; 16]);
    const TENANT: TenantId = TenantId(1);

    #[test]
    fn keys_that_were_read_before_an_erasure_are_not_remembered_after_it() {
        let kept = KeptKeys::default();
        let keys = Arc::new(EntryKeys::new(Key32::new([7; 32])));
        let before = kept.get(TENANT, ANA).err().unwrap();
        kept.keep(before, TENANT, ANA, &keys);
        assert!(kept.get(TENANT, ANA).is_ok());

        kept.forget(TENANT, ANA);
        let early = kept.get(TENANT, ANA).err().unwrap();
        kept.forget(TENANT, ANA);
        kept.keep(early, TENANT, ANA, &keys);
        assert!(kept.get(TENANT, ANA).is_err(), "its reader was overtaken by the erasure");
        kept.keep(before, TENANT, ANA, &keys);
        assert!(kept.get(TENANT, ANA).is_err());
    }
}
