//! One file per noun.

mod completion;
mod customer;
mod doctor;
pub mod init;
mod interaction;
mod person;
mod policy;
mod serve;
mod shelf;
pub(crate) mod witness;

use crate::cli::{Cli, Command, Common, Init};
use crate::config::Tenant;
use crate::database::Database;
use crate::failure::Failure;
use crate::home::Home;
use crate::output;
use crate::wire;
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
        Command::Person(asked) => person::run(&common, &asked),
        Command::Policy(asked) => policy::run(&common, &asked),
        Command::Shelf(asked) => shelf::run(&common, &asked),
        Command::Log(asked) => crate::log::run(&common, &asked),
        Command::Verify(asked) => crate::verify::run(&common, &asked),
        Command::Witness(asked) => witness::run(&common, &asked),
        Command::Doctor => doctor::run(&common),
        Command::Completion(asked) => completion::run(&asked),
    }
}

fn initialise(common: &Common, asked: &Init) -> Result<(), Failure> {
    let data = Home::named(asked.dir.as_deref().or(common.data.as_deref()))?;
    let database = common.store.as_deref().map(Database::parse).transpose()?;
    let database = database.unwrap_or_else(|| Database::Embedded(data.clone()));
    let name = init::random_name();
    let key = asked.key_file.clone().map_or_else(init::default_key_file, Ok)?;
    let tenant =
        Tenant { id: 1, slug: asked.tenant.clone(), origin: format!("{name}.ringfence.internal/{}", asked.tenant) };
    let home = wire::block_on(init::create(&init::New { data: &data, tenant, key, database }))?;
    let key = home.key_file()?;
    let shown = |path: &std::path::Path| path.display().to_string();
    output::one(
        common.output,
        &json!({"data": shown(&data), "tenant": asked.tenant, "key": shown(key), "keyring": shown(&keyholder::KeyringFile::beside(key))}),
    )
}
