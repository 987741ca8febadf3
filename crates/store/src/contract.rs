//! The trait an engine implements.

use crate::admission::{AdmissionKey, AdmissionKind, AdmissionRow};
use crate::intent::{FieldRef, Intent, Seals};
use crate::power::{PersonRow, PowerHead, PowerRow};
use crate::rows::{
    BudgetRow, ClosePage, CloseRow, CustomerRow, EntryRow, FieldRow, HourlyRow, IndexRow, InteractionRow, StateRow, Tag,
};
use crate::settle::Outcome;
use core::future::Future;
use core::pin::Pin;
use domain::{Counter, CustomerId, EntryId, InteractionId, Millis, PersonId, TenantId};

/// A boxed future of a store's answer.
pub type Fut<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A commit that has its place: it is ready once another one may follow, and what it gives is ready once it is durable.
pub type Committing<'a> = Pin<Box<dyn Future<Output = Fut<'a, Vec<Outcome>>> + Send + 'a>>;

/// Why a store did nothing. Messages never hold a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No space, or no permission to write.
    #[error("the store can't be written (disk full?); nothing was changed")]
    Full,
    /// It is busy or can't be reached; trying again may help.
    #[error("the store doesn't answer; try again")]
    Unavailable,
    /// It isn't what it should be.
    #[error("the store is damaged or of another version: {0}")]
    Damaged(&'static str),
}

/// Items and where to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, K> {
    /// At most as many as asked for.
    pub items: Vec<T>,
    /// The key to go on after; `None` at the end.
    pub next: Option<K>,
}

impl<T, K> Page<T, K> {
    /// A page of at most `limit` of these items; an engine reads one more to know whether there are any.
    #[must_use]
    pub fn cut(mut items: Vec<T>, limit: u32, key: impl FnOnce(&T) -> K) -> Self {
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(key);
        Self { items, next }
    }
}

/// Background work that one node does at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Job {
    /// Sequencing a tenant's log.
    Sequence(TenantId),
    /// Closing a tenant's log.
    Close(TenantId),
    /// Recounting what was spent.
    Recount(TenantId),
    /// Destroying what has expired.
    Expire(TenantId),
    /// Telling somebody outside of a tenant's log.
    Tell(TenantId, [u8; 16]),
    /// Reporting to the board.
    Board(TenantId),
}

/// The right to do a job, with a number that grows with each holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fence {
    /// The job.
    pub job: Job,
    /// The holder's number.
    pub number: u64,
}

/// An entry that has no place in the log yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingLeaf {
    /// The entry.
    pub entry: EntryId,
    /// Its leaf.
    pub leaf: [u8; 65],
}

/// Names a tile: `level` 0..=63 for hashes, -1 for entry bundles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileKey {
    /// Level in the tree, -1 for entry bundles.
    pub level: i8,
    /// Which at that level.
    pub index: u64,
}

/// The log as last published.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct LogHead {
    /// How many leaves.
    pub size: u64,
    /// The signed checkpoint; empty before the first.
    pub checkpoint: String,
    /// The fence it was published under.
    pub fence: u64,
}

/// What a sequencer publishes at once.
#[derive(Clone, Debug)]
pub struct Publication {
    /// Whose log.
    pub tenant: TenantId,
    /// The right to do it.
    pub fence: Fence,
    /// The size it goes on from.
    pub from: u64,
    /// The entries that get the places from `from` on, with the leaves that stand there: each only if that is what waits
    /// and what is kept, as either row may have been edited.
    pub entries: Vec<PendingLeaf>,
    /// New and grown tiles, whole.
    pub tiles: Vec<(TileKey, Vec<u8>)>,
    /// The new signed checkpoint.
    pub checkpoint: String,
}

/// Whether a publication counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swap {
    /// It is the log now.
    Done,
    /// Someone else published, or the fence is old; nothing changed.
    Lost,
}

/// A checkpoint with what a witness signed of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// The witness's name; empty for the newest checkpoint that enough witnesses signed.
    pub witness: String,
    /// How many leaves.
    pub size: u64,
    /// The signed note with the witnesses' lines.
    pub note: String,
}

/// A customer with their keys and their state in the log.
pub type CountedCustomer = (CustomerId, CustomerRow, StateRow);

/// A sealed value with its customer's keys.
pub type SealedValue = (CustomerId, CustomerRow, FieldRow);

/// A customer as retention looks at them: nothing of it opens anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Who.
    pub customer: CustomerId,
    /// Their keys.
    pub keys: CustomerRow,
    /// Their state in the log.
    pub state: StateRow,
    /// Each sealed value, the mask sheet not among them; sorted.
    pub values: Vec<HeldValue>,
    /// Their interactions.
    pub interactions: Vec<InteractionRow>,
}

/// A sealed value that nobody opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HeldValue {
    /// Its kind.
    pub field: u16,
    /// Which of several.
    pub instance: u32,
    /// How often it was replaced, or when the customer corrected it.
    pub version: u64,
}

/// A place in the blind index: kind, digest, customer.
pub type IndexPlace = (u16, [u8; 16], CustomerId);

/// A step of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swept<K> {
    /// Rows that went.
    pub gone: u64,
    /// Where the next step goes on; `None` at the end.
    pub next: Option<K>,
}

/// What a sweep of the index leaves in place of a row that it takes out: a row of what lets somebody in, with its tag, or nothing.
pub type Leave<'a> = &'a (dyn Fn(&IndexPlace) -> Option<AdmissionRow> + Send + Sync);

/// How many sealed values of a kind begin with these bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldCount {
    /// Kind of field; 0 for mask sheets.
    pub field: u16,
    /// The first three bytes.
    pub head: Vec<u8>,
    /// How many.
    pub count: u64,
}

/// A store for everything Ringfence keeps. Reads see what was committed before them.
pub trait Store: Send + Sync {
    /// Commits intents in order, in one transaction, durably, and says what became of each; in two steps, so that what comes
    /// after one commit needn't keep the next one waiting.
    fn commit_next<'a>(&'a self, now: Millis, intents: Vec<Intent>, seals: &'a dyn Seals) -> Committing<'a>;

    /// Both steps.
    fn commit<'a>(&'a self, now: Millis, intents: Vec<Intent>, seals: &'a dyn Seals) -> Fut<'a, Vec<Outcome>> {
        let committing = self.commit_next(now, intents, seals);
        Box::pin(async move { committing.await.await })
    }

    /// Ready once everything that reads have shown so far is durable: for whoever remembers it elsewhere.
    fn durable(&self) -> Fut<'_, ()>;
    /// Is there code in the database that isn't ours: a trigger, a rule, a policy of rows? It can swallow a write whose
    /// statement succeeds. Ours has none.
    fn foreign_code(&self) -> Fut<'_, bool>;

    /// What seals all power in its version.
    fn power_head(&self, tenant: TenantId) -> Fut<'_, Option<PowerHead>>;
    /// All rows of power but for people, by kind and id.
    fn power_rows(&self, tenant: TenantId) -> Fut<'_, Vec<PowerRow>>;
    /// How many sealed values there are, by kind of field and by the first three bytes of the envelope, in which its suite
    /// stands; fewer bytes where a value has fewer. It reads all of them: for looking over a store, never for serving.
    fn field_census(&self, tenant: TenantId) -> Fut<'_, Vec<FieldCount>>;
    /// All people of a tenant, by name.
    fn persons(&self, tenant: TenantId) -> Fut<'_, Vec<PersonRow>>;

    /// An interaction.
    fn interaction(&self, tenant: TenantId, id: InteractionId) -> Fut<'_, Option<InteractionRow>>;
    /// Interactions, newest last act first: of one person or of all, live ones only or all. `after` is the last
    /// one's (active, id).
    fn interactions(
        &self,
        tenant: TenantId,
        person: Option<PersonId>,
        live: bool,
        after: Option<(Millis, InteractionId)>,
        limit: u32,
    ) -> Fut<'_, Page<InteractionRow, (Millis, InteractionId)>>;

    /// A customer's keys.
    fn customer(&self, tenant: TenantId, customer: CustomerId) -> Fut<'_, Option<CustomerRow>>;
    /// Customers by id, for chores.
    fn customers(
        &self,
        tenant: TenantId,
        after: Option<CustomerId>,
        limit: u32,
    ) -> Fut<'_, Vec<(CustomerId, CustomerRow)>>;
    /// Customers by id, each with the state of their entries: both of one moment.
    fn states(
        &self,
        tenant: TenantId,
        after: Option<CustomerId>,
        limit: u32,
    ) -> Fut<'_, Vec<(CustomerId, CustomerRow, StateRow)>>;
    /// The state of a customer's entries.
    fn state(&self, tenant: TenantId, customer: CustomerId) -> Fut<'_, Option<StateRow>>;
    /// Does no customer's row lie under this shelf key?
    fn shelf_is_empty(&self, tenant: TenantId, epoch: u32) -> Fut<'_, bool>;
    /// All sealed values of a customer, the mask sheet first.
    fn fields(&self, tenant: TenantId, customer: CustomerId) -> Fut<'_, Vec<FieldRow>>;
    /// Sealed values by customer, kind and instance, each with its customer's keys, for chores.
    fn sealed_values(&self, tenant: TenantId, after: Option<FieldRef>, limit: u32) -> Fut<'_, Vec<SealedValue>>;
    /// Rows of a blind index; at most `limit`.
    fn look_up(&self, tenant: TenantId, kind: u16, mac: [u8; 16], limit: u32) -> Fut<'_, Vec<IndexRow>>;
    /// What was spent of an allowance.
    fn budget(&self, tenant: TenantId, counter: Counter) -> Fut<'_, Option<BudgetRow>>;
    /// The same of many at once; those that there are.
    fn budgets_of(&self, tenant: TenantId, counters: Vec<Counter>) -> Fut<'_, Vec<(Counter, BudgetRow)>>;
    /// Every allowance, for recounting.
    fn budgets(&self, tenant: TenantId) -> Fut<'_, Vec<(Counter, BudgetRow)>>;
    /// What was spent by the hour before windows slid, from an hour on.
    fn hourly_budgets(&self, tenant: TenantId, from: Millis) -> Fut<'_, Vec<HourlyRow>>;
    /// How far an import came.
    fn progress(&self, tenant: TenantId, import: [u8; 16]) -> Fut<'_, u64>;
    /// Merges staged index rows into the index, in sorted order.
    fn merge_index(&self, tenant: TenantId) -> Fut<'_, u64>;

    /// An entry.
    fn entry(&self, tenant: TenantId, id: EntryId) -> Fut<'_, Option<EntryRow>>;
    /// Entries by place in the log, falling from below `before`.
    fn entries(&self, tenant: TenantId, before: Option<u64>, limit: u32) -> Fut<'_, Vec<EntryRow>>;
    /// Entries without a place, oldest first, from an entry on: whoever has placed all before it needn't look there
    /// again.
    fn pending(&self, tenant: TenantId, from: Option<EntryId>, limit: u32) -> Fut<'_, Vec<PendingLeaf>>;
    /// Entries that no sequencer would place: they have no place and don't wait for one, or what waits isn't the entry
    /// that is kept. There are none unless somebody edited the store. At most `limit`.
    fn strays(&self, tenant: TenantId, limit: u32) -> Fut<'_, Vec<EntryId>>;
    /// The log as last published.
    fn head(&self, tenant: TenantId) -> Fut<'_, LogHead>;
    /// A tile as last published.
    fn tile(&self, tenant: TenantId, key: TileKey) -> Fut<'_, Option<Vec<u8>>>;
    /// The right to do a job until `now + ttl_ms`, if nobody else has it; the same holder's right is renewed.
    /// A time that is over gives it back: the next one gets it at once, under a newer fence.
    fn lease(&self, job: Job, holder: [u8; 16], now: Millis, ttl_ms: i64) -> Fut<'_, Option<Fence>>;
    /// Publishes, if the log still is where the publication goes on from and the fence is older than neither the log's
    /// nor the lease's: whoever lost the lease publishes nothing, even before its successor has.
    fn publish(&self, publication: Publication) -> Fut<'_, Swap>;

    /// Entries by id, placed or not, falling from below `before`; none below `from`.
    fn entries_between(&self, tenant: TenantId, from: EntryId, before: EntryId, limit: u32) -> Fut<'_, Vec<EntryRow>>;
    /// What witnesses signed, by name.
    fn cosigned(&self, tenant: TenantId) -> Fut<'_, Vec<Cosigned>>;
    /// Keeps what witnesses signed, at once; not where something larger of the same witness is kept.
    fn put_cosigned(&self, tenant: TenantId, rows: Vec<Cosigned>) -> Fut<'_, ()>;

    /// Customers about whom there are entries, by id: keys and state, of one moment for each.
    fn counted(&self, tenant: TenantId, after: Option<CustomerId>, limit: u32) -> Fut<'_, Vec<CountedCustomer>>;
    /// Keeps a page of a list that a close will name. False, and nothing is kept, once there is that close.
    fn put_close_page(&self, tenant: TenantId, page: ClosePage) -> Fut<'_, bool>;
    /// Closes by number, falling from below `before`.
    fn closes(&self, tenant: TenantId, before: Option<u64>, limit: u32) -> Fut<'_, Vec<CloseRow>>;
    /// What lets somebody in, by name.
    fn admission(&self, tenant: TenantId, key: AdmissionKey) -> Fut<'_, Option<AdmissionRow>>;
    /// Everything of one kind that lets somebody in, by id.
    fn admissions(
        &self,
        tenant: TenantId,
        kind: AdmissionKind,
        after: Option<[u8; 16]>,
        limit: u32,
    ) -> Fut<'_, Vec<AdmissionRow>>;
    /// Of one kind, everything whose id begins with one of these: of many beginnings at once, each given once. In no order.
    fn admissions_under(
        &self,
        tenant: TenantId,
        kind: AdmissionKind,
        beginnings: Vec<[u8; 8]>,
    ) -> Fut<'_, Vec<AdmissionRow>>;
    /// Replaces a row, if its tag still is `before`; says whether it was. For what isn't an act, such as that a session was
    /// in use: it leaves no entry. The row brings its tag.
    fn renew_admission(&self, tenant: TenantId, row: AdmissionRow, before: Tag) -> Fut<'_, bool>;
    /// Removes what had run out before a moment; says how many rows that were.
    fn sweep_admissions(&self, tenant: TenantId, before: Millis) -> Fut<'_, u64>;

    /// Customers by id, as retention looks at them.
    fn holdings(&self, tenant: TenantId, after: Option<CustomerId>, limit: u32) -> Fut<'_, Vec<Holding>>;
    /// Of the next rows of the blind index, takes out those of customers who aren't there any more; looks at `limit`. What is left in
    /// place of a row is there before the row is gone, whatever happens in between.
    fn sweep_index<'a>(
        &'a self,
        tenant: TenantId,
        after: Option<IndexPlace>,
        limit: u32,
        leave: Leave<'a>,
    ) -> Fut<'a, Swept<IndexPlace>>;
    /// Of the next interactions, takes out those that name a customer who isn't there any more; looks at `limit`.
    fn sweep_interactions(
        &self,
        tenant: TenantId,
        after: Option<InteractionId>,
        limit: u32,
    ) -> Fut<'_, Swept<InteractionId>>;
    /// Takes out the interactions in whose events a customer is named; says how many. It reads all interactions of the tenant, beside
    /// whoever is served: for after an erasure, which takes out only those that are the customer's own. What is named in a moment between
    /// goes with the next sweep.
    fn drop_mentions(&self, tenant: TenantId, customer: CustomerId) -> Fut<'_, u64>;

    /// A page of a close's list; `None` if there is no such close or page.
    fn close_page(&self, tenant: TenantId, number: u64, page: u64) -> Fut<'_, Option<Vec<u8>>>;
}
