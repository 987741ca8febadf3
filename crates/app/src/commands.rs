//! One file per noun.

mod ceremony;
mod completion;
mod crypto;
mod custodian;
mod customer;
mod doctor;
pub mod init;
mod interaction;
mod keyholding;
mod mend_budgets;
mod person;
mod plan;
mod policy;
mod request;
mod serve;
mod shelf;
mod webhook;
pub(crate) mod witness;

use crate::cli::{Cli, Command, Common, Init};
use crate::config::Tenant;
use crate::config::holder::KeyHolder;
use crate::database::Database;
use crate::failure::Failure;
use crate::home::Home;
use crate::output;
use crate::wire;
use init::Keys;
use serde_json::json;

/// Does what was asked.
///
/// # Errors
/// What the command says.
pub fn run(cli: Cli) -> Result<(), Failure> {
    let common = cli.common;
    match cli.command {
        Command::Init(asked) => initialise(&common, &asked),
        Command::Serve(asked) => serve::run(&common, &asked),
        Command::Demo(asked) => crate::demo::run(&common, &asked),
        Command::Import(asked) => crate::import::run(&common, &asked),
        Command::Customer(asked) => customer::run(&common, &asked),
        Command::Interaction(asked) => interaction::run(&common, &asked),
        Command::Request(asked) => request::run(&common, &asked),
        Command::Person(asked) => person::run(&common, &asked),
        Command::Policy(asked) => policy::run(&common, &asked),
        Command::Plan(asked) => plan::run(&common, &asked),
        Command::Shelf(asked) => shelf::run(&common, &asked),
        Command::Crypto(asked) => crypto::run(&common, &asked),
        Command::Log(asked) => crate::log::run(&common, &asked),
        Command::Verify(asked) => crate::verify::run(&common, &asked),
        Command::Witness(asked) => witness::run(&common, &asked),
        Command::Keyholder(asked) => keyholding::run(&common, &asked),
        Command::Custodian(asked) => custodian::run(&common, &asked),
        Command::Ceremony(asked) => ceremony::run(&common, &asked),
        Command::Webhook(asked) => webhook::run(&common, &asked),
        Command::Drill(asked) => crate::drilling::run(&common, &asked),
        Command::Pack(asked) => crate::pack::run(&common, &asked),
        Command::Board(asked) => crate::board::run(&common, &asked),
        Command::Posture(asked) => crate::drilling::posture(&common, &asked),
        Command::BlastRadius(asked) => crate::blast_radius::run(common.output, &asked),
        Command::MendBudgets(asked) => mend_budgets::run(&common, &asked),
        Command::Doctor => doctor::run(&common),
        Command::Completion(asked) => completion::run(&asked),
    }
}

/// Adds the first security officers; gives the link to the first one's ceremony.
async fn first_officers(home: &Home, names: Vec<String>) -> Result<Option<String>, Failure> {
    if names.is_empty() {
        return Ok(None);
    }
    let centre = wire::open(home).await?;
    let operator = centre.vault.operator(home.tenant(None)?.id);
    let mut first = None;
    for name in names {
        let new = vault::NewPerson { name, role: domain::Role::SecurityOfficer, team: String::new() };
        let id = centre.vault.add_person(&operator, new).await?;
        first = first.or(Some(id));
    }
    let Some(first) = first else { return Ok(None) };
    let code = centre.vault.invite(&operator, first).await?;
    Ok(Some(person::invitation(home, &code)))
}

fn initialise(common: &Common, asked: &Init) -> Result<(), Failure> {
    let data = Home::named(asked.dir.as_deref().or(common.data.as_deref()))?;
    let database = common.store.as_deref().map(Database::parse).transpose()?;
    let database = database.unwrap_or_else(|| Database::Embedded(data.clone()));
    let name = init::random_name();
    let keys = match (&asked.keyholder, &asked.keyholder_address) {
        (Some(socket), _) => Keys::There(KeyHolder::here(socket.clone())),
        (None, Some(address)) => Keys::There(KeyHolder {
            socket: None,
            address: Some(address.clone()),
            ca_file: asked.keyholder_ca.clone(),
            certificate_file: asked.certificate.clone(),
            key_file: asked.certificate_key.clone(),
        }),
        (None, None) => Keys::Here(asked.key_file.clone().map_or_else(init::default_key_file, Ok)?),
    };
    let tenant =
        Tenant { id: 1, slug: asked.tenant.clone(), origin: format!("{name}.ringfence.internal/{}", asked.tenant) };
    let officers =
        asked.officer.iter().map(|name| person::words("officer's name", name)).collect::<Result<Vec<_>, _>>()?;
    let (home, link) = wire::block_on(async {
        let home = init::create(&init::New { data: &data, tenant, keys, database }).await?;
        let link = first_officers(&home, officers).await?;
        Ok((home, link))
    })?;
    let shown = |path: &std::path::Path| path.display().to_string();
    let mut made = json!({"data": shown(&data), "tenant": asked.tenant, "ceremony": link});
    match home.key_holder() {
        Some(holder) => made["keyholder"] = json!(holder.to_string()),
        None => {
            let key = home.key_file()?;
            made["key"] = json!(shown(key));
            made["keyring"] = json!(shown(&keyholder::KeyringFile::beside(key)));
        }
    }
    output::one(common.output, &made)?;
    match (link.is_some(), asked.officer.len()) {
        (true, 1) => {
            output::aside("Name a second security officer soon: nobody should be the only one (ringfence person add)")
        }
        (true, _) => {
            output::aside("The first security officer opens the link within an hour, while ringfence serve runs")
        }
        (false, _) => output::aside(
            "Next: ringfence person add --role security_officer, ringfence person invite, and open its link while ringfence serve runs",
        ),
    }
    Ok(())
}
