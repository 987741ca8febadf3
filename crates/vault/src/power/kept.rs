//! A proposal's row: what officers were shown, who signed it and at which browser, and until when it stands.

use super::Snapshot;
use super::wish::{Drafted, Encoded};
use crate::wiring::Act;
use domain::{Millis, Pending, PowerKind, Refusal};
use keys::power::Assertion;
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, Tag};

/// How long a proposal can be signed, and be found once its time has come, in milliseconds.
pub(super) const STANDS_MS: i64 = 7 * 24 * 3_600_000;

/// A draft that came back, or a proposal as it stands in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) drafted: Drafted,
    /// What was signed.
    pub(super) challenge: Option<[u8; 32]>,
    /// When it comes into force, once as many have signed as must.
    pub(super) due: Option<Millis>,
    /// At which browser each signature was given, in their order, by the digest of its key; none for a program.
    pub(super) browsers: Vec<Option<[u8; 16]>>,
    /// Until when it can be signed, or found once its time has come.
    pub(super) until: Millis,
    /// The how manyth record of it this is, as the log counts; nought for one that isn't counted: of before they were, or that stands nowhere.
    pub(super) turn: u64,
    /// Of the row in the store.
    pub(super) tag: Option<Tag>,
}

impl Kept {
    pub(super) fn new(drafted: Drafted) -> Self {
        let until = drafted.at.plus(STANDS_MS);
        Self { drafted, challenge: None, due: None, browsers: Vec::new(), until, turn: 0, tag: None }
    }

    pub(super) fn key(&self) -> AdmissionKey {
        AdmissionKey { kind: AdmissionKind::Proposal, id: self.drafted.new.0 }
    }

    /// The row still is the one that was seen; none, where there was none.
    pub(super) fn unchanged(&self) -> Condition {
        Condition::Admission { key: self.key(), tag: self.tag, otherwise: Refusal::ChangeGone }
    }

    /// It isn't forgotten by itself: that it ran out is an entry.
    fn row(&self) -> AdmissionRow {
        AdmissionRow { key: self.key(), body: self.encode(), expires: Millis(i64::MAX), tag: [0; 16] }
    }

    /// What is left of it, as long as a draft of it could come back.
    pub(super) fn remains(&self) -> AdmissionRow {
        AdmissionRow { body: Vec::new(), expires: self.until, ..self.row() }
    }

    /// With the act it stands in the store, signed once more.
    pub(super) fn kept_by(self, act: Act) -> Act {
        let act = if self.turn > 0 { act } else { act.counts(Pending::Proposal, false) };
        let now = Self { turn: self.turn + 1, ..self };
        let act = act.counts_turn(Pending::Proposal, &now.key().id);
        act.when(now.unchanged()).effect(Effect::PutAdmission(now.row()))
    }

    /// The act ends it.
    pub(super) fn ended_by(&self, act: Act) -> Act {
        let act = if self.turn > 0 { act.counts(Pending::Proposal, true) } else { act };
        act.when(self.unchanged()).effect(Effect::PutAdmission(self.remains()))
    }

    /// Was it made or withdrawn? Then somebody put its row back.
    pub(super) fn has_ended(&self, snapshot: &Snapshot) -> bool {
        snapshot.powers.0.contains_key(&(PowerKind::Settled, self.drafted.new.0))
    }

    pub(super) fn has_run_out(&self, now: Millis) -> bool {
        now.since(self.until) >= 0
    }

    /// The browsers of those who signed, as far as their signatures still count.
    pub(super) fn browsers_of(&self, signed: &[Assertion]) -> Vec<Option<[u8; 16]>> {
        let all = self.drafted.signed.iter().zip(self.browsers.iter().copied());
        all.filter(|(one, _)| signed.contains(one)).map(|(_, browser)| browser).collect()
    }

    /// `[draft, challenge or null, ms or null, [browser or null…], ms, turn]`
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        // Writing to a vector can't fail: the error type has no values.
        let _: Encoded = self.write(&mut Encoder::new(&mut out));
        out
    }

    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Encoded {
        e.array(6)?.bytes(&self.drafted.encode())?;
        match &self.challenge {
            Some(challenge) => e.bytes(challenge)?,
            None => e.null()?,
        };
        e.encode(self.due.map(|due| due.0))?.array(self.browsers.len() as u64)?;
        for browser in &self.browsers {
            match browser {
                Some(browser) => e.bytes(browser)?,
                None => e.null()?,
            };
        }
        e.i64(self.until.0)?.u64(self.turn)?;
        Ok(())
    }

    pub(super) fn read(row: &AdmissionRow) -> Result<Option<Self>, minicbor::decode::Error> {
        let mut d = Decoder::new(&row.body);
        let parts = d.array()?;
        let Some(drafted) = Drafted::decode(d.bytes()?) else { return Ok(None) };
        let challenge = d.bytes()?.try_into().ok();
        let due: Option<i64> = d.decode()?;
        // Of before browsers were kept.
        let mut browsers = vec![None; drafted.signed.len()];
        if parts >= Some(4) && d.array()? == Some(browsers.len() as u64) {
            for browser in &mut browsers {
                let none = d.datatype()? == Type::Null;
                *browser = if none { d.null().map(|()| None)? } else { d.bytes()?.try_into().ok() };
            }
        }
        let (due, tag) = (due.map(Millis), Some(row.tag));
        // Of before they were counted: the row went by itself.
        let (until, turn) = if parts == Some(6) { (Millis(d.i64()?), d.u64()?) } else { (row.expires, 0) };
        Ok(Some(Self { drafted, challenge, due, browsers, until, turn, tag }))
    }
}
