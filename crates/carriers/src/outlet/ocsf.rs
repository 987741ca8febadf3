//! Entries as events of the Open Cybersecurity Schema Framework, whose numbers these are (<https://schema.ocsf.io/1.8.0>).

use super::hex;
use serde_json::{Value, json};
use vault::{AuditBody, DrillVerdict, Happening, Kind, TenantConfig, alarm_of};

/// The version of the schema.
const SCHEMA: &str = "1.8.0";

/// Datastore activity, API activity, authentication, account change, detection finding, compliance finding.
const DATASTORE: u32 = 6005;
const API: u32 = 6003;
const AUTHENTICATION: u32 = 3002;
const ACCOUNT: u32 = 3001;
const DETECTION: u32 = 2004;
const COMPLIANCE: u32 = 2003;
/// The activity that none of a class's says.
const OTHER: u32 = 99;

/// Class and activity of an entry.
fn class(kind: Kind) -> (u32, u32) {
    match kind {
        Kind::Reveal | Kind::Redelivery | Kind::GlassBroken | Kind::Verification | Kind::VerificationResult => {
            (DATASTORE, 10)
        }
        Kind::View | Kind::StatementGiven | Kind::OwnView | Kind::OwnLog | Kind::OwnExport => (DATASTORE, 1),
        Kind::Code | Kind::OwnCode | Kind::OwnClaim | Kind::RequestIdentity | Kind::RequestTold => (DATASTORE, 1),
        Kind::Search | Kind::Hit | Kind::Claim => (DATASTORE, 4),
        Kind::Note | Kind::OwnCorrection => (DATASTORE, 2),
        Kind::Import => (DATASTORE, 6),
        Kind::Erasure | Kind::Expired | Kind::ValuesExpired => (DATASTORE, 7),
        Kind::FieldsRewrapped => (DATASTORE, 9),
        Kind::SignIn | Kind::OwnSignIn | Kind::SessionMisused => (AUTHENTICATION, 1),
        Kind::SignOut | Kind::OwnSignOut | Kind::SessionEnded => (AUTHENTICATION, 2),
        Kind::PersonLeft => (ACCOUNT, 6),
        Kind::PasskeyAdded => (ACCOUNT, 10),
        Kind::PasskeyDropped => (ACCOUNT, 11),
        Kind::PersonChanged | Kind::TokenIssued | Kind::TokenRevoked | Kind::Invited | Kind::PasskeyOffered => {
            (ACCOUNT, OTHER)
        }
        Kind::PersonProposed | Kind::DeviceAsked | Kind::DeviceAgreed | Kind::PasskeyDeclined => (ACCOUNT, OTHER),
        Kind::AlarmCleared => (DETECTION, 3),
        Kind::AlarmRaised
        | Kind::SpendingDisagrees
        | Kind::EntryLost
        | Kind::PowerDoubted
        | Kind::CeremonyStepsGone => (DETECTION, 1),
        Kind::Report | Kind::OwnReport | Kind::OwnObjection => (DETECTION, 1),
        Kind::DrillTold => (COMPLIANCE, 1),
        kind if kind.is_reading() => (API, 2),
        _ => (API, OTHER),
    }
}

/// 1 informational, 3 medium, 4 high, 5 critical.
fn severity(body: &AuditBody, class: u32, activity: u32) -> u32 {
    let pierced = body.drill.as_ref().is_some_and(|note| note.verdict != DrillVerdict::Held as u8);
    match class {
        DETECTION if activity == 1 => 5,
        COMPLIANCE if pierced => 4,
        _ if body.kind == Kind::GlassBroken => 4,
        _ if body.decision.is_err() => 3,
        _ => 1,
    }
}

/// Who is told as having acted. Whoever reports something is nobody's business.
fn actor(body: &AuditBody) -> Value {
    match body.person.filter(|_| body.kind != Kind::Report) {
        Some(person) => json!({"user": {"uid": person.to_string()}}),
        None => json!({"app_name": "ringfence"}),
    }
}

/// One entry's event.
pub(super) fn event(tenant: &TenantConfig, happening: &Happening) -> Value {
    let customer = happening.customer.map(|customer| hex(&customer));
    let Some(body) = &happening.body else { return damaged(tenant, happening) };
    let (class, activity) = class(body.kind);
    let mut event = frame(tenant, happening, (class, activity), body.kind.slug());
    event["time"] = json!(body.at.0);
    event["severity_id"] = json!(severity(body, class, activity));
    if class >= 3_000 {
        event["status_id"] = json!(if body.decision.is_ok() { 1 } else { 2 });
    }
    if let Err(refusal) = body.decision {
        event["status_code"] = json!(refusal.slug());
    }
    if activity == OTHER {
        event["activity_name"] = json!(body.kind.slug());
    }
    special(&mut event, class, happening, body, customer.as_deref());
    let mut more = json!({});
    let told = [
        ("customer", customer.map(Value::from)),
        ("purpose", body.purpose.map(|purpose| json!(purpose.slug()))),
        ("field", body.field.and_then(domain::FieldKind::from_code).map(|field| json!(field.slug()))),
        ("about", body.upon.filter(|_| class != ACCOUNT).map(|person| json!(person.to_string()))),
        ("detail", body.detail.map(Value::from)),
    ];
    for (name, value) in told {
        if let Some(value) = value {
            more[name] = value;
        }
    }
    if more != json!({}) {
        event["unmapped"] = more;
    }
    event
}

/// What each class wants beside what all have.
fn special(event: &mut Value, class: u32, happening: &Happening, body: &AuditBody, customer: Option<&str>) {
    let here = json!({"svc_name": "ringfence"});
    match class {
        DATASTORE => {
            event["actor"] = actor(body);
            event["src_endpoint"] = here;
            event["database"] = json!({"name": "ringfence", "type_id": 99, "type": "vault"});
            if let Some(customer) = customer {
                event["table"] = json!({"name": "customer", "uid": customer});
            }
        }
        API => {
            event["actor"] = actor(body);
            event["src_endpoint"] = here;
            event["api"] = json!({"operation": body.kind.slug(), "service": {"name": "ringfence"}});
        }
        AUTHENTICATION => {
            event["user"] = user(body, customer);
            event["service"] = json!({"name": "ringfence"});
        }
        ACCOUNT => {
            event["user"] = json!({"uid": body.upon.or(body.person).map_or("none".to_owned(), |who| who.to_string())});
            event["actor"] = actor(body);
        }
        DETECTION => {
            let alarm =
                matches!(body.kind, Kind::AlarmRaised | Kind::AlarmCleared).then(|| alarm_of(body.detail)).flatten();
            let title = alarm.map_or(body.kind.slug(), vault::AlarmKind::slug);
            event["finding_info"] = json!({"uid": happening.entry.to_string(), "title": title});
            event["status_id"] = json!(if body.kind == Kind::AlarmCleared { 4 } else { 1 });
        }
        _ => {
            let drill = body.drill.as_ref().map_or("drill", |note| &note.drill);
            let held = body.drill.as_ref().is_some_and(|note| note.verdict == DrillVerdict::Held as u8);
            event["finding_info"] = json!({"uid": happening.entry.to_string(), "title": drill});
            event["compliance"] = json!({"control": drill, "status_id": if held { 1 } else { 3 }});
            event["status_id"] = json!(1);
        }
    }
}

/// Whoever signs in: one of staff, or a customer on their own page.
fn user(body: &AuditBody, customer: Option<&str>) -> Value {
    let who = body.person.map(|person| person.to_string()).or(customer.map(|one| format!("customer {one}")));
    json!({"uid": who.unwrap_or("unknown".to_owned())})
}

/// What every event has; of no moment and no severity yet.
fn frame(tenant: &TenantConfig, happening: &Happening, (class, activity): (u32, u32), code: &str) -> Value {
    json!({
        "category_uid": class / 1_000,
        "class_uid": class,
        "activity_id": activity,
        "type_uid": class * 100 + activity,
        "metadata": {
            "version": SCHEMA,
            "uid": happening.entry.to_string(),
            "sequence": happening.place,
            "event_code": code,
            "tenant_uid": tenant.slug,
            "log_name": tenant.origin,
            "product": {"name": "Ringfence", "vendor_name": "Ringfence", "version": env!("CARGO_PKG_VERSION")},
        },
    })
}

/// An entry whose row was edited: its place and its id are all that is known, and that is an alarm itself.
fn damaged(tenant: &TenantConfig, happening: &Happening) -> Value {
    let mut event = frame(tenant, happening, (DETECTION, 1), "damaged");
    event["time"] = json!(happening.entry.minted().0);
    event["severity_id"] = json!(5);
    event["status_id"] = json!(1);
    event["finding_info"] = json!({"uid": happening.entry.to_string(), "title": "entry_edited"});
    event
}

/// Events, a line each.
pub(super) fn lines(tenant: &TenantConfig, happenings: &[Happening]) -> String {
    happenings.iter().map(|happening| format!("{}\n", event(tenant, happening))).collect()
}
