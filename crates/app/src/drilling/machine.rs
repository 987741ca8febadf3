//! The machine of the drills' own centre: its backups, the mailboxes that it writes to, and the programs beside it.

use super::holder::Holder;
use super::line::Line;
use super::witness::Watching;
use crate::commands::init::{self, keys_in};
use crate::config::Key;
use crate::database::Database;
use crate::failure::{self, Failure};
use crate::home::Home;
use crate::soft_passkey::SoftPasskey;
use crate::{verify, wire};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use drills::{AskedHolder, AskedWitness, Backup, BoardLine, HolderSetUp, Person, Premises};
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use vault::{Letter, Mail, MailError, Mailer};
use zeroize::Zeroizing;

/// By address, the newest code.
#[derive(Default)]
struct Letters(Mutex<HashMap<String, Zeroizing<String>>>);

impl Mailer for Letters {
    fn deliver(&self, mail: &Mail<'_>) -> Result<(), MailError> {
        if let Letter::Code(code) = mail.letter {
            let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            codes.insert(mail.to.to_owned(), code.clone());
        }
        Ok(())
    }
}

/// The machine.
pub(super) struct Machine {
    home: Home,
    folder: PathBuf,
    letters: Arc<Letters>,
    /// An officer's.
    passkey: Option<SoftPasskey>,
    /// The token of somebody of the board.
    board: Zeroizing<String>,
}

impl Machine {
    /// The one with this centre on it, which keeps its copies in `folder`.
    pub(super) fn of(home: &Home, folder: &Path) -> Self {
        Self {
            home: home.clone(),
            folder: folder.to_path_buf(),
            letters: Arc::default(),
            passkey: None,
            board: Zeroizing::default(),
        }
    }

    /// With an officer's passkey, which answers whatever it is shown.
    pub(super) fn with_passkey(self, passkey: SoftPasskey) -> Self {
        Self { passkey: Some(passkey), ..self }
    }

    /// With somebody to whom it is reported.
    pub(super) fn with_board(self, board: &Person) -> Self {
        Self { board: board.token.clone(), ..self }
    }

    /// A directory that isn't there yet.
    fn place_for(&self, what: &str) -> PathBuf {
        self.folder.join(format!("{what}-{}", init::random_name()))
    }

    /// Who takes its letters.
    pub(super) fn letters(&self) -> Arc<dyn Mailer> {
        Arc::<Letters>::clone(&self.letters)
    }

    fn copied(&self) -> Result<Copied, Failure> {
        let data = self.place_for("copy");
        fs::DirBuilder::new().mode(0o700).create(&data).map_err(|error| failure::file(&data, &error))?;
        let home = Home { database: Database::Embedded(data.clone()), data, config: self.home.config.clone() };
        let copied = Copied { file: sql::Sqlite::file(&home.data), home };
        if !drills::copy_database(&sql::Sqlite::file(&self.home.data), &copied.file) {
            return Err(Failure::there("the database can't be copied", "make room on the disk"));
        }
        Ok(copied)
    }
}

/// A copy of the data.
pub(super) struct Copied {
    pub(super) home: Home,
    pub(super) file: PathBuf,
}

impl Copied {
    /// Opened by the key that it is configured with, and looked at row by row.
    fn checked(home: &Home) -> Result<(), Failure> {
        wire::block_on(async {
            let centre = wire::open(home).await?;
            for tenant in home.config.tenants() {
                let keys = vault::origin_keys(&centre.vault, &tenant)?;
                verify::rows(&*centre.store, Some(&centre.vault), &tenant, &keys).await?;
            }
            Ok(())
        })
    }

    /// Beside the data: a key that lies among it isn't taken, whosever it is.
    fn other_keys(&self) -> PathBuf {
        self.home.data.with_extension("keys")
    }

    /// With a root key that somebody made for it.
    fn by_another_key(&self) -> Result<Home, Failure> {
        let other = self.other_keys();
        fs::DirBuilder::new().mode(0o700).create(&other).map_err(|error| failure::file(&other, &error))?;
        let file = other.join("root.key");
        let tenants: Vec<_> = self.home.config.tenants().iter().map(|tenant| tenant.id).collect();
        keys_in(&file, &tenants)?;
        let mut home = self.home.clone();
        home.config.key = Some(Key { file });
        Ok(home)
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        for folder in [&self.home.data, &self.other_keys()] {
            if let Err(error) = fs::remove_dir_all(folder)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!(kind = ?error.kind(), "a copy that drills made couldn't be removed");
            }
        }
    }
}

impl Backup for Copied {
    fn database(&self) -> &Path {
        &self.file
    }

    fn holds(&self) -> bool {
        Self::checked(&self.home).is_ok()
    }

    fn is_read(&self, by_own_key: bool) -> bool {
        match by_own_key {
            true => Self::checked(&self.home).is_ok(),
            // That the key can't be made isn't that nothing is read.
            false => self.by_another_key().map_or(true, |home| Self::checked(&home).is_ok()),
        }
    }
}

impl Premises for Machine {
    fn backup(&self) -> Option<Box<dyn Backup>> {
        there(self.copied().map(|it| Box::new(it) as _), "a backup")
    }

    fn key_holder(&self, set_up: HolderSetUp) -> Option<Box<dyn AskedHolder>> {
        let made = Holder::made(&self.place_for("keys"), set_up);
        there(made.map(|it| Box::new(it) as _), "a key holder")
    }

    fn witness(&self) -> Option<Box<dyn AskedWitness>> {
        there(Watching::made(&self.place_for("witness")).map(|it| Box::new(it) as _), "a witness")
    }

    fn board_line(&self) -> Option<Box<dyn BoardLine>> {
        let made = self.copied().and_then(|copied| Line::made(copied, self.board.clone()));
        there(made.map(|it| Box::new(it) as _), "a line to the board")
    }

    fn passkey_answer(&self, challenge: &str, origin: &str) -> Option<String> {
        let challenge = URL_SAFE_NO_PAD.decode(challenge).ok()?;
        there(self.passkey.as_ref()?.sign_in_form(origin, &challenge), "a passkey")
    }

    fn code_to(&self, address: &str) -> Option<String> {
        let mut codes = self.letters.0.lock().unwrap_or_else(PoisonError::into_inner);
        codes.remove(address).map(|code| code.to_string())
    }
}

/// What was made, or none, and why it couldn't be.
fn there<T>(made: Result<T, Failure>, what: &str) -> Option<T> {
    match made {
        Ok(made) => Some(made),
        Err(failure) => {
            tracing::warn!(%failure, "drills have no {what} to try");
            None
        }
    }
}
