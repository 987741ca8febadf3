//! Taking customers in: parsed values go in sealed, with their masks and index rows; nothing comes out. Who was erased doesn't come in again
//! by an old file (`tombstone.rs`).

use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::private::sealing;
use crate::private::sheet::{self, Masked};
use crate::tombstone::{Digests, Findable};
use crate::wiring::{Operator, Vault};
use domain::field::Incoming;
use domain::{CustomerId, FieldKind, Guard, Refusal, TenantId};
use keys::{Header, Place, SealRequest, Shelved};
use std::collections::{BTreeMap, BTreeSet};
use store::{
    AdmissionKey, AdmissionKind, AdmissionRow, Condition, CustomerRow, Effect, FieldRow, IndexRow, SHEET, Seals,
};
use zeroize::Zeroizing;

/// For how long, in milliseconds, an import that was broken off can still be ended.
const KEPT_MS: i64 = 30 * 24 * 3_600_000;
/// Rows read at a time.
const PAGE: u32 = 500;

/// One customer's values, in the order they were given.
pub struct NewRecord {
    /// The values.
    pub values: Vec<Incoming>,
    /// Why they are guarded, if they are. Of staged records: from [`Vault::finish_intake`] on, before anybody finds them.
    pub guard: Option<Guard>,
    /// The kinds whose keeping the customer agreed to, where the data plan asks for that.
    pub agreed: BTreeSet<FieldKind>,
    /// The day on which it was made at its source, where that is known: one of a later day than its customer's erasure is taken in.
    pub since: Option<plan::Date>,
}

/// Rows of one file that are committed together.
pub struct IntakeBatch {
    /// Digest of file and map: names the import.
    pub import: [u8; 16],
    /// How many rows of the file are done with this batch.
    pub rows_done: u64,
    /// The customers.
    pub records: Vec<NewRecord>,
    /// Whether index rows wait for [`Vault::finish_intake`]; else they count at once.
    pub staged: bool,
}

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenIn {
    /// The new customers' ids, in order.
    pub customers: Vec<CustomerId>,
    /// The places, from 0, of the records that were set aside: somebody with the same e-mail address or number was erased.
    pub set_aside: BTreeSet<usize>,
}

/// Why a record can't be taken in.
pub type IntakeError = VaultError;

struct Piece {
    place: Place,
    plain: Zeroizing<Vec<u8>>,
}

impl Vault {
    /// Seals and stores a batch in one transaction with one entry. Gives the new customers' ids, and which records were set aside: these
    /// count as done.
    ///
    /// # Errors
    /// As [`Vault::take_in_telling`].
    pub async fn take_in(&self, operator: &Operator, batch: IntakeBatch) -> Result<TakenIn, VaultError> {
        self.take_in_telling(operator, batch, |_| true).await
    }

    /// The same; `told` hears which are set aside before anything is kept, as nobody hears of them again.
    ///
    /// # Errors
    /// `Stopping` if `told` says that it can't go on; `Unfit` with its entry if the data plan doesn't have one of the kinds today: then nothing of the batch was kept. If the store or the key holder fails: then nothing of the batch was kept.
    pub async fn take_in_telling(
        &self,
        operator: &Operator,
        batch: IntakeBatch,
        told: impl FnOnce(&BTreeSet<usize>) -> bool,
    ) -> Result<TakenIn, VaultError> {
        let tenant = operator.tenant;
        self.planned_intake(tenant, &batch.records).await?;
        let IntakeBatch { import, rows_done, records, staged } = batch;
        let findable: Vec<Findable> = records.iter().map(|record| Findable::of(&record.values)).collect();
        let digests = self.digests(tenant, &findable).await?;
        let set_aside = self.set_aside(tenant, &records, &digests).await?;
        if !told(&set_aside) {
            return Err(VaultError::Stopping);
        }
        let all = records.into_iter().zip(digests).enumerate().filter(|(place, _)| !set_aside.contains(place));
        let (records, digests): (Vec<NewRecord>, Vec<Digests>) = all.map(|(_, one)| one).unzip();
        let customers: Vec<CustomerId> =
            records.iter().map(|_| CustomerId::mint(&*self.clock, &*self.entropy)).collect();
        let shelves: Vec<Shelved> =
            self.holder.enrol(tenant, &customers).await?.into_iter().map(|new| new.shelved).collect();
        let mut act = self.bare_act(tenant, Kind::Import)?.detail(customers.len() as u64);
        for ((customer, shelved), effect) in customers.iter().zip(&shelves).map(|pair| (pair, Effect::PutCustomer)) {
            act.effects.push(effect(*customer, CustomerRow { epoch: shelved.epoch, wrapped: shelved.wrapped.clone() }));
        }
        act.effects.extend(self.sealed_fields(tenant, &customers, &shelves, &records).await?);
        act.effects.extend(self.index_effects(tenant, &customers, &digests, staged));
        let guarded = customers.iter().zip(&records);
        let guarded = guarded.filter_map(|(customer, record)| Some((*customer, record.guard?)));
        act.effects.extend(guarded.map(|(customer, guard)| Effect::PutAdmission(self.to_guard(customer, guard))));
        for (customer, record) in customers.iter().zip(&records) {
            let answers = self.agreed_with_data(tenant, *customer, &record.agreed)?;
            act.effects.extend(answers.map(Effect::PutAdmission));
        }
        act.effects.push(Effect::PutProgress { import, rows: rows_done });
        self.commit_plain(act).await?;
        Ok(TakenIn { customers, set_aside })
    }

    /// Begins an import, or goes on with one. Each batch of it is an entry of its own.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn begin_intake(&self, operator: &Operator) -> Result<(), VaultError> {
        self.commit_plain(self.bare_act(operator.tenant, Kind::ImportBegun)?).await.map(drop)
    }

    /// Ends an import: who is to be guarded is, then staged index rows go into the index in sorted order. So nobody finds a
    /// guarded customer before.
    ///
    /// # Errors
    /// If the store fails; then it can be asked again.
    pub async fn finish_intake(&self, operator: &Operator) -> Result<u64, VaultError> {
        self.guard_imported(operator.tenant).await?;
        let merged = self.store.merge_index(operator.tenant).await?;
        self.commit_plain(self.bare_act(operator.tenant, Kind::ImportEnded)?.detail(merged)).await?;
        Ok(merged)
    }

    /// How many rows of an import are done.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn intake_progress(&self, operator: &Operator, import: [u8; 16]) -> Result<u64, VaultError> {
        Ok(self.store.progress(operator.tenant, import).await?)
    }

    /// That this customer is to be guarded, until they are.
    fn to_guard(&self, customer: CustomerId, guard: Guard) -> AdmissionRow {
        let key = AdmissionKey { kind: AdmissionKind::GuardImported, id: customer.0 };
        AdmissionRow { key, body: vec![guard as u8], expires: self.clock.now().plus(KEPT_MS), tag: [0; 16] }
    }

    /// Guards whom the file names. Each is an entry, of nobody's: the import's own says whose it was.
    async fn guard_imported(&self, tenant: TenantId) -> Result<(), VaultError> {
        let mut after = None;
        loop {
            let rows = self.store.admissions(tenant, AdmissionKind::GuardImported, after, PAGE).await?;
            after = rows.last().map(|row| row.key.id).filter(|_| rows.len() == PAGE as usize);
            for row in rows {
                let (customer, tag) = (CustomerId(row.key.id), row.tag);
                let Some(guard) = row.body.first().and_then(|code| Guard::from_code(*code)) else { continue };
                let keys = self.entry_keys(tenant, customer).await?;
                let unchanged = Condition::Admission { key: row.key, tag: Some(tag), otherwise: Refusal::PowerChanged };
                let done = AdmissionRow { body: Vec::new(), expires: self.clock.now(), ..row };
                let act = self.bare_act(tenant, Kind::CustomerGuarded)?.about(customer, None, 0, keys);
                let act = act.detail(guard as u64).when(Condition::CustomerExists(customer)).when(unchanged);
                match self
                    .commit_plain(act.effect(Effect::Guard(customer, Some(guard))).effect(Effect::PutAdmission(done)))
                    .await
                {
                    // Erased since, or another import has done it.
                    Ok(_) | Err(VaultError::Refused { refusal: Refusal::NotFound | Refusal::PowerChanged, .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn sealed_fields(
        &self,
        tenant: TenantId,
        customers: &[CustomerId],
        shelves: &[Shelved],
        records: &[NewRecord],
    ) -> Result<Vec<Effect>, VaultError> {
        let mut pieces = Vec::with_capacity(records.len() * 8);
        for (customer, (record, shelved)) in customers.iter().zip(records.iter().zip(shelves)) {
            pieces.extend(pieces_of(tenant, *customer, record).into_iter().map(|piece| (piece, shelved)));
        }
        let requests: Vec<SealRequest<'_>> =
            pieces.iter().map(|(piece, shelved)| self.to_seal(shelved, piece.place)).collect();
        let keys = self.holder.seal(&requests).await?;
        let seal = |((piece, _), (header, okm)): (&(Piece, &Shelved), (Header, keys::Okm))| {
            let Place { customer, field, instance, version, .. } = piece.place;
            let sealed = sealing::seal(&okm, &header, &piece.place, &piece.plain).ok_or(VaultError::Damaged)?;
            Ok(Effect::PutField(customer, FieldRow { field, instance, version, sealed }))
        };
        pieces.iter().zip(keys).map(seal).collect()
    }

    fn index_effects(
        &self,
        tenant: TenantId,
        customers: &[CustomerId],
        digests: &[Digests],
        staged: bool,
    ) -> Vec<Effect> {
        let each = |(customer, digests): (&CustomerId, &Digests)| {
            let customer = *customer;
            digests.index.iter().map(move |(kind, mac)| (*kind, *mac, customer)).collect::<Vec<_>>()
        };
        let effect = |(kind, mac, customer)| {
            let tag = self.seals.tag(tenant, "index", &IndexRow::material(kind, &mac, customer));
            let row = IndexRow { kind, mac, customer, tag };
            if staged { Effect::StageIndex(row) } else { Effect::PutIndex(row) }
        };
        customers.iter().zip(digests).flat_map(each).map(effect).collect()
    }

    /// Takes one customer in, at once findable. For the command line and tests.
    ///
    /// # Errors
    /// As [`Vault::take_in`]; `Refused(ErasedBefore)` with its entry where an import would set the record aside.
    pub async fn add_customer(&self, operator: &Operator, record: NewRecord) -> Result<CustomerId, VaultError> {
        let batch = IntakeBatch { import: [0; 16], rows_done: 0, records: vec![record], staged: false };
        match self.take_in(operator, batch).await?.customers.pop() {
            Some(customer) => Ok(customer),
            None => Err(self.logged(self.bare_act(operator.tenant, Kind::Import)?, Refusal::ErasedBefore).await),
        }
    }
}

/// A customer's values with their places, the mask sheet first.
fn pieces_of(tenant: TenantId, customer: CustomerId, record: &NewRecord) -> Vec<Piece> {
    let mut seen: BTreeMap<FieldKind, u32> = BTreeMap::new();
    let mut masks = Vec::with_capacity(record.values.len());
    let mut pieces = Vec::with_capacity(record.values.len() + 1);
    for value in &record.values {
        let instance = seen.entry(value.kind()).and_modify(|last| *last += 1).or_insert(1);
        masks.push(Masked { field: value.kind(), instance: *instance, mask: value.mask() });
        let place = Place { tenant, customer, field: value.kind().code(), instance: *instance, version: 1 };
        pieces.push(Piece { place, plain: Zeroizing::new(value.canonical().as_bytes().to_vec()) });
    }
    let place = Place { tenant, customer, field: SHEET, instance: 0, version: 1 };
    pieces.push(Piece { place, plain: Zeroizing::new(sheet::encode(&masks)) });
    pieces
}

/// A sheet with one more mask.
pub(crate) fn sheet_with(mut masks: Vec<Masked>, value: &Incoming, instance: u32) -> Vec<u8> {
    masks.push(Masked { field: value.kind(), instance, mask: value.mask() });
    sheet::encode(&masks)
}
