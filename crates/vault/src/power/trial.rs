//! What isn't in force, tried on entries of the log one after another: rules, limits, somebody's other role, for how long somebody is
//! new, or a data plan; what
//! would have been refused, what allowed, and what the log doesn't say. Pure.
//!
//! An entry says who did what for which purpose and what became of it. It doesn't say how surely the interaction was the
//! customer's, by which channel they were in touch, nor by what means the person was signed in. Where the answer hangs on
//! one of these, it is unknown, and why is told.

mod then;

pub use then::PLANNED;
pub(super) use then::{Plans, Then};

use crate::private::entry::{AuditBody, Kind};
use domain::history::History;
use domain::{
    Allowance, Binding, Channels, EntryId, FieldKind, Limits, Millis, PersonId, Purpose, Refusal, Role, Standing,
};
use policy::{Act, Asker, Device, Needs, Rules, Ways};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The most examples that are told.
pub(super) const EXAMPLES: usize = 20;
const HOUR_MS: i64 = 3_600_000;

/// What would have become of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turned {
    /// Done, and would have been refused.
    Refused,
    /// Refused, and would have been done.
    Allowed,
    /// It hangs on something that the log doesn't say.
    Unknown(Unsaid),
}

/// What the log doesn't say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unsaid {
    /// How the interaction stood: live, the customer's, talking, and how surely.
    Ground,
    /// By which channel the customer was in touch.
    Channel,
    /// By what means the person was signed in.
    Device,
    /// Who it was: they aren't known here.
    Person,
    /// Whether the customer had agreed.
    Consent,
}

impl Unsaid {
    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Ground => "ground",
            Self::Channel => "channel",
            Self::Device => "device",
            Self::Person => "person",
            Self::Consent => "consent",
        }
    }
}

/// An entry of which something else would have become. It names no customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// The entry.
    pub entry: EntryId,
    /// When.
    pub at: Millis,
    /// What kind of act.
    pub kind: Kind,
    /// Which field.
    pub field: Option<FieldKind>,
    /// What for.
    pub purpose: Option<Purpose>,
    /// The person's role, as it is today.
    pub role: Option<Role>,
    /// What would have become of it.
    pub turned: Turned,
}

/// What a trial found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Entries read.
    pub read: u64,
    /// Acts among them on which these rules or limits speak.
    pub judged: u64,
    /// Done, and would have been refused.
    pub refused: u64,
    /// Refused, and would have been done.
    pub allowed: u64,
    /// What hangs on something that the log doesn't say, by what.
    pub unknown: BTreeMap<Unsaid, u64>,
    /// Rows that were edited.
    pub damaged: u64,
    /// Some of these.
    pub examples: Vec<Example>,
}

/// What goes on, and what is tried against it.
pub(super) struct Trial {
    pub(super) now: Arc<Rules>,
    pub(super) then: Then,
    /// Everybody's role and team as they are today.
    pub(super) people: HashMap<PersonId, (Role, String)>,
    pub(super) probation_days: u16,
    spent: Spent,
    pub(super) found: Found,
}

/// What was spent in the log, by the limits that are tried.
#[derive(Default)]
struct Spent {
    people: HashMap<PersonId, History>,
    teams: HashMap<String, History>,
    everybody: History,
}

/// Somebody as an entry shows them.
#[derive(Clone, Copy)]
struct Who<'a> {
    person: PersonId,
    role: Role,
    team: &'a str,
    standing: Standing,
}

impl Trial {
    pub(super) fn new(
        now: Arc<Rules>,
        then: Then,
        people: HashMap<PersonId, (Role, String)>,
        probation_days: u16,
    ) -> Self {
        Self { now, then, people, probation_days, spent: Spent::default(), found: Found::default() }
    }

    /// Looks at one entry, the older ones before the newer.
    pub(super) fn see(&mut self, entry: EntryId, body: Option<&AuditBody>) {
        self.found.read += 1;
        let Some(body) = body else {
            self.found.damaged += 1;
            return;
        };
        let Some(person) = body.person else { return };
        let Some(turned) = self.judged(person, body) else { return };
        self.found.judged += 1;
        let role = self.people.get(&person).map(|(role, _)| *role);
        let Some(turned) = turned else { return };
        match turned {
            Turned::Refused => self.found.refused += 1,
            Turned::Allowed => self.found.allowed += 1,
            Turned::Unknown(what) => *self.found.unknown.entry(what).or_default() += 1,
        }
        let field = body.field.and_then(FieldKind::from_code);
        let (at, kind, purpose) = (body.at, body.kind, body.purpose);
        self.found.keep(Example { entry, at, kind, field, purpose, role, turned });
    }

    /// What would have become of it, if anything else; none at all where nothing that is tried speaks of it.
    fn judged(&mut self, person: PersonId, body: &AuditBody) -> Option<Option<Turned>> {
        if let Some(plans) = &self.then.plans {
            return plans.judged(body);
        }
        let act = act_of(body)?;
        let moved = match &self.then.moved {
            Some((who, _)) if *who != person => return None,
            moved => moved.as_ref().map(|(_, becomes)| becomes.as_ref()),
        };
        let Some((role, team)) = self.people.get(&person) else { return Some(Some(Turned::Unknown(Unsaid::Person))) };
        let standing = Standing::of(person, body.at, self.probation_days);
        let who = Who { person, role: *role, team, standing };
        let later = Standing::of(person, body.at, self.then.probation_days.unwrap_or(self.probation_days));
        let becomes = match moved {
            // Whoever has left does nothing.
            Some(None) => return Some(body.decision.is_ok().then_some(Turned::Refused)),
            Some(Some((role, team))) => Who { role: *role, team, ..who },
            None => Who { standing: later, ..who },
        };
        let other = moved.is_some() || later != standing || !Arc::ptr_eq(&self.now, &self.then.rules);
        let by_rules = if other { judged((&self.now, &who), (&self.then.rules, &becomes), act, body) } else { None };
        Some(match (&self.then.limits, by_rules) {
            (Some(limits), None) => limited(&mut self.spent, limits, &becomes, body),
            (_, by_rules) => by_rules,
        })
    }

    /// The kinds of entries that are tried.
    pub(super) fn tried(&self) -> &'static [Kind] {
        if self.then.plans.is_some() { &PLANNED } else { &TRIED }
    }
}

impl Found {
    /// What surely turns is shown before what may; of each, the first that was met.
    fn keep(&mut self, example: Example) {
        let same = |other: &Example| {
            (other.kind, other.field, other.purpose, other.role, other.turned)
                == (example.kind, example.field, example.purpose, example.role, example.turned)
        };
        let alike = self.examples.iter().filter(|other| same(other)).count();
        if self.examples.len() < EXAMPLES && alike < EXAMPLES / 4 {
            self.examples.push(example);
        } else if alike == 0
            && !matches!(example.turned, Turned::Unknown(_))
            && let Some(place) = self.examples.iter().rposition(|other| matches!(other.turned, Turned::Unknown(_)))
        {
            self.examples[place] = example;
        }
    }
}

/// The kinds of entries that are tried. Of no other is it said what would have become: of acts without a customer on the line (an
/// erasure, a hold, reading the log), of what was given out again, and of second people's answers.
pub const TRIED: [Kind; 9] = [
    Kind::Reveal,
    Kind::View,
    Kind::Search,
    Kind::Claim,
    Kind::Verification,
    Kind::VerificationResult,
    Kind::Code,
    Kind::Note,
    Kind::GlassBroken,
];

/// The act that an entry tells of, where rules speak of it.
fn act_of(body: &AuditBody) -> Option<Act> {
    let field = body.field.and_then(FieldKind::from_code);
    match body.kind {
        Kind::Reveal => field.zip(body.purpose).map(|(field, purpose)| Act::Reveal(field, purpose)),
        Kind::GlassBroken => field.map(Act::BreakGlass),
        Kind::Verification | Kind::VerificationResult => field.map(Act::Verify),
        Kind::View => Some(Act::View),
        Kind::Search => Some(Act::Search),
        Kind::Claim => Some(Act::Claim),
        Kind::Code => Some(Act::SendCode),
        Kind::Note => Some(Act::WriteNote),
        _ => None,
    }
}

/// What other rules would have made of it, or the same of somebody in another role.
fn judged<'a>(
    (now, was): (&Rules, &Who<'a>),
    (then, becomes): (&Rules, &Who<'a>),
    act: Act,
    body: &AuditBody,
) -> Option<Turned> {
    let hour = u8::try_from(body.at.0.div_euclid(HOUR_MS).rem_euclid(24)).unwrap_or(0);
    let by = |device| {
        let asker = |who: &Who<'a>| {
            let Who { role, team, standing, .. } = *who;
            Asker { role, probation: standing.is_probation(), team, device, hour }
        };
        let (was, becomes) = (asker(was), asker(becomes));
        if let Err(Refusal::ApprovalNeeded | Refusal::NotYetApproved | Refusal::ApprovalDeclined) = body.decision {
            return alone(&now.ways(&was, act), &then.ways(&becomes, act));
        }
        turned(needed(now, &was, act, body), needed(then, &becomes, act, body), body)
    };
    let [page, program] = Device::ALL.map(by);
    if page == program { page } else { Some(Turned::Unknown(Unsaid::Device)) }
}

/// Only a second person was missing, or said no. What it rests on besides was looked at before, and was met: would nobody else have
/// been asked?
fn alone(now: &Ways, then: &Ways) -> Option<Turned> {
    let then = then.alone.as_ref().ok()?;
    match (&now.alone, &now.approved) {
        // The rules ask for one whoever the customer is.
        (Err(_), Some(now)) => Some(met(then, now)),
        // One of these asked for one: a guarded customer, one field too many. Which, isn't said.
        (Ok(now), _) if (now.unguarded, now.few) == (then.unguarded, then.few) => None,
        (Ok(now), _) if !then.unguarded && !then.few => Some(met(then, now)),
        _ => Some(Turned::Unknown(Unsaid::Ground)),
    }
}

/// What rules ask for: of a value that was shown with a second person's approval, with one.
fn needed(rules: &Rules, asker: &Asker<'_>, act: Act, body: &AuditBody) -> Option<Needs> {
    let ways = rules.ways(asker, act);
    let approved = ways.approved.filter(|_| body.upon.is_some() && matches!(act, Act::Reveal(..) | Act::BreakGlass(_)));
    approved.or_else(|| ways.alone.as_ref().ok().copied())
}

/// The same, from what is needed now and what would be.
fn turned(now: Option<Needs>, then: Option<Needs>, body: &AuditBody) -> Option<Turned> {
    let barred = then.is_some_and(|then| then.on_the_line.is_some());
    match body.decision {
        Ok(()) if barred && body.kind.casework(body.detail).is_some() => return Some(Turned::Refused),
        Err(Refusal::Casework | Refusal::NobodyOnTheLine) if now.is_some() => {
            return (then.is_some() && !barred).then_some(Turned::Allowed);
        }
        _ => {}
    }
    // Whether the customer was on the line is said; all else is compared as if they were.
    let [now, then] = [now, then].map(|needs| needs.map(|needs| Needs { on_the_line: None, ..needs }));
    let unsaid = |then: &Needs, now: Option<&Needs>| {
        let channels = now.is_some_and(|now| Needs { channels: then.channels, ..*now }.imply(then));
        Some(Turned::Unknown(if channels { Unsaid::Channel } else { Unsaid::Ground }))
    };
    match (body.decision, now, then) {
        (Ok(()), _, None) => Some(Turned::Refused),
        (Ok(()), now, Some(then)) => match now {
            Some(now) if now.imply(&then) => None,
            now => unsaid(&then, now.as_ref()),
        },
        (Err(_), _, None) => None,
        (Err(refusal), now, Some(then)) => match (refusal, now) {
            // They were talking to this customer; how surely it was theirs isn't said.
            (Refusal::BindingTooWeak, Some(now)) if then.binding >= now.binding => None,
            (Refusal::OnHold, Some(_)) if then.talking => None,
            (Refusal::BindingTooWeak | Refusal::OnHold, Some(_)) => Some(met(&then, &CLAIMED)),
            (Refusal::GuardedRecord, Some(now)) if now.unguarded && !then.unguarded => Some(met(&then, &CLAIMED)),
            (Refusal::ManyFields, Some(now)) if now.few && !then.few => Some(met(&then, &CLAIMED)),
            (Refusal::ChannelNotAllowed, Some(now)) if now.channels.each().eq(then.channels.each()) => None,
            (Refusal::ChannelNotAllowed, Some(_)) if then.channels == Channels::ALL => Some(Turned::Allowed),
            (Refusal::ChannelNotAllowed, Some(_)) => Some(Turned::Unknown(Unsaid::Channel)),
            // The rules said no whatever the interaction.
            (_, None) if !(then.live || then.customer) => Some(Turned::Allowed),
            (_, None) => Some(Turned::Unknown(Unsaid::Ground)),
            _ => None,
        },
    }
}

/// What is known of an interaction that was live and this customer's.
const CLAIMED: Needs = Needs {
    live: true,
    customer: true,
    talking: true,
    binding: Binding::Claimed,
    channels: Channels::ALL,
    cost: 0,
    on_the_line: None,
    unguarded: false,
    few: false,
};

/// Of an interaction that met this much.
fn met(then: &Needs, known: &Needs) -> Turned {
    if then.binding > known.binding.max(CLAIMED.binding) {
        Turned::Unknown(Unsaid::Ground)
    } else if !known.channels.each().all(|channel| then.channels.contain(channel)) {
        Turned::Unknown(Unsaid::Channel)
    } else {
        Turned::Allowed
    }
}

/// What other limits would have made of it.
fn limited(spent: &mut Spent, limits: &Limits, who: &Who<'_>, body: &AuditBody) -> Option<Turned> {
    let over = matches!(
        body.decision,
        Err(Refusal::BudgetExhausted
            | Refusal::DayExhausted
            | Refusal::MonthExhausted
            | Refusal::PurposeExhausted
            | Refusal::TeamExhausted
            | Refusal::TenantExhausted)
    );
    if body.decision.is_err() && !over {
        return None;
    }
    let cost = weight(limits, body)?;
    let person = spent.people.entry(who.person).or_default();
    if !spent.teams.contains_key(who.team) {
        spent.teams.insert(who.team.to_owned(), History::default());
    }
    let all = &mut spent.everybody;
    let team = spent.teams.get_mut(who.team)?;
    let fits = |history: &History, allowance: &Allowance, standing| {
        history.left(body.at, body.purpose, &allowance.room(body.purpose, standing)).0 >= cost
    };
    let fits = fits(person, &limits.person, who.standing)
        && (who.team.is_empty() || fits(team, &limits.team, Standing::Regular))
        && fits(all, &limits.tenant, Standing::Regular);
    if fits {
        for history in [person, team, all] {
            history.spend(body.at, body.purpose, cost);
        }
    }
    match (fits, over) {
        (false, false) => Some(Turned::Refused),
        (true, true) => Some(Turned::Allowed),
        _ => None,
    }
}

/// What it costs by these limits. A caller's answer costs what the check said; one that isn't known yet, nothing.
fn weight(limits: &Limits, body: &AuditBody) -> Option<u32> {
    let weights = &limits.weights;
    match body.kind {
        Kind::Reveal | Kind::GlassBroken => Some(weights.reveal(body.field.and_then(FieldKind::from_code)?)),
        Kind::View => Some(weights.view),
        Kind::Search => Some(weights.search(body.detail.map_or(0, |hits| hits as usize))),
        Kind::VerificationResult if body.detail == Some(1) => Some(weights.verify_pass),
        Kind::VerificationResult => Some(weights.verify_fail),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
