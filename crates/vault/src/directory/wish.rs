//! What differs between what the identity provider says of a person and what security made of them.

use super::Listed;
use super::record::Record;
use crate::power::Snapshot;
use domain::Role;
use identity::scim::{Standing, User};
use store::PersonRow;

/// One thing that waits for security.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// To work here: new, or back.
    Join,
    /// To be called something else.
    Name(String),
    /// Another role.
    Role(Role),
    /// Another team.
    Team(String),
}

/// What waits, and how the whole stands.
pub(crate) fn wishes(record: &Record, snapshot: &Snapshot) -> (Vec<Wish>, Standing) {
    let left = snapshot.has_left(record.person);
    match snapshot.person(record.person) {
        None if record.wanted => (vec![Wish::Join], Standing::Proposed),
        None => (Vec::new(), if left { Standing::Left } else { Standing::Proposed }),
        Some(row) => {
            let wishes = differences(&record.user, row);
            let standing = if wishes.is_empty() { Standing::Applied } else { Standing::Proposed };
            (wishes, standing)
        }
    }
}

fn differences(user: &User, row: &PersonRow) -> Vec<Wish> {
    let name = user.display_name.as_ref().filter(|name| **name != row.name).cloned().map(Wish::Name);
    let role = user.role.filter(|role| *role != row.role).map(Wish::Role);
    let team = user.team.as_ref().filter(|team| **team != row.team).cloned().map(Wish::Team);
    [name, role, team].into_iter().flatten().collect()
}

/// A wish as security reads it.
pub(crate) fn words(wish: &Wish, one: &Listed, snapshot: &Snapshot) -> String {
    let record = &one.record;
    let User { user_name, role, team, .. } = &record.user;
    let name = called(&record.user);
    let now = snapshot.person(record.person);
    match wish {
        Wish::Join => {
            let back = if record.person != one.id { "back in as a new person" } else { "in" };
            let role = role.map_or("a role that you choose".to_owned(), |role| format!("the role {}", role.label()));
            let team = team.as_ref().map_or_else(String::new, |team| format!(", in the team {team}"));
            format!("Let {name} ({user_name}) {back}, with {role}{team}.")
        }
        Wish::Name(name) => format!("Call {} {name}.", now.map_or(user_name.as_str(), |row| &row.name)),
        Wish::Role(role) => {
            let before = now.map_or("none", |row| row.role.label());
            format!("Change the role of {name} from {before} to {}.", role.label())
        }
        Wish::Team(team) => {
            let before = now.map_or("", |row| &row.team);
            format!("Move {name} from the team {before} to the team {team}.")
        }
    }
}

/// What somebody is called.
pub(crate) fn called(user: &User) -> &str {
    user.display_name.as_deref().unwrap_or(&user.user_name)
}
