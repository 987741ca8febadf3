//! The questions that wait for somebody, and those that they asked.

use super::{Approval, ApprovalId, ApprovalState};
use crate::auth::Scope;
use crate::budgets::history;
use crate::error::VaultError;
use crate::wiring::Vault;
use domain::{Binding, BudgetKind, CaseReason, Channel, Counter, FieldKind, Millis, Phase, Purpose, TenantId, Window};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use store::{AdmissionKind, InteractionRow};

/// For how long, in milliseconds, a node lists what it read without reading again: pages ask every few seconds.
const LISTED_MS: i64 = 1_000;

/// A question, as those see it whom it concerns. It tells nothing of the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalLine {
    /// Its name.
    pub id: ApprovalId,
    /// What the asker is called.
    pub asker: String,
    /// Their team; empty for none.
    pub team: String,
    /// How many second people they asked for in the last hour.
    pub asked_in_hour: u32,
    /// What they want to be shown.
    pub field: FieldKind,
    /// What for.
    pub purpose: Purpose,
    /// By which channel the customer is in touch, how that stands, and how surely it is the customer.
    pub ground: Option<(Channel, Phase, Binding)>,
    /// Where it is casework, without the customer on the line: why the case was opened.
    pub casework: Option<CaseReason>,
    /// When it was asked.
    pub asked: Millis,
    /// Until when it stays as it is by itself.
    pub until: Option<Millis>,
    /// How far it has come.
    pub state: ApprovalState,
}

/// What concerns one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnApprovals {
    /// Put to them: open ones first, then the latest answered.
    pub to_answer: Vec<ApprovalLine>,
    /// Asked by them, the latest first.
    pub asked: Vec<ApprovalLine>,
}

type Listed = (Millis, Arc<Vec<Approval>>);

/// What a node last read of every tenant's questions.
#[derive(Default)]
pub(crate) struct Questions(Mutex<HashMap<TenantId, Listed>>);

impl Questions {
    fn recent(&self, tenant: TenantId, now: Millis) -> Option<Arc<Vec<Approval>>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&tenant).filter(|(at, _)| now.since(*at).abs() < LISTED_MS).map(|(_, all)| Arc::clone(all))
    }

    fn keep(&self, tenant: TenantId, now: Millis, all: &Arc<Vec<Approval>>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant, (now, Arc::clone(all)));
    }

    /// The next one who asks looks.
    pub(super) fn forget(&self, tenant: TenantId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&tenant);
    }
}

impl Vault {
    /// May this person be somebody's second person?
    #[must_use]
    pub fn answers_approvals(&self, scope: &Scope) -> bool {
        self.may(scope, policy::Act::Approve).is_ok()
    }

    /// The questions that were put to this person, and those that they asked, as far back as an interaction can last.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn own_approvals(&self, scope: &Scope) -> Result<OwnApprovals, VaultError> {
        let all = self.all_questions(scope.tenant).await?;
        let (me, now) = (scope.person(), self.clock.now());
        let mut own = OwnApprovals::default();
        for question in all.iter().filter(|question| question.approver == me) {
            own.to_answer.push(self.approval_line(scope, question, now).await?);
        }
        for question in all.iter().filter(|question| question.asker == me) {
            own.asked.push(self.approval_line(scope, question, now).await?);
        }
        let open = |line: &ApprovalLine| line.state == ApprovalState::Asked;
        // What waits longest comes first; what is done, latest first.
        own.to_answer.sort_by_key(|line| (!open(line), if open(line) { line.asked.0 } else { -line.asked.0 }, line.id));
        own.asked.sort_by_key(|line| (-line.asked.0, line.id));
        Ok(own)
    }

    async fn approval_line(&self, scope: &Scope, question: &Approval, now: Millis) -> Result<ApprovalLine, VaultError> {
        let power = self.power(scope.tenant).await?;
        let row = power.person(question.asker);
        let state = question.state(now);
        // How the interaction stands matters while the question is open.
        let ground = match state {
            ApprovalState::Asked => self.store.interaction(scope.tenant, question.interaction).await?,
            _ => None,
        };
        let counter = Counter::person(BudgetKind::Approval, question.asker);
        let spent = match state {
            ApprovalState::Asked => self.store.budget(scope.tenant, counter).await?,
            _ => None,
        };
        let casework = ground.as_ref().and_then(InteractionRow::casework);
        let ground = ground.map(|mut row| {
            self.run_out(scope.tenant, &mut row);
            (row.channel, row.phase, row.binding)
        });
        Ok(ApprovalLine {
            id: question.id,
            asker: power.name(question.asker).unwrap_or_default().to_owned(),
            team: row.map(|row| row.team.clone()).unwrap_or_default(),
            asked_in_hour: history(spent.as_ref()).used(now, Window::Hour, None),
            field: FieldKind::from_code(question.field).ok_or(VaultError::Damaged)?,
            purpose: question.purpose,
            ground,
            casework,
            asked: question.asked,
            until: question.until().filter(|_| matches!(state, ApprovalState::Asked | ApprovalState::Given)),
            state,
        })
    }

    async fn all_questions(&self, tenant: TenantId) -> Result<Arc<Vec<Approval>>, VaultError> {
        let now = self.clock.now();
        if let Some(all) = self.questions.recent(tenant, now) {
            return Ok(all);
        }
        let rows = self.all_admissions(tenant, AdmissionKind::Approval).await?;
        let all: Arc<Vec<_>> = Arc::new(rows.iter().filter_map(|row| self.question(tenant, row)).collect());
        self.questions.keep(tenant, now, &all);
        Ok(all)
    }
}
