//! `ringfence webhook`.

use crate::ambient::{SystemClock, SystemEntropy};
use crate::cli::{Common, Webhook};
use crate::failure::Failure;
use crate::home::Home;
use crate::output;
use domain::Clock as _;
use serde_json::{Value, json};
use vault::OutletError;

pub(super) fn run(common: &Common, asked: &Webhook) -> Result<(), Failure> {
    match asked {
        Webhook::Types => {
            let types: Vec<Value> = carriers::EVENT_TYPES.iter().map(|name| json!({"type": name})).collect();
            output::list(common.output, &["type"], &types)
        }
        Webhook::Test => test(common),
    }
}

fn test(common: &Common) -> Result<(), Failure> {
    let home = Home::find(common.data.as_deref(), common.config.as_deref(), common.store.as_deref())?;
    let said = |result| match result {
        Ok(()) => "taken",
        Err(OutletError::Gone) => "it wants nothing any more (410)",
        Err(OutletError::Later(why)) => why,
    };
    let mut results = Vec::new();
    for (url, webhook) in home.config.webhooks()? {
        let id = format!("test_{:032x}", u128::from_be_bytes(domain::time::fresh(&SystemEntropy)));
        results.push(json!({"url": url, "said": said(webhook.test(&id, SystemClock.now()))}));
    }
    output::list(common.output, &["url", "said"], &results)?;
    let failed = results.iter().filter(|result| result["said"] != "taken").count();
    match (failed, results.len()) {
        (_, 0) => Err(Failure::here("no webhook is configured", "add a [[webhook]]; docs/integrations.md says how")),
        (0, _) => Ok(()),
        (failed, all) => Err(Failure::there(
            format!("{failed} of {all} webhooks didn't take it"),
            "check address, certificate and secret there",
        )),
    }
}
