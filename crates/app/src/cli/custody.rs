//! `ringfence custodian …` and `ringfence ceremony …`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `custodian`.
#[derive(Debug, Subcommand)]
pub enum Custodian {
    /// Make your own key pair: a private file that stays with you, and a public one to give to security
    Key {
        /// Your name, as others know you
        #[arg(long)]
        name: String,
        /// The new file of the private key; the public one goes beside it, ending in .pub
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Show whose a public key is, and its check words, to compare with what the custodian reads out
    Show {
        /// The public key's file
        file: PathBuf,
    },
}

/// Who gets shares, and where they are written.
#[derive(Debug, Args)]
pub struct Dealing {
    /// How many custodians it takes
    #[arg(long, value_name = "K")]
    pub threshold: u8,
    /// A custodian's public key; once for each
    #[arg(long, value_name = "FILE", required = true)]
    pub custodian: Vec<PathBuf>,
    /// The directory where the sealed shares go, a file for each custodian
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
}

/// What a custodian brings.
#[derive(Debug, Args)]
pub struct Bringing {
    /// The key holder's socket
    #[arg(long, value_name = "PATH")]
    pub socket: PathBuf,
    /// Your sealed share
    #[arg(long, value_name = "FILE")]
    pub share: PathBuf,
    /// Your private key
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
}

/// `ceremony`. Its directory is --data, the key holder's.
#[derive(Debug, Subcommand)]
pub enum Ceremony {
    /// Go through all steps with a root key and custodians that are thrown away; with --data, that it was rehearsed is written down there
    Rehearse {
        /// How many custodians it takes
        #[arg(long, default_value_t = 2, value_name = "K")]
        threshold: u8,
        /// How many there are
        #[arg(long, default_value_t = 3, value_name = "N")]
        custodians: u8,
    },
    /// Split the root key: a sealed share for each custodian. Its file stays until it was finished
    Begin(Dealing),
    /// Seal the root key to a key in the PKCS#11 token that keyholder.toml names, and remove its file
    Hardware,
    /// Remove the root key's file, once as many custodians as it takes have shown that their shares open
    Finish,
    /// Say who has shares of what, and every step so far
    Status,
    /// Deal new shares, to others or as many others; waits for as many of the old ones as it takes
    Reshare(Dealing),
    /// Deal new shares with somebody else in a custodian's place; waits for the others' old ones
    Replace {
        /// Who goes
        #[arg(long, value_name = "NAME")]
        custodian: String,
        /// The public key of who comes
        #[arg(long, value_name = "FILE")]
        with: PathBuf,
        /// The directory where the sealed shares go, a file for each custodian
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// As a custodian: try that your share opens, and hand it to whoever waits at a socket, if one is given
    Open {
        /// Your sealed share
        #[arg(long, value_name = "FILE")]
        share: PathBuf,
        /// Your private key
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The key holder's socket, where a ceremony waits for shares
        #[arg(long, value_name = "PATH")]
        socket: Option<PathBuf>,
    },
    /// Print a sealed share for paper; typed in again, it is a share's file
    Print {
        /// The sealed share
        share: PathBuf,
    },
}
