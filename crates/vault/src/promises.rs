//! What this node was told is durable, until it is in the log. Between its commit and its place an entry is two rows of a
//! database that others may edit; so the node remembers it, and misses it.

use domain::{EntryId, Millis, TenantId};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::PendingLeaf;

/// A leaf of the log.
pub(crate) type Leaf = [u8; 65];
/// How many are remembered. More wait only where no sequencer works, and that is an alarm of its own.
const MOST: usize = 100_000;

/// Every tenant's entries between their commit and their place.
#[derive(Default)]
pub(crate) struct Promises(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    entries: HashMap<(TenantId, EntryId), Promise>,
    looks: u64,
}

#[derive(Clone, Copy)]
enum Promise {
    /// Handed to the store, not answered yet.
    Asked,
    /// In the log before its commit was answered.
    Placed(Leaf),
    /// Durable. `look` is the number of the last look at the queue that had begun by then.
    Durable { leaf: Leaf, since: Millis, look: u64 },
}

impl Promises {
    /// These are about to be handed to the store.
    pub(crate) fn ask(&self, entries: impl Iterator<Item = (TenantId, EntryId)>) {
        let mut kept = self.lock();
        for entry in entries {
            if kept.entries.len() < MOST {
                kept.entries.insert(entry, Promise::Asked);
            }
        }
    }

    /// What the store answered: the leaf of an entry that is durable, or that there is none.
    pub(crate) fn answered(&self, now: Millis, tenant: TenantId, entry: EntryId, leaf: Option<Leaf>) {
        let mut kept = self.lock();
        let look = kept.looks;
        let Some(promise) = kept.entries.remove(&(tenant, entry)) else { return };
        let Some(leaf) = leaf else { return };
        if !matches!(promise, Promise::Placed(placed) if placed == leaf) {
            kept.entries.insert((tenant, entry), Promise::Durable { leaf, since: now, look });
        }
    }

    /// These have their places in the log.
    pub(crate) fn placed(&self, tenant: TenantId, leaves: &[PendingLeaf]) {
        let mut kept = self.lock();
        for PendingLeaf { entry, leaf } in leaves {
            match kept.entries.get_mut(&(tenant, *entry)) {
                Some(asked @ Promise::Asked) => *asked = Promise::Placed(*leaf),
                Some(Promise::Durable { leaf: promised, .. }) if promised == leaf => {
                    kept.entries.remove(&(tenant, *entry));
                }
                _ => {}
            }
        }
    }

    /// The queue is about to be looked at; whatever is durable by now must be in there, or in the log. Gives the look's
    /// number.
    pub(crate) fn look(&self) -> u64 {
        let mut kept = self.lock();
        kept.looks += 1;
        kept.looks
    }

    /// Those among `waiting` that aren't what was promised.
    pub(crate) fn changed(&self, tenant: TenantId, waiting: &[PendingLeaf]) -> Vec<EntryId> {
        let kept = self.lock();
        let differs = |row: &&PendingLeaf| matches!(kept.entries.get(&(tenant, row.entry)), Some(Promise::Durable { leaf, .. }) if *leaf != row.leaf);
        waiting.iter().filter(differs).map(|row| row.entry).collect()
    }

    /// At most `most` that were durable before a look began and aren't among the ids it found, which are sorted.
    pub(crate) fn missed(
        &self,
        tenant: TenantId,
        number: u64,
        found: &[EntryId],
        most: usize,
    ) -> Vec<(EntryId, Leaf, Millis)> {
        let kept = self.lock();
        let missed = kept.entries.iter().filter_map(|((owner, entry), promise)| match promise {
            Promise::Durable { leaf, look, since } if *owner == tenant && *look < number => {
                found.binary_search(entry).is_err().then_some((*entry, *leaf, *since))
            }
            _ => None,
        });
        missed.take(most).collect()
    }

    /// Nothing more is expected of this entry.
    pub(crate) fn forget(&self, tenant: TenantId, entry: EntryId) {
        self.lock().entries.remove(&(tenant, entry));
    }

    /// Since when the entry has been durable that has waited longest.
    pub(crate) fn oldest(&self, tenant: TenantId) -> Option<Millis> {
        let kept = self.lock();
        let since = kept.entries.iter().filter_map(|((owner, _), promise)| match promise {
            Promise::Durable { since, .. } if *owner == tenant => Some(*since),
            _ => None,
        });
        since.min()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: TenantId = TenantId(1);
    const ENTRY: EntryId = EntryId([1; 16]);
    const NOW: Millis = Millis(7);

    fn row(leaf: u8) -> PendingLeaf {
        PendingLeaf { entry: ENTRY, leaf: [leaf; 65] }
    }

    fn asked() -> Promises {
        let promises = Promises::default();
        promises.ask([(TENANT, ENTRY)].into_iter());
        promises
    }

    fn missed(promises: &Promises, found: &[EntryId]) -> usize {
        promises.missed(TENANT, promises.look(), found, 9).len()
    }

    #[test]
    fn nothing_is_missed_before_it_was_promised_or_where_nothing_was_committed() {
        let promises = asked();
        assert_eq!(missed(&promises, &[]), 0);
        let look = promises.look();
        promises.answered(NOW, TENANT, ENTRY, Some([1; 65]));
        assert_eq!(promises.missed(TENANT, look, &[], 9), [], "this look began before");
        assert_eq!(promises.oldest(TENANT), Some(NOW));
        assert_eq!((missed(&promises, &[]), missed(&promises, &[ENTRY])), (1, 0));
        assert_eq!(promises.missed(TenantId(2), promises.look(), &[], 9), []);

        let promises = asked();
        promises.answered(NOW, TENANT, ENTRY, None);
        assert_eq!((missed(&promises, &[]), promises.oldest(TENANT)), (0, None));
    }

    #[test]
    fn an_entry_may_have_its_place_before_or_after_its_commit_is_answered() {
        for early in [true, false] {
            let promises = asked();
            if early {
                promises.placed(TENANT, &[row(1)]);
            }
            promises.answered(NOW, TENANT, ENTRY, Some([1; 65]));
            if !early {
                promises.placed(TENANT, &[row(1)]);
            }
            assert_eq!((missed(&promises, &[]), promises.oldest(TENANT)), (0, None));
        }
    }

    #[test]
    fn another_leaf_in_its_place_is_not_what_was_promised() {
        for early in [true, false] {
            let promises = asked();
            if early {
                promises.placed(TENANT, &[row(2)]);
            }
            promises.answered(NOW, TENANT, ENTRY, Some([1; 65]));
            assert_eq!(promises.changed(TENANT, &[row(2)]), [ENTRY]);
            assert_eq!(promises.changed(TENANT, &[row(1)]), []);
            promises.placed(TENANT, &[row(2)]);
            assert_eq!(missed(&promises, &[]), 1);
            promises.forget(TENANT, ENTRY);
            assert_eq!(missed(&promises, &[]), 0);
        }
    }
}
