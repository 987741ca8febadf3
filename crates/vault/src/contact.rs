//! Values that customers corrected themselves: for three days they vouch for nobody, and never while the customer is guarded.
//!
//! Such a value's version is the moment of the correction in milliseconds; one that came in otherwise counts its replacements
//! from 1. The key of an envelope is derived for one version, and the tag of an index row covers the moment: so whoever edits the
//! database makes neither older. Where a value is opened, its version is a condition of the commit.

use crate::error::VaultError;
use crate::wiring::{Act, Vault};
use domain::field::{IndexKind, SearchTerm};
use domain::{CustomerId, FieldKind, Millis, Refusal, TenantId};
use store::{Condition, FieldRef, FieldRow, IndexRow, Seals};

/// How long a corrected value vouches for nobody, in milliseconds.
pub(crate) const SETTLES_MS: i64 = 72 * 3_600_000;
/// Versions from here on are moments; it is one in 2004, and more replacements than there ever are.
const MOMENTS: u64 = 1 << 40;

/// When the customer corrected a value of this version; none where it came in otherwise.
pub(crate) fn corrected_at(version: u64) -> Option<Millis> {
    (version >= MOMENTS).then(|| Millis(i64::try_from(version).unwrap_or(i64::MAX)))
}

/// The version of a value that is corrected now.
pub(crate) fn version_at(now: Millis, before: u64) -> u64 {
    u64::try_from(now.0).unwrap_or_default().max(MOMENTS).max(before.saturating_add(1))
}

impl Vault {
    /// Is it long enough that the customer corrected a value of this version, or did they never?
    pub(crate) fn is_settled(&self, version: u64) -> bool {
        corrected_at(version).is_none_or(|at| self.clock.now().since(at) >= SETTLES_MS)
    }

    /// From when on a value of this version vouches for its customer, where it doesn't yet.
    pub(crate) fn settles_at(&self, version: u64) -> Option<Millis> {
        corrected_at(version).map(|at| at.plus(SETTLES_MS)).filter(|at| *at > self.clock.now())
    }

    /// What must hold before who knows this value, or has this number or address, is taken for the customer.
    pub(crate) async fn vouching(&self, tenant: TenantId, field: FieldRef) -> Result<Vec<Condition>, VaultError> {
        let rows = self.store.fields(tenant, field.customer).await?;
        let is_it = |row: &&FieldRow| (row.field, row.instance) == (field.field, field.instance);
        let Some(FieldRow { version, .. }) = rows.iter().find(is_it) else { return Ok(Vec::new()) };
        if !self.is_settled(*version) {
            return Ok(vec![Condition::Never(Refusal::ContactUnsure)]);
        }
        let mut when = vec![Condition::FieldVersion(field, *version)];
        if corrected_at(*version).is_some() {
            when.push(Condition::Unguarded { customer: field.customer, otherwise: Refusal::ContactUnsure });
        }
        Ok(when)
    }

    /// What is added before a value is shown to staff, or a second person is asked for it: an account that its customer corrected is
    /// shown once it vouches, as who reads their mail would have the next refund paid to themselves. Other kinds are shown at once: that is what they
    /// were corrected for.
    pub(crate) async fn once_payable(
        &self,
        mut act: Act,
        (customer, kind, instance): (CustomerId, FieldKind, u32),
    ) -> Result<Act, VaultError> {
        if kind == FieldKind::BankAccount {
            let when = self.vouching(act.tenant, FieldRef { customer, field: kind.code(), instance }).await?;
            act.when.extend(when);
        }
        Ok(act)
    }

    /// Who has this number or address, and nobody else has. One that came with the data goes before those that were corrected
    /// to be the same: so nobody takes another's away. A corrected one counts once it vouches.
    pub(crate) async fn only_one_at(
        &self,
        tenant: TenantId,
        term: &SearchTerm,
    ) -> Result<Option<CustomerId>, VaultError> {
        let found = self.found_since(tenant, term).await?;
        let came: Vec<CustomerId> =
            found.iter().filter(|(_, at)| at.is_none()).map(|(customer, _)| *customer).collect();
        match (came.as_slice(), found.as_slice()) {
            ([only], _) => Ok(Some(*only)),
            ([], [(only, Some(at))]) if self.clock.now().since(*at) >= SETTLES_MS => {
                let guarded = self.is_guarded(tenant, *only).await?;
                Ok((!guarded).then_some(*only))
            }
            _ => Ok(None),
        }
    }

    /// When the customer themselves put a row into the index, by a correction; none where it came with the data.
    ///
    /// # Errors
    /// `Refused(Tampered)` for an edited row, and for one whose value was made older.
    pub(crate) async fn put_there(&self, tenant: TenantId, row: &IndexRow) -> Result<Option<Millis>, VaultError> {
        let came = IndexRow::material(row.kind, &row.mac, row.customer);
        if row.tag == self.seals.tag(tenant, "index", &came) {
            return Ok(None);
        }
        let rows = self.store.fields(tenant, row.customer).await?;
        let mut moments = rows.iter().filter_map(|field| corrected_at(field.version));
        let at = moments.find(|at| row.tag == self.corrected_row(tenant, (row.kind, row.mac), row.customer, *at).tag);
        at.map(Some).ok_or(VaultError::refused(Refusal::Tampered))
    }

    /// The index row of a value that its customer corrected at this moment, which the tag covers where the customer is known by
    /// the value alone.
    pub(crate) fn corrected_row(
        &self,
        tenant: TenantId,
        (kind, mac): (u16, [u8; 16]),
        customer: CustomerId,
        at: Millis,
    ) -> IndexRow {
        let mut material = IndexRow::material(kind, &mac, customer).to_vec();
        if [IndexKind::Phone.code(), IndexKind::Email.code()].contains(&kind) {
            material.extend_from_slice(&at.0.to_be_bytes());
        }
        IndexRow { kind, mac, customer, tag: self.seals.tag(tenant, "index", &material) }
    }
}
