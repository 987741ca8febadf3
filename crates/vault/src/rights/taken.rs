//! The customer takes the copy that answers their request, on their own page. Staff learn how large it was, and its hash.

use super::{CopyTaken, Request, Stage, Step, Whose};
use crate::error::VaultError;
use crate::me::CustomerScope;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{EntryId, FieldKind, Refusal};
use std::collections::BTreeSet;
use store::{AdmissionKind, SHEET};

/// What a customer's pseudonym in their answered requests is derived for.
pub(super) const NAME: &[u8] = b"request";

impl Vault {
    /// Notes that a customer takes a copy, before they have it: their requests that wait for one are fulfilled by it, if it is all that
    /// is held. Nothing, where none waits.
    ///
    /// # Errors
    /// `Refused(AnswerIncomplete)` with its entry: then the copy isn't to be given. If the store fails.
    pub async fn own_copy_taken(
        &self,
        scope: &CustomerScope,
        receipt: EntryId,
        places: &BTreeSet<(FieldKind, u32)>,
        copy: &[u8],
    ) -> Result<(), VaultError> {
        let Some(keys) = self.entry_keys(scope.tenant, scope.customer).await? else { return Ok(()) };
        let whose = Whose::Pseudonym(self.own_name(&keys, NAME));
        let rows = self.all_admissions(scope.tenant, AdmissionKind::RightsRequest).await?;
        let waits =
            |request: &Request| request.whose == whose && request.stage == Stage::Answered && request.copy.is_none();
        let waiting = rows.iter().filter_map(|row| self.genuine_request(scope.tenant, row)).filter(waits);
        for request in waiting.collect::<Vec<_>>() {
            let act = self.own_act(scope, Kind::RequestStep).await?.detail(Step::Taken as u64);
            if !self.is_all_held(scope, places).await? {
                return Err(self.logged(act, Refusal::AnswerIncomplete).await);
            }
            let size = copy.len() as u64;
            let taken = CopyTaken { size, sha256: keys::hash(&[copy]), at: self.clock.now(), receipt };
            self.commit_plain(Request { copy: Some(taken), ..request }.turned(act)).await?;
        }
        Ok(())
    }

    async fn is_all_held(
        &self,
        scope: &CustomerScope,
        places: &BTreeSet<(FieldKind, u32)>,
    ) -> Result<bool, VaultError> {
        let rows = self.store.fields(scope.tenant, scope.customer).await?;
        let held: BTreeSet<(u16, u32)> =
            rows.iter().filter(|row| row.field != SHEET).map(|row| (row.field, row.instance)).collect();
        let given: BTreeSet<(u16, u32)> = places.iter().map(|(kind, instance)| (kind.code(), *instance)).collect();
        Ok(held == given)
    }
}
