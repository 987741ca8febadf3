//! Asking for a code to sign in with. What is answered, and when, doesn't tell whether an address is known: the answer is given
//! before anybody is looked for, and an address that is nobody's leaves the same row as one that is somebody's.

use super::letter::{Letter, Mail, Mailer};
use crate::budgets::history;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::private::plaintext::Plaintext;
use crate::private::release::{Committed, Done, Use};
use crate::reveal::hashed;
use crate::session::Cookie;
use crate::wiring::{Act, Vault};
use domain::time::fresh;
use domain::{BudgetKind, Counter, CustomerId, FieldKind, Millis, Refusal, TenantId, Window};
use keys::derive::{mac, short};
use plan::Language;
use std::sync::Arc;
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, FieldRef, FieldRow, Spend};
use zeroize::Zeroizing;

/// How long a code counts, in milliseconds.
pub(super) const CODE_LIFE_MS: i64 = 10 * 60_000;
/// How many digits it has.
const DIGITS: usize = 10;
/// How many codes one customer is sent in any sixty minutes.
const CODES_PER_CUSTOMER: u32 = 5;
/// How many are asked for in any sixty minutes at one tenant, for whatever address.
const CODES_PER_TENANT: u32 = 2_000;
/// How many addresses of one customer are looked at.
const ADDRESSES: usize = 5;

/// A code that was asked for: its row's name, and the secret of the browser that asked.
pub struct Ask {
    pub(super) tenant: TenantId,
    id: [u8; 16],
    secret: Zeroizing<[u8; 32]>,
}

impl Ask {
    /// The cookie of the browser that asked; the code counts in no other.
    #[must_use]
    pub fn cookie(&self) -> Zeroizing<String> {
        Cookie { tenant: self.tenant, id: self.id, secret: self.secret.clone() }.print()
    }

    pub(super) fn key(id: [u8; 16]) -> AdmissionKey {
        AdmissionKey { kind: AdmissionKind::CustomerCode, id }
    }
}

/// What a code's row says.
pub(super) struct AskBody {
    /// How many more may be tried.
    pub(super) tries: u8,
    /// Whose it is; nobody's where the address was nobody's.
    pub(super) customer: Option<CustomerId>,
    /// SHA-256 of the browser's secret.
    pub(super) secret: [u8; 32],
    /// Keyed digest of the code.
    pub(super) code: [u8; 16],
}

impl AskBody {
    /// How many wrong codes one code survives.
    pub(super) const TRIES: u8 = 5;

    /// `tries u8 ‖ has customer u8 ‖ customer[16] ‖ secret digest[32] ‖ code digest[16]`
    pub(super) fn encode(&self) -> Vec<u8> {
        let customer = self.customer.map(|customer| customer.0).unwrap_or_default();
        let head = [self.tries, u8::from(self.customer.is_some())];
        [head.as_slice(), &customer, &self.secret, &self.code].concat()
    }

    pub(super) fn decode(body: &[u8]) -> Option<Self> {
        let ([tries, has], rest) = body.split_first_chunk::<2>()?;
        let (customer, rest) = rest.split_first_chunk::<16>()?;
        let (secret, code) = rest.split_first_chunk::<32>()?;
        let customer = (*has == 1).then_some(CustomerId(*customer));
        Some(Self { tries: *tries, customer, secret: *secret, code: code.try_into().ok()? })
    }
}

/// What a code is sent with.
struct Sending<'a> {
    ask: &'a Ask,
    digest: [u8; 16],
    expires: Millis,
}

impl Sending<'_> {
    fn row(&self, customer: Option<CustomerId>) -> Effect {
        let Ask { id, secret, .. } = self.ask;
        let body = AskBody { tries: AskBody::TRIES, customer, secret: keys::hash(&[&**secret]), code: self.digest };
        Effect::PutAdmission(AdmissionRow {
            key: Ask::key(*id),
            body: body.encode(),
            expires: self.expires,
            tag: [0; 16],
        })
    }
}

impl Vault {
    /// Begins to ask for a code. Nothing is looked up or written yet: hand the cookie out, then send the code.
    ///
    /// # Errors
    /// If the tenant isn't served here.
    pub fn ask_for_own_code(&self, tenant: TenantId) -> Result<Ask, VaultError> {
        self.keys(tenant)?;
        Ok(Ask { tenant, id: fresh(&*self.entropy), secret: Zeroizing::new(fresh(&*self.entropy)) })
    }

    /// Sends a code to the address, if it is the one of exactly one customer; whether it was sent, whoever asked isn't told.
    /// The address on file is used, not the one that was typed: they may look alike and lead elsewhere.
    ///
    /// # Errors
    /// Why nothing was sent to somebody's address, the refusal with its entry; or if store or key holder fail.
    pub async fn send_own_code(
        &self,
        ask: &Ask,
        address: &str,
        mailer: Arc<dyn Mailer>,
        language: Language,
    ) -> Result<(), VaultError> {
        // What is refused for this is no entry: a flood must not fill the log.
        if self.attempts_spent(ask.tenant, Counter::own_side(BudgetKind::Code), CODES_PER_TENANT).await? {
            return Err(VaultError::refused(Refusal::AttemptsExhausted));
        }
        let code = self.digits::<DIGITS>();
        let digest = self.own_code_digest(ask.tenant, &ask.id, &code)?;
        let sending = Sending { ask, digest, expires: self.clock.now().plus(CODE_LIFE_MS) };
        // Before anybody is told anything: what the plan and the rules say must be known on this node.
        self.power(ask.tenant).await?;
        let found = match domain::field::query_email(address) {
            Ok(term) => self.only_one_at(ask.tenant, &term).await?,
            Err(_) => None,
        };
        let sent = match found {
            Some(customer) => self.address_for(&sending, customer, address).await,
            None => Ok(None),
        };
        let Ok(Some(to)) = sent else {
            // As much is written as where somebody was found, and nothing that would fit it.
            self.commit_plain(self.for_nobody(&sending)?).await?;
            return sent.map(drop);
        };
        self.mail(to, Letter::Code(code), (ask.tenant, language), mailer).await
    }

    /// The customer's address that was named, in an entry of its own, which puts the code's row too. `None` where the index
    /// led to somebody who doesn't have it.
    async fn address_for(
        &self,
        sending: &Sending<'_>,
        customer: CustomerId,
        said: &str,
    ) -> Result<Option<Plaintext>, VaultError> {
        let act = self.code_to(sending, customer).await?;
        let Done::Committed { values, .. } = self.commit(act).await? else { return Err(VaultError::Unknown) };
        let mut found = None;
        for value in values {
            found = Committed::open_if(value, &Use::Matches(said))?.or(found);
        }
        Ok(found)
    }

    async fn code_to(&self, sending: &Sending<'_>, customer: CustomerId) -> Result<Act, VaultError> {
        let (tenant, email) = (sending.ask.tenant, FieldKind::Email.code());
        let keys = self.entry_keys(tenant, customer).await?;
        let name = keys.as_ref().map(|keys| keys.counter(&customer.0)).unwrap_or_default();
        let mut act = self.bare_act(tenant, Kind::OwnCode)?.about(customer, None, 0, keys).field(email);
        act.when.extend(self.own_doubts(tenant, Kind::OwnCode));
        act = act.when(Condition::CustomerExists(customer)).when(super::scope::unguarded(customer));
        let agreed = self.planned_for(tenant, customer, (FieldKind::Email, plan::Act::Send, None)).await?;
        act = act.agreed(agreed);
        if act.is_stopped() {
            return Ok(act);
        }
        let rows = self.store.fields(tenant, customer).await?;
        let (known, young): (Vec<&FieldRow>, _) =
            rows.iter().filter(|row| row.field == email).partition(|row| self.is_settled(row.version));
        for row in known.into_iter().take(ADDRESSES) {
            let field = FieldRef { customer, field: email, instance: row.instance };
            act = act.when(Condition::FieldVersion(field, row.version)).read(field);
        }
        if act.read.is_empty() {
            let why = if young.is_empty() { Refusal::NotFound } else { Refusal::ContactUnsure };
            return Ok(act.when(Condition::Never(why)));
        }
        let own = Counter::customer(BudgetKind::Code, name);
        let own = Self::attempt(&act, own, CODES_PER_CUSTOMER, Refusal::AttemptsExhausted);
        let all = Self::everybodys_codes(&act);
        Ok(act.spend(own).spend(all).effect(sending.row(Some(customer))))
    }

    fn for_nobody(&self, sending: &Sending<'_>) -> Result<Act, VaultError> {
        let act = self.bare_act(sending.ask.tenant, Kind::OwnCodeUnsent)?;
        let all = Self::everybodys_codes(&act);
        Ok(act.spend(all).effect(sending.row(None)))
    }

    /// Are the attempts of the last sixty minutes all spent?
    pub(crate) async fn attempts_spent(
        &self,
        tenant: TenantId,
        counter: Counter,
        limit: u32,
    ) -> Result<bool, VaultError> {
        let row = self.store.budget(tenant, counter).await?;
        Ok(history(row.as_ref()).used(self.clock.now(), Window::Hour, None) >= limit)
    }

    fn everybodys_codes(act: &Act) -> Spend {
        Self::attempt(act, Counter::own_side(BudgetKind::Code), CODES_PER_TENANT, Refusal::AttemptsExhausted)
    }

    /// Hands a letter over; the address is wiped with the message.
    pub(crate) async fn mail(
        &self,
        to: Plaintext,
        letter: Letter,
        (tenant, language): (TenantId, Language),
        mailer: Arc<dyn Mailer>,
    ) -> Result<(), VaultError> {
        let (planned, at, id) = (Arc::clone(&self.governance(tenant).planned), self.clock.now(), fresh(&*self.entropy));
        let deliver = move || {
            let (head, letter) = (&planned.plan().head, &letter);
            to.to_carrier(|to| {
                mailer.deliver(&Mail { to, letter, language, company: &head.company, contact: &head.contact, at, id })
            })
        };
        match tokio::task::spawn_blocking(deliver).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(VaultError::Undelivered),
        }
    }

    /// `MAC(X(row, "rf1/code"), "own" ‖ ask ‖ code)[..16]`: the code itself is kept nowhere.
    pub(super) fn own_code_digest(&self, tenant: TenantId, ask: &[u8; 16], code: &str) -> Result<[u8; 16], VaultError> {
        Ok(short(mac(&self.keys(tenant)?.code, &[b"own", ask, code.as_bytes()])))
    }

    /// The name under which what a customer does on their own side is counted.
    pub(crate) fn own_name(&self, keys: &crate::private::entry::EntryKeys, what: &[u8]) -> [u8; 16] {
        keys.counter(&hashed(&[b"own", what]))
    }
}
