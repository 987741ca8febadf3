//! `board`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `board`.
#[derive(Debug, Subcommand)]
pub enum Board {
    /// Make your own key pair: a private file that stays with you, and a public line to register on the page Board
    Key {
        /// The new file of the private key
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Check once that every report came, in time, whole and sealed to you; fails with a sentence for each thing that is wrong
    Check(Checking),
    /// The same again and again, until it is stopped
    Watch {
        /// What is checked
        #[command(flatten)]
        checking: Checking,
        /// Minutes between two checks
        #[arg(long, value_name = "MINUTES", default_value = "60", value_parser = clap::value_parser!(u32).range(1..))]
        every: u32,
    },
    /// Check one file and open it: a page and a PDF are written beside one another
    Read {
        /// The sealed file, as it came
        file: PathBuf,
        /// Your private key
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The log's keys, as served at /log/<tenant>/key on another day
        #[arg(long, value_name = "FILE", required = true)]
        log_key: Vec<PathBuf>,
        /// The directory where they go
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
}

/// What `board check` and `board watch` look at.
#[derive(Debug, Args)]
pub struct Checking {
    /// Your private key
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The log's keys, as served at /log/<tenant>/key on another day
    #[arg(long, value_name = "FILE", required = true)]
    pub log_key: Vec<PathBuf>,
    /// Your directory: what was seen before, and every file that came
    #[arg(long, value_name = "DIR")]
    pub keep: PathBuf,
    /// Files that came by mail, in a directory, in place of asking the node (RINGFENCE_ADDR, RINGFENCE_TOKEN_FILE)
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,
    /// Hours within which the log must have grown
    #[arg(long, value_name = "HOURS", default_value = "26")]
    pub within: u32,
}
