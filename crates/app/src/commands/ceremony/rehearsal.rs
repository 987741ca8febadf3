//! A rehearsal: every step, with a root key and custodians that are thrown away.

use super::impossible;
use crate::ambient::{SystemClock, SystemEntropy};
use crate::commands::init::{private_dir, random_name};
use crate::custody::{write_rehearsal, write_shares};
use crate::failure::{self, Failure};
use crate::keyholding::Config;
use crate::output::{self, Format};
use crate::wire;
use domain::{Clock as _, TenantId};
use keyholder::custody::{Ceremony, CustodianKey, Gathering, HandError, Handed, Invitation, Purpose, SealedShare};
use keyholder::{KeyringFile, RootKey};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// A directory that goes with the rehearsal.
struct Stage(PathBuf);

impl Drop for Stage {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// With a key holder's directory, that it was rehearsed is written down there.
pub(super) fn run(format: Format, dir: Option<&Path>, threshold: u8, number: u8) -> Result<(), Failure> {
    let stage = Stage(std::env::temp_dir().join(format!("ringfence-rehearsal-{}", random_name())));
    private_dir(&stage.0)?;
    let steps = play(&stage, threshold, number)?;
    output::aside("REHEARSAL: a root key and custodians that were made up and are gone now. Nothing here is secret.");
    let rows: Vec<Value> = (1..).zip(&steps).map(row).collect();
    output::list(format, &["step", "did", "command"], &rows)?;
    drop(stage);
    if let Some(dir) = dir {
        Config::read(dir)?;
        write_rehearsal(dir, threshold, number)?;
    }
    output::aside("Done: nothing was kept. Next: the same commands with real custodians, docs/ceremony.md");
    Ok(())
}

/// What was done, and with which command it is done in earnest.
type Played = (String, &'static str);

fn row((number, (did, command)): (usize, &Played)) -> Value {
    json!({"step": number, "did": did, "command": command, "rehearsal": true})
}

fn play(stage: &Stage, threshold: u8, number: u8) -> Result<Vec<Played>, Failure> {
    let mut played: Vec<Played> = Vec::new();
    let key = stage.0.join("root.key");
    let root = RootKey::create(&key, &SystemEntropy).map_err(|error| wire::root(&key, &error))?;
    let ring = KeyringFile::new(&key, root);
    ring.create(&[TenantId(1)], SystemClock.now(), &SystemEntropy).map_err(|error| wire::ring(&key, &error))?;
    played.push(("made a key holder with a root key".to_owned(), "ringfence keyholder init"));

    let keys = custodians(1..=number)?;
    played.push((format!("{number} custodians made keys of their own"), "ringfence custodian key"));

    let root = wire::load_root(&key)?;
    let (ceremony, shares) = deal(&root, threshold, &keys)?;
    let shares = reread(stage, &shares)?;
    played.push((format!("dealt {number} sealed shares, of which it takes {threshold}"), "ringfence ceremony begin"));

    let root = gather(&ceremony, &keys, &shares, Purpose::Prove)?;
    KeyringFile::new(&key, root).look().map_err(|error| wire::ring(&key, &error))?;
    RootKey::destroy(&key).map_err(|error| wire::root(&key, &error))?;
    played.push((
        format!("{threshold} custodians showed that their shares open; the root key's file was removed"),
        "ringfence ceremony finish",
    ));

    let root = gather(&ceremony, &keys, &shares, Purpose::Unseal)?;
    KeyringFile::new(&key, root).look().map_err(|error| wire::ring(&key, &error))?;
    played.push((
        format!("{threshold} custodians unsealed the key holder, which opened its keyring"),
        "ringfence keyholder unseal",
    ));

    let root = gather(&ceremony, &keys, &shares, Purpose::Reshare)?;
    let newcomers = custodians(2..=number.saturating_add(1))?;
    let (renewed, _) = deal(&root, threshold, &newcomers)?;
    let mut gathering = Gathering::new(renewed, Purpose::Unseal, None).map_err(failed)?;
    match hand(&mut gathering, &keys[0], &shares[0]) {
        Err(HandError::OtherCeremony) => {}
        _ => return Err(failed(HandError::OtherRoot)),
    }
    played
        .push(("replaced a custodian; the old shares aren't taken any more".to_owned(), "ringfence ceremony replace"));
    Ok(played)
}

fn custodians(numbers: std::ops::RangeInclusive<u8>) -> Result<Vec<CustodianKey>, Failure> {
    let make = |number| CustodianKey::generate(&format!("Rehearsal {number}"));
    numbers.map(make).collect::<Result<_, _>>().map_err(|error| Failure::there(error.to_string(), "try again"))
}

fn deal(root: &RootKey, threshold: u8, keys: &[CustodianKey]) -> Result<(Ceremony, Vec<SealedShare>), Failure> {
    let public = keys.iter().map(CustodianKey::public).collect::<Result<_, _>>();
    let public = public.map_err(|error| Failure::there(error.to_string(), "try again"))?;
    Ceremony::begin(root, threshold, public, &SystemEntropy).map_err(impossible)
}

/// The shares as their files have them.
fn reread(stage: &Stage, shares: &[SealedShare]) -> Result<Vec<SealedShare>, Failure> {
    let read = |path: &PathBuf| {
        let text = fs::read_to_string(path).map_err(|error| failure::file(path, &error))?;
        SealedShare::read(&text)
            .map_err(|error| Failure::there(format!("{}: {error}", path.display()), "check the disk"))
    };
    write_shares(&stage.0.join("shares"), shares)?.iter().map(read).collect()
}

/// The last custodians hand their shares in, as many as it takes.
fn gather(
    ceremony: &Ceremony,
    keys: &[CustodianKey],
    shares: &[SealedShare],
    purpose: Purpose,
) -> Result<RootKey, Failure> {
    let record = Ceremony::read(&ceremony.text()).map_err(|error| Failure::there(error.to_string(), "try again"))?;
    let mut gathering = Gathering::new(record, purpose, None).map_err(failed)?;
    for (key, share) in keys.iter().zip(shares).rev().take(ceremony.quorum().needed().into()) {
        hand(&mut gathering, key, share).map_err(failed)?;
    }
    gathering.root().map_err(failed)?.ok_or_else(|| failed(HandError::OtherRoot))
}

fn hand(gathering: &mut Gathering, key: &CustodianKey, sealed: &SealedShare) -> Result<(), HandError> {
    let share = sealed.open(key).map_err(|_| HandError::NotDealt)?;
    let invitation = gathering.invitation()?;
    let invitation = Invitation::read(&invitation.text()).map_err(|_| HandError::Key)?;
    let handed = invitation.hand_in(sealed, &share)?;
    gathering.take(&Handed::read(&handed.text()).map_err(|_| HandError::NotForThis)?)
}

fn failed(error: HandError) -> Failure {
    Failure::there(format!("the rehearsal failed: {error}"), "report this as a fault of the program")
}
