//! Rows of a CSV file.

use super::row::{Element, Found, Row, text};
use super::source::{ReadError, Reading, Visit};
use csv::{ByteRecord, Reader, ReaderBuilder};
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::io::{self, Read};
use std::rc::Rc;

const BUFFER: usize = 256 * 1024;
/// The longest row, in bytes.
pub(super) const LONGEST: u64 = 4 * 1024 * 1024;

/// A CSV file after its first line.
pub(super) struct Csv<R> {
    reader: Reader<Bounded<R>>,
    left: Rc<Cell<u64>>,
    columns: HashMap<String, usize>,
    width: usize,
}

/// Reads no more than is left, so that an unclosed quote can't swallow the whole file into memory.
struct Bounded<R> {
    inner: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, part: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(part)?;
        let left = self.left.get().checked_sub(count as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        self.left.set(left);
        Ok(count)
    }
}

impl<R: Read> Csv<R> {
    /// Reads the first line.
    ///
    /// # Errors
    /// If it can't be read, is no text, or names a column twice.
    pub(super) fn open(inner: R) -> Result<Self, ReadError> {
        let left = Rc::new(Cell::new(0));
        let bounded = Bounded { inner, left: Rc::clone(&left) };
        let mut csv = Self {
            reader: ReaderBuilder::new().has_headers(false).flexible(true).buffer_capacity(BUFFER).from_reader(bounded),
            left,
            columns: HashMap::new(),
            width: 0,
        };
        let mut first = ByteRecord::new();
        csv.next(&mut first)?;
        csv.width = first.len();
        for (at, name) in first.iter().enumerate() {
            let name = std::str::from_utf8(name).map_err(|_| ReadError::NotText)?.trim_start_matches('\u{feff}');
            if csv.columns.insert(name.to_owned(), at).is_some() {
                return Err(ReadError::NamedTwice);
            }
        }
        Ok(csv)
    }

    /// Is there a column of this name?
    #[must_use]
    pub(super) fn has(&self, name: &str) -> bool {
        self.columns.contains_key(name)
    }

    fn next(&mut self, record: &mut ByteRecord) -> Result<bool, ReadError> {
        self.left.set(LONGEST + BUFFER as u64);
        self.reader.read_byte_record(record).map_err(|error| match error.kind() {
            csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => ReadError::RowTooLong,
            csv::ErrorKind::Io(error) => ReadError::Io(error.kind()),
            _ => ReadError::NotText,
        })
    }
}

impl<R: Read> Reading for Csv<R> {
    fn each(&mut self, visit: &mut Visit<'_>) -> Result<(), ReadError> {
        let mut record = ByteRecord::new();
        let mut number = 0;
        while self.next(&mut record)? {
            number += 1;
            let at = record.position().map_or(0, csv::Position::byte);
            let row = CsvRow { columns: &self.columns, record: &record };
            let problem = if record.len() != self.width {
                Some(("the row has more or fewer cells than the first line", "quote cells that hold commas"))
            } else if record.as_slice().len() as u64 > LONGEST {
                Some(("the row is longer than 4 MiB", "shorten it"))
            } else if std::str::from_utf8(record.as_slice()).is_err() {
                Some(("the row isn't UTF-8", "export the file as UTF-8"))
            } else {
                None
            };
            let seen = problem.map_or(Ok(&row as &dyn Row), Err);
            if visit(number, at, seen).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }
}

struct CsvRow<'a> {
    columns: &'a HashMap<String, usize>,
    record: &'a ByteRecord,
}

impl Row for CsvRow<'_> {
    fn find(&self, name: &str) -> Found<'_> {
        let cell = self.columns.get(name).and_then(|column| self.record.get(*column));
        // Cells were found to be UTF-8 together; one that isn't alone would hold half a letter.
        cell.and_then(|cell| std::str::from_utf8(cell).ok()).map_or(Found::Missing, |cell| text(Cow::Borrowed(cell)))
    }

    fn elements(&self, _: &str) -> Option<Vec<Element<'_>>> {
        None
    }
}
