//! `webhook`.

use clap::Subcommand;

/// `webhook`.
#[derive(Debug, Subcommand)]
pub enum Webhook {
    /// Post an event of the type ringfence.test to each webhook of the configuration; fails unless all take it
    Test,
    /// List the types of events that webhooks can be told of
    Types,
}
