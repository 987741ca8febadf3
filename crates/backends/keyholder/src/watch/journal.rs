//! The key holder's own record: every key that it released, and every head of a log that it was told, each appended before
//! the answer. Records have one length, so that one that was cut short shows.
//!
//! A file per hour, `released-<hour>.log`, and `known`, which is what the files before say in few records. An append
//! survives the process's end; the machine's, but for the last second, in which the file is synced next. What may be lost
//! then makes the holder count less, never release twice: after a start it refuses entries of before.

use super::memory::HOUR_MS;
use domain::{CustomerId, EntryId, Millis, PersonId, TenantId};
use keys::Release;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Result, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

const LENGTH: usize = 72;
const KNOWN: &str = "known";
/// How many hours of files are kept: two weeks.
const KEPT_HOURS: i64 = 14 * 24;

/// One line of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// `01 ‖ tenant u32 ‖ at i64 ‖ entry[16] ‖ person[16] ‖ customer[16] ‖ n u64 ‖ field u16 ‖ 00`; zeros for none.
    Released {
        tenant: TenantId,
        at: Millis,
        entry: EntryId,
        person: Option<PersonId>,
        customer: CustomerId,
        n: Option<u64>,
        field: u16,
    },
    /// `02 ‖ tenant u32 ‖ at i64 ‖ size u64 ‖ root[32] ‖ zeros`
    Head { tenant: TenantId, at: Millis, size: u64, root: [u8; 32] },
    /// `03 ‖ tenant u32 ‖ at i64 ‖ size u64 ‖ zeros`: a log that was put back was accepted.
    Accepted { tenant: TenantId, at: Millis, size: u64 },
}

impl Record {
    pub(crate) fn released(at: Millis, request: &Release<'_>) -> Self {
        let (place, person, n) = (request.place, request.person, request.n);
        let (tenant, customer, field) = (place.tenant, place.customer, place.field);
        Self::Released { tenant, at, entry: request.entry, person, customer, n, field }
    }

    /// A customer's counter, of no release in particular.
    pub(crate) fn counter(tenant: TenantId, customer: CustomerId, n: u64) -> Self {
        let (at, entry) = (Millis(0), EntryId([0; 16]));
        Self::Released { tenant, at, entry, person: None, customer, n: Some(n), field: 0 }
    }

    pub(crate) fn head(at: Millis, tenant: TenantId, size: u64, root: [u8; 32]) -> Self {
        Self::Head { tenant, at, size, root }
    }

    pub(crate) fn at(&self) -> Millis {
        match self {
            Self::Released { at, .. } | Self::Head { at, .. } | Self::Accepted { at, .. } => *at,
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let end = out.len() + LENGTH;
        match self {
            Self::Released { tenant, at, entry, person, customer, n, field } => {
                out.push(1);
                out.extend_from_slice(&tenant.bytes());
                out.extend_from_slice(&at.0.to_be_bytes());
                out.extend_from_slice(&entry.0);
                out.extend_from_slice(&person.map_or([0; 16], |person| person.0));
                out.extend_from_slice(&customer.0);
                out.extend_from_slice(&n.unwrap_or(0).to_be_bytes());
                out.extend_from_slice(&field.to_be_bytes());
            }
            Self::Head { tenant, at, size, root } => {
                out.push(2);
                out.extend_from_slice(&tenant.bytes());
                out.extend_from_slice(&at.0.to_be_bytes());
                out.extend_from_slice(&size.to_be_bytes());
                out.extend_from_slice(root);
            }
            Self::Accepted { tenant, at, size } => {
                out.push(3);
                out.extend_from_slice(&tenant.bytes());
                out.extend_from_slice(&at.0.to_be_bytes());
                out.extend_from_slice(&size.to_be_bytes());
            }
        }
        out.resize(end, 0);
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let (tenant, rest) = rest.split_first_chunk::<4>()?;
        let (at, rest) = rest.split_first_chunk::<8>()?;
        let (tenant, at) = (TenantId(u32::from_be_bytes(*tenant)), Millis(i64::from_be_bytes(*at)));
        match kind {
            1 => {
                let (entry, rest) = rest.split_first_chunk::<16>()?;
                let (person, rest) = rest.split_first_chunk::<16>()?;
                let (customer, rest) = rest.split_first_chunk::<16>()?;
                let (n, rest) = rest.split_first_chunk::<8>()?;
                let (field, _) = rest.split_first_chunk::<2>()?;
                let person = Some(PersonId(*person)).filter(|person| person.0 != [0; 16]);
                let n = Some(u64::from_be_bytes(*n)).filter(|n| *n > 0);
                let (entry, customer, field) = (EntryId(*entry), CustomerId(*customer), u16::from_be_bytes(*field));
                Some(Self::Released { tenant, at, entry, person, customer, n, field })
            }
            2 => {
                let (size, rest) = rest.split_first_chunk::<8>()?;
                let (root, _) = rest.split_first_chunk::<32>()?;
                Some(Self::Head { tenant, at, size: u64::from_be_bytes(*size), root: *root })
            }
            3 => {
                let (size, _) = rest.split_first_chunk::<8>()?;
                Some(Self::Accepted { tenant, at, size: u64::from_be_bytes(*size) })
            }
            _ => None,
        }
    }
}

/// A key that was released, as the journal tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReleasedKey {
    /// Whose.
    pub tenant: TenantId,
    /// When.
    pub at: Millis,
    /// For which entry.
    pub entry: EntryId,
    /// For whom, as the node said.
    pub person: Option<PersonId>,
    /// Of which customer.
    pub customer: CustomerId,
    /// The customer's counter, if the entry is about them.
    pub n: Option<u64>,
    /// Which field.
    pub field: u16,
}

/// The journal of a directory.
pub struct Journal {
    dir: PathBuf,
    hour: i64,
    file: File,
    _claim: File,
}

impl Journal {
    /// Takes the directory and reads what is there.
    pub(crate) fn open(dir: &Path, now: Millis) -> Result<(Self, Vec<Record>)> {
        let claim = OpenOptions::new().create(true).append(true).mode(0o600).open(dir.join("journal.lock"))?;
        if claim.try_lock().is_err() {
            return Err(std::io::Error::new(ErrorKind::WouldBlock, "another key holder has this directory"));
        }
        let records = read_all(dir)?;
        let hour = now.0.div_euclid(HOUR_MS);
        let file = whole(&segment(dir, hour))?;
        Ok((Self { dir: dir.to_path_buf(), hour, file, _claim: claim }, records))
    }

    pub(crate) fn append(&mut self, records: &[Record]) -> Result<()> {
        let mut bytes = Vec::with_capacity(records.len() * LENGTH);
        records.iter().for_each(|record| record.encode(&mut bytes));
        let before = self.file.metadata()?.len();
        self.file.write_all(&bytes).inspect_err(|_| {
            // A part of a record would make everything behind it unreadable.
            drop(self.file.set_len(before));
        })
    }

    /// Writing fails from now on, as on a full disk.
    #[cfg(test)]
    pub(crate) fn only_read(&mut self, path: &Path) -> Result<()> {
        self.file = File::open(path)?;
        Ok(())
    }

    /// The directory.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// A second hold of the file, to be synced.
    pub(crate) fn file(&self) -> Result<File> {
        self.file.try_clone()
    }

    /// In a new hour a new file is begun; `known` is what all before says.
    pub(crate) fn begin_hour(&mut self, now: Millis, known: impl FnOnce() -> Vec<Record>) -> Result<Option<NewHour>> {
        let hour = now.0.div_euclid(HOUR_MS);
        if hour <= self.hour {
            return Ok(None);
        }
        self.file.sync_data()?;
        self.file = whole(&segment(&self.dir, hour))?;
        self.hour = hour;
        Ok(Some(NewHour { dir: self.dir.clone(), hour, known: known() }))
    }

    /// Every key that a directory's files of hours tell of, oldest first, and when they were written to last: for a look.
    ///
    /// # Errors
    /// If they can't be read, or one says something that isn't a record.
    pub fn released(dir: &Path) -> Result<(Vec<ReleasedKey>, Millis)> {
        let (mut keys, mut until) = (Vec::new(), 0);
        for (_, path) in segments(dir)? {
            let bytes = fs::read(&path)?;
            let since = fs::metadata(&path)?.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            until = until.max(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
            keys.extend(bytes.chunks_exact(LENGTH).map_while(Record::decode).filter_map(|record| match record {
                Record::Released { tenant, at, entry, person, customer, n, field } => {
                    Some(ReleasedKey { tenant, at, entry, person, customer, n, field })
                }
                Record::Head { .. } | Record::Accepted { .. } => None,
            }));
        }
        Ok((keys, Millis(until)))
    }

    /// What a directory's journal says how each tenant stands, for a look while another process writes it.
    ///
    /// # Errors
    /// If it can't be read.
    pub fn standing(dir: &Path, now: Millis) -> Result<std::collections::BTreeMap<TenantId, super::Standing>> {
        let none = super::Ceilings { person: 0, tenant: 0 };
        Ok(super::Memory::resumed(none, now, &read_all(dir)?).standing())
    }
}

/// An hour that has begun: what was known before is still to be written.
pub(crate) struct NewHour {
    dir: PathBuf,
    hour: i64,
    known: Vec<Record>,
}

impl NewHour {
    /// Writes it, whole and durable before it takes its name, and removes what is too old.
    pub(crate) fn finish(self) -> Result<()> {
        let mut bytes = self.hour.to_be_bytes().to_vec();
        self.known.iter().for_each(|record| record.encode(&mut bytes));
        let new = self.dir.join("known.new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&new, self.dir.join(KNOWN))?;
        File::open(&self.dir)?.sync_all()?;
        for (hour, path) in segments(&self.dir)? {
            if hour < self.hour - KEPT_HOURS {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

fn segment(dir: &Path, hour: i64) -> PathBuf {
    dir.join(format!("released-{hour:010}.log"))
}

fn segments(dir: &Path) -> Result<Vec<(i64, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let hour = name.and_then(|name| name.strip_prefix("released-")?.strip_suffix(".log")?.parse().ok());
        found.extend(hour.map(|hour| (hour, path)));
    }
    found.sort();
    Ok(found)
}

/// A file to append to, cut to whole records.
fn whole(path: &Path) -> Result<File> {
    let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
    let records = fs::read(path)?.chunks_exact(LENGTH).map_while(Record::decode).count();
    file.set_len((records * LENGTH) as u64)?;
    Ok(file)
}

fn read_all(dir: &Path) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    let mut from = i64::MIN;
    match fs::read(dir.join(KNOWN)) {
        Ok(bytes) => {
            let broken = || std::io::Error::new(ErrorKind::InvalidData, "the file known isn't a key holder's");
            let (hour, known) = bytes.split_first_chunk().ok_or_else(broken)?;
            from = i64::from_be_bytes(*hour);
            for record in known.chunks(LENGTH) {
                records.push(Record::decode(record).filter(|_| record.len() == LENGTH).ok_or_else(broken)?);
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    for (_, path) in segments(dir)?.into_iter().filter(|(hour, _)| *hour >= from) {
        let mut bytes = Vec::new();
        File::open(path)?.read_to_end(&mut bytes)?;
        // After the machine's end a file may end in zeros.
        records.extend(bytes.chunks_exact(LENGTH).map_while(Record::decode));
    }
    Ok(records)
}
