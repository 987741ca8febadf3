//! What a vault asks for: an act with its conditions, its effects, what it reads, and how to write its entry.

use crate::admission::{AdmissionKey, AdmissionRow};
use crate::power::{PowerEdit, PowerHead};
use crate::rows::{CloseRow, CustomerRow, FieldRow, IndexRow, Tag};
use domain::interaction::{Event, Timeouts};
use domain::{
    Binding, CaseReason, Channels, Counter, CustomerId, EntryId, Guard, Hold, InteractionId, Millis, PersonId, Purpose,
    Refusal, Room, TenantId, UseLimit,
};
use std::sync::Arc;

/// One act, to be committed with its log entry or refused with one.
#[derive(Clone)]
pub struct Intent {
    /// Whose data.
    pub tenant: TenantId,
    /// The caller's key for this request, if it gave one.
    pub request: Option<RequestKey>,
    /// The customer the entry is about; their entry counter rises by one.
    pub customer: Option<CustomerId>,
    /// What must hold; the first that doesn't is the refusal.
    pub when: Vec<Condition>,
    /// What it costs.
    pub spend: Vec<Spend>,
    /// What it changes.
    pub effects: Vec<Effect>,
    /// Which sealed values it hands out once committed.
    pub read: Vec<FieldRef>,
    /// Where only a second person is missing, nothing is done and nothing is written: whoever asks looks for one, and asks
    /// again.
    pub tentative: bool,
    /// The entry's id.
    pub entry: EntryId,
    /// Writes the entry.
    pub scribe: Arc<dyn Scribe>,
}

/// A request's key and what it stood for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestKey {
    /// Digest of tenant, person and key.
    pub key: [u8; 16],
    /// Digest of the request's content.
    pub content: [u8; 16],
    /// Digest of the session.
    pub session: [u8; 16],
    /// A small number to answer with again.
    pub answer: u32,
}

/// What must hold in the very transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The decision itself was no: only the refusal's entry is to be written.
    Never(Refusal),
    /// People and rules are still those the decision was made under.
    PowerVersion(u64),
    /// The interaction lives and is this person's.
    Handles {
        /// The interaction.
        interaction: InteractionId,
        /// Who must handle it.
        person: PersonId,
        /// Must they be talking (not on hold)?
        talking: bool,
        /// When an interaction counts as over by itself.
        timeouts: Timeouts,
    },
    /// It belongs to this customer, at least so surely. Comes after `Handles`. In a case nobody can be surer; whether that will
    /// do, `OnTheLine` says.
    BoundTo {
        /// The interaction.
        interaction: InteractionId,
        /// Whose it must be.
        customer: CustomerId,
        /// How surely.
        at_least: Binding,
    },
    /// The customer is in touch by one of these channels. Comes after `Handles`.
    OnChannel {
        /// The interaction.
        interaction: InteractionId,
        /// Which.
        channels: Channels,
    },
    /// The customer is in touch by it: it is no case. Comes after `BoundTo`.
    OnTheLine {
        /// The interaction.
        interaction: InteractionId,
        /// The refusal in a case.
        otherwise: Refusal,
    },
    /// There is no such interaction yet.
    Unopened(InteractionId),
    /// It belongs to nobody yet, or to this customer.
    FreeFor {
        /// The interaction.
        interaction: InteractionId,
        /// Who claims it.
        customer: CustomerId,
    },
    /// The code is the one that was sent, in time and unused. A wrong one is counted; after five, none counts.
    CodeIs {
        /// The interaction.
        interaction: InteractionId,
        /// Keyed digest of what was entered.
        mac: [u8; 16],
    },
    /// The customer is on the shelf.
    CustomerExists(CustomerId),
    /// The customer isn't guarded.
    Unguarded {
        /// Who.
        customer: CustomerId,
        /// The refusal when they are.
        otherwise: Refusal,
    },
    /// The field is one of those that were shown of the customer in the interaction, or there is room for one more.
    FewShown {
        /// Who.
        customer: CustomerId,
        /// In which.
        interaction: InteractionId,
        /// The field's mark.
        mark: u8,
        /// How many may be.
        most: u32,
        /// The refusal when they are as many.
        otherwise: Refusal,
    },
    /// The customer isn't under a legal hold.
    Unheld(CustomerId),
    /// The customer had this not limited.
    Unlimited {
        /// Who.
        customer: CustomerId,
        /// What.
        limit: UseLimit,
        /// The refusal when they had.
        otherwise: Refusal,
    },
    /// What the customer says to the data plan's questions still is what was decided on: the row with this tag, or none, and no older one
    /// that was put back.
    Answers {
        /// Who.
        customer: CustomerId,
        /// Their row.
        key: AdmissionKey,
        /// The tag it must have; none where there must be no row.
        tag: Option<Tag>,
        /// How often it had changed.
        n: u32,
        /// The refusal when the row is another; one that was put back is `Tampered`.
        otherwise: Refusal,
    },
    /// There are as many entries about the customer as before: nobody was in touch, looked or wrote.
    Untouched {
        /// Who.
        customer: CustomerId,
        /// How many there were.
        n: u64,
    },
    /// No field lies there yet.
    FieldAbsent(FieldRef),
    /// The field still has this version.
    FieldVersion(FieldRef, u64),
    /// The log was closed exactly once less often than this.
    NextClose(u64),
    /// What lets somebody in still is what was decided on: the row with this tag, or none.
    Admission {
        /// Which row.
        key: AdmissionKey,
        /// The tag it must have; none where there must be no row.
        tag: Option<Tag>,
        /// The refusal when it isn't so.
        otherwise: Refusal,
    },
}

/// Something taken from an allowance, or given back to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spend {
    /// Whose.
    pub counter: Counter,
    /// What for.
    pub purpose: Option<Purpose>,
    /// How much, and which way.
    pub turn: Turn,
    /// The moment at which it counts. Whoever reads the entry must know it too: that of the entry's id, or a moment that it
    /// tells.
    pub at: Millis,
    /// The limits to be kept.
    pub room: Room,
    /// The refusal when it isn't there.
    pub otherwise: Refusal,
}

/// Which way an allowance is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Exactly so much is spent.
    Spend(u32),
    /// So much for a node to spend from its memory; less near the limit ([`domain::allotment::share`]).
    Take(u32),
    /// Back to the step of the moment. Nothing where less than that was spent in it.
    Back(u32),
}

/// A change.
#[derive(Clone, Debug)]
pub enum Effect {
    /// A signed event; a repeated one changes nothing.
    Happened {
        /// The interaction.
        interaction: InteractionId,
        /// The source's name for it.
        reference: String,
        /// What happened.
        event: Event,
    },
    /// The interaction is this customer's from now, at least so surely.
    Bind {
        /// The interaction.
        interaction: InteractionId,
        /// Whose.
        customer: CustomerId,
        /// How surely.
        binding: Binding,
    },
    /// A case is opened: casework for this customer. Nothing where there is an interaction of that id.
    OpenCase {
        /// The case.
        interaction: InteractionId,
        /// Who works on it.
        person: PersonId,
        /// Whose it is.
        customer: CustomerId,
        /// Why.
        reason: CaseReason,
    },
    /// A case is over. Nothing where it is none.
    EndCase {
        /// The case.
        interaction: InteractionId,
    },
    /// The interaction's customer has been proven by the code that was entered.
    Prove {
        /// The interaction.
        interaction: InteractionId,
    },
    /// A code was sent.
    SendCode {
        /// The interaction.
        interaction: InteractionId,
        /// Keyed digest of the code.
        mac: [u8; 16],
        /// When it stops counting.
        expires: Millis,
    },
    /// A new customer.
    PutCustomer(CustomerId, CustomerRow),
    /// The same customer under another shelf key. Nothing where there is none any more: an erasure stays one.
    RewrapCustomer(CustomerId, CustomerRow),
    /// A sealed value, new or replaced.
    PutField(CustomerId, FieldRow),
    /// The same value under a later suite. Nothing where the row isn't what was rewrapped any more: whoever replaced or erased it
    /// meanwhile has done so.
    RewrapField {
        /// Whose.
        customer: CustomerId,
        /// The row as it is to be.
        row: FieldRow,
        /// The envelope that it replaces.
        before: Vec<u8>,
    },
    /// A row of a blind index.
    PutIndex(IndexRow),
    /// A row of a blind index, to be merged when the import is done.
    StageIndex(IndexRow),
    /// Rows of a blind index go: the customer isn't found by these any more. What is put behind it in the same intent stays.
    DropIndex {
        /// Whose.
        customer: CustomerId,
        /// Kind of index, and digest.
        index: Vec<(u16, [u8; 16])>,
    },
    /// The field with this mark is shown of the customer in the interaction.
    Show {
        /// Of whom.
        customer: CustomerId,
        /// In which.
        interaction: InteractionId,
        /// The field's mark.
        mark: u8,
    },
    /// The customer is guarded from now, or isn't any more.
    Guard(CustomerId, Option<Guard>),
    /// The customer is under a legal hold from now, or isn't any more.
    Hold(CustomerId, Option<Hold>),
    /// The customer has this limited from now, or not any more.
    Limit(CustomerId, UseLimit, bool),
    /// What the customer says to the data plan's questions has changed so often.
    Answered(CustomerId, u32),
    /// A value goes. The mask sheet and what points there from an index are the caller's.
    DropField(FieldRef),
    /// The customer's keys, values, counters and index rows go, and the interactions that are theirs. Those in whose events alone they are
    /// named go after it (`Store::drop_mentions`): to find them is a scan, for which nobody's commit waits.
    Erase {
        /// Who.
        customer: CustomerId,
        /// The index rows that point there.
        index: Vec<(u16, [u8; 16])>,
    },
    /// The customer's keys, values and counter go, and the interactions that are theirs. What else points there, from an index
    /// or from an interaction's events, goes with the next sweep: so many can go at once without anything being opened.
    Expire(CustomerId),
    /// Rows of power, and the head that seals what they are then. Goes with the condition that the version is the one
    /// before.
    SetPower(PowerHead, Vec<PowerEdit>),
    /// How far an import came.
    PutProgress {
        /// Digest of the import's file and map.
        import: [u8; 16],
        /// Rows done.
        rows: u64,
    },
    /// A budget's row as the log says it should be, in place of one that says less. The entry tells of it as a movement by
    /// nothing, after which whatever was said of the counter before is settled.
    RestoreBudget {
        /// Whose.
        counter: Counter,
        /// Its total.
        total: u64,
        /// What counts still.
        history: Vec<u8>,
    },
    /// A close of the log. Pages that others began for the same close go.
    PutClose(CloseRow),
    /// What lets somebody in for a while, new or changed. Its tag is made in the transaction.
    PutAdmission(AdmissionRow),
}

/// Names a field of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldRef {
    /// Whose.
    pub customer: CustomerId,
    /// Kind of field.
    pub field: u16,
    /// Which of several.
    pub instance: u32,
}

/// Yes, or no and why.
pub type Decision = Result<(), Refusal>;

/// What only the transaction knows of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Was it done?
    pub decision: Decision,
    /// The customer's entry counter, if the entry is about one.
    pub n: Option<u64>,
    /// The entry about that customer before this one, where their row says it.
    pub previous: Option<EntryId>,
    /// The versions of the fields that were read, in order.
    pub versions: Vec<u64>,
    /// What moved.
    pub spent: Vec<Spent>,
    /// How much was allotted, or was given back of that.
    pub allotted: Option<u32>,
    /// Why the case was opened in which it happens, where it is one.
    pub casework: Option<CaseReason>,
}

/// One counter's movement: with its previous entry, so that a deleted entry shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// Which counter.
    pub counter: Counter,
    /// The entry before this one, zero for none.
    pub previous: EntryId,
    /// How much has moved, either way, since the counter's first entry. It only grows: of two states of a counter it says
    /// which is the older.
    pub total: u64,
    /// How much moved by this entry; less than nothing for what is given back. None in entries from before there was this
    /// number: there `total` is what was used in the entry's hour.
    pub moved: Option<i64>,
}

/// An entry's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inscribed {
    /// The blinded leaf.
    pub leaf: [u8; 65],
    /// The sealed audit half.
    pub audit: Vec<u8>,
    /// The sealed customer half; empty for none.
    pub customer: Vec<u8>,
}

/// Writes an entry once the transaction's numbers are known. Pure: chance was drawn before.
pub trait Scribe: Send + Sync {
    /// The entry's bytes.
    fn inscribe(&self, numbers: &Numbers) -> Inscribed;

    /// The next head of the customer's chain of entries: `H(head ‖ leaf hash)`.
    fn link(&self, head: &[u8; 32], leaf: &[u8; 65]) -> [u8; 32];
}

/// Tags rows under a key that the database's keepers don't hold.
pub trait Seals: Send + Sync {
    /// The tag of a row of `table` that says `material`.
    fn tag(&self, tenant: TenantId, table: &'static str, material: &[u8]) -> Tag;
}
