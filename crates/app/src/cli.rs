//! The command line: nouns and verbs. Secrets come by standard input, file or environment, never as arguments.

mod board;
mod crypto;
mod custody;
mod drill;
mod keyholding;
mod log;
mod pack;
mod person;
mod plan;
mod policy;
mod verify;
mod webhook;

pub use board::{Board, Checking};
pub use crypto::{Crypto, Inventory, Rewrap};
pub use custody::{Bringing, Ceremony, Custodian, Dealing};
pub use drill::{Attacks, Drill, Posture};
pub use keyholding::Keyholder;
pub use log::{Export, Fsck, Log, Mirror, Tail};
pub use pack::{Pack, PackBuild, PackVerify};
pub use person::Person;
pub use plan::{Paper, Plan, Source, Speech};
pub use policy::Policy;
pub use verify::Verify;
pub use webhook::Webhook;

use crate::output::Format;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Ringfence: serve customers without staff ever holding their data.
#[derive(Debug, Parser)]
#[command(
    name = "ringfence",
    version,
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
#[command(after_help = "Exit codes: 0 done, 1 a mistake in what was asked, 2 a problem with what was asked for.")]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Does it attack a centre that it makes itself? What that tells of attacks isn't for whoever runs it, unless they ask.
    #[must_use]
    pub fn is_for_attacks(&self) -> bool {
        match &self.command {
            Command::Drill(Drill::Run(attacks)) => !attacks.verbose,
            Command::Pack(Pack::Build(build)) => !build.verbose,
            _ => false,
        }
    }
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
pub struct Common {
    /// The data directory; RINGFENCE_DATA where it isn't given
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Another configuration than the data directory's own ringfence.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The database: postgres://user@host:port/database, or sqlite:DIR [default: the configuration's]
    #[arg(long, global = true, value_name = "URL")]
    pub store: Option<String>,
    /// How results are printed
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: Format,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a data directory with its keys
    Init(Init),
    /// Serve a data directory until stopped
    Serve(Serve),
    /// Show a living centre with invented people, until stopped
    Demo(Demo),
    /// Bring customers in from a CSV or JSON Lines file
    Import(Import),
    /// Customers: add, show on masks, hand a statement
    #[command(subcommand)]
    Customer(Customer),
    /// Live calls, chats and tickets
    #[command(subcommand)]
    Interaction(Interaction),
    /// Customers' requests by right, and by when they are due
    #[command(subcommand)]
    Request(Request),
    /// Members of staff and machine clients
    #[command(subcommand)]
    Person(Person),
    /// The rules: prove what they hold
    #[command(subcommand)]
    Policy(Policy),
    /// The data plan: check it, compare it, look five years ahead, make papers of it
    #[command(subcommand)]
    Plan(Plan),
    /// Shelf keys, whose end makes erasures true for backups
    #[command(subcommand)]
    Shelf(Shelf),
    /// Cryptography: what is in use, and moving what is stored to a later suite
    #[command(subcommand)]
    Crypto(Crypto),
    /// Logs, as anyone can have them: copy, check, follow
    #[command(subcommand)]
    Log(Log),
    /// Check a receipt, a checkpoint, a copied log or mirror, or a whole data directory
    Verify(Verify),
    /// Cosign somebody else's log, and raise an alarm when it forks or goes backwards
    #[command(subcommand)]
    Witness(Witness),
    /// The separate program that holds the keys, with a user and a directory of its own
    #[command(subcommand)]
    Keyholder(Keyholder),
    /// Custodians of the root key: their own keys
    #[command(subcommand)]
    Custodian(Custodian),
    /// The root key among custodians: rehearse, begin, reshare, replace
    #[command(subcommand)]
    Ceremony(Ceremony),
    /// Programs that are told what happened: try them
    #[command(subcommand)]
    Webhook(Webhook),
    /// Attacks as programs: what holds is shown by trying it, on decoys
    #[command(subcommand)]
    Drill(Drill),
    /// Packs for partners: what holds here, for their own question, to be checked without a network
    #[command(subcommand)]
    Pack(Pack),
    /// The board's own program: your key, whether every report came, and what it says
    #[command(subcommand)]
    Board(Board),
    /// Say which defences hold, by their newest drill; fails unless all do (RINGFENCE_ADDR, RINGFENCE_TOKEN_FILE)
    Posture(Posture),
    /// How far a breach may have gone, with drafts for the authority and the customers (RINGFENCE_ADDR, RINGFENCE_TOKEN_FILE)
    BlastRadius(BlastRadius),
    /// Count again what the log says was spent, where budgets were deleted or set back, and let disclosure go on
    MendBudgets(MendBudgets),
    /// Say what is wrong with a data directory and how to mend it
    Doctor,
    /// Print the completion script of a shell
    Completion(Completion),
}

/// `init`.
#[derive(Debug, Args)]
pub struct Init {
    /// The directory to make; --data where it isn't given
    pub dir: Option<PathBuf>,
    /// The first tenant's name in addresses
    #[arg(long, default_value = "main", value_name = "SLUG")]
    pub tenant: String,
    /// Where the root key goes, outside the data directory [default: ringfence/<id>.key under $XDG_CONFIG_HOME or ~/.config]
    #[arg(long, value_name = "PATH")]
    pub key_file: Option<PathBuf>,
    /// The socket of the separate key holder, which then has the keys; it must be running
    #[arg(long, value_name = "SOCKET", conflicts_with = "key_file")]
    pub keyholder: Option<PathBuf>,
    /// Where it listens on another machine, in place of a socket, with the host as its certificate names it
    #[arg(long, value_name = "HOST:PORT", conflicts_with_all = ["key_file", "keyholder"], requires_all = ["keyholder_ca", "certificate", "certificate_key"])]
    pub keyholder_address: Option<String>,
    /// The certificates that may vouch for it, PEM
    #[arg(long, value_name = "FILE", requires = "keyholder_address")]
    pub keyholder_ca: Option<PathBuf>,
    /// This node's own certificate, PEM
    #[arg(long, value_name = "FILE", requires = "keyholder_address")]
    pub certificate: Option<PathBuf>,
    /// Its key, PEM, which nobody else may read
    #[arg(long, value_name = "FILE", requires = "keyholder_address")]
    pub certificate_key: Option<PathBuf>,
    /// The first security officers; the first one gets a one-time link for a passkey. Name two
    #[arg(long, value_name = "NAME")]
    pub officer: Vec<String>,
}

/// `serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// Another port than the configuration's; 0 for any
    #[arg(long)]
    pub port: Option<u16>,
}

/// `demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// The port on this machine; 0 for any
    #[arg(long, default_value_t = 8480)]
    pub port: u16,
    /// Which people and which day are invented [default: 7, or the data directory's]
    #[arg(long)]
    pub seed: Option<u64>,
    /// How many customers are invented [default: 2000, or the data directory's]
    #[arg(long)]
    pub customers: Option<u64>,
    /// Only you get calls; nobody else works
    #[arg(long)]
    pub quiet_day: bool,
    /// The keys are with a program of their own, as security would run it
    #[arg(long)]
    pub keyholder: bool,
}

/// `import`.
#[derive(Debug, Args)]
pub struct Import {
    /// The file to read
    pub file: PathBuf,
    /// Which column becomes which field
    #[arg(long, value_name = "FILE")]
    pub map: PathBuf,
    /// Read and check every row; store nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Where rows that can't go in are reported
    #[arg(long, default_value = "import-errors.jsonl", value_name = "FILE")]
    pub errors: PathBuf,
    /// Whose customers they are; may be left out where there is one tenant
    #[arg(long, value_name = "SLUG")]
    pub tenant: Option<String>,
}

/// `customer`.
#[derive(Debug, Subcommand)]
pub enum Customer {
    /// Add one, given as a JSON object of field kinds and values
    Add {
        /// The file to read; - for standard input
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        /// Whose customer it is
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
    },
    /// Show one on masks, within an interaction (RINGFENCE_ADDR, RINGFENCE_TOKEN_FILE)
    Show {
        /// The customer, cus_…
        id: String,
        /// The live interaction with them, int_…
        #[arg(long, value_name = "ID")]
        interaction: String,
    },
    /// Hand one their own key of the log and the entries about them (RINGFENCE_ADDR, RINGFENCE_TOKEN_FILE)
    Statement {
        /// The customer, cus_…
        id: String,
        /// The new file to write it to
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
}

/// `interaction`.
#[derive(Debug, Subcommand)]
pub enum Interaction {
    /// List the live ones: your own, or all for security (RINGFENCE_ADDR, RINGFENCE_TOKEN_FILE)
    List {
        /// Ended ones too
        #[arg(long)]
        all: bool,
    },
    /// Show one (RINGFENCE_ADDR, RINGFENCE_TOKEN_FILE)
    Show {
        /// The interaction, int_…
        id: String,
    },
}

/// `request`.
#[derive(Debug, Subcommand)]
pub enum Request {
    /// List them, what is due first at the top (RINGFENCE_ADDR, RINGFENCE_TOKEN_FILE)
    List {
        /// Closed ones too
        #[arg(long)]
        all: bool,
    },
    /// Show one (RINGFENCE_ADDR, RINGFENCE_TOKEN_FILE)
    Show {
        /// The request, dsr_…
        id: String,
    },
}

/// `shelf`.
#[derive(Debug, Subcommand)]
pub enum Shelf {
    /// Move every customer to a new shelf key and destroy the old one
    Turn {
        /// Whose shelf
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
    },
}

/// `blast-radius`: each part narrows.
#[derive(Debug, Args)]
pub struct BlastRadius {
    /// The new directory for customers.jsonl, letters.jsonl and the notification
    #[arg(long, value_name = "DIR")]
    pub to: PathBuf,
    /// Acts of this person, per_…
    #[arg(long, value_name = "ID")]
    pub person: Option<String>,
    /// Acts of this device's person since it was enrolled, dev_…
    #[arg(long, value_name = "ID")]
    pub device: Option<String>,
    /// Acts through this node, as by_node of an answer names it
    #[arg(long, value_name = "HEX")]
    pub node: Option<String>,
    /// Customers whose keys lie on this shelf; alone, everything stored of them
    #[arg(long, value_name = "EPOCH")]
    pub shelf: Option<u32>,
    /// Acts from this moment on, such as 2026-03-01T09:00:00Z
    #[arg(long, value_name = "MOMENT")]
    pub since: Option<String>,
    /// Acts before this moment
    #[arg(long, value_name = "MOMENT")]
    pub until: Option<String>,
    /// When you became aware: the 72 hours run from then [default: now]
    #[arg(long, value_name = "MOMENT")]
    pub aware: Option<String>,
    /// In which language the drafts are, for the authority and the customers: en or de
    #[arg(long, value_name = "TAG", default_value = "en")]
    pub language: String,
}

/// `mend-budgets`.
#[derive(Debug, Args)]
pub struct MendBudgets {
    /// Whose budgets
    #[arg(long, value_name = "SLUG")]
    pub tenant: Option<String>,
}

/// `witness`. Its directory is --data, and has nothing to do with a vault's.
#[derive(Debug, Subcommand)]
pub enum Witness {
    /// Make a witness's directory with its own keys
    Init {
        /// Its name in signatures, such as witness.example/board
        #[arg(long)]
        name: String,
        /// The vault's user may run it: to try it out only
        #[arg(long)]
        same_user: bool,
    },
    /// Trust a log from now on, by both of its keys
    Trust {
        /// The file with the two keys served at /log/<tenant>/key, or the log's address
        #[arg(long, value_name = "FILE|URL")]
        log: String,
        /// Where the log is published and watched, where --log is a file
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        /// The fingerprint of the keys, as this command shows it and the log's operator confirms it
        #[arg(long, value_name = "HEX")]
        confirm: Option<String>,
    },
    /// Take submissions and watch the published logs, until stopped
    Serve {
        /// Where to listen
        #[arg(long, value_name = "ADDRESS")]
        listen: std::net::SocketAddr,
        /// Seconds after which the published logs are looked at again
        #[arg(long, default_value_t = 60, value_name = "SECONDS")]
        every: u64,
        /// The vault's user may run it: to try it out only
        #[arg(long)]
        same_user: bool,
    },
    /// Say what is followed; fails while an alarm isn't acknowledged
    Status,
    /// Print the keys that verify what it signs
    Key,
    /// Acknowledge every alarm so far
    Acknowledge,
    /// After restoring a backup: adopt what it had signed, if the published log shows that it fits
    Recover,
}

/// `completion`.
#[derive(Debug, Args)]
pub struct Completion {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// A role, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum RoleName {
    /// Serves customers in live interactions
    Agent,
    /// Leads agents; takes interactions as well
    TeamLeader,
    /// Judges how customers were served; sees no value and no log
    QualityAnalyst,
    /// Watches disclosures; reads the log by right; answers for the rules
    SecurityOfficer,
    /// Watches disclosures for the security officer; reads the log by right
    SecurityAnalyst,
    /// Runs the machines; reads nothing
    ItOperator,
    /// Answers customers' rights: erasure
    DataProtectionOfficer,
    /// Chief executive or member of the board
    BoardMember,
    /// Checks from outside; reads the log by right
    Auditor,
    /// A machine client that brings data in; sees nothing
    Integrator,
}

impl From<RoleName> for domain::Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Agent => Self::Agent,
            RoleName::TeamLeader => Self::TeamLeader,
            RoleName::QualityAnalyst => Self::QualityAnalyst,
            RoleName::SecurityOfficer => Self::SecurityOfficer,
            RoleName::SecurityAnalyst => Self::SecurityAnalyst,
            RoleName::ItOperator => Self::ItOperator,
            RoleName::DataProtectionOfficer => Self::DataProtectionOfficer,
            RoleName::BoardMember => Self::BoardMember,
            RoleName::Auditor => Self::Auditor,
            RoleName::Integrator => Self::Integrator,
        }
    }
}
