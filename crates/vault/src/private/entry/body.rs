//! The two halves' content as canonical CBOR.

use super::kind::Kind;
use domain::allotment::Piece;
use domain::{Counter, CustomerId, EntryId, InteractionId, Millis, PersonId, Purpose, Refusal};
use minicbor::{Decoder, Encoder};
use store::{Decision, Spent};

/// The audit half: what security may read by right. It names no customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditBody {
    /// When.
    pub at: Millis,
    /// What.
    pub kind: Kind,
    /// Done, or refused and why.
    pub decision: Decision,
    /// What for.
    pub purpose: Option<Purpose>,
    /// Kind of field.
    pub field: Option<u16>,
    /// Who; where the operator acts on this machine, upon whom.
    pub person: Option<PersonId>,
    /// Under which version of people and rules.
    pub power: u64,
    /// The customer's alias; nothing leads from it to the customer once their key is destroyed.
    pub alias: Option<u32>,
    /// What was spent.
    pub spent: Vec<Spent>,
    /// A number whose meaning the kind tells.
    pub detail: Option<u64>,
    /// From which allotments it drew, or what is given back of which.
    pub drawn: Vec<Piece>,
    /// Of an allotment: to whom, and of how much.
    pub allotted: Option<Allotted>,
    /// Of a change by a person: whom it is about.
    pub upon: Option<PersonId>,
    /// Of a step of the root key's ceremony: which.
    pub ceremony: Option<Box<CeremonyNote>>,
    /// Of a drill's result: which, and what it showed.
    pub drill: Option<Box<DrillNote>>,
    /// Of what was reported: what the list of these reports' hashes hashes to.
    pub told: Option<[u8; 32]>,
    /// Of a partner pack, and of a drill that was tried for one: which.
    pub pack: Option<Box<PackNote>>,
    /// Of a report to the board: which.
    pub board: Option<Box<BoardNote>>,
}

/// Which partner pack an entry is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackNote {
    /// What the buyer's nonce hashes to.
    pub nonce: [u8; 32],
    /// What its list of parts hashes to; none of a drill, which is tried before there is one.
    pub manifest: Option<[u8; 32]>,
}

/// What the entry of a report to the board says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardNote {
    /// Its number: from 1, without a gap.
    pub number: u64,
    /// What it is, as [`crate::BoardWhat`] numbers it.
    pub what: u8,
    /// The first moment that it tells of.
    pub from: Millis,
    /// The first that it doesn't.
    pub until: Millis,
    /// When the next report is due.
    pub next: Millis,
    /// SHA-256 of the file.
    pub file: [u8; 32],
    /// SHA-256 of the file before it; zeros of the first.
    pub previous: [u8; 32],
}

impl BoardNote {
    /// `[number, kind, from, until, next, file, previous]`.
    pub(crate) fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Encoded {
        e.array(7)?.u64(self.number)?.u8(self.what)?.i64(self.from.0)?.i64(self.until.0)?.i64(self.next.0)?;
        e.bytes(&self.file)?.bytes(&self.previous)?;
        Ok(())
    }

    pub(crate) fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        d.array()?;
        let (number, what) = (d.u64()?, d.u8()?);
        let (from, until, next) = (Millis(d.i64()?), Millis(d.i64()?), Millis(d.i64()?));
        let (Ok(file), Ok(previous)) = (d.bytes()?.try_into(), d.bytes()?.try_into()) else { return Ok(None) };
        Ok(Some(Self { number, what, from, until, next, file, previous }))
    }
}

/// What the entry of a drill's result says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrillNote {
    /// The drill's name.
    pub drill: String,
    /// What it showed, as [`crate::DrillVerdict`] numbers it.
    pub verdict: u8,
    /// Where, as [`crate::DrillPlace`] numbers it.
    pub place: u8,
    /// From when on it proves nothing any more.
    pub expires: Millis,
}

/// What the entry of a ceremony's step says: numbers and ids, no names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CeremonyNote {
    /// The ceremony's id; empty of a rehearsal.
    pub ceremony: String,
    /// What happened, as `docs/ceremony.md` lists it.
    pub step: String,
    /// Of which share; 0 for none.
    pub share: u8,
    /// How many custodians it takes.
    pub needed: u8,
    /// How many there are.
    pub of: u8,
    /// Its place among all steps, from 1.
    pub place: u64,
    /// SHA-256 of its line at the key holder, which names that of the line before it.
    pub hash: [u8; 32],
}

/// What an allotment's entry says beside its counter, the counter's new value and how much it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allotted {
    /// The node, by a name that it made up when it started.
    pub node: [u8; 16],
    /// The step's first millisecond.
    pub window: Millis,
    /// The limit of any sixty minutes that it was granted under.
    pub limit: u32,
}

/// The customer half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerBody {
    /// Who.
    pub customer: CustomerId,
    /// In which interaction.
    pub interaction: Option<InteractionId>,
    /// Which of several fields.
    pub instance: u32,
    /// Which version of it.
    pub version: u64,
    /// The customer's entry counter.
    pub n: u64,
    /// The entry before it about the same customer: none of the first, and none where it is from before that was written.
    pub previous: Option<EntryId>,
}

type Encoded = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

impl AuditBody {
    /// Canonical CBOR: `{1: ms, 2: kind, 3: refusal or 0, 4?: purpose, 5?: field, 6?: person, 7: power, 8?: alias,
    /// 9?: [[counter, previous, total, moved]], 10?: detail, 11?: [[allotment, amount]], 12?: [node, window, limit],
    /// 13?: person, 14?: [ceremony, step, share, needed, of, place, hash],
    /// 15?: [drill, verdict, place, expires], 16?: hash, 17?: [nonce] or [nonce, manifest],
    /// 18?: [number, kind, from, until, next, file, previous]}`.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        // Writing to a vector can't fail: the error type has no values.
        let _: Encoded = self.write(&mut Encoder::new(&mut out));
        out
    }

    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Encoded {
        let optional = [
            self.purpose.is_some(),
            self.field.is_some(),
            self.person.is_some(),
            self.alias.is_some(),
            !self.spent.is_empty(),
            self.detail.is_some(),
            !self.drawn.is_empty(),
            self.allotted.is_some(),
            self.upon.is_some(),
            self.ceremony.is_some(),
            self.drill.is_some(),
            self.told.is_some(),
            self.pack.is_some(),
            self.board.is_some(),
        ];
        e.map(4 + optional.iter().filter(|present| **present).count() as u64)?;
        e.u8(1)?.i64(self.at.0)?.u8(2)?.u8(self.kind as u8)?;
        e.u8(3)?.u8(self.decision.err().map_or(0, |refusal| refusal as u8))?;
        if let Some(purpose) = self.purpose {
            e.u8(4)?.str(purpose.slug())?;
        }
        if let Some(field) = self.field {
            e.u8(5)?.u16(field)?;
        }
        if let Some(person) = self.person {
            e.u8(6)?.bytes(&person.0)?;
        }
        e.u8(7)?.u64(self.power)?;
        if let Some(alias) = self.alias {
            e.u8(8)?.u32(alias)?;
        }
        if !self.spent.is_empty() {
            e.u8(9)?.array(self.spent.len() as u64)?;
            for spent in &self.spent {
                e.array(3 + u64::from(spent.moved.is_some()))?;
                e.bytes(spent.counter.bytes())?.bytes(&spent.previous.0)?.u64(spent.total)?;
                if let Some(moved) = spent.moved {
                    e.i64(moved)?;
                }
            }
        }
        if let Some(detail) = self.detail {
            e.u8(10)?.u64(detail)?;
        }
        if !self.drawn.is_empty() {
            e.u8(11)?.array(self.drawn.len() as u64)?;
            for piece in &self.drawn {
                e.array(2)?.bytes(&piece.allotment.0)?.u32(piece.amount)?;
            }
        }
        if let Some(Allotted { node, window, limit }) = &self.allotted {
            e.u8(12)?.array(3)?.bytes(node)?.i64(window.0)?.u32(*limit)?;
        }
        if let Some(person) = self.upon {
            e.u8(13)?.bytes(&person.0)?;
        }
        if let Some(note) = self.ceremony.as_deref() {
            e.u8(14)?.array(7)?.str(&note.ceremony)?.str(&note.step)?.u8(note.share)?.u8(note.needed)?;
            e.u8(note.of)?.u64(note.place)?.bytes(&note.hash)?;
        }
        if let Some(note) = self.drill.as_deref() {
            e.u8(15)?.array(4)?.str(&note.drill)?.u8(note.verdict)?.u8(note.place)?.i64(note.expires.0)?;
        }
        if let Some(hash) = &self.told {
            e.u8(16)?.bytes(hash)?;
        }
        if let Some(note) = self.pack.as_deref() {
            e.u8(17)?.array(1 + u64::from(note.manifest.is_some()))?.bytes(&note.nonce)?;
            if let Some(manifest) = &note.manifest {
                e.bytes(manifest)?;
            }
        }
        if let Some(note) = self.board.as_deref() {
            note.write(e.u8(18)?)?;
        }
        Ok(())
    }

    /// The body of these bytes; `None` if they aren't exactly one in canonical form.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let body = Self::read(&mut Decoder::new(bytes)).ok().flatten()?;
        (body.encode() == bytes).then_some(body)
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        let mut body = Self {
            at: Millis(0),
            kind: Kind::Event,
            decision: Ok(()),
            purpose: None,
            field: None,
            person: None,
            power: 0,
            alias: None,
            spent: Vec::new(),
            detail: None,
            drawn: Vec::new(),
            allotted: None,
            upon: None,
            ceremony: None,
            drill: None,
            pack: None,
            board: None,
            told: None,
        };
        for _ in 0..d.map()?.unwrap_or(0) {
            match d.u8()? {
                1 => body.at = Millis(d.i64()?),
                2 => match Kind::from_code(d.u8()?) {
                    Some(kind) => body.kind = kind,
                    None => return Ok(None),
                },
                3 => body.decision = Refusal::from_code(d.u8()?).map_or(Ok(()), Err),
                4 => body.purpose = Purpose::from_slug(d.str()?),
                5 => body.field = Some(d.u16()?),
                6 => body.person = d.bytes()?.try_into().ok().map(PersonId),
                7 => body.power = d.u64()?,
                8 => body.alias = Some(d.u32()?),
                9 => {
                    for _ in 0..d.array()?.unwrap_or(0) {
                        let Some(spent) = read_spent(d)? else { return Ok(None) };
                        body.spent.push(spent);
                    }
                }
                10 => body.detail = Some(d.u64()?),
                11 => {
                    for _ in 0..d.array()?.unwrap_or(0) {
                        let Some(piece) = read_piece(d)? else { return Ok(None) };
                        body.drawn.push(piece);
                    }
                }
                12 => {
                    d.array()?;
                    let Ok(node) = d.bytes()?.try_into() else { return Ok(None) };
                    body.allotted = Some(Allotted { node, window: Millis(d.i64()?), limit: d.u32()? });
                }
                13 => body.upon = d.bytes()?.try_into().ok().map(PersonId),
                14 => match read_note(d)? {
                    Some(note) => body.ceremony = Some(Box::new(note)),
                    None => return Ok(None),
                },
                15 => body.drill = Some(Box::new(read_drill(d)?)),
                16 => {
                    let Ok(hash) = d.bytes()?.try_into() else { return Ok(None) };
                    body.told = Some(hash);
                }
                17 => match read_pack(d)? {
                    Some(note) => body.pack = Some(Box::new(note)),
                    None => return Ok(None),
                },
                18 => match BoardNote::read(d)? {
                    Some(note) => body.board = Some(Box::new(note)),
                    None => return Ok(None),
                },
                _ => return Ok(None),
            }
        }
        Ok(Some(body))
    }
}

fn read_spent(d: &mut Decoder<'_>) -> Result<Option<Spent>, minicbor::decode::Error> {
    let length = d.array()?;
    let counter = d.bytes()?.try_into().ok().map(Counter::from_bytes);
    let previous = d.bytes()?.try_into().ok().map(EntryId);
    let total = d.u64()?;
    // Three of them in entries from before allowances slid.
    let moved = if length == Some(4) { Some(d.i64()?) } else { None };
    Ok(counter.zip(previous).map(|(counter, previous)| Spent { counter, previous, total, moved }))
}

fn read_note(d: &mut Decoder<'_>) -> Result<Option<CeremonyNote>, minicbor::decode::Error> {
    d.array()?;
    let (ceremony, step) = (d.str()?.to_owned(), d.str()?.to_owned());
    let (share, needed, of, place) = (d.u8()?, d.u8()?, d.u8()?, d.u64()?);
    let Ok(hash) = d.bytes()?.try_into() else { return Ok(None) };
    Ok(Some(CeremonyNote { ceremony, step, share, needed, of, place, hash }))
}

fn read_drill(d: &mut Decoder<'_>) -> Result<DrillNote, minicbor::decode::Error> {
    d.array()?;
    let (drill, verdict, place) = (d.str()?.to_owned(), d.u8()?, d.u8()?);
    Ok(DrillNote { drill, verdict, place, expires: Millis(d.i64()?) })
}

fn read_pack(d: &mut Decoder<'_>) -> Result<Option<PackNote>, minicbor::decode::Error> {
    let length = d.array()?;
    let Ok(nonce) = d.bytes()?.try_into() else { return Ok(None) };
    let manifest = if length == Some(2) { Some(d.bytes()?.try_into()) } else { None };
    Ok(manifest.transpose().ok().map(|manifest| PackNote { nonce, manifest }))
}

fn read_piece(d: &mut Decoder<'_>) -> Result<Option<Piece>, minicbor::decode::Error> {
    d.array()?;
    let allotment = d.bytes()?.try_into().ok().map(EntryId);
    let amount = d.u32()?;
    Ok(allotment.map(|allotment| Piece { allotment, amount }))
}

impl CustomerBody {
    /// Canonical CBOR: `{1: customer, 2?: interaction, 3: instance, 4: version, 5: n, 6?: previous}`.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        let _: Encoded = self.write(&mut Encoder::new(&mut out));
        out
    }

    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Encoded {
        e.map(4 + u64::from(self.interaction.is_some()) + u64::from(self.previous.is_some()))?;
        e.u8(1)?.bytes(&self.customer.0)?;
        if let Some(interaction) = self.interaction {
            e.u8(2)?.bytes(&interaction.0)?;
        }
        e.u8(3)?.u32(self.instance)?.u8(4)?.u64(self.version)?.u8(5)?.u64(self.n)?;
        if let Some(previous) = self.previous {
            e.u8(6)?.bytes(&previous.0)?;
        }
        Ok(())
    }

    /// The body of these bytes; `None` if they aren't exactly one in canonical form.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let body = Self::read(&mut Decoder::new(bytes)).ok().flatten()?;
        (body.encode() == bytes).then_some(body)
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        let mut body =
            Self { customer: CustomerId([0; 16]), interaction: None, instance: 0, version: 0, n: 0, previous: None };
        for _ in 0..d.map()?.unwrap_or(0) {
            match d.u8()? {
                1 => match d.bytes()?.try_into() {
                    Ok(id) => body.customer = CustomerId(id),
                    Err(_) => return Ok(None),
                },
                2 => match d.bytes()?.try_into() {
                    Ok(id) => body.interaction = Some(InteractionId(id)),
                    Err(_) => return Ok(None),
                },
                3 => body.instance = d.u32()?,
                4 => body.version = d.u64()?,
                5 => body.n = d.u64()?,
                6 => match d.bytes()?.try_into() {
                    Ok(id) => body.previous = Some(EntryId(id)),
                    Err(_) => return Ok(None),
                },
                _ => return Ok(None),
            }
        }
        Ok(Some(body))
    }
}
