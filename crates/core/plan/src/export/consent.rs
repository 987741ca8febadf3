//! A receipt for a customer's yes, or for taking it back, as JSON-LD: ISO/IEC TS 27560 in the words of the Data Privacy
//! Vocabulary, by the profile for GDPR. <https://w3id.org/dpv/guides/consent-27560>

use super::category;
use crate::consent::Question;
use crate::entry::{Origin, Plan};
use crate::words::Language;
use serde::Serialize;
use serde_json::{Value, json};

/// What happened to a yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConsentEvent {
    /// Yes, or taken back?
    pub given: bool,
    /// When, as in RFC 3339.
    pub at: String,
    /// Did the customer say so themselves, here? Otherwise it came with their data.
    pub themselves: bool,
}

/// What a receipt says beside the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentFacts {
    /// Names the receipt.
    pub receipt: String,
    /// Names the record of this customer's answer to this question.
    pub record: String,
    /// Stands for the customer, at this company alone.
    pub customer: String,
    /// When the receipt was made, as in RFC 3339.
    pub created: String,
    /// In which language the customer was asked.
    pub language: Language,
    /// Where the notice is.
    pub notice: String,
    /// Where the yes is taken back.
    pub control: String,
    /// The last thing that happened.
    pub event: ConsentEvent,
}

impl Plan {
    /// The receipt.
    #[must_use]
    pub fn consent_receipt(&self, question: &Question<'_>, facts: &ConsentFacts) -> Value {
        json!({
            "@context": {
                "dpv": "https://w3id.org/dpv#",
                "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
                "loc": "https://w3id.org/dpv/loc#",
                "dct": "http://purl.org/dc/terms/",
                "schema": "https://schema.org/",
            },
            "@type": "dpv:ConsentReceipt",
            "dct:conformsTo": "https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr",
            "dct:identifier": facts.receipt,
            "dct:created": facts.created,
            "dct:publisher": self.head.company,
            "schema:recipient": "dpv:DataSubject",
            "dpv:hasRecordOfActivity": self.consent_record(question, facts),
        })
    }

    fn consent_record(&self, question: &Question<'_>, facts: &ConsentFacts) -> Value {
        let head = &self.head;
        json!({
            "@type": "dpv:ConsentRecord",
            "dct:conformsTo": "https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr",
            "dct:identifier": facts.record,
            "dct:language": facts.language.tag(),
            "dpv:hasDataSubject": { "@type": "dpv:Customer", "dct:identifier": facts.customer },
            "dpv:hasDataController": { "@type": "dpv:DataController", "dpv:hasName": head.company, "dpv:hasContact": head.contact },
            "dpv:hasDataProtectionOfficer": { "@type": "dpv:DataProtectionOfficer", "dpv:hasContact": head.officer },
            "dpv:hasAuthority": { "@type": "dpv:DataProtectionAuthority", "dpv:hasName": head.authority },
            "dpv:hasApplicableLaw": "eu-gdpr:GDPR",
            "dpv:hasJurisdiction": "loc:EU",
            "dpv:hasNotice": { "@type": "dpv:ConsentNotice", "dct:language": facts.language.tag(), "schema:url": facts.notice },
            "dpv:hasConsentControl": { "@type": "dpv:WithdrawConsent", "schema:url": facts.control },
            "dpv:hasRight": ["eu-gdpr:A7-3", "eu-gdpr:A15", "eu-gdpr:A16", "eu-gdpr:A17", "eu-gdpr:A20", "eu-gdpr:A77"],
            "dpv:hasProcess": self.process(question, facts.language),
            "dpv:hasConsentStatus": status(&facts.event),
        })
    }

    fn process(&self, question: &Question<'_>, language: Language) -> Value {
        let entry = question.entry;
        let purpose = self.purpose(question.purpose).map(|words| words.said(language).to_owned());
        let helpers = entry.sub_processors.iter().filter_map(|id| self.sub_processors.get(id));
        let helpers: Vec<Value> = helpers
            .map(|one| json!({ "@type": "dpv:DataProcessor", "dpv:hasName": one.name, "dpv:hasLocation": format!("loc:{}", one.country) }))
            .collect();
        let data: Vec<Value> = self
            .kinds(entry)
            .iter()
            .map(|kind| json!({ "@type": "dpv:PersonalData", "dct:identifier": kind.slug(), "dct:title": kind.words().said(language) }))
            .collect();
        json!({
            "@type": "dpv:Process",
            "dct:identifier": entry.id,
            "dct:title": entry.words.said(language),
            "dct:description": category(entry),
            "dpv:hasLegalBasis": "eu-gdpr:A6-1-a",
            "dpv:hasPurpose": { "@type": "dpv:Purpose", "dct:identifier": question.purpose, "dct:title": purpose },
            "dpv:hasPersonalData": data,
            "dpv:hasDataSource": source(entry.origin),
            "dpv:hasRecipient": helpers,
            "dpv:hasStorageCondition": {
                "@type": "dpv:StorageCondition",
                "dpv:hasDuration": format!("{} after {}", entry.keep, entry.after.slug()),
                // The plan doesn't say where the controller's machines stand.
                "dpv:hasLocation": "where the controller keeps its records",
            },
        })
    }
}

fn status(event: &ConsentEvent) -> Value {
    json!({
        "@type": if event.given { "dpv:ConsentGiven" } else { "dpv:ConsentWithdrawn" },
        "dpv:isIndicatedAtTime": event.at,
        "dpv:isIndicatedBy": "dpv:DataSubject",
        "dpv:hasIndicationMethod": if event.themselves { "on the customer's own page" } else { "to the company, before its data came here" },
    })
}

fn source(origin: Origin) -> &'static str {
    match origin {
        Origin::Customer | Origin::Device => "dpv:DataSubjectDataSource",
        Origin::Company | Origin::Staff | Origin::Derived => "dpv:DataControllerDataSource",
    }
}
