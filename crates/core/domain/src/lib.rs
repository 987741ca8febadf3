//! The nouns of Ringfence and the rules that hold between them.
//!
//! In scope: typed ids, time and chance as parameters, roles, purposes, the kinds of field, bindings, the
//! interaction state machine, budgets (counters, weights, windows that slide) and allotments of them, refusals, micro-lessons, drills for people, the numbers of suites. Out of scope: I/O, async, serialisation formats,
//! cryptography, and any clock or randomness of its own.

pub mod allotment;
pub mod budget;
pub mod casework;
pub mod cure;
pub mod duty;
pub mod field;
pub mod found;
pub mod glass;
pub mod guard;
pub mod history;
pub mod hold;
pub mod ids;
pub mod interaction;
pub mod lesson;
pub mod limits;
pub mod power;
pub mod purpose;
pub mod refusal;
pub mod rights;
pub mod role;
pub mod ruse;
pub mod standing;
pub mod suite;
pub mod time;

pub use budget::{BudgetKind, Counter, Pending, PerWindow, Room, Window};
pub use casework::{CASE_LOOKS, CASE_MS, CaseReason};
pub use cure::Cure;
pub use field::{FieldKind, folded};
pub use found::Found;
pub use glass::{Emergency, Finding};
pub use guard::Guard;
pub use history::History;
pub use hold::Hold;
pub use ids::{CustomerId, EntryId, InteractionId, PersonId, ReportId, TenantId};
pub use interaction::{Binding, Channel, Channels, Phase};
pub use lesson::Lesson;
pub use limits::{Allowance, Limits, Weights};
pub use power::{PowerKey, PowerKind};
pub use purpose::Purpose;
pub use refusal::Refusal;
pub use rights::{CameBy, Declined, Longer, Right, UseLimit};
pub use role::Role;
pub use ruse::{Reaction, Ruse, Scene};
pub use standing::Standing;
pub use suite::Suite;
pub use time::{Clock, Entropy, Millis};
