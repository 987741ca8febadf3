//! A customer's session: begun with a code, bound to one browser, short, and over with the customer.

use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::session::Cookie;
use crate::wiring::{Act, Vault};
use domain::time::fresh;
use domain::{BudgetKind, Counter, CustomerId, Millis, Refusal, TenantId};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, Seals, Tag};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// How long a session lasts, used or not, in milliseconds.
pub const LIFE_MS: i64 = 15 * 60_000;

/// A signed-in customer.
#[derive(Clone)]
pub struct CustomerScope {
    pub(crate) tenant: TenantId,
    pub(crate) customer: CustomerId,
    pub(crate) power: u64,
    row: AdmissionRow,
}

impl CustomerScope {
    /// The tenant.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Who.
    #[must_use]
    pub fn customer(&self) -> CustomerId {
        self.customer
    }

    /// When the session is over at the latest.
    #[must_use]
    pub fn ends(&self) -> Millis {
        self.row.expires
    }
}

/// What a session's row says: `customer[16] ‖ SHA-256(secret)[32]`; nothing once it was ended.
pub(super) fn body(customer: CustomerId, secret: &[u8; 32]) -> Vec<u8> {
    [customer.0.as_slice(), &keys::hash(&[secret])].concat()
}

fn read(body: &[u8]) -> Option<(CustomerId, [u8; 32])> {
    let (customer, digest) = body.split_first_chunk()?;
    Some((CustomerId(*customer), digest.try_into().ok()?))
}

/// A session that has just begun: its row, and the cookie, told once.
pub(super) fn begun(vault: &Vault, tenant: TenantId, customer: CustomerId) -> (AdmissionRow, Zeroizing<String>) {
    let id: [u8; 16] = fresh(&*vault.entropy);
    let cookie = Cookie { tenant, id, secret: Zeroizing::new(fresh(&*vault.entropy)) };
    let key = AdmissionKey { kind: AdmissionKind::CustomerSession, id };
    let expires = vault.clock.now().plus(LIFE_MS);
    (AdmissionRow { key, body: body(customer, &cookie.secret), expires, tag: [0; 16] }, cookie.print())
}

impl Vault {
    /// The customer whose session this is, at this tenant.
    ///
    /// # Errors
    /// `Unauthenticated` for any cookie that isn't a living session's, another tenant's among them; `Refused(Tampered)` for an
    /// edited row.
    pub async fn resume_customer(&self, tenant: TenantId, cookie: &str) -> Result<CustomerScope, VaultError> {
        let cookie = Cookie::read(cookie).filter(|cookie| cookie.tenant == tenant);
        let cookie = cookie.ok_or(VaultError::Unauthenticated)?;
        self.keys(tenant)?;
        let key = AdmissionKey { kind: AdmissionKind::CustomerSession, id: cookie.id };
        let row = self.store.admission(tenant, key).await?.ok_or(VaultError::Unauthenticated)?;
        if !self.is_own_row(tenant, &row) {
            return Err(VaultError::refused(Refusal::Tampered));
        }
        let lives = row.expires > self.clock.now();
        let (customer, digest) = read(&row.body).filter(|_| lives).ok_or(VaultError::Unauthenticated)?;
        if !bool::from(keys::hash(&[&*cookie.secret]).ct_eq(&digest)) {
            return Err(VaultError::Unauthenticated);
        }
        if self.store.customer(tenant, customer).await?.is_none() {
            return Err(VaultError::Unauthenticated);
        }
        let power = self.power(tenant).await?.seq;
        Ok(CustomerScope { tenant, customer, power, row })
    }

    /// Ends a customer's session. Logged.
    ///
    /// # Errors
    /// If the store fails: the session isn't over then.
    pub async fn customer_leaves(&self, scope: &CustomerScope) -> Result<(), VaultError> {
        let act = self.own_act(scope, Kind::OwnSignOut).await?;
        self.commit_plain(act.effect(scope.ended())).await.map(drop)
    }

    /// An act of a signed-in customer about themselves, on the condition that the session still lives.
    pub(crate) async fn own_act(&self, scope: &CustomerScope, kind: Kind) -> Result<Act, VaultError> {
        let keys = self.entry_keys(scope.tenant, scope.customer).await?;
        let mut act = self.bare_act(scope.tenant, kind)?.about(scope.customer, None, 0, keys);
        act.draft.power = scope.power;
        act.when.extend(self.own_doubts(scope.tenant, kind));
        act.when.push(Condition::PowerVersion(scope.power));
        let act = act.when(Condition::CustomerExists(scope.customer)).when(scope.lives());
        if !kind.discloses() && kind != Kind::Erasure {
            return Ok(act);
        }
        let reads = act.draft.keys.as_deref().map(|keys| self.own_name(keys, b"reads")).unwrap_or_default();
        let reads = Self::attempt(&act, Counter::customer(BudgetKind::Code, reads), READS, Refusal::AttemptsExhausted);
        Ok(act.when(unguarded(scope.customer)).spend(reads))
    }

    /// What stops every disclosure stops those to customers.
    pub(super) fn own_doubts(&self, tenant: TenantId, kind: Kind) -> Vec<Condition> {
        if !kind.discloses() {
            return Vec::new();
        }
        let doubts = [
            (self.power_doubted(tenant), Refusal::PowerTampered),
            (!self.governance(tenant).is_usable(), Refusal::RulesUnusable),
            (self.spending_doubted(tenant), Refusal::SpendingDisagrees),
            (self.stopped_by_witnesses(tenant), Refusal::WitnessesMissing),
        ];
        doubts.into_iter().filter(|(doubted, _)| *doubted).map(|(_, refusal)| Condition::Never(refusal)).collect()
    }

    pub(super) fn is_own_row(&self, tenant: TenantId, row: &AdmissionRow) -> bool {
        row.tag == self.seals.tag(tenant, "admission", &row.material())
    }
}

/// How often one customer is shown something of theirs in any sixty minutes: their page is two such acts.
const READS: u32 = 60;

/// Of a guarded customer nothing is shown, sent or destroyed by a code alone: whoever reads their mail may be who they are
/// guarded from.
pub(crate) fn unguarded(customer: CustomerId) -> Condition {
    Condition::Unguarded { customer, otherwise: Refusal::GuardedRecord }
}

impl CustomerScope {
    fn lives(&self) -> Condition {
        let tag: Option<Tag> = Some(self.row.tag);
        Condition::Admission { key: self.row.key, tag, otherwise: Refusal::OwnSessionOver }
    }

    /// The session is over from then on. The row stays, saying nothing, until it would have run out anyway.
    pub(super) fn ended(&self) -> Effect {
        Effect::PutAdmission(AdmissionRow { body: Vec::new(), ..self.row.clone() })
    }
}
