//! Events to a file, for whatever ships files: one JSON object a line. Once it is full it is renamed and a new one begun.

use super::ocsf;
use domain::Millis;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use vault::{Happening, Outlet, OutletError, TenantConfig};

/// Events in one write.
const AT_ONCE: usize = 200;

/// Where events are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePlace {
    /// The newest file; `.1` is the one before it.
    pub path: PathBuf,
    /// From how many bytes on a new one is begun.
    pub rotate_bytes: u64,
    /// How many older ones are kept.
    pub keep: u32,
}

/// Writes events to one file.
pub struct FileOutlet {
    name: String,
    place: FilePlace,
}

impl FileOutlet {
    /// One that writes there; `name` is what officers agree to.
    #[must_use]
    pub fn new(name: String, place: FilePlace) -> Self {
        Self { name, place }
    }

    fn write(&self, lines: &str) -> io::Result<()> {
        let mut file = open(&self.place.path)?;
        let mut length = file.metadata()?.len();
        if length >= self.place.rotate_bytes {
            self.rotate()?;
            file = open(&self.place.path)?;
            length = 0;
        }
        let written = append(&mut file, length, lines);
        if written.is_err() {
            // Half a line on a full disk would spoil the next one.
            file.set_len(length)?;
        }
        written
    }

    fn rotate(&self) -> io::Result<()> {
        let older = |number: u32| {
            let mut name = self.place.path.clone().into_os_string();
            name.push(format!(".{number}"));
            PathBuf::from(name)
        };
        for number in (1..self.place.keep).rev().filter(|number| older(*number).exists()) {
            std::fs::rename(older(number), older(number + 1))?;
        }
        match self.place.keep {
            0 => std::fs::remove_file(&self.place.path),
            _ => std::fs::rename(&self.place.path, older(1)),
        }
    }
}

/// Only its owner reads it. A new one, and what was renamed before, is durable under its name too.
fn open(path: &Path) -> io::Result<File> {
    let is_new = !path.exists();
    let file = OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(path)?;
    if is_new {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
    }
    Ok(file)
}

/// Appends lines, durably. What a crash left of a line is ended first.
fn append(file: &mut File, length: u64, lines: &str) -> io::Result<()> {
    if length > 0 {
        let mut last = [0];
        file.seek(SeekFrom::Start(length - 1))?;
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    file.write_all(lines.as_bytes())?;
    file.sync_data()
}

impl Outlet for FileOutlet {
    fn name(&self) -> &str {
        &self.name
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn tells(&self, _: &Happening) -> bool {
        true
    }

    fn deliver(&self, tenant: &TenantConfig, _: Millis, happenings: &[Happening]) -> Result<(), OutletError> {
        self.write(&ocsf::lines(tenant, happenings)).map_err(|_| OutletError::Later("the file can't be written"))
    }
}
