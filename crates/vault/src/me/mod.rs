//! The customer's own side: what a customer does themselves at `/me`, with no member of staff between.
//!
//! Their ground is themselves: a one-time code that went to an address on file, entered in the browser that asked for it.
//! A [`CustomerScope`] comes from there only, opens one customer's record, and is a condition of each of its acts: what ended
//! the session, an erasure among it, stops them in the same transaction. The rules in Cedar speak of staff; what customers may
//! do with what is theirs is the law's, and is written here.

mod ask;
mod claim;
mod consent;
mod correct;
mod doubt;
mod enter;
mod export;
mod forget;
mod letter;
mod looks;
mod object;
mod scope;
mod sealed;
mod view;

pub use ask::Ask;
pub use claim::OwnClaim;
pub use consent::{ConsentNames, OwnConsent};
pub use correct::{Correction, Tell};
pub(crate) use export::as_mask;
pub use export::{OwnExport, WhyWithheld};
pub use forget::Forgotten;
pub use letter::{Letter, Mail, MailError, Mailer};
pub use looks::{OwnLog, OwnLook};
pub(crate) use scope::unguarded;
pub use scope::{CustomerScope, LIFE_MS};
pub use sealed::Passphrase;
pub use view::OwnRecord;
