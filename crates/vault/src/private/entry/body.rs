//! The two halves' content as canonical CBOR.

use domain::allotment::Piece;
use domain::{Counter, CustomerId, EntryId, InteractionId, Millis, PersonId, Purpose, Refusal};
use minicbor::{Decoder, Encoder};
use store::{Decision, Spent};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal $slug:literal;)*) => {
        /// What an entry tells of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Kind { $($(#[$doc])* $name = $code,)* }

        impl Kind {
            /// Every kind, by code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The kind of that name.
            #[must_use]
            pub fn from_slug(slug: &str) -> Option<Self> { match slug { $($slug => Some(Self::$name),)* _ => None } }

            /// The stable name.
            #[must_use]
            pub fn slug(self) -> &'static str { match self { $(Self::$name => $slug,)* } }

            fn from_code(code: u8) -> Option<Self> { match code { $($code => Some(Self::$name),)* _ => None } }
        }
    };
}

kinds! {
    /// A value shown to a person.
    Reveal = 1 "reveal";
    /// The same value shown again within its countdown.
    Redelivery = 2 "redelivery";
    /// A masked record looked at.
    View = 3 "view";
    /// A blind search; `detail` is the number of hits.
    Search = 4 "search";
    /// A customer shown as a search's hit.
    Hit = 5 "hit";
    /// A customer claimed for an interaction.
    Claim = 6 "claim";
    /// A caller's answer is about to be checked.
    Verification = 7 "verification";
    /// What the check said; `detail` is 1 for a match.
    VerificationResult = 8 "verification_result";
    /// A one-time code sent through a carrier.
    Code = 9 "code";
    /// A one-time code entered by the customer.
    CodeEntered = 10 "code_entered";
    /// An event of the telephony or ticket system.
    Event = 11 "event";
    /// A note written.
    Note = 12 "note";
    /// A customer erased; `detail` is 1, none where their indexed values are only used for it.
    Erasure = 13 "erasure";
    /// Customers taken in; `detail` is how many.
    Import = 14 "import";
    /// Something suspicious reported.
    Report = 15 "report";
    /// The log read, one entry per question; `detail` is the question's mark.
    LogRead = 16 "log_read";
    /// Reports read.
    ReportsRead = 17 "reports_read";
    /// A live stream of the log opened.
    StreamOpened = 18 "stream_opened";
    /// A live stream of the log closed; `detail` is why, as [`crate::StreamEnd`] numbers it.
    StreamClosed = 19 "stream_closed";
    /// Someone signed in; `detail` is 1 for a token on a page, 2 for a chosen role, 3 for a program's bearer token, 4 for a
    /// passkey.
    SignIn = 20 "sign_in";
    /// A person added or changed.
    PersonChanged = 21 "person_changed";
    /// Customers' keys moved to a new shelf; `detail` is how many.
    ShelfTurned = 22 "shelf_turned";
    /// Interactions asked for by who may see none; there is an entry of the refusal only.
    InteractionsRead = 23 "interactions_read";
    /// The log exported; `detail` is the question's mark.
    LogExported = 24 "log_exported";
    /// Someone signed out of a page.
    SignOut = 25 "sign_out";
    /// The list of staff read.
    PeopleRead = 26 "people_read";
    /// A person was given a new bearer token.
    TokenIssued = 27 "token_issued";
    /// A person's bearer token ended.
    TokenRevoked = 28 "token_revoked";
    /// The installation's root key was made.
    RootKeyMade = 29 "root_key_made";
    /// A tenant was made.
    TenantMade = 30 "tenant_made";
    /// A key was made and wrapped under the root; `detail` is 0 for the tenant's own, else the shelf's epoch.
    KeyMade = 31 "key_made";
    /// A shelf's key is about to be destroyed; `detail` is its epoch.
    KeyDestroyed = 32 "key_destroyed";
    /// An import began, or went on where it had stopped.
    ImportBegun = 33 "import_begun";
    /// An import ended; `detail` is how many index rows were merged.
    ImportEnded = 34 "import_ended";
    /// A node began to serve; `detail` is the mark of its rules: another number, other rules.
    ServingBegun = 35 "serving_begun";
    /// The log was closed: its leaf says so in clear; `detail` is the close's number.
    LogClosed = 36 "log_closed";
    /// A customer was given their own key of the log, and the list of entries about them.
    StatementGiven = 37 "statement_given";
    /// An entry was taken out of the database, or changed there, before it had its place; `detail` is the moment
    /// in its id.
    EntryLost = 38 "entry_lost";
    /// A node was given a part of a team's or the tenant's allowance; `detail` is how much.
    AllotmentTaken = 39 "allotment_taken";
    /// A node gave back what was left of one; `detail` is how much.
    AllotmentReturned = 40 "allotment_returned";
    /// People and rights of a store that is older than roots were sealed as they were.
    PowerSealed = 41 "power_sealed";
    /// People and rights weren't what the key holder sealed: an edited, missing or older row. Disclosures are refused from
    /// then on; `detail` is the version that the store gave.
    PowerDoubted = 42 "power_doubted";
    /// Rights were changed.
    PowerChanged = 43 "power_changed";
    /// A person has left.
    PersonLeft = 44 "person_left";
    /// A change of people or rights was drafted, to be approved.
    PowerDrafted = 45 "power_drafted";
    /// A person took one of their passkeys back.
    PasskeyDropped = 46 "passkey_dropped";
    /// A session was ended by its person elsewhere, or by security; `detail` is the session's mark, the first 32 bits of
    /// its id.
    SessionEnded = 47 "session_ended";
    /// The list of everybody's sessions read.
    SessionsRead = 48 "sessions_read";
    /// Somebody was given a one-time code to register a passkey.
    Invited = 49 "invited";
    /// A passkey was let count by a security officer; the entry is the officer's.
    PasskeyAdded = 50 "passkey_added";
    /// A session was shown by who doesn't hold its browser's key, a signed request came again, or a session's row was
    /// edited; there is an entry of the refusal only, and `detail` is the session's mark.
    SessionMisused = 51 "session_misused";
    /// A person registered a passkey, or tried to; `detail` is 1 where it counts at once, because the tenant is being set up.
    PasskeyOffered = 52 "passkey_offered";
    /// The list of people was read by who keeps it, or what waits to become power was read by who decides on it.
    DirectoryRead = 53 "directory_read";
    /// The identity provider said something of a person, which is a proposal.
    PersonProposed = 54 "person_proposed";
    /// A proposal of the identity provider was declined. One that was applied is a change of a person.
    ProposalDeclined = 55 "proposal_declined";
    /// A device asks to be enrolled.
    DeviceAsked = 56 "device_asked";
    /// A team leader agreed to a device. Security's agreement is a change of power.
    DeviceAgreed = 57 "device_agreed";
    /// What a team and its members have spent was read.
    TeamRead = 59 "team_budgets_read";
    /// A budget was found to say less than the log, and disclosure stopped; `person` is whose it is, if a person's, and
    /// `detail` its subject: 1 a person, 2 an interaction, 3 a record, 4 a team, 5 everybody.
    SpendingDisagrees = 60 "spending_disagrees";
    /// A budget was put right from the log; `detail` as above. Without it: the alarm was taken back.
    BudgetMended = 61 "budget_mended";
    /// What was spent by the clock hour before was counted on; `detail` is how much that was.
    BudgetCarried = 62 "budget_carried";
    /// Somebody asked whether a person could do something, and why not.
    DecisionAsked = 63 "decision_asked";
    /// Officers signed other rules; `detail` is 1 where they were proved, 2 where two officers accepted them unproved.
    RulesChanged = 64 "rules_changed";
    /// An officer signed other limits.
    LimitsChanged = 65 "limits_changed";
    /// What everybody has spent was read, by who watches.
    BudgetsRead = 66 "budgets_read";
    /// An officer signed a proposal that isn't made yet; `detail` is the moment at which it comes into force, in milliseconds
    /// since 1970, where as many have signed as must.
    ProposalSigned = 67 "proposal_signed";
    /// An officer took a proposal back; `detail` is 1 where it ended by itself, because something else changed the same or who
    /// signed it has left.
    ProposalWithdrawn = 68 "proposal_withdrawn";
    /// Rules or limits that aren't in force were tried on the log of the last thirty days; `detail` is how many entries that
    /// log holds at most.
    LogReplayed = 69 "log_replayed";
    /// A second person was asked whether somebody may be shown a value; the entry is the asker's and tells who was drawn.
    ApprovalAsked = 70 "approval_asked";
    /// The second person said yes; the entry tells who had asked, and `detail` is after how many milliseconds.
    ApprovalGiven = 71 "approval_given";
    /// The second person said no; `detail` as above.
    ApprovalDeclined = 72 "approval_declined";
}

impl Kind {
    /// Is this only somebody reading the log, its live stream, the reports, the list of staff or budgets?
    #[must_use]
    pub fn is_reading(self) -> bool {
        use Kind::{
            BudgetsRead, DecisionAsked, DirectoryRead, LogExported, LogRead, LogReplayed, PeopleRead, ReportsRead,
            SessionsRead, StreamClosed, StreamOpened, TeamRead,
        };
        let people = matches!(self, PeopleRead | SessionsRead | DirectoryRead | TeamRead | BudgetsRead);
        people
            || matches!(
                self,
                LogReplayed | DecisionAsked | LogRead | LogExported | ReportsRead | StreamOpened | StreamClosed
            )
    }
}

impl Kind {
    /// Does this make a new version of people and rights?
    #[must_use]
    pub fn changes_power(self) -> bool {
        use Kind::{
            LimitsChanged, PersonChanged, PersonLeft, PowerChanged, PowerSealed, RulesChanged, TokenIssued,
            TokenRevoked,
        };
        let people = matches!(self, PersonChanged | PersonLeft | TokenIssued | TokenRevoked);
        people || matches!(self, PowerChanged | PowerSealed | RulesChanged | LimitsChanged)
    }

    /// Is this a disclosure, or what it showed?
    #[must_use]
    pub fn is_look(self) -> bool {
        self.discloses() || matches!(self, Self::Hit | Self::VerificationResult)
    }

    /// Whether somebody learns something about a customer by it.
    pub(crate) fn discloses(self) -> bool {
        matches!(
            self,
            Self::Reveal
                | Self::Redelivery
                | Self::View
                | Self::Search
                | Self::Claim
                | Self::Verification
                | Self::Code
                | Self::StatementGiven
        )
    }
}

/// The audit half: what security may read by right. It names no customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditBody {
    /// When.
    pub at: Millis,
    /// What.
    pub kind: Kind,
    /// Done, or refused and why.
    pub decision: Decision,
    /// What for.
    pub purpose: Option<Purpose>,
    /// Kind of field.
    pub field: Option<u16>,
    /// Who; where the operator acts on this machine, upon whom.
    pub person: Option<PersonId>,
    /// Under which version of people and rules.
    pub power: u64,
    /// The customer's alias; nothing leads from it to the customer once their key is destroyed.
    pub alias: Option<u32>,
    /// What was spent.
    pub spent: Vec<Spent>,
    /// A number whose meaning the kind tells.
    pub detail: Option<u64>,
    /// From which allotments it drew, or what is given back of which.
    pub drawn: Vec<Piece>,
    /// Of an allotment: to whom, and of how much.
    pub allotted: Option<Allotted>,
    /// Of a change by a person: whom it is about.
    pub upon: Option<PersonId>,
}

/// What an allotment's entry says beside its counter, the counter's new value and how much it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allotted {
    /// The node, by a name that it made up when it started.
    pub node: [u8; 16],
    /// The step's first millisecond.
    pub window: Millis,
    /// The limit of any sixty minutes that it was granted under.
    pub limit: u32,
}

/// The customer half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerBody {
    /// Who.
    pub customer: CustomerId,
    /// In which interaction.
    pub interaction: Option<InteractionId>,
    /// Which of several fields.
    pub instance: u32,
    /// Which version of it.
    pub version: u64,
    /// The customer's entry counter.
    pub n: u64,
}

type Encoded = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

impl AuditBody {
    /// Canonical CBOR: `{1: ms, 2: kind, 3: refusal or 0, 4?: purpose, 5?: field, 6?: person, 7: power, 8?: alias,
    /// 9?: [[counter, previous, total, moved]], 10?: detail, 11?: [[allotment, amount]], 12?: [node, window, limit],
    /// 13?: person}`.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        // Writing to a vector can't fail: the error type has no values.
        let _: Encoded = self.write(&mut Encoder::new(&mut out));
        out
    }

    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Encoded {
        let optional = [
            self.purpose.is_some(),
            self.field.is_some(),
            self.person.is_some(),
            self.alias.is_some(),
            !self.spent.is_empty(),
            self.detail.is_some(),
            !self.drawn.is_empty(),
            self.allotted.is_some(),
            self.upon.is_some(),
        ];
        e.map(4 + optional.iter().filter(|present| **present).count() as u64)?;
        e.u8(1)?.i64(self.at.0)?.u8(2)?.u8(self.kind as u8)?;
        e.u8(3)?.u8(self.decision.err().map_or(0, |refusal| refusal as u8))?;
        if let Some(purpose) = self.purpose {
            e.u8(4)?.str(purpose.slug())?;
        }
        if let Some(field) = self.field {
            e.u8(5)?.u16(field)?;
        }
        if let Some(person) = self.person {
            e.u8(6)?.bytes(&person.0)?;
        }
        e.u8(7)?.u64(self.power)?;
        if let Some(alias) = self.alias {
            e.u8(8)?.u32(alias)?;
        }
        if !self.spent.is_empty() {
            e.u8(9)?.array(self.spent.len() as u64)?;
            for spent in &self.spent {
                e.array(3 + u64::from(spent.moved.is_some()))?;
                e.bytes(spent.counter.bytes())?.bytes(&spent.previous.0)?.u64(spent.total)?;
                if let Some(moved) = spent.moved {
                    e.i64(moved)?;
                }
            }
        }
        if let Some(detail) = self.detail {
            e.u8(10)?.u64(detail)?;
        }
        if !self.drawn.is_empty() {
            e.u8(11)?.array(self.drawn.len() as u64)?;
            for piece in &self.drawn {
                e.array(2)?.bytes(&piece.allotment.0)?.u32(piece.amount)?;
            }
        }
        if let Some(Allotted { node, window, limit }) = &self.allotted {
            e.u8(12)?.array(3)?.bytes(node)?.i64(window.0)?.u32(*limit)?;
        }
        if let Some(person) = self.upon {
            e.u8(13)?.bytes(&person.0)?;
        }
        Ok(())
    }

    /// The body of these bytes; `None` if they aren't exactly one in canonical form.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let body = Self::read(&mut Decoder::new(bytes)).ok().flatten()?;
        (body.encode() == bytes).then_some(body)
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        let mut body = Self {
            at: Millis(0),
            kind: Kind::Event,
            decision: Ok(()),
            purpose: None,
            field: None,
            person: None,
            power: 0,
            alias: None,
            spent: Vec::new(),
            detail: None,
            drawn: Vec::new(),
            allotted: None,
            upon: None,
        };
        for _ in 0..d.map()?.unwrap_or(0) {
            match d.u8()? {
                1 => body.at = Millis(d.i64()?),
                2 => match Kind::from_code(d.u8()?) {
                    Some(kind) => body.kind = kind,
                    None => return Ok(None),
                },
                3 => body.decision = Refusal::from_code(d.u8()?).map_or(Ok(()), Err),
                4 => body.purpose = Purpose::from_slug(d.str()?),
                5 => body.field = Some(d.u16()?),
                6 => body.person = d.bytes()?.try_into().ok().map(PersonId),
                7 => body.power = d.u64()?,
                8 => body.alias = Some(d.u32()?),
                9 => {
                    for _ in 0..d.array()?.unwrap_or(0) {
                        let Some(spent) = read_spent(d)? else { return Ok(None) };
                        body.spent.push(spent);
                    }
                }
                10 => body.detail = Some(d.u64()?),
                11 => {
                    for _ in 0..d.array()?.unwrap_or(0) {
                        let Some(piece) = read_piece(d)? else { return Ok(None) };
                        body.drawn.push(piece);
                    }
                }
                12 => {
                    d.array()?;
                    let Ok(node) = d.bytes()?.try_into() else { return Ok(None) };
                    body.allotted = Some(Allotted { node, window: Millis(d.i64()?), limit: d.u32()? });
                }
                13 => body.upon = d.bytes()?.try_into().ok().map(PersonId),
                _ => return Ok(None),
            }
        }
        Ok(Some(body))
    }
}

fn read_spent(d: &mut Decoder<'_>) -> Result<Option<Spent>, minicbor::decode::Error> {
    let length = d.array()?;
    let counter = d.bytes()?.try_into().ok().map(Counter::from_bytes);
    let previous = d.bytes()?.try_into().ok().map(EntryId);
    let total = d.u64()?;
    // Three of them in entries from before allowances slid.
    let moved = if length == Some(4) { Some(d.i64()?) } else { None };
    Ok(counter.zip(previous).map(|(counter, previous)| Spent { counter, previous, total, moved }))
}

fn read_piece(d: &mut Decoder<'_>) -> Result<Option<Piece>, minicbor::decode::Error> {
    d.array()?;
    let allotment = d.bytes()?.try_into().ok().map(EntryId);
    let amount = d.u32()?;
    Ok(allotment.map(|allotment| Piece { allotment, amount }))
}

impl CustomerBody {
    /// Canonical CBOR: `{1: customer, 2?: interaction, 3: instance, 4: version, 5: n}`.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        let _: Encoded = self.write(&mut Encoder::new(&mut out));
        out
    }

    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Encoded {
        e.map(4 + u64::from(self.interaction.is_some()))?;
        e.u8(1)?.bytes(&self.customer.0)?;
        if let Some(interaction) = self.interaction {
            e.u8(2)?.bytes(&interaction.0)?;
        }
        e.u8(3)?.u32(self.instance)?.u8(4)?.u64(self.version)?.u8(5)?.u64(self.n)?;
        Ok(())
    }

    /// The body of these bytes; `None` if they aren't exactly one in canonical form.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let body = Self::read(&mut Decoder::new(bytes)).ok().flatten()?;
        (body.encode() == bytes).then_some(body)
    }

    fn read(d: &mut Decoder<'_>) -> Result<Option<Self>, minicbor::decode::Error> {
        let mut body = Self { customer: CustomerId([0; 16]), interaction: None, instance: 0, version: 0, n: 0 };
        for _ in 0..d.map()?.unwrap_or(0) {
            match d.u8()? {
                1 => match d.bytes()?.try_into() {
                    Ok(id) => body.customer = CustomerId(id),
                    Err(_) => return Ok(None),
                },
                2 => match d.bytes()?.try_into() {
                    Ok(id) => body.interaction = Some(InteractionId(id)),
                    Err(_) => return Ok(None),
                },
                3 => body.instance = d.u32()?,
                4 => body.version = d.u64()?,
                5 => body.n = d.u64()?,
                _ => return Ok(None),
            }
        }
        Ok(Some(body))
    }
}
