//! Speaking up: what staff, customers and people without a name report, what is said about it, and what came of it.
//!
//! Every report is one sealed row, and one conversation. Of a report without a name only its day is kept: it waits in a box, which is one
//! sealed row that says nothing of order or size, and is turned at fixed hours, whether anything is in it or not, with one entry that
//! tells what all of it hashes to. Whoever reported has a code; its slow hash is the row's name, and the code itself is kept nowhere. What
//! is about security is read by nobody of security, and isn't countable by them.

mod body;
mod book;
mod clean;
mod clocks;
mod code;
mod flood;
mod follow;
mod freeze;
mod handle;
mod intake;
mod measured;
mod own;
mod proof;
mod turn;

pub use clean::{CleanFile, FileKind, MOST_BYTES as MOST_FILE_BYTES, MOST_FILES};
pub use clocks::{ACKNOWLEDGE_DAYS, ANSWER_DAYS, LAW_ACKNOWLEDGE_DAYS, LAW_ANSWER_DAYS};
pub use code::ReceiptCode;
pub use follow::{Followed, FollowedLine};
pub use handle::{ReportLine, ReportList, ReportMove};
pub use intake::{NewReport, Spoken};
pub use measured::ReportsMeasured;
pub use own::{OwnNews, OwnSpoken};
pub use proof::ReportProof;

pub(crate) use flood::Speaking;

use crate::wiring::Vault;
use domain::{CustomerId, EntryId, Found, InteractionId, Millis, PersonId, ReportId};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Tag};
use zeroize::Zeroizing;

/// What is open is never swept.
const NEVER: Millis = Millis(i64::MAX);
/// For how long a closed report is kept, in milliseconds: three years.
const KEPT_MS: i64 = 3 * 366 * DAY_MS;
const DAY_MS: i64 = 24 * 3_600_000;
/// How often the box is turned, in milliseconds: at 0, 6, 12 and 18 o'clock UTC.
pub const TURN_MS: i64 = 6 * 3_600_000;
/// What the key of a report's row is derived for.
const REPORT: &[u8] = b"rf1/spoken";

/// Who reported it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportedBy {
    /// Somebody without a name.
    Nobody,
    /// One of staff.
    Person(PersonId),
    /// A customer, on their own page; which one, only they can tell.
    Customer,
}

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Speaker {
    /// Whoever reported.
    Reporter = 0,
    /// Security.
    Security = 1,
    /// A handler outside it.
    Outside = 2,
}

impl Speaker {
    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Reporter => "reporter",
            Self::Security => "security",
            Self::Outside => "outside",
        }
    }
}

/// Something that was said about a report.
#[derive(Clone, PartialEq, Eq)]
struct Line {
    by: Speaker,
    day: Millis,
    text: Zeroizing<String>,
}

/// A report as it is kept.
#[derive(Clone, PartialEq, Eq)]
struct Case {
    id: ReportId,
    /// The first moment of its day, UTC.
    day: Millis,
    by: ReportedBy,
    about_security: bool,
    interaction: Option<InteractionId>,
    /// Whose data is kept because of it.
    frozen: Option<CustomerId>,
    text: Zeroizing<String>,
    /// What blinds its hash in the log.
    nonce: [u8; 32],
    /// What was told of with the same entry: their hashes, sorted.
    list: Vec<[u8; 32]>,
    entry: EntryId,
    files: Vec<(FileKind, [u8; 32])>,
    acknowledged: Option<Millis>,
    outcome: Option<(Found, Millis)>,
    lines: Vec<Line>,
    tag: Tag,
}

impl Case {
    fn key(id: ReportId) -> AdmissionKey {
        AdmissionKey { kind: AdmissionKind::SpokenReport, id: id.0 }
    }

    fn is_open(&self) -> bool {
        self.outcome.is_none()
    }

    /// What the log tells of it.
    fn mark(&self) -> [u8; 32] {
        mark(&self.nonce, &self.text, self.about_security, self.files.iter().map(|(_, hash)| hash))
    }

    /// The beginning of a hash of all that its row says.
    fn print(&self) -> book::Print {
        let hash = keys::hash(&[b"rf1/report row", &self.id.0, &self.encode()]);
        std::array::from_fn(|at| hash[at])
    }

    fn expires(&self) -> Millis {
        self.outcome.map_or(NEVER, |(_, day)| day.plus(KEPT_MS))
    }
}

/// `H("rf1/report" ‖ nonce ‖ H(text) ‖ about security ‖ hashes of its files)`: what the log tells of a report.
fn mark<'a>(nonce: &[u8; 32], text: &str, about_security: bool, files: impl Iterator<Item = &'a [u8; 32]>) -> [u8; 32] {
    let (text, about) = (keys::hash(&[text.as_bytes()]), [u8::from(about_security)]);
    let files = files.copied().collect::<Vec<_>>().concat();
    keys::hash(&[b"rf1/report", nonce, &text, &about, &files])
}

/// `H("rf1/reports" ‖ hashes, sorted)`: what an entry tells of its reports.
fn told(list: &[[u8; 32]]) -> [u8; 32] {
    let mut parts: Vec<&[u8]> = vec![b"rf1/reports"];
    parts.extend(list.iter().map(<[u8; 32]>::as_slice));
    keys::hash(&parts)
}

/// The first moment of a day, UTC.
fn day_of(at: Millis) -> Millis {
    Millis(at.0.div_euclid(DAY_MS) * DAY_MS)
}

impl Vault {
    fn is_genuine(&self, tenant: domain::TenantId, row: &AdmissionRow) -> bool {
        use store::Seals as _;
        row.tag == self.seals.tag(tenant, "admission", &row.material())
    }
}
