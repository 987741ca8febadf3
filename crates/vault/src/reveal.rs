//! Reveal: one field, for one purpose, to the person who is talking to that customer.

use crate::approval::SecondPerson;
use crate::auth::{Scope, short};
use crate::error::VaultError;
use crate::private::entry::Kind;
use crate::private::plaintext::Plaintext;
use crate::private::release::{Committed, Done};
use crate::session::Once;
use crate::wiring::{Act, Vault};
use aws_lc_rs::digest::{Context, SHA256};
use domain::{CustomerId, EntryId, FieldKind, InteractionId, Millis, Purpose, Refusal};
use store::{Condition, FieldRef, RequestKey};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevealCommand {
    /// Whose.
    pub customer: CustomerId,
    /// In which interaction.
    pub interaction: InteractionId,
    /// Kind of field.
    pub field: FieldKind,
    /// Which of several.
    pub instance: u32,
    /// What for.
    pub purpose: Purpose,
    /// The caller's key for this request.
    pub key: Option<String>,
}

/// A value for a screen, for a little while.
pub struct Revealed {
    /// The value.
    pub value: Plaintext,
    /// Seconds until it must be masked again.
    pub remask_in_s: u32,
    /// The entry: the receipt's id.
    pub receipt: EntryId,
}

/// When it is looked whether a second person agreed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// Once it is clear that one is needed, where it may do without.
    IfNeeded,
    /// At once.
    Now,
}

impl Vault {
    /// Reveals a field.
    ///
    /// # Errors
    /// The refusal with its entry, or why nothing could be done. No value leaves on any of them.
    pub async fn reveal(&self, scope: &Scope, command: &RevealCommand) -> Result<Revealed, VaultError> {
        match self.revealing(scope, command).await? {
            Done::Committed { values, .. } => self.revealed(values, self.settings(scope.tenant).remask_s),
            Done::Replayed { entry, same, .. } => self.redeliver(scope, command, same, entry).await,
        }
    }

    /// What becomes of it. Nearly always no second person is needed: so it is tried without looking for one, and where one is
    /// missing, which the transaction finds, nothing was written.
    async fn revealing(&self, scope: &Scope, command: &RevealCommand) -> Result<Done, VaultError> {
        let request = command.key.as_deref().map(|key| request_key(scope, key, command));
        let first = scope.once.as_ref().filter(|once| !once.is_spent());
        let act = self.reveal_act(scope, command, Kind::Reveal, Look::IfNeeded).await?;
        match self.commit(Act { request, ..act }).await {
            Err(VaultError::Refused { refusal, entry: None, .. }) if refusal.wants_a_second_person() => {
                first.into_iter().for_each(Once::give_back);
                let act = self.reveal_act(scope, command, Kind::Reveal, Look::Now).await?;
                self.commit(Act { request, ..act }).await
            }
            done => done,
        }
    }

    async fn reveal_act(
        &self,
        scope: &Scope,
        command: &RevealCommand,
        kind: Kind,
        look: Look,
    ) -> Result<Act, VaultError> {
        let keys = self.entry_keys(scope.tenant, command.customer).await?;
        let act = self
            .act(scope, kind)?
            .about(command.customer, Some(command.interaction), command.instance, keys)
            .purpose(command.purpose)
            .field(command.field.code());
        let ways = self.ways(scope, policy::Act::Reveal(command.field, command.purpose));
        let tentative =
            look == Look::IfNeeded && ways.approved.is_some() && matches!(ways.without_second(), Ok((_, None)));
        let second = match ways.approved {
            Some(_) if !tentative => Some(self.second_person(scope, command, kind).await?),
            _ => None,
        };
        // What came of asking a second person, if anybody was asked.
        let mut answered = None;
        let (needs, grant, missing) = match (second, &ways.approved, ways.without_second()) {
            (Some(SecondPerson::Agreed(grant)), Some(needs), _) => (*needs, Some(grant), None),
            (_, _, Err(denial)) => return Ok(act.denied(denial)),
            (Some(SecondPerson::Silent(said)), _, Ok((needs, denial))) => {
                answered = Some(said).filter(|said| *said != Refusal::ApprovalNeeded);
                (needs, None, denial.map(|denial| (denial, said)))
            }
            (_, _, Ok((needs, denial))) => (needs, None, denial.map(|denial| (denial, denial.refusal()))),
        };
        let wanted = (command.field, plan::Act::Show, Some(command.purpose));
        let act = act.agreed(self.planned_for_staff(scope.tenant, command.customer, wanted).await?);
        if act.is_stopped() {
            return Ok(act);
        }
        let act = self.on_ground(act, scope, &needs, command.interaction, Some(command.customer));
        let act = self.once_payable(act, (command.customer, command.field, command.instance)).await?;
        if let Some((denial, said)) = missing {
            // Who asked already is told what came of it.
            return Ok(if said == denial.refusal() { act.denied(denial) } else { act.when(Condition::Never(said)) });
        }
        // Rules may ask for more than it weighs; what is given out again was paid for.
        let weight = self.weights(scope.tenant).reveal(command.field).max(needs.cost);
        let cost = if kind == Kind::Redelivery { 0 } else { weight };
        let act = self.informing(act, scope, Some(command.purpose), cost).read(FieldRef {
            customer: command.customer,
            field: command.field.code(),
            instance: command.instance,
        });
        let act = Act { tentative, ..self.showing(act, scope.tenant, command, needs.few) };
        let act = answered.into_iter().fold(act, Act::answered);
        match grant {
            // Nothing is shown in a case without a second person.
            Some(grant) if kind == Kind::Reveal => self.counted_in_its_case(grant.uses(act), command).await,
            Some(grant) => Ok(grant.uses(act)),
            None => Ok(act),
        }
    }

    /// When the entry showed this very value to this person; none where it did anything else. What stands in a request's row isn't
    /// believed: it has no tag, and a row that somebody put there would have values shown again that nobody paid for.
    async fn shown_under(
        &self,
        scope: &Scope,
        command: &RevealCommand,
        entry: EntryId,
    ) -> Result<Option<Millis>, VaultError> {
        let keys = self.entry_keys(scope.tenant, command.customer).await?;
        let (Some(row), Some(keys)) = (self.store.entry(scope.tenant, entry).await?, keys) else { return Ok(None) };
        let line = self.statement_line(scope.tenant, &keys, 0, &row)?;
        let (Some((_, subject, _)), Some(audit)) = (line.half, line.audit) else { return Ok(None) };
        let is_same = (audit.kind, audit.decision, audit.person) == (Kind::Reveal, Ok(()), Some(scope.person()))
            && (audit.field, audit.purpose) == (Some(command.field.code()), Some(command.purpose))
            && (subject.customer, subject.interaction) == (command.customer, Some(command.interaction))
            && subject.instance == command.instance;
        Ok(is_same.then_some(audit.at))
    }

    /// The same request again: within the countdown and session the value is opened anew, under an entry of its
    /// own; nothing was kept.
    async fn redeliver(
        &self,
        scope: &Scope,
        command: &RevealCommand,
        same: bool,
        first: EntryId,
    ) -> Result<Revealed, VaultError> {
        let act = self.reveal_act(scope, command, Kind::Redelivery, Look::Now).await?;
        let shown = if same { self.shown_under(scope, command, first).await? } else { None };
        // By this node's clock another's moment may lie in the future: the countdown gets no longer by that.
        let past_ms = shown.map(|at| self.clock.now().since(at).max(0));
        let left_ms = i64::from(self.settings(scope.tenant).remask_s) * 1_000 - past_ms.unwrap_or(i64::MAX / 2);
        let refusal = match (same, shown, left_ms > 0) {
            (false, ..) => Some(Refusal::KeyReused),
            (true, None, _) => Some(Refusal::Tampered),
            (true, Some(_), false) => Some(Refusal::RedeliveryOver),
            (true, Some(_), true) => None,
        };
        let act = match refusal {
            Some(refusal) => Act { when: vec![Condition::Never(refusal)], ..act },
            None => act,
        };
        match self.commit(act).await? {
            Done::Committed { values, .. } => {
                let seconds = u32::try_from(left_ms.div_euclid(1_000)).unwrap_or(0).max(1);
                self.revealed(values, seconds)
            }
            Done::Replayed { .. } => Err(VaultError::Unknown),
        }
    }

    pub(crate) fn revealed(&self, values: Vec<Committed>, remask_in_s: u32) -> Result<Revealed, VaultError> {
        let committed = values.into_iter().next().ok_or(VaultError::Damaged)?;
        let receipt = committed.entry();
        Ok(Revealed { value: committed.open()?, remask_in_s, receipt })
    }
}

fn request_key(scope: &Scope, key: &str, command: &RevealCommand) -> RequestKey {
    let content = [
        command.customer.0.as_slice(),
        &command.interaction.0,
        &command.field.code().to_be_bytes(),
        &command.instance.to_be_bytes(),
        command.purpose.slug().as_bytes(),
    ];
    RequestKey {
        key: hashed(&[b"reveal", &scope.person.id.0, key.as_bytes()]),
        content: hashed(&content),
        session: scope.session,
        answer: 0,
    }
}

/// The first sixteen bytes of SHA-256 over the parts.
pub(crate) fn hashed(parts: &[&[u8]]) -> [u8; 16] {
    let mut context = Context::new(&SHA256);
    parts.iter().for_each(|part| context.update(part));
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    short(&out)
}
