//! `ringfence log mirror`: copies a log as plain files, only ever forward.

use super::checked::{Checked, check_since, head, head_of};
use super::closes::broken_list;
use super::folder::Folder;
use super::keys::Keys;
use super::remote::Remote;
use super::source::{Source, fetching, hex, page_path, signed_by, with_tiles};
use super::stored::Stored;
use crate::cli::{Common, Mirror};
use crate::failure::Failure;
use crate::home::Home;
use crate::output::{self, Format};
use serde_json::{Value, json};
use std::path::Path;
use transparency::{Close, Hash, Level, TILE_WIDTH, TileBuilder, TilePath, check_list, decode_bundle, leaf_hash};

const WIDTH: u64 = TILE_WIDTH as u64;

/// What a copying did.
#[derive(Debug)]
pub struct Mirrored {
    /// The newest checkpoint, now in the mirror.
    pub head: Checked,
    /// How many entries the mirror had before.
    pub had: u64,
    /// How many bundles were fetched for what is new.
    pub fetched: u64,
}

pub(super) fn run(common: &Common, asked: &Mirror) -> Result<(), Failure> {
    let given = Keys::read(&asked.key)?;
    match (&asked.url, &common.data) {
        (Some(url), _) => {
            for (name, remote) in Remote::new(url)?.logs(asked.tenant.as_deref())? {
                one(common.output, &remote, &asked.to, name.as_deref(), &given)?;
            }
        }
        (None, data) => {
            let data = Home::named(data.as_deref())
                .map_err(|_| Failure::here("what to copy isn't said", "give a log's address, or --data DIR"))?;
            let home = Home::find(Some(&data), common.config.as_deref(), common.store.as_deref())?;
            for (slug, stored) in Stored::all(&home, asked.tenant.as_deref(), !given.is_empty())? {
                one(common.output, &stored, &asked.to, Some(&slug), &given)?;
            }
        }
    }
    Ok(())
}

fn one(format: Format, source: &dyn Source, to: &Path, name: Option<&str>, given: &Keys) -> Result<(), Failure> {
    let folder = Folder::new(&name.map_or_else(|| to.to_path_buf(), |name| to.join(name)));
    if source.checkpoint()?.is_none() && folder.checkpoint()?.is_none() {
        return say(format, &folder, name, None, "");
    }
    let (keys, whose) = trusted(source, &folder, given)?;
    let done = copy(source, &folder, &keys)?;
    say(format, &folder, name, Some(&done), whose)
}

/// The keys to copy by: those given; else those that the mirror was begun with; else, the first time, the source's own.
fn trusted(source: &dyn Source, folder: &Folder, given: &Keys) -> Result<(Keys, &'static str), Failure> {
    if !given.is_empty() {
        return Ok((given.clone(), "the given keys"));
    }
    if folder.claimed_keys()?.is_some() {
        return Ok((Keys::claimed_by(folder)?, "the keys that the mirror was begun with"));
    }
    Ok((Keys::claimed_by(source)?, "the log's own keys, taken on trust: compare them with somebody's who has them"))
}

/// Copies what is new of a log into a folder, checking as it goes. The checkpoint is written last.
///
/// # Errors
/// If the new checkpoint isn't a signed continuation of the mirror's (then both are kept and nothing else changes),
/// or the log's entries aren't what it signs.
pub fn copy(source: &dyn Source, folder: &Folder, keys: &Keys) -> Result<Mirrored, Failure> {
    let _alone = folder.alone()?;
    let new = head_of(source, keys, None)?;
    let old = folder.checkpoint()?.map(|note| head(&note, &format!("{}: checkpoint", folder.name()), keys, None));
    let old = old.transpose()?;
    if let Some(old) = &old
        && let Err(failure) = check_since(source, &new.checkpoint, &old.checkpoint)
    {
        keep_evidence(folder, &new)?;
        return Err(failure);
    }
    let had = old.as_ref().map_or(0, |old| old.checkpoint.size);
    let builder = match &old {
        Some(old) => edge(folder, old)?,
        None => TileBuilder::new(),
    };
    // What an interrupted copying left is used if it leads to the root, and fetched anew if it doesn't.
    let (fetched, closes) = match extend(source, folder, builder.clone(), &new, true)? {
        Some(extended) => extended,
        None => extend(source, folder, builder, &new, false)?.ok_or_else(|| {
            let problem = format!("{}: its entries don't hash to the root that its checkpoint signs", source.name());
            Failure::there(problem, "run ringfence log fsck on it; the mirror is as it was")
        })?,
    };
    for close in &closes {
        copy_list(source, folder, close)?;
    }
    folder.write("key", new.keys.to_string().as_bytes(), true)?;
    folder.write("checkpoint", new.note.as_bytes(), true)?;
    drop_replaced(folder, had, new.checkpoint.size)?;
    Ok(Mirrored { head: new, had, fetched })
}

/// The conflicting checkpoint, beside the mirror's own.
fn keep_evidence(folder: &Folder, new: &Checked) -> Result<(), Failure> {
    let name = format!("conflict-{}-{}", new.checkpoint.size, hex(&new.checkpoint.root[..8]));
    folder.write(&name, new.note.as_bytes(), true)
}

/// The mirror's right edge, from its own files.
fn edge(folder: &Folder, old: &Checked) -> Result<TileBuilder, Failure> {
    let resumed = with_tiles(folder, |fetch| TileBuilder::resume(old.checkpoint.size, &old.checkpoint.root, fetch))?;
    resumed.map_err(|error| {
        let problem = format!("{}: {error}", folder.name());
        Failure::there(problem, "the mirror was damaged: run ringfence log fsck on it, and copy into a new directory")
    })
}

/// Copies the list that a close signs, page by page; pages that an interrupted copying left are used if they fit.
fn copy_list(source: &dyn Source, folder: &Folder, close: &Close) -> Result<(), Failure> {
    let fetched = |page| {
        let data = source.close_page(close.number, page)?;
        data.as_ref().map_or(Ok(()), |data| folder.write(&page_path(close.number, page), data, false))?;
        Ok(data)
    };
    let check = |fetch: &mut dyn FnMut(u64) -> Option<Vec<u8>>| check_list(close.size, &close.root, &[0; 32], fetch);
    let left = |page| folder.close_page(close.number, page)?.map_or_else(|| fetched(page), |data| Ok(Some(data)));
    if fetching(left, check)?.is_ok() {
        return Ok(());
    }
    fetching(fetched, check)?.map(drop).map_err(|fault| broken_list(close, &fault).of(&source.name()))
}

/// Adds bundles and tiles up to the new size; how many were fetched and which closes are among their entries, or nothing
/// if they don't lead to the root.
fn extend(
    source: &dyn Source,
    folder: &Folder,
    mut builder: TileBuilder,
    new: &Checked,
    reuse: bool,
) -> Result<Option<(u64, Vec<Close>)>, Failure> {
    let size = new.checkpoint.size;
    let (mut fetched, mut closes) = (0, Vec::new());
    while builder.size() < size {
        let index = builder.size() / WIDTH;
        let width = (size - index * WIDTH).min(WIDTH) as u16;
        let path = bundle(index, width)?;
        let there = if reuse { folder.tile(path)? } else { None };
        let (data, is_new) = match there {
            Some(data) => (data, false),
            None => (source.tile(path)?.ok_or_else(|| missing(source, path))?, true),
        };
        let Some(leaves) = leaves(&data, width, &mut closes) else { return unusable(source, path, is_new) };
        let known = (builder.size() % WIDTH) as usize;
        let tiles = builder
            .append(&leaves[known..])
            .map_err(|error| Failure::there(format!("{}: {error}", source.name()), "run ringfence log fsck on it"))?;
        let lowest = tiles.iter().find(|tile| tile.path.level() == Level::Hashes(0));
        if lowest.is_none_or(|tile| tile.data != leaves.as_flattened()) {
            return unusable(source, path, is_new);
        }
        if is_new {
            fetched += 1;
            folder.write(&path.to_string(), &data, false)?;
        }
        for tile in tiles.iter().filter(|tile| tile.path.is_full()) {
            folder.write(&tile.path.to_string(), &tile.data, false)?;
        }
    }
    for tile in builder.partial_tiles() {
        folder.write(&tile.path.to_string(), &tile.data, false)?;
    }
    Ok((builder.root() == new.checkpoint.root).then_some((fetched, closes)))
}

fn bundle(index: u64, width: u16) -> Result<TilePath, Failure> {
    TilePath::new(Level::Entries, index, width)
        .map_err(|error| Failure::there(error.to_string(), "run ringfence log fsck on the log"))
}

fn leaves(data: &[u8], width: u16, closes: &mut Vec<Close>) -> Option<Vec<Hash>> {
    let entries = decode_bundle(data, width).ok()?;
    closes.extend(entries.iter().filter_map(|entry| Close::parse(entry).ok().flatten()));
    Some(entries.into_iter().map(leaf_hash).collect())
}

fn missing(source: &dyn Source, path: TilePath) -> Failure {
    Failure::there(format!("{}: {path} is missing", source.name()), "try again; if it stays so, tell who runs the log")
}

/// A file of ours is fetched anew; one of the source's is its fault.
fn unusable<T>(source: &dyn Source, path: TilePath, fetched: bool) -> Result<Option<T>, Failure> {
    if !fetched {
        return Ok(None);
    }
    let problem = format!("{}: {path} is malformed, or isn't the one that was there before", source.name());
    Err(Failure::there(problem, "tell who runs the log; the mirror is as it was"))
}

/// Partial tiles that the new ones replace: once the checkpoint is there, nobody needs them.
fn drop_replaced(folder: &Folder, had: u64, size: u64) -> Result<(), Failure> {
    for level in (0..8).map(Level::Hashes).chain([Level::Entries]) {
        let height = if let Level::Hashes(level) = level { 8 * u32::from(level) } else { 0 };
        let (before, now) = (had >> height, size >> height);
        if before % WIDTH == 0 || before == now {
            continue;
        }
        let width = (now - before / WIDTH * WIDTH).min(WIDTH) as u16;
        if let Ok(wide) = TilePath::new(level, before / WIDTH, width) {
            folder.drop_narrower(wide)?;
        }
    }
    Ok(())
}

fn say(
    format: Format,
    folder: &Folder,
    name: Option<&str>,
    done: Option<&Mirrored>,
    whose: &str,
) -> Result<(), Failure> {
    let to = folder.root().display().to_string();
    let Some(Mirrored { head, had, fetched }) = done else {
        let found = json!({"to": to, "tenant": name, "size": 0, "new": 0, "fetched": 0, "origin": null, "keys": []});
        return match format {
            Format::Table => output::text(&format!("{to}: the log has no checkpoint yet; nothing was copied")),
            _ => output::one(format, &found),
        };
    };
    let (size, origin) = (head.checkpoint.size, &head.checkpoint.origin);
    if format == Format::Table {
        return output::text(&format!(
            "{to}: {size} entries of {origin}, {} of them new, as signed by {} ({whose})",
            size - had,
            signed_by(&head.keys)
        ));
    }
    let ids = [head.keys.ed25519(), head.keys.ml_dsa_44()].map(|key| format!("{:08x}", key.id()));
    let found: Value = json!({
        "to": to, "tenant": name, "size": size, "new": size - had, "fetched": fetched, "origin": origin, "keys": ids,
        "trust": whose,
    });
    output::one(format, &found)
}
