//! Which sessions there are.

use super::SessionId;
use super::binding::DEVICE_KEY;
use super::body::Body;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{Millis, PersonId, TenantId};
use store::{AdmissionKind, AdmissionRow, Seals};

/// How many rows are read at once.
const PAGE: u32 = 500;

/// A session, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionLine {
    /// Its name.
    pub id: SessionId,
    /// Whose.
    pub person: PersonId,
    /// When it began.
    pub begun: Millis,
    /// When it was last used, to within a minute.
    pub seen: Millis,
    /// When it ends at the latest.
    pub ends: Millis,
    /// How it was signed in to.
    pub way: super::Way,
    /// Is it bound to its browser?
    pub bound: bool,
    /// Is it the one that asks?
    pub current: bool,
}

impl Vault {
    /// May this person see who is signed in?
    #[must_use]
    pub fn reads_sessions(&self, scope: &Scope) -> bool {
        self.may(scope, policy::Act::ReadSessions).is_ok()
    }

    /// Everybody's sessions that live, newest first. One entry per reading.
    ///
    /// # Errors
    /// The refusal with its entry for whom the rules don't let.
    pub async fn sessions(&self, scope: &Scope) -> Result<Vec<SessionLine>, VaultError> {
        let act = self.act(scope, Kind::SessionsRead)?;
        if let Err(denial) = self.may(scope, policy::Act::ReadSessions) {
            return Err(self.logged_denial(act, &denial).await);
        }
        self.commit_plain(act).await?;
        self.living(scope, |_| true).await
    }

    /// A person's own, newest first.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn own_sessions(&self, scope: &Scope) -> Result<Vec<SessionLine>, VaultError> {
        let own = scope.person.id;
        self.living(scope, |body| body.person == own).await
    }

    async fn living(&self, scope: &Scope, wanted: impl Fn(&Body) -> bool) -> Result<Vec<SessionLine>, VaultError> {
        let mut lines = Vec::new();
        self.each_session(scope.tenant, |row, body| {
            if wanted(body) {
                lines.push(line(scope, row, body));
            }
        })
        .await?;
        lines.sort_by_key(|line| core::cmp::Reverse((line.begun, line.id)));
        Ok(lines)
    }

    /// Every session of a tenant's that lives, in no order.
    pub(crate) async fn each_session(
        &self,
        tenant: TenantId,
        mut told: impl FnMut(&AdmissionRow, &Body),
    ) -> Result<(), VaultError> {
        let power = self.power(tenant).await?;
        let (rules, now, mut after) = (power.governance.settings.sessions(), self.clock.now(), None);
        loop {
            let rows = self.store.admissions(tenant, AdmissionKind::Session, after, PAGE).await?;
            after = rows.last().map(|row| row.key.id).filter(|_| rows.len() == PAGE as usize);
            for row in rows {
                // An edited row lets nobody in, and is told of when it is used.
                let Some(body) = self.genuine_session(tenant, &row).filter(|body| !body.ended) else { continue };
                let idle = power.person(body.person).map_or(0, |person| rules.idle_of(person.role));
                if now.since(body.seen) < idle && now.since(body.begun) < rules.absolute_ms {
                    told(&row, &body);
                }
            }
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// The key of a session's browser; none where it isn't bound, or isn't there.
    pub(crate) async fn session_device(
        &self,
        tenant: TenantId,
        session: SessionId,
    ) -> Result<Option<[u8; DEVICE_KEY]>, VaultError> {
        let row = self.store.admission(tenant, session.key()).await?;
        Ok(row.and_then(|row| self.genuine_session(tenant, &row)).and_then(|body| body.device))
    }

    fn genuine_session(&self, tenant: TenantId, row: &AdmissionRow) -> Option<Body> {
        let tag = self.seals.tag(tenant, "admission", &row.material());
        (tag == row.tag).then(|| Body::decode(&row.body))?
    }
}

fn line(scope: &Scope, row: &AdmissionRow, body: &Body) -> SessionLine {
    SessionLine {
        id: SessionId(row.key.id),
        person: body.person,
        begun: body.begun,
        seen: body.seen,
        ends: row.expires,
        way: body.way,
        bound: body.device.is_some(),
        current: scope.session == row.key.id,
    }
}
