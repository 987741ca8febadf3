//! What is in force, as a partner pack has it: of people it says roles, of customers nothing.

use domain::{FieldKind, Role};
use plan::{Entry, Language, Plan, What};

use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;
use vault::{Assurance, HolderHealth, PolicyAct as Act, RulesProof, Settings};

/// What is in force at this moment.
#[derive(Serialize, ToSchema)]
pub(crate) struct PackState {
    #[schema(format = DateTime)]
    at: String,
    tenant: String,
    /// The name under which the log signs.
    origin: String,
    /// The program's version.
    program: &'static str,
    governing: PackGoverning,
    proof: PackProof,
    rules: Vec<PackRule>,
    /// Who may be shown which field in a live interaction, for which purposes, by the rules: field, role, purposes.
    #[schema(value_type = BTreeMap<String, BTreeMap<String, Vec<String>>>)]
    sees: BTreeMap<&'static str, BTreeMap<&'static str, BTreeSet<&'static str>>>,
    /// Fields that nobody is shown without a second person.
    #[schema(value_type = Vec<String>)]
    second_person: BTreeSet<&'static str>,
    /// What else each role may do, by the rules.
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    acts: BTreeMap<&'static str, BTreeSet<&'static str>>,
    plan: PackPlan,
    settings: PackSettings,
    /// All limits, in TOML.
    limits: String,
    log: PackLog,
    keys: PackKeys,
    /// Kinds of alarms that stand.
    alarms: Vec<&'static str>,
    /// How many drills' results were edited in the database.
    edited_results: usize,
}

/// Who decides over power.
#[derive(Serialize, ToSchema)]
pub(crate) struct PackGoverning {
    /// The version of people and rules.
    version: u64,
    /// Are people and rights what the key holder sealed, and can all of it be used?
    sound: bool,
    /// Do officers with passkeys decide? Otherwise whoever runs the machine does.
    officers: bool,
    rules_signed: bool,
    limits_signed: bool,
    plan_signed: bool,
    settings_signed: bool,
    /// How many must sign who gets power.
    signatures: usize,
    /// How long what lets more happen waits, in seconds.
    widening_waits_s: i64,
}

/// What was proved of the rules.
#[derive(Serialize, ToSchema)]
pub(crate) struct PackProof {
    /// proved, refuted or unknown.
    #[schema(pattern = "^(proved|refuted|unknown)$")]
    status: &'static str,
    #[schema(format = DateTime)]
    at: Option<String>,
}

/// A rule, or what no change of rules may permit.
#[derive(Serialize, ToSchema)]
pub(crate) struct PackRule {
    id: String,
    #[schema(pattern = "^(permit|forbid)$")]
    effect: &'static str,
    says: String,
}

/// The data plan.
#[derive(Serialize, ToSchema)]
pub(crate) struct PackPlan {
    company: String,
    entries: Vec<PackPlanEntry>,
    sub_processors: Vec<PackSubProcessor>,
    sub_processor_count: usize,
    safeguards: Vec<PackSafeguard>,
    /// The whole plan, in TOML.
    text: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PackPlanEntry {
    id: String,
    /// What a customer reads it as.
    says: String,
    /// A kind of data, or a use of it.
    what: &'static str,
    #[schema(value_type = Vec<String>)]
    purposes: BTreeSet<String>,
    basis: &'static str,
    keep: String,
    after: &'static str,
    #[schema(value_type = Vec<String>)]
    roles: BTreeSet<&'static str>,
    suite: String,
    mask: &'static str,
    starts: String,
    ends: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PackSubProcessor {
    name: String,
    country: String,
    does: String,
    safeguard: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PackSafeguard {
    id: String,
    says: String,
    in_place: bool,
}

/// Settings that say something to a partner; no addresses.
#[derive(Serialize, ToSchema)]
pub(crate) struct PackSettings {
    remask_s: u32,
    probation_days: u16,
    idle_minutes: u32,
    tokens_sign_in: bool,
    requests_signed_by_browser: bool,
    serving_idle_minutes: u32,
    closes_every_s: u32,
    codes_by_courier: bool,
    letters_by_mail: bool,
    identity_providers: usize,
    event_sources: usize,
}

/// The log.
#[derive(Serialize, ToSchema)]
pub(crate) struct PackLog {
    /// Entries in the newest signed checkpoint.
    size: u64,
    /// As `GET /v1/log/status` says it.
    state: &'static str,
    quorum: usize,
    witnesses: Vec<String>,
    /// The witnesses' verifier keys.
    witness_keys: Vec<String>,
    /// What happens while witnesses are missing.
    when_missing: Option<&'static str>,
    /// Was it ever closed?
    closed: bool,
    #[schema(format = DateTime)]
    closed_at: Option<String>,
}

/// Where keys are.
#[derive(Serialize, ToSchema)]
pub(crate) struct PackKeys {
    /// embedded, serving, sealed or unreachable.
    holder: &'static str,
    /// How many custodians it takes to open the root key; 0 where it isn't among custodians.
    custodians_needed: u8,
    custodians: usize,
    /// Does the root key also lie in a file? None where the holder doesn't tell.
    root_file: Option<bool>,
    /// How many keys the separate holder releases in an hour, to all and to one person.
    #[schema(value_type = Option<Vec<u32>>)]
    per_hour: Option<[u32; 2]>,
}

impl PackState {
    pub(crate) fn of(all: &Assurance) -> Self {
        let Assurance { tenant, settings, planned, witnesses, .. } = all;
        let seen = Seen::of(all);
        Self {
            at: all.at.to_string(),
            tenant: tenant.slug.clone(),
            origin: tenant.origin.clone(),
            program: env!("CARGO_PKG_VERSION"),
            governing: governing(all),
            proof: proof(all),
            rules: all.rules.iter().map(rule).collect(),
            sees: seen.sees,
            second_person: seen.second,
            acts: seen.acts,
            plan: plan(planned.plan(), planned.text()),
            settings: self::settings(settings),
            limits: all.limits.clone(),
            log: PackLog {
                size: witnesses.size,
                state: super::log_status::state(witnesses),
                quorum: witnesses.quorum,
                witnesses: witnesses.witnesses.iter().map(|one| one.name.clone()).collect(),
                witness_keys: keys_of(settings),
                when_missing: witnesses.when_missing.map(super::log_status::when_missing),
                closed: all.closed.is_some(),
                closed_at: all.closed.map(|at| at.to_string()),
            },
            keys: keys(&all.holder),
            alarms: all.alarms.iter().map(|kind| kind.slug()).collect(),
            edited_results: all.posture.edited,
        }
    }
}

/// By the rules.
#[derive(Default)]
struct Seen {
    sees: BTreeMap<&'static str, BTreeMap<&'static str, BTreeSet<&'static str>>>,
    second: BTreeSet<&'static str>,
    acts: BTreeMap<&'static str, BTreeSet<&'static str>>,
}

impl Seen {
    fn of(all: &Assurance) -> Self {
        let mut seen = Self::default();
        let mut alone = BTreeSet::new();
        seen.sees.extend(FieldKind::ALL.map(|field| (field.slug(), BTreeMap::new())));
        for (role, granted) in &all.granted {
            let acts: &mut BTreeSet<&'static str> = seen.acts.entry(role.slug()).or_default();
            for one in granted.iter().flat_map(|granted| &granted.acts) {
                if let Act::Reveal(field, purpose) = one.act {
                    let by: &mut BTreeMap<_, BTreeSet<_>> = seen.sees.entry(field.slug()).or_default();
                    by.entry(role.slug()).or_default().insert(purpose.slug());
                    alone.extend(one.alone.then_some(field.slug()));
                } else {
                    acts.insert(one.act.slug());
                }
            }
        }
        let shown = seen.sees.iter().filter(|(_, roles)| !roles.is_empty()).map(|(field, _)| *field);
        seen.second = shown.filter(|field| !alone.contains(field)).collect();
        seen
    }
}

fn governing(all: &Assurance) -> PackGoverning {
    PackGoverning {
        version: all.version,
        sound: all.sound,
        officers: all.governed,
        rules_signed: all.signed.rules,
        limits_signed: all.signed.limits,
        plan_signed: all.signed.plan,
        settings_signed: all.signed.settings,
        signatures: all.signatures.unwrap_or(0),
        widening_waits_s: all.widening_waits_ms / 1_000,
    }
}

pub(crate) fn proof(all: &Assurance) -> PackProof {
    let status = all.proved.as_ref().map_or("unknown", |found| match found.proof {
        RulesProof::Proved => "proved",
        RulesProof::Refuted(_) => "refuted",
        RulesProof::Unknown(_) => "unknown",
    });
    PackProof { status, at: all.proved.as_ref().map(|found| found.at.to_string()) }
}

impl PackProof {
    pub(crate) fn status(&self) -> &'static str {
        self.status
    }
}

fn rule(told: &vault::Told) -> PackRule {
    let effect = if told.forbids { "forbid" } else { "permit" };
    PackRule { id: told.id.clone(), effect, says: told.says.clone() }
}

fn plan(plan: &Plan, text: &str) -> PackPlan {
    let entry = |entry: &Entry| PackPlanEntry {
        id: entry.id.clone(),
        says: entry.words.said(Language::English).to_owned(),
        what: match &entry.what {
            What::Data(kind) => kind.slug(),
            What::Derived { act, .. } => act.slug(),
        },
        purposes: entry.purposes.clone(),
        basis: entry.basis.slug(),
        keep: entry.keep.to_string(),
        after: entry.after.slug(),
        roles: entry.roles.iter().map(|role: &Role| role.slug()).collect(),
        suite: entry.protection.suite.to_string(),
        mask: entry.protection.mask.slug(),
        starts: entry.dates.starts.to_string(),
        ends: entry.dates.ends.to_string(),
    };
    let sub = plan.sub_processors.values().map(|one| PackSubProcessor {
        name: one.name.said(Language::English).to_owned(),
        country: one.country.clone(),
        does: one.does.said(Language::English).to_owned(),
        safeguard: one.safeguard.as_ref().map(|words| words.said(Language::English).to_owned()),
    });
    let safeguards = plan.safeguards.iter().map(|(id, one)| PackSafeguard {
        id: id.clone(),
        says: one.words.said(Language::English).to_owned(),
        in_place: one.in_place,
    });
    PackPlan {
        company: plan.head.company.clone(),
        entries: plan.entries.iter().filter(|entry| !entry.future).map(entry).collect(),
        sub_processor_count: plan.sub_processors.len(),
        sub_processors: sub.collect(),
        safeguards: safeguards.collect(),
        text: text.to_owned(),
    }
}

fn settings(settings: &Settings) -> PackSettings {
    let Settings { remask_s, probation_days, interactions, sign_in, closes, parties, .. } = settings;
    PackSettings {
        remask_s: *remask_s,
        probation_days: *probation_days,
        idle_minutes: interactions.idle_minutes,
        tokens_sign_in: sign_in.tokens,
        requests_signed_by_browser: sign_in.bound,
        serving_idle_minutes: sign_in.serving_idle_minutes,
        closes_every_s: closes.every_s,
        codes_by_courier: parties.courier.is_some(),
        letters_by_mail: parties.mail.is_some(),
        identity_providers: parties.identity_providers.len(),
        event_sources: parties.event_sources.len(),
    }
}

/// `URL KEY…` without the address.
fn keys_of(settings: &Settings) -> Vec<String> {
    let places = settings.parties.witnesses.places.iter();
    places.flat_map(|place| place.split(' ').skip(1).map(str::to_owned)).collect()
}

fn keys(holder: &HolderHealth) -> PackKeys {
    let ceremony = holder.ceremony().filter(|ceremony| !ceremony.id.is_empty());
    let per_hour = match holder {
        HolderHealth::Serving(apart) => Some([apart.tenant_per_hour, apart.person_per_hour]),
        _ => None,
    };
    PackKeys {
        holder: holder.slug(),
        custodians_needed: ceremony.map_or(0, |ceremony| ceremony.needed),
        custodians: ceremony.map_or(0, |ceremony| ceremony.custodians.len()),
        root_file: ceremony.map(|ceremony| ceremony.root_file),
        per_hour,
    }
}
