//! Power as the key holder sees it: all of a tenant's rows as one whole with one root, what seals that, and who may
//! change it.
//!
//! The root covers the whole, so a row that was deleted, put back or slipped in shows as much as one that was edited. The
//! seal is under a key that nodes don't have, and its number only grows.

mod agreement;
mod body;
mod chain;
mod client;
mod confirmed;
mod device;
mod duties;
mod former;
mod governing;
mod login;
mod passkey;
mod person;
mod settled;

pub use body::{Left, PowerBody, Reporting};
pub use client::Client;
pub use confirmed::Confirmed;
pub use device::Device;
pub use former::{COUNTS_ON_MS, Former, without_formers};
pub use governing::{LimitsText, PlanText, RulesText, SettingsText, THE_ONE};
pub use login::Login;
pub use passkey::{Algorithm, Passkey};
pub use person::{Person, plain, spelled};
pub use settled::{Settled, proposal_challenge, proposal_id};

use crate::view::hash;
use domain::{PersonId, PowerKey, PowerKind, Role, TenantId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// All rows of power of a tenant, people among them, by kind and id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Powers(pub BTreeMap<PowerKey, Vec<u8>>);

/// A row's new body; none for a row that goes.
pub type PowerChange = (PowerKey, Option<Vec<u8>>);

impl Powers {
    /// `H("rf1/power/root" ‖ number of rows u32 ‖ (kind u16 ‖ id[16] ‖ H(body))…)`, by kind and id.
    #[must_use]
    pub fn root(&self) -> [u8; 32] {
        let mut rows = Vec::with_capacity(self.0.len() * 50);
        for ((kind, id), body) in &self.0 {
            rows.extend_from_slice(&kind.code().to_be_bytes());
            rows.extend_from_slice(id);
            rows.extend_from_slice(&hash(&[body]));
        }
        let count = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        hash(&[b"rf1/power/root", &count.to_be_bytes(), &rows])
    }

    /// The same after these changes, one after another.
    #[must_use]
    pub fn after(&self, changes: &[PowerChange]) -> Self {
        let mut after = self.clone();
        for (key, body) in changes {
            match body {
                Some(body) => drop(after.0.insert(*key, body.clone())),
                None => drop(after.0.remove(key)),
            }
        }
        after
    }

    /// All rows of one kind that say something.
    pub fn all<B: PowerBody>(&self) -> impl Iterator<Item = ([u8; 16], B)> {
        let rows = self.0.range((B::KIND, [0; 16])..=(B::KIND, [0xff; 16]));
        rows.filter_map(|((_, id), body)| Some((*id, B::decode(body)?)))
    }

    /// One row.
    #[must_use]
    pub fn get<B: PowerBody>(&self, id: &[u8; 16]) -> Option<B> {
        B::decode(self.0.get(&(B::KIND, *id))?)
    }

    /// Has this person left?
    #[must_use]
    pub fn has_left(&self, person: PersonId) -> bool {
        self.0.contains_key(&(PowerKind::Left, person.0))
    }

    /// What tells one human from another: the name, however it is written ([`plain`]). Who has the same is taken for the same human.
    #[must_use]
    pub fn human(&self, person: PersonId) -> String {
        self.get::<Person>(&person.0).map_or_else(|| person.to_string(), |row| plain(&row.name))
    }

    /// Are these changes about the standing of this person, or of another account of theirs? Nobody approves that themselves.
    #[must_use]
    pub fn concern(&self, changes: &[PowerChange], person: PersonId) -> bool {
        let standing =
            |kind: PowerKind| matches!(kind, PowerKind::Person | PowerKind::Reporting | PowerKind::Confirmed);
        let same = |id: &[u8; 16]| *id == person.0 || self.human(PersonId(*id)) == self.human(person);
        changes.iter().any(|((kind, id), _)| standing(*kind) && same(id))
    }

    /// The passkeys with which changes of power are approved: those of security officers who haven't left.
    pub fn officers(&self) -> impl Iterator<Item = Passkey> {
        self.all::<Passkey>().map(|(_, passkey)| passkey).filter(|passkey| self.is_officer(passkey.person))
    }

    fn is_officer(&self, person: PersonId) -> bool {
        let role = self.get::<Person>(&person.0).map(|person| person.role);
        role == Some(Role::SecurityOfficer) && !self.has_left(person)
    }

    /// Does this change say what everybody goes by, give somebody another role, team or name, let somebody in who decides, or say who
    /// stands above whom where that weighs? Then one officer's word isn't enough, where there are others: with a passkey under
    /// another's name, one would be two; and by name, team and manager it is told who may be whose second person.
    #[must_use]
    pub fn governs(&self, change: &PowerChange) -> bool {
        let ((kind, id), body) = change;
        match (kind, body) {
            (PowerKind::Limits | PowerKind::Rules | PowerKind::Plan | PowerKind::Settings, _) => true,
            (PowerKind::Person, Some(body)) => {
                let (before, after) = (self.get::<Person>(id), Person::decode(body));
                let same = |(before, after): (Person, Person)| {
                    Person { token: None, ..before } == Person { token: None, ..after }
                };
                !before.zip(after).is_some_and(same)
            }
            (PowerKind::Passkey, Some(body)) => {
                Passkey::decode(body).is_none_or(|passkey| self.decides(passkey.person))
            }
            (PowerKind::Login, Some(body)) => Login::decode(body).is_none_or(|login| self.decides(login.person)),
            (PowerKind::Confirmed, Some(body)) => {
                let role = self.get::<Person>(id).map(|person| person.role);
                Confirmed::decode(body).is_none_or(|row| row.role.decides() || Some(row.role) != role)
            }
            (PowerKind::Reporting, _) => self.manager_weighs(PersonId(*id), change),
            _ => false,
        }
    }

    /// Who isn't known may be anybody.
    fn decides(&self, person: PersonId) -> bool {
        self.get::<Person>(&person.0).is_none_or(|person| person.role.decides())
    }

    /// Does this change only take power away? Then it needs nobody's approval.
    #[must_use]
    pub fn is_narrowing(&self, ((kind, id), body): &PowerChange) -> bool {
        use PowerKind::{Client, Device, Left, Login, Passkey};
        match (kind, body) {
            (Left, Some(_)) | (Passkey | Device | Client | Login, None) => true,
            // By itself it makes nothing: a proposal that was withdrawn counts no more, whoever puts its row back.
            (PowerKind::Settled, Some(_)) => !self.0.contains_key(&(*kind, *id)),
            (PowerKind::Person, Some(body)) => {
                let (before, after) = (self.get::<Person>(id), Person::decode(body));
                before.zip(after).is_some_and(|(before, after)| after == Person { token: None, ..before })
            }
            _ => false,
        }
    }
}

/// What seals all power of a tenant in one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerSeal {
    /// The version, from 1.
    pub seq: u64,
    /// The root over all rows.
    pub root: [u8; 32],
    /// `MAC(X(T_t, "rf1/power"), "rf1/power/seal" ‖ tenant u32 ‖ seq u64 ‖ root)[..16]`
    pub tag: [u8; 16],
}

/// What officers sign to approve a change: `H("rf1/power" ‖ tenant u32 ‖ seq u64 ‖ root)`, version and root as they are
/// after it. So an approval fits one change of one moment.
#[must_use]
pub fn power_challenge(tenant: TenantId, seq: u64, root: &[u8; 32]) -> [u8; 32] {
    hash(&[b"rf1/power", &tenant.bytes(), &seq.to_be_bytes(), root])
}

/// Somebody's WebAuthn assertion, as the browser gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assertion {
    /// Which passkey.
    pub credential: Vec<u8>,
    /// `clientDataJSON`, byte by byte.
    pub client_data: Vec<u8>,
    /// `authenticatorData`.
    pub authenticator_data: Vec<u8>,
    /// Over the authenticator's data and the hash of the client's.
    pub signature: Vec<u8>,
}

/// By what right power is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warrant {
    /// The operator sets the tenant up. Counts only while no security officer has a passkey.
    Setup,
    /// None: the change only takes power away.
    Narrowing,
    /// Security officers signed it, each with a passkey of their own.
    Officers(Vec<Assertion>),
}

/// How long, in milliseconds, changes of these powers wait once they are signed: 0 for those that let nobody do more. Whoever
/// knows what rules and limits say tells it, to nodes and to the key holder.
pub type Waits = Arc<dyn Fn(&Powers, &[PowerChange]) -> i64 + Send + Sync>;

/// A change of power to be sealed.
pub struct PowerProposal<'a> {
    /// The version it goes on from.
    pub from: u64,
    /// All rows in that version.
    pub before: &'a Powers,
    /// What changes.
    pub changes: &'a [PowerChange],
    /// By what right.
    pub warrant: &'a Warrant,
}
