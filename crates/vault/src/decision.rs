//! Could somebody do something right now, and why not? Security asks without trying: nothing is disclosed by it.

use crate::auth::Scope;
use crate::budgets::history;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::reveal::RevealCommand;
use crate::wiring::Vault;
use domain::{BudgetKind, Channel, Counter, InteractionId, PersonId, Phase, Purpose, Refusal, Role, Room};
use policy::{Act, Decision, Denial, Device, Facts, Ground, Rule, Situation, Told};
use std::sync::Arc;
use store::{InteractionRow, PersonRow};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whether {
    /// Could this person …
    pub person: PersonId,
    /// … do this …
    pub act: Act,
    /// … with this …
    pub device: Device,
    /// … in this interaction? Without one: in the one that they handle now, if any.
    pub interaction: Option<InteractionId>,
}

/// What the rules say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Yes,
    /// Only if somebody else approves it.
    WithApproval,
    /// No.
    No,
}

impl Verdict {
    /// The stable name.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::WithApproval => "needs_approval",
            Self::No => "no",
        }
    }
}

/// The answer, with what it rests on.
#[derive(Clone, Debug)]
pub struct Could {
    /// Yes, no, or not alone.
    pub verdict: Verdict,
    /// The kind of refusal, for all but a yes.
    pub refusal: Option<Refusal>,
    /// The rule that stands against it, where one does; otherwise no rule permits it.
    pub rule: Option<Arc<Rule>>,
    /// Who it is about.
    pub name: String,
    /// Their role.
    pub role: Role,
    /// Are they new here?
    pub probation: bool,
    /// The interaction it was looked at in: which, by which channel, and how it stands for this person.
    pub interaction: Option<(InteractionId, Ground)>,
    /// What is left of their own allowance for such an act, where it takes from one.
    pub left: Option<u32>,
}

/// A person's allowances, as far as an act goes.
#[derive(Clone, Copy)]
struct Purse {
    /// How much of their own is left, in its smallest window.
    left: u32,
    /// The refusal where their own, or else one that they share with others, isn't enough.
    short: Option<Refusal>,
}

/// What counts of the record, beside how surely it is the customer's.
#[derive(Clone, Copy, Default)]
struct OfRecord {
    guarded: bool,
    many: bool,
}

impl Vault {
    /// The rules in words, in the order in which they speak. They are no secret: who is held by them may read them.
    #[must_use]
    pub fn rules_told(&self, scope: &Scope) -> Vec<Told> {
        self.governance(scope.tenant).rules.told().to_vec()
    }

    /// Whoever may not ask is told so before anything else.
    ///
    /// # Errors
    /// The refusal, with its entry.
    pub async fn may_ask(&self, scope: &Scope) -> Result<(), VaultError> {
        if !self.reads_log(scope) {
            self.commit_plain(self.reading(scope, Kind::DecisionAsked)?).await?;
        }
        Ok(())
    }

    /// Could they? Asked by who may read the log; the question is an entry.
    ///
    /// # Errors
    /// The refusal with its entry for others; `Refused(NotFound)` with its entry for somebody or an interaction that isn't
    /// there, and for who has left.
    pub async fn could(&self, scope: &Scope, whether: &Whether) -> Result<Could, VaultError> {
        self.commit_plain(self.reading(scope, Kind::DecisionAsked)?).await?;
        let power = self.power(scope.tenant).await?;
        let Some(person) = power.person(whether.person).cloned() else {
            return Err(self.logged(self.act(scope, Kind::DecisionAsked)?, Refusal::NotFound).await);
        };
        let interaction = match whether.interaction {
            None => self.handled_now(&person).await?,
            Some(id) => match self.store.interaction(scope.tenant, id).await? {
                Some(row) => Some(row),
                None => return Err(self.logged(self.act(scope, Kind::DecisionAsked)?, Refusal::NotFound).await),
            },
        };
        let purse = self.purse(&person, whether.act).await?;
        let record = self.record(&person, whether.act, interaction.as_ref()).await?;
        let interaction = interaction.map(|row| (row.id, self.ground(&person, row)));
        Ok(self.judged(&person, whether, interaction, record, purse))
    }

    fn judged(
        &self,
        person: &PersonRow,
        whether: &Whether,
        interaction: Option<(InteractionId, Ground)>,
        record: OfRecord,
        purse: Option<Purse>,
    ) -> Could {
        let asker = self.asker(person, whether.device);
        let none = Ground { live: false, customer: false, talking: false, ..Situation::best(Channel::Call).ground };
        let ground = interaction.map_or(none, |(_, ground)| ground);
        let OfRecord { guarded, many } = record;
        let left = purse.map_or(u32::MAX, |purse| purse.left);
        let situation = Situation { ground, left, guarded, many, ..Situation::best(ground.channel) };
        let short = purse.and_then(|purse| purse.short);
        let unplanned =
            Some(Denial::Unpermitted(Refusal::Unplanned)).filter(|_| !self.plans(person.tenant, whether.act));
        let (verdict, denial) =
            match self.governance(person.tenant).rules.decide(&Facts { asker, act: whether.act, situation }) {
                Decision::Permit | Decision::NeedsApproval(_) if unplanned.is_some() => (Verdict::No, unplanned),
                Decision::Permit => match short {
                    None => (Verdict::Yes, None),
                    Some(refusal) => (Verdict::No, Some(Denial::Unpermitted(refusal))),
                },
                Decision::NeedsApproval(denial) => (Verdict::WithApproval, Some(denial)),
                Decision::Refuse(denial) => (Verdict::No, Some(denial)),
            };
        Could {
            verdict,
            refusal: denial.as_ref().map(Denial::refusal),
            rule: denial.and_then(|denial| match denial {
                Denial::Rule(rule) => Some(rule),
                Denial::Unpermitted(_) => None,
            }),
            name: person.name.clone(),
            role: person.role,
            probation: asker.probation,
            interaction,
            left: purse.map(|purse| purse.left),
        }
    }

    /// What they handle now: of several, where they did something last. A case is asked about by its name.
    async fn handled_now(&self, person: &PersonRow) -> Result<Option<InteractionRow>, VaultError> {
        let mut page = self.store.interactions(person.tenant, Some(person.id), true, None, 20).await?;
        page.items.iter_mut().for_each(|row| self.run_out(person.tenant, row));
        Ok(page.items.into_iter().find(|row| live(row.phase) && row.channel.is_in_touch()))
    }

    /// How an interaction stands for this person, on the record of the customer it belongs to.
    fn ground(&self, person: &PersonRow, mut row: InteractionRow) -> Ground {
        self.run_out(person.tenant, &mut row);
        Ground {
            live: live(row.phase) && row.person == Some(person.id),
            customer: row.customer.is_some(),
            talking: row.phase == Phase::Connected,
            binding: row.binding,
            channel: row.channel,
        }
    }

    /// How the interaction's customer's record stands, for this person and act.
    async fn record(
        &self,
        person: &PersonRow,
        act: Act,
        interaction: Option<&InteractionRow>,
    ) -> Result<OfRecord, VaultError> {
        let customer = interaction.and_then(|row| Some((row.id, row.customer?)));
        let (Act::Reveal(field, purpose), Some((interaction, customer))) = (act, customer) else {
            return Ok(OfRecord::default());
        };
        let command = RevealCommand { customer, interaction, field, instance: 1, purpose, key: None };
        Ok(OfRecord {
            guarded: self.is_guarded(person.tenant, customer).await?,
            many: self.is_one_too_many(person.tenant, &command).await?,
        })
    }

    /// What is left for such an act, where it takes from an allowance: of their own, and is it enough of those shared with others?
    async fn purse(&self, person: &PersonRow, act: Act) -> Result<Option<Purse>, VaultError> {
        let (limits, weights, standing) =
            (self.limits(person.tenant), self.weights(person.tenant), self.standing_of(person));
        let purpose = if let Act::Reveal(_, purpose) = act { Some(purpose) } else { None };
        let information = |cost| (BudgetKind::Information, cost, limits.person.room(purpose, standing));
        let (kind, cost, room) = match act {
            Act::Reveal(field, _) | Act::BreakGlass(field) => information(weights.reveal(field)),
            Act::View => information(weights.view),
            // As little as it may come to: what it tells is known afterwards.
            Act::Search => information(weights.search(1)),
            Act::Verify(_) => information(weights.verify_pass),
            Act::SendCode => (BudgetKind::Code, 1, Room::hourly(standing.limit(limits.code_per_hour))),
            _ => return Ok(None),
        };
        let row = self.store.budget(person.tenant, Counter::person(kind, person.id)).await?;
        let (left, shortage) = history(row.as_ref()).left(self.clock.now(), purpose, &room);
        let short = match kind {
            _ if left < cost => Some(Refusal::BudgetExhausted.of_shortage(shortage)),
            BudgetKind::Information => self.short_of_shared(person, purpose, cost).await?,
            _ => None,
        };
        Ok(Some(Purse { left, short }))
    }

    /// The refusal, if the team's or everybody's allowance hasn't so much left for this node to give out. Parts that other nodes
    /// hold are spent, seen from here.
    async fn short_of_shared(
        &self,
        person: &PersonRow,
        purpose: Option<Purpose>,
        cost: u32,
    ) -> Result<Option<Refusal>, VaultError> {
        for share in self.shares(person, purpose, cost) {
            let row = self.store.budget(person.tenant, share.counter).await?;
            let (free, _) = history(row.as_ref()).left(self.clock.now(), purpose, &share.room);
            if free.saturating_add(self.allotments.held(person.tenant, &share)) < cost {
                return Ok(Some(share.otherwise));
            }
        }
        Ok(None)
    }
}

fn live(phase: Phase) -> bool {
    matches!(phase, Phase::Connected | Phase::Held)
}
