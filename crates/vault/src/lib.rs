//! The use cases, one file each, and the one door through which a value leaves.
//!
//! A value leaves only as a disclosure: who asks, on what live ground, for which purpose, within which budget;
//! then one durable transaction that spends the budget and writes the log entry; only then the key holder
//! releases that one field's key and it is opened. The private half (`private`) holds sealing, the entries' bytes
//! and the door; nothing outside it can make a [`Committed`] or look into a [`Plaintext`].
//!
//! Out of scope: HTTP, SQL, configuration files, where the root key lives.

mod alarm;
mod allotments;
mod audit;
mod auth;
mod chores;
mod claim;
mod close;
mod code;
mod customer;
mod erase;
mod error;
mod event;
mod feed;
mod intake;
mod kept;
mod log_query;
mod losses;
mod note;
mod people;
mod permission;
mod private;
mod promises;
mod receipt;
mod recount;
mod report;
mod reveal;
mod search;
mod sequencer;
mod shelf;
mod statement;
mod verify;
mod view;
mod vitals;
mod wiring;
mod witnessing;

pub use alarm::{Alarm, AlarmKind};
pub use allotments::{SharedBy, SharedLeft};
pub use audit::{Cursor, FoundLine, LogExport, LogLine, LogPage, StreamEnd};
pub use auth::{Scope, Session};
pub use close::{CloseStep, LogCloser};
pub use code::{CodeSent, Courier, CourierError, SendCode};
pub use customer::BudgetLeft;
pub use erase::Erased;
pub use error::VaultError;
pub use event::Heard;
pub use feed::Disclosure;
pub use intake::{IntakeBatch, IntakeError, NewRecord};
pub use log_query::{Decided, LogQuery, Shown};
pub use losses::Loss;
pub use note::Noted;
pub use people::NewPerson;
pub use private::entry::{Allotted, AuditBody, CustomerBody, Kind, half_fits};
pub use private::plaintext::Plaintext;
pub use private::release::Committed;
pub use private::sheet::Masked;
pub use receipt::ReceiptAnswer;
pub use recount::{Before, Counted, Wrong};
pub use report::ReportText;
pub use reveal::{RevealCommand, Revealed};
pub use search::{Hit, SearchResult};
pub use sequencer::{Sequencer, origin_keys};
pub use shelf::{ShelfKeeper, ShelfTurn};
pub use statement::{Statement, StatementLine};
pub use verify::{Verified, VerifyCommand};
pub use view::{MaskedField, MaskedRecord};
pub use vitals::Vitals;
pub use wiring::{Operator, TenantConfig, Vault, VaultConfig};
pub use witnessing::{WhenMissing, WitnessLine, WitnessStatus, Witnesses};
