//! What binds a session to one browser: a key that the browser and Ringfence agree on and that neither sends.
//!
//! The browser makes a P-256 key pair whose private half its script can use and never read. For each session Ringfence has a key
//! pair of its own, derived from the tenant's node key and the session's id, so that every node has it and no row holds it.
//! Both sides come to `K = HKDF-SHA256(salt = session id, ECDH, "rf1/bound" ‖ browser's key ‖ Ringfence's key)`, and each request
//! carries an HMAC-SHA256 under K over what it asks (RFC 9421).

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::{hkdf, hmac};
use domain::Millis;
use keys::Key32;
use keys::derive::expand;

/// Length of a public key: an uncompressed point (SEC 1, 2.3.3).
pub(crate) const DEVICE_KEY: usize = 65;

/// How far a request's time may be from ours, in milliseconds. A browser sets its clock by our answers.
const WINDOW_MS: i64 = 10_000;

/// A browser's public key. Whether it is a point of the curve is seen when a key is agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceKey(pub(crate) [u8; DEVICE_KEY]);

impl DeviceKey {
    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The id of its row of power, once it is enrolled: the first half of its SHA-256.
    pub(crate) fn id(&self) -> [u8; 16] {
        let mut id = [0; 16];
        id.copy_from_slice(&keys::hash(&[&self.0])[..16]);
        id
    }

    /// From an uncompressed P-256 point, 65 bytes.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let key = bytes.try_into().ok().filter(|key: &[u8; DEVICE_KEY]| key[0] == 4)?;
        agreed(&Key32::new([1; 32]), &[0; 16], &key).map(|_| Self(key))
    }
}

/// A request as its page signed it.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// What was signed: the signature base of RFC 9421, 2.5.
    pub base: &'a [u8],
    /// The signature.
    pub mac: &'a [u8],
    /// When, by the browser, in seconds since 1970.
    pub created: i64,
    /// Used for this request only.
    pub nonce: [u8; 16],
    /// May it change anything? Then it counts once.
    pub unsafe_method: bool,
}

/// Why a signature doesn't count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// It is another key's, or over something else.
    Wrong,
    /// It is too old, or from the future.
    Late,
}

/// The key agreed on, and Ringfence's public key for the browser to come to the same.
pub(crate) struct Agreed {
    pub(crate) key: hmac::Key,
    pub(crate) public: [u8; DEVICE_KEY],
}

/// Agrees with a browser; `None` if its key is no point of the curve.
pub(crate) fn agreed(tenant: &Key32, session: &[u8; 16], device: &[u8; DEVICE_KEY]) -> Option<Agreed> {
    let own = own_key(tenant, session)?;
    let public: [u8; DEVICE_KEY] = own.compute_public_key().ok()?.as_ref().try_into().ok()?;
    let peer = UnparsedPublicKey::new(&ECDH_P256, device.as_slice());
    let key = agree(&own, peer, (), |shared| {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, session);
        let prk = salt.extract(shared);
        let info = [b"rf1/bound".as_slice(), device, &public];
        prk.expand(&info, hmac::HMAC_SHA256).map(hmac::Key::from).map_err(drop)
    });
    Some(Agreed { key: key.ok()?, public })
}

/// Ringfence's key of a session. A scalar that is none (one in 2^32) is skipped.
fn own_key(tenant: &Key32, session: &[u8; 16]) -> Option<PrivateKey> {
    (0..8_u8).find_map(|number| {
        let scalar: [u8; 32] = expand(tenant, &[b"rf1/session", session, &[number]]);
        PrivateKey::from_private_key(&ECDH_P256, &scalar).ok()
    })
}

/// Is this signature the key's, and of now?
pub(crate) fn check(key: &hmac::Key, request: &SignedRequest<'_>, now: Millis) -> Result<(), Misfit> {
    hmac::verify(key, request.base, request.mac).map_err(|_| Misfit::Wrong)?;
    let created = Millis(request.created.saturating_mul(1_000));
    // `created` counts whole seconds.
    (now.since(created).abs() <= WINDOW_MS + 1_000).then_some(()).ok_or(Misfit::Late)
}

/// Until when a nonce must be remembered: longer than its signature can count.
pub(crate) fn forgotten(created: i64) -> Millis {
    Millis(created.saturating_mul(1_000)).plus(2 * (WINDOW_MS + 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn browser() -> (PrivateKey, [u8; DEVICE_KEY]) {
        let private = PrivateKey::from_private_key(&ECDH_P256, &[7; 32]).unwrap();
        let public = private.compute_public_key().unwrap().as_ref().try_into().unwrap();
        (private, public)
    }

    #[test]
    fn both_sides_come_to_the_same_key_and_no_other_session_does() {
        let (private, device) = browser();
        let tenant = Key32::new([9; 32]);
        let ours = agreed(&tenant, &[1; 16], &device).unwrap();
        let theirs = agree(&private, UnparsedPublicKey::new(&ECDH_P256, ours.public), (), |shared| {
            let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, &[1; 16]).extract(shared);
            let info = [b"rf1/bound".as_slice(), &device, &ours.public];
            Ok(hmac::Key::from(prk.expand(&info, hmac::HMAC_SHA256).unwrap()))
        })
        .unwrap();
        let mac = hmac::sign(&theirs, b"base");
        let request =
            SignedRequest { base: b"base", mac: mac.as_ref(), created: 100, nonce: [0; 16], unsafe_method: false };
        assert_eq!(check(&ours.key, &request, Millis(100_000)), Ok(()));
        let other = agreed(&tenant, &[2; 16], &device).unwrap();
        assert_eq!(check(&other.key, &request, Millis(100_000)), Err(Misfit::Wrong));
        let elsewhere = agreed(&Key32::new([8; 32]), &[1; 16], &device).unwrap();
        assert_eq!(check(&elsewhere.key, &request, Millis(100_000)), Err(Misfit::Wrong));
        let changed = SignedRequest { base: b"other", ..request };
        assert_eq!(check(&ours.key, &changed, Millis(100_000)), Err(Misfit::Wrong));
        for (now, expected) in
            [(89_000, Ok(())), (111_000, Ok(())), (88_999, Err(Misfit::Late)), (111_001, Err(Misfit::Late))]
        {
            assert_eq!(check(&ours.key, &request, Millis(now)), expected, "{now}");
        }
    }

    #[test]
    fn what_is_no_point_of_the_curve_is_no_key() {
        let (_, device) = browser();
        assert_eq!(DeviceKey::read(&device), Some(DeviceKey(device)));
        let mut off = device;
        off[64] ^= 1;
        assert_eq!(DeviceKey::read(&off), None);
        for wrong in [&[][..], &[4; 65], &[0; 65], &device[..64], &[2; 33]] {
            assert_eq!(DeviceKey::read(wrong), None);
        }
    }
}
