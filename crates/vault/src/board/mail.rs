//! Files by mail: sealed as they are, to members who gave an address. What a mail server doesn't take is tried again, and said.

use super::key::Registered;
use super::rows::{BoardMailed, Kept};
use super::view::BoardFileAnswer;
use crate::error::VaultError;
use crate::me::{Letter, Mail, Mailer};
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::time::fresh;
use domain::{PersonId, Refusal, TenantId};
use plan::Language;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{Condition, Effect};

/// Who has which file already: nobody gets one again because somebody else's mailbox is away.
#[derive(Default)]
pub struct BoardPost(BTreeSet<(TenantId, u64, PersonId)>);

impl Vault {
    /// Sends what wasn't sent yet, and what failed, if it is to be tried again; says how many files the mail server didn't take.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn mail_board(
        &self,
        tenant: TenantId,
        mailer: &Arc<dyn Mailer>,
        (post, again): (&mut BoardPost, bool),
    ) -> Result<usize, VaultError> {
        if !self.agrees_with(tenant, |parties| &parties.mail).await? {
            return Ok(0);
        }
        let (keys, _) = self.board_keys(tenant).await?;
        let keys: Vec<Registered> = keys.into_iter().filter(Registered::wants_mail).collect();
        if keys.is_empty() {
            return Ok(0);
        }
        let mut failed = 0;
        let waits = |kept: &&Kept| match kept.mailed {
            BoardMailed::NotYet => true,
            BoardMailed::Failed => again,
            BoardMailed::Sent => false,
        };
        for kept in self.board_shelf(tenant).await?.kept.values().filter(waits) {
            // Nobody gets what was made before they had a key.
            if keys.iter().all(|one| kept.made < one.since) {
                continue;
            }
            let BoardFileAnswer::Ready(text) = self.proven_text(tenant, kept).await? else { continue };
            let mut sent = None;
            for one in keys.iter().filter(|one| kept.made >= one.since) {
                let place = (tenant, kept.note.number, one.person);
                let went = match post.0.contains(&place) {
                    true => Some(true),
                    false => self.mail_one(tenant, mailer, (one, kept, &text)).await?,
                };
                if went == Some(true) {
                    post.0.insert(place);
                }
                sent = went.map(|went| sent.unwrap_or(true) && went).or(sent);
            }
            let Some(sent) = sent else { continue };
            failed += usize::from(!sent);
            self.note_mailed(tenant, kept, if sent { BoardMailed::Sent } else { BoardMailed::Failed }).await?;
        }
        Ok(failed)
    }

    /// None where the member wants nothing by mail.
    async fn mail_one(
        &self,
        tenant: TenantId,
        mailer: &Arc<dyn Mailer>,
        (one, kept, text): (&Registered, &Kept, &str),
    ) -> Result<Option<bool>, VaultError> {
        let Some(to) = self.board_address(tenant, one)? else { return Ok(None) };
        let letter = Letter::Board { number: kept.note.number, what: kept.what(), file: text.to_owned() };
        let (planned, at, id) = (Arc::clone(&self.governance(tenant).planned), self.clock.now(), fresh(&*self.entropy));
        let mailer = Arc::clone(mailer);
        let deliver = move || {
            let head = &planned.plan().head;
            let (company, contact, language) = (&head.company, &head.contact, Language::English);
            mailer.deliver(&Mail { to: &to, letter: &letter, language, company, contact, at, id })
        };
        Ok(Some(matches!(tokio::task::spawn_blocking(deliver).await, Ok(Ok(())))))
    }

    /// A change is an entry; that it failed again isn't.
    async fn note_mailed(&self, tenant: TenantId, kept: &Kept, mailed: BoardMailed) -> Result<(), VaultError> {
        if kept.mailed == mailed {
            return Ok(());
        }
        let kind = if mailed == BoardMailed::Sent { Kind::BoardMailed } else { Kind::BoardMailFailed };
        let unchanged = Condition::Admission {
            key: Kept::key(kept.note.number),
            tag: Some(kept.tag),
            otherwise: Refusal::RequestReplayed,
        };
        let act = self.bare_act(tenant, kind)?.detail(kept.note.number).when(unchanged);
        let row = Kept { mailed, ..kept.clone() }.row();
        self.commit_plain(act.effect(Effect::PutAdmission(row))).await.map(drop)
    }
}
