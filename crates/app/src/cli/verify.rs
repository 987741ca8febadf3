//! `verify`.

use clap::Args;
use std::path::PathBuf;

/// `verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// A receipt, checkpoint, erasure certificate or report's proof, a log's directory, a mirror of several, or a data directory; with --customer also a log's address
    pub path: PathBuf,
    /// The log's verifier keys, as served at /log/<tenant>/key; repeated for several logs
    #[arg(long, value_name = "FILE")]
    pub key: Vec<PathBuf>,
    /// A checkpoint that you kept: the log must still contain what it states; repeated for several logs
    #[arg(long, value_name = "FILE")]
    pub since: Vec<PathBuf>,
    /// Which witnesses must have signed too: lines of witness, group and quorum
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// A witness's keys, as ringfence witness key prints them: it must have signed too; repeatable
    #[arg(long, value_name = "FILE", conflicts_with = "policy")]
    pub witness: Vec<PathBuf>,
    /// How many of these witnesses must have signed; all unless given
    #[arg(long, value_name = "K", requires = "witness")]
    pub quorum: Option<usize>,
    /// Which tenant's log the keys are for; may be left out where there is one
    #[arg(long, value_name = "SLUG")]
    pub tenant: Option<String>,
    /// A customer's statement: are these all the entries about them? Checked against every close of the log
    #[arg(long, value_name = "FILE")]
    pub customer: Option<PathBuf>,
    /// Of a report's proof: the words that were reported, in a file; does it say them?
    #[arg(long, value_name = "FILE")]
    pub words: Option<PathBuf>,
    /// Of a data directory: compare the key holder's journal in this directory, or a copy of its released-*.log, with the log
    #[arg(long, value_name = "DIR")]
    pub journal: Option<PathBuf>,
    /// Entries without a released key are told and are no failure: the key holder was away, or refused
    #[arg(long, requires = "journal")]
    pub unreleased: bool,
    /// The receipt of the customer's erasure: closes after it don't list them any more
    #[arg(long, value_name = "RECEIPT", requires = "customer")]
    pub erased: Option<PathBuf>,
}
