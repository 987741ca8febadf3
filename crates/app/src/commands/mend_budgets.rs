//! `ringfence mend-budgets`.

use crate::cli::{Common, MendBudgets};
use crate::failure::Failure;
use crate::home::Home;
use crate::{output, wire};
use serde_json::json;

/// Also while nodes serve: each budget is put right in a transaction of its own, under an entry.
pub(super) fn run(common: &Common, asked: &MendBudgets) -> Result<(), Failure> {
    let home = Home::find(common.data.as_deref(), common.config.as_deref(), common.store.as_deref())?;
    let tenant = home.tenant(asked.tenant.as_deref())?.id;
    wire::block_on(async {
        let centre = wire::open(&home).await?;
        let mended = centre.vault.mend_budgets(&centre.vault.operator(tenant)).await?;
        output::one(common.output, &json!({"mended": mended}))
    })
}
