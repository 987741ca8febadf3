//! Roles, for who watches over power: what each may do by the rules in force, which it never meets, how many have it, and who
//! gives it.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::power::Snapshot;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::duty::{Forbidden, grantable};
use domain::{PersonId, Refusal, Role};
use keys::power::{Person, PowerBody as _, PowerChange};
use policy::{Act, Granted, Rules};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleLine {
    /// Which.
    pub role: Role,
    /// What it may do, by the rules that permit it, in their order.
    pub granted: Vec<Granted>,
    /// How many have it now; who has left isn't counted.
    pub people: usize,
    /// Roles that one human never has beside it, whoever agrees.
    pub apart: Vec<Role>,
    /// Roles that nobody above somebody with this one has, however far up.
    pub never_above: Vec<Role>,
    /// How long it takes after the last signature until somebody has it, in milliseconds; 0 for at once.
    pub waits_ms: i64,
}

/// All roles, and who gives them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleTable {
    /// Each role.
    pub roles: Vec<RoleLine>,
    /// Whose people draft who gets which role, and sign it.
    pub given_by: Vec<Role>,
    /// How many of them must sign that somebody gets one, if it is about none of them; none where no officer has a passkey yet.
    pub signatures: Option<usize>,
}

impl Vault {
    /// All roles. The reading is an entry.
    ///
    /// # Errors
    /// The refusal with its entry for whom the rules don't let; `PowerTampered` while people and rights are in doubt.
    pub async fn roles(&self, scope: &Scope) -> Result<RoleTable, VaultError> {
        let act = self.permitted(scope, Act::ReadPeople, Kind::PeopleRead).await?;
        let snapshot = self.power(scope.tenant).await?;
        if !snapshot.sound {
            return Err(self.logged(act, Refusal::PowerTampered).await);
        }
        self.commit_plain(act).await?;
        let rules = Arc::clone(&snapshot.governance.rules);
        // The first look at new rules asks them some thousand questions.
        let granted = tokio::task::spawn_blocking(move || Rules::granted(&rules).to_vec()).await;
        let granted = granted.map_err(|_| VaultError::Unknown)?;
        let new = PersonId::mint(&*self.clock, &*self.entropy);
        let mut people: BTreeMap<Role, usize> = BTreeMap::new();
        for (_, one) in snapshot.all::<Person>().filter(|(id, _)| !snapshot.has_left(PersonId(*id))) {
            *people.entry(one.role).or_default() += 1;
        }
        let given_by = given_by(&granted);
        let roles = granted.into_iter().map(|(role, granted)| RoleLine {
            role,
            granted,
            people: people.get(&role).copied().unwrap_or(0),
            apart: apart(role),
            never_above: never_above(role),
            waits_ms: waits_ms(&snapshot, &somebody(new, role)),
        });
        let signatures = signatures(&snapshot, self);
        Ok(RoleTable { roles: roles.collect(), given_by, signatures })
    }
}

/// How many officers must sign that somebody new gets a role; none where no officer has a passkey yet.
pub(crate) fn signatures(snapshot: &Snapshot, vault: &Vault) -> Option<usize> {
    let powers = snapshot.powers();
    let changes = [somebody(PersonId::mint(&*vault.clock, &*vault.entropy), Role::Agent)];
    powers.officers().next().map(|_| powers.officers_needed(&changes, &powers.formers(vault.clock.now())))
}

/// Somebody new with this role.
fn somebody(id: PersonId, role: Role) -> PowerChange {
    let person = Person { role, name: String::new(), team: String::new(), token: None };
    ((Person::KIND, id.0), Some(person.encode()))
}

fn apart(role: Role) -> Vec<Role> {
    Role::ALL.into_iter().filter(|other| grantable(role, &[*other], &[]).is_err()).collect()
}

fn never_above(role: Role) -> Vec<Role> {
    let forbidden = |above: &Role| grantable(role, &[], &[*above]) == Err(Forbidden::ManagedByIt);
    Role::ALL.into_iter().filter(forbidden).collect()
}

fn waits_ms(snapshot: &Snapshot, change: &PowerChange) -> i64 {
    if snapshot.is_widened_by(core::slice::from_ref(change), None) { snapshot.widening_waits_ms() } else { 0 }
}

fn given_by(all: &[(Role, Vec<Granted>)]) -> Vec<Role> {
    let may = |(_, granted): &&(Role, Vec<Granted>)| {
        granted.iter().flat_map(|one| &one.acts).any(|one| one.act == Act::ChangePower)
    };
    all.iter().filter(may).map(|(role, _)| *role).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apart_are_two_kinds_of_power_and_nobody_of_it_is_above_who_watches() {
        for role in Role::ALL {
            for other in apart(role) {
                assert!(role.duty() != other.duty() && apart(other).contains(&role), "{role:?} {other:?}");
            }
            assert_eq!(!never_above(role).is_empty(), role.is_independent(), "{role:?}");
        }
        assert_eq!(never_above(Role::Auditor), [Role::ItOperator, Role::Integrator]);
        assert!(!apart(Role::SecurityOfficer).contains(&Role::SecurityAnalyst));
        assert!(apart(Role::SecurityOfficer).contains(&Role::ItOperator));
    }
}
