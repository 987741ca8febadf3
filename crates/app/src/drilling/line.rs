//! A line to the board for drills: a node of its own on a copy of the data, whose clock, mail server and time are the drill's.

use super::machine::Copied;
use crate::ambient::{SystemClock, SystemEntropy};
use crate::board;
use crate::failure::{self, Failure};
use crate::wire::{self, Centre};
use carriers::Press;
use domain::{Clock, Millis, TenantId, time};
use drills::{BoardLine, Declined, LineTold};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use tokio::runtime::{Builder, Runtime};
use vault::{
    AlarmKind, BoardClerk, BoardFileAnswer, BoardPost, BoardWhat, DrillName, Mail, MailError, Mailer, Sequencer,
    VaultError,
};
use zeroize::Zeroizing;

/// The node's clock: so many milliseconds from the machine's.
#[derive(Default)]
struct Moved(AtomicI64);

impl Moved {
    fn by(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for Moved {
    fn now(&self) -> Millis {
        SystemClock.now().plus(self.0.load(Ordering::Relaxed))
    }
}

/// The mail server: it takes everything, or nothing any more.
#[derive(Default)]
struct Post(AtomicBool);

impl Mailer for Post {
    fn deliver(&self, _: &Mail<'_>) -> Result<(), MailError> {
        if self.0.load(Ordering::Relaxed) { Err(MailError) } else { Ok(()) }
    }
}

/// The node, and what a member of its board has.
pub(super) struct Line {
    runtime: Runtime,
    centre: Centre,
    tenant: TenantId,
    clock: Arc<Moved>,
    /// By how much somebody set that.
    set: i64,
    clerk: BoardClerk,
    sequencer: Sequencer,
    mailer: Arc<Post>,
    post: BoardPost,
    token: Zeroizing<String>,
    /// Goes last.
    copied: Copied,
}

impl Line {
    /// Makes one on a copy; the token is that of somebody of the board.
    pub(super) fn made(copied: Copied, token: Zeroizing<String>) -> Result<Self, Failure> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failure::file(&copied.file, &error))?;
        let clock = Arc::new(Moved::default());
        let centre = runtime.block_on(wire::open_by(&copied.home, Arc::clone(&clock) as _))?;
        let tenant = centre.vault.tenants().first().cloned().ok_or_else(not_made)?;
        let holder = time::fresh(&SystemEntropy);
        let sequencer = Sequencer::new(&centre.vault, &tenant, holder)?;
        let drills: Vec<DrillName> = drills::all().filter_map(|drill| DrillName::parse(drill.name)).collect();
        let (tenant, clerk) = (tenant.id, BoardClerk::new(&centre.vault, tenant.id, holder, drills));
        let (mailer, post) = (Arc::default(), BoardPost::default());
        Ok(Self { runtime, centre, tenant, clock, set: 0, clerk, sequencer, mailer, post, token, copied })
    }
}

impl BoardLine for Line {
    fn database(&self) -> &Path {
        &self.copied.file
    }

    fn refuse_mail(&mut self) {
        self.mailer.0.store(true, Ordering::Relaxed);
    }

    fn set_clock(&mut self, by: i64) {
        self.set += by;
        self.clock.by(by);
    }

    fn passes(&mut self, ms: i64) -> Result<(), Declined> {
        self.clock.by(ms);
        let Self { runtime, centre, tenant, clerk, sequencer, mailer, post, .. } = self;
        let mailer: Arc<dyn Mailer> = Arc::<Post>::clone(mailer);
        let round = runtime.block_on(async {
            clerk.tick(&Press).await?;
            while sequencer.tick().await? > 0 {}
            centre.vault.settle_board(*tenant).await?;
            centre.vault.mail_board(*tenant, &mailer, (post, true)).await
        });
        round.map(drop).map_err(declined)
    }

    fn told(&self) -> Result<LineTold, Declined> {
        let (vault, now) = (&self.centre.vault, self.clock.now().plus(-self.set));
        let told = self.runtime.block_on(async {
            let scope = vault.authenticate(&self.token).await?;
            let view = vault.board_view(&scope).await?;
            let reports: Vec<_> = view.files.iter().filter(|file| file.what == BoardWhat::Report).collect();
            let given = match reports.first() {
                Some(newest) => matches!(vault.board_file(&scope, newest.number).await?, BoardFileAnswer::Ready(_)),
                None => false,
            };
            let alarmed = vault.alarms(self.tenant).iter().any(|alarm| alarm.kind == AlarmKind::BoardLineBroken);
            let due = view.due.unwrap_or(now);
            Ok::<_, VaultError>(LineTold {
                reports: reports.len(),
                due_in: due.since(now),
                late: view.late && alarmed,
                missed: board::misses(due, now),
                mail: reports.first().map_or("", |newest| newest.mailed.slug()),
                given,
            })
        });
        told.map_err(declined)
    }
}

/// Nothing of what came back is told.
fn declined(error: VaultError) -> Declined {
    tracing::warn!(%error, "the drills' line to the board can't go on");
    "it failed".to_owned()
}

fn not_made() -> Failure {
    Failure::there("the drills' line to the board can't be made", "try again")
}
