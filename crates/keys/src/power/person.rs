//! A person, as the root covers them.

use super::body::PowerBody;
use domain::{PowerKind, Role};
use minicbor::{Decoder, Encoder};

/// A member of staff or a machine client. The row's id is the person's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// What for.
    pub role: Role,
    /// Name.
    pub name: String,
    /// Team.
    pub team: String,
    /// SHA-256 of the bearer token, none if the person has none.
    pub token: Option<[u8; 32]>,
}

/// A name, of a person or of a team, however it is spaced, cased, accented and punctuated, and without what nobody sees. To compare with
/// another one and to search in, never to be shown or kept.
#[must_use]
pub fn spelled(name: &str) -> String {
    let folded = domain::folded(name);
    // Of a name without letters and digits something must be left.
    if folded.is_empty() { name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase() } else { folded }
}

/// What tells one human from another: the name as it is spelled, in whichever order its words are. Directories write the family name
/// first, with a comma or without one: that makes nobody a second person.
#[must_use]
pub fn plain(name: &str) -> String {
    let spelled = spelled(name);
    let mut words: Vec<&str> = spelled.split(' ').collect();
    words.sort_unstable();
    words.join(" ")
}

impl PowerBody for Person {
    const KIND: PowerKind = PowerKind::Person;

    /// `[role, name, team, token or null]`
    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<core::convert::Infallible>> {
        e.array(4)?.str(self.role.slug())?.str(&self.name)?.str(&self.team)?;
        match &self.token {
            Some(token) => e.bytes(token)?,
            None => e.null()?,
        };
        Ok(())
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        d.array()?;
        let role = Role::from_slug(d.str()?);
        let (name, team) = (d.str()?.to_owned(), d.str()?.to_owned());
        let token = if d.datatype()? == minicbor::data::Type::Null { None } else { Some(d.bytes()?.try_into()) };
        let Ok(token) = token.transpose() else { return Ok(None) };
        Ok(role.map(|role| Self { role, name, team, token }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_in_whichever_order_a_directory_writes_it() {
        for same in [
            "Zielinski, Tomasz",
            "Zieli\u{144}ski,Tomasz",
            "ZIELINSKI Tomasz",
            " tomasz  zielinski ",
            "Tomasz, Zielinski",
        ] {
            assert_eq!(plain(same), plain("Tomasz Zielinski"), "{same}");
        }
        assert_eq!(plain("Novak-Weber, Anna Maria"), plain("Anna-Maria Novak Weber"));
        assert_eq!(plain("Novak, Kim (Payments)"), plain("Kim Novak (Payments)"));
    }

    #[test]
    fn a_team_is_the_same_only_in_its_own_order() {
        assert_eq!(spelled("North, sales"), spelled("north Sales"));
        assert_ne!(spelled("Sales North"), spelled("North Sales"));
    }

    #[test]
    fn other_words_or_more_of_them_are_another_name() {
        let names = ["Kim Novak", "Kim Novak (Payments)", "Kim Kim Novak", "Kim Nowak", "Kim", "KimNovak"];
        for (at, one) in names.iter().enumerate() {
            for other in &names[at + 1..] {
                assert_ne!(plain(one), plain(other));
            }
        }
    }

    #[test]
    fn of_a_name_without_letters_something_is_left() {
        assert_eq!(plain(" .  - "), "- .");
        assert_ne!(plain("."), plain("-"));
    }
}
