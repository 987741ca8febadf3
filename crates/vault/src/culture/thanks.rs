//! What came of what a customer told us: who says "I was not in touch" reads on their own page what security found.
//!
//! What a customer told lies in a row whose name ends with the customer's key; what security found, in a row of the report's. So neither
//! staff nor whoever reads the database learns by it who told.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::me::CustomerScope;
use crate::private::entry::{EntryKeys, Kind};
use crate::wiring::Vault;
use domain::{EntryId, Found, Millis, Refusal, ReportId, TenantId};
use keys::derive::{mac, short};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, Seals};

/// For how long a customer reads it, in milliseconds: a year.
const KEPT_MS: i64 = 365 * super::DAY_MS;
/// How many of theirs are remembered, the newest.
const REMEMBERED: usize = 20;
const TOLD: &[u8] = b"rf1/told";
const FOUND: &[u8] = b"rf1/found";

/// Something that a customer told us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnNews {
    /// When they did.
    pub at: Millis,
    /// What security found; none while they are looking.
    pub found: Option<Found>,
}

impl Vault {
    fn found_key(&self, tenant: TenantId, report: ReportId) -> Result<AdmissionKey, VaultError> {
        let id = short(mac(&self.keys(tenant)?.claim, &[b"found", &report.0]));
        Ok(AdmissionKey { kind: AdmissionKind::ReportAnswer, id })
    }

    /// What a row says, if it is genuine.
    fn opened_row(&self, tenant: TenantId, what: &[u8], row: &AdmissionRow) -> Option<Vec<u8>> {
        let genuine = row.tag == self.seals.tag(tenant, "admission", &row.material());
        let plain = genuine.then(|| self.open_text(tenant, what, &row.key.id, &row.body).ok()).flatten();
        plain.map(|plain| plain.to_vec())
    }

    /// What a customer told, newest first, and the row it lies in.
    async fn told_by(
        &self,
        tenant: TenantId,
        keys: &EntryKeys,
    ) -> Result<(AdmissionKey, Vec<ReportId>, Option<AdmissionRow>), VaultError> {
        let key = AdmissionKey { kind: AdmissionKind::OwnReports, id: self.own_name(keys, b"told") };
        let row = self.store.admission(tenant, key).await?;
        let plain = row.as_ref().and_then(|row| self.opened_row(tenant, TOLD, row)).unwrap_or_default();
        let (ids, _) = plain.as_chunks::<16>();
        Ok((key, ids.iter().map(|id| ReportId(*id)).collect(), row))
    }

    /// The commit remembers for the customer that they told this.
    pub(crate) async fn remembers(
        &self,
        tenant: TenantId,
        keys: &EntryKeys,
        report: ReportId,
    ) -> Result<(Condition, Effect), VaultError> {
        let (key, told, row) = self.told_by(tenant, keys).await?;
        let told = core::iter::once(report).chain(told).take(REMEMBERED);
        let plain: Vec<u8> = told.flat_map(|report| report.0).collect();
        let body = self.seal_text(tenant, TOLD, &key.id, &plain)?;
        let unchanged = Condition::Admission { key, tag: row.map(|row| row.tag), otherwise: Refusal::PowerChanged };
        let kept = AdmissionRow { key, body, expires: self.clock.now().plus(KEPT_MS), tag: [0; 16] };
        Ok((unchanged, Effect::PutAdmission(kept)))
    }

    /// What came of what this customer told us, newest first.
    ///
    /// # Errors
    /// `Unauthenticated` if the customer is gone; if the store fails.
    pub async fn own_news(&self, scope: &CustomerScope) -> Result<Vec<OwnNews>, VaultError> {
        let tenant = scope.tenant();
        let keys = self.entry_keys(tenant, scope.customer()).await?.ok_or(VaultError::Unauthenticated)?;
        let (_, told, _) = self.told_by(tenant, &keys).await?;
        let mut news = Vec::with_capacity(told.len());
        for report in told {
            let row = self.store.admission(tenant, self.found_key(tenant, report)?).await?;
            let found = row.and_then(|row| self.opened_row(tenant, FOUND, &row));
            let found = found.and_then(|plain| Found::from_code(*plain.first()?));
            news.push(OwnNews { at: report.minted(), found });
        }
        Ok(news)
    }

    /// Says what security found of a report; who told reads it. Said again, the later one counts.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules for who may not guard customers; `NotFound` for no report.
    pub async fn answer_report(&self, scope: &Scope, report: ReportId, found: Found) -> Result<EntryId, VaultError> {
        let act = self.permitted(scope, policy::Act::Guard, Kind::ReportAnswered).await?.detail(found as u64);
        let next = ReportId(u128::from_be_bytes(report.0).saturating_add(1).to_be_bytes());
        let there = self.store.reports(scope.tenant, Some(next), 1).await?;
        if there.items.first().is_none_or(|row| row.id != report) {
            return Err(self.logged(act, Refusal::NotFound).await);
        }
        let key = self.found_key(scope.tenant, report)?;
        let body = self.seal_text(scope.tenant, FOUND, &key.id, &[found as u8])?;
        let row = AdmissionRow { key, body, expires: act.draft.at.plus(KEPT_MS), tag: [0; 16] };
        self.commit_plain(act.effect(Effect::PutAdmission(row))).await
    }
}
