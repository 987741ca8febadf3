//! What goes to a customer by mail, and who takes it there.

use crate::board::BoardWhat;
use crate::rights::{RequestId, RequestNews};
use domain::{FieldKind, Millis, Right};
use plan::Language;
use zeroize::Zeroizing;

/// Takes mail to a customer's own address, which it shows to nobody.
pub trait Mailer: Send + Sync {
    /// Delivers; blocking, with a deadline of its own.
    ///
    /// # Errors
    /// If it couldn't be handed over.
    fn deliver(&self, mail: &Mail<'_>) -> Result<(), MailError>;
}

/// What a mailer is given.
pub struct Mail<'a> {
    /// The customer's address on file.
    pub to: &'a str,
    /// What it says.
    pub letter: &'a Letter,
    /// In which language.
    pub language: Language,
    /// The company in whose name it is written.
    pub company: &'a str,
    /// Where customers ask.
    pub contact: &'a str,
    /// When.
    pub at: Millis,
    /// Names the message, and nothing else: mail servers keep it beside the address for months.
    pub id: [u8; 16],
}

/// What a letter says.
pub enum Letter {
    /// A one-time code to sign in with.
    Code(Zeroizing<String>),
    /// A value of theirs is being corrected: at each address that was on file.
    Corrected {
        /// Which kind.
        field: FieldKind,
        /// Where whoever didn't do it says so.
        link: Zeroizing<String>,
    },
    /// About a request of theirs.
    Request {
        /// Which.
        number: RequestId,
        /// For what.
        right: Right,
        /// What there is to be told.
        news: RequestNews,
    },
    /// A sealed report to a member of the board: not to a customer.
    Board {
        /// Its number.
        number: u64,
        /// What it is.
        what: BoardWhat,
        /// The file, with its proof.
        file: String,
    },
}

/// Mail that couldn't be handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the mail couldn't be handed to its server; try again, or check [mail] in the configuration")]
pub struct MailError;
