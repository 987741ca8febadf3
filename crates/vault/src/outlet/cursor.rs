//! How far an outlet was told: one row, replaced only by whoever read what stood there.

use super::id_of;
use crate::error::VaultError;
use crate::wiring::Vault;
use domain::{Millis, Refusal, TenantId};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Seals as _, StoreError, Tag};

/// How far back a new outlet begins, in milliseconds.
pub(super) const BEGINS_MS: i64 = 7 * 24 * 3_600_000;
/// The rest after the first failure and the longest one, in milliseconds.
const REST_MS: i64 = 1_000;
const LONGEST_REST_MS: i64 = 10 * 60_000;

/// The row: `next u64 ‖ failures u32 ‖ last i64 ‖ failing since i64 ‖ rests until i64 ‖ edited i64 ‖ gone u8`; moments that aren't are 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    id: [u8; 16],
    /// The first place that wasn't told yet.
    pub(super) next: u64,
    /// How often in a row it took nothing.
    pub(super) failures: u32,
    /// When it last took something, or began.
    pub(super) last: Millis,
    /// Since when it takes nothing.
    pub(super) since: Option<Millis>,
    rests_until: Millis,
    /// When a row was found that no node wrote.
    pub(super) edited: Option<Millis>,
    /// It said that it wants nothing any more.
    pub(super) gone: bool,
    /// The tag that stood there; none of a row that no node wrote.
    before: Option<Tag>,
}

fn moment(at: Option<Millis>) -> [u8; 8] {
    at.map_or(0, |at| at.0).to_be_bytes()
}

impl Cursor {
    pub(super) fn begin(id: [u8; 16], next: u64, last: Millis, edited: Option<Millis>) -> Self {
        let (since, rests_until) = (None, Millis(0));
        Self { id, next, failures: 0, last, since, rests_until, edited, gone: false, before: None }
    }

    pub(super) fn is_genuine(&self) -> bool {
        self.before.is_some()
    }

    pub(super) fn told(&mut self, next: u64, now: Millis) {
        *self = Self { next, failures: 0, last: now, since: None, rests_until: Millis(0), ..self.clone() };
    }

    /// Rests ever longer, and never as long as another one: `chance` takes off up to half.
    pub(super) fn failed(&mut self, now: Millis, chance: u16) {
        self.since = self.since.or(Some(now));
        let rest = REST_MS.saturating_mul(1 << self.failures.min(20)).min(LONGEST_REST_MS);
        self.rests_until = now.plus(rest - rest * i64::from(chance) / (2 * i64::from(u16::MAX)));
        self.failures = self.failures.saturating_add(1);
    }

    /// Does it rest? A clock that was set back keeps nobody waiting longer than the longest rest.
    pub(super) fn rests(&self, now: Millis) -> bool {
        (0..=LONGEST_REST_MS).contains(&self.rests_until.since(now)) && now < self.rests_until
    }

    /// Whose row it is.
    pub(super) fn is_of(&self, names: &std::collections::BTreeSet<String>) -> bool {
        names.iter().any(|name| id_of(name) == self.id)
    }

    /// Only over what was read, as an act's condition.
    pub(super) fn unchanged(&self) -> Condition {
        let key = AdmissionKey { kind: AdmissionKind::Outlet, id: self.id };
        Condition::Admission { key, tag: self.before, otherwise: Refusal::PowerChanged }
    }

    /// One that said that it wants nothing any more, begun anew.
    pub(super) fn again(&self, next: u64, now: Millis) -> Self {
        Self::begin(self.id, next, now, None)
    }

    pub(super) fn row(&self) -> AdmissionRow {
        let body = [
            self.next.to_be_bytes().as_slice(),
            &self.failures.to_be_bytes(),
            &self.last.0.to_be_bytes(),
            &moment(self.since),
            &self.rests_until.0.to_be_bytes(),
            &moment(self.edited),
            &[u8::from(self.gone)],
        ]
        .concat();
        let key = AdmissionKey { kind: AdmissionKind::Outlet, id: self.id };
        AdmissionRow { key, body, expires: Millis(i64::MAX), tag: [0; 16] }
    }

    fn read(row: &AdmissionRow) -> Option<Self> {
        let (next, rest) = row.body.split_first_chunk::<8>()?;
        let (failures, rest) = rest.split_first_chunk::<4>()?;
        let (last, rest) = rest.split_first_chunk::<8>()?;
        let (since, rest) = rest.split_first_chunk::<8>()?;
        let (rests_until, rest) = rest.split_first_chunk::<8>()?;
        let (edited, rest) = rest.split_first_chunk::<8>()?;
        let [gone] = rest else { return None };
        let moment = |bytes: &[u8; 8]| Some(Millis(i64::from_be_bytes(*bytes))).filter(|at| at.0 != 0);
        Some(Self {
            id: row.key.id,
            next: u64::from_be_bytes(*next),
            failures: u32::from_be_bytes(*failures),
            last: Millis(i64::from_be_bytes(*last)),
            since: moment(since),
            rests_until: Millis(i64::from_be_bytes(*rests_until)),
            edited: moment(edited),
            gone: *gone == 1,
            before: Some(row.tag),
        })
    }
}

impl Vault {
    /// An outlet's row; one that no node wrote comes as a beginning that isn't genuine.
    pub(super) async fn cursor(&self, tenant: TenantId, id: [u8; 16]) -> Result<Option<Cursor>, VaultError> {
        let key = AdmissionKey { kind: AdmissionKind::Outlet, id };
        let row = match self.store.admission(tenant, key).await {
            // A row of another shape is as little a node's as one with another tag.
            Err(StoreError::Damaged(_)) => return Ok(Some(Cursor::begin(id, 0, Millis(0), None))),
            row => row?,
        };
        let Some(row) = row else { return Ok(None) };
        let genuine = row.tag == self.seals.tag(tenant, "admission", &row.material());
        Ok(Some(Cursor::read(&row).filter(|_| genuine).unwrap_or(Cursor::begin(id, 0, Millis(0), None))))
    }

    /// The rows of outlets that said that they want nothing any more.
    pub(super) async fn gone_cursors(&self, tenant: TenantId) -> Result<Vec<Cursor>, VaultError> {
        let rows = self.all_admissions(tenant, AdmissionKind::Outlet).await?;
        let genuine = rows.iter().filter(|row| row.tag == self.seals.tag(tenant, "admission", &row.material()));
        Ok(genuine.filter_map(Cursor::read).filter(|cursor| cursor.gone).collect())
    }

    /// The same by the words of the settings.
    pub(super) async fn cursor_of(&self, tenant: TenantId, name: &str) -> Result<Option<Cursor>, VaultError> {
        self.cursor(tenant, id_of(name)).await
    }

    /// Keeps it, if it still is what was read; says whether it was.
    pub(super) async fn keep_cursor(&self, tenant: TenantId, cursor: &mut Cursor) -> Result<bool, VaultError> {
        let Some(before) = cursor.before else { return Ok(false) };
        let mut row = cursor.row();
        row.tag = self.seals.tag(tenant, "admission", &row.material());
        cursor.before = Some(row.tag);
        Ok(self.store.renew_admission(tenant, row, before).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let mut cursor = Cursor::begin([7; 16], 42, Millis(3), Some(Millis(9)));
        cursor.failed(Millis(1_000), 0);
        let read = Cursor::read(&cursor.row()).unwrap();
        assert_eq!(read, Cursor { before: Some([0; 16]), ..cursor });
        assert!(Cursor::read(&AdmissionRow { body: vec![0; 44], ..read.row() }).is_none());
    }

    #[test]
    fn rests_grow_to_ten_minutes_differ_by_chance_and_no_clock_makes_them_longer() {
        let mut cursor = Cursor::begin([0; 16], 0, Millis(0), None);
        let mut rests = Vec::new();
        for _ in 0..14 {
            cursor.failed(Millis(5), 0);
            rests.push(cursor.rests_until.0 - 5);
        }
        assert!(rests.is_sorted() && rests[0] == 1_000 && rests[13] == LONGEST_REST_MS, "{rests:?}");
        assert_eq!(cursor.since, Some(Millis(5)));
        cursor.failed(Millis(5), u16::MAX);
        assert_eq!(cursor.rests_until.0 - 5, LONGEST_REST_MS / 2);
        assert!(cursor.rests(Millis(6)) && !cursor.rests(cursor.rests_until));
        assert!(!cursor.rests(Millis(-LONGEST_REST_MS)), "a clock that was set back");
        cursor.told(3, Millis(8));
        assert_eq!((cursor.next, cursor.failures, cursor.last, cursor.since), (3, 0, Millis(8), None));
    }
}
