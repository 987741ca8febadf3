//! The root key among custodians, at the key holder's machine: where records and shares lie, the steps' log, the socket at
//! which custodians hand in their shares, and both of its ends.

mod gather;
mod hand_in;
mod hardware;
mod place;
mod steps;
mod told;

pub(crate) use gather::Waiting;
pub(crate) use hand_in::{Opened, hand_in, load_share, opened};
pub(crate) use hardware::{by_hardware, in_hardware, into_hardware};
pub(crate) use place::{begun, count_dealt, dealt, load_custodians, record, replace_record, write_dealt, write_shares};
pub(crate) use steps::{Step, steps, write_hardware, write_rehearsal, write_step};
pub(crate) use told::Remembered;

use std::path::{Path, PathBuf};

/// Where custodians hand in their shares: beside the socket at which nodes ask.
fn custodians_socket(socket: &Path) -> PathBuf {
    socket.with_extension("custodians")
}
