//! A ceremony: the root key split for named custodians, and the record of it that the key holder keeps.

use super::custodian::{Custodian, short};
use super::sealed::SealedShare;
use super::share::{Quorum, QuorumError, Share, combine, split};
use super::sheet::{self, Kind, Said, SheetError, Value};
use crate::RootKey;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use core::fmt;
use domain::Entropy;
use domain::time::fresh;
use keys::derive;
use keys::words::words;
use keys::xwing::{PUBLIC, Public};

const TITLE: &str = "ceremony";

/// A ceremony's name: ten random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CeremonyId([u8; Self::LENGTH]);

impl CeremonyId {
    pub(crate) const LENGTH: usize = 10;

    pub(crate) fn new(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for CeremonyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&words(&self.0).join("-"))
    }
}

/// Why there is no ceremony.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// No such quorum.
    #[error(transparent)]
    Quorum(#[from] QuorumError),
    /// One person would have two shares.
    #[error("{0} is named twice, by name or by key: each custodian has one share")]
    Twice(String),
    /// A share can't be sealed: the library refuses the key.
    #[error("a share can't be sealed: a custodian's public key isn't one")]
    Seal,
    /// What was split doesn't combine.
    #[error("the shares don't give the root key again; nothing was written")]
    Unproven,
}

/// Who has which share, and by what a right combination is told. Nothing in it is secret.
pub struct Ceremony {
    id: CeremonyId,
    quorum: Quorum,
    custodians: Vec<Custodian>,
    /// By what each share is known, in their order.
    marks: Vec<[u8; 20]>,
    root: [u8; 20],
}

impl Ceremony {
    /// Splits `root` for `custodians`, of whom `needed` together have it, and seals each one's share. Before anything is
    /// given, it is tried that shares give the root again, each of them being used.
    ///
    /// # Errors
    /// If numbers or custodians can't be, or the shares don't combine.
    pub fn begin(
        root: &RootKey,
        needed: u8,
        custodians: Vec<Custodian>,
        entropy: &dyn Entropy,
    ) -> Result<(Self, Vec<SealedShare>), CeremonyError> {
        let quorum = Quorum::new(needed, u8::try_from(custodians.len()).unwrap_or(u8::MAX))?;
        for (at, one) in custodians.iter().enumerate() {
            if custodians[..at].iter().any(|other| other.name() == one.name() || other.key == one.key) {
                return Err(CeremonyError::Twice(one.name().to_owned()));
            }
        }
        let id = CeremonyId(fresh(entropy));
        let shares = split(root, quorum, entropy);
        let mut ceremony = Self { id, quorum, custodians, marks: Vec::new(), root: [0; 20] };
        ceremony.marks = shares.iter().map(|share| ceremony.mark(share)).collect();
        ceremony.root = ceremony.mark_of(root);
        ceremony.prove(&shares)?;
        let sealed = shares.iter().map(|share| SealedShare::seal(&ceremony, share)).collect::<Result<_, _>>()?;
        Ok((ceremony, sealed))
    }

    /// Each k neighbours, in a circle: every share is part of k of these.
    fn prove(&self, shares: &[Share]) -> Result<(), CeremonyError> {
        for first in 0..shares.len() {
            let some = shares.iter().cycle().skip(first).take(self.quorum.needed().into());
            let some: Vec<Share> = some.map(|share| Share::new(share.index(), *share.bytes())).collect();
            combine(self.quorum, &some).filter(|root| self.fits(root)).ok_or(CeremonyError::Unproven)?;
        }
        Ok(())
    }

    /// Is this the root key that was split? Also tells an edited record: its custodians are part of what is compared.
    #[must_use]
    pub fn fits(&self, root: &RootKey) -> bool {
        verify_slices_are_equal(&self.mark_of(root), &self.root).is_ok()
    }

    /// `MAC(X(R, "rf1/custody", 32), id ‖ k ‖ n ‖ (key[1216] ‖ mark[20] ‖ len u8 ‖ name)…)[..20]`.
    fn mark_of(&self, root: &RootKey) -> [u8; 20] {
        let mut said = [self.id.bytes(), &[self.quorum.needed(), self.quorum.of()]].concat();
        for (custodian, mark) in self.custodians.iter().zip(&self.marks) {
            said.extend_from_slice(custodian.key.0.as_slice());
            said.extend_from_slice(mark);
            said.push(u8::try_from(custodian.name().len()).unwrap_or(u8::MAX));
            said.extend_from_slice(custodian.name().as_bytes());
        }
        let mac = derive::mac(&derive::subkey(&root.0, &[b"rf1/custody"]), &[&said]);
        let mut mark = [0; 20];
        mark.copy_from_slice(&mac[..20]);
        mark
    }

    /// `SHA-256("rf1/custody/mark" ‖ id ‖ i ‖ share)[..20]`: 256 random bits don't show through it.
    fn mark(&self, share: &Share) -> [u8; 20] {
        short(&[b"rf1/custody/mark", self.id.bytes(), &[share.index()], share.bytes()])
    }

    /// Is this one of the shares that were dealt?
    #[must_use]
    pub(crate) fn knows(&self, share: &Share) -> bool {
        let mark = share.index().checked_sub(1).and_then(|at| self.marks.get(usize::from(at)));
        mark.is_some_and(|mark| *mark == self.mark(share))
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> CeremonyId {
        self.id
    }

    /// How many shares it takes, of how many.
    #[must_use]
    pub fn quorum(&self) -> Quorum {
        self.quorum
    }

    /// Who has a share, in the order of their numbers.
    #[must_use]
    pub fn custodians(&self) -> &[Custodian] {
        &self.custodians
    }

    pub(crate) fn custodian(&self, index: u8) -> Option<&Custodian> {
        index.checked_sub(1).and_then(|at| self.custodians.get(usize::from(at)))
    }

    pub(crate) fn root_mark(&self) -> [u8; 20] {
        self.root
    }

    /// The record's text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines = vec![
            ("ceremony", Value::Bytes(self.id.bytes().to_vec())),
            ("threshold", Value::Number(self.quorum.needed())),
            ("root", Value::Bytes(self.root.to_vec())),
        ];
        for (custodian, mark) in self.custodians.iter().zip(&self.marks) {
            lines.push(("custodian", Value::Text(custodian.name().to_owned())));
            lines.push(("mark", Value::Bytes(mark.to_vec())));
            lines.push(("key", Value::Bytes(custodian.key.0.to_vec())));
        }
        sheet::write(TITLE, &lines)
    }

    /// Reads the record. That it is the one that was written is known once shares were combined ([`Ceremony::fits`]).
    ///
    /// # Errors
    /// What isn't right, and where.
    pub fn read(text: &str) -> Result<Self, SheetError> {
        let head = [("ceremony", Kind::Bytes(10)), ("threshold", Kind::Number), ("root", Kind::Bytes(20))];
        let each = [("custodian", Kind::Text), ("mark", Kind::Bytes(20)), ("key", Kind::Bytes(PUBLIC))];
        let of = text.lines().filter(|line| line.starts_with("custodian:")).count();
        let lines: Vec<_> = head.into_iter().chain((0..of).flat_map(|_| each)).collect();
        let mut said = Said::read(TITLE, &lines, text)?;
        let id = CeremonyId(said.bytes()?);
        let quorum = Quorum::new(said.number()?, u8::try_from(of).unwrap_or(u8::MAX));
        let quorum = quorum.map_err(|_| SheetError::Value("threshold"))?;
        let root = said.bytes()?;
        let (mut custodians, mut marks) = (Vec::new(), Vec::new());
        for _ in 0..of {
            let name = said.text()?;
            marks.push(said.bytes()?);
            let key = Public(Box::new(said.bytes()?));
            custodians.push(Custodian::new(name, key).map_err(|_| SheetError::Value("custodian"))?);
        }
        Ok(Self { id, quorum, custodians, marks, root })
    }
}
