//! Legal holds: a customer who is needed for a claim, an authority or as evidence of fraud is neither expired nor erased. Two
//! officers, of data protection or of security, must ask for the same, and two for its end.
//!
//! The mark lies in the customer's row under the tag of their state.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::twice::{MarkSet, Wish};
use crate::wiring::{Act, Vault};
use domain::{CustomerId, Hold};
use store::{AdmissionKind, Condition, Effect};

/// Officers are who erases and who changes people and rights, as the rules say.
const OFFICERS: [policy::Act; 2] = [policy::Act::Erase, policy::Act::ChangePower];

impl Vault {
    /// Asks that a customer be held for a reason, or that they be held no longer; it is so once a second officer asks for the
    /// same within seven days. Logged with the reason, also in the customer's own half of the log.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules, `NotFound` for no such customer, `Tampered` where their row was edited,
    /// `NotASecondOfficer` at the browser at which the first one asked, and for a program; `PowerChanged` where somebody else asked in this very moment.
    pub async fn hold(&self, scope: &Scope, customer: CustomerId, hold: Option<Hold>) -> Result<MarkSet, VaultError> {
        let keys = self.entry_keys(scope.tenant, customer).await?;
        let code = hold.map_or(0, |hold| hold as u8);
        let about = |kind| -> Result<Act, VaultError> {
            Ok(self.act(scope, kind)?.about(customer, None, 0, keys.clone()).detail(code.into()))
        };
        let [erases, governs] = OFFICERS;
        if let Err(denial) = self.may(scope, erases).or_else(|_| self.may(scope, governs)) {
            return Err(self.logged_denial(about(Kind::HoldAsked)?, &denial).await);
        }
        let wish = Wish { kind: AdmissionKind::HoldAsked, of: customer.0, code };
        let word = match self.word(scope, &wish, &OFFICERS).await {
            Err(VaultError::Refused { refusal, .. }) => {
                return Err(self.logged(about(Kind::HoldAsked)?, refusal).await);
            }
            word => word?,
        };
        let exists = Condition::CustomerExists(customer);
        let Some(first) = word.first else {
            let waits_until = Some(word.until);
            let receipt = self.commit_plain(word.on(about(Kind::HoldAsked)?.when(exists))).await?;
            return Ok(MarkSet { receipt, waits_until });
        };
        let kind = if hold.is_some() { Kind::HoldPlaced } else { Kind::HoldLifted };
        let act = word.on(about(kind)?.upon(first).when(exists)).effect(Effect::Hold(customer, hold));
        Ok(MarkSet { receipt: self.commit_plain(act).await?, waits_until: None })
    }
}
