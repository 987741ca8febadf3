//! How a session ends before its time: by whoever has it, by the same person elsewhere, by security.

use super::SessionId;
use super::body::Body;
use super::memory::Seen;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::{Act, Vault};
use domain::{EntryId, Refusal};
use store::{AdmissionRow, Condition, Effect};

impl Vault {
    /// Ends the session of who asks. Logged. One that runs out leaves no entry: nobody acts.
    ///
    /// # Errors
    /// If the store fails: the session isn't over then.
    pub async fn sign_out(&self, scope: &Scope) -> Result<(), VaultError> {
        let Some(id) = scope.session_id() else { return Ok(()) };
        let Some(seen) = self.session(scope.tenant, id).await? else { return Ok(()) };
        let mut act = self.bare_act(scope.tenant, Kind::SignOut)?;
        act.draft.person = Some(scope.person.id);
        self.end(act, scope, id, &seen).await.map(drop)
    }

    /// Ends a session: one's own, or anybody's for security. Within a quarter of a second no node takes it any more.
    ///
    /// # Errors
    /// The refusal with its entry: `NotFound` for none of this name that the person may know of, or what the rules say.
    pub async fn end_session(&self, scope: &Scope, id: SessionId) -> Result<EntryId, VaultError> {
        let act = self.act(scope, Kind::SessionEnded)?.detail(id.mark());
        let seen = self.session(scope.tenant, id).await?;
        let own = seen.as_ref().is_some_and(|seen| seen.body.person == scope.person.id);
        if !own && let Err(denial) = self.may(scope, policy::Act::EndSession) {
            return Err(self.logged_denial(act, &denial).await);
        }
        match seen.filter(|seen| !seen.body.ended) {
            Some(seen) => self.end(act, scope, id, &seen).await,
            None => Err(self.logged(act, Refusal::NotFound).await),
        }
    }

    async fn end(&self, act: Act, scope: &Scope, id: SessionId, seen: &Seen) -> Result<EntryId, VaultError> {
        // What was read may be a quarter of a second old, and a use may have been noted since: end the row as it is now.
        let name = (scope.tenant, id.0);
        self.sessions.doubt(&name);
        let now = self.session(scope.tenant, id).await?.unwrap_or_else(|| seen.clone());
        let body = Body { ended: true, ..(*now.body).clone() };
        let row = AdmissionRow { body: body.encode(), ..(*now.row).clone() };
        let unchanged = Condition::Admission { key: row.key, tag: Some(now.row.tag), otherwise: Refusal::PowerChanged };
        let ended = self.commit_plain(act.when(unchanged).effect(Effect::PutAdmission(row))).await;
        self.sessions.doubt(&name);
        ended
    }
}
