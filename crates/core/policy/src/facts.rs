//! What a decision rests on: who asks, for which act, and how things stand.

use domain::{Binding, Channel, FieldKind, Purpose, Role};

/// What a person signed in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Device {
    /// A session on a page.
    Page,
    /// A bearer token, used by a program.
    Program,
}

impl Device {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Page, Self::Program];

    /// The name in rules.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Program => "program",
        }
    }
}

/// Who asks, and when and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker<'a> {
    /// What for they are here.
    pub role: Role,
    /// Are they new here?
    pub probation: bool,
    /// Their team; empty for none.
    pub team: &'a str,
    /// What they signed in with.
    pub device: Device,
    /// The hour of the day, 0 to 23, in UTC.
    pub hour: u8,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// One value, for a purpose.
    Reveal(FieldKind, Purpose),
    /// Whether a caller's answer fits.
    Verify(FieldKind),
    /// The masked record.
    View,
    /// A blind search.
    Search,
    /// Saying which hit is on the line.
    Claim,
    /// A one-time code to the customer's device.
    SendCode,
    /// A note in the record.
    WriteNote,
    /// Opening a case about the customer of a live interaction.
    FollowUp,
    /// Reading who did what.
    ReadLog,
    /// Erasing a customer.
    Erase,
    /// Handing a customer their statement.
    GiveStatement,
    /// Seeing what is wrong with the log, or with people and rights.
    ReadAlarms,
    /// Reading what one's own team and its members have spent.
    ReadTeam,
    /// Reading what everybody has spent.
    ReadBudgets,
    /// Reading who there is, with which role.
    ReadPeople,
    /// Changing people and rights.
    ChangePower,
    /// Reading who is signed in.
    ReadSessions,
    /// Ending somebody else's session.
    EndSession,
    /// Letting somebody's new passkey count.
    Enrol,
    /// Keeping the list of people, as the company's identity provider does.
    KeepDirectory,
    /// Answering what the identity provider proposes.
    DecideProposal,
    /// Agreeing to a device from which somebody serves customers.
    EnrolDevice,
    /// Opening a case for somebody of one's team.
    AssignCase,
    /// Reading which cases are open, and closing one.
    OverseeCases,
    /// Answering, as the second person, whether somebody may be shown something.
    Approve,
    /// Marking a customer as guarded, or taking the mark away.
    Guard,
    /// One value in an emergency, or agreeing to that.
    BreakGlass(FieldKind),
    /// Saying whether that was justified.
    ReviewGlass,
    /// Telling what drills showed.
    TellDrill,
    /// Having what was tried and is in force told to a partner, in a pack.
    BuildPack,
    /// Filing a customer's request by right, and following it.
    FileRequest,
    /// Handling such requests.
    HandleRequest,
    /// Agreeing, as the second, that such a request is answered.
    AgreeToAnswer,
    /// Planning a drill for people, or seeing what is planned.
    PlanPeopleDrill,
    /// Seeing how groups of people report.
    ReadCulture,
    /// Reading what is reported to the board, registering a key for it, writing to security.
    UseBoardLine,
    /// Reading what the board writes, and answering it.
    AnswerBoard,
    /// Handling what is reported, unless it is about security.
    HandleReport,
    /// Handling what is reported, also about security, from outside it.
    HandleReportOutside,
}

impl Act {
    /// Every act, with every field and purpose.
    pub fn all() -> impl Iterator<Item = Self> {
        let reveals = FieldKind::ALL
            .into_iter()
            .flat_map(|field| Purpose::ALL.into_iter().map(move |purpose| Self::Reveal(field, purpose)));
        let others = [
            Self::View,
            Self::Search,
            Self::Claim,
            Self::SendCode,
            Self::WriteNote,
            Self::FollowUp,
            Self::ReadLog,
            Self::Erase,
            Self::GiveStatement,
            Self::ReadAlarms,
            Self::ReadTeam,
            Self::ReadBudgets,
            Self::ReadPeople,
            Self::ChangePower,
            Self::ReadSessions,
            Self::EndSession,
            Self::Enrol,
            Self::KeepDirectory,
            Self::DecideProposal,
            Self::EnrolDevice,
            Self::AssignCase,
            Self::OverseeCases,
            Self::Approve,
            Self::Guard,
            Self::ReviewGlass,
            Self::TellDrill,
            Self::BuildPack,
            Self::FileRequest,
            Self::HandleRequest,
            Self::AgreeToAnswer,
            Self::PlanPeopleDrill,
            Self::ReadCulture,
            Self::UseBoardLine,
            Self::AnswerBoard,
            Self::HandleReport,
            Self::HandleReportOutside,
        ];
        let fields = |act: fn(FieldKind) -> Self| FieldKind::ALL.into_iter().map(act);
        reveals.chain(fields(Self::Verify)).chain(others).chain(fields(Self::BreakGlass))
    }

    /// The action's name in rules.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::Reveal(..) => "reveal",
            Self::Verify(_) => "verify",
            Self::View => "view",
            Self::Search => "search",
            Self::Claim => "claim",
            Self::SendCode => "send_code",
            Self::WriteNote => "write_note",
            Self::FollowUp => "follow_up",
            Self::ReadLog => "read_log",
            Self::Erase => "erase",
            Self::GiveStatement => "give_statement",
            Self::ReadAlarms => "read_alarms",
            Self::ReadTeam => "read_team",
            Self::ReadBudgets => "read_budgets",
            Self::ReadPeople => "read_people",
            Self::ChangePower => "change_power",
            Self::ReadSessions => "read_sessions",
            Self::EndSession => "end_session",
            Self::Enrol => "enrol",
            Self::KeepDirectory => "keep_directory",
            Self::DecideProposal => "decide_proposal",
            Self::EnrolDevice => "enrol_device",
            Self::AssignCase => "assign_case",
            Self::OverseeCases => "oversee_cases",
            Self::Approve => "approve",
            Self::Guard => "guard",
            Self::BreakGlass(_) => "break_glass",
            Self::ReviewGlass => "review_glass",
            Self::TellDrill => "tell_drill",
            Self::BuildPack => "build_pack",
            Self::FileRequest => "file_request",
            Self::HandleRequest => "handle_request",
            Self::AgreeToAnswer => "agree_to_answer",
            Self::PlanPeopleDrill => "plan_people_drill",
            Self::ReadCulture => "read_culture",
            Self::UseBoardLine => "use_board_line",
            Self::AnswerBoard => "answer_board",
            Self::HandleReport => "handle_report",
            Self::HandleReportOutside => "handle_report_outside",
        }
    }

    /// Does whoever does it come to know something by it, rather than change something?
    #[must_use]
    pub fn shows(self) -> bool {
        match self {
            Self::Reveal(..)
            | Self::Verify(_)
            | Self::View
            | Self::Search
            | Self::ReadLog
            | Self::ReadAlarms
            | Self::ReadTeam
            | Self::ReadBudgets
            | Self::ReadPeople
            | Self::ReadSessions
            | Self::ReadCulture
            | Self::BreakGlass(_)
            | Self::UseBoardLine
            | Self::HandleReport
            | Self::HandleReportOutside
            | Self::AnswerBoard => true,
            Self::Claim
            | Self::SendCode
            | Self::WriteNote
            | Self::FollowUp
            | Self::Erase
            | Self::GiveStatement
            | Self::ChangePower
            | Self::EndSession
            | Self::Enrol
            | Self::KeepDirectory
            | Self::DecideProposal
            | Self::EnrolDevice
            | Self::AssignCase
            | Self::OverseeCases
            | Self::Approve
            | Self::Guard
            | Self::ReviewGlass
            | Self::TellDrill
            | Self::BuildPack
            | Self::FileRequest
            | Self::HandleRequest
            | Self::AgreeToAnswer
            | Self::PlanPeopleDrill => false,
        }
    }

    /// The channels that can make a difference to it: one stands for all where it isn't done within an interaction.
    pub(crate) fn channels(self) -> &'static [Channel] {
        if self.serves() { &Channel::ALL } else { &[Channel::Call] }
    }

    /// Is it done within an interaction?
    #[must_use]
    pub fn serves(self) -> bool {
        match self {
            Self::ReadLog
            | Self::Erase
            | Self::GiveStatement
            | Self::ReadSessions
            | Self::EndSession
            | Self::Enrol
            | Self::ReadAlarms
            | Self::ReadPeople
            | Self::ReadTeam
            | Self::ReadBudgets
            | Self::ChangePower
            | Self::KeepDirectory
            | Self::DecideProposal
            | Self::EnrolDevice
            | Self::AssignCase
            | Self::OverseeCases
            | Self::Approve
            | Self::Guard
            | Self::BreakGlass(_)
            | Self::ReviewGlass
            | Self::TellDrill
            | Self::BuildPack
            | Self::FileRequest
            | Self::HandleRequest
            | Self::AgreeToAnswer
            | Self::PlanPeopleDrill
            | Self::ReadCulture
            | Self::UseBoardLine
            | Self::AnswerBoard
            | Self::HandleReport
            | Self::HandleReportOutside => false,
            Self::Reveal(..)
            | Self::Verify(_)
            | Self::View
            | Self::Search
            | Self::Claim
            | Self::SendCode
            | Self::WriteNote
            | Self::FollowUp => true,
        }
    }

    /// Does it cost something of an allowance?
    #[must_use]
    pub fn is_metered(self) -> bool {
        self.serves() || matches!(self, Self::BreakGlass(_))
    }
}

/// How the interaction stands in which it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ground {
    /// It is going on, and the asker handles it.
    pub live: bool,
    /// It belongs to the customer whose record this is.
    pub customer: bool,
    /// The customer isn't on hold.
    pub talking: bool,
    /// How surely it is the customer's.
    pub binding: Binding,
    /// By which channel the customer is in touch.
    pub channel: Channel,
}

/// Who has approved this one act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Approvals {
    /// The asker.
    pub own: bool,
    /// How many others.
    pub others: u8,
}

/// How things stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Situation {
    /// The interaction.
    pub ground: Ground,
    /// What is left of the asker's allowance for this kind of act.
    pub left: u32,
    /// Is the customer guarded: well known, or easily hurt?
    pub guarded: bool,
    /// Would it be one field more than one person may have shown alone in one interaction?
    pub many: bool,
    /// Who agreed.
    pub approvals: Approvals,
}

impl Situation {
    /// The one in which most is allowed on a channel, without anybody's approval. In a case nobody is on the line who could be
    /// known more or less surely.
    #[must_use]
    pub const fn best(channel: Channel) -> Self {
        let binding = match channel {
            Channel::Case => Binding::None,
            Channel::Call | Channel::Chat | Channel::Ticket => Binding::Proven,
        };
        Self {
            ground: Ground { live: true, customer: true, talking: true, binding, channel },
            left: u32::MAX,
            guarded: false,
            many: false,
            approvals: Approvals { own: false, others: 0 },
        }
    }

    /// The same, approved by somebody else as well.
    #[must_use]
    pub fn approved(self) -> Self {
        Self { approvals: Approvals { others: self.approvals.others.saturating_add(1), ..self.approvals }, ..self }
    }
}

/// All that a decision rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts<'a> {
    /// Who asks.
    pub asker: Asker<'a>,
    /// For what.
    pub act: Act,
    /// How things stand.
    pub situation: Situation,
}
