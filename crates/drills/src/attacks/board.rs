//! Whoever runs the machines keeps something from the board, or reads along. An edit is taken back.

use crate::answer::Seen;
use crate::call::has;
use crate::control::{APART, INTEGRITY, LOG};
use crate::stage::{Person, Stage};
use crate::{Broken, Drill, Given, Place};
use serde_json::Value;
use std::time::Duration;

const LINE: &str = "/v1/board";
/// How often the line is looked at, and after which pause: what makes reports looks each five seconds.
const LOOKS: u32 = 200;
const PAUSE: Duration = Duration::from_millis(100);

pub(super) const IT_READS: Drill = Drill {
    name: "it-reads-what-the-board-writes",
    tries: "Somebody of IT reads what the board and security write to one another.",
    lacks: "a role on either side of that line",
    refused: &["role-not-allowed"],
    controls: APART,
    place: Place::Anywhere,
    attempt: |stage, given| {
        let by = if given.is_control() { &stage.kit().officer } else { &stage.kit().it };
        stage.get("the messages", Some(by), "/v1/board/messages")?.seen(has("items"))
    },
};

pub(super) const TAKEN_OUT: Drill = Drill {
    name: "disk-takes-out-a-board-report",
    tries: "Somebody with the database takes the newest report to the board out of it, as if it had never been made.",
    lacks: "a report that nobody took out",
    refused: &["missing"],
    controls: LOG,
    place: Place::OwnDatabase,
    attempt: |stage, given| edited(stage, given, "DELETE FROM admission WHERE kind IN (38, 39)", is_noticed),
};

pub(super) const ALTERED: Drill = Drill {
    name: "disk-alters-a-board-report",
    tries: "Somebody with the database changes the sealed file of a report to the board.",
    lacks: "the file as the program wrote it",
    refused: &["altered"],
    controls: INTEGRITY,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        edited(
            stage,
            given,
            "UPDATE admission SET body = CAST(body || x'0a' AS BLOB) WHERE kind = 39",
            |stage, board| {
                let number = newest(&line(stage, board)?);
                let answer = stage.get("a sealed file", Some(board), &format!("{LINE}/reports/{number}"))?;
                match answer.status {
                    200 => Ok(Some(Seen::Through)),
                    410 => Ok(Some(Seen::Refused("altered".to_owned()))),
                    _ => Ok(None),
                }
            },
        )
    },
};

pub(super) const KEY_REPLACED: Drill = Drill {
    name: "disk-replaces-a-board-key",
    tries: "Somebody with the database puts another key in a board member's place, to read what is reported.",
    lacks: "a key that the member's own passkey signed",
    refused: &["missing"],
    controls: INTEGRITY,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        edited(stage, given, "UPDATE admission SET body = CAST(body || x'00' AS BLOB) WHERE kind = 40", is_noticed)
    },
};

/// Waits for a report, edits the database in the attack, and looks until it is clear what came of it.
fn edited(
    stage: &Stage,
    given: Given,
    edit: &'static str,
    look: fn(&Stage, &Person) -> Result<Option<Seen>, Broken>,
) -> Result<Seen, Broken> {
    let board = reported_to(stage)?;
    let before = (!given.is_control()).then(|| stage.disk()?.edit("admission", edit, &[])).transpose()?;
    let seen = until(|| look(stage, board));
    drop(before);
    seen
}

/// Somebody of the board, once there is a report to them.
pub(super) fn reported_to(stage: &Stage) -> Result<&Person, Broken> {
    let board = stage.kit().board.as_ref().ok_or_else(|| Broken::Step("the board", "nobody is there".to_owned()))?;
    until(|| Ok((newest(&line(stage, board)?) > 0).then_some(())))?;
    Ok(board)
}

/// Does the line say that something is missing, or was changed?
fn is_noticed(stage: &Stage, board: &Person) -> Result<Option<Seen>, Broken> {
    let line = line(stage, board)?;
    let red = line["sound"] == false || line["missing"].as_array().is_some_and(|all| !all.is_empty());
    Ok(match (red, newest(&line)) {
        (true, _) => Some(Seen::Refused("missing".to_owned())),
        (false, 1..) => Some(Seen::Through),
        // Nothing is there: what makes reports hasn't looked yet.
        (false, 0) => None,
    })
}

fn line(stage: &Stage, board: &Person) -> Result<Value, Broken> {
    stage.get("the board line", Some(board), LINE)?.taken()
}

fn newest(line: &Value) -> u64 {
    line["reports"][0]["number"].as_u64().unwrap_or(0)
}

fn until<T>(mut look: impl FnMut() -> Result<Option<T>, Broken>) -> Result<T, Broken> {
    for _ in 0..LOOKS {
        if let Some(found) = look()? {
            return Ok(found);
        }
        std::thread::park_timeout(PAUSE);
    }
    Err(Broken::Unreachable("what makes reports to the board"))
}
