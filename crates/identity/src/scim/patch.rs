//! PATCH (RFC 7644, 3.5.2). No attribute here has several values, so a path names one of them or the extension.

use super::error::{Kind, ScimError};
use super::user::{Attribute, User, addressed, within};
use super::{STAFF, USER};
use serde_json::Value;

/// The most operations of one request.
const MOST: usize = 100;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Op {
    Put,
    Remove,
}

struct Operation {
    op: Op,
    path: Option<String>,
    value: Value,
}

/// Operations, in order. They all hold or none does.
pub struct PatchRequest(Vec<Operation>);

impl PatchRequest {
    /// Reads a body.
    ///
    /// # Errors
    /// 400 for a wrong shape.
    pub fn read(body: &Value) -> Result<Self, ScimError> {
        let wrong = |detail| ScimError::of(Kind::InvalidSyntax, detail);
        let given = member(body, "operations").and_then(Value::as_array);
        let given = given.ok_or_else(|| wrong("Operations is a list of operations"))?;
        if given.is_empty() || given.len() > MOST {
            return Err(wrong("Operations holds 1 to 100 operations"));
        }
        let one = |operation: &Value| {
            let op = member(operation, "op").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
            let op = match op.as_str() {
                "add" | "replace" => Op::Put,
                "remove" => Op::Remove,
                _ => return Err(wrong("op is add, replace or remove")),
            };
            let path = match member(operation, "path") {
                None | Some(Value::Null) => None,
                Some(Value::String(path)) => Some(path.clone()),
                Some(_) => return Err(ScimError::of(Kind::InvalidPath, "path is text")),
            };
            Ok(Operation { op, path, value: member(operation, "value").cloned().unwrap_or(Value::Null) })
        };
        given.iter().map(one).collect::<Result<_, _>>().map(Self)
    }

    /// The person as they would be.
    ///
    /// # Errors
    /// 400 for a path that names nothing, a value that doesn't fit, or an attribute that only the server writes.
    pub fn apply(&self, user: &User) -> Result<User, ScimError> {
        let mut changed = user.clone();
        for Operation { op, path, value } in &self.0 {
            match (op, path) {
                (Op::Put, None) => {
                    let given = value.as_object();
                    let given =
                        given.ok_or_else(|| ScimError::of(Kind::InvalidValue, "without a path, value is an object"))?;
                    changed.take(given)?;
                }
                (Op::Remove, None) => return Err(ScimError::of(Kind::NoTarget, "remove needs a path")),
                (op, Some(path)) => on(&mut changed, *op, path.trim(), value)?,
            }
        }
        changed.named()
    }
}

fn on(user: &mut User, op: Op, path: &str, value: &Value) -> Result<(), ScimError> {
    if path.eq_ignore_ascii_case(STAFF) {
        return match (op, value.as_object()) {
            (Op::Put, Some(given)) => {
                user.take(&serde_json::Map::from_iter([(STAFF.to_owned(), Value::Object(given.clone()))]))
            }
            (Op::Put, None) => Err(ScimError::of(Kind::InvalidValue, "an extension's value is an object")),
            (Op::Remove, _) => {
                [Attribute::Role, Attribute::Team].into_iter().try_for_each(|one| user.put(one, &Value::Null))
            }
        };
    }
    let Some(attribute) = addressed(path) else { return Err(unknown(path)) };
    match op {
        Op::Remove if matches!(attribute, Attribute::UserName | Attribute::Active) => {
            Err(ScimError::of(Kind::InvalidValue, format!("{} is required", attribute.name())))
        }
        Op::Remove => user.put(attribute, &Value::Null),
        Op::Put => user.put(attribute, value),
    }
}

fn unknown(path: &str) -> ScimError {
    let name = within(path, USER).unwrap_or(path);
    let servers = ["id", "meta", "schemas", "userType"];
    if servers.iter().any(|own| name.eq_ignore_ascii_case(own)) {
        return ScimError::of(Kind::Mutability, "only the server writes that attribute");
    }
    ScimError::of(Kind::InvalidPath, "the path names no attribute of the schemas; /Schemas lists them")
}

/// A member of an object, whatever the case of its name: providers differ.
fn member<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    object.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Role;
    use serde_json::json;

    fn ada() -> User {
        User { user_name: "ada".to_owned(), active: true, role: Some(Role::Agent), ..User::default() }
    }

    fn patched(operations: Value) -> Result<User, Option<Kind>> {
        let request = PatchRequest::read(&json!({"Operations": operations})).map_err(|error| error.kind)?;
        request.apply(&ada()).map_err(|error| error.kind)
    }

    #[test]
    fn providers_write_it_in_their_own_ways() {
        let off = User { active: false, ..ada() };
        assert_eq!(patched(json!([{"op": "Replace", "path": "active", "value": "False"}])), Ok(off.clone()));
        assert_eq!(patched(json!([{"op": "replace", "value": {"active": false}}])), Ok(off.clone()));
        assert_eq!(patched(json!([{"op": "add", "path": format!("{}:ACTIVE", USER), "value": false}])), Ok(off));
        let led = User { role: Some(Role::TeamLeader), ..ada() };
        assert_eq!(
            patched(json!([{"op": "add", "path": format!("{STAFF}:role"), "value": "team_leader"}])),
            Ok(led.clone())
        );
        assert_eq!(patched(json!([{"op": "add", "path": STAFF, "value": {"role": "team_leader"}}])), Ok(led.clone()));
        assert_eq!(patched(json!([{"op": "add", "value": {format!("{STAFF}:role"): "team_leader"}}])), Ok(led));
        assert_eq!(patched(json!([{"op": "remove", "path": STAFF}])), Ok(User { role: None, ..ada() }));
    }

    #[test]
    fn what_doesnt_fit_is_told_apart() {
        let refused = |operation: Value| patched(json!([operation])).unwrap_err();
        assert_eq!(refused(json!({"op": "remove"})), Some(Kind::NoTarget));
        assert_eq!(refused(json!({"op": "remove", "path": "userName"})), Some(Kind::InvalidValue));
        assert_eq!(refused(json!({"op": "remove", "path": "active"})), Some(Kind::InvalidValue));
        assert_eq!(
            refused(json!({"op": "add", "path": "emails[type eq \"work\"].value", "value": "a"})),
            Some(Kind::InvalidPath)
        );
        assert_eq!(refused(json!({"op": "add", "path": "id", "value": "a"})), Some(Kind::Mutability));
        assert_eq!(refused(json!({"op": "add", "path": "userType", "value": "staff"})), Some(Kind::Mutability));
        assert_eq!(
            refused(json!({"op": "add", "path": format!("{STAFF}:role"), "value": "king"})),
            Some(Kind::InvalidValue)
        );
        assert_eq!(
            refused(json!({"op": "replace", "path": "displayName", "value": "a\u{7}"})),
            Some(Kind::InvalidValue)
        );
        assert_eq!(refused(json!({"op": "move", "path": "a"})), Some(Kind::InvalidSyntax));
        assert_eq!(patched(json!([])).unwrap_err(), Some(Kind::InvalidSyntax));
    }

    #[test]
    fn one_that_fails_leaves_nothing_of_those_before_it() {
        let request = PatchRequest::read(&json!({"Operations": [
            {"op": "replace", "path": "displayName", "value": "Ada"}, {"op": "replace", "path": "nothing", "value": 1}]}));
        assert!(request.unwrap().apply(&ada()).is_err());
    }
}
