//! Segregation of duties: which roles can't meet in one person, and above whom nobody of IT may stand. There is no
//! approval that lifts it: two people together can't grant such a pair either.

use crate::role::Role;

/// What a role's power is over. Powers over different things don't meet in one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Duty {
    /// Customers' data, one at a time.
    Serving,
    /// How customers were served.
    Judging,
    /// The log, the rules and the alarms.
    Watching,
    /// The machines, and what comes in.
    Running,
    /// Customers' rights.
    Rights,
    /// The company.
    Governing,
    /// All of these, from outside.
    Auditing,
}

impl Duty {
    /// What it is over, in words that go on from "power over".
    #[must_use]
    pub fn over(self) -> &'static str {
        match self {
            Self::Serving => "customers\u{2019} data, one at a time",
            Self::Judging => "how customers were served",
            Self::Watching => "the log, the rules and the alarms",
            Self::Running => "the machines, and what comes in",
            Self::Rights => "customers\u{2019} rights",
            Self::Governing => "the company",
            Self::Auditing => "all of these, from outside",
        }
    }
}

/// Why somebody can't be given a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// They have a role whose power must not meet with this one's.
    Pair {
        /// What they have.
        held: Role,
        /// What they would get.
        wanted: Role,
    },
    /// Somebody of IT is among those whom they report to, so that IT could lean on who watches it.
    ManagedByIt,
}

impl Role {
    /// What this role's power is over.
    #[must_use]
    pub fn duty(self) -> Duty {
        match self {
            Self::Agent | Self::TeamLeader => Duty::Serving,
            Self::QualityAnalyst => Duty::Judging,
            Self::SecurityOfficer | Self::SecurityAnalyst => Duty::Watching,
            Self::ItOperator | Self::Integrator => Duty::Running,
            Self::DataProtectionOfficer => Duty::Rights,
            Self::BoardMember => Duty::Governing,
            Self::Auditor => Duty::Auditing,
        }
    }

    /// Does this role watch IT, so that nobody of IT may stand above it, however far up?
    #[must_use]
    pub fn is_independent(self) -> bool {
        matches!(self.duty(), Duty::Watching | Duty::Rights | Duty::Auditing)
    }
}

/// May somebody with these roles, who reports to people with those, have this role too?
///
/// # Errors
/// What stands against it.
pub fn grantable(wanted: Role, held: &[Role], managers: &[Role]) -> Result<(), Forbidden> {
    if let Some(held) = held.iter().copied().find(|held| held.duty() != wanted.duty()) {
        return Err(Forbidden::Pair { held, wanted });
    }
    if wanted.is_independent() && managers.iter().any(|manager| manager.duty() == Duty::Running) {
        return Err(Forbidden::ManagedByIt);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_meets_security_nor_who_serves_who_watches() {
        for (one, other) in [
            (Role::ItOperator, Role::SecurityOfficer),
            (Role::ItOperator, Role::SecurityAnalyst),
            (Role::Integrator, Role::SecurityOfficer),
            (Role::ItOperator, Role::Agent),
            (Role::Agent, Role::SecurityOfficer),
            (Role::TeamLeader, Role::QualityAnalyst),
            (Role::DataProtectionOfficer, Role::ItOperator),
            (Role::Auditor, Role::BoardMember),
            (Role::BoardMember, Role::SecurityOfficer),
        ] {
            assert_eq!(grantable(one, &[other], &[]), Err(Forbidden::Pair { held: other, wanted: one }));
            assert_eq!(grantable(other, &[one], &[]), Err(Forbidden::Pair { held: one, wanted: other }));
        }
    }

    #[test]
    fn an_agent_may_come_to_lead() {
        assert_eq!(grantable(Role::TeamLeader, &[Role::Agent], &[]), Ok(()));
        assert_eq!(grantable(Role::SecurityOfficer, &[Role::SecurityAnalyst], &[Role::BoardMember]), Ok(()));
        for role in Role::ALL {
            assert_eq!(grantable(role, &[], &[]), Ok(()));
            assert_eq!(grantable(role, &[role], &[]), Ok(()));
        }
    }

    #[test]
    fn nobody_of_it_stands_above_who_watches() {
        let chain = [Role::BoardMember, Role::ItOperator];
        for role in [Role::SecurityOfficer, Role::SecurityAnalyst, Role::DataProtectionOfficer, Role::Auditor] {
            assert_eq!(grantable(role, &[], &chain), Err(Forbidden::ManagedByIt));
        }
        assert_eq!(grantable(Role::ItOperator, &[], &chain), Ok(()));
    }
}
