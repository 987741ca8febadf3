//! A person as the identity provider writes them, and as they are shown to it.

use super::error::{Kind, ScimError};
use super::{STAFF, USER};
use aws_lc_rs::digest::{SHA256, digest};
use domain::{Millis, Role};
use serde_json::{Map, Value, json};

/// The longest text of an attribute, in characters.
const LONGEST: usize = 256;

/// What the identity provider says of a person. All of it is a wish, but for `active: false`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct User {
    /// The provider's name for them; unique, whatever its case.
    pub user_name: String,
    /// The provider's own id: the subject of its OpenID Connect tokens.
    pub external_id: Option<String>,
    /// The name that people read.
    pub display_name: Option<String>,
    /// May they work here, as far as the provider is concerned?
    pub active: bool,
    /// The role that is proposed.
    pub role: Option<Role>,
    /// The team that is proposed.
    pub team: Option<String>,
}

/// What became of it: `userType`, which a provider can't write. It isn't in the extension, because an extension is
/// patched and taken away as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Something waits for security; until then it gives no power.
    Proposed,
    /// They have what the provider says.
    Applied,
    /// They have left.
    Left,
}

impl Standing {
    /// The name in `userType`.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Applied => "staff",
            Self::Left => "left",
        }
    }
}

/// A person as shown to the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The person's id; the same before and after security agrees.
    pub id: String,
    /// What the provider said last.
    pub user: User,
    /// What became of it.
    pub standing: Standing,
    /// When they were first named.
    pub created: Millis,
    /// When the provider last said something of them.
    pub changed: Millis,
}

/// An attribute that a provider may write, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attribute {
    UserName,
    ExternalId,
    DisplayName,
    Active,
    Role,
    Team,
}

impl Attribute {
    pub(crate) const ALL: [Self; 6] =
        [Self::UserName, Self::ExternalId, Self::DisplayName, Self::Active, Self::Role, Self::Team];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::UserName => "userName",
            Self::ExternalId => "externalId",
            Self::DisplayName => "displayName",
            Self::Active => "active",
            Self::Role => "role",
            Self::Team => "team",
        }
    }

    /// In the extension rather than in the core schema?
    pub(crate) fn of_staff(self) -> bool {
        matches!(self, Self::Role | Self::Team)
    }

    /// The attribute of that name within a schema; names have no case (RFC 7643, 2.1).
    pub(crate) fn named(name: &str, of_staff: bool) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.of_staff() == of_staff && one.name().eq_ignore_ascii_case(name))
    }
}

impl User {
    /// Sets or, with null, takes away one attribute.
    pub(crate) fn put(&mut self, attribute: Attribute, value: &Value) -> Result<(), ScimError> {
        let missing = value.is_null();
        match attribute {
            Attribute::UserName => self.user_name = text(attribute, value)?,
            Attribute::ExternalId => self.external_id = optional(attribute, value)?,
            Attribute::DisplayName => self.display_name = optional(attribute, value)?,
            Attribute::Team => self.team = optional(attribute, value)?,
            Attribute::Active => self.active = boolean(value)?,
            Attribute::Role if missing => self.role = None,
            Attribute::Role => {
                let role = value.as_str().and_then(Role::from_slug);
                self.role = Some(role.ok_or_else(|| {
                    ScimError::of(Kind::InvalidValue, "role is one of the canonical values of the schema")
                })?);
            }
        }
        Ok(())
    }

    /// Whether it holds one attribute.
    pub(crate) fn get(&self, attribute: Attribute) -> Option<Value> {
        match attribute {
            Attribute::UserName => Some(self.user_name.clone().into()),
            Attribute::ExternalId => self.external_id.clone().map(Value::from),
            Attribute::DisplayName => self.display_name.clone().map(Value::from),
            Attribute::Active => Some(self.active.into()),
            Attribute::Role => self.role.map(|role| role.slug().into()),
            Attribute::Team => self.team.clone().map(Value::from),
        }
    }

    /// The person of a POST: without any power, whatever `active` says.
    ///
    /// # Errors
    /// 400 for a wrong shape or value.
    pub fn posted(body: &Value) -> Result<Self, ScimError> {
        let mut user = Self { active: true, ..Self::default() };
        user.take(object(body)?)?;
        user.named()
    }

    /// The person as a PUT replaces them: what isn't given is gone, but `active` stays as it was.
    ///
    /// # Errors
    /// 400 for a wrong shape or value.
    pub fn replaced(&self, body: &Value) -> Result<Self, ScimError> {
        let mut user = Self { active: self.active, ..Self::default() };
        user.take(object(body)?)?;
        user.named()
    }

    pub(crate) fn named(self) -> Result<Self, ScimError> {
        if self.user_name.trim().is_empty() {
            return Err(ScimError::of(Kind::InvalidValue, "userName is required"));
        }
        Ok(self)
    }

    /// Takes in an object of attributes. What isn't known, or only the server writes, is passed over (RFC 7644, 3.3).
    pub(crate) fn take(&mut self, given: &Map<String, Value>) -> Result<(), ScimError> {
        for (name, value) in given {
            if name.eq_ignore_ascii_case(STAFF) {
                for (name, value) in value.as_object().into_iter().flatten() {
                    if let Some(attribute) = Attribute::named(name, true) {
                        self.put(attribute, value)?;
                    }
                }
            } else if let Some(attribute) = addressed(name) {
                self.put(attribute, value)?;
            }
        }
        Ok(())
    }
}

/// The attribute that a plain or fully qualified name stands for.
pub(crate) fn addressed(name: &str) -> Option<Attribute> {
    match within(name, STAFF) {
        Some(rest) => Attribute::named(rest, true),
        None => Attribute::named(within(name, USER).unwrap_or(name), false),
    }
}

/// What follows `urn:` in `urn:attribute`.
pub(crate) fn within<'a>(name: &'a str, urn: &str) -> Option<&'a str> {
    let (head, rest) = (name.get(..urn.len())?, name.get(urn.len()..)?);
    head.eq_ignore_ascii_case(urn).then(|| rest.strip_prefix(':'))?
}

fn object(body: &Value) -> Result<&Map<String, Value>, ScimError> {
    body.as_object().ok_or_else(|| ScimError::of(Kind::InvalidSyntax, "the body isn't a JSON object"))
}

fn text(attribute: Attribute, value: &Value) -> Result<String, ScimError> {
    let fits = |text: &&str| {
        let plain = text.trim();
        !plain.is_empty() && plain.chars().count() <= LONGEST && !plain.chars().any(char::is_control)
    };
    value.as_str().filter(fits).map(|text| text.trim().to_owned()).ok_or_else(|| {
        let name = attribute.name();
        ScimError::of(Kind::InvalidValue, format!("{name} is 1 to {LONGEST} characters of text"))
    })
}

fn optional(attribute: Attribute, value: &Value) -> Result<Option<String>, ScimError> {
    if value.is_null() || value == "" { Ok(None) } else { text(attribute, value).map(Some) }
}

/// Some providers write booleans as text.
fn boolean(value: &Value) -> Result<bool, ScimError> {
    let said = value.as_str().map(str::to_ascii_lowercase);
    let read = value.as_bool().or(match said.as_deref() {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => None,
    });
    read.ok_or_else(|| ScimError::of(Kind::InvalidValue, "active is true or false, and required"))
}

impl Shown {
    /// The resource, with its `meta`; `base` is the address of the service, without a slash at its end.
    #[must_use]
    pub fn resource(&self, base: &str) -> Value {
        let mut body = self.content();
        body["meta"] = json!({
            "resourceType": "User",
            "created": self.created.to_string(),
            "lastModified": self.changed.to_string(),
            "location": format!("{base}/Users/{}", self.id),
            "version": self.version(),
        });
        body
    }

    fn content(&self) -> Value {
        let mut body = json!({"schemas": [USER, STAFF], "id": self.id, "userType": self.standing.slug()});
        let mut staff = json!({});
        for attribute in Attribute::ALL {
            let Some(value) = self.user.get(attribute) else { continue };
            let part = if attribute.of_staff() { &mut staff } else { &mut body };
            part[attribute.name()] = value;
        }
        if staff != json!({}) {
            body[STAFF] = staff;
        }
        body
    }

    /// The weak entity tag of what is shown (RFC 7644, 3.14).
    #[must_use]
    pub fn version(&self) -> String {
        let content = format!("{}{}", self.content(), self.changed.0);
        let digest = digest(&SHA256, content.as_bytes());
        let hex: String = digest.as_ref().iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        format!("W/\"{hex}\"")
    }

    /// Does a header of entity tags, such as `If-Match`, name this version? Weak comparison.
    #[must_use]
    pub fn is_version(&self, header: &str) -> bool {
        let own = self.version();
        let plain = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        header.trim() == "*" || header.split(',').any(|tag| plain(tag) == plain(&own))
    }
}

/// A list's answer (RFC 7644, 3.4.2).
#[must_use]
pub fn list(resources: Vec<Value>, total: usize, start: usize) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}
