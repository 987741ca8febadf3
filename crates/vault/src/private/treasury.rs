//! Takes parts of shared allowances for this node and gives them back: transactions of their own, beside the door's, so
//! that no disclosure waits for the row that all nodes share.

use super::entry::{Allotted, Draft, Kind};
use super::node::NodeSeals;
use crate::error::VaultError;
use crate::promises::Promises;
use crate::reveal::hashed;
use domain::allotment::{Ask, Piece};
use domain::{Clock, Counter, Entropy, Millis, Purpose, Refusal, Room, TenantId};
use std::sync::Arc;
use store::{Intent, Outcome, RequestKey, Scribe, Spend, Store, Turn};

/// What it works with.
pub(crate) struct Treasury {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) seals: Arc<NodeSeals>,
    pub(crate) promises: Arc<Promises>,
    /// This node's name in entries.
    pub(crate) node: [u8; 16],
}

/// One allowance that nodes share, for one purpose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shared {
    pub(crate) tenant: TenantId,
    pub(crate) counter: Counter,
    pub(crate) purpose: Option<Purpose>,
    pub(crate) room: Room,
    /// The refusal when nothing is left.
    pub(crate) otherwise: Refusal,
}

/// What became of a question.
pub(crate) enum Answer {
    /// A part was granted.
    Granted(Piece),
    /// Nothing is to be had.
    Refused(Refusal),
    /// Nobody knows, or nothing was done.
    Failed,
}

impl Treasury {
    /// Asks for parts of these allowances, in one transaction. One answer each, in order.
    pub(crate) async fn take(&self, asked: &[(Shared, Ask)]) -> Vec<Answer> {
        let acts = asked.iter().map(|(shared, ask)| {
            let turn = Turn::Take(ask.most);
            self.act(Kind::AllotmentTaken, shared, ask.window, turn, Vec::new())
        });
        let Ok(outcomes) = self.commit(acts.collect()).await else {
            return asked.iter().map(|_| Answer::Failed).collect();
        };
        let answer = |outcome| match outcome {
            Outcome::Committed(commit) => match commit.numbers.allotted {
                Some(amount) => Answer::Granted(Piece { allotment: commit.entry, amount }),
                None => Answer::Failed,
            },
            Outcome::Refused { refusal, .. } => Answer::Refused(refusal),
            Outcome::Replayed { .. } | Outcome::Missing(_) | Outcome::Unknown => Answer::Failed,
        };
        outcomes.into_iter().map(answer).collect()
    }

    /// Gives back what is left of allotments, in one transaction: of each once, whoever asks how often.
    pub(crate) async fn give_back(&self, left: &[(Shared, Millis, Piece)]) -> Result<(), VaultError> {
        let acts = left.iter().filter(|(.., piece)| piece.amount > 0).map(|(shared, window, piece)| {
            let (mut intent, draft) =
                self.act(Kind::AllotmentReturned, shared, *window, Turn::Back(piece.amount), vec![*piece])?;
            let key = hashed(&[b"allotment", &piece.allotment.0]);
            intent.request = Some(RequestKey { key, content: key, session: [0; 16], answer: 0 });
            Ok((intent, draft))
        });
        self.commit(acts.collect()).await.map(drop)
    }

    fn act(
        &self,
        kind: Kind,
        shared: &Shared,
        window: Millis,
        turn: Turn,
        drawn: Vec<Piece>,
    ) -> Result<(Intent, Arc<Draft>), VaultError> {
        let Shared { tenant, counter, purpose, room, otherwise } = *shared;
        let keys = self.seals.0.get(&tenant).ok_or(VaultError::Holder(keys::HolderError::UnknownTenant))?;
        let mut draft = Draft::new(kind, &*self.clock, &*self.entropy, &keys.audit);
        draft.drawn = drawn;
        draft.purpose = purpose;
        draft.allotted = Some(Allotted { node: self.node, window, limit: room.all.hour });
        let draft = Arc::new(draft);
        draft.half_keys();
        let intent = Intent {
            tenant,
            request: None,
            customer: None,
            when: Vec::new(),
            spend: vec![Spend { counter, purpose, turn, at: window, room, otherwise }],
            effects: Vec::new(),
            read: Vec::new(),
            tentative: false,
            entry: draft.id,
            scribe: Arc::clone(&draft) as Arc<dyn Scribe>,
        };
        Ok((intent, draft))
    }

    async fn commit(&self, acts: Result<Vec<(Intent, Arc<Draft>)>, VaultError>) -> Result<Vec<Outcome>, VaultError> {
        let (intents, drafts): (Vec<_>, Vec<_>) = acts?.into_iter().unzip();
        let tenants: Vec<TenantId> = intents.iter().map(|intent| intent.tenant).collect();
        if intents.is_empty() {
            return Ok(Vec::new());
        }
        self.promises.ask(intents.iter().map(|intent| (intent.tenant, intent.entry)));
        let result = self.store.commit(self.clock.now(), intents, &*self.seals).await;
        for (at, (tenant, draft)) in tenants.into_iter().zip(&drafts).enumerate() {
            let outcome = result.as_ref().ok().and_then(|outcomes| outcomes.get(at));
            let durable = matches!(outcome, Some(Outcome::Committed(_) | Outcome::Refused { .. }));
            let leaf = draft.leaf().filter(|_| durable);
            self.promises.answered(self.clock.now(), tenant, draft.id, leaf);
        }
        Ok(result?)
    }
}
