//! Published heads of logs that are on the disk. A head that isn't yet is shown to nobody: a power cut could take back what
//! outsiders have signed by then, and the log would go on as another one.

use domain::TenantId;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::LogHead;

/// What this process publishes, per tenant.
#[derive(Default)]
pub(super) struct Heads(Mutex<HashMap<TenantId, Head>>);

#[derive(Default)]
struct Head {
    /// Publications on their way to the disk.
    syncing: u64,
    /// What stood before the first of them.
    durable: LogHead,
}

impl Heads {
    /// A publication was written, under the lock of the writer; `durable` is the head before it.
    pub(super) fn writing(&self, tenant: TenantId, durable: LogHead) {
        let mut heads = self.lock();
        let head = heads.entry(tenant).or_default();
        if head.syncing == 0 {
            head.durable = durable;
        }
        head.syncing += 1;
    }

    /// It is on the disk.
    pub(super) fn synced(&self, tenant: TenantId) {
        let mut heads = self.lock();
        if let Some(head) = heads.get_mut(&tenant) {
            head.syncing -= 1;
        }
    }

    /// The head to show instead of one that isn't on the disk yet.
    pub(super) fn instead(&self, tenant: TenantId) -> Option<LogHead> {
        self.lock().get(&tenant).filter(|head| head.syncing > 0).map(|head| head.durable.clone())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TenantId, Head>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Sqlite;
    use core::future::Future;
    use core::task::{Context, Poll, Waker};
    use domain::TenantId;
    use store::{Fence, Job, LogHead, Publication, Store};

    const TENANT: TenantId = TenantId(1);

    fn now<T>(future: impl Future<Output = T>) -> T {
        match Box::pin(future).as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => value,
            Poll::Pending => panic!("this engine works in the calling thread"),
        }
    }

    fn publication(number: u64) -> Publication {
        let fence = Fence { job: Job::Sequence(TENANT), number };
        let checkpoint = format!("checkpoint {number}");
        Publication { tenant: TENANT, fence, from: 0, entries: Vec::new(), tiles: Vec::new(), checkpoint }
    }

    #[test]
    fn a_head_shows_once_it_is_on_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let store = Sqlite::create(dir.path()).unwrap();
        let head = || now(store.head(TENANT)).unwrap();
        let first = store.publish(publication(1));
        assert_eq!(head(), LogHead::default(), "written, not synced");
        now(first).unwrap();
        assert_eq!(head().fence, 1);
        let (second, third) = (store.publish(publication(2)), store.publish(publication(3)));
        now(second).unwrap();
        assert_eq!(head().fence, 1, "the third was written by then");
        now(third).unwrap();
        assert_eq!(head().fence, 3);
    }
}
