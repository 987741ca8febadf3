//! How outlets stand, for who watches.

use super::cursor::{BEGINS_MS, Cursor};
use crate::alarm::AlarmKind;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{Millis, Refusal, TenantId};
use store::{Effect, StoreError};

/// For how long an outlet may take nothing before it is an alarm, in milliseconds.
const PATIENCE_MS: i64 = 15 * 60_000;
/// How the words of a digest begin, and after how long one is overdue, in milliseconds: a week, and the hour that a zone may put on it.
const DIGEST: &str = "digest ";
const DIGEST_MS: i64 = 7 * 24 * 3_600_000 + 3_600_000;

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
    /// `next` is when the first entry was made that it wasn't told yet.
    fn of(name: &str, cursor: Option<&Cursor>, size: u64, next: Option<Millis>, now: Millis) -> Self {
        // Whoever is new, or catches up, is behind only since it last took something; so is whoever had nothing to take only since then.
        let behind = cursor.zip(next).map(|(cursor, next)| Millis(next.0.max(cursor.last.0)));
        let behind = behind.filter(|since| now.since(*since) >= PATIENCE_MS);
        let state = match cursor {
            None => OutletState::New,
            Some(cursor) if !cursor.is_genuine() => OutletState::Edited,
            Some(cursor) if cursor.gone => OutletState::Gone,
            Some(cursor) if cursor.edited.is_some_and(|at| now.since(at) < BEGINS_MS) => OutletState::Edited,
            Some(cursor) if cursor.since.is_some() || behind.is_some() => OutletState::Failing,
            Some(_) => OutletState::Taking,
        };
        let since = cursor.and_then(|cursor| cursor.since).into_iter().chain(behind).min();
        // A digest waits for its hour: that isn't being behind.
        let cursor = cursor.filter(|_| !name.starts_with(DIGEST));
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
            let next = self.waits_since(tenant, name, cursor.as_ref(), size).await?;
            all.push(Standing::of(name, cursor.as_ref(), size, next, self.now()));
        }
        Ok(all)
    }

    /// When the first entry was made that an outlet wasn't told yet. Whatever its row says: whoever keeps its lease from every node, or a
    /// delivery that never ends, leaves the row as it was. A digest is due a week after the last one, at the latest.
    async fn waits_since(
        &self,
        tenant: TenantId,
        name: &str,
        cursor: Option<&Cursor>,
        size: u64,
    ) -> Result<Option<Millis>, VaultError> {
        match cursor.filter(|cursor| cursor.is_genuine()) {
            Some(cursor) if name.starts_with(DIGEST) => Ok(Some(cursor.last.plus(DIGEST_MS))),
            Some(cursor) if cursor.next < size => {
                let row = self.store.entries(tenant, Some(cursor.next + 1), 1).await?.pop();
                Ok(row.map(|row| row.id.minted()))
            }
            _ => Ok(None),
        }
    }

    /// Outlets that wanted nothing any more and that officers dropped begin anew, should they ever be added again.
    async fn forgive_dropped(&self, tenant: TenantId) -> Result<(), VaultError> {
        let power = self.power(tenant).await?;
        if !power.sound {
            return Ok(());
        }
        let names = &power.governance.settings.parties.outlets;
        let gone = match self.gone_cursors(tenant).await {
            // It is an alarm, and waits until the row is taken out.
            Err(VaultError::Store(StoreError::Damaged(_))) => return Ok(()),
            gone => gone?,
        };
        for gone in gone.into_iter().filter(|gone| !gone.is_of(names)) {
            let next = self.begins(tenant).await?;
            let act = self.bare_act(tenant, Kind::OutletBegun)?.detail(next).when(gone.unchanged());
            let row = gone.again(next, self.now()).row();
            match self.commit_plain(act.effect(Effect::PutAdmission(row))).await {
                Ok(_) | Err(VaultError::Refused { refusal: Refusal::PowerChanged, .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Raises the alarm over outlets that take nothing, or whose rows were edited, on this node; or takes it back.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn settle_outlets(&self, tenant: TenantId) -> Result<(), VaultError> {
        let now = self.now();
        let stalled = self.outlets(tenant).await?.iter().any(|one| one.is_stalled(now));
        // A row of another shape would keep alarms from being told.
        let spoilt = self.alarms_spoilt(tenant).await;
        self.alarms.set(tenant, AlarmKind::OutletStalled, stalled || spoilt, now);
        self.forgive_dropped(tenant).await
    }
}
