//! Casework: what is done for a customer who isn't on the line, such as a returned letter.
//!
//! A case is an interaction of a channel of its own, for one holder and one customer, that ends by itself after a day. So
//! everything that rests on an interaction rests on a case as well: masks and notes, budgets, the count of fields, what a
//! second person agreed to, the log. What differs the rules say: it proves nobody, and each value needs a second person.
//!
//! A row that is put back after its case was closed would open it again. So each value shown counts in the case's own counter,
//! and closing it spends the rest: that is recounted from the log.

mod open;
mod oversee;

pub use open::OpenedCase;
pub use oversee::{CaseBook, CaseLine};

use crate::error::VaultError;
use crate::private::entry::EntryKeys;
use crate::reveal::{RevealCommand, hashed};
use crate::wiring::{Act, Vault};
use domain::{BudgetKind, CASE_LOOKS, Counter, InteractionId, PerWindow, Refusal, Room, TenantId};
use store::{Spend, Turn};

/// What a case may show, in the day that it lives.
const ROOM: Room = Room { all: PerWindow::daily(CASE_LOOKS), purpose: PerWindow::ANY };

/// The case that follows up this conversation. There is one, whoever opens it and on whichever node.
fn follow_up_of(tenant: TenantId, conversation: InteractionId) -> InteractionId {
    InteractionId(hashed(&[b"case", &tenant.bytes(), &conversation.0]))
}

/// So many of a case's values, which may be all: then room isn't asked for.
fn looks(act: &Act, keys: &EntryKeys, case: InteractionId, amount: u32, room: Room) -> Spend {
    let counter = Counter::interaction(BudgetKind::Case, keys.counter(&hashed(&[b"case looks", &case.0])));
    let (turn, at) = (Turn::Spend(amount), act.draft.id.minted());
    Spend { counter, purpose: None, turn, at, room, otherwise: Refusal::CaseOver }
}

impl Vault {
    /// A value that is shown in a case counts there.
    pub(crate) async fn counted_in_its_case(&self, act: Act, command: &RevealCommand) -> Result<Act, VaultError> {
        let row = self.store.interaction(act.tenant, command.interaction).await?;
        match (row.and_then(|row| row.casework()), act.draft.keys.clone()) {
            (Some(_), Some(keys)) => {
                let look = looks(&act, &keys, command.interaction, 1, ROOM);
                Ok(act.spend(look))
            }
            _ => Ok(act),
        }
    }
}
