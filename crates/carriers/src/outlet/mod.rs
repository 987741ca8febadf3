//! Whom the log is told: webhooks to programs, events to a collector of security's. Ids, kinds and counts: no value, no name, no
//! customer.

mod collector;
mod file;
mod guard;
mod ocsf;
mod syslog;
mod webhook;

pub use collector::CollectorOutlet;
pub use file::{FileOutlet, FilePlace};
pub use guard::Web;
pub use syslog::SyslogOutlet;
pub use webhook::{EVENT_TYPES, WebhookOutlet};

use vault::OutletError;

/// What an answer's status means.
fn taken(status: Option<u16>) -> Result<(), OutletError> {
    match status {
        Some(200..=299) => Ok(()),
        Some(410) => Err(OutletError::Gone),
        // A redirect could lead an event anywhere: none is followed.
        Some(300..=399) => Err(OutletError::Later("it redirects")),
        Some(_) => Err(OutletError::Later("it refuses")),
        None => Err(OutletError::Later("it doesn't answer")),
    }
}

/// A number in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
