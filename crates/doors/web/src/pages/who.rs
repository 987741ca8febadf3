//! Whom a form asks about: a name, or a part of one, is typed, so that no page has to hold everybody who works here.

use super::ask::{Select, choice};
use crate::state::Web;
use domain::PersonId;
use vault::{Scope, StaffFound, VaultError};

/// How many who fit are offered to choose from.
const MOST: usize = 20;

/// The form's field as it was filled in, and whom it means.
#[derive(Debug, Clone)]
pub struct Who {
    /// Its label.
    pub label: &'static str,
    /// What was typed: a name, a part of one, or an id.
    pub text: String,
    /// Who is meant, in words; empty for nobody in particular.
    pub meant: String,
    /// Those who fit, where it is more than one.
    pub several: Option<Select>,
    /// Who is meant.
    pub(super) person: Option<PersonId>,
}

impl Who {
    /// Nobody was asked about.
    pub(super) fn unasked(label: &'static str) -> Self {
        Self { label, text: String::new(), meant: String::new(), several: None, person: None }
    }

    /// Who is meant by what was typed. Where anything was, the reading is an entry.
    pub(super) async fn find(web: &Web, scope: &Scope, label: &'static str, text: &str) -> Result<Self, VaultError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::unasked(label));
        }
        let found = web.vault.find_staff(scope, text, MOST + 1).await?;
        Ok(Self::of(label, text, &found))
    }

    /// Of those who were found, one more than are offered at most.
    pub(super) fn of(label: &'static str, text: &str, found: &[StaffFound]) -> Self {
        let unasked = Self { text: text.to_owned(), ..Self::unasked(label) };
        match found {
            [] => unasked,
            [one] => Self { meant: words(one), person: Some(one.person), ..unasked },
            many => {
                let any = if many.len() > MOST {
                    "More than 20 fit: choose, or clear and write more of the name"
                } else {
                    "Several fit: choose"
                };
                let choices = many.iter().take(MOST).map(|one| choice(&one.person.to_string(), &words(one))).collect();
                let select = Select { name: "person", label, any, rare: false, choices, chosen: String::new() };
                Self { several: Some(select), ..unasked }
            }
        }
    }

    /// Who is meant, as an address names them.
    pub(super) fn id(&self) -> Option<String> {
        self.person.map(|person| person.to_string())
    }

    /// What is wrong with what was typed.
    pub(super) fn problem(&self) -> Option<&'static str> {
        match (self.text.is_empty(), self.person, &self.several) {
            (true, ..) | (_, Some(_), _) => None,
            (_, None, Some(_)) => Some("Several people fit: choose who is meant"),
            (_, None, None) => Some("Nobody here has that name"),
        }
    }
}

/// Such as "Ana Diaz, Agent, Orders".
fn words(one: &StaffFound) -> String {
    let team = if one.team.is_empty() { "no team" } else { &one.team };
    let left = if one.left { ", left" } else { "" };
    format!("{}, {}, {team}{left}", one.name, one.role.label())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Role;

    fn found(count: u8) -> Vec<StaffFound> {
        let one = |number: u8| StaffFound {
            person: PersonId([number; 16]),
            name: "Ana Diaz".to_owned(),
            role: Role::Agent,
            team: String::new(),
            left: number == 2,
        };
        (1..=count).map(one).collect()
    }

    #[test]
    fn one_who_fits_is_meant_and_of_several_it_is_asked_which() {
        let who = |count| Who::of("Person", "ana", &found(count));
        assert_eq!((who(0).id(), who(0).problem()), (None, Some("Nobody here has that name")));
        assert_eq!((who(1).person, who(1).problem()), (Some(PersonId([1; 16])), None));
        assert_eq!(who(1).meant, "Ana Diaz, Agent, no team");
        let two = who(2);
        assert!(two.problem().is_some() && two.id().is_none());
        let labels: Vec<_> = two.several.unwrap().choices.into_iter().map(|one| one.label).collect();
        assert_eq!(labels, ["Ana Diaz, Agent, no team", "Ana Diaz, Agent, no team, left"]);
        let many = who(21).several.unwrap();
        assert!(many.choices.len() == 20 && many.any.starts_with("More than 20 fit"));
        assert_eq!(Who::unasked("Person").problem(), None);
    }
}
