//! What entries tell of.

use domain::CaseReason;

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

            pub(super) fn from_code(code: u8) -> Option<Self> { match code { $($code => Some(Self::$name),)* _ => None } }
        }
    };
}

kinds! {
    /// A value shown to a person. Of this, a redelivery, a look at masks and a note, `detail` is why the case was opened that it
    /// happened in, as [`domain::CaseReason`] numbers it; none where the customer was in touch.
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
    /// An event of the telephony or ticket system; `detail` is 1 where somebody took a conversation.
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
    /// Security marked a customer as guarded; `detail` is why: 1 well known, 2 vulnerable, 3 own staff, 4 a change
    /// that wasn't theirs.
    CustomerGuarded = 73 "customer_guarded";
    /// A second one of security asked for the end of that mark; the entry tells who had asked first.
    CustomerUnguarded = 74 "customer_unguarded";
    /// A security officer asked to be shown a value in an emergency; `detail` is why, as [`domain::Emergency`] numbers it.
    GlassAsked = 75 "glass_asked";
    /// A second officer agreed; the entry tells who had asked, and `detail` is after how many milliseconds.
    GlassAgreed = 76 "glass_agreed";
    /// A second officer said no; `detail` as above.
    GlassDeclined = 77 "glass_declined";
    /// The glass was broken: the value was shown to the officer who had asked; the entry tells who had agreed, and `detail` is
    /// why.
    GlassBroken = 78 "glass_broken";
    /// That was reviewed; the entry tells who had broken it, and `detail` is 1 for justified, 2 for not justified.
    GlassReviewed = 79 "glass_reviewed";
    /// A customer agreed to what the data plan asks them; `detail` names the question.
    ConsentGiven = 80 "consent_given";
    /// A customer took that back; `detail` names the question.
    ConsentWithdrawn = 81 "consent_withdrawn";
    /// A step of the root key's ceremony was written down by the key holder; the entry tells which.
    CeremonyStep = 82 "ceremony_step";
    /// Steps that the log has aren't at the key holder any more, or were edited there; `detail` is how many, 0 where they are there
    /// again.
    CeremonyStepsGone = 83 "ceremony_steps_gone";
    /// Officers signed another data plan.
    PlanChanged = 84 "plan_changed";
    /// A customer whose values had all expired was destroyed: keys, values and counter; `detail` is how many values that were.
    Expired = 85 "expired";
    /// All that had expired by the data plan was looked for, once around; `detail` is how many customers were destroyed.
    RetentionRun = 86 "retention_run";
    /// The certificate of an erasure was given.
    CertificateGiven = 87 "certificate_given";
    /// An officer asked that a customer be held, or a hold be lifted; `detail` is why: 1 a claim, 2 an authority, 3 evidence of
    /// fraud; 0 where it is to be lifted.
    HoldAsked = 88 "hold_asked";
    /// A second officer asked for the same, and a customer is under a legal hold; `detail` is why, as above.
    HoldPlaced = 89 "hold_placed";
    /// How far a breach may have gone was asked; `detail` is how many entries were to be read.
    BreachMeasured = 90 "breach_measured";
    /// A second officer asked for the same, and a customer isn't under a legal hold any more.
    HoldLifted = 91 "hold_lifted";
    /// A one-time code is sent to a customer's address on file, by mail, for them to sign in with on their own page.
    OwnCode = 92 "own_code";
    /// A code was asked for with an address that isn't exactly one customer's, or to which none is sent; none was.
    OwnCodeUnsent = 93 "own_code_unsent";
    /// A wrong code was entered on a customer's page; `detail` is how many more may be tried.
    OwnCodeEntered = 94 "own_code_entered";
    /// A customer signed in on their own page.
    OwnSignIn = 95 "own_sign_in";
    /// A customer signed out.
    OwnSignOut = 96 "own_sign_out";
    /// A customer was shown what is held of them, on masks.
    OwnView = 97 "own_view";
    /// A customer was told who looked at their data.
    OwnLog = 98 "own_log";
    /// A customer says that they weren't in touch; the entry is about the conversation of which they say it.
    OwnReport = 99 "own_report";
    /// A customer took a copy of all that is held of them.
    OwnExport = 100 "own_export";
    /// A case was opened, to do something for a customer who isn't on the line; `detail` is why, as [`domain::CaseReason`] numbers
    /// it, and where a team leader opened it, the entry tells for whom.
    CaseOpened = 101 "case_opened";
    /// A case was closed; `detail` is why it had been opened, and where it was another's, the entry tells whose.
    CaseClosed = 102 "case_closed";
    /// The list of open cases was read.
    CasesRead = 103 "cases_read";
    /// A passkey that waited was declined by who could have let it count; it never counts.
    PasskeyDeclined = 104 "passkey_declined";
    /// From now on nothing is sealed with an older suite; `detail` is the suite's number.
    SuiteRaised = 106 "suite_raised";
    /// Sealed values moved to a later suite, without being opened by a node; `detail` is how many.
    FieldsRewrapped = 107 "fields_rewrapped";
    /// Envelopes of older suites open no more, in no copy; `detail` is the number of the oldest that does.
    SuiteRetired = 108 "suite_retired";
    /// Somebody of security asked that a customer be guarded no longer; another must ask for the same.
    UnguardAsked = 110 "unguard_asked";
    /// Officers signed other settings.
    SettingsChanged = 111 "settings_changed";
    /// What has expired of a customer who stays was used to find what points at it; nobody was shown any of it.
    ValuesExpiring = 112 "values_expiring";
    /// Values of a customer who stays were destroyed, as the data plan keeps them no longer; `detail` is how many.
    ValuesExpired = 113 "values_expired";
    /// A customer asked on their own page to correct a value; what it replaces and the addresses that are told of it are used for that.
    OwnCorrectionAsked = 120 "own_correction_asked";
    /// A customer corrected a value of theirs, after a letter to the addresses on file was handed over.
    OwnCorrection = 121 "own_correction";
    /// Whoever was told of a correction by letter says that it wasn't the customer: they are guarded from then on.
    OwnObjection = 122 "own_objection";
    /// A customer's number on file was used, to send them a code for their own page.
    OwnClaim = 123 "own_claim";
    /// Such a code was entered, and what is on file was compared with the answer beside it; `detail` is how many more may be tried.
    OwnClaimEntered = 124 "own_claim_entered";
    /// A customer's request by right was filed; `detail` is for what, as [`domain::Right`] numbers it.
    RequestFiled = 130 "request_filed";
    /// A request went on; `detail` is how, as [`crate::RequestStep`] numbers it.
    RequestStep = 131 "request_step";
    /// Whether a request is the customer's own was tried; `detail` is 2 for a code that is sent, 1 for a right code or answer, 0 for a
    /// wrong one; none where an answer is about to be checked.
    RequestIdentity = 132 "request_identity";
    /// A customer's address on file is used for a letter about their request.
    RequestTold = 133 "request_told";
    /// What is held of a customer was compared with what they are answered.
    RequestChecked = 134 "request_checked";
    /// A request was answered; `detail` is for what. Where two answered it, the entry tells who wanted it first.
    RequestAnswered = 135 "request_answered";
    /// Requests were read, never whose they are.
    RequestsRead = 136 "requests_read";
    /// What a drill showed; the entry tells which, and until when it counts.
    DrillTold = 137 "drill_told";
    /// What was reported without a name in six hours was taken out of its box: there is such an entry whether anything was in it or not. It
    /// tells what these reports hash to.
    ReportsTaken = 138 "reports_taken";
    /// Security went on with a report; `detail` is how: 1 acknowledged, 2 asked or told something.
    ReportStep = 139 "report_step";
    /// Whoever had reported something said more, or a customer did.
    ReportReplied = 140 "report_replied";
    /// Somebody outside security who handles reports read them or went on with one. Which it was isn't said, so that nobody can count
    /// what was reported about security.
    ReportsOutside = 141 "reports_outside";
    /// A report to the board, or the note of a material case, was made; the entry tells which, its hash and that of the one before;
    /// `detail` is its number.
    BoardReport = 148 "board_report";
    /// A member of the board registered a key of their own; `detail` is the first eight bytes of its fingerprint.
    BoardKey = 149 "board_key";
    /// Reports to the board were read; `detail` is the number of one that was fetched.
    BoardRead = 150 "board_read";
    /// A message between the board and security was written; `detail` is its number.
    BoardMessage = 151 "board_message";
    /// Such messages were read.
    BoardMessagesRead = 152 "board_messages_read";
    /// A report to the board went by mail; `detail` is its number.
    BoardMailed = 153 "board_mailed";
    /// The mail server didn't take one; `detail` is its number.
    BoardMailFailed = 154 "board_mail_failed";
    /// A report to the board that the log has was taken out of the database, or edited there; `detail` is its number.
    BoardMissing = 155 "board_report_missing";
    /// A partner pack was built; the entry tells of which nonce, and what its list of parts hashes to.
    PackBuilt = 156 "pack_built";
    /// A node begins to tell somebody outside of the log, or begins again because the row that says how far was edited or is gone;
    /// `detail` is the place from which on.
    OutletBegun = 161 "outlet_begun";
    /// An alarm was raised; `detail` says which, as [`crate::AlarmKind::code`] numbers it.
    AlarmRaised = 162 "alarm_raised";
    /// An alarm is over; `detail` as above.
    AlarmCleared = 163 "alarm_cleared";
    /// Security planned a drill for people; `detail` is with what they are tried, as [`domain::Ruse`] numbers it.
    PeopleDrillPlanned = 166 "people_drill_planned";
    /// A drill for people ended: called off by who is named, or, of nobody, because its time was over; `detail` as above.
    PeopleDrillEnded = 167 "people_drill_ended";
    /// A drill: something invented came to somebody's desk, and nothing of any customer was in it; `detail` as above, and nobody is named.
    PeopleDrillMet = 168 "people_drill_met";
    /// A drill: somebody reacted to it, reporting it, leaving it or falling for it, which isn't said; `detail` as above, and nobody is named.
    PeopleDrillAnswered = 169 "people_drill_answered";
    /// How groups report was asked for by who may not; there is an entry of the refusal only.
    CultureRead = 170 "culture_read";
    /// Somebody was shown a micro-lesson; `detail` is which, as [`domain::Lesson`] numbers it, and nobody is named.
    LessonSeen = 171 "lesson_seen";
    /// Security closed a report; `detail` is what came of it, as [`domain::Found`] numbers it.
    ReportAnswered = 172 "report_answered";
    /// An officer asked that a customer be erased; another must ask for the same.
    ErasureAsked = 173 "erasure_asked";
    /// An officer asked that what a customer had limited end; `detail` is what, as [`domain::UseLimit`] numbers it. Another must ask for the same.
    LimitEndAsked = 174 "limit_end_asked";
    /// What a customer had limited ended, as a second officer asked for the same.
    LimitEnded = 175 "limit_ended";
}

impl Kind {
    /// Is this only somebody reading the log, its live stream, the reports, the list of staff or budgets?
    #[must_use]
    pub fn is_reading(self) -> bool {
        use Kind::{
            BoardMessagesRead, BoardRead, BreachMeasured, BudgetsRead, CasesRead, CultureRead, DecisionAsked,
            DirectoryRead, LogExported, LogRead, LogReplayed, PeopleRead, ReportsRead, RequestsRead, SessionsRead,
            StreamClosed, StreamOpened, TeamRead,
        };
        let people = matches!(self, PeopleRead | SessionsRead | DirectoryRead | TeamRead | BudgetsRead);
        people
            || matches!(
                self,
                BoardMessagesRead
                    | BoardRead
                    | BreachMeasured
                    | CasesRead
                    | CultureRead
                    | LogReplayed
                    | DecisionAsked
                    | LogRead
                    | LogExported
                    | ReportsRead
                    | RequestsRead
                    | StreamOpened
                    | StreamClosed
            )
    }
}

impl Kind {
    /// Does this make a new version of people and rights?
    #[must_use]
    pub fn changes_power(self) -> bool {
        use Kind::{
            LimitsChanged, PersonChanged, PersonLeft, PlanChanged, PowerChanged, PowerSealed, ProposalWithdrawn,
            RulesChanged, SettingsChanged, TokenIssued, TokenRevoked,
        };
        let people = matches!(self, PersonChanged | PersonLeft | TokenIssued | TokenRevoked);
        let governing = matches!(self, RulesChanged | LimitsChanged | PlanChanged | SettingsChanged);
        // That a proposal ended is a row of power, too.
        people || governing || matches!(self, PowerChanged | PowerSealed | ProposalWithdrawn)
    }

    /// Why the case was opened that an entry of this kind and detail tells of; none where the customer was in touch.
    #[must_use]
    pub fn casework(self, detail: Option<u64>) -> Option<CaseReason> {
        use Kind::{ApprovalAsked, CaseClosed, CaseOpened, Note, Redelivery, Reveal, View};
        let tells = matches!(self, Reveal | Redelivery | View | Note | ApprovalAsked | CaseOpened | CaseClosed);
        let code = detail.filter(|_| tells).and_then(|detail| u8::try_from(detail).ok());
        code.and_then(CaseReason::from_code)
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
                | Self::GlassBroken
                | Self::View
                | Self::Search
                | Self::Claim
                | Self::Verification
                | Self::Code
                | Self::StatementGiven
                | Self::OwnCode
                | Self::OwnView
                | Self::OwnLog
                | Self::OwnExport
                | Self::OwnCorrectionAsked
                | Self::OwnClaim
                | Self::OwnClaimEntered
                | Self::RequestIdentity
                | Self::RequestTold
        )
    }
}
