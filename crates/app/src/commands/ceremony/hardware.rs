//! `ringfence ceremony hardware`: the root key goes into a token.

use crate::custody::{self, Step, write_hardware};
use crate::failure::Failure;
use crate::keyholding::{self, Config};
use crate::output::{self, Format};
use crate::wire;
use keyholder::custody::Purpose;
use keyholder::{KeyringFile, RootKey};
use serde_json::json;
use std::path::Path;

/// The token takes the root key and gives it back, which opens the keyring; only then its file goes.
pub(super) fn run(format: Format, dir: &Path) -> Result<(), Failure> {
    Config::read(dir)?;
    let (key, custodians) = (keyholding::root_file(dir), custody::record(dir)?);
    let root = match (key.exists(), &custodians) {
        (true, _) => wire::load_root(&key)?,
        // A new token in a lost one's place, too.
        (false, Some(_)) => from_custodians(dir)?,
        (false, None) if custody::in_hardware(dir)?.is_some() => {
            return Err(Failure::here(
                format!("{}: hardware has the root key already", dir.display()),
                "nothing; to move it to another token, begin a ceremony first, so that custodians can bring it",
            ));
        }
        (false, None) => wire::load_root(&key)?,
    };
    // A token is to take no key that opens nothing.
    let root = opens(&key, root)?;
    let record = custody::into_hardware(dir, &root)?;
    let removed = key.exists();
    if removed {
        write_hardware(dir, Step::RootFileDestroyed)?;
        RootKey::destroy(&key).map_err(|error| wire::root(&key, &error))?;
    }
    output::one(format, &json!({"record": record.display().to_string(), "removed": removed}))?;
    output::aside(match custodians {
        Some(_) => {
            "Done: the key holder starts by the token; if that is lost, it asks its custodians.\n\
             Next: wipe every other copy of root.key, and start the key holder"
        }
        None => {
            "Done: the key holder starts by the token, and by nothing else: if the token is lost, so is everything that was \
             sealed.\nNext: back the token up as its manufacturer says, or give custodians shares as well: ringfence ceremony \
             begin; and wipe every other copy of root.key"
        }
    });
    Ok(())
}

fn from_custodians(dir: &Path) -> Result<RootKey, Failure> {
    let gathered = super::gathered(dir, custody::begun(dir)?, Purpose::Reshare, None);
    wire::block_on(gathered)?.ok_or_else(super::stopped)
}

/// The same key, once the keyring opened with it.
fn opens(key: &Path, root: RootKey) -> Result<RootKey, Failure> {
    let ring = KeyringFile::new(key, root);
    ring.look().map_err(|error| wire::ring(key, &error))?;
    Ok(ring.into_root())
}
