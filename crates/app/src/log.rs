//! Logs from outside: copying, checking and following them over HTTP, as plain files or in a data directory.
//!
//! Nothing here is secret, and nothing is believed: what a source says counts once it leads to a checkpoint that
//! carries the signatures of keys which somebody gave. Only `export` asks for what the log says, as security.

mod checked;
mod closes;
mod export;
mod folder;
mod fsck;
mod keys;
mod mirror;
mod policy;
mod remote;
mod source;
mod stored;
mod tail;

pub use checked::{Checked, check_files, check_since, head};
pub use closes::{Broken, Check};
pub use folder::Folder;
pub use keys::Keys;
pub use mirror::{Mirrored, copy};
pub use policy::read_policy;
pub use source::{Source, consistent};
pub use stored::Stored;

pub(crate) use checked::{conflict, cosigned, head_of, origin_in, read_note, since_of};
pub(crate) use closes::{Closes, find, walk};
pub(crate) use folder::logs_under;
pub(crate) use remote::Remote;
pub(crate) use source::{hex, signed_by, unhex, with_tiles};

use crate::cli::{Common, Log};
use crate::failure::Failure;

/// Runs `ringfence log …`.
///
/// # Errors
/// What the command says.
pub fn run(common: &Common, asked: &Log) -> Result<(), Failure> {
    match asked {
        Log::Mirror(asked) => mirror::run(common, asked),
        Log::Fsck(asked) => fsck::run(common, asked),
        Log::Tail(asked) => tail::run(common, asked),
        Log::Export(asked) => export::run(asked),
    }
}
