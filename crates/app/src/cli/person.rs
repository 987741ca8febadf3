//! `ringfence person`.

use super::RoleName;
use clap::Subcommand;
use std::path::PathBuf;

/// `person`.
#[derive(Debug, Subcommand)]
pub enum Person {
    /// Add one
    Add {
        /// What they are called
        #[arg(long)]
        name: String,
        /// What they are here for
        #[arg(long, value_enum)]
        role: RoleName,
        /// Their team
        #[arg(long, default_value = "")]
        team: String,
        /// Whose staff they are
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
    },
    /// List everyone
    List {
        /// Whose staff
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
    },
    /// Give one a new bearer token; the old one ends
    Token {
        /// The person, per_…
        id: String,
        /// Write it to this new file instead of printing it
        #[arg(long, value_name = "PATH")]
        token_file: Option<PathBuf>,
        /// Whose staff they are
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
    },
    /// Mark one as having left, for ever: no sign-in, no power
    Left {
        /// The person, per_…
        id: String,
        /// Whose staff they are
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
    },
    /// Invite one to register a passkey: prints a link that works once and for an hour
    Invite {
        /// The person, per_…
        id: String,
        /// Whose staff they are
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
    },
    /// Enrol a machine client's public key; the one before it ends
    Key {
        /// The machine client, per_…
        id: String,
        /// Its public key, as a JSON Web Key: EC on P-256, OKP on Ed25519, or RSA of 2048 bits or more
        #[arg(long, value_name = "PATH")]
        key_file: PathBuf,
        /// Whose client it is
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
    },
    /// Say whom an identity provider's subject is
    Login {
        /// The person, per_…
        id: String,
        /// The provider, exactly as its tokens name it
        #[arg(long, value_name = "URL")]
        issuer: String,
        /// The provider's own name for the person
        #[arg(long)]
        subject: String,
        /// Whose staff they are
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
    },
    /// End one's token
    Revoke {
        /// The person, per_…
        id: String,
        /// Whose staff they are
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
    },
}
