//! What the last run came to, in a row under a tag: so that no node begins another on the same day, and security sees it.

use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{Millis, TenantId};
use minicbor::{Decoder, Encoder};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Effect, Seals};

/// There is one row, and it stays until the next run replaces it.
const KEY: AdmissionKey = AdmissionKey { kind: AdmissionKind::RetentionRun, id: [0; 16] };
const NEVER: Millis = Millis(i64::MAX);

/// A way through all customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionRun {
    /// When it began.
    pub begun: Millis,
    /// Was nothing destroyed, only counted?
    pub rehearsed: bool,
    /// Customers that were looked at: those who are old enough for something of theirs to have expired.
    pub looked_at: u64,
    /// Customers destroyed; of a rehearsal, those who are due.
    pub customers: u64,
    /// Values that were theirs, and those that went of customers who stay.
    pub values: u64,
    /// Customers who stay as they are because of a legal hold, although something of theirs has expired.
    pub held: u64,
    /// Customers who stay because a row of theirs was edited.
    pub doubtful: u64,
}

impl RetentionRun {
    pub(super) fn begun(begun: Millis, rehearsed: bool) -> Self {
        Self { begun, rehearsed, looked_at: 0, customers: 0, values: 0, held: 0, doubtful: 0 }
    }

    /// `[begun, rehearsed, looked at, customers, values, held, doubtful]`
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        // Writing to a vector can't fail: the error type has no values.
        let _: Result<(), minicbor::encode::Error<core::convert::Infallible>> = self.write(&mut Encoder::new(&mut out));
        out
    }

    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        e.array(7)?.i64(self.begun.0)?.bool(self.rehearsed)?;
        for number in [self.looked_at, self.customers, self.values, self.held, self.doubtful] {
            e.u64(number)?;
        }
        Ok(())
    }

    fn read(body: &[u8]) -> Result<Self, minicbor::decode::Error> {
        let mut d = Decoder::new(body);
        d.array()?;
        let (begun, rehearsed) = (Millis(d.i64()?), d.bool()?);
        let (looked_at, customers, values) = (d.u64()?, d.u64()?, d.u64()?);
        Ok(Self { begun, rehearsed, looked_at, customers, values, held: d.u64()?, doubtful: d.u64()? })
    }
}

impl Vault {
    /// The run is over: it counts from its entry on.
    pub(super) async fn keep_run(&self, tenant: TenantId, run: &RetentionRun) -> Result<(), VaultError> {
        let row = AdmissionRow { key: KEY, body: run.encode(), expires: NEVER, tag: [0; 16] };
        let act = self.bare_act(tenant, Kind::RetentionRun)?.detail(if run.rehearsed { 0 } else { run.customers });
        self.commit_plain(act.effect(Effect::PutAdmission(row))).await.map(drop)
    }

    /// The last run; none where there was none yet, or its row was edited: then there is another.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn last_retention(&self, tenant: TenantId) -> Result<Option<RetentionRun>, VaultError> {
        let row = self.store.admission(tenant, KEY).await?;
        let row = row.filter(|row| row.tag == self.seals.tag(tenant, "admission", &row.material()));
        Ok(row.and_then(|row| RetentionRun::read(&row.body).ok()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_as_it_was_kept() {
        let run = RetentionRun {
            begun: Millis(7),
            rehearsed: true,
            looked_at: 300,
            customers: 5,
            values: 40,
            held: 2,
            doubtful: 1,
        };
        assert_eq!(RetentionRun::read(&run.encode()).unwrap(), run);
        assert!(RetentionRun::read(b"").is_err());
    }
}
