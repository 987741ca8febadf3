//! What is held of the customer: the masks of their own record, and whether they are held back from being forgotten.

use super::scope::CustomerScope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::private::release::Done;
use crate::private::sheet::Masked;
use crate::statement::Statement;
use crate::wiring::Vault;
use domain::{EntryId, FieldKind, Hold, Millis, UseLimit};
use store::{FieldRef, FieldRow, SHEET};

/// A customer's own record, on masks.
pub struct OwnRecord {
    /// The masks, in the order of their kinds.
    pub masks: Vec<Masked>,
    /// What they corrected and by what nobody is known as them yet, with the moment from which on they are.
    pub waiting: Vec<(FieldKind, u32, Millis)>,
    /// Why nothing of theirs is destroyed, if so.
    pub hold: Option<Hold>,
    /// What they had limited by right.
    pub limits: Vec<UseLimit>,
    /// The entry of this look.
    pub receipt: EntryId,
}

impl Vault {
    /// Shows a customer what is held of them. No field is opened; the look is an entry.
    ///
    /// # Errors
    /// `Refused(OwnSessionOver)` once the session is, `Refused` while nothing is disclosed to anybody; if store or key holder
    /// fail.
    pub async fn own_record(&self, scope: &CustomerScope) -> Result<OwnRecord, VaultError> {
        let sheet = FieldRef { customer: scope.customer, field: SHEET, instance: 0 };
        let act = self.own_act(scope, Kind::OwnView).await?.read(sheet);
        let Done::Committed { entry, values, .. } = self.commit(act).await? else { return Err(VaultError::Unknown) };
        let mut masks = values.into_iter().next().ok_or(VaultError::Damaged)?.open_sheet()?;
        masks.sort_by_key(|masked| (masked.field.code(), masked.instance));
        let state = self.store.state(scope.tenant, scope.customer).await?;
        let hold = state.and_then(|state| state.hold);
        let limited = |limit: &UseLimit| state.is_some_and(|state| state.is_limited(*limit));
        let limits = UseLimit::ALL.iter().copied().filter(limited).collect();
        let rows = self.store.fields(scope.tenant, scope.customer).await?;
        let waits =
            |row: &FieldRow| Some((FieldKind::from_code(row.field)?, row.instance, self.settles_at(row.version)?));
        Ok(OwnRecord { masks, waiting: rows.iter().filter_map(waits).collect(), hold, limits, receipt: entry })
    }
}

impl Vault {
    /// Gives a customer their own statement: their key of the log, and all entries about them.
    ///
    /// # Errors
    /// As [`Vault::own_record`]; `Busy` while others ask.
    pub async fn own_statement(&self, scope: &CustomerScope) -> Result<Statement, VaultError> {
        let _turn = self.own_questions.try_acquire().map_err(|_| VaultError::Busy)?;
        let keys = self.entry_keys(scope.tenant, scope.customer).await?.ok_or(VaultError::Unauthenticated)?;
        let receipt = self.commit_plain(self.own_act(scope, Kind::StatementGiven).await?).await?;
        let lines = self.lines_about(scope.tenant, &keys, receipt).await?;
        let hold = self.store.state(scope.tenant, scope.customer).await?.and_then(|state| state.hold);
        Ok(Statement { receipt, key: keys.view.key().clone(), hold, lines })
    }
}
