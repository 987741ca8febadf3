//! Seeing which cases are open, and closing one.

use super::looks;
use crate::auth::Scope;
use crate::error::VaultError;
use crate::power::Snapshot;
use crate::private::entry::Kind;
use crate::wiring::Vault;
use domain::{CASE_LOOKS, CASE_MS, CaseReason, EntryId, InteractionId, Millis, PersonId, Phase, Refusal, Role, Room};
use store::{Effect, InteractionRow};

/// Rows read at a time.
const PAGE: u32 = 500;

/// An open case, as those see it who answer for it. It tells nothing of the customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseLine {
    /// Which.
    pub case: InteractionId,
    /// Who works on it.
    pub holder: PersonId,
    /// What they are called.
    pub name: String,
    /// Why it was opened.
    pub reason: CaseReason,
    /// When.
    pub opened: Millis,
    /// When it ends by itself.
    pub until: Millis,
}

/// The open cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseBook {
    /// The latest opened first.
    pub items: Vec<CaseLine>,
    /// The entry of this reading.
    pub receipt: EntryId,
}

impl Vault {
    /// The open cases: of the asker's team for who leads one, everybody's for security. One entry per reading, before anything is
    /// read.
    ///
    /// # Errors
    /// The refusal with its entry for others, or if the store fails.
    pub async fn cases(&self, scope: &Scope) -> Result<CaseBook, VaultError> {
        let act = self.permitted(scope, policy::Act::OverseeCases, Kind::CasesRead).await?;
        let receipt = self.commit_plain(act).await?;
        let power = self.power(scope.tenant).await?;
        // A case lives no longer than this, and whatever is done in it is no earlier than its beginning.
        let earliest = self.clock.now().plus(-CASE_MS);
        let (mut items, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.interactions(scope.tenant, None, true, after, PAGE).await?;
            items.extend(page.items.iter().filter_map(|row| self.case_line(scope, &power, row)));
            after = page.next.filter(|(active, _)| *active >= earliest);
            if after.is_none() {
                break;
            }
        }
        items.sort_by_key(|line| (-line.opened.0, line.case.0));
        Ok(CaseBook { items, receipt })
    }

    /// Closes a case at once, for good: its holder, who leads their team, or security.
    ///
    /// # Errors
    /// `Refused` with its entry: by the rules; `NotFound` for none that they may know of; `NoLiveInteraction` where it is over.
    pub async fn close_case(&self, scope: &Scope, case: InteractionId) -> Result<EntryId, VaultError> {
        let row = self.store.interaction(scope.tenant, case).await?;
        let act = self.act(scope, Kind::CaseClosed)?;
        let own = |row: &InteractionRow| scope.role().serves() && row.person == Some(scope.person());
        if !row.as_ref().is_some_and(own)
            && let Err(denial) = self.may(scope, policy::Act::OverseeCases)
        {
            return Err(self.logged_denial(act, &denial).await);
        }
        let power = self.power(scope.tenant).await?;
        let known = row.filter(|row| own(row) || oversees(scope, &power, row));
        let parts = known.and_then(|row| Some((row.casework()?, row.person?, row.customer?)));
        let Some((reason, holder, customer)) = parts else { return Err(self.logged(act, Refusal::NotFound).await) };
        let keys = self.entry_keys(scope.tenant, customer).await?;
        let act = act.about(customer, Some(case), 0, keys).detail(reason as u64).when(self.handles(
            scope.tenant,
            case,
            holder,
        ));
        let act = if holder == scope.person() { act } else { act.upon(holder) };
        let act = match act.draft.keys.clone() {
            // A row that somebody puts back is open again, and shows nothing: its values stay spent.
            Some(keys) => {
                let rest = looks(&act, &keys, case, CASE_LOOKS, Room::ANY);
                act.spend(rest)
            }
            None => act,
        };
        self.commit_plain(act.effect(Effect::EndCase { interaction: case })).await
    }

    /// A row as a line, if it is an open case that the asker oversees. Who has left holds nothing.
    fn case_line(&self, scope: &Scope, power: &Snapshot, row: &InteractionRow) -> Option<CaseLine> {
        let mut row = row.clone();
        self.run_out(scope.tenant, &mut row);
        let (reason, holder) = (row.casework()?, power.person(row.person?)?);
        (row.phase != Phase::Ended && oversees(scope, power, &row)).then(|| CaseLine {
            case: row.id,
            holder: holder.id,
            name: holder.name.clone(),
            reason,
            opened: row.started,
            until: row.started.plus(CASE_MS),
        })
    }
}

/// Does the asker answer for it? Who leads a team for their own people's, others whom the rules let for everybody's.
fn oversees(scope: &Scope, power: &Snapshot, row: &InteractionRow) -> bool {
    if scope.role() != Role::TeamLeader {
        return true;
    }
    let holder = row.person.and_then(|person| power.person(person));
    holder.is_some_and(|holder| !holder.team.is_empty() && holder.team == scope.team())
}
