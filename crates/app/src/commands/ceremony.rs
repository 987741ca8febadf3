//! `ringfence ceremony`: the root key among custodians.

mod hardware;
mod rehearsal;

use crate::ambient::SystemEntropy;
use crate::cli::{Ceremony as Asked, Common, Dealing};
use crate::custody::{
    self, Step, Waiting, begun, load_custodians, record, replace_record, steps, write_shares, write_step,
};
use crate::failure::Failure;
use crate::keyholding::{self, Config};
use crate::output::{self, Format};
use crate::{serving, wire};
use keyholder::custody::{Ceremony, CeremonyError, Custodian, Purpose, SealedShare};
use keyholder::{KeyringFile, RootKey};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

pub(super) fn run(common: &Common, asked: &Asked) -> Result<(), Failure> {
    let dir = || {
        common.data.as_deref().ok_or_else(|| {
            Failure::here("which key holder's directory isn't said", "give --data DIR, the key holder's own directory")
        })
    };
    match asked {
        Asked::Rehearse { threshold, custodians } => {
            rehearsal::run(common.output, common.data.as_deref(), *threshold, *custodians)
        }
        Asked::Begin(dealing) => begin(common.output, dir()?, dealing),
        Asked::Hardware => hardware::run(common.output, dir()?),
        Asked::Finish => finish(common.output, dir()?),
        Asked::Status => status(common.output, dir()?),
        Asked::Reshare(dealing) => {
            let custodians = load_custodians(&dealing.custodian)?;
            let new = Renewal { needed: dealing.threshold, custodians, to: &dealing.to, without: None };
            renew(common.output, dir()?, begun(dir()?)?, new)
        }
        Asked::Replace { custodian, with, to } => replace(common.output, dir()?, custodian, with, to),
        Asked::Open { share, key, socket } => open(common.output, share, key, socket.as_deref()),
        Asked::Print { share } => print(&custody::load_share(share)?),
    }
}

/// What to do about a ceremony that can't be.
fn impossible(error: CeremonyError) -> Failure {
    let next = match error {
        CeremonyError::Quorum(_) => "give --threshold 2 or more, and at least as many --custodian",
        CeremonyError::Twice(_) => "give each custodian's own public key once",
        CeremonyError::Seal => "have the custodian make a new key: ringfence custodian key",
        CeremonyError::Unproven => "report this as a fault of the program; the root key is as it was",
    };
    Failure::here(error.to_string(), next)
}

fn begin(format: Format, dir: &Path, dealing: &Dealing) -> Result<(), Failure> {
    Config::read(dir)?;
    if let Some(ceremony) = record(dir)? {
        return Err(Failure::here(
            format!("{}: the root key has custodians already, of ceremony {}", dir.display(), ceremony.id()),
            "ringfence ceremony reshare deals new shares",
        ));
    }
    let key = keyholding::root_file(dir);
    let root = at_hand(dir)?;
    // Nobody is to keep shares of a key that opens nothing.
    let ring = KeyringFile::new(&key, at_hand(dir)?).look().map_err(|error| wire::ring(&key, &error))?;
    drop(ring);
    let custodians = load_custodians(&dealing.custodian)?;
    let (ceremony, shares) =
        Ceremony::begin(&root, dealing.threshold, custodians, &SystemEntropy).map_err(impossible)?;
    write_shares_of(format, &ceremony, &shares, &dealing.to)?;
    write_step(dir, &ceremony, Step::Begun)?;
    replace_record(dir, &ceremony)?;
    output::aside(&format!(
        "Done: the root key is split, and {} of its {} shares give it again. The root key's file is still there.\n\
         Next: hand the files out; then ringfence ceremony finish, which has {} custodians show that theirs open, and \
         removes it",
        ceremony.quorum().needed(),
        ceremony.quorum().of(),
        ceremony.quorum().needed(),
    ));
    Ok(())
}

/// The root key that needs no custodian: in hardware, or in its file.
fn at_hand(dir: &Path) -> Result<RootKey, Failure> {
    custody::by_hardware(dir)?.map_or_else(|| wire::load_root(&keyholding::root_file(dir)), Ok)
}

/// Writes shares into files, and says where. They count once a record of them does.
fn write_shares_of(format: Format, ceremony: &Ceremony, shares: &[SealedShare], to: &Path) -> Result<(), Failure> {
    let files = write_shares(to, shares)?;
    let row = |(file, share): (&PathBuf, &SealedShare)| {
        json!({
            "ceremony": ceremony.id().to_string(),
            "share": share.index(),
            "custodian": share.custodian(),
            "file": file.display().to_string(),
        })
    };
    let rows: Vec<Value> = files.iter().zip(shares).map(row).collect();
    output::list(format, &["share", "custodian", "file"], &rows)
}

/// The root key: from its file while there is one, else from custodians, who are waited for.
async fn gathered(
    dir: &Path,
    ceremony: Ceremony,
    purpose: Purpose,
    without: Option<u8>,
) -> Result<Option<RootKey>, Failure> {
    let socket = Config::read(dir)?.socket;
    let needed = ceremony.quorum().needed();
    let mut waiting = Waiting::open(dir, &socket, ceremony, purpose, without)?;
    output::aside(&format!(
        "Waiting for {needed} custodians, each of whom runs: ringfence ceremony open --socket {} --share FILE --key FILE",
        socket.display(),
    ));
    let (mut stopped, signals) = serving::stop_at_signal()?;
    tokio::select! {
        root = waiting.root() => root.map(Some),
        _ = stopped.wait_for(|stop| *stop) => Ok(None),
        () = signals => Ok(None),
    }
}

fn stopped() -> Failure {
    Failure::there("stopped before enough shares were handed in; nothing was changed", "start it again")
}

/// As many as it takes show that theirs open: then the newest shares alone count, and the root key's file goes, if it is still there.
fn finish(format: Format, dir: &Path) -> Result<(), Failure> {
    let (old, key) = (begun(dir)?, keyholding::root_file(dir));
    let renewed = custody::dealt(dir)?;
    if !key.exists() && renewed.is_none() && custody::in_hardware(dir)?.is_none() {
        return Err(Failure::here(
            format!("{}: the root key's file isn't there any more, and no new shares wait", key.display()),
            "nothing; ringfence ceremony status says when it was removed",
        ));
    }
    let (before, step) = (old.quorum().needed(), renewed.as_ref().map(|new| renewal(&old, new)));
    let ceremony = renewed.unwrap_or(old);
    let id = ceremony.id().to_string();
    let root = wire::block_on(gathered(dir, ceremony, Purpose::Prove, None))?.ok_or_else(stopped)?;
    // The keyring opens with what custodians gave: neither older shares nor the file are needed.
    KeyringFile::new(&key, root).look().map_err(|error| wire::ring(&key, &error))?;
    if let Some(step) = step {
        let ceremony = custody::dealt(dir)?.filter(|new| new.id().to_string() == id).ok_or_else(|| {
            Failure::there("other shares were dealt meanwhile; nothing was changed", "ringfence ceremony finish")
        })?;
        write_step(dir, &ceremony, step)?;
        custody::count_dealt(dir)?;
        output::aside(&format!(
            "Done: only the new shares are taken from now on. The root key is the same: {before} old shares together still \
             give it to whoever has their custodians' keys.\n\
             Next: have every custodian destroy the old share",
        ));
    }
    if !key.exists() {
        return output::one(format, &json!({"ceremony": id}));
    }
    let ceremony = begun(dir)?;
    write_step(dir, &ceremony, Step::RootFileDestroyed)?;
    RootKey::destroy(&key).map_err(|error| wire::root(&key, &error))?;
    output::one(format, &json!({"ceremony": id, "removed": key.display().to_string()}))?;
    output::aside(
        "Done: the root key is in no file any more. Next: wipe every other copy of it; from its next start on the key holder \
         waits for its custodians: ringfence keyholder unseal",
    );
    Ok(())
}

/// What new shares come to: one custodian in another's place, or all named anew.
fn renewal(old: &Ceremony, new: &Ceremony) -> Step {
    let pairs = (1..).zip(old.custodians().iter().zip(new.custodians()));
    let mut others = pairs.filter(|(_, (old, new))| old != new);
    match (old.quorum() == new.quorum(), others.next(), others.next()) {
        (true, Some((share, _)), None) => Step::Replaced(share),
        _ => Step::Reshared,
    }
}

/// New shares in place of the old ones.
struct Renewal<'a> {
    needed: u8,
    custodians: Vec<Custodian>,
    to: &'a Path,
    /// The number of the share whose custodian goes.
    without: Option<u8>,
}

fn renew(format: Format, dir: &Path, old: Ceremony, new: Renewal<'_>) -> Result<(), Failure> {
    let key = keyholding::root_file(dir);
    // What can't be is said before anybody is asked for a share.
    let trial = RootKey::generate(&SystemEntropy);
    Ceremony::begin(&trial, new.needed, new.custodians.clone(), &SystemEntropy).map_err(impossible)?;
    let root = if key.exists() || custody::in_hardware(dir)?.is_some() {
        Some(at_hand(dir)?)
    } else {
        wire::block_on(gathered(dir, old, Purpose::Reshare, new.without))?
    };
    let root = root.ok_or_else(stopped)?;
    let (ceremony, shares) = Ceremony::begin(&root, new.needed, new.custodians, &SystemEntropy).map_err(impossible)?;
    write_shares_of(format, &ceremony, &shares, new.to)?;
    write_step(dir, &ceremony, Step::Dealt)?;
    custody::write_dealt(dir, &ceremony)?;
    let needed = ceremony.quorum().needed();
    output::aside(&format!(
        "Done: new shares are dealt. The old ones count until {needed} custodians have shown that their new ones open.\n\
         Next: hand the files out; then ringfence ceremony finish, after which only the new ones are taken",
    ));
    Ok(())
}

fn replace(format: Format, dir: &Path, name: &str, with: &PathBuf, to: &Path) -> Result<(), Failure> {
    let old = begun(dir)?;
    let Some(at) = old.custodians().iter().position(|custodian| custodian.name() == name) else {
        let names: Vec<&str> = old.custodians().iter().map(Custodian::name).collect();
        return Err(Failure::here(
            format!("no custodian is called {name}"),
            format!("name one of: {}", names.join(", ")),
        ));
    };
    let mut custodians = old.custodians().to_vec();
    custodians.splice(at..=at, load_custodians(std::slice::from_ref(with))?);
    let needed = old.quorum().needed();
    let without = u8::try_from(at + 1).ok();
    renew(format, dir, old, Renewal { needed, custodians, to, without })
}

fn status(format: Format, dir: &Path) -> Result<(), Failure> {
    let hardware = custody::in_hardware(dir)?.is_some();
    let rows = match record(dir)? {
        None if hardware => Vec::new(),
        _ => shared_out(&begun(dir)?),
    };
    let steps = steps(dir)?;
    match format {
        Format::Table => {
            output::list(format, &["share", "of", "needed", "custodian", "check"], &rows)?;
            output::list(format, &["at", "step", "ceremony", "share"], &steps.all)?;
            output::aside(&format!("Head of the steps, to be written down by who was there: {}", steps.head));
        }
        format => output::one(
            format,
            &json!({"custodians": rows, "hardware": hardware, "steps": steps.all, "head": steps.head}),
        )?,
    }
    if hardware {
        output::aside("Hardware has the root key: the key holder starts by the token that keyholder.toml names.");
    }
    if let Some(new) = custody::dealt(dir)? {
        output::aside(&format!(
            "New shares, of ceremony {}, were dealt and don't count yet. Next: ringfence ceremony finish",
            new.id()
        ));
    }
    if keyholding::root_file(dir).exists() {
        output::aside("The root key's file is still there. Next: ringfence ceremony finish");
    }
    Ok(())
}

/// Who has shares of what.
fn shared_out(ceremony: &Ceremony) -> Vec<Value> {
    let custodian = |(share, custodian): (u8, &Custodian)| {
        json!({
            "ceremony": ceremony.id().to_string(),
            "share": share,
            "of": ceremony.quorum().of(),
            "needed": ceremony.quorum().needed(),
            "custodian": custodian.name(),
            "check": custodian.check_words(),
        })
    };
    (1..).zip(ceremony.custodians()).map(custodian).collect()
}

fn open(format: Format, share: &Path, key: &Path, socket: Option<&Path>) -> Result<(), Failure> {
    let opened = custody::opened(share, key)?;
    let Some(socket) = socket else {
        let sealed = &opened.sealed;
        output::one(
            format,
            &json!({
                "ceremony": sealed.ceremony().to_string(),
                "share": sealed.index(),
                "of": sealed.quorum().of(),
                "needed": sealed.quorum().needed(),
            }),
        )?;
        output::aside("Done: your share opens with your key; nothing left this process. Next: keep both, apart");
        return Ok(());
    };
    hand(format, socket, &opened, None)
}

/// Hands an opened share in, and says what comes next.
pub(super) fn hand(
    format: Format,
    socket: &Path,
    opened: &custody::Opened,
    only: Option<Purpose>,
) -> Result<(), Failure> {
    let taken = custody::hand_in(socket, opened, only)?;
    output::one(
        format,
        &json!({
            "ceremony": opened.sealed.ceremony().to_string(),
            "share": opened.sealed.index(),
            "for": taken.purpose.name(),
            "have": taken.have,
            "needed": taken.needed,
        }),
    )?;
    output::aside(&match taken.needed.saturating_sub(taken.have) {
        0 => "Done: that was the last one needed".to_owned(),
        1 => "Done: your share was taken. Next: one more custodian".to_owned(),
        more => format!("Done: your share was taken. Next: {more} more custodians"),
    });
    Ok(())
}

fn print(share: &SealedShare) -> Result<(), Failure> {
    output::text(&format!(
        "A share of a root key, sealed to the key of {}. Alone, and without that key, it opens nothing.\n\
         {} of {} such shares together give the root key. If you found it: give it to its custodian, or to security.\n\
         To use it from paper: type it in, from the next line on, into a file, and try it with\n\
         ringfence ceremony open --share FILE --key FILE. Small letters do; a mistyped word is named by its number.\n\n{}",
        share.custodian(),
        share.quorum().needed(),
        share.quorum().of(),
        share.text().trim_end(),
    ))
}
