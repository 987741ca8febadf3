//! What everybody has spent, for who watches: how much, never on whom.
//!
//! A tenant may have ten thousand people, and who of them spent most isn't known before all their rows were read. So that
//! happens at most once in five seconds on a node, however many ask, a few hundred rows at a time; and only the first
//! [`MOST_SPENDERS`] are kept, of people and of teams, beside how many there are and how many are low.

use crate::approval::Habit;
use crate::auth::Scope;
use crate::budgets::{BudgetLeft, history, team_counter};
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{Allowance, BudgetKind, Counter, EntryId, Limits, Millis, PersonId, Role, Standing, TenantId};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use store::{BudgetRow, PersonRow};

/// Of how many people, and of how many teams, it is told what each has spent.
pub const MOST_SPENDERS: usize = 200;
/// How long a node answers with what it read, in milliseconds.
const LOOKS_AGAIN_MS: i64 = 5_000;
/// How many rows are read at once.
const PAGE: usize = 500;

/// Somebody who serves customers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spender {
    /// Their name.
    pub name: String,
    /// Who.
    pub person: PersonId,
    /// What for they are here.
    pub role: Role,
    /// Their team; empty for none.
    pub team: String,
    /// Are they new here?
    pub probation: bool,
}

/// A team with people who serve customers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpendingTeam {
    /// Its name.
    pub team: String,
    /// How many of them.
    pub people: usize,
}

/// How somebody's allowances stand, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SpendingState {
    /// The row isn't what Ringfence wrote: somebody edited it.
    Edited,
    /// In some window nothing is left.
    Spent,
    /// In some window four fifths are spent.
    Low,
    /// Neither.
    Enough,
}

impl SpendingState {
    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Edited => "edited",
            Self::Spent => "spent",
            Self::Low => "low",
            Self::Enough => "enough",
        }
    }
}

/// What one person, a team or everybody together has left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spending<W> {
    /// Whose it is.
    pub whose: W,
    /// How it stands.
    pub state: SpendingState,
    /// In each window, whatever for; and for a purpose where something was spent for it.
    pub left: Vec<BudgetLeft>,
}

impl<W> Spending<W> {
    fn new(whose: W, edited: bool, left: Vec<BudgetLeft>) -> Self {
        let state = match () {
            () if edited => SpendingState::Edited,
            () if left.iter().any(|budget| budget.left == 0) => SpendingState::Spent,
            () if left.iter().any(BudgetLeft::is_low) => SpendingState::Low,
            () => SpendingState::Enough,
        };
        let left = left.into_iter().filter(|budget| budget.purpose.is_none() || budget.left < budget.limit).collect();
        Self { whose, state, left }
    }

    /// The largest share of any limit that is spent, in millionths.
    #[must_use]
    pub fn share(&self) -> u64 {
        self.left.iter().map(BudgetLeft::share).max().unwrap_or(0)
    }
}

/// Those who spent most, and how many there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spenders<W> {
    /// The largest share of a limit first, those before it whose rows were edited; [`MOST_SPENDERS`] at most.
    pub first: Vec<Spending<W>>,
    /// How many there are in all.
    pub all: usize,
    /// How many of all have something low, and not spent.
    pub low: usize,
    /// How many have something spent.
    pub spent: usize,
    /// How many rows were edited.
    pub edited: usize,
}

impl<W: Ord> Spenders<W> {
    fn none() -> Self {
        Self { first: Vec::new(), all: 0, low: 0, spent: 0, edited: 0 }
    }

    /// Counts more of them, and keeps the first.
    fn take(&mut self, more: Vec<Spending<W>>) {
        let of = |state| more.iter().filter(|one| one.state == state).count();
        self.all += more.len();
        self.low += of(SpendingState::Low);
        self.spent += of(SpendingState::Spent);
        self.edited += of(SpendingState::Edited);
        self.first.extend(more);
        let edited = |one: &Spending<W>| one.state == SpendingState::Edited;
        self.first.sort_by(|one, other| {
            let order = (edited(other), other.share()).cmp(&(edited(one), one.share()));
            order.then_with(|| one.whose.cmp(&other.whose))
        });
        self.first.truncate(MOST_SPENDERS);
    }
}

/// What everybody has spent, as a node read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// When it was read.
    pub at: Millis,
    /// What everybody shares.
    pub tenant: Spending<()>,
    /// What teams share.
    pub teams: Spenders<SpendingTeam>,
    /// Each person's own.
    pub people: Spenders<Spender>,
}

/// What a node read last, for each tenant. Who asks while it reads waits for that.
pub(crate) type Overviews = tokio::sync::Mutex<HashMap<TenantId, Arc<Overview>>>;

/// Limits, and what is spent of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllBudgets {
    /// What acts weigh, and how much there may be.
    pub limits: Limits,
    /// What is spent of it.
    pub overview: Arc<Overview>,
    /// How second people answer, those whose yes is worth least first.
    pub second_people: Vec<Habit>,
    /// The entry of this reading.
    pub receipt: EntryId,
}

impl Vault {
    /// May this person see what everybody has spent?
    #[must_use]
    pub fn reads_budgets(&self, scope: &Scope) -> bool {
        self.may(scope, policy::Act::ReadBudgets).is_ok()
    }

    /// Limits, and who spent most of them, as it was at most five seconds ago. One entry per reading, before anything is
    /// read.
    ///
    /// # Errors
    /// The refusal with its entry for whom the rules don't let, or if the store fails.
    pub async fn all_budgets(&self, scope: &Scope) -> Result<AllBudgets, VaultError> {
        let act = self.act(scope, Kind::BudgetsRead)?;
        if let Err(denial) = self.may(scope, policy::Act::ReadBudgets) {
            return Err(self.logged_denial(act, &denial).await);
        }
        let receipt = self.commit_plain(act).await?;
        let (limits, overview) = (*self.limits(scope.tenant), self.overview(scope.tenant).await?);
        let second_people = self.habits(&*self.power(scope.tenant).await?, self.clock.now()).await?;
        Ok(AllBudgets { limits, overview, second_people, receipt })
    }

    async fn overview(&self, tenant: TenantId) -> Result<Arc<Overview>, VaultError> {
        let mut known = self.overviews.lock().await;
        let now = self.clock.now();
        let fresh = |overview: &&Arc<Overview>| (0..LOOKS_AGAIN_MS).contains(&now.since(overview.at));
        if let Some(overview) = known.get(&tenant).filter(fresh) {
            return Ok(Arc::clone(overview));
        }
        let overview = Arc::new(self.read_overview(tenant, now).await?);
        known.insert(tenant, Arc::clone(&overview));
        Ok(overview)
    }

    async fn read_overview(&self, tenant: TenantId, at: Millis) -> Result<Overview, VaultError> {
        let power = self.power(tenant).await?;
        let serving = |person: &&Arc<PersonRow>| person.role.serves() && !power.has_left(person.id);
        let serving: Vec<_> = power.everybody().into_iter().filter(serving).collect();
        let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
        for person in serving.iter().filter(|person| !person.team.is_empty()) {
            *sizes.entry(&person.team).or_default() += 1;
        }
        let teams: Vec<_> = sizes.into_iter().collect();
        let Limits { person: own, team, tenant: everybody, .. } = *self.limits(tenant);

        let mut all = Spenders::none();
        for page in serving.chunks(PAGE) {
            let counter = |person: &PersonRow| Counter::person(BudgetKind::Information, person.id);
            let rows = self.budget_rows(tenant, page.iter().map(|person| counter(person)).collect()).await?;
            let spent = |person: &Arc<PersonRow>| {
                let (counter, standing) = (counter(person), self.standing_of(person));
                let spender = Spender {
                    name: person.name.clone(),
                    person: person.id,
                    role: person.role,
                    team: person.team.clone(),
                    probation: standing.is_probation(),
                };
                self.spending(tenant, spender, own, standing, (counter, rows.get(&counter)))
            };
            all.take(page.iter().map(|person| spent(person)).collect());
        }
        let mut together = Spenders::none();
        for page in teams.chunks(PAGE) {
            let rows = self.budget_rows(tenant, page.iter().map(|(name, _)| team_counter(name)).collect()).await?;
            let spent = |(name, people): &(&str, usize)| {
                let counter = team_counter(name);
                let whose = SpendingTeam { team: (*name).to_owned(), people: *people };
                self.spending(tenant, whose, team, Standing::Regular, (counter, rows.get(&counter)))
            };
            together.take(page.iter().map(spent).collect());
        }
        let row = self.store.budget(tenant, Counter::tenant()).await?;
        let tenant = self.spending(tenant, (), everybody, Standing::Regular, (Counter::tenant(), row.as_ref()));
        Ok(Overview { at, tenant, teams: together, people: all })
    }

    async fn budget_rows(
        &self,
        tenant: TenantId,
        counters: Vec<Counter>,
    ) -> Result<HashMap<Counter, BudgetRow>, VaultError> {
        Ok(self.store.budgets_of(tenant, counters).await?.into_iter().collect())
    }

    /// What a row leaves of an allowance. Parts of it that this node holds aren't spent yet; those of other nodes count as
    /// if they were.
    fn spending<W>(
        &self,
        tenant: TenantId,
        whose: W,
        allowance: Allowance,
        standing: Standing,
        (counter, row): (Counter, Option<&BudgetRow>),
    ) -> Spending<W> {
        let edited = row.is_some_and(|row| row.tag != row.tag_by(&*self.seals, tenant, &counter));
        let held = self.allotments.left(tenant, counter);
        let left = self.allowance_left(allowance, standing, &history(row), true).into_iter();
        let held_of = |budget: &BudgetLeft| if budget.purpose.is_none() { held } else { 0 };
        Spending::new(whose, edited, left.map(|budget| budget.holding(held_of(&budget))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Purpose, Window};

    fn budget(left: u32, purpose: Option<Purpose>) -> BudgetLeft {
        let (kind, window, limit, whole_at) = (BudgetKind::Information, Window::Hour, 100, Millis(0));
        BudgetLeft { kind, purpose, window, left, limit, more_at: None, whole_at }
    }

    #[test]
    fn of_ten_thousand_the_first_are_kept_and_all_are_counted() {
        let mut spenders = Spenders::none();
        let people: Vec<u32> = (0..10_000).map(|number| number * 7_919 % 10_000).collect();
        for page in people.chunks(PAGE) {
            let spending = |number: &u32| Spending::new(*number, *number == 9_000, vec![budget(number / 100, None)]);
            spenders.take(page.iter().map(spending).collect());
        }
        assert_eq!((spenders.all, spenders.spent, spenders.low, spenders.edited), (10_000, 100, 2_000, 1));
        let first: Vec<u32> = spenders.first.iter().map(|one| one.whose).collect();
        let expected: Vec<u32> = core::iter::once(9_000).chain(0..199).collect();
        assert_eq!(first, expected);
    }

    #[test]
    fn one_limit_that_is_low_or_spent_says_how_all_of_them_stand() {
        let state = |left: &[BudgetLeft]| Spending::new((), false, left.to_vec()).state;
        let payment = Some(Purpose::Payment);
        assert_eq!(state(&[budget(21, None), budget(100, payment)]), SpendingState::Enough);
        assert_eq!(state(&[budget(90, None), budget(20, payment)]), SpendingState::Low);
        assert_eq!(state(&[budget(20, None), budget(0, payment)]), SpendingState::Spent);
        let spending = Spending::new((), true, vec![budget(0, None), budget(100, payment)]);
        assert_eq!((spending.state, spending.left.len()), (SpendingState::Edited, 1));
        assert_eq!((spending.share(), budget(75, None).share()), (1_000_000, 250_000));
        assert_eq!(BudgetLeft { limit: 0, ..budget(0, None) }.share(), 1_000_000);
    }
}
