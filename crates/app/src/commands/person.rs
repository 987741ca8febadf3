//! `ringfence person`.

use super::init::write_private;
use crate::cli::{Common, Person};
use crate::failure::Failure;
use crate::home::Home;
use crate::{output, wire};
use domain::PersonId;
use serde_json::{Value, json};
use store::PersonRow;
use vault::{NewPerson, Operator, Vault};

pub(super) fn run(common: &Common, asked: &Person) -> Result<(), Failure> {
    let home = Home::find(common.data.as_deref(), common.config.as_deref(), common.store.as_deref())?;
    let (Person::Add { tenant, .. }
    | Person::List { tenant }
    | Person::Token { tenant, .. }
    | Person::Revoke { tenant, .. }) = asked;
    let tenant = home.tenant(tenant.as_deref())?;
    wire::block_on(async {
        let centre = wire::open(&home).await?;
        let operator = centre.vault.operator(tenant.id);
        act(common, &centre.vault, &operator, asked).await
    })
}

async fn act(common: &Common, vault: &Vault, operator: &Operator, asked: &Person) -> Result<(), Failure> {
    match asked {
        Person::Add { name, role, team, .. } => {
            let new = NewPerson { name: words("name", name)?, role: (*role).into(), team: team.clone() };
            let id = vault.add_person(operator, new).await?;
            output::one(
                common.output,
                &json!({"person": id.to_string(), "role": domain::Role::from(*role).slug(), "name": name}),
            )
        }
        Person::List { .. } => {
            let people: Vec<Value> = vault.people(operator).await?.iter().map(described).collect();
            output::list(common.output, &["person", "role", "name", "team", "token"], &people)
        }
        Person::Token { id, token_file, .. } => {
            let token = vault.issue_token(operator, person(id)?).await?;
            match token_file {
                Some(path) => write_private(path, format!("{}\n", *token).as_bytes()),
                None => output::text(&token),
            }
        }
        Person::Revoke { id, .. } => Ok(vault.revoke_token(operator, person(id)?).await?),
    }
}

fn described(row: &PersonRow) -> Value {
    let token = if row.token.is_some() { "yes" } else { "no" };
    json!({"person": row.id.to_string(), "role": row.role.slug(), "name": row.name, "team": row.team, "token": token})
}

fn person(id: &str) -> Result<PersonId, Failure> {
    PersonId::parse(id).ok_or_else(|| {
        Failure::here("that isn't a person's id", "give per_ and 32 hex digits, as ringfence person list prints")
    })
}

fn words(what: &str, text: &str) -> Result<String, Failure> {
    let trimmed = text.trim();
    if trimmed.is_empty() || trimmed.chars().count() > 100 || trimmed.contains(char::is_control) {
        return Err(Failure::here(format!("the {what} can't be used"), "give 1 to 100 letters"));
    }
    Ok(trimmed.to_owned())
}
