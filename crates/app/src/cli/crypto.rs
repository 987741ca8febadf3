//! `crypto`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `crypto`.
#[derive(Debug, Subcommand)]
pub enum Crypto {
    /// Move every sealed value to the suites that the data plan names, also while nodes serve
    Rewrap(Rewrap),
    /// Write a bill of materials (CycloneDX 1.6): algorithms declared, what is stored, and what TLS peers agree on
    Inventory(Inventory),
}

/// `crypto inventory`.
#[derive(Debug, Args)]
pub struct Inventory {
    /// The new file to write it to; - for standard output
    #[arg(long, default_value = "-", value_name = "FILE")]
    pub to: PathBuf,
    /// Look at what is stored only, and shake no hands
    #[arg(long)]
    pub offline: bool,
}

/// `crypto rewrap`.
#[derive(Debug, Args)]
pub struct Rewrap {
    /// Whose values
    #[arg(long, value_name = "SLUG")]
    pub tenant: Option<String>,
    /// Afterwards retire the older suites: nothing sealed with them opens any more, in backups neither. Make a backup first
    #[arg(long)]
    pub retire: bool,
}
