//! How a key holder stands, as it says itself: nothing secret, for who watches.

use domain::Millis;

/// What a key holder says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HolderStanding {
    /// Of a separate one; none where the keys are in the node's own process.
    pub apart: Option<Apart>,
}

/// What a separate key holder says of itself and of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Apart {
    /// Since when it serves, by its clock.
    pub since: Millis,
    /// Keys of this tenant that it released since the hour began.
    pub released: u32,
    /// How many it releases at most from one full hour to the next.
    pub tenant_per_hour: u32,
    /// The same to one person.
    pub person_per_hour: u32,
    /// Alarms about this tenant, newest first; acknowledged ones among them.
    pub alarms: Vec<HolderAlarm>,
    /// Who has the root key; none while it is in a file alone.
    pub ceremony: Option<CeremonyStanding>,
    /// Does it wait for custodians' shares? Then it tells of its ceremony and of nothing else.
    pub sealed: bool,
}

/// One alarm of a key holder's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderAlarm {
    /// When, as RFC 3339.
    pub at: String,
    /// What kind, as `docs/keyholder.md` lists them.
    pub kind: String,
    /// Has somebody looked?
    pub acknowledged: bool,
}

/// The ceremony that counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CeremonyStanding {
    /// Its id; empty while none was held, and only a rehearsal or nothing is known.
    pub id: String,
    /// How many custodians it takes.
    pub needed: u8,
    /// Custodians by share, from 1: name and the check words of their key.
    pub custodians: Vec<(String, String)>,
    /// Is the root key's file still there?
    pub root_file: bool,
    /// Does the chain of steps hold?
    pub whole: bool,
    /// The hash of the last step, in hex.
    pub head: String,
    /// The newest steps, newest first.
    pub steps: Vec<CeremonyStep>,
    /// When it was rehearsed last; empty for never.
    pub rehearsed: String,
    /// New shares that were dealt and don't count yet.
    pub dealt: Option<DealtShares>,
    /// Whose shares are waited for right now.
    pub gathering: Option<SharesGathered>,
    /// The key holder's directory and its socket, as commands take them.
    pub places: (String, String),
}

/// New shares that count once as many as it takes were shown to open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DealtShares {
    /// The ceremony's id.
    pub id: String,
    /// How many custodians it takes.
    pub needed: u8,
    /// Custodians by share, from 1: name and the check words of their key.
    pub custodians: Vec<(String, String)>,
}

/// A process that waits for shares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharesGathered {
    /// What the root key is wanted for: unseal, reshare or prove.
    pub purpose: String,
    /// Of which ceremony.
    pub ceremony: String,
    /// Which shares were handed in.
    pub taken: Vec<u8>,
    /// How many were refused.
    pub refused: u32,
    /// The share whose custodian is replaced, and isn't waited for; 0 for none.
    pub without: u8,
}

/// How many steps of ceremonies are told at once.
pub const STEPS_AT_ONCE: usize = 200;

/// A step of a ceremony, as it was written down. Ids and numbers, no names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CeremonyStep {
    /// Its place among all steps, from 1.
    pub place: u64,
    /// SHA-256 of its line, which names that of the line before it.
    pub hash: [u8; 32],
    /// When, as RFC 3339.
    pub at: String,
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
}

/// Who tells of a key holder's ceremonies, also while it is sealed.
pub trait Ceremonies: Send + Sync {
    /// How the ceremony stands.
    fn standing(&self) -> CeremonyStanding;

    /// The steps after the one of this place, oldest first, at most [`STEPS_AT_ONCE`]. Those behind a line that doesn't follow the
    /// one before it aren't told.
    fn steps(&self, after: u64) -> Vec<CeremonyStep>;
}
