//! The keys a node holds for a tenant while it runs: for tagging rows and sealing entries. None opens a field.

use aws_lc_rs::hmac;
use domain::TenantId;
use keys::derive::subkey;
use keys::{Key32, NodeKeys, derive};
use std::collections::BTreeMap;
use store::{Seals, Tag};

/// One tenant's.
pub(crate) struct TenantKeys {
    row: hmac::Key,
    pub(crate) audit: Key32,
    pub(crate) code: Key32,
    pub(crate) claim: Key32,
    pub(crate) draft: Key32,
    pub(crate) report: Key32,
    /// From which the sessions' own keys are derived.
    pub(crate) session: Key32,
    pub(crate) log_ed25519: Key32,
    pub(crate) log_ml_dsa: Key32,
}

impl TenantKeys {
    pub(crate) fn new(keys: &NodeKeys) -> Self {
        Self {
            row: hmac::Key::new(hmac::HMAC_SHA256, keys.row.bytes()),
            audit: keys.audit.clone(),
            code: subkey(&keys.row, &[b"rf1/code"]),
            claim: subkey(&keys.row, &[b"rf1/claim"]),
            draft: subkey(&keys.row, &[b"rf1/draft"]),
            session: subkey(&keys.row, &[b"rf1/session"]),
            report: subkey(&keys.audit, &[b"rf1/report"]),
            log_ed25519: keys.log_ed25519.clone(),
            log_ml_dsa: keys.log_ml_dsa.clone(),
        }
    }
}

/// All tenants' row tags: `MAC(X(T_t, "rf1/row"), lp(table) ‖ tenant u32 ‖ material)[..16]`.
#[derive(Default)]
pub(crate) struct NodeSeals(pub(crate) BTreeMap<TenantId, TenantKeys>);

impl Seals for NodeSeals {
    fn tag(&self, tenant: TenantId, table: &'static str, material: &[u8]) -> Tag {
        // A tenant without keys has no rows either; a random-looking constant would be worse than one that can't
        // be made by accident: the check below then fails for every row.
        let Some(keys) = self.0.get(&tenant) else { return [0; 16] };
        let mut context = hmac::Context::with_key(&keys.row);
        context.update(&(table.len() as u16).to_be_bytes());
        context.update(table.as_bytes());
        context.update(&tenant.bytes());
        context.update(material);
        let mut mac = [0; 32];
        mac.copy_from_slice(context.sign().as_ref());
        derive::short(mac)
    }
}
