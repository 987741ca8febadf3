//! The use cases, one file each, and the one door through which a value leaves.
//!
//! A value leaves only as a disclosure: who asks, on what live ground, for which purpose, within which budget;
//! then one durable transaction that spends the budget and writes the log entry; only then the key holder
//! releases that one field's key and it is opened. The private half (`private`) holds sealing, the entries' bytes
//! and the door; nothing outside it can make a [`Committed`] or look into a [`Plaintext`].
//!
//! Out of scope: HTTP, SQL, configuration files, where the root key lives.

mod admissions;
mod alarm;
mod allotments;
mod approval;
mod assurance;
mod audit;
mod auth;
mod blast_radius;
mod board;
mod budgets;
mod casework;
mod ceremony;
mod certificate;
mod chores;
mod claim;
mod close;
mod code;
mod consent;
mod contact;
mod copies;
mod culture;
mod customer;
mod decision;
mod device;
mod directory;
mod erase;
mod error;
mod event;
mod evidence;
mod feed;
mod few;
mod glass;
mod guard;
mod health;
mod hold;
mod intake;
mod kept;
mod leader;
mod limits_form;
mod log_query;
mod login;
mod losses;
mod machine;
mod me;
mod note;
mod outlet;
mod outlived;
mod overview;
mod pack;
mod passkey;
mod pending;
mod people;
mod permission;
mod planned;
mod power;
mod private;
mod promises;
mod ready;
mod receipt;
mod recount;
mod retention;
mod reveal;
mod rewrap;
mod rights;
mod roles;
mod sealed_text;
mod search;
mod sequencer;
mod session;
mod settings;
mod settings_form;
mod setup_tokens;
mod shelf;
mod speak_up;
mod spending;
mod statement;
mod team;
mod tombstone;
mod twice;
mod verify;
mod view;
mod vitals;
mod wiring;
mod witnessing;

pub use alarm::{Alarm, AlarmKind};
pub use approval::{ApprovalId, ApprovalLine, ApprovalState, AskedApproval, Habit, OwnApprovals};
pub use assurance::{Assurance, ProvedRules, Signed};
pub use audit::{Cursor, FoundLine, LogExport, LogLine, LogPage, StaffFound, StreamEnd};
pub use auth::Scope;
pub use blast_radius::{Acts, BlastRadius, Counts, Fields, NAMED_ENTRIES, Reached, Stage, Suspicion, Touched};
pub use board::{
    BoardCase, BoardClerk, BoardFile, BoardFileAnswer, BoardFileError, BoardFileLine, BoardHead, BoardKeyLine,
    BoardKeySet, BoardMailed, BoardMessage, BoardPaper, BoardPost, BoardPress, BoardPublic, BoardSecret, BoardSide,
    BoardThread, BoardView, BoardWhat, Fingerprint, GRACE_MS, LONGEST_BOARD_FILE, Measure, MeasureStanding,
    NewBoardKey, Printed, ProvenFile, board_check,
};
pub use budgets::{BudgetLeft, SharedBy, SharedLeft, Spent};
pub use casework::{CaseBook, CaseLine, OpenedCase};
pub use certificate::{Certificate, CertificateAnswer, Destroyed, KEPT_DIGEST, destroyed};
pub use close::{CloseStep, LogCloser};
pub use code::{CodeSent, Courier, CourierError, SendCode, ValueChanged};
pub use consent::{Answer, Told as ConsentTold};
pub use culture::{
    ClosedDrill, Culture, CultureMeasured, Debrief, DrillWindow, FEWEST, Figures, Group, Groups, LessonsShown,
    NewPeopleDrill, OwnDrill, PeopleDrillId, PlannedDrill, RunningDrill, Speed,
};
pub use decision::{Could, Verdict, Whether};
pub use device::WaitingDevice;
pub use directory::{Listed, MOST_WAITING, Proposal};
pub use erase::{Erased, Erasing};
pub use error::VaultError;
pub use event::Heard;
pub use evidence::{DrillName, DrillPlace, DrillResult, DrillVerdict, EVIDENCE_MS, Evidence, Posture};
pub use feed::Disclosure;
pub use glass::{AskGlass, AskedGlass, GlassAnswer, GlassBook, GlassId, GlassLine, GlassState, GlassStep};
pub use guard::Guarded;
pub use health::{HolderHealth, KeysHealth};
pub use intake::{IntakeBatch, IntakeError, NewRecord, TakenIn};
pub use keys::power::{
    Algorithm, Assertion, Left, LimitsText, Passkey, PlanText, PowerBody, Powers, Reporting, RulesText, SettingsText,
    THE_ONE, Warrant, power_challenge,
};
pub use keys::standing::{Apart, CeremonyStanding, CeremonyStep, DealtShares, HolderAlarm, SharesGathered};
pub use keys::webauthn::Party;
pub use limits_form::{Budgets, LimitsError};
pub use log_query::{Decided, LogQuery, Shown};
pub use login::{Arrival, LoggedIn};
pub use losses::Loss;
pub use machine::AccessToken;
pub use me::{
    Ask, ConsentNames, Correction, CustomerScope, Forgotten, LIFE_MS, Letter, Mail, MailError, Mailer, OwnClaim,
    OwnConsent, OwnExport, OwnLog, OwnLook, OwnRecord, Passphrase, Tell, WhyWithheld,
};
pub use note::Noted;
pub use outlet::{
    AlarmTeller, DigestOutlet, DigestTeller, DigestText, Happening, Outlet, OutletError, OutletState, OutletStep,
    Standing, Tallied, Teller, alarm_of,
};
pub use overview::{AllBudgets, MOST_SPENDERS, Overview, Spender, Spenders, Spending, SpendingState, SpendingTeam};
pub use pack::{BuiltPack, NONCE_CHARACTERS, Proven, ProvenAnswer, nonce_mark};
pub use passkey::{Enrolled, Invited, NewPasskey, OwnPasskey, Waiting, WaitingList};
pub use people::{NewPerson, PersonLine};
pub use planned::{Drift, InForce, Planned, drift_from_rules};
pub use policy::{Act as PolicyAct, Device, Granted, GrantedAct, Told};
pub use power::Snapshot;
pub use power::access::Access;
pub use power::asked::Asked;
pub use power::change::Change;
pub use power::draft::{Approved, PowerChanged, PowerDraft, draft_id};
pub use power::earlier::EarlierTexts;
pub use power::governance::SignedTexts;
pub use power::governing::Governing;
pub use power::proof::{Broken, Fut, Prover, RulesProof};
pub use power::reach::waits;
pub use power::replay::Replay;
pub use power::trial::{Example, Found, PLANNED, TRIED, Turned, Unsaid};
pub use power::wish::PowerWish;
pub use private::entry::{
    Allotted, AuditBody, BoardNote, CeremonyNote, CustomerBody, DrillNote, Kind, Opening, PackNote, half_fits,
};
pub use private::plaintext::Plaintext;
pub use private::release::Committed;
pub use private::sheet::Masked;
pub use ready::Unready;
pub use receipt::ReceiptAnswer;
pub use recount::{Before, Counted, Wrong};
pub use retention::{Expirer, ExpiryStep, RetentionRun};
pub use reveal::{RevealCommand, Revealed};
pub use rewrap::{Retirement, Rewrapping};
pub use rights::{
    AnsweredRequest, CopyTaken, FiledRequest, IdentityAnswer, IdentityChecked, LimitEnding, NewRequest, RequestBook,
    RequestCan, RequestId, RequestInside, RequestLine, RequestNews, RequestPlace, RequestState, Step as RequestStep,
    SteppedRequest,
};
pub use roles::{RoleLine, RoleTable};
pub use search::{Hit, SearchResult};
pub use sequencer::{Sequencer, origin_keys};
pub use session::{DeviceKey, NewSession, Proof, SessionId, SessionLine, SessionRules, SignedRequest, Way, sha256};
pub use settings::FileDiffers;
pub use settings_form::{CloseTimes, Parties, Settings, SettingsDifference, SettingsError, Trust, Witnessing};
pub use shelf::{ShelfKeeper, ShelfTurn};
pub use speak_up::{
    ACKNOWLEDGE_DAYS, ANSWER_DAYS, CleanFile, FileKind, Followed, FollowedLine, LAW_ACKNOWLEDGE_DAYS, LAW_ANSWER_DAYS,
    MOST_FILE_BYTES, MOST_FILES, NewReport, OwnNews, OwnSpoken, ReceiptCode, ReportLine, ReportList, ReportMove,
    ReportProof, ReportedBy, ReportsMeasured, Speaker, Spoken, TURN_MS,
};
pub use spending::{RecountStep, Recounter};
pub use statement::{Statement, StatementLine};
pub use team::{TeamBudgets, TeamMember};
pub use twice::MarkSet;
pub use verify::{Verified, VerifyCommand};
pub use view::{MaskedField, MaskedRecord, SecondPersonFor};
pub use vitals::Vitals;
pub use wiring::{Operator, TenantConfig, Vault, VaultConfig};
pub use witnessing::{WhenMissing, WitnessLine, WitnessPlace, WitnessStatus, Witnesses};
