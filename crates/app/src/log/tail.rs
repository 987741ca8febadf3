//! `ringfence log tail`: follows a log, checking each entry and each step from checkpoint to checkpoint.

use super::checked::{Checked, check_since, head_of};
use super::keys::Keys;
use super::remote::Remote;
use super::source::{Source, hex, signed_by, with_tiles};
use crate::cli::{Common, Tail};
use crate::failure::Failure;
use crate::output::{self, Format};
use serde_json::json;
use std::time::Duration;
use transparency::{Close, Hash, Level, NodeCache, TILE_WIDTH, TilePath, decode_bundle, leaf_hash, verify_inclusion};

const WIDTH: u64 = TILE_WIDTH as u64;
/// Tiles that are kept for the proofs of their entries: some per level are in use at a time.
const KEPT_TILES: usize = 64;
/// Between two looks at a log in which nothing is new.
const PAUSE: Duration = Duration::from_millis(500);

/// Follows until a signal ends the process, standard output is closed, or the log breaks its word.
pub(super) fn run(common: &Common, asked: &Tail) -> Result<(), Failure> {
    let logs = Remote::new(&asked.url)?.logs(asked.tenant.as_deref())?;
    let [(_, log)] = logs.as_slice() else {
        return Err(Failure::here("there are several logs", "give --tenant SLUG, or the address of one log"));
    };
    let given = Keys::read(&asked.key)?;
    let keys = if given.is_empty() { Keys::claimed_by(log)? } else { given };
    let mut kept = NodeCache::new(KEPT_TILES);
    let mut seen: Option<Checked> = None;
    let mut next = asked.from;
    loop {
        let new = head_of(log, &keys, None)?;
        match &seen {
            Some(old) => check_since(log, &new.checkpoint, &old.checkpoint)?,
            None => tracing::info!(
                "following {} as signed by {}; keys from {}",
                new.checkpoint.origin,
                signed_by(&new.keys),
                new.from.display()
            ),
        }
        let from = next.unwrap_or(new.checkpoint.size);
        print(common.output, log, &new, from, &mut kept)?;
        next = Some(from.max(new.checkpoint.size));
        seen = Some(new);
        std::thread::sleep(PAUSE);
    }
}

/// Prints the entries from `from` on, each proven to be in the checkpoint's tree.
fn print(format: Format, log: &dyn Source, new: &Checked, mut from: u64, kept: &mut NodeCache) -> Result<(), Failure> {
    while from < new.checkpoint.size {
        let index = from / WIDTH;
        let lines: Vec<String> = proven(log, new, index, kept)?
            .into_iter()
            .filter(|(place, ..)| *place >= from)
            .map(|(place, hash, entry)| line(format, place, &hash, &entry))
            .collect();
        output::text(&lines.join("\n"))?;
        from = (index + 1) * WIDTH;
    }
    Ok(())
}

/// The entries of a bundle with their places and leaf hashes, each proven.
fn proven(
    log: &dyn Source,
    new: &Checked,
    index: u64,
    kept: &mut NodeCache,
) -> Result<Vec<(u64, Hash, Vec<u8>)>, Failure> {
    let size = new.checkpoint.size;
    let width = (size - index * WIDTH).min(WIDTH) as u16;
    let wrong = |problem: String| {
        Failure::there(format!("ALARM: {}: {problem}", log.name()), "don't rely on it; tell whoever watches this log")
    };
    let path = TilePath::new(Level::Entries, index, width).map_err(|error| wrong(error.to_string()))?;
    let data = log.tile(path)?.ok_or_else(|| wrong(format!("{path} is missing")))?;
    let entries = decode_bundle(&data, width).map_err(|error| wrong(format!("{path}: {error}")))?;
    let prove = |(place, entry): (u64, &[u8])| {
        let hash = leaf_hash(entry);
        let proven = with_tiles(log, |fetch| {
            let proof = kept.inclusion_proof(size, place, fetch)?;
            verify_inclusion(&hash, place, size, &new.checkpoint.root, &proof)
        })?;
        proven.map_err(|_| wrong(format!("entry {place} in {path} isn't in the signed tree")))?;
        Ok((place, hash, entry.to_vec()))
    };
    (index * WIDTH..).zip(entries).map(prove).collect()
}

/// An entry of Ringfence's is 01, label and commitment, 32 bytes each, or a close; another log's is shown whole.
fn line(format: Format, place: u64, hash: &[u8], entry: &[u8]) -> String {
    if let Ok(Some(close)) = Close::parse(entry) {
        let Close { number, covers, size, root, .. } = close;
        return match format {
            Format::Table => format!(
                "{place}  leaf {}  close {number}  covers {covers}  rows {size}  root {}",
                hex(hash),
                hex(&root)
            ),
            _ => json!({
                "place": place, "leaf": hex(hash),
                "close": {"number": number, "covers": covers, "size": size, "root": hex(&root)},
            })
            .to_string(),
        };
    }
    let parts = match entry {
        [1, rest @ ..] if rest.len() == 64 => rest.split_at_checked(32),
        _ => None,
    };
    match (format, parts) {
        (Format::Table, Some((label, commit))) => {
            format!("{place}  leaf {}  label {}  commit {}", hex(hash), hex(label), hex(commit))
        }
        (Format::Table, None) => format!("{place}  leaf {}  entry {}", hex(hash), hex(entry)),
        (_, Some((label, commit))) => {
            json!({"place": place, "leaf": hex(hash), "label": hex(label), "commit": hex(commit)}).to_string()
        }
        (_, None) => json!({"place": place, "leaf": hex(hash), "entry": hex(entry)}).to_string(),
    }
}
