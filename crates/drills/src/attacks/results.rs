//! Whoever has the database takes back what a drill showed. The edit is taken back.

use crate::answer::Seen;
use crate::control::LOG;
use crate::disk::Row;
use crate::stage::Stage;
use crate::{Broken, Drill, Place};
use serde_json::{Value, json};

const NAME: &str = "disk-puts-a-drill-result-back";
/// The row of what is told of it.
const ROW: &str = "kind = 31 AND instr(body, CAST('disk-puts-a-drill-result-back' AS BLOB)) > 0";

pub(super) const PUT_BACK: Drill = Drill {
    name: NAME,
    tries: "Somebody with the database takes back that an attack got through: the result of before is there again, or none is.",
    lacks: "a drill that holds again",
    refused: &["noticed"],
    controls: LOG,
    place: Place::OwnDatabase,
    attempt: |stage, given| {
        tells(stage, "held")?;
        let before = stage.disk()?.kept("admission", ROW)?;
        tells(stage, "pierced")?;
        let seen = match given.is_control() {
            true => tells(stage, "held").and_then(|()| looks(stage)),
            false => taken_back(stage, &before),
        };
        // Nobody is left with an alarm over an attack that never was.
        tells(stage, "held")?;
        seen
    },
};

fn tells(stage: &Stage, verdict: &str) -> Result<(), Broken> {
    let results = json!({"results": [{"drill": NAME, "verdict": verdict, "where": "scratch"}]});
    stage.post("a drill's result", &stage.kit().officer, "/v1/drills", &results)?.taken().map(drop)
}

/// First the row of before is there, then none. Both must be noticed.
fn taken_back(stage: &Stage, before: &[Row]) -> Result<Seen, Broken> {
    for rows in [before, &[]] {
        let edited = stage.disk()?.replace("admission", ROW, rows)?;
        let seen = looks(stage);
        drop(edited);
        if seen? == Seen::Through {
            return Ok(Seen::Through);
        }
    }
    Ok(Seen::Refused("noticed".to_owned()))
}

/// Is anything red for security?
fn looks(stage: &Stage) -> Result<Seen, Broken> {
    let ask = |what, path| -> Result<Value, Broken> { stage.get(what, Some(&stage.kit().officer), path)?.taken() };
    let edited = ask("the posture", "/v1/drills")?["edited"].as_u64().is_some_and(|edited| edited > 0);
    let status = ask("the log's state", "/v1/log/status")?;
    let mut alarms = status["alarms"].as_array().into_iter().flatten();
    let noticed = edited || alarms.any(|alarm| alarm["kind"] == "defence_pierced");
    Ok(if noticed { Seen::Refused("noticed".to_owned()) } else { Seen::Through })
}
