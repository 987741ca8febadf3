//! How each act is carried out over HTTP.

use super::act::{Act, Caller, Channel, SearchBy, Step};
use super::client::Answer;
use super::player::Player;
use super::profile::CallerProfile;
use super::script::NOTES;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a customer looks at the phone for a code.
const CODE_PATIENCE: Duration = Duration::from_secs(3);

/// Shaped like an interaction's id, and none.
const NO_INTERACTION: &str = "int_00000000000000000000000000000000";

/// What the player knows of one interaction.
pub(super) struct LiveCall {
    pub(super) reference: String,
    pub(super) ended: bool,
    agent: usize,
    interaction: String,
    customer: Option<String>,
    hit: Option<(String, String)>,
    approval: Option<String>,
    instances: BTreeMap<String, u64>,
}

impl Player<'_> {
    /// Does it; `None` when what it builds on is missing.
    pub(super) fn perform(&mut self, act: &Act) -> Option<Answer> {
        match act.step {
            Step::Connect { channel, caller } => self.connect(act, channel, caller),
            Step::RevealWithoutCall => self.reveal_without_call(act),
            Step::Look => self.look(act),
            Step::Search(by) => self.search(act, by),
            Step::Claim => self.claim(act),
            Step::View => self.view(act),
            Step::Verify { field, right } => self.verify(act, field, right),
            Step::Reveal { field, purpose } => self.reveal(act, field, purpose),
            Step::AskSecond { field, purpose } => self.ask_second(act, field, purpose),
            Step::AnswerOwn => self.answer_own(act),
            Step::RevealAfterHangUp => self.reveal(act, "name", "delivery"),
            Step::SendCode => self.send_code(act),
            Step::EnterCode { right } => self.enter_code(act, right),
            Step::Note(text) => self.note(act, text),
            Step::Hold => self.event(act, "held", json!({})),
            Step::Resume => self.event(act, "resumed", json!({})),
            Step::Transfer { to } => self.transfer(act, to),
            Step::End => self.end(act),
        }
    }

    fn connect(&mut self, act: &Act, channel: Channel, caller: Caller) -> Option<Answer> {
        // What the desk's earlier interactions left behind isn't needed once a new one begins there.
        self.calls.retain(|_, call| !(call.ended && call.agent == act.agent));
        let number = act.call?;
        let reference = format!("{}-{}-{number}", channel.slug(), self.reference_base);
        let mut data = json!({"channel": channel.slug(), "person": self.agents.get(act.agent)?.person});
        add_caller(&mut data, caller, self.customers.get(act.customer)?);
        let answer = self.client.event("connected", &reference, data);
        if let Some(interaction) = answer.text("interaction") {
            let call = LiveCall::new(reference, act.agent, interaction);
            self.calls.insert(number, call);
        }
        Some(answer)
    }

    fn look(&mut self, act: &Act) -> Option<Answer> {
        let path = format!("/v1/interactions/{}", self.call(act)?.interaction);
        let answer = self.client.get(self.token(act)?, &path);
        self.learn_customer(act, &answer);
        Some(answer)
    }

    fn search(&mut self, act: &Act, by: SearchBy) -> Option<Answer> {
        let query = query(by, self.customers.get(act.customer)?)?;
        let path = format!("/v1/interactions/{}/searches", self.call(act)?.interaction);
        let answer = self.client.post(self.token(act)?, &path, &query);
        self.call_mut(act)?.hit = first_hit(&answer.body);
        Some(answer)
    }

    fn claim(&mut self, act: &Act) -> Option<Answer> {
        let call = self.call(act)?;
        let (customer, claim) = call.hit.as_ref()?;
        let body = json!({"customer": customer, "claim": claim});
        let path = format!("/v1/interactions/{}/claims", call.interaction);
        let answer = self.client.post(self.token(act)?, &path, &body);
        self.learn_customer(act, &answer);
        Some(answer)
    }

    fn view(&mut self, act: &Act) -> Option<Answer> {
        let answer = self.on_customer(act, "views", json!({}))?;
        self.call_mut(act)?.instances = first_instances(&answer.body);
        Some(answer)
    }

    fn verify(&mut self, act: &Act, field: &str, right: bool) -> Option<Answer> {
        let said = self.customers.get(act.customer)?.answer(field, right);
        let instance = self.call(act)?.instance(field);
        self.on_customer(act, "verifications", json!({"field": field, "instance": instance, "said": said}))
    }

    fn reveal(&mut self, act: &Act, field: &str, purpose: &str) -> Option<Answer> {
        let instance = self.call(act)?.instance(field);
        self.on_customer(act, "reveals", json!({"field": field, "instance": instance, "purpose": purpose}))
    }

    fn ask_second(&mut self, act: &Act, field: &str, purpose: &str) -> Option<Answer> {
        let instance = self.call(act)?.instance(field);
        let body = json!({"field": field, "instance": instance, "purpose": purpose});
        let answer = self.on_customer(act, "approvals", body)?;
        self.call_mut(act)?.approval = answer.text("approval");
        Some(answer)
    }

    /// Nothing, where nobody was there to be asked.
    fn answer_own(&self, act: &Act) -> Option<Answer> {
        let path = format!("/v1/approvals/{}/answers", self.call(act)?.approval.as_ref()?);
        Some(self.client.post(self.token(act)?, &path, &json!({"answer": "yes"})))
    }

    fn note(&mut self, act: &Act, text: usize) -> Option<Answer> {
        let text = NOTES.get(text)?;
        self.on_customer(act, "notes", json!({"text": text}))
    }

    /// A request about the customer of the act's interaction.
    fn on_customer(&self, act: &Act, action: &str, mut body: Value) -> Option<Answer> {
        let call = self.call(act)?;
        let path = format!("/v1/customers/{}/{action}", call.customer.as_ref()?);
        body["interaction"] = json!(call.interaction);
        Some(self.client.post(self.token(act)?, &path, &body))
    }

    fn reveal_without_call(&self, act: &Act) -> Option<Answer> {
        let path = format!("/v1/customers/{}/reveals", self.known.get(&act.customer)?);
        let body =
            json!({"interaction": NO_INTERACTION, "field": "postal_address", "instance": 1, "purpose": "delivery"});
        Some(self.client.post(self.token(act)?, &path, &body))
    }

    fn send_code(&self, act: &Act) -> Option<Answer> {
        let path = format!("/v1/interactions/{}/codes", self.call(act)?.interaction);
        Some(self.client.post(self.token(act)?, &path, &json!({})))
    }

    fn enter_code(&mut self, act: &Act, right: bool) -> Option<Answer> {
        let reference = self.call(act)?.reference.clone();
        let sent = self.code_for(&reference, CODE_PATIENCE)?;
        let entered = if right { sent } else { mistyped(&sent) };
        self.event(act, "code_entered", json!({"code": entered}))
    }

    fn transfer(&mut self, act: &Act, to: usize) -> Option<Answer> {
        let person = self.agents.get(to)?.person.clone();
        let answer = self.event(act, "transferred", json!({"person": person}))?;
        self.call_mut(act)?.agent = to;
        Some(answer)
    }

    fn end(&mut self, act: &Act) -> Option<Answer> {
        let answer = self.event(act, "ended", json!({}))?;
        let call = self.call_mut(act)?;
        call.ended = true;
        let reference = call.reference.clone();
        self.forget_code(&reference);
        Some(answer)
    }

    fn event(&mut self, act: &Act, kind: &str, data: Value) -> Option<Answer> {
        let reference = self.call(act)?.reference.clone();
        Some(self.client.event(kind, &reference, data))
    }

    /// Remembers whom an interaction turned out to be with.
    fn learn_customer(&mut self, act: &Act, answer: &Answer) {
        let Some(customer) = answer.text("customer") else { return };
        self.known.insert(act.customer, customer.clone());
        if let Some(call) = self.call_mut(act) {
            call.customer = Some(customer);
        }
    }

    fn token(&self, act: &Act) -> Option<&str> {
        self.agents.get(act.agent).map(|agent| agent.token.as_str())
    }

    fn call(&self, act: &Act) -> Option<&LiveCall> {
        self.calls.get(&act.call?)
    }

    fn call_mut(&mut self, act: &Act) -> Option<&mut LiveCall> {
        self.calls.get_mut(&act.call?)
    }
}

impl LiveCall {
    fn new(reference: String, agent: usize, interaction: String) -> Self {
        let instances = BTreeMap::new();
        Self { reference, ended: false, agent, interaction, customer: None, hit: None, approval: None, instances }
    }

    /// The first instance of a kind of field on file, as the last view showed it.
    fn instance(&self, field: &str) -> u64 {
        self.instances.get(field).copied().unwrap_or(1)
    }
}

/// What the telephone system sends along of who calls.
pub(super) fn add_caller(data: &mut Value, caller: Caller, who: &CallerProfile) {
    match caller {
        Caller::Phone => data["from"] = json!({"phone": who.phone}),
        Caller::Email => data["from"] = json!({"email": who.email}),
        Caller::Withheld => {}
    }
}

/// The search an agent makes with what the caller says; `None` if the caller has no order to name.
fn query(by: SearchBy, who: &CallerProfile) -> Option<Value> {
    let ordered = !who.order_number.is_empty();
    match by {
        SearchBy::Phone => Some(json!({"phone": who.phone})),
        SearchBy::Email => Some(json!({"email": who.email})),
        SearchBy::PostcodeAndName => Some(json!({"postcode": who.postcode, "family_name": who.family_name})),
        SearchBy::Order => ordered.then(|| json!({"order": who.order_number})),
        SearchBy::CardAndOrderDay => {
            ordered.then(|| json!({"card_last4": who.card_last4, "order_date": who.order_date}))
        }
    }
}

fn first_hit(body: &Value) -> Option<(String, String)> {
    let hit = body.get("hits")?.get(0)?;
    let text = |name: &str| Some(hit.get(name)?.as_str()?.to_owned());
    Some((text("customer")?, text("claim")?))
}

/// The lowest instance of each kind of field in a view.
fn first_instances(body: &Value) -> BTreeMap<String, u64> {
    let fields = body.get("fields").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut first = BTreeMap::new();
    for field in fields {
        if let (Some(kind), Some(instance)) =
            (field.get("field").and_then(Value::as_str), field.get("instance").and_then(Value::as_u64))
        {
            let lowest = first.entry(kind.to_owned()).or_insert(instance);
            *lowest = instance.min(*lowest);
        }
    }
    first
}

/// The code with its last digit one too high, as a thumb does it.
pub(super) fn mistyped(code: &str) -> String {
    let mut characters: Vec<char> = code.chars().collect();
    if let Some(last) = characters.last_mut() {
        *last = last.to_digit(10).and_then(|digit| char::from_digit((digit + 1) % 10, 10)).unwrap_or('0');
    }
    characters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::{first_hit, first_instances, mistyped};
    use serde_json::json;

    #[test]
    fn a_mistyped_code_is_another_code_of_the_same_length() {
        assert_eq!(mistyped("483920"), "483921");
        assert_eq!(mistyped("000009"), "000000");
        assert_eq!(mistyped(""), "");
    }

    #[test]
    fn answers_are_read_leniently() {
        assert_eq!(first_hit(&json!({"hits": []})), None);
        let hits = json!({"hits": [{"customer": "cus_1", "claim": "clm_1"}, {"customer": "cus_2", "claim": "clm_2"}]});
        assert_eq!(first_hit(&hits), Some(("cus_1".to_owned(), "clm_1".to_owned())));
        let view = json!({"fields": [{"field": "order", "instance": 3}, {"field": "order", "instance": 2}, {}]});
        assert_eq!(first_instances(&view).into_iter().collect::<Vec<_>>(), [("order".to_owned(), 2)]);
        assert!(first_instances(&json!(null)).is_empty());
    }
}
