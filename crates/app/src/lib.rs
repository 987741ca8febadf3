//! Ringfence's program: configuration, wiring, commands. The only crate that knows all others.
//!
//! In scope: reading `ringfence.toml`, opening store and keys, running the server, the log's sequencer and the shelves'
//! turning, the command line. Out of scope: rules (core), use cases (vault), HTTP (doors).

pub mod ambient;
mod blast_radius;
pub mod board;
pub mod boarding;
pub mod cli;
pub mod client;
pub mod closing;
pub mod commands;
pub mod config;
mod custody;
pub mod database;
pub mod demo;
pub mod drilling;
mod events;
pub mod expiring;
pub mod failure;
pub mod guarding;
pub mod home;
pub mod import;
mod invented;
pub mod inventory;
pub mod keyholding;
pub mod log;
pub mod output;
mod pack;
mod proving;
pub mod recounting;
mod rounds;
#[cfg(test)]
mod samples;
pub mod sequencing;
pub mod serving;
mod soft_passkey;
pub mod telling;
pub mod tending;
pub mod verify;
pub mod wire;
pub mod witnessing;

use clap::Parser;
use failure::Failure;
use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

/// Runs the command line.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    // Whoever opens a TLS connection takes this provider; a second call would only find it there.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let parsed = cli::Cli::try_parse_from(arguments);
    let listening = events::listen(parsed.as_ref().is_ok_and(cli::Cli::is_for_attacks));
    let result = match parsed {
        Ok(cli) => listening.and_then(|_until_the_end| commands::run(cli)),
        Err(error) if !error.use_stderr() => {
            return if error.print().is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
        Err(error) => Err(misunderstood(&error)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // With standard error closed there is nowhere left to say it; the exit code still tells.
            drop(writeln!(std::io::stderr(), "{failure}"));
            ExitCode::from(&failure)
        }
    }
}

fn misunderstood(error: &clap::Error) -> Failure {
    if error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Failure::here("no command was given", "ringfence --help");
    }
    let text = error.to_string();
    let said: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    let said = said.join(" ");
    Failure::here(said.strip_prefix("error: ").unwrap_or(&said), "ringfence --help, or --help after the command")
}
