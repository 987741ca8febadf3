//! `ringfence shelf`.

use crate::cli::{Common, Shelf};
use crate::failure::Failure;
use crate::home::Home;
use crate::{output, serving, wire};
use serde_json::json;
use vault::ShelfTurn;

/// By hand nobody waits before the old key goes, so nobody else may be at work. A key holder of its own waits nevertheless: then
/// the command says what is still to be destroyed.
pub(super) fn run(common: &Common, asked: &Shelf) -> Result<(), Failure> {
    let Shelf::Turn { tenant } = asked;
    let home = Home::find(common.data.as_deref(), common.config.as_deref(), common.store.as_deref())?;
    let tenant = home.tenant(tenant.as_deref())?.id;
    let _claim = serving::claim(&home)?;
    wire::block_on(async {
        let centre = wire::open_alone(&home).await?;
        let turn = centre.vault.turn_shelf(&centre.vault.operator(tenant)).await?;
        if !turn.waiting.is_empty() {
            output::aside(
                "the key holder keeps the old shelf key for six days, so that nobody destroys all data at once; \
                 the server destroys it then, and until then copies of the database open",
            );
        }
        let ShelfTurn { shelf, moved, destroyed, waiting } = turn;
        output::one(common.output, &json!({"shelf": shelf, "moved": moved, "destroyed": destroyed, "waiting": waiting}))
    })
}
