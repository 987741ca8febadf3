//! A log that was put back in earnest: security says so at the key holder's machine, and for which size. What was asked lies in a file
//! until the key holder has it in its journal.

use domain::TenantId;
use std::fs::{self, File, OpenOptions};
use std::io::{Error, ErrorKind, Result, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

const FILE: &str = "log.accepted";

/// From then on, so many entries are what a tenant's log has at least, and nothing is known of its customers' counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Whose log.
    pub tenant: TenantId,
    /// How many entries it has.
    pub size: u64,
}

impl Accepted {
    /// Asks the key holder of this directory, whether it runs or is started later.
    ///
    /// # Errors
    /// If it can't be written, or the key holder hasn't come to what was asked before.
    pub fn ask(&self, dir: &Path) -> Result<()> {
        let path = dir.join(FILE);
        if path.exists() {
            return Err(Error::new(ErrorKind::AlreadyExists, "the key holder hasn't come to what was accepted before"));
        }
        let new = dir.join("log.accepted.new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        writeln!(file, "{} {}", self.tenant.0, self.size)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        File::open(dir)?.sync_all()
    }

    /// What was asked, if anything was.
    pub(crate) fn asked(dir: &Path) -> Result<Option<Self>> {
        let text = match fs::read_to_string(dir.join(FILE)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            text => text?,
        };
        let parsed = text.trim_end().split_once(' ');
        let parsed = parsed.and_then(|(tenant, size)| Some((tenant.parse().ok()?, size.parse().ok()?)));
        let (tenant, size) = parsed.ok_or_else(|| Error::new(ErrorKind::InvalidData, "that accepts no log"))?;
        Ok(Some(Self { tenant: TenantId(tenant), size }))
    }

    /// It is in the journal.
    pub(crate) fn done(dir: &Path) -> Result<()> {
        fs::remove_file(dir.join(FILE))
    }
}
