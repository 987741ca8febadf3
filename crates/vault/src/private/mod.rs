//! The private half: sealing, entries' bytes, the door. `vault/tests` holds that `sealing::open` has one caller.

pub(crate) mod entry;
pub(crate) mod node;
pub(crate) mod plaintext;
pub(crate) mod release;
pub(crate) mod sealing;
pub(crate) mod sheet;
pub(crate) mod treasury;
