//! How outlets stand, for who watches.

use super::cursor::{BEGINS_MS, Cursor};
use crate::alarm::AlarmKind;
use crate::error::VaultError;
use crate::wiring::Vault;
use domain::{Millis, TenantId};
use store::StoreError;

/// For how long an outlet may take nothing before it is an alarm, in milliseconds.
const PATIENCE_MS: i64 = 15 * 60_000;

/// How an outlet stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutletState {
    /// It takes what it is told.
    Taking,
    /// Nothing was told to it yet.
    New,
    /// It takes nothing.
    Failing,
    /// It said that it wants nothing any more.
    Gone,
    /// Its row isn't one that a node wrote, or wasn't within the last seven days.
    Edited,
}

impl OutletState {
    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Taking => "taking",
            Self::New => "new",
            Self::Failing => "failing",
            Self::Gone => "gone",
            Self::Edited => "edited",
        }
    }
}

/// One outlet to which officers agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its words in the settings.
    pub name: String,
    /// How it stands.
    pub state: OutletState,
    /// Since when it takes nothing.
    pub since: Option<Millis>,
    /// How many entries weren't told yet, or looked at whether they are to be.
    pub waiting: u64,
}

impl Standing {
    fn of(name: &str, cursor: Option<&Cursor>, size: u64, now: Millis) -> Self {
        let state = match cursor {
            None => OutletState::New,
            Some(cursor) if !cursor.is_genuine() => OutletState::Edited,
            Some(cursor) if cursor.gone => OutletState::Gone,
            Some(cursor) if cursor.edited.is_some_and(|at| now.since(at) < BEGINS_MS) => OutletState::Edited,
            Some(cursor) if cursor.since.is_some() => OutletState::Failing,
            Some(_) => OutletState::Taking,
        };
        let since = cursor.and_then(|cursor| cursor.since);
        // A digest waits for its hour: that isn't being behind.
        let cursor = cursor.filter(|_| !name.starts_with("digest "));
        Self { name: name.to_owned(), state, since, waiting: cursor.map_or(0, |one| size.saturating_sub(one.next)) }
    }

    /// Is it worth an alarm?
    #[must_use]
    pub fn is_stalled(&self, now: Millis) -> bool {
        match self.state {
            OutletState::Taking | OutletState::New => false,
            OutletState::Failing => self.since.is_some_and(|since| now.since(since) >= PATIENCE_MS),
            OutletState::Gone | OutletState::Edited => true,
        }
    }
}

impl Vault {
    /// How the outlets stand to which officers agreed; what is shown to a person is [`Vault::keys_health`]'s.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn outlets(&self, tenant: TenantId) -> Result<Vec<Standing>, VaultError> {
        let settings = std::sync::Arc::clone(&self.power(tenant).await?.governance.settings);
        let size = self.store.head(tenant).await?.size;
        let mut all = Vec::with_capacity(settings.parties.outlets.len());
        for name in &settings.parties.outlets {
            let cursor = self.cursor_of(tenant, name).await?;
            all.push(Standing::of(name, cursor.as_ref(), size, self.now()));
        }
        Ok(all)
    }

    /// Raises the alarm over outlets that take nothing, or whose rows were edited, on this node; or takes it back.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn settle_outlets(&self, tenant: TenantId) -> Result<(), VaultError> {
        let now = self.now();
        let stalled = self.outlets(tenant).await?.iter().any(|one| one.is_stalled(now));
        // A row of another shape would keep alarms from being told.
        let spoilt = matches!(self.alarms_told(tenant).await, Err(VaultError::Store(StoreError::Damaged(_))));
        self.alarms.set(tenant, AlarmKind::OutletStalled, stalled || spoilt, now);
        Ok(())
    }
}
