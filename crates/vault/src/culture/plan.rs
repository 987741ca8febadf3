//! Planning a drill: security says which, when and for how many; chance says who, and at which moment.

use super::book::{Book, Drawn, Drill, Event, Opened, TeamTally};
use super::figures::Tally;
use super::{DAY_MS, FEWEST, PER_MONTH, PeopleDrillId, RUNNING};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::{Act, Vault};
use domain::time::fresh;
use domain::{EntryId, Millis, PersonId, Refusal, Ruse};
use keys::power::{plain, spelled};
use std::collections::{BTreeMap, BTreeSet};

const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;
/// How many people one drill tries, at most.
const MOST: usize = 2_000;
const PLAN: policy::Act = policy::Act::PlanPeopleDrill;

/// From when until when a drill comes to desks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrillWindow {
    from: Millis,
    until: Millis,
}

impl DrillWindow {
    /// The window, if it ends later than now, is an hour to 31 days long and begins within 60 days.
    #[must_use]
    pub fn new(now: Millis, from: Millis, until: Millis) -> Option<Self> {
        let long = (HOUR_MS..=31 * DAY_MS).contains(&until.since(from));
        (long && until > now && from.since(now) <= 60 * DAY_MS).then_some(Self { from, until })
    }
}

/// What is planned.
pub struct NewPeopleDrill {
    /// With what people are tried.
    pub ruse: Ruse,
    /// Of which teams; of all where none is named.
    pub teams: Vec<String>,
    /// How many of these are drawn, in percent, 1 to 100.
    pub share: u8,
    /// When.
    pub window: DrillWindow,
}

/// A drill that is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedDrill {
    /// Its name.
    pub id: PeopleDrillId,
    /// How many were drawn; nobody is told who.
    pub drawn: u32,
    /// The entry.
    pub receipt: EntryId,
}

/// From when on a drill that is planned now may come to a desk.
fn begins(new: &NewPeopleDrill, now: Millis) -> Millis {
    Millis(new.window.from.0.max(now.0))
}

/// Somebody who is drawn.
struct Chosen {
    person: PersonId,
    team: String,
    /// Every account of their name.
    accounts: Vec<PersonId>,
}

impl Vault {
    /// May this person plan drills for people? Asked before what they wrote is read.
    ///
    /// # Errors
    /// The refusal with its entry.
    pub async fn plans_people_drills(&self, scope: &Scope) -> Result<(), VaultError> {
        self.permitted(scope, PLAN, Kind::PeopleDrillPlanned).await.map(drop)
    }

    /// Does this person see what is planned? What the rules say now.
    #[must_use]
    pub fn sees_people_drills(&self, scope: &Scope) -> bool {
        self.may(scope, PLAN).is_ok()
    }

    /// Plans a drill. Who was drawn for two that begin within thirty days of it isn't drawn, and of two accounts of one name only one.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `TooFewPeople` if it would try fewer than eight; `DrillsExhausted` while six run;
    /// `Tampered` if the book of drills was edited; `PowerChanged` if somebody else planned one in this moment.
    pub async fn plan_people_drill(&self, scope: &Scope, new: &NewPeopleDrill) -> Result<PlannedDrill, VaultError> {
        let act = self.permitted(scope, PLAN, Kind::PeopleDrillPlanned).await?.detail(new.ruse as u64);
        let (act, mut opened) = self.opened(act).await?;
        if opened.book.drills.iter().filter(|drill| drill.closed.is_none()).count() >= RUNNING {
            return Err(self.logged(act, Refusal::DrillsExhausted).await);
        }
        let drawn = self.drawn(scope, &opened.book, new).await?;
        let Some(count) = u32::try_from(drawn.len()).ok().filter(|count| *count >= FEWEST) else {
            return Err(self.logged(act, Refusal::TooFewPeople).await);
        };
        let id = PeopleDrillId(fresh(&*self.entropy));
        let drill = self.drill((scope.person(), act.draft.id), id, new, &drawn, &opened.book);
        let at = begins(new, self.clock.now());
        opened.book.drawn.extend(drawn.iter().map(|one| Drawn { person: one.person, ruse: new.ruse, at }));
        opened.book.drills.push(drill);
        let known = opened.book.clone();
        let receipt = self.commit_plain(opened.turned(self, act)?).await?;
        self.drills.know(scope.tenant, known);
        Ok(PlannedDrill { id, drawn: count, receipt })
    }

    /// Ends a drill that runs: nothing of it comes to any desk any more, and nothing of it is counted.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound` for none that runs; `Tampered`, `PowerChanged` as above.
    pub async fn call_off_people_drill(&self, scope: &Scope, id: PeopleDrillId) -> Result<EntryId, VaultError> {
        let act = self.permitted(scope, PLAN, Kind::PeopleDrillEnded).await?;
        let (act, mut opened) = self.opened(act).await?;
        let runs = |drill: &Drill| drill.id == id && drill.closed.is_none();
        let Some(at) = opened.book.drills.iter().position(runs) else {
            return Err(self.logged(act, Refusal::NotFound).await);
        };
        let ended = opened.book.drills.remove(at);
        let known = opened.book.clone();
        let receipt = self.commit_plain(opened.turned(self, act.detail(ended.ruse as u64))?).await?;
        self.drills.know(scope.tenant, known);
        Ok(receipt)
    }

    /// The book, for an act that is refused without it.
    async fn opened(&self, act: Act) -> Result<(Act, Opened), VaultError> {
        match self.book(act.tenant).await {
            Ok(opened) => Ok((act, opened)),
            Err(VaultError::Refused { refusal, .. }) => Err(self.logged(act, refusal).await),
            Err(error) => Err(error),
        }
    }

    /// Who meets it, and of which team, in the order of the draw.
    async fn drawn(&self, scope: &Scope, book: &Book, new: &NewPeopleDrill) -> Result<Vec<Chosen>, VaultError> {
        let begins = begins(new, self.clock.now());
        let teams: BTreeSet<String> = new.teams.iter().map(|team| spelled(team)).collect();
        let power = self.power(scope.tenant).await?;
        // Two accounts of one name are one human, who would be counted twice, and tried twice as often.
        let mut humans: BTreeMap<String, Vec<PersonId>> = BTreeMap::new();
        for person in power.everybody() {
            humans.entry(plain(&person.name)).or_default().push(person.id);
        }
        let mut there: Vec<Chosen> = Vec::new();
        for person in power.everybody() {
            let wanted = teams.is_empty() || teams.contains(&spelled(&person.team));
            if !person.role.serves() || !wanted || power.has_left(person.id) {
                continue;
            }
            if let Some(accounts) = humans.remove(&plain(&person.name))
                && book.around(&accounts, begins) < PER_MONTH
            {
                there.push(Chosen { person: person.id, team: person.team.clone(), accounts });
            }
        }
        for last in (1..there.len()).rev() {
            there.swap(last, self.below(last + 1));
        }
        let share = usize::from(new.share.clamp(1, 100));
        there.truncate((there.len() * share).div_ceil(100).min(MOST));
        Ok(there)
    }

    /// A number below this one. Of 63 random bits modulo so few, none is likelier by more than one in 2^40.
    fn below(&self, limit: usize) -> usize {
        let chance = usize::try_from(u64::from_be_bytes(fresh(&*self.entropy)) >> 1).unwrap_or(0);
        chance.checked_rem(limit).unwrap_or(0)
    }

    fn drill(
        &self,
        (planner, planned): (PersonId, EntryId),
        id: PeopleDrillId,
        new: &NewPeopleDrill,
        drawn: &[Chosen],
        book: &Book,
    ) -> Drill {
        let DrillWindow { from, until } = new.window;
        let begins = begins(new, self.clock.now());
        // A minute before the end, so that whoever is at their desk meets it in time.
        let length = usize::try_from(until.since(begins) - MINUTE_MS).unwrap_or(0).max(1);
        let mut places: BTreeMap<String, u32> = BTreeMap::new();
        let mut teams: Vec<TeamTally> = Vec::new();
        let mut events = Vec::with_capacity(drawn.len());
        for Chosen { person, team, accounts } in drawn {
            let place = *places.entry(spelled(team)).or_insert_with(|| {
                teams.push(TeamTally { team: team.clone(), first: Tally::default(), again: Tally::default() });
                u32::try_from(teams.len() - 1).unwrap_or(u32::MAX)
            });
            let due = begins.plus(i64::try_from(self.below(length)).unwrap_or(0));
            let again = book.knows(accounts, new.ruse);
            events.push(Event { person: *person, due, team: place, again, shown: None });
        }
        let drawn = u32::try_from(drawn.len()).unwrap_or(u32::MAX);
        Drill { id, ruse: new.ruse, from, until, planner, planned, drawn, events, teams, closed: None }
    }
}
