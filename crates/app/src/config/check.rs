//! What a configuration that reads well may still get wrong.

use super::Config;
use super::holder::KeyHolder;
use crate::failure::Failure;
use std::collections::BTreeSet;
use std::path::Path;
use vault::{Parties, Settings, SettingsError};

impl Config {
    pub(super) fn check(&self, path: &Path) -> Result<(), Failure> {
        self.wrong()
            .map_or(Ok(()), |(problem, next)| Err(Failure::here(format!("{}: {problem}", path.display()), next)))
    }

    fn wrong(&self) -> Option<(String, &'static str)> {
        self.wrong_server()
            .or_else(|| self.wrong_settings())
            .or_else(|| self.wrong_budgets())
            .or_else(|| self.wrong_tenants())
            .or_else(|| self.wrong_sources())
            .or_else(|| self.wrong_providers())
            .or_else(|| self.wrong_witnesses())
            .or_else(|| self.wrong_outlets())
            .or_else(|| self.wrong_digests())
            .or_else(|| self.wrong_keys())
    }

    fn wrong_keys(&self) -> Option<(String, &'static str)> {
        if let Some(wrong) = self.keyholder.as_ref().and_then(KeyHolder::wrong) {
            return Some(wrong);
        }
        (self.key.is_some() && self.keyholder.is_some()).then(|| {
            let problem = "[key] and [keyholder] are both there: the keys are either here or with the key holder";
            (problem.to_owned(), "keep one of them; with [keyholder], this machine has no key file")
        })
    }

    fn wrong_server(&self) -> Option<(String, &'static str)> {
        let server = &self.server;
        let origin = server.origin.as_deref()?;
        let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        host.is_none_or(|host| host.is_empty() || host.contains('/'))
            .then(|| ("[server] origin isn't one".to_owned(), "write it like https://desk.example.com, without a path"))
    }

    /// What is sealed with the first passkey must be what officers could sign.
    fn wrong_budgets(&self) -> Option<(String, &'static str)> {
        let weightless = "[budgets] weights: something weighs 0, so that somebody could learn without end";
        self.budgets.check().is_err().then(|| (weightless.to_owned(), "let everything weigh at least 1"))
    }

    /// What officers could sign, and is sealed with the first passkey.
    fn wrong_settings(&self) -> Option<(String, &'static str)> {
        match Settings::of(&self.vault(), Parties::default()).check() {
            Err(SettingsError::Wrong(problem, next)) => Some((problem.to_owned(), next)),
            _ => None,
        }
    }

    fn wrong_tenants(&self) -> Option<(String, &'static str)> {
        let mut ids = BTreeSet::new();
        let mut names = BTreeSet::new();
        for tenant in &self.tenant {
            let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
            if tenant.slug.is_empty() || tenant.slug.len() > 40 || !tenant.slug.bytes().all(letters) {
                return Some((
                    format!("[[tenant]] {}: the slug isn't one", tenant.id),
                    "use up to 40 small letters, digits and dashes",
                ));
            }
            if tenant.id == 0 || !ids.insert(tenant.id) || !names.insert(&tenant.slug) || !names.insert(&tenant.origin)
            {
                return Some((
                    format!("[[tenant]] {}: id, slug or origin is zero or used twice", tenant.slug),
                    "give each tenant its own",
                ));
            }
            if tenant.origin.is_empty()
                || tenant.origin.len() > 255
                || tenant.origin.contains(|c: char| c <= ' ' || c == '+')
            {
                return Some((
                    format!("[[tenant]] {}: the origin can't be signed under", tenant.slug),
                    "write it like log.example.com/acme",
                ));
            }
        }
        None
    }

    fn wrong_witnesses(&self) -> Option<(String, &'static str)> {
        if !(1..=86_400).contains(&self.witnesses.within_s) {
            return Some(("[witnesses] within_s is out of range".to_owned(), "give 1 to 86400 seconds"));
        }
        if self.witnesses.quorum == Some(0) {
            return Some(("[witnesses] quorum is zero".to_owned(), "leave it out, or remove the witnesses"));
        }
        if self.witness.is_empty() && self.witnesses.quorum.is_some() {
            return Some(("[witnesses] wants a quorum of nobody".to_owned(), "name them under [[witness]]"));
        }
        let wrong = self.witness.iter().find(|witness| !carriers::is_safe(&witness.url))?;
        Some((format!("[[witness]] {}: the url must be https, or http to this machine", wrong.url), "correct the url"))
    }

    fn wrong_sources(&self) -> Option<(String, &'static str)> {
        let mut names = BTreeSet::new();
        let used_twice = self.event_source.iter().find(|source| source.name.is_empty() || !names.insert(&source.name));
        used_twice.map(|source| {
            (format!("[[event_source]] {:?} has no name of its own", source.name), "give each source its own name")
        })
    }
}

/// The parser's message with its line, without anything that stood between quotes: that may be a secret.
pub(super) fn explain(path: &Path, text: &str, error: &toml::de::Error) -> Failure {
    let start = error.span().map_or(0, |span| span.start).min(text.len());
    let line = 1 + text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count();
    let message: String =
        error.message().split('"').enumerate().map(|(part, words)| if part % 2 == 0 { words } else { "…" }).collect();
    let message = message.lines().next().unwrap_or_default().to_owned();
    Failure::here(
        format!("{}, line {line}: {message}", path.display()),
        "correct the line; docs/configuration.md lists every key",
    )
}
