//! Letters to invented customers go nowhere: they are shown on the terminal, so that whoever tries it out can be one.

use crate::output;
use vault::{Letter, Mail, MailError, Mailer, RequestNews};

/// The mailbox of every invented customer.
pub(super) struct Mailbox;

impl Mailer for Mailbox {
    fn deliver(&self, mail: &Mail<'_>) -> Result<(), MailError> {
        let says = match mail.letter {
            Letter::Code(code) => format!("your code is {}", **code),
            Letter::Corrected { field, link } => {
                format!("your {} is being changed; not you? {}", field.label(), **link)
            }
            Letter::Request { number, news: RequestNews::Code(code), .. } => {
                format!("the code of your request {number} is {}", **code)
            }
            Letter::Board { number, .. } => format!("sealed file {number} to the board"),
            Letter::Request { number, .. } => format!("there is news of your request {number}"),
        };
        output::aside(&format!("Mail to {}: {says}", mail.to));
        Ok(())
    }
}
