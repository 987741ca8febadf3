//! A witness's protocol and judgement in bytes (C2SP tlog-witness): the request, what to answer, what is odd about it.

use std::fmt::Write as _;

use crate::checkpoint::{Checkpoint, OriginKeys, signature_of, verify_checkpoint};
use crate::encoding::{base64, decimal, hash_from_base64};
use crate::error::Error;
use crate::keys::VerifierKey;
use crate::merkle::{Hash, empty_root};
use crate::note::{MAX_NOTE_BYTES, Note, NoteSignature};
use crate::proof::verify_consistency;

/// The most proof lines that a request may have.
pub const MAX_PROOF_LINES: usize = 63;

/// The longest `add-checkpoint` request that is read, in bytes: a note, 63 lines of 45 bytes, the old size, a blank line.
pub const MAX_ADD_CHECKPOINT_BYTES: usize = MAX_NOTE_BYTES + MAX_PROOF_LINES * 45 + 32;

/// The media type of the size that goes with status 409.
pub const SIZE_MEDIA_TYPE: &str = "text/x.tlog.size";

/// The body of an `add-checkpoint` request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the witness is believed to have cosigned last; zero for none.
    pub old: u64,
    /// The consistency proof from there to the checkpoint; at most [`MAX_PROOF_LINES`] hashes.
    pub proof: Vec<Hash>,
    /// The signed checkpoint, verbatim.
    pub checkpoint: String,
}

impl AddCheckpoint {
    /// The request's body.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = format!("old {}\n", self.old);
        for hash in &self.proof {
            // Writing to a string can't fail.
            let _ = writeln!(text, "{}", base64(hash));
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        text
    }

    /// Reads a body. Encoding it gives the same text back.
    ///
    /// # Errors
    /// [`Error::AddCheckpoint`] for a broken line or a limit, [`Error::Note`] and [`Error::Checkpoint`] for what
    /// follows the blank line.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_ADD_CHECKPOINT_BYTES {
            return Err(Error::AddCheckpoint("it is too long"));
        }
        let (head, checkpoint) = text.split_once("\n\n").ok_or(Error::AddCheckpoint("there is no blank line"))?;
        let mut lines = head.split('\n');
        let old = lines
            .next()
            .and_then(|line| line.strip_prefix("old "))
            .and_then(decimal)
            .ok_or(Error::AddCheckpoint("the first line isn't old and a plain decimal"))?;
        let proof: Vec<Hash> = lines
            .take(MAX_PROOF_LINES + 1)
            .map(|line| hash_from_base64(line).ok_or(Error::AddCheckpoint("a proof line isn't a hash")))
            .collect::<Result<_, _>>()?;
        if proof.len() > MAX_PROOF_LINES {
            return Err(Error::AddCheckpoint("the proof has more than 63 hashes"));
        }
        Checkpoint::parse(Note::parse(checkpoint)?.text())?;
        Ok(Self { old, proof, checkpoint: checkpoint.to_owned() })
    }
}

/// What a witness remembers of a log: the largest checkpoint that it cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessState {
    /// The log's origin.
    pub origin: String,
    /// Leaves; zero before the first.
    pub size: u64,
    /// The root at that size.
    pub root: Hash,
}

/// What to answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 200: keep this durably, then sign it.
    Cosign(Checkpoint),
    /// 400: the request is malformed, or its old size is larger than the checkpoint's.
    Malformed(Error),
    /// 403: the log's signatures aren't all there, or one is wrong.
    NotSigned(Error),
    /// 404: no log of that origin is trusted here.
    UnknownOrigin,
    /// 409: the old size isn't the recorded one, or a checkpoint of the recorded size has another root. The body is
    /// the recorded size.
    Conflict(u64),
    /// 422: the proof doesn't lead from the recorded tree to the checkpoint.
    NotConsistent,
}

impl Answer {
    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Cosign(_) => 200,
            Self::Malformed(_) => 400,
            Self::NotSigned(_) => 403,
            Self::UnknownOrigin => 404,
            Self::Conflict(_) => 409,
            Self::NotConsistent => 422,
        }
    }
}

/// What is odd about a checkpoint that its log signed with both keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// It has the recorded size and another root: the log signed two histories. This proves it.
    Fork,
    /// It is smaller than the recorded one. A rolled-back log, a fork, or somebody who sent an old checkpoint again.
    Smaller,
    /// It is larger, and the proof given doesn't hold. A fork, or somebody who sent a good checkpoint with a bad proof.
    Unproven,
    /// This witness itself signed it, and doesn't remember: its memory went backwards.
    OwnAhead,
}

/// What to answer, and what is odd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// What to answer, as tlog-witness says.
    pub answer: Answer,
    /// What is odd, if the log's signatures hold. With [`Finding::OwnAhead`] don't cosign, whatever the answer.
    pub finding: Option<Finding>,
}

impl WitnessState {
    /// The memory of a log of which nothing has been seen.
    #[must_use]
    pub fn new(origin: &str) -> Self {
        Self { origin: origin.to_owned(), size: 0, root: empty_root() }
    }

    /// The memory after cosigning a checkpoint.
    #[must_use]
    pub fn after(checkpoint: &Checkpoint) -> Self {
        Self { origin: checkpoint.origin.clone(), size: checkpoint.size, root: checkpoint.root }
    }

    /// Judges a request under the log's keys. `own` are the witness's keys, by which it knows its own signatures.
    ///
    /// Both signatures of the log are demanded; tlog-witness would be content with one.
    #[must_use]
    pub fn judge(&self, request: &AddCheckpoint, keys: &OriginKeys, own: &[VerifierKey]) -> Ruling {
        let checkpoint = match verify_checkpoint(&request.checkpoint, keys) {
            Ok(checkpoint) if checkpoint.origin == self.origin => checkpoint,
            Ok(_) | Err(Error::OtherOrigin(_)) => return Ruling { answer: Answer::UnknownOrigin, finding: None },
            Err(error @ (Error::Note(_) | Error::Checkpoint(_))) => {
                return Ruling { answer: Answer::Malformed(error), finding: None };
            }
            Err(error) => return Ruling { answer: Answer::NotSigned(error), finding: None },
        };
        let answer = self.answer(request, &checkpoint);
        let finding = self.odd(&checkpoint, &request.checkpoint, own);
        let unproven = || (answer == Answer::NotConsistent).then_some(Finding::Unproven);
        Ruling { finding: finding.or_else(unproven), answer }
    }

    /// What is odd about a checkpoint that its log signed, such as the published one, by sizes, roots and own
    /// signatures alone.
    #[must_use]
    pub fn odd(&self, checkpoint: &Checkpoint, note: &str, own: &[VerifierKey]) -> Option<Finding> {
        let other_root = checkpoint.size == self.size && checkpoint.root != self.root;
        if (checkpoint.size > self.size || other_root) && signed_by_any(note, own) {
            return Some(Finding::OwnAhead);
        }
        match checkpoint.size < self.size {
            true => Some(Finding::Smaller),
            false => other_root.then_some(Finding::Fork),
        }
    }

    fn answer(&self, request: &AddCheckpoint, checkpoint: &Checkpoint) -> Answer {
        if request.old > checkpoint.size {
            return Answer::Malformed(Error::AddCheckpoint("the old size is larger than the checkpoint's"));
        }
        let other_root = checkpoint.size == self.size && checkpoint.root != self.root;
        if request.old != self.size || other_root {
            return Answer::Conflict(self.size);
        }
        let old = (self.size, &self.root);
        match verify_consistency(old.0, old.1, checkpoint.size, &checkpoint.root, &request.proof) {
            Ok(()) => Answer::Cosign(checkpoint.clone()),
            Err(_) => Answer::NotConsistent,
        }
    }
}

fn signed_by_any(note: &str, own: &[VerifierKey]) -> bool {
    let Ok(note) = Note::parse(note) else { return false };
    own.iter().any(|key| signature_of(&note, key).is_ok_and(|time| time.is_some()))
}

/// Reads the body of a witness's answer with status 200: the lines of `keys` over the checkpoint that was sent. Lines
/// of other keys are ignored.
///
/// # Errors
/// [`Error::Note`] for a line that is none; [`Error::SignatureMissing`] or [`Error::SignatureWrong`] if one of the
/// keys didn't sign, or states no time.
pub fn read_cosignatures(body: &str, checkpoint: &str, keys: &[VerifierKey]) -> Result<Vec<NoteSignature>, Error> {
    // Lines that came with the checkpoint don't count: the answer's own are read, over the checkpoint's text.
    let sent = Note::parse(checkpoint)?;
    let answer = Note::parse(&format!("{}\n{body}", sent.text()))?;
    for key in keys {
        let missing = || Error::SignatureMissing { name: key.name().to_owned(), kind: key.kind() };
        signature_of(&answer, key)?.flatten().filter(|time| *time > 0).ok_or_else(missing)?;
    }
    let known = |line: &&NoteSignature| keys.iter().any(|key| (key.name(), key.id()) == (line.name(), line.key_id()));
    Ok(answer.signatures().iter().filter(known).cloned().collect())
}

/// Reads the body of a witness's answer with status 409: the size that it recorded.
#[must_use]
pub fn read_size(body: &str) -> Option<u64> {
    body.strip_suffix('\n').and_then(decimal)
}
