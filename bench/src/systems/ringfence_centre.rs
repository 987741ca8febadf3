//! A busy centre: thousands of live calls, opened as a telephone system opens them, by signed events that carry the
//! caller's number, so that Ringfence itself binds each call to a customer.

use super::ringfence_files::{EVENT_SECRET, ORDERS_EACH, Person, SEED};
use super::{Choice, Setting};
use crate::load::{self, Aim};
use crate::{Outcome, http};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use std::collections::HashSet;
use std::net::SocketAddr;
use std::rc::Rc;

/// Connections over which the calls are opened.
const EVENT_CONNECTIONS: usize = 16;

/// A live call that is bound to a customer, and the token of the agent who has it.
pub(super) struct Call {
    /// `int_…`
    pub(super) interaction: String,
    /// `cus_…`
    pub(super) customer: String,
    /// The agent's token.
    pub(super) token: String,
}

/// Opens the calls and reads them back from each agent's own list, with the customer that Ringfence matched.
///
/// # Errors
/// When an event is refused, or fewer than nine in ten calls were matched.
pub(super) fn open_calls(target: SocketAddr, agents: &[Person], setting: &Setting) -> Outcome<Vec<Call>> {
    let requests = Rc::new(connected_events(agents, setting)?);
    load::send_each_once(&Aim { target, requests, status: 202, needle: "int_" }, EVENT_CONNECTIONS)?;
    let mut calls = Vec::new();
    for agent in agents {
        calls.append(&mut calls_of(target, agent)?);
    }
    // Two customers may share a number; then no call from it is matched.
    if (calls.len() as u64) < setting.interactions / 10 * 9 || calls.is_empty() {
        return Err(format!("only {} of {} calls were matched", calls.len(), setting.interactions).into());
    }
    Ok(interleaved_by_agent(calls, agents.len()))
}

fn connected_events(agents: &[Person], setting: &Setting) -> Outcome<Vec<Vec<u8>>> {
    let webhook = Webhook::new(EVENT_SECRET)?;
    let people = simulation::identity::Identities::with_orders(SEED, ORDERS_EACH);
    let now = jiff::Timestamp::now();
    let mut choice = Choice::seeded(3);
    let mut chosen = HashSet::new();
    let mut requests = Vec::new();
    while (requests.len() as u64) < setting.interactions.min(setting.customers) {
        let customer = choice.below(setting.customers);
        if !chosen.insert(customer) {
            continue;
        }
        let number = requests.len();
        let body = json!({
            "type": "interaction.connected",
            "timestamp": now.to_string(),
            "data": {
                "interaction": format!("call-{number}"), "channel": "call",
                "person": agents[number % agents.len()].id, "from": {"phone": people.nth(customer).phone},
            },
        });
        requests.push(signed(&webhook, number, now.as_second(), &body.to_string())?);
    }
    Ok(requests)
}

fn signed(webhook: &Webhook, number: usize, at: i64, body: &str) -> Outcome<Vec<u8>> {
    let id = format!("msg_bench_{at}_{number}");
    let signature = webhook.sign(&id, at, body.as_bytes())?;
    let at = at.to_string();
    let headers = [("webhook-id", &*id), ("webhook-timestamp", &*at), ("webhook-signature", &*signature)];
    Ok(http::request("POST", "/v1/events", &headers, body))
}

fn calls_of(target: SocketAddr, agent: &Person) -> Outcome<Vec<Call>> {
    let bearer = format!("Bearer {}", agent.token);
    let headers = [("authorization", &*bearer)];
    let mut calls = Vec::new();
    let mut path = "/v1/interactions?state=live".to_owned();
    loop {
        let page = http::call_json(target, "GET", &path, &headers, &Value::Null)?;
        let items = page["items"].as_array().ok_or("the list of interactions has no items")?;
        calls.extend(items.iter().filter_map(|item| bound_call(item, agent)));
        match page["next"].as_str() {
            Some(next) => path = format!("/v1/interactions?state=live&cursor={next}"),
            None => return Ok(calls),
        }
    }
}

fn bound_call(item: &Value, agent: &Person) -> Option<Call> {
    Some(Call {
        interaction: item["id"].as_str()?.to_owned(),
        customer: item["customer"].as_str()?.to_owned(),
        token: agent.token.clone(),
    })
}

/// Neighbouring requests come from different agents, as they would in a real centre.
fn interleaved_by_agent(calls: Vec<Call>, agents: usize) -> Vec<Call> {
    let each = calls.len().div_ceil(agents.max(1)).max(1);
    let mut placed: Vec<(usize, Call)> =
        calls.into_iter().enumerate().map(|(turn, call)| (turn % each, call)).collect();
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, call)| call).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(number: usize) -> Person {
        Person { id: format!("per_{number:032x}"), token: format!("rft_{number}") }
    }

    #[test]
    fn events_are_signed_and_their_customers_distinct() {
        let setting = Setting {
            customers: 50,
            interactions: 50,
            agents: 2,
            field: String::new(),
            purpose: String::new(),
            pool: 1,
        };
        let events = connected_events(&[agent(1), agent(2)], &setting).unwrap();
        let bodies: HashSet<String> = events
            .iter()
            .map(|event| String::from_utf8(event.clone()).unwrap())
            .map(|text| {
                assert!(text.contains("webhook-signature: v1,"));
                let body: Value = serde_json::from_str(text.split("\r\n\r\n").nth(1).unwrap()).unwrap();
                body["data"]["from"]["phone"].as_str().unwrap().to_owned()
            })
            .collect();
        assert_eq!(events.len(), 50);
        assert!(bodies.len() > 45, "{} distinct numbers", bodies.len());
    }

    #[test]
    fn an_unbound_call_is_left_out() {
        let bound = json!({"id": "int_1", "customer": "cus_1"});
        assert_eq!(bound_call(&bound, &agent(1)).unwrap().customer, "cus_1");
        assert!(bound_call(&json!({"id": "int_1", "customer": null}), &agent(1)).is_none());
    }

    #[test]
    fn agents_take_turns() {
        let call = |token: &str| Call { interaction: String::new(), customer: String::new(), token: token.into() };
        let calls = ["a", "a", "a", "b", "b", "b"].map(call).into();
        let order: String = interleaved_by_agent(calls, 2).into_iter().map(|call| call.token).collect();
        assert_eq!(order, "ababab");
    }
}
