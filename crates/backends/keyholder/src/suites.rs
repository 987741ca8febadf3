//! Which suites a tenant's envelopes may have, and moving a value to a later one.
//!
//! Both numbers lie in the keyring, under the root key: whoever has the database can neither lower them nor bring an envelope
//! back that is older. A value is opened and sealed anew in here, so that moving a whole store tells a node nothing.

use crate::keyring::Keyring;
use crate::{CustomerKeys, InProcess};
use domain::time::fresh;
use domain::{CustomerId, TenantId};
use keys::{Header, HolderError, RewrapRequest, Shelved, Suites, envelope};

impl Keyring {
    /// A tenant's suites.
    #[must_use]
    pub fn suites(&self, tenant: TenantId) -> Suites {
        self.suites.get(&tenant).copied().unwrap_or(Suites::FIRST)
    }

    /// Raises them; says whether that changed anything.
    pub(crate) fn raise_suites(&mut self, tenant: TenantId, to: Suites) -> bool {
        let (before, raised) = (self.suites(tenant), self.suites(tenant).raised(to));
        if raised != before {
            self.suites.insert(tenant, raised);
        }
        raised != before
    }
}

impl InProcess {
    pub(crate) fn suites_now(&self, tenant: TenantId) -> Result<Suites, HolderError> {
        self.refresh()?;
        self.tenant_key(tenant)?;
        Ok(self.ring().ring.suites(tenant))
    }

    pub(crate) fn raise_suites_now(&self, tenant: TenantId, to: Suites) -> Result<Suites, HolderError> {
        self.tenant_key(tenant)?;
        let changed = self.file.change(|ring, _| {
            let changed = ring.raise_suites(tenant, to);
            Ok((changed, ring.suites(tenant)))
        });
        let (ring, stamp, suites) = changed.map_err(|_| HolderError::Keyring)?;
        self.replace(ring, stamp);
        Ok(suites)
    }

    /// Does an envelope with this head still open?
    pub(crate) fn opens(&self, tenant: TenantId, header: &Header) -> Result<(), HolderError> {
        if header.suite < self.ring().ring.suites(tenant).opens { Err(HolderError::Retired) } else { Ok(()) }
    }

    pub(crate) fn rewrap_now(
        &self,
        requests: &[RewrapRequest<'_>],
    ) -> Result<Vec<Result<Vec<u8>, HolderError>>, HolderError> {
        self.refresh()?;
        // A customer's values come one after another: unwrap the row once for all of them.
        let mut open: Option<((CustomerId, &Shelved), _)> = None;
        let mut out = Vec::with_capacity(requests.len());
        for request in requests {
            let row = (request.place.customer, request.shelved);
            if open.as_ref().is_none_or(|(last, _)| *last != row) {
                open = Some((row, self.unshelve(request.place.tenant, row.0, row.1)));
            }
            let Some((_, keys)) = &open else { continue };
            out.push(keys.as_ref().map_err(|error| *error).and_then(|keys| self.rewrapped(keys, request)));
        }
        Ok(out)
    }

    fn rewrapped(&self, keys: &CustomerKeys, request: &RewrapRequest<'_>) -> Result<Vec<u8>, HolderError> {
        let old = Header::parse(request.envelope).ok_or(HolderError::Damaged)?;
        let place = &request.place;
        self.opens(place.tenant, &old)?;
        let suite = self.ring().ring.suites(place.tenant).seals.max(request.suite);
        let header = Header { suite, epoch: request.shelved.epoch, salt: fresh(&*self.entropy) };
        let (from, to) =
            (envelope::field_key(&keys.data, &old, place), envelope::field_key(&keys.data, &header, place));
        envelope::rewrap(request.envelope, place, &from, (&header, &to)).ok_or(HolderError::Damaged)
    }
}
