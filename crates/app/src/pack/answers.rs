//! Answers to a partner's questions. An answer says that something is in place only if all of its evidence holds, and evidence is something
//! in the pack that a program looks up: a drill that held, a member of the state with a value, a rule, a part.

use super::Part;
use super::drilled::Drilled;
use super::questions::{Needs, QUESTIONS, Question};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    pub(super) id: String,
    pub(super) theme: String,
    pub(super) question: String,
    pub(super) in_place: bool,
    pub(super) answer: String,
    /// What else is in force that says more.
    pub(super) details: Vec<String>,
    pub(super) evidence: Vec<Evidence>,
}

/// What an answer rests on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub(super) enum Evidence {
    /// A drill for this pack that held.
    Drill(String),
    /// A rule in force.
    Rule(String),
    /// A part of this pack.
    Part(String),
    /// A member of the state (RFC 6901) that is this value.
    Is(String, Value),
    /// One that is at least this number.
    AtLeast(String, u64),
    /// One that is at most this number.
    AtMost(String, u64),
}

/// What evidence is looked up in.
pub(super) struct Found<'a> {
    pub(super) state: &'a Value,
    pub(super) drilled: &'a [Drilled],
    pub(super) parts: &'a [Part],
}

impl Evidence {
    fn of(needs: &Needs) -> Self {
        match *needs {
            Needs::Drill(name) => Self::Drill(name.to_owned()),
            Needs::Rule(id) => Self::Rule(id.to_owned()),
            Needs::Part(name) => Self::Part(name.to_owned()),
            Needs::Is(pointer, value) => Self::Is(pointer.to_owned(), serde_json::from_str(value).unwrap_or_default()),
            Needs::AtLeast(pointer, number) => Self::AtLeast(pointer.to_owned(), number),
            Needs::AtMost(pointer, number) => Self::AtMost(pointer.to_owned(), number),
        }
    }

    /// Does it hold, by what is in the pack?
    pub(super) fn holds(&self, found: &Found<'_>) -> bool {
        let number = |pointer: &str| found.state.pointer(pointer).and_then(Value::as_u64);
        match self {
            Self::Drill(name) => found.drilled.iter().any(|one| one.drill == *name && one.held()),
            Self::Rule(id) => {
                let rules = found.state["rules"].as_array().map(Vec::as_slice).unwrap_or_default();
                rules.iter().any(|rule| rule["id"] == id.as_str())
            }
            Self::Part(name) => found.parts.iter().any(|part| part.name == *name),
            Self::Is(pointer, value) => found.state.pointer(pointer) == Some(value),
            Self::AtLeast(pointer, least) => number(pointer).is_some_and(|number| number >= *least),
            Self::AtMost(pointer, most) => number(pointer).is_some_and(|number| number <= *most),
        }
    }

    /// For people.
    pub(super) fn said(&self) -> String {
        match self {
            Self::Drill(name) => format!("drill {name}"),
            Self::Rule(id) => format!("rule {id}"),
            Self::Part(name) => format!("file {name}"),
            Self::Is(pointer, value) => format!("{} {pointer} = {value}", super::STATE),
            Self::AtLeast(pointer, number) => format!("{} {pointer} ≥ {number}", super::STATE),
            Self::AtMost(pointer, number) => format!("{} {pointer} ≤ {number}", super::STATE),
        }
    }
}

impl Answer {
    fn of(question: &Question, found: &Found<'_>) -> Self {
        let evidence: Vec<Evidence> = question.needs.iter().map(Evidence::of).collect();
        let in_place = !evidence.is_empty() && evidence.iter().all(|one| one.holds(found));
        let answer = if in_place { question.yes } else { question.no };
        Self {
            id: question.id.to_owned(),
            theme: question.theme.to_owned(),
            question: question.asks.to_owned(),
            in_place,
            answer: answer.to_owned(),
            details: question.details.map(|details| details(found.state)).unwrap_or_default(),
            evidence,
        }
    }

    /// Which evidence of what it says is in place doesn't hold.
    pub(super) fn lacks(&self, found: &Found<'_>) -> Option<String> {
        if !self.in_place {
            return None;
        }
        if self.evidence.is_empty() {
            return Some("it rests on nothing".to_owned());
        }
        self.evidence.iter().find(|one| !one.holds(found)).map(|one| format!("{} doesn't hold", one.said()))
    }
}

/// All of them.
pub(super) fn all(found: &Found<'_>) -> Vec<Answer> {
    QUESTIONS.iter().map(|question| Answer::of(question, found)).collect()
}
