//! Ways out without seeing: each takes a value to a destination that the operator allowed, and shows it to nobody.
//!
//! In scope: the message, its signature, its deadline, wiping it. Out of scope: who may send what (the vault decides
//! and logs before a carrier is called), and configuration.

mod address;
mod board;
mod courier;
mod identity_provider;
mod mail;
mod outlet;
mod signed;
mod witness;

pub use address::is_safe;
pub use board::Press;
pub use courier::WebhookCourier;
pub use identity_provider::ProviderClient;
pub use mail::{MailDigest, MailServer, MailSetupError, MailTls, SmtpMailer};
pub use outlet::{CollectorOutlet, EVENT_TYPES, FileOutlet, FilePlace, SyslogOutlet, Web, WebhookOutlet};
pub use signed::UrlError;
pub use witness::{WitnessAnswer, WitnessClient};
