//! `policy`.

use clap::Subcommand;
use std::path::PathBuf;

/// `policy`.
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Prove what the rules hold for every person, act and situation; the solver is cvc5, in PATH or named by CVC5
    Prove {
        /// Prove it of the rules in this directory's .cedar files instead of the program's own
        #[arg(long, value_name = "DIR")]
        rules: Option<PathBuf>,
    },
}
