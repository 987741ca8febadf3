//! Filing a request. Whoever files one isn't told whether the customer is known here: a program that files them could ask for anybody.

use super::{Identity, Request, RequestId, Stage, Whose};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::reveal::hashed;
use crate::wiring::{Act, Vault};
use domain::field::SearchTerm;
use domain::time::fresh;
use domain::{BudgetKind, CameBy, Counter, CustomerId, EntryId, Millis, Pending, Refusal, Right};
use keys::derive::{mac, short};
use plan::Language;
use store::{Condition, Effect};

/// How many requests one person or program files in any sixty minutes.
const FILED: u32 = 120;

/// What is filed.
pub struct NewRequest {
    /// For what.
    pub right: Right,
    /// How it came.
    pub came_by: CameBy,
    /// The first moment of the day on which it came in, as [`domain::rights::came_in`] reads it.
    pub received: Millis,
    /// In which language the customer is written to.
    pub language: Language,
    /// By what the customer is found; nobody is where it is none's, or several people's.
    pub find: Option<SearchTerm>,
}

/// A request that is filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FiledRequest {
    /// Its name.
    pub id: RequestId,
    /// The first moment at which an answer is too late.
    pub due: Millis,
    /// The entry.
    pub receipt: EntryId,
}

impl FiledRequest {
    fn of(request: &Request) -> Self {
        Self { id: request.id, due: request.due(), receipt: request.filed }
    }
}

impl Vault {
    /// May this person file requests? Asked before what they wrote is read.
    ///
    /// # Errors
    /// The refusal with its entry.
    pub async fn files_requests(&self, scope: &Scope) -> Result<(), VaultError> {
        self.permitted(scope, policy::Act::FileRequest, Kind::RequestFiled).await.map(drop)
    }

    /// Files a customer's request. With the same `key` again it gives the request that it filed the first time, whatever session asks.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `KeyReused` for a key that stood for something else; `AttemptsExhausted` after 120 in
    /// an hour; `Tampered` where the row by which the customer would be found was edited.
    pub async fn file_request(
        &self,
        scope: &Scope,
        new: &NewRequest,
        key: Option<&str>,
    ) -> Result<FiledRequest, VaultError> {
        let act = self.permitted(scope, policy::Act::FileRequest, Kind::RequestFiled).await?.detail(new.right as u64);
        let id = match key {
            Some(key) => hashed(&[b"rights request", &scope.tenant.bytes(), &scope.person().0, key.as_bytes()]),
            None => fresh(&*self.entropy),
        };
        let content = self.filed_content(scope, new)?;
        match self.filed_before(scope, RequestId(id), content).await? {
            Some(Ok(filed)) => return Ok(filed),
            Some(Err(refusal)) => return Err(self.logged(act, refusal).await),
            None => {}
        }
        // No look-up beyond what may be filed.
        let own = Counter::person(BudgetKind::Approval, scope.person());
        if self.attempts_spent(scope.tenant, own, FILED).await? {
            return Err(self.logged(act, Refusal::AttemptsExhausted).await);
        }
        let whose = match self.asked_for(scope, new).await {
            Ok(Some(customer)) => Whose::Customer(customer),
            Ok(None) => Whose::Nobody,
            Err(VaultError::Refused { refusal, .. }) => return Err(self.logged(act, refusal).await),
            Err(error) => return Err(error),
        };
        let request = Request {
            id: RequestId(id),
            right: new.right,
            came_by: new.came_by,
            language: new.language,
            received: new.received,
            filer: scope.person(),
            filed: act.draft.id,
            content,
            whose,
            found_by: new.find.as_ref().map(|term| term.index),
            longer: None,
            stage: Stage::Open,
            handler: None,
            identity: Identity::default(),
            first: None,
            told: false,
            last: act.draft.id,
            held: None,
            copy: None,
            tag: [0; 16],
        };
        match self.commit_plain(self.filing(act, scope, &request).await?).await {
            // The same was filed in this very moment.
            Err(VaultError::Refused { refusal: Refusal::RequestChanged, entry, .. }) => {
                let before =
                    self.filed_before(scope, RequestId(id), content).await?.unwrap_or(Err(Refusal::RequestChanged));
                before.map_err(|refusal| VaultError::Refused { refusal, entry, rule: None, spent: None, plan: None })
            }
            filed => filed.map(|_| FiledRequest::of(&request)),
        }
    }

    /// What was filed under this name already, if it was the same.
    async fn filed_before(
        &self,
        scope: &Scope,
        id: RequestId,
        content: [u8; 16],
    ) -> Result<Option<Result<FiledRequest, Refusal>>, VaultError> {
        let Some(row) = self.store.admission(scope.tenant, id.key()).await? else { return Ok(None) };
        Ok(Some(match self.genuine_request(scope.tenant, &row) {
            Some(before) if before.content == content => Ok(FiledRequest::of(&before)),
            Some(_) => Err(Refusal::KeyReused),
            None => Err(Refusal::Tampered),
        }))
    }

    async fn filing(&self, act: Act, scope: &Scope, request: &Request) -> Result<Act, VaultError> {
        let own = Counter::person(BudgetKind::Approval, scope.person());
        let own = Self::attempt(&act, own, FILED, Refusal::AttemptsExhausted);
        let unfiled = Condition::Admission { key: request.id.key(), tag: None, otherwise: Refusal::RequestChanged };
        let row = request.row(act.draft.at);
        let act = self.about_request(act, request).await?;
        Ok(act.counts(Pending::Request, false).spend(own).when(unfiled).effect(Effect::PutAdmission(row)))
    }

    /// Who is found, if it is exactly one. Whether the plan lets staff search by it isn't asked: nobody is shown anything, and who
    /// asks for what is theirs must be found.
    async fn asked_for(&self, scope: &Scope, new: &NewRequest) -> Result<Option<CustomerId>, VaultError> {
        match &new.find {
            Some(term) => self.only_one_at(scope.tenant, term).await,
            None => Ok(None),
        }
    }

    /// `MAC(X(row, "rf1/claim"), "request" ‖ what was filed)[..16]`: the same is known again, and what it says isn't.
    fn filed_content(&self, scope: &Scope, new: &NewRequest) -> Result<[u8; 16], VaultError> {
        let head = [new.right as u8, new.came_by as u8, new.language.tag().as_bytes()[0]];
        let (kind, term): (u16, &[u8]) = match &new.find {
            Some(term) => (term.index.code(), term.normalised.as_bytes()),
            None => (0, &[]),
        };
        let received = new.received.0.to_be_bytes();
        let key = &self.keys(scope.tenant)?.claim;
        Ok(short(mac(key, &[b"request", &head, &received, &kind.to_be_bytes(), term])))
    }
}
