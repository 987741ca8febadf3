//! The rules: Cedar policies with their annotations, read and checked against the schema before any is used.

use crate::facts::{Asker, Device};
use crate::request::Words;
use crate::slices::Slices;
use crate::told::Told;
use cedar_policy::{Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use domain::{Cure, Refusal};
use std::collections::{BTreeSet, HashMap};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

/// The schema: what rules can speak of.
pub const SCHEMA: &str = include_str!("../../../../policies/ringfence.cedarschema");

/// The rules that the program comes with, as (file, text), in the order in which they speak.
pub const BUILT_IN: [(&str, &str); 4] = [
    ("1-roles.cedar", include_str!("../../../../policies/1-roles.cedar")),
    ("2-fields.cedar", include_str!("../../../../policies/2-fields.cedar")),
    ("3-grounds.cedar", include_str!("../../../../policies/3-grounds.cedar")),
    ("4-allowances.cedar", include_str!("../../../../policies/4-allowances.cedar")),
];

/// Why rules can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// The schema can't be read, or it and the program don't fit.
    #[error("the rules' schema doesn't fit this program: {0}; next: use the schema that it comes with")]
    Schema(String),
    /// A file isn't Cedar.
    #[error("{file} isn't a list of Cedar policies: {detail}; next: mend it, or go back to the last rules that held")]
    Unreadable {
        /// Which file.
        file: String,
        /// What Cedar says.
        detail: String,
    },
    /// A rule speaks of what the schema doesn't know, or compares what can't be compared.
    #[error("rule {rule} doesn't fit the schema: {detail}; next: use the schema's words")]
    Unfit {
        /// Which rule, by its `@id`.
        rule: String,
        /// What Cedar says.
        detail: String,
    },
    /// A rule lacks an annotation.
    #[error(
        "rule {rule} lacks @{lacks}; next: give every rule @id and @says, and every forbid @refusal, @why, @next and @cure"
    )]
    Wordless {
        /// Which rule.
        rule: String,
        /// What it lacks.
        lacks: &'static str,
    },
    /// Two rules have one name.
    #[error("two rules are called {rule}; next: give one another @id")]
    SameName {
        /// The name.
        rule: String,
    },
    /// `@refusal` or `@cure` isn't one that Ringfence knows.
    #[error("rule {rule} has an unknown @{what}; next: take one of those in docs/policy.md")]
    UnknownWord {
        /// Which rule.
        rule: String,
        /// `refusal` or `cure`.
        what: &'static str,
    },
    /// A rule for one person.
    #[error("rule {rule} names a person; next: speak of roles and teams, so that no rule is made for one person")]
    NamesAPerson {
        /// Which rule.
        rule: String,
    },
}

impl RulesError {
    pub(crate) fn schema(error: impl std::error::Error) -> Self {
        let mut detail = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            detail = format!("{detail}: {error}");
            cause = error.source();
        }
        Self::Schema(detail)
    }
}

/// What a rule that forbids says to whom it stops.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, `@id`.
    pub id: String,
    /// The kind of refusal, `@refusal`.
    pub refusal: Refusal,
    /// What is the case, `@says`.
    pub says: String,
    /// Why it matters, `@why`.
    pub why: String,
    /// What to do instead, `@next`.
    pub next: String,
    /// What would cure it, `@cure`.
    pub cure: Cure,
}

/// A checked set of rules.
pub struct Rules {
    pub(crate) schema: Schema,
    pub(crate) set: PolicySet,
    pub(crate) slices: Slices,
    pub(crate) words: Words,
    /// Those that forbid, with their place in the order of speaking.
    pub(crate) forbids: HashMap<PolicyId, (usize, Arc<Rule>)>,
    /// What is said of a refusal, where all rules that give it say the same.
    voices: HashMap<Refusal, Arc<Rule>>,
    pub(crate) speaks_of: SpeaksOf,
    pub(crate) told: Vec<Told>,
    pub(crate) memory: crate::needs::Memory,
    pub(crate) granted: OnceLock<crate::granted::Grants>,
}

/// What of an asker any rule looks at, beside the role: the rest can't change a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpeaksOf {
    pub(crate) team: bool,
    pub(crate) probation: bool,
    pub(crate) hour: bool,
    pub(crate) device: bool,
}

impl SpeaksOf {
    fn found_in(set: &PolicySet) -> Self {
        // Cedar's JSON form names each attribute that is looked at; a text in an annotation has its quotes escaped.
        let all: Vec<Option<String>> =
            set.policies().map(|policy| policy.to_json().ok().map(|json| json.to_string())).collect();
        let looks_at = |name: &str| {
            let attribute = format!("\"attr\":\"{name}\"");
            all.iter().any(|json| json.as_ref().is_none_or(|json| json.contains(&attribute)))
        };
        let names_a_team =
            |policy: &Policy| policy.entity_literals().iter().any(|literal| literal.type_name().basename() == "Team");
        Self {
            team: set.policies().any(names_a_team),
            probation: looks_at("probation"),
            hour: looks_at("hour"),
            device: looks_at("device"),
        }
    }

    /// The asker with everything that makes no difference set to one value.
    pub(crate) fn of<'a>(&self, asker: &Asker<'a>) -> Asker<'a> {
        Asker {
            role: asker.role,
            team: if self.team { asker.team } else { "" },
            probation: self.probation && asker.probation,
            hour: if self.hour { asker.hour } else { 0 },
            device: if self.device { asker.device } else { Device::Program },
        }
    }
}

/// The hours that rules can tell apart: those that they compare with, and their neighbours. All, where they calculate.
pub(crate) fn hours_of(set: &PolicySet) -> BTreeSet<u8> {
    let mut hours = BTreeSet::from([0]);
    for policy in set.policies() {
        let json = policy.to_json().map(|json| json.to_string()).unwrap_or_default();
        if json.is_empty() || (json.contains("\"attr\":\"hour\"") && CALCULATES.iter().any(|sign| json.contains(sign)))
        {
            return (0..24).collect();
        }
        if json.contains("\"attr\":\"hour\"") {
            let numbers = json.split("\"Value\":").skip(1).filter_map(|rest| {
                let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                rest[..end].parse::<u8>().ok()
            });
            hours.extend(
                numbers.flat_map(|hour| hour.saturating_sub(1)..=hour.saturating_add(1)).filter(|hour| *hour < 24),
            );
        }
    }
    hours
}

/// How Cedar's JSON form says that a rule calculates, or holds numbers in a set.
const CALCULATES: [&str; 5] = ["\"+\":", "\"-\":", "\"*\":", "\"neg\":", "\"Set\":"];

impl Rules {
    /// The rules that the program comes with.
    ///
    /// # Errors
    /// None that a build which passed its tests has.
    pub fn built_in() -> Result<Self, RulesError> {
        Self::load(&BUILT_IN)
    }

    /// Reads and checks files of policies, in the order in which their refusals speak: validation against the schema is
    /// strict, names are unique, each rule says what the annotations promise, and none is made for one person.
    ///
    /// # Errors
    /// What is wrong with which rule.
    pub fn load(files: &[(&str, &str)]) -> Result<Self, RulesError> {
        let (schema, _) = Schema::from_cedarschema_str(SCHEMA).map_err(RulesError::schema)?;
        let words = Words::new()?;
        let mut set = PolicySet::new();
        let (mut forbids, mut told) = (HashMap::new(), Vec::new());
        for (file, text) in files {
            for policy in read(file, text)? {
                let place = set.num_of_policies();
                let rule = described(&policy)?;
                if let Some(rule) = rule {
                    forbids.insert(policy.id().clone(), (place, Arc::new(rule)));
                }
                told.push(Told::of(file, &policy));
                let name = policy.id().to_string();
                set.add(policy).map_err(|_| RulesError::SameName { rule: name })?;
            }
        }
        let checked = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
        if let Some(error) = checked.validation_errors().next() {
            return Err(RulesError::Unfit { rule: error.policy_id().to_string(), detail: error.to_string() });
        }
        let voices = voices(&forbids);
        let speaks_of = SpeaksOf::found_in(&set);
        let memory = crate::needs::Memory::default();
        let slices = Slices::of(&set, &schema, &words)?;
        Ok(Self { schema, set, slices, words, forbids, voices, speaks_of, told, memory, granted: OnceLock::new() })
    }

    /// The policies, for those who prove something about them.
    #[must_use]
    pub fn policies(&self) -> &PolicySet {
        &self.set
    }

    /// The schema they were checked against.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The rule whose words and cure go with a refusal that the commit gave, where all rules of it say the same.
    #[must_use]
    pub fn speaking_for(&self, refusal: Refusal) -> Option<Arc<Rule>> {
        self.voices.get(&refusal).map(Arc::clone)
    }

    /// The rules that forbid, in the order in which they speak.
    #[must_use]
    pub fn forbidding(&self) -> Vec<Arc<Rule>> {
        let mut all: Vec<_> = self.forbids.values().collect();
        all.sort_by_key(|(place, _)| *place);
        all.into_iter().map(|(_, rule)| Arc::clone(rule)).collect()
    }
}

fn voices(forbids: &HashMap<PolicyId, (usize, Arc<Rule>)>) -> HashMap<Refusal, Arc<Rule>> {
    let same = |a: &Rule, b: &Rule| (&a.says, &a.why, &a.next, a.cure) == (&b.says, &b.why, &b.next, b.cure);
    let mut first: HashMap<Refusal, (usize, Arc<Rule>)> = HashMap::new();
    for (place, rule) in forbids.values() {
        let held = first.entry(rule.refusal).or_insert_with(|| (*place, Arc::clone(rule)));
        if *place < held.0 {
            *held = (*place, Arc::clone(rule));
        }
    }
    let agreed = |rule: &Rule| forbids.values().all(|(_, other)| other.refusal != rule.refusal || same(rule, other));
    first.into_iter().filter(|(_, (_, rule))| agreed(rule)).map(|(refusal, (_, rule))| (refusal, rule)).collect()
}

/// The policies of a file in its order, each under its `@id`.
fn read(file: &str, text: &str) -> Result<Vec<Policy>, RulesError> {
    let set = PolicySet::from_str(text)
        .map_err(|error| RulesError::Unreadable { file: file.to_owned(), detail: error.to_string() })?;
    // Cedar numbers them as it reads them: policy0, policy1, and so on.
    let mut policies: Vec<(usize, Policy)> = Vec::new();
    for policy in set.policies() {
        let number = policy.id().to_string().trim_start_matches("policy").parse().unwrap_or(usize::MAX);
        let name = policy.annotation("id").filter(|name| !name.is_empty()).ok_or_else(|| RulesError::Wordless {
            rule: format!("{} of {file}", number.saturating_add(1)),
            lacks: "id",
        })?;
        policies.push((number, policy.new_id(PolicyId::new(name))));
    }
    policies.sort_by_key(|(number, _)| *number);
    Ok(policies.into_iter().map(|(_, policy)| policy).collect())
}

/// What a rule says; nothing more than its name for one that permits.
fn described(policy: &Policy) -> Result<Option<Rule>, RulesError> {
    let id = policy.id().to_string();
    let said = |what: &'static str| {
        let text = policy.annotation(what).filter(|text| !text.is_empty());
        text.ok_or_else(|| RulesError::Wordless { rule: id.clone(), lacks: what }).map(str::to_owned)
    };
    if policy.entity_literals().iter().any(|literal| literal.type_name().basename() == "Person") {
        return Err(RulesError::NamesAPerson { rule: id });
    }
    let says = said("says")?;
    if policy.effect() == cedar_policy::Effect::Permit {
        return Ok(None);
    }
    let unknown = |what| RulesError::UnknownWord { rule: id.clone(), what };
    let refusal = Refusal::from_slug(&said("refusal")?).ok_or_else(|| unknown("refusal"))?;
    let cure = Cure::from_slug(&said("cure")?).ok_or_else(|| unknown("cure"))?;
    Ok(Some(Rule { refusal, cure, says, why: said("why")?, next: said("next")?, id }))
}
