//! A witness (C2SP tlog-witness): a small program of an outside party's, with its own keys and its own memory.
//!
//! It remembers, for each log that it was told to trust, the largest checkpoint that it cosigned. It cosigns another one
//! only if the log signed it with both keys and it extends that one; what it cosigns is durable before the signature
//! leaves. What can't be explained raises an alarm: a forked log, a log that went backwards, or its own memory that did.
//!
//! In scope: its directory, its HTTP interface, looking at the published log once in a while. Out of scope: what the
//! log's entries mean, and everything of the vault's: this crate knows nothing of it.

mod alarms;
mod failure;
mod followed;
mod home;
mod published;
mod serve;
mod witness;

pub use alarms::{Alarm, Kind};
pub use failure::Failure;
pub use home::{Home, NewHome};
pub use published::fetch_keys;
pub use serve::serve;
pub use witness::{LogStatus, Reply, Witness};
