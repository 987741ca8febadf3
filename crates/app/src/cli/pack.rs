//! `pack`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `pack`.
#[derive(Debug, Subcommand)]
pub enum Pack {
    /// Try every drill for a buyer's nonce, and write what holds, with its evidence, into one file
    Build(PackBuild),
    /// Check a pack without a network: each part and each answer; fails if anything was changed
    Verify(PackVerify),
}

/// `pack build`.
#[derive(Debug, Args)]
pub struct PackBuild {
    /// What the buyer chose, 16 to 128 visible characters: nobody can have tried anything for it before
    #[arg(long, value_name = "TEXT")]
    pub nonce: String,
    /// The new file
    #[arg(long, default_value = "ringfence-pack.zip", value_name = "FILE")]
    pub out: PathBuf,
    /// The running deployment that it is about, by the file that names its address and its drills' people, secret and decoys
    /// [default: a centre of its own, made for this and thrown away: a rehearsal]
    #[arg(long, value_name = "FILE")]
    pub kit: Option<PathBuf>,
    /// What ringfence crypto inventory wrote on a node [default: the algorithms that the program has]
    #[arg(long, value_name = "FILE", requires = "kit")]
    pub inventory: Option<PathBuf>,
    /// Print what the centre made for drills writes into its own log: each attack that it notices is an error there
    #[arg(long)]
    pub verbose: bool,
}

/// `pack verify`.
#[derive(Debug, Args)]
pub struct PackVerify {
    /// The pack
    pub file: PathBuf,
    /// What you chose
    #[arg(long, value_name = "TEXT")]
    pub nonce: String,
    /// The log's verifier keys, as the company gave them to you or serves them at /log/<tenant>/key [default: those in the pack,
    /// which say only that it is whole]
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// A witness's keys, as ringfence witness key prints them: it must have signed too; repeatable [default: those that the pack names]
    #[arg(long, value_name = "FILE")]
    pub witness: Vec<PathBuf>,
    /// How many of these witnesses must have signed; all unless given
    #[arg(long, value_name = "K", requires = "witness")]
    pub quorum: Option<usize>,
}

#[cfg(test)]
mod tests {
    use crate::cli::Cli;
    use clap::Parser as _;

    #[test]
    fn what_an_attacked_centre_notices_is_printed_if_asked_for() {
        let quiet = |more: &[&str]| {
            let words = [&["ringfence", "pack", "build", "--nonce", "0123456789abcdef"][..], more].concat();
            Cli::try_parse_from(words).expect("a command").is_for_attacks()
        };
        assert!(quiet(&[]) && quiet(&["--kit", "kit.toml"]));
        assert!(!quiet(&["--verbose"]) && !quiet(&["--kit", "kit.toml", "--verbose"]));
    }
}
