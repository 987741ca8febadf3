//! The demo's key holder as a program of its own: `demo --keyholder`. The centre then has no key that opens a stored field.

use crate::failure::{self, Failure};
use crate::keyholding::{self, Hourly, New};
use domain::TenantId;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const SOCKET: &str = "keys.sock";
/// How long it may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// A demo's agents work faster than people do, and never go home.
const CEILINGS: Hourly = Hourly { person_per_hour: 100_000, tenant_per_hour: 10_000_000 };

/// The running program; it ends with the demo.
pub(super) struct Beside {
    child: Child,
}

impl Beside {
    /// Starts it on its directory, which is made if it isn't there.
    pub(super) async fn start(dir: &Path) -> Result<Self, Failure> {
        if !dir.exists() {
            make(dir)?;
        }
        let own = std::env::current_exe().map_err(|error| failure::file(Path::new("ringfence"), &error))?;
        let mut command = Command::new(own);
        command.args(["keyholder", "serve", "--log", "warn", "--data"]).arg(dir);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let mut beside = Self { child: child.map_err(|error| failure::file(dir, &error))? };
        beside.listens(&socket(dir)).await.map(|()| beside)
    }

    async fn listens(&mut self, socket: &Path) -> Result<(), Failure> {
        let failed = |what: &str| Failure::there(format!("the key holder {what}"), "what it said is above; try again");
        for _ in 0..PATIENCE.as_millis() / LOOK_EVERY.as_millis() {
            if UnixStream::connect(socket).is_ok() {
                return Ok(());
            }
            if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                return Err(failed("ended"));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(failed("doesn't listen"))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Its journal is written before each key leaves, so it may be ended at any moment.
        let _: std::io::Result<()> = self.child.kill();
        let _: std::io::Result<std::process::ExitStatus> = self.child.wait();
    }
}

/// Where the key holder of this directory listens.
pub(super) fn socket(dir: &Path) -> PathBuf {
    dir.join(SOCKET)
}

/// Nodes run as whoever runs the demo: on a machine of one's own, that is all there is to tell them by.
fn make(dir: &Path) -> Result<(), Failure> {
    let parent = dir.parent().unwrap_or(dir);
    let uid = fs::metadata(parent).map_err(|error| failure::file(parent, &error))?.uid();
    let socket = socket(dir);
    keyholding::create(&New { dir, socket: &socket, allow_uids: &[uid], tenants: &[TenantId(1)], ceilings: CEILINGS })
}
