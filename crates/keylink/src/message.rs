//! Operations, and the parts of their bodies that have types of their own.

use crate::codec::{Bytes, Get, Put, Read, Writer};
use domain::{PowerKind, Suite};
use keys::standing::{Apart, CeremonyStanding, CeremonyStep, HolderAlarm, HolderStanding};
use keys::{
    Assertion, DealtShares, NodeKeys, PowerChange, PowerSeal, Powers, SharesGathered, ShelfAge, Suites, Warrant,
};
use minicbor::Decoder;
use minicbor::decode::Error;

/// What this version of the program speaks; both sides must be of one version.
pub(crate) const VERSION: u8 = 3;

/// What is asked, by number; numbers are never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Operation {
    NodeKeys = 0,
    Enrol = 1,
    Seal = 2,
    Release = 3,
    EntryKeys = 4,
    List = 5,
    Index = 6,
    Turn = 7,
    Shelves = 8,
    NewShelf = 9,
    DestroyShelf = 10,
    SealPower = 11,
    CheckPower = 12,
    Published = 13,
    Standing = 14,
    Suites = 15,
    RaiseSuites = 16,
    Rewrap = 17,
    CeremonySteps = 18,
}

impl Operation {
    pub(crate) const ALL: [Self; 19] = [
        Self::NodeKeys,
        Self::Enrol,
        Self::Seal,
        Self::Release,
        Self::EntryKeys,
        Self::List,
        Self::Index,
        Self::Turn,
        Self::Shelves,
        Self::NewShelf,
        Self::DestroyShelf,
        Self::SealPower,
        Self::CheckPower,
        Self::Published,
        Self::Standing,
        Self::Suites,
        Self::RaiseSuites,
        Self::Rewrap,
        Self::CeremonySteps,
    ];
}

impl Put for Operation {
    fn put(&self, to: &mut Writer) {
        (*self as u8).put(to);
    }
}

impl Get for Operation {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        let number = usize::from(from.u8()?);
        Self::ALL.get(number).copied().ok_or_else(|| Error::message("an operation of no known kind"))
    }
}

impl Put for NodeKeys {
    fn put(&self, to: &mut Writer) {
        (&self.row, &self.audit, &self.log_ed25519, &self.log_ml_dsa).put(to);
    }
}

impl Get for NodeKeys {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        let (row, audit, log_ed25519, log_ml_dsa) = Get::get(from)?;
        Ok(Self { row, audit, log_ed25519, log_ml_dsa })
    }
}

impl Put for ShelfAge {
    fn put(&self, to: &mut Writer) {
        (self.epoch, self.made).put(to);
    }
}

impl Get for ShelfAge {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        let (epoch, made) = Get::get(from)?;
        Ok(Self { epoch, made })
    }
}

impl Put for Suite {
    fn put(&self, to: &mut Writer) {
        self.code().put(to);
    }
}

impl Get for Suite {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        Self::from_code(from.u16()?).ok_or_else(|| Error::message("a suite that isn't known"))
    }
}

impl Put for Suites {
    fn put(&self, to: &mut Writer) {
        (self.seals, self.opens).put(to);
    }
}

impl Get for Suites {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        let (seals, opens) = Get::get(from)?;
        Ok(Self { seals, opens })
    }
}

impl Put for PowerSeal {
    fn put(&self, to: &mut Writer) {
        (self.seq, self.root, self.tag).put(to);
    }
}

impl Get for PowerSeal {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        let (seq, root, tag) = Get::get(from)?;
        Ok(Self { seq, root, tag })
    }
}

impl Put for PowerKind {
    fn put(&self, to: &mut Writer) {
        self.code().put(to);
    }
}

impl Get for PowerKind {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        Self::from_code(from.u16()?).ok_or_else(|| Error::message("power of no known kind"))
    }
}

impl Put for Powers {
    fn put(&self, to: &mut Writer) {
        to.array(self.0.len());
        self.0.iter().for_each(|((kind, id), body)| (kind, id, Bytes(body)).put(to));
    }
}

impl Get for Powers {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        let rows: Vec<(PowerKind, [u8; 16], Bytes<Vec<u8>>)> = Get::get(from)?;
        Ok(Self(rows.into_iter().map(|(kind, id, Bytes(body))| ((kind, id), body)).collect()))
    }
}

impl Put for HolderStanding {
    fn put(&self, to: &mut Writer) {
        self.apart.put(to);
    }
}

impl Get for HolderStanding {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        Ok(Self { apart: Get::get(from)? })
    }
}

impl Put for Apart {
    fn put(&self, to: &mut Writer) {
        let numbers = (self.released, self.tenant_per_hour, self.person_per_hour);
        (self.since, numbers, &self.alarms, &self.ceremony, self.sealed).put(to);
    }
}

impl Get for Apart {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        let (since, (released, tenant_per_hour, person_per_hour), alarms, ceremony, sealed) = Get::get(from)?;
        Ok(Self { since, released, tenant_per_hour, person_per_hour, alarms, ceremony, sealed })
    }
}

impl Put for HolderAlarm {
    fn put(&self, to: &mut Writer) {
        (&self.at, &self.kind, self.acknowledged).put(to);
    }
}

impl Get for HolderAlarm {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        let (at, kind, acknowledged) = Get::get(from)?;
        Ok(Self { at, kind, acknowledged })
    }
}

impl Put for CeremonyStanding {
    fn put(&self, to: &mut Writer) {
        let record = (&self.id, self.needed, &self.custodians, self.root_file);
        let now = (&self.dealt, &self.gathering, &self.places);
        (record, self.whole, &self.head, &self.steps, &self.rehearsed, now).put(to);
    }
}

impl Get for CeremonyStanding {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        let (record, whole, head, steps, rehearsed, now) = Get::get(from)?;
        let ((id, needed, custodians, root_file), (dealt, gathering, places)) = (record, now);
        Ok(Self { id, needed, custodians, root_file, whole, head, steps, rehearsed, dealt, gathering, places })
    }
}

impl Put for CeremonyStep {
    fn put(&self, to: &mut Writer) {
        let numbers = (self.share, self.needed, self.of);
        (self.place, self.hash, &self.at, &self.ceremony, &self.step, numbers).put(to);
    }
}

impl Get for CeremonyStep {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        let (place, hash, at, ceremony, step, (share, needed, of)) = Get::get(from)?;
        Ok(Self { place, hash, at, ceremony, step, share, needed, of })
    }
}

impl Put for DealtShares {
    fn put(&self, to: &mut Writer) {
        (&self.id, self.needed, &self.custodians).put(to);
    }
}

impl Get for DealtShares {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        let (id, needed, custodians) = Get::get(from)?;
        Ok(Self { id, needed, custodians })
    }
}

impl Put for SharesGathered {
    fn put(&self, to: &mut Writer) {
        (&self.purpose, &self.ceremony, &self.taken, self.refused, self.without).put(to);
    }
}

impl Get for SharesGathered {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        let (purpose, ceremony, taken, refused, without) = Get::get(from)?;
        Ok(Self { purpose, ceremony, taken, refused, without })
    }
}

/// A change of power, which is a tuple of foreign types.
pub(crate) struct Change<T>(pub(crate) T);

impl Put for Change<&PowerChange> {
    fn put(&self, to: &mut Writer) {
        let ((kind, id), body) = self.0;
        (kind, id, body.as_ref().map(Bytes)).put(to);
    }
}

impl Get for Change<PowerChange> {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        let (kind, id, body): (_, _, Option<Bytes<Vec<u8>>>) = Get::get(from)?;
        Ok(Self(((kind, id), body.map(|Bytes(body)| body))))
    }
}

impl Put for Assertion {
    fn put(&self, to: &mut Writer) {
        let parts = (&self.credential, &self.client_data, &self.authenticator_data, &self.signature);
        (Bytes(parts.0), Bytes(parts.1), Bytes(parts.2), Bytes(parts.3)).put(to);
    }
}

impl Get for Assertion {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        let (Bytes(credential), Bytes(client_data), Bytes(authenticator_data), Bytes(signature)) = Get::get(from)?;
        Ok(Self { credential, client_data, authenticator_data, signature })
    }
}

impl Put for Warrant {
    fn put(&self, to: &mut Writer) {
        match self {
            Self::Setup => 0_u8.put(to),
            Self::Narrowing => 1_u8.put(to),
            Self::Officers(assertions) => assertions.put(to),
        }
    }
}

impl Get for Warrant {
    fn get(from: &mut Decoder<'_>) -> Read<Self> {
        if from.datatype()? == minicbor::data::Type::Array {
            return Get::get(from).map(Self::Officers);
        }
        match from.u8()? {
            0 => Ok(Self::Setup),
            1 => Ok(Self::Narrowing),
            _ => Err(Error::message("a warrant of no known kind")),
        }
    }
}
