//! Is the keyring where it belongs, and are its shelves turned?

use super::Findings;
use crate::failure::Failure;
use crate::home::Home;
use crate::wire::Centre;
use keyholder::{Keyring, KeyringFile};
use keys::ShelfAge;
use std::path::Path;

const DAY_MS: i64 = 24 * 3_600_000;
/// A shelf key takes customers for a week; two days late is a server that didn't run.
const NEWEST_DAYS: i64 = 9;
/// An old shelf key goes six days after the next was made; later than this it is stuck.
const STUCK_DAYS: i64 = 8;

/// How often it was changed, and what changes left. Place and permissions were checked when it was opened.
pub(super) fn file(findings: &mut Findings, key_file: &Path, ring: &Keyring) {
    let path = KeyringFile::beside(key_file);
    let leftover =
        ["keyring.old", "keyring.new"].map(|name| path.with_extension(name)).into_iter().find(|file| file.exists());
    if let Some(file) = leftover {
        return findings.wrong(
            "keyring",
            format!("{} was left by a change that was cut short; it may hold a destroyed key", file.display()),
            "start ringfence serve, or run ringfence shelf turn: the next change overwrites and removes it",
        );
    }
    let what = format!("{} lies outside, only its owner may read it, generation {}", path.display(), ring.generation());
    findings.fine("keyring", what);
    findings.note(
        "backups",
        "whoever has an old copy of the database and an old copy of the keyring reads whom you erased since",
        "never back the keyring up together with the database, and keep no old copy of it",
    );
}

/// Is each tenant's shelf turned, and is the keyring as new as the database?
pub(super) async fn shelves(findings: &mut Findings, centre: &Centre, home: &Home) -> Result<(), Failure> {
    for tenant in home.config.tenants() {
        let shelves = centre.holder.shelves(tenant.id).await.map_err(vault::VaultError::from)?;
        let name = format!("shelf of {}", tenant.slug);
        let Some(newest) = shelves.last() else { continue };
        let days = |shelf: &ShelfAge| (centre.vault.now().0 - shelf.made.0) / DAY_MS;
        let age = days(newest);
        if !centre.store.shelf_is_empty(tenant.id, newest.epoch + 1).await? {
            findings.wrong(
                &name,
                "customers lie under a newer shelf key than the keyring has: it is an old copy",
                "put the newest keyring back; without it those customers are lost",
            );
        } else if age >= NEWEST_DAYS {
            findings.wrong(
                &name,
                format!("its key is {age} days old; until it is turned, old copies open whom you erased"),
                "start ringfence serve, which turns it by itself, or run ringfence shelf turn",
            );
        } else if shelves.iter().skip(1).any(|next| days(next) >= STUCK_DAYS) {
            findings.wrong(
                &name,
                "an old key is still there though it was due to be destroyed".to_owned(),
                "look for a key row that doesn't open in what ringfence serve says, and tell security",
            );
        } else {
            findings.fine(&name, format!("its key is {age} days old"));
        }
    }
    Ok(())
}
