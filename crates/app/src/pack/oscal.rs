//! The same in OSCAL 1.2.1 (NIST): what the program has for which requirement, and what drills showed of it.
//!
//! Requirements are of catalogues that aren't published in OSCAL; so they are named by framework and number, as one token
//! (`pci-dss-4.0.1_7.2.2`), and a property has the number as it is printed.

use super::Part;
use super::drilled::Drilled;
use super::manifest::hash;
use crate::failure::Failure;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const VERSION: &str = "1.2.1";
const NAMESPACE: &str = "https://ringfence.dev/ns/oscal";

/// Where frameworks are published: `name as drills have it`, address.
const SOURCES: [(&str, &str); 6] = [
    ("PCI DSS 4.0.1", "https://www.pcisecuritystandards.org/document_library/"),
    ("GDPR", "https://eur-lex.europa.eu/eli/reg/2016/679/oj"),
    ("ISO/IEC 27001:2022", "https://www.iso.org/standard/27001"),
    ("ISO/IEC 27701:2019", "https://www.iso.org/standard/71670.html"),
    (
        "SOC 2",
        "https://www.aicpa-cima.com/resources/download/2017-trust-services-criteria-with-revised-points-of-focus-2022",
    ),
    ("CCM 4", "https://cloudsecurityalliance.org/artifacts/cloud-controls-matrix-v4"),
];

/// What both documents are made of.
pub(super) struct Told<'a> {
    pub(super) drilled: &'a [Drilled],
    pub(super) nonce: &'a [u8; 32],
    pub(super) at: &'a str,
    pub(super) company: &'a str,
}

/// A name within this pack: a UUID (RFC 9562, version 5's form) from a hash of what it names.
fn uuid(nonce: &[u8; 32], what: &str) -> String {
    let hashed = hash(&[nonce.as_slice(), what.as_bytes()].concat());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hashed[..16]);
    bytes[6] = 0x50 | bytes[6] & 0x0f;
    bytes[8] = 0x80 | bytes[8] & 0x3f;
    let hex = crate::log::hex(&bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// A requirement as OSCAL takes it: a token. `PCI DSS 4.0.1 7.2.2` is `pci-dss-4.0.1_7.2.2`.
fn token(control: &str) -> String {
    let framework = SOURCES.iter().map(|(name, _)| *name).find(|name| control.starts_with(name)).unwrap_or_default();
    let fits = |letter: char| if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' };
    let plain = |text: &str| text.trim().to_ascii_lowercase().chars().map(fits).collect::<String>();
    let number = plain(&control[framework.len()..]);
    format!("{}_{}", plain(framework), number.trim_end_matches('-'))
}

/// Each requirement with the drills that are evidence for it.
fn requirements(drilled: &[Drilled]) -> BTreeMap<&str, Vec<&Drilled>> {
    let mut found: BTreeMap<&str, Vec<&Drilled>> = BTreeMap::new();
    for one in drilled {
        for control in &one.controls {
            found.entry(control).or_default().push(one);
        }
    }
    found
}

fn metadata(told: &Told<'_>, title: &str) -> Value {
    json!({
        "title": title, "last-modified": told.at, "version": env!("CARGO_PKG_VERSION"), "oscal-version": VERSION,
    })
}

fn printed(control: &str) -> Value {
    json!([{"name": "label", "ns": NAMESPACE, "value": control}])
}

impl Told<'_> {
    fn id(&self, what: &str) -> String {
        uuid(self.nonce, what)
    }

    /// What the program has, requirement by requirement.
    fn component_definition(&self) -> Value {
        let implemented = |(name, source): &(&str, &str)| {
            let all = requirements(self.drilled).into_iter().filter(|(control, _)| control.starts_with(name));
            let requirements: Vec<Value> = all.map(|(control, drills)| self.requirement(control, &drills)).collect();
            (!requirements.is_empty()).then(|| {
                json!({
                    "uuid": self.id(&format!("implementation {name}")), "source": source,
                    "description": format!("What is attacked here as evidence for {name}."),
                    "implemented-requirements": requirements,
                })
            })
        };
        json!({"component-definition": {
            "uuid": self.id("component-definition"),
            "metadata": metadata(self, "Ringfence: what guards customers' data in a contact centre"),
            "components": [{
                "uuid": self.id("component"), "type": "software", "title": "Ringfence",
                "description": "Serves customers of a contact centre without anybody holding their data: no value is shown without a live \
                    ground, a right, an allowance and a durable entry in a log that can be checked.",
                "control-implementations": SOURCES.iter().filter_map(implemented).collect::<Vec<_>>(),
            }],
        }})
    }

    fn requirement(&self, control: &str, drills: &[&Drilled]) -> Value {
        let names = drills.iter().map(|one| one.drill.as_str()).collect::<Vec<_>>().join(", ");
        json!({
            "uuid": self.id(&format!("requirement {control}")), "control-id": token(control), "props": printed(control),
            "description": format!("Attacked by the drills {names}; each has a negative control."),
        })
    }

    /// What drills showed.
    fn assessment_results(&self) -> Value {
        let requirements = requirements(self.drilled);
        let ends = self.drilled.iter().map(|one| one.at.as_str());
        let (start, end) = (ends.clone().min().unwrap_or(self.at), ends.max().unwrap_or(self.at));
        let chosen: Vec<Value> = requirements.keys().map(|control| json!({"control-id": token(control)})).collect();
        let findings: Vec<Value> = requirements.iter().map(|(control, drills)| self.finding(control, drills)).collect();
        let plan = self.id("plan");
        json!({"assessment-results": {
            "uuid": self.id("assessment-results"),
            "metadata": metadata(self, &format!("What attacks on {} showed", self.company)),
            "import-ap": {"href": format!("#{plan}")},
            "results": [{
                "uuid": self.id("result"), "title": "Drills for a buyer's nonce",
                "description": "Every attack that the program knows, each carried out twice: without and with what the attacker lacks.",
                "start": start, "end": end,
                "local-definitions": {"components": [{
                    "uuid": self.id("component"), "type": "software", "title": "Ringfence",
                    "description": "The deployment that was attacked.", "status": {"state": "operational"},
                }]},
                "reviewed-controls": {"control-selections": [{"include-controls": chosen}]},
                "observations": self.drilled.iter().map(|one| self.observation(one)).collect::<Vec<_>>(),
                "findings": findings,
            }],
            "back-matter": {"resources": [{
                "uuid": plan, "title": "The drills",
                "description": "The plan of this assessment is the program's own list of drills: drills.json beside this file.",
                "rlinks": [{"href": "../drills.json", "media-type": "application/json"}],
            }]},
        }})
    }

    fn observation(&self, one: &Drilled) -> Value {
        json!({
            "uuid": self.id(&format!("observation {}", one.drill)), "title": one.drill,
            "description": format!("{} The attacker lacks {}.", one.tries, one.lacks),
            "props": [
                {"name": "verdict", "ns": NAMESPACE, "value": one.verdict},
                {"name": "where", "ns": NAMESPACE, "value": one.r#where},
                {"name": "log-place", "ns": NAMESPACE, "value": one.place.to_string()},
            ],
            "methods": ["TEST"], "types": ["control-objective"],
            "subjects": [{"subject-uuid": self.id("component"), "type": "component"}],
            "collected": one.at, "expires": one.until,
            "relevant-evidence": [{"href": "../drills.json", "description": "The result with its entry in the log, opened."}],
            "remarks": one.said,
        })
    }

    fn finding(&self, control: &str, drills: &[&Drilled]) -> Value {
        let held = drills.iter().all(|one| one.held());
        let related = |one: &&Drilled| json!({"observation-uuid": self.id(&format!("observation {}", one.drill))});
        json!({
            "uuid": self.id(&format!("finding {control}")), "title": control,
            "description": format!("{} of {} attacks were refused.", drills.iter().filter(|one| one.held()).count(), drills.len()),
            "target": {
                "type": "objective-id", "target-id": token(control), "props": printed(control),
                "status": {"state": if held { "satisfied" } else { "not-satisfied" }},
            },
            "related-observations": drills.iter().map(related).collect::<Vec<_>>(),
        })
    }

    /// Both documents.
    pub(super) fn parts(&self) -> Result<[Part; 2], Failure> {
        Ok([
            Part::json("oscal/assessment-results.json", &self.assessment_results())?,
            Part::json("oscal/component-definition.json", &self.component_definition())?,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn requirements_are_tokens_and_no_two_are_one() {
        assert_eq!(token("PCI DSS 4.0.1 7.2.2"), "pci-dss-4.0.1_7.2.2");
        assert_eq!(token("GDPR 25(2)"), "gdpr_25-2");
        assert_eq!(token("ISO/IEC 27001:2022 A.8.3"), "iso-iec-27001-2022_a.8.3");
        let controls: BTreeSet<String> =
            drills::all().flat_map(|drill| drill.controls).map(ToString::to_string).collect();
        let tokens: BTreeSet<String> = controls.iter().map(|control| token(control)).collect();
        assert_eq!(tokens.len(), controls.len());
        let known = |control: &String| SOURCES.iter().any(|(name, _)| control.starts_with(name));
        assert!(controls.iter().all(known), "{controls:?}");
        for token in tokens {
            let letter = |letter: char| letter.is_ascii_alphanumeric() || ".-_".contains(letter);
            assert!(
                token.starts_with(|first: char| first.is_ascii_alphabetic()) && token.chars().all(letter),
                "{token}"
            );
        }
    }

    #[test]
    fn names_are_uuids_of_this_pack() {
        let one = uuid(&[1; 32], "plan");
        assert_eq!((one.len(), &one[14..15]), (36, "5"));
        assert!(matches!(&one[19..20], "8" | "9" | "a" | "b"));
        assert_ne!(one, uuid(&[2; 32], "plan"));
    }
}
