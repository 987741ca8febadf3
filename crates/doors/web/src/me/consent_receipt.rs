//! A receipt for a customer's yes, or for taking it back, as JSON-LD: ISO/IEC TS 27560 in the words of the Data Privacy
//! Vocabulary, by the profile for GDPR. <https://w3id.org/dpv/guides/consent-27560>

use plan::{Language, Origin, Plan, Question, What};
use serde_json::{Value, json};

/// What happened to a yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConsentEvent {
    /// Yes, or taken back?
    pub(super) given: bool,
    /// When, as in RFC 3339.
    pub(super) at: String,
    /// Did the customer say so themselves, here? Otherwise it came with their data.
    pub(super) themselves: bool,
}

/// What a receipt says beside the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConsentFacts {
    /// Names the receipt.
    pub(super) receipt: String,
    /// Names the record of this customer's answer to this question.
    pub(super) record: String,
    /// Stands for the customer, at this company alone.
    pub(super) customer: String,
    /// When the receipt was made, as in RFC 3339.
    pub(super) created: String,
    /// In which language the customer was asked.
    pub(super) language: Language,
    /// Where the notice is.
    pub(super) notice: String,
    /// Where the yes is taken back.
    pub(super) control: String,
    /// The last thing that happened.
    pub(super) event: ConsentEvent,
}

/// The receipt.
pub(super) fn receipt(plan: &Plan, question: &Question<'_>, facts: &ConsentFacts) -> Value {
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
        "dct:publisher": plan.head.company,
        "schema:recipient": "dpv:DataSubject",
        "dpv:hasRecordOfActivity": record(plan, question, facts),
    })
}

fn record(plan: &Plan, question: &Question<'_>, facts: &ConsentFacts) -> Value {
    let head = &plan.head;
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
        "dpv:hasProcess": process(plan, question, facts.language),
        "dpv:hasConsentStatus": status(&facts.event),
    })
}

fn process(plan: &Plan, question: &Question<'_>, language: Language) -> Value {
    let entry = question.entry;
    let purpose = plan.purpose(question.purpose).map(|words| words.said(language).to_owned());
    let helpers = entry.sub_processors.iter().filter_map(|id| plan.sub_processors.get(id));
    let helpers: Vec<Value> = helpers
            .map(|one| json!({ "@type": "dpv:DataProcessor", "dpv:hasName": one.name.said(language), "dpv:hasLocation": format!("loc:{}", one.country) }))
            .collect();
    let data: Vec<Value> = plan
            .kinds(entry)
            .iter()
            .map(|kind| json!({ "@type": "dpv:PersonalData", "dct:identifier": kind.slug(), "dct:title": kind.words().said(language) }))
            .collect();
    json!({
        "@type": "dpv:Process",
        "dct:identifier": entry.id,
        "dct:title": entry.words.said(language),
        "dct:description": made_of(entry),
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

/// What is held, or done with it.
fn made_of(entry: &plan::Entry) -> &'static str {
    match &entry.what {
        What::Data(kind) => kind.slug(),
        What::Derived { act, .. } => act.slug(),
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

#[cfg(test)]
mod tests {
    use super::{ConsentEvent, ConsentFacts};
    use plan::{Language, Plan};

    #[test]
    fn a_receipt_says_what_27560_wants() {
        let text = plan::DEFAULT.replace("basis = \"contract\"", "basis = \"consent\"");
        // The plan that we come with, with all that rests on the contract resting on consent but what can't.
        let text = text.split("[[derived]]").next().unwrap().to_owned();
        let plan = Plan::parse(&text).unwrap();
        let day = plan::Date::constant(2026, 6, 1);
        let question = plan.questions(day).find(|one| one.entry.id == "phone").unwrap();
        let facts = ConsentFacts {
            receipt: "r-1".to_owned(),
            record: "r".to_owned(),
            customer: "c".to_owned(),
            created: "2026-06-01T00:00:00Z".to_owned(),
            language: Language::German,
            notice: "https://a.example/notice".to_owned(),
            control: "https://a.example/me".to_owned(),
            event: ConsentEvent { given: true, at: "2026-05-31T00:00:00Z".to_owned(), themselves: true },
        };
        let receipt = super::receipt(&plan, &question, &facts);
        let record = &receipt["dpv:hasRecordOfActivity"];
        for (part, names) in [
            (&receipt, &["@context", "@type", "dct:conformsTo", "dct:identifier", "dct:created", "dct:publisher"][..]),
            (
                record,
                &[
                    "dct:conformsTo",
                    "dct:identifier",
                    "dct:language",
                    "dpv:hasDataSubject",
                    "dpv:hasNotice",
                    "dpv:hasDataController",
                    "dpv:hasJurisdiction",
                    "dpv:hasConsentControl",
                    "dpv:hasConsentStatus",
                    "dpv:hasProcess",
                ],
            ),
            (
                &record["dpv:hasProcess"],
                &[
                    "dpv:hasPurpose",
                    "dpv:hasPersonalData",
                    "dpv:hasRecipient",
                    "dpv:hasStorageCondition",
                    "dpv:hasLegalBasis",
                ],
            ),
        ] {
            for name in names {
                assert!(!part[*name].is_null(), "{name}");
            }
        }
        assert_eq!(record["dpv:hasConsentStatus"]["@type"], "dpv:ConsentGiven");
        assert_eq!(record["dpv:hasProcess"]["dpv:hasPurpose"]["dct:identifier"], "callback");
        let back = ConsentFacts { event: ConsentEvent { given: false, ..facts.event.clone() }, ..facts };
        let receipt = super::receipt(&plan, &question, &back);
        assert_eq!(receipt["dpv:hasRecordOfActivity"]["dpv:hasConsentStatus"]["@type"], "dpv:ConsentWithdrawn");
    }
}
