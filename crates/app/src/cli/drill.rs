//! `drill`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `drill`.
#[derive(Debug, Subcommand)]
pub enum Drill {
    /// List the attacks, and what each is evidence for
    List,
    /// Carry attacks out, each with its negative control; fails unless every defence holds
    Run(Attacks),
}

/// `drill run`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["names", "all"]))]
pub struct Attacks {
    /// Which, as list names them
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// All of them
    #[arg(long)]
    pub all: bool,
    /// A running deployment, by the file that names its address and its drills' people, secret and decoys [default: a
    /// centre of its own, made for this and thrown away]
    #[arg(long, value_name = "FILE")]
    pub kit: Option<PathBuf>,
    /// Tell the deployment what they showed: entries in its log, and its page of defences
    #[arg(long, requires = "kit")]
    pub tell: bool,
    /// Print what the centre made for them writes into its own log: each attack that it notices is an error there
    #[arg(long)]
    pub verbose: bool,
}

/// `posture`.
#[derive(Debug, Args)]
pub struct Posture {
    /// Each promise of THREATS.md in place of each drill: what shows it, how old that is, and its proof
    #[arg(long)]
    pub promises: bool,
}
