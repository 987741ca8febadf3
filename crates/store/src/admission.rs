//! What lets somebody in for a while: sessions, what sign-ins are made with, and what waits to become power.
//!
//! One shape for all of it: a row that is made, replaced as a whole under a condition on what stood there, and swept once
//! it has run out. What a row says is the vault's affair; to a store it is a body under a tag.

use crate::rows::Tag;
use domain::Millis;

/// What kind of row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum AdmissionKind {
    /// A page's session.
    Session = 1,
    /// A one-time code with which a person may register a passkey.
    Invitation = 2,
    /// A challenge that was answered, so that its answer can't be used again.
    Challenge = 3,
    /// How far a passkey has counted, and when it was last used.
    Counter = 4,
    /// A new passkey that waits for approval.
    Enrolment = 5,
    /// A person as the company's identity provider lists them. It lets nobody in.
    Listing = 6,
    /// A device that asks to be enrolled. It lets nobody in.
    Device = 7,
    /// A change of power that officers sign, or that waits for its time. It lets nobody in.
    Proposal = 8,
    /// Rules or limits as they were before a version of power, to go back to. It lets nobody in.
    Earlier = 9,
    /// What a second person was asked, and what they said. It lets somebody look once.
    Approval = 10,
    /// What is known of a value that a second person was asked about, whoever asked. It lets nobody in.
    ValueAsked = 15,
    /// What officers ask to see in an emergency, and how far that has come. It lets somebody look once.
    Glass = 11,
    /// A code that a customer was sent, to sign in on their own page, or that went to nobody.
    CustomerCode = 12,
    /// A customer's session on their own page.
    CustomerSession = 13,
    /// Which listing took a user name last. It lets nobody in.
    ListingName = 14,
    /// That somebody who was reached by this was erased: a digest, so that no old file brings them back. It lets nobody in.
    Erased = 16,
    /// That somebody of security asked that a customer be guarded no longer; another must ask for the same. It lets nobody in.
    UnguardAsked = 17,
    /// That an imported customer is to be guarded before anybody finds them. It lets nobody in.
    GuardImported = 18,
    /// When all that had expired was last looked for. It lets nobody in.
    RetentionRun = 21,
    /// That an officer asked for a legal hold, or for its end; another must ask for the same. It lets nobody in.
    HoldAsked = 22,
    /// What a customer said to one question of the data plan. It lets nobody in.
    Consent = 23,
    /// Under which settings nodes serve, and when others last came. It lets nobody in.
    Settings = 24,
    /// A step of the root key's ceremony that has its entry, and how far steps were taken over. It lets nobody in.
    CeremonyStep = 25,
    /// A code that was sent to a customer's own number, to sign in on their own page.
    CustomerClaim = 27,
    /// What a customer asked for by right, and how far it has come. It lets nobody in.
    RightsRequest = 29,
    /// That an officer wants such a request answered; another must want the same. It lets nobody in.
    AnswerAsked = 30,
    /// What a drill showed last. It lets nobody in.
    Drill = 31,
    /// How far somebody outside was told of the log. It lets nobody in.
    Outlet = 47,
    /// Whether an alarm was written down as one that stands. It lets nobody in.
    AlarmTold = 48,
    /// Which partner pack was built last. It lets nobody in.
    Pack = 44,
    /// That an officer wants a customer erased; another must want the same. It lets nobody in.
    EraseAsked = 56,
    /// That an officer wants what a customer had limited to end; another must want the same. It lets nobody in.
    UnlimitAsked = 59,
    /// What drills for people run, and what came of others. It lets nobody in.
    PeopleDrills = 50,
    /// Which micro-lessons somebody was shown. It lets nobody in.
    LessonsSeen = 51,
    /// What a customer told us. It lets nobody in.
    OwnReports = 52,
    /// A report to the board, in short. It lets nobody in.
    BoardReport = 38,
    /// The sealed file of such a report. It lets nobody in.
    BoardFile = 39,
    /// The key that a member of the board reads reports with. It lets nobody in.
    BoardKey = 40,
    /// A message between the board and security. It lets nobody in.
    BoardMessage = 41,
    /// What was reported without a name and isn't in the log yet. It lets nobody in.
    SpeakUpBox = 32,
    /// Something that was reported, and what was said about it. It lets nobody in.
    SpokenReport = 33,
    /// A file beside a report. It lets nobody in.
    SpokenFile = 34,
    /// Which reports there are. It lets nobody in.
    SpokenBook = 35,
    /// In which note the board was told of a case. It lets nobody in.
    BoardCase = 42,
}

impl AdmissionKind {
    /// The kind with this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        let all = [
            Self::Session,
            Self::Invitation,
            Self::Challenge,
            Self::Counter,
            Self::Enrolment,
            Self::Listing,
            Self::Device,
            Self::Proposal,
            Self::Earlier,
            Self::Approval,
            Self::ValueAsked,
            Self::Glass,
            Self::CustomerCode,
            Self::CustomerSession,
            Self::ListingName,
            Self::Erased,
            Self::UnguardAsked,
            Self::GuardImported,
            Self::RetentionRun,
            Self::HoldAsked,
            Self::Consent,
            Self::Settings,
            Self::CeremonyStep,
            Self::CustomerClaim,
            Self::RightsRequest,
            Self::AnswerAsked,
            Self::Drill,
            Self::Outlet,
            Self::AlarmTold,
            Self::Pack,
            Self::EraseAsked,
            Self::UnlimitAsked,
            Self::PeopleDrills,
            Self::LessonsSeen,
            Self::OwnReports,
            Self::SpeakUpBox,
            Self::SpokenReport,
            Self::SpokenFile,
            Self::SpokenBook,
            Self::BoardReport,
            Self::BoardFile,
            Self::BoardKey,
            Self::BoardMessage,
            Self::BoardCase,
        ];
        all.into_iter().find(|kind| *kind as u8 == code)
    }
}

/// Names a row within its tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AdmissionKey {
    /// What kind.
    pub kind: AdmissionKind,
    /// Which.
    pub id: [u8; 16],
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmissionRow {
    /// Its name.
    pub key: AdmissionKey,
    /// What it says.
    pub body: Vec<u8>,
    /// From when on it may be swept.
    pub expires: Millis,
    /// Over all of it.
    pub tag: Tag,
}

impl AdmissionRow {
    /// What the tag covers.
    #[must_use]
    pub fn material(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(25 + self.body.len());
        out.push(self.key.kind as u8);
        out.extend_from_slice(&self.key.id);
        out.extend_from_slice(&self.expires.0.to_be_bytes());
        out.extend_from_slice(&self.body);
        out
    }
}
