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
    /// The newest steps, newest first: when, what, and of which share, 0 for none.
    pub steps: Vec<(String, String, u8)>,
    /// When it was rehearsed last; empty for never.
    pub rehearsed: String,
}
