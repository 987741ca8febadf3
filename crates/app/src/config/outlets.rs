//! `[[webhook]]` and `[[collector]]`: whom the log is told.

use super::{Config, Secret, Tenant, one_secret};
use crate::failure::{self, Failure};
use crate::telling::To;
use carriers::{CollectorOutlet, EVENT_TYPES, FileOutlet, FilePlace, SyslogOutlet, UrlError, Web, WebhookOutlet};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vault::{Outlet, sha256};
use zeroize::Zeroizing;

/// `[[webhook]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where events are posted: https, or http to this machine.
    pub url: String,
    /// Which types of events.
    pub events: BTreeSet<String>,
    /// The file with the secret it is signed with, `whsec_…`; relative to this file.
    pub secret_file: Option<PathBuf>,
    /// The secret itself.
    pub secret: Option<Secret>,
    /// How it is reached.
    #[serde(flatten)]
    pub way: Way,
}

/// `[[collector]]`: one of `url`, `syslog` and `file`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collector {
    /// Where events are posted: https, or http to this machine.
    pub url: Option<String>,
    /// The file with the bearer token that is asked for there; relative to this file.
    pub token_file: Option<PathBuf>,
    /// Where syslog over TLS is taken: `host:port`.
    pub syslog: Option<String>,
    /// The file to which events are written.
    pub file: Option<PathBuf>,
    /// From how many megabytes on a new file is begun.
    #[serde(default = "hundred")]
    pub rotate_mb: u64,
    /// How many older files are kept.
    #[serde(default = "ten")]
    pub keep: u32,
    /// How it is reached.
    #[serde(flatten)]
    pub way: Way,
    /// The token, once read.
    #[serde(skip)]
    pub token: Option<Secret>,
}

/// How either is reached, and whose log it is told.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Way {
    /// Addresses of private networks are fine, by https.
    #[serde(default)]
    pub private: bool,
    /// The file with the certificates that may vouch for it, PEM; relative to this file.
    pub ca_file: Option<PathBuf>,
    /// The slug of the tenant whose log it is told; may be left out where there is only one.
    pub tenant: Option<String>,
    /// The certificates, once read.
    #[serde(skip)]
    pub authority: Option<Vec<u8>>,
}

fn hundred() -> u64 {
    100
}

fn ten() -> u32 {
    10
}

impl Way {
    fn read_files(&mut self, folder: &Path) -> Result<(), Failure> {
        let Some(file) = &self.ca_file else { return Ok(()) };
        let path = folder.join(file);
        self.authority = Some(std::fs::read(&path).map_err(|error| failure::file(&path, &error))?);
        Ok(())
    }

    fn web(&self) -> Web<'_> {
        Web { private: self.private, authority: self.authority.as_deref() }
    }

    /// What officers read and sign of it: other certificates are another outlet.
    fn words(&self) -> String {
        let private = if self.private { ", also on a private network" } else { "" };
        let vouched = self.authority.as_ref().map(|pem| {
            let digest: String = sha256(pem).iter().map(|byte| format!("{byte:02x}")).collect();
            format!(", vouched for by {digest}")
        });
        format!("{private}{}", vouched.unwrap_or_default())
    }
}

impl Webhook {
    pub(super) fn read_files(&mut self, folder: &Path) -> Result<(), Failure> {
        self.secret = Some(one_secret(folder, self.secret.take(), self.secret_file.as_ref())?);
        self.way.read_files(folder)
    }

    fn name(&self) -> String {
        let events: Vec<&str> = self.events.iter().map(String::as_str).collect();
        format!("webhook {} for {}{}", self.url, events.join(" "), self.way.words())
    }

    fn made(&self) -> Result<WebhookOutlet, UrlError> {
        let types = EVENT_TYPES.into_iter().filter(|name| self.events.contains(*name)).collect();
        let secret = self.secret.as_ref().map(Secret::expose).unwrap_or_default();
        WebhookOutlet::new(self.name(), &self.url, secret, types, self.way.web())
    }

    fn wrong(&self) -> Option<(String, &'static str)> {
        let problem = |what: &str| format!("[[webhook]] {}: {what}", self.url);
        if !carriers::is_safe(&self.url) {
            return Some((problem("the url must be https, or http to this machine"), "correct the url"));
        }
        let unknown = self.events.iter().find(|name| !EVENT_TYPES.contains(&name.as_str()));
        if let Some(unknown) = unknown {
            return Some((problem(&format!("there is no event {unknown}")), "take those of docs/integrations.md"));
        }
        self.events.is_empty().then(|| (problem("it is told of no events"), "name some under events"))
    }
}

impl Collector {
    pub(super) fn read_files(&mut self, folder: &Path) -> Result<(), Failure> {
        if let Some(file) = &self.token_file {
            let path = folder.join(file);
            let text = Zeroizing::new(std::fs::read_to_string(&path).map_err(|error| failure::file(&path, &error))?);
            self.token = Some(Secret::from(text.trim().to_owned()));
        }
        self.way.read_files(folder)
    }

    fn place(&self) -> Option<String> {
        match (&self.url, &self.syslog, &self.file) {
            (Some(url), None, None) => Some(url.clone()),
            (None, Some(address), None) => Some(format!("syslog {address}")),
            (None, None, Some(file)) => Some(format!("file {}", file.display())),
            _ => None,
        }
    }

    fn name(&self) -> String {
        format!("ocsf {}{}", self.place().unwrap_or_default(), self.way.words())
    }

    fn made(&self) -> Result<Arc<dyn Outlet>, UrlError> {
        let (name, way) = (self.name(), &self.way);
        if let Some(url) = &self.url {
            let token = self.token.as_ref().map(Secret::expose);
            return Ok(Arc::new(CollectorOutlet::new(name, url, token, way.web())?));
        }
        if let Some(address) = &self.syslog {
            return Ok(Arc::new(SyslogOutlet::new(name, address, way.authority.as_deref())?));
        }
        let path = self.file.clone().unwrap_or_default();
        let rotate_bytes = self.rotate_mb.saturating_mul(1_000_000);
        Ok(Arc::new(FileOutlet::new(name, FilePlace { path, rotate_bytes, keep: self.keep })))
    }

    fn wrong(&self) -> Option<(String, &'static str)> {
        let Some(place) = self.place() else {
            let problem = "[[collector]] is no one place".to_owned();
            return Some((problem, "give one of url, syslog and file"));
        };
        let problem = |what: &str| format!("[[collector]] {place}: {what}");
        if self.url.as_ref().is_some_and(|url| !carriers::is_safe(url)) {
            return Some((problem("the url must be https, or http to this machine"), "correct the url"));
        }
        if self.file.as_ref().is_some_and(|file| !file.is_absolute()) {
            return Some((problem("the file has no whole path"), "begin it with /"));
        }
        (self.rotate_mb == 0).then(|| (problem("rotate_mb is zero"), "give at least 1"))
    }
}

impl Config {
    pub(super) fn wrong_outlets(&self) -> Option<(String, &'static str)> {
        let wrong = self.webhook.iter().find_map(Webhook::wrong);
        wrong.or_else(|| self.collector.iter().find_map(Collector::wrong)).or_else(|| self.told_twice())
    }

    /// Two threads that tell one place would tell it twice, or write one file at a time each.
    fn told_twice(&self) -> Option<(String, &'static str)> {
        let webhooks = self.webhook.iter().map(|one| (one.way.tenant.as_ref(), one.name()));
        let collectors = self.collector.iter().map(|one| match one.file {
            Some(_) => (None, one.name()),
            None => (one.way.tenant.as_ref(), one.name()),
        });
        let mut all = BTreeSet::new();
        let twice = webhooks.chain(collectors).chain(self.digest_words()).find(|one| !all.insert(one.clone()));
        twice.map(|(_, name)| (format!("{name}: it is given twice"), "keep one of them"))
    }

    /// Is what names this tenant, or none, of this one?
    pub(super) fn is_of(&self, named: Option<&String>, slug: &str) -> bool {
        named.map_or(self.tenant.len() == 1, |own| own == slug)
    }

    fn tells(&self, way: &Way, slug: &str) -> bool {
        self.is_of(way.tenant.as_ref(), slug)
    }

    /// Whom a tenant's log is told, in words that officers agree to.
    pub(super) fn outlet_names(&self, tenant: &Tenant) -> BTreeSet<String> {
        let webhooks = self.webhook.iter().filter(|one| self.tells(&one.way, &tenant.slug)).map(Webhook::name);
        let collectors = self.collector.iter().filter(|one| self.tells(&one.way, &tenant.slug));
        webhooks.chain(collectors.map(Collector::name)).chain(self.digest_names(tenant)).collect()
    }

    /// Whom each tenant's log is told.
    ///
    /// # Errors
    /// If one can't be used.
    pub fn outlets(&self) -> Result<Vec<To<dyn Outlet>>, Failure> {
        let mut all: Vec<To<dyn Outlet>> = Vec::new();
        for tenant in self.tenants() {
            for webhook in self.webhook.iter().filter(|one| self.tells(&one.way, &tenant.slug)) {
                let made = webhook.made().map_err(|error| unusable("[[webhook]]", error))?;
                all.push((tenant.clone(), Arc::new(made)));
            }
            for collector in self.collector.iter().filter(|one| self.tells(&one.way, &tenant.slug)) {
                all.push((tenant.clone(), collector.made().map_err(|error| unusable("[[collector]]", error))?));
            }
        }
        if all.len() < self.webhook.len() + self.collector.len() {
            let problem = "[[webhook]] or [[collector]]: one of them has no tenant";
            return Err(Failure::here(problem, "name it, with tenant = its slug"));
        }
        Ok(all)
    }

    /// Every webhook, to be tried.
    ///
    /// # Errors
    /// If one can't be used.
    pub fn webhooks(&self) -> Result<Vec<(&str, WebhookOutlet)>, Failure> {
        let made = |one: &'_ Webhook| one.made().map_err(|error| unusable("[[webhook]]", error));
        self.webhook.iter().map(|one| Ok((one.url.as_str(), made(one)?))).collect()
    }
}

fn unusable(which: &str, error: UrlError) -> Failure {
    Failure::here(format!("{which} {error}"), "correct the configuration")
}
