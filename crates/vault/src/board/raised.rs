//! Material alarms of every node: each writes what it raised into one row, without an entry, so that the clerk tells of what only
//! another node knows. The row comes with the first file; from then on there must be one.

use super::cases::{Case, MATERIAL};
use super::{NEVER, genuine};
use crate::alarm::AlarmKind;
use crate::error::VaultError;
use crate::wiring::Vault;
use domain::{Millis, TenantId};
use minicbor::{Decoder, Encoder};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Seals, Tag};

pub(super) const KEY: AdmissionKey = AdmissionKey { kind: AdmissionKind::BoardCase, id: [0; 16] };
/// How often it is written that an alarm still stands, in milliseconds.
const SEEN_MS: i64 = 3_600_000;
/// Once nobody has seen it for so long, it is over; it stays until it was told.
const OVER_MS: i64 = 2 * SEEN_MS;

/// A material alarm that some node raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Raised {
    pub(super) alarm: AlarmKind,
    pub(super) since: Millis,
    /// When a node last saw it.
    seen: Millis,
}

/// `[[slug, since, seen], …]`.
fn encode(all: &[Raised]) -> Vec<u8> {
    let mut out = Vec::new();
    // Writing to a vector can't fail: the error type has no values.
    let _: Result<(), minicbor::encode::Error<core::convert::Infallible>> = (|| {
        let mut e = Encoder::new(&mut out);
        e.array(all.len() as u64)?;
        for one in all {
            e.array(3)?.str(one.alarm.slug())?.i64(one.since.0)?.i64(one.seen.0)?;
        }
        Ok(())
    })();
    out
}

fn decode(bytes: &[u8]) -> Option<Vec<Raised>> {
    let mut d = Decoder::new(bytes);
    let mut all = Vec::new();
    for _ in 0..d.array().ok()?? {
        d.array().ok()?;
        let slug = d.str().ok()?;
        let alarm = MATERIAL.into_iter().find(|alarm| alarm.slug() == slug);
        let (since, seen) = (Millis(d.i64().ok()?), Millis(d.i64().ok()?));
        // One that a newer program knows is left to it.
        all.extend(alarm.map(|alarm| Raised { alarm, since, seen }));
    }
    Some(all)
}

impl Vault {
    /// What nodes raised, and the row's tag; none where there is no row, or it was edited.
    pub(super) async fn board_raised(&self, tenant: TenantId) -> Result<Option<(Vec<Raised>, Tag)>, VaultError> {
        let row = self.store.admission(tenant, KEY).await?.filter(|row| genuine(self, tenant, row));
        Ok(row.and_then(|row| Some((decode(&row.body)?, row.tag))))
    }

    pub(super) fn raised_row(&self, tenant: TenantId, all: &[Raised]) -> AdmissionRow {
        let mut row = AdmissionRow { key: KEY, body: encode(all), expires: NEVER, tag: [0; 16] };
        row.tag = self.seals.tag(tenant, "admission", &row.material());
        row
    }

    /// Writes which material alarms stand on this node, and takes out what is over and was told. Where another node writes it in this
    /// very moment, the next round does.
    pub(super) async fn raise_for_board(&self, tenant: TenantId) -> Result<(), VaultError> {
        let Some((mut all, tag)) = self.board_raised(tenant).await? else { return Ok(()) };
        let (now, before) = (self.clock.now(), all.clone());
        for alarm in self.alarms(tenant).iter().filter(|alarm| MATERIAL.contains(&alarm.kind)) {
            match all.iter_mut().find(|one| one.alarm == alarm.kind) {
                Some(one) if (0..SEEN_MS).contains(&now.since(one.seen)) => {}
                Some(one) => one.seen = now,
                None => all.push(Raised { alarm: alarm.kind, since: alarm.since, seen: now }),
            }
        }
        let mut kept = Vec::with_capacity(all.len());
        for one in all {
            let over = now.since(one.seen) > OVER_MS;
            let told = Case::new(&[], one.alarm, one.since);
            if !over || self.told_of(tenant, &told).await?.is_none() {
                kept.push(one);
            }
        }
        if kept != before {
            self.store.renew_admission(tenant, self.raised_row(tenant, &kept), tag).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_raised_comes_back_as_it_was() {
        let all = [Raised { alarm: AlarmKind::SetBack, since: Millis(1), seen: Millis(2) }];
        assert_eq!(decode(&encode(&all)).as_deref(), Some(&all[..]));
        assert_eq!((decode(&encode(&[])), decode(b"x")), (Some(Vec::new()), None));
    }
}
