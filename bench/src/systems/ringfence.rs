//! Ringfence as its users run it: the released binary, its own files, only its public interface.

use super::ringfence_centre::{Call, open_calls};
use super::served::reveal_request;
use super::{Running, Setting, postgresql};
use crate::load::Aim;
use crate::process::free_address;
use crate::{Outcome, http};
use serde_json::json;
use std::rc::Rc;

pub(crate) use super::ringfence_files::{Imported, Installation, customers_csv};

/// A running Ringfence with live calls.
pub(crate) struct Centre {
    /// The server, and reveals against it.
    pub(crate) reveals: Running,
    /// Masked views of the same customers.
    pub(crate) views: Aim,
}

/// Starts the server on a copy of the imported customers and opens the calls.
///
/// # Errors
/// When the binary is missing, or any step is refused.
pub(crate) fn start(setting: &Setting) -> Outcome<Centre> {
    served(&Installation::copy_with(setting.customers, setting.agents, "ringfence-run")?, setting)
}

/// The same, its keys with a program of their own.
///
/// # Errors
/// When the binary is missing, or any step is refused.
pub(crate) fn start_with_keyholder(setting: &Setting) -> Outcome<Running> {
    let mut installation = Installation::copy_with(setting.customers, setting.agents, "ringfence-keyholder-run")?;
    let keyholder = installation.hand_over_keys()?;
    let mut reveals = served(&installation, setting)?.reveals;
    reveals.servers.push(keyholder);
    Ok(reveals)
}

/// The same in PostgreSQL, filled anew for each run.
///
/// # Errors
/// When the server is missing, or any step is refused.
pub(crate) fn start_on_postgresql(setting: &Setting) -> Outcome<Running> {
    let (database, installation) =
        postgresql::filled(|address| Installation::on(address, setting.customers, setting.agents))?;
    let mut reveals = served(&installation, setting)?.reveals;
    reveals.servers.push(database);
    Ok(reveals)
}

fn served(installation: &Installation, setting: &Setting) -> Outcome<Centre> {
    let agents = installation.agents()?;
    let target = free_address()?;
    let mut server = installation.serve(target)?;
    server.wait_for(target)?;
    let calls = open_calls(target, &agents, setting)?;
    let aim = |needle, requests: Vec<Vec<u8>>| Aim { target, requests: Rc::new(requests), status: 200, needle };
    let reveals = aim("\"value\"", calls.iter().map(|call| reveal_of(call, setting)).collect());
    let views = aim("\"fields\"", calls.iter().map(view_of).collect());
    Ok(Centre { reveals: Running { aim: reveals, servers: vec![server] }, views })
}

fn reveal_of(call: &Call, setting: &Setting) -> Vec<u8> {
    let body = json!({
        "interaction": call.interaction,
        "field": setting.field, "instance": 1, "purpose": setting.purpose,
    });
    reveal_request(&call.customer, &call.token, &body)
}

fn view_of(call: &Call) -> Vec<u8> {
    let path = format!("/v1/customers/{}/views", call.customer);
    let bearer = format!("Bearer {}", call.token);
    http::request("POST", &path, &[("authorization", &bearer)], &json!({"interaction": call.interaction}).to_string())
}
