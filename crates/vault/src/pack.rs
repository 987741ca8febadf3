//! Partner packs: what a buyer is shown of a deployment, bound to the buyer's own nonce and to the log.
//!
//! A pack is made elsewhere, of what this deployment tells. Here it becomes an entry: what the nonce hashes to, and what the list of its
//! parts hashes to. So the log's own signature, and its witnesses', are the pack's: no key exists that signs packs and could be lent.
//! The drills that were tried for it are entries that name the same nonce, which nobody knew before the buyer chose it.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::{AuditBody, Kind, Opening, PackNote, open_opening};
use crate::receipt::ReceiptAnswer;
use crate::wiring::Vault;
use domain::{EntryId, Millis, Refusal, TenantId};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Effect, Seals};

/// The one row of a tenant.
const KEY: AdmissionKey = AdmissionKey { kind: AdmissionKind::Pack, id: [0; 16] };
/// The shortest and the longest nonce that a buyer gives, in characters: a shorter one could be guessed and tried for beforehand.
pub const NONCE_CHARACTERS: core::ops::RangeInclusive<usize> = 16..=128;

/// What a buyer's nonce is called in the log, which never has the nonce itself; `None` if it is none: 16 to 128 visible characters of
/// ASCII, without spaces.
#[must_use]
pub fn nonce_mark(nonce: &str) -> Option<[u8; 32]> {
    let fits = NONCE_CHARACTERS.contains(&nonce.len()) && nonce.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| keys::hash(&[b"rf1/pack nonce", nonce.as_bytes()]))
}

/// The pack that was built last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltPack {
    /// When.
    pub at: Millis,
    /// Its entry.
    pub entry: EntryId,
}

impl BuiltPack {
    /// `at i64 ‖ entry[16]`.
    fn row(self) -> AdmissionRow {
        let body = [self.at.0.to_be_bytes().as_slice(), &self.entry.0].concat();
        AdmissionRow { key: KEY, body, expires: Millis(i64::MAX), tag: [0; 16] }
    }

    fn read(row: &AdmissionRow) -> Option<Self> {
        let (at, entry) = row.body.split_first_chunk::<8>()?;
        Some(Self { at: Millis(i64::from_be_bytes(*at)), entry: EntryId(entry.try_into().ok()?) })
    }
}

/// An entry of a pack's, with what shows somebody outside that the log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Its audit half, opened.
    pub opening: Opening,
    /// A C2SP tlog-proof.
    pub proof: String,
}

/// A proof, or not yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProvenAnswer {
    /// Here it is.
    Ready(Box<Proven>),
    /// The entry is durable and will be in the log in a moment.
    Pending,
}

/// May this be told to a partner? Drills and packs say nothing of anybody's customers.
fn is_told(body: &AuditBody) -> bool {
    matches!(body.kind, Kind::DrillTold | Kind::PackBuilt) && body.decision.is_ok()
}

impl Vault {
    /// Notes that a pack was built: for this nonce, with parts whose list hashes to this.
    ///
    /// # Errors
    /// The refusal with its entry for who isn't security; if the store fails.
    pub async fn build_pack(&self, scope: &Scope, nonce: [u8; 32], manifest: [u8; 32]) -> Result<EntryId, VaultError> {
        let mut act = self.permitted(scope, policy::Act::BuildPack, Kind::PackBuilt).await?;
        let built = BuiltPack { at: act.draft.at, entry: act.draft.id };
        act.draft.pack = Some(Box::new(PackNote { nonce, manifest: Some(manifest) }));
        self.commit_plain(act.effect(Effect::PutAdmission(built.row()))).await
    }

    /// May this person have packs built?
    ///
    /// # Errors
    /// The refusal with its entry.
    pub async fn builds_packs(&self, scope: &Scope) -> Result<(), VaultError> {
        self.permitted(scope, policy::Act::BuildPack, Kind::PackBuilt).await.map(drop)
    }

    /// What shows a partner that an entry of a drill or a pack is in the log and says what it says. No entry: it says nothing of anybody.
    ///
    /// # Errors
    /// The refusal with its entry for who isn't security; `NotFound` for another kind of entry, and for none.
    pub async fn pack_proof(&self, scope: &Scope, entry: EntryId) -> Result<ProvenAnswer, VaultError> {
        self.builds_packs(scope).await?;
        let row = self.store.entry(scope.tenant, entry).await?.ok_or(VaultError::refused(Refusal::NotFound))?;
        let opening = open_opening(&self.keys(scope.tenant)?.audit, row.id, &row.audit);
        let opening = opening.filter(|opening| opening.told(&row.leaf).is_some_and(|body| is_told(&body)));
        let opening = opening.ok_or(VaultError::refused(Refusal::NotFound))?;
        Ok(match self.receipt(scope.tenant, entry).await? {
            ReceiptAnswer::Pending => ProvenAnswer::Pending,
            ReceiptAnswer::Ready(proof) => ProvenAnswer::Ready(Box::new(Proven { opening, proof })),
        })
    }

    /// The pack that was built last; none where there was none, or its row was edited.
    pub(crate) async fn built_pack(&self, tenant: TenantId) -> Result<Option<BuiltPack>, VaultError> {
        let row = self.store.admission(tenant, KEY).await?;
        let row = row.filter(|row| row.tag == self.seals.tag(tenant, "admission", &row.material()));
        Ok(row.as_ref().and_then(BuiltPack::read))
    }
}
