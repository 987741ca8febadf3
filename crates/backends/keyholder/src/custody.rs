//! The root key among custodians: k of n shares (Shamir, over GF(256)), each sealed to its custodian's own key.
//!
//! In scope: splitting and combining, what custodians keep (keys, sealed shares) as text that can be printed and typed in
//! again, the record of who has a share, and the gathering of k shares by a process that needs the root key; and the root key in hardware. Out of scope:
//! sockets, files' places and what is said at the command line, which are the program's.
//!
//! Shares of one ceremony fit one another only. Shares of an older one still give the root key of their time to whoever
//! brings k of them together by other means: only a new root key ends them.

mod ceremony;
mod custodian;
mod gathering;
mod hardware;
mod sealed;
mod share;
mod sheet;

pub use ceremony::{Ceremony, CeremonyError, CeremonyId};
pub use custodian::{Custodian, CustodianKey, KeyError};
pub use gathering::{Gathering, HandError, Handed, Invitation, Purpose};
pub use hardware::{HardwareError, InHardware, Token};
pub use keys::words::{WordsError, words};
pub use sealed::{OpenError, SealedShare};
pub use share::{Quorum, QuorumError, Share, combine, split};
pub use sheet::SheetError;

#[cfg(test)]
mod tests;
