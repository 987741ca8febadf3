//! What a data protection impact assessment is written from (GDPR art. 35 (7)).

use super::{category, measures, purposes};
use crate::entry::{Basis, Entry, Plan, What};
use crate::kind::{Act, Coming, Kind};
use domain::FieldKind;
use serde::Serialize;

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Assessment {
    /// Who answers for the data.
    pub controller: String,
    /// Whose advice is sought.
    pub data_protection_officer: String,
    /// What is done.
    pub processing: Vec<Processing>,
    /// Protections that aren't there yet, and by when they will be.
    pub outstanding: Vec<String>,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Processing {
    /// The entry.
    pub id: String,
    /// (a)
    pub purposes: Vec<String>,
    /// (b): on what ground it is necessary.
    pub lawful_basis: &'static str,
    /// (b): how long.
    pub kept: String,
    /// Is it only planned?
    pub planned: bool,
    /// (c)
    pub risks: Vec<Risk>,
    /// (d)
    pub measures: Vec<String>,
}

/// A reason to look closer, by the criteria of the Article 29 Working Party (WP 248 rev.01).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// It opens accounts, or takes money.
    IdentityTheftOrFinancialLoss,
    /// Free text may hold anything.
    SensitiveData,
    /// What somebody does is watched.
    SystematicMonitoring,
    /// Something is worked out about somebody.
    EvaluationOrScoring,
    /// A technique that is new here.
    InnovativeUse,
    /// The customer's yes is all it rests on.
    RestsOnConsent,
}

impl Assessment {
    /// That of a plan.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let missing = plan.safeguards.iter().filter(|(_, safeguard)| !safeguard.in_place);
        Self {
            controller: plan.head.company.clone(),
            data_protection_officer: plan.head.officer.clone(),
            processing: plan.entries.iter().map(|entry| processing(plan, entry)).collect(),
            outstanding: missing.map(|(id, one)| format!("{id}: {}, by {}", one.words.en, one.ready)).collect(),
        }
    }
}

fn processing(plan: &Plan, entry: &Entry) -> Processing {
    Processing {
        id: category(entry),
        purposes: purposes(plan, entry),
        lawful_basis: entry.basis.slug(),
        kept: format!("{} from {}", entry.keep, entry.after.slug()),
        planned: entry.future,
        risks: risks(plan, entry),
        measures: measures(plan, entry),
    }
}

fn risks(plan: &Plan, entry: &Entry) -> Vec<Risk> {
    let has = |kinds: &[Kind]| plan.kinds(entry).iter().any(|kind| kinds.contains(kind));
    let field = Kind::Field;
    let money = [FieldKind::DateOfBirth, FieldKind::Card, FieldKind::BankAccount].map(field);
    let free = [field(FieldKind::Note), Kind::Coming(Coming::ChatTranscript), Kind::Coming(Coming::Voice)];
    let watched = [Coming::BrowsingBehaviour, Coming::Location].map(Kind::Coming);
    let found = [
        (Risk::IdentityTheftOrFinancialLoss, has(&money)),
        (Risk::SensitiveData, has(&free)),
        (Risk::SystematicMonitoring, has(&watched)),
        (Risk::EvaluationOrScoring, matches!(entry.what, What::Derived { act: Act::Analyse, .. })),
        (Risk::InnovativeUse, entry.future),
        (Risk::RestsOnConsent, entry.basis == Basis::Consent),
    ];
    found.into_iter().filter(|(_, is)| *is).map(|(risk, _)| risk).collect()
}
