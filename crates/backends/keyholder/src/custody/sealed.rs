//! A share sealed to its custodian's key: what the custodian keeps, as a file or on paper.

use super::ceremony::{Ceremony, CeremonyError, CeremonyId};
use super::custodian::CustodianKey;
use super::share::{Quorum, Share};
use super::sheet::{self, Kind, Said, SheetError, Value};
use keys::xwing::{self, SEALED};

const TITLE: &str = "share";
const LINES: [(&str, Kind); 8] = [
    ("ceremony", Kind::Bytes(CeremonyId::LENGTH)),
    ("threshold", Kind::Number),
    ("shares", Kind::Number),
    ("share", Kind::Number),
    ("custodian", Kind::Text),
    ("key", Kind::Bytes(20)),
    ("root", Kind::Bytes(20)),
    ("sealed", Kind::Bytes(SEALED)),
];

/// Why a sealed share doesn't open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It is for somebody else's key.
    #[error("this share is sealed to another key, {0}'s")]
    OtherKey(String),
    /// The key is right and it doesn't open.
    #[error("this share was edited: it doesn't open with its own key")]
    Edited,
}

/// A sealed share.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedShare {
    about: About,
    sealed: Box<[u8; SEALED]>,
}

/// What a share's sheet says in clear; the seal holds all of it.
#[derive(Clone, PartialEq, Eq)]
struct About {
    ceremony: CeremonyId,
    quorum: Quorum,
    index: u8,
    custodian: String,
    key: [u8; 20],
    root: [u8; 20],
}

impl About {
    /// `"rf1/custody/share" ‖ ceremony[10] ‖ k ‖ n ‖ i ‖ key[20] ‖ root[20] ‖ name`; the public key itself follows.
    fn context(&self) -> Vec<u8> {
        let numbers = [self.quorum.needed(), self.quorum.of(), self.index];
        [b"rf1/custody/share", self.ceremony.bytes(), &numbers, &self.key, &self.root, self.custodian.as_bytes()]
            .concat()
    }
}

impl SealedShare {
    pub(crate) fn seal(ceremony: &Ceremony, share: &Share) -> Result<Self, CeremonyError> {
        let custodian = ceremony.custodian(share.index()).ok_or(CeremonyError::Seal)?;
        let about = About {
            ceremony: ceremony.id(),
            quorum: ceremony.quorum(),
            index: share.index(),
            custodian: custodian.name().to_owned(),
            key: custodian.fingerprint(),
            root: ceremony.root_mark(),
        };
        let sealed = xwing::seal(&custodian.key, &about.context(), share.bytes()).map_err(|_| CeremonyError::Seal)?;
        Ok(Self { about, sealed: Box::new(sealed) })
    }

    /// Opens it.
    ///
    /// # Errors
    /// If the key is somebody else's, or the share was edited.
    pub fn open(&self, key: &CustodianKey) -> Result<Share, OpenError> {
        let public = key.public().map_err(|_| OpenError::Edited)?;
        if public.fingerprint() != self.about.key {
            return Err(OpenError::OtherKey(self.about.custodian.clone()));
        }
        let opened = xwing::open(&key.private, &self.about.context(), &self.sealed).map_err(|_| OpenError::Edited)?;
        Ok(Share::new(self.about.index, *opened))
    }

    /// Which ceremony it is of.
    #[must_use]
    pub fn ceremony(&self) -> CeremonyId {
        self.about.ceremony
    }

    /// How many shares it takes, of how many.
    #[must_use]
    pub fn quorum(&self) -> Quorum {
        self.about.quorum
    }

    /// Its number, from 1.
    #[must_use]
    pub fn index(&self) -> u8 {
        self.about.index
    }

    /// Whose it is.
    #[must_use]
    pub fn custodian(&self) -> &str {
        &self.about.custodian
    }

    /// The printable form.
    #[must_use]
    pub fn text(&self) -> String {
        let About { ceremony, quorum, index, custodian, key, root } = &self.about;
        let values = [
            Value::Bytes(ceremony.bytes().to_vec()),
            Value::Number(quorum.needed()),
            Value::Number(quorum.of()),
            Value::Number(*index),
            Value::Text(custodian.clone()),
            Value::Bytes(key.to_vec()),
            Value::Bytes(root.to_vec()),
            Value::Bytes(self.sealed.to_vec()),
        ];
        let lines: Vec<_> = LINES.iter().map(|(name, _)| *name).zip(values).collect();
        sheet::write(TITLE, &lines)
    }

    /// Reads the printable form.
    ///
    /// # Errors
    /// What isn't right, and where.
    pub fn read(text: &str) -> Result<Self, SheetError> {
        let mut said = Said::read(TITLE, &LINES, text)?;
        let ceremony = CeremonyId::new(said.bytes()?);
        let quorum = Quorum::new(said.number()?, said.number()?).map_err(|_| SheetError::Value("threshold"))?;
        let (index, custodian) = (said.number()?, said.text()?);
        if !(1..=quorum.of()).contains(&index) {
            return Err(SheetError::Value("share"));
        }
        let about = About { ceremony, quorum, index, custodian, key: said.bytes()?, root: said.bytes()? };
        Ok(Self { about, sealed: Box::new(said.bytes()?) })
    }
}
