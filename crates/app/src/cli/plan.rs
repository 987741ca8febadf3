//! `plan`.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Which plan.
#[derive(Clone, Debug, Args)]
pub struct Source {
    /// The plan's file; the one in force in the data directory where it isn't given
    pub file: Option<PathBuf>,
    /// Whose plan; may be left out where there is one tenant
    #[arg(long, value_name = "SLUG")]
    pub tenant: Option<String>,
}

/// What papers are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Paper {
    /// Record of processing activities (GDPR art. 30); text, or JSON with --output json
    #[value(name = "article-30")]
    Article30,
    /// Data for an impact assessment (GDPR art. 35), as JSON
    Dpia,
    /// System and dataset in the Fides language, as YAML
    Fides,
}

/// In which language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Speech {
    /// English
    En,
    /// German
    De,
}

/// `plan`.
#[derive(Debug, Subcommand)]
pub enum Plan {
    /// Judge a plan; with a data directory, also say where it differs from rules, limits and what is stored
    Check(Source),
    /// Say in plain words what a plan changes, and what widens
    Diff {
        /// The new plan's file
        file: PathBuf,
        /// The file to compare it with; the plan in force in the data directory where it isn't given
        #[arg(long, value_name = "FILE")]
        against: Option<PathBuf>,
        /// Whose plan
        #[arg(long, value_name = "SLUG")]
        tenant: Option<String>,
    },
    /// Show volumes, what expires, rotations and milestones over five years
    Forecast {
        /// Which plan
        #[command(flatten)]
        plan: Source,
        /// The first day, such as 2027-01-01 [default: today]
        #[arg(long, value_name = "DAY")]
        from: Option<String>,
        /// How many values of a kind are stored and come in a year: phone=1000+200; may be repeated [default: what the data directory stores, and none to come]
        #[arg(long, value_name = "KIND=STORED+YEARLY")]
        volume: Vec<String>,
    },
    /// Print what customers are told, or how it differs from an older plan's
    Notice {
        /// Which plan
        #[command(flatten)]
        plan: Source,
        /// In which language
        #[arg(long, value_enum)]
        language: Speech,
        /// As a whole HTML page instead of text
        #[arg(long, conflicts_with = "against")]
        html: bool,
        /// Only what differs from what this older plan's notice says
        #[arg(long, value_name = "FILE")]
        against: Option<PathBuf>,
    },
    /// Make a paper of a plan
    Export {
        /// Which plan
        #[command(flatten)]
        plan: Source,
        /// Which paper
        #[arg(long = "as", value_enum, value_name = "PAPER")]
        paper: Paper,
    },
}
