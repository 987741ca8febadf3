//! The vault and what it is made of.

use crate::alarm::Alarms;
use crate::allotments::{Allotments, Share};
use crate::approval::Questions;
use crate::assurance::Proofs;
use crate::auth::{Scope, Used};
use crate::board::BoardLooks;
use crate::consent::Agreement;
use crate::culture::KnownBooks;
use crate::directory::room::KnownWaiting;
use crate::error::VaultError;
use crate::feed::Feed;
use crate::health::Answered;
use crate::kept::KeptKeys;
use crate::losses::Losses;
use crate::overview::Overviews;
use crate::planned::{Planned, Wanted};
use crate::power::KnownPower;
use crate::power::governance::Governance;
use crate::power::proof::{Prover, Unproving};
use crate::private::entry::{CustomerBody, Draft, EntryKeys, Kind};
use crate::private::node::{NodeSeals, TenantKeys};
use crate::private::release::{Done, Door, Works};
use crate::private::treasury::Treasury;
use crate::promises::Promises;
use crate::ready::Readiness;
use crate::session::{Once, SessionRules, Sessions};
use crate::settings_form::{Parties, Settings};
use crate::setup_tokens::CountedTokens;
use crate::speak_up::Speaking;
use crate::spending::Doubts;
use domain::interaction::Timeouts;
use domain::{Clock, CustomerId, Entropy, EntryId, InteractionId, Limits, PersonId, Purpose, Refusal, TenantId};
use keys::{KeyHolder, Shelved};
use policy::{Rule, Rules};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use store::{Condition, Effect, FieldRef, Intent, RequestKey, Spend, Store};
use tokio::sync::Semaphore;

/// A client company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantConfig {
    /// Its number.
    pub id: TenantId,
    /// Its name in addresses.
    pub slug: String,
    /// The name under which its log signs.
    pub origin: String,
}

/// What an operator may set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultConfig {
    /// Allowances.
    pub limits: Limits,
    /// When interactions run out.
    pub timeouts: Timeouts,
    /// Seconds until a revealed value is masked again.
    pub remask_s: u32,
    /// How people's sessions on pages go.
    pub sessions: SessionRules,
    /// May whoever reaches the sign-in page choose who to be? For invented people only.
    pub role_picker: bool,
    /// For how many days new staff have a quarter of each allowance per person.
    pub probation_days: u16,
    /// Days from one report to the board to the next.
    pub board_report_days: u16,
    /// Seconds from one close of the log to the next.
    pub close_every_s: u32,
    /// Is it told publicly how the defences stand?
    pub trust_published: bool,
    /// On which others each tenant hangs.
    pub parties: BTreeMap<TenantId, Parties>,
}

impl Default for VaultConfig {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            remask_s: 20,
            sessions: SessionRules::default(),
            role_picker: false,
            probation_days: 14,
            board_report_days: 30,
            close_every_s: 24 * 3_600,
            trust_published: false,
            parties: BTreeMap::new(),
        }
    }
}

/// How many customers at a time are told who looked.
const OWN_QUESTIONS: usize = 4;

/// The vault.
pub struct Vault {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) holder: Arc<dyn KeyHolder>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) config: VaultConfig,
    pub(crate) tenants: Vec<TenantConfig>,
    pub(crate) seals: Arc<NodeSeals>,
    pub(crate) feed: Feed,
    pub(crate) power: KnownPower,
    /// How many of the identity provider's proposals wait.
    pub(crate) proposed: KnownWaiting,
    /// How many bearer tokens of the setting up no officer confirmed.
    pub(crate) setup_tokens: CountedTokens,
    pub(crate) used: Used,
    pub(crate) sessions: Sessions,
    pub(crate) alarms: Arc<Alarms>,
    /// One note at a time: each rests on the sheet that the one before it left.
    pub(crate) notes: tokio::sync::Mutex<()>,
    pub(crate) promises: Arc<Promises>,
    pub(crate) losses: Arc<Losses>,
    pub(crate) door: Door,
    pub(crate) allotments: Allotments,
    pub(crate) kept_keys: KeptKeys,
    pub(crate) doubts: Doubts,
    /// What each tenant goes by whose officers signed no limits, rules, plan or settings.
    unsigned: HashMap<TenantId, Arc<Governance>>,
    /// The same of nobody's.
    nobodys: Arc<Governance>,
    pub(crate) prover: Arc<dyn Prover>,
    pub(crate) proofs: Proofs,
    pub(crate) overviews: Overviews,
    pub(crate) questions: Questions,
    pub(crate) drills: KnownBooks,
    pub(crate) speaking: Speaking,
    /// What the log has of the line to the board.
    pub(crate) board_looks: BoardLooks,
    /// One question at a time how far a breach may have gone: it reads the whole log.
    pub(crate) breaches: Arc<Semaphore>,
    pub(crate) answered: Answered,
    pub(crate) readiness: Readiness,
    /// Few customers at a time ask who looked: it goes through a part of the log.
    pub(crate) own_questions: Semaphore,
}

/// The right of whoever holds the data directory and the key file on this machine: to bring data in, to manage
/// people. Not to see anything.
pub struct Operator {
    pub(crate) tenant: TenantId,
}

impl Vault {
    /// Opens the vault for these tenants and starts its door.
    ///
    /// # Errors
    /// If the rules can't be used, the key holder doesn't know a tenant, or no thread can be started.
    pub async fn open(
        store: Arc<dyn Store>,
        holder: Arc<dyn KeyHolder>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        tenants: Vec<TenantConfig>,
        config: VaultConfig,
    ) -> Result<Self, VaultError> {
        let nobodys = Governance::unsigned(config.limits, Rules::built_in()?, Planned::shipped()?);
        let unsigned = |tenant: &TenantConfig| {
            let parties = config.parties.get(&tenant.id).cloned().unwrap_or_default();
            (tenant.id, Arc::new(nobodys.clone().by_settings(Settings::of(&config, parties))))
        };
        let unsigned = tenants.iter().map(unsigned).collect();
        let mut seals = NodeSeals::default();
        for tenant in &tenants {
            seals.0.insert(tenant.id, TenantKeys::new(&holder.node_keys(tenant.id).await?));
        }
        let seals = Arc::new(seals);
        let feed = Feed::new();
        let promises = Arc::<Promises>::default();
        let alarms = Arc::<Alarms>::default();
        let works = Works {
            store: Arc::clone(&store),
            holder: Arc::clone(&holder),
            clock: Arc::clone(&clock),
            seals: Arc::clone(&seals),
            feed: feed.clone(),
            promises: Arc::clone(&promises),
            tally: Arc::default(),
            alarms: Arc::clone(&alarms),
        };
        let treasury = Treasury {
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
            seals: Arc::clone(&seals),
            promises: Arc::clone(&promises),
            node: domain::time::fresh(&*entropy),
        };
        let allotments = Allotments::start(treasury).map_err(|_| VaultError::Stopping)?;
        let door = Door::start(works).map_err(|_| VaultError::Stopping)?;
        Ok(Self {
            store,
            holder,
            clock,
            entropy,
            config,
            tenants,
            seals,
            feed,
            power: KnownPower::default(),
            proposed: KnownWaiting::default(),
            setup_tokens: CountedTokens::default(),
            used: Used::default(),
            sessions: Sessions::default(),
            losses: Arc::new(Losses::new(Arc::clone(&alarms))),
            alarms,
            notes: tokio::sync::Mutex::default(),
            promises,
            door,
            allotments,
            kept_keys: KeptKeys::default(),
            doubts: Doubts::default(),
            unsigned,
            nobodys: Arc::new(nobodys),
            prover: Arc::new(Unproving),
            proofs: Proofs::default(),
            overviews: Overviews::default(),
            questions: Questions::default(),
            drills: KnownBooks::default(),
            speaking: Speaking::default(),
            board_looks: BoardLooks::default(),
            breaches: Arc::new(Semaphore::new(1)),
            answered: Answered::default(),
            readiness: Readiness::default(),
            own_questions: Semaphore::new(OWN_QUESTIONS),
        })
    }

    /// With somebody who can prove rules.
    #[must_use]
    pub fn proved_by(self, prover: Arc<dyn Prover>) -> Self {
        Self { prover, ..self }
    }

    /// The tenants served.
    #[must_use]
    pub fn tenants(&self) -> &[TenantConfig] {
        &self.tenants
    }

    /// The tenant of that name.
    #[must_use]
    pub fn tenant(&self, slug: &str) -> Option<&TenantConfig> {
        self.tenants.iter().find(|tenant| tenant.slug == slug)
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &VaultConfig {
        &self.config
    }

    /// What a tenant goes by whose officers signed nothing: what this node's configuration says, and what came with the program.
    pub(crate) fn unsigned(&self, tenant: TenantId) -> &Arc<Governance> {
        self.unsigned.get(&tenant).unwrap_or(&self.nobodys)
    }

    /// The local operator's right, for commands on this machine.
    #[must_use]
    pub fn operator(&self, tenant: TenantId) -> Operator {
        Operator { tenant }
    }

    /// This moment, by the vault's clock.
    #[must_use]
    pub fn now(&self) -> domain::Millis {
        self.clock.now()
    }

    /// `N` bytes that nobody can predict.
    #[must_use]
    pub fn secret<const N: usize>(&self) -> [u8; N] {
        domain::time::fresh(&*self.entropy)
    }

    pub(crate) fn keys(&self, tenant: TenantId) -> Result<&TenantKeys, VaultError> {
        self.seals.0.get(&tenant).ok_or(VaultError::Holder(keys::HolderError::UnknownTenant))
    }

    /// A customer's entry keys, from memory or from the key holder; `None` if there is no such customer.
    pub(crate) async fn entry_keys(
        &self,
        tenant: TenantId,
        customer: CustomerId,
    ) -> Result<Option<Arc<EntryKeys>>, VaultError> {
        let before = match self.kept_keys.get(tenant, customer) {
            Ok(keys) => return Ok(Some(keys)),
            Err(before) => before,
        };
        let Some(row) = self.store.customer(tenant, customer).await? else { return Ok(None) };
        let shelved = Shelved { epoch: row.epoch, wrapped: row.wrapped };
        let Some(view) = self.holder.entry_keys(tenant, &[(customer, &shelved)]).await?.pop() else { return Ok(None) };
        let keys = Arc::new(EntryKeys::new(view));
        self.kept_keys.keep(before, tenant, customer, &keys);
        Ok(Some(keys))
    }

    /// Commits an act. A change of people or rules in this very moment makes the next request look again.
    pub(crate) async fn commit(&self, act: Act) -> Result<Done, VaultError> {
        let act = act.but_no_copy().but_unrestricted();
        let (told, tenant, own) = (act.rule.clone(), act.tenant, act.spend.first().copied());
        let wanted = act.wanted;
        let (act, drawn) = self.allotments.draw(act).await?;
        let (intent, draft) = act.into_intent();
        let done = self.door.submit(intent, draft).await;
        drawn.settle(&done);
        match done {
            Err(VaultError::Refused { refusal, entry, .. }) => {
                if refusal == Refusal::PowerChanged {
                    self.power.forget(tenant);
                }
                let told = told.filter(|rule| rule.refusal == refusal);
                let rule = told.or_else(|| self.governance(tenant).rules.speaking_for(refusal));
                let spent = self.spent(tenant, refusal, own.as_ref()).await;
                let wanted = wanted.filter(|_| refusal == Refusal::Unplanned);
                let plan = wanted.and_then(|wanted| self.why_unplanned(tenant, wanted));
                Err(VaultError::Refused { refusal, entry, rule, spent, plan })
            }
            done => done,
        }
    }

    /// Commits an act that reads nothing; gives its entry.
    pub(crate) async fn commit_plain(&self, act: Act) -> Result<EntryId, VaultError> {
        match self.commit(act).await? {
            Done::Committed { entry, .. } | Done::Replayed { entry, .. } => Ok(entry),
        }
    }

    /// Logs a refusal that was clear before any commit; gives it with its entry.
    pub(crate) async fn logged(&self, act: Act, refusal: Refusal) -> VaultError {
        let act = Act { request: None, effects: Vec::new(), read: Vec::new(), ..act }.unpaid();
        self.commit_plain(act.when(Condition::Never(refusal))).await.err().unwrap_or(VaultError::refused(refusal))
    }

    /// An act of a signed-in person.
    pub(crate) fn act(&self, scope: &Scope, kind: Kind) -> Result<Act, VaultError> {
        let mut act = self.bare_act(scope.tenant, kind)?;
        act.draft.person = Some(scope.person.id);
        act.draft.power = scope.power;
        if kind.discloses() && self.power_doubted(scope.tenant) {
            act.when.push(Condition::Never(Refusal::PowerTampered));
        }
        if kind.discloses() && !self.governance(scope.tenant).is_usable() {
            act.when.push(Condition::Never(Refusal::RulesUnusable));
        }
        if kind.discloses() && self.spending_doubted(scope.tenant) {
            act.when.push(Condition::Never(Refusal::SpendingDisagrees));
        }
        act.when.push(Condition::PowerVersion(scope.power));
        if let Some((unused, used)) = scope.once.as_ref().and_then(Once::spend) {
            act.when.push(unused);
            act.effects.push(used);
        }
        if kind.discloses() && self.stopped_by_witnesses(scope.tenant) {
            act.when.push(Condition::Never(Refusal::WitnessesMissing));
        }
        Ok(act)
    }

    /// An act of the system or of a signed event.
    pub(crate) fn bare_act(&self, tenant: TenantId, kind: Kind) -> Result<Act, VaultError> {
        let draft = Draft::new(kind, &*self.clock, &*self.entropy, &self.keys(tenant)?.audit);
        Ok(Act {
            tenant,
            draft,
            when: Vec::new(),
            spend: Vec::new(),
            draws: Vec::new(),
            effects: Vec::new(),
            read: Vec::new(),
            request: None,
            tentative: false,
            rule: None,
            wanted: None,
        })
    }

    /// The condition that this person handles this live interaction.
    pub(crate) fn handles(&self, tenant: TenantId, interaction: InteractionId, person: PersonId) -> Condition {
        Condition::Handles { interaction, person, talking: false, timeouts: self.settings(tenant).timeouts() }
    }
}

/// An act being put together: what will be one intent and one entry.
pub(crate) struct Act {
    pub(crate) tenant: TenantId,
    pub(crate) draft: Draft,
    pub(crate) when: Vec<Condition>,
    pub(crate) spend: Vec<Spend>,
    /// What it takes from allowances of which the node holds a part.
    pub(crate) draws: Vec<Share>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) read: Vec<FieldRef>,
    pub(crate) request: Option<RequestKey>,
    /// Is it tried first as if no second person were needed?
    pub(crate) tentative: bool,
    /// The rule that forbade it.
    pub(crate) rule: Option<Arc<Rule>>,
    /// What the data plan was last asked for.
    pub(crate) wanted: Option<Wanted>,
}

impl Act {
    /// The entry is about this customer.
    pub(crate) fn about(
        mut self,
        customer: CustomerId,
        interaction: Option<InteractionId>,
        instance: u32,
        keys: Option<Arc<EntryKeys>>,
    ) -> Self {
        self.draft.subject = Some(CustomerBody { customer, interaction, instance, version: 0, n: 0, previous: None });
        self.draft.keys = keys;
        self
    }

    /// The entry tells of somebody, beside who acts.
    pub(crate) fn upon(mut self, person: PersonId) -> Self {
        self.draft.upon = Some(person);
        self
    }

    pub(crate) fn purpose(mut self, purpose: Purpose) -> Self {
        self.draft.purpose = Some(purpose);
        self
    }

    pub(crate) fn field(mut self, field: u16) -> Self {
        self.draft.field = Some(field);
        self
    }

    pub(crate) fn detail(mut self, detail: u64) -> Self {
        self.draft.detail = Some(detail);
        self
    }

    pub(crate) fn when(mut self, condition: Condition) -> Self {
        self.when.push(condition);
        self
    }

    /// On what the plan, and the customer, have agreed to.
    pub(crate) fn agreed(self, agreement: Agreement) -> Self {
        let act = Self { wanted: Some(agreement.wanted), ..self };
        agreement.condition.into_iter().fold(act, Self::when)
    }

    /// The data plan hasn't that today.
    pub(crate) fn unplanned(self, wanted: Wanted) -> Self {
        Self { wanted: Some(wanted), ..self }.when(Condition::Never(Refusal::Unplanned))
    }

    /// Is it clear already that it is refused?
    pub(crate) fn is_stopped(&self) -> bool {
        matches!(self.when.last(), Some(Condition::Never(_)))
    }

    pub(crate) fn spend(mut self, spend: Spend) -> Self {
        self.spend.push(spend);
        self
    }

    pub(crate) fn draw(mut self, shares: impl IntoIterator<Item = Share>) -> Self {
        self.draws.extend(shares);
        self
    }

    /// The same at no cost.
    pub(crate) fn unpaid(self) -> Self {
        Self { spend: Vec::new(), draws: Vec::new(), ..self }
    }

    pub(crate) fn effect(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    pub(crate) fn read(mut self, field: FieldRef) -> Self {
        self.read.push(field);
        self
    }

    fn into_intent(self) -> (Intent, Arc<Draft>) {
        let draft = Arc::new(self.draft);
        draft.half_keys();
        let customer = draft.subject.as_ref().filter(|_| draft.keys.is_some()).map(|subject| subject.customer);
        let scribe: Arc<dyn store::Scribe> = Arc::clone(&draft) as _;
        let intent = Intent {
            tenant: self.tenant,
            request: self.request,
            customer,
            when: self.when,
            spend: self.spend,
            effects: self.effects,
            read: self.read,
            tentative: self.tentative,
            entry: draft.id,
            scribe,
        };
        (intent, draft)
    }
}
