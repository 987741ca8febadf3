//! Reports and what waits to become one, in bytes. What is sealed is filled up to a few sizes, so that its length tells nothing.

use super::{Case, FileKind, Line, REPORT, ReportedBy, Speaker};
use crate::error::VaultError;
use crate::wiring::Vault;
use domain::{CustomerId, EntryId, Found, InteractionId, Millis, PersonId, ReportId, TenantId};
use minicbor::{Decoder, Encoder};
use store::AdmissionRow;
use zeroize::Zeroizing;

/// The sizes up to which what is sealed is filled, in bytes; above, whole multiples of the largest.
const SIZES: [usize; 3] = [4 << 10, 16 << 10, 64 << 10];

type Encoded = Result<(), minicbor::encode::Error<core::convert::Infallible>>;
type Read<T> = Result<T, minicbor::decode::Error>;

/// What is sealed of one thing, at one of three sizes.
pub(super) fn filled(plain: &[u8]) -> Zeroizing<Vec<u8>> {
    let needed = plain.len() + 4;
    match SIZES.into_iter().find(|size| *size >= needed) {
        Some(size) => filled_to(plain, size),
        None => filled_in_steps(plain),
    }
}

/// What is sealed of many things, in steps of the largest size: one more of them rarely shows.
pub(super) fn filled_in_steps(plain: &[u8]) -> Zeroizing<Vec<u8>> {
    let [.., largest] = SIZES;
    filled_to(plain, (plain.len() + 4).next_multiple_of(largest))
}

/// `length u32 ‖ plain ‖ zeros`.
fn filled_to(plain: &[u8], size: usize) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(size));
    out.extend_from_slice(&u32::try_from(plain.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(plain);
    out.resize(size, 0);
    out
}

/// What was filled up.
pub(super) fn emptied(filled: &[u8]) -> Option<&[u8]> {
    let (length, rest) = filled.split_first_chunk::<4>()?;
    rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

fn wrong() -> minicbor::decode::Error {
    minicbor::decode::Error::message("not a report")
}

pub(super) fn fixed<const N: usize>(d: &mut Decoder<'_>) -> Read<[u8; N]> {
    d.bytes()?.try_into().map_err(|_| wrong())
}

fn optional<T>(d: &mut Decoder<'_>, read: impl FnOnce(&mut Decoder<'_>) -> Read<T>) -> Read<Option<T>> {
    match d.array()? {
        Some(0) => Ok(None),
        _ => read(d).map(Some),
    }
}

fn text(d: &mut Decoder<'_>) -> Read<Zeroizing<String>> {
    Ok(Zeroizing::new(d.str()?.to_owned()))
}

impl Case {
    /// An array in the order of the fields; what isn't there is an empty array.
    pub(super) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(4 << 10));
        // Writing to a vector can't fail: the error type has no values.
        let _: Encoded = self.write(&mut Encoder::new(&mut *out));
        out
    }

    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Encoded {
        let person = match self.by {
            ReportedBy::Nobody => None,
            ReportedBy::Customer => Some([0; 16]),
            ReportedBy::Person(person) => Some(person.0),
        };
        e.array(13)?.i64(self.day.0)?;
        maybe(e, person.as_ref().map(<[u8; 16]>::as_slice))?;
        e.bool(self.about_security)?;
        maybe(e, self.interaction.as_ref().map(|id| id.0.as_slice()))?;
        maybe(e, self.frozen.as_ref().map(|id| id.0.as_slice()))?;
        e.str(&self.text)?.bytes(&self.nonce)?.bytes(self.list.as_flattened())?.bytes(&self.entry.0)?;
        e.array(self.files.len() as u64)?;
        for (kind, hash) in &self.files {
            e.array(2)?.u8(*kind as u8)?.bytes(hash)?;
        }
        e.i64(self.acknowledged.map_or(i64::MIN, |day| day.0))?;
        match self.outcome {
            Some((found, day)) => e.array(2)?.u8(found as u8)?.i64(day.0)?,
            None => e.array(0)?,
        };
        e.array(self.lines.len() as u64)?;
        for line in &self.lines {
            e.array(3)?.u8(line.by as u8)?.i64(line.day.0)?.str(&line.text)?;
        }
        Ok(())
    }

    /// The report of this name that these bytes are.
    pub(super) fn decode(id: ReportId, bytes: &[u8]) -> Option<Self> {
        Self::read(id, &mut Decoder::new(bytes)).ok()
    }

    fn read(id: ReportId, d: &mut Decoder<'_>) -> Read<Self> {
        d.array()?;
        let day = Millis(d.i64()?);
        let by = match optional(d, fixed)? {
            None => ReportedBy::Nobody,
            Some([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) => ReportedBy::Customer,
            Some(person) => ReportedBy::Person(PersonId(person)),
        };
        let about_security = d.bool()?;
        let interaction = optional(d, fixed)?.map(InteractionId);
        let frozen = optional(d, fixed)?.map(CustomerId);
        let (said, nonce) = (text(d)?, fixed(d)?);
        let (list, _) = d.bytes()?.as_chunks::<32>();
        let list = list.to_vec();
        let entry = EntryId(fixed(d)?);
        let mut files = Vec::new();
        for _ in 0..d.array()?.unwrap_or(0) {
            d.array()?;
            files.push((FileKind::from_code(d.u8()?).ok_or_else(wrong)?, fixed(d)?));
        }
        let acknowledged = Some(d.i64()?).filter(|day| *day != i64::MIN).map(Millis);
        let outcome = match d.array()? {
            Some(0) => None,
            _ => Some((Found::from_code(d.u8()?).ok_or_else(wrong)?, Millis(d.i64()?))),
        };
        let mut lines = Vec::new();
        for _ in 0..d.array()?.unwrap_or(0) {
            d.array()?;
            let by = match d.u8()? {
                0 => Speaker::Reporter,
                1 => Speaker::Security,
                _ => Speaker::Outside,
            };
            lines.push(Line { by, day: Millis(d.i64()?), text: text(d)? });
        }
        let text = said;
        let tag = [0; 16];
        Ok(Self {
            id,
            day,
            by,
            about_security,
            interaction,
            frozen,
            text,
            nonce,
            list,
            entry,
            files,
            acknowledged,
            outcome,
            lines,
            tag,
        })
    }
}

fn maybe(e: &mut Encoder<&mut Vec<u8>>, bytes: Option<&[u8]>) -> Encoded {
    match bytes {
        Some(bytes) => e.array(1)?.bytes(bytes)?,
        None => e.array(0)?,
    };
    Ok(())
}

impl Vault {
    /// A report's row.
    pub(super) fn case_row(&self, tenant: TenantId, case: &Case) -> Result<AdmissionRow, VaultError> {
        let body = self.seal_text(tenant, REPORT, &case.id.0, &filled(&case.encode()))?;
        Ok(AdmissionRow { key: Case::key(case.id), body, expires: case.expires(), tag: [0; 16] })
    }

    /// The report that a row is, if the row is genuine.
    pub(super) fn case_of(&self, tenant: TenantId, row: &AdmissionRow) -> Option<Case> {
        let plain =
            self.is_genuine(tenant, row).then(|| self.open_text(tenant, REPORT, &row.key.id, &row.body).ok())??;
        let case = Case::decode(ReportId(row.key.id), emptied(&plain)?)?;
        Some(Case { tag: row.tag, ..case })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_comes_back_as_it_was_and_its_length_tells_nothing() {
        let case = Case {
            id: ReportId([7; 16]),
            day: Millis(86_400_000),
            by: ReportedBy::Person(PersonId([1; 16])),
            about_security: true,
            interaction: Some(InteractionId([2; 16])),
            frozen: None,
            text: Zeroizing::new("Somebody asked me for a list.".to_owned()),
            nonce: [3; 32],
            list: vec![[4; 32], [5; 32]],
            entry: EntryId([6; 16]),
            files: vec![(FileKind::Png, [8; 32])],
            acknowledged: Some(Millis(0)),
            outcome: Some((Found::Stopped, Millis(172_800_000))),
            lines: vec![Line { by: Speaker::Outside, day: Millis(1), text: Zeroizing::new("Thank you.".to_owned()) }],
            tag: [0; 16],
        };
        let bytes = case.encode();
        assert!(Case::decode(case.id, &bytes).is_some_and(|read| read == case));
        assert!(Case::decode(case.id, &bytes[..bytes.len() - 1]).is_none());
        let open = Case { by: ReportedBy::Nobody, outcome: None, acknowledged: None, lines: Vec::new(), ..case };
        assert!(Case::decode(open.id, &open.encode()).is_some_and(|read| read == open));
        let longer = Case { text: Zeroizing::new("x".repeat(3_000)), ..open.clone() };
        assert_eq!(filled(&open.encode()).len(), filled(&longer.encode()).len());
        assert_eq!(emptied(&filled(b"so it is")), Some(b"so it is".as_slice()));
        assert_eq!(emptied(&[0, 0, 0, 9, 1]), None);
    }
}
