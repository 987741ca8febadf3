//! `ringfence request`.

use super::interaction::id;
use crate::cli::{Common, Request};
use crate::client::Client;
use crate::failure::Failure;
use crate::output;
use domain::EntryId;
use serde_json::Value;

const COLUMNS: [&str; 7] = ["id", "right", "received_on", "due_on", "state", "overdue", "due_soon"];
const LIST: &str = "/v1/privacy/requests";

pub(super) fn run(common: &Common, asked: &Request) -> Result<(), Failure> {
    let client = Client::from_environment;
    match asked {
        Request::List { all } => output::list(common.output, &COLUMNS, &every(&client()?, *all)?),
        Request::Show { id: request } => {
            // An entry's id has the same digits.
            let digits = request.strip_prefix("dsr_").and_then(|digits| EntryId::parse(&format!("ent_{digits}")));
            id("request", "dsr_", digits)?;
            let shown = client()?.call("GET", &format!("{LIST}/{request}"), None)?;
            output::one(common.output, &shown["request"])
        }
    }
}

/// What is open stands before what is closed.
fn every(client: &Client, all: bool) -> Result<Vec<Value>, Failure> {
    let open = |request: &Value| !matches!(request["state"].as_str(), Some("answered" | "refused" | "withdrawn"));
    let mut items: Vec<Value> = Vec::new();
    let mut cursor = String::new();
    loop {
        let mut page = client.call("GET", &format!("{LIST}?limit=100{cursor}"), None)?;
        if let Some(more) = page["items"].as_array_mut() {
            items.append(more);
        }
        let next = page["next"].as_str().filter(|_| all || items.last().is_none_or(open));
        match next {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    items.retain(|request| all || open(request));
    Ok(items)
}
