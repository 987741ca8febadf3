//! What the identity provider said of a person, as it is kept.

use domain::{Millis, PersonId, Role};
use identity::scim::User;
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use store::{AdmissionKey, AdmissionKind, AdmissionRow};

/// A row that nobody sweeps.
pub(super) const FOR_GOOD: Millis = Millis(i64::MAX);

/// A person as the identity provider lists them. It grants nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// What it said last.
    pub(crate) user: User,
    /// Does it want them to work here? Said by adding somebody, and by `active: true`.
    pub(crate) wanted: bool,
    /// Who they became, or will be once security agrees.
    pub(crate) person: PersonId,
    /// When they were first named.
    pub(crate) created: Millis,
    /// When something was last said of them.
    pub(crate) changed: Millis,
    /// Has the provider deleted them?
    pub(crate) gone: bool,
}

pub(crate) fn key(id: PersonId) -> AdmissionKey {
    AdmissionKey { kind: AdmissionKind::Listing, id: id.0 }
}

impl Record {
    pub(crate) fn row(&self, id: PersonId) -> AdmissionRow {
        let expires = if self.gone { self.changed } else { FOR_GOOD };
        AdmissionRow { key: key(id), body: self.encode(), expires, tag: [0; 16] }
    }

    /// `[user name, external id, display name, active, role, team, wanted, person, ms, ms, gone]`, null for what isn't said.
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        // Writing to a vector can't fail: the error type has no values.
        let _: Result<(), minicbor::encode::Error<core::convert::Infallible>> = self.write(&mut Encoder::new(&mut out));
        out
    }

    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        let User { user_name, external_id, display_name, active, role, team } = &self.user;
        e.array(11)?.str(user_name)?;
        maybe(e, external_id.as_deref())?;
        maybe(e, display_name.as_deref())?;
        e.bool(*active)?;
        maybe(e, role.map(Role::slug))?;
        maybe(e, team.as_deref())?;
        e.bool(self.wanted)?.bytes(&self.person.0)?.i64(self.created.0)?.i64(self.changed.0)?.bool(self.gone)?;
        Ok(())
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let record = Self::read(&mut Decoder::new(bytes)).ok().flatten()?;
        (record.encode() == bytes).then_some(record)
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        d.array()?;
        let (user_name, external_id, display_name) = (d.str()?.to_owned(), text(d)?, text(d)?);
        let active = d.bool()?;
        let (role, team) = (text(d)?, text(d)?);
        let role = match role.as_deref().map(Role::from_slug) {
            Some(None) => return Ok(None),
            role => role.flatten(),
        };
        let wanted = d.bool()?;
        let Ok(person) = d.bytes()?.try_into() else { return Ok(None) };
        let (created, changed, gone) = (Millis(d.i64()?), Millis(d.i64()?), d.bool()?);
        let user = User { user_name, external_id, display_name, active, role, team };
        Ok(Some(Self { user, wanted, person: PersonId(person), created, changed, gone }))
    }
}

fn maybe(
    e: &mut Encoder<&mut Vec<u8>>,
    text: Option<&str>,
) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
    match text {
        Some(text) => e.str(text)?,
        None => e.null()?,
    };
    Ok(())
}

fn text(d: &mut Decoder<'_>) -> Result<Option<String>, minicbor::decode::Error> {
    if d.datatype()? == Type::Null {
        return d.null().map(|()| None);
    }
    d.str().map(|text| Some(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_it_wrote_and_nothing_else() {
        let user = User { user_name: "ada".to_owned(), role: Some(Role::Agent), active: true, ..User::default() };
        let record = Record {
            user,
            wanted: true,
            person: PersonId([7; 16]),
            created: Millis(1),
            changed: Millis(2),
            gone: false,
        };
        assert_eq!(Record::decode(&record.encode()).as_ref(), Some(&record));
        assert_eq!(record.row(PersonId([7; 16])).expires, FOR_GOOD);
        assert_eq!(Record { gone: true, ..record.clone() }.row(PersonId([7; 16])).expires, Millis(2));
        let mut longer = record.encode();
        longer.push(0);
        assert_eq!(Record::decode(&longer), None);
        assert_eq!(Record::decode(&[]), None);
    }
}
