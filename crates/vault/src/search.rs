//! Blind search: the vault looks up keyed digests; at most three masked hits come back.

use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::private::release::Done;
use crate::private::sheet::Masked;
use crate::wiring::{Act, Vault};
use domain::field::SearchTerm;
use domain::{CustomerId, EntryId, FieldKind, InteractionId, Millis, PersonId, Phase, Refusal, TenantId};
use keys::derive::{mac, short};
use store::{Condition, FieldRef, IndexRow, SHEET};

/// More hits than this are browsing.
const MOST_HITS: usize = 3;

/// A customer who fits, masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Who.
    pub customer: CustomerId,
    /// Proof that this search found them, for claiming.
    pub claim: [u8; 16],
    /// The name's mask.
    pub name: String,
    /// The address's mask.
    pub town: String,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchResult {
    /// At most three.
    pub hits: Vec<Hit>,
    /// The search's entry.
    pub receipt: EntryId,
}

impl Vault {
    /// Searches within a live interaction of this person's. Each hit is an entry of its own, about that customer.
    ///
    /// # Errors
    /// The refusal with its entry (also for more than three hits), or why nothing could be done.
    pub async fn search(
        &self,
        scope: &Scope,
        interaction: InteractionId,
        term: &SearchTerm,
    ) -> Result<SearchResult, VaultError> {
        self.policy_or_log(scope, interaction).await?;
        self.ground_or_log(scope, interaction).await?;
        let searched = |field: &&FieldKind| !self.is_planned(scope.tenant, **field, plan::Act::Search, None);
        if let Some(field) = term.index.fields().iter().find(searched) {
            let wanted = Some((*field, plan::Act::Search, None));
            let act = Act { wanted, ..self.search_act(scope, interaction, 0)? };
            return Err(self.logged(act, Refusal::Unplanned).await);
        }
        let (found, refusal) = match self.look_up(scope.tenant, term).await {
            Ok(found) if found.len() > MOST_HITS => (found, Some(Refusal::TooManyHits)),
            Ok(found) => (found, None),
            Err(VaultError::Refused { refusal, .. }) => (Vec::new(), Some(refusal)),
            Err(error) => return Err(error),
        };
        let act = self.search_act(scope, interaction, found.len())?;
        let act = match refusal {
            // "More than three" is an answer too: it is paid for first, or it could be asked for without end.
            Some(Refusal::TooManyHits) => {
                self.commit_plain(act).await?;
                let unpaid = self.search_act(scope, interaction, found.len())?.unpaid();
                unpaid.when(Condition::Never(Refusal::TooManyHits))
            }
            Some(refusal) => act.when(Condition::Never(refusal)),
            None => act,
        };
        let receipt = self.commit_plain(act).await?;
        let mut hits = Vec::with_capacity(found.len());
        for customer in found {
            match self.hit(scope, interaction, customer).await {
                // Who had the use of their data restricted isn't found.
                Err(VaultError::Refused { refusal: Refusal::UseRestricted, .. }) => {}
                hit => hits.push(hit?),
            }
        }
        Ok(SearchResult { hits, receipt })
    }

    /// A search for something that can't be read finds nobody; it is an entry like any other, and costs nothing.
    ///
    /// # Errors
    /// As [`Vault::search`].
    pub async fn search_unreadable(
        &self,
        scope: &Scope,
        interaction: InteractionId,
    ) -> Result<SearchResult, VaultError> {
        let act = self.search_act(scope, interaction, 0)?;
        let receipt = self.commit_plain(act.unpaid()).await?;
        Ok(SearchResult { hits: Vec::new(), receipt })
    }

    /// Whom the rules don't let search: the index isn't even asked.
    async fn policy_or_log(&self, scope: &Scope, interaction: InteractionId) -> Result<(), VaultError> {
        match self.may(scope, policy::Act::Search) {
            Ok(()) => Ok(()),
            Err(_) => self.commit_plain(self.search_act(scope, interaction, 0)?).await.map(drop),
        }
    }

    /// Without a live interaction the index isn't even asked. Whether there is one is decided again at the commit.
    async fn ground_or_log(&self, scope: &Scope, interaction: InteractionId) -> Result<(), VaultError> {
        let row = self.store.interaction(scope.tenant, interaction).await?;
        let live = row.is_some_and(|row| {
            row.person == Some(scope.person.id)
                && matches!(row.phase, Phase::Connected | Phase::Held)
                && !self.settings(scope.tenant).timeouts().expired(
                    row.channel,
                    row.started,
                    row.active,
                    self.clock.now(),
                )
        });
        if live {
            return Ok(());
        }
        Err(self.logged(self.search_act(scope, interaction, 0)?, Refusal::NoLiveInteraction).await)
    }

    fn search_act(&self, scope: &Scope, interaction: InteractionId, found: usize) -> Result<Act, VaultError> {
        let act = self.act(scope, Kind::Search)?.detail(found as u64);
        let needs = match self.needs(scope, policy::Act::Search) {
            Ok(needs) => needs,
            Err(denial) => return Ok(act.denied(&denial)),
        };
        let cost = self.weights(scope.tenant).search(found).max(needs.cost);
        Ok(self.informing(self.on_ground(act, scope, &needs, interaction, None), scope, None, cost))
    }

    async fn hit(&self, scope: &Scope, interaction: InteractionId, customer: CustomerId) -> Result<Hit, VaultError> {
        let keys = self.entry_keys(scope.tenant, customer).await?;
        let act = self
            .act(scope, Kind::Hit)?
            .about(customer, Some(interaction), 0, keys)
            .when(self.handles(scope.tenant, interaction, scope.person.id))
            .read(FieldRef { customer, field: SHEET, instance: 0 });
        let Done::Committed { values, .. } = self.commit(act).await? else { return Err(VaultError::Unknown) };
        let masks = values.into_iter().next().ok_or(VaultError::Damaged)?.open_sheet()?.into_iter();
        let masks: Vec<Masked> = masks.filter_map(|masked| self.planned_mask(scope.tenant, masked)).collect();
        Ok(Hit {
            customer,
            claim: self.claim_proof(scope.tenant, interaction, scope.person.id, customer)?,
            name: mask_of(&masks, FieldKind::Name),
            town: mask_of(&masks, FieldKind::PostalAddress),
        })
    }

    /// The customers with this term, whose index rows carry their own tags. More than three is a refusal (told of by
    /// the search's entry); a row that was re-pointed stops the search.
    pub(crate) async fn look_up(&self, tenant: TenantId, term: &SearchTerm) -> Result<Vec<CustomerId>, VaultError> {
        let mut customers: Vec<CustomerId> =
            self.found_since(tenant, term).await?.into_iter().map(|(customer, _)| customer).collect();
        customers.dedup();
        Ok(customers)
    }

    /// The same, with when they corrected what they are found by, if they did.
    pub(crate) async fn found_since(
        &self,
        tenant: TenantId,
        term: &SearchTerm,
    ) -> Result<Vec<(CustomerId, Option<Millis>)>, VaultError> {
        let mut found = Vec::new();
        for row in self.index_rows(tenant, term).await? {
            found.push((row.customer, self.put_there(tenant, &row).await?));
        }
        Ok(found)
    }

    async fn index_rows(&self, tenant: TenantId, term: &SearchTerm) -> Result<Vec<IndexRow>, VaultError> {
        let kind = term.index.code();
        let digests = self.holder.index(tenant, &[(kind, term.normalised.as_bytes())]).await?;
        let digest = digests.first().copied().ok_or(VaultError::Damaged)?;
        Ok(self.store.look_up(tenant, kind, digest, MOST_HITS as u32 + 1).await?)
    }

    /// `MAC(X(row, "rf1/claim"), interaction ‖ person ‖ customer)[..16]`: only what was found here can be claimed.
    pub(crate) fn claim_proof(
        &self,
        tenant: TenantId,
        interaction: InteractionId,
        person: PersonId,
        customer: CustomerId,
    ) -> Result<[u8; 16], VaultError> {
        Ok(short(mac(&self.keys(tenant)?.claim, &[&interaction.0, &person.0, &customer.0])))
    }
}

fn mask_of(masks: &[Masked], kind: FieldKind) -> String {
    masks.iter().find(|masked| masked.field == kind).map(|masked| masked.mask.clone()).unwrap_or_default()
}
