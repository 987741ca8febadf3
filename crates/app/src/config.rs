//! `ringfence.toml`: what an operator may set. Unknown keys are refused, and an error names the line and the mend.

mod check;
pub(crate) mod digest;
pub(crate) mod holder;
pub(crate) mod mail;
pub(crate) mod outlets;
mod parties;
pub(crate) mod provider;
mod secret;
pub(crate) mod witness;

pub use secret::Secret;
pub use vault::Budgets;

use crate::database::Database;
use crate::failure::{self, Failure};
use digest::Digest;
use domain::TenantId;
use domain::interaction::Timeouts;
use holder::KeyHolder;
use mail::Mail;
use outlets::{Collector, Webhook};
use provider::IdentityProvider;
use secret::one_secret;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use transparency::VerifierKey;
use vault::{SessionRules, TenantConfig, VaultConfig, WhenMissing};
use zeroize::Zeroizing;

/// The file's name in a data directory.
pub const FILE: &str = "ringfence.toml";

/// The whole file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where and how to serve.
    pub server: Server,
    /// Allowances.
    pub budgets: Budgets,
    /// When interactions run out.
    pub interactions: Interactions,
    /// Seconds until a revealed value is masked again; 20 unless given.
    pub remask_s: Option<u32>,
    /// Days for which new staff have a quarter of each allowance; 14 unless given.
    pub probation_days: Option<u16>,
    /// Days from one report to the board to the next; 30 unless given.
    pub board_report_days: Option<u16>,
    /// The client companies.
    pub tenant: Vec<Tenant>,
    /// Outside parties that cosign the tenants' logs.
    pub witness: Vec<Witness>,
    /// When their signatures count, and what happens without them.
    pub witnesses: Witnessing,
    /// How often logs are closed.
    pub closes: Closes,
    /// What partners' customers are told.
    pub trust: Trust,
    /// Identity providers through which agents sign in.
    pub identity_provider: Vec<IdentityProvider>,
    /// Telephony and ticket systems that send signed events.
    pub event_source: Vec<Source>,
    /// How people sign in on pages.
    pub sign_in: SignIn,
    /// Who takes one-time codes to customers.
    pub courier: Option<Courier>,
    /// Programs that are posted what happened.
    pub webhook: Vec<Webhook>,
    /// Where security collects events.
    pub collector: Vec<Collector>,
    /// Mails with numbers, for people who decide.
    pub digest: Vec<Digest>,
    /// The server that takes letters to customers.
    pub mail: Option<Mail>,
    /// Where the root key lies, in the embedded form.
    pub key: Option<Key>,
    /// The separate key holder, in place of the root key.
    pub keyholder: Option<KeyHolder>,
    /// The database, where it isn't the data directory's own file.
    pub store: Option<Kept>,
}

/// `[store]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// `postgres://user@host:port/database`, without a password.
    pub url: String,
    /// The file with the password; relative to this file. PGPASSWORD and PGPASSFILE count otherwise.
    pub password_file: Option<PathBuf>,
    /// How many connections this node opens at most; 12 unless given.
    pub connections: Option<usize>,
}

/// `[server]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The origin that browsers see, such as `https://desk.example.com`; taken from each request's Host otherwise.
    pub origin: Option<String>,
    /// May whoever opens the start page choose who to be? No key says so: invented people only are chosen from, by the program
    /// that invents them, or whoever may edit this file could be anybody.
    #[serde(skip)]
    pub role_picker: bool,
    /// A line on top of every page.
    pub banner: Option<String>,
}

impl Default for Server {
    fn default() -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8480)), origin: None, role_picker: false, banner: None }
    }
}

/// `[interactions]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Interactions {
    /// Minutes without an event or an act after which one is over; 30 unless given.
    pub idle_minutes: Option<u32>,
    /// Minutes from its beginning after which one is over; 240 unless given.
    pub absolute_minutes: Option<u32>,
}

/// `[sign_in]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignIn {
    /// May people sign in on a page with a bearer token? Programs use theirs in any case.
    pub tokens: bool,
    /// Must each request of a page carry the signature of the browser that signed in?
    pub bound: bool,
    /// Minutes without a request after which the session of somebody who serves customers ends.
    pub serving_idle_minutes: u32,
    /// Minutes without a request after which anybody else's ends.
    pub idle_minutes: u32,
    /// Hours after which any session ends.
    pub absolute_hours: u32,
}

impl Default for SignIn {
    fn default() -> Self {
        Self { tokens: true, bound: true, serving_idle_minutes: 15, idle_minutes: 60, absolute_hours: 12 }
    }
}

impl SignIn {
    fn rules(&self) -> SessionRules {
        let minutes = |minutes: u32| i64::from(minutes) * 60_000;
        SessionRules {
            bound: self.bound,
            tokens: self.tokens,
            serving_idle_ms: minutes(self.serving_idle_minutes),
            idle_ms: minutes(self.idle_minutes),
            absolute_ms: minutes(self.absolute_hours) * 60,
        }
    }
}

/// `[[tenant]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// Its number, from 1; never changes.
    pub id: u32,
    /// Its name in addresses: small letters, digits and dashes.
    pub slug: String,
    /// The name under which its log signs; never changes.
    pub origin: String,
}

/// `[[witness]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witness {
    /// Where it takes submissions: https, or http to this machine.
    pub url: String,
    /// The file with its keys, one a line, as `ringfence witness key` prints them; relative to this file.
    pub key_file: PathBuf,
    /// The slug of the tenant whose log it cosigns; may be left out where there is only one.
    pub tenant: Option<String>,
    /// The keys, once read.
    #[serde(skip)]
    pub keys: Vec<VerifierKey>,
}

/// `[witnesses]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Witnessing {
    /// How many must sign; more than half of a tenant's unless given.
    pub quorum: Option<usize>,
    /// What happens while too few do.
    pub when_missing: WhenMissing,
    /// Seconds that an entry may be without them before they count as missing.
    pub within_s: u32,
}

impl Default for Witnessing {
    fn default() -> Self {
        Self { quorum: None, when_missing: WhenMissing::Warn, within_s: 60 }
    }
}

/// `[closes]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Closes {
    /// Seconds from one close of a log to the next.
    pub every_s: u32,
}

impl Default for Closes {
    fn default() -> Self {
        Self { every_s: VaultConfig::default().close_every_s }
    }
}

/// `[trust]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trust {
    /// Is it told publicly, at /trust, how the defences stand?
    pub published: bool,
    /// The directory with the partner packs that anybody may download there, each as `<tenant>.zip`; relative to this file.
    pub packs: Option<PathBuf>,
}

/// `[[event_source]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name, in the log.
    pub name: String,
    /// The slug of the tenant it speaks for; may be left out where there is only one.
    pub tenant: Option<String>,
    /// The file with its secret, `whsec_…`; relative to this file.
    pub secret_file: Option<PathBuf>,
    /// The secret itself.
    pub secret: Option<Secret>,
}

/// `[courier]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Courier {
    /// Where codes are posted: https, or http on this machine.
    pub url: String,
    /// The file with the secret it is signed with, `whsec_…`; relative to this file.
    pub secret_file: Option<PathBuf>,
    /// The secret itself.
    pub secret: Option<Secret>,
}

/// `[key]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The root key's file, outside the data directory.
    pub file: PathBuf,
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// If it can't be read, isn't TOML, has an unknown key, or says something that can't be.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(|error| failure::file(path, &error))?);
        let folder = path.parent().unwrap_or(Path::new("."));
        Self::parse(&text, path)?.relative_to(folder)
    }

    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self, Failure> {
        let config: Self = toml::from_str(text).map_err(|error| check::explain(path, text, &error))?;
        config.check(path)?;
        Ok(config)
    }

    /// Secrets' files are read, the key's file is placed.
    fn relative_to(mut self, folder: &Path) -> Result<Self, Failure> {
        for source in &mut self.event_source {
            source.secret = Some(one_secret(folder, source.secret.take(), source.secret_file.as_ref())?);
        }
        for provider in &mut self.identity_provider {
            provider.read_secret(folder)?;
        }
        for witness in &mut self.witness {
            witness.keys = witness::keys(&folder.join(&witness.key_file))?;
        }
        if let Some(courier) = &mut self.courier {
            courier.secret = Some(one_secret(folder, courier.secret.take(), courier.secret_file.as_ref())?);
        }
        for webhook in &mut self.webhook {
            webhook.read_files(folder)?;
        }
        for collector in &mut self.collector {
            collector.read_files(folder)?;
        }
        if let Some(mail) = &mut self.mail {
            mail.read_files(folder)?;
        }
        if let Some(packs) = &mut self.trust.packs {
            *packs = folder.join(&packs);
        }
        if let Some(key) = &mut self.key {
            key.file = folder.join(&key.file);
        }
        if let Some(holder) = &mut self.keyholder {
            holder.relative_to(folder);
        }
        if let Some(file) = self.store.as_mut().and_then(|store| store.password_file.as_mut()) {
            *file = folder.join(&file);
        }
        Ok(self)
    }

    /// Tenants, key and store, where this file has none, from the data directory's own.
    #[must_use]
    pub fn over(mut self, own: Self) -> Self {
        if self.tenant.is_empty() {
            self.tenant = own.tenant;
        }
        if self.key.is_none() && self.keyholder.is_none() {
            (self.key, self.keyholder) = (own.key, own.keyholder);
        }
        self.store = self.store.or(own.store);
        self
    }

    /// The tenants as the vault takes them.
    #[must_use]
    pub fn tenants(&self) -> Vec<TenantConfig> {
        let tenant = |tenant: &Tenant| TenantConfig {
            id: TenantId(tenant.id),
            slug: tenant.slug.clone(),
            origin: tenant.origin.clone(),
        };
        self.tenant.iter().map(tenant).collect()
    }

    /// The database of the data directory `data`: the one that was `asked` for, else the configured one, else the
    /// directory's own file.
    ///
    /// # Errors
    /// If the configured address can't be used.
    pub fn database(&self, data: &Path, asked: Option<Database>) -> Result<Database, Failure> {
        let configured = self.store.as_ref().map(|store| Database::parse(&store.url)).transpose()?;
        let database = asked.or(configured).unwrap_or_else(|| Database::Embedded(data.to_path_buf()));
        Ok(match &self.store {
            Some(store) => database.with(store.password_file.clone(), store.connections),
            None => database,
        })
    }

    /// The vault's settings, without those on whom a tenant hangs: see [`Config::parties`].
    #[must_use]
    pub fn vault(&self) -> VaultConfig {
        let default = Timeouts::default();
        let minutes = |given: Option<u32>, otherwise| given.map_or(otherwise, |minutes| i64::from(minutes) * 60_000);
        VaultConfig {
            limits: self.budgets.limits(),
            timeouts: Timeouts {
                idle_ms: minutes(self.interactions.idle_minutes, default.idle_ms),
                absolute_ms: minutes(self.interactions.absolute_minutes, default.absolute_ms),
            },
            remask_s: self.remask_s.unwrap_or(20),
            sessions: self.sign_in.rules(),
            role_picker: self.server.role_picker,
            probation_days: self.probation_days.unwrap_or(VaultConfig::default().probation_days),
            board_report_days: self.board_report_days.unwrap_or(VaultConfig::default().board_report_days),
            close_every_s: self.closes.every_s,
            trust_published: self.trust.published,
            parties: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests;
