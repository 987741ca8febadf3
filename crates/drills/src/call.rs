//! A decoy on the line.

use crate::Broken;
use crate::answer::{Answer, Seen, text};
use crate::stage::{Person, Stage};
use serde_json::{Value, json};

/// A call; it ends when this goes, so that no drill leaves one behind.
pub(crate) struct Call<'a> {
    stage: &'a Stage,
    by: &'a Person,
    reference: String,
    /// `int_…`.
    pub(crate) interaction: String,
    over: bool,
}

impl<'a> Call<'a> {
    pub(crate) fn new(stage: &'a Stage, by: &'a Person, reference: String, interaction: String) -> Self {
        Self { stage, by, reference, interaction, over: false }
    }

    /// Which customer the interaction is bound to, `cus_…`.
    pub(crate) fn customer(&self) -> Result<String, Broken> {
        let path = format!("/v1/interactions/{}", self.interaction);
        Ok(text(&self.stage.get("the interaction", Some(self.by), &path)?.taken()?, "customer"))
    }

    pub(crate) fn hold(&self) -> Result<(), Broken> {
        self.stage.tell("interaction.held", &json!({"interaction": self.reference}))?.taken().map(drop)
    }

    pub(crate) fn hang_up(&mut self) -> Result<(), Broken> {
        self.over = true;
        self.stage.tell("interaction.ended", &json!({"interaction": self.reference}))?.taken().map(drop)
    }

    /// A search by a decoy's number, within the call.
    pub(crate) fn search(&self, interaction: &str, phone: &str) -> Result<Answer, Broken> {
        let path = format!("/v1/interactions/{interaction}/searches");
        self.stage.post("a search", self.by, &path, &json!({"phone": phone}))
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if !self.over {
            // If the deployment has gone, its own time limit ends the call.
            drop(self.hang_up());
        }
    }
}

/// Asks to see a value.
pub(crate) fn reveal(stage: &Stage, by: &Person, what: &Reveal<'_>) -> Result<Seen, Broken> {
    let path = format!("/v1/customers/{}/reveals", what.customer);
    let body = json!({"interaction": what.interaction, "field": what.field, "instance": 1, "purpose": what.purpose});
    stage.post("a reveal", by, &path, &body)?.seen(|value| value["value"].is_string())
}

/// A value, and for what.
pub(crate) struct Reveal<'a> {
    pub(crate) customer: &'a str,
    pub(crate) interaction: &'a str,
    pub(crate) field: &'a str,
    pub(crate) purpose: &'a str,
}

impl<'a> Reveal<'a> {
    /// The name, to talk to somebody.
    pub(crate) fn name(customer: &'a str, interaction: &'a str) -> Self {
        Self { customer, interaction, field: "name", purpose: "delivery" }
    }
}

/// Anything with this member.
pub(crate) fn has(member: &'static str) -> impl FnOnce(&Value) -> bool {
    move |value| !value[member].is_null()
}

/// Has the answer something in this list?
pub(crate) fn some(list: &'static str) -> impl FnOnce(&Value) -> bool {
    move |value| value[list].as_array().is_some_and(|items| !items.is_empty())
}
