//! Pure decisions: what an act needs, or why it is refused.
//!
//! A decision here reads no database. It says what must hold (a ground, a binding, an allowance), and the
//! commit checks it in the transaction that writes the log entry, so nothing can change in between.
//! Out of scope: storing or checking those conditions, and any I/O.

use domain::{Binding, FieldKind, Purpose, Refusal, Role};

/// What a disclosure to a person needs, beyond a live interaction of that person's with that customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// How surely the interaction must belong to the customer.
    pub binding: Binding,
    /// Must they be talking right now (not on hold)?
    pub talking: bool,
    /// What it costs of the person's allowance.
    pub cost: u32,
}

/// May a person of this role see this field for this purpose, and on what conditions?
///
/// # Errors
/// The refusal, if no condition could make it right.
pub fn reveal(role: Role, field: FieldKind, purpose: Purpose) -> Result<Needs, Refusal> {
    serving(role)?;
    if field == FieldKind::Card {
        return Err(Refusal::NeverShown);
    }
    if !Purpose::for_field(field).contains(&purpose) {
        return Err(Refusal::PurposeNotAllowed);
    }
    Ok(Needs { binding: binding_for(field), talking: true, cost: cost_of(field) })
}

/// May a person of this role look at a customer's masked record?
///
/// # Errors
/// The refusal, if the role doesn't serve customers.
pub fn view(role: Role) -> Result<Needs, Refusal> {
    serving(role)?;
    Ok(Needs { binding: Binding::Claimed, talking: false, cost: 1 })
}

/// May a person of this role search, claim, check a caller's answer, send a code or write a note?
///
/// # Errors
/// The refusal, if the role doesn't serve customers.
pub fn serve(role: Role) -> Result<(), Refusal> {
    serving(role)
}

/// May a caller's answer about this field be checked? Never a card's or account's number: an agent who types
/// those down has them.
///
/// # Errors
/// The refusal, if the role or the field forbids it.
pub fn verify(role: Role, field: FieldKind) -> Result<Needs, Refusal> {
    serving(role)?;
    match field {
        FieldKind::Card | FieldKind::BankAccount | FieldKind::Note => Err(Refusal::PurposeNotAllowed),
        _ => Ok(Needs { binding: Binding::Claimed, talking: false, cost: 1 }),
    }
}

/// May a person of this role read the log?
///
/// # Errors
/// The refusal for every role but the security officer.
pub fn read_log(role: Role) -> Result<(), Refusal> {
    (role == Role::SecurityOfficer).then_some(()).ok_or(Refusal::RoleNotAllowed)
}

/// May a person of this role erase a customer?
///
/// # Errors
/// The refusal for every role but the data protection officer.
pub fn erase(role: Role) -> Result<(), Refusal> {
    (role == Role::DataProtectionOfficer).then_some(()).ok_or(Refusal::RoleNotAllowed)
}

/// May a person of this role hand a customer their own key of the log, with the list of entries about them?
///
/// # Errors
/// The refusal for every role but the data protection officer.
pub fn give_statement(role: Role) -> Result<(), Refusal> {
    (role == Role::DataProtectionOfficer).then_some(()).ok_or(Refusal::RoleNotAllowed)
}

fn serving(role: Role) -> Result<(), Refusal> {
    role.serves().then_some(()).ok_or(Refusal::RoleNotAllowed)
}

fn binding_for(field: FieldKind) -> Binding {
    match field {
        FieldKind::Name | FieldKind::Order | FieldKind::Preference | FieldKind::Note => Binding::Claimed,
        FieldKind::PostalAddress | FieldKind::Phone | FieldKind::Email => Binding::Matched,
        FieldKind::DateOfBirth | FieldKind::Card | FieldKind::BankAccount => Binding::Proven,
    }
}

fn cost_of(field: FieldKind) -> u32 {
    match field {
        FieldKind::DateOfBirth | FieldKind::BankAccount => 3,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_serves_sees_and_never_a_card() {
        for role in Role::ALL {
            for field in FieldKind::ALL {
                for purpose in Purpose::ALL {
                    let decision = reveal(role, field, purpose);
                    if !role.serves() {
                        assert_eq!(decision, Err(Refusal::RoleNotAllowed));
                    } else if field == FieldKind::Card {
                        assert_eq!(decision, Err(Refusal::NeverShown));
                    } else if !Purpose::for_field(field).contains(&purpose) {
                        assert_eq!(decision, Err(Refusal::PurposeNotAllowed));
                    } else {
                        assert!(decision.unwrap().binding >= Binding::Claimed);
                    }
                }
            }
        }
    }

    #[test]
    fn what_identifies_or_pays_needs_the_customers_own_proof() {
        for field in [FieldKind::DateOfBirth, FieldKind::BankAccount] {
            let purpose = Purpose::for_field(field)[0];
            assert_eq!(reveal(Role::Agent, field, purpose).unwrap().binding, Binding::Proven);
        }
    }
}
