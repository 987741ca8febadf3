//! Events to a collector, by HTTPS: newline-delimited JSON.

use super::{Web, ocsf, taken};
use crate::signed::{UrlError, address};
use domain::Millis;
use ureq::Agent;
use ureq::http::Uri;
use vault::{Happening, Outlet, OutletError, TenantConfig};
use zeroize::Zeroizing;

/// Events in one post.
const AT_ONCE: usize = 100;

/// Posts events to one address.
pub struct CollectorOutlet {
    name: String,
    url: Uri,
    token: Option<Zeroizing<String>>,
    agent: Agent,
}

impl CollectorOutlet {
    /// One that posts to `url`, with a bearer token where it asks for one; `name` is what officers agree to.
    ///
    /// # Errors
    /// If events would go in the clear to another machine, or the certificates aren't any.
    pub fn new(name: String, url: &str, token: Option<&str>, web: Web<'_>) -> Result<Self, UrlError> {
        let token = token.map(|token| Zeroizing::new(format!("Bearer {token}")));
        Ok(Self { name, url: address(url)?, token, agent: web.agent()? })
    }
}

impl Outlet for CollectorOutlet {
    fn name(&self) -> &str {
        &self.name
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn tells(&self, _: &Happening) -> bool {
        true
    }

    fn deliver(&self, tenant: &TenantConfig, _: Millis, happenings: &[Happening]) -> Result<(), OutletError> {
        let mut request = self.agent.post(&self.url).content_type("application/x-ndjson");
        if let Some(token) = &self.token {
            request = request.header("authorization", token.as_str());
        }
        let answer = request.send(ocsf::lines(tenant, happenings).as_bytes());
        taken(answer.ok().map(|answer| answer.status().as_u16()))
    }
}
