//! The board line: what reaches the board past everybody who could wish that it didn't.
//!
//! The clerk makes a report of each period and a note of each material case by itself. Each file is sealed to the members' own keys,
//! numbered, and chained: its log entry holds its hash and that of the one before. So a file that is missing, late, altered or held
//! back is noticed: by the members' own program, from the log alone; by the page /board; and by an alarm. Messages between the
//! board and security are sealed, and an entry each.

mod cases;
mod clerk;
mod figures;
mod file;
mod key;
mod logged;
mod mail;
mod messages;
mod paper;
mod raised;
mod rows;
mod view;

pub use cases::BoardCase;
pub use clerk::BoardClerk;
pub use file::{BoardFile, BoardFileError, BoardHead, BoardWhat, LONGEST_BOARD_FILE, Printed, ProvenFile};
pub use key::{BoardKeySet, BoardPublic, BoardSecret, Fingerprint, NewBoardKey, board_check};
pub use mail::BoardPost;
pub use messages::{BoardMessage, BoardSide, BoardThread};
pub use paper::{BoardPaper, BoardPress, Measure, MeasureStanding};
pub use rows::BoardMailed;
pub use view::{BoardFileAnswer, BoardFileLine, BoardKeyLine, BoardView};

pub(crate) use logged::BoardLooks;

use crate::wiring::Vault;
use domain::{Millis, TenantId};
use store::{AdmissionRow, Seals};

const DAY_MS: i64 = 24 * 3_600_000;
/// How much later than due a report may be before it is late, in milliseconds: nodes may be away for maintenance.
pub const GRACE_MS: i64 = 6 * 3_600_000;
/// Within how long the board is told of a material case, in milliseconds.
const NOTE_WITHIN_MS: i64 = DAY_MS;
/// What isn't swept: a number whose row is gone counts as taken out.
const NEVER: Millis = Millis(i64::MAX);

/// Did this program write the row?
fn genuine(vault: &Vault, tenant: TenantId, row: &AdmissionRow) -> bool {
    row.tag == vault.seals.tag(tenant, "admission", &row.material())
}
