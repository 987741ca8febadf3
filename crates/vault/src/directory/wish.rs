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
    let (name, user_name) = (quoted(called(&record.user)), quoted(user_name));
    let now = snapshot.person(record.person);
    match wish {
        Wish::Join => {
            let back = if record.person != one.id { "back in as a new person" } else { "in" };
            let role = role.map_or("a role that you choose".to_owned(), |role| format!("the role {}", role.label()));
            let team = team.as_ref().map_or_else(String::new, |team| format!(", in the team {}", quoted(team)));
            format!("Let {name} ({user_name}) {back}, with {role}{team}.")
        }
        Wish::Name(name) => format!("Call {} {}.", now.map_or(user_name, |row| quoted(&row.name)), quoted(name)),
        Wish::Role(role) => {
            let before = now.map_or("none", |row| row.role.label());
            format!("Change the role of {name} from {before} to {}.", role.label())
        }
        Wish::Team(team) => {
            let before = now.map_or("", |row| &row.team);
            format!("Move {name} from the team {} to the team {}.", quoted(before), quoted(team))
        }
    }
}

/// What others wrote, marked as theirs within a sentence of ours: nothing in it ends the mark, or turns the direction in which it is read.
fn quoted(text: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain: String = text.chars().filter(|c| !matches!(c, '“' | '”' | '"') && !turns(*c)).collect();
    format!("“{plain}”")
}

/// What somebody is called.
pub(crate) fn called(user: &User) -> &str {
    user.display_name.as_deref().unwrap_or(&user.user_name)
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn what_the_provider_writes_ends_no_sentence_of_ours() {
        assert_eq!(
            quoted("Ana Diaz (ana) in, with the role Agent. Let Bob"),
            "“Ana Diaz (ana) in, with the role Agent. Let Bob”"
        );
        assert_eq!(quoted("Ana” in, with the role Agent. Let “Bob"), "“Ana in, with the role Agent. Let Bob”");
        assert_eq!(quoted("\u{202e}ana\u{2066}\""), "“ana”");
    }
}
