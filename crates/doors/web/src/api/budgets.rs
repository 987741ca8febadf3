//! `GET /v1/budgets`: limits, and what everybody has spent of them.

use super::log_status::AlarmLine;
use super::me::Budget;
use super::paging::{First, Limit};
use crate::body::ok;
use crate::identify::Signed;
use crate::problem::{Failed, Problem};
use crate::state::Web;
use axum::extract::State;
use axum::response::Response;
use domain::{Allowance, FieldKind, Limits, PerWindow, Purpose, Weights, Window};
use serde::Serialize;
use utoipa::ToSchema;
use vault::{AlarmKind, AllBudgets, Habit, Scope, Spender, Spenders, Spending, SpendingTeam};

#[derive(Serialize, ToSchema)]
pub(crate) struct Budgets {
    /// When it was read: at most five seconds ago.
    #[schema(format = DateTime)]
    at: String,
    /// What acts weigh, in points of information.
    weights: Vec<Weight>,
    /// How many points there may be.
    limits: Vec<Allowed>,
    /// What everybody shares.
    tenant: Spent,
    /// What teams share; the largest share of a limit first.
    teams: TeamsSpent,
    /// What each has of their own; the largest share of a limit first.
    people: PeopleSpent,
    /// How second people answered in the last thirty days, those whose yes is worth least first.
    second_people: Vec<SecondPersonHabit>,
    /// The alarm that a budget says less than the log, while it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    alarm: Option<AlarmLine>,
    /// The entry of this reading.
    receipt: String,
}

/// How somebody has answered as a second person in the last thirty days.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecondPersonHabit {
    person: String,
    name: String,
    #[schema(example = "team_leader")]
    role: &'static str,
    /// How often they were drawn.
    drawn: u32,
    /// How often they said yes.
    agreed: u32,
    /// How often they said no.
    declined: u32,
    /// How often they didn't answer in time; what waits right now is among it.
    silent: u32,
    /// How many seconds an answer took on average; null without any.
    mean_s: Option<u32>,
    /// Nearly always yes, and faster than one can read.
    rubber_stamp: bool,
}

impl SecondPersonHabit {
    fn of(habit: &Habit) -> Self {
        Self {
            person: habit.person.to_string(),
            name: habit.name.clone(),
            role: habit.role.slug(),
            drawn: habit.drawn,
            agreed: habit.agreed,
            declined: habit.declined,
            silent: habit.silent(),
            mean_s: habit.mean_s,
            rubber_stamp: habit.is_rubber_stamp(),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Weight {
    /// The act, as `[budgets.weights]` names it: a kind of field that is shown, a look, a search, an answer.
    #[schema(example = "date_of_birth")]
    pub(crate) act: &'static str,
    pub(crate) points: u32,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Allowed {
    /// Whose.
    #[schema(pattern = "^(person|team|tenant)$", example = "person")]
    pub(crate) whose: &'static str,
    /// For this purpose only; none for whatever.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "payment")]
    pub(crate) purpose: Option<&'static str>,
    /// In any 60 minutes; none where that isn't limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hour: Option<u32>,
    /// In any 24 hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) day: Option<u32>,
    /// In any 30 days.
    #[serde(rename = "30_days", skip_serializing_if = "Option::is_none")]
    pub(crate) month: Option<u32>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Spent {
    /// edited: the database's row isn't what Ringfence wrote; spent: in some window nothing is left; low: four fifths are spent.
    #[schema(pattern = "^(edited|spent|low|enough)$", example = "low")]
    state: &'static str,
    /// In each window, whatever for; and for a purpose where something was spent for it.
    budgets: Vec<Budget>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct TeamsSpent {
    items: Vec<TeamSpent>,
    #[serde(flatten)]
    counted: Counted,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct TeamSpent {
    team: String,
    /// How many in it serve customers.
    members: u64,
    #[serde(flatten)]
    spent: Spent,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PeopleSpent {
    items: Vec<PersonSpent>,
    #[serde(flatten)]
    counted: Counted,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PersonSpent {
    #[schema(pattern = "^per_[0-9a-f]{32}$")]
    person: String,
    name: String,
    #[schema(example = "agent")]
    role: &'static str,
    /// Their team; empty for none.
    team: String,
    /// New here, with a quarter of each allowance.
    probation: bool,
    #[serde(flatten)]
    spent: Spent,
}

/// Of all of them, shown or not.
#[derive(Serialize, ToSchema)]
pub(crate) struct Counted {
    /// How many there are.
    all: u64,
    /// How many have something low, and nothing spent.
    low: u64,
    /// How many have something spent.
    spent: u64,
    /// How many rows were edited.
    edited: u64,
}

impl Counted {
    fn of<W>(spenders: &Spenders<W>) -> Self {
        let [all, low, spent, edited] =
            [spenders.all, spenders.low, spenders.spent, spenders.edited].map(|count| count as u64);
        Self { all, low, spent, edited }
    }
}

impl Spent {
    fn of<W>(spending: &Spending<W>) -> Self {
        Self { state: spending.state.slug(), budgets: spending.left.iter().map(Budget::of).collect() }
    }
}

impl TeamSpent {
    fn of(spending: &Spending<SpendingTeam>) -> Self {
        let SpendingTeam { team, people } = &spending.whose;
        Self { team: team.clone(), members: *people as u64, spent: Spent::of(spending) }
    }
}

impl PersonSpent {
    fn of(spending: &Spending<Spender>) -> Self {
        let whose = &spending.whose;
        Self {
            person: whose.person.to_string(),
            name: whose.name.clone(),
            role: whose.role.slug(),
            team: whose.team.clone(),
            probation: whose.probation,
            spent: Spent::of(spending),
        }
    }
}

/// What each act weighs. A card is never shown, so it weighs nothing.
pub(crate) fn weights(weights: &Weights) -> Vec<Weight> {
    let shown = FieldKind::ALL.into_iter().filter(|kind| *kind != FieldKind::Card);
    let mut all: Vec<_> = shown.map(|kind| Weight { act: kind.slug(), points: weights.reveal(kind) }).collect();
    let others = [
        ("view", weights.view),
        ("search_miss", weights.search_miss),
        ("search_hit", weights.search_hit),
        ("verify_pass", weights.verify_pass),
        ("verify_fail", weights.verify_fail),
    ];
    all.extend(others.map(|(act, points)| Weight { act, points }));
    all
}

/// Every limit that there is.
pub(crate) fn limits(limits: &Limits) -> Vec<Allowed> {
    let subjects = [("person", limits.person), ("team", limits.team), ("tenant", limits.tenant)];
    let of = |(whose, allowance): (&'static str, Allowance)| {
        let purposes = Purpose::ALL.map(|purpose| (Some(purpose.slug()), allowance.purpose(purpose)));
        let limited = |(_, limits): &(Option<&'static str>, PerWindow)| *limits != PerWindow::ANY;
        let all = core::iter::once((None, allowance.all)).chain(purposes.into_iter().filter(limited));
        all.map(move |(purpose, limits)| {
            let [hour, day, month] = Window::ALL.map(|window| Some(limits.of(window)).filter(|most| *most < u32::MAX));
            Allowed { whose, purpose, hour, day, month }
        })
    };
    subjects.into_iter().flat_map(of).collect()
}

/// The alarm that a budget says less than the log, while it stands.
pub(crate) fn alarm(web: &Web, scope: &Scope) -> Option<AlarmLine> {
    let alarms = web.vault.alarms_shown(scope).into_iter().flatten();
    alarms.into_iter().find(|alarm| alarm.kind == AlarmKind::SpendingDisagrees).map(AlarmLine::of)
}

/// What has everybody spent?
///
/// Limits, and how much of them people, teams and the whole centre have spent, never on whom: the largest share first, with how many there are in all and how many of those are low. For security and auditors. Each reading is a log entry.
#[utoipa::path(get, path = "/v1/budgets", tag = "staff", operation_id = "getBudgets",
    params(Limit),
    responses((status = 200, body = Budgets), (status = 400, body = Problem, content_type = "application/problem+json"), (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"), (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"), (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn all(
    State(web): State<Web>,
    Signed(scope): Signed,
    first: Result<First, Failed>,
) -> Result<Response, Failed> {
    let First(most) = first?;
    let AllBudgets { limits: set, overview, second_people, receipt } =
        web.vault.all_budgets(&scope).await.map_err(|error| web.failed(&error))?;
    let (teams, people) = (&overview.teams, &overview.people);
    Ok(ok(&Budgets {
        at: overview.at.to_string(),
        weights: weights(&set.weights),
        limits: limits(&set),
        tenant: Spent::of(&overview.tenant),
        teams: TeamsSpent {
            items: teams.first.iter().take(most).map(TeamSpent::of).collect(),
            counted: Counted::of(teams),
        },
        people: PeopleSpent {
            items: people.first.iter().take(most).map(PersonSpent::of).collect(),
            counted: Counted::of(people),
        },
        second_people: second_people.iter().take(most).map(SecondPersonHabit::of).collect(),
        alarm: alarm(&web, &scope),
        receipt: receipt.to_string(),
    }))
}
