//! Rows of power as they lie in a store: people, and everything else that grants something to people.

use crate::rows::{Tag, put_text};
use domain::{PersonId, PowerKind, Role, TenantId};

/// A member of staff or a machine client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRow {
    /// Who.
    pub id: PersonId,
    /// The tenant.
    pub tenant: TenantId,
    /// What for.
    pub role: Role,
    /// Name.
    pub name: String,
    /// Team.
    pub team: String,
    /// SHA-256 of the bearer token, none if the person has none.
    pub token: Option<[u8; 32]>,
    /// Over all of it.
    pub tag: Tag,
}

impl PersonRow {
    /// What the tag covers.
    #[must_use]
    pub fn material(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        out.extend_from_slice(&self.id.0);
        for text in [self.role.slug(), &self.name, &self.team] {
            put_text(&mut out, text);
        }
        out.extend_from_slice(self.token.as_ref().map_or(&[], |t| t.as_slice()));
        out
    }
}

/// Everything that grants power to people, as one: how often it was changed, and what all of it together says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerHead {
    /// The version, from 1.
    pub seq: u64,
    /// Over every person and every row of power; none in a store that is older than roots, until it is sealed once.
    pub root: Option<[u8; 32]>,
    /// The key holder's, over tenant, version and root: nodes can't make it.
    pub tag: Tag,
}

/// One row of power, but for people, who have a table of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PowerRow {
    /// What it is about.
    pub kind: PowerKind,
    /// Which of its kind.
    pub id: [u8; 16],
    /// What it says.
    pub body: Vec<u8>,
    /// Over all of it. The root decides; this says which row was edited where the root doesn't fit.
    pub tag: Tag,
}

impl PowerRow {
    /// What the tag covers.
    #[must_use]
    pub fn material(&self) -> Vec<u8> {
        [self.kind.code().to_be_bytes().as_slice(), &self.id, &self.body].concat()
    }
}

/// A change of one row of power.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PowerEdit {
    /// A person, new or changed.
    Person(PersonRow),
    /// Another row, new or changed.
    Put(PowerRow),
    /// A row goes.
    Drop(PowerKind, [u8; 16]),
}
