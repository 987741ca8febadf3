//! What an operator does at the command line and with the telephony's events, with what can go wrong: an import that
//! is killed, a receipt that was edited, an event or a sign-in that is refused; and what an auditor does with a log: copy,
//! check, follow, and notice what was changed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests: a step that fails must stop the test there, and real processes live in real time"
)]

#[path = "../live/centre.rs"]
#[allow(dead_code, reason = "shared with the live tests, which use all of it")]
mod centre;
#[path = "../live/http.rs"]
#[allow(dead_code, reason = "shared with the live tests, which use all of it")]
mod http;
#[path = "../live/server.rs"]
#[allow(dead_code, reason = "shared with the live tests, which use all of it")]
mod server;
#[path = "../live/wait.rs"]
#[allow(dead_code, reason = "shared with the live tests, which use all of it")]
mod wait;

mod blast_radius;
mod completeness;
mod customer;
mod foreign;
mod import_kill;
mod log_commands;
mod log_export;
mod log_mutations;
mod log_world;
mod prove;
mod receipt;
mod refusals;
mod row_mutations;
mod shells;
