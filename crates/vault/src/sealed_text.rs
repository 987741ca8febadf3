//! Words for few eyes: what was reported, or told beside a request in an emergency. Sealed under a key of the tenant's own.

use crate::error::VaultError;
use crate::wiring::Vault;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use domain::TenantId;
use domain::time::fresh;
use keys::Key32;
use keys::derive::expand;
use zeroize::Zeroizing;

const SALT: usize = 16;

impl Vault {
    fn text_key(&self, tenant: TenantId, what: &[u8], salt: &[u8]) -> Result<LessSafeKey, VaultError> {
        let key = Key32::new(expand(&self.keys(tenant)?.report, &[what, salt]));
        UnboundKey::new(&AES_256_GCM, key.bytes()).map(LessSafeKey::new).map_err(|_| VaultError::Damaged)
    }

    /// `salt ‖ AES-256-GCM(text)`, bound to the id of what it belongs to. Each key is derived for one text, so the nonce may
    /// be zero.
    pub(crate) fn seal_text(
        &self,
        tenant: TenantId,
        what: &[u8],
        id: &[u8; 16],
        text: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let salt: [u8; SALT] = fresh(&*self.entropy);
        // Room for the tag, so that no copy of the text is left behind.
        let mut body = Zeroizing::new(Vec::with_capacity(text.len() + AES_256_GCM.tag_len()));
        body.extend_from_slice(text);
        let key = self.text_key(tenant, what, &salt)?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key([0; 12]), Aad::from(*id), &mut *body)
            .map_err(|_| VaultError::Damaged)?;
        Ok([salt.as_slice(), &body].concat())
    }

    /// What was sealed for this id; `Damaged` for anything else.
    pub(crate) fn open_text(
        &self,
        tenant: TenantId,
        what: &[u8],
        id: &[u8; 16],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (salt, body) = sealed.split_at_checked(SALT).ok_or(VaultError::Damaged)?;
        let mut bytes = Zeroizing::new(body.to_vec());
        let key = self.text_key(tenant, what, salt)?;
        let plain = key.open_in_place(Nonce::assume_unique_for_key([0; 12]), Aad::from(*id), &mut bytes);
        let length = plain.map_err(|_| VaultError::Damaged)?.len();
        bytes.truncate(length);
        Ok(bytes)
    }
}
