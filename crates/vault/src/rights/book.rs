//! The list of requests, by when their answers are due, and the alarm where one is too late.

use super::{CopyTaken, Request, RequestId, RequestState, TRIES};
use crate::alarm::AlarmKind;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::pending::Counted;
use crate::power::Snapshot;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{CameBy, EntryId, Longer, Millis, Pending, Refusal, Right, TenantId};

/// So long before its end a request is due soon, in milliseconds.
const SOON_MS: i64 = 7 * 24 * 3_600_000;

/// What whoever looks may do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestCan {
    /// Handle it: all steps.
    pub handle: bool,
    /// Agree, as the second, that it is answered.
    pub agree: bool,
    /// Say that it is taken back.
    pub withdraw: bool,
}

/// What staff see of a request beyond what a program sees that filed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestInside {
    /// Was a customer found?
    pub found: bool,
    /// Who handled it last.
    pub handler: Option<String>,
    /// Who wants it answered, and waits for a second person until when.
    pub waits: Option<(String, Millis)>,
    /// How many more codes and answers may be wrong.
    pub tries_left: u8,
    /// Was a code sent?
    pub code_sent: bool,
    /// Was the customer told by letter how it ended, or that it takes longer?
    pub told: bool,
}

/// A request, without anything of the customer's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestLine {
    /// Its name.
    pub id: RequestId,
    /// For what.
    pub right: Right,
    /// How it came.
    pub came_by: CameBy,
    /// The first moment of the day on which it came in.
    pub received: Millis,
    /// The first moment at which an answer is too late.
    pub due: Millis,
    /// How far it has come.
    pub state: RequestState,
    /// Is it too late already?
    pub overdue: bool,
    /// Or within a week?
    pub soon: bool,
    /// Why it takes longer, if so.
    pub longer: Option<Longer>,
    /// How many values were held when it was answered, and how many go as their masks.
    pub held: Option<(u32, u32)>,
    /// The copy that the customer took.
    pub copy: Option<CopyTaken>,
    /// The entry of its filing.
    pub filed: EntryId,
    /// The entry of its last step.
    pub last: EntryId,
    /// For staff.
    pub inside: Option<RequestInside>,
    /// What whoever looks may do.
    pub can: RequestCan,
}

/// A place in the list, whatever has become of the request that stood there: is it among the closed ones, when it is due or, earlier
/// the later, was filed, and which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestPlace(pub bool, pub i64, pub RequestId);

impl RequestPlace {
    fn of(line: &RequestLine) -> Self {
        match line.state.is_open() {
            true => Self(false, line.due.0, line.id),
            false => Self(true, -line.filed.minted().0, line.id),
        }
    }
}

/// The requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestBook {
    /// What is open first, and of it what is due first; then the rest, the latest first.
    pub items: Vec<RequestLine>,
    /// Where the list goes on.
    pub next: Option<RequestPlace>,
    /// Was a request's row edited, taken out of the database, or put back?
    pub damaged: bool,
    /// The entry of this reading.
    pub receipt: EntryId,
}

/// Who looks.
struct Looks {
    handles: bool,
    agrees: bool,
    files: bool,
    watches: bool,
}

impl Looks {
    fn inside(&self) -> bool {
        self.handles || self.agrees || self.watches
    }
}

impl Vault {
    /// May they see the page of requests?
    #[must_use]
    pub fn sees_requests(&self, scope: &Scope) -> bool {
        self.looks(scope).inside()
    }

    /// Do they handle them?
    #[must_use]
    pub fn handles_requests(&self, scope: &Scope) -> bool {
        self.looks(scope).handles
    }

    /// Do they agree to answers, as the first or the second?
    #[must_use]
    pub fn agrees_to_answers(&self, scope: &Scope) -> bool {
        self.looks(scope).agrees
    }

    fn looks(&self, scope: &Scope) -> Looks {
        let may = |act| self.may(scope, act).is_ok();
        Looks {
            handles: may(policy::Act::HandleRequest),
            agrees: may(policy::Act::AgreeToAnswer),
            files: may(policy::Act::FileRequest),
            watches: may(policy::Act::ReadLog),
        }
    }

    /// The requests, by pages: all for who handles them, agrees to answers or reads the log; their own for who only files them. One entry per
    /// reading.
    ///
    /// # Errors
    /// The refusal with its entry for others; if the store fails.
    pub async fn requests(
        &self,
        scope: &Scope,
        after: Option<RequestPlace>,
        limit: usize,
    ) -> Result<RequestBook, VaultError> {
        let (looks, receipt) = self.reading_requests(scope).await?;
        let (all, damaged) = self.all_requests(scope.tenant).await?;
        let (power, now) = (self.power(scope.tenant).await?, self.latest(scope.tenant).await?);
        let seen = all.iter().filter(|request| looks.inside() || request.filer == scope.person());
        let mut items: Vec<RequestLine> =
            seen.map(|request| self.request_line(scope, (&power, now), request, &looks)).collect();
        items.retain(|line| after.is_none_or(|after| RequestPlace::of(line) > after));
        items.sort_by_key(RequestPlace::of);
        let next = items.get(limit.saturating_sub(1)).filter(|_| items.len() > limit).map(RequestPlace::of);
        items.truncate(limit);
        Ok(RequestBook { items, next, damaged: damaged && looks.inside(), receipt })
    }

    /// One request, and the entry of this reading.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound` for none that they may know of; `Tampered` for an edited row.
    pub async fn request(&self, scope: &Scope, id: RequestId) -> Result<(RequestLine, EntryId), VaultError> {
        let (looks, receipt) = self.reading_requests(scope).await?;
        let known = |request: &Request| looks.inside() || request.filer == scope.person();
        let found = self.found_request(scope, id).await?;
        let refused = match found {
            Ok(request) if known(&request) => {
                let (power, now) = (self.power(scope.tenant).await?, self.latest(scope.tenant).await?);
                return Ok((self.request_line(scope, (&power, now), &request, &looks), receipt));
            }
            Ok(_) => Refusal::NotFound,
            Err(refusal) => refusal,
        };
        Err(self.logged(self.act(scope, Kind::RequestsRead)?, refused).await)
    }

    async fn reading_requests(&self, scope: &Scope) -> Result<(Looks, EntryId), VaultError> {
        let looks = self.looks(scope);
        let act = match looks.inside() || looks.files {
            true => self.act(scope, Kind::RequestsRead)?,
            false => self.permitted(scope, policy::Act::FileRequest, Kind::RequestsRead).await?,
        };
        Ok((looks, self.commit_plain(act).await?))
    }

    fn request_line(
        &self,
        scope: &Scope,
        (power, now): (&Snapshot, Millis),
        request: &Request,
        looks: &Looks,
    ) -> RequestLine {
        let due = request.due();
        // A program isn't told whether a customer was found, nor anything of what is held of one.
        let state = match request.state() {
            state if state.is_open() && !looks.inside() => RequestState::Received,
            state => state,
        };
        let open = state.is_open();
        let overdue = open && now >= due;
        let first = request.first.filter(|(_, until)| *until > now);
        let other = first.is_some_and(|(first, _)| !power.same_human(first, scope.person()));
        RequestLine {
            id: request.id,
            right: request.right,
            came_by: request.came_by,
            received: request.received,
            due,
            state,
            overdue,
            soon: open && !overdue && due.since(now) < SOON_MS,
            longer: request.longer,
            held: request.held.filter(|_| looks.inside()),
            copy: request.copy.filter(|_| looks.inside()),
            filed: request.filed,
            last: request.last,
            inside: looks.inside().then(|| inside(request, (power, first))),
            can: RequestCan {
                handle: open && looks.handles,
                agree: open && looks.agrees && other,
                withdraw: open && (looks.handles || (looks.files && request.filer == scope.person())),
            },
        }
    }

    /// Every genuine request; and do the rows not fit what the log counts, or is one edited?
    async fn all_requests(&self, tenant: TenantId) -> Result<(Vec<Request>, bool), VaultError> {
        let Counted { rows, counted } = self.counted(tenant, Pending::Request).await?;
        let all: Vec<Request> = rows.iter().filter_map(|row| self.genuine_request(tenant, row)).collect();
        let open = all.iter().filter(|request| request.state().is_open()).count() as u64;
        let damaged = rows.len() > all.len() || counted != Some(open);
        Ok((all, damaged))
    }

    /// This moment, or that of the newest entry where the clock is behind it: a clock that is set back makes nothing less late.
    pub(crate) async fn latest(&self, tenant: TenantId) -> Result<Millis, VaultError> {
        let newest = self.store.entries_between(tenant, EntryId([0; 16]), EntryId([u8::MAX; 16]), 1).await?;
        let newest = newest.first().map_or(Millis(0), |row| row.id.minted());
        Ok(self.clock.now().max(newest))
    }

    /// Raises the alarms where an answer is too late, and where rows aren't what the log counts, or takes them back. For a thread of each node.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn settle_requests(&self, tenant: TenantId) -> Result<(), VaultError> {
        let (all, damaged) = self.all_requests(tenant).await?;
        let now = self.latest(tenant).await?;
        let late = |request: &Request| request.state().is_open() && now >= request.due();
        self.alarms.set(tenant, AlarmKind::RequestsOverdue, all.iter().any(late), self.clock.now());
        self.alarms.set(tenant, AlarmKind::RequestsEdited, damaged, self.clock.now());
        Ok(())
    }

    /// Is an answer too late, as this node last saw it? For its numbers: it says nothing of anybody.
    #[must_use]
    pub fn requests_overdue(&self, tenant: TenantId) -> bool {
        self.alarms.stands(tenant, AlarmKind::RequestsOverdue)
    }
}

fn inside(request: &Request, (power, first): (&Snapshot, Option<(domain::PersonId, Millis)>)) -> RequestInside {
    let name = |person| power.name(person).unwrap_or_default().to_owned();
    RequestInside {
        found: request.customer().is_some(),
        handler: request.handler.map(name),
        waits: first.map(|(first, until)| (name(first), until)),
        tries_left: TRIES.saturating_sub(request.identity.wrong),
        code_sent: request.identity.code.is_some(),
        told: request.told,
    }
}
