//! Rows as they lie in a store. Rows that grant or count something carry a tag: a MAC under a key that the
//! database's keepers don't hold, over everything the row says (`material`).

use crate::intent::Seals;
use crate::shown::Shown;
use domain::interaction::{Event, Happening};
use domain::{
    Binding, CaseReason, Channel, Counter, CustomerId, EntryId, Guard, Hold, InteractionId, Millis, PersonId, Phase,
    TenantId, UseLimit,
};

/// First sixteen bytes of the row's MAC.
pub type Tag = [u8; 16];

/// The field code of a customer's mask sheet.
pub const SHEET: u16 = 0;

/// A customer: the keys, wrapped. Everything else is in fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerRow {
    /// Which shelf key wraps it.
    pub epoch: u32,
    /// The wrapped keys.
    pub wrapped: Vec<u8>,
}

/// One sealed value, or the mask sheet (field 0, instance 0).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldRow {
    /// Kind of field.
    pub field: u16,
    /// Which of several.
    pub instance: u32,
    /// How often it was replaced, from 1.
    pub version: u64,
    /// The envelope.
    pub sealed: Vec<u8>,
}

/// A row of a blind index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexRow {
    /// Kind of index.
    pub kind: u16,
    /// The keyed digest of the normalised value.
    pub mac: [u8; 16],
    /// Whose.
    pub customer: CustomerId,
    /// Against re-pointing.
    pub tag: Tag,
}

impl IndexRow {
    /// What the tag covers.
    #[must_use]
    pub fn material(kind: u16, mac: &[u8; 16], customer: CustomerId) -> [u8; 34] {
        let mut out = [0; 34];
        out[..2].copy_from_slice(&kind.to_be_bytes());
        out[2..18].copy_from_slice(mac);
        out[18..].copy_from_slice(&customer.0);
        out
    }
}

/// The log entries about a customer: how many, and the head of their chain; whether they are guarded, and whether they are
/// held. It lies in the customer's row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateRow {
    /// The counter.
    pub n: u64,
    /// `head_n = H(head_{n-1} ‖ leaf hash_n)`, zeros before the first.
    pub head: [u8; 32],
    /// Why nothing of theirs is shown to one person alone, if so.
    pub guard: Option<Guard>,
    /// Why nothing of theirs is destroyed, if so.
    pub hold: Option<Hold>,
    /// What was shown of them in their newest interaction, if anything ever was.
    pub shown: Option<Shown>,
    /// How often what they say to the data plan's questions has changed: an older answer that is put back has another number.
    pub answers: u32,
    /// What they had limited by right: the bits of [`UseLimit`].
    pub limits: u8,
    /// The newest entry about them, from which the ones before it are found.
    pub last: Option<EntryId>,
    /// Over tenant, customer and all of these.
    pub tag: Tag,
}

impl StateRow {
    /// The state of a customer about whom there is no entry yet.
    #[must_use]
    pub fn first(seals: &dyn Seals, tenant: TenantId, customer: CustomerId) -> Self {
        Self { tag: Self::BLANK.tag_by(seals, tenant, customer), ..Self::BLANK }
    }

    /// That state before it has its tag.
    pub(crate) const BLANK: Self = Self {
        n: 0,
        head: [0; 32],
        guard: None,
        hold: None,
        shown: None,
        answers: 0,
        limits: 0,
        last: None,
        tag: [0; 16],
    };

    /// The tag that belongs there.
    #[must_use]
    pub fn tag_by(&self, seals: &dyn Seals, tenant: TenantId, customer: CustomerId) -> Tag {
        let mut material = [0; 92];
        material[..16].copy_from_slice(&customer.0);
        material[16..24].copy_from_slice(&self.n.to_be_bytes());
        material[24..56].copy_from_slice(&self.head);
        material[56] = self.guard.map_or(0, |guard| guard as u8);
        material[57] = self.hold.map_or(0, |hold| hold as u8);
        // As it was before there was anything to say of the last ones, where there is nothing.
        if let Some(shown) = self.shown {
            material[58..70].copy_from_slice(&shown.encode());
        }
        material[70] = u8::from(self.shown.is_some());
        material[71..75].copy_from_slice(&self.answers.to_be_bytes());
        material[75..91].copy_from_slice(&self.last.unwrap_or(EntryId([0; 16])).0);
        material[91] = self.limits;
        let newer = self.last.is_some() || self.answers > 0;
        let said = match (newer, self.guard, self.hold, self.shown) {
            (true, ..) => 91,
            (false, _, _, Some(_)) => 70,
            (false, _, Some(_), None) => 58,
            (false, Some(_), None, None) => 57,
            (false, None, None, None) => 56,
        };
        let said = if self.limits == 0 { said } else { 92 };
        seals.tag(tenant, "state", &material[..said])
    }

    /// Had they this limited?
    #[must_use]
    pub fn is_limited(&self, limit: UseLimit) -> bool {
        self.limits & limit.bit() != 0
    }

    /// Guard, hold, the number of answers and limits as one number, as stores keep them: the guard's in the low byte, the hold's in
    /// the next, the answers in four above, and limits above these.
    #[must_use]
    pub fn marks(&self) -> i64 {
        let guard = self.guard.map_or(0, |guard| guard as i64);
        let hold = self.hold.map_or(0, |hold| hold as i64);
        guard | hold << 8 | i64::from(self.answers) << 16 | i64::from(self.limits) << 48
    }

    /// The same row with these marks; `None` for a number that means nothing.
    #[must_use]
    pub fn marked(self, marks: i64) -> Option<Self> {
        let [0, limits, answers @ .., hold, guard] = marks.to_be_bytes() else { return None };
        let known = UseLimit::ALL.iter().fold(0, |known, limit| known | limit.bit());
        if limits & !known != 0 {
            return None;
        }
        let guard = if guard == 0 { None } else { Some(Guard::from_code(guard)?) };
        let hold = if hold == 0 { None } else { Some(Hold::from_code(hold)?) };
        Some(Self { guard, hold, answers: u32::from_be_bytes(answers), limits, ..self })
    }
}

/// A call, chat or ticket; or a case, in which the customer isn't in touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InteractionRow {
    /// Its id, derived from tenant, source and reference.
    pub id: InteractionId,
    /// The source's own name for it; of a case its reason.
    pub reference: String,
    /// How they talk.
    pub channel: Channel,
    /// Where it stands.
    pub phase: Phase,
    /// Who handles it.
    pub person: Option<PersonId>,
    /// Whose it is.
    pub customer: Option<CustomerId>,
    /// How surely.
    pub binding: Binding,
    /// When it began.
    pub started: Millis,
    /// When it ended.
    pub ended: Option<Millis>,
    /// The last event or act.
    pub active: Millis,
    /// The events so far, encoded ([`encode_events`]).
    pub events: Vec<u8>,
    /// Over all of it.
    pub tag: Tag,
}

impl InteractionRow {
    /// Why the case was opened that it is; none where the customer is in touch. A case's reference is its reason.
    #[must_use]
    pub fn casework(&self) -> Option<CaseReason> {
        (!self.channel.is_in_touch()).then(|| CaseReason::from_slug(&self.reference)).flatten()
    }

    /// What the tag covers.
    #[must_use]
    pub fn material(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128 + self.events.len());
        out.extend_from_slice(&self.id.0);
        for text in [&self.reference, self.channel.slug(), self.phase.slug(), self.binding.slug()] {
            put_text(&mut out, text);
        }
        put_id(&mut out, self.person.map(|id| id.0));
        put_id(&mut out, self.customer.map(|id| id.0));
        out.extend_from_slice(&self.started.0.to_be_bytes());
        out.extend_from_slice(&self.ended.map_or(i64::MIN, |at| at.0).to_be_bytes());
        out.extend_from_slice(&self.active.0.to_be_bytes());
        out.extend_from_slice(&self.events);
        out
    }
}

impl InteractionRow {
    /// Does it name somebody who isn't there any more, and belong to nobody who is? Then nobody needs it.
    pub fn is_left(&self, is_there: impl Fn(CustomerId) -> bool) -> bool {
        !self.customer.is_some_and(&is_there) && self.named().any(|customer| !is_there(customer))
    }

    /// Whom it names: whose it is, and the callers of its events.
    pub fn named(&self) -> impl Iterator<Item = CustomerId> {
        let events = decode_events(&self.events).unwrap_or_default();
        let callers = events.into_iter().filter_map(|event| match event.what {
            Happening::Connected { caller, .. } => caller,
            _ => None,
        });
        self.customer.into_iter().chain(callers)
    }
}

/// What was spent of an allowance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetRow {
    /// How much has moved since the first entry, either way: it only grows.
    pub total: u64,
    /// What counts still ([`domain::History::encode`]).
    pub history: Vec<u8>,
    /// The entry that moved it last.
    pub last: EntryId,
    /// Over counter and all of it.
    pub tag: Tag,
}

impl BudgetRow {
    /// The tag that belongs there.
    #[must_use]
    pub fn tag_by(&self, seals: &dyn Seals, tenant: TenantId, counter: &Counter) -> Tag {
        let mut material = Vec::with_capacity(42 + self.history.len());
        material.extend_from_slice(counter.bytes());
        material.extend_from_slice(&self.total.to_be_bytes());
        material.extend_from_slice(&self.last.0);
        material.extend_from_slice(&self.history);
        seals.tag(tenant, "spending", &material)
    }
}

/// What was spent of an allowance in one clock hour, from before windows slid. Nothing writes these any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HourlyRow {
    /// Whose.
    pub counter: Counter,
    /// The hour's first millisecond.
    pub since: Millis,
    /// How much.
    pub used: u32,
    /// The entry that spent last.
    pub last: EntryId,
    /// Over all of it.
    pub tag: Tag,
}

impl HourlyRow {
    /// The tag that belongs there.
    #[must_use]
    pub fn tag_by(&self, seals: &dyn Seals, tenant: TenantId) -> Tag {
        let mut material = [0; 46];
        material[..18].copy_from_slice(self.counter.bytes());
        material[18..26].copy_from_slice(&self.since.0.to_be_bytes());
        material[26..30].copy_from_slice(&self.used.to_be_bytes());
        material[30..].copy_from_slice(&self.last.0);
        seals.tag(tenant, "budget", &material)
    }
}

/// A one-time code that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeRow {
    /// Keyed digest of interaction and code.
    pub mac: [u8; 16],
    /// When it stops counting.
    pub expires: Millis,
    /// How often a wrong one was entered.
    pub wrong: u32,
    /// Was it used?
    pub used: bool,
    /// Over all of it.
    pub tag: Tag,
}

impl CodeRow {
    /// What the tag covers.
    #[must_use]
    pub fn material(&self, interaction: InteractionId) -> Vec<u8> {
        [
            interaction.0.as_slice(),
            &self.mac,
            &self.expires.0.to_be_bytes(),
            &self.wrong.to_be_bytes(),
            &[u8::from(self.used)],
        ]
        .concat()
    }
}

/// A request whose key was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestRow {
    /// Digest of the request's content.
    pub content: [u8; 16],
    /// Digest of the session it came in.
    pub session: [u8; 16],
    /// The entry it made.
    pub entry: EntryId,
    /// When.
    pub at: Millis,
    /// A small number to answer with again (an instance).
    pub answer: u32,
}

/// A log entry: its leaf in the open, its two halves sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    /// Its id, also the receipt's.
    pub id: EntryId,
    /// `01 ‖ label[32] ‖ commit[32]`; of a close `02 ‖ …`, in clear.
    pub leaf: [u8; 65],
    /// The audit half.
    pub audit: Vec<u8>,
    /// The customer half, empty where no customer is concerned.
    pub customer: Vec<u8>,
    /// Its place in the log, once sequenced.
    pub index: Option<u64>,
}

/// A close of a tenant's log. Its entry's leaf says the same in clear, so there is no tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CloseRow {
    /// Which, from 1 and without a gap.
    pub number: u64,
    /// Its entry.
    pub entry: EntryId,
    /// Names its pages, which were written before it.
    pub list: [u8; 16],
    /// How many leaves the log had when the counting began.
    pub covers: u64,
    /// When that was.
    pub at: Millis,
    /// How many rows the list has.
    pub size: u64,
    /// The root over its rows.
    pub root: [u8; 32],
}

/// A page of a close's list, as it is written before there is a close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosePage {
    /// For which close.
    pub number: u64,
    /// Whose list: two nodes may be making one each.
    pub list: [u8; 16],
    /// Which page, from zero.
    pub page: u64,
    /// Its rows.
    pub data: Vec<u8>,
}

pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&(text.len() as u64).to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn put_id(out: &mut Vec<u8>, id: Option<[u8; 16]>) {
    out.push(u8::from(id.is_some()));
    out.extend_from_slice(&id.unwrap_or_default());
}

const EVENT: usize = 8 + 16 + 1 + 1 + 16 + 17;

/// Events as fixed-size records: `at i64 ‖ id[16] ‖ what u8 ‖ channel u8 ‖ person[16] ‖ (has u8 ‖ caller[16])`.
#[must_use]
pub fn encode_events(events: &[Event]) -> Vec<u8> {
    let mut out = Vec::with_capacity(events.len() * EVENT);
    for event in events {
        out.extend_from_slice(&event.at.0.to_be_bytes());
        out.extend_from_slice(&event.id);
        let (what, channel, person, caller) = match event.what {
            Happening::Connected { channel, person, caller } => (0, channel as u8, person.0, caller),
            Happening::Transferred { person } => (1, 0, person.0, None),
            Happening::Held => (2, 0, [0; 16], None),
            Happening::Resumed => (3, 0, [0; 16], None),
            Happening::Ended => (4, 0, [0; 16], None),
        };
        out.extend_from_slice(&[what, channel]);
        out.extend_from_slice(&person);
        put_id(&mut out, caller.map(|id| id.0));
    }
    out
}

/// The events of [`encode_events`]; `None` if the bytes aren't that.
#[must_use]
pub fn decode_events(bytes: &[u8]) -> Option<Vec<Event>> {
    let records = bytes.chunks_exact(EVENT);
    records.remainder().is_empty().then_some(())?;
    records.map(decode_event).collect()
}

fn decode_event(record: &[u8]) -> Option<Event> {
    let at = Millis(i64::from_be_bytes(record[..8].try_into().ok()?));
    let id = record[8..24].try_into().ok()?;
    let person = PersonId(record[26..42].try_into().ok()?);
    let caller = (record[42] == 1).then_some(CustomerId(record[43..].try_into().ok()?));
    let channel = *Channel::IN_TOUCH.get(usize::from(record[25]))?;
    let what = match record[24] {
        0 => Happening::Connected { channel, person, caller },
        1 => Happening::Transferred { person },
        2 => Happening::Held,
        3 => Happening::Resumed,
        4 => Happening::Ended,
        _ => return None,
    };
    Some(Event { at, id, what })
}
