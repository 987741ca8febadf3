//! The contract.

use crate::envelope::{Header, Place};
use crate::power::{PowerProposal, PowerSeal};
use crate::secret::{Key32, Okm};
use crate::standing::{CeremonyStep, HolderStanding};
use core::future::Future;
use core::pin::Pin;
use domain::{CustomerId, EntryId, Millis, PersonId, Suite, TenantId};

/// A boxed future of a key holder's answer.
pub type Fut<'a, T> = Pin<Box<dyn Future<Output = Result<T, HolderError>> + Send + 'a>>;

/// A shelf key that nobody lies on is kept for six days after the next was made, in milliseconds. Copies of the database open for
/// as long, so backups are of use; and whoever was just sealing a new customer's keys under it has committed by then, or will never.
pub const SHELF_SETTLES_MS: i64 = 6 * 24 * 3_600_000;

/// How long a separate key holder releases nothing after its start, in milliseconds: what was released before isn't in its memory,
/// and by then every entry of before is too old.
pub const RELEASES_AFTER_MS: i64 = 2_000;

/// Why a key holder gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HolderError {
    /// The tenant has no keys here.
    #[error("the key holder doesn't know this tenant")]
    UnknownTenant,
    /// The customer's row doesn't open: wrong place, edited, or its shelf key was destroyed.
    #[error("the customer's key row doesn't open: it was edited, moved, or its shelf key was destroyed")]
    NotOnShelf,
    /// More than the holder's own ceiling.
    #[error("the key holder's ceiling is reached; it refuses until the hour is over")]
    Ceiling,
    /// Its keyring can't be read or written.
    #[error("the key holder's keyring can't be read or written")]
    Keyring,
    /// Somebody else changed power meanwhile, or it isn't what this holder sealed.
    #[error("that isn't the power that the key holder sealed last")]
    OtherPower,
    /// The change needs a security officer's approval.
    #[error("only a security officer's approval changes that")]
    Unwarranted,
    /// An approval that doesn't approve this change.
    #[error("that approval isn't a security officer's for this change")]
    NotApproved,
    /// It lets somebody do more, and its time hasn't come. The holder has noted it, and counts from when it first was shown it.
    #[error("the change lets somebody do more, and its time hasn't come by the key holder's clock")]
    TooSoon,
    /// Nobody could approve a change any more.
    #[error("no security officer with a passkey would be left")]
    LastOfficer,
    /// The holder can't be reached.
    #[error("the key holder doesn't answer")]
    Unreachable,
    /// One entry gives each key once.
    #[error("the key holder has released that for this entry before")]
    AlreadyReleased,
    /// The entry's id is older than the holder remembers, or of a moment to come.
    #[error("the entry is too old for the key holder, or the machines' clocks differ")]
    Stale,
    /// The customer has more entries than the database says: it is an older one.
    #[error("the key holder has seen a higher counter of that customer: the database was put back")]
    OldCounter,
    /// The published log is shorter than it was, or another one.
    #[error("the key holder has seen a longer log, or another one")]
    OldLog,
    /// Entries that keys were released for aren't in the published log.
    #[error("entries that keys were released for aren't in the published log; the key holder waits for them")]
    Unpublished,
    /// The next shelf key isn't old enough by the holder's clock: copies of the database open until it is.
    #[error("the key holder keeps that shelf key: by its clock the next one isn't six days old")]
    ShelfTooYoung,
    /// An entry opens what is one customer's, for one person.
    #[error("that entry has had keys of another customer, for somebody else, or of more values than a record has")]
    EntryTooWide,
    /// The holder waits for custodians' shares of its root key.
    #[error("the key holder is sealed until enough custodians have handed in their shares")]
    Sealed,
    /// The envelope is of a suite that was retired: it was put back from before.
    #[error("the value is sealed with a retired suite: an older envelope was put back into the database")]
    Retired,
    /// The envelope doesn't open in its place: it was edited or moved.
    #[error("the value doesn't open in its place: it was edited or moved")]
    Damaged,
}

/// A customer's two keys (data and log), wrapped under a shelf key and bound to tenant, customer and epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelved {
    /// Which shelf key wraps it.
    pub epoch: u32,
    /// The wrapped bytes.
    pub wrapped: Vec<u8>,
}

/// A shelf key's number and birthday; never the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShelfAge {
    /// Its epoch, from 1; the newest is the highest.
    pub epoch: u32,
    /// When it was made.
    pub made: Millis,
}

/// A new customer's keys.
pub struct Enrolled {
    /// To be stored with the customer.
    pub shelved: Shelved,
}

/// A request for the key that seals one new value.
pub struct SealRequest<'a> {
    /// The customer's row.
    pub shelved: &'a Shelved,
    /// Where the value will live.
    pub place: Place,
    /// With what it is sealed at least.
    pub suite: Suite,
}

/// A request to seal one value anew under a later suite.
pub struct RewrapRequest<'a> {
    /// The customer's row.
    pub shelved: &'a Shelved,
    /// Where the value lives, and will.
    pub place: Place,
    /// As it is sealed.
    pub envelope: &'a [u8],
    /// With what it is to be sealed at least.
    pub suite: Suite,
}

/// How old a tenant's suites may be. They are raised, never lowered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suites {
    /// New values are sealed with none older.
    pub seals: Suite,
    /// Older envelopes are retired: they don't open any more.
    pub opens: Suite,
}

impl Suites {
    /// Of a tenant for whom nothing was ever raised.
    pub const FIRST: Self = Self { seals: Suite::FIRST, opens: Suite::FIRST };

    /// The later ones of both. What opens is never later than what is sealed.
    #[must_use]
    pub fn raised(self, to: Self) -> Self {
        let seals = self.seals.max(to.seals);
        Self { seals, opens: self.opens.max(to.opens).min(seals) }
    }
}

/// A request for the key that opens one value, for one committed entry.
pub struct Release<'a> {
    /// The entry that was committed for it.
    pub entry: EntryId,
    /// Who asked, as the entry says; none where no person is concerned.
    pub person: Option<PersonId>,
    /// The customer's counter, as the entry says, if it is about this customer.
    pub n: Option<u64>,
    /// The customer's row, from the entry's own transaction.
    pub shelved: &'a Shelved,
    /// Where the value lives.
    pub place: Place,
    /// The envelope's head.
    pub header: Header,
}

/// A piece of a log, as it was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published<'a> {
    /// How many entries the log has with these.
    pub size: u64,
    /// The root over them (RFC 6962, section 2.1).
    pub root: [u8; 32],
    /// The leaves of the last of them, in their order: `01 ‖ label[32] ‖ commit[32]`.
    pub leaves: &'a [[u8; 65]],
    /// The right edge of the log before them, for a holder that was started since: its size as a big-endian u64, then the roots of its
    /// complete subtrees, the largest first. It is believed if it gives the root that the holder knows.
    pub before: &'a [u8],
}

/// A customer as a close counts them.
pub struct Counted<'a> {
    /// Who.
    pub customer: CustomerId,
    /// Their row.
    pub shelved: &'a Shelved,
    /// How many entries there are about them.
    pub n: u64,
    /// The head of the entries' chain.
    pub head: [u8; 32],
}

/// What a node holds for one tenant while it runs. None of it opens a field.
pub struct NodeKeys {
    /// Tags rows (`X(T_t, "rf1/row")`).
    pub row: Key32,
    /// Seals the audit half of entries (`X(T_t, "rf1/audit")`).
    pub audit: Key32,
    /// Seed of the log's Ed25519 key.
    pub log_ed25519: Key32,
    /// Seed of the log's ML-DSA-44 key.
    pub log_ml_dsa: Key32,
}

/// Security's program that holds the keys; in-process in the embedded default. Every call is one round trip,
/// whatever the number of items.
pub trait KeyHolder: Send + Sync {
    /// A node's own keys for a tenant.
    fn node_keys(&self, tenant: TenantId) -> Fut<'_, NodeKeys>;

    /// New keys for new customers, in their order.
    fn enrol<'a>(&'a self, tenant: TenantId, customers: &'a [CustomerId]) -> Fut<'a, Vec<Enrolled>>;

    /// The heads and keys of new envelopes, in the requests' order. The holder draws each salt itself: whoever could choose
    /// it would get the keys of envelopes that are there. Nor does a node choose an older suite than [`KeyHolder::suites`] says.
    fn seal<'a>(&'a self, requests: &'a [SealRequest<'a>]) -> Fut<'a, Vec<(Header, Okm)>>;

    /// A tenant's suites.
    fn suites(&self, tenant: TenantId) -> Fut<'_, Suites>;

    /// Raises a tenant's suites, durably; gives what stands then. What is retired by it opens nowhere any more, in no copy.
    fn raise_suites(&self, tenant: TenantId, to: Suites) -> Fut<'_, Suites>;

    /// The same values, opened and sealed anew in here: neither a key nor a value leaves. In the requests' order; an item that
    /// can't be opened fails alone.
    fn rewrap<'a>(&'a self, requests: &'a [RewrapRequest<'a>]) -> Fut<'a, Vec<Result<Vec<u8>, HolderError>>>;

    /// The keys that open values for committed entries, in the requests' order, counted. An item that can't be
    /// released fails alone.
    fn release<'a>(&'a self, requests: &'a [Release<'a>]) -> Fut<'a, Vec<Result<Okm, HolderError>>>;

    /// `V_c`, each customer's key for labels and bodies of entries about them.
    fn entry_keys<'a>(&'a self, tenant: TenantId, customers: &'a [(CustomerId, &'a Shelved)]) -> Fut<'a, Vec<Key32>>;

    /// Each customer's row in the list of a close: the label and what is said of the state ([`ViewKey`]), in the order
    /// given. The keys stay here. An item that can't be named fails alone.
    ///
    /// [`ViewKey`]: crate::ViewKey
    fn list<'a>(
        &'a self,
        tenant: TenantId,
        close: u64,
        counted: &'a [Counted<'a>],
    ) -> Fut<'a, Vec<Result<[u8; 64], HolderError>>>;

    /// Blind-index digests of normalised values, by index kind; metered.
    fn index<'a>(&'a self, tenant: TenantId, terms: &'a [(u16, &'a [u8])]) -> Fut<'a, Vec<[u8; 16]>>;

    /// The same customers' keys under the newest shelf key.
    fn turn<'a>(&'a self, tenant: TenantId, customers: &'a [(CustomerId, &'a Shelved)]) -> Fut<'a, Vec<Shelved>>;

    /// A tenant's shelf keys, oldest first.
    fn shelves(&self, tenant: TenantId) -> Fut<'_, Vec<ShelfAge>>;

    /// Makes a shelf key, unless there is a newer one than `after`; gives the newest epoch. It is durable before
    /// anything lies on it. A holder with a clock of its own goes by that, not by the node's `now`.
    fn new_shelf(&self, tenant: TenantId, after: u32, now: Millis) -> Fut<'_, u32>;

    /// Seals a change of power: the rows before it are those that this holder knows of, the right to it is one, and the
    /// version is the next. What is sealed counts once it was committed and [`KeyHolder::check_power`] has seen it.
    ///
    /// What lets somebody do more is refused with `TooSoon` until it has waited from when it was first asked for with its signatures.
    /// Officers who step down come with rows that say so ([`Powers::formers_made_by`](crate::Powers::formers_made_by)).
    ///
    /// Of a tenant whose power it doesn't know yet it takes what is there, if no officer of it has a passkey.
    fn seal_power<'a>(&'a self, tenant: TenantId, proposal: &'a PowerProposal<'a>) -> Fut<'a, PowerSeal>;

    /// Is this seal its own, and of no older version than the newest it has seen? It is remembered, durably, before the
    /// answer. None: does the store rightly have no seal?
    fn check_power(&self, tenant: TenantId, seal: Option<PowerSeal>) -> Fut<'_, ()>;

    /// Tells what was published of a tenant's log. A shorter log than before, or one that doesn't go on from what was told before, isn't
    /// taken. Gives the place from which on it hasn't heard the leaves: the size, if it has heard all.
    ///
    /// A holder of its own takes no node's word that an entry is in the log: it hashes the leaves itself, and looks for the label that the
    /// customer's own key gives the entry.
    fn published<'a>(&'a self, tenant: TenantId, piece: Published<'a>) -> Fut<'a, u64>;

    /// How it stands, for who watches: nothing secret.
    fn standing(&self, tenant: TenantId) -> Fut<'_, HolderStanding>;

    /// Steps of the root key's ceremonies after the one of this place, as [`Ceremonies::steps`](crate::Ceremonies::steps) tells them;
    /// none from a holder in the node's own process, which has no ceremonies.
    fn ceremony_steps(&self, after: u64) -> Fut<'_, Option<Vec<CeremonyStep>>>;

    /// Destroys a shelf key for good; says whether it was there. Never the newest. Whoever asks has made sure that no
    /// customer lies on it. A holder with a clock of its own refuses it with `ShelfTooYoung` until [`SHELF_SETTLES_MS`] after the
    /// next one was made.
    fn destroy_shelf(&self, tenant: TenantId, epoch: u32) -> Fut<'_, bool>;
}
