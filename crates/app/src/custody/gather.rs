//! A process that waits for custodians' shares, at a socket beside the nodes'.
//!
//! Each connection is one custodian: the invitation is shown, a share comes back, and a line says what became of it. A
//! share that isn't taken changes nothing. Whoever may connect is anybody: what counts is the share.

use super::steps::Steps;
use super::{Step, custodians_socket, write_step};
use crate::failure::{self, Failure};
use crate::output;
use keyholder::RootKey;
use keyholder::custody::{Ceremony, Gathering, HandError, Handed, Purpose};
use keys::SharesGathered;
use serde_json::{Value, json};
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};

/// How long a custodian's program may take; nobody can keep others waiting longer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longer than a share that is handed in.
const LONGEST: u64 = 1 << 16;
/// After a connection couldn't be taken.
const PAUSE: Duration = Duration::from_millis(50);

/// What is waited for, beside the record. Whoever waits holds the file's lock, so that it says nothing once its writer is gone.
const WAITING: &str = "custodians.waiting";

/// Waits for shares until dropped; its socket goes with it.
pub(crate) struct Waiting {
    dir: PathBuf,
    socket: PathBuf,
    listener: UnixListener,
    gathering: Gathering,
    _told: File,
}

impl Waiting {
    /// Begins to wait beside the nodes' `socket` for shares of `ceremony`, whose record lies in `dir`.
    ///
    /// # Errors
    /// If another process waits there, or the socket can't be made.
    pub(crate) fn open(
        dir: &Path,
        socket: &Path,
        ceremony: Ceremony,
        purpose: Purpose,
        without: Option<u8>,
    ) -> Result<Self, Failure> {
        let socket = custodians_socket(socket);
        let wrong = |error: std::io::Error| failure::file(&socket, &error);
        if fs::symlink_metadata(&socket).is_ok_and(|about| about.file_type().is_socket()) {
            if std::os::unix::net::UnixStream::connect(&socket).is_ok() {
                return Err(Failure::here(
                    format!("{}: another process waits for shares there", socket.display()),
                    "let it end, or stop it",
                ));
            }
            fs::remove_file(&socket).map_err(wrong)?;
        }
        let listener = UnixListener::bind(&socket).map_err(wrong)?;
        // Custodians are other users than the key holder's.
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o666)).map_err(wrong)?;
        let gathering = Gathering::new(ceremony, purpose, without).map_err(broken)?;
        let told = tell(dir, gathering.ceremony(), purpose, without)?;
        let waiting = Self { dir: dir.to_path_buf(), socket, listener, gathering, _told: told };
        waiting.step(Step::Waiting)?;
        Ok(waiting)
    }

    /// The ceremony whose shares are gathered.
    pub(crate) fn ceremony(&self) -> &Ceremony {
        self.gathering.ceremony()
    }

    fn step(&self, step: Step) -> Result<(), Failure> {
        write_step(&self.dir, self.ceremony(), step)
    }

    /// The root key, as soon as enough shares were handed in.
    ///
    /// # Errors
    /// If they give another one than was split, or a step can't be written down.
    pub(crate) async fn root(&mut self) -> Result<RootKey, Failure> {
        loop {
            let connection = match self.listener.accept().await {
                Ok((connection, _)) => connection,
                Err(error) => {
                    tracing::warn!(kind = %error.kind(), "a connection can't be taken");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            match tokio::time::timeout(PATIENCE, self.attend(connection)).await {
                Ok(Ok(true)) => {
                    let (have, needed) = (self.gathering.have(), self.ceremony().quorum().needed());
                    output::aside(&format!("sealed: {have} of {needed} shares"));
                }
                Ok(Ok(false)) | Err(_) => {}
                Ok(Err(failure)) => return Err(failure),
            }
            if let Some(root) = self.gathering.root().map_err(broken)? {
                return Ok(root);
            }
        }
    }

    /// Was a share taken?
    async fn attend(&mut self, mut connection: UnixStream) -> Result<bool, Failure> {
        let invitation = self.gathering.invitation().map_err(broken)?.text();
        let mut text = String::new();
        let said = async {
            connection.write_all(invitation.as_bytes()).await?;
            (&mut connection).take(LONGEST).read_to_string(&mut text).await
        };
        // Somebody who only looked, or went away.
        if said.await.is_err() || text.is_empty() {
            return Ok(false);
        }
        let taken = match Handed::read(&text) {
            Err(error) => Err(error.to_string()),
            Ok(handed) => match self.gathering.take(&handed) {
                Ok(()) => {
                    self.step(Step::ShareTaken(handed.index()))?;
                    Ok(())
                }
                Err(error) => Err(error.to_string()),
            },
        };
        let answer = match &taken {
            Ok(()) => format!("taken {} {}\n", self.gathering.have(), self.ceremony().quorum().needed()),
            Err(why) => {
                self.step(Step::ShareRefused)?;
                format!("refused {why}\n")
            }
        };
        // The share counts, whether or not its custodian hears of it.
        drop(connection.write_all(answer.as_bytes()).await);
        Ok(taken.is_ok())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.socket));
    }
}

/// Writes what is waited for, and holds the file.
fn tell(dir: &Path, ceremony: &Ceremony, purpose: Purpose, without: Option<u8>) -> Result<File, Failure> {
    let path = dir.join(WAITING);
    let wrong = |error: std::io::Error| failure::file(&path, &error);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path).map_err(wrong)?;
    let line = json!({"for": purpose.name(), "ceremony": ceremony.id().to_string(), "without": without});
    file.write_all(line.to_string().as_bytes()).map_err(wrong)?;
    file.lock().map_err(wrong)?;
    Ok(file)
}

/// Whose shares somebody waits for in this moment, and how far that is by the steps since.
pub(super) fn gathered_now(dir: &Path, steps: &Steps) -> Option<SharesGathered> {
    let path = dir.join(WAITING);
    let file = File::open(&path).ok()?;
    // Whoever gets the lock learns that nobody waits.
    if file.try_lock_shared().is_ok() {
        return None;
    }
    let said: Value = serde_json::from_str(&fs::read_to_string(&path).ok()?).ok()?;
    let word = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
    let since: Vec<_> = steps.told().rev().take_while(|step| step.step != "waiting").collect();
    Some(SharesGathered {
        purpose: word("for"),
        ceremony: word("ceremony"),
        taken: since.iter().rev().filter(|step| step.step == "share-taken").map(|step| step.share).collect(),
        refused: since.iter().filter(|step| step.step == "share-refused").count().try_into().unwrap_or(u32::MAX),
        without: said["without"].as_u64().and_then(|share| u8::try_from(share).ok()).unwrap_or(0),
    })
}

fn broken(error: HandError) -> Failure {
    Failure::there(
        error.to_string(),
        "put the record `custodians` back as it was, from a copy of the key holder's directory, and start again",
    )
}
