//! The bill of materials: CycloneDX 1.6, with algorithms, keys, envelopes and handshakes as cryptographic assets.

use super::declared::{Algorithm, DECLARED, algorithm};
use super::found::{Asset, Found, Kind};
use domain::{Entropy, Millis};
use plan::{Date, Plan};
use serde_json::{Value, json};

/// What names one bill of materials: a UUID of version 4 (RFC 9562).
pub struct Serial(String);

impl Serial {
    /// A new one.
    #[must_use]
    pub fn new(entropy: &dyn Entropy) -> Self {
        let mut bytes: [u8; 16] = domain::time::fresh(entropy);
        bytes[6] = 0x40 | bytes[6] & 0x0f;
        bytes[8] = 0x80 | bytes[8] & 0x3f;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        Self(format!("urn:uuid:{}", parts.join("-")))
    }
}

/// The whole document. `plans` are those in force, by tenant: their milestones say what shouldn't be in use any more.
#[must_use]
pub fn cbom(found: &Found, plans: &[(String, Plan)], serial: &Serial, now: Millis) -> Value {
    let today = plan::day_of(now);
    let mut components: Vec<Value> = DECLARED.iter().map(|one| declared(one, found, plans, today)).collect();
    let places = (1..).zip(&found.assets);
    components.extend(places.map(|(number, asset)| self::asset(number, asset, plans, today)));
    let outlived = found.assets.iter().filter(|asset| !outlived(asset.weak(), plans, today).is_empty()).count();
    let references = components.iter().map(|component| component["bom-ref"].clone()).collect::<Vec<_>>();
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial.0,
        "version": 1,
        "metadata": {
            "timestamp": now.to_string(),
            "component": {
                "type": "application",
                "bom-ref": "ringfence",
                "name": "ringfence",
                "version": env!("CARGO_PKG_VERSION"),
            },
            "properties": [
                property("undeclared", &found.undeclared().count().to_string()),
                property("outlived", &outlived.to_string()),
                property("unseen", &found.unseen.len().to_string()),
            ],
        },
        "components": components,
        "dependencies": [{"ref": "ringfence", "dependsOn": references}],
    })
}

fn property(name: &str, value: &str) -> Value {
    json!({"name": format!("ringfence:{name}"), "value": value})
}

fn reference(algorithm: &Algorithm) -> String {
    format!("crypto/algorithm/{}", algorithm.id)
}

fn declared(one: &Algorithm, found: &Found, plans: &[(String, Plan)], today: Date) -> Value {
    let mut properties = json!({
        "primitive": one.primitive,
        "executionEnvironment": "software-plain-ram",
        "implementationPlatform": platform(),
        "certificationLevel": ["none"],
        "cryptoFunctions": one.functions,
        "nistQuantumSecurityLevel": one.quantum,
    });
    let texts = [("parameterSetIdentifier", one.parameters), ("mode", one.mode)];
    for (name, text) in texts.into_iter().filter_map(|(name, text)| Some((name, text?))) {
        properties[name] = json!(text);
    }
    if let Some(bits) = one.bits {
        properties["classicalSecurityLevel"] = json!(bits);
    }
    let mut crypto = json!({"assetType": "algorithm", "algorithmProperties": properties});
    if let Some(oid) = one.oid {
        crypto["oid"] = json!(oid);
    }
    let times: u64 = found.assets.iter().filter(|asset| asset.algorithm == Some(one.id)).map(|asset| asset.count).sum();
    let mut said: Vec<Value> = one.uses.iter().map(|what| property("use", what)).collect();
    said.push(property("found", &times.to_string()));
    if times > 0 {
        said.extend(outlived(one.weak, plans, today).iter().map(|what| property("outlived", what)));
    }
    json!({
        "type": "cryptographic-asset",
        "bom-ref": reference(one),
        "name": one.name,
        "cryptoProperties": crypto,
        "properties": said,
    })
}

fn asset(number: u32, asset: &Asset, plans: &[(String, Plan)], today: Date) -> Value {
    let material = match asset.kind {
        Kind::Envelopes => "ciphertext",
        Kind::Keys => "secret-key",
        Kind::Signatures => "signature",
        Kind::PublicKeys => "public-key",
        Kind::Handshake => "other",
    };
    let declared = asset.algorithm.and_then(algorithm);
    let mut crypto = json!({"type": material});
    if let Some(algorithm) = declared {
        crypto["algorithmRef"] = json!(reference(algorithm));
    }
    if asset.kind == Kind::Keys {
        crypto["size"] = json!(256);
        crypto["state"] = json!("active");
    }
    let mut said = vec![
        property("declared", if declared.is_some() { "true" } else { "false" }),
        property("count", &asset.count.to_string()),
    ];
    said.extend(outlived(asset.weak(), plans, today).iter().map(|what| property("outlived", what)));
    json!({
        "type": "cryptographic-asset",
        "bom-ref": format!("crypto/found/{number}"),
        "name": asset.name,
        "cryptoProperties": {"assetType": "related-crypto-material", "relatedCryptoMaterialProperties": crypto},
        "evidence": {"occurrences": [{"location": asset.place}]},
        "properties": said,
    })
}

/// Which milestones say that this shouldn't be in use any more.
fn outlived(weak: Option<plan::Covers>, plans: &[(String, Plan)], today: Date) -> Vec<String> {
    let Some(weak) = weak else { return Vec::new() };
    let of = |(tenant, plan): &(String, Plan)| -> Vec<String> {
        let says = plan.outlived(weak, today);
        says.map(|one| format!("{tenant}: {} since {} ({})", one.level.slug(), one.on, one.source)).collect()
    };
    plans.iter().flat_map(of).collect()
}

fn platform() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "x86_64",
        "aarch64" => "armv8-a",
        _ => "other",
    }
}
