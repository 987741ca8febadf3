//! What the holder knows of every tenant's power, as the file beside the keyring says it.

use domain::{Millis, TenantId};
use std::collections::BTreeMap;

pub(super) const HEAD: &[u8] = b"ringfence power v2\n";
/// Before the holder kept waits.
const FIRST: &[u8] = b"ringfence power v1\n";
/// The most signed changes of a tenant that wait; each took officers' signatures.
const NOTED: usize = 1_000;

/// The newest version that was seen, and its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) seq: u64,
    pub(super) root: [u8; 32],
    /// A version in which somebody steps down was sealed, and hasn't been seen yet.
    pub(super) stepping: Option<u64>,
    /// When such a version was seen last, by this holder's clock.
    pub(super) stepped: Option<Millis>,
}

impl Known {
    pub(super) fn is(&self, seq: u64, root: &[u8; 32]) -> bool {
        self.seq == seq && self.root == *root
    }
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct All {
    pub(super) tenants: BTreeMap<TenantId, Known>,
    /// Signed changes that wait, by what was signed: when they were shown first.
    noted: BTreeMap<(TenantId, [u8; 32]), Millis>,
}

impl All {
    /// A version was seen to be in the store. Says whether it is news.
    pub(super) fn saw(&mut self, tenant: TenantId, seq: u64, root: [u8; 32], now: Millis) -> bool {
        let before = self.tenants.get(&tenant).copied();
        if before.is_some_and(|known| known.seq >= seq) {
            return false;
        }
        let mut known = Known { seq, root, stepping: None, stepped: None };
        if let Some(before) = before {
            let came = before.stepping.is_some_and(|stepping| stepping <= seq);
            known.stepping = before.stepping.filter(|_| !came);
            known.stepped = if came { Some(now) } else { before.stepped };
        }
        self.tenants.insert(tenant, known);
        true
    }

    /// Since when a signed change has waited. Says also whether it is news.
    pub(super) fn note(&mut self, tenant: TenantId, challenge: [u8; 32], now: Millis) -> (Millis, bool) {
        if let Some(since) = self.noted.get(&(tenant, challenge)) {
            return (*since, false);
        }
        self.noted.insert((tenant, challenge), now);
        let own = |noted: &BTreeMap<(TenantId, [u8; 32]), Millis>| {
            let own = noted.range((tenant, [0; 32])..=(tenant, [0xff; 32]));
            let oldest = own.clone().min_by_key(|(_, since)| **since).map(|(key, _)| *key);
            (own.count(), oldest)
        };
        if let (count, Some(oldest)) = own(&self.noted)
            && count > NOTED
        {
            self.noted.remove(&oldest);
        }
        (now, true)
    }

    /// `head ‖ number of tenants u32 ‖ (tenant u32 ‖ seq u64 ‖ root[32] ‖ stepping u64, 0 for none ‖ stepped i64, 0 for
    /// never)… ‖ (tenant u32 ‖ challenge[32] ‖ ms i64)…`
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = HEAD.to_vec();
        out.extend_from_slice(&u32::try_from(self.tenants.len()).unwrap_or(u32::MAX).to_be_bytes());
        for (tenant, known) in &self.tenants {
            out.extend_from_slice(&tenant.bytes());
            out.extend_from_slice(&known.seq.to_be_bytes());
            out.extend_from_slice(&known.root);
            out.extend_from_slice(&known.stepping.unwrap_or(0).to_be_bytes());
            out.extend_from_slice(&known.stepped.map_or(0, |at| at.0).to_be_bytes());
        }
        for ((tenant, challenge), since) in &self.noted {
            out.extend_from_slice(&tenant.bytes());
            out.extend_from_slice(challenge);
            out.extend_from_slice(&since.0.to_be_bytes());
        }
        out
    }

    /// What [`All::encode`] wrote, or the version before it; `None` for anything else.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        if let Some(mut rest) = bytes.strip_prefix(FIRST) {
            let mut all = Self::default();
            while !rest.is_empty() {
                let (tenant, seq, root) = version(&mut rest)?;
                all.tenants.insert(tenant, Known { seq, root, stepping: None, stepped: None });
            }
            return Some(all);
        }
        let (mut rest, mut all) = (bytes.strip_prefix(HEAD)?, Self::default());
        for _ in 0..u32::from_be_bytes(taken(&mut rest)?) {
            let (tenant, seq, root) = version(&mut rest)?;
            let stepping = Some(u64::from_be_bytes(taken(&mut rest)?)).filter(|seq| *seq > 0);
            let stepped = Some(Millis(i64::from_be_bytes(taken(&mut rest)?))).filter(|at| at.0 != 0);
            all.tenants.insert(tenant, Known { seq, root, stepping, stepped });
        }
        while !rest.is_empty() {
            let tenant = TenantId(u32::from_be_bytes(taken(&mut rest)?));
            let challenge = taken(&mut rest)?;
            all.noted.insert((tenant, challenge), Millis(i64::from_be_bytes(taken(&mut rest)?)));
        }
        Some(all)
    }
}

fn version(rest: &mut &[u8]) -> Option<(TenantId, u64, [u8; 32])> {
    Some((TenantId(u32::from_be_bytes(taken(rest)?)), u64::from_be_bytes(taken(rest)?), taken(rest)?))
}

fn taken<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (first, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_as_it_was_the_one_before_too_and_nothing_else_is_one() {
        let mut all = All::default();
        assert!(all.saw(TenantId(1), 3, [4; 32], Millis(5)) && !all.saw(TenantId(1), 3, [5; 32], Millis(5)));
        all.tenants.get_mut(&TenantId(1)).unwrap().stepping = Some(4);
        assert!(all.saw(TenantId(2), 1, [6; 32], Millis(5)));
        assert_eq!(all.note(TenantId(1), [7; 32], Millis(8)), (Millis(8), true));
        assert_eq!(all.note(TenantId(1), [7; 32], Millis(9)), (Millis(8), false));
        let bytes = all.encode();
        assert_eq!(All::decode(&bytes), Some(all.clone()));
        assert!((0..bytes.len()).filter(|length| All::decode(&bytes[..*length]).is_some()).count() <= 1);
        assert!(all.saw(TenantId(1), 4, [9; 32], Millis(70)));
        assert_eq!((all.tenants[&TenantId(1)].stepping, all.tenants[&TenantId(1)].stepped), (None, Some(Millis(70))));
        assert!(all.saw(TenantId(1), 5, [9; 32], Millis(90)));
        assert_eq!(all.tenants[&TenantId(1)].stepped, Some(Millis(70)));
        let first = [FIRST, &1_u32.to_be_bytes(), &3_u64.to_be_bytes(), &[4; 32]].concat();
        let known = Known { seq: 3, root: [4; 32], stepping: None, stepped: None };
        assert_eq!(All::decode(&first).unwrap().tenants, BTreeMap::from([(TenantId(1), known)]));
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut all = All::default();
        for at in 0..=NOTED as i64 {
            let mut challenge = [0; 32];
            challenge[..8].copy_from_slice(&at.to_be_bytes());
            all.note(TenantId(1), challenge, Millis(at));
        }
        assert_eq!(all.noted.len(), NOTED);
        assert_eq!(all.note(TenantId(1), [0; 32], Millis(9_999)), (Millis(9_999), true), "the oldest went");
    }
}
