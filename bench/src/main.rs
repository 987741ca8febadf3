//! Speed, side by side with peers: what a reveal costs in Ringfence, next to a bare web server of the same stack,
//! PostgreSQL with pgcrypto and an audit row, and OpenBao's transit engine with its file audit.
//!
//! In scope: closed-loop load over loopback HTTP, latency, throughput and server CPU, all compared inside one run.
//! Out of scope: correctness (the crates' own tests) and machines other than the one it runs on.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a measuring program: it prints its tables and reads the real clock; it is not shipped"
)]

mod cli;
mod cpu;
mod http;
mod import;
mod interleave;
mod load;
mod log;
mod process;
mod ratios;
mod report;
mod reveal;
mod start;
mod statistics;
mod systems;
mod view;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What can go wrong in a measurement: a sentence for the person who runs it.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    match cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
