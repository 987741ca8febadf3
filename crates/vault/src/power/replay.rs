//! What isn't in force, tried on the last thirty days of the log. Reading the log is an entry, as always.
//!
//! The log is read a chunk at a time, oldest first, and opened beside what is being served while the next chunk is fetched; what
//! is kept of it are counts, what each person spent and a few examples. So memory doesn't grow with the log.

use super::Snapshot;
use super::governance::{Governance, chosen};
use super::governing::Governing;
use super::trial::{Found, Plans, Then, Trial};
use super::wish::PowerWish;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::limits_form::Budgets;
use crate::planned::{Planned, or_shipped};
use crate::private::entry::{AuditBody, Kind, open_audit};
use crate::settings_form::Settings;
use crate::wiring::Vault;
use domain::{EntryId, Millis, Refusal, TenantId};
use keys::Key32;
use std::sync::Arc;
use store::EntryRow;

/// How far back.
const BACK_MS: i64 = 30 * 24 * 3_600_000;
/// Entries fetched at a time.
const CHUNK: u64 = 4_000;

/// A trial on its way.
pub struct Replay {
    vault: Arc<Vault>,
    scope: Scope,
    trial: Trial,
    audit: Key32,
    /// The next place to be read, and the one behind the last.
    next: u64,
    end: u64,
    first: u64,
    fetched: Vec<EntryRow>,
    receipt: EntryId,
}

impl Replay {
    /// The trial's own entry.
    #[must_use]
    pub fn receipt(&self) -> EntryId {
        self.receipt
    }

    /// How many entries there are to be read.
    #[must_use]
    pub fn of(&self) -> u64 {
        self.end - self.first
    }

    /// The kinds of entries that are tried; of no other is anything found.
    #[must_use]
    pub fn tried(&self) -> &'static [Kind] {
        self.trial.tried()
    }

    /// What was found so far.
    #[must_use]
    pub fn found(&self) -> &Found {
        &self.trial.found
    }

    /// Goes on by one chunk. Says whether there is more.
    ///
    /// # Errors
    /// `Refused(PowerChanged)` once people or rules have changed, or if the store fails: then nothing was found.
    pub async fn step(mut self) -> Result<(Self, bool), VaultError> {
        if !self.vault.still_holds(&self.scope).await {
            return Err(VaultError::refused(Refusal::PowerChanged));
        }
        let rows = core::mem::take(&mut self.fetched);
        let (audit, mut trial) = (self.audit.clone(), self.trial);
        let opened = tokio::task::spawn_blocking(move || {
            judge(&mut trial, &audit, &rows);
            trial
        });
        let until = self.end.min(self.next.saturating_add(CHUNK));
        if until > self.next {
            let limit = u32::try_from(until - self.next).unwrap_or(u32::MAX);
            self.fetched = self.vault.store.entries(self.scope.tenant, Some(until), limit).await?;
        }
        self.next = until;
        self.trial = opened.await.map_err(|_| VaultError::Stopping)?;
        let more = !self.fetched.is_empty();
        Ok((self, more))
    }
}

/// Looks at a chunk, of which the newest come first.
fn judge(trial: &mut Trial, audit: &Key32, rows: &[EntryRow]) {
    for (id, body) in rows.iter().rev().map(|row| opened(audit, row)) {
        trial.see(id, body.as_ref());
    }
}

fn opened(audit: &Key32, row: &EntryRow) -> (EntryId, Option<AuditBody>) {
    (row.id, open_audit(audit, row.id, &row.leaf, &row.audit))
}

impl Vault {
    /// Begins to try rules, limits, another role or a data plan, of a draft that came back or of a proposal, on the last thirty days. One entry, durable
    /// before any is opened.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules, for who may not both read the log and change power; `ChangeGone` for no draft or
    /// proposal that stands and can be tried ([`PowerDraft::untried`](crate::PowerDraft::untried)); `RulesUnfit` for what can't be read any more.
    pub async fn replay(
        self: &Arc<Self>,
        scope: Scope,
        id: [u8; 16],
        draft: Option<&[u8]>,
    ) -> Result<Replay, VaultError> {
        let act = self.permitted(&scope, policy::Act::ChangePower, Kind::LogReplayed).await?;
        if let Err(denial) = self.may(&scope, policy::Act::ReadLog) {
            return Err(self.logged_denial(act, &denial).await);
        }
        let (wish, snapshot) = (self.wished(&scope, id, draft).await?, self.power_now(scope.tenant).await?);
        let Some(wish) = wish.filter(|wish| wish.untried(&snapshot.governance).is_none()) else {
            return Err(self.logged(act, Refusal::ChangeGone).await);
        };
        let Some(then) = outcome(&snapshot.governance, wish, self.clock.now()) else {
            return Err(self.logged(act, Refusal::RulesUnfit).await);
        };
        let from = self.clock.now().plus(-BACK_MS);
        let end = self
            .store
            .entries(scope.tenant, None, 1)
            .await?
            .first()
            .and_then(|row| row.index)
            .map_or(0, |last| last + 1);
        let first = self.first_place_since(scope.tenant, from, end).await?;
        let receipt = self.commit_plain(act.detail(end - first)).await?;
        let now = Arc::clone(&snapshot.governance.rules);
        let trial = Trial::new(now, then, people(&snapshot), snapshot.governance.settings.probation_days);
        let audit = self.keys(scope.tenant)?.audit.clone();
        let vault = Arc::clone(self);
        Ok(Replay { vault, scope, trial, audit, next: first, end, first, fetched: Vec::new(), receipt })
    }

    /// The first place of an entry from this moment on; `end` where there is none.
    pub(crate) async fn first_place_since(&self, tenant: TenantId, from: Millis, end: u64) -> Result<u64, VaultError> {
        let (mut low, mut high) = (0, end);
        while low < high {
            let middle = low + (high - low) / 2;
            let row = self.store.entries(tenant, Some(middle + 1), 1).await?.pop();
            if row.is_some_and(|row| row.id.minted() < from) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }
}

/// How it would be; none of what can't be read.
fn outcome(governance: &Governance, wish: PowerWish, at: Millis) -> Option<Then> {
    let same = Then::rules(Arc::clone(&governance.rules));
    Some(match wish {
        PowerWish::Governing(Governing::Rules { files }) => Then::rules(Arc::new(chosen(&files).ok()?)),
        PowerWish::Governing(Governing::Limits { toml }) => same.limits(Budgets::read(&toml).ok()?),
        PowerWish::Governing(Governing::Plan { toml }) => {
            let then = Planned::read(or_shipped(&toml)).ok()?;
            same.plans(Plans { now: Arc::clone(&governance.planned), then, at })
        }
        // The other settings decide over what no entry says; see `untried`.
        PowerWish::Governing(Governing::Settings { toml }) => {
            same.limits(*governance.limits).probation(Settings::read(&toml).ok()?.probation_days)
        }
        PowerWish::SetRole { person, role, team } => same.moved(person, Some((role, team))),
        PowerWish::Left { person } => same.moved(person, None),
        _ => return None,
    })
}

fn people(snapshot: &Snapshot) -> std::collections::HashMap<domain::PersonId, (domain::Role, String)> {
    snapshot.everybody().into_iter().map(|row| (row.id, (row.role, row.team.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::private::entry::Draft;
    use domain::{FieldKind, Limits, PersonId, Purpose, Role};
    use policy::Rules;
    use std::collections::HashMap;
    use store::{Numbers, Scribe};
    use testkit::{FixedClock, Seeded};

    /// Ten million entries are to take a minute at most; of reading them, which goes on beside, this says nothing.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "it measures")]
    fn ten_million_entries_are_opened_and_judged_within_a_minute() {
        const ENTRIES: usize = 40_000;
        let (clock, entropy, audit) = (FixedClock::at(Millis(1_767_225_600_000)), Seeded::new(8), Key32::new([5; 32]));
        let people: Vec<PersonId> = (0..50).map(|n| PersonId([n; 16])).collect();
        let entry = |n: usize| {
            clock.advance(60);
            let mut draft = Draft::new(Kind::Reveal, &clock, &entropy, &audit);
            (draft.person, draft.purpose) = (Some(people[n % 50]), Some(Purpose::Delivery));
            draft.field = Some(FieldKind::Name.code());
            let (decision, versions, spent) = (Ok(()), Vec::new(), Vec::new());
            let inscribed = draft.inscribe(&Numbers {
                decision,
                n: None,
                versions,
                spent,
                allotted: None,
                casework: None,
                previous: None,
            });
            let (id, leaf) = (draft.id, inscribed.leaf);
            EntryRow { id, leaf, audit: inscribed.audit, customer: Vec::new(), index: Some(n as u64) }
        };
        let mut rows: Vec<EntryRow> = (0..ENTRIES).map(entry).collect();
        rows.reverse();
        let rules = Arc::new(Rules::built_in().unwrap());
        let roles: HashMap<_, _> = people.iter().map(|one| (*one, (Role::Agent, "north".to_owned()))).collect();
        let long = std::env::var_os("RINGFENCE_LONG").is_some();
        let turns = if long { 10_000_000 / ENTRIES } else { 5 };
        for limits in [None, Some(Limits::default())] {
            let other = Arc::new(Rules::built_in().unwrap());
            let then = Then::rules(if limits.is_some() { Arc::clone(&rules) } else { other });
            let then = limits.into_iter().fold(then, Then::limits);
            let mut trial = Trial::new(Arc::clone(&rules), then, roles.clone(), 0);
            let started = std::time::Instant::now();
            for _ in 0..turns {
                judge(&mut trial, &audit, &rows);
            }
            let each = started.elapsed() / u32::try_from(turns * ENTRIES).unwrap();
            assert_eq!(trial.found.judged, (turns * ENTRIES) as u64);
            // A shared machine, and one that also compiles, gets five times as long where it is short.
            let most = if long { 6 } else { 30 };
            assert!(each < std::time::Duration::from_micros(most), "{each:?} for an entry");
        }
    }

    #[test]
    fn many_entries_are_opened_and_judged_and_their_counts_hold() {
        const ENTRIES: u64 = 40_000;
        const START: i64 = 1_767_225_600_000;
        let (clock, entropy, audit) = (FixedClock::at(Millis(START)), Seeded::new(7), Key32::new([5; 32]));
        let people: Vec<PersonId> = (0..50).map(|n| PersonId([n; 16])).collect();
        let entry = |n: u64| {
            clock.advance(1_000);
            let mut draft = Draft::new(Kind::Reveal, &clock, &entropy, &audit);
            (draft.person, draft.purpose) = (Some(people[n as usize % 50]), Some(Purpose::Delivery));
            draft.field = Some(FieldKind::Name.code());
            let decision = if n % 10 == 9 { Err(Refusal::BudgetExhausted) } else { Ok(()) };
            let numbers = Numbers {
                decision,
                n: None,
                previous: None,
                versions: Vec::new(),
                spent: Vec::new(),
                allotted: None,
                casework: None,
            };
            let inscribed = draft.inscribe(&numbers);
            let (id, leaf) = (draft.id, inscribed.leaf);
            EntryRow { id, leaf, audit: inscribed.audit, customer: Vec::new(), index: Some(n) }
        };
        let rows: Vec<EntryRow> = (0..ENTRIES).map(entry).collect();
        let rules = Arc::new(Rules::built_in().unwrap());
        let roles: HashMap<_, _> = people.iter().map(|one| (*one, (Role::Agent, "north".to_owned()))).collect();
        let mut stricter: Vec<(&str, &str)> = policy::BUILT_IN.to_vec();
        let rule = r#"@id("x") @refusal("purpose-not-allowed") @says("No.") @why("So.") @next("No.") @cure("ask")
            forbid (principal, action == Action::"reveal", resource == Field::"name");"#;
        stricter.push(("5.cedar", rule));
        let stricter = Arc::new(Rules::load(&stricter).unwrap());
        let tiny = Budgets::read("[person]\nhour = 2\n").unwrap();
        for (then, limits, refused, allowed) in [
            (Arc::clone(&rules), Some(Limits::default()), 0, ENTRIES / 10),
            (stricter, None, ENTRIES / 10 * 9, 0),
            (Arc::clone(&rules), None, 0, 0),
        ] {
            let then = Then::rules(then);
            let then = match limits {
                Some(limits) => then.limits(limits),
                None => then,
            };
            let mut trial = Trial::new(Arc::clone(&rules), then, roles.clone(), 0);
            rows.iter().map(|row| opened(&audit, row)).for_each(|(id, body)| trial.see(id, body.as_ref()));
            let found = &trial.found;
            assert_eq!((found.read, found.refused, found.allowed, found.damaged), (ENTRIES, refused, allowed, 0));
            assert!(found.unknown.is_empty() && found.examples.len() <= super::super::trial::EXAMPLES);
        }
        // One name in an hour each: what else was shown would have been refused.
        let mut trial = Trial::new(Arc::clone(&rules), Then::rules(rules).limits(tiny), roles, 0);
        rows.iter().map(|row| opened(&audit, row)).for_each(|(id, body)| trial.see(id, body.as_ref()));
        let hours = ENTRIES / 3_600 + 1;
        assert!(trial.found.refused > ENTRIES / 10 * 9 - 50 * (hours + 1), "{:?}", trial.found.refused);
    }
}
