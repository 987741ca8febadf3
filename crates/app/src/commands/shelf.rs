//! `ringfence shelf`.

use crate::ambient::SystemEntropy;
use crate::cli::{Common, Shelf};
use crate::failure::Failure;
use crate::home::Home;
use crate::{output, serving, wire};
use serde_json::json;

/// A new shelf key is kept before anything moves onto it; a turn that was interrupted is finished by the next.
pub(super) fn run(common: &Common, asked: &Shelf) -> Result<(), Failure> {
    let Shelf::Turn { tenant } = asked;
    let home = Home::find(common.data.as_deref(), common.config.as_deref())?;
    let tenant = home.tenant(tenant.as_deref())?.id;
    // A server that runs wouldn't know the new key.
    let _claim = serving::claim(&home.data)?;
    wire::block_on(async {
        let centre = wire::open(&home).await?;
        let newest =
            centre.store.wrapped_keys().await?.iter().filter(|key| key.tenant == tenant).map(|key| key.epoch).max();
        let epoch = newest.unwrap_or(0) + 1;
        let mut ring = wire::open_ring(&centre.root, &*centre.store).await?;
        let key = ring.create(&centre.root, tenant, epoch, &SystemEntropy).map_err(|error| wire::ring(&error))?;
        centre.store.put_wrapped_key(wire::row(key)).await?;
        drop(centre);
        // Opened again, so that the vault's own key holder has the new key too.
        let centre = wire::open(&home).await?;
        centre.vault.log_shelf_made(&centre.vault.operator(tenant), epoch).await?;
        let turn = centre.vault.turn_shelf(&centre.vault.operator(tenant), epoch).await?;
        output::one(common.output, &json!({"shelf": epoch, "moved": turn.moved, "destroyed": turn.destroyed}))
    })
}
