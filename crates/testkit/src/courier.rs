//! A courier that keeps what it was given, so that a test can be the customer.

use std::sync::Mutex;
use vault::{Courier, CourierError, SendCode, ValueChanged};

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

/// Keeps every code it delivers, and which numbers were told that something was replaced.
#[derive(Default)]
pub struct Pocket {
    codes: Mutex<Vec<CaughtCode>>,
    warned: Mutex<Vec<String>>,
}

impl Pocket {
    /// The last code that was delivered.
    #[must_use]
    pub fn last(&self) -> CaughtCode {
        self.codes.lock().unwrap().last().cloned().expect("no code was delivered")
    }

    /// How many codes were delivered.
    #[must_use]
    pub fn count(&self) -> usize {
        self.codes.lock().unwrap().len()
    }

    /// The numbers that were told that they, or an account, are replaced, in order.
    #[must_use]
    pub fn warned(&self) -> Vec<String> {
        self.warned.lock().unwrap().clone()
    }
}

impl Courier for Pocket {
    fn deliver(&self, message: &SendCode<'_>) -> Result<(), CourierError> {
        let SendCode { reference, code, to, .. } = *message;
        let caught = CaughtCode { reference: reference.into(), code: code.into(), to: to.into() };
        self.codes.lock().unwrap().push(caught);
        Ok(())
    }

    fn warn(&self, notice: &ValueChanged<'_>) -> Result<(), CourierError> {
        self.warned.lock().unwrap().push(notice.to.to_owned());
        Ok(())
    }
}
