//! What has expired of a customer who stays: the values go, with their masks and with what the customer was found by through them.
//!
//! A value's key is derived from its row, so with the row it is gone. What an index row hangs on stands nowhere but in the value: that is
//! opened for it, under an entry of its own, inside the door. Nobody is shown anything.

use super::{Going, Gone};
use crate::error::VaultError;
use crate::private::entry::{EntryKeys, Kind};
use crate::private::release::{Committed, Done};
use crate::private::sheet;
use crate::tombstone::Digests;
use crate::wiring::{Act, Vault};
use domain::{FieldKind, TenantId};
use futures_util::future::join_all;
use keys::Place;
use std::sync::Arc;
use store::{Condition, Effect, FieldRef, HeldValue, SHEET};

/// Somebody of whom some values go.
pub(super) struct Parting {
    /// Who, and how many.
    pub(super) going: Going,
    /// All that is held.
    pub(super) held: Vec<HeldValue>,
    /// What of it goes.
    pub(super) gone: Vec<HeldValue>,
}

impl Parting {
    fn place(&self, value: &HeldValue) -> FieldRef {
        FieldRef { customer: self.going.customer, field: value.field, instance: value.instance }
    }

    fn sheet(&self) -> FieldRef {
        FieldRef { customer: self.going.customer, field: SHEET, instance: 0 }
    }

    fn takes(&self, field: u16, instance: u32) -> bool {
        self.gone.iter().any(|value| (value.field, value.instance) == (field, instance))
    }

    /// What has to be opened to find the rows of the index: what goes, and what makes up terms with it.
    fn indexed(&self) -> impl Iterator<Item = FieldRef> {
        let kind = |value: &HeldValue| FieldKind::from_code(value.field);
        let gone = self.gone.iter().filter_map(kind).filter(|kind| kind.is_indexed()).collect::<Vec<_>>();
        let goes_with =
            move |value: &&HeldValue| kind(value).is_some_and(|held| gone.iter().any(|gone| gone.goes_with(held)));
        self.held.iter().filter(goes_with).map(|value| self.place(value))
    }
}

/// How many such customers one run takes. The keys for what is opened count in the tenant's ceiling at the key holder, as those for whoever is
/// being served do: a backlog of years mustn't take all that it gives in an hour.
const A_RUN: usize = 10_000;

/// How many of them a run has taken, and left to the next.
#[derive(Default)]
pub(super) struct Taken {
    parted: usize,
    left: usize,
}

impl Taken {
    /// Those of these for whom there is room.
    pub(super) fn of(&mut self, mut parting: Vec<Parting>) -> Vec<Parting> {
        let left = parting.split_off(parting.len().min(A_RUN - self.parted));
        self.parted += parting.len();
        self.left += left.len();
        parting
    }

    /// Says into the program's own log what is left.
    pub(super) fn told(&self, tenant: TenantId) {
        if self.left > 0 {
            tracing::warn!(
                tenant = tenant.0,
                customers = self.left,
                "more has expired than one run destroys; the next run goes on"
            );
        }
    }
}

impl Vault {
    /// Destroys what has expired of these.
    pub(super) async fn expire_parts(
        &self,
        tenant: TenantId,
        power: u64,
        parting: Vec<Parting>,
    ) -> Result<Gone, VaultError> {
        let mut gone = Gone::default();
        if parting.is_empty() {
            return Ok(gone);
        }
        let going: Vec<&Going> = parting.iter().map(|one| &one.going).collect();
        let keys = self.keys_of(tenant, &going).await?;
        let parts = parting.iter().zip(keys).map(async |(one, keys)| match keys {
            Some(keys) => Some(self.part(tenant, power, one, &keys).await),
            None => None,
        });
        for (one, done) in parting.iter().zip(join_all(parts).await) {
            let Some(done) = done else {
                gone.doubtful += 1;
                continue;
            };
            if gone.is_done(done)? {
                gone.values += one.going.values as u64;
            }
        }
        Ok(gone)
    }

    async fn part(&self, tenant: TenantId, power: u64, one: &Parting, keys: &Arc<EntryKeys>) -> Result<(), VaultError> {
        let Going { customer, n, ref shelved, .. } = one.going;
        let about = |kind, n| {
            let act = self.bare_act(tenant, kind)?.about(customer, None, 0, Some(Arc::clone(keys)));
            Ok::<Act, VaultError>(super::unneeded(act, customer, (power, n)))
        };
        let mut act = about(Kind::ValuesExpiring, n)?.read(one.sheet());
        act.read.extend(one.indexed());
        let Done::Committed { values, .. } = self.commit(act).await? else { return Err(VaultError::Unknown) };
        let mut values = values.into_iter();
        let read = values.next().ok_or(VaultError::Damaged)?;
        let version = read.version();
        let mut masks = read.open_sheet()?;
        masks.retain(|masked| !one.takes(masked.field.code(), masked.instance));
        let terms = Committed::terms_gone(values.collect(), |place| one.takes(place.field, place.instance))?;
        let asked: Vec<(u16, &[u8])> =
            terms.iter().map(|term| (term.index.code(), term.normalised.as_bytes())).collect();
        let digests = self.holder.index(tenant, &asked).await?;
        let index: Vec<_> = terms.iter().map(|term| term.index.code()).zip(digests).collect();
        let place = Place { tenant, customer, field: SHEET, instance: 0, version: version + 1 };
        let row = self.seal_one(shelved, place, &sheet::encode(&masks)).await?;
        let mut act = about(Kind::ValuesExpired, n + 1)?.when(Condition::FieldVersion(one.sheet(), version));
        for value in &one.gone {
            act = act.when(Condition::FieldVersion(one.place(value), value.version));
            act = act.effect(Effect::DropField(one.place(value)));
        }
        let act = act.detail(one.gone.len() as u64).effect(Effect::PutField(customer, row));
        let kept = self.tombstones(&Digests::nameless(index.clone())).into_iter().map(Effect::PutAdmission);
        self.commit_plain(kept.fold(act.effect(Effect::DropIndex { customer, index }), Act::effect)).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::CustomerId;
    use keys::Shelved;

    #[test]
    fn a_run_takes_so_many_and_leaves_the_rest() {
        let parting = |count| {
            let shelved = || Shelved { epoch: 1, wrapped: Vec::new() };
            let going = || Going { customer: CustomerId([1; 16]), n: 0, shelved: shelved(), values: 1 };
            (0..count).map(|_| Parting { going: going(), held: Vec::new(), gone: Vec::new() }).collect::<Vec<_>>()
        };
        let mut taken = Taken::default();
        assert_eq!(taken.of(parting(A_RUN - 1)).len(), A_RUN - 1);
        assert_eq!((taken.of(parting(3)).len(), taken.left), (1, 2));
        assert_eq!((taken.of(parting(5)).len(), taken.left), (0, 7));
    }
}
