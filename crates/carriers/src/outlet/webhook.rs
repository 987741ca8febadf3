//! What happened, as Standard Webhooks: one post for each, thin enough that nothing in it is worth stealing.

use super::{Web, hex, taken};
use crate::signed::{SignedPost, UrlError};
use domain::Millis;
use serde_json::{Map, Value, json};
use vault::{AuditBody, Happening, Kind, Outlet, OutletError, TenantConfig, alarm_of};

/// What may be told, by the kind of entry; of what was done, not of what was refused.
const TYPES: [(Kind, &str); 27] = [
    (Kind::AlarmCleared, "alarm.cleared"),
    (Kind::AlarmRaised, "alarm.raised"),
    (Kind::ApprovalAsked, "approval.asked"),
    (Kind::ApprovalDeclined, "approval.declined"),
    (Kind::ApprovalGiven, "approval.given"),
    (Kind::CaseClosed, "case.closed"),
    (Kind::CaseOpened, "case.opened"),
    (Kind::ConsentGiven, "consent.given"),
    (Kind::ConsentWithdrawn, "consent.withdrawn"),
    (Kind::OwnCorrection, "contact.corrected"),
    (Kind::OwnObjection, "contact.disputed"),
    (Kind::CustomerGuarded, "customer.guarded"),
    (Kind::CustomerUnguarded, "customer.unguarded"),
    (Kind::DrillTold, "drill.told"),
    (Kind::Erasure, "erasure.done"),
    (Kind::Expired, "erasure.expired"),
    (Kind::GlassBroken, "glass.broken"),
    (Kind::HoldLifted, "hold.lifted"),
    (Kind::HoldPlaced, "hold.placed"),
    (Kind::ImportEnded, "import.ended"),
    (Kind::LimitsChanged, "limits.changed"),
    (Kind::PersonChanged, "person.changed"),
    (Kind::PersonLeft, "person.left"),
    (Kind::PlanChanged, "plan.changed"),
    (Kind::RequestAnswered, "request.answered"),
    (Kind::RequestFiled, "request.filed"),
    (Kind::RulesChanged, "rules.changed"),
];

/// Every type of event.
pub const EVENT_TYPES: [&str; 27] = {
    let mut all = [""; TYPES.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = TYPES[at].1;
        at += 1;
    }
    all
};

/// An entry whose audit half was edited in the database: nobody can choose it, and everybody is told, as it may have been of any type.
const DAMAGED: &str = "entry.damaged";

/// The type of what an entry tells, if there is one.
fn type_of(body: &AuditBody) -> Option<&'static str> {
    let only_begins = body.kind == Kind::Erasure && body.detail.is_none();
    // A question that found no second person was put to nobody: its entry only counts it.
    let asks_nobody = body.kind == Kind::ApprovalAsked && body.upon.is_none();
    let tells = body.decision.is_ok() && !only_begins && !asks_nobody;
    let found = TYPES.iter().find(|(kind, _)| *kind == body.kind).filter(|_| tells);
    found.map(|(_, name)| *name)
}

/// Posts events of some types to one address.
pub struct WebhookOutlet {
    name: String,
    types: Vec<&'static str>,
    post: SignedPost,
}

impl WebhookOutlet {
    /// One that tells of these types at `url`, signing with `secret` (`whsec_…`); `name` is what officers agree to.
    ///
    /// # Errors
    /// If events would go in the clear to another machine, or the secret or certificates aren't any.
    pub fn new(
        name: String,
        url: &str,
        secret: &str,
        types: Vec<&'static str>,
        web: Web<'_>,
    ) -> Result<Self, UrlError> {
        Ok(Self { name, types, post: SignedPost::new(url, secret, web.agent()?)? })
    }

    /// Posts an event that nothing is behind, of the type `ringfence.test`.
    ///
    /// # Errors
    /// Why it wasn't taken.
    pub fn test(&self, id: &str, now: Millis) -> Result<(), OutletError> {
        let body = json!({"type": "ringfence.test", "timestamp": now.to_string(), "data": {}});
        taken(self.post.post(id, now, body.to_string().as_bytes()))
    }
}

impl Outlet for WebhookOutlet {
    fn name(&self) -> &str {
        &self.name
    }

    fn at_once(&self) -> usize {
        1
    }

    fn tells(&self, happening: &Happening) -> bool {
        let Some(body) = &happening.body else { return true };
        type_of(body).is_some_and(|name| self.types.contains(&name))
    }

    fn deliver(&self, tenant: &TenantConfig, now: Millis, happenings: &[Happening]) -> Result<(), OutletError> {
        for happening in happenings {
            let Some(body) = event(tenant, happening) else { continue };
            taken(self.post.post(&happening.entry.to_string(), now, body.to_string().as_bytes()))?;
        }
        Ok(())
    }
}

/// `{"type":…,"timestamp":…,"data":{"tenant":…,"entry":…,"place":…,"kind":…}}`, with `person`, `about`, `customer` and `alarm` where
/// there are some.
pub(super) fn event(tenant: &TenantConfig, happening: &Happening) -> Option<Value> {
    let Some(body) = &happening.body else {
        let (entry, at) = (happening.entry, happening.entry.minted());
        let data =
            json!({"tenant": tenant.slug, "entry": entry.to_string(), "place": happening.place, "kind": "damaged"});
        return Some(json!({"type": DAMAGED, "timestamp": at.to_string(), "data": data}));
    };
    let mut data = Map::new();
    data.insert("tenant".to_owned(), json!(tenant.slug));
    data.insert("entry".to_owned(), json!(happening.entry.to_string()));
    data.insert("place".to_owned(), json!(happening.place));
    data.insert("kind".to_owned(), json!(body.kind.slug()));
    let alarm = matches!(body.kind, Kind::AlarmRaised | Kind::AlarmCleared).then(|| alarm_of(body.detail)).flatten();
    let more = [
        ("person", body.person.map(|person| person.to_string())),
        ("about", body.upon.map(|person| person.to_string())),
        ("customer", happening.customer.map(|customer| hex(&customer))),
        ("alarm", alarm.map(|alarm| alarm.slug().to_owned())),
    ];
    for (name, value) in more {
        if let Some(value) = value {
            data.insert(name.to_owned(), json!(value));
        }
    }
    Some(json!({"type": type_of(body)?, "timestamp": body.at.to_string(), "data": data}))
}
