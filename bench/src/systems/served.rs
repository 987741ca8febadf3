//! The two servers that this program itself can be: both on the web stack that Ringfence uses, set up as it sets it up.

use crate::{Outcome, http};
use axum::Router;
use axum::serve::ListenerExt;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;

/// Runs a router on one thread until the process is ended.
pub(super) fn serve_on_one_thread(port: u16, router: impl AsyncFnOnce() -> Outcome<Router>) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let router = router().await?;
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let listener = listener.tap_io(|stream| {
            // Without it an answer can wait for the client's acknowledgement; a socket that refuses still works.
            let _ = stream.set_nodelay(true);
        });
        Ok(axum::serve(listener, router).await?)
    })
}

/// This program again, as one of its own servers.
pub(super) fn this_program(subcommand: &str, address: SocketAddr) -> Outcome<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(subcommand).arg("--port").arg(address.port().to_string());
    Ok(command)
}

/// A reveal as Ringfence takes it, so that every system on this stack parses the same request.
pub(super) fn reveal_request(customer: &str, token: &str, body: &Value) -> Vec<u8> {
    let path = format!("/v1/customers/{customer}/reveals");
    http::request("POST", &path, &[("authorization", &format!("Bearer {token}"))], &body.to_string())
}

/// The answer of a reveal, in the contract's shape and size.
pub(super) fn reveal_answer(value: &str, entry: u64) -> Value {
    json!({"value": value, "remask_in_s": 20, "receipt": format!("ent_{entry:032x}")})
}

/// A token of the usual length, for the systems that don't look at it.
pub(super) const ANY_TOKEN: &str = "rft_0123456789abcdef0123456789abcdef0123456789abcdef";
