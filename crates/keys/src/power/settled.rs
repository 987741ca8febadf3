//! Proposals: changes that stand in the store until enough officers have signed them and their time has come.
//!
//! What officers sign for one names no version of power, since others may come before it is made. So it names what each
//! changed row says before and after; and the proposal's own row, made with it and never taken back, lets it count once. One that
//! was withdrawn has such a row too, and so counts never.

use super::body::PowerBody;
use super::{PowerChange, Powers};
use crate::view::hash;
use domain::{Millis, PowerKind, TenantId};
use minicbor::{Decoder, Encoder};

/// A proposal was made or withdrawn. The row's id is the proposal's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settled {
    /// When it was drafted.
    pub drafted: Millis,
}

impl PowerBody for Settled {
    const KIND: PowerKind = PowerKind::Settled;

    /// `[ms]`
    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        e.array(1)?.i64(self.drafted.0)?;
        Ok(())
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        d.array()?;
        Ok(Some(Self { drafted: Millis(d.i64()?) }))
    }
}

/// Which proposal these changes make, if they are one's.
#[must_use]
pub fn proposal_id(changes: &[PowerChange]) -> Option<[u8; 16]> {
    let settled = |((kind, id), _): &PowerChange| (*kind == PowerKind::Settled).then_some(*id);
    changes.iter().find_map(settled)
}

/// What officers sign to approve a proposal: `H("rf1/power/proposal" ‖ tenant u32 ‖ number of rows u32 ‖ (kind u16 ‖ id[16] ‖
/// before[33] ‖ after[33])…)`, its own row among them, where a body is `01 ‖ H(body)`, and none is 33 zeros.
#[must_use]
pub fn proposal_challenge(tenant: TenantId, before: &Powers, changes: &[PowerChange]) -> [u8; 32] {
    let mut rows = Vec::with_capacity(changes.len() * 84);
    for ((kind, id), body) in changes {
        rows.extend_from_slice(&kind.code().to_be_bytes());
        rows.extend_from_slice(id);
        for body in [before.0.get(&(*kind, *id)), body.as_ref()] {
            match body {
                Some(body) => {
                    rows.push(1);
                    rows.extend_from_slice(&hash(&[body]));
                }
                None => rows.extend_from_slice(&[0; 33]),
            }
        }
    }
    let count = u32::try_from(changes.len()).unwrap_or(u32::MAX);
    hash(&[b"rf1/power/proposal", &tenant.bytes(), &count.to_be_bytes(), &rows])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_of_one_proposal_from_one_state_to_one_other() {
        let settled = |id: u8| ((PowerKind::Settled, [id; 16]), Some(Settled { drafted: Millis(5) }.encode()));
        let rules = |body: Option<&[u8]>| ((PowerKind::Rules, [0; 16]), body.map(<[u8]>::to_vec));
        let before = |body: &[u8]| Powers::default().after(&[rules(Some(body))]);
        let mut all = std::collections::BTreeSet::new();
        for tenant in [1, 2] {
            for before in [Powers::default(), before(b"a"), before(b"b")] {
                for (id, after) in [(1, Some(&b"b"[..])), (1, None), (2, Some(b"b")), (1, Some(b""))] {
                    let challenge = proposal_challenge(TenantId(tenant), &before, &[settled(id), rules(after)]);
                    assert!(all.insert(challenge), "{tenant} {before:?} {id} {after:?}");
                }
            }
        }
        assert_eq!(proposal_id(&[rules(None), settled(7)]), Some([7; 16]));
        assert_eq!(proposal_id(&[rules(None)]), None);
        let row = Settled { drafted: Millis(-1) };
        assert_eq!(Settled::decode(&row.encode()), Some(row));
    }
}
