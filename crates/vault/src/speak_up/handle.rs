//! Handling reports: security those that aren't about it, the data protection officer and auditors all of them.

use super::clean::CleanFile;
use super::flood::Flow;
use super::follow::Followed;
use super::{Case, ReportedBy, Speaker, day_of};
use crate::auth::Scope;
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::wiring::{Act, Vault};
use domain::{EntryId, Found, InteractionId, Millis, Refusal, ReportId, TenantId};
use store::Seals as _;

/// What a handler does with a report.
#[derive(Clone, PartialEq, Eq)]
pub enum ReportMove {
    /// Says that it was read.
    Acknowledge,
    /// Asks or tells whoever reported something.
    Say(String),
    /// Closes it: says what came of it, and perhaps a word more.
    Close(Found, Option<String>),
}

/// A report as handlers see it.
#[derive(Clone, PartialEq, Eq)]
pub struct ReportLine {
    /// Its name.
    pub id: ReportId,
    /// By whom.
    pub by: ReportedBy,
    /// What one of staff is called here, instead of their name; none for others.
    pub alias: Option<String>,
    /// In which interaction.
    pub interaction: Option<InteractionId>,
    /// What it says and what became of it.
    pub followed: Followed,
    /// Is data kept because of it?
    pub frozen: bool,
    /// What is due next, where something is.
    pub due: Option<Millis>,
    /// Is that too late already?
    pub overdue: bool,
}

/// Reports.
pub struct ReportList {
    /// What is open first, and of it what is due first; then the rest, the latest first.
    pub items: Vec<ReportLine>,
    /// Where the list goes on.
    pub next: Option<ReportId>,
    /// The names of reports whose rows were edited.
    pub edited: Vec<ReportId>,
    /// Was one edited, taken out of the database, or put back?
    pub damaged: bool,
    /// About how many attempts this node turned away in the day before the last turn of the box, and never more than there were.
    pub turned_away: u64,
    /// Does the alarm stand, on any node, that the way without a name was full? Those outside security see no alarms otherwise.
    pub crowded: bool,
    /// The entry of this reading.
    pub receipt: EntryId,
}

/// Where somebody handles reports from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Security,
    Outside,
}

impl Side {
    fn reads(self, case: &Case) -> bool {
        self == Self::Outside || !case.about_security
    }

    fn speaker(self) -> Speaker {
        match self {
            Self::Security => Speaker::Security,
            Self::Outside => Speaker::Outside,
        }
    }
}

impl Vault {
    /// Do they handle reports, in security or outside it?
    #[must_use]
    pub fn handles_reports(&self, scope: &Scope) -> bool {
        self.side(scope).is_some()
    }

    /// Do they handle them outside security?
    #[must_use]
    pub fn handles_reports_outside(&self, scope: &Scope) -> bool {
        self.side(scope) == Some(Side::Outside)
    }

    fn side(&self, scope: &Scope) -> Option<Side> {
        let may = |act| self.may(scope, act).is_ok();
        match may(policy::Act::HandleReport) {
            true => Some(Side::Security),
            false => may(policy::Act::HandleReportOutside).then_some(Side::Outside),
        }
    }

    /// Who handles no reports is refused, before anything that they sent is judged.
    ///
    /// # Errors
    /// The refusal with its entry.
    pub async fn expect_report_handler(&self, scope: &Scope) -> Result<(), VaultError> {
        self.handling(scope, Kind::ReportStep).await.map(drop)
    }

    /// The act of a handler, by who may. What is done outside security is one kind of entry, whatever it was.
    async fn handling(&self, scope: &Scope, kind: Kind) -> Result<(Act, Side), VaultError> {
        match self.side(scope) {
            Some(Side::Security) => Ok((self.act(scope, kind)?, Side::Security)),
            Some(Side::Outside) => Ok((self.act(scope, Kind::ReportsOutside)?, Side::Outside)),
            // It says no, with the words of the rules.
            None => Ok((self.permitted(scope, policy::Act::HandleReport, kind).await?, Side::Security)),
        }
    }

    /// Reads reports, by pages: those of security, or those outside it. One entry per reading.
    ///
    /// # Errors
    /// The refusal with its entry for who doesn't handle them there; if the store fails.
    pub async fn reports(
        &self,
        scope: &Scope,
        outside: bool,
        (after, limit): (Option<ReportId>, usize),
    ) -> Result<ReportList, VaultError> {
        let (act, side) = match outside {
            true => {
                (self.permitted(scope, policy::Act::HandleReportOutside, Kind::ReportsOutside).await?, Side::Outside)
            }
            false => (self.permitted(scope, policy::Act::HandleReport, Kind::ReportsRead).await?, Side::Security),
        };
        let receipt = self.commit_plain(act).await?;
        let shelf = self.shelf(scope.tenant).await?;
        let now = self.latest(scope.tenant).await?;
        let damaged = shelf.is_damaged();
        let (mut items, mut edited) = (Vec::new(), shelf.edited);
        for case in shelf.cases.iter().filter(|case| side.reads(case)) {
            match self.is_logged(scope.tenant, case).await? {
                true => items.push(ReportLine { alias: self.report_alias(scope.tenant, case), ..line(case, now) }),
                false => edited.push(case.id),
            }
        }
        items.sort_by_key(|line| (line.due.is_none(), line.due, core::cmp::Reverse(line.followed.day), line.id));
        let begins = after.and_then(|after| items.iter().position(|line| line.id == after)).map_or(0, |at| at + 1);
        items.drain(..begins);
        let next = items.get(limit.saturating_sub(1)).filter(|_| items.len() > limit).map(|line| line.id);
        items.truncate(limit);
        let damaged = damaged || !edited.is_empty();
        if damaged {
            self.alarms.set(scope.tenant, crate::AlarmKind::ReportsEdited, true, self.clock.now());
        }
        let turned_away = self.turned_away(scope.tenant, side);
        let crowded = self.stands_anywhere(scope.tenant, crate::AlarmKind::ReportsFull).await;
        Ok(ReportList { items, next, edited, damaged, turned_away, crowded, receipt })
    }

    /// How many attempts were turned away on the ways whose reports this side reads; of those with a name about security, security learns nothing.
    fn turned_away(&self, tenant: TenantId, side: Side) -> u64 {
        let now = self.clock.now();
        let of = |flow| self.speaking.turned_away(tenant, flow, now);
        match side {
            Side::Security => of(Flow::Words) + of(Flow::Added),
            Side::Outside => of(Flow::Words) + of(Flow::Added) + of(Flow::NamedWords),
        }
    }

    /// A handler goes on with a report; whoever made it reads that.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound` for none that they may know of; `Tampered` for an edited one; `ReportOver` for a
    /// closed one; `ReportsMoved` where somebody else went on with one in this very moment.
    pub async fn handle_report(
        &self,
        scope: &Scope,
        report: ReportId,
        step: &ReportMove,
    ) -> Result<EntryId, VaultError> {
        let _turn = self.speaking.turn.lock().await;
        let kind = if matches!(step, ReportMove::Close(..)) { Kind::ReportAnswered } else { Kind::ReportStep };
        let (act, side) = self.handling(scope, kind).await?;
        let mut case = match self.readable_case(scope.tenant, report, side).await? {
            Ok(case) if case.is_open() => case,
            Ok(_) => return Err(self.logged(act, Refusal::ReportOver).await),
            Err(refusal) => return Err(self.logged(act, refusal).await),
        };
        let (seen, today) = (case.tag, day_of(act.draft.at));
        let mut book = self.report_book(scope.tenant).await?;
        book.goes_on(&case, self.clock.now());
        // Whoever answers has read it.
        case.acknowledged = case.acknowledged.or(Some(today));
        let (detail, said) = match step {
            ReportMove::Acknowledge => (1, None),
            ReportMove::Say(text) => (2, Some(text)),
            ReportMove::Close(found, text) => (*found as u64, text.as_ref()),
        };
        case.lines.extend(said.map(|text| self.said_line(side.speaker(), text)));
        let mut act = if side == Side::Security { act.detail(detail) } else { act };
        if let ReportMove::Close(found, _) = step {
            case.outcome = Some((*found, today));
            let others = self.shelf(scope.tenant).await?.cases;
            act = self.thawed(act, &case, &others).await?;
            case.frozen = None;
            act = self.files_end(act, &case).await?;
        }
        book.enter(&case);
        let act = self.case_written(act, &case, Some(seen))?;
        self.commit_plain(self.book_written(act, book)?).await
    }

    /// Files go when their report does.
    async fn files_end(&self, mut act: Act, case: &Case) -> Result<Act, VaultError> {
        for at in (0..).take(case.files.len()) {
            let Some(file) = self.file_of(act.tenant, case, at).await? else { continue };
            let row = self.file_row(act.tenant, (case.id, at), &file, case.expires())?;
            act = act.effect(row);
        }
        Ok(act)
    }

    /// A file beside a report. One entry per reading.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound` for none that they may know of; `Tampered` for an edited one.
    pub async fn report_file(&self, scope: &Scope, report: ReportId, at: u8) -> Result<CleanFile, VaultError> {
        let (act, side) = self.handling(scope, Kind::ReportsRead).await?;
        let case = match self.readable_case(scope.tenant, report, side).await? {
            Ok(case) if usize::from(at) < case.files.len() => case,
            Ok(_) => return Err(self.logged(act, Refusal::NotFound).await),
            Err(refusal) => return Err(self.logged(act, refusal).await),
        };
        match self.file_of(scope.tenant, &case, at).await? {
            Some(file) => self.commit_plain(act).await.map(|_| file),
            None => Err(self.logged(act, Refusal::Tampered).await),
        }
    }

    /// What handlers call one of staff who reported: another name in each report, by a key that no list shows.
    fn report_alias(&self, tenant: TenantId, case: &Case) -> Option<String> {
        let ReportedBy::Person(person) = case.by else { return None };
        let [one, two, three, ..] = self.seals.tag(tenant, "report alias", &[case.id.0, person.0].concat());
        Some(format!("p-{one:02x}{two:02x}{three:02x}"))
    }

    async fn readable_case(
        &self,
        tenant: TenantId,
        report: ReportId,
        side: Side,
    ) -> Result<Result<Case, Refusal>, VaultError> {
        let Some(row) = self.store.admission(tenant, Case::key(report)).await? else {
            return Ok(Err(Refusal::NotFound));
        };
        Ok(match self.case_of(tenant, &row) {
            Some(case) if !side.reads(&case) => Err(Refusal::NotFound),
            Some(case) if self.is_logged(tenant, &case).await? => Ok(case),
            Some(_) | None => Err(Refusal::Tampered),
        })
    }
}

fn line(case: &Case, now: Millis) -> ReportLine {
    ReportLine {
        id: case.id,
        by: case.by,
        alias: None,
        interaction: case.interaction,
        followed: Followed::of(case),
        frozen: case.frozen.is_some(),
        due: case.due(),
        overdue: case.is_overdue(now),
    }
}
