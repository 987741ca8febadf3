//! What a request's row says.

use super::{CopyTaken, Identity, Request, RequestId, Stage, Whose};
use domain::field::IndexKind;
use domain::{CameBy, CustomerId, Declined, EntryId, Longer, Millis, PersonId, Right};
use minicbor::{Decoder, Encoder};
use plan::Language;
use store::AdmissionRow;

type Written = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

impl Request {
    /// CBOR: `[right, came by, language, received, filer, filed, content, whose, longer, stage, handler, identity, first, told, last,
    /// held, copy, found by]`; what isn't there is an empty array, or 0.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(320);
        // Writing to a vector can't fail: the error type has no values.
        let _: Written = self.write(&mut Encoder::new(&mut out));
        out
    }

    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Written {
        e.array(18)?.u8(self.right as u8)?.u8(self.came_by as u8)?.str(self.language.tag())?.i64(self.received.0)?;
        e.bytes(&self.filer.0)?.bytes(&self.filed.0)?.bytes(&self.content)?;
        match self.whose {
            Whose::Nobody => e.array(0)?,
            Whose::Customer(CustomerId(id)) => e.array(2)?.u8(1)?.bytes(&id)?,
            Whose::Pseudonym(name) => e.array(2)?.u8(2)?.bytes(&name)?,
        };
        e.u8(self.longer.map_or(0, |longer| longer as u8))?;
        let (stage, why) = match self.stage {
            Stage::Open => (1, 0),
            Stage::Answered => (2, 0),
            Stage::Refused(why) => (3, why as u8),
            Stage::Withdrawn => (4, 0),
        };
        e.u8(stage * 16 + why)?;
        e.bytes(self.handler.as_ref().map_or(&[][..], |person| &person.0[..]))?;
        let Identity { code, sent, wrong, right, proven } = &self.identity;
        e.array(5)?;
        match code {
            Some((digest, until)) => e.array(2)?.bytes(digest)?.i64(until.0)?,
            None => e.array(0)?,
        };
        e.u8(*sent)?.u8(*wrong)?.array(right.len() as u64)?;
        for kind in right {
            e.u16(*kind)?;
        }
        e.bool(*proven)?;
        match self.first {
            Some((person, until)) => e.array(2)?.bytes(&person.0)?.i64(until.0)?,
            None => e.array(0)?,
        };
        e.bool(self.told)?.bytes(&self.last.0)?;
        match self.held {
            Some((values, masks)) => e.array(2)?.u32(values)?.u32(masks)?,
            None => e.array(0)?,
        };
        match &self.copy {
            Some(CopyTaken { size, sha256, at, receipt }) => {
                e.array(4)?.u64(*size)?.bytes(sha256)?.i64(at.0)?.bytes(&receipt.0)?
            }
            None => e.array(0)?,
        };
        e.u16(self.found_by.map_or(0, IndexKind::code))?.ok()
    }

    /// The request of a row; `None` if its body is none.
    pub(super) fn read(row: &AdmissionRow) -> Option<Self> {
        let mut d = Decoder::new(&row.body);
        (d.array().ok()? == Some(18)).then_some(())?;
        let request = Self {
            id: RequestId(row.key.id),
            right: Right::from_code(d.u8().ok()?)?,
            came_by: CameBy::from_code(d.u8().ok()?)?,
            language: Language::from_tag(d.str().ok()?)?,
            received: moment(&mut d)?,
            filer: PersonId(id(&mut d)?),
            filed: EntryId(id(&mut d)?),
            content: id(&mut d)?,
            whose: whose(&mut d)?,
            longer: longer(&mut d)?,
            stage: stage(&mut d)?,
            handler: handler(&mut d)?,
            identity: identity(&mut d)?,
            first: pair(&mut d, |d| Some((PersonId(id(d)?), moment(d)?)))?,
            told: d.bool().ok()?,
            last: EntryId(id(&mut d)?),
            held: pair(&mut d, |d| Some((d.u32().ok()?, d.u32().ok()?)))?,
            copy: copy(&mut d)?,
            found_by: found_by(&mut d)?,
            tag: row.tag,
        };
        (d.position() == row.body.len()).then_some(request)
    }
}

fn id(d: &mut Decoder<'_>) -> Option<[u8; 16]> {
    d.bytes().ok()?.try_into().ok()
}

fn moment(d: &mut Decoder<'_>) -> Option<Millis> {
    d.i64().ok().map(Millis)
}

fn pair<T>(d: &mut Decoder<'_>, read: impl Fn(&mut Decoder<'_>) -> Option<T>) -> Option<Option<T>> {
    match d.array().ok()?? {
        0 => Some(None),
        2 => read(d).map(Some),
        _ => None,
    }
}

fn whose(d: &mut Decoder<'_>) -> Option<Whose> {
    let found = pair(d, |d| Some((d.u8().ok()?, id(d)?)))?;
    match found {
        None => Some(Whose::Nobody),
        Some((1, id)) => Some(Whose::Customer(CustomerId(id))),
        Some((2, name)) => Some(Whose::Pseudonym(name)),
        Some(_) => None,
    }
}

fn longer(d: &mut Decoder<'_>) -> Option<Option<Longer>> {
    match d.u8().ok()? {
        0 => Some(None),
        code => Longer::from_code(code).map(Some),
    }
}

fn stage(d: &mut Decoder<'_>) -> Option<Stage> {
    let code = d.u8().ok()?;
    match (code / 16, code % 16) {
        (1, 0) => Some(Stage::Open),
        (2, 0) => Some(Stage::Answered),
        (3, why) => Declined::from_code(why).map(Stage::Refused),
        (4, 0) => Some(Stage::Withdrawn),
        _ => None,
    }
}

fn handler(d: &mut Decoder<'_>) -> Option<Option<PersonId>> {
    match d.bytes().ok()? {
        [] => Some(None),
        person => Some(Some(PersonId(person.try_into().ok()?))),
    }
}

fn identity(d: &mut Decoder<'_>) -> Option<Identity> {
    (d.array().ok()? == Some(5)).then_some(())?;
    let code = pair(d, |d| Some((id(d)?, moment(d)?)))?;
    let (sent, wrong) = (d.u8().ok()?, d.u8().ok()?);
    let kinds = d.array().ok()??;
    let right = (0..kinds).map(|_| d.u16().ok()).collect::<Option<_>>()?;
    Some(Identity { code, sent, wrong, right, proven: d.bool().ok()? })
}

fn found_by(d: &mut Decoder<'_>) -> Option<Option<IndexKind>> {
    match d.u16().ok()? {
        0 => Some(None),
        code => IndexKind::from_code(code).map(Some),
    }
}

fn copy(d: &mut Decoder<'_>) -> Option<Option<CopyTaken>> {
    match d.array().ok()?? {
        0 => Some(None),
        4 => {
            let size = d.u64().ok()?;
            let sha256 = d.bytes().ok()?.try_into().ok()?;
            Some(Some(CopyTaken { size, sha256, at: moment(d)?, receipt: EntryId(id(d)?) }))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rights::RequestState;

    fn filed() -> Request {
        Request {
            id: RequestId([1; 16]),
            right: Right::Access,
            came_by: CameBy::Letter,
            language: Language::German,
            received: Millis(86_400_000),
            filer: PersonId([2; 16]),
            filed: EntryId([3; 16]),
            content: [4; 16],
            whose: Whose::Customer(CustomerId([5; 16])),
            found_by: Some(IndexKind::OrderNumber),
            longer: None,
            stage: Stage::Open,
            handler: None,
            identity: Identity::default(),
            first: None,
            told: false,
            last: EntryId([3; 16]),
            held: None,
            copy: None,
            tag: [9; 16],
        }
    }

    #[test]
    fn a_request_comes_back_and_nothing_else_is_one() {
        let code = Some(([6; 16], Millis(7)));
        let taken = CopyTaken { size: 70_000, sha256: [8; 32], at: Millis(9), receipt: EntryId([7; 16]) };
        let all = [
            filed(),
            Request { whose: Whose::Nobody, found_by: None, longer: Some(Longer::Number), ..filed() },
            Request {
                handler: Some(PersonId([8; 16])),
                identity: Identity { code, sent: 2, wrong: 1, right: vec![3, 5], proven: true },
                first: Some((PersonId([8; 16]), Millis(11))),
                ..filed()
            },
            Request {
                whose: Whose::Pseudonym([4; 16]),
                stage: Stage::Answered,
                told: true,
                held: Some((9, 2)),
                copy: Some(taken),
                ..filed()
            },
            Request { stage: Stage::Refused(Declined::Excessive), ..filed() },
            Request { stage: Stage::Withdrawn, ..filed() },
        ];
        for request in all {
            let row = request.row(Millis(0));
            assert_eq!(Request::read(&row).as_ref(), Some(&request));
            for cut in 0..row.body.len() {
                let cut = AdmissionRow { body: row.body[..cut].to_vec(), ..row.clone() };
                assert_eq!(Request::read(&cut), None);
            }
            let longer = AdmissionRow { body: [row.body.clone(), vec![0]].concat(), ..row };
            assert_eq!(Request::read(&longer), None);
        }
    }

    #[test]
    fn a_closed_request_names_no_customer_and_keeps_no_code() {
        let identity = Identity { code: Some(([6; 16], Millis(7))), sent: 1, ..Identity::default() };
        let open = Request { identity, ..filed() };
        assert_eq!((open.state(), open.row(Millis(0)).expires), (RequestState::IdentityAsked, super::super::NEVER));
        let closed = open.closed(Stage::Withdrawn);
        assert_eq!(
            (closed.whose, closed.identity.code, closed.state()),
            (Whose::Nobody, None, RequestState::Withdrawn)
        );
        assert!(!closed.encode().windows(16).any(|bytes| bytes == [5; 16]));
        assert!(closed.row(Millis(0)).expires < super::super::NEVER);
    }
}
