//! Several nodes on PostgreSQL while something fails: connections cut at every message, servers restarted, disks slow,
//! connections used up, clocks apart. After each fault: no value without its entry, no allowance overspent, one log,
//! nothing lost that was acknowledged. A failure prints the seed that brings it back.
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

mod cuts;
mod desk;

/// Are the tests to be run in their long form?
fn long() -> bool {
    std::env::var_os("RINGFENCE_LONG").is_some()
}
