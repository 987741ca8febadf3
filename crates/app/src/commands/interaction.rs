//! `ringfence interaction`.

use crate::cli::{Common, Interaction};
use crate::client::Client;
use crate::failure::Failure;
use crate::output;
use domain::InteractionId;
use serde_json::Value;

const COLUMNS: [&str; 7] = ["id", "reference", "channel", "state", "person", "binding", "customer"];

pub(super) fn run(common: &Common, asked: &Interaction) -> Result<(), Failure> {
    let client = Client::from_environment;
    match asked {
        Interaction::List { all } => output::list(common.output, &COLUMNS, &every(&client()?, *all)?),
        Interaction::Show { id: interaction } => {
            let interaction = id("interaction", "int_", InteractionId::parse(interaction))?;
            output::one(common.output, &client()?.call("GET", &format!("/v1/interactions/{interaction}"), None)?)
        }
    }
}

fn every(client: &Client, all: bool) -> Result<Vec<Value>, Failure> {
    let query = if all { "" } else { "&state=live" };
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let mut page = client.call("GET", &format!("/v1/interactions?limit=100{query}{cursor}"), None)?;
        if let Some(more) = page["items"].as_array_mut() {
            items.append(more);
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(items),
        }
    }
}

/// The id, if it was one; what was typed never becomes part of an address.
pub(super) fn id<T>(what: &str, prefix: &str, parsed: Option<T>) -> Result<T, Failure> {
    parsed.ok_or_else(|| {
        Failure::here(format!("that isn't an id of a {what}"), format!("give {prefix} and 32 hex digits"))
    })
}
