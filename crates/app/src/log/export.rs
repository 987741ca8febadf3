//! `ringfence log export`: what security may read, from a running server, as JSON Lines.
//!
//! The answer comes newest first. So a file that broke off goes on below its last whole line; it then says what a single
//! export would have said.

use crate::cli::Export;
use crate::client::Client;
use crate::failure::{self, Failure};
use crate::output;
use aws_lc_rs::digest::{SHA256, digest};
use domain::EntryId;
use serde_json::Value;
use std::fs::{File, OpenOptions, rename};
use std::io::{self, BufRead, BufReader, BufWriter, Seek as _, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

const ADDRESS: &str = "/v1/disclosures/export";

type Question = Vec<(&'static str, String)>;

pub(super) fn run(asked: &Export) -> Result<(), Failure> {
    let (client, question) = (Client::from_environment()?, question(asked));
    let me = client.call("GET", "/v1/me", None)?;
    let log = format!("{}/log/{}", client.address(), me["tenant"].as_str().unwrap_or_default());
    match &asked.to {
        None => to_output(&client, &log, question, asked.before.as_deref()),
        Some(path) => to_file(&client, &log, question, path),
    }
}

/// The filters, as the API names them. What they may be is the server's to say.
fn question(asked: &Export) -> Question {
    let parts = [
        ("person", &asked.person),
        ("customer", &asked.customer),
        ("purpose", &asked.purpose),
        ("field", &asked.field),
        ("from", &asked.since),
        ("to", &asked.until),
        ("decision", &asked.decision),
        ("kind", &asked.kind),
    ];
    let given = parts.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
    given.chain([("show", asked.show.clone())]).collect()
}

fn to_output(client: &Client, log: &str, question: Question, before: Option<&str>) -> Result<(), Failure> {
    let answer = ask(client, question, before)?;
    let out = io::stdout().lock();
    match copy(answer, BufWriter::new(out), output::closed)? {
        (copied, None) => {
            say(copied.lines, log);
            Ok(())
        }
        (copied, Some(broke)) => {
            let next = match copied.last {
                Some(last) => format!("ask for the rest with --before {last}"),
                None => "try again".to_owned(),
            };
            Err(broken(copied.lines, &broke, next))
        }
    }
}

/// Writes to a file beside the one that was named, which appears when it is whole.
fn to_file(client: &Client, log: &str, question: Question, path: &Path) -> Result<(), Failure> {
    if path.symlink_metadata().is_ok() {
        return Err(failure::file(path, &io::ErrorKind::AlreadyExists.into()));
    }
    let part = part_of(path, log, &question)?;
    let (file, before) = continued(&part)?;
    let answer = ask(client, question, before.last.as_deref())?;
    let unwritable = |error: &io::Error| failure::file(&part, error);
    let (copied, broke) = copy(answer, BufWriter::new(&file), unwritable)?;
    let lines = before.lines + copied.lines;
    if let Some(broke) = broke {
        return Err(broken(lines, &broke, "run the same command again: it goes on there"));
    }
    file.sync_all().map_err(|error| unwritable(&error))?;
    // Made first, so that a file which appeared meanwhile isn't overwritten.
    private().create_new(true).open(path).map_err(|error| failure::file(path, &error))?;
    rename(&part, path).map_err(|error| failure::file(path, &error))?;
    say(lines, log);
    Ok(())
}

fn ask(client: &Client, mut question: Question, before: Option<&str>) -> Result<impl BufRead, Failure> {
    question.extend(before.map(|entry| ("cursor", entry.to_owned())));
    Ok(BufReader::new(client.stream(ADDRESS, question)?))
}

/// What was written: whole lines, and the entry of the last of them.
#[derive(Default)]
struct Copied {
    lines: u64,
    last: Option<String>,
}

/// Copies whole lines; gives also why the answer broke off, if it did.
fn copy(
    mut answer: impl BufRead,
    mut out: impl Write,
    unwritable: impl Fn(&io::Error) -> Failure,
) -> Result<(Copied, Option<io::Error>), Failure> {
    let (mut copied, mut line) = (Copied::default(), Vec::new());
    let broke = loop {
        line.clear();
        match answer.read_until(b'\n', &mut line) {
            Ok(0) => break None,
            Ok(_) if line.ends_with(b"\n") => {}
            Ok(_) => break Some(io::ErrorKind::UnexpectedEof.into()),
            Err(error) => break Some(error),
        }
        out.write_all(&line).map_err(|error| unwritable(&error))?;
        copied = Copied { lines: copied.lines + 1, last: entry_of(&line).or(copied.last) };
    };
    out.flush().map_err(|error| unwritable(&error))?;
    Ok((copied, broke))
}

/// The entry that a line is about.
fn entry_of(line: &[u8]) -> Option<String> {
    let line: Value = serde_json::from_slice(line).ok()?;
    EntryId::parse(line["id"].as_str()?).map(|entry| entry.to_string())
}

/// Where the lines of this question to this log are gathered: another question's are never gone on with.
fn part_of(path: &Path, log: &str, question: &Question) -> Result<PathBuf, Failure> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| Failure::here("the file's name can't be used", "name a file"))?;
    let asked: String = question.iter().map(|(name, value)| format!("\n{name}={value}")).collect();
    let mark = digest(&SHA256, format!("{log}{asked}").as_bytes());
    Ok(path.with_file_name(format!("{name}.{}.part", super::hex(&mark.as_ref()[..4]))))
}

/// Opens a file of gathered lines at the end of its last whole one.
fn continued(part: &Path) -> Result<(File, Copied), Failure> {
    let wrong = |error: io::Error| failure::file(part, &error);
    let mut file = private().read(true).create(true).truncate(false).open(part).map_err(wrong)?;
    let taken = |_| Failure::here(format!("{}: another export writes it", part.display()), "wait for its end");
    file.try_lock().map_err(taken)?;
    let (mut copied, mut end, mut line) = (Copied::default(), 0, Vec::new());
    let mut lines = BufReader::new(&file);
    loop {
        line.clear();
        let length = lines.read_until(b'\n', &mut line).map_err(wrong)?;
        let (Some(b'\n'), Some(entry)) = (line.last(), entry_of(&line)) else { break };
        (copied, end) = (Copied { lines: copied.lines + 1, last: Some(entry) }, end + length as u64);
    }
    file.set_len(end).map_err(wrong)?;
    file.seek(SeekFrom::Start(end)).map_err(wrong)?;
    Ok((file, copied))
}

/// Who did what is for whoever exported it.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

fn say(lines: u64, log: &str) {
    output::aside(&format!("{lines} lines from {log}"));
}

fn broken(lines: u64, error: &io::Error, next: impl Into<String>) -> Failure {
    Failure::there(format!("the answer broke off after {lines} lines: {}", error.kind()), next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u8) -> String {
        format!("{{\"id\":\"{}\",\"kind\":\"reveal\"}}\n", EntryId([number; 16]))
    }

    #[test]
    fn only_whole_lines_are_kept_and_what_broke_off_is_said() {
        let answer = format!("{}{}{{\"id\":\"ent_", line(1), line(2));
        let mut out = Vec::new();
        let (copied, broke) = copy(answer.as_bytes(), &mut out, output::closed).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), line(1) + &line(2));
        assert_eq!((copied.lines, copied.last), (2, Some(EntryId([2; 16]).to_string())));
        assert!(broke.is_some());
    }

    #[test]
    fn a_part_goes_on_after_its_last_whole_line_and_belongs_to_one_writer() {
        let folder = tempfile::tempdir().unwrap();
        let part = folder.path().join("a.part");
        std::fs::write(&part, line(1) + &line(2) + "{\"id\":\"ent_0").unwrap();
        let (mut file, copied) = continued(&part).unwrap();
        assert_eq!((copied.lines, copied.last), (2, Some(EntryId([2; 16]).to_string())));
        assert!(continued(&part).is_err(), "two writers");
        file.write_all(line(3).as_bytes()).unwrap();
        assert_eq!(std::fs::read_to_string(&part).unwrap(), line(1) + &line(2) + &line(3));
    }

    #[test]
    fn another_question_or_log_has_another_part() {
        let part = |log, show: &str| part_of(Path::new("x/out.jsonl"), log, &vec![("show", show.to_owned())]).unwrap();
        assert_eq!(part("a", "all"), part("a", "all"));
        assert_ne!(part("a", "all"), part("a", "looks"));
        assert_ne!(part("a", "all"), part("b", "all"));
        assert!(part("a", "all").starts_with("x") && part("a", "all").to_str().unwrap().ends_with(".part"));
    }
}
