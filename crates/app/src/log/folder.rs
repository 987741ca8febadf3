//! A log as plain files.

use super::source::{Source, page_path};
use crate::failure::{self, Failure};
use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use transparency::{LIST_PAGE_ROWS, LIST_ROW_BYTES, Level, MAX_NOTE_BYTES, TILE_WIDTH, Tile, TilePath};

/// The longest file of keys that is read.
const MAX_KEYS_BYTES: u64 = 64 * 1024;
/// The longest tile or bundle: 256 entries of 65,535 bytes, each behind two.
pub(super) const MAX_TILE_BYTES: u64 = 256 * (2 + 65_535);

/// The longest page of a close's list.
pub(super) const MAX_PAGE_BYTES: u64 = (LIST_PAGE_ROWS * LIST_ROW_BYTES) as u64;

/// A directory with `checkpoint`, `key`, `tile/…` and `closes/…`.
pub struct Folder {
    root: PathBuf,
}

/// While it lives, no other copying works on the directory.
pub(super) struct Alone(fs::File);

impl Drop for Alone {
    /// Not left to the file's own end: a program that is being started just then holds a copy of it for a moment.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

impl Folder {
    /// The log in a directory, which need not exist yet.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf() }
    }

    /// Where it lies.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// A file's bytes, up to a limit past which it can't be what its name says.
    fn read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, Failure> {
        let path = self.root.join(name);
        let mut bytes = Vec::new();
        let read = fs::File::open(&path).and_then(|file| file.take(limit + 1).read_to_end(&mut bytes));
        match read {
            Ok(_) => Ok(Some(bytes)),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(failure::file(&path, &error)),
        }
    }

    fn text(&self, name: &str, limit: u64) -> Result<Option<String>, Failure> {
        let bytes = self.read(name, limit)?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Makes the directory, and keeps other copyings out of it until the answer is dropped.
    pub(super) fn alone(&self) -> Result<Alone, Failure> {
        let opened = fs::create_dir_all(&self.root).and_then(|()| fs::File::open(&self.root));
        let opened = opened.map_err(|error| failure::file(&self.root, &error))?;
        opened.try_lock().map_err(|_| {
            let problem = format!("{}: another copying works on it", self.root.display());
            Failure::there(problem, "wait for that one")
        })?;
        Ok(Alone(opened))
    }

    /// Writes a file whole or not at all.
    pub(super) fn write(&self, name: &str, bytes: &[u8], durable: bool) -> Result<(), Failure> {
        let path = self.root.join(name);
        let folder = path.parent().unwrap_or(&self.root);
        let unfinished = folder.join(".unfinished");
        let written = fs::create_dir_all(folder)
            .and_then(|()| fs::write(&unfinished, bytes))
            .and_then(|()| if durable { fs::File::open(&unfinished)?.sync_all() } else { Ok(()) })
            .and_then(|()| fs::rename(&unfinished, &path))
            .and_then(|()| if durable { fs::File::open(folder)?.sync_all() } else { Ok(()) });
        written.map_err(|error| failure::file(&path, &error))
    }

    /// Removes the narrower versions of a tile; `wide` stays.
    pub(super) fn drop_narrower(&self, wide: TilePath) -> Result<(), Failure> {
        let Ok(full) = TilePath::new(wide.level(), wide.index(), TILE_WIDTH) else { return Ok(()) };
        let folder = self.root.join(format!("{full}.p"));
        let removed = match wide.is_full() {
            true => fs::remove_dir_all(&folder),
            false => remove_narrower(&folder, wide.width()),
        };
        match removed {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failure::file(&folder, &error)),
            _ => Ok(()),
        }
    }
}

fn remove_narrower(folder: &Path, width: u16) -> std::io::Result<()> {
    for file in fs::read_dir(folder)? {
        let file = file?;
        let narrower = file.file_name().to_str().and_then(|name| name.parse::<u16>().ok());
        if narrower.is_some_and(|narrower| narrower < width) {
            fs::remove_file(file.path())?;
        }
    }
    Ok(())
}

impl Source for Folder {
    fn name(&self) -> String {
        self.root.display().to_string()
    }

    fn checkpoint(&self) -> Result<Option<String>, Failure> {
        self.text("checkpoint", MAX_NOTE_BYTES as u64)
    }

    fn claimed_keys(&self) -> Result<Option<String>, Failure> {
        self.text("key", MAX_KEYS_BYTES)
    }

    /// The file of that width, or a part of the full one that has replaced it.
    fn tile(&self, path: TilePath) -> Result<Option<Vec<u8>>, Failure> {
        if let Some(found) = self.read(&path.to_string(), MAX_TILE_BYTES)? {
            return Ok(Some(found));
        }
        let Ok(full) = TilePath::new(path.level(), path.index(), TILE_WIDTH) else { return Ok(None) };
        Ok(self.read(&full.to_string(), MAX_TILE_BYTES)?.and_then(|data| cut(data, path)))
    }

    fn close_page(&self, close: u64, page: u64) -> Result<Option<Vec<u8>>, Failure> {
        self.read(&page_path(close, page), MAX_PAGE_BYTES)
    }
}

/// The part of a tile's bytes that `path` names, if they hold that much.
pub(super) fn cut(data: Vec<u8>, path: TilePath) -> Option<Vec<u8>> {
    let widest = TilePath::new(path.level(), path.index(), TILE_WIDTH).ok()?;
    match path.level() {
        Level::Hashes(_) | Level::Entries => Tile { path: widest, data }.narrowed(&path).map(<[u8]>::to_vec),
    }
}

/// The logs in a mirror: the directories below this one that hold a checkpoint, by name.
pub(crate) fn logs_under(root: &Path) -> Result<Vec<(String, Folder)>, Failure> {
    let listed = fs::read_dir(root).map_err(|error| failure::file(root, &error))?;
    let mut logs = Vec::new();
    for entry in listed {
        let path = entry.map_err(|error| failure::file(root, &error))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if path.join("checkpoint").exists() || path.join("tile").is_dir() {
            logs.push((name, Folder::new(&path)));
        }
    }
    logs.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(logs)
}
