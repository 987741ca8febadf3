//! A courier that keeps what it was given, so that a test can be the customer.

use std::sync::Mutex;
use vault::{Courier, CourierError, SendCode};

/// A code that was delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaughtCode {
    /// The source's name for the interaction.
    pub reference: String,
    /// The code.
    pub code: String,
    /// Where it was sent, E.164.
    pub to: String,
}

/// Keeps every code it delivers.
#[derive(Default)]
pub struct Pocket(Mutex<Vec<CaughtCode>>);

impl Pocket {
    /// The last code that was delivered.
    #[must_use]
    pub fn last(&self) -> CaughtCode {
        self.0.lock().unwrap().last().cloned().expect("no code was delivered")
    }

    /// How many codes were delivered.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Courier for Pocket {
    fn deliver(&self, message: &SendCode<'_>) -> Result<(), CourierError> {
        let SendCode { reference, code, to, .. } = *message;
        let caught = CaughtCode { reference: reference.into(), code: code.into(), to: to.into() };
        self.0.lock().unwrap().push(caught);
        Ok(())
    }
}
