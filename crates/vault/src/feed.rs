//! The live stream of disclosures and refusals, for those who watch.

use crate::private::entry::AuditBody;
use domain::{EntryId, InteractionId, TenantId};
use std::sync::Arc;
use tokio::sync::broadcast;

/// How many a slow watcher may fall behind before it misses some (and is told so).
const BACKLOG: usize = 1_024;

/// One act, as security sees it.
#[derive(Clone, Debug)]
pub struct Disclosure {
    /// Whose data.
    pub tenant: TenantId,
    /// The entry.
    pub entry: EntryId,
    /// The audit half.
    pub body: AuditBody,
    /// In which interaction; known while it happens only.
    pub interaction: Option<InteractionId>,
}

/// Where acts are told of.
#[derive(Clone)]
pub(crate) struct Feed(broadcast::Sender<Arc<Disclosure>>);

impl Feed {
    pub(crate) fn new() -> Self {
        Self(broadcast::Sender::new(BACKLOG))
    }

    pub(crate) fn watched(&self) -> bool {
        self.0.receiver_count() > 0
    }

    pub(crate) fn send(&self, disclosure: Disclosure) {
        // Nobody watching is no error.
        let _ = self.0.send(Arc::new(disclosure));
    }

    pub(crate) fn watch(&self) -> broadcast::Receiver<Arc<Disclosure>> {
        self.0.subscribe()
    }
}
