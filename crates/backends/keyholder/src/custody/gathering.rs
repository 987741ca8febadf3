//! A process that needs the root key gathers k shares: it invites with a key of its own, made for this once, and custodians
//! hand their shares in, sealed to it.

use super::ceremony::{Ceremony, CeremonyId};
use super::sealed::SealedShare;
use super::share::{Share, combine};
use super::sheet::{self, Kind, Said, SheetError, Value};
use crate::RootKey;
use keys::xwing::{self, PUBLIC, Private, Public, SEALED};

/// What the root key is wanted for. It is sealed into each share that is handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The key holder starts.
    Unseal,
    /// New shares for custodians, others or as many others.
    Reshare,
    /// The root key's file is to go; custodians show that they don't need it.
    Prove,
}

impl Purpose {
    const ALL: [Self; 3] = [Self::Unseal, Self::Reshare, Self::Prove];

    /// In a word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unseal => "unseal",
            Self::Reshare => "reshare",
            Self::Prove => "prove",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.name() == name)
    }
}

/// Why a share isn't taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandError {
    /// Made in another ceremony.
    #[error("this share is of another ceremony than the one that counts here")]
    OtherCeremony,
    /// Handed in before.
    #[error("share {0} was handed in before; another custodian's is needed")]
    Twice(u8),
    /// Not sealed to this process, or for something else.
    #[error("this share was handed in for another process or purpose, or was edited on its way")]
    NotForThis,
    /// It opens, and isn't what was dealt.
    #[error("this isn't the share that was dealt under this number")]
    NotDealt,
    /// Its custodian is being replaced.
    #[error("this custodian is being replaced; the others' shares are needed")]
    Replaced,
    /// Enough shares, each of them right, and another root key.
    #[error("the shares give another root key than this record speaks of: the key holder's record was edited")]
    OtherRoot,
    /// The library refuses.
    #[error("the key of this process can't be used")]
    Key,
}

/// What a waiting process shows to custodians.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    ceremony: CeremonyId,
    purpose: Purpose,
    key: Public,
}

const INVITATION: &str = "invitation";
const INVITING: [(&str, Kind); 3] =
    [("ceremony", Kind::Bytes(CeremonyId::LENGTH)), ("for", Kind::Text), ("key", Kind::Bytes(PUBLIC))];

impl Invitation {
    /// As text.
    #[must_use]
    pub fn text(&self) -> String {
        let lines = [
            ("ceremony", Value::Bytes(self.ceremony.bytes().to_vec())),
            ("for", Value::Text(self.purpose.name().to_owned())),
            ("key", Value::Bytes(self.key.0.to_vec())),
        ];
        sheet::write(INVITATION, &lines)
    }

    /// Reads it.
    ///
    /// # Errors
    /// What isn't right, and where.
    pub fn read(text: &str) -> Result<Self, SheetError> {
        let mut said = Said::read(INVITATION, &INVITING, text)?;
        let ceremony = CeremonyId::new(said.bytes()?);
        let purpose = Purpose::named(&said.text()?).ok_or(SheetError::Value("for"))?;
        Ok(Self { ceremony, purpose, key: Public(Box::new(said.bytes()?)) })
    }

    /// What the root key is wanted for.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Seals an opened share for whoever invites.
    ///
    /// # Errors
    /// If it is of another ceremony, or the invitation's key isn't one.
    pub fn hand_in(&self, of: &SealedShare, share: &Share) -> Result<Handed, HandError> {
        if of.ceremony() != self.ceremony {
            return Err(HandError::OtherCeremony);
        }
        let context = context(self.ceremony, self.purpose, share.index());
        let sealed = xwing::seal(&self.key, &context, share.bytes()).map_err(|_| HandError::Key)?;
        Ok(Handed { ceremony: self.ceremony, index: share.index(), sealed: Box::new(sealed) })
    }
}

/// `"rf1/custody/hand" ‖ ceremony[10] ‖ i ‖ purpose`.
fn context(ceremony: CeremonyId, purpose: Purpose, index: u8) -> Vec<u8> {
    [b"rf1/custody/hand", ceremony.bytes(), &[index], purpose.name().as_bytes()].concat()
}

/// A share on its way to a process that gathers them.
pub struct Handed {
    ceremony: CeremonyId,
    index: u8,
    sealed: Box<[u8; SEALED]>,
}

const HANDED: &str = "handed share";
const HANDING: [(&str, Kind); 3] =
    [("ceremony", Kind::Bytes(CeremonyId::LENGTH)), ("share", Kind::Number), ("sealed", Kind::Bytes(SEALED))];

impl Handed {
    /// As text.
    #[must_use]
    pub fn text(&self) -> String {
        let lines = [
            ("ceremony", Value::Bytes(self.ceremony.bytes().to_vec())),
            ("share", Value::Number(self.index)),
            ("sealed", Value::Bytes(self.sealed.to_vec())),
        ];
        sheet::write(HANDED, &lines)
    }

    /// Reads it.
    ///
    /// # Errors
    /// What isn't right, and where.
    pub fn read(text: &str) -> Result<Self, SheetError> {
        let mut said = Said::read(HANDED, &HANDING, text)?;
        let ceremony = CeremonyId::new(said.bytes()?);
        Ok(Self { ceremony, index: said.number()?, sealed: Box::new(said.bytes()?) })
    }

    /// The share's number, as its sender says.
    #[must_use]
    pub fn index(&self) -> u8 {
        self.index
    }
}

/// The shares so far. They are in memory only, and wiped when it is dropped.
pub struct Gathering {
    ceremony: Ceremony,
    purpose: Purpose,
    /// Whose share isn't wanted.
    without: Option<u8>,
    key: Private,
    shares: Vec<Share>,
}

impl Gathering {
    /// Nothing gathered yet.
    ///
    /// # Errors
    /// If no key can be made.
    pub fn new(ceremony: Ceremony, purpose: Purpose, without: Option<u8>) -> Result<Self, HandError> {
        let key = Private::generate().map_err(|_| HandError::Key)?;
        Ok(Self { ceremony, purpose, without, key, shares: Vec::new() })
    }

    /// The ceremony whose shares are gathered.
    #[must_use]
    pub fn ceremony(&self) -> &Ceremony {
        &self.ceremony
    }

    /// What custodians seal to.
    ///
    /// # Errors
    /// If the key of this process can't be used.
    pub fn invitation(&self) -> Result<Invitation, HandError> {
        let key = self.key.public().map_err(|_| HandError::Key)?;
        Ok(Invitation { ceremony: self.ceremony.id(), purpose: self.purpose, key })
    }

    /// How many shares there are.
    #[must_use]
    pub fn have(&self) -> u8 {
        u8::try_from(self.shares.len()).unwrap_or(u8::MAX)
    }

    /// Takes a share.
    ///
    /// # Errors
    /// Why it isn't taken; what was taken before stays.
    pub fn take(&mut self, handed: &Handed) -> Result<(), HandError> {
        if handed.ceremony != self.ceremony.id() {
            return Err(HandError::OtherCeremony);
        }
        if self.without == Some(handed.index) {
            return Err(HandError::Replaced);
        }
        let context = context(handed.ceremony, self.purpose, handed.index);
        let opened = xwing::open(&self.key, &context, &handed.sealed).map_err(|_| HandError::NotForThis)?;
        let share = Share::new(handed.index, *opened);
        if !self.ceremony.knows(&share) {
            return Err(HandError::NotDealt);
        }
        if self.shares.iter().any(|one| one.index() == share.index()) {
            return Err(HandError::Twice(share.index()));
        }
        self.shares.push(share);
        Ok(())
    }

    /// The root key, once there are enough shares.
    ///
    /// # Errors
    /// If they give another one than the record speaks of.
    pub fn root(&self) -> Result<Option<RootKey>, HandError> {
        match combine(self.ceremony.quorum(), &self.shares) {
            None => Ok(None),
            Some(root) if self.ceremony.fits(&root) => Ok(Some(root)),
            Some(_) => Err(HandError::OtherRoot),
        }
    }
}
