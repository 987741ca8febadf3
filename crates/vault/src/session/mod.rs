//! Sessions of pages: made at a sign-in, seen and ended on all nodes, bound to the browser that signed in.
//!
//! A session is a row in the store (`store::AdmissionRow`) under a tag; the cookie's secret is kept as a digest only. A node
//! believes what it read for a quarter of a second. Rows of sessions that were ended stay, saying so, until they would have
//! run out anyway.

mod begin;
mod binding;
mod body;
mod cookie;
mod end;
mod list;
mod memory;
mod resume;
mod sweep;

pub use begin::{NewSession, Proof};
pub use binding::{DeviceKey, SignedRequest};
pub(crate) use body::Body;
pub(crate) use cookie::Cookie;
pub use list::SessionLine;
pub(crate) use memory::Sessions;
pub(crate) use resume::Once;

use crate::auth::Scope;
use domain::Role;
use store::{AdmissionKey, AdmissionKind};

/// How somebody signed in: the `detail` of the sign-in's entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A bearer token, on a page.
    Token = 1,
    /// A chosen role, where the configuration lets one choose.
    Chosen = 2,
    /// A bearer token, by a program.
    Bearer = 3,
    /// A passkey.
    Passkey = 4,
    /// A machine client's assertion.
    Client = 5,
    /// An identity provider, from an enrolled device.
    Login = 6,
}

impl Way {
    fn from_code(code: u8) -> Option<Self> {
        let all = [Self::Token, Self::Chosen, Self::Bearer, Self::Passkey, Self::Client, Self::Login];
        all.into_iter().find(|way| *way as u8 == code)
    }

    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Chosen => "chosen",
            Self::Bearer => "bearer",
            Self::Passkey => "passkey",
            Self::Client => "client",
            Self::Login => "login",
        }
    }
}

/// What an operator may set of sessions; times in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionRules {
    /// Must each request carry its browser's signature?
    pub bound: bool,
    /// May people sign in on a page with a bearer token?
    pub tokens: bool,
    /// A session of somebody who serves customers ends after so long without a request.
    pub serving_idle_ms: i64,
    /// Anybody else's.
    pub idle_ms: i64,
    /// Any session ends after so long at all.
    pub absolute_ms: i64,
}

impl Default for SessionRules {
    fn default() -> Self {
        let minute = 60_000;
        Self {
            bound: true,
            tokens: true,
            serving_idle_ms: 15 * minute,
            idle_ms: 60 * minute,
            absolute_ms: 12 * 60 * minute,
        }
    }
}

impl SessionRules {
    /// How long a session of this role may be idle.
    #[must_use]
    pub fn idle_of(&self, role: Role) -> i64 {
        if role.serves() { self.serving_idle_ms } else { self.idle_ms }
    }
}

/// SHA-256 of what a request brings, for its digest (RFC 9530).
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    keys::hash(&[bytes])
}

/// Names a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionId(pub [u8; 16]);

impl SessionId {
    const PREFIX: &'static str = "ses_";

    /// Reads the printed form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(Self::PREFIX)?;
        // An entry's id has the same digits.
        domain::EntryId::parse(&format!("ent_{digits}")).map(|id| Self(id.0))
    }

    fn key(self) -> AdmissionKey {
        AdmissionKey { kind: AdmissionKind::Session, id: self.0 }
    }

    /// Its first 32 bits: how entries name it.
    fn mark(self) -> u64 {
        self.0[..4].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }
}

impl core::fmt::Display for SessionId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(Self::PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Scope {
    /// The page's session, where there is one: a program's token has none.
    #[must_use]
    pub fn session_id(&self) -> Option<SessionId> {
        (self.device == policy::Device::Page).then_some(SessionId(self.session))
    }
}
