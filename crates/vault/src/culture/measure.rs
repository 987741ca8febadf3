//! The meter: what groups of eight or more made of closed drills, and how many lessons they were shown.

use super::PeopleDrillId;
use super::book::Drill;
use super::figures::{Figures, Group, Parts};
use super::lessons::Shown;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{EntryId, Millis, Role, Ruse, TenantId};
use keys::power::spelled;

/// Figures by groups of teams.
pub type Groups = Vec<Group<Figures>>;

/// A drill that runs, as who plans drills sees it. Who was drawn is told to nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunningDrill {
    /// Its name.
    pub id: PeopleDrillId,
    /// With what people are tried.
    pub ruse: Ruse,
    /// From when.
    pub from: Millis,
    /// Until when.
    pub until: Millis,
    /// How many were drawn.
    pub drawn: u32,
    /// The entry of its planning.
    pub receipt: EntryId,
}

/// A drill that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedDrill {
    /// Its name.
    pub id: PeopleDrillId,
    /// With what people were tried.
    pub ruse: Ruse,
    /// From when.
    pub from: Millis,
    /// Until when.
    pub until: Millis,
    /// What everybody made of it; none where fewer than eight met it.
    pub all: Option<Figures>,
    /// The same by teams.
    pub groups: Groups,
}

/// How people here report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Culture {
    /// What runs, for who plans drills; none for others.
    pub running: Option<Vec<RunningDrill>>,
    /// What is over, newest first; a team leader sees their own group only.
    pub closed: Vec<ClosedDrill>,
    /// How many lessons were shown in the last thirty days.
    pub lessons: Vec<Group<Shown>>,
    /// Was the book of drills edited in the database? Then it counts for nothing.
    pub edited: bool,
}

/// How people reported in some time: of groups of eight or more, and of drills that were closed in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CultureMeasured {
    /// How many drills were closed.
    pub drills: usize,
    /// What came of them; none where no eight people met one.
    pub figures: Option<Figures>,
    /// Was the book of drills edited in the database? Then nothing is known.
    pub edited: bool,
}

impl Parts {
    /// With what isn't shown of its parts counted to the whole only, so that no sum tells it.
    fn as_shown(self) -> Self {
        let parted = self.figures().is_some_and(|figures| figures.fell_again.is_some());
        if parted { self } else { self.joined() }
    }
}

impl Vault {
    /// Does this person see how groups report? What the rules say now.
    #[must_use]
    pub fn reads_culture(&self, scope: &Scope) -> bool {
        self.may(scope, policy::Act::ReadCulture).is_ok()
    }

    /// How people here report, in groups of eight or more. No entry: it says nothing of anybody.
    ///
    /// # Errors
    /// The refusal with its entry for others; if the store fails.
    pub async fn culture(&self, scope: &Scope) -> Result<Culture, VaultError> {
        drop(self.permitted(scope, policy::Act::ReadCulture, Kind::CultureRead).await?);
        let Some(drills) = self.drills_of(scope.tenant).await? else {
            return Ok(Culture { edited: true, ..Culture::default() });
        };
        let ours = (scope.role() == Role::TeamLeader).then(|| spelled(scope.team()));
        let sees = |teams: &[String]| ours.as_ref().is_none_or(|ours| teams.iter().any(|team| spelled(team) == *ours));
        let running = || drills.iter().filter(|drill| drill.closed.is_none()).map(running).collect();
        let mut over: Vec<&Drill> = drills.iter().filter(|drill| drill.closed.is_some()).collect();
        over.sort_by_key(|drill| core::cmp::Reverse((drill.closed, drill.id)));
        let closed = |drill: &&Drill| {
            let mut closed = closed(drill);
            closed.groups.retain(|group| sees(&group.teams));
            closed
        };
        let mut lessons = self.lessons_shown(scope.tenant).await?;
        lessons.retain(|group| sees(&group.teams));
        Ok(Culture {
            running: self.sees_people_drills(scope).then(running),
            closed: over.iter().map(closed).collect(),
            lessons,
            edited: false,
        })
    }

    /// The same as one line, for a report: of drills that were closed from `since` and before `until`.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn culture_measured(
        &self,
        tenant: TenantId,
        since: Millis,
        until: Millis,
    ) -> Result<CultureMeasured, VaultError> {
        let Some(drills) = self.drills_of(tenant).await? else {
            return Ok(CultureMeasured { edited: true, ..CultureMeasured::default() });
        };
        let within = |drill: &&Drill| drill.closed.is_some_and(|at| (since..until).contains(&at));
        let drills: Vec<&Drill> = drills.iter().filter(within).collect();
        let groups = drills.iter().flat_map(|drill| drill.groups());
        // Only what was shown of each is added up, so that two reports don't differ by fewer than eight people.
        let sum = groups.fold(Parts::default(), |sum, group| sum.and(&group.shown.as_shown()));
        Ok(CultureMeasured { drills: drills.len(), figures: sum.figures(), edited: false })
    }

    /// All drills; none if the book was edited.
    async fn drills_of(&self, tenant: TenantId) -> Result<Option<Vec<Drill>>, VaultError> {
        match self.book(tenant).await {
            Ok(opened) => Ok(Some(opened.book.drills)),
            Err(VaultError::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn running(drill: &Drill) -> RunningDrill {
    let Drill { id, ruse, from, until, drawn, planned, .. } = *drill;
    RunningDrill { id, ruse, from, until, drawn, receipt: planned }
}

fn closed(drill: &Drill) -> ClosedDrill {
    let groups = drill.groups();
    let all = groups.iter().fold(Parts::default(), |sum, group| sum.and(&group.shown.as_shown()));
    let shown = |group: &Group<Parts>| {
        group.shown.figures().map(|figures| Group { teams: group.teams.clone(), shown: figures })
    };
    let groups = groups.iter().filter_map(shown).collect();
    ClosedDrill { id: drill.id, ruse: drill.ruse, from: drill.from, until: drill.until, all: all.figures(), groups }
}
