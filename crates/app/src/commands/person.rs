//! `ringfence person`.

use super::init::write_private;
use crate::cli::{Common, Person};
use crate::failure::{self, Failure};
use crate::home::Home;
use crate::{output, wire};
use domain::PersonId;
use identity::jose::PublicKey;
use serde_json::{Value, json};
use store::PersonRow;
use vault::{Access, NewPerson, Operator, Vault};

pub(super) fn run(common: &Common, asked: &Person) -> Result<(), Failure> {
    let home = Home::find(common.data.as_deref(), common.config.as_deref(), common.store.as_deref())?;
    let (Person::Add { tenant, .. }
    | Person::List { tenant }
    | Person::Token { tenant, .. }
    | Person::Left { tenant, .. }
    | Person::Invite { tenant, .. }
    | Person::Key { tenant, .. }
    | Person::Login { tenant, .. }
    | Person::Revoke { tenant, .. }) = asked;
    let tenant = home.tenant(tenant.as_deref())?;
    wire::block_on(async {
        let centre = wire::open(&home).await?;
        let operator = centre.vault.operator(tenant.id);
        act(common, &home, &centre.vault, &operator, asked).await
    })
}

async fn act(common: &Common, home: &Home, vault: &Vault, operator: &Operator, asked: &Person) -> Result<(), Failure> {
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
        Person::Left { id, .. } => Ok(vault.person_left(operator, person(id)?).await?),
        Person::Invite { id, .. } => {
            let code = vault.invite(operator, person(id)?).await?;
            output::text(&invitation(home, &code))
        }
        Person::Key { id, key_file, .. } => {
            let text = std::fs::read_to_string(key_file).map_err(|error| failure::file(key_file, &error))?;
            let key = PublicKey::parse(&text).map_err(|error| {
                Failure::here(format!("{}: {error}", key_file.display()), "give the public half of such a key")
            })?;
            let access = Access::AddKey { person: person(id)?, key: key.text() };
            vault.set_access(operator, &access).await?;
            let shown = json!({"client": id, "thumbprint": key.thumbprint()});
            output::one(common.output, &shown)
        }
        Person::Login { id, issuer, subject, .. } => {
            if !carriers::is_safe(issuer) || subject.is_empty() || subject.len() > 255 || !subject.is_ascii() {
                return Err(Failure::here(
                    "the issuer or subject can't be a provider's",
                    "give an https address and 1 to 255 ASCII characters, as in the provider's tokens",
                ));
            }
            let (issuer, subject) = (issuer.clone(), subject.clone());
            let access = Access::BindLogin { person: person(id)?, issuer, subject };
            Ok(vault.set_access(operator, &access).await?)
        }
        Person::Revoke { id, .. } => Ok(vault.revoke_token(operator, person(id)?).await?),
    }
}

/// Where an invitation leads: its code stands behind the `#`, which browsers send to nobody.
pub(super) fn invitation(home: &Home, code: &str) -> String {
    let server = &home.config.server;
    // Passkeys are made for names: on this machine's own address that is localhost.
    let here = || format!("http://localhost:{}", server.listen.port());
    let origin = server.origin.clone().unwrap_or_else(here);
    format!("{origin}/ceremony#{code}")
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

pub(super) fn words(what: &str, text: &str) -> Result<String, Failure> {
    let trimmed = text.trim();
    if trimmed.is_empty() || trimmed.chars().count() > 100 || trimmed.contains(char::is_control) {
        return Err(Failure::here(format!("the {what} can't be used"), "give 1 to 100 letters"));
    }
    Ok(trimmed.to_owned())
}
