//! Powers that must not meet: refused before anybody is asked to sign. The key holder asks the same.

use domain::Refusal;
use domain::duty::Forbidden;
use keys::Powers;
use keys::power::PowerChange;

/// Power after these changes, unless powers meet in it that must not and didn't before.
pub(super) fn checked(before: &Powers, changes: &[PowerChange]) -> Result<Powers, Refusal> {
    match before.newly_forbidden(changes) {
        None => Ok(before.after(changes)),
        Some(Forbidden::Pair { .. }) => Err(Refusal::ForbiddenPair),
        Some(Forbidden::ManagedByIt) => Err(Refusal::ManagedByIt),
    }
}
