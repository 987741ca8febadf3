//! The board's own program: `ringfence board`. It trusts the log's keys that it was given, its own clock and its own memory, and
//! nobody who runs the node.

mod fetch;
mod judge;
mod state;

use crate::ambient::SystemClock;
use crate::cli::{Board, Checking, Common};
use crate::commands::init::write_private;
use crate::failure::{self, Failure};
use crate::log::Keys;
use crate::output::{self, Format};
use domain::{Clock as _, Millis};
use judge::Judge;
use serde_json::json;
use state::State;
use std::fs;
use std::path::Path;
use std::time::Duration;
use vault::{BoardSecret, ProvenFile, board_check};

/// Where it isn't the member's own mistake, somebody keeps them from what they are to read.
const OTHER_TOKEN: &str = "give a token of a member of the board in RINGFENCE_TOKEN_FILE; if this one held before, and nobody told you that it ends, ask security why";

/// Runs the command.
///
/// # Errors
/// What the command says; of a check, all that is wrong in one line.
pub fn run(common: &Common, asked: &Board) -> Result<(), Failure> {
    match asked {
        Board::Key { out } => make_key(common.output, out),
        Board::Read { file, key, log_key, to } => read(common.output, file, (&secret(key)?, &Keys::read(log_key)?), to),
        Board::Check(checking) => check(common.output, checking),
        Board::Watch { checking, every } => loop {
            if let Err(wrong) = check(common.output, checking) {
                output::aside(&wrong.to_string());
            }
            std::thread::park_timeout(Duration::from_secs(u64::from(*every) * 60));
        },
    }
}

fn make_key(format: Format, out: &Path) -> Result<(), Failure> {
    let failed = || Failure::there("no key can be made", "try again");
    let secret = BoardSecret::generate().ok_or_else(failed)?;
    let public = secret.public().ok_or_else(failed)?;
    write_private(out, secret.text().as_bytes())?;
    let check = board_check(&public.fingerprint());
    output::one(format, &json!({"private": out.display().to_string(), "public": public.text(), "check": check}))?;
    output::aside("Next: keep the private file where only you get at it; register the public line on the page Board");
    Ok(())
}

fn secret(file: &Path) -> Result<BoardSecret, Failure> {
    let text = fs::read_to_string(file).map(zeroize::Zeroizing::new).map_err(|error| failure::file(file, &error))?;
    BoardSecret::read(&text).ok_or_else(|| {
        Failure::here(
            format!("{}: it isn't a board key, or isn't whole", file.display()),
            "give the file that ringfence board key made",
        )
    })
}

/// The file's text, checked against its log's keys.
fn proven(text: &str, keys: &Keys) -> Result<ProvenFile, Failure> {
    let wrong = |error: vault::BoardFileError| {
        Failure::there(error.to_string(), "don't rely on it; keep it, and ask security and a witness")
    };
    let origin = ProvenFile::origin(text).map_err(wrong)?;
    let (keys, _) = keys.for_origin(&origin)?;
    ProvenFile::check(text, keys).map_err(wrong)
}

fn read(format: Format, file: &Path, (secret, keys): (&BoardSecret, &Keys), to: &Path) -> Result<(), Failure> {
    let proven = proven(&fetch::text_of(file)?, keys)?;
    let opened = proven.file.open(secret);
    let paper = opened
        .map_err(|error| Failure::there(error.to_string(), "ask security when your key was replaced, and by whom"))?;
    fs::create_dir_all(to).map_err(|error| failure::file(to, &error))?;
    let name = |ending: &str| to.join(format!("board-{}.{ending}", proven.file.head.number));
    let (page, print) = (name("html"), name("pdf"));
    write_private(&page, paper.html.as_bytes())?;
    write_private(&print, &paper.pdf)?;
    output::one(
        format,
        &json!({
            "number": proven.file.head.number,
            "kind": proven.file.head.what.slug(),
            "until": proven.file.head.until.to_string(),
            "next": proven.file.head.next.to_string(),
            "place": proven.place.index,
            "page": page.display().to_string(),
            "pdf": print.display().to_string(),
        }),
    )
}

/// Everything is looked at before anything is said: one thing that is wrong hides no other.
fn check(format: Format, asked: &Checking) -> Result<(), Failure> {
    let (secret, keys) = (secret(&asked.key)?, Keys::read(&asked.log_key)?);
    let own = secret.public().map(|public| public.fingerprint());
    let own = own.ok_or_else(|| Failure::here("the key can't be used", "make another: ringfence board key"))?;
    fs::create_dir_all(&asked.keep).map_err(|error| failure::file(&asked.keep, &error))?;
    let state = State::read(&asked.keep)?;
    let mut judge = Judge::new(state, own, SystemClock.now());
    let gone = fetch::gone(&mut judge, &asked.keep, &keys);
    let texts = match &asked.from {
        Some(folder) => fetch::from_folder(&mut judge, folder),
        None => fetch::from_node(&mut judge, &asked.keep, &keys, asked.within),
    };
    let mut files = Vec::new();
    for text in texts.unwrap_or_else(|wrong| judged(&mut judge, wrong)) {
        match proven(&text, &keys) {
            Ok(file) => files.push((file, text)),
            Err(wrong) => judge.wrong(wrong.problem().to_owned()),
        }
    }
    files.sort_by_key(|(file, _)| file.file.head.number);
    for (file, text) in &files {
        let number = file.file.head.number;
        let again = gone.contains(&number) && judge.knows(file);
        if judge.see(file, &secret) || again {
            fetch::keep(&asked.keep, number, text)?;
        }
        if again {
            output::aside(&format!("number {number} was kept again, as it came before"));
        }
    }
    judge.gaps();
    judge.late();
    let (state, wrong, mistake) = judge.done();
    state.write(&asked.keep)?;
    match (wrong.is_empty(), mistake) {
        (true, None) => output::one(format, &state.shown()),
        // Nothing is wrong by what came before, by the log, and by this machine's clock.
        (true, Some(mistake)) => Err(mistake),
        (false, mistake) => Err(alarm(&wrong, mistake.as_ref())),
    }
}

/// Does a member's own program say at that moment, by its own clock, that a report hasn't come? The newest said when this one is due.
pub(crate) fn misses(due: Millis, now: Millis) -> bool {
    let mut judge = Judge::new(State { next: Some(due.0), ..State::default() }, [0; 20], now);
    judge.late();
    let (_, wrong, _) = judge.done();
    !wrong.is_empty()
}

/// What the node couldn't be asked for: by a mistake in what this program was given, or because something is wrong.
fn judged(judge: &mut Judge, failure: Failure) -> Vec<String> {
    if failure.is_of_asker() {
        let refused = format!("the node doesn't let you in: {}", failure.problem());
        return judge.mistaken(Failure::here(refused, OTHER_TOKEN));
    }
    if failure.code() == 1 { judge.mistaken(failure) } else { judge.wrong(failure.problem().to_owned()) }
}

fn alarm(wrong: &[String], mistake: Option<&Failure>) -> Failure {
    let also = mistake.map(|mistake| format!("; also: {}", mistake.problem())).unwrap_or_default();
    Failure::there(
        format!("ALARM: {}{also}", wrong.join("; ALARM: ")),
        "ask security and IT, each by themselves, and a witness of the log",
    )
}
