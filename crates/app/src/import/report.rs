//! What an import tells: progress, the error file, the summary. Nothing in them comes from a row but keys and shapes.

use super::build::RowError;
use crate::failure::{self, Failure};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// How many rows that were set aside are named.
const NAMED: usize = 20;

/// The counts at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) rows: u64,
    pub(super) accepted: u64,
    pub(super) already: u64,
    pub(super) repeated: u64,
    pub(super) refused: u64,
    pub(super) set_aside: u64,
    /// The first rows that were set aside.
    first: Vec<u64>,
}

impl Summary {
    pub(super) fn shown(&self) -> Value {
        json!({"rows": self.rows, "in": self.accepted, "already": self.already, "repeated": self.repeated, "refused": self.refused, "set_aside": self.set_aside})
    }

    /// Which rows were set aside, why, and what to do; nothing where none was. A row's number says nothing of anybody.
    pub(super) fn told_aside(&self) -> Option<String> {
        let first: Vec<String> = self.first.iter().map(u64::to_string).collect();
        let more = if self.set_aside > self.first.len() as u64 { ", …" } else { "" };
        (self.set_aside > 0).then(|| {
            format!(
                "set aside: {} of {} rows (row {}{more}), as somebody with the same e-mail address or number was erased, or has another by now; next: take them \
                 out of the source; import those who came back of their own accord as a file of their own, with a map that names (since) what \
                 says on which day a row was made",
                self.set_aside,
                self.rows,
                first.join(", ")
            )
        })
    }

    /// These rows aren't taken in.
    fn aside(&mut self, rows: &[u64]) {
        self.set_aside += rows.len() as u64;
        self.first.extend(rows.iter().take(NAMED - self.first.len()));
    }
}

/// What came of one batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    pub(super) rows: u64,
    pub(super) at: u64,
    pub(super) accepted: u64,
    pub(super) repeated: u64,
    pub(super) already: u64,
}

/// A running import's reports.
pub(super) struct Report {
    path: PathBuf,
    file: BufWriter<File>,
    bar: ProgressBar,
    summary: Summary,
    kept: bool,
    /// Why the file can't be written.
    failed: Option<Failure>,
}

/// A line of the error file.
fn aside(row: u64) -> Value {
    json!({
        "row": row,
        "problem": "somebody with the same e-mail address or number was erased, or has another by now: it was set aside",
        "next": "take it out of the source; or import it as a file of its own, with a map that names (since) the day on which it was made",
    })
}

impl Report {
    /// `bytes`: the file's length; `resumed`: an earlier run's reports are kept.
    pub(super) fn new(path: &Path, bytes: u64, resumed: bool) -> Result<Self, Failure> {
        let mut options = OpenOptions::new();
        options.create(true).mode(0o600);
        let options = if resumed { options.append(true) } else { options.write(true).truncate(true) };
        let file = options.open(path).map_err(|error| failure::file(path, &error))?;
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {msg}  {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Ok(Self {
            path: path.to_path_buf(),
            file: BufWriter::new(file),
            bar,
            summary: Summary::default(),
            kept: resumed,
            failed: None,
        })
    }

    /// Writes reports of rows that can't go in, before their batch is committed: after a crash a report may be there
    /// twice, never not at all.
    pub(super) fn refused(&mut self, errors: &[RowError]) -> Result<(), Failure> {
        let mut last = None;
        for error in errors {
            let line = serde_json::to_string(error).unwrap_or_default();
            writeln!(self.file, "{line}").map_err(|error| failure::file(&self.path, &error))?;
            self.summary.refused += u64::from(last != Some(error.row));
            last = Some(error.row);
        }
        self.file.flush().map_err(|error| failure::file(&self.path, &error))
    }

    /// Writes which rows of a batch are set aside, before it is committed, as those that can't go in. Says whether it could be written.
    pub(super) fn set_aside(&mut self, rows: &[u64]) -> bool {
        let written = rows.iter().try_for_each(|row| writeln!(self.file, "{}", aside(*row)));
        match written.and_then(|()| self.file.flush()) {
            Ok(()) => self.summary.aside(rows),
            Err(error) => self.failed = Some(failure::file(&self.path, &error)),
        }
        self.failed.is_none()
    }

    /// So many of a batch's rows, which count as accepted, didn't come in.
    pub(super) fn came(&mut self, set_aside: u64) {
        self.summary.accepted -= set_aside;
    }

    /// What came of a batch; where it was stopped because nothing could be written, why.
    pub(super) fn or_failed<T>(&mut self, came: Result<T, Failure>) -> Result<T, Failure> {
        came.map_err(|failure| self.failed.take().unwrap_or(failure))
    }

    pub(super) fn batch(&mut self, counts: &Counts) {
        let summary = &mut self.summary;
        summary.rows = summary.rows.max(counts.rows);
        summary.accepted += counts.accepted;
        summary.repeated += counts.repeated;
        summary.already += counts.already;
        self.bar.set_position(counts.at);
        let seconds = self.bar.elapsed().as_secs_f64().max(0.001);
        let rate = ((summary.rows - summary.already) as f64 / seconds) as u64;
        self.bar.set_message(format!("{} rows, {rate} a second, {} refused", summary.rows, summary.refused));
    }

    pub(super) fn indexing(&self) {
        self.bar.set_message("building the index");
        self.bar.tick();
    }

    /// The counts; an error file that nothing was written to goes.
    pub(super) fn summary(self) -> Result<Summary, Failure> {
        self.bar.finish_and_clear();
        if self.summary.refused + self.summary.set_aside == 0 && !self.kept {
            std::fs::remove_file(&self.path).map_err(|error| failure::file(&self.path, &error))?;
        }
        Ok(self.summary)
    }
}

#[cfg(test)]
mod tests {
    use super::{NAMED, Summary};

    #[test]
    fn rows_that_were_set_aside_are_counted_and_the_first_are_named() {
        let mut summary = Summary { rows: 50, accepted: 40, ..Summary::default() };
        assert_eq!(summary.told_aside(), None);
        summary.aside(&[3, 7]);
        let said = summary.told_aside().unwrap();
        assert!(said.starts_with("set aside: 2 of 50 rows (row 3, 7), as") && said.contains("next: "), "{said}");
        summary.aside(&(10..40).collect::<Vec<_>>());
        assert_eq!((summary.set_aside, summary.first.len()), (32, NAMED));
        assert!(summary.told_aside().unwrap().contains("26, 27, …)"), "the first twenty");
    }
}
