//! The API's description, generated from the handlers; a copy is committed and a test holds them equal.

use crate::api::{
    blast_radius, board, budgets, cases, certificates, claims, closes, codes, culture, customers, decisions, desk,
    devices, disclosures, drills, events, glass, guard, health, hold, interactions, key_holder, limits, log,
    log_status, me, notes, packs, passkeys, people, power_changes, power_proposals, power_trial, privacy, proposals,
    receipts, reports, reveals, rules, searches, second_person, sessions, statements, stream, team, trust,
    verifications, views,
};
use crate::oauth;
use crate::scim::{discovery, users};
use utoipa::openapi::schema::{AdditionalProperties, Components};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ringfence",
        description = "Serve customers without anybody holding their data. No value leaves before a log entry that you can check yourself.",
        version = "1",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
        contact(name = "Ringfence maintainers", url = "https://ringfence.dev", email = "hello@ringfence.dev")
    ),
    servers((url = "/", description = "This Ringfence")),
    paths(
        me::me, sessions::own, sessions::list, sessions::end, passkeys::list, passkeys::offer, passkeys::take_back,
        passkeys::enrolments, passkeys::decline, passkeys::agree, passkeys::approve, interactions::list, interactions::show, searches::search, claims::claim, codes::send, customers::erase, views::view,
        verifications::verify, reveals::reveal, second_person::ask, second_person::list, second_person::answer, cases::follow_up, cases::assign, cases::list, cases::close, privacy::file, privacy::list, privacy::show, privacy::step, limits::end, guard::put, guard::drop, guard::list, hold::put, hold::drop, glass::ask, glass::list, glass::answer, glass::reveal, glass::review, notes::write, reports::report, reports::list, reports::outside, reports::mine, reports::reply, reports::step, reports::file, drills::tell, drills::list, culture::show, culture::plan, culture::call_off, desk::message, desk::answer_message, desk::see_lesson, receipts::receipt, certificates::get, disclosures::list, packs::build, packs::state, packs::proof, trust::show, board::show, board::file, board::set_key, board::messages, board::write, board::answer_board,
        disclosures::export, blast_radius::measure, stream::stream, events::hear, log::logs, closes::list, closes::show, closes::page, statements::give, log_status::status, rules::list, decisions::decide, health::alive, health::ready,
        health::metrics, key_holder::show, key_holder::mark, people::list, team::budgets, budgets::all, power_proposals::list, power_changes::draft, power_changes::approve,
        power_proposals::withdraw, power_proposals::texts, power_trial::run,
        proposals::list, proposals::decline, devices::list, devices::agree,
        oauth::token, oauth::metadata, discovery::service_provider, discovery::resource_types, discovery::resource_type, discovery::schemas,
        discovery::schema, users::list, users::search, users::create, users::show, users::replace, users::patch, users::delete
    ),
    tags(
        (name = "staff", description = "Who asks."),
        (name = "interactions", description = "Calls, chats and tickets, opened by signed events only; and cases."),
        (name = "customers", description = "Work on masks; reveal one field for one purpose."),
        (name = "cases", description = "Casework, without the customer on the line: for a day, and each value needs a second person."),
        (name = "privacy", description = "Customers' requests by right (GDPR art. 15 to 21): filed and followed by programs, handled by the data protection officer; never a value."),
        (name = "glass", description = "Break-glass: one value in an emergency, by two security officers; reviewed within days."),
        (name = "power", description = "Who there is, and who gives power to whom."),
        (name = "reports", description = "Something suspicious."),
        (name = "drills", description = "Attacks on decoys, and what they showed."),
        (name = "culture", description = "Drills for people, and how groups of eight or more report; never what one person did."),
        (name = "packs", description = "What a partner is shown: drills, what is in force, and the log's word for it."),
        (name = "trust", description = "How the defences stand, for anybody, where it is published."),
        (name = "board", description = "What is reported to the board, sealed to its members' own keys; and what it writes to security."),
        (name = "log", description = "The tamper-evident log and its receipts."),
        (name = "rules", description = "Who may do what, and why not."),
        (name = "events", description = "What telephony and ticket systems say."),
        (name = "people", description = "Who works here: proposed by the company's identity provider (SCIM 2.0), decided by security."),
        (name = "machines", description = "Access tokens for programs that hold a private key."),
        (name = "operations", description = "Is it alive?")
    ),
    security(("bearer" = []), ("session" = [])),
    modifiers(&Schemes)
)]
struct Api;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_with(Default::default);
        closed(components);
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
        components.add_security_scheme(
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(crate::identify::COOKIE))),
        );
    }
}

/// Each shape of a change refuses members it doesn't know; the derived description says that of plain shapes only.
fn closed(components: &mut Components) {
    for name in ["NewPowerChange", "RequestStepWanted"] {
        let Some(RefOr::T(Schema::OneOf(shapes))) = components.schemas.get_mut(name) else { continue };
        for shape in &mut shapes.items {
            if let RefOr::T(Schema::Object(shape)) = shape {
                shape.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
            }
        }
    }
}

/// The OpenAPI 3.1 description, as pretty JSON.
#[must_use]
pub fn openapi() -> String {
    Api::openapi().to_pretty_json().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::collections::BTreeSet;

    /// Staff have no export of a record: an opened value comes from two addresses, one at a time.
    #[test]
    fn an_opened_value_is_in_the_answer_of_two_addresses_and_in_no_list() {
        let described: serde_json::Value = serde_json::from_str(&super::openapi()).unwrap();
        let schemas = described["components"]["schemas"].as_object().unwrap();
        let with_value = |text: &serde_json::Value| text.to_string().contains("\"value\":{");
        let shown: Vec<_> = schemas.iter().filter(|(_, schema)| with_value(schema)).map(|(name, _)| name).collect();
        assert_eq!(shown, ["Shown"]);
        let named = "#/components/schemas/Shown\"";
        let nested = schemas.values().filter(|schema| schema.to_string().contains(named)).count();
        assert_eq!(nested, 0, "nothing holds several of them");
        let mut answers = BTreeSet::new();
        for (path, operations) in described["paths"].as_object().unwrap() {
            if operations.to_string().contains(named) {
                answers.insert(path.as_str());
            }
        }
        assert_eq!(answers, BTreeSet::from(["/v1/customers/{id}/reveals", "/v1/glass/{id}/reveal"]));
    }

    /// The description knows types by their bare names: of two with one name it would show one in both places.
    #[test]
    fn no_two_described_types_have_one_name() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api");
        let mut seen = BTreeSet::new();
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let described = text.split("ToSchema)]").skip(1).filter_map(|after| {
                let (_, declared) = after.split_once("pub(crate) ")?;
                declared.strip_prefix("struct ").or(declared.strip_prefix("enum "))?.split_whitespace().next()
            });
            for name in described {
                assert!(seen.insert(name.to_owned()), "{name} is described twice");
            }
        }
        assert!(seen.len() > 20, "{seen:?}");
    }
}
