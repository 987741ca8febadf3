//! What a node does with drills beside serving: it knows whose desk something may come to, and closes drills whose time is over.

use super::STAYS_MS;
use super::book::{Book, Drill};
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{Millis, PersonId, Reaction, Refusal, TenantId};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The books as this node saw them last.
#[derive(Default)]
pub(crate) struct KnownBooks(Mutex<HashMap<TenantId, Book>>);

impl KnownBooks {
    fn lock(&self) -> MutexGuard<'_, HashMap<TenantId, Book>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn know(&self, tenant: TenantId, book: Book) {
        self.lock().insert(tenant, book);
    }

    /// May something come to this person's desk now? The store knows for sure.
    pub(super) fn may_be_due(&self, tenant: TenantId, person: PersonId, now: Millis) -> bool {
        self.lock().get(&tenant).is_some_and(|book| book.due(person, now).is_some())
    }
}

impl Drill {
    /// What lies unanswered was left alone; what never came is counted for nobody.
    fn close(&mut self, now: Millis) {
        while let Some(last) = self.events.len().checked_sub(1) {
            self.count(last, Reaction::Ignored, now);
        }
        self.closed = Some(now);
    }
}

impl Vault {
    /// Learns what is planned, and closes drills whose time is over. Each is an entry of nobody's.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn settle_drills(&self, tenant: TenantId) -> Result<(), VaultError> {
        let mut opened = match self.book(tenant).await {
            Ok(opened) => opened,
            Err(VaultError::Refused { .. }) => {
                self.drills.know(tenant, Book::default());
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let now = self.clock.now();
        let over = |drill: &&mut Drill| drill.closed.is_none() && now >= drill.until.plus(STAYS_MS);
        // One at a time: each has an entry.
        let Some(drill) = opened.book.drills.iter_mut().find(over) else {
            self.drills.know(tenant, opened.book);
            return Ok(());
        };
        drill.close(now);
        let act = self.bare_act(tenant, Kind::PeopleDrillEnded)?.detail(drill.ruse as u64);
        let known = opened.book.clone();
        match self.commit_plain(opened.turned(self, act)?).await {
            Ok(_) => self.drills.know(tenant, known),
            // Another node was first.
            Err(VaultError::Refused { refusal: Refusal::PowerChanged, .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
