//! `ringfence shelf`.

use crate::cli::{Common, Shelf};
use crate::failure::Failure;
use crate::home::Home;
use crate::{output, serving, wire};
use serde_json::json;

/// By hand nobody waits for a day before the old key goes, so nobody else may be at work.
pub(super) fn run(common: &Common, asked: &Shelf) -> Result<(), Failure> {
    let Shelf::Turn { tenant } = asked;
    let home = Home::find(common.data.as_deref(), common.config.as_deref(), common.store.as_deref())?;
    let tenant = home.tenant(tenant.as_deref())?.id;
    let _claim = serving::claim(&home)?;
    wire::block_on(async {
        let centre = wire::open_alone(&home).await?;
        let turn = centre.vault.turn_shelf(&centre.vault.operator(tenant)).await?;
        output::one(common.output, &json!({"shelf": turn.shelf, "moved": turn.moved, "destroyed": turn.destroyed}))
    })
}
