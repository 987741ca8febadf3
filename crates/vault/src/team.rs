//! What a team and its members have spent, for who leads it: how much, never on whom or what.

use crate::auth::Scope;
use crate::budgets::{BudgetLeft, SharedLeft, history};
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{BudgetKind, Counter, EntryId, PersonId, Role, Standing};
use std::collections::HashMap;

/// One of the team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamMember {
    /// Who.
    pub person: PersonId,
    /// Their name: whoever leads them knows it.
    pub name: String,
    /// What for they are here.
    pub role: Role,
    /// Are they new here?
    pub probation: bool,
    /// What is left of their points in each window, whatever for.
    pub left: Vec<BudgetLeft>,
}

/// A team, as its leader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamBudgets {
    /// The team; empty for none.
    pub team: String,
    /// What is left of what the team shares, and of what everybody does.
    pub shared: Vec<SharedLeft>,
    /// Who serves customers in it, the leader among them, by name.
    pub members: Vec<TeamMember>,
    /// The entry of this reading.
    pub receipt: EntryId,
}

impl Vault {
    /// May this person see their team's budgets?
    #[must_use]
    pub fn reads_team(&self, scope: &Scope) -> bool {
        self.may(scope, policy::Act::ReadTeam).is_ok()
    }

    /// What is left of the asker's team's allowance and of each member's. One entry per reading, before anything is read.
    ///
    /// # Errors
    /// The refusal with its entry for who leads no team, or if the store fails.
    pub async fn team_budgets(&self, scope: &Scope) -> Result<TeamBudgets, VaultError> {
        let act = self.act(scope, Kind::TeamRead)?;
        if let Err(denial) = self.may(scope, policy::Act::ReadTeam) {
            return Err(self.logged_denial(act, &denial).await);
        }
        let receipt = self.commit_plain(act).await?;
        let people = self.power(scope.tenant).await?;
        let ours = |role: Role, team: &str| role.serves() && !team.is_empty() && team == scope.team();
        let mut members: Vec<_> =
            people.everybody().into_iter().filter(|person| ours(person.role, &person.team)).collect();
        members.retain(|person| !people.has_left(person.id));
        members.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
        let counter = |person| Counter::person(BudgetKind::Information, person);
        let counters = members.iter().map(|person| counter(person.id)).collect();
        let rows: HashMap<_, _> = self.store.budgets_of(scope.tenant, counters).await?.into_iter().collect();
        let (now, probation_days) = (self.clock.now(), self.settings(scope.tenant).probation_days);
        let member = |person: &store::PersonRow| {
            let standing = Standing::of(person.id, now, probation_days);
            let spent = history(rows.get(&counter(person.id)));
            TeamMember {
                person: person.id,
                name: person.name.clone(),
                role: person.role,
                probation: standing.is_probation(),
                left: self.information_left(scope.tenant, standing, &spent, false),
            }
        };
        let members = members.into_iter().map(|person| member(person)).collect();
        let shared = self.shared_budgets(scope).await?;
        Ok(TeamBudgets { team: scope.team().to_owned(), shared, members, receipt })
    }
}
