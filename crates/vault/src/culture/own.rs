//! What comes to somebody's own desk, and what they make of it. Nobody else is told: the entries name no person, and don't say which
//! of the three it was.

use super::STAYS_MS;
use super::book::Opened;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::{Act, Vault};
use domain::{InteractionId, Reaction, Refusal, Ruse};

/// How often it is tried again if the book changed in that moment.
const TRIES: u8 = 4;

/// What lies on somebody's desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnDrill {
    /// Something to react to.
    Lies(Ruse),
    /// They left it lying; now they learn what it was.
    Over(Debrief),
}

/// What they learn once they have reacted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Debrief {
    /// What it was.
    pub ruse: Ruse,
    /// What they did.
    pub reaction: Reaction,
}

impl Vault {
    /// What comes to this person's desk; nothing, nearly always, which costs one look into memory. `there` says that somebody
    /// is at the desk: nothing comes to an empty chair.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn own_drill(&self, scope: &Scope, there: bool) -> Result<Option<OwnDrill>, VaultError> {
        if !self.drills.may_be_due(scope.tenant, scope.person(), self.clock.now()) {
            return Ok(None);
        }
        for _ in 0..TRIES {
            let Some(mut opened) = self.readable(scope).await? else { return Ok(None) };
            let now = self.clock.now();
            let Some((drill, event)) = opened.book.due(scope.person(), now) else { return Ok(None) };
            let ruse = opened.book.drills[drill].ruse;
            let shown = opened.book.drills[drill].events[event].shown;
            match shown {
                Some(shown) if now.since(shown) < STAYS_MS => return Ok(Some(OwnDrill::Lies(ruse))),
                None if !there => return Ok(None),
                None => opened.book.drills[drill].events[event].shown = Some(now),
                Some(_) => opened.book.drills[drill].count(event, Reaction::Ignored, now),
            }
            let kind = if shown.is_none() { Kind::PeopleDrillMet } else { Kind::PeopleDrillAnswered };
            if self.turn(scope, opened, self.nobodys(scope, kind)?.detail(ruse as u64)).await? {
                let over = Debrief { ruse, reaction: Reaction::Ignored };
                return Ok(Some(if shown.is_none() { OwnDrill::Lies(ruse) } else { OwnDrill::Over(over) }));
            }
        }
        Ok(None)
    }

    /// What this person does with what lies on their desk. It becomes one more of their team's, and they are forgotten.
    ///
    /// # Errors
    /// `Refused` as `NotFound`, without an entry, if nothing lies there: nobody fills the log with entries that name nobody; if the
    /// store fails.
    pub async fn answer_drill(&self, scope: &Scope, reaction: Reaction) -> Result<Debrief, VaultError> {
        self.reacted(scope, reaction).await?.ok_or(VaultError::refused(Refusal::NotFound))
    }

    /// Somebody reports something: if a drill lies on their desk, that is what they mean, and they learn so at once. A report of an
    /// interaction never is: a drill belongs to none, so that no real caller is taken for one.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn drill_reported(
        &self,
        scope: &Scope,
        interaction: Option<InteractionId>,
    ) -> Result<Option<Debrief>, VaultError> {
        let may = interaction.is_none() && self.drills.may_be_due(scope.tenant, scope.person(), self.clock.now());
        if may { self.reacted(scope, Reaction::Reported).await } else { Ok(None) }
    }

    async fn reacted(&self, scope: &Scope, reaction: Reaction) -> Result<Option<Debrief>, VaultError> {
        for _ in 0..TRIES {
            let Some(mut opened) = self.readable(scope).await? else { return Ok(None) };
            let now = self.clock.now();
            let Some((drill, event)) = opened.book.due(scope.person(), now) else { return Ok(None) };
            if opened.book.drills[drill].events[event].shown.is_none() {
                return Ok(None);
            }
            let ruse = opened.book.drills[drill].ruse;
            opened.book.drills[drill].count(event, reaction, now);
            let act = self.nobodys(scope, Kind::PeopleDrillAnswered)?.detail(ruse as u64);
            if self.turn(scope, opened, act).await? {
                return Ok(Some(Debrief { ruse, reaction }));
            }
        }
        Err(VaultError::Busy)
    }

    /// The book; nothing comes to any desk from one that was edited.
    async fn readable(&self, scope: &Scope) -> Result<Option<Opened>, VaultError> {
        match self.book(scope.tenant).await {
            Ok(opened) => Ok(Some(opened)),
            Err(VaultError::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// An act of somebody's whose entry doesn't name them.
    pub(super) fn nobodys(&self, scope: &Scope, kind: Kind) -> Result<Act, VaultError> {
        let mut act = self.act(scope, kind)?;
        act.draft.person = None;
        Ok(act)
    }

    /// Did it become this? Not if the book changed in this moment.
    async fn turn(&self, scope: &Scope, opened: Opened, act: Act) -> Result<bool, VaultError> {
        let known = opened.book.clone();
        match self.commit_plain(opened.turned(self, act)?).await {
            Ok(_) => {
                self.drills.know(scope.tenant, known);
                Ok(true)
            }
            Err(VaultError::Refused { refusal: Refusal::PowerChanged, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}
