//! The real binary as a process, attacked from outside: killed, starved of disk, fed garbage, edited behind its back,
//! its memory read. What is held to here is what a customer's data depends on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests: a step that fails must stop the test there, and real processes live in real time"
)]

mod approvals;
mod authorisation;
mod bad;
mod board;
mod budgets;
mod canary;
mod cases;
mod centre;
mod ceremony;
mod certificates;
mod closes;
mod concurrency;
mod could;
mod csrf;
mod culture;
mod decisions;
mod description;
mod disk;
mod drain;
mod drills;
mod event_lines;
mod events;
mod far_keyholder;
mod glass;
mod golden;
mod governance;
mod hardware;
mod http;
mod keyholding;
mod kill;
mod kinds;
mod machine;
mod machines;
mod me;
mod me_claim;
mod me_copy;
mod me_correct;
mod nodes;
mod old_backups;
mod old_copies;
mod outlets;
mod packs;
mod pages;
mod people;
mod phones;
mod power;
mod requests;
mod reviving;
mod rewrap;
mod scan;
mod server;
mod settings;
mod shared;
mod sign_in;
mod sink;
mod speak_up;
mod stream;
mod tampering;
mod tenants;
mod tls;
#[cfg(feature = "opentelemetry")]
mod traces;
mod trust;
mod vanishing;
mod wait;
mod witness_process;
mod witnesses;
