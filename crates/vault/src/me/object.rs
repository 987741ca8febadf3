//! "It wasn't me": whoever was told of a correction by letter stops what was changed, without an account and at once.
//!
//! The letter's link names the correction under a seal of the node's keys, so no row of it lies anywhere. The customer is guarded from
//! then on: nothing is corrected, sent, shown or erased at their own page, and what was corrected vouches for nobody, until
//! two of security say otherwise.

use crate::contact::corrected_at;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::twice::Wish;
use crate::wiring::Vault;
use domain::time::fresh;
use domain::{BudgetKind, Counter, CustomerId, Guard, Refusal, ReportId, TenantId};
use store::{AdmissionKind, Condition, Effect, FieldRef};
use zeroize::Zeroizing;

/// How long after a correction it can be objected to, in milliseconds.
const OPEN_MS: i64 = 14 * 24 * 3_600_000;
/// How many objections about one customer are taken in any sixty minutes.
const OBJECTIONS: u32 = 3;
/// What its key is derived for.
const OBJECTION: &[u8] = b"rf1/objection";
/// `customer[16] ‖ field u16 ‖ instance u32 ‖ version u64`
const NAMED: usize = 30;

impl Vault {
    /// The address at which a correction is objected to.
    pub(super) fn objection_link(
        &self,
        tenant: TenantId,
        place: FieldRef,
        version: u64,
        page: &str,
    ) -> Result<Zeroizing<String>, VaultError> {
        let named = [
            place.customer.0.as_slice(),
            &place.field.to_be_bytes(),
            &place.instance.to_be_bytes(),
            &version.to_be_bytes(),
        ];
        let sealed = self.seal_text(tenant, OBJECTION, &[0; 16], &named.concat())?;
        let mut link = Zeroizing::new(String::with_capacity(page.len() + 2 * sealed.len()));
        link.push_str(page);
        sealed.iter().for_each(|byte| link.push_str(&format!("{byte:02x}")));
        Ok(link)
    }

    /// Objects to a correction, named by the end of its link. The customer is guarded, and security reads a report that names the
    /// entry.
    ///
    /// # Errors
    /// `Refused(NotFound)` for anything that isn't such a link of the last fourteen days, and once the value is another again;
    /// `Refused(AttemptsExhausted)` after three in an hour.
    pub async fn own_objection(&self, tenant: TenantId, named: &str) -> Result<ReportId, VaultError> {
        let unknown = || VaultError::refused(Refusal::NotFound);
        self.power(tenant).await?;
        let sealed = unhex(named).ok_or_else(unknown)?;
        let named = self.open_text(tenant, OBJECTION, &[0; 16], &sealed).map_err(|_| unknown())?;
        let (place, version) = read(&named).ok_or_else(unknown)?;
        let at = corrected_at(version).filter(|at| self.clock.now().since(*at) < OPEN_MS).ok_or_else(unknown)?;
        let keys = self.entry_keys(tenant, place.customer).await?.ok_or_else(unknown)?;
        let own = Counter::customer(BudgetKind::Code, self.own_name(&keys, b"objections"));
        // What is refused for this is no entry.
        if self.attempts_spent(tenant, own, OBJECTIONS).await? {
            return Err(VaultError::refused(Refusal::AttemptsExhausted));
        }
        let guard = self.store.state(tenant, place.customer).await?.and_then(|state| state.guard);
        let mut act = self.bare_act(tenant, Kind::OwnObjection)?;
        act = act.about(place.customer, None, place.instance, Some(keys)).field(place.field);
        let (entry, id) = (act.draft.id, ReportId(fresh(&*self.entropy)));
        let text = format!(
            "Whoever reads a customer's e-mail says that it wasn't them who corrected a value on their own page at {at}: {entry} \
             tells of it. The customer is guarded from now. Make sure by another way who they are before two of you end that."
        );
        let spent = Self::attempt(&act, own, OBJECTIONS, Refusal::AttemptsExhausted);
        act = act.when(Condition::CustomerExists(place.customer)).when(Condition::FieldVersion(place, version));
        let _turn = self.speaking.turn.lock().await;
        act = self.filed_of_customer(act.spend(spent), id, None, &text).await?;
        if guard.is_none() {
            // A first word to end an earlier mark isn't one about this.
            let earlier = Wish { kind: AdmissionKind::UnguardAsked, of: place.customer.0, code: 0 };
            act = act.effect(Effect::Guard(place.customer, Some(Guard::Contested)));
            act = act.effect(earlier.forgotten(tenant, self.clock.now()));
        }
        self.commit_plain(act).await?;
        Ok(id)
    }
}

fn read(named: &[u8]) -> Option<(FieldRef, u64)> {
    let named: &[u8; NAMED] = named.try_into().ok()?;
    let (customer, rest) = named.split_first_chunk()?;
    let (field, rest) = rest.split_first_chunk()?;
    let (instance, version) = rest.split_first_chunk()?;
    let (field, instance) = (u16::from_be_bytes(*field), u32::from_be_bytes(*instance));
    let place = FieldRef { customer: CustomerId(*customer), field, instance };
    Some((place, u64::from_be_bytes(version.try_into().ok()?)))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = text.as_bytes();
    // A seal, a name, and nothing that keeps the node busy.
    if !bytes.len().is_multiple_of(2) || bytes.len() > 4 * (NAMED + 32) {
        return None;
    }
    bytes.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}
