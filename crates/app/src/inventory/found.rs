//! What a data directory holds: heads of envelopes, numbers of keys, lines of signatures, public halves. Nothing is opened.

use super::declared::{rsa, sealing};
use crate::failure::Failure;
use crate::wire::Centre;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::{PowerKind, Suite, TenantId};
use keys::power::{Algorithm as Signs, Client, Passkey};
use keys::{Header, PowerBody as _};
use plan::Covers;
use serde_json::Value;
use std::collections::BTreeMap;

/// What something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Sealed values.
    Envelopes,
    /// Keys that are kept.
    Keys,
    /// Signatures.
    Signatures,
    /// Public keys of people and programs.
    PublicKeys,
    /// What a TLS peer agrees on.
    Handshake,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// What it is.
    pub kind: Kind,
    /// As it is called.
    pub name: String,
    /// The declared algorithm; none: it is undeclared.
    pub algorithm: Option<&'static str>,
    /// How many.
    pub count: u64,
    /// Where.
    pub place: String,
}

impl Asset {
    /// Which milestones speak of it.
    #[must_use]
    pub fn weak(&self) -> Option<Covers> {
        let suite = Suite::ALL.into_iter().find(|suite| self.kind == Kind::Envelopes && self.name == envelopes(*suite));
        let algorithm = self.algorithm.and_then(super::declared::algorithm);
        suite.map(Covers::Suite).or(algorithm.and_then(|algorithm| algorithm.weak))
    }
}

/// All that was found, and what couldn't be looked at.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// In the order of looking.
    pub assets: Vec<Asset>,
    /// Peers that didn't answer, and why.
    pub unseen: Vec<String>,
}

impl Found {
    /// What isn't declared.
    pub fn undeclared(&self) -> impl Iterator<Item = &Asset> {
        self.assets.iter().filter(|asset| asset.algorithm.is_none())
    }
}

fn envelopes(suite: Suite) -> String {
    format!("envelopes of suite {suite}")
}

/// What is stored of a tenant.
///
/// # Errors
/// If store or key holder fail.
pub async fn stored(centre: &Centre, tenant: TenantId, slug: &str) -> Result<Vec<Asset>, Failure> {
    let place = |what: &str| format!("tenant {slug}: {what}");
    let mut all = Vec::new();
    let mut suites: BTreeMap<Option<u16>, u64> = BTreeMap::new();
    for counted in centre.store.field_census(tenant).await.map_err(vault::VaultError::from)? {
        *suites.entry(Header::suite_of(&counted.head)).or_default() += counted.count;
    }
    all.extend(suites.into_iter().map(|(code, count)| {
        let suite = code.and_then(Suite::from_code);
        let name = match (suite, code) {
            (Some(suite), _) => envelopes(suite),
            (None, Some(code)) => format!("envelopes of suite {code}"),
            (None, None) => "values that are no envelopes".to_owned(),
        };
        Asset { kind: Kind::Envelopes, name, algorithm: suite.map(sealing), count, place: place("database") }
    }));
    let shelves = centre.holder.shelves(tenant).await.map_err(vault::VaultError::from)?.len() as u64;
    // A shelf key each, and the tenant's own.
    let (name, algorithm) = ("tenant and shelf keys, wrapped".to_owned(), Some("aes-256-gcm"));
    all.push(Asset { kind: Kind::Keys, name, algorithm, count: 1 + shelves, place: place("keyring") });
    let head = centre.store.head(tenant).await.map_err(vault::VaultError::from)?;
    all.extend(signatures(&head.checkpoint, &place("checkpoint")));
    for cosigned in centre.store.cosigned(tenant).await.map_err(vault::VaultError::from)? {
        all.extend(signatures(&cosigned.note, &place("witnessed checkpoint")));
    }
    let mut keys: BTreeMap<(String, Option<&'static str>), u64> = BTreeMap::new();
    for row in centre.store.power_rows(tenant).await.map_err(vault::VaultError::from)? {
        if let Some(said) = public_key(row.kind, &row.body) {
            *keys.entry(said).or_default() += 1;
        }
    }
    all.extend(keys.into_iter().map(|((name, algorithm), count)| Asset {
        kind: Kind::PublicKeys,
        name,
        algorithm,
        count,
        place: place("rows of power"),
    }));
    Ok(merged(all))
}

/// Each kind of signature on a note, by its length: that of the signature, with eight bytes of time before it where it has one.
fn signatures(note: &str, place: &str) -> Vec<Asset> {
    let lines = note.lines().filter_map(|line| line.strip_prefix("\u{2014} "));
    let signature = |line: &str| {
        let bytes = line.rsplit_once(' ').and_then(|(_, text)| STANDARD.decode(text).ok());
        // Four bytes name the key.
        let length = bytes.map_or(0, |bytes| bytes.len().saturating_sub(4));
        let (name, algorithm) = match length {
            64 | 72 => ("Ed25519".to_owned(), Some("ed25519")),
            2_420 | 2_428 => ("ML-DSA-44".to_owned(), Some("ml-dsa-44")),
            other => (format!("of {other} bytes"), None),
        };
        let (name, place) = (format!("signatures {name}"), place.to_owned());
        Asset { kind: Kind::Signatures, name, algorithm, count: 1, place }
    };
    lines.map(signature).collect()
}

fn public_key(kind: PowerKind, body: &[u8]) -> Option<(String, Option<&'static str>)> {
    match kind {
        PowerKind::Passkey => {
            Some(Passkey::decode(body).map_or(("passkeys that can't be read".to_owned(), None), |key| {
                let algorithm = match key.algorithm {
                    Signs::Es256 => Some("es256"),
                    Signs::EdDsa => Some("eddsa"),
                    Signs::Rs256 => key.modulus_bits().and_then(rsa),
                };
                (format!("passkeys {}", algorithm.unwrap_or("of a short RSA key")), algorithm)
            }))
        }
        PowerKind::Client => {
            Some(Client::decode(body).map_or(("clients' keys that can't be read".to_owned(), None), |key| {
                let algorithm = serde_json::from_str(&key.key).ok().and_then(|key| web_key(&key));
                (format!("machine clients' keys {}", algorithm.unwrap_or("of another kind")), algorithm)
            }))
        }
        _ => None,
    }
}

fn rsa_modulus(n: &[u8]) -> Option<&'static str> {
    let first = n.iter().position(|byte| *byte != 0)?;
    rsa((n.len() - first) * 8 - n[first].leading_zeros() as usize)
}

/// A JSON Web Key (RFC 7517).
fn web_key(key: &Value) -> Option<&'static str> {
    match (key["kty"].as_str()?, key["crv"].as_str()) {
        ("EC", Some("P-256")) => Some("es256"),
        ("EC", Some("P-384")) => Some("es384"),
        ("OKP", Some("Ed25519")) => Some("eddsa"),
        ("RSA", _) => rsa_modulus(&URL_SAFE_NO_PAD.decode(key["n"].as_str()?).ok()?),
        _ => None,
    }
}

/// Equal ones as one, with their number.
fn merged(all: Vec<Asset>) -> Vec<Asset> {
    let mut out: Vec<Asset> = Vec::with_capacity(all.len());
    for asset in all {
        match out.iter_mut().find(|one| one.name == asset.name && one.place == asset.place) {
            Some(known) => known.count += asset.count,
            None => out.push(asset),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_signatures_of_another_kind_are_undeclared() {
        let note =
            |length: usize| format!("origin\n1\nroot\n\n\u{2014} origin {}\n", STANDARD.encode(vec![7; 4 + length]));
        let told = |length| signatures(&note(length), "here").remove(0).algorithm;
        assert_eq!([64, 72, 2_420, 2_428, 63, 0].map(told), {
            let (classical, quantum) = (Some("ed25519"), Some("ml-dsa-44"));
            [classical, classical, quantum, quantum, None, None]
        });
        let moduli = [128, 256, 384].map(|bytes| rsa_modulus(&vec![0x80; bytes]));
        assert_eq!(moduli, [None, Some("rsa-2048"), Some("rsa-3072")]);
        let key = |text: &str| web_key(&serde_json::from_str(text).unwrap());
        assert_eq!(key(r#"{"kty":"OKP","crv":"Ed25519","x":""}"#), Some("eddsa"));
        assert_eq!(key(r#"{"kty":"EC","crv":"secp256k1"}"#), None);
        assert_eq!(public_key(PowerKind::Passkey, b"?").unwrap().1, None, "what can't be read isn't passed over");
    }
}
