//! What whoever runs a centre's machine can do there, and the programs that stand beside it. Drills do it in a centre of their own only.

use domain::EntryId;
use std::path::Path;

/// The machine on which a centre runs.
pub trait Premises: Send {
    /// A copy of the data, as a backup has it; none if it can't be made.
    fn backup(&self) -> Option<Box<dyn Backup>>;

    /// The code in the newest letter to this address, for whoever has the mailbox; none if no letter that wasn't read yet is there.
    fn code_to(&self, address: &str) -> Option<String>;

    /// A separate key holder, started for this and set up in this way; none if it can't be.
    fn key_holder(&self, set_up: HolderSetUp) -> Option<Box<dyn AskedHolder>>;

    /// A witness that trusts one log, and whoever keeps that; none if it can't be made.
    fn witness(&self) -> Option<Box<dyn AskedWitness>>;

    /// A copy of the data with a node of its own, of whose time the drill disposes; none if it can't be made.
    fn board_line(&self) -> Option<Box<dyn BoardLine>>;

    /// What an officer's passkey answers to this challenge on a page of that origin, as the form of a sign-in; none if it can't.
    fn passkey_answer(&self, challenge: &str, origin: &str) -> Option<String>;
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

/// The line to the board at a node of its own, as whoever runs that and its mail server has it in hand. It goes with this.
pub trait BoardLine {
    /// The embedded engine's file.
    fn database(&self) -> &Path;

    /// From now on the mail server takes nothing.
    fn refuse_mail(&mut self);

    /// Sets the node's clock by so many milliseconds; a member of the board has another one.
    fn set_clock(&mut self, by: i64);

    /// So many milliseconds go by everywhere, and the node does once what it does all the time.
    ///
    /// # Errors
    /// If it can't.
    fn passes(&mut self, ms: i64) -> Result<(), Declined>;

    /// What a member of the board can know now.
    ///
    /// # Errors
    /// If the node doesn't tell them.
    fn told(&self) -> Result<LineTold, Declined>;
}

/// What a member of the board can know of their line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineTold {
    /// How many reports there are.
    pub reports: usize,
    /// In how many milliseconds the next is due, by the member's own clock.
    pub due_in: i64,
    /// Is a report late, as the page says, and is that an alarm?
    pub late: bool,
    /// Does the member's own program say by their own clock that a report hasn't come?
    pub missed: bool,
    /// How far the newest came by mail: `not_yet`, `sent`, `failed`.
    pub mail: &'static str,
    /// Is its sealed file there, whatever became of the mail?
    pub given: bool,
}

/// What a key holder's own file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HolderSetUp {
    /// From where it is asked.
    pub asked_from: AskedFrom,
    /// Does `allow_uids` name the user who asks there, or `allow_certificates` their certificate?
    pub lets_in: bool,
    /// `person_per_hour`.
    pub person_per_hour: u32,
}

impl HolderSetUp {
    /// As the program writes it.
    pub(crate) const USUAL: Self = Self { asked_from: AskedFrom::ItsMachine, lets_in: true, person_per_hour: 1_000 };
}

/// From where a key holder is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedFrom {
    /// At its socket.
    ItsMachine,
    /// By TLS, with a certificate that the nodes' own authority signed.
    AnotherMachine,
}

/// How old the oldest entry is under which a drill asks a key holder for a key. The holder must have started before that: otherwise the
/// entry is refused as one of before the start, and whether its age matters isn't tried.
pub const OLDEST_ENTRY_MS: i64 = 2 * 3_600_000;

/// Why something wasn't done: a word such as `already-released`.
pub type Declined = String;

/// A key holder, as whoever has taken over a node may ask it. It goes with this.
pub trait AskedHolder {
    /// Asks for the key of a customer's value, under that entry, which is said to be the customer's entry of this number.
    ///
    /// # Errors
    /// Why it was declined.
    fn key_under(&self, entry: EntryId, number: u64) -> Result<(), Declined>;

    /// Shows it a whole log, of these leaves.
    ///
    /// # Errors
    /// Why it was declined.
    fn shown(&self, log: &[[u8; 65]]) -> Result<(), Declined>;
}

/// A witness, as whoever keeps a log may ask it. It goes with this.
pub trait AskedWitness {
    /// Submits the log of these entries, said to go on from one with so many: signed by the log's keys, or with signatures under these
    /// keys' ids that they made of its first entry alone.
    ///
    /// # Errors
    /// Why it doesn't cosign.
    fn cosigns(&self, kept: u64, entries: &[&str], by_own_keys: bool) -> Result<(), Declined>;
}
