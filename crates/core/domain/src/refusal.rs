//! Every way in which Ringfence says no, with why it matters and what to do instead. Problems, pages and
//! documentation are derived from this one list.

use crate::budget::{Shortage, Window};

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $code:literal $slug:literal, $title:literal, $why:literal, $next:literal;)*) => {
        /// A refusal. It is also a log entry.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Refusal { $($(#[$doc])* $name = $code,)* }

        impl Refusal {
    /// May a second person make up for what is missing?
    #[must_use]
    pub fn wants_a_second_person(self) -> bool {
        matches!(self, Self::GuardedRecord | Self::ManyFields | Self::BindingTooWeak | Self::Casework)
    }

            /// Every refusal.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable name: the end of the problem's `type`.
            #[must_use]
            pub fn slug(self) -> &'static str { match self { $(Self::$name => $slug,)* } }

            /// What happened, in a few words.
            #[must_use]
            pub fn title(self) -> &'static str { match self { $(Self::$name => $title,)* } }

            /// Why it matters.
            #[must_use]
            pub fn why(self) -> &'static str { match self { $(Self::$name => $why,)* } }

            /// What to do instead.
            #[must_use]
            pub fn next(self) -> &'static str { match self { $(Self::$name => $next,)* } }
        }
    };
}

refusals! {
    /// There is no live interaction of this person's.
    NoLiveInteraction = 1 "no-live-interaction", "You have no live interaction with this customer",
        "Data is shown only to the person who is serving that customer right now; otherwise anyone could look anyone up.",
        "Take the customer's call, chat or ticket first. If it just ended, ask the customer to get in touch again.";
    /// The interaction is bound to somebody else.
    WrongCustomer = 2 "wrong-customer", "This interaction belongs to another customer",
        "One interaction opens one customer's record, so that a call can't be used to browse.",
        "Work on the customer you are talking to. For another customer, open that customer's own interaction.";
    /// A surer binding is needed.
    BindingTooWeak = 3 "binding-too-weak", "It isn't sure enough that this is the customer",
        "Criminals call in as somebody else. What is sensitive needs proof from the customer's own device.",
        "Send a one-time code and let the customer enter it, then try again.";
    /// The purpose doesn't fit the field.
    PurposeNotAllowed = 4 "purpose-not-allowed", "That purpose doesn't need this field",
        "Each purpose opens only what it needs, so that less can leak.",
        "Choose one of the purposes that are offered for this field.";
    /// Never shown to a person.
    NeverShown = 5 "never-shown", "Cards are never shown to a person",
        "A card number that was seen can be sold. Work is done with the card, not by looking at it.",
        "Use the brand and the last four digits. For a new card, let the customer enter it.";
    /// The allowance of the hour is spent.
    BudgetExhausted = 6 "budget-exhausted", "Your allowance for this hour is spent",
        "A limit per hour means that one person, or one stolen account, can never carry off many customers' data.",
        "Go on with the masked record. If your work needs more, ask your team leader.";
    /// Too many answers checked or codes sent.
    AttemptsExhausted = 7 "attempts-exhausted", "No attempts are left",
        "With enough guesses anyone gets an answer right.",
        "Don't go on guessing: send a one-time code, or ask the customer to come back later.";
    /// A search found more than may be shown.
    TooManyHits = 8 "too-many-hits", "More than three customers fit",
        "A long list of people would be browsing, not serving.",
        "Ask the caller for something more exact: an order number, or the phone number on file.";
    /// Already bound to another customer.
    AlreadyBound = 9 "already-bound", "This interaction already has its customer",
        "Whoever could change customers within one call could look through many of them.",
        "If it is the wrong customer, end the interaction and open a new one.";
    /// The role doesn't do this.
    RoleNotAllowed = 10 "role-not-allowed", "Your role doesn't do this",
        "Each role sees and does only what its work needs; nobody has more power than their work needs.",
        "Ask somebody whose role it is.";
    /// The customer is on hold.
    OnHold = 11 "on-hold", "The customer is on hold",
        "A value is shown while you talk to the customer, not while nobody watches.",
        "Take the customer off hold, then reveal.";
    /// No such record for this person.
    NotFound = 12 "not-found", "There is no such record here",
        "What you may not know of looks the same as what doesn't exist.",
        "Check the id; search again within the live interaction.";
    /// A row that grants something doesn't carry its tag.
    Tampered = 13 "tampered", "A record was changed outside Ringfence",
        "Somebody edited the database by hand. Until security has looked, nothing is disclosed on it.",
        "Report it to security now; use the button.";
    /// The claim isn't one of this interaction's hits.
    NotAHit = 14 "not-a-hit", "That customer isn't one of your search's results",
        "Only what a search in this very interaction found can be claimed, so that an id kept from earlier opens nothing.",
        "Search again in this interaction and choose from its results.";
    /// The code is wrong, old or used.
    CodeWrong = 15 "code-wrong", "That code isn't valid",
        "A code proves the customer's device once, within minutes.",
        "Send a new code.";
    /// Somebody changed people or rules in this moment.
    PowerChanged = 16 "power-changed", "People or rules changed in this moment",
        "A decision counts only under the rules it was made under.",
        "Try again.";
    /// A countdown that is over.
    RedeliveryOver = 17 "redelivery-over", "That answer is no longer given out",
        "Nothing that was shown is kept, so it can't be shown again after its countdown.",
        "If you still need the value, reveal it again with a new key.";
    /// The same key with another request.
    KeyReused = 18 "key-reused", "That Idempotency-Key was used for another request",
        "One key stands for one request, or a retry could do something else.",
        "Use a new key for a new request.";
    /// Too few witnesses signed the log in time, and the operator chose to stop then.
    WitnessesMissing = 32 "witnesses-missing", "The log's witnesses don't answer",
        "Outside witnesses make sure that nobody can rewrite who looked at what. Without them this centre shows nothing.",
        "Go on without the record for now, and tell IT and security that witnesses are missing.";
    /// Another node closed the log meanwhile.
    CloseTaken = 33 "close-taken", "The log was just closed by another node",
        "Closes are numbered without a gap and each number is used once, so that everybody is shown the same list.",
        "Nothing: the other node's close counts.";
    /// The team's allowance is given out.
    TeamExhausted = 34 "team-allowance-exhausted", "Your team's allowance is spent",
        "Many small looks add up: a limit for the team bounds what several accounts together can carry off.",
        "Go on with the masked record, and tell your team leader: either it is very busy, or somebody is reading in bulk.";
    /// The tenant's allowance is given out.
    TenantExhausted = 35 "tenant-allowance-exhausted", "This centre's allowance is spent",
        "A limit for the whole centre bounds what all accounts together can carry off, also where somebody holds many of them.",
        "Go on with the masked record, and tell security: either it is very busy, or somebody is reading in bulk.";
    /// People and rights aren't what the key holder sealed.
    PowerTampered = 36 "power-tampered", "People or rights were changed outside Ringfence",
        "Somebody edited the database by hand, or put an older one back: who may do what can't be trusted, so nothing is shown.",
        "Tell security now. It goes on by itself once the database says what it said before.";
    /// Only an officer's approval changes it.
    OfficerNeeded = 37 "officer-needed", "Only a security officer's approval changes that",
        "Whoever runs the machines could otherwise give a friend the power to look anybody up.",
        "Ask a security officer to make the change and to approve it with a passkey.";
    /// The approval isn't one.
    NotApproved = 38 "not-approved", "That approval doesn't approve this change",
        "A yes to one thing must not be used for another, and nobody says yes to their own.",
        "Draft the change again and let a security officer whom it isn't about approve it.";
    /// Nobody could approve anything any more.
    LastOfficer = 39 "last-officer", "No security officer with a passkey would be left",
        "Then nobody could change people or rights any more, or whoever runs the machines could.",
        "Give another security officer a passkey first.";
    /// Somebody of IT would stand above who watches it.
    ManagedByIt = 40 "managed-by-it", "Somebody of IT would stand above who watches it",
        "Whoever can lean on security, data protection or the auditors can make them look away; so nobody of IT is above them.",
        "Let that person report to somebody whose own managers aren't of IT, then make the change.";
    /// The draft doesn't stand any more.
    ChangeGone = 41 "change-gone", "That draft doesn't stand any more",
        "A change is approved as it was drafted, within thirty minutes, so that nobody signs something else.",
        "Draft the change again.";
    /// A session was shown by a browser that isn't the one that signed in.
    NotThisDevice = 42 "not-this-device", "This isn't the browser that signed in",
        "A session works only in the browser that began it, so that a copied cookie opens nothing.",
        "Sign in again in this browser. If you didn't copy anything, tell security: somebody else may have.";
    /// A request that was sent before.
    RequestReplayed = 43 "request-replayed", "That request was sent before",
        "Each signed request counts once, so that nobody can send yours again.",
        "Do it again on the page itself. If you didn't send anything twice, tell security.";
    /// A request whose time isn't now.
    SignatureLate = 44 "signature-late", "That request was signed too long ago",
        "A signed request counts for seconds only, so that one that was kept opens nothing.",
        "Try again; the page sets its clock by our answer. If it stays, reload the page.";
    /// A passkey's answer doesn't fit.
    PasskeyRefused = 45 "passkey-refused", "That passkey's answer isn't accepted",
        "It must be made now, on this very page, by the passkey itself, after it made sure that it is you.",
        "Load the page again and use the passkey of this site, with your finger, face or PIN.";
    /// A passkey counts backwards.
    PasskeyCopied = 46 "passkey-copied", "That passkey may have been copied",
        "It has counted less than it had before, as a copy would.",
        "Don't use it any more. Tell security, and ask for an invitation to register a new one.";
    /// An invitation that doesn't count any more.
    InvitationOver = 47 "invitation-over", "That invitation doesn't count any more",
        "An invitation counts once and for an hour, so that one that was lost or seen opens nothing.",
        "Ask whoever invited you for a new one. If you haven't used yours, tell security that somebody has.";
    /// The allowance of 24 hours is spent.
    DayExhausted = 54 "day-allowance-exhausted", "Your allowance for 24 hours is spent",
        "A limit per day means that patience doesn't help either: a little every hour adds up to many customers' data.",
        "Go on with the masked record. If your work needs more, ask your team leader.";
    /// The allowance of thirty days is spent.
    MonthExhausted = 55 "month-allowance-exhausted", "Your allowance for 30 days is spent",
        "A limit per month means that patience doesn't help either: a little every day adds up to many customers' data.",
        "Go on with the masked record, and tell your team leader: either your work needs more, or somebody used your account.";
    /// The person's allowance for one purpose is spent.
    PurposeExhausted = 56 "purpose-allowance-exhausted", "Your allowance for this purpose is spent",
        "What opens accounts and dates of birth has a limit of its own, so that these can't be read in bulk.",
        "Go on with the masked record. Don't choose another purpose instead: each is in the log. If your work needs more, ask your team leader.";
    /// A counter of what was spent says less than the log.
    SpendingDisagrees = 57 "spending-disagrees", "What was spent doesn't equal the log",
        "Somebody changed outside Ringfence what was counted. Until it is put right, nothing is disclosed.",
        "Go on without the record for now. Security and the board have been told.";
    /// Two powers that must not meet in one person.
    ForbiddenPair = 48 "forbidden-pair", "These roles can't meet in one person",
        "Whoever runs, watches, serves or judges must not be able to cover for themselves; nobody's approval lifts that.",
        "Give the role to somebody else. If it is another person of that name, add what tells them apart.";
    /// A proposal without a role.
    RoleMissing = 49 "role-missing", "Nobody has said which role",
        "A role opens people's data. Only security's word gives one, never a list.",
        "Name the role with your answer, or decline the proposal.";
    /// Two people with one user name.
    NameTaken = 50 "name-taken", "Somebody else has this user name",
        "One name stands for one person, so that nobody can be taken for somebody else.",
        "Give another user name, or change the person who has this one.";
    /// A device that nobody, or not enough people, agreed to.
    TwoPeopleNeeded = 51 "two-people-needed", "The team leader and security must both agree, first the team leader",
        "One person alone could enrol a device or passkey of their own and be anybody's agent with it.",
        "Let the team leader of that person agree first, then a security officer; nobody agrees to their own.";
    /// An identity that security made nobody of.
    LoginUnknown = 52 "login-unknown", "Nobody here signs in with that identity",
        "A stolen or made-up login must not open a desk full of people's data, so security first says who it is.",
        "Ask security to add you. If you watch, judge or run something, sign in with your passkey.";
    /// Rules that can't be read, or don't fit what they speak of.
    RulesUnfit = 61 "rules-unfit", "These rules, limits or settings can't be used",
        "What can't be read in full can't be relied on, so nothing of it counts.",
        "Mend what the detail names, then draft the change again.";
    /// Rules under which something could happen that must never.
    RulesRefuted = 62 "rules-refuted", "Under these rules something could happen that must never",
        "What must never happen is written apart from the rules, so that no change of them can permit it by mistake or by design.",
        "Look at the example in the detail, mend the rule that permits it, and draft the change again.";
    /// What officers signed can't be used by this program.
    RulesUnusable = 63 "rules-unusable", "The rules, limits, settings or data plan that officers signed can't be used",
        "They were signed for another version of this program, and nothing is disclosed under rules that nobody can read.",
        "Tell security and IT: let IT go back to the version before, or let two security officers sign rules for this one.";
    /// The data plan in force doesn't allow it today.
    Unplanned = 95 "unplanned", "The data plan doesn't allow that today",
        "Customers were told which data is held, what for and until when; nothing else is done with it.",
        "Do without it. If the work needs it, ask the data protection officer for a change of the plan, which two security officers sign.";
    /// A plan that can't be read, or contradicts itself.
    PlanUnfit = 96 "plan-unfit", "This data plan can't be used",
        "A plan that contradicts itself promises nothing, so the one before stays in force.",
        "Mend the lines that the detail names, then draft the change again.";
    /// The customer is under a legal hold.
    LegalHold = 86 "legal-hold", "This record is under a legal hold",
        "What is needed as proof must not be gone before the matter is settled. Two officers said so, and two can end it.",
        "Tell the customer that it is kept and why. Once the reason is gone, two officers lift the hold; then ask again.";
    /// Somebody was in touch, looked or wrote since it was decided.
    NewContact = 87 "new-contact", "Something happened with this record meanwhile",
        "What was decided about a customer whom nobody has met for long doesn't hold once somebody meets them.",
        "Look at the record again and decide anew.";
    /// A customer's session on their own page ended.
    OwnSessionOver = 88 "own-session-over", "Your session is over",
        "A customer's own page is open for a quarter of an hour, so that nobody finds it open later.",
        "Ask for a new code.";
    /// Nobody is on the line, so a second person must agree.
    Casework = 89 "casework", "In a case this is shown only if a second person agrees",
        "Nobody is on the line who would notice a look that isn't needed, so a colleague of another team does.",
        "Ask for a second person. Somebody of another team sees what for, never the value, and answers within two minutes.";
    /// Not in a case, whoever agrees.
    NobodyOnTheLine = 90 "nobody-on-the-line", "That isn't done without the customer on the line",
        "In a case nobody can show who they are, so it proves nothing, and what can be sold for much stays closed.",
        "Use the masks. If the work needs more, ask the customer to get in touch.";
    /// A case that was opened before, was closed, or has shown as much as a case shows.
    CaseOver = 91 "case-over", "This case has been opened before, or is over",
        "A conversation is followed up once, for a day and a few values, so that a case is no standing key to a record.",
        "Work in the case that is open. If there is none, let your team leader open another, or the customer get in touch.";
    /// Somebody with the same e-mail address or number was erased, so a record of them isn't taken in.
    ErasedBefore = 93 "erased-before", "Somebody with this e-mail address or number was erased",
        "Who had their data destroyed must not come back by an old file or list.",
        "Leave them out. If they came back of their own accord, say on which day their record was made (since): a later day than the erasure's is taken in.";
    /// Not without a second person.
    ApprovalNeeded = 70 "approval-needed", "That is shown only if a second person agrees",
        "What can be sold for much isn't left to one person alone, who can be bribed or threatened.",
        "Ask for a second person. Somebody of another team sees what for, never the value, and answers within two minutes.";
    /// Nobody is there who could be the second person.
    NobodyToApprove = 71 "nobody-to-approve", "Nobody is there who could be the second person",
        "It must be somebody of another team, signed in on a page of their own; otherwise it would be the same as one person alone.",
        "Do without the value, or let a team leader of another team or security sign in and ask again.";
    /// The second person said no.
    ApprovalDeclined = 72 "approval-declined", "The second person said no",
        "A no stands for this interaction, so that nobody asks around until somebody says yes.",
        "Do without the value. If the customer needs it, tell them so, and your team leader.";
    /// The second person has not said yes.
    NotYetApproved = 73 "not-yet-approved", "The second person hasn't said yes",
        "Silence is a no: nothing is shown because nobody looked.",
        "Wait for the answer. After two minutes without one, ask again.";
    /// A question that can't be answered any more.
    ApprovalOver = 74 "approval-over", "That question can't be answered any more",
        "A yes counts for one look in one live conversation, so it must be given in time and once.",
        "Nothing: if it is still needed, you or somebody else is asked again.";
    /// Who was asked can't be the second person.
    NotASecondPerson = 75 "not-a-second-person", "You can't be the second person for this",
        "Who asks and who approves must be two people, of two teams, at two devices, or one alone could do everything.",
        "Leave it: somebody else is asked. If you believe that you may, tell security.";
    /// A question that needn't be put.
    ApprovalNotNeeded = 76 "approval-not-needed", "That needs no second person",
        "A second person is for what is risky; asked for everything, they would stop looking.",
        "Reveal the field itself.";
    /// Too many second people asked for.
    ApprovalsExhausted = 77 "approvals-exhausted", "You have asked too many second people in this hour",
        "Who asks often enough meets somebody who doesn't look.",
        "Go on with the masked record, and tell your team leader if your work needs more.";
    /// The customer is guarded: nothing of theirs is shown to one person alone.
    GuardedRecord = 78 "guarded-record", "This record is shown only if a second person agrees",
        "Some people are looked up by the curious, or are in danger if they are found; so one person alone opens nothing of theirs.",
        "Ask for a second person. Somebody of another team sees what for, never the value, and answers within two minutes.";
    /// So many fields of one conversation are shown only with a second person.
    ManyFields = 79 "many-fields", "More of this record is shown only if a second person agrees",
        "A call needs a few values. Who opens all of a record copies it.",
        "Go on with what you have and the masks, or ask for a second person for this value.";
    /// No second officer's agreement counts.
    NotYetAgreed = 80 "not-yet-agreed", "A second security officer hasn't agreed",
        "In an emergency one person's word isn't enough either, and silence is a no.",
        "Reach another security officer by phone and let them answer on their own page. After ten minutes, ask anew.";
    /// A request to break the glass that can't be used or answered any more.
    GlassOver = 81 "glass-over", "That request is over",
        "An agreement opens one value once, to who asked, within minutes; a no, silence and a late use are a no.",
        "If the emergency goes on, ask anew.";
    /// Who can't agree to breaking the glass, to a change of power or to a mark: the same human, or at the same browser.
    NotASecondOfficer = 82 "not-a-second-officer", "You can't be the second officer for this",
        "Two officers must agree, at two devices, or one alone could do it.",
        "Let another officer do it, from their own device. Two accounts of one name count as one person.";
    /// Who took part in breaking the glass doesn't review it.
    NotAReviewer = 83 "not-a-reviewer", "Who broke the glass doesn't review it",
        "Nobody judges what they did themselves.",
        "Let the board review it, or a security officer who was neither of the two.";
    /// Nothing waits for a review.
    NothingToReview = 84 "nothing-to-review", "Nothing of this waits for a review",
        "Only what was shown is reviewed, and once: a finding isn't replaced by a later one.",
        "Look at the list: it says how far each has come.";
    /// The signature isn't the officer's own for exactly this.
    GlassUnsigned = 85 "glass-unsigned", "That isn't your passkey's signature for this request",
        "Each officer signs for one customer, one field and one reason, so that nothing else can be opened with it.",
        "Load the list again, compare what it says, and sign with a passkey of your own that counts.";
    /// An agent's device or passkey, and nobody who leads them.
    LeaderMissing = 92 "leader-missing", "Nobody leads this person's team who could agree",
        "Security alone could make an agent of anybody, so somebody who leads their team and sees them agrees first.",
        "Let security make somebody that team's leader, or move this person to a team that has one (under People); that leader agrees then.";
    /// A passkey of somebody who decides, and one officer's signature.
    TwoOfficersNeeded = 97 "two-officers-needed", "Two officers must sign that",
        "With a passkey under the name of somebody who decides, one person would be two.",
        "Propose it from your account's page: another officer then signs it under Proposals.";
    /// Said yes too often in one hour.
    AgreedTooOften = 98 "agreed-too-often", "You have agreed as often in this hour as one person may",
        "Who agrees to everything put to them looks at nothing; a limit makes each yes worth more.",
        "Leave it unanswered, or say no: the question may then be put to somebody else. If you are alone at this, tell security.";
    /// The customer hasn't agreed to it, or has taken that back.
    NotAgreed = 99 "not-agreed", "The customer hasn't agreed to this",
        "Some data is held and used only as long as its customer says yes; they may take that back at any time.",
        "Do without it. The customer can say yes on their own page, if they wish.";
    /// The customer changed it themselves a short while ago, or somebody objected to that change.
    ContactUnsure = 120 "contact-unsure", "This was changed on the customer's own page less than three days ago, or objected to",
        "Whoever got into a customer's page would change a number, address or account first, to be taken for them, or paid in their place.",
        "Serve the customer without it: use something that wasn't changed to make sure who it is, or wait until the three days are over.";
    /// A code for their own page goes to the customer's e-mail address, not to their telephone.
    AddressOnFile = 121 "address-on-file", "This customer signs in on their own page by e-mail",
        "A code by telephone is for whoever has no e-mail address on file; otherwise who takes over a number would get in past the mailbox.",
        "Ask the customer to open their own page and to enter the e-mail address that you have of them.";
    /// A customer's request by right that is closed, or was made longer before.
    RequestOver = 127 "request-over", "That isn't done with this request any more",
        "A request is answered once, its time made longer once and within its first month, so that nobody changes afterwards what was done.",
        "Load the list: it says how far the request has come. For something new, file a new one.";
    /// Nobody has shown that a request is the customer's.
    IdentityNeeded = 128 "identity-needed", "It isn't shown yet that this is the customer's own request",
        "Whoever poses as a customer would ask for their data first, or have it destroyed.",
        "Send a code to the address on file, and enter what the customer tells you.";
    /// A copy can't be given to this customer.
    NoWayToThem = 129 "no-way-to-them", "No letter reaches this customer",
        "A copy is the customer's alone: a letter tells them that it waits on their own page, which is shut while they are guarded.",
        "Without an e-mail address on file they get in there by a code to their telephone, and take a copy without an answer here; of a guarded customer, let two of security take the mark away first.";
    /// What would be answered isn't what is held.
    AnswerIncomplete = 130 "answer-incomplete", "The answer would not be all that is held",
        "An answer that leaves something out is worse than a late one: nobody notices.",
        "Tell security: a value was taken out of the database, or put there by hand. Then answer again.";
    /// No customer was found for the request.
    NobodyFound = 131 "nobody-found", "No customer was found for this request",
        "Nothing can be shown or destroyed of somebody who isn't known here.",
        "File it anew with another of their addresses, numbers or orders; or refuse it, as nothing is held.";
    /// Answers are checked only where no code can be sent.
    CodeFirst = 132 "code-first", "This customer gets a code",
        "What somebody knows of a customer others may know too; their own mailbox is theirs.",
        "Send a code to the address on file, and enter what the customer tells you.";
    /// More is being reported without a name than can be taken in.
    BoxFull = 133 "box-full", "Too much is being sent here at the moment",
        "Nothing is kept of who sends, so nobody can be slowed down alone: there is one limit for everybody.",
        "Try again in an hour. If it can't wait, tell the data protection officer or a supervisory authority.";
    /// As much waits for security as the identity provider may leave waiting.
    ProposalsFull = 170 "proposals-full", "Too much of the identity provider's waits for security",
        "Among a thousand proposals nobody sees the one that matters.",
        "Have security apply or decline what waits, under People; then propose the rest.";
    /// No report has this receipt code.
    ReceiptUnknown = 134 "receipt-unknown", "No report here has this code",
        "The code is the only key to a report: nobody can look it up for you.",
        "Check each letter. If it is right, the report was taken out of the database: your proof shows that it was there.";
    /// The report is closed.
    ReportOver = 135 "report-over", "This report is closed",
        "What came of it was told to whoever reported it, and stays as it is.",
        "Report anew what is new, and name this one.";
    /// A file of a kind that may tell who made it.
    FileUnfit = 136 "file-unfit", "This file can't be taken",
        "A file may hold a name, a place or a device. Only pictures as PNG or JPEG and plain text can be cleaned of that here.",
        "Take a picture of the screen or the paper and send that, of at most one megabyte; up to three of them.";
    /// Reports changed in this very moment.
    ReportsMoved = 137 "reports-moved", "Something else was reported in this very moment",
        "Each report has its place in a list that only one at a time may write.",
        "Send it again.";
    /// The customer had the use of their data restricted.
    UseRestricted = 158 "use-restricted", "This customer had the use of their data restricted",
        "Until that is settled their data is kept and not used: they contest it, or need it themselves for a claim.",
        "Send them to the data protection officer, or to their own page, which stays open to them. In an emergency two security officers can look.";
    /// The customer objected to a use that rests on no contract, law or yes of theirs.
    UseObjected = 159 "use-objected", "This customer objected to this use of their data",
        "It rests on the company's own interest, and theirs went before it.",
        "Serve them without it. What is needed for their contract or by law goes on.";
    /// A drill for people that would try too few of them.
    TooFewPeople = 152 "too-few-people", "A drill must try eight people or more",
        "Of fewer it could be told who did what, and a drill is there to learn from, not to test one person.",
        "Take more teams or a larger share. Who met two drills in the last thirty days isn't drawn.";
    /// As many drills for people run as may.
    DrillsExhausted = 153 "drills-exhausted", "Six drills for people run already",
        "Who is tried all the time takes a real customer for a drill, or stops looking.",
        "Wait until one is over, or call one off.";
    /// A request is refused for a reason that isn't so.
    ReasonDoesntFit = 160 "reason-doesnt-fit", "That isn't so of this request",
        "The customer is told the reason: nothing is held of somebody only where nobody was found, and nobody is unknown who was shown to be themselves.",
        "Choose the reason that it is, or answer the request.";
    /// Somebody else went on with a request meanwhile.
    RequestChanged = 161 "request-changed", "Somebody else went on with this request in this very moment",
        "Each step rests on what was seen of the request, so that no two are taken at once. Nothing was done, and no letter went.",
        "Load it again: it says how far it has come.";
    /// The customer is in touch by a channel on which this isn't done.
    ChannelNotAllowed = 60 "channel-not-allowed", "That isn't done by this channel",
        "What is written stays, and who writes can't be heard: some of it is for a live conversation only.",
        "Ask the customer to ring, or send a link.";
}

impl Refusal {
    /// A spent allowance, said more exactly: which of a person's limits it is. Of an allowance that is shared, nothing more
    /// is told.
    #[must_use]
    pub fn of_shortage(self, shortage: Shortage) -> Self {
        match (self, shortage) {
            (Self::BudgetExhausted, Shortage { purpose: true, .. }) => Self::PurposeExhausted,
            (Self::BudgetExhausted, Shortage { window: Window::Day, .. }) => Self::DayExhausted,
            (Self::BudgetExhausted, Shortage { window: Window::Month, .. }) => Self::MonthExhausted,
            (refusal, _) => refusal,
        }
    }

    /// The refusal with this code, as written in log entries.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|refusal| *refusal as u8 == code)
    }

    /// The refusal with this stable name, as written in rules.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|refusal| refusal.slug() == slug)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_name_and_says_why_and_what_next() {
        let mut slugs: Vec<_> = Refusal::ALL.iter().map(|r| r.slug()).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), Refusal::ALL.len());
        for refusal in Refusal::ALL {
            assert_eq!(Refusal::from_code(*refusal as u8), Some(*refusal));
            assert!(refusal.why().ends_with('.') && refusal.next().ends_with('.'), "{refusal:?}");
        }
    }
}
