//! The ceiling: the web stack alone, taking a reveal's request and answering with a reveal's size.

use super::served::{ANY_TOKEN, reveal_answer, reveal_request, serve_on_one_thread, this_program};
use super::{Running, Setting, VALUE_BYTES};
use crate::Outcome;
use crate::load::Aim;
use crate::process::{Server, free_address};
use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use serde_json::json;
use std::rc::Rc;

/// Starts the server process.
///
/// # Errors
/// When it doesn't come up.
pub(super) fn start(setting: &Setting) -> Outcome<Running> {
    let target = free_address()?;
    let mut server = Server::spawn(&this_program("serve-hello", target)?)?;
    server.wait_for(target)?;
    let body = json!({
        "interaction": format!("int_{:032x}", 1),
        "field": setting.field, "instance": 1, "purpose": setting.purpose,
    });
    let request = reveal_request(&format!("cus_{:032x}", 1), ANY_TOKEN, &body);
    let aim = Aim { target, requests: Rc::new(vec![request]), status: 200, needle: "value" };
    Ok(Running { aim, servers: vec![server] })
}

/// The server process itself.
///
/// # Errors
/// When the port is taken.
pub(crate) fn serve(port: u16) -> Outcome<()> {
    serve_on_one_thread(port, async || {
        let answer = reveal_answer(&"v".repeat(VALUE_BYTES), 1).to_string();
        let handler = move || {
            let answer = answer.clone();
            async move { ([(CONTENT_TYPE, "application/json")], answer) }
        };
        Ok(Router::new().route("/v1/customers/{id}/reveals", post(handler)))
    })
}
