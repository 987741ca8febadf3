//! The software bill of materials: CycloneDX 1.6, of what is compiled into the program.

use serde_json::{Value, json};

/// What ships: `name version licence`, a line each. Made from the dependencies of a build; a test holds it.
const COMPONENTS: &str = include_str!("components.txt");
/// What was built, with checksums.
const LOCK: &str = include_str!("../../../../Cargo.lock");

/// The checksum of a crate, where it comes from a registry.
fn checksum(name: &str, version: &str) -> Option<&'static str> {
    let head = format!("name = \"{name}\"\nversion = \"{version}\"\n");
    let package = LOCK.split("[[package]]\n").find(|package| package.starts_with(&head))?;
    package.lines().find_map(|line| line.strip_prefix("checksum = \"")?.strip_suffix('"'))
}

fn component(line: &str) -> Option<Value> {
    let mut words = line.splitn(3, ' ');
    let (name, version, licence) = (words.next()?, words.next()?, words.next()?);
    let purl = format!("pkg:cargo/{name}@{version}");
    let mut component = json!({
        "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
        "licenses": [{"expression": licence}],
    });
    if let Some(checksum) = checksum(name, version) {
        component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
    }
    Some(component)
}

/// The document.
pub(super) fn sbom(at: &str) -> Value {
    let components: Vec<Value> = COMPONENTS.lines().filter_map(component).collect();
    let all: Vec<&Value> = components.iter().map(|one| &one["bom-ref"]).collect();
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {
            "timestamp": at,
            "component": {
                "type": "application", "bom-ref": "ringfence", "name": "ringfence", "version": env!("CARGO_PKG_VERSION"),
                "licenses": [{"expression": "Apache-2.0"}],
            },
        },
        "dependencies": [{"ref": "ringfence", "dependsOn": all}],
        "components": components,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_crate_from_a_registry_has_its_checksum_and_a_licence() {
        let document = sbom("2026-01-01T00:00:00Z");
        let components = document["components"].as_array().unwrap();
        assert!(components.len() > 100, "{}", components.len());
        for component in components {
            let own = component["name"].as_str().unwrap().starts_with("ringfence-");
            assert_eq!(component["hashes"].is_null(), own, "{component}");
            assert!(!component["licenses"][0]["expression"].as_str().unwrap().is_empty());
        }
    }
}
