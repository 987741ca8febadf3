//! Entries about a customer, in words.

use domain::{CaseReason, FieldKind};
use plan::{Language, Plan};
use vault::{Kind, OwnLook};

/// One line of "who looked".
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) entry: String,
    pub(super) at: String,
    pub(super) what: String,
    pub(super) purpose: String,
    /// `A3F2`: a name of this conversation alone.
    pub(super) staff: Option<String>,
    /// The end of the conversation's id.
    pub(super) conversation: Option<String>,
    pub(super) refused: bool,
    /// Did staff look, or act in the customer's name? Then they may say that they know nothing of it.
    pub(super) by_staff: bool,
    /// May they say that they weren't in touch? Where nobody claims that they were, it would tell nothing.
    pub(super) doubtful: bool,
}

/// What a field is called to the customer whose it is.
pub(super) fn field(kind: FieldKind, language: Language) -> String {
    plan::Kind::Field(kind).words().said(language).to_owned()
}

pub(super) fn line(look: &OwnLook, plan: &Plan, language: Language) -> Line {
    let purpose = look.purpose.and_then(|purpose| plan.purpose(purpose.slug()));
    Line {
        entry: look.entry.to_string(),
        at: moment(&look.at.to_string()),
        what: what(look, language),
        purpose: purpose.map(|words| words.said(language).to_owned()).unwrap_or_default(),
        staff: look.staff.map(|alias| format!("{alias:04X}")),
        conversation: look
            .interaction
            .map(|id| id.to_string().chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect()),
        refused: look.refused.is_some(),
        by_staff: look.staff.is_some(),
        doubtful: look.staff.is_some() && look.interaction.is_some() && in_touch(look),
    }
}

/// Does the entry say that the customer was in touch? Casework doesn't, and who was asked as the second person says nothing of it.
fn in_touch(look: &OwnLook) -> bool {
    let second = matches!(look.kind, Kind::ApprovalGiven | Kind::ApprovalDeclined);
    !second && look.kind.casework(look.detail).is_none()
}

/// `2026-11-27 22:10`, in UTC.
pub(super) fn moment(at: &str) -> String {
    at.get(..16).unwrap_or_default().replace('T', " ")
}

fn what(look: &OwnLook, language: Language) -> String {
    let of = look.field.map(|kind| field(kind, language)).unwrap_or_default();
    let said = |(en, de): (&'static str, &'static str)| match language {
        Language::English => en,
        Language::German => de,
    };
    let text = said(words(look.kind));
    let text = match look.kind.casework(look.detail).map(|reason| said(reason_words(reason))) {
        None => text.to_owned(),
        Some(reason) => {
            let without = said(("without you on the line", "ohne dass Sie mit uns in Kontakt waren"));
            format!("{text} {reason}, {without}")
        }
    };
    match (text.contains("{field}"), of.is_empty()) {
        (true, false) => text.replace("{field}", &of),
        (true, true) => text.replace(" {field}", "").replace("{field} ", ""),
        (false, _) => text,
    }
}

/// What for a case was opened, after what was done in it.
fn reason_words(reason: CaseReason) -> (&'static str, &'static str) {
    match reason {
        CaseReason::ReturnedMail => ("for a returned letter", "wegen eines zurückgekommenen Briefs"),
        CaseReason::Refund => ("for a refund", "wegen einer Rückzahlung"),
        CaseReason::Complaint => ("for a complaint", "wegen einer Beschwerde"),
        CaseReason::Delivery => ("for a failed delivery", "wegen einer gescheiterten Zustellung"),
        CaseReason::Correction => ("to correct what is on file", "um Ihre Daten zu berichtigen"),
    }
}

/// What a kind of entry is called. What has no words of its own says so.
fn words(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Reveal => ("was shown {field}", "bekam {field} gezeigt"),
        Kind::Redelivery => ("was shown {field} once more", "bekam {field} noch einmal gezeigt"),
        Kind::View => ("saw your record in its short form", "sah Ihre Daten in der Kurzform"),
        Kind::Hit => ("found you in a search", "fand Sie bei einer Suche"),
        Kind::Claim => ("said that it is you in the conversation", "sagte, dass Sie im Gespräch sind"),
        Kind::Verification => ("had an answer about {field} checked", "ließ eine Antwort prüfen: {field}"),
        Kind::VerificationResult => ("was told whether that answer fits", "erfuhr, ob die Antwort stimmt"),
        Kind::Code => ("had a code sent to {field}", "ließ einen Code senden an {field}"),
        Kind::CodeEntered => ("A code was entered in a conversation", "In einem Gespräch wurde ein Code eingegeben"),
        Kind::Note => ("wrote a note", "schrieb eine Notiz"),
        Kind::ErasureAsked => ("asked that your data be erased", "verlangte, Ihre Daten zu löschen"),
        Kind::Erasure => ("Your data was to be erased", "Ihre Daten sollten gelöscht werden"),
        Kind::StatementGiven => ("Your statement was handed out", "Ihr Auszug wurde ausgehändigt"),
        Kind::ApprovalAsked => (
            "asked a second person whether {field} may be shown",
            "fragte eine zweite Person, ob {field} gezeigt werden darf",
        ),
        Kind::ApprovalGiven => ("agreed, as the second person", "stimmte als zweite Person zu"),
        Kind::ApprovalDeclined => ("said no, as the second person", "lehnte als zweite Person ab"),
        Kind::CustomerGuarded => {
            ("put your record under special protection", "stellte Ihre Daten unter besonderen Schutz")
        }
        Kind::CustomerUnguarded => ("took that special protection away", "hob diesen besonderen Schutz auf"),
        Kind::GlassAsked => ("asked to see {field} in an emergency", "wollte in einem Notfall {field} sehen"),
        Kind::GlassAgreed => {
            ("agreed to that emergency, as a second officer", "stimmte dem Notfall als zweite Person zu")
        }
        Kind::GlassBroken => ("was shown {field} in an emergency", "bekam in einem Notfall {field} gezeigt"),
        Kind::HoldAsked => {
            ("asked that your data be kept, or no longer", "verlangte, Ihre Daten aufzuheben oder nicht mehr")
        }
        Kind::HoldPlaced => (
            "Your data is kept from now, because it is needed",
            "Ihre Daten werden ab jetzt aufgehoben, weil sie gebraucht werden",
        ),
        Kind::HoldLifted => ("Your data needn't be kept any more", "Ihre Daten müssen nicht mehr aufgehoben werden"),
        Kind::CaseOpened => ("began to work on something of yours", "begann, etwas für Sie zu bearbeiten"),
        Kind::CaseClosed => ("ended that work", "beendete diese Arbeit"),
        Kind::OwnCode => ("You were sent a code to sign in here", "Sie bekamen einen Code für diese Seite"),
        Kind::OwnCodeEntered => ("A wrong code was entered here", "Hier wurde ein falscher Code eingegeben"),
        Kind::OwnSignIn => ("You signed in here", "Sie haben sich hier angemeldet"),
        Kind::OwnSignOut => ("You signed out here", "Sie haben sich hier abgemeldet"),
        Kind::OwnView => ("You looked at this page", "Sie haben diese Seite angesehen"),
        Kind::OwnLog => ("You asked who looked", "Sie haben gefragt, wer Ihre Daten ansah"),
        Kind::OwnReport => ("You said that you weren't in touch", "Sie haben gesagt, dass Sie nicht in Kontakt waren"),
        Kind::ConsentGiven => ("You said yes to something we asked", "Sie haben zu einer Frage Ja gesagt"),
        Kind::ConsentWithdrawn => ("You took a yes back", "Sie haben ein Ja zurückgenommen"),
        Kind::OwnExport => ("You took a copy of your data", "Sie haben eine Kopie Ihrer Daten geholt"),
        Kind::OwnCorrectionAsked => ("You asked here to correct {field}", "Sie wollten hier {field} berichtigen"),
        Kind::OwnCorrection => ("You corrected {field} here", "Sie haben hier {field} berichtigt"),
        Kind::OwnClaim => {
            ("had a code for this page sent to {field}", "ließ einen Code für diese Seite senden an {field}")
        }
        Kind::OwnClaimEntered => (
            "A code by telephone was entered here, with an answer about {field}",
            "Hier wurde ein Code per Telefon eingegeben, mit einer Antwort: {field}",
        ),
        Kind::RequestFiled => ("A request of yours was filed", "Ein Antrag von Ihnen wurde aufgenommen"),
        Kind::RequestStep => ("A request of yours went on", "Ein Antrag von Ihnen ging weiter"),
        Kind::RequestIdentity => {
            ("tried whether a request is your own", "prüfte, ob ein Antrag wirklich von Ihnen ist")
        }
        Kind::RequestTold => {
            ("had you written to about a request of yours", "ließ Ihnen wegen eines Antrags schreiben")
        }
        Kind::RequestChecked => {
            ("had it checked that an answer to you is complete", "ließ prüfen, ob eine Antwort an Sie vollständig ist")
        }
        Kind::RequestAnswered => ("A request of yours was answered", "Ein Antrag von Ihnen wurde beantwortet"),
        Kind::ValuesExpiring => (
            "What we have kept long enough was looked for, to be destroyed; nobody saw it",
            "Was wir lange genug hatten, wurde gesucht, um es zu vernichten; niemand sah es",
        ),
        Kind::ValuesExpired => {
            ("What we had kept long enough was destroyed", "Was wir lange genug hatten, wurde vernichtet")
        }
        Kind::LimitEndAsked => {
            ("asked that what you had limited end", "verlangte, dass endet, was Sie einschränken ließen")
        }
        Kind::LimitEnded => ("What you had limited ended", "Was Sie einschränken ließen, endete"),
        Kind::OwnObjection => (
            "Somebody with your mail said that it was not you who corrected {field}",
            "Jemand mit Ihrer Post sagte, dass nicht Sie {field} berichtigt haben",
        ),
        _ => ("Something else was done with your record", "Sonst etwas geschah mit Ihren Daten"),
    }
}

/// The same, as a heading begins.
pub(super) fn upper(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}
