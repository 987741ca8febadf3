//! The certificate of an erasure: what was destroyed and when, that it is in the log, and by when no backup opens it either.
//! It needs no trust in who hands it over: the log's signed checkpoint covers the entry, and the entry's opened audit half says
//! the rest. It names nobody; whoever was erased has its number, which is the entry's.

use crate::auth::Scope;
use crate::erase::SHELF_LIFE_MS;
use crate::error::VaultError;
use crate::private::entry::{AuditBody, Kind, Opening, open_opening};
use crate::receipt::ReceiptAnswer;
use crate::wiring::Vault;
use domain::{EntryId, Millis, Refusal, TenantId};

/// What an erasure leaves, in one sentence. By the centre's word: no entry tells of it.
pub const KEPT_DIGEST: &str = "Of each e-mail address and phone number a digest that nobody can read back is kept for three years, so that no \
    old file brings them back.";

/// What an entry says was destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destroyed {
    /// When.
    pub at: Millis,
    /// By itself, because all of it had expired; else because a data protection officer was asked to.
    pub expired: bool,
    /// How many values it was, where the entry tells.
    pub values: Option<u64>,
    /// By when the shelf key is destroyed that wraps the customer's keys in every backup.
    pub backups_unreadable_by: Millis,
}

/// What an entry's audit half says was destroyed; `None` if it tells of something else, or of a refusal.
#[must_use]
pub fn destroyed(body: &AuditBody) -> Option<Destroyed> {
    let backups_unreadable_by = body.at.plus(SHELF_LIFE_MS);
    let (expired, values) = match body.kind {
        // Without a number it is the step before.
        Kind::Erasure => (false, body.detail.map(|_| None)?),
        Kind::Expired => (true, body.detail),
        _ => return None,
    };
    body.decision.is_ok().then_some(Destroyed { at: body.at, expired, values, backups_unreadable_by })
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The erasure's entry.
    pub entry: EntryId,
    /// What it says.
    pub destroyed: Destroyed,
    /// Have all shelf keys gone that there were then? By the key holder's word: the log holds an entry for each.
    pub backups_unreadable: bool,
    /// The entry's audit half, opened.
    pub opening: Opening,
    /// That the entry is in the log: a C2SP tlog-proof.
    pub proof: String,
}

/// A certificate, or not yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateAnswer {
    /// Here it is.
    Ready(Box<Certificate>),
    /// The entry is durable and will be in the log in a moment.
    Pending,
}

impl Vault {
    /// Gives the certificate of an erasure, for who erases and for who reads the log. Logged, as it tells what an entry says.
    ///
    /// # Errors
    /// The refusal with its entry: by the rules, and `NotFound` where the entry is no erasure, or none that was done.
    pub async fn erasure_certificate(&self, scope: &Scope, entry: EntryId) -> Result<CertificateAnswer, VaultError> {
        let act = self.act(scope, Kind::CertificateGiven)?;
        if let (Err(denial), Err(_)) = (self.may(scope, policy::Act::Erase), self.may(scope, policy::Act::ReadLog)) {
            return Err(self.logged_denial(act, &denial).await);
        }
        match self.certified(scope.tenant, entry).await {
            Err(VaultError::Refused { refusal: Refusal::NotFound, .. }) => {
                Err(self.logged(act, Refusal::NotFound).await)
            }
            Ok(CertificateAnswer::Ready(certificate)) => {
                self.commit_plain(act).await?;
                Ok(CertificateAnswer::Ready(certificate))
            }
            other => other,
        }
    }

    /// What is known of an erasure by now; `NotFound`, without an entry, where the entry tells of none.
    pub(crate) async fn certified(&self, tenant: TenantId, entry: EntryId) -> Result<CertificateAnswer, VaultError> {
        let Some((opening, destroyed)) = self.opened_erasure(tenant, entry).await? else {
            return Err(VaultError::refused(Refusal::NotFound));
        };
        let ReceiptAnswer::Ready(proof) = self.receipt(tenant, entry).await? else {
            return Ok(CertificateAnswer::Pending);
        };
        let shelves = self.holder.shelves(tenant).await?;
        let backups_unreadable = shelves.iter().all(|shelf| shelf.made.since(destroyed.at) > 0);
        let certificate = Certificate { entry, destroyed, backups_unreadable, opening, proof };
        Ok(CertificateAnswer::Ready(Box::new(certificate)))
    }

    async fn opened_erasure(
        &self,
        tenant: TenantId,
        entry: EntryId,
    ) -> Result<Option<(Opening, Destroyed)>, VaultError> {
        let Some(row) = self.store.entry(tenant, entry).await? else { return Ok(None) };
        let opening = open_opening(&self.keys(tenant)?.audit, row.id, &row.audit);
        let opened = opening.and_then(|opening| Some((opening.told(&row.leaf)?, opening)));
        Ok(opened.and_then(|(body, opening)| Some((opening, destroyed(&body)?))))
    }
}
