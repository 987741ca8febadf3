//! A record of processing activities (GDPR art. 30).

use super::{category, measures, purposes};
use crate::entry::{Entry, Plan};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt;

/// The whole record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Art. 30 (1) (a).
    pub controller: String,
    /// Its address for questions.
    pub contact: String,
    /// The data protection officer.
    pub data_protection_officer: String,
    /// One for each entry of the plan.
    pub activities: Vec<Activity>,
}

/// One activity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Activity {
    /// The entry.
    pub id: String,
    /// (b)
    pub purposes: Vec<String>,
    /// GDPR art. 6.
    pub lawful_basis: &'static str,
    /// Which law, or which interest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
    /// (c)
    pub data_subjects: &'static str,
    /// (c)
    pub data_categories: Vec<String>,
    /// Where it comes from.
    pub source: &'static str,
    /// Who answers for it.
    pub owner: String,
    /// (d), within the company.
    pub roles: Vec<&'static str>,
    /// (d), outside of it.
    pub recipients: Vec<Recipient>,
    /// (f)
    pub erased_after: String,
    /// First day.
    pub starts: String,
    /// Last day.
    pub ends: String,
    /// Is it only planned?
    pub planned: bool,
    /// (g)
    pub security_measures: Vec<String>,
}

/// Who else gets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recipient {
    /// Name.
    pub name: String,
    /// Country (ISO 3166-1).
    pub country: String,
    /// What it does.
    pub does: String,
    /// (e): what protects data there, outside the European Economic Area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safeguard: Option<String>,
}

impl Record {
    /// That of a plan.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let head = &plan.head;
        Self {
            controller: head.company.clone(),
            contact: head.contact.clone(),
            data_protection_officer: head.officer.clone(),
            activities: plan.entries.iter().map(|entry| activity(plan, entry)).collect(),
        }
    }
}

fn activity(plan: &Plan, entry: &Entry) -> Activity {
    let kinds: BTreeSet<String> = plan.kinds(entry).into_iter().map(|kind| kind.slug().to_owned()).collect();
    let recipient = |id: &String| {
        let one = plan.sub_processors.get(id)?;
        let (name, country) = (one.name.en.clone(), one.country.clone());
        let safeguard = one.safeguard.as_ref().map(|words| words.en.clone());
        Some(Recipient { name, country, does: one.does.en.clone(), safeguard })
    };
    Activity {
        id: category(entry),
        purposes: purposes(plan, entry),
        lawful_basis: entry.basis.slug(),
        because: entry.because.as_ref().map(|words| words.en.clone()),
        data_subjects: "customers",
        data_categories: kinds.into_iter().collect(),
        source: entry.origin.slug(),
        owner: entry.owner.clone(),
        roles: entry.roles.iter().map(|role| role.slug()).collect(),
        recipients: entry.sub_processors.iter().filter_map(recipient).collect(),
        erased_after: format!("{} from {}", entry.keep, entry.after.slug()),
        starts: entry.dates.starts.to_string(),
        ends: entry.dates.ends.to_string(),
        planned: entry.future,
        security_measures: measures(plan, entry),
    }
}

/// To be read.
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "RECORD OF PROCESSING ACTIVITIES (GDPR art. 30)\n")?;
        writeln!(f, "Controller: {}\nContact: {}", self.controller, self.contact)?;
        writeln!(f, "Data protection officer: {}", self.data_protection_officer)?;
        for one in &self.activities {
            let planned = if one.planned { " (planned)" } else { "" };
            writeln!(f, "\n{}{planned}", one.id)?;
            let because = one.because.as_ref().map_or(String::new(), |because| format!(": {because}"));
            writeln!(f, "  What for: {}", one.purposes.join("; "))?;
            writeln!(f, "  Lawful basis: {}{because}", one.lawful_basis)?;
            writeln!(f, "  Data of {}: {}", one.data_subjects, one.data_categories.join(", "))?;
            writeln!(f, "  Source: {}; owner: {}", one.source, one.owner)?;
            let roles = if one.roles.is_empty() { "nobody".to_owned() } else { one.roles.join(", ") };
            writeln!(f, "  Seen or used by: {roles}")?;
            for to in &one.recipients {
                let safeguard = to.safeguard.as_ref().map_or(String::new(), |safeguard| format!("; {safeguard}"));
                writeln!(f, "  Given to: {} ({}), which {}{safeguard}", to.name, to.country, to.does)?;
            }
            writeln!(f, "  Kept: {}; from {} until {}", one.erased_after, one.starts, one.ends)?;
            writeln!(f, "  Protected: {}", one.security_measures.join("; "))?;
        }
        Ok(())
    }
}
