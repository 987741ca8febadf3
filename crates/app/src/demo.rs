//! `ringfence demo`: a living centre of invented people. Configuration and a seed, nothing else: what serves is what
//! always serves, and the day is played over HTTP from outside.

#[path = "demo_keyholder.rs"]
mod beside;
#[path = "demo_cast.rs"]
mod cast;
#[path = "demo_culture.rs"]
mod culture;
#[path = "demo_data.rs"]
mod data;
#[path = "demo_day.rs"]
mod day;
#[path = "demo_mail.rs"]
mod mail;
#[path = "demo_officers.rs"]
mod officers;
#[path = "demo_ports.rs"]
mod ports;
#[path = "demo_secrets.rs"]
mod secrets;
#[path = "demo_witnesses.rs"]
mod witnesses;

use crate::cli::{Common, Demo};
use crate::commands::init::webhook_secret;
use crate::config::{self, Secret, Source};
use crate::failure::Failure;
use crate::home::Home;
use crate::output::{self, Format};
use crate::wire::Centre;
use crate::{serving, wire};
use cast::Cast;
use data::Data;
use officers::Officer;
use ports::Ports;
use serde::Serialize;
use simulation::day::Phones;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use vault::Vault;

/// So that whoever tries it out sees closes come.
const CLOSE_EVERY_S: u32 = 120;
const BANNER: &str = "Demo: everyone here is invented, and anyone may sign in as anyone.";
/// Nobody's browser has the officers' passkeys.
const UNSIGNED: &str =
    " Its officers’ passkeys are the demo’s own: read what waits for a signature; you can’t sign it.";

/// Runs it until it is asked to stop.
///
/// # Errors
/// If the data directory isn't a demo's, or anything can't be started.
pub fn run(common: &Common, asked: &Demo) -> Result<(), Failure> {
    if common.store.is_some() {
        return Err(Failure::here("invented people live in a data directory of their own", "leave --store away"));
    }
    let data = Data::choose(common.data.as_deref(), asked)?;
    wire::block_on(async {
        let (home, _beside) = data.home().await?;
        let (home, secrets) = configured(home, asked.port)?;
        let _claim = serving::claim(&home)?;
        let centre = wire::open(&home).await?;
        let tenant = home.tenant(None)?.id;
        let cast = cast::assemble(&centre.vault, tenant, &home.data, !asked.quiet_day).await?;
        data::fill(&data, &centre.vault, tenant).await?;
        culture::played((&centre, &home), tenant, &cast.officers, &cast.agents).await?;
        live(common.output, asked, &data, (home, secrets), centre, cast).await
    })
}

/// What the played day shares with the server, and who looks at it from outside.
struct Secrets {
    events: Secret,
    phones: Phones,
    witnesses: Vec<witnesses::Ready>,
}

/// The directory's configuration, changed as far as a demo needs it.
fn configured(mut home: Home, port: u16) -> Result<(Home, Secrets), Failure> {
    let secret = || Secret::from(String::clone(&webhook_secret()));
    let (events, courier) = (secret(), secret());
    let mut ports = Ports::open(&home.data);
    let phones = Phones::listen(&ports.of("phones").to_string(), courier.expose(), |to, says| {
        output::aside(&format!("Text message to {to}: {says}"));
    });
    let phones = phones.map_err(|error| Failure::there(error.to_string(), "try again"))?;
    ports.keep("phones", phones.port());
    let config = &mut home.config;
    config.server.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    config.server.role_picker = true;
    // Its people have just been invented.
    config.probation_days = Some(0);
    // Its agents work faster than people do, and never go home.
    config.budgets.person.hour = Some(800);
    config.budgets.person.day = Some(20_000);
    config.budgets.person.days_30 = Some(500_000);
    config.server.banner = Some(BANNER.to_owned());
    config.closes.every_s = CLOSE_EVERY_S;
    config.trust.published = true;
    config.event_source =
        vec![Source { name: "telephony".to_owned(), tenant: None, secret_file: None, secret: Some(events.clone()) }];
    config.courier = Some(config::Courier { url: phones.url(), secret_file: None, secret: Some(courier) });
    let witnesses = witnesses::configured(config, &home.data, &mut ports)?;
    ports.save()?;
    Ok((home, Secrets { events, phones, witnesses }))
}

async fn live(
    format: Format,
    asked: &Demo,
    data: &Data,
    (home, secrets): (Home, Secrets),
    centre: Centre,
    cast: Cast,
) -> Result<(), Failure> {
    let listener = serving::listen(home.config.server.listen)?;
    let url = serving::url(&listener)?;
    let mut web = serving::web_config(&home)?;
    if !cast.officers.is_empty() {
        web.banner = Some([BANNER, UNSIGNED].concat());
    }
    web.mailer = Some(Arc::new(mail::Mailbox));
    let (stopped, signals) = serving::stop_at_signal()?;
    let agents = if asked.quiet_day { 0 } else { cast.agents.len() };
    announce(format, &url, &cast, day::met(data, agents).map(|who| who.email))?;
    let tenant = home.tenant(None)?;
    let keys = vault::origin_keys(&centre.vault, &tenant)?;
    for ready in secrets.witnesses {
        witnesses::start(ready, &keys, &format!("{url}/log/{}", tenant.slug))?;
    }
    let day = day::Day {
        url,
        events: secrets.events,
        phones: secrets.phones,
        agents: if asked.quiet_day { Vec::new() } else { cast.agents },
        hosted: cast.hosted,
        seed: data.seed(),
        customers: data.customers(),
    };
    let playing = day::Playing::start(day)?;
    let result = tokio::select! {
        result = serving::serve(&centre, listener, web, crate::telling::Told::by(&home.config)?, stopped) => result,
        never = governed(&centre.vault, &cast.officers) => match never {},
        () = signals => Ok(()),
    };
    drop(playing);
    result
}

/// What the officers do, beside what is served: a proof may take a minute.
async fn governed(vault: &Vault, officers: &[Officer]) -> Infallible {
    if let Err(error) = officers::propose(vault, officers).await {
        tracing::warn!(%error, "no proposal waits in this demo");
    }
    std::future::pending().await
}

const WAITS: &str = "\n/security/proposals: a change of the rules has one signature and waits for another officer's. The same officer tried
to sign twice: refused, and in the log. The officers' passkeys are in this program only, so nobody signs it here.
";

/// The first line of `--output json`; its members keep this order.
#[derive(Serialize)]
struct Opened<'a> {
    url: &'a str,
    sign_ins: Vec<SignIn>,
    /// The address of a customer who may look at /me.
    customer: Option<String>,
}

#[derive(Serialize)]
struct SignIn {
    role: &'static str,
    url: String,
}

fn announce(format: Format, url: &str, cast: &Cast, customer: Option<String>) -> Result<(), Failure> {
    let sign_in = |person: &domain::PersonId| format!("{url}/sign-in/{person}");
    if format != Format::Table {
        let sign_ins =
            cast.sign_ins.iter().map(|(role, person)| SignIn { role: role.slug(), url: sign_in(person) }).collect();
        let line = serde_json::to_string(&Opened { url, sign_ins, customer });
        return output::text(&line.map_err(|_| Failure::there("the address can't be written", "try again"))?);
    }
    let mut said = format!("A contact centre of invented people is open at {url}\n\nSign in as\n");
    for (role, person) in &cast.sign_ins {
        // Writing to a string can't fail.
        let _ = writeln!(said, "  {:<24}{}", role.label(), sign_in(person));
    }
    if !cast.officers.is_empty() {
        let _ = write!(said, "{WAITS}");
    }
    if let Some(address) = customer {
        let _ = write!(said, "\nA customer sees at {url}/me who looked: sign in as {address}; the code comes here.\n");
    }
    said.push_str("\nCtrl-C closes it.");
    output::text(&said)
}
