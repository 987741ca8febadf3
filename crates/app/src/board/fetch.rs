//! Where files come from: the node, or a directory into which mail was saved.

use super::judge::Judge;
use super::proven;
use super::state::replace;
use crate::client::Client;
use crate::failure::{self, Failure};
use crate::log::{self, Keys, Remote, Source, hex};
use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use vault::LONGEST_BOARD_FILE;

/// A file that came.
pub(super) fn text_of(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = fs::File::open(file).and_then(|open| open.take(LONGEST_BOARD_FILE as u64 + 1).read_to_string(&mut text));
    // Mail programs save text with other ends of lines.
    read.map(|_| text.replace("\r\n", "\n")).map_err(|error| failure::file(file, &error))
}

/// Every file of a directory that looks like one. One that can't be read hides no other.
pub(super) fn from_folder(judge: &mut Judge, folder: &Path) -> Result<Vec<String>, Failure> {
    let listed = fs::read_dir(folder).map_err(|error| failure::file(folder, &error))?;
    let mut texts = Vec::new();
    for file in listed {
        let path = file.map_err(|error| failure::file(folder, &error))?.path();
        if path.extension().is_some_and(|ending| ending == "txt") {
            match text_of(&path) {
                Ok(text) => texts.push(text),
                Err(wrong) => judge.wrong(wrong.problem().to_owned()),
            }
        }
    }
    Ok(texts)
}

/// Keeps a file beside what was seen.
pub(super) fn keep(folder: &Path, number: u64, text: &str) -> Result<(), Failure> {
    replace(&kept(folder, number), text.as_bytes())
}

fn kept(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("board-{number}.txt"))
}

/// What came before must lie here as it came; gives the numbers of files that are gone. An altered one is left where it is: it shows what
/// was done.
pub(super) fn gone(judge: &mut Judge, folder: &Path, keys: &Keys) -> BTreeSet<u64> {
    let mut gone = BTreeSet::new();
    for (number, hash) in judge.state.seen.clone() {
        let path = kept(folder, number);
        if !path.exists() {
            gone.insert(number);
            judge.wrong::<()>(format!("{} is gone, which came before", path.display()));
        } else if let Some(why) = altered(&path, &hash, keys) {
            judge.wrong::<()>(format!(
                "{} isn't as it came any more ({why}): move it away, and the next check fetches it again",
                path.display()
            ));
        }
    }
    gone
}

/// How a kept file differs from the one that came, if it does: its proof must still hold, and its hash be the one that was seen.
fn altered(path: &Path, hash: &str, keys: &Keys) -> Option<String> {
    match text_of(path).and_then(|text| proven(&text, keys)) {
        Ok(file) if hex(&file.hash) == hash => None,
        Ok(_) => Some("it is another file".to_owned()),
        Err(wrong) => Some(wrong.problem().to_owned()),
    }
}

/// What the node has that wasn't seen; and what it says, or its log shows, that is wrong.
pub(super) fn from_node(judge: &mut Judge, folder: &Path, keys: &Keys, within_h: u32) -> Result<Vec<String>, Failure> {
    let client = Client::from_environment()?;
    if let Err(wrong) = look_at_log(judge, &client, keys, within_h) {
        judge.wrong::<()>(wrong.problem().to_owned());
    }
    let line = client.call("GET", "/v1/board", None)?;
    let numbers = |name: &str| -> Vec<u64> {
        let all = line[name].as_array().into_iter().flatten();
        all.filter_map(|one| one.as_u64().or_else(|| one["number"].as_u64())).collect()
    };
    let listed = numbers("reports");
    for number in numbers("missing") {
        judge.wrong::<()>(format!("the node says that number {number} was taken out of its database, or edited there"));
    }
    if line["late"] == true {
        judge.wrong::<()>("the node says that a report is late".to_owned());
    }
    let seen: Vec<u64> = judge.state.seen.keys().copied().collect();
    for number in seen.iter().filter(|number| !listed.contains(number)) {
        judge.wrong::<()>(format!("the node doesn't have number {number} any more, which came before"));
    }
    let waiting: Vec<u64> = judge.state.waiting.keys().copied().collect();
    for number in waiting.iter().filter(|number| !listed.contains(number)) {
        judge.came(*number);
        judge.wrong::<()>(format!("the node doesn't have number {number} any more, which it listed before"));
    }
    let mut texts = Vec::new();
    // Those that were seen are asked for as well where they aren't kept here: two files of one number must not pass.
    for number in listed.iter().rev() {
        let known = seen.contains(number) && kept(folder, *number).exists();
        if known && Some(number) != listed.first() {
            continue;
        }
        let mut text = String::new();
        // One that isn't given hides no newer one.
        let answer = match client.stream(&format!("/v1/board/reports/{number}"), Vec::new()) {
            Ok(answer) => answer,
            Err(wrong) => {
                judge.wrong::<()>(format!("number {number} isn't given: {}", wrong.problem()));
                continue;
            }
        };
        let read = answer.take(LONGEST_BOARD_FILE as u64 + 1).read_to_string(&mut text);
        match read {
            // Its entry gets its place in a moment.
            Ok(0) => judge.waits(*number),
            Ok(_) => {
                judge.came(*number);
                texts.push(text);
            }
            Err(_) => judge.wrong(format!("number {number} can't be read")),
        }
    }
    Ok(texts)
}

/// The log must still have what it had, and have grown lately.
fn look_at_log(judge: &mut Judge, client: &Client, keys: &Keys, within_h: u32) -> Result<(), Failure> {
    let mut found = None;
    for (_, remote) in Remote::new(client.address())?.logs(None)? {
        match log::head_of(&remote, keys, None) {
            Ok(head) => found = Some((remote, head)),
            // Another company's, whose keys weren't given.
            Err(_) if remote.checkpoint()?.is_some_and(|note| !is_ours(&note, keys)) => {}
            Err(wrong) => return Err(wrong),
        }
    }
    let gone = || Failure::there("the node has no log whose keys were given", "check --log-key");
    let (remote, head) = found.ok_or_else(gone)?;
    let state = &mut judge.state;
    if let Some(note) = &state.checkpoint {
        let before = log::head(note, "the checkpoint seen before", keys, None)?;
        log::check_since(&remote, &head.checkpoint, &before.checkpoint)?;
    }
    let now = judge.now();
    let state = &mut judge.state;
    if head.checkpoint.size > state.size {
        (state.size, state.grown, state.checkpoint) = (head.checkpoint.size, now.0, Some(head.note));
    }
    let since = now.since(domain::Millis(state.grown));
    if since > i64::from(within_h) * 3_600_000 {
        let grown = domain::Millis(state.grown);
        judge.wrong::<()>(format!("the log hasn't grown since {grown}"));
    }
    Ok(())
}

fn is_ours(note: &str, keys: &Keys) -> bool {
    keys.origins().any(|origin| note.lines().next() == Some(origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::state::State;
    use domain::Millis;
    use std::collections::BTreeMap;
    use testkit::TestWorld;
    use vault::origin_keys;

    #[test]
    fn a_kept_file_that_goes_or_is_altered_is_told_of() {
        let world = TestWorld::new(1);
        let keys = Keys::of(origin_keys(&world.vault, &world.vault.tenants()[0]).unwrap(), "the company");
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("board-2.txt"), "ringfence board file v1\n").unwrap();
        let seen = BTreeMap::from([1, 2].map(|number| (number, "00".repeat(32))));
        let mut judge = Judge::new(State { seen, ..State::default() }, [0; 20], Millis(0));
        assert_eq!(gone(&mut judge, folder.path(), &keys), BTreeSet::from([1]));
        let (_, wrong, _) = judge.done();
        assert!(wrong.len() == 2 && wrong[0].contains("board-1.txt is gone"), "{wrong:?}");
        assert!(wrong[1].contains("board-2.txt isn't as it came any more"), "{wrong:?}");
    }
}
