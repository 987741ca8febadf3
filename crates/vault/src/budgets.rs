//! What acts cost in points of information, of which limits, and what is left of them. Limits are read here and nowhere
//! else.

use crate::allotments::Share;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::reveal::hashed;
use crate::wiring::{Act, Vault};
use domain::budget::STEP_MS;
use domain::history::step_of;
use domain::{
    Allowance, BudgetKind, Counter, History, Limits, Millis, PerWindow, Purpose, Refusal, Room, Standing, TenantId,
    Weights, Window,
};
use std::sync::Arc;
use store::{BudgetRow, PersonRow, Spend, Turn};

/// What is left of an allowance in one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetLeft {
    /// Of what.
    pub kind: BudgetKind,
    /// For this purpose only; `None` for whatever.
    pub purpose: Option<Purpose>,
    /// In which window.
    pub window: Window,
    /// How much.
    pub left: u32,
    /// Of how much.
    pub limit: u32,
    /// When more of it is free, if nothing more is spent; `None` where all of it is.
    pub more_at: Option<Millis>,
    /// When all of it is free, if nothing more is spent: now, where it is.
    pub whole_at: Millis,
}

impl BudgetLeft {
    /// Is four fifths of it spent?
    #[must_use]
    pub fn is_low(&self) -> bool {
        u64::from(self.left) * 5 <= u64::from(self.limit)
    }

    /// How much of it is spent, in millionths. Of nothing, all is.
    #[must_use]
    pub fn share(&self) -> u64 {
        let (spent, limit) = (u64::from(self.limit.saturating_sub(self.left)), u64::from(self.limit));
        (spent * 1_000_000).checked_div(limit).unwrap_or(1_000_000)
    }

    /// The same with so much more left of it, of what a node still holds.
    pub(crate) fn holding(self, held: u32) -> Self {
        Self { left: self.left.saturating_add(held).min(self.limit), ..self }
    }
}

/// Whose shared allowance it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedBy {
    /// The person's team.
    Team,
    /// Everybody of the tenant.
    Tenant,
}

impl SharedBy {
    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Team => "team",
            Self::Tenant => "tenant",
        }
    }
}

/// What is left of a shared allowance: how much this node can still give out or ask for. Parts that other nodes hold
/// aren't in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedLeft {
    /// Whose.
    pub by: SharedBy,
    /// How much.
    pub left: BudgetLeft,
}

/// Why an allowance wasn't enough, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// Of which window.
    pub window: Window,
    /// Is it the limit for the act's purpose?
    pub purpose: bool,
    /// When there is enough for this act, if nothing more is spent; `None` if there never is.
    pub free_at: Option<Millis>,
}

/// What a team's own allowance is counted in.
pub(crate) fn team_counter(team: &str) -> Counter {
    Counter::team(hashed(&[b"team", team.as_bytes()]))
}

/// The history that a row says; what can't be read counts nothing here, and stops whoever would spend on it.
pub(crate) fn history(row: Option<&BudgetRow>) -> History {
    row.and_then(|row| History::decode(&row.history)).unwrap_or_default()
}

/// What is left in each window that has a limit.
fn left_of(
    history: &History,
    now: Millis,
    kind: BudgetKind,
    purpose: Option<Purpose>,
    limits: PerWindow,
) -> impl Iterator<Item = BudgetLeft> {
    let limited = Window::ALL.into_iter().filter(move |window| limits.of(*window) < u32::MAX);
    limited.map(move |window| BudgetLeft {
        kind,
        purpose,
        window,
        left: limits.of(window).saturating_sub(history.used(now, window, purpose)),
        limit: limits.of(window),
        more_at: history.next_free(now, window, purpose),
        whole_at: history.whole_at(now, window, purpose).unwrap_or(now),
    })
}

impl Vault {
    /// A tenant's limits.
    pub(crate) fn limits(&self, tenant: TenantId) -> Arc<Limits> {
        Arc::clone(&self.governance(tenant).limits)
    }

    /// What a tenant's acts weigh.
    pub(crate) fn weights(&self, tenant: TenantId) -> Weights {
        self.limits(tenant).weights
    }

    pub(crate) fn standing(&self, scope: &Scope) -> Standing {
        self.standing_of(&scope.person)
    }

    /// The act costs so much information, of the person's own allowance and of those shared with others.
    pub(crate) fn informing(&self, act: Act, scope: &Scope, purpose: Option<Purpose>, cost: u32) -> Act {
        if cost == 0 {
            return act;
        }
        let own = self.own(&act, scope, purpose, Turn::Spend(cost));
        act.spend(own).draw(self.shares(&scope.person, purpose, cost))
    }

    /// A movement of the person's own allowance.
    pub(crate) fn own(&self, act: &Act, scope: &Scope, purpose: Option<Purpose>, turn: Turn) -> Spend {
        Spend {
            counter: Counter::person(BudgetKind::Information, scope.person.id),
            purpose,
            turn,
            at: act.draft.id.minted(),
            room: self.limits(scope.tenant).person.room(purpose, self.standing(scope)),
            otherwise: Refusal::BudgetExhausted,
        }
    }

    /// An attempt: one of so many in any sixty minutes.
    pub(crate) fn attempt(act: &Act, counter: Counter, limit: u32, otherwise: Refusal) -> Spend {
        let (turn, room) = (Turn::Spend(1), Room::hourly(limit));
        Spend { counter, purpose: None, turn, at: act.draft.id.minted(), room, otherwise }
    }

    /// What an act of this person's takes from the allowances that they share with others. Who is in no team shares
    /// the tenant's only.
    pub(crate) fn shares(&self, person: &PersonRow, purpose: Option<Purpose>, cost: u32) -> Vec<Share> {
        let share = |(by, counter, allowance): (SharedBy, Counter, Allowance)| Share {
            counter,
            purpose,
            cost,
            room: allowance.room(purpose, Standing::Regular),
            otherwise: match by {
                SharedBy::Team => Refusal::TeamExhausted,
                SharedBy::Tenant => Refusal::TenantExhausted,
            },
        };
        self.shared(person).map(share).collect()
    }

    fn shared(&self, person: &PersonRow) -> impl Iterator<Item = (SharedBy, Counter, Allowance)> {
        let Limits { team, tenant, .. } = *self.limits(person.tenant);
        let own = (!person.team.is_empty()).then(|| (SharedBy::Team, team_counter(&person.team), team));
        own.into_iter().chain([(SharedBy::Tenant, Counter::tenant(), tenant)])
    }

    /// A person's own allowances: of information, for whatever and for single purposes, and of codes.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn budgets(&self, scope: &Scope) -> Result<Vec<BudgetLeft>, VaultError> {
        let now = self.clock.now();
        let row = |kind| self.store.budget(scope.tenant, Counter::person(kind, scope.person.id));
        let own = history(row(BudgetKind::Information).await?.as_ref());
        let mut all = self.information_left(scope.tenant, self.standing(scope), &own, true);
        let codes = self.standing(scope).limit(self.limits(scope.tenant).code_per_hour);
        let sent = history(row(BudgetKind::Code).await?.as_ref());
        all.extend(left_of(&sent, now, BudgetKind::Code, None, PerWindow::hourly(codes)));
        Ok(all)
    }

    /// What a history leaves of the information that somebody of this standing may have.
    pub(crate) fn information_left(
        &self,
        tenant: TenantId,
        standing: Standing,
        history: &History,
        purposes: bool,
    ) -> Vec<BudgetLeft> {
        self.allowance_left(self.limits(tenant).person, standing, history, purposes)
    }

    /// What a history leaves of an allowance of information, whatever for and for single purposes.
    pub(crate) fn allowance_left(
        &self,
        allowance: Allowance,
        standing: Standing,
        history: &History,
        purposes: bool,
    ) -> Vec<BudgetLeft> {
        let now = self.clock.now();
        let of = core::iter::once(None).chain(Purpose::ALL.into_iter().filter(|_| purposes).map(Some));
        let left = of.flat_map(|purpose| {
            let Room { all, purpose: own } = allowance.room(purpose, standing);
            left_of(history, now, BudgetKind::Information, purpose, if purpose.is_some() { own } else { all })
        });
        left.collect()
    }

    /// What is left of the allowances that a person shares with others.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn shared_budgets(&self, scope: &Scope) -> Result<Vec<SharedLeft>, VaultError> {
        let now = self.clock.now();
        let mut out = Vec::new();
        for (by, counter, allowance) in self.shared(&scope.person) {
            let history = history(self.store.budget(scope.tenant, counter).await?.as_ref());
            let held = self.allotments.left(scope.tenant, counter);
            let left = left_of(&history, now, BudgetKind::Information, None, allowance.all);
            out.extend(left.map(|budget| SharedLeft { by, left: budget.holding(held) }));
        }
        Ok(out)
    }

    /// What a person is told of their own spent allowance beside the refusal; nothing of a shared one, but until when
    /// nodes don't ask again.
    pub(crate) async fn spent(&self, tenant: TenantId, refusal: Refusal, own: Option<&Spend>) -> Option<Spent> {
        use Refusal::{AttemptsExhausted, BudgetExhausted, DayExhausted, MonthExhausted, PurposeExhausted};
        let now = self.clock.now();
        match refusal {
            Refusal::TeamExhausted | Refusal::TenantExhausted | AttemptsExhausted | Refusal::ApprovalsExhausted => {
                let free_at = Some(step_of(now).plus(STEP_MS));
                Some(Spent { window: Window::Hour, purpose: false, free_at })
            }
            BudgetExhausted | DayExhausted | MonthExhausted | PurposeExhausted => {
                let Spend { counter, purpose, turn, room, .. } = own?;
                let Turn::Spend(cost) = turn else { return None };
                // If the store fails now, the refusal stands all the same.
                let row = self.store.budget(tenant, *counter).await.ok()?;
                let history = history(row.as_ref());
                let (_, shortage) = history.left(now, *purpose, room);
                let free_at = history.free_at(now, *purpose, room, *cost);
                Some(Spent { window: shortage.window, purpose: shortage.purpose, free_at })
            }
            _ => None,
        }
    }
}
