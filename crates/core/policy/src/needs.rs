//! What an act needs, so that the commit can check it: the weakest situation in which the rules permit it.
//!
//! Rules are asked about whole situations; a commit checks single conditions, in the transaction that writes the
//! entry. Both say the same as long as more never forbids: with a surer binding, a connected call, more left. For the
//! built-in rules a test holds that, over every situation.

use crate::decide::Denial;
use crate::facts::{Act, Approvals, Asker, Device, Facts, Ground, Situation};
use crate::rules::Rules;
use domain::{Binding, Channel, Channels, Refusal, Role};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// What must hold at the commit, beyond what the rules know already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// A live interaction of the asker's?
    pub live: bool,
    /// One that belongs to the customer whose record it is?
    pub customer: bool,
    /// Must they be talking right now (not on hold)?
    pub talking: bool,
    /// How surely the interaction must belong to the customer.
    pub binding: Binding,
    /// By which channels the customer may be in touch.
    pub channels: Channels,
    /// Must the customer be in touch at all, rather than its being a case? Then what is said in one.
    pub on_the_line: Option<Refusal>,
    /// What it costs of the person's allowance.
    pub cost: u32,
    /// Must it be a customer who isn't guarded?
    pub unguarded: bool,
    /// Must it be one of the few fields that one person may have shown alone in one interaction?
    pub few: bool,
}

impl Needs {
    /// Does this situation give all that is needed?
    #[must_use]
    pub fn met_by(&self, situation: &Situation) -> bool {
        let ground = situation.ground;
        (ground.live || !self.live)
            && (ground.customer || !self.customer)
            && (ground.talking || !self.talking)
            && match ground.channel.is_in_touch() {
                true => ground.binding >= self.binding && self.channels.contain(ground.channel),
                false => self.on_the_line.is_none(),
            }
            && situation.left >= self.cost
            && !(situation.guarded && self.unguarded)
            && !(situation.many && self.few)
    }
}

/// In which ways an act is permitted, if any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ways {
    /// What the asker alone needs; or the denial, if no situation could make it right without somebody's approval.
    pub alone: Result<Needs, Denial>,
    /// What is needed with a second person's approval, where that opens a way that isn't there alone.
    pub approved: Option<Needs>,
}

impl Ways {
    /// What is checked for who asks without a second person. Where only that person is missing, all else is checked first, and
    /// then stands the denial.
    ///
    /// # Errors
    /// The denial, where no second person would help either.
    pub fn without_second(&self) -> Result<(Needs, Option<&Denial>), &Denial> {
        match (&self.alone, &self.approved) {
            (Ok(needs), _) => Ok((*needs, None)),
            (Err(denial), Some(needs)) => Ok((*needs, Some(denial))),
            (Err(denial), None) => Err(denial),
        }
    }
}

/// The most that one act costs.
pub const DEAREST: u32 = 10;

/// What a decision was asked for, apart from the team.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Question {
    role: Role,
    probation: bool,
    device: Device,
    hour: u8,
    act: Act,
}

type Verdicts = HashMap<String, HashMap<Question, Arc<Ways>>>;

/// Verdicts of one set of rules, by team. Questions are few: ten roles and some ninety acts; teams, hours and the rest
/// only where a rule speaks of them.
#[derive(Default)]
pub(crate) struct Memory(RwLock<Verdicts>);

/// Teams beyond this are forgotten together, so that names of teams can't fill the memory.
const MOST_TEAMS: usize = 256;

impl Rules {
    /// May this person do this alone, and on what conditions?
    ///
    /// # Errors
    /// The denial, if no situation could make it right without somebody's approval.
    pub fn needs(&self, asker: &Asker<'_>, act: Act) -> Result<Needs, Denial> {
        self.ways(asker, act).alone.clone()
    }

    /// May this person do this, alone or with a second person, and on what conditions? The answer is kept with the rules.
    pub fn ways(&self, asker: &Asker<'_>, act: Act) -> Arc<Ways> {
        let asker = &self.speaks_of.of(asker);
        let Asker { role, probation, device, hour, team } = *asker;
        let question = Question { role, probation, device, hour, act };
        let known = self.memory.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(ways) = known.get(team).and_then(|of_team| of_team.get(&question)) {
            return Arc::clone(ways);
        }
        drop(known);
        let alone = self.derive(asker, act, Approvals { own: false, others: 0 });
        let approved = self.derive(asker, act, Approvals { own: false, others: 1 });
        // What an approval wouldn't make right either is told first: nobody is sent to ask for one.
        let alone = match (alone, &approved) {
            (Err(_), Err(never)) => Err(never.clone()),
            (alone, _) => alone,
        };
        // An approval of which nothing becomes easier is nobody's business.
        let approved = approved.ok().filter(|needs| alone.as_ref() != Ok(needs));
        let ways = Arc::new(Ways { alone, approved });
        let mut known = self.memory.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_TEAMS && !known.contains_key(team) {
            known.clear();
        }
        known.entry(team.to_owned()).or_default().insert(question, Arc::clone(&ways));
        ways
    }

    /// Goes down from the best situation, one condition at a time, to the weakest that is still permitted.
    fn derive(&self, asker: &Asker<'_>, act: Act, approvals: Approvals) -> Result<Needs, Denial> {
        let best = |channel| Situation { left: DEAREST, approvals, ..Situation::best(channel) };
        let denied = Denial::unpermitted(act);
        let entities = self.entities(asker, act).ok_or_else(|| denied.clone())?;
        let ask = |situation| self.ask(&Facts { asker: *asker, act, situation }, &entities);
        let channels: Channels = Channel::IN_TOUCH.into_iter().filter(|channel| ask(best(*channel)).is_ok()).collect();
        let Some(first) = channels.each().next() else { return ask(best(Channel::Call)).and(Err(denied)) };
        let casework = best(Channel::Case).ground;
        let best = best(first);
        let with = |ground| ask(Situation { ground, ..best }).is_ok();
        let of = best.ground;
        let needs = Needs {
            live: !with(Ground { live: false, ..of }),
            customer: !with(Ground { customer: false, ..of }),
            talking: !with(Ground { talking: false, ..of }),
            binding: Binding::ALL
                .into_iter()
                .find(|binding| with(Ground { binding: *binding, ..of }))
                .unwrap_or(of.binding),
            channels,
            on_the_line: ask(Situation { ground: casework, ..best }).err().map(|denial| denial.refusal()),
            cost: (0..DEAREST).find(|left| ask(Situation { left: *left, ..best }).is_ok()).unwrap_or(DEAREST),
            unguarded: ask(Situation { guarded: true, ..best }).is_err(),
            few: ask(Situation { many: true, ..best }).is_err(),
        };
        // Conditions that are only enough one by one aren't enough together: then the rules can't be made conditions.
        let case = needs.on_the_line.is_none().then_some(Channel::Case);
        let enough = |channel| ask(Situation { approvals, ..needs.situation(channel) }).is_ok();
        let enough = channels.each().chain(case).all(enough);
        if enough { Ok(needs) } else { Err(denied) }
    }
}

impl Needs {
    /// The weakest situation on a channel that meets them, if the channel is one of theirs.
    #[must_use]
    pub fn situation(&self, channel: Channel) -> Situation {
        let Self { live, customer, talking, binding, cost, unguarded, few, .. } = *self;
        let best = Situation::best(channel);
        let binding = if channel.is_in_touch() { binding } else { best.ground.binding };
        let ground = Ground { live, customer, talking, binding, channel };
        Situation { ground, left: cost, guarded: !unguarded, many: !few, ..best }
    }
}
