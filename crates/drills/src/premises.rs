//! What whoever runs a centre's machine can do there. Drills do it in a centre of their own only.

use std::path::Path;

/// The machine on which a centre runs.
pub trait Premises: Send {
    /// A copy of the data, as a backup has it; none if it can't be made.
    fn backup(&self) -> Option<Box<dyn Backup>>;

    /// The code in the newest letter to this address, for whoever has the mailbox; none if no letter that wasn't read yet is there.
    fn code_to(&self, address: &str) -> Option<String>;
}

/// A copy of the data on another machine. It goes with this.
pub trait Backup {
    /// The embedded engine's file.
    fn database(&self) -> &Path;

    /// Does the log hold, row by row? As `ringfence verify` finds out.
    fn holds(&self) -> bool;

    /// Does the program read it, by the centre's own root key, or by one that whoever took the copy made?
    fn is_read(&self, by_own_key: bool) -> bool;
}
