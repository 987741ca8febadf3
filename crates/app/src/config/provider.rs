//! `[[identity_provider]]`: through which agents sign in.

use super::{Config, Secret};
use crate::failure::{self, Failure};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// `[[identity_provider]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityProvider {
    /// Its name, exactly as in its tokens: https, or http to this machine.
    pub issuer: String,
    /// Ringfence's name there.
    pub client_id: String,
    /// The file with Ringfence's secret there, if it has one; relative to this file.
    pub client_secret_file: Option<PathBuf>,
    /// The slug of the tenant whose agents it signs in; may be left out where there is only one.
    pub tenant: Option<String>,
    /// The secret, once read.
    #[serde(skip)]
    pub secret: Option<Secret>,
}

impl IdentityProvider {
    pub(super) fn read_secret(&mut self, folder: &Path) -> Result<(), Failure> {
        let Some(file) = &self.client_secret_file else { return Ok(()) };
        let path = folder.join(file);
        let text = Zeroizing::new(std::fs::read_to_string(&path).map_err(|error| failure::file(&path, &error))?);
        let text = text.trim();
        if text.is_empty() {
            return Err(Failure::here(
                format!("{} holds no secret", path.display()),
                "put the client's secret there, or leave client_secret_file out",
            ));
        }
        self.secret = Some(Secret::from(text.to_owned()));
        Ok(())
    }
}

impl Config {
    pub(super) fn wrong_providers(&self) -> Option<(String, &'static str)> {
        let wrong = self
            .identity_provider
            .iter()
            .find(|one| !carriers::is_safe(&one.issuer) || one.issuer.contains(['?', '#']) || one.client_id.is_empty());
        if let Some(wrong) = wrong {
            let problem = format!("[[identity_provider]] {}: the issuer or client_id isn't one", wrong.issuer);
            return Some((problem, "give an https address without ? and #, or http to this machine, and a client_id"));
        }
        let tenants: Vec<_> = self.identity_provider.iter().map(|one| &one.tenant).collect();
        let twice = tenants.iter().enumerate().any(|(place, tenant)| tenants[..place].contains(tenant));
        twice.then(|| ("[[identity_provider]] is given twice for one tenant".to_owned(), "keep one for each tenant"))
    }
}
