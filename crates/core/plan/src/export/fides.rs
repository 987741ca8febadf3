//! A plan in the words of the Fides language: one system with its privacy declarations, and one dataset.
//! <https://github.com/IABTechLab/fideslang>

use super::purposes;
use crate::entry::{Basis, Entry, Plan, What};
use crate::kind::{Act, Coming, Kind};
use domain::{FieldKind, Purpose};
use serde::Serialize;
use std::collections::BTreeSet;

/// What one file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fides {
    /// One.
    pub system: Vec<System>,
    /// One.
    pub dataset: Vec<Dataset>,
}

/// The system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct System {
    /// Names it.
    pub fides_key: &'static str,
    /// To be read.
    pub name: String,
    /// In a sentence.
    pub description: String,
    /// Which sort.
    pub system_type: &'static str,
    /// One for each entry and use.
    pub privacy_declarations: Vec<Declaration>,
}

/// What is done with which data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Declaration {
    /// Names it.
    pub name: String,
    /// Of which categories.
    pub data_categories: Vec<&'static str>,
    /// What for.
    pub data_use: &'static str,
    /// Whose.
    pub data_subjects: [&'static str; 1],
    /// On what ground.
    pub legal_basis_for_processing: &'static str,
    /// How long, in days.
    pub retention_period: String,
    /// Which datasets.
    pub dataset_references: [&'static str; 1],
}

/// The data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dataset {
    /// Names it.
    pub fides_key: &'static str,
    /// To be read.
    pub name: &'static str,
    /// In a sentence.
    pub description: &'static str,
    /// One.
    pub collections: [Collection; 1],
}

/// What a record is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Collection {
    /// To be read.
    pub name: &'static str,
    /// One for each kind.
    pub fields: Vec<Field>,
}

/// One kind of data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Field {
    /// The kind.
    pub name: &'static str,
    /// What it is for customers.
    pub description: String,
    /// Of which categories.
    pub data_categories: [&'static str; 1],
}

const DATASET: &str = "ringfence_records";

impl Fides {
    /// A plan's: of data that is there, not of what is looked ahead to.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let present: Vec<&Entry> = plan.entries.iter().filter(|entry| !entry.future).collect();
        let declarations = present.iter().flat_map(|entry| declarations(plan, entry)).collect();
        let fields = present.iter().filter_map(|entry| match entry.what {
            What::Data(kind) => Some(Field {
                name: kind.slug(),
                description: entry.words.en.clone(),
                data_categories: [category(kind)],
            }),
            What::Derived { .. } => None,
        });
        let collection = Collection { name: "customer", fields: fields.collect() };
        let dataset = Dataset {
            fides_key: DATASET,
            name: "Customer records",
            description: "Sealed value by value; shown masked.",
            collections: [collection],
        };
        let system = System {
            fides_key: "ringfence",
            name: format!("Customer service of {}", plan.head.company),
            description: "Serves customers without staff holding their data.".to_owned(),
            system_type: "Service",
            privacy_declarations: declarations,
        };
        Self { system: vec![system], dataset: vec![dataset] }
    }
}

/// One for each use of the Fides language that the entry's purposes come to.
fn declarations(plan: &Plan, entry: &Entry) -> Vec<Declaration> {
    let categories: BTreeSet<&'static str> = plan.kinds(entry).into_iter().map(category).collect();
    let uses: BTreeSet<&'static str> = entry.purposes.iter().map(|slug| data_use(plan, entry, slug)).collect();
    let told = purposes(plan, entry).join("; ");
    let declare = |data_use| Declaration {
        name: format!("{}: {told}", entry.id),
        data_categories: categories.iter().copied().collect(),
        data_use,
        data_subjects: ["customer"],
        legal_basis_for_processing: basis(entry.basis),
        retention_period: entry.keep.days().to_string(),
        dataset_references: [DATASET],
    };
    uses.into_iter().map(declare).collect()
}

fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Consent => "Consent",
        Basis::Contract => "Contract",
        Basis::LegalObligation => "Legal obligations",
        Basis::VitalInterests => "Vital interests",
        Basis::PublicTask => "Public interest",
        Basis::LegitimateInterests => "Legitimate interests",
    }
}

fn data_use(plan: &Plan, entry: &Entry, slug: &str) -> &'static str {
    match Purpose::from_slug(slug) {
        Some(Purpose::Payment) => "essential.service.payment_processing",
        Some(Purpose::Verification) => "essential.service.authentication",
        Some(Purpose::Callback | Purpose::Complaint | Purpose::Correction) => "essential.service.operations.support",
        Some(Purpose::Correspondence) => "essential.service.notifications",
        Some(Purpose::Delivery) => "essential.service.operations",
        None => plan.fides.get(slug).copied().unwrap_or_else(|| own_use(entry, slug)),
    }
}

/// A purpose of the plan's own, of which the plan doesn't say what it is in the Fides language: told by its name and by what is
/// done. Never as essential, which only the author can know.
fn own_use(entry: &Entry, slug: &str) -> &'static str {
    let named = |(part, _): &&(&str, &'static str)| slug.contains(part);
    match (NAMED.iter().find(named), &entry.what) {
        (Some((_, key)), _) => key,
        (None, What::Derived { act: Act::Analyse, .. }) => "analytics",
        (None, What::Derived { .. }) => "functional.service",
        // Held "for another purpose which has not yet been expressly defined".
        (None, What::Data(_)) => "collect",
    }
}

/// What a part of a purpose's name tells.
const NAMED: [(&str, &str); 6] = [
    ("marketing", "marketing"),
    ("advert", "marketing.advertising"),
    ("newsletter", "marketing.communications"),
    ("recommend", "personalize"),
    ("personali", "personalize"),
    ("improve", "functional.service.improve"),
];

/// The data uses of the Fides language that a plan may say a purpose is (its `data_files/data_uses.csv`, from 2.0.0 on), but for those
/// of employees.
pub(crate) const DATA_USES: [&str; 36] = [
    "analytics",
    "analytics.reporting",
    "analytics.reporting.campaign_insights",
    "analytics.reporting.system",
    "collect",
    "essential",
    "essential.fraud_detection",
    "essential.legal_obligation",
    "essential.service",
    "essential.service.authentication",
    "essential.service.notifications",
    "essential.service.operations",
    "essential.service.operations.improve",
    "essential.service.operations.support",
    "essential.service.payment_processing",
    "essential.service.security",
    "finance",
    "functional",
    "functional.service",
    "functional.service.improve",
    "functional.storage",
    "marketing",
    "marketing.advertising",
    "marketing.advertising.first_party",
    "marketing.advertising.profiling",
    "marketing.advertising.third_party",
    "marketing.communications",
    "operations",
    "personalize",
    "personalize.content",
    "personalize.profiling",
    "personalize.system",
    "sales",
    "third_party_sharing",
    "third_party_sharing.legal_obligation",
    "train_ai_system",
];

fn category(kind: Kind) -> &'static str {
    match kind {
        Kind::Field(FieldKind::Name) => "user.name",
        Kind::Field(FieldKind::PostalAddress) => "user.contact.address",
        Kind::Field(FieldKind::Phone) => "user.contact.phone_number",
        Kind::Field(FieldKind::Email) => "user.contact.email",
        Kind::Field(FieldKind::DateOfBirth) => "user.demographic.date_of_birth",
        Kind::Field(FieldKind::Card) => "user.financial.credit_card",
        Kind::Field(FieldKind::BankAccount) => "user.financial.bank_account",
        Kind::Field(FieldKind::Order) => "user.behavior.purchase_history",
        Kind::Field(FieldKind::Preference) => "user",
        Kind::Field(FieldKind::Note) | Kind::Coming(Coming::ChatTranscript | Coming::Images) => "user.content.private",
        Kind::Coming(Coming::BrowsingBehaviour) => "user.behavior.browsing_history",
        Kind::Coming(Coming::Voice) => "user.biometric",
        Kind::Coming(Coming::Location) => "user.location",
    }
}
