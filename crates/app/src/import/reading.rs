//! The reading half: rows in, batches of values out.

use super::build::{self, RowError};
use super::csv_rows::Csv;
use super::json_rows::Json;
use super::map::{FileFormat, Map, Source};
use super::report::{Counts, Report, Summary};
use super::row::Row;
use super::source::{ReadError, Reading, Unreadable};
use crate::failure::Failure;
use std::collections::HashSet;
use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use vault::NewRecord;

/// Rows that are committed together: a batch ends where the row's number is a multiple, in every run.
const BATCH: u64 = 1_000;
/// Batches that are under way at once; they take turns.
pub(super) const LANES: usize = 2;
/// Batches that wait at most.
const AHEAD: usize = 2;

/// Rows that belong together.
#[derive(Default)]
pub(super) struct Batch {
    /// Its turn.
    pub(super) lane: usize,
    /// The number of its last row.
    pub(super) rows: u64,
    /// Rows that were done before.
    pub(super) already: u64,
    /// Bytes read with it.
    pub(super) at: u64,
    /// The customers.
    pub(super) records: Vec<NewRecord>,
    /// Their rows.
    pub(super) numbers: Vec<u64>,
    /// What was refused.
    pub(super) errors: Vec<RowError>,
    /// Rows whose key was there before.
    pub(super) repeated: u64,
}

impl Batch {
    /// Was all of it done by an earlier run?
    pub(super) fn is_done(&self) -> bool {
        self.records.is_empty() && self.errors.is_empty() && self.repeated == 0
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            rows: self.rows,
            at: self.at,
            accepted: self.records.len() as u64,
            repeated: self.repeated,
            already: self.already,
        }
    }
}

/// What the reading thread tells.
pub(super) enum Told {
    /// Another batch.
    Batch(Batch),
    /// There is no more, or it can't be read on.
    End(Result<(), Failure>),
}

/// A file to read.
pub(super) struct Reader {
    pub(super) map: Map,
    pub(super) file: File,
    pub(super) path: PathBuf,
    /// How far each lane came before.
    pub(super) done: [u64; LANES],
}

impl Reader {
    /// Reads on a thread of its own.
    pub(super) fn start(self) -> Result<(Receiver<Told>, JoinHandle<()>), Failure> {
        let (sender, receiver) = sync_channel(AHEAD);
        let thread = std::thread::Builder::new().name("reading".to_owned()).spawn(move || self.send(&sender));
        let thread = thread.map_err(|error| {
            Failure::there(format!("no thread to read: {}", error.kind()), "check the machine's limits")
        })?;
        Ok((receiver, thread))
    }

    fn send(self, to: &SyncSender<Told>) {
        // A receiver that is gone has failed and said so.
        let result = self
            .batches(&mut |batch| to.send(Told::Batch(batch)).map_or(ControlFlow::Break(()), ControlFlow::Continue));
        drop(to.send(Told::End(result)));
    }

    /// Reads on this thread and keeps nothing but what can't go in.
    pub(super) fn check(self, mut report: Report) -> Result<Summary, Failure> {
        let mut written = Ok(());
        self.batches(&mut |batch| {
            written = report.refused(&batch.errors);
            report.batch(&batch.counts());
            if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        written?;
        report.summary()
    }

    fn batches(self, give: &mut dyn FnMut(Batch) -> ControlFlow<()>) -> Result<(), Failure> {
        let path = self.path;
        let unreadable = |error: ReadError| {
            let (problem, next) = error.words();
            Failure::here(format!("{}: {problem}", path.display()), next)
        };
        let mut rows: Box<dyn Reading> = match self.map.format {
            FileFormat::Csv => {
                let csv = Csv::open(self.file).map_err(unreadable)?;
                check_names(&self.map, &csv)?;
                Box::new(csv)
            }
            FileFormat::Jsonl => Box::new(Json::open(BufReader::with_capacity(1 << 18, self.file))),
        };
        let mut sorting = Sorting {
            map: self.map,
            done: self.done,
            keys: HashSet::new(),
            hashers: Default::default(),
            batch: Batch::default(),
        };
        rows.each(&mut |number, at, row| {
            sorting.row(number, at, row);
            if number % BATCH == 0 { give(std::mem::take(&mut sorting.batch)) } else { ControlFlow::Continue(()) }
        })
        .map_err(unreadable)?;
        if sorting.batch.rows > 0 {
            // The last one: whether more are wanted doesn't matter.
            let _ = give(sorting.batch);
        }
        Ok(())
    }
}

/// A name that the first line lacks is refused, unless all fields that use it are optional.
fn check_names(map: &Map, csv: &Csv<File>) -> Result<(), Failure> {
    let needed = map.fields.iter().filter(|field| !field.optional).flat_map(|field| match &field.source {
        Source::Column(name) | Source::Elements(name, _) => vec![name.as_str()],
        Source::Template(template) => template.names().collect(),
    });
    let agreed = map.fields.iter().filter_map(|field| field.agreed.as_deref());
    let others = map.guard.as_deref().into_iter().chain(map.since.as_deref()).chain(agreed);
    let lacking = std::iter::once(map.key.as_str()).chain(others).chain(needed).find(|name| !csv.has(name));
    lacking.map_or(Ok(()), |name| {
        let problem = format!("the first line has no column {name:?}, which the map names");
        Err(Failure::here(problem, "compare the map with the file's first line, letter for letter"))
    })
}

struct Sorting {
    map: Map,
    done: [u64; LANES],
    /// Hashes of the keys so far: 128 bits under a secret of this process, so that no two keys share one.
    keys: HashSet<u128>,
    hashers: (RandomState, RandomState),
    batch: Batch,
}

impl Sorting {
    fn row(&mut self, number: u64, at: u64, row: Result<&dyn Row, Unreadable>) {
        let lane = ((number - 1) / BATCH % LANES as u64) as usize;
        (self.batch.lane, self.batch.rows, self.batch.at) = (lane, number, at);
        let key = row.ok().and_then(|row| build::key_of(&self.map, row));
        let is_new = key.as_ref().is_none_or(|key| self.is_new(key));
        if self.done[lane] >= number {
            self.batch.already += 1;
        } else if !is_new {
            self.batch.repeated += 1;
        } else {
            self.take(number, key, row);
        }
    }

    fn take(&mut self, number: u64, key: Option<String>, row: Result<&dyn Row, Unreadable>) {
        let taken = match (row, key) {
            (Err(problem), _) => Err(vec![RowError::whole(number, None, problem)]),
            (Ok(_), None) => Err(vec![RowError::whole(number, None, NO_KEY)]),
            (Ok(row), Some(key)) => build::record(&self.map, number, &key, row),
        };
        match taken {
            Ok(record) => {
                self.batch.records.push(record);
                self.batch.numbers.push(number);
            }
            Err(errors) => self.batch.errors.extend(errors),
        }
    }

    fn is_new(&mut self, key: &str) -> bool {
        let hash = u128::from(self.hashers.0.hash_one(key)) << 64 | u128::from(self.hashers.1.hash_one(key));
        self.keys.insert(hash)
    }
}

const NO_KEY: Unreadable =
    ("the row has no key that can be shown", "give it 1 to 64 letters, digits, and - _ . in the key's column");
