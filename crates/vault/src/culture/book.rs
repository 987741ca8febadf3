//! The book of drills: what runs, what was counted, and who was drawn when. One row, sealed and under a tag.

use super::figures::{SPEEDS, Tally};
use super::{DAY_MS, KEPT_MS, MONTH_MS, PeopleDrillId};
use crate::error::VaultError;
use crate::wiring::{Act, Vault};
use domain::{EntryId, Millis, PersonId, Reaction, Refusal, Ruse, TenantId};
use minicbor::{Decoder, Encoder};
use store::{AdmissionKey, AdmissionKind, AdmissionRow, Condition, Effect, Seals, Tag};

/// There is one row, and it stays.
const KEY: AdmissionKey = AdmissionKey { kind: AdmissionKind::PeopleDrills, id: [0; 16] };
const NEVER: Millis = Millis(i64::MAX);
/// What its key is derived for.
const BOOK: &[u8] = b"rf1/people-drills";
/// Its length is rounded up to so many bytes: it tells little of what is in it.
const ROUNDED: usize = 4_096;
/// For how long it is remembered that somebody has met a kind of drill, never what they made of it, in milliseconds.
const REMEMBERED_MS: i64 = 400 * DAY_MS;

/// Something that is to come to somebody's desk, or lies there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) person: PersonId,
    /// Not before then.
    pub(super) due: Millis,
    /// The place of their team in the drill's list.
    pub(super) team: u32,
    /// Had they met this kind before?
    pub(super) again: bool,
    /// When it came.
    pub(super) shown: Option<Millis>,
}

/// What a team made of a drill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TeamTally {
    pub(super) team: String,
    /// Of who met this kind for the first time.
    pub(super) first: Tally,
    /// Of who had met it before.
    pub(super) again: Tally,
}

/// A drill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Drill {
    pub(super) id: PeopleDrillId,
    pub(super) ruse: Ruse,
    pub(super) from: Millis,
    pub(super) until: Millis,
    pub(super) planner: PersonId,
    /// The entry of its planning.
    pub(super) planned: EntryId,
    /// How many were drawn.
    pub(super) drawn: u32,
    /// Who is still to meet it or to answer; nobody once it is closed.
    pub(super) events: Vec<Event>,
    pub(super) teams: Vec<TeamTally>,
    pub(super) closed: Option<Millis>,
}

impl Drill {
    /// One person's reaction becomes one more of their team's, and the person is forgotten.
    pub(super) fn count(&mut self, at: usize, reaction: Reaction, now: Millis) {
        let event = self.events.remove(at);
        let Some(shown) = event.shown else { return };
        let Some(team) = usize::try_from(event.team).ok().and_then(|team| self.teams.get_mut(team)) else { return };
        let tally = if event.again { &mut team.again } else { &mut team.first };
        tally.count(reaction, now.since(shown));
    }
}

/// Who was drawn, for what, and from when on it may come to them; never what they made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Drawn {
    pub(super) person: PersonId,
    pub(super) ruse: Ruse,
    pub(super) at: Millis,
}

/// The book.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Book {
    pub(super) drills: Vec<Drill>,
    pub(super) drawn: Vec<Drawn>,
}

/// The book as it was read.
pub(super) struct Opened {
    pub(super) book: Book,
    tag: Option<Tag>,
}

type Encoded = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

impl Book {
    /// How often a human was drawn for what begins within thirty days of this moment, before or after it, by any of their accounts.
    pub(super) fn around(&self, accounts: &[PersonId], at: Millis) -> usize {
        let near = |one: &&Drawn| accounts.contains(&one.person) && at.since(one.at).abs() < MONTH_MS;
        self.drawn.iter().filter(near).count()
    }

    /// Have they been drawn for this kind before, by any of their accounts?
    pub(super) fn knows(&self, accounts: &[PersonId], ruse: Ruse) -> bool {
        self.drawn.iter().any(|one| accounts.contains(&one.person) && one.ruse == ruse)
    }

    /// What is or may come to this person's desk: which drill, and which of its events.
    pub(super) fn due(&self, person: PersonId, now: Millis) -> Option<(usize, usize)> {
        self.drills.iter().enumerate().filter(|(_, drill)| drill.closed.is_none()).find_map(|(at, drill)| {
            let open = |event: &Event| event.person == person && (event.shown.is_some() || now < drill.until);
            let due = |event: &Event| open(event) && event.due <= now;
            Some((at, drill.events.iter().position(due)?))
        })
    }

    /// Without what is too old to be kept.
    pub(super) fn pruned(mut self, now: Millis) -> Self {
        self.drills.retain(|drill| drill.closed.is_none_or(|closed| now.since(closed) < KEPT_MS));
        self.drawn.retain(|one| now.since(one.at) < REMEMBERED_MS);
        self
    }

    /// `[[drill...], [[person, ruse, ms]...]]`, and zeros up to a round length.
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(ROUNDED);
        // Writing to a vector can't fail: the error type has no values.
        let _: Encoded = self.write(&mut Encoder::new(&mut out));
        out.resize(out.len().next_multiple_of(ROUNDED), 0);
        out
    }

    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Encoded {
        e.array(2)?.array(self.drills.len() as u64)?;
        for drill in &self.drills {
            drill.write(e)?;
        }
        e.array(self.drawn.len() as u64)?;
        for one in &self.drawn {
            e.array(3)?.bytes(&one.person.0)?.u8(one.ruse as u8)?.i64(one.at.0)?;
        }
        Ok(())
    }

    fn read(bytes: &[u8]) -> Result<Option<Self>, minicbor::decode::Error> {
        let d = &mut Decoder::new(bytes);
        let mut book = Self::default();
        d.array()?;
        for _ in 0..d.array()?.unwrap_or(0) {
            let Some(drill) = Drill::read(d)? else { return Ok(None) };
            book.drills.push(drill);
        }
        for _ in 0..d.array()?.unwrap_or(0) {
            d.array()?;
            let (Some(person), Some(ruse)) = (id(d)?, Ruse::from_code(d.u8()?)) else { return Ok(None) };
            book.drawn.push(Drawn { person: PersonId(person), ruse, at: Millis(d.i64()?) });
        }
        Ok(Some(book))
    }
}

fn id(d: &mut Decoder<'_>) -> Result<Option<[u8; 16]>, minicbor::decode::Error> {
    Ok(d.bytes()?.try_into().ok())
}

fn moment(d: &mut Decoder<'_>) -> Result<Option<Millis>, minicbor::decode::Error> {
    Ok(match d.i64()? {
        i64::MIN => None,
        at => Some(Millis(at)),
    })
}

impl Drill {
    /// `[id, ruse, from, until, planner, entry, drawn, closed, [[person, due, team, again, shown]...], [[team, first, again]...]]`; a
    /// moment that isn't yet is the smallest number.
    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Encoded {
        let or_never = |at: Option<Millis>| at.map_or(i64::MIN, |at| at.0);
        e.array(10)?.bytes(&self.id.0)?.u8(self.ruse as u8)?.i64(self.from.0)?.i64(self.until.0)?;
        e.bytes(&self.planner.0)?.bytes(&self.planned.0)?.u32(self.drawn)?.i64(or_never(self.closed))?;
        e.array(self.events.len() as u64)?;
        for event in &self.events {
            e.array(5)?.bytes(&event.person.0)?.i64(event.due.0)?.u32(event.team)?;
            e.bool(event.again)?.i64(or_never(event.shown))?;
        }
        e.array(self.teams.len() as u64)?;
        for team in &self.teams {
            e.array(3)?.str(&team.team)?;
            for tally in [&team.first, &team.again] {
                e.array(2 + SPEEDS as u64)?.u32(tally.ignored)?.u32(tally.fell)?;
                for count in tally.reported {
                    e.u32(count)?;
                }
            }
        }
        Ok(())
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        d.array()?;
        let (Some(own), Some(ruse)) = (id(d)?, Ruse::from_code(d.u8()?)) else { return Ok(None) };
        let (from, until) = (Millis(d.i64()?), Millis(d.i64()?));
        let (Some(planner), Some(planned)) = (id(d)?, id(d)?) else { return Ok(None) };
        let (drawn, closed) = (d.u32()?, moment(d)?);
        let mut events = Vec::new();
        for _ in 0..d.array()?.unwrap_or(0) {
            d.array()?;
            let Some(person) = id(d)? else { return Ok(None) };
            let (due, team, again) = (Millis(d.i64()?), d.u32()?, d.bool()?);
            events.push(Event { person: PersonId(person), due, team, again, shown: moment(d)? });
        }
        let mut teams = Vec::new();
        for _ in 0..d.array()?.unwrap_or(0) {
            d.array()?;
            teams.push(TeamTally { team: d.str()?.to_owned(), first: tally(d)?, again: tally(d)? });
        }
        let (id, planner, planned) = (PeopleDrillId(own), PersonId(planner), EntryId(planned));
        Ok(Some(Self { id, ruse, from, until, planner, planned, drawn, events, teams, closed }))
    }
}

fn tally(d: &mut Decoder<'_>) -> Result<Tally, minicbor::decode::Error> {
    d.array()?;
    let mut tally = Tally { ignored: d.u32()?, fell: d.u32()?, ..Tally::default() };
    for count in &mut tally.reported {
        *count = d.u32()?;
    }
    Ok(tally)
}

impl Opened {
    /// The act makes it this, if it still is what was read.
    pub(super) fn turned(self, vault: &Vault, act: Act) -> Result<Act, VaultError> {
        let book = self.book.pruned(act.draft.at);
        let body = vault.seal_text(act.tenant, BOOK, &KEY.id, &book.encode())?;
        let row = AdmissionRow { key: KEY, body, expires: NEVER, tag: [0; 16] };
        let unchanged = Condition::Admission { key: KEY, tag: self.tag, otherwise: Refusal::PowerChanged };
        Ok(act.when(unchanged).effect(Effect::PutAdmission(row)))
    }
}

impl Vault {
    /// The book, as it stands in the store.
    ///
    /// # Errors
    /// `Refused` as `Tampered` if its row was edited; if the store fails.
    pub(super) async fn book(&self, tenant: TenantId) -> Result<Opened, VaultError> {
        let Some(row) = self.store.admission(tenant, KEY).await? else {
            return Ok(Opened { book: Book::default(), tag: None });
        };
        let tampered = || VaultError::refused(Refusal::Tampered);
        if row.tag != self.seals.tag(tenant, "admission", &row.material()) {
            return Err(tampered());
        }
        let plain = self.open_text(tenant, BOOK, &KEY.id, &row.body).map_err(|_| tampered())?;
        let book = Book::read(&plain).ok().flatten().ok_or_else(tampered)?;
        Ok(Opened { book, tag: Some(row.tag) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book() -> Book {
        let event = |n: u8, shown| Event {
            person: PersonId([n; 16]),
            due: Millis(i64::from(n)),
            team: 0,
            again: n == 2,
            shown,
        };
        let team = TeamTally { team: "North".into(), first: Tally::default(), again: Tally::default() };
        let drill = Drill {
            id: PeopleDrillId([9; 16]),
            ruse: Ruse::Bribe,
            from: Millis(0),
            until: Millis(100),
            planner: PersonId([7; 16]),
            planned: EntryId([8; 16]),
            drawn: 2,
            events: vec![event(1, Some(Millis(3))), event(2, None)],
            teams: vec![team],
            closed: None,
        };
        let drawn = vec![Drawn { person: PersonId([1; 16]), ruse: Ruse::Decoy, at: Millis(5) }];
        Book { drills: vec![drill], drawn }
    }

    #[test]
    fn comes_back_as_it_was_kept_and_its_length_is_round() {
        let book = book();
        let bytes = book.encode();
        assert_eq!(Book::read(&bytes).unwrap().unwrap(), book);
        assert_eq!(bytes.len(), ROUNDED);
        assert_eq!(Book::default().encode().len(), ROUNDED, "an empty one is as long");
        assert!(Book::read(b"").is_err());
    }

    #[test]
    fn an_answer_takes_the_person_out_and_adds_one_to_the_team() {
        let mut book = book();
        assert_eq!(book.due(PersonId([1; 16]), Millis(1)), Some((0, 0)));
        assert_eq!(book.due(PersonId([2; 16]), Millis(1)), None, "not yet");
        assert_eq!(book.due(PersonId([2; 16]), Millis(100)), None, "not any more");
        book.drills[0].count(0, Reaction::Fell, Millis(50));
        let drill = &book.drills[0];
        assert_eq!((drill.teams[0].first.fell, drill.teams[0].first.met()), (1, 1));
        let bytes = book.encode();
        assert!(!drill.events.iter().any(|event| event.person == PersonId([1; 16])));
        let fell = bytes.windows(16).filter(|window| *window == [1; 16]).count();
        assert_eq!(fell, 1, "only that they were drawn once");
        // What never came to the desk is counted for nobody.
        book.drills[0].count(0, Reaction::Fell, Millis(50));
        assert_eq!(book.drills[0].teams[0].again.met(), 0);
    }
}
