//! Letters to invented customers go nowhere: they are shown on the terminal, so that whoever tries it out can be one.

use crate::output;
use vault::{Letter, Mail, MailError, Mailer};

/// The mailbox of every invented customer.
pub(super) struct Mailbox;

impl Mailer for Mailbox {
    fn deliver(&self, mail: &Mail<'_>) -> Result<(), MailError> {
        let Letter::Code(code) = mail.letter;
        output::aside(&format!("Mail to {}: your code is {}", mail.to, **code));
        Ok(())
    }
}
