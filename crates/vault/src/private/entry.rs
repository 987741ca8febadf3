//! Log entries in bytes.
//!
//! Leaf: `01 ‖ label[32] ‖ commit[32]`, but for a close of the log, which says in clear what it is ([`Close`]). The label is `MAC(V_c, "rf1/label" ‖ n)`, or random where no customer is
//! concerned; `commit = H("rf1/e" ‖ H(ra ‖ A) ‖ H(rc ‖ C))`. `A`, the audit half, is sealed for security's
//! readers; `C`, the customer half, under the customer's own key. So the leaf alone tells nothing, and destroying
//! the customer's key leaves A and the tree whole while nothing links them to the customer.
//!
//! A sealed half is `salt[16] ‖ AES-256-GCM(X(K, label ‖ salt), zero nonce, aad = entry id)`. A's plaintext is
//! `ra[32] ‖ H(rc ‖ C)[32] ‖ CBOR`, C's is `rc[32] ‖ CBOR`. CBOR is deterministic (RFC 8949, 4.2): maps of
//! ascending small integers, shortest forms, definite lengths.

mod body;
mod kind;

pub use body::{Allotted, AuditBody, BoardNote, CeremonyNote, CustomerBody, DrillNote, PackNote};
pub use kind::Kind;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use domain::allotment::Piece;
use domain::time::fresh;
use domain::{Clock, Entropy, EntryId, Millis, PersonId, Purpose};
use keys::derive::expand;
use keys::{Key32, ViewKey, hash, next_head};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use store::{Inscribed, Numbers, Scribe};
use transparency::Close;

const LEAF_VERSION: u8 = 1;
const SALT: usize = 16;

/// What a customer's own entry key gives: labels, the customer half's key, and the alias security sees.
pub(crate) struct EntryKeys {
    pub(crate) view: ViewKey,
    body: Key32,
    /// A short pseudonym; it dies with the key.
    pub(crate) alias: u32,
}

impl EntryKeys {
    /// From `V_c`.
    pub(crate) fn new(view: Key32) -> Self {
        let view = ViewKey::new(view);
        Self { body: view.body_key(), alias: view.alias(), view }
    }

    /// The name of a counter about this customer, or about an interaction of theirs. Entries name counters; once the key
    /// is destroyed nothing leads from there to the customer.
    pub(crate) fn counter(&self, subject: &[u8; 16]) -> [u8; 16] {
        self.view.counter(subject)
    }

    /// The label of the customer's entry of this number, from 1.
    pub(crate) fn label(&self, n: u64) -> [u8; 32] {
        self.view.label(n)
    }

    /// The customer half that was sealed for this entry, with its `rc`; `None` if it is another's or was edited.
    pub(crate) fn open(&self, id: EntryId, sealed: &[u8]) -> Option<([u8; 32], CustomerBody)> {
        let plain = open_half(&self.body, b"rf1/c", id, sealed)?;
        let (rc, body) = plain.split_first_chunk()?;
        Some((*rc, CustomerBody::decode(body)?))
    }
}

/// What is known of an entry before the transaction.
pub(crate) struct Draft {
    pub(crate) id: EntryId,
    pub(crate) at: Millis,
    pub(crate) kind: Kind,
    pub(crate) person: Option<PersonId>,
    pub(crate) upon: Option<PersonId>,
    pub(crate) purpose: Option<Purpose>,
    pub(crate) field: Option<u16>,
    pub(crate) power: u64,
    pub(crate) detail: Option<u64>,
    /// What it drew from the node's allotments, or gives back of them.
    pub(crate) drawn: Vec<Piece>,
    pub(crate) allotted: Option<Allotted>,
    pub(crate) ceremony: Option<Box<CeremonyNote>>,
    pub(crate) drill: Option<Box<DrillNote>>,
    pub(crate) pack: Option<Box<PackNote>>,
    pub(crate) board: Option<Box<BoardNote>>,
    pub(crate) told: Option<[u8; 32]>,
    pub(crate) subject: Option<CustomerBody>,
    pub(crate) keys: Option<Arc<EntryKeys>>,
    pub(crate) audit: Key32,
    pub(crate) chance: Chance,
    pub(crate) halves: OnceLock<HalfKeys>,
    /// The leaf as last inscribed: an engine may try a transaction again.
    pub(crate) leaf: Mutex<Option<[u8; 65]>>,
    /// The leaf of an entry that says in clear what it is, if it is done.
    pub(crate) clear: Option<Close>,
}

/// The keys that seal the two halves: derived while the act is put together, because the transaction that writes the
/// entry is where everybody waits.
pub(crate) struct HalfKeys {
    audit: Option<LessSafeKey>,
    customer: Option<LessSafeKey>,
}

/// The draft's randomness, drawn before the transaction so that writing the entry is pure.
pub(crate) struct Chance {
    ra: [u8; 32],
    rc: [u8; 32],
    label: [u8; 32],
    salts: [u8; 2 * SALT],
}

impl Chance {
    pub(crate) fn draw(entropy: &dyn Entropy) -> Self {
        let all: [u8; 96 + 2 * SALT] = fresh(entropy);
        let mut chance = Self { ra: [0; 32], rc: [0; 32], label: [0; 32], salts: [0; 2 * SALT] };
        chance.ra.copy_from_slice(&all[..32]);
        chance.rc.copy_from_slice(&all[32..64]);
        chance.label.copy_from_slice(&all[64..96]);
        chance.salts.copy_from_slice(&all[96..]);
        chance
    }
}

impl Draft {
    /// One of that kind about nobody, at this moment.
    pub(crate) fn new(kind: Kind, clock: &dyn Clock, entropy: &dyn Entropy, audit: &Key32) -> Self {
        Self {
            id: EntryId::mint(clock, entropy),
            at: clock.now(),
            kind,
            person: None,
            upon: None,
            purpose: None,
            field: None,
            power: 0,
            detail: None,
            drawn: Vec::new(),
            allotted: None,
            ceremony: None,
            drill: None,
            pack: None,
            board: None,
            told: None,
            subject: None,
            keys: None,
            audit: audit.clone(),
            chance: Chance::draw(entropy),
            halves: OnceLock::new(),
            leaf: Mutex::default(),
            clear: None,
        }
    }

    /// Derives the halves' keys, once.
    pub(crate) fn half_keys(&self) -> &HalfKeys {
        self.halves.get_or_init(|| {
            let (first, second) = self.chance.salts.split_at(SALT);
            HalfKeys {
                audit: half_key(&self.audit, b"rf1/a", first),
                customer: self.keys.as_ref().and_then(|keys| half_key(&keys.body, b"rf1/c", second)),
            }
        })
    }

    /// The leaf that the store was given.
    pub(crate) fn leaf(&self) -> Option<[u8; 65]> {
        *self.leaf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The audit half's content, given the transaction's numbers.
    pub(crate) fn audit_body(&self, numbers: &Numbers) -> AuditBody {
        AuditBody {
            at: self.at,
            kind: self.kind,
            decision: numbers.decision,
            purpose: self.purpose,
            field: self.field,
            person: self.person,
            power: self.power,
            alias: self.keys.as_ref().map(|keys| keys.alias),
            spent: numbers.spent.clone(),
            // What is done in a case says so, where the kind has no other number to tell.
            detail: numbers.allotted.map(u64::from).or(self.detail).or(numbers.casework.map(|reason| reason as u64)),
            drawn: if numbers.decision.is_ok() { self.drawn.clone() } else { Vec::new() },
            allotted: self.allotted,
            upon: self.upon,
            ceremony: self.ceremony.clone(),
            drill: self.drill.clone(),
            pack: self.pack.clone(),
            board: self.board.clone(),
            told: self.told,
        }
    }

    fn customer_half(&self, numbers: &Numbers) -> Vec<u8> {
        let Some(subject) = &self.subject else { return Vec::new() };
        let version = numbers.versions.first().copied().unwrap_or(subject.version);
        CustomerBody { version, n: numbers.n.unwrap_or(0), previous: numbers.previous, ..subject.clone() }.encode()
    }

    /// The leaf's label. A customer who isn't on the shelf (erased in between) has no counter: random then.
    fn label(&self, numbers: &Numbers) -> [u8; 32] {
        match (&self.keys, numbers.n) {
            (Some(keys), Some(n)) => keys.view.label(n),
            _ => self.chance.label,
        }
    }
}

impl Scribe for Draft {
    fn link(&self, head: &[u8; 32], leaf: &[u8; 65]) -> [u8; 32] {
        next_head(head, &transparency::leaf_hash(leaf))
    }

    fn inscribe(&self, numbers: &Numbers) -> Inscribed {
        let Chance { ra, rc, salts, .. } = &self.chance;
        let audit = self.audit_body(numbers).encode();
        let customer = self.customer_half(numbers);
        let customer_digest = hash(&[rc, &customer]);
        let commit = commitment(&hash(&[ra, &audit]), &customer_digest);
        let mut leaf = [0; 65];
        leaf[0] = LEAF_VERSION;
        leaf[1..33].copy_from_slice(&self.label(numbers));
        leaf[33..].copy_from_slice(&commit);
        if let (Some(close), Ok(())) = (&self.clear, numbers.decision) {
            leaf = close.encode();
        }
        *self.leaf.lock().unwrap_or_else(PoisonError::into_inner) = Some(leaf);
        let (first, second) = salts.split_at(SALT);
        let halves = self.half_keys();
        let sealed_customer = halves.customer.as_ref().filter(|_| !customer.is_empty());
        Inscribed {
            leaf,
            audit: halves
                .audit
                .as_ref()
                .map_or_else(Vec::new, |key| seal_half(key, first, self.id, &[ra, &customer_digest, &audit])),
            customer: sealed_customer.map_or_else(Vec::new, |key| seal_half(key, second, self.id, &[rc, &customer])),
        }
    }
}

/// Opens an audit half and checks it against its leaf. `None` if either was edited.
pub(crate) fn open_audit(key: &Key32, id: EntryId, leaf: &[u8; 65], sealed: &[u8]) -> Option<AuditBody> {
    open_audit_with_digest(key, id, leaf, sealed).map(|(body, _)| body)
}

/// The same, with `H(ra ‖ A)`: what a customer needs to check their own half against the leaf.
pub(crate) fn open_audit_with_digest(
    key: &Key32,
    id: EntryId,
    leaf: &[u8; 65],
    sealed: &[u8],
) -> Option<(AuditBody, [u8; 32])> {
    let opening = open_opening(key, id, sealed)?;
    Some((opening.told(leaf)?, hash(&[&opening.ra, &opening.audit])))
}

/// What of an entry shows somebody outside that its audit half is the one that the leaf commits to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// What blinds the audit half.
    pub ra: [u8; 32],
    /// The audit half's bytes.
    pub audit: Vec<u8>,
    /// `H(rc ‖ C)`, which tells nothing of the customer half.
    pub customer: [u8; 32],
}

impl Opening {
    /// What the audit half says; `None` if the leaf commits to another.
    #[must_use]
    pub fn told(&self, leaf: &[u8]) -> Option<AuditBody> {
        let digest = hash(&[&self.ra, &self.audit]);
        let audit = AuditBody::decode(&self.audit)?;
        let fits = match Close::parse(leaf) {
            Ok(Some(close)) => audit == closing(&close),
            _ => leaf.len() == 65 && leaf[0] == LEAF_VERSION && leaf[33..] == commitment(&digest, &self.customer),
        };
        fits.then_some(audit)
    }
}

/// What an audit half was sealed from. Whether it is its leaf's, [`Opening::told`] says.
pub(crate) fn open_opening(key: &Key32, id: EntryId, sealed: &[u8]) -> Option<Opening> {
    let plain = open_half(key, b"rf1/a", id, sealed)?;
    let (ra, rest) = plain.split_first_chunk()?;
    let (customer, audit) = rest.split_first_chunk()?;
    Some(Opening { ra: *ra, audit: audit.to_vec(), customer: *customer })
}

/// `H("rf1/e" ‖ H(ra ‖ A) ‖ H(rc ‖ C))`.
fn commitment(audit_digest: &[u8; 32], customer_digest: &[u8]) -> [u8; 32] {
    hash(&[b"rf1/e", audit_digest, customer_digest])
}

/// Whether a customer half is the one that a leaf commits to.
#[must_use]
pub fn half_fits(leaf: &[u8], rc: &[u8; 32], body: &CustomerBody, audit_digest: &[u8; 32]) -> bool {
    let customer_digest = hash(&[rc, &body.encode()]);
    leaf.len() == 65 && leaf[0] == LEAF_VERSION && leaf[33..] == commitment(audit_digest, &customer_digest)
}

/// The audit half of a close: it says what its leaf says, and nothing else.
fn closing(close: &Close) -> AuditBody {
    AuditBody {
        at: Millis(i64::try_from(close.at).unwrap_or(i64::MAX)),
        kind: Kind::LogClosed,
        decision: Ok(()),
        purpose: None,
        field: None,
        person: None,
        power: 0,
        alias: None,
        spent: Vec::new(),
        detail: Some(close.number),
        drawn: Vec::new(),
        allotted: None,
        upon: None,
        ceremony: None,
        drill: None,
        pack: None,
        board: None,
        told: None,
    }
}

fn half_key(key: &Key32, label: &[u8], salt: &[u8]) -> Option<LessSafeKey> {
    let derived: Key32 = Key32::new(expand(key, &[label, salt]));
    Some(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, derived.bytes()).ok()?))
}

/// Empty only if the library refuses to seal; an entry without its audit half doesn't verify, so it can't pass.
fn seal_half(key: &LessSafeKey, salt: &[u8], id: EntryId, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut out = Vec::with_capacity(SALT + length + 16);
    out.extend_from_slice(salt);
    parts.iter().for_each(|part| out.extend_from_slice(part));
    let tag = key.seal_in_place_separate_tag(Nonce::assume_unique_for_key([0; 12]), Aad::from(id.0), &mut out[SALT..]);
    match tag {
        Ok(tag) => out.extend_from_slice(tag.as_ref()),
        Err(_) => out.clear(),
    }
    out
}

fn open_half(key: &Key32, label: &[u8], id: EntryId, sealed: &[u8]) -> Option<Vec<u8>> {
    let (salt, body) = sealed.split_at_checked(SALT)?;
    let mut bytes = body.to_vec();
    let length = half_key(key, label, salt)?
        .open_in_place(Nonce::assume_unique_for_key([0; 12]), Aad::from(id.0), &mut bytes)
        .ok()?
        .len();
    bytes.truncate(length);
    Some(bytes)
}

#[cfg(test)]
mod tests;
