//! Every algorithm that this program runs: the one place where that is said. What is found and isn't here is undeclared.

use domain::Suite;
use plan::Covers;

/// An algorithm in the words of CycloneDX 1.6.
#[derive(Debug)]
pub struct Algorithm {
    /// Names it here.
    pub id: &'static str,
    /// Its usual name.
    pub name: &'static str,
    /// `algorithmProperties.primitive`.
    pub primitive: &'static str,
    /// `algorithmProperties.parameterSetIdentifier`.
    pub parameters: Option<&'static str>,
    /// `algorithmProperties.mode`.
    pub mode: Option<&'static str>,
    /// `algorithmProperties.cryptoFunctions`.
    pub functions: &'static [&'static str],
    /// Strength in bits today, where that can be said.
    pub bits: Option<u16>,
    /// NIST's category against quantum computers, 1 to 6; 0: none.
    pub quantum: u8,
    /// Its object identifier.
    pub oid: Option<&'static str>,
    /// For what it is used.
    pub uses: &'static [&'static str],
    /// Which milestones speak of it, beside those of a suite.
    pub weak: Option<Covers>,
}

const ALGORITHM: Algorithm = Algorithm {
    id: "",
    name: "",
    primitive: "other",
    parameters: None,
    mode: None,
    functions: &[],
    bits: Some(128),
    quantum: 0,
    oid: None,
    uses: &[],
    weak: None,
};

const SEALS: &[&str] = &["keygen", "encrypt", "decrypt", "tag"];
const SIGNS: &[&str] = &["keygen", "sign", "verify"];
const AGREES: &[&str] = &["keygen", "keyderive"];
const ENCAPSULATES: &[&str] = &["keygen", "encapsulate", "decapsulate"];
const VULNERABLE: Option<Covers> = Some(Covers::QuantumVulnerable);

/// All of them. A pair of a classical and a post-quantum algorithm is as strong as the better one: it is no milestone's.
pub const DECLARED: &[Algorithm] = &[
    Algorithm {
        id: "aes-256-gcm",
        name: "AES-256-GCM",
        primitive: "ae",
        parameters: Some("256"),
        mode: Some("gcm"),
        functions: SEALS,
        bits: Some(256),
        quantum: 5,
        oid: Some("2.16.840.1.101.3.4.1.46"),
        uses: &[
            "envelopes of suite 1",
            "wrapping of keys",
            "bodies of log entries",
            "custodians' shares",
            "the root key in hardware",
            "customers' sealed copies",
            "TLS",
        ],
        ..ALGORITHM
    },
    Algorithm {
        id: "chacha20-poly1305",
        name: "ChaCha20-Poly1305",
        primitive: "ae",
        parameters: Some("256"),
        functions: SEALS,
        bits: Some(256),
        quantum: 5,
        oid: Some("1.2.840.113549.1.9.16.3.18"),
        uses: &["envelopes of suite 2", "TLS"],
        ..ALGORITHM
    },
    Algorithm {
        id: "aes-128-gcm",
        name: "AES-128-GCM",
        primitive: "ae",
        parameters: Some("128"),
        mode: Some("gcm"),
        functions: SEALS,
        quantum: 1,
        oid: Some("2.16.840.1.101.3.4.1.6"),
        uses: &["TLS, where the other side prefers it"],
        ..ALGORITHM
    },
    Algorithm {
        id: "hkdf-sha-256",
        name: "HKDF-SHA-256",
        primitive: "kdf",
        parameters: Some("256"),
        functions: &["keyderive"],
        bits: Some(256),
        quantum: 5,
        oid: Some("1.2.840.113549.1.9.16.3.28"),
        uses: &["keys of tenants, rows, entries and envelopes of suite 1"],
        ..ALGORITHM
    },
    Algorithm {
        id: "hkdf-sha-512",
        name: "HKDF-SHA-512",
        primitive: "kdf",
        parameters: Some("512"),
        functions: &["keyderive"],
        bits: Some(256),
        quantum: 5,
        oid: Some("1.2.840.113549.1.9.16.3.30"),
        uses: &["keys of envelopes of suite 2"],
        ..ALGORITHM
    },
    Algorithm {
        id: "pbkdf2-hmac-sha-512",
        name: "PBKDF2-HMAC-SHA-512",
        primitive: "kdf",
        parameters: Some("512"),
        functions: &["keyderive"],
        // The passphrase's, which is made here.
        bits: Some(120),
        quantum: 0,
        oid: Some("1.2.840.113549.1.5.12"),
        uses: &["customers' sealed copies, from the passphrase"],
        ..ALGORITHM
    },
    Algorithm {
        id: "aes-256-wrap",
        name: "AES-256 Key Wrap",
        primitive: "ae",
        parameters: Some("256"),
        mode: Some("other"),
        functions: &["encrypt"],
        bits: Some(256),
        quantum: 5,
        oid: Some("2.16.840.1.101.3.4.1.45"),
        uses: &["customers' sealed copies, the key of each"],
        ..ALGORITHM
    },
    Algorithm {
        id: "hmac-sha-256",
        name: "HMAC-SHA-256",
        primitive: "mac",
        parameters: Some("256"),
        functions: &["keygen", "tag"],
        bits: Some(256),
        quantum: 5,
        oid: Some("1.2.840.113549.2.9"),
        uses: &[
            "blind indexes",
            "tags of rows",
            "labels of entries",
            "seals of power",
            "signed webhooks",
            "session proofs",
        ],
        ..ALGORITHM
    },
    Algorithm {
        id: "sha-256",
        name: "SHA-256",
        primitive: "hash",
        parameters: Some("256"),
        functions: &["digest"],
        quantum: 2,
        oid: Some("2.16.840.1.101.3.4.2.1"),
        uses: &["the log's tree", "commitments", "names derived from values", "TLS"],
        ..ALGORITHM
    },
    Algorithm {
        id: "sha-384",
        name: "SHA-384",
        primitive: "hash",
        parameters: Some("384"),
        functions: &["digest"],
        bits: Some(192),
        quantum: 4,
        oid: Some("2.16.840.1.101.3.4.2.2"),
        uses: &["TLS"],
        ..ALGORITHM
    },
    Algorithm {
        id: "ed25519",
        name: "Ed25519",
        primitive: "signature",
        parameters: Some("Ed25519"),
        functions: SIGNS,
        oid: Some("1.3.101.112"),
        uses: &["checkpoints and cosignatures, beside ML-DSA-44"],
        ..ALGORITHM
    },
    Algorithm {
        id: "ml-dsa-44",
        name: "ML-DSA-44",
        primitive: "signature",
        parameters: Some("44"),
        functions: SIGNS,
        quantum: 2,
        oid: Some("2.16.840.1.101.3.4.3.17"),
        uses: &["checkpoints and cosignatures, beside Ed25519"],
        ..ALGORITHM
    },
    Algorithm {
        id: "x-wing",
        name: "X-Wing",
        primitive: "combiner",
        parameters: Some("ML-KEM-768 with X25519"),
        functions: ENCAPSULATES,
        quantum: 3,
        uses: &["custodians' shares of the root key", "reports to the board"],
        ..ALGORITHM
    },
    Algorithm {
        id: "ml-kem-768",
        name: "ML-KEM-768",
        primitive: "kem",
        parameters: Some("768"),
        functions: ENCAPSULATES,
        bits: Some(192),
        quantum: 3,
        oid: Some("2.16.840.1.101.3.4.4.2"),
        uses: &["within X-Wing and X25519MLKEM768"],
        ..ALGORITHM
    },
    Algorithm {
        id: "shamir",
        name: "Shamir's secret sharing over GF(256)",
        functions: &["generate"],
        bits: None,
        uses: &["the root key among custodians; fewer shares than needed say nothing, whatever one computes"],
        ..ALGORITHM
    },
    Algorithm {
        id: "x25519mlkem768",
        name: "X25519MLKEM768",
        primitive: "combiner",
        parameters: Some("ML-KEM-768 with X25519"),
        functions: ENCAPSULATES,
        quantum: 3,
        uses: &["TLS 1.3, offered first"],
        ..ALGORITHM
    },
    Algorithm {
        id: "x25519",
        name: "X25519",
        primitive: "key-agree",
        parameters: Some("Curve25519"),
        functions: AGREES,
        oid: Some("1.3.101.110"),
        uses: &["TLS 1.3, where the other side has nothing better"],
        weak: VULNERABLE,
        ..ALGORITHM
    },
    Algorithm {
        id: "secp256r1",
        name: "ECDH over P-256",
        primitive: "key-agree",
        parameters: Some("P-256"),
        functions: AGREES,
        oid: Some("1.2.840.10045.3.1.7"),
        uses: &["TLS 1.3, where the other side has nothing better"],
        weak: VULNERABLE,
        ..ALGORITHM
    },
    Algorithm {
        id: "secp384r1",
        name: "ECDH over P-384",
        primitive: "key-agree",
        parameters: Some("P-384"),
        functions: AGREES,
        bits: Some(192),
        oid: Some("1.3.132.0.34"),
        uses: &["TLS 1.3, where the other side has nothing better"],
        weak: VULNERABLE,
        ..ALGORITHM
    },
    Algorithm {
        id: "es256",
        name: "ECDSA over P-256 with SHA-256",
        primitive: "signature",
        parameters: Some("P-256"),
        functions: &["verify"],
        oid: Some("1.2.840.10045.4.3.2"),
        uses: &["passkeys", "keys of machine clients", "certificates of TLS"],
        weak: VULNERABLE,
        ..ALGORITHM
    },
    Algorithm {
        id: "es384",
        name: "ECDSA over P-384",
        primitive: "signature",
        parameters: Some("P-384"),
        functions: &["verify"],
        bits: Some(192),
        oid: Some("1.2.840.10045.4.3.3"),
        uses: &["certificates of TLS"],
        weak: VULNERABLE,
        ..ALGORITHM
    },
    Algorithm {
        id: "eddsa",
        name: "Ed25519 alone",
        primitive: "signature",
        parameters: Some("Ed25519"),
        functions: &["verify"],
        oid: Some("1.3.101.112"),
        uses: &["passkeys", "keys of machine clients", "certificates of TLS"],
        weak: VULNERABLE,
        ..ALGORITHM
    },
    Algorithm {
        id: "rsa-2048",
        name: "RSA of 2048 to 3071 bits",
        primitive: "signature",
        parameters: Some("2048"),
        functions: &["verify"],
        bits: Some(112),
        oid: Some("1.2.840.113549.1.1.11"),
        uses: &["passkeys of many computers' own chips", "providers' tokens", "certificates of TLS"],
        weak: Some(Covers::QuantumVulnerable112),
        ..ALGORITHM
    },
    Algorithm {
        id: "rsa-3072",
        name: "RSA of 3072 bits and more",
        primitive: "signature",
        parameters: Some("3072"),
        functions: &["verify"],
        oid: Some("1.2.840.113549.1.1.11"),
        uses: &["passkeys", "providers' tokens", "certificates of TLS"],
        weak: VULNERABLE,
        ..ALGORITHM
    },
];

/// The algorithm of that name here.
pub(super) fn algorithm(id: &str) -> Option<&'static Algorithm> {
    DECLARED.iter().find(|algorithm| algorithm.id == id)
}

/// What seals a suite's envelopes.
pub(super) const fn sealing(suite: Suite) -> &'static str {
    match suite {
        Suite::AesGcm => "aes-256-gcm",
        Suite::ChaChaPoly => "chacha20-poly1305",
    }
}

/// An RSA key of so many bits; none where it is too short to be declared.
pub(super) fn rsa(bits: usize) -> Option<&'static str> {
    match bits {
        3_072.. => Some("rsa-3072"),
        2_048.. => Some("rsa-2048"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_is_declared_once_and_no_pair_is_a_milestones() {
        let ids: BTreeSet<_> = DECLARED.iter().map(|one| one.id).collect();
        assert_eq!(ids.len(), DECLARED.len());
        assert!(DECLARED.iter().all(|one| one.quantum == 0 || one.weak.is_none()), "what withstands isn't vulnerable");
        assert!(DECLARED.iter().all(|one| !one.uses.is_empty() && !one.functions.is_empty()));
        assert!(Suite::ALL.into_iter().all(|suite| algorithm(sealing(suite)).is_some_and(|one| one.bits == Some(256))));
        assert_eq!([1024, 2048, 3071, 3072].map(rsa), [None, Some("rsa-2048"), Some("rsa-2048"), Some("rsa-3072")]);
    }

    /// What TLS offers here is in the list, so that a handshake that isn't is somebody else's doing.
    #[test]
    fn all_that_this_program_offers_in_tls_1_3_is_declared() {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        for group in &provider.kx_groups {
            assert!(crate::inventory::handshake::group(group.name()).is_some(), "{:?}", group.name());
        }
        assert_eq!(provider.kx_groups[0].name(), rustls::NamedGroup::X25519MLKEM768);
        let ours = provider.cipher_suites.iter().filter(|suite| suite.tls13().is_some());
        assert!(
            ours.clone().count() == 3
                && ours.into_iter().all(|one| crate::inventory::handshake::suite(one.suite()).is_some())
        );
    }
}
