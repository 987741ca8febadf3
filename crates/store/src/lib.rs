//! The storage contract, in the vault's own language.
//!
//! A vault asks a store for one thing above all: *commit these intents, each only if its conditions still hold,
//! and write each one's log entry in the same transaction*. What that means is written once, in the pure
//! [`settle`]; an engine only reads the wanted rows under a lock, calls it, and writes what it returns. The
//! conformance suite ([`conformance`]) is mounted once per engine.
//!
//! Out of scope: plaintext, keys, SQL.

mod admission;
pub mod conformance;
mod contract;
mod facts;
mod intent;
mod power;
mod rows;
mod settle;
mod shown;

pub use admission::{AdmissionKey, AdmissionKind, AdmissionRow};
pub use contract::{
    Committing, Cosigned, CountedCustomer, Fence, FieldCount, Fut, HeldValue, Holding, IndexPlace, Job, Leave, LogHead,
    Page, PendingLeaf, Publication, SealedValue, Store, StoreError, Swap, Swept, TileKey,
};
pub use facts::{Facts, Slot, Table, Wanted};
pub use intent::{
    Condition, Decision, Effect, FieldRef, Inscribed, Intent, Numbers, RequestKey, Scribe, Seals, Spend, Spent, Turn,
};
pub use power::{PersonRow, PowerEdit, PowerHead, PowerRow};
pub use rows::{
    BudgetRow, ClosePage, CloseRow, CodeRow, CustomerRow, EntryRow, FieldRow, HourlyRow, IndexRow, InteractionRow,
    RequestRow, SHEET, StateRow, Tag, decode_events, encode_events,
};
pub use settle::{Commit, Outcome, Settled, settle};
pub use shown::Shown;
