//! What the service can do, and of which attributes a person consists (RFC 7643, 5 to 7).

use super::user::Standing;
use super::{STAFF, USER};
use domain::Role;
use serde_json::{Value, json};

/// The most resources of one answer.
pub const MOST_RESULTS: usize = 200;

const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
const PROVIDER: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";

/// `GET /ServiceProviderConfig`.
#[must_use]
pub fn service_provider(base: &str) -> Value {
    let no = json!({"supported": false});
    json!({
        "schemas": [PROVIDER],
        "documentationUri": "https://ringfence.dev/docs/identity",
        "patch": {"supported": true},
        "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": true, "maxResults": MOST_RESULTS},
        "changePassword": no,
        "sort": no,
        "etag": {"supported": true},
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth 2.0 bearer token",
            "description": "A token of /oauth2/token, for a client with a private key.",
            "specUri": "https://www.rfc-editor.org/rfc/rfc7523",
            "primary": true,
        }],
        "meta": {"resourceType": "ServiceProviderConfig", "location": format!("{base}/ServiceProviderConfig")},
    })
}

/// Every resource type: people.
#[must_use]
pub fn resource_types(base: &str) -> Vec<Value> {
    vec![json!({
        "schemas": [RESOURCE_TYPE],
        "id": "User",
        "name": "User",
        "endpoint": "/Users",
        "description": "A member of staff. What the identity provider says gives no power until security agrees; that somebody left counts at once.",
        "schema": USER,
        "schemaExtensions": [{"schema": STAFF, "required": false}],
        "meta": {"resourceType": "ResourceType", "location": format!("{base}/ResourceTypes/User")},
    })]
}

/// The resource type of that id.
#[must_use]
pub fn resource_type(base: &str, id: &str) -> Option<Value> {
    resource_types(base).into_iter().find(|one| one["id"] == id)
}

/// Every schema.
#[must_use]
pub fn schemas(base: &str) -> Vec<Value> {
    let roles: Vec<&str> = Role::ALL.into_iter().map(Role::slug).collect();
    let standings = [Standing::Proposed, Standing::Applied, Standing::Left].map(Standing::slug);
    let user = vec![
        attribute(
            "userName",
            "The identity provider's name for the person.",
            &json!({"required": true, "uniqueness": "server"}),
        ),
        attribute("displayName", "The name that people read.", &json!({})),
        attribute(
            "active",
            "False: they have left, at once. True: that they may work here is proposed.",
            &json!({"type": "boolean", "required": true}),
        ),
        attribute(
            "userType",
            "What became of it: proposed, and waiting for security; staff; or left.",
            &json!({"mutability": "readOnly", "caseExact": true, "canonicalValues": standings}),
        ),
    ];
    let staff = vec![
        attribute("role", "The role that is proposed.", &json!({"caseExact": true, "canonicalValues": roles})),
        attribute("team", "The team that is proposed.", &json!({})),
    ];
    vec![
        described(base, USER, "User", "A member of staff.", &user),
        described(base, STAFF, "Staff", "What Ringfence adds to a member of staff.", &staff),
    ]
}

/// The schema of that URN.
#[must_use]
pub fn schema(base: &str, id: &str) -> Option<Value> {
    schemas(base).into_iter().find(|one| one["id"] == id)
}

fn described(base: &str, id: &str, name: &str, description: &str, attributes: &[Value]) -> Value {
    json!({
        "schemas": [SCHEMA],
        "id": id,
        "name": name,
        "description": description,
        "attributes": attributes,
        "meta": {"resourceType": "Schema", "location": format!("{base}/Schemas/{id}")},
    })
}

/// An attribute with the usual characteristics (RFC 7643, 2.2), but for those given.
fn attribute(name: &str, description: &str, given: &Value) -> Value {
    let mut all = json!({
        "name": name,
        "type": "string",
        "multiValued": false,
        "description": description,
        "required": false,
        "caseExact": false,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
    });
    for (characteristic, value) in given.as_object().into_iter().flatten() {
        all[characteristic] = value.clone();
    }
    all
}
