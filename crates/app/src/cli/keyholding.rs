//! `ringfence keyholder …`.

use super::Bringing;
use clap::Subcommand;
use std::path::PathBuf;

/// `keyholder`. Its directory is --data, and has nothing to do with a node's.
#[derive(Debug, Subcommand)]
pub enum Keyholder {
    /// Make a key holder's directory: its configuration, and the keys, unless a root.key lies there already
    Init {
        /// Where it will listen
        #[arg(long, value_name = "PATH")]
        socket: PathBuf,
        /// The numeric id of the operating system's user that nodes run as; repeatable
        #[arg(long, value_name = "UID", required = true)]
        allow_uid: Vec<u32>,
        /// The number of a tenant, as under [[tenant]]; repeatable
        #[arg(long, value_name = "ID", default_value = "1")]
        tenant: Vec<u32>,
    },
    /// Release keys to nodes, until stopped
    Serve {
        /// Another socket than the configuration's
        #[arg(long, value_name = "PATH")]
        socket: Option<PathBuf>,
    },
    /// As a custodian: hand your share to a key holder that waits sealed; it needs no --data
    Unseal(Bringing),
    /// Say what was released this hour, and what is known of logs; fails while an alarm isn't acknowledged
    Status,
    /// Acknowledge every alarm so far
    Acknowledge,
    /// After the database was put back in earnest: let the tenant's shorter log count
    AcceptLog {
        /// The number of the tenant, as under [[tenant]]
        #[arg(long, value_name = "ID", default_value = "1")]
        tenant: u32,
        /// How many entries its log has now; a shorter one stays refused
        #[arg(long, value_name = "ENTRIES")]
        size: u64,
    },
}
