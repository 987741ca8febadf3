//! The proof that a report is in the log, unaltered, for whoever made it: their entry's receipt, what the entry says, and the list of
//! hashes that it says the hash of. With the code and the words themselves anybody can check it, offline.

use super::Case;
use super::code::ReceiptCode;
use crate::error::VaultError;
use crate::private::entry::{Opening, open_opening};
use crate::receipt::ReceiptAnswer;
use crate::wiring::Vault;
use domain::{EntryId, Millis, Refusal, TenantId};

/// Such a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportProof {
    /// The report's own hash, which is in the list.
    pub mark: [u8; 32],
    /// What blinds it.
    pub nonce: [u8; 32],
    /// Hashes of what is beside it.
    pub files: Vec<[u8; 32]>,
    /// Is it marked as about security?
    pub about_security: bool,
    /// The hashes that the entry tells of, sorted.
    pub list: Vec<[u8; 32]>,
    /// The entry.
    pub entry: EntryId,
    /// What the entry's audit half says.
    pub opening: Opening,
    /// The entry's receipt, a C2SP tlog-proof.
    pub receipt: String,
}

impl ReportProof {
    /// Does it prove this text? All but the receipt itself, which whoever has the log's key checks.
    #[must_use]
    pub fn proves(&self, text: &str, leaf: &[u8]) -> bool {
        self.is_of(text) && self.is_told(leaf).is_some()
    }

    /// Is this what was reported, with the files and the mark that it names?
    #[must_use]
    pub fn is_of(&self, text: &str) -> bool {
        super::mark(&self.nonce, text, self.about_security, self.files.iter()) == self.mark
    }

    /// When this leaf's entry was written, where it tells of a report of this hash.
    #[must_use]
    pub fn is_told(&self, leaf: &[u8]) -> Option<Millis> {
        let body = self.opening.told(leaf)?;
        let tells = self.list.contains(&self.mark) && body.told == Some(super::told(&self.list));
        tells.then_some(body.at)
    }
}

impl Vault {
    /// The proof of the report that has this code; none while it waits in the box, or for its place in the log.
    ///
    /// # Errors
    /// As [`Self::follow`]; `Tampered` where what is kept isn't what the log has.
    pub async fn report_proof(&self, tenant: TenantId, code: &ReceiptCode) -> Result<Option<ReportProof>, VaultError> {
        let case = self.coded(tenant, code).await?;
        if case.list.is_empty() {
            return Ok(None);
        }
        let row = self.store.entry(tenant, case.entry).await?.ok_or(VaultError::refused(Refusal::Tampered))?;
        let opening = open_opening(&self.keys(tenant)?.audit, row.id, &row.audit);
        let opening = opening.ok_or(VaultError::refused(Refusal::Tampered))?;
        let ReceiptAnswer::Ready(receipt) = self.receipt(tenant, case.entry).await? else { return Ok(None) };
        let files = case.files.iter().map(|(_, hash)| *hash).collect();
        let (mark, nonce, list) = (case.mark(), case.nonce, case.list.clone());
        let about_security = case.about_security;
        let proof = ReportProof { mark, nonce, files, about_security, list, entry: case.entry, opening, receipt };
        if !proof.proves(&case.text, &row.leaf) {
            return Err(VaultError::refused(Refusal::Tampered));
        }
        Ok(Some(proof))
    }

    /// Is what is kept of a report what its entry tells?
    pub(super) async fn is_logged(&self, tenant: TenantId, case: &Case) -> Result<bool, VaultError> {
        let Some(row) = self.store.entry(tenant, case.entry).await? else { return Ok(false) };
        let opening = open_opening(&self.keys(tenant)?.audit, row.id, &row.audit);
        let said = opening.and_then(|opening| opening.told(&row.leaf)).and_then(|body| body.told);
        Ok(said == Some(super::told(&case.list)) && case.list.contains(&case.mark()))
    }
}
